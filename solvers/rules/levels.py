"""Progressive filling: service levels rise together until no recipient can be given more."""

from __future__ import annotations

from heapq import heapify, heappop, heapreplace
from typing import TYPE_CHECKING

import numpy as np

from .ledger import EXHAUSTED, Ledger
from .orders import by_target

if TYPE_CHECKING:
    from ...instances.arrays import BoolArray, FloatArray
    from .ledger import LaneOrder


def raise_levels(ledger: Ledger, demand: FloatArray) -> None:
    """Raise all service levels at one pace, each recipient drawing on its cheapest lane with room left.

    The levels rise in exact steps, from one exhausted source, full lane or spent budget to the next. A
    recipient whose lanes are all exhausted stays where it is. Whole quantities are the divisible ones
    rounded down, lane by lane; what that leaves over goes out unit by unit to the recipient whose next
    unit raises the variance least, which is the one with the lowest (2 received + 1) / demand.

    Examples
    --------
    >>> ledger = Ledger(
    ...     source=np.array([0, 0, 1]), target=np.array([0, 1, 1]), cost=np.ones(3),
    ...     supply=np.array([3.0, 9.0]), need=np.array([4.0, 8.0]))
    >>> raise_levels(ledger, np.array([4.0, 8.0]))
    >>> ledger.flow.tolist()
    [1.0, 2.0, 6.0]
    """
    if not ledger.whole:
        _raise_evenly(ledger, demand)
        return
    divisible = Ledger(
        source=ledger.source,
        target=ledger.target,
        cost=ledger.cost,
        supply=ledger.supply,
        need=ledger.need,
        room=ledger.room,
        budget=ledger.budget,
        price=ledger.price,
    )
    _raise_evenly(divisible, demand)
    lanes = np.flatnonzero(divisible.flow)
    ledger.book(lanes, np.floor(divisible.flow[lanes] * (1 + EXHAUSTED)))
    _give_units(ledger, demand)


def _raise_evenly(ledger: Ledger, demand: FloatArray) -> None:
    draws = _Draws(ledger)
    while len(rising := draws.rising()):
        lane = draws.lane(rising)
        source, pace = ledger.source[lane], demand[rising]
        drain = np.bincount(source, pace, minlength=len(ledger.supply))
        spending = 0.0 if ledger.price is None else float(pace @ ledger.price[lane])
        drained = np.flatnonzero(drain)
        lasts = ledger.supply[drained] / drain[drained]
        step = min(float(lasts.min()), float((ledger.need[rising] / pace).min()))
        if ledger.room is not None:
            step = min(step, float((ledger.room[lane] / pace).min()))
        if spending > 0:
            step = min(step, ledger.budget / spending)
        ledger.book(lane, pace * step)
        reached = step * (1 + EXHAUSTED)
        ledger.supply[drained[lasts <= reached]] = 0.0
        if ledger.room is not None:
            ledger.room[lane[ledger.room[lane] <= EXHAUSTED * pace * step]] = 0.0
        if spending > 0 and ledger.budget <= EXHAUSTED * spending * step:
            ledger.budget = 0.0


class _Draws:
    """The cheapest lane with room left of each recipient, kept while lanes are exhausted."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._order = by_target(ledger.target, ledger.cost)
        count = np.bincount(ledger.target, minlength=len(ledger.need))
        self._end = np.cumsum(count)
        self._at = self._end - count

    def rising(self) -> LaneOrder:
        """Recipients that still want something and can be given it."""
        ledger = self._ledger
        check = np.flatnonzero((ledger.need > 0) & (self._at < self._end))
        while len(check):
            check = check[~self._usable(self.lane(check))]
            self._at[check] += 1
            check = check[self._at[check] < self._end[check]]
        return np.flatnonzero((ledger.need > 0) & (self._at < self._end))

    def lane(self, recipients: LaneOrder) -> LaneOrder:
        """Lane on which each of these recipients draws."""
        lanes: LaneOrder = self._order[self._at[recipients]]
        return lanes

    def _usable(self, lanes: LaneOrder) -> BoolArray:
        ledger = self._ledger
        usable: BoolArray = ledger.supply[ledger.source[lanes]] > 0
        if ledger.room is not None:
            usable &= ledger.room[lanes] > 0
        if ledger.price is not None and ledger.budget <= 0:
            usable &= ledger.price[lanes] <= 0
        return usable


def _give_units(ledger: Ledger, demand: FloatArray) -> None:
    """Hand out what is left unit by unit; rounding down leaves less than one unit for each lane used."""
    lanes = ledger.live(by_target(ledger.target, ledger.cost))
    count = np.bincount(ledger.target[lanes], minlength=len(demand))
    end = np.cumsum(count)
    received = np.bincount(ledger.target, ledger.flow, minlength=len(demand))
    queue = [((2 * received[j] + 1) / demand[j], int(j)) for j in np.unique(ledger.target[lanes])]
    heapify(queue)
    while queue:
        recipient = queue[0][1]
        own = ledger.live(lanes[end[recipient] - count[recipient] : end[recipient]])
        if not len(own):
            heappop(queue)
            continue
        ledger.send(int(own[0]), most=1.0)
        received[recipient] += 1.0
        heapreplace(queue, ((2 * received[recipient] + 1) / demand[recipient], recipient))
