"""Sums of products of whole numbers without rounding, on doubles as far as doubles are exact."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...instances.arrays import FloatArray

LARGEST = 2.0**50
"""Whole numbers up to here can be added a few times in doubles without rounding."""

FINEST = 10**15
"""Largest power of ten that decimals are scaled by."""

BLOCK = 2**16
"""Numbers looked at together: few enough for the processor's cache."""


def decimal_scale(*arrays: FloatArray | None) -> int | None:
    """Smallest power of ten that makes every finite number whole, or None where none does in range.

    Examples
    --------
    >>> decimal_scale(np.array([3.0, 0.25]), None, np.array([np.inf])), decimal_scale(np.array([1 / 3]))
    (100, None)
    """
    scale, top = 1, 0.0
    for values in arrays:
        if values is None:
            continue
        for part in _blocks(values):
            block = part if np.isfinite(part).all() else part[np.isfinite(part)]
            while not _whole_at(block, scale):
                scale *= 10
                if scale > FINEST:
                    return None
            top = max(top, float(block.max(initial=0.0)), -float(block.min(initial=0.0)))
    return scale if top * scale < LARGEST else None


def whole(values: FloatArray, scale: int) -> FloatArray:
    """Numbers times a scale that makes them whole; infinite ones stay.

    Examples
    --------
    >>> whole(np.array([0.25, np.inf]), 100).tolist()
    [25.0, inf]
    """
    return values if scale == 1 else np.rint(values * scale)


def nearest_whole(values: FloatArray, scale: int) -> FloatArray:
    """Whole numbers in range next to numbers times a scale: as good as any others for prices.

    Examples
    --------
    >>> nearest_whole(np.array([0.26, np.nan]), 10).tolist()
    [3.0, 0.0]
    """
    return np.clip(np.rint(np.nan_to_num(values, nan=0.0) * scale), -LARGEST, LARGEST)


def exact_dot(left: FloatArray, right: FloatArray) -> int:
    """Scalar product of whole numbers.

    Examples
    --------
    >>> exact_dot(np.array([1e12, 1.0]), np.array([1e9, 1.0]))
    1000000000000000000001
    """
    size = _size(left, right)
    if size < LARGEST:
        return int(_dot(left, right))
    if size < 2.0**61:
        return int(left.astype(np.int64) @ right.astype(np.int64))
    pairs = zip(left.tolist(), right.tolist(), strict=True)
    return sum(int(one) * int(other) for one, other in pairs)


class Tally:
    """A sum of scalar products, exact on whole numbers, and else with the size of its terms.

    Examples
    --------
    >>> tally = Tally(exact=True)
    >>> tally.add(np.array([2.0, 3.0]), np.array([10.0, -1.0]))
    >>> tally.value, tally.size
    (17, 23.0)
    """

    def __init__(self, *, exact: bool) -> None:
        self.exact = exact
        self.value: int | float = 0 if exact else 0.0
        self.size = 0.0

    def add(self, left: FloatArray, right: FloatArray) -> None:
        """Add a scalar product."""
        self.value += exact_dot(left, right) if self.exact else _dot(left, right)
        self.size += _size(left, right)


def _dot(left: FloatArray, right: FloatArray) -> float:
    # the @ of long vectors wakes a thread a core, which takes longer than the sum
    return float(np.einsum("i,i->", left, right))


def _size(left: FloatArray, right: FloatArray) -> float:
    return _dot(np.abs(left), np.abs(right))


def _blocks(values: FloatArray) -> Iterator[FloatArray]:
    for first in range(0, len(values), BLOCK):
        yield values[first : first + BLOCK]


def _whole_at(block: FloatArray, scale: int) -> bool:
    rounded = np.rint(block) if scale == 1 else np.rint(block * scale) / scale
    return bool((rounded == block).all())
