r"""Envy among agents who share indivisible items.

Agent :math:`i` values item :math:`g` at :math:`v_{ig}`, and a bundle at the sum. With bundles
:math:`A_1, \dots, A_n` its envy of agent :math:`j` is :math:`v_i(A_j) - v_i(A_i)`, below 0 where it prefers
its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..instances.errors import InputError

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..instances.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class Bundles:
    """Checked valuations and owners; made by `bundles`.

    Examples
    --------
    >>> bundles([[1, 2, 3], [4, 5, 6]], [0, 1, 1]).dearest.tolist()
    [[1.0, 3.0], [4.0, 6.0]]
    """

    valuations: FloatArray
    owner: npt.NDArray[np.intp]
    agents: pd.Index[Any]

    @property
    def values(self) -> FloatArray:
        """Value of each agent (row) for each agent's bundle (column)."""
        owned = self.owner >= 0
        holds = np.zeros((self.owner.size, len(self.agents)))
        holds[np.flatnonzero(owned), self.owner[owned]] = 1
        return self.valuations @ holds

    @property
    def dearest(self) -> FloatArray:
        """Value of each agent (row) for the item it likes best in each agent's bundle (column), 0 if none."""
        best = np.zeros((len(self.agents), len(self.agents)))
        owned = self.owner >= 0
        np.maximum.at(best.T, self.owner[owned], self.valuations.T[owned])
        return best


def bundles(
    valuations: npt.ArrayLike | pd.DataFrame, owner: npt.ArrayLike, *, goods: bool = False
) -> Bundles:
    """Validate valuations and an allocation of items.

    Parameters
    ----------
    valuations
        Value of each agent (row) for each item (column); a frame names both.
    owner
        Position of the agent that holds each item, -1 where nobody does.
    goods
        Whether no valuation may be negative.

    Raises
    ------
    InputError
        For shapes that do not fit, a valuation that is not a finite number (or negative among goods), or an
        owner that is no agent.

    Examples
    --------
    >>> bundles([[11, 22], [33, 44]], [0, 1]).values.tolist()
    [[11.0, 22.0], [33.0, 44.0]]
    """
    matrix, agents = checked_valuations(valuations, goods=goods)
    positions = np.asarray(owner)
    if positions.shape != (matrix.shape[1],):
        raise InputError(
            f"the allocation has {positions.size} owners for {matrix.shape[1]} items; give one each"
        )
    if not (np.issubdtype(positions.dtype, np.integer) or positions.size == 0):
        raise InputError("owners are positions of agents: whole numbers, -1 for an item that nobody holds")
    strange = (positions < -1) | (positions >= len(agents))
    if strange.any():
        at = int(np.argmax(strange))
        last = len(agents) - 1
        raise InputError(
            f"item {at + 1} is held by agent {positions[at]}; agents are 0 to {last}, -1 is nobody"
        )
    return Bundles(matrix, positions.astype(np.intp), agents)


def checked_valuations(
    valuations: npt.ArrayLike | pd.DataFrame, *, goods: bool
) -> tuple[FloatArray, pd.Index[Any]]:
    """Valuations as a matrix of finite numbers, and the agents' keys.

    Examples
    --------
    >>> checked_valuations([[1, 2]], goods=True)[1].tolist()
    [0]
    """
    try:
        matrix = np.array(valuations, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"valuations hold something that is not a number ({error})") from error
    if matrix.ndim != 2 or matrix.shape[0] == 0:
        raise InputError(
            f"valuations have shape {matrix.shape}; give one row an agent and one column an item"
        )
    wrong = ~np.isfinite(matrix) | ((matrix < 0) if goods else False)
    if wrong.any():
        agent, item = np.argwhere(wrong)[0]
        allowed = "a finite number of 0 or more" if goods else "a finite number"
        raise InputError(
            f"value of agent {agent + 1} for item {item + 1} is {matrix[agent, item]:g}; give {allowed}"
        )
    keys = valuations.index if isinstance(valuations, pd.DataFrame) else range(len(matrix))
    return matrix, pd.Index(keys)


def envy_matrix(valuations: npt.ArrayLike | pd.DataFrame, owner: npt.ArrayLike) -> pd.DataFrame:
    """Envy of each agent (row) of each agent (column), below 0 where it prefers its own bundle.

    Parameters
    ----------
    valuations, owner
        Value of each agent for each item, and the position of the agent that holds each item (-1: nobody).

    Examples
    --------
    >>> envy_matrix([[11, 22], [33, 44]], [0, 1]).to_numpy().tolist()
    [[0.0, 11.0], [-11.0, 0.0]]
    """
    allocation = bundles(valuations, owner)
    values = allocation.values
    envy = values - np.diag(values)[:, None]
    return pd.DataFrame(
        envy, index=allocation.agents.rename("agent"), columns=allocation.agents.rename("envied")
    )


def max_envy(valuations: npt.ArrayLike | pd.DataFrame, owner: npt.ArrayLike) -> float:
    """Greatest envy of any agent of any other, 0 where nobody envies.

    Parameters
    ----------
    valuations, owner
        As for `envy_matrix`.

    Examples
    --------
    >>> max_envy([[11, 22], [33, 44]], [0, 1])
    11.0
    """
    return float(envy_matrix(valuations, owner).to_numpy().max())


def mean_envy(valuations: npt.ArrayLike | pd.DataFrame, owner: npt.ArrayLike) -> float:
    """Mean over agents of each one's greatest envy.

    Parameters
    ----------
    valuations, owner
        As for `envy_matrix`.

    Examples
    --------
    >>> mean_envy([[11, 22], [33, 44]], [0, 1])
    5.5
    """
    return float(envy_matrix(valuations, owner).to_numpy().max(axis=1).mean())


def ef1_violations(
    valuations: npt.ArrayLike | pd.DataFrame, owner: npt.ArrayLike, *, tolerance: float = 1e-9
) -> pd.DataFrame:
    r"""Pairs that break envy-freeness up to one good; an empty frame says that it holds.

    .. math:: v_i(A_i) \ge v_i(A_j) - \max_{g \in A_j} v_{ig}

    Parameters
    ----------
    valuations, owner
        As for `envy_matrix`, values of 0 or more.
    tolerance
        Shortfall that counts as none, as a share of what the agent would get from all items.

    Returns
    -------
    pandas.DataFrame
        ``agent``, ``envied`` and ``shortfall``, what the agent lacks after the good it likes best is taken
        away from the other's bundle.

    Examples
    --------
    >>> ef1_violations([[3, 3, 3], [1, 1, 1]], [0, 0, 1]).empty
    True
    >>> ef1_violations([[3, 3, 3], [1, 1, 1]], [0, 0, 0])["shortfall"].tolist()
    [2.0]
    """
    allocation = bundles(valuations, owner, goods=True)
    values = allocation.values
    shortfall = values - allocation.dearest - np.diag(values)[:, None]
    allowed = tolerance * allocation.valuations.sum(axis=1, keepdims=True)
    agent, envied = np.nonzero(shortfall > allowed)
    return pd.DataFrame(
        {
            "agent": allocation.agents[agent],
            "envied": allocation.agents[envied],
            "shortfall": shortfall[agent, envied],
        }
    )
