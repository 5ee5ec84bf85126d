"""The rows, bounds and objective of a general linear problem."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from .findings import Findings, common_size, floor_tolerance, named
from .lane_sums import linear_scale, sums_at
from .report import Valuation

if TYPE_CHECKING:
    from ...instances.arrays import BoolArray, FloatArray
    from ...instances.linear import LinearProblem


def findings(problem: LinearProblem) -> Findings:
    """Nothing found yet; each column and row has a unit of its own, which only the user knows.

    Examples
    --------
    >>> import allocare
    >>> findings(allocare.example("article-linear")).floor
    1e-06
    """
    return Findings(floor_tolerance(_size(problem)))


def _size(problem: LinearProblem) -> float:
    """Median of what rows ask for, per unit of their largest coefficient; else of what bounds ask for."""
    coefficient = _largest_coefficients(problem)
    used = coefficient > 0
    rows = [side[used] / coefficient[used] for side in (problem.row_lower, problem.row_upper)]
    for sides in (np.concatenate(rows), np.concatenate([problem.lower, problem.upper])):
        asked = np.abs(sides[np.isfinite(sides) & (sides != 0)])
        if asked.size:
            return common_size(float(np.quantile(asked, 0.5, method="lower")))
    return common_size()


def decision_name(problem: LinearProblem, at: int) -> str:
    """Write a column in the user's keys.

    Examples
    --------
    >>> import allocare
    >>> decision_name(allocare.example("article-linear"), 0)
    "column 'x1'"
    """
    return f"column {named(problem.columns, at)}"


def examine(problem: LinearProblem, value: FloatArray, found: Findings) -> Valuation:
    """Find what column values break, and what they are worth.

    Examples
    --------
    >>> from allocare.instances.linear import LinearProblem
    >>> problem = LinearProblem(
    ...     columns=["x", "y"], rows=["staff"], objective=[1, 2], matrix=[[1, 1]],
    ...     row_lower=[-np.inf], row_upper=[10], lower=[0, 0], upper=[np.inf, np.inf], sense="max")
    >>> found = findings(problem)
    >>> examine(problem, np.array([4.0, 8.0]), found).objective
    20.0
    >>> found.worst()[0].message
    "row of 'staff': adds up to 12, may go to 10 (2 too much)"
    """
    value = found.not_whole(value, partial(decision_name, problem), among=problem.whole)
    _bounds(problem, value, found)
    _rows(problem, value, found)
    terms = problem.objective * value
    scale = linear_scale(problem.objective, value, found.floor) + abs(problem.offset)
    return Valuation(float(terms.sum()) + problem.offset, scale)


def _bounds(problem: LinearProblem, value: FloatArray, found: Findings) -> None:
    def describe(at: int, has: str, limit: str, off: str) -> tuple[str, str]:
        return decision_name(problem, at), f"is {has}, may go to {limit} ({off})"

    found.hold("upper bound", value, describe, at_most=problem.upper)
    found.hold("lower bound", value, describe, at_least=problem.lower)


def _rows(problem: LinearProblem, value: FloatArray, found: Findings) -> None:
    activity = problem.matrix @ value
    gross = abs(problem.matrix) @ np.abs(value)

    def describe(at: int, has: str, limit: str, off: str) -> tuple[str, str]:
        return named(problem.rows, at), f"adds up to {has}, may go to {limit} ({off})"

    found.hold(
        "row",
        activity,
        describe,
        at_most=problem.row_upper,
        at_least=problem.row_lower,
        gross=gross,
        floor=_largest_coefficients(problem) * found.floor,
        whole=_whole_rows(problem),
    )


def _whole_rows(problem: LinearProblem) -> BoolArray:
    """Rows in which whole multiples of whole columns are added."""
    matrix = problem.matrix
    broken = (matrix.data != np.rint(matrix.data)) | ~problem.whole[matrix.indices]
    row = np.repeat(np.arange(len(problem.rows), dtype=np.int32), np.diff(matrix.indptr))
    return np.asarray(sums_at(row, broken.astype(np.float64), len(problem.rows)) == 0)


def _largest_coefficients(problem: LinearProblem) -> FloatArray:
    matrix = problem.matrix
    top = np.zeros(len(problem.rows))
    filled = np.flatnonzero(np.diff(matrix.indptr))
    if filled.size:
        top[filled] = np.maximum.reduceat(np.abs(matrix.data), matrix.indptr[filled])
    return top
