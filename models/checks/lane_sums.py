"""What lanes carry, summed by source and by target, and the rules that every lane has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ...instances.arrays import nonzero
from .findings import largest, named

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt
    import pandas as pd

    from ...instances.arrays import FloatArray
    from ...instances.lanes import Lanes
    from .findings import Findings


class Carried(NamedTuple):
    """The lanes that carry something, with their ends, and how much; all others carry nothing."""

    lane: npt.NDArray[np.int64]
    source: npt.NDArray[np.integer[Any]]
    target: npt.NDArray[np.integer[Any]]
    quantity: FloatArray


class LaneSums(NamedTuple):
    """Sums of quantities by source and by target; the gross ones are sums of absolute values."""

    sent: FloatArray
    received: FloatArray
    sent_gross: FloatArray
    received_gross: FloatArray


def carried_on(lanes: Lanes, quantity: FloatArray) -> Carried:
    """Lanes in use: a plan uses few, so that all else is done on these.

    Examples
    --------
    >>> from allocare.instances.lanes import Lanes
    >>> carried_on(Lanes.from_matrix([[1, 1], [1, 1]]), np.array([0.0, 2.0, 0.0, 4.0])).source.tolist()
    [0, 1]
    """
    lane = nonzero(quantity)
    source, target = (
        np.divmod(lane, lanes.n_targets) if lanes.complete else (lanes.source[lane], lanes.target[lane])
    )
    return Carried(lane, source, target, quantity[lane])


def lane_sums(lanes: Lanes, carried: Carried, weight: FloatArray | None = None) -> LaneSums:
    """Sum quantities by source and target; `weight` scales what a source sends.

    Examples
    --------
    >>> from allocare.instances.lanes import Lanes
    >>> lanes = Lanes.from_matrix([[1, 1], [1, 1]])
    >>> sums = lane_sums(lanes, carried_on(lanes, np.array([1.0, 2.0, 3.0, 4.0])))
    >>> sums.sent.tolist(), sums.received.tolist()
    ([3.0, 7.0], [4.0, 6.0])
    """
    used = None if weight is None else weight[carried.lane]
    sent, received = _by_ends(lanes, carried, carried.quantity, used)
    if not (carried.quantity < 0).any():
        return LaneSums(sent, received, sent, received)
    return LaneSums(sent, received, *_by_ends(lanes, carried, np.abs(carried.quantity), used))


def _by_ends(
    lanes: Lanes, carried: Carried, quantity: FloatArray, weight: FloatArray | None
) -> tuple[FloatArray, FloatArray]:
    sending = quantity if weight is None else quantity * weight
    return (
        sums_at(carried.source, sending, lanes.n_sources),
        sums_at(carried.target, quantity, lanes.n_targets),
    )


def sums_at(place: npt.NDArray[np.integer[Any]], values: FloatArray, size: int) -> FloatArray:
    """Sum of the values at each of `size` places.

    Examples
    --------
    >>> sums_at(np.array([0, 2, 2], dtype=np.int32), np.array([1.0, 2.0, 3.0]), 3).tolist()
    [1.0, 0.0, 5.0]
    """
    return np.bincount(place, weights=values, minlength=size).astype(np.float64, copy=False)


def lane_name(lanes: Lanes, sources: pd.Index[Any], targets: pd.Index[Any], lane: int) -> str:
    """Write a lane as ``'A' to 'B'``.

    Examples
    --------
    >>> import pandas as pd
    >>> from allocare.instances.lanes import Lanes
    >>> lane_name(Lanes.from_matrix([[1, 1]]), pd.Index(["A"]), pd.Index(["B", "C"]), 1)
    "'A' to 'C'"
    """
    if lanes.complete:
        source, target = divmod(lane, lanes.n_targets)
    else:
        source, target = int(lanes.source[lane]), int(lanes.target[lane])
    return f"{named(sources, source)} to {named(targets, target)}"


def linear_scale(cost: FloatArray, quantity: FloatArray, floor: float) -> float:
    """Sum of the absolute terms of ``cost @ quantity``; a quantity of nothing still weighs its tolerance.

    Examples
    --------
    >>> linear_scale(np.array([2.0, -3.0]), np.array([1.0, 1.0]), 0.0)
    5.0
    """
    return float(np.abs(cost) @ np.abs(quantity)) + largest(cost) * floor


def lane_cost(cost: FloatArray, carried: Carried, floor: float) -> tuple[float, float]:
    """Cost of what is carried, and its `linear_scale`.

    Examples
    --------
    >>> from allocare.instances.lanes import Lanes
    >>> carried = carried_on(Lanes.from_matrix([[2, 5, 3]]), np.array([1.0, 0.0, -2.0]))
    >>> lane_cost(np.array([2.0, 5.0, 3.0]), carried, 0.0)
    (-4.0, 8.0)
    """
    paid = cost[carried.lane] * carried.quantity
    return float(paid.sum()), float(np.abs(paid).sum()) + largest(cost) * floor


def examine_lanes(found: Findings, lanes: Lanes, carried: Carried, name: Callable[[int], str]) -> None:
    """Lanes carry nothing negative, and no more than their capacity.

    Examples
    --------
    >>> from allocare.instances.lanes import Lanes
    >>> from allocare.models.checks.findings import Findings
    >>> found, lanes = Findings(floor=1e-6), Lanes.from_matrix([[1, 1]], [[5, 5]])
    >>> examine_lanes(found, lanes, carried_on(lanes, np.array([4.0, 7.0])), "lane {}".format)
    >>> found.worst()[0].message
    'lane capacity of lane 1: carries 7, may carry 5 (2 too much)'
    """
    found.hold(
        "negative quantity",
        carried.quantity,
        lambda at, has, _, off: (name(int(carried.lane[at])), f"carries {has}, must be 0 or more ({off})"),
        at_least=0.0,
    )
    if lanes.capacity is not None:
        found.hold(
            "lane capacity",
            carried.quantity,
            lambda at, has, limit, off: (
                name(int(carried.lane[at])),
                f"carries {has}, may carry {limit} ({off})",
            ),
            at_most=lanes.capacity[carried.lane],
        )


def examine_whole(found: Findings, carried: Carried, name: Callable[[int], str]) -> Carried:
    """Find quantities that are no whole numbers; return them all, rounded where near.

    Examples
    --------
    >>> from allocare.instances.lanes import Lanes
    >>> from allocare.models.checks.findings import Findings
    >>> found, carried = Findings(floor=1e-6), carried_on(Lanes.from_matrix([[1, 1]]), np.array([4.0, 0.5]))
    >>> _ = examine_whole(found, carried, "lane {}".format)
    >>> found.worst()[0].rule
    'wholeness'
    """
    whole = found.not_whole(carried.quantity, lambda at: name(int(carried.lane[at])))
    return carried._replace(quantity=whole)
