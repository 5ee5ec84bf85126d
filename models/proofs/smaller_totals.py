r"""The least variance of whole totals when some of the most that can be served may be given up.

The best totals r of the most that can be served keep, for every smaller total T, their T cheapest units as
the best of that total; the k-th unit of target j costs :math:`(2k-1)/d_j`. Let :math:`c` be the cost of the
dearest unit kept. Each of the n targets keeps at most :math:`\min(r_j, (c\,d_j + 1)/2)`, so

.. math:: 2 T - 1 \le c D + n - 1 - \sum_j \max(0, c\,d_j - 2 r_j)

and giving up the dearest unit changes the variance by :math:`(2T - 1)/D^2 - c/D`. Wherever the sum on the
right is at least n the variance falls by giving up more, so only totals below that price are added up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...instances.arrays import FloatArray

MOST_UNITS = 5_000_000
"""Units beyond which the totals are not added up one by one."""


def least_variance_of_less(received: FloatArray, demand: FloatArray, floor: float) -> float | None:
    """Least variance over all totals from the floor to what is received, or None for too many units.

    Parameters
    ----------
    received
        Whole totals of least variance among those that serve the most.
    demand
        Demand of each target.
    floor
        Least that must be served.

    Examples
    --------
    >>> least_variance_of_less(np.array([2.0, 1.0]), np.array([2.0, 2.0]), 2.0)
    0.0
    """
    needing = demand > 0
    r, d = received[needing], demand[needing]
    everything, mean = float(d.sum()), floor / float(d.sum())

    def kept(price: float) -> FloatArray:
        return np.minimum(r, np.floor(price / 2 * d + 0.5))

    few = _where(lambda price: float(kept(price).sum()) > floor)[0]
    many = _where(lambda price: float(kept(price).sum()) >= floor)[1]
    falls = _where(lambda price: float(np.maximum(price * d - 2 * r, 0).sum()) >= len(d))[1]
    low, high = kept(few), kept(max(many, falls))
    count = high - low
    if float(count.sum()) > MOST_UNITS:
        return None
    owner = np.repeat(np.arange(len(d)), count.astype(np.int64))
    first = np.cumsum(count) - count
    unit = np.arange(len(owner)) - first[owner] + low[owner] + 1
    price = np.sort((2 * unit - 1) / d[owner])
    spread = float((d * (low / d - mean) ** 2).sum()) + np.concatenate([[0.0], np.cumsum(price - 2 * mean)])
    total = float(low.sum()) + np.arange(len(spread))
    variance = spread / everything - ((total - floor) / everything) ** 2
    enough = variance[total >= floor]
    return float(enough.min()) if len(enough) else None


def _where(reached: Callable[[float], bool]) -> tuple[float, float]:
    """Prices just below and at the point from which a growing condition holds; 0 or 2 at the ends."""
    low, high = 0.0, 2.0
    if reached(low):
        return low, low
    for _ in range(80):
        middle = (low + high) / 2
        if not low < middle < high:
            break
        low, high = (low, middle) if reached(middle) else (middle, high)
    return low, high
