r"""Giving up some of the most that can be served, where that makes service more even.

Divisible: of all ways to serve a total, lowering the highest levels to one height varies least, and serving
as little as is allowed varies least of all totals.

Whole units: the best plan of every total keeps the cheapest units of the best that serves the most, the k-th
unit of target j at :math:`(2k-1)/d_j`, but which total is best depends on how well it divides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..models.rounding import whole_at_least
from ..models.unit_increments import service_variance_of
from .apportionment import apportion

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray, IndexArray
    from ..models.scaling import IntArray
    from .service_levels import ServiceLevels

MOST_UNITS = 5_000_000
"""Units that may be given up, beyond which not every total is tried."""

_NEAR = 1e-12
"""Difference of variances below which they are computed again, without adding up."""


def ceiling(levels: ServiceLevels, loss: float) -> float:
    """Height to which the levels come down when the share `loss` of all that is served is given up.

    Examples
    --------
    >>> from .service_levels import ServiceLevels
    >>> two = np.array([0, 1], dtype=np.int32)
    >>> levels = ServiceLevels(two, two, None, np.array([3, 6]), np.array([6, 6]))
    >>> round(ceiling(levels, 1 / 9), 9)
    0.833333333
    """
    groups = [group for group in levels.groups if group.need]
    if loss == 0 or not groups or not levels.served:
        return 1.0
    served = np.array([float(group.served) for group in groups])
    need = np.array([float(group.need) for group in groups])
    # groups are in order of their levels: find the first that is cut, by what is served when cut there
    kept = np.cumsum(served) - served
    above = need[::-1].cumsum()[::-1]
    height = np.maximum(((1 - loss) * levels.served - kept) / above, 0.0)
    cut = height * need <= served
    return float(height[np.argmax(cut)]) if cut.any() else 1.0


def least_varying_total(received: IntArray, demand: IntArray, loss: float) -> tuple[IntArray, bool]:
    """Whole totals of least variance that give up at most the share `loss`; whether every total was tried.

    Parameters
    ----------
    received
        Totals of least variance among those that serve the most.
    demand
        Demands, all positive.
    loss
        Share that may be given up.

    Examples
    --------
    >>> least_varying_total(np.array([2, 1]), np.array([2, 2]), 0.4)[0].tolist()
    [1, 1]
    """
    most, everything = int(received.sum()), int(demand.sum())
    floor = int(whole_at_least((1 - loss) * most))
    if floor >= most:
        return received, True
    highest = max(floor, min(most, _last_that_may_gain(received, demand)))
    tried = min(highest, floor + MOST_UNITS)
    low, high = apportion(floor, demand, received), apportion(tried, demand, received)
    counts = high - low
    owner = np.repeat(np.arange(len(demand)), counts)
    unit = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts) + low[owner] + 1
    mean = floor / everything
    step = np.sort((2 * unit - 1) / demand[owner]) - 2 * mean
    spread = float((demand * (low / demand - mean) ** 2).sum()) + np.concatenate([[0.0], np.cumsum(step)])
    variance = spread / everything - (np.arange(len(spread)) / everything) ** 2
    near = np.argsort(variance, kind="stable")[:20]
    near = near[variance[near] <= variance[near[0]] + _NEAR]
    choices = [apportion(floor + more, demand, received) for more in near.tolist()]
    best = min(choices, key=lambda shares: service_variance_of(shares / 1.0, demand / 1.0))
    return best, tried == highest


def _last_that_may_gain(received: IntArray, demand: IntArray) -> int:
    """Total beyond which giving up the dearest unit never raises the variance.

    A target that could keep more at the price of the dearest unit than it has holds the mean down.
    """
    low, high = 0.0, 2.0
    while low < (middle := (low + high) / 2) < high:
        held_down = float(np.maximum(middle * demand - 2 * received, 0).sum())
        low, high = (low, middle) if held_down >= len(demand) else (middle, high)
    return int(np.minimum(received, np.floor(high / 2 * demand + 0.5)).sum())


def keep_only(flow: FloatArray, target: IndexArray, shares: IntArray) -> FloatArray:
    """Flow in which each target keeps no more than its share, of the lanes in order.

    Examples
    --------
    >>> keep_only(np.array([2.0, 3.0, 4.0]), np.array([0, 1, 0], dtype=np.int32), np.array([5, 1])).tolist()
    [2.0, 1.0, 3.0]
    """
    used = np.flatnonzero(flow)
    used = used[np.argsort(target[used], kind="stable")]
    owner, carried = target[used], flow[used]
    so_far = np.cumsum(carried) - carried
    first = np.searchsorted(owner, owner)
    kept = np.zeros(len(flow))
    kept[used] = np.clip(shares[owner] - (so_far - so_far[first]), 0, carried)
    return kept
