r"""Power-of-two scaling of a matrix form, for solvers with absolute tolerances, and the way back.

With row factors ρ, column factors σκ and an objective factor φ (negative where maximised), the scaled form is

.. math:: \min\; φ \sum_k \bigl( c_k σκ_k x_k' + q_k (σκ_k x_k')^2 \bigr) + φ c_0 \quad\text{s.t.}\quad
          \frac{ρ_i r^-_i}{σ} \le \sum_k ρ_i a_{ik} κ_k x'_k \le \frac{ρ_i r^+_i}{σ},\;
          \frac{l_k}{σκ_k} \le x'_k \le \frac{u_k}{σκ_k}

and x = σκx'. The ρ and κ even out the matrix (Curtis-Reid scaling), σ brings the right-hand sides and φ the
objective to a sensible magnitude. All are powers of two, so nothing is rounded on the way there or back;
κ = 1 for a whole column, and σ = 1 where there is any.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..instances.arrays import FloatArray, IndexArray
    from ..models.matrix import MatrixForm

SENSIBLE_QUANTITY = (2.0**-10, 2.0**7)
"""Multiples of its aim that a divisible form's largest right-hand side or bound may have without scaling."""

SENSIBLE_COST = (2.0**7, 2.0**20)
"""Sizes that the largest objective coefficient may have without scaling."""

EVEN = (2.0**-7, 2.0**10)
"""Sizes that the coefficients may have without scaling."""

SMALLEST_RANGE = 2.0**-10
"""Least that a column's bound may become by evening out the matrix."""

EVENING_ITERATIONS = 100


@dataclass(frozen=True, eq=False)
class ScaledForm:
    """A minimisation of sensible magnitude that stands for another form, and the way back.

    Examples
    --------
    >>> from allocare.models.matrix import FormBuilder
    >>> build = FormBuilder()
    >>> x = build.add_columns("x", 1, cost=2e-6)
    >>> _ = build.add_rows("need", [(x, np.ones((1, 1)))], lower=3e-6)
    >>> scaled = ScaledForm.of(build.finish(decisions="x"))
    >>> bool(scaled.form.row_lower[0] > 1), float(scaled.values(scaled.form.row_lower)[0])
    (True, 3e-06)
    """

    original: MatrixForm
    form: MatrixForm
    objective_factor: float
    quantity_factor: float
    column_factors: FloatArray
    row_factors: FloatArray

    @classmethod
    def of(cls, original: MatrixForm, largest_quantity: float = 2.0**13) -> ScaledForm:
        """Scale a form so that the largest right-hand side or bound is near `largest_quantity`."""
        rows, columns = _even_factors(original)
        quantity = (
            1.0 if original.whole.any() else _quantity_factor(original, rows, columns, largest_quantity)
        )
        columns = quantity * columns
        signed = _objective_factor(original, columns) * (-1.0 if original.maximise else 1.0)
        quadratic = original.quadratic
        form = replace(
            original,
            cost=original.cost * columns * signed,
            quadratic=None if quadratic is None else quadratic * columns**2 * signed,
            offset=original.offset * signed,
            matrix=_scaled_matrix(original.matrix, rows, columns / quantity),
            row_lower=original.row_lower * rows / quantity,
            row_upper=original.row_upper * rows / quantity,
            lower=original.lower / columns,
            upper=original.upper / columns,
            maximise=False,
            stages=(),
        )
        return cls(original, form, signed, quantity, columns, rows)

    def values(self, scaled: npt.ArrayLike) -> FloatArray:
        """Column values of the original form, within its bounds."""
        values: FloatArray = np.asarray(scaled, dtype=np.float64) * self.column_factors
        return np.clip(values, self.original.lower, self.original.upper)

    def start(self, values: FloatArray) -> FloatArray:
        """Column values of the scaled form."""
        return values / self.column_factors

    def objective(self, scaled: float) -> float:
        """Objective or bound of the original form."""
        return scaled / self.objective_factor

    def rebounded(self, original: MatrixForm) -> ScaledForm:
        """The same scaling for a form that differs in the bounds of its columns and rows alone."""
        rows = self.row_factors / self.quantity_factor
        form = replace(
            self.form,
            row_lower=original.row_lower * rows,
            row_upper=original.row_upper * rows,
            lower=original.lower / self.column_factors,
            upper=original.upper / self.column_factors,
        )
        return replace(self, original=original, form=form)

    def redirected(self, original: MatrixForm) -> ScaledForm:
        """The same scaling of quantities for a form that differs in its linear objective alone."""
        factor = _objective_factor(original, self.column_factors) * (-1.0 if original.maximise else 1.0)
        form = replace(
            self.form, cost=original.cost * self.column_factors * factor, offset=original.offset * factor
        )
        return replace(self, original=original, form=form, objective_factor=factor)

    @property
    def negligible(self) -> float:
        """Difference between objectives of the original form that is beyond solvers' tolerances."""
        return abs(1e-9 / self.objective_factor)

    def size(self, scaled: FloatArray) -> float:
        """Sum of the absolute terms of the scaled objective."""
        total = float(abs(self.form.cost) @ abs(scaled))
        return total if self.form.quadratic is None else total + float(abs(self.form.quadratic) @ scaled**2)

    def magnified(self, factor: float) -> ScaledForm:
        """The same with an objective that counts more, by the power of two nearest to `factor`."""
        power, form = float(_power_of_two(factor)), self.form
        quadratic = None if form.quadratic is None else form.quadratic * power
        larger = replace(form, cost=form.cost * power, quadratic=quadratic, offset=form.offset * power)
        return replace(self, form=larger, objective_factor=self.objective_factor * power)

    def row_duals(self, scaled: npt.ArrayLike) -> FloatArray:
        """Change of the original objective per unit more of each right-hand side; zeros without sign."""
        factors = self.row_factors / (self.quantity_factor * self.objective_factor)
        duals: FloatArray = np.asarray(scaled, dtype=np.float64) * factors + 0.0
        return duals


def _power_of_two(size: npt.ArrayLike) -> FloatArray:
    return np.exp2(np.rint(np.log2(np.asarray(size, dtype=np.float64))))


def _factor(largest: float, sensible: tuple[float, float], aim: float) -> float:
    """Power of two that brings `largest` near `aim`, or 1 where it is 0 or sensible already."""
    if largest == 0.0 or sensible[0] <= largest <= sensible[1]:
        return 1.0
    return float(_power_of_two(aim / largest))


def _even_factors(form: MatrixForm) -> tuple[FloatArray, FloatArray]:
    r"""Factors of rows and divisible columns that even out the matrix, 1 where it is even already.

    The logarithms of the scaled coefficients are brought as near to 0 as least squares can (Curtis & Reid,
    "On the automatic scaling of matrices for Gaussian elimination", IMA J. Appl. Math. 10, 1972); at the
    end each row's largest coefficient is brought near 1.
    """
    from scipy.sparse.linalg import lsqr

    height, width = form.matrix.shape
    size = abs(form.matrix.data)
    if not len(size) or (size.min() >= EVEN[0] and size.max() <= EVEN[1]):
        return np.ones(height), np.ones(width)
    row, column = np.repeat(np.arange(height), np.diff(form.matrix.indptr)), form.matrix.indices
    entry = np.arange(len(size))
    terms = sp.csr_array(
        (
            np.concatenate([np.ones(len(size)), np.where(form.whole[column], 0.0, 1.0)]),
            (np.tile(entry, 2), np.concatenate([row, height + column])),
        ),
        shape=(len(size), height + width),
    )
    powers = lsqr(terms, -np.log2(size), atol=1e-4, btol=1e-4, iter_lim=EVENING_ITERATIONS)[0]
    # where a range shrinks below tolerances, the objective coefficient outgrows all others
    span = np.maximum(abs(form.lower), abs(form.upper))
    limited = (span > 0) & np.isfinite(span) & ~form.whole
    most = np.floor(np.log2(np.where(limited, span, np.inf) / SMALLEST_RANGE))
    columns = np.exp2(np.minimum(np.rint(powers[height:]), most))
    return _power_of_two(1.0 / _largest(size * columns[column], row, height)), columns


def _largest(size: FloatArray, group: IndexArray, groups: int) -> FloatArray:
    largest = np.zeros(groups)
    np.maximum.at(largest, group, size)
    return np.where(largest == 0.0, 1.0, largest)


def _scaled_matrix(matrix: sp.csr_array, rows: FloatArray, columns: FloatArray) -> sp.csr_array:
    data = matrix.data * np.repeat(rows, np.diff(matrix.indptr)) * columns[matrix.indices]
    return sp.csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)


def _quantity_factor(form: MatrixForm, rows: FloatArray, columns: FloatArray, aim: float) -> float:
    filled = np.diff(form.matrix.indptr) > 0
    limits = [form.row_lower[filled] * rows[filled], form.row_upper[filled] * rows[filled]]
    sizes = abs(np.concatenate([*limits, form.lower / columns, form.upper / columns]))
    largest = float(sizes[np.isfinite(sizes)].max(initial=0.0))
    return 1.0 / _factor(largest, (aim * SENSIBLE_QUANTITY[0], aim * SENSIBLE_QUANTITY[1]), aim)


def _objective_factor(form: MatrixForm, columns: FloatArray) -> float:
    largest = float(abs(form.cost * columns).max(initial=0.0))
    if form.quadratic is not None:
        largest = max(largest, float(abs(form.quadratic * columns**2).max(initial=0.0)))
    return _factor(largest, SENSIBLE_COST, 2.0**13)
