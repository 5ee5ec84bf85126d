r"""Maximin shares: what each agent can be sure of when it divides the items and chooses last.

.. math:: MMS_i = \max_{A_1 \cup \dots \cup A_n} \min_k v_i(A_k)

over partitions of all items into as many bundles as there are agents. Computing one is NP-hard (it is number
partitioning); each is a small mixed-integer program, solved to a proof.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..instances.errors import InputError
from ..models.partitions import share_values
from .envy import bundles, checked_valuations

if TYPE_CHECKING:
    import numpy.typing as npt


def maximin_shares(
    valuations: npt.ArrayLike | pd.DataFrame, *, agents: int | None = None, time_limit: float = 60.0
) -> pd.Series[float]:
    r"""Maximin share of each agent, exactly.

    Solved as `share_values` says.

    Parameters
    ----------
    valuations
        Value of each agent (row) for each item (column), 0 or more.
    agents
        Number of bundles; None means as many as there are rows.
    time_limit
        Seconds for each agent.

    Returns
    -------
    pandas.Series
        The shares, in the agents' order. Each is the value of a partition that was found, and it is proven
        that none is better; where valuations are not whole, better by more than 1e-6 of an even share.

    Raises
    ------
    InputError
        For valuations that are not numbers of 0 or more, or fewer than one bundle.
    AllocareError
        Where a share was not proven within the time limit.

    Examples
    --------
    >>> maximin_shares([[1, 3, 5, 6, 9]], agents=3).tolist()
    [7.0]
    """
    matrix, keys = checked_valuations(valuations, goods=True)
    count = len(matrix) if agents is None else agents
    if count < 1:
        raise InputError(f"maximin shares are among {count} agents; give 1 or more")
    return pd.Series(share_values(matrix, count, time_limit), index=keys, name="maximin_share")


def maximin_share_table(
    valuations: npt.ArrayLike | pd.DataFrame,
    owner: npt.ArrayLike,
    *,
    alpha: float = 1.0,
    time_limit: float = 60.0,
    tolerance: float = 1e-9,
) -> pd.DataFrame:
    r"""Whether every agent gets its maximin share, :math:`v_i(A_i) \ge \alpha\, MMS_i`.

    Parameters
    ----------
    valuations, owner
        Value of each agent for each item, and the position of the agent that holds each item (-1: nobody).
    alpha
        Part of the share that is asked for, above 0.
    time_limit
        Seconds for each agent's share.
    tolerance
        What may lack, as a share of the maximin share.

    Returns
    -------
    pandas.DataFrame
        ``value``, ``maximin_share``, ``ratio`` (missing where the share is 0) and ``holds``, a row an agent.

    Examples
    --------
    >>> maximin_share_table([[2, 1], [1, 2]], [0, 1])
           value  maximin_share  ratio  holds
    agent
    0        2.0            1.0    2.0   True
    1        2.0            1.0    2.0   True
    """
    if not (np.isfinite(alpha) and alpha > 0):
        raise InputError(f"alpha of the maximin shares is {alpha:g}; it must be a finite number above 0")
    allocation = bundles(valuations, owner, goods=True)
    share = maximin_shares(valuations, time_limit=time_limit).to_numpy()
    value = np.diag(allocation.values)
    table = {
        "value": value,
        "maximin_share": share,
        "ratio": np.divide(value, share, out=np.full(share.size, np.nan), where=share > 0),
        "holds": value >= alpha * share * (1 - tolerance),
    }
    return pd.DataFrame(table, index=allocation.agents.rename("agent"))
