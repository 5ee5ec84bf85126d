"""What lanes carry, summed by source and by target, and the rules that every lane has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .findings import largest, named

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from ...instances.arrays import FloatArray, IndexArray
    from ...instances.lanes import Lanes
    from .findings import Findings


class LaneSums(NamedTuple):
    """Sums of quantities by source and by target; the gross ones are sums of absolute values."""

    sent: FloatArray
    received: FloatArray
    sent_gross: FloatArray
    received_gross: FloatArray


def lane_sums(lanes: Lanes, quantity: FloatArray, weight: FloatArray | None = None) -> LaneSums:
    """Sum quantities by source and target; `weight` scales what a source sends.

    Examples
    --------
    >>> from allocare.instances.lanes import Lanes
    >>> sums = lane_sums(Lanes.from_matrix([[1, 1], [1, 1]]), np.array([1.0, 2.0, 3.0, 4.0]))
    >>> sums.sent.tolist(), sums.received.tolist()
    ([3.0, 7.0], [4.0, 6.0])
    """
    sent, received = _by_ends(lanes, quantity, weight)
    if not (quantity < 0).any():
        return LaneSums(sent, received, sent, received)
    return LaneSums(sent, received, *_by_ends(lanes, np.abs(quantity), weight))


def _by_ends(lanes: Lanes, quantity: FloatArray, weight: FloatArray | None) -> tuple[FloatArray, FloatArray]:
    sending = quantity if weight is None else quantity * weight
    if lanes.complete:
        shape = (lanes.n_sources, lanes.n_targets)
        return sending.reshape(shape).sum(axis=1), quantity.reshape(shape).sum(axis=0)
    return sums_at(lanes.source, sending, lanes.n_sources), sums_at(lanes.target, quantity, lanes.n_targets)


def sums_at(place: IndexArray, values: FloatArray, size: int) -> FloatArray:
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
    if not len(cost):
        return 0.0
    return float(np.abs(cost) @ np.abs(quantity)) + largest(cost) * floor


def examine_lanes(found: Findings, lanes: Lanes, quantity: FloatArray, name: Callable[[int], str]) -> None:
    """Lanes carry nothing negative, and no more than their capacity.

    Examples
    --------
    >>> from allocare.instances.lanes import Lanes
    >>> from allocare.models.checks.findings import Findings
    >>> found = Findings(floor=1e-6)
    >>> examine_lanes(found, Lanes.from_matrix([[1, 1]], [[5, 5]]), np.array([4.0, 7.0]), "lane {}".format)
    >>> found.worst()[0].message
    'lane capacity of lane 1: carries 7, may carry 5 (2 too much)'
    """
    found.hold(
        "negative quantity",
        quantity,
        lambda at, has, _, off: (name(at), f"carries {has}, must be 0 or more ({off})"),
        at_least=0.0,
    )
    if lanes.capacity is not None:
        found.hold(
            "lane capacity",
            quantity,
            lambda at, has, limit, off: (name(at), f"carries {has}, may carry {limit} ({off})"),
            at_most=lanes.capacity,
        )
