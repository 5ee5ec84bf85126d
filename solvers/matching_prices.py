r"""Prices that prove a one-to-one assignment optimal: shortest distances in the matching's residual graph.

Agent i with task :math:`\sigma(i)` has the price :math:`u_i = c_{i\sigma(i)} - v_{\sigma(i)}`, so the tasks'
prices :math:`v` are all there is to find, over a zero :math:`o` that moves along:

.. math::
    v_j &\le v_{\sigma(i)} + c_{ij} - c_{i\sigma(i)} && \text{pair (i, j) of an agent with a task} \\
    v_j &\le o + c_{ij} && \text{pair (i, j) of an agent without one} \\
    o &\le v_{\sigma(i)} - c_{i\sigma(i)} && \text{no agent's price is above 0} \\
    v_j &\le o + p_j && \text{task j may be left out at } p_j \\
    o &\le v_j - p_j && \text{task j is left out}
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ..instances.errors import RefutedError
from ..models.scaling import LARGEST_WHOLE
from .residual_potentials import fitting_width, listed, lowered

if TYPE_CHECKING:
    from typing import TypeAlias

    import numpy.typing as npt

    from ..instances.arrays import BoolArray, FloatArray
    from ..instances.lanes import Lanes
    from .residual_potentials import Limits

    Positions: TypeAlias = npt.NDArray[np.integer]

FINEST = 10**12

_BLOCK = 2**16
_SAMPLED_ROWS = 64

_TOLD_APART = 2.0**40
"""Steps of the last digit up to which sums of decimals are told apart without making them whole first."""


@dataclass(frozen=True)
class _Few:
    """Limits that are always looked at: d[u] <= w + d[v]."""

    u: list[Positions] = field(default_factory=list)
    v: list[Positions] = field(default_factory=list)
    w: list[FloatArray] = field(default_factory=list)

    def add(self, u: Positions, v: Positions, w: FloatArray) -> None:
        self.u.append(u)
        self.v.append(v)
        self.w.append(w)

    def joined(self) -> tuple[Positions, Positions, FloatArray]:
        return np.concatenate(self.u), np.concatenate(self.v), np.concatenate(self.w)


def matching_prices(
    pairs: Lanes, cost: FloatArray, served: Positions, usable: BoolArray, left_out: FloatArray | None
) -> tuple[FloatArray, FloatArray] | None:
    """Return prices of agents and tasks, to minimise with, or None where rounding hides them.

    Parameters
    ----------
    pairs
        Which pairs there are; their costs are those of `cost`.
    cost
        Cost of each pair.
    served
        The optimal assignment's pairs.
    usable
        Agents that may take a task.
    left_out
        Cost of leaving each task out, or None where none may be.

    Raises
    ------
    RefutedError
        Where there are none, which an optimal assignment rules out.

    Examples
    --------
    >>> from allocare.instances.lanes import Lanes
    >>> pairs = Lanes.from_matrix([[1, 4], [2, 9]])
    >>> prices = matching_prices(pairs, pairs.cost, np.array([1, 2]), np.array([True, True]), None)
    >>> [price.tolist() for price in prices]
    [[-1.0, 0.0], [2.0, 5.0]]
    """
    scale = _scale(cost, left_out)
    unit = 1
    if scale is not None and scale > 1 and _largest(cost, left_out) * scale >= _TOLD_APART:
        unit, cost = scale, np.rint(cost * scale)
        left_out = None if left_out is None else np.rint(left_out * scale)
    whole = scale is not None and unit == scale
    n = pairs.n_targets
    agent, task = np.divmod(served, n) if pairs.complete else (pairs.source[served], pairs.target[served])
    own, zero = cost[served], np.full(len(task), n)
    few = _Few()
    few.add(zero, task, -own)
    start = np.zeros(n + 1)
    start[task] = own
    if left_out is not None:
        out = np.setdiff1d(np.arange(n), task)
        few.add(np.arange(n), np.full(n, n), left_out)
        few.add(np.full(len(out), n), out, -left_out[out])
        start[out] = left_out[out]
    idle = usable.copy()
    idle[agent] = False
    limits = (
        _dense(cost.reshape(-1, n), agent, task, own, idle, few, whole)
        if pairs.complete
        else _sparse(pairs, cost, agent, task, own, idle, few, whole)
    )
    dearest = float(np.abs(start).max()) + float(np.abs(own).max(initial=0.0))
    negligible = 1e-13 * dearest if scale is None else 0.0 if whole else 0.25 / scale
    found = lowered(start, limits, negligible)
    if found is None and scale is not None:
        raise RefutedError("the assignment is not optimal: a cycle of swaps costs less than nothing")
    if found is None or np.abs(found).max() + dearest >= LARGEST_WHOLE / 4:
        return None
    price, target = np.zeros(pairs.n_sources), found[:n] - found[n]
    price[agent] = own - target[task]
    if scale is None:
        return price, target
    step = scale // unit
    return np.rint(price * step) / scale, np.rint(target * step) / scale


def _scale(cost: FloatArray, left_out: FloatArray | None) -> int | None:
    """Power of ten that makes all costs whole, None where none up to a million million does."""
    scale = 1
    for values in (cost, np.zeros(0) if left_out is None else left_out):
        for first in range(0, len(values), _BLOCK):
            part = values[first : first + _BLOCK]
            while not ((np.rint(part) if scale == 1 else np.rint(part * scale) / scale) == part).all():
                scale *= 10
                if scale > FINEST:
                    return None
    return scale


def _largest(cost: FloatArray, left_out: FloatArray | None) -> float:
    values = (cost, np.zeros(0) if left_out is None else left_out)
    return max(max(float(part.max(initial=0)), -float(part.min(initial=0))) for part in values)


def _sparse(
    pairs: Lanes,
    cost: FloatArray,
    agent: Positions,
    task: Positions,
    own: FloatArray,
    idle: BoolArray,
    few: _Few,
    whole: bool,
) -> Limits[FloatArray]:
    """Limits from listed pairs."""
    n = pairs.n_targets
    given, paid = np.full(pairs.n_sources, -1), np.zeros(pairs.n_sources)
    given[agent], paid[agent], given[idle] = task, own, n
    bound = np.flatnonzero(given[pairs.source] >= 0)
    source = pairs.source[bound]
    few.add(pairs.target[bound], given[source], cost[bound] - paid[source])
    return listed(*few.joined(), whole)


def _dense(
    matrix: FloatArray,
    agent: Positions,
    task: Positions,
    own: FloatArray,
    idle: BoolArray,
    few: _Few,
    whole: bool,
) -> Limits[FloatArray]:
    """Limits from a complete matrix, row by row without a list of them."""
    n = matrix.shape[1]
    if idle.any():
        few.add(np.arange(n), np.full(n, n), matrix[idle].min(axis=0))
    always = few.joined()
    in_order = len(agent) == len(matrix) and np.array_equal(agent, np.arange(len(agent)))
    step, sampled = max(1, _BLOCK // n), slice(None, None, max(1, len(agent) // _SAMPLED_ROWS))

    def near(d: FloatArray, wanted: int) -> tuple[Positions, Positions, FloatArray, float]:
        base, price = d[task] - own, d[:n]
        sample = matrix[agent[sampled]] + base[sampled, np.newaxis] - price
        width = fitting_width(sample, wanted / (len(agent) * n), whole) if len(agent) else np.inf
        rows, columns = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
        for first in range(0, len(agent), step):
            part = slice(first, first + step)
            slack = matrix[part if in_order else agent[part]] + base[part, np.newaxis]
            slack -= price
            row, column = np.divmod(np.flatnonzero(slack < width), n)
            rows.append(first + row)
            columns.append(column)
        row, column = np.concatenate(rows), np.concatenate(columns)
        u = np.concatenate([column, always[0]])
        v = np.concatenate([task[row], always[1]])
        return u, v, np.concatenate([matrix[agent[row], column] - own[row], always[2]]), width

    return near
