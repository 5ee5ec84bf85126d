"""HiGHS: linear and mixed-integer programs from arrays; quadratic and concave objectives by cuts."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ..instances.network_plan import NetworkPlanProblem
from .curve_cuts import solve_by_tangents
from .cuts import not_convex, solve_by_cuts
from .form_result import FormResult, clamped, exactly_whole, solve_rendering
from .highs_answer import STATUS, held
from .highs_session import offer, prepared, run, tell
from .incumbents import later, silent
from .rebounded import Rebounded
from .relax_and_fix import solve_after_dive
from .scaled_form import ScaledForm
from .solution import Status, StopReason
from .stages import solve_in_stages

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray
    from ..models.matrix import MatrixForm
    from .backend import Options, Outcome, Task


def refusal(task: Task, options: Options) -> str | None:
    """Refuse a quadratic objective that is not convex."""
    return not_convex(task.matrix_form) if task.extended else None


def solve(task: Task, options: Options) -> Outcome:
    """Solve a task by its matrix form; a network plan that need not be proved optimal, from a dive."""
    plain = not task.extended and not task.problem.asks_fairness
    if isinstance(task.problem, NetworkPlanProblem) and plain and (options.gap or options.time_limit):
        return solve_rendering(task, options, partial(solve_after_dive, task.problem, solve_form))
    return solve_rendering(task, options, solve_form)


def solve_form(form: MatrixForm, options: Options, start: FloatArray | None = None) -> FormResult:
    """Solve a matrix form: stage by stage, by cuts where the objective is curved, or at once.

    Examples
    --------
    >>> from allocare.models.matrix import FormBuilder
    >>> from allocare.solvers.backend import Options
    >>> build = FormBuilder()
    >>> x = build.add_columns("x", 2, cost=[3.0, 2.0], whole=True)
    >>> _ = build.add_rows("need", [(x, np.array([[2.0, 1.0]]))], lower=5.0)
    >>> result = solve_form(build.finish(decisions="x"), Options())
    >>> result.status.value, result.values.tolist(), result.bound
    ('optimal', [2.0, 1.0], 8.0)
    """
    if form.in_stages:
        return solve_in_stages(form, options, solve_form, Rebounded(solve_form))
    if form.quadratic is not None:
        return solve_by_cuts(form, options, solve_form)
    if form.curves:
        return solve_by_tangents(form, options, solve_form)
    return _solve_linear(form, options, start)


def _solve_linear(form: MatrixForm, options: Options, start: FloatArray | None) -> FormResult:
    began = time.perf_counter()
    if form.integral and form.whole.any():
        at_vertex = _solve_at_vertex(form, options)
        if at_vertex is not None:
            return at_vertex
        options = _remaining(options, began)
    elif form.rest_decides and form.whole.any():
        on_rest = _solve_on_rest(form, options, start)
        if on_rest is not None:
            return on_rest
        options = _remaining(options, began)
    scaled = ScaledForm.of(form)
    highs = prepared(scaled.form, options)
    if start is not None and form.whole.any():
        offer(highs, scaled.start(start))
    if options.on_incumbent is not None and form.whole.any():
        tell(highs, scaled, options.on_incumbent)
    run(highs)
    status, reason = STATUS[highs.getModelStatus().name]
    if reason is StopReason.NUMERICAL and not form.whole.any():
        highs.setOptionValue("primal_feasibility_tolerance", 1e-7)
        highs.setOptionValue("dual_feasibility_tolerance", 1e-7)
        run(highs)
        status, reason = STATUS[highs.getModelStatus().name]
    if status in (Status.UNBOUNDED, Status.INFEASIBLE_OR_UNBOUNDED):
        return _feasible_or_not(form, _remaining(options, began))
    if status not in (Status.OPTIMAL, Status.FEASIBLE):
        return FormResult(status=status, stop_reason=reason)
    result = held(scaled, highs, status, reason, options)
    if result.values is not None and form.whole.any() and not form.whole.all():
        return _with_divisible_rest(form, result, _remaining(options, began))
    return result


def _solve_at_vertex(form: MatrixForm, options: Options) -> FormResult | None:
    """Solve as if divisible, where every vertex is whole; None where HiGHS ended elsewhere than at one."""
    divisible = replace(form, whole=np.zeros_like(form.whole), integral=False)
    result = _solve_linear(divisible, options, None)
    if result.values is None:
        return result
    values = exactly_whole(form, result.values)
    return None if values is None or result.status is not Status.OPTIMAL else replace(result, values=values)


def _solve_on_rest(form: MatrixForm, options: Options, start: FloatArray | None) -> FormResult | None:
    """Solve with divisible decisions, a relaxation; None where they did not come out whole."""
    rest = form.whole.copy()
    rest[form.column_block(form.decisions).slice] = False
    result = _solve_linear(replace(form, whole=rest, rest_decides=False), options, start)
    if result.values is None:
        return result
    values = exactly_whole(form, result.values)
    return None if values is None else replace(result, values=values)


def _with_divisible_rest(form: MatrixForm, result: FormResult, options: Options) -> FormResult:
    """Fix the whole columns at their rounded values and settle the divisible ones anew.

    Rounding the whole columns alone would leave the divisible ones off by as much as it moved.
    """
    assert result.values is not None
    lower = np.where(form.whole, result.values, form.lower)
    upper = np.where(form.whole, result.values, form.upper)
    rest = replace(form, lower=lower, upper=upper, whole=np.zeros_like(form.whole))
    settled = _solve_linear(rest, options, None)
    if settled.status is not Status.OPTIMAL or settled.values is None:
        return result
    values = np.where(form.whole, result.values, settled.values)
    bound = None if result.bound is None else clamped(form, values, result.bound)
    return replace(result, values=values, bound=bound)


def _feasible_or_not(form: MatrixForm, options: Options) -> FormResult:
    """Tell unbounded from infeasible: without an objective, only infeasible remains.

    For whole columns this leans on rational data: there, a feasible form whose relaxation is unbounded
    is itself unbounded (Meyer 1974).
    """
    found = _solve_linear(replace(form, cost=np.zeros_like(form.cost), stages=()), silent(options), None)
    if found.status is Status.INFEASIBLE:
        return found
    status = Status.INFEASIBLE_OR_UNBOUNDED if found.values is None else Status.UNBOUNDED
    return FormResult(status=status, stop_reason=StopReason.PROVED)


def _remaining(options: Options, began: float) -> Options:
    spent = time.perf_counter() - began
    options = later(options, spent)
    if options.time_limit is None:
        return options
    return replace(options, time_limit=max(options.time_limit - spent, 0.01))
