"""What is left of every supply, need and lane while a rule hands out quantities, and the pass itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from ...instances.arrays import FloatArray, IndexArray

    LaneOrder = npt.NDArray[np.int64]

BLOCK = 2048
EXHAUSTED = 1e-12
"""Share of the original quantity below which a remainder is rounding, not something left."""


@dataclass(eq=False)
class Ledger:
    """Open quantities of the sources, the targets and the lanes between them.

    Parameters
    ----------
    source, target
        Ends of each lane.
    cost
        What each lane costs per unit, less being better.
    supply, need
        What each source still has and each target still wants; infinite where unlimited.
    room
        What each lane can still carry, or None where no lane is limited.
    budget
        Most that can still be spent, where using a lane spends `price` per unit.
    price
        What a unit on each lane takes off the budget; None means 1.
    whole
        Whether quantities are whole numbers.
    turn
        When each target comes in the order of arrival, the first 0; None for the order of the table.

    Examples
    --------
    >>> ledger = Ledger(
    ...     source=np.array([0, 0, 1]), target=np.array([0, 1, 0]), cost=np.array([1.0, 2.0, 3.0]),
    ...     supply=np.array([5.0, 5.0]), need=np.array([4.0, 4.0]))
    >>> ledger.fill(np.array([2, 0, 1]))
    >>> ledger.flow.tolist()
    [0.0, 4.0, 4.0]
    """

    source: IndexArray
    target: IndexArray
    cost: FloatArray
    supply: FloatArray
    need: FloatArray
    room: FloatArray | None = None
    budget: float = np.inf
    price: FloatArray | None = None
    whole: bool = False
    turn: FloatArray | None = None
    flow: FloatArray = field(init=False)

    def __post_init__(self) -> None:
        self.flow = np.zeros(len(self.source))
        self.supply = np.array(self.supply, dtype=np.float64)
        self._supply_dust = _dust(self.supply)
        self._budget_dust = _dust(np.array([self.budget]))[0]
        self.want(self.need)
        if self.room is not None:
            self.room = np.array(self.room, dtype=np.float64)

    def want(self, need: FloatArray) -> None:
        """Set what each target wants from here on."""
        self.need = np.array(need, dtype=np.float64)
        self._need_dust = _dust(self.need)

    def fill(self, order: LaneOrder) -> None:
        """Visit the lanes in this order and send as much as each can take when its turn comes.

        The pass is sequential by nature, but Python is only entered once for each lane that carries
        something: lanes of an exhausted source or target are struck out block by block.
        A lane that nothing limits carries nothing.
        """
        for start in range(0, len(order), BLOCK):
            live = self.live(order[start : start + BLOCK])
            if len(live) and self.room is not None and self.budget == np.inf:
                live = self.live(self._send_uncontended(live))
            if len(live):
                self._send_in_turn(live)

    def live(self, lanes: LaneOrder) -> LaneOrder:
        """Those of the lanes, in the same order, that can still carry something, and not without limit."""
        live = (self.supply[self.source[lanes]] > 0) & (self.need[self.target[lanes]] > 0)
        if self.room is not None:
            live &= self.room[lanes] > 0
        if self.budget < np.inf:
            return lanes[live & self._affordable(lanes)]
        limited = np.isfinite(self.supply)[self.source[lanes]] | np.isfinite(self.need)[self.target[lanes]]
        if self.room is not None:
            limited |= np.isfinite(self.room[lanes])
        return lanes[live & limited]

    def _affordable(self, lanes: LaneOrder) -> npt.NDArray[np.bool_]:
        if self.price is None:
            return np.full(len(lanes), self.budget > 0)
        price = self.price[lanes]
        return (price <= self.budget) if self.whole else (price <= 0) | (self.budget > 0)

    def _send_uncontended(self, lanes: LaneOrder) -> LaneOrder:
        """Send at once over the lanes whose two ends suffice for all lanes given; return the others.

        What such a lane carries does not depend on the order, so that the outcome is that of turns.
        """
        assert self.room is not None
        sources, targets = self.source[lanes], self.target[lanes]
        most = np.minimum(self.room[lanes], np.minimum(self.supply[sources], self.need[targets]))
        source_suffices = np.bincount(sources, most, minlength=len(self.supply)) <= self.supply
        target_suffices = np.bincount(targets, most, minlength=len(self.need)) <= self.need
        free = source_suffices[sources] & target_suffices[targets] & np.isfinite(most)
        self.book(lanes[free], most[free])
        return lanes[~free]

    def book(self, lanes: LaneOrder, amounts: FloatArray) -> None:
        """Enter amounts known to fit, at once."""
        sources, targets = self.source[lanes], self.target[lanes]
        self.flow[lanes] += amounts
        if self.room is not None:
            self.room[lanes] = np.maximum(self.room[lanes] - amounts, 0.0)
        self.supply -= np.bincount(sources, amounts, minlength=len(self.supply))
        self.need -= np.bincount(targets, amounts, minlength=len(self.need))
        self.supply[self.supply <= self._supply_dust] = 0.0
        self.need[self.need <= self._need_dust] = 0.0
        if self.budget < np.inf:
            spent = amounts if self.price is None else amounts * self.price[lanes]
            self.budget = _rest(self.budget - float(spent.sum()), self._budget_dust)

    def _send_in_turn(self, lanes: LaneOrder) -> None:
        sources, targets = self.source[lanes], self.target[lanes]
        open_lanes = np.ones(len(lanes), dtype=bool)
        at = 0
        while True:
            source, target = sources[at], targets[at]
            self.send(int(lanes[at]))
            open_lanes[at] = False
            if self.supply[source] <= 0:
                open_lanes &= sources != source
            if self.need[target] <= 0:
                open_lanes &= targets != target
            if self.budget < np.inf:
                open_lanes &= self._affordable(lanes)
            step = int(open_lanes[at:].argmax())
            at += step
            if not open_lanes[at]:
                return

    def send(self, lane: int, most: float = np.inf) -> None:
        """Send as much as the lane can take, at most `most`."""
        source, target = self.source[lane], self.target[lane]
        amount = min(self.supply[source], self.need[target], most)
        if self.room is not None:
            amount = min(amount, self.room[lane])
        price = 1.0 if self.price is None else self.price[lane]
        if self.budget < np.inf and price > 0:
            amount = min(amount, self.budget / price)
        if self.whole and np.isfinite(amount):
            amount = np.floor(amount * (1 + EXHAUSTED))
        if not 0 < amount < np.inf:
            return
        self.flow[lane] += amount
        self.supply[source] = _rest(self.supply[source] - amount, self._supply_dust[source])
        self.need[target] = _rest(self.need[target] - amount, self._need_dust[target])
        if self.room is not None:
            self.room[lane] = max(self.room[lane] - amount, 0.0)
        if self.budget < np.inf and price > 0:
            self.budget = _rest(self.budget - amount * price, self._budget_dust)


def _dust(quantity: FloatArray) -> FloatArray:
    return EXHAUSTED * np.where(np.isfinite(quantity), quantity, 0.0)


def _rest(left: float, dust: float) -> float:
    return left if left > dust else 0.0
