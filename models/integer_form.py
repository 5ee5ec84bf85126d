r"""The integer form: a matrix form whose columns are all whole, in whole numbers throughout.

.. math:: \min\; γ \Bigl( \sum_k c_k x_k + \sum_k q_k x_k^2 \Bigr) + c_0 \quad\text{s.t.}\quad
          r^- \le A x \le r^+,\; l \le x \le u

with every number but the objective's factor γ (negative where maximised) and offset whole. Each row is
multiplied by the power of ten that makes its coefficients whole, the objective by another; a right-hand
side between two whole numbers is rounded inwards, which whole columns cannot tell apart. What has no exact
scaling is refused. A column without finite bounds gets those that follow from its rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..instances.errors import CapabilityError
from .scaling import InexactScaling, IntArray, integer_scale, scaled

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray
    from .matrix import Block, MatrixForm

UNLIMITED = 2**62
"""Stands for infinity in row limits."""

LARGEST_SUM = 2**61
"""Sums that could reach this are refused."""

PROPAGATION_ROUNDS = 10


@dataclass(frozen=True, eq=False, kw_only=True)
class IntegerForm:
    """A whole-number minimisation; arrays as in `MatrixForm`, rows in compressed sparse form."""

    cost: IntArray
    quadratic: IntArray
    coefficients: IntArray
    indices: IntArray
    starts: IntArray
    row_lower: IntArray
    row_upper: IntArray
    lower: IntArray
    upper: IntArray
    objective_factor: float
    offset: float
    notes: tuple[str, ...]

    @property
    def crossed(self) -> bool:
        """Whether some range holds no whole number at all."""
        return bool((self.lower > self.upper).any() or (self.row_lower > self.row_upper).any())


def integer_form(form: MatrixForm) -> IntegerForm:
    """Put a form with whole columns into whole numbers.

    Raises
    ------
    CapabilityError
        Where a column is divisible or unlimited, a number has no exact scaling, or sums become too large.

    Examples
    --------
    >>> from allocare.models.matrix import FormBuilder
    >>> build = FormBuilder()
    >>> x = build.add_columns("x", 2, cost=[0.5, 0.25], whole=True)
    >>> _ = build.add_rows("limit", [(x, np.array([[1.5, 2.0]]))], upper=7.0)
    >>> whole = integer_form(build.finish(decisions="x"))
    >>> whole.coefficients.tolist(), whole.row_upper.tolist(), whole.upper.tolist()
    ([15, 20], [70], [4, 3])
    >>> whole.cost.tolist(), whole.objective_factor
    ([2, 1], 0.25)
    """
    if not form.whole.all():
        column = _column_name(form, int(np.argmin(form.whole)))
        raise CapabilityError(f"{column} is divisible, and it takes whole-number columns only")
    lower, upper = _finite_bounds(form)
    matrix = form.matrix
    length = np.diff(matrix.indptr)
    row_scale = _row_scales(form)
    coefficients = np.rint(matrix.data * np.repeat(row_scale, length)).astype(np.int64)
    cost, quadratic, factor, scale = _objective(form)
    largest = np.maximum(abs(lower), abs(upper))
    _refuse_large_sums(form, abs(coefficients), largest, abs(cost), abs(quadratic))
    notes = []
    if row_scale.max(initial=1.0) > 1:
        notes.append(f"rows were multiplied by up to {row_scale.max():g} to be whole, without loss")
    if scale > 1:
        notes.append(f"the objective was multiplied by {scale:g} to be whole, without loss")
    return IntegerForm(
        cost=cost,
        quadratic=quadratic,
        coefficients=coefficients,
        indices=matrix.indices.astype(np.int64),
        starts=matrix.indptr.astype(np.int64),
        row_lower=_inwards(form.row_lower, row_scale, np.ceil),
        row_upper=_inwards(form.row_upper, row_scale, np.floor),
        lower=np.ceil(lower).astype(np.int64),
        upper=np.floor(upper).astype(np.int64),
        objective_factor=-factor if form.maximise else factor,
        offset=form.offset,
        notes=tuple(notes),
    )


def _objective(form: MatrixForm) -> tuple[IntArray, IntArray, float, int]:
    """Cost and quadratic in their smallest whole numbers, for a minimisation, and what one unit is worth."""
    sign = -1 if form.maximise else 1
    curved = np.zeros_like(form.cost) if form.quadratic is None else form.quadratic
    both = np.concatenate([form.cost, curved])
    scale = integer_scale(both)
    numbers = sign * scaled(both, scale)
    divisor = max(int(np.gcd.reduce(numbers)), 1) if len(numbers) else 1
    numbers //= divisor
    return numbers[: len(form.cost)], numbers[len(form.cost) :], divisor / scale, scale


def _row_scales(form: MatrixForm) -> FloatArray:
    """Power of ten that makes each row's coefficients whole."""
    height = form.matrix.shape[0]
    pending, scale = np.arange(len(form.matrix.data)), np.ones(height)
    row = np.repeat(np.arange(height), np.diff(form.matrix.indptr))
    value, power = form.matrix.data, 1.0
    while True:
        whole = np.rint(value[pending] * power)
        pending = pending[(whole / power != value[pending]) | (abs(whole) >= 2**53)]
        if not len(pending):
            break
        power *= 10.0
        scale[row[pending]] = power
        if power > 1e15:
            at = float(value[pending[0]])
            raise InexactScaling(
                f"coefficient {at!r} of {_row_name(form, int(row[pending[0]]))} "
                "has too many digits to be made whole exactly; round it"
            )
    return scale


def _inwards(limit: FloatArray, scale: FloatArray, towards: np.ufunc) -> IntArray:
    """Round scaled row limits into the row's range, those that are whole but for rounding to themselves.

    Sums of decimals seldom hit the decimal itself (0.6 - 0.4 is less than 0.2), so a billionth counts
    as rounding.
    """
    with np.errstate(invalid="ignore"):
        product = limit * scale
        nearest = np.rint(product)
        rounding = np.abs(product - nearest) <= 1e-9 * np.maximum(1.0, np.abs(nearest))
        inside = np.where(rounding, nearest, towards(product))
    whole: IntArray = np.clip(inside, -float(UNLIMITED), float(UNLIMITED)).astype(np.int64)
    return whole


def _finite_bounds(form: MatrixForm) -> tuple[FloatArray, FloatArray]:
    lower, upper = np.ceil(form.lower), np.floor(form.upper)
    for _ in range(PROPAGATION_ROUNDS):
        open_before = np.count_nonzero(np.isinf(lower)) + np.count_nonzero(np.isinf(upper))
        if not open_before:
            return lower, upper
        lower, upper = _propagated(form, lower, upper)
        if np.count_nonzero(np.isinf(lower)) + np.count_nonzero(np.isinf(upper)) == open_before:
            break
    endless = np.isinf(lower) | np.isinf(upper)
    if endless.any():
        column = _column_name(form, int(np.argmax(endless)))
        raise CapabilityError(f"{column} has no finite bound, and none follows from the rows; give it one")
    return lower, upper


def _propagated(form: MatrixForm, lower: FloatArray, upper: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Bounds that each row implies for its columns where they had none, rounded outwards."""
    matrix, column = form.matrix, form.matrix.indices
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    above, below = np.full(len(upper), np.inf), np.full(len(lower), -np.inf)
    for sign, limit in ((1.0, form.row_upper), (-1.0, -form.row_lower)):
        coefficient = sign * matrix.data
        with np.errstate(invalid="ignore"):
            least = coefficient * np.where(coefficient > 0, lower[column], upper[column])
        endless = np.isinf(least)
        finite = np.where(endless, 0.0, least)
        others = np.bincount(row, finite, matrix.shape[0])[row] - finite
        others_endless = np.bincount(row, endless, matrix.shape[0])[row] - endless
        known = (others_endless == 0) & np.isfinite(limit[row]) & (coefficient != 0)
        implied = (limit[row[known]] - others[known]) / coefficient[known]
        rising = coefficient[known] > 0
        np.minimum.at(above, column[known][rising], implied[rising])
        np.maximum.at(below, column[known][~rising], implied[~rising])
    loose = 1e-6 + 1e-9 * np.nan_to_num(np.maximum(abs(above), abs(below)), posinf=0.0)
    return (
        np.where(np.isinf(lower), np.ceil(below - loose), lower),
        np.where(np.isinf(upper), np.floor(above + loose), upper),
    )


def _refuse_large_sums(
    form: MatrixForm, coefficients: IntArray, largest: FloatArray, cost: IntArray, quadratic: IntArray
) -> None:
    row = np.repeat(np.arange(form.matrix.shape[0]), np.diff(form.matrix.indptr))
    sums = np.bincount(row, coefficients * largest[form.matrix.indices], form.matrix.shape[0])
    if (sums >= LARGEST_SUM).any():
        name = _row_name(form, int(np.argmax(sums)))
        raise CapabilityError(f"{name} can reach {sums.max():.3g} in whole numbers, too large to be exact")
    total = float(cost @ largest + quadratic @ largest**2)
    if total >= LARGEST_SUM:
        raise CapabilityError(f"the objective can reach {total:.3g} in whole numbers, too large to be exact")


def _column_name(form: MatrixForm, at: int) -> str:
    return f"column {_name(form.columns, at)}"


def _row_name(form: MatrixForm, at: int) -> str:
    return f"row {_name(form.rows, at)}"


def _name(blocks: tuple[Block, ...], at: int) -> str:
    """The user's name of a column or row: its block and its key there, or its number."""
    for block in blocks:
        if block.start <= at < block.stop:
            place = at - block.start
            return f"{block.name}[{place + 1 if block.keys is None else block.keys[place]}]"
    return str(at + 1)
