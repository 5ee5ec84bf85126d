"""Comparing sums for certain, and naming figures in the user's units."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..checks.findings import figure, named

if TYPE_CHECKING:
    import numpy.typing as npt

    from ...instances.arrays import BoolArray
    from ...instances.problem import Problem

__all__ = ["amount", "falls_short", "figure", "named", "worst"]

CERTAIN = 1e-9
"""Relative difference that rounding in long sums cannot make."""


def falls_short(most: npt.ArrayLike, needed: npt.ArrayLike) -> BoolArray:
    """Whether the most there can be is certainly less than what is needed.

    Examples
    --------
    >>> falls_short([1.0, 0.1 + 0.2], [2.0, 0.3]).tolist()
    [True, False]
    """
    high, low = np.asarray(most, dtype=np.float64), np.asarray(needed, dtype=np.float64)
    finite = np.where(np.isfinite(high), np.abs(high), 0.0)
    needs = np.where(np.isfinite(low), np.abs(low), 0.0)
    return np.asarray(high < low - CERTAIN * np.maximum(finite, needs))


def worst(short: BoolArray, shortfall: npt.ArrayLike) -> int | None:
    """Position of the greatest shortfall among those marked, or None.

    Examples
    --------
    >>> worst(np.array([True, False, True]), [2.0, 9.0, 5.0])
    2
    """
    if not short.any():
        return None
    return int(np.argmax(np.where(short, np.asarray(shortfall, dtype=np.float64), -np.inf)))


def amount(problem: Problem, value: float) -> str:
    """Write a quantity with the user's unit.

    Examples
    --------
    >>> import allocare
    >>> amount(allocare.example("sunray"), 3.0)
    '3 truckloads'
    """
    return f"{figure(value)} {problem.unit('quantity')}".rstrip()
