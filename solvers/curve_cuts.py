r"""Concave separable objectives on any LP/MILP solver: outer approximation by tangents of the curves.

.. math:: \max \sum_k w_k f(x_k) \;\longrightarrow\; \min \sum_k t_k,\quad
          t_k \ge -w_k \bigl( f(p) + f'(p) (x_k - p) \bigr) \;\text{ for every point } p \text{ so far}

The loop is that of `cuts`; here are the first tangents around a plan inside the domain, and what makes the
end of the domain harmless. Where x_k is a sum of whole decisions its values are 0 or at least some g > 0:
then x_k ≥ g may be asked for where the curve is minus infinity at 0, and the chord from 0 to g is valid where
it is not.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..models.defined_columns import defined_columns
from .concave_terms import Concave
from .cuts import OuterApproximation
from .form_result import FormResult, graded
from .incumbents import silent
from .interior import Interior, interior_of
from .solution import Status, StopReason

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray
    from ..models.matrix import MatrixForm
    from .backend import Options
    from .form_result import FormSolver

NARROWER = (1.0, 1e-2, 1e-4)
"""Widths of the grids around a plan near the optimum."""


def solve_by_tangents(
    form: MatrixForm,
    options: Options,
    solver: FormSolver,
    interior: Interior | None = None,
    near: FloatArray | None = None,
) -> FormResult:
    """Maximise a form's curves with a linear solver.

    Parameters
    ----------
    form, options, solver
        As for any solve; the solver is asked for linear forms.
    interior
        A plan inside the domain, where it is at hand.
    near
        Column values near the optimum, not quite feasible perhaps, to draw the first tangents around.

    Examples
    --------
    >>> from allocare.models.curves import Curve
    >>> from allocare.models.matrix import FormBuilder
    >>> from allocare.solvers.backend import Options
    >>> from allocare.solvers.highs_ import solve_form
    >>> build = FormBuilder()
    >>> x = build.add_columns("x", 2)
    >>> _ = build.add_rows("beds", [(x, np.array([[1.0, 2.0]]))], upper=8.0)
    >>> curve = Curve(np.array([0, 1]), np.ones(2), "power", 1.0)
    >>> form = build.finish(decisions="x", maximise=True, curves=(curve,))
    >>> result = solve_by_tangents(form, Options(), solve_form)
    >>> result.status.value, result.values.round(3).tolist(), round(result.bound, 6)
    ('optimal', [4.0, 2.0], 2.079442)
    """
    bounded, smallest = _with_smallest(form)
    if interior is None:
        start = interior_of(bounded, silent(options), solver)
        if isinstance(start, FormResult):
            return start
        interior = start
    terms = Concave(bounded, interior.never)
    loop = _Tangents(bounded, terms, options, solver, interior.values)
    steps = [(interior.values, 1.0)] if near is None else [(near, width) for width in NARROWER]
    for values, width in steps:
        for which, points in terms.first(values[terms.columns], width, bounded.lower, bounded.upper):
            loop.add(which, points)
    loop.add_lines(*terms.chords(smallest))
    if not form.whole.any():
        loop.offer(interior.values)
    return settled(form, loop.solve(), options)


class _Tangents(OuterApproximation):
    """The cut loop, whose sizes are those at plans inside the domain: near its end they have no measure."""

    def __init__(
        self, form: MatrixForm, terms: Concave, options: Options, solver: FormSolver, interior: FloatArray
    ) -> None:
        super().__init__(form, terms, options, solver)
        self.interior = interior
        terms.keep_above(interior[terms.columns])
        self.scale_to(interior)

    def scale_to(self, plan: FloatArray) -> None:
        """Scale by the best plan, or the interior one before there is any."""
        super().scale_to(self.interior if self.best is None else self.best)


def _with_smallest(form: MatrixForm) -> tuple[MatrixForm, FloatArray]:
    """Lower bounds that follow for columns under ``power`` curves, and their smallest values above 0.

    Known are columns that a row defines by columns with lower bounds and positive coefficients alone.
    """
    smallest = np.zeros(len(form.cost))
    lower = form.lower.copy()
    defined = defined_columns(form)
    matrix = defined.matrix
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    rising = (matrix.data > 0) & np.isfinite(form.lower[matrix.indices])
    known = np.bincount(row[~rising], minlength=matrix.shape[0]) == 0
    from_below = np.where(np.isfinite(form.lower), form.lower, 0.0)
    base = np.where(known, matrix @ from_below + defined.constant, -np.inf)
    stepped = known & (np.bincount(row[~form.whole[matrix.indices]], minlength=matrix.shape[0]) == 0)
    least = np.full(matrix.shape[0], np.inf)
    np.minimum.at(least, row, matrix.data)
    exact = stepped & (base == 0) & np.isfinite(least)
    smallest[defined.columns[exact]] = least[exact]
    for curve in form.curves:
        if curve.shape != "power":
            continue
        limits = np.full(len(form.cost), -np.inf)
        limits[defined.columns] = base
        if curve.above_zero:
            limits = np.maximum(limits, np.where(smallest > 0, smallest, -np.inf))
        # a little of the limit is left for the solver's rounding
        lower[curve.columns] = np.maximum(
            lower[curve.columns], np.maximum(limits * (1 - 1e-9), 0.0)[curve.columns]
        )
    return replace(form, lower=lower), smallest


def settled(form: MatrixForm, result: FormResult, options: Options) -> FormResult:
    """Compute what rows define from the decisions, without the solver's rounding, and grade anew.

    Examples
    --------
    >>> from allocare.models.curves import Curve
    >>> from allocare.models.matrix import FormBuilder
    >>> from allocare.solvers.backend import Options
    >>> from allocare.solvers.solution import Status, StopReason
    >>> build = FormBuilder()
    >>> x, u = build.add_columns("x", 1), build.add_columns("u", 1, lower=-np.inf)
    >>> _ = build.add_rows("u_of", [(x, np.ones((1, 1))), (u, -np.ones((1, 1)))], lower=0.0, upper=0.0)
    >>> curve = Curve(np.array([1]), np.ones(1), "power", 0.5)
    >>> form = build.finish(decisions="x", maximise=True, curves=(curve,))
    >>> found = FormResult(status=Status.OPTIMAL, stop_reason=StopReason.PROVED,
    ...                    values=np.array([4.0, 3.9999999]), bound=4.0)
    >>> settled(form, found, Options()).values.tolist()
    [4.0, 4.0]
    """
    if result.values is None or result.bound is None:
        return result
    values = defined_columns(form).settled(result.values)
    objective = form.objective(values)
    if not np.isfinite(objective):
        return replace(result, values=values, status=Status.FEASIBLE, stop_reason=StopReason.NUMERICAL)
    bound = max(result.bound, objective)
    status, reason = graded(form, values, bound, options, _negligible(form, values))
    if status is not Status.OPTIMAL and result.status is not Status.OPTIMAL:
        status, reason = result.status, result.stop_reason
    return replace(result, values=values, bound=bound, status=status, stop_reason=reason)


def negligible_gap(form: MatrixForm, values: FloatArray, bound: float, options: Options) -> bool:
    """Whether a plan is as near to a bound as asked.

    Examples
    --------
    >>> from allocare.models.curves import Curve
    >>> from allocare.models.matrix import FormBuilder
    >>> from allocare.solvers.backend import Options
    >>> build = FormBuilder()
    >>> _ = build.add_columns("x", 1)
    >>> curve = Curve(np.array([0]), np.ones(1), "power", 0.5)
    >>> form = build.finish(decisions="x", maximise=True, curves=(curve,))
    >>> [negligible_gap(form, np.array([4.0]), bound, Options()) for bound in (4.001, 4.0)]
    [False, True]
    """
    objective = form.objective(values)
    near = options.target_gap * max(abs(objective), abs(bound))
    return abs(bound - objective) <= max(near, _negligible(form, values))


def _negligible(form: MatrixForm, values: FloatArray) -> float:
    """Distance of plan and bound that is rounding, also where the value is near 0."""
    return Concave.nothing * sum(curve.size(values[curve.columns]) for curve in form.curves)
