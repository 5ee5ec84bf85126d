r"""Maximin shares: what each agent can be sure of when it divides the items and chooses last.

.. math:: MMS_i = \max_{A_1 \cup \dots \cup A_n} \min_k v_i(A_k)

over partitions of all items into as many bundles as there are agents. Computing one is NP-hard (it is number
partitioning); each is a small mixed-integer program, solved to a proof.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..instances.errors import AllocareError, InputError
from .envy import bundles, checked_valuations

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..instances.arrays import FloatArray


def maximin_shares(
    valuations: npt.ArrayLike | pd.DataFrame, *, agents: int | None = None, time_limit: float = 60.0
) -> pd.Series[float]:
    r"""Maximin share of each agent, exactly.

    With :math:`x_{gk}` = 1 where item :math:`g` is in bundle :math:`k`

    .. math:: \max z \quad \text{s.t.}\quad \sum_g v_g x_{gk} \ge z\ \forall k,\qquad
              \sum_k x_{gk} = 1\ \forall g,\qquad x \in \{0, 1\}

    An item worth at least an even share is a bundle by itself, which leaves one agent less to share the rest.
    Equal bundles are told apart by their first item: the :math:`g`-th most valued item is in one of the first
    :math:`g` bundles.

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
    descending = -np.sort(-matrix, axis=1)
    different, like = np.unique(descending, axis=0, return_inverse=True)
    shares = np.array([_share(row, count, time_limit) for row in different])
    return pd.Series(shares[like.ravel()], index=keys, name="maximin_share")


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


def _share(values: FloatArray, count: int, time_limit: float) -> float:
    """Maximin share for values in descending order."""
    values = values[values > 0]
    while count > 1 and values.size >= count and values[0] * count >= values.sum():
        values, count = values[1:], count - 1
    if values.size < count:
        return 0.0
    if count == 1:
        return float(values.sum())
    return _solved(values, count, time_limit)


def _solved(values: FloatArray, count: int, time_limit: float) -> float:
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import block_array, eye_array, kron

    whole = bool((values == np.rint(values)).all())
    scale = 1.0 if whole else float(values.sum()) / count
    items = values.size
    # columns: the items of bundle 1, of bundle 2, ..., then z
    bundle = kron(eye_array(count), (values / scale)[None, :])
    once = kron(np.ones((1, count)), eye_array(items))
    matrix = block_array([[bundle, -np.ones((count, 1))], [once, None]], format="csc")
    lower = np.concatenate([np.zeros(count), np.ones(items)])
    upper = np.concatenate([np.full(count, np.inf), np.ones(items)])
    even = float(values.sum()) / count / scale
    most = np.concatenate([np.ones(count * items), [np.floor(even) if whole else even]])
    most[:-1].reshape(count, items)[np.arange(count)[:, None] > np.arange(items)[None, :]] = 0
    result = milp(
        np.append(np.zeros(count * items), -1.0),
        constraints=LinearConstraint(matrix, lower, upper),
        bounds=Bounds(0, most),
        integrality=np.append(np.ones(count * items), 1.0 if whole else 0.0),
        options={"time_limit": time_limit, "mip_rel_gap": 0.0},
    )
    bound = np.inf if result.mip_dual_bound is None else -result.mip_dual_bound * scale
    found = 0.0
    if result.x is not None:
        holds = np.rint(result.x[:-1]).reshape(count, items)
        found = float((holds @ values).min()) if (holds.sum(axis=0) == 1).all() else 0.0
    proven = np.floor(bound + 1e-6) <= found if whole else bound <= found + 1e-6 * scale
    if not proven:
        raise AllocareError(
            f"a maximin share among {count} bundles was not proven within {time_limit:g} s: it is between "
            f"{found:g} and {min(bound, even * scale):g}; allow more time"
        )
    return found
