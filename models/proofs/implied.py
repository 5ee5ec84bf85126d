r"""Ranges of a linear problem's columns that its rows imply.

In a row :math:`\sum_j a_j x_j \le r` a column with :math:`a_j > 0` is at most
:math:`(r - \sum_{k \ne j} \min a_k x_k) / a_j`, where the others have a least activity.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ...instances.arrays import BoolArray, FloatArray
    from ...instances.linear import LinearProblem

_ROUNDS = 3
"""Rounds of tightening; each lets ranges found by one row serve the next."""

_WIDER = 1e-9
"""Share by which implied ranges are widened against rounding."""


def implied_bounds(
    problem: LinearProblem, needed: tuple[BoolArray, BoolArray] | None = None
) -> tuple[FloatArray, FloatArray]:
    """Return ranges that every solution keeps, the problem's own where they are finite.

    Parameters
    ----------
    problem
        The problem.
    needed
        Columns of which a lower and of which an upper end is wanted: once all are found, or where no more
        can be, the search ends. None for all columns and both ends.

    Examples
    --------
    >>> from allocare.instances.linear import LinearProblem
    >>> problem = LinearProblem(
    ...     columns=["x", "y"], rows=["staff"], objective=[1, 2], matrix=[[1, 2]],
    ...     row_lower=[-np.inf], row_upper=[10], lower=[0, 0], upper=[np.inf, np.inf])
    >>> implied_bounds(problem)[1].round(6).tolist()
    [10.0, 5.0]
    """
    matrix = problem.matrix
    row = np.repeat(np.arange(len(problem.rows)), np.diff(matrix.indptr))
    keep = matrix.data != 0
    row, column, value = row[keep], matrix.indices[keep], matrix.data[keep]
    lower, upper = problem.lower.copy(), problem.upper.copy()
    low, high = (slice(None), slice(None)) if needed is None else needed
    for _ in range(_ROUNDS):
        before = np.isinf(lower).sum() + np.isinf(upper).sum()
        for sign, limit in ((1.0, problem.row_upper), (-1.0, -problem.row_lower)):
            if np.isinf(lower[low]).any() or np.isinf(upper[high]).any():
                _tighten(sign * value, row, column, limit, lower, upper)
        if np.isinf(lower).sum() + np.isinf(upper).sum() == before:
            break
    return lower, upper


def _tighten(
    value: FloatArray,
    row: np.ndarray[tuple[int], np.dtype[np.intp]],
    column: np.ndarray[tuple[int], np.dtype[np.int32]],
    limit: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
) -> None:
    """Give open ends what rows with an upper limit imply."""
    least = value * np.where(value > 0, lower[column], upper[column])
    endless = np.isinf(least)
    finite = np.where(endless, 0.0, least)
    total = np.bincount(row, finite, len(limit))
    gross = np.bincount(row, np.abs(finite), len(limit))
    others = np.bincount(row, endless, len(limit))[row] - endless
    with np.errstate(invalid="ignore", over="ignore"):
        rest = limit[row] - total[row] + finite + _WIDER * (np.abs(limit[row]) + gross[row])
        end = rest / value
    known = (others == 0) & np.isfinite(limit[row]) & np.isfinite(end)
    high = known & (value > 0) & np.isinf(upper[column])
    low = known & (value < 0) & np.isinf(lower[column])
    for chosen, ends, choose in ((high, upper, np.minimum), (low, lower, np.maximum)):
        choose.at(ends, column[chosen], end[chosen])
