"""Parts of an allocation that are left to themselves: their maximum flows, and their division at cuts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..instances.errors import CapabilityError

if TYPE_CHECKING:
    from ..instances.arrays import BoolArray, FloatArray, IndexArray
    from ..models.scaling import IntArray


@dataclass(frozen=True, eq=False)
class Part:
    """A part of the problem that is left to itself: its sources, targets and lanes.

    Parameters
    ----------
    sources, targets, lanes
        Their positions in the whole.
    at_source, at_target
        The lanes' ends inside the part.
    supply
        What each source has for the part.
    given
        What each target can have from saturated lanes of other parts.
    total
        What the part can serve in all, were no target's need a limit.

    Examples
    --------
    >>> one, two = np.zeros(1, dtype=np.int32), np.arange(2, dtype=np.int32)
    >>> Part(one, two, two, np.zeros(2, dtype=np.int32), two, np.array([5]), np.array([0, 0]), 5).total
    5
    """

    sources: IndexArray
    targets: IndexArray
    lanes: IndexArray
    at_source: IndexArray
    at_target: IndexArray
    supply: IntArray
    given: IntArray
    total: int


class Division(NamedTuple):
    """The part below a cut and the part above it; and the part's lanes that the cut saturates."""

    lower: Part
    upper: Part
    saturated: IndexArray


class PartFlow:
    """A maximum flow towards what is wanted in a part, all its other quantities times `unit`.

    Parameters
    ----------
    part
        The part.
    wanted
        Most that each target takes.
    unit
        What one unit of supply counts.
    capacity
        Most on each lane of the whole (negative where unlimited), or None.

    Attributes
    ----------
    value
        What flows in all.

    Raises
    ------
    CapabilityError
        Where the maximum flow fails.

    Examples
    --------
    >>> one, two = np.zeros(1, dtype=np.int32), np.arange(2, dtype=np.int32)
    >>> part = Part(one, two, two, np.zeros(2, dtype=np.int32), two, np.array([5]), np.array([0, 0]), 5)
    >>> flow = PartFlow(part, np.array([4, 8]), 2, None)
    >>> flow.value, flow.on_lanes().sum()
    (10, np.float64(5.0))
    """

    def __init__(self, part: Part, wanted: IntArray, unit: int, capacity: IntArray | None) -> None:
        from ortools.graph.python.max_flow import SimpleMaxFlow

        n_sources, n_targets = len(part.sources), len(part.targets)
        start, end = n_sources + n_targets, n_sources + n_targets + 1
        given = np.flatnonzero(part.given).astype(np.int32)
        # an unlimited lane must never be in the cut, so it gets more than all that is wanted
        beyond = int(wanted.sum()) + 1
        carry = np.full(len(part.lanes), beyond, dtype=np.int64)
        if capacity is not None:
            most = capacity[part.lanes]
            limited = (most >= 0) & (most < beyond // unit + 1)
            carry[limited] = most[limited] * unit
        sources, targets = np.arange(n_sources, dtype=np.int32), np.arange(n_sources, start, dtype=np.int32)
        self._part, self._unit, self._first = part, unit, n_sources + len(given)
        self._solver = SimpleMaxFlow()
        self._solver.add_arcs_with_capacity(
            np.concatenate([np.full(self._first, start, dtype=np.int32), part.at_source, targets]),
            np.concatenate([sources, targets[given], targets[part.at_target],
                            np.full(n_targets, end, dtype=np.int32)]),
            np.concatenate([part.supply * unit, part.given[given] * unit, carry, wanted]),
        )  # fmt: skip
        status = self._solver.solve(start, end)
        if status != SimpleMaxFlow.OPTIMAL:
            raise CapabilityError(f"the maximum flow ended with {status}")
        self.value = int(self._solver.optimal_flow())

    def on_lanes(self) -> FloatArray:
        """Quantity on each lane of the part."""
        arcs = np.arange(self._first, self._first + len(self._part.lanes), dtype=np.int32)
        flow: FloatArray = self._solver.flows(arcs) / self._unit
        return flow

    def below(self, *, least: bool) -> tuple[BoolArray, BoolArray]:
        """Sources and targets below a minimum cut, the one that leaves least below it or most."""
        solver: Any = self._solver
        low = np.full(len(self._part.sources) + len(self._part.targets) + 2, not least)
        side = solver.get_sink_side_min_cut() if least else solver.get_source_side_min_cut()
        low[np.asarray(side, dtype=np.int64)] = least
        return low[: len(self._part.sources)], low[len(self._part.sources) : -2]


def divide(part: Part, low_source: BoolArray, low_target: BoolArray, capacity: IntArray | None) -> Division:
    """Divide a part at a cut; lanes across it are saturated one way and empty the other.

    Examples
    --------
    >>> two = np.arange(2, dtype=np.int32)
    >>> part = Part(two, two, two, two, two, np.array([3, 9]), np.array([0, 0]), 12)
    >>> lower, upper, _ = divide(part, np.array([True, False]), np.array([True, False]), None)
    >>> lower.targets.tolist(), lower.total, upper.targets.tolist(), upper.total
    ([0], 3, [1], 9)
    """
    from_low, to_low = low_source[part.at_source], low_target[part.at_target]
    supply, given = part.supply, part.given
    across = np.flatnonzero(to_low & ~from_low).astype(np.int32)
    if len(across):
        assert capacity is not None
        carried = capacity[part.lanes[across]]
        supply, given = supply.copy(), given.copy()
        np.subtract.at(supply, part.at_source[across], carried)
        np.add.at(given, part.at_target[across], carried)
    # the lower part's supply and what it is given is all used
    total = int(part.supply[low_source].sum()) + int(given[low_target].sum())
    lower = restricted(part, low_source, low_target, from_low & to_low)
    upper = restricted(part, ~low_source, ~low_target, ~(from_low | to_low))
    return Division(
        replace(lower, given=given[low_target], total=total),
        replace(upper, supply=supply[~low_source], total=part.total - total),
        across,
    )


def restricted(part: Part, sources: BoolArray, targets: BoolArray, lanes: BoolArray) -> Part:
    """What remains of a part with only some of its sources, targets and lanes between them; the total stays.

    Examples
    --------
    >>> two = np.arange(2, dtype=np.int32)
    >>> part = Part(two, two, two, two, two, np.array([3, 9]), np.array([0, 0]), 12)
    >>> second = np.array([False, True])
    >>> rest = restricted(part, second, second, second)
    >>> rest.lanes.tolist(), rest.at_source.tolist(), rest.supply.tolist()
    ([1], [0], [9])
    """
    kept = np.flatnonzero(lanes)
    source_place = np.cumsum(sources, dtype=np.int32) - np.int32(1)
    target_place = np.cumsum(targets, dtype=np.int32) - np.int32(1)
    return Part(
        part.sources[sources],
        part.targets[targets],
        part.lanes[kept],
        source_place[part.at_source[kept]],
        target_place[part.at_target[kept]],
        part.supply[sources],
        part.given[targets],
        part.total,
    )
