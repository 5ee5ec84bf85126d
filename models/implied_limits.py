"""Limits of columns that single rows imply."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .defined_columns import defined_columns

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray
    from .matrix import MatrixForm


def implied_upper(form: MatrixForm) -> FloatArray:
    """Upper bound of every column that some row of the form implies, infinite where none does.

    Examples
    --------
    >>> from allocare.models.matrix import FormBuilder
    >>> build = FormBuilder()
    >>> x = build.add_columns("x", 2, upper=[1e9, 3.0])
    >>> _ = build.add_rows("beds", [(x, np.array([[2.0, 1.0]]))], upper=8)
    >>> implied_upper(build.finish(decisions="x")).tolist()
    [4.0, 8.0]
    """
    matrix, height = form.matrix, form.matrix.shape[0]
    row = np.repeat(np.arange(height), np.diff(matrix.indptr))
    with np.errstate(invalid="ignore"):
        limit = np.where(matrix.data > 0, form.lower[matrix.indices], form.upper[matrix.indices])
        least = np.where(matrix.data == 0, 0.0, matrix.data * limit)
    endless = np.bincount(row[~np.isfinite(least)], minlength=height) > 0
    activity = np.bincount(row, np.where(np.isfinite(least), least, 0.0), height)
    known = ~endless[row] & (matrix.data > 0) & np.isfinite(form.row_upper[row])
    spare = (form.row_upper - activity)[row[known]] / matrix.data[known]
    at, upper = matrix.indices[known], np.full(len(form.cost), np.inf)
    np.minimum.at(upper, at, form.lower[at] + np.maximum(spare, 0.0))
    return upper


def widest(form: MatrixForm) -> FloatArray:
    """Largest size of every column that bounds and single rows imply; infinite where they do not.

    Examples
    --------
    >>> from allocare.models.matrix import FormBuilder
    >>> build = FormBuilder()
    >>> x, u = build.add_columns("x", 1, upper=5.0), build.add_columns("u", 1, lower=-np.inf)
    >>> _ = build.add_rows("u_of", [(x, np.array([[-3.0]])), (u, np.array([[-1.0]]))], lower=0, upper=0)
    >>> widest(build.finish(decisions="x")).tolist()
    [5.0, 15.0]
    """
    size = np.maximum(abs(form.lower), abs(np.minimum(form.upper, implied_upper(form))))
    defined = defined_columns(form)
    finite = np.isfinite(size)
    beyond = abs(defined.matrix) @ np.where(finite, 0.0, 1.0) > 0
    reach = abs(defined.matrix) @ np.where(finite, size, 0.0) + abs(defined.constant)
    size[defined.columns] = np.where(beyond, np.inf, reach)
    return np.asarray(size)
