r"""Bounds from prices where something goes from sources to targets.

.. math::
    \min \sum_{ij} c_{ij} x_{ij} + \sum_j p_j \max(n_j - r_j, 0), \qquad
    s_i = \sum_j w_{ij} x_{ij},\; r_j = \sum_i x_{ij}

with :math:`s_i`, :math:`r_j`, :math:`x_{ij}` in given ranges and, maybe, a given total :math:`T`. With
reduced costs :math:`\bar c_{ij} = c_{ij} - w_{ij} a_i - b_j - t`, any prices a, b, t give the bound

.. math::
    \sum_{ij} \min(0, \bar c_{ij}) k_{ij} + \sum_i \min_{s_i} a_i s_i
    + \sum_j \min_{r_j} \bigl( p_j \max(n_j - r_j, 0) + b_j r_j \bigr) + t T

Where
    - :math:`k_{ij}` is the most that lane (i, j) can carry: its capacity, its source's most, its target's
      most, and the total
    - :math:`a_i` and :math:`b_j` are first clipped to the sign that their ranges allow, which only helps
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .exact import BLOCK, Tally, whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from ...instances.arrays import FloatArray
    from ...instances.lanes import Lanes

_ROUNDING = 2.0**-48
"""Error of a sum of doubles, as a share of its terms."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Bipartite:
    """Ranges and costs of what goes from sources to targets, to be minimised.

    Parameters
    ----------
    lanes
        The lanes; their costs count `cost_sign` times `cost_scale`, times their target's `weight`.
    send_least, send_most
        Range of what each source sends.
    receive_least, receive_most
        Range of what each target receives.
    need
        What each target is short of counts from here; the least it receives, where it may not be short.
    short_price
        Price of each unit short, or None where nothing may be missing.
    lane_most
        Capacity of each lane, or None.
    total
        What all lanes carry, or None.
    use
        What a unit on each lane takes of its source's range, or None for 1; lanes carry at most 1 then.
    weight
        What each target's lanes count, or None for 1.
    cost_sign, cost_scale, quantity_scale
        Sign of the objective, and what its costs and the quantities were multiplied by.
    exact
        Whether all of these are whole numbers in range, so that nothing is rounded.
    """

    lanes: Lanes
    send_least: FloatArray
    send_most: FloatArray
    receive_least: FloatArray
    receive_most: FloatArray
    need: FloatArray
    short_price: FloatArray | None = None
    lane_most: FloatArray | None = None
    total: float | None = None
    use: FloatArray | None = None
    weight: FloatArray | None = None
    cost_sign: int = 1
    cost_scale: int = 1
    quantity_scale: int = 1
    exact: bool = False

    def cost(self, lane: slice | npt.NDArray[np.int64]) -> FloatArray:
        """Cost to be minimised on some lanes."""
        values = whole(self.lanes.cost[lane], self.cost_scale)
        if self.weight is not None:
            values = values * self.weight[self.lanes.target[lane]]
        return values if self.cost_sign > 0 else -values

    def most(self, lane: npt.NDArray[np.int64]) -> FloatArray:
        """Most that some lanes can carry."""
        source, target = self.ends(lane)
        limit = self.receive_most[target]
        limit = np.minimum(limit, 1.0 if self.use is not None else self.send_most[source])
        if self.lane_most is not None:
            limit = np.minimum(limit, self.lane_most[lane])
        return limit if self.total is None else np.minimum(limit, self.total)

    def ends(self, lane: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Source and target of some lanes."""
        if self.lanes.complete:
            return np.divmod(lane, self.lanes.n_targets)
        return self.lanes.source[lane].astype(np.int64), self.lanes.target[lane].astype(np.int64)


class Multipliers(NamedTuple):
    """Prices to minimise with: of sources, targets and the total."""

    source: FloatArray
    target: FloatArray
    total: float


class Bound(NamedTuple):
    """A bound in the problem's whole numbers, what rounding may have added to it, and the prices used."""

    value: int | float
    rounding: float
    prices: Multipliers


def lower_bound(problem: Bipartite, prices: Multipliers) -> Bound:
    """Bound every plan's costs from below by prices; minus infinity where they bound nothing.

    Examples
    --------
    >>> from allocare.instances.lanes import Lanes
    >>> one, three = np.ones(1), np.full(1, 3.0)
    >>> ward = Bipartite(
    ...     lanes=Lanes.from_matrix([[5]]), send_least=0 * one, send_most=three, receive_least=one,
    ...     receive_most=one, need=one, exact=True)
    >>> lower_bound(ward, Multipliers(0 * one, 7 * one, 0.0)).value
    5
    """
    used = _clipped(problem, prices)
    a, b, t = used
    tally = Tally(exact=problem.exact)
    tally.add(a, np.where(a > 0, problem.send_least, np.where(a < 0, problem.send_most, 0.0)))
    tally.add(b, problem.need)
    if problem.short_price is not None:
        tally.add(np.minimum(problem.short_price - b, 0.0), problem.need - problem.receive_least)
    if problem.total is not None:
        tally.add(np.array([t]), np.array([problem.total]))
    dearest = 0.0
    for first, reduced in reduced_costs(problem, used):
        if reduced.min() >= 0:
            continue
        lane = np.flatnonzero(reduced < 0)
        most = problem.most(first + lane)
        if np.isinf(most).any():
            return Bound(-np.inf, 0.0, used)
        tally.add(reduced[lane], most)
        dearest = max(dearest, float(-reduced[lane].min()))
    if problem.exact:
        return Bound(tally.value, 0.0, used)
    dearest += sum(float(np.abs(price).max(initial=0.0)) for price in (a, b, np.array([t])))
    flow = min(_finite(problem.send_most), _finite(problem.receive_most), problem.total or np.inf)
    size = tally.size + dearest * (flow if np.isfinite(flow) else float(problem.need.sum()))
    return Bound(tally.value - _ROUNDING * size, _ROUNDING * size, used)


def reduced_costs(problem: Bipartite, prices: Multipliers) -> Iterator[tuple[int, FloatArray]]:
    """Reduced costs in blocks of lanes, each with the number of its first lane.

    Examples
    --------
    >>> from allocare.instances.lanes import Lanes
    >>> one, three = np.ones(1), np.full(1, 3.0)
    >>> ward = Bipartite(
    ...     lanes=Lanes.from_matrix([[5]]), send_least=0 * one, send_most=three, receive_least=one,
    ...     receive_most=one, need=one, exact=True)
    >>> [(first, reduced.tolist()) for first, reduced in reduced_costs(ward, Multipliers(-one, one, 0.0))]
    [(0, [5.0])]
    """
    lanes, (a, b, t) = problem.lanes, prices
    less, n = b + t, lanes.n_targets
    if lanes.complete and problem.use is None and n:
        step = max(1, BLOCK // n) * n
        for first in range(0, len(lanes), step):
            costs = problem.cost(slice(first, first + step)).reshape(-1, n)
            reduced = costs - a[first // n : first // n + len(costs), np.newaxis]
            reduced -= less
            yield first, reduced.ravel()
        return
    for first in range(0, len(lanes), BLOCK):
        part = slice(first, first + BLOCK)
        charge = a.take(lanes.source[part])
        if problem.use is not None:
            charge = charge * problem.use[part]
        reduced = problem.cost(part) - charge
        reduced -= less.take(lanes.target[part])
        yield first, reduced


def _clipped(problem: Bipartite, prices: Multipliers) -> Multipliers:
    """Prices of the sign that their ranges allow; where lanes have no limit, no higher than those allow."""
    a, b = prices.source, prices.target
    t = prices.total if problem.total is not None else 0.0
    a = np.where(problem.send_least == 0, np.minimum(a, 0.0), a)
    a = np.where(np.isinf(problem.send_most), np.maximum(a, 0.0), a)
    ceiling = np.zeros(len(b)) if problem.short_price is None else problem.short_price
    b = np.where(problem.receive_least == 0, np.minimum(b, ceiling), b)
    endless = np.isinf(problem.receive_most)
    if endless.any():
        if problem.total is None and np.isinf(problem.send_most).any():
            b = _below_unlimited(problem, a, b)
        b = np.where(endless, np.maximum(b, 0.0), b)
    return Multipliers(a, b, t)


def _below_unlimited(problem: Bipartite, a: FloatArray, b: FloatArray) -> FloatArray:
    """Target prices no higher than any lane without limit costs."""
    highest = b.copy()
    for first, reduced in reduced_costs(problem, Multipliers(a, np.zeros(len(b)), 0.0)):
        lane = np.arange(len(reduced), dtype=np.int64)
        lane = lane[np.isinf(problem.most(first + lane))]
        np.minimum.at(highest, problem.ends(first + lane)[1], reduced[lane])
    return highest


def _finite(limits: FloatArray) -> float:
    return float(limits.sum()) if len(limits) else np.inf
