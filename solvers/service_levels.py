"""Exact service levels of one resource, by divide and conquer over maximum flows."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import gcd
from typing import TYPE_CHECKING

import numpy as np

from ..instances.errors import CapabilityError
from .apportionment import apportion
from .level_parts import Part, PartFlow, divide, restricted
from .lowest_set import lowest_set

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


class ServiceLevels:
    r"""The lexicographically optimal service levels, and a flow that gives them.

    The totals :math:`r` that targets can receive form a polymatroid; on its base (the most is served)
    one :math:`r` minimises :math:`\sum_j r_j^2 / d_j` and every other symmetric separable convex
    function of the levels :math:`r_j / d_j` at once. All is divided: share out a part's total as evenly as
    its demands allow, whatever the lanes; if a maximum flow can, that is the answer, else a minimum cut
    splits the part into one that can only get less and one that can only get more, which are then
    independent. Where there is enough for all needs of a part, those above the cut have them.

    Where lanes are unlimited, a lowest set is guessed first (`lowest_set`). One that can stand at one level
    needs no cuts; it stands or falls by whether all that is left stands higher.

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
        total = _sum(demand)
        self.capacity, self.whole = capacity, whole
        # no source can send more than all that is needed
        self._supply, self._demand = np.minimum(supply, min(total, LARGEST_FLOW)), demand
        if total + _sum(self._supply) >= LARGEST_FLOW:
            raise CapabilityError("supplies and demands are too large to be counted in 64-bit numbers")
        self.flow: FloatArray = np.zeros(len(source))
        self.groups: list[LevelGroup] = []
        self.coarse = self.flows_run = 0
        everything = self._everything(source, target)
        if not self._divide(everything, guess=not whole and capacity is None):
            self.flow.fill(0)
            self._divide(everything, guess=False)
        self._close_the_chain()
        self.served = sum(group.served for group in self.groups)

    def _everything(self, source: IndexArray, target: IndexArray) -> Part:
        """Sources and targets that lanes join."""
        usable = (self._supply > 0)[source] & (self._demand > 0)[target]
        if self.capacity is not None:
            usable &= self.capacity != 0
        serving, served = np.zeros(len(self._supply), dtype=bool), np.zeros(len(self._demand), dtype=bool)
        serving[source[usable]] = served[target[usable]] = True
        # unlimited lanes carry all that there is; what limited ones carry is seen once all needs are tried
        total = int((self._supply[serving] if self.capacity is None else self._demand[served]).sum())
        everything = Part(
            np.arange(len(serving), dtype=np.int32),
            np.arange(len(served), dtype=np.int32),
            np.arange(len(usable), dtype=np.int32),
            source,
            target,
            self._supply,
            np.zeros(len(served), dtype=np.int64),
            total,
        )
        if serving.all() and served.all() and usable.all():
            return everything
        return restricted(everything, serving, served, usable)

    def _divide(self, everything: Part, *, guess: bool) -> bool:
        """Fill the groups, lowest level first; say whether their levels climb, as they do unless misguessed.

        A guessed lowest set that stands at one level is settled at once, without the cuts that would find
        it. It was right if nothing of what is left stands lower.
        """
        self.groups, self.coarse = [], 0
        guessed = False
        parts: list[Part | LevelGroup] = [everything]
        while parts:
            part = parts.pop()
            if isinstance(part, LevelGroup):
                self.groups.append(part)
            elif len(part.targets):
                settled = self._settle_lowest(part) if guess else []
                guess = bool(settled)
                guessed |= guess
                parts.extend(settled or self._settle_or_split(part))
        self.groups.reverse()
        return not guessed or all(
            low.served * high.need <= high.served * low.need for low, high in pairwise(self.groups)
        )

    def _settle_lowest(self, part: Part) -> list[Part | LevelGroup]:
        """Group of a guessed lowest set and the part above it, where that set can stand at one level."""
        found = lowest_set(part.at_source, part.at_target, part.supply, self._demand[part.targets])
        if found is None:
            return []
        lower, upper, _ = divide(part, *found, self.capacity)
        settled = self._settle_or_split(lower)
        return [*settled, upper] if len(settled) == 1 else []

    def _settle_or_split(self, part: Part) -> list[Part | LevelGroup]:
        """Group of a part whose targets can all stand at one level, else its lower and its upper part."""
        wanted, unit = self._even(part)
        flow = PartFlow(part, wanted, unit, self.capacity)
        self.flows_run += 1
        settled = flow.value == int(wanted.sum())
        plenty = part.total >= int(self._demand[part.targets].sum())
        if settled or plenty:
            self.flow[part.lanes] = flow.on_lanes()
        if settled:
            return [self._group(part)]
        lower, upper, saturated = divide(part, *flow.below(least=plenty), self.capacity)
        if len(saturated):
            assert self.capacity is not None
            lanes = part.lanes[saturated]
            self.flow[lanes] = self.capacity[lanes]
        if not plenty:
            return [lower, upper]
        # this flow is right between those that have all they need and their sources alone
        self.flow[lower.lanes] = 0
        return [lower, self._group(upper)]

    def _even(self, part: Part) -> tuple[IntArray, int]:
        """Share a part's total evenly, whatever its lanes; in units that make the shares whole."""
        demand = self._demand[part.targets]
        need = int(demand.sum())
        total = min(part.total, need)
        if self.whole:
            return apportion(total, demand, demand), 1
        divisor = gcd(total, need)
        level, unit = total // divisor, need // divisor
        most = _sum(part.supply) + _sum(part.given) + need
        if most * max(unit, level) < LARGEST_EXACT:
            return demand * level, unit
        self.coarse += 1
        largest = int(demand.max())
        unit = max(1, min(LARGEST_SHARE // largest, LARGEST_FLOW // (2 * most)))
        return apportion(total * unit, demand, demand * unit), unit

    def _group(self, part: Part) -> LevelGroup:
        need = int(self._demand[part.targets].sum())
        return LevelGroup(part.sources, part.targets, min(part.total, need), need)

    def _close_the_chain(self) -> None:
        """Whom no lane reaches comes first; whoever has all that is needed, or no need, is one last group."""
        short = [group for group in self.groups if group.served < group.need]
        full = [group for group in self.groups if group.served == group.need]
        sources, unreached = np.ones(len(self._supply), dtype=bool), self._demand > 0
        for group in self.groups:
            unreached[group.targets] = False
        targets = ~unreached
        for group in short:
            sources[group.sources] = targets[group.targets] = False
        need = sum(group.need for group in full)
        last = LevelGroup(_positions(sources), _positions(targets), need, need)
        first = LevelGroup(
            _positions(sources & False), _positions(unreached), 0, int(self._demand[unreached].sum())
        )
        self.groups = [*([first] if unreached.any() else []), *short, last]


def _positions(where: BoolArray) -> IndexArray:
    return np.flatnonzero(where).astype(np.int32)


def _sum(values: IntArray) -> int:
    """Sum beyond 64 bits, where it goes there."""
    return int(values.sum()) if float(values.sum(dtype=np.float64)) < LARGEST_FLOW else sum(values.tolist())
