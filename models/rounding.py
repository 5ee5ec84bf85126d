"""Rounding limits on whole quantities: up or down, forgiving the last digits of a product."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..instances.arrays import FloatArray

SLACK = 1e-12
"""Relative error forgiven, far above that of a few multiplications and far below a unit."""


def whole_at_least(limits: npt.ArrayLike) -> FloatArray:
    """Smallest whole numbers at or above the limits; 7.000000000000001 (0.07 x 100) stays 7.

    Examples
    --------
    >>> whole_at_least([0.07 * 100, 7.01]).tolist()
    [7.0, 8.0]
    """
    values = np.asarray(limits, dtype=np.float64)
    return np.ceil(values - SLACK * np.abs(values)) + 0.0


def whole_at_most(limits: npt.ArrayLike) -> FloatArray:
    """Largest whole numbers at or below the limits; 28.999999999999996 (0.29 x 100) stays 29.

    Examples
    --------
    >>> whole_at_most([0.29 * 100, 28.99]).tolist()
    [29.0, 28.0]
    """
    values = np.asarray(limits, dtype=np.float64)
    return np.floor(values + SLACK * np.abs(values)) + 0.0
