"""Exact service levels of one resource, by divide and conquer over maximum flows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import gcd
from typing import TYPE_CHECKING, Any

import numpy as np

from ..instances.errors import CapabilityError
from .apportionment import apportion

if TYPE_CHECKING:
    from ..instances.arrays import BoolArray, FloatArray, IndexArray
    from ..models.scaling import IntArray

LARGEST_FLOW = 2**62
"""Totals stay below this inside the maximum flow's 64-bit numbers."""

LARGEST_EXACT = LARGEST_FLOW
"""Totals in units of a level's own denominator up to which levels are exact."""

LARGEST_SHARE = 2**52
"""Single quantities stay below this, so that doubles hold them."""


@dataclass(frozen=True, eq=False)
class LevelGroup:
    """Sources and targets at one service level, served / need exactly; a link of the chain of tight sets."""

    sources: IndexArray
    targets: IndexArray
    served: int
    need: int


@dataclass(frozen=True, eq=False)
class _Part:
    """A part of the problem that is left to itself: its sources, targets and lanes.

    `at_source` and `at_target` are the lanes' ends inside the part, `given` is what each target can have
    from saturated lanes of other parts, `total` what the part serves in all.
    """

    sources: IndexArray
    targets: IndexArray
    lanes: IndexArray
    at_source: IndexArray
    at_target: IndexArray
    supply: IntArray
    given: IntArray
    total: int = 0


class ServiceLevels:
    r"""The lexicographically optimal service levels, and a flow that gives them.

    The totals :math:`r` that targets can receive form a polymatroid; on its base (the most is served)
    one :math:`r` minimises :math:`\sum_j r_j^2 / d_j` and every other symmetric separable convex
    function of the levels :math:`r_j / d_j` at once. A first maximum flow sets aside the targets that can
    have all they need. What is left is divided: share out a part's total as evenly as its demands allow,
    whatever the lanes; if a maximum flow can, that is the answer, else the minimum cut splits the part
    into one that can only get less and one that can only get more, which are then independent.

    In whole units the even shares are the nearest whole ones (`apportion`), and the same division is
    exact for :math:`\sum_j r_j^2 / d_j` (Groenevelt 1991): a decomposition needs no more than an optimum
    of each part without its lanes.

    Parameters
    ----------
    source, target
        Position of each lane's ends.
    capacity
        Most on each lane (negative where unlimited), or None.
    supply, demand
        Whole numbers; demand is cap and weight of each target.
    whole
        Whether only whole units are shared.

    Attributes
    ----------
    flow
        Quantity on each lane.
    groups
        The chain, lowest level first: sources of a group serve no group above it, and lanes from sources
        of a group to groups below it are saturated. The last group has all it needs, or no targets.
    served
        What is served in all.
    coarse
        Parts whose levels were rounded, because their common denominator leaves 64-bit numbers.
    flows_run
        Maximum flows that it took.

    Raises
    ------
    CapabilityError
        Where even the quantities themselves leave the range of 64-bit numbers.

    References
    ----------
    Fujishige, S. (1980). Lexicographically optimal base of a polymatroid with respect to a weight
    vector. Mathematics of Operations Research 5(2), 186-196.
    Groenevelt, H. (1991). Two algorithms for maximizing a separable concave function over a
    polymatroid feasible region. European Journal of Operational Research 54(2), 227-236.

    Examples
    --------
    >>> two = np.array([0, 0, 1], dtype=np.int32), np.array([0, 1, 1], dtype=np.int32)
    >>> levels = ServiceLevels(*two, None, np.array([3, 9]), np.array([6, 6]))
    >>> levels.flow.tolist(), [(group.served, group.need) for group in levels.groups]
    ([3.0, 0.0, 6.0], [(3, 6), (6, 6)])
    """

    def __init__(
        self,
        source: IndexArray,
        target: IndexArray,
        capacity: IntArray | None,
        supply: IntArray,
        demand: IntArray,
        *,
        whole: bool = False,
    ) -> None:
        total = sum(demand.tolist())
        self.capacity, self.whole = capacity, whole
        # no source can send more than all that is needed
        self._supply, self._demand = np.minimum(supply, min(total, LARGEST_FLOW)), demand
        if total + sum(self._supply.tolist()) >= LARGEST_FLOW:
            raise CapabilityError("supplies and demands are too large to be counted in 64-bit numbers")
        self.flow: FloatArray = np.zeros(len(source))
        self.groups: list[LevelGroup] = []
        self.coarse = self.flows_run = self.served = 0
        parts = self._set_aside_the_fully_served(source, target)
        while parts:
            parts.extend(self._settle_or_split(parts.pop()))
        self.groups.reverse()

    def _set_aside_the_fully_served(self, source: IndexArray, target: IndexArray) -> list[_Part]:
        open_lanes = (self._supply[source] > 0) & (self._demand[target] > 0)
        if self.capacity is not None:
            open_lanes &= self.capacity != 0
        lanes = np.flatnonzero(open_lanes).astype(np.int32)
        n_sources, n_targets = len(self._supply), len(self._demand)
        everything = _Part(
            np.arange(n_sources, dtype=np.int32),
            np.arange(n_targets, dtype=np.int32),
            lanes,
            source[lanes],
            target[lanes],
            self._supply,
            np.zeros(n_targets, dtype=np.int64),
        )
        low_source, low_target = np.zeros(n_sources, dtype=bool), self._demand > 0
        if len(lanes):
            solver, first = self._maximum_flow(everything, self._demand, 1)
            self.served = int(solver.optimal_flow())
            low_source, low_target = _sink_side(everything, solver)
            self.flow[lanes] = solver.flows(np.arange(first, first + len(lanes), dtype=np.int32))
        everything = replace(everything, total=self.served)
        lower, upper = self._split(everything, low_source, low_target)
        # the first flow is right between the fully served and their sources alone
        self.flow[lower.lanes] = 0
        self._settle(upper)
        return [lower]

    def _settle_or_split(self, part: _Part) -> list[_Part]:
        if not len(part.targets):
            return []
        if part.total == 0:
            self._settle(part)
            return []
        wanted, unit = self._even(part)
        solver, first = self._maximum_flow(part, wanted, unit)
        if int(solver.optimal_flow()) == part.total * unit:
            arcs = np.arange(first, first + len(part.lanes), dtype=np.int32)
            self.flow[part.lanes] = solver.flows(arcs) / unit
            self._settle(part)
            return []
        return list(self._split(part, *_sink_side(part, solver)))

    def _even(self, part: _Part) -> tuple[IntArray, int]:
        """Share a part's total evenly, whatever its lanes; in units that make the shares whole."""
        demand = self._demand[part.targets]
        if self.whole:
            return apportion(part.total, demand, demand), 1
        need = sum(demand.tolist())
        divisor = gcd(part.total, need)
        level, unit = part.total // divisor, need // divisor
        most = sum(part.supply.tolist()) + sum(part.given.tolist()) + need
        if most * max(unit, level) < LARGEST_EXACT:
            return demand * level, unit
        self.coarse += 1
        largest = int(demand.max())
        unit = max(1, min(LARGEST_SHARE // largest, LARGEST_FLOW // (2 * most)))
        return apportion(part.total * unit, demand, demand * unit), unit

    def _settle(self, part: _Part) -> None:
        need = int(self._demand[part.targets].sum())
        self.groups.append(LevelGroup(part.sources, part.targets, part.total, need))

    def _split(self, part: _Part, low_source: BoolArray, low_target: BoolArray) -> tuple[_Part, _Part]:
        """Split at a minimum cut; lanes across it are saturated one way and empty the other."""
        from_low, to_low = low_source[part.at_source], low_target[part.at_target]
        supply, given = part.supply.copy(), part.given.copy()
        across = np.flatnonzero(~from_low & to_low)
        if len(across):
            assert self.capacity is not None
            saturated = self.capacity[part.lanes[across]]
            self.flow[part.lanes[across]] = saturated
            np.subtract.at(supply, part.at_source[across], saturated)
            np.add.at(given, part.at_target[across], saturated)
        # total of the lower part: its supply and what it is given is all used
        lower_total = int(part.supply[low_source].sum()) + int(given[low_target].sum())
        lower = _part_of(part, low_source, low_target, from_low & to_low, supply, given)
        upper = _part_of(part, ~low_source, ~low_target, ~(from_low | to_low), supply, part.given)
        return replace(lower, total=lower_total), replace(upper, total=part.total - lower_total)

    def _maximum_flow(self, part: _Part, wanted: IntArray, unit: int) -> tuple[Any, int]:
        """Maximum flow towards what is `wanted`, all else times `unit`; the solver and its first lane."""
        from ortools.graph.python.max_flow import SimpleMaxFlow

        self.flows_run += 1
        n_sources, n_targets = len(part.sources), len(part.targets)
        start, end = n_sources + n_targets, n_sources + n_targets + 1
        given = np.flatnonzero(part.given).astype(np.int32)
        # an unlimited lane must never be in the cut, so it gets more than all that is wanted
        beyond = int(wanted.sum()) + 1
        carry = np.full(len(part.lanes), beyond, dtype=np.int64)
        if self.capacity is not None:
            most = self.capacity[part.lanes]
            limited = (most >= 0) & (most < beyond // unit + 1)
            carry[limited] = most[limited] * unit
        first = n_sources + len(given)
        sources, targets = np.arange(n_sources, dtype=np.int32), np.arange(n_sources, start, dtype=np.int32)
        solver = SimpleMaxFlow()
        solver.add_arcs_with_capacity(
            np.concatenate([np.full(first, start, dtype=np.int32), part.at_source, targets]),
            np.concatenate([sources, targets[given], targets[part.at_target],
                            np.full(n_targets, end, dtype=np.int32)]),
            np.concatenate([part.supply * unit, part.given[given] * unit, carry, wanted]),
        )  # fmt: skip
        status = solver.solve(start, end)
        if status != SimpleMaxFlow.OPTIMAL:
            raise CapabilityError(f"the maximum flow ended with {status}")
        return solver, first


def _sink_side(part: _Part, solver: Any) -> tuple[BoolArray, BoolArray]:
    """Sources and targets on the sink's side of the minimum cut."""
    low = np.zeros(len(part.sources) + len(part.targets) + 2, dtype=bool)
    low[np.asarray(solver.get_sink_side_min_cut(), dtype=np.int64)] = True
    return low[: len(part.sources)], low[len(part.sources) : -2]


def _part_of(
    part: _Part, sources: BoolArray, targets: BoolArray, lanes: BoolArray, supply: IntArray, given: IntArray
) -> _Part:
    kept = np.flatnonzero(lanes)
    source_place = np.cumsum(sources, dtype=np.int32) - np.int32(1)
    target_place = np.cumsum(targets, dtype=np.int32) - np.int32(1)
    return _Part(
        part.sources[sources],
        part.targets[targets],
        part.lanes[kept],
        source_place[part.at_source[kept]],
        target_place[part.at_target[kept]],
        supply[sources],
        given[targets],
    )
