"""Prices as exact fractions, compared without rounding."""

from __future__ import annotations

from dataclasses import dataclass
from math import lcm
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from ...instances.arrays import FloatArray
    from ..scaling import IntArray

_FITS = 2.0**62
"""Products below this are computed in 64 bits, others in Python's own whole numbers."""


@dataclass(frozen=True, eq=False)
class PriceList:
    """Prices of sources, targets and the total.

    Parameters
    ----------
    numerator, denominator
        The fractions.
    order
        Place of each in the order of all; equal fractions have the same one.
    source, target
        Position in the list of each source's and each target's price.
    total
        Position of the total's price.
    """

    numerator: IntArray
    denominator: IntArray
    order: IntArray
    source: IntArray
    target: IntArray
    total: int

    @classmethod
    def of(
        cls,
        numerator: IntArray,
        denominator: IntArray,
        source: IntArray,
        target: IntArray,
        total: IntArray,
    ) -> PriceList:
        """Put the fractions in order, exactly.

        Examples
        --------
        >>> at = np.array([0, 1, 2])
        >>> PriceList.of(np.array([1, 2, 1]), np.array([2, 4, 3]), at, at, at[:1]).order.tolist()
        [1, 1, 0]
        """
        # fractions of 64-bit numbers differ by more than 2^-126
        keys = (numerator.astype(object) << 128) // denominator.astype(object)
        _, order = np.unique(keys, return_inverse=True)
        return cls(numerator, denominator, order.astype(np.int64), source, target, int(total[0]))

    @property
    def value(self) -> FloatArray:
        """The prices, rounded to doubles."""
        return self.numerator / self.denominator

    def common(self, other: int) -> tuple[npt.NDArray[Any], int]:
        """All prices in units of one common denominator, a multiple of another number.

        Examples
        --------
        >>> at = np.array([0])
        >>> PriceList.of(np.array([1]), np.array([2]), at, at, at).common(10)
        (array([5]), 10)
        """
        unit = lcm(other, *set(self.denominator.tolist()))
        numerator, denominator = self.numerator, self.denominator
        if float(np.abs(self.value).max(initial=0)) * unit >= _FITS or unit >= _FITS:
            return numerator.astype(object) * (unit // denominator.astype(object)), unit
        return numerator * (unit // denominator), unit


def exact(values: FloatArray, *, factor: float) -> npt.NDArray[Any]:
    """Whole numbers of a type in which they, times a factor, do not overflow.

    Examples
    --------
    >>> exact(np.array([3.0]), factor=4.0).dtype.kind, exact(np.array([3.0]), factor=1e30).dtype.kind
    ('i', 'O')
    """
    numbers = values.astype(np.int64)
    if float(np.abs(values).max(initial=0)) * factor < _FITS:
        return numbers
    return numbers.astype(object)
