r"""Columns that a row defines by the others: :math:`x_k = \sum_j m_{kj} x_j + c_k`.

A divisible column without bounds that enters an equation beside bounded or whole columns alone is no decision
of its own: the agents' utilities, a mean, a total.
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
    matrix, height = form.matrix, form.matrix.shape[0]
    free = ~form.whole & np.isneginf(form.lower) & np.isposinf(form.upper)
    row = np.repeat(np.arange(height), np.diff(matrix.indptr))
    open_entry = free[matrix.indices] & (matrix.data != 0)
    alone = (form.row_lower == form.row_upper) & (np.bincount(row[open_entry], minlength=height) == 1)
    entries = np.flatnonzero(open_entry & alone[row])
    columns, first = np.unique(matrix.indices[entries], return_index=True)
    entries = entries[first]
    rows, pivot = row[entries], matrix.data[entries]
    others = sp.csr_array(sp.diags_array(-1 / pivot) @ matrix[rows])
    defined = np.zeros(matrix.shape[1], dtype=bool)
    defined[columns] = True
    others.data[defined[others.indices]] = 0.0
    others.eliminate_zeros()
    return DefinedColumns(columns, rows, others, form.row_lower[rows] / pivot)
