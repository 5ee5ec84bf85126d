r"""A form of whole decisions whose divisible columns can do no better than on a grid, in whole columns alone.

Columns that rows define are put in their place: :math:`u = M x + c`. What divisible columns y remain must
meet in rows of differences, each with at most one +1 and one -1 among them. For whole decisions these rows
are then totally unimodular, so that where all limits are multiples of a step 1/s some optimum has every y on
that grid (Hoffman and Kruskal 1956), by every objective in turn as well. So :math:`y = y' / s` with y' whole
loses nothing.

References
----------
A. J. Hoffman, J. B. Kruskal, "Integral boundary points of convex polyhedra", in Linear Inequalities and
Related Systems, Annals of Mathematics Studies 38 (1956), 223-246.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from ..instances.arrays import decimal_product
from ..instances.errors import CapabilityError
from .defined_columns import defined_columns
from .scaling import integer_scale

if TYPE_CHECKING:
    from ..instances.arrays import BoolArray, FloatArray, IndexArray
    from .matrix import MatrixForm

ROUNDING = 16 * np.finfo(float).eps
"""Share of a row's largest number by which another may be off."""


def in_whole_columns(form: MatrixForm) -> MatrixForm:
    """Rewrite a form so that all its columns are whole; the blocks and the decisions' values stay.

    Columns that rows define are 0 in what comes back, others that were divisible count grid steps.

    Raises
    ------
    CapabilityError
        For concave terms, or divisible columns that need not be on any grid.

    Examples
    --------
    >>> from allocare.models.matrix import FormBuilder
    >>> build = FormBuilder()
    >>> x, u = build.add_columns("x", 2, upper=3, whole=True), build.add_columns("u", 1, lower=-np.inf)
    >>> _ = build.add_rows("u_of", [(x, np.array([[0.5, 2.0]])), (u, np.array([[-1.0]]))], lower=-1, upper=-1)
    >>> form = build.finish(decisions="x", maximise=True, cost=np.array([0.0, 0.0, 3.0]))
    >>> whole = in_whole_columns(form)
    >>> whole.cost.tolist(), whole.offset, bool(whole.whole.all())
    ([1.5, 6.0, 0.0], 3.0, True)
    """
    if form.whole.all():
        return form
    if form.curves:
        raise CapabilityError("its terms must be linear or square, and here they are concave")
    return _on_a_grid(_without_defined(form))


def _without_defined(form: MatrixForm) -> MatrixForm:
    """Put what defines columns into every row and objective in their place."""
    defined = defined_columns(form)
    if form.quadratic is not None and form.quadratic[defined.columns].any():
        raise CapabilityError("squares of columns that are no decisions are beyond it")
    width = len(form.cost)
    kept = np.ones(width)
    kept[defined.columns] = 0.0
    placed = sp.csr_array(
        (np.ones(len(defined.columns)), (defined.columns, np.arange(len(defined.columns)))),
        shape=(width, len(defined.columns)),
    )
    means = sp.csr_array(sp.diags_array(kept) + placed @ defined.matrix)
    constant = placed @ defined.constant
    matrix = sp.csr_array(form.matrix @ means)
    matrix.data = _decimal(matrix.data)
    matrix.data[abs(matrix.data) <= 1e-12 * abs(form.matrix.data).max(initial=0.0)] = 0.0
    added = form.matrix @ constant
    lower, upper = _decimal(form.row_lower - added), _decimal(form.row_upper - added)
    lower[defined.rows], upper[defined.rows] = -np.inf, np.inf
    clear = np.ones(matrix.shape[0])
    clear[defined.rows] = 0.0
    matrix = sp.csr_array(sp.diags_array(clear) @ matrix)
    matrix.eliminate_zeros()

    def through(cost: FloatArray) -> FloatArray:
        return _decimal(means.T @ cost)

    zero = kept == 0
    return replace(
        form,
        cost=through(form.cost),
        offset=form.offset + float(form.cost @ constant),
        matrix=matrix,
        row_lower=lower,
        row_upper=upper,
        lower=np.where(zero, 0.0, form.lower),
        upper=np.where(zero, 0.0, form.upper),
        whole=form.whole | zero,
        stages=tuple(through(cost) for cost in form.stages),
        tie_break=tuple(through(cost) for cost in form.tie_break),
    )


def _on_a_grid(form: MatrixForm) -> MatrixForm:
    """Count the steps of divisible columns that meet in rows of differences."""
    divisible = ~form.whole
    if not divisible.any():
        return form
    matrix = form.matrix
    height = matrix.shape[0]
    row = np.repeat(np.arange(height), np.diff(matrix.indptr))
    entry = divisible[matrix.indices]
    ups = np.bincount(row[entry & (matrix.data == 1)], minlength=height)
    downs = np.bincount(row[entry & (matrix.data == -1)], minlength=height)
    met = np.bincount(row[entry], minlength=height)
    uneven = (ups + downs < met) | (ups > 1) | (downs > 1)
    squares = form.quadratic is not None and form.quadratic[divisible].any()
    if uneven.any() or squares:
        at = int(np.flatnonzero(divisible)[0])
        block = next(block for block in form.columns if block.start <= at < block.stop)
        raise CapabilityError(
            f"column {block.name} is divisible and on no grid, and it takes whole-number columns only"
        )
    touched = met > 0
    size = _row_sizes(form, row)
    form = replace(form, row_lower=_cleaned(form.row_lower, size), row_upper=_cleaned(form.row_upper, size))
    matrix = sp.csr_array((_cleaned(matrix.data, size[row]), matrix.indices, matrix.indptr), matrix.shape)
    limits = np.concatenate([form.row_lower[touched], form.row_upper[touched]])
    bounds = np.concatenate([form.lower[divisible], form.upper[divisible]])
    numbers = np.concatenate([matrix.data[touched[row]], limits, bounds])
    scale = integer_scale(numbers[np.isfinite(numbers)])
    step, far = np.where(divisible, 1.0 / scale, 1.0), _farthest(form, row, entry, touched)
    # rows of differences are told in steps, so that nothing is divided
    rows = np.where(touched, float(scale), 1.0)
    data = _decimal(matrix.data, np.where(entry, 1.0, rows[row]))
    return replace(
        form,
        cost=_decimal(form.cost, step),
        stages=tuple(_decimal(cost, step) for cost in form.stages),
        tie_break=tuple(_decimal(cost, step) for cost in form.tie_break),
        matrix=sp.csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape),
        row_lower=_decimal(form.row_lower, rows),
        row_upper=_decimal(form.row_upper, rows),
        lower=np.where(divisible, np.maximum(form.lower, -far) * scale, form.lower),
        upper=np.where(divisible, np.minimum(form.upper, far) * scale, form.upper),
        whole=np.ones_like(form.whole),
    )


def _farthest(form: MatrixForm, row: IndexArray, entry: BoolArray, touched: BoolArray) -> float:
    """Farthest from 0 that a divisible column is at a vertex: as many differences and limits as there are."""
    largest = np.maximum(abs(form.lower), abs(form.upper))[form.matrix.indices]
    others = np.where(entry, 0.0, abs(form.matrix.data) * np.where(entry, 0.0, largest))
    reach = np.bincount(row, others, len(touched))[touched]
    divisible = ~form.whole
    limits = [form.row_lower[touched], form.row_upper[touched], form.lower[divisible], form.upper[divisible]]
    sizes = abs(np.concatenate(limits))
    most = float(sizes[np.isfinite(sizes)].max(initial=0.0)) + float(reach.max(initial=0.0))
    return float(np.ceil((np.count_nonzero(divisible) + 1) * most))


def _row_sizes(form: MatrixForm, row: IndexArray) -> FloatArray:
    """Largest number of each row, whose rounding is in all others that were computed from it."""
    size = np.zeros(form.matrix.shape[0])
    for limit in (form.row_lower, form.row_upper):
        np.maximum(size, np.where(np.isfinite(limit), abs(limit), 0.0), out=size)
    np.maximum.at(size, row, abs(form.matrix.data))
    return size


def _cleaned(values: FloatArray, size: FloatArray) -> FloatArray:
    """Differences of decimals are decimals, but for the rounding of what they were taken from."""
    finite = np.isfinite(values)
    plain = np.where(finite, values, 0.0)
    power = 10.0 ** (12 - np.ceil(np.log10(size, out=np.zeros_like(size), where=size > 0)))
    nearest = np.rint(plain * power) / power
    return np.where(finite & (abs(nearest - plain) <= ROUNDING * size), nearest, values)


def _decimal(values: FloatArray, factor: FloatArray | float = 1.0) -> FloatArray:
    """Products that are the decimals people expect; infinite values stay."""
    finite = np.isfinite(values)
    return np.where(finite, decimal_product(np.where(finite, values, 0.0), factor), values)
