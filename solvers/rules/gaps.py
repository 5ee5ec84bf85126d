"""Water-filling against the wanted quantity of every lane: the largest gaps are closed first."""

from __future__ import annotations

from heapq import heapify, heappop, heapreplace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from .ledger import EXHAUSTED, Ledger

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray
    from .ledger import LaneOrder


def close_gaps(ledger: Ledger, need: FloatArray) -> None:
    """Give every next bit to the lane that is furthest from its need, among those that can take it.

    All gaps shrink together from the largest. When a source, a recipient, or the budget is exhausted,
    its lanes stay where they are and the others go on. A unit's gain in squared deviation is twice the
    gap, so that this is the continuous greedy. Whole quantities are the divisible ones rounded down,
    then one unit at a time by gap.

    Examples
    --------
    >>> ledger = Ledger(source=np.array([0, 0]), target=np.array([0, 1]), cost=np.ones(2),
    ...     supply=np.array([4.0]), need=np.array([9.0, 9.0]), room=np.array([5.0, 3.0]))
    >>> close_gaps(ledger, np.array([5.0, 3.0]))
    >>> ledger.flow.tolist()
    [3.0, 1.0]
    """
    most = need if ledger.room is None else np.minimum(ledger.room, need)
    divisible = _divisible(ledger, need, most)
    if not ledger.whole:
        lanes = np.flatnonzero(divisible)
        ledger.book(lanes, divisible[lanes])
        return
    ledger.book(np.arange(len(need)), np.floor(divisible * (1 + EXHAUSTED)))
    given = -1.0
    while ledger.flow.sum() > given:
        given = float(ledger.flow.sum())
        _give_one_each(ledger, need)


def _give_one_each(ledger: Ledger, need: FloatArray) -> None:
    gap = need - ledger.flow
    helped = np.flatnonzero(gap > 0.5)
    room = np.minimum(1.0, np.inf if ledger.room is None else ledger.room[helped])
    units = Ledger(
        source=ledger.source[helped],
        target=ledger.target[helped],
        cost=ledger.cost[helped],
        supply=ledger.supply,
        need=ledger.need,
        room=np.broadcast_to(room, helped.shape),
        budget=ledger.budget,
        price=None if ledger.price is None else ledger.price[helped],
        whole=True,
    )
    units.fill(np.argsort(-gap[helped], kind="stable"))
    ledger.book(helped, units.flow)


def _divisible(ledger: Ledger, need: FloatArray, most: FloatArray) -> FloatArray:
    """Flow of each lane; the limit that binds at the largest gap is settled first.

    Settling a limit leaves more to the others, so that their own gaps can only fall: a heap of gaps
    that may be outdated from above gives the order.
    """
    flow = most.copy()
    settled = most <= 0
    limits = _Limits(ledger)
    queue = [(-np.inf, limit) for limit in range(len(limits.amount))]
    heapify(queue)
    while queue:
        _, limit = queue[0]
        lanes, weight = limits.lanes(limit)
        free = ~settled[lanes]
        used = float(weight[~free] @ flow[lanes[~free]])
        lanes, weight = lanes[free], weight[free]
        gap = _gap_that_fits(need[lanes], most[lanes], weight, limits.amount[limit] - used)
        if gap <= 0:
            heappop(queue)
        elif len(queue) > 1 and -gap > min(queue[1:3])[0]:
            heapreplace(queue, (-gap, limit))
        else:
            heappop(queue)
            flow[lanes] = np.clip(need[lanes] - gap, 0.0, most[lanes])
            settled[lanes] = True
    return flow


class _Limits:
    """Sources, recipients and the budget as sums over lanes that have a largest value."""

    def __init__(self, ledger: Ledger) -> None:
        size, lane = len(ledger.source), np.arange(len(ledger.source))
        ends = [
            sp.csr_array((np.ones(size), (ledger.source, lane)), shape=(len(ledger.supply), size)),
            sp.csr_array((np.ones(size), (ledger.target, lane)), shape=(len(ledger.need), size)),
        ]
        self.amount = np.concatenate([ledger.supply, ledger.need])
        if ledger.budget < np.inf:
            price = np.ones(size) if ledger.price is None else ledger.price
            ends.append(sp.csr_array(price.reshape(1, -1)))
            self.amount = np.append(self.amount, ledger.budget)
        self._sums = sp.vstack(ends, format="csr")

    def lanes(self, limit: int) -> tuple[LaneOrder, FloatArray]:
        """Lanes of a limit and what a unit on each counts."""
        part = slice(self._sums.indptr[limit], self._sums.indptr[limit + 1])
        return self._sums.indices[part], self._sums.data[part]


def _gap_that_fits(need: FloatArray, most: FloatArray, weight: FloatArray, amount: float) -> float:
    """Least gap, 0 or more, at which the weighted sum of clip(need - gap, 0, most) is within the amount."""
    if weight @ most <= amount * (1 + EXHAUSTED):
        return 0.0
    # as the gap falls, a lane starts to carry at need and is full at need - most
    gaps = np.concatenate([need, need - most])
    order = np.argsort(-gaps, kind="stable")
    gaps = gaps[order]
    pace = np.cumsum(np.concatenate([weight, -weight])[order])
    carried = np.concatenate([[0.0], np.cumsum(pace[:-1] * -np.diff(gaps))])
    at = int(np.searchsorted(carried, max(amount, 0.0), side="right")) - 1
    rate = pace[at] if pace[at] > 0 else np.inf
    return float(max(gaps[at] - (max(amount, 0.0) - carried[at]) / rate, 0.0))
