"""Exact service levels of one divisible resource, by divide and conquer over maximum flows."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd
from typing import TYPE_CHECKING, Any

import numpy as np

from ..instances.errors import CapabilityError

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray, IndexArray
    from ..models.scaling import IntArray

LARGEST_FLOW = 2**62
"""Totals stay below this inside the maximum flow's 64-bit numbers."""


@dataclass(frozen=True, eq=False)
class LevelGroup:
    """Targets that share one service level, served / need exactly."""

    targets: IndexArray
    served: int
    need: int


@dataclass(frozen=True, eq=False)
class _Part:
    """A part of the problem that is left to itself: its sources, targets and lanes.

    `given` is what each target can have from saturated lanes of other parts, `total` what the part
    serves in all.
    """

    sources: IndexArray
    targets: IndexArray
    lanes: IndexArray
    supply: IntArray
    given: IntArray
    total: int


class ServiceLevels:
    r"""The lexicographically optimal service levels, and a flow that gives them.

    The totals :math:`r` that targets can receive form a polymatroid; on its base (the most is served)
    one :math:`r` minimises :math:`\sum_j r_j^2 / d_j` and every other symmetric separable convex
    function of the levels :math:`r_j / d_j` at once. It is found by division: give every target of a
    part the part's mean level; if a maximum flow can, that is the answer, else the minimum cut splits
    the part into one that can get less and one that can get more, which are then independent.

    Parameters
    ----------
    source, target
        Position of each lane's ends.
    capacity
        Most on each lane (negative where unlimited), or None.
    supply, demand
        Whole numbers; demand is cap and weight of each target.

    Raises
    ------
    CapabilityError
        Where a maximum flow would leave the range of 64-bit numbers.

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
    ) -> None:
        self.source, self.target, self.capacity = source, target, capacity
        self.supply, self.demand = supply, demand
        self.flow: FloatArray = np.zeros(len(source))
        self.groups: list[LevelGroup] = []
        self.flows_run = 0
        # positions inside the part at hand, one scratch array for all parts
        self._place = (
            np.zeros(max(len(supply), len(demand)), dtype=np.int32),
            np.zeros(len(demand), dtype=np.int32),
        )
        parts = [self._whole()]
        while parts:
            parts.extend(self._settle_or_split(parts.pop()))
        self.groups.sort(key=lambda group: group.served / group.need)

    def _whole(self) -> _Part:
        lanes = np.flatnonzero((self.supply[self.source] > 0) & (self.demand[self.target] > 0))
        if self.capacity is not None:
            lanes = lanes[self.capacity[lanes] != 0]
        sources = np.flatnonzero(self.supply > 0).astype(np.int32)
        targets = np.flatnonzero(self.demand > 0).astype(np.int32)
        nothing = np.zeros(len(targets), dtype=np.int64)
        part = _Part(sources, targets, lanes.astype(np.int32), self.supply[sources], nothing, 0)
        if not len(lanes):
            return part
        solver, _ = self._maximum_flow(part, self.demand[targets], 1)
        return _Part(sources, targets, part.lanes, part.supply, nothing, int(solver.optimal_flow()))

    def _settle_or_split(self, part: _Part) -> list[_Part]:
        need = int(self.demand[part.targets].sum())
        if need == 0:
            return []
        if part.total == 0:
            self.groups.append(LevelGroup(part.targets, 0, need))
            return []
        divisor = gcd(part.total, need)
        level, scale = part.total // divisor, need // divisor
        if max(int(part.supply.sum()) + int(part.given.sum()), need) * max(scale, level) >= LARGEST_FLOW:
            raise CapabilityError("its quantities are too large for exact levels in 64-bit numbers")
        solver, first = self._maximum_flow(part, self.demand[part.targets] * level, scale)
        if int(solver.optimal_flow()) == part.total * scale:
            arcs = np.arange(first, first + len(part.lanes), dtype=np.int32)
            self.flow[part.lanes] = solver.flows(arcs) / scale
            self.groups.append(LevelGroup(part.targets, part.total, need))
            return []
        return self._split(part, solver)

    def _split(self, part: _Part, solver: Any) -> list[_Part]:
        """Split at the minimum cut; lanes across it are saturated one way and empty the other."""
        low = np.zeros(len(part.sources) + len(part.targets) + 2, dtype=bool)
        low[np.asarray(solver.get_sink_side_min_cut(), dtype=np.int64)] = True
        low_source, low_target = low[: len(part.sources)], low[len(part.sources) : -2]
        at_source, at_target = self._positions(part)
        from_low, to_low = low_source[at_source], low_target[at_target]
        across = ~from_low & to_low
        supply, given = part.supply.copy(), part.given.copy()
        if across.any():
            assert self.capacity is not None
            saturated = self.capacity[part.lanes[across]]
            self.flow[part.lanes[across]] = saturated
            np.subtract.at(supply, at_source[across], saturated)
            np.add.at(given, at_target[across], saturated)
        lower_total = int(part.supply[low_source].sum()) + int(given[low_target].sum())
        lower = _Part(
            part.sources[low_source],
            part.targets[low_target],
            part.lanes[from_low & to_low],
            part.supply[low_source],
            given[low_target],
            lower_total,
        )
        upper = _Part(
            part.sources[~low_source],
            part.targets[~low_target],
            part.lanes[~from_low & ~to_low],
            supply[~low_source],
            part.given[~low_target],
            part.total - lower_total,
        )
        return [lower, upper]

    def _positions(self, part: _Part) -> tuple[IndexArray, IndexArray]:
        """Positions of each lane's ends inside the part."""
        of_source, of_target = self._place
        of_source[part.sources] = np.arange(len(part.sources), dtype=np.int32)
        of_target[part.targets] = np.arange(len(part.targets), dtype=np.int32)
        return of_source[self.source[part.lanes]], of_target[self.target[part.lanes]]

    def _maximum_flow(self, part: _Part, wanted: IntArray, scale: int) -> tuple[Any, int]:
        """Maximum flow with everything but what is `wanted` times `scale`; the solver and its first lane."""
        from ortools.graph.python.max_flow import SimpleMaxFlow

        self.flows_run += 1
        n_sources, n_targets = len(part.sources), len(part.targets)
        start, end = n_sources + n_targets, n_sources + n_targets + 1
        at_source, at_target = self._positions(part)
        given = np.flatnonzero(part.given)
        # an unlimited lane must never be in the cut, so it gets more than all that is wanted
        beyond = int(wanted.sum()) + 1
        carry = np.full(len(part.lanes), beyond, dtype=np.int64)
        if self.capacity is not None:
            most = self.capacity[part.lanes]
            limited = (most >= 0) & (most < beyond // scale + 1)
            carry[limited] = most[limited] * scale
        first = n_sources + len(given)
        solver = SimpleMaxFlow()
        solver.add_arcs_with_capacity(
            np.concatenate([np.full(first, start), at_source, np.arange(n_sources, start)]).astype(np.int32),
            np.concatenate(
                [np.arange(n_sources), given + n_sources, at_target + n_sources, np.full(n_targets, end)]
            ).astype(np.int32),
            np.concatenate([part.supply * scale, part.given[given] * scale, carry, wanted]),
        )
        status = solver.solve(start, end)
        if status != SimpleMaxFlow.OPTIMAL:
            raise CapabilityError(f"the maximum flow ended with {status}")
        return solver, first
