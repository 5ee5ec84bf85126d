r"""A plan at which every concave term of an objective is finite, its tangents too where that can be.

.. math:: \max z \;\text{ s.t. }\; x_k + a_k \ge z \;\forall k \text{ under a curve},\; z \le 2

with a_k = 0 under a ``power`` curve and 1 under an ``exponential`` one, the limit on z only where there is no
other. Where z is above 0 so is every column under a power; where it is not, no plan has all of them above 0.
Which can never be above 0 is then found by :math:`\max \sum_k z_k,\; z_k \le x_k,\; 0 \le z_k \le 1` over
those that are at 0 so far, again and again until the sum is 0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from .form_result import FormResult
from .solution import Status, StopReason

if TYPE_CHECKING:
    from ..instances.arrays import BoolArray, FloatArray, IndexArray
    from ..models.matrix import MatrixForm
    from .backend import Options
    from .form_result import FormSolver

ZERO = 1e-11
"""Share of the largest value below which a solver's value of a column is 0."""


@dataclass(frozen=True, eq=False)
class Interior:
    """A feasible point of a form's relaxation.

    Parameters
    ----------
    values
        Value of every column.
    never
        Columns under curves of ``power`` that are 0 in every plan.
    """

    values: FloatArray
    never: IndexArray


def interior_of(form: MatrixForm, options: Options, solver: FormSolver) -> Interior | FormResult:
    """Find an interior point of a form with curves as if all columns were divisible, or why there is none.

    Examples
    --------
    >>> from allocare.models.curves import Curve
    >>> from allocare.models.matrix import FormBuilder
    >>> from allocare.solvers.backend import Options
    >>> from allocare.solvers.highs_ import solve_form
    >>> build = FormBuilder()
    >>> x = build.add_columns("x", 2, upper=[9.0, 0.0])
    >>> _ = build.add_rows("beds", [(x, np.ones((1, 2)))], upper=6.0)
    >>> curve = Curve(np.array([0, 1]), np.ones(2), "power", 0.5)
    >>> form = build.finish(decisions="x", maximise=True, curves=(curve,))
    >>> interior = interior_of(form, Options(), solve_form)
    >>> interior.never.tolist(), bool(interior.values[0] > 0)
    ([1], True)
    """
    none = np.zeros(0, dtype=np.int32)
    powers = np.concatenate([none, *[curve.columns for curve in form.curves if curve.shape == "power"]])
    others = [curve.columns for curve in form.curves if curve.shape != "power"]
    under = np.concatenate([powers, *others])
    above = np.concatenate([np.zeros(len(powers)), np.ones(len(under) - len(powers))])
    found, together = None, np.zeros(len(under), dtype=np.int32)
    for highest in (np.inf, 2.0):
        found = _raised(form, under, above, together, highest, options, solver)
        if found.status not in (Status.UNBOUNDED, Status.INFEASIBLE_OR_UNBOUNDED):
            break
    assert found is not None
    if found.values is None:
        return found
    values = found.values[: len(form.cost)]
    low = _at_zero(values, powers)
    if not low.any():
        return Interior(values, none)
    if any(curve.above_zero for curve in form.curves):
        return FormResult(status=Status.INFEASIBLE, stop_reason=StopReason.PROVED)
    points = [values]
    while low.any():
        rest = powers[low]
        each = np.arange(len(rest), dtype=np.int32)
        found = _raised(form, rest, np.zeros(len(rest)), each, 1.0, options, solver)
        if found.values is None:
            return found
        values = found.values[: len(form.cost)]
        raised = ~_at_zero(values, rest)
        if not raised.any():
            break
        points.append(values)
        low[np.flatnonzero(low)[raised]] = False
    return Interior(np.mean(points, axis=0), powers[low])


def _at_zero(values: FloatArray, columns: IndexArray) -> BoolArray:
    return np.asarray(values[columns] <= ZERO * abs(values[columns]).max(initial=0.0))


def _raised(
    form: MatrixForm,
    columns: IndexArray,
    above: FloatArray,
    level: IndexArray,
    highest: float,
    options: Options,
    solver: FormSolver,
) -> FormResult:
    """Raise the levels below some columns, with what is added to each, as far as `highest`, all together."""
    width, height, count = len(form.cost), form.matrix.shape[0], len(columns)
    levels = int(level.max(initial=0)) + 1
    row = np.arange(count)
    below = sp.csr_array(
        (
            np.tile([1.0, -1.0], (count, 1)).T.ravel(),
            (np.tile(row, 2), np.concatenate([columns, width + level])),
        ),
        shape=(count, width + levels),
    )
    free = levels == 1
    raised = replace(
        form,
        cost=np.concatenate([np.zeros(width), np.ones(levels)]),
        offset=0.0,
        quadratic=None,
        curves=(),
        equivalent=None,
        stages=(),
        maximise=True,
        integral=False,
        matrix=sp.csr_array(
            sp.vstack([sp.hstack([form.matrix, sp.csr_array((height, levels))]), below], format="csr")
        ),
        row_lower=np.concatenate([form.row_lower, -above]),
        row_upper=np.concatenate([form.row_upper, np.full(count, np.inf)]),
        lower=np.concatenate([form.lower, np.full(levels, -np.inf if free else 0.0)]),
        upper=np.concatenate([form.upper, np.full(levels, highest)]),
        whole=np.zeros(width + levels, dtype=bool),
    )
    return solver(raised, replace(options, gap=None), None)
