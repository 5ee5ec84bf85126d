r"""Columns that a row defines by the others: :math:`x_k = \sum_j m_{kj} x_j + c_k`.

A divisible column without bounds that enters an equation beside decisions, or columns defined already, is no
decision of its own: the agents' utilities, a mean, a total.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray, IndexArray
    from .matrix import MatrixForm


@dataclass(frozen=True, eq=False)
class DefinedColumns:
    """Columns with the rows that define them.

    Parameters
    ----------
    columns, rows
        Their places, one row a column.
    matrix
        What each is of the others, sparse, shape (defined, all columns); none of it of one another.
    constant
        What is added.
    """

    columns: IndexArray
    rows: IndexArray
    matrix: sp.csr_array
    constant: FloatArray

    def settled(self, values: FloatArray) -> FloatArray:
        """Column values with the defined ones computed from the others."""
        settled = values.copy()
        settled[self.columns] = self.matrix @ values + self.constant
        return settled


def defined_columns(form: MatrixForm) -> DefinedColumns:
    """Find the columns of a form that rows define.

    Examples
    --------
    >>> from allocare.models.matrix import FormBuilder
    >>> build = FormBuilder()
    >>> x, u = build.add_columns("x", 2), build.add_columns("u", 1, lower=-np.inf)
    >>> _ = build.add_rows("u_of", [(x, np.array([[1.0, 4.0]])), (u, np.array([[-2.0]]))], lower=6, upper=6)
    >>> found = defined_columns(build.finish(decisions="x"))
    >>> found.columns.tolist(), found.matrix.toarray().tolist(), found.constant.tolist()
    ([2], [[0.5, 2.0, 0.0]], [-3.0])
    """
    matrix, (height, width) = form.matrix, form.matrix.shape
    row = np.repeat(np.arange(height), np.diff(matrix.indptr))
    free = ~form.whole & np.isneginf(form.lower) & np.isposinf(form.upper)
    equation = form.row_lower == form.row_upper
    known = DefinedColumns(
        np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int32), sp.csr_array((0, width)), np.zeros(0)
    )
    while True:
        open_entry = free[matrix.indices] & (matrix.data != 0)
        alone = equation & (np.bincount(row[open_entry], minlength=height) == 1)
        entries = np.flatnonzero(open_entry & alone[row])
        columns, first = np.unique(matrix.indices[entries], return_index=True)
        if not len(columns):
            return known
        rows, pivot = row[entries[first]], matrix.data[entries[first]]
        known = _joined(known, form, columns, rows, pivot)
        free[columns] = False
        equation[rows] = False


def _joined(
    known: DefinedColumns, form: MatrixForm, columns: IndexArray, rows: IndexArray, pivot: FloatArray
) -> DefinedColumns:
    """Columns defined so far and more, which may be defined by those."""
    others = sp.csr_array(sp.diags_array(-1 / pivot) @ form.matrix[rows])
    own = np.repeat(columns, np.diff(others.indptr)) == others.indices
    others.data[own] = 0.0
    through = sp.csr_array(others[:, known.columns])
    earlier = np.isin(others.indices, known.columns)
    others.data[earlier] = 0.0
    others.eliminate_zeros()
    return DefinedColumns(
        np.concatenate([known.columns, columns]).astype(np.int32),
        np.concatenate([known.rows, rows]).astype(np.int32),
        sp.csr_array(sp.vstack([known.matrix, others + through @ known.matrix], format="csr")),
        np.concatenate([known.constant, form.row_lower[rows] / pivot + through @ known.constant]),
    )
