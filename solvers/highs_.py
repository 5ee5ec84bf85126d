"""HiGHS: linear and mixed-integer programs from arrays; convex quadratic objectives by cuts."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..instances.errors import InputError
from .cuts import not_convex, solve_by_cuts
from .form_result import (
    ROW_TOLERANCE,
    FormResult,
    clamped,
    exactly_whole,
    graded,
    solve_rendering,
    violation,
    whole_bound,
)
from .scaled_form import ScaledForm
from .solution import Status, StopReason
from .stages import solve_in_stages

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..instances.arrays import FloatArray
    from ..models.matrix import MatrixForm
    from .backend import Options, Outcome, Task

# https://ergo-code.github.io/HiGHS/stable/structures/enums/#HighsModelStatus
# FEASIBLE stands where a plan may be held; without one it becomes UNKNOWN.
STATUS: dict[str, tuple[Status, StopReason]] = {
    "kNotset": (Status.UNKNOWN, StopReason.NUMERICAL),
    "kLoadError": (Status.UNKNOWN, StopReason.NUMERICAL),
    "kModelError": (Status.UNKNOWN, StopReason.NUMERICAL),
    "kPresolveError": (Status.UNKNOWN, StopReason.NUMERICAL),
    "kSolveError": (Status.UNKNOWN, StopReason.NUMERICAL),
    "kPostsolveError": (Status.UNKNOWN, StopReason.NUMERICAL),
    "kModelEmpty": (Status.OPTIMAL, StopReason.PROVED),
    "kOptimal": (Status.OPTIMAL, StopReason.PROVED),
    "kInfeasible": (Status.INFEASIBLE, StopReason.PROVED),
    "kUnboundedOrInfeasible": (Status.INFEASIBLE_OR_UNBOUNDED, StopReason.PROVED),
    "kUnbounded": (Status.UNBOUNDED, StopReason.PROVED),
    "kObjectiveBound": (Status.FEASIBLE, StopReason.ITERATION_LIMIT),
    "kObjectiveTarget": (Status.FEASIBLE, StopReason.ITERATION_LIMIT),
    "kTimeLimit": (Status.FEASIBLE, StopReason.TIME_LIMIT),
    "kIterationLimit": (Status.FEASIBLE, StopReason.ITERATION_LIMIT),
    "kUnknown": (Status.FEASIBLE, StopReason.NUMERICAL),
    "kSolutionLimit": (Status.FEASIBLE, StopReason.ITERATION_LIMIT),
    "kInterrupt": (Status.FEASIBLE, StopReason.INTERRUPTED),
    "kMemoryLimit": (Status.FEASIBLE, StopReason.ITERATION_LIMIT),
    "kHighsInterrupt": (Status.FEASIBLE, StopReason.INTERRUPTED),
}


def refusal(task: Task, options: Options) -> str | None:
    """Refuse a quadratic objective that is not convex."""
    return not_convex(task.matrix_form) if task.extended else None


def solve(task: Task, options: Options) -> Outcome:
    """Solve a task by its matrix form."""
    return solve_rendering(task, options, solve_form)


def solve_form(form: MatrixForm, options: Options, start: FloatArray | None = None) -> FormResult:
    """Solve a matrix form: stage by stage, by cuts where quadratic, or at once.

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
    if len(form.stages) > 1:
        return solve_in_stages(form, options, solve_form)
    if form.quadratic is not None:
        return solve_by_cuts(form, options, solve_form)
    return _solve_linear(form, options, start)


def _solve_linear(form: MatrixForm, options: Options, start: FloatArray | None) -> FormResult:
    began = time.perf_counter()
    if form.integral and form.whole.any():
        at_vertex = _solve_at_vertex(form, options)
        if at_vertex is not None:
            return at_vertex
        options = _remaining(options, began)
    scaled = ScaledForm.of(form)
    highs = _prepared(scaled.form, options)
    if start is not None and form.whole.any():
        _offer(highs, scaled.start(start))
    _run(highs)
    status, reason = STATUS[highs.getModelStatus().name]
    if reason is StopReason.NUMERICAL and not form.whole.any():
        highs.setOptionValue("primal_feasibility_tolerance", 1e-7)
        highs.setOptionValue("dual_feasibility_tolerance", 1e-7)
        _run(highs)
        status, reason = STATUS[highs.getModelStatus().name]
    if status in (Status.UNBOUNDED, Status.INFEASIBLE_OR_UNBOUNDED):
        return _feasible_or_not(form, _remaining(options, began))
    if status not in (Status.OPTIMAL, Status.FEASIBLE):
        return FormResult(status=status, stop_reason=reason)
    result = _held(scaled, highs, status, reason, options)
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


def _held(scaled: ScaledForm, highs: Any, status: Status, reason: StopReason, options: Options) -> FormResult:
    """Take over what HiGHS holds at its end."""
    import highspy

    form, info = scaled.original, highs.getInfo()
    bound = _bound(scaled, highs, status)
    if status is Status.FEASIBLE and info.primal_solution_status != highspy.kSolutionStatusFeasible:
        return FormResult(status=Status.UNKNOWN, stop_reason=reason, bound=bound)
    solution = highs.getSolution()
    values = exactly_whole(form, scaled.values(solution.col_value))
    if values is None or violation(scaled.form, scaled.start(values)) > ROW_TOLERANCE:
        note = "HiGHS's plan breaks a row or a whole number by more than rounding, so it is not taken"
        return FormResult(status=Status.UNKNOWN, stop_reason=StopReason.NUMERICAL, bound=bound, notes=(note,))
    duals = None
    if status is Status.OPTIMAL and not form.whole.any() and solution.dual_valid:
        duals = scaled.row_duals(solution.row_dual)
    if bound is not None:
        bound = clamped(form, values, bound)
        if status is Status.OPTIMAL:
            status, reason = graded(form, values, bound, options, scaled.negligible)
    return FormResult(status=status, stop_reason=reason, values=values, bound=bound, row_duals=duals)


def _bound(scaled: ScaledForm, highs: Any, status: Status) -> float | None:
    info = highs.getInfo()
    if scaled.original.whole.any():
        bound = scaled.objective(info.mip_dual_bound)
        return whole_bound(scaled.original, bound) if np.isfinite(bound) else None
    if status is Status.OPTIMAL:
        return scaled.objective(info.objective_function_value)
    return None


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
    found = _solve_linear(replace(form, cost=np.zeros_like(form.cost), stages=()), options, None)
    if found.status is Status.INFEASIBLE:
        return found
    status = Status.INFEASIBLE_OR_UNBOUNDED if found.values is None else Status.UNBOUNDED
    return FormResult(status=status, stop_reason=StopReason.PROVED)


def _remaining(options: Options, began: float) -> Options:
    if options.time_limit is None:
        return options
    return replace(options, time_limit=max(options.time_limit - (time.perf_counter() - began), 0.01))


def _prepared(form: MatrixForm, options: Options) -> Any:
    """HiGHS with a form and all options in it."""
    import highspy

    # the number of threads is fixed with the first solve of a process until this
    highspy.Highs.resetGlobalScheduler(True)
    highs = highspy.Highs()
    highs.setOptionValue("log_to_console", False)
    highs.setOptionValue("output_flag", options.log)
    if options.log:
        highs.cbLogging.subscribe(lambda event: sys.stderr.write(event.message))
    settings: dict[str, Any] = {
        "mip_rel_gap": options.target_gap,
        "mip_abs_gap": 1e-10,
        "small_matrix_value": 1e-12,
        "random_seed": options.seed,
    }
    if not form.whole.any():
        settings["primal_feasibility_tolerance"] = settings["dual_feasibility_tolerance"] = 1e-9
    if options.time_limit is not None:
        settings["time_limit"] = float(options.time_limit)
    if options.threads is not None:
        settings["threads"] = options.threads
    for name, value in settings.items():
        highs.setOptionValue(name, value)
    for name, value in options.native.items():
        _set_native(highs, name, value)
    model = highspy.HighsLp()
    model.num_row_, model.num_col_ = form.matrix.shape
    model.col_cost_, model.offset_ = form.cost, form.offset
    model.col_lower_, model.col_upper_ = form.lower, form.upper
    model.row_lower_, model.row_upper_ = form.row_lower, form.row_upper
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.num_row_, model.a_matrix_.num_col_ = form.matrix.shape
    model.a_matrix_.start_ = form.matrix.indptr
    model.a_matrix_.index_ = form.matrix.indices
    model.a_matrix_.value_ = form.matrix.data
    if form.whole.any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        model.integrality_ = np.array(kinds, dtype=object)[form.whole.astype(np.int8)].tolist()
    highs.passModel(model)
    return highs


def _set_native(highs: Any, name: str, value: Any) -> None:
    import highspy

    status, kind = highs.getOptionType(name)
    if status != highspy.HighsStatus.kOk:
        raise InputError(
            f"HiGHS has no option {name!r}; see https://ergo-code.github.io/HiGHS/dev/options/definitions/"
        )
    conversions: dict[Any, Callable[[Any], Any]] = {
        highspy.HighsOptionType.kBool: _truth,
        highspy.HighsOptionType.kInt: int,
        highspy.HighsOptionType.kDouble: float,
        highspy.HighsOptionType.kString: str,
    }
    try:
        converted = conversions[kind](value)
    except (TypeError, ValueError) as error:
        raise InputError(f"HiGHS option {name!r} cannot be {value!r}: {error}") from error
    if highs.setOptionValue(name, converted) != highspy.HighsStatus.kOk:
        raise InputError(f"HiGHS option {name!r} cannot be {value!r}; the value is out of its range")


def _truth(value: Any) -> bool:
    words = {"true": True, "on": True, "1": True, "false": False, "off": False, "0": False}
    word = str(value).lower()
    if word not in words:
        raise ValueError("give true or false")
    return words[word]


def _offer(highs: Any, values: FloatArray) -> None:
    import highspy

    start = highspy.HighsSolution()
    start.col_value = values.tolist()
    highs.setSolution(start)


def _run(highs: Any) -> None:
    """Run in a thread of its own, so that Ctrl-C cancels the search and keeps what it holds."""
    highs.HandleUserInterrupt = True
    highs.startSolve()
    ended = False
    while not ended:
        try:
            ended = highs.wait(0.1)[0]
        except KeyboardInterrupt:
            highs.cancelSolve()
