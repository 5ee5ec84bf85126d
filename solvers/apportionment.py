"""Whole shares of one total, as even as they can be: the closest whole points to a common level."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..instances.arrays import FloatArray
    from ..models.scaling import IntArray

_TOLD_APART = 2**51
"""Fractions with values up to 2 and products of denominators below this differ as doubles."""

_FRACTION_BITS = 120
"""Fractions with denominators below 2^53 differ in these bits after the point."""


def apportion(total: int, weight: IntArray, most: IntArray) -> IntArray:
    r"""Share a total in whole units so that :math:`\sum_j r_j^2 / w_j` is least, with :math:`r_j \le k_j`.

    The k-th unit of share j costs :math:`(2k-1)/w_j` more than the one before, so the cheapest `total`
    units of all are taken (the divisor method of Webster and Sainte-Laguë with caps). A common price is
    guessed from the common level; only the units near it are listed and ordered, exactly.

    Parameters
    ----------
    total
        What is shared, at most the sum of `most`.
    weight
        Weights from 1 to below 2^53.
    most
        Most of each share, below 2^53.

    Examples
    --------
    >>> apportion(7, np.array([4, 8, 1]), np.array([4, 8, 1])).tolist()
    [2, 4, 1]
    """
    if total <= 0:
        return np.zeros(len(weight), dtype=np.int64)
    low, high = _bracket(total, weight, most)
    rest = total - int(low.sum())
    if rest == 0:
        return low
    counts = high - low
    owner = np.repeat(np.arange(len(weight)), counts)
    unit = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts) + low[owner] + 1
    key = increment_order(unit, weight[owner])
    cheapest = np.argsort(key, kind="stable")[:rest]
    shares: IntArray = low + np.bincount(owner[cheapest], minlength=len(weight))
    return shares


def increment_order(unit: IntArray, weight: IntArray) -> npt.NDArray[Any]:
    r"""Keys in the exact order of :math:`(2k-1)/w`, equal if and only if the fractions are.

    Examples
    --------
    >>> third = increment_order(np.array([1, 2]), np.array([3, 9]))
    >>> bool(third[0] == third[1])
    True
    """
    if int(weight.max(initial=0)) ** 2 < _TOLD_APART and (unit <= weight).all():
        keys: FloatArray = (2 * unit - 1) / weight
        return keys
    exact = ((2 * unit - 1).astype(object) << _FRACTION_BITS) // weight.astype(object)
    return np.asarray(exact, dtype=object)


def _bracket(total: int, weight: IntArray, most: IntArray) -> tuple[IntArray, IntArray]:
    """Shares at most and at least those sought, close to each other; rounding errors stay outside."""
    heavy = weight.astype(np.float64)

    def units(price: float, doubt: float) -> IntArray:
        exact = price / 2 * heavy
        near = np.floor(exact + 0.5 + doubt * (1e-3 + 1e-15 * exact))
        return np.clip(near, 0, most.astype(np.float64)).astype(np.int64)

    price = 2 * total / float(heavy.sum())
    step = 2 * (len(weight) + 1) / float(heavy.sum())
    lower = upper = price
    while int(units(lower, 1).sum()) > total:
        lower, step = max(lower - step, 0.0), 2 * step
        if lower == 0:
            break
    step = 2 * (len(weight) + 1) / float(heavy.sum())
    while int(units(upper, -1).sum()) < total:
        upper, step = upper + step, 2 * step
        if upper > 4 * (1 + float((most / heavy).max())):
            break
    for _ in range(200):
        low, high = units(lower, -1), units(upper, 1)
        if int(high.sum()) - int(low.sum()) <= 2 * len(weight) + 2:
            break
        middle = (lower + upper) / 2
        if not lower < middle < upper:
            break
        if int(units(middle, 1).sum()) <= total:
            lower = middle
        elif int(units(middle, -1).sum()) >= total:
            upper = middle
        else:
            break
    return low, high
