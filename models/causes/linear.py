"""Certain causes why a linear problem has no solution: bounds that a row cannot live with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..checks.lane_sums import sums_at
from .wording import CERTAIN, figure, named, worst

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...instances.arrays import FloatArray
    from ...instances.linear import LinearProblem


def causes(problem: LinearProblem) -> Iterator[str]:
    """Yield each certain cause, the plainest first.

    Examples
    --------
    >>> from allocare.instances.linear import LinearProblem
    >>> problem = LinearProblem(
    ...     columns=["nurses", "doctors"], rows=["staff"], objective=[1, 2], matrix=[[1, 1]],
    ...     row_lower=[10], row_upper=[np.inf], lower=[0, 0], upper=[4, 3])
    >>> next(causes(problem))
    "row 'staff' must add up to at least 10, its columns' bounds allow 7 at most"
    """
    # a whole column's bounds move inwards, less what rounding may have cost them
    lower = np.where(problem.whole, np.ceil(problem.lower - CERTAIN * np.abs(problem.lower)), problem.lower)
    upper = np.where(problem.whole, np.floor(problem.upper + CERTAIN * np.abs(problem.upper)), problem.upper)
    crossed = lower > upper
    if crossed.any():
        at = int(np.argmax(crossed))
        yield (
            f"column {named(problem.columns, at)} must be a whole number from "
            f"{figure(problem.lower[at])} to {figure(problem.upper[at])}, and there is none"
        )
        return
    yield from _rows(problem, lower, upper)


def _rows(problem: LinearProblem, lower: FloatArray, upper: FloatArray) -> Iterator[str]:
    matrix, size = problem.matrix, len(problem.rows)
    filled = matrix.data != 0
    row = np.repeat(np.arange(size, dtype=np.int32), np.diff(matrix.indptr))[filled]
    data, column = matrix.data[filled], matrix.indices[filled]
    at_lower, at_upper = data * lower[column], data * upper[column]
    least, most = np.minimum(at_lower, at_upper), np.maximum(at_lower, at_upper)
    for extreme, bound, side, ask in (
        (most, problem.row_lower, 1.0, "must add up to at least {}, its columns' bounds allow {} at most"),
        (least, problem.row_upper, -1.0, "may add up to {} at most, its columns' bounds force at least {}"),
    ):
        reach = sums_at(row, extreme, size)
        # terms that cancel leave the rounding of the largest of them
        gross = sums_at(row, np.abs(np.where(np.isfinite(extreme), extreme, 0.0)), size)
        finite = np.isfinite(reach) & np.isfinite(bound)
        short = np.where(finite, side * (np.where(finite, bound, 0.0) - np.where(finite, reach, 0.0)), 0.0)
        at = worst(short > CERTAIN * np.maximum(gross, np.where(finite, np.abs(bound), 0.0)), short)
        if at is not None:
            yield f"row {named(problem.rows, at)} " + ask.format(figure(bound[at]), figure(reach[at]))
