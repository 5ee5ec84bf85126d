"""What HiGHS holds at its end, in the form's own units: its status, plan, bound and row prices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .form_result import ROW_TOLERANCE, FormResult, clamped, exactly_whole, graded, violation, whole_bound
from .solution import Status, StopReason

if TYPE_CHECKING:
    from .backend import Options
    from .scaled_form import ScaledForm

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


def held(scaled: ScaledForm, highs: Any, status: Status, reason: StopReason, options: Options) -> FormResult:
    """Take over what HiGHS holds at its end.

    Parameters
    ----------
    scaled
        The form that it solved.
    highs
        HiGHS after its run.
    status, reason
        How it ended.
    options
        What was asked for.

    Examples
    --------
    >>> from allocare.models.matrix import FormBuilder
    >>> from allocare.solvers.backend import Options
    >>> from allocare.solvers.highs_session import prepared, run
    >>> from allocare.solvers.scaled_form import ScaledForm
    >>> build = FormBuilder()
    >>> x = build.add_columns("x", 2, cost=[3.0, 2.0], upper=4.0)
    >>> _ = build.add_rows("need", [(x, np.array([[1.0, 1.0]]))], lower=5.0)
    >>> scaled = ScaledForm.of(build.finish(decisions="x"))
    >>> highs = prepared(scaled.form, Options())
    >>> run(highs)
    >>> result = held(scaled, highs, *STATUS[highs.getModelStatus().name], Options())
    >>> result.values.tolist(), result.row_duals.tolist()
    ([1.0, 4.0], [3.0])
    """
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
