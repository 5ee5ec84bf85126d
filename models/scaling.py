"""From decimal numbers to whole ones: an explicit step, refused where it would not be exact."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from ..instances.errors import CapabilityError

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray

IntArray: TypeAlias = npt.NDArray[np.int64]

LARGEST_WHOLE = 2**53
"""Beyond this, neighbouring whole numbers are no longer told apart in floating point."""

_BLOCK = 2**16
"""Values looked at together: few enough for the processor's cache."""

MOST_DIGITS = 22
"""10**22 is the largest power of ten that a double holds exactly."""


class InexactScaling(CapabilityError):
    """Numbers cannot be made whole, or not within the range that a backend computes in."""


def integer_scale(values: npt.ArrayLike) -> int:
    r"""Return the smallest power of ten that makes every value whole without loss.

    A double stands for the shortest decimal that rounds to it, so :math:`s = 10^k` fits :math:`v` when
    :math:`\operatorname{round}(v s) / s` is :math:`v` again, bit by bit, and :math:`|v s| < 2^{53}`.

    Parameters
    ----------
    values
        Finite numbers of any shape.

    Raises
    ------
    InexactScaling
        Naming the first value that no power of ten makes whole.

    Examples
    --------
    >>> integer_scale([3, 0.25, 1.5])
    100
    >>> integer_scale([0.1 + 0.2])  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    InexactScaling: 0.30000000000000004 has too many digits to be made whole exactly
    """
    pending = np.asarray(values, dtype=np.float64).ravel()
    if _whole_already(pending):
        return 1
    digits = 0
    for digits in range(MOST_DIGITS + 1):
        pending = pending[~_whole_at(pending, 10**digits)]
        if not len(pending):
            break
        if not (np.abs(pending) < LARGEST_WHOLE / 10.0 ** (digits + 1)).all():
            break
    scale = 10**digits
    fits = _whole_at(np.asarray(values, dtype=np.float64).ravel(), scale)
    if not fits.all():
        offender = float(np.asarray(values, dtype=np.float64).ravel()[np.argmax(~fits)])
        raise InexactScaling(_why(offender, scale))
    return int(scale)


def whole_at(values: FloatArray, scale: int) -> bool:
    """Whether every value becomes whole, without loss, when multiplied by a power of ten.

    Examples
    --------
    >>> whole_at(np.array([1.5, 0.25]), 100), whole_at(np.array([1.5, 0.25]), 10)
    (True, False)
    """
    parts = (values[first : first + _BLOCK] for first in range(0, len(values), _BLOCK))
    return all(_whole_already(part) if scale == 1 else bool(_whole_at(part, scale).all()) for part in parts)


def scaled(values: npt.ArrayLike, scale: int) -> IntArray:
    """Return ``values * scale`` as whole numbers.

    Raises
    ------
    InexactScaling
        Naming the first value that `scale` does not make whole.

    Examples
    --------
    >>> scaled([1.5, 0.25], 100).tolist()
    [150, 25]
    """
    array = np.asarray(values, dtype=np.float64)
    if scale == 1 and _whole_already(array):
        return array.astype(np.int64)
    fits = _whole_at(array, scale)
    if not fits.all():
        raise InexactScaling(_why(float(array.ravel()[np.argmax(~fits.ravel())]), scale))
    return np.rint(array * scale).astype(np.int64)


def _whole_already(array: FloatArray) -> bool:
    """Whether all are whole numbers in range; what most data are, seen at a glance."""
    largest = max(float(array.max(initial=0.0)), -float(array.min(initial=0.0)))
    return largest < LARGEST_WHOLE and bool((np.rint(array) == array).all())


def _whole_at(array: FloatArray, scale: int) -> npt.NDArray[np.bool_]:
    with np.errstate(over="ignore", invalid="ignore"):
        whole = np.rint(array * scale)
        fits: npt.NDArray[np.bool_] = (np.abs(whole) < LARGEST_WHOLE) & (whole / scale == array)
    return fits


def _why(value: float, scale: int) -> str:
    advice = "round it, or use a backend that computes with decimals"
    if not np.isfinite(value):
        return f"{value} cannot be made whole; give a finite number"
    if abs(value) >= LARGEST_WHOLE:
        return f"{value!r} is too large to be counted exactly; choose a larger unit"
    if scale > 1 and value == np.rint(value):
        return f"{value!r} becomes too large beside numbers that need the scale {scale:g}; {advice}"
    return f"{value!r} has too many digits to be made whole exactly; {advice}"
