r"""Newton's steps to the optimum of concave terms, each a convex quadratic program, with a bound.

At a point p the terms are replaced by their second-order expansion Q. Where x is best for it,
:math:`\nabla Q(x) (x' - x) \le \varepsilon` for every plan x', with ε what the quadratic solver's own bound
leaves open, and by concavity every plan has

.. math:: W(x') \le W(x) + \nabla W(x) (x' - x)
          \le W(x) + \varepsilon + \sum_k \bigl| w_k f'(x_k) - q_k(x_k) \bigr| \, |x'_k - x_k|

with q_k the expansion's slope. The difference of the slopes is of second order in x - p, so a step or two
from where an interior point of cones ends leaves nothing of it; :math:`|x'_k - x_k|` is limited by what the
rows imply.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..models.defined_columns import defined_columns
from ..models.implied_limits import widest
from .curve_cuts import negligible_gap
from .form_result import FormResult, graded
from .solution import Status

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray, IndexArray
    from ..models.matrix import MatrixForm
    from .backend import Options
    from .form_result import FormSolver

MOST_STEPS = 4


def newton_steps(
    form: MatrixForm, near: FloatArray, never: IndexArray, options: Options, solver: FormSolver
) -> FormResult | None:
    """Step to the optimum of a form's curves; None where the steps do not lead there.

    Parameters
    ----------
    form
        With curves and divisible columns.
    near
        Column values near the optimum.
    never
        Columns under curves that are 0 in every plan.
    options, solver
        As for any solve; the solver is asked for quadratic forms.

    Examples
    --------
    >>> from allocare.models.curves import Curve
    >>> from allocare.models.matrix import FormBuilder
    >>> from allocare.solvers.backend import Options
    >>> from allocare.solvers.clarabel_ import solve_form
    >>> build = FormBuilder()
    >>> x = build.add_columns("x", 2)
    >>> _ = build.add_rows("beds", [(x, np.array([[1.0, 2.0]]))], upper=8.0)
    >>> curve = Curve(np.array([0, 1]), np.ones(2), "power", 1.0)
    >>> form = build.finish(decisions="x", maximise=True, curves=(curve,))
    >>> result = newton_steps(form, np.array([4.01, 1.99]), np.zeros(0, dtype=int), Options(), solve_form)
    >>> result.values.round(6).tolist(), result.status.value
    ([4.0, 2.0], 'optimal')
    """
    reachable = widest(form)
    held: FormResult | None = None
    for _ in range(MOST_STEPS):
        quadratic, slope = _expansion(form, near, never)
        expanded = replace(
            form,
            cost=form.cost + slope - 2 * quadratic * near,
            quadratic=quadratic,
            curves=(),
            equivalent=None,
        )
        found = solver(expanded, replace(options, gap=None), None)
        if found.values is None or found.bound is None:
            return held
        values = defined_columns(form).settled(found.values)
        objective = form.objective(values)
        if not np.isfinite(objective):
            return held
        _, true_slope = _expansion(form, values, never)
        differs = abs(true_slope - slope - 2 * quadratic * (values - near))
        reach = np.where(differs > 0, reachable + abs(values), 0.0)
        open_ = max(found.bound - expanded.objective(values), 0.0)
        bound = objective + open_ + float(differs @ reach)
        if held is None or held.bound is None or bound < held.bound:
            status, reason = graded(form, values, bound, options)
            held = FormResult(status=status, stop_reason=reason, values=values, bound=bound)
        if negligible_gap(form, values, bound, options):
            break
        near = values
    return held if held is not None and held.status is Status.OPTIMAL else None


def _expansion(form: MatrixForm, at: FloatArray, never: IndexArray) -> tuple[FloatArray, FloatArray]:
    """Quadratic coefficients and slopes of the curves at a point, by column."""
    quadratic, slope = np.zeros(len(form.cost)), np.zeros(len(form.cost))
    for curve in form.curves:
        x = at[curve.columns]
        kept = ~np.isin(curve.columns, never)
        quadratic[curve.columns[kept]] = curve.bend(x)[kept] / 2
        slope[curve.columns[kept]] = curve.slope(x)[kept]
    return quadratic, slope
