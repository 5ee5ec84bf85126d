r"""Concave separable objectives on any LP/MILP solver: outer approximation by tangents of the curves.

.. math:: \max \sum_k w_k f(x_k) \;\longrightarrow\; \min \sum_k t_k,\quad
          t_k \ge -w_k \bigl( f(p) + f'(p) (x_k - p) \bigr) \;\text{ for every point } p \text{ so far}

The loop is that of `cuts`; here are its terms, the first tangents around a plan inside the domain, and what makes
the end of the domain harmless. A tangent is drawn at any p > 0, also for a plan with x_k = 0: it is as valid, and p
comes nearer to 0 with each round. Where x_k is a sum of whole decisions its values are 0 or at least some g > 0:
then x_k ≥ g may be asked for where the curve is minus infinity at 0, and the chord from 0 to g is valid where it is
not.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from ..models.curves import Curve
from ..models.defined_columns import defined_columns
from .cuts import OuterApproximation
from .form_result import FormResult, graded
from .interior import Interior, interior_of
from .solution import Status, StopReason

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray, IndexArray
    from ..models.matrix import MatrixForm
    from .backend import Options
    from .form_result import FormSolver

GRID = (1 / 16, 1 / 4, 1.0, 4.0, 16.0)
"""First tangents of ``power`` curves, as multiples of a plan's values."""

STEPS = (-4.0, -2.0, -1.0, 0.0, 1.0, 2.0, 4.0)
"""First tangents of ``exponential`` curves, from a plan's values, in units of 1 / kappa."""

NARROWER = (1.0, 1e-2, 1e-4)
"""Widths of the grids around a plan near the optimum."""

NEARER, LOWER = 1e-3, 8.0
"""Share of the lowest point so far (or steps below it) at which the next may lie."""

FLAT = 1e-10
"""Share of the steepest slope below which a tangent is drawn where it is steeper: flat rows scale badly."""

BISECTIONS = 60


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
    >>> from allocare.models.matrix import FormBuilder
    >>> from allocare.solvers.backend import Options
    >>> from allocare.solvers.highs_ import solve_form
    >>> build = FormBuilder()
    >>> x = build.add_columns("x", 2)
    >>> _ = build.add_rows("beds", [(x, np.array([[1.0, 2.0]]))], upper=8.0)
    >>> curve = Curve(np.array([0, 1]), np.ones(2), "power", 1.0)
    >>> form = build.finish(decisions="x", maximise=True, curves=(curve,))
    >>> result = solve_by_tangents(form, Options(), solve_form)
    >>> result.status.value, result.values.round(3).tolist(), round(result.bound - np.log(8), 6)
    ('optimal', [4.0, 2.0], 0.0)
    """
    bounded, smallest = _with_smallest(form)
    if interior is None:
        start = interior_of(bounded, options, solver)
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
    """The cut loop, whose sizes are those at plans inside the domain: near its end they are beyond measure."""

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


class Concave:
    """A form's curves as convex terms of a minimisation: the curves upside down.

    Examples
    --------
    >>> from allocare.models.matrix import FormBuilder
    >>> build = FormBuilder()
    >>> x = build.add_columns("x", 1)
    >>> curve = Curve(np.array([0]), np.array([3.0]), "power", 0.5)
    >>> terms = Concave(build.finish(decisions="x", maximise=True, curves=(curve,)), np.zeros(0, dtype=np.int32))
    >>> slope, level = terms.line(np.array([0]), np.array([4.0]))
    >>> terms.each(np.array([4.0])).tolist(), slope.tolist(), level.tolist()
    ([-12.0], [-1.5], [6.0])
    """

    nothing = 2e-10

    def __init__(self, form: MatrixForm, never: IndexArray) -> None:
        self.curves: list[Curve] = []
        for curve in form.curves:
            kept = ~np.isin(curve.columns, never)
            self.curves.append(replace(curve, columns=curve.columns[kept], weight=curve.weight[kept]))
        self.columns: IndexArray = np.concatenate([curve.columns for curve in self.curves])
        self.near_end = np.full(len(self.columns), np.inf)
        self.flattest = 0.0
        self.all = np.arange(len(self.columns), dtype=np.int32)
        ends = np.cumsum([len(curve.columns) for curve in self.curves])
        self.starts = ends - [len(curve.columns) for curve in self.curves]
        self.lowest = np.concatenate([_least(curve) for curve in self.curves])
        self.kind = np.repeat(np.arange(len(self.curves)), [len(curve.columns) for curve in self.curves])

    def each(self, x: FloatArray) -> FloatArray:
        """Minus the weighted curves."""
        return self._at(self.all, x)[1]

    def hull(self, x: FloatArray) -> FloatArray:
        """The same: utilities are divisible."""
        return self.each(x)

    def line(self, terms: IndexArray, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Tangents at points inside the domain."""
        slope, value = self._at(terms, points)
        return slope, slope * points - value

    def above(self, near: FloatArray, x: FloatArray) -> FloatArray:
        """Distance of the curve from its tangent, 0 where there is none."""
        with np.errstate(invalid="ignore"):
            slope, value = self._at(self.all, x)
            distance = self.each(near) - value - slope * (near - x)
        return np.where(np.isfinite(distance), distance, 0.0)

    def size(self, x: FloatArray) -> float:
        """Sizes of the curves' terms."""
        return sum(curve.size(x[self.kind == kind]) for kind, curve in enumerate(self.curves))

    def share(self, at: FloatArray, step: FloatArray, linear: float) -> float:
        """Bisection for where the derivative along the step changes sign."""
        low, high = 0.0, 1.0
        if self._rise(at + step, step) + linear <= 0:
            return 1.0
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            if self._rise(at + middle * step, step) + linear <= 0:
                low = middle
            else:
                high = middle
        return low

    def keep_above(self, at: FloatArray) -> None:
        """Draw no tangents that are flat beside the steepest at a plan."""
        self.flattest = FLAT * float(abs(self._at(self.all, at)[0]).max(initial=0.0))

    def inside(self, terms: IndexArray, points: FloatArray) -> FloatArray:
        """Points not much nearer to the end of the domain than any before, and not where curves are flat."""
        end, moved = self.near_end[terms], points.copy()
        for kind, curve in enumerate(self.curves):
            own = self.kind[terms] == kind
            limit = end[own] * NEARER if curve.shape == "power" else end[own] - LOWER / curve.parameter
            moved[own] = np.maximum(np.minimum(points[own], self._farthest(kind, terms[own])), limit)
        self.near_end[terms] = np.minimum(end, moved)
        return moved

    def first(
        self, at: FloatArray, width: float, lower: FloatArray, upper: FloatArray
    ) -> list[tuple[IndexArray, FloatArray]]:
        """Grid of tangents around a plan, as wide as said, within the columns' bounds."""
        found = []
        for kind, curve in enumerate(self.curves):
            which = self.all[self.kind == kind]
            power = curve.shape == "power"
            low, high = lower[curve.columns], upper[curve.columns]
            low = np.maximum(low, np.finfo(float).tiny) if power else low
            for step in GRID if power else STEPS:
                point = at[which] * step**width if power else at[which] + width * step / curve.parameter
                point = np.clip(np.minimum(point, self._farthest(kind, which)), low, high)
                found.append((which, point))
                self.near_end[which] = np.minimum(self.near_end[which], point)
        return found

    def chords(self, smallest: FloatArray) -> tuple[IndexArray, FloatArray, FloatArray]:
        """Cuts through 0 and each column's smallest value above it, where the curve is finite at 0."""
        through = [
            curve.shape == "power" and not curve.above_zero for curve in self.curves
        ]
        terms = np.flatnonzero(np.array(through)[self.kind] & (smallest[self.columns] > 0)).astype(np.int32)
        gap = smallest[self.columns[terms]]
        return terms, self._at(terms, gap)[1] / gap, np.zeros(len(terms))

    def _at(self, terms: IndexArray, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Slope and value of the terms listed, at a point each."""
        slope, value = np.zeros(len(terms)), np.zeros(len(terms))
        for kind, curve in enumerate(self.curves):
            own = self.kind[terms] == kind
            part = replace(curve, weight=curve.weight[terms[own] - self.starts[kind]])
            slope[own], value[own] = -part.slope(points[own]), -part.weight * part.each(points[own])
        return slope, value

    def _farthest(self, kind: int, terms: IndexArray) -> FloatArray:
        """Where the slope of curves of a kind has come down to the flattest."""
        curve = self.curves[kind]
        weight = curve.weight[terms - self.starts[kind]]
        with np.errstate(divide="ignore", over="ignore"):
            ratio = weight / self.flattest
            if curve.shape == "exponential":
                return np.asarray(np.log(ratio) / curve.parameter)
            return np.asarray(ratio ** (1 / curve.parameter))

    def _rise(self, x: FloatArray, step: FloatArray) -> float:
        """Derivative of the terms along a step; infinite beyond the domain."""
        moving = step != 0
        with np.errstate(invalid="ignore"):
            slope, value = self._at(self.all, x)
            rise = (slope * step)[moving]
        outside = ~np.isfinite(value[moving])
        return float(np.where(outside, np.inf, rise).sum()) if len(rise) else 0.0


def _least(curve: Curve) -> FloatArray:
    """What a curve upside down does not pass below."""
    if curve.shape == "exponential":
        return -curve.weight / curve.parameter
    return np.full(len(curve.weight), 0.0 if curve.parameter > 1 else -np.inf)


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
        lower[curve.columns] = np.maximum(lower[curve.columns], np.maximum(limits * (1 - 1e-9), 0.0)[curve.columns])
    return replace(form, lower=lower), smallest


def settled(form: MatrixForm, result: FormResult, options: Options) -> FormResult:
    """Compute what rows define from the decisions, without the solver's rounding, and grade anew.

    Examples
    --------
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
    >>> from allocare.models.matrix import FormBuilder
    >>> from allocare.solvers.backend import Options
    >>> build = FormBuilder()
    >>> _ = build.add_columns("x", 1)
    >>> curve = Curve(np.array([0]), np.ones(1), "power", 0.5)
    >>> form = build.finish(decisions="x", maximise=True, curves=(curve,))
    >>> negligible_gap(form, np.array([4.0]), 4.001, Options()), negligible_gap(form, np.array([4.0]), 4.0, Options())
    (False, True)
    """
    objective = form.objective(values)
    near = options.target_gap * max(abs(objective), abs(bound))
    return abs(bound - objective) <= max(near, _negligible(form, values))


def _negligible(form: MatrixForm, values: FloatArray) -> float:
    """Distance of plan and bound that is rounding, also where the value is near 0."""
    return Concave.nothing * sum(curve.size(values[curve.columns]) for curve in form.curves)
