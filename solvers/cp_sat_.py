"""CP-SAT: problems whose decisions and data are whole numbers, linear or with squares."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import numpy as np

from ..instances.errors import CapabilityError, InputError
from ..instances.fair_allocation import FairAllocationProblem
from ..models.cp_sat_fair import whole_variance_form
from ..models.integer_form import UNLIMITED, integer_form
from ..models.whole_columns import in_whole_columns
from .form_result import FormResult, clamped, graded, solve_rendering
from .incumbents import divided, later
from .solution import Status, StopReason
from .stages import solve_in_stages

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..instances.arrays import FloatArray
    from ..models.integer_form import IntegerForm
    from ..models.matrix import MatrixForm
    from .backend import Options, Outcome, Task

# https://developers.google.com/optimization/cp/cp_solver#cp-sat_return_values
# What stopped a search without a proof is not among CP-SAT's statuses: `_reason` tells.
STATUS: dict[str, tuple[Status, StopReason]] = {
    "UNKNOWN": (Status.UNKNOWN, StopReason.ITERATION_LIMIT),
    "MODEL_INVALID": (Status.UNKNOWN, StopReason.NUMERICAL),
    "FEASIBLE": (Status.FEASIBLE, StopReason.ITERATION_LIMIT),
    "INFEASIBLE": (Status.INFEASIBLE, StopReason.PROVED),
    "OPTIMAL": (Status.OPTIMAL, StopReason.PROVED),
}


WORKERS = 8
"""Searches side by side, also on fewer cores: with fewer, CP-SAT leaves out those that use the relaxation."""


def refusal(task: Task, options: Options) -> str | None:
    """Refuse divisible quantities, and numbers that cannot be made whole exactly."""
    problem = task.problem
    if not task.extended and not np.all(getattr(problem, "whole", True)):
        return "it takes whole-number columns only, and here some are divisible"
    try:
        form, _ = _whole_form(task)
        for stage in (*(form.stages or (form.cost,)), *form.tie_break):
            integer_form(replace(form, cost=stage))
    except CapabilityError as error:
        return str(error)
    return None


def solve(task: Task, options: Options) -> Outcome:
    """Solve a task by its matrix form, or minimum variance by its form in whole numbers alone."""
    multiple = 1

    def render() -> MatrixForm:
        nonlocal multiple
        form, multiple = _whole_form(task)
        return form

    def solver(form: MatrixForm, options: Options, start: FloatArray | None = None) -> FormResult:
        return solve_form(form, divided(options, multiple), start)

    outcome = solve_rendering(task, options, solver, render)
    return replace(
        outcome,
        objective=None if outcome.objective is None else outcome.objective / multiple,
        bound=None if outcome.bound is None else outcome.bound / multiple,
    )


def _whole_form(task: Task) -> tuple[MatrixForm, int]:
    """The form to solve, and its objective's multiple of the problem's."""
    problem = None if task.extended else task.problem
    if problem is None:
        return task.matrix_form, 1
    own = not problem.asks_fairness
    if own and isinstance(problem, FairAllocationProblem) and problem.criterion == "min-variance":
        return whole_variance_form(problem)
    return in_whole_columns(task.matrix_form), 1


def solve_form(form: MatrixForm, options: Options, start: FloatArray | None = None) -> FormResult:
    """Solve a matrix form whose columns are all whole.

    Examples
    --------
    >>> from allocare.models.matrix import FormBuilder
    >>> from allocare.solvers.backend import Options
    >>> build = FormBuilder()
    >>> x = build.add_columns("x", 2, cost=[3.0, 2.0], upper=9, whole=True)
    >>> _ = build.add_rows("need", [(x, np.array([[2.0, 1.0]]))], lower=5.0)
    >>> result = solve_form(build.finish(decisions="x"), Options())
    >>> result.status.value, result.values.tolist(), result.bound
    ('optimal', [2.0, 1.0], 8.0)
    """
    if form.in_stages:
        return solve_in_stages(form, options, solve_form)
    began = time.perf_counter()
    whole = integer_form(form)
    if whole.crossed:
        return FormResult(status=Status.INFEASIBLE, stop_reason=StopReason.PROVED, notes=whole.notes)
    model = _loaded(whole, start)
    solver = _prepared(options, began)
    listener = later(options, time.perf_counter() - began).on_incumbent
    native, interrupted = _run(model, solver, None if listener is None else _telling(listener))
    status, reason = STATUS[native]
    if reason is StopReason.ITERATION_LIMIT:
        reason = _reason(solver, interrupted)
    if status not in (Status.OPTIMAL, Status.FEASIBLE):
        return FormResult(status=status, stop_reason=reason, notes=whole.notes)
    values = np.array(solver.response_proto.solution, dtype=np.float64)[: len(form.cost)]
    bound = clamped(form, values, float(solver.best_objective_bound))
    if status is Status.OPTIMAL:
        status, reason = graded(form, values, bound, options)
    notes = whole.notes
    if solver.parameters.num_workers > 1:
        notes += (
            "parallel search: among equally good plans another may come back next time, except on 1 thread",
        )
    return FormResult(status=status, stop_reason=reason, values=values, bound=bound, notes=notes)


def _loaded(whole: IntegerForm, start: FloatArray | None) -> Any:
    """The CP-SAT model of an integer form, written straight into its buffer."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    buffer = model.proto
    for low, high in zip(whole.lower.tolist(), whole.upper.tolist(), strict=True):
        buffer.variables.add().domain.extend((low, high))
    indices, coefficients, starts = (a.tolist() for a in (whole.indices, whole.coefficients, whole.starts))
    limits = zip(whole.row_lower.tolist(), whole.row_upper.tolist(), strict=True)
    for first, last, (low, high) in zip(starts[:-1], starts[1:], limits, strict=True):
        row = buffer.constraints.add().linear
        row.vars.extend(indices[first:last])
        row.coeffs.extend(coefficients[first:last])
        row.domain.extend((max(low, -UNLIMITED), min(high, UNLIMITED)))
    priced = np.flatnonzero(whole.cost)
    objective = buffer.objective
    objective.vars.extend(priced.tolist())
    objective.coeffs.extend(whole.cost[priced].tolist())
    for column in np.flatnonzero(whole.quadratic).tolist():
        objective.vars.append(_square(buffer, column, int(whole.lower[column]), int(whole.upper[column])))
        objective.coeffs.append(int(whole.quadratic[column]))
    objective.scaling_factor = whole.objective_factor
    objective.offset = whole.offset / whole.objective_factor
    if start is not None:
        buffer.solution_hint.vars.extend(range(len(start)))
        buffer.solution_hint.values.extend(np.rint(start).astype(np.int64).tolist())
    return model


def _square(buffer: Any, column: int, low: int, high: int) -> int:
    """Add a variable that is the square of another."""
    at = len(buffer.variables)
    ends = (low * low, high * high)
    buffer.variables.add().domain.extend((0 if low <= 0 <= high else min(ends), max(ends)))
    product = buffer.constraints.add().int_prod
    product.target.vars.append(at)
    product.target.coeffs.append(1)
    for _ in range(2):
        factor = product.exprs.add()
        factor.vars.append(column)
        factor.coeffs.append(1)
    return at


def _prepared(options: Options, began: float) -> Any:
    from ortools.sat.python import cp_model

    solver = cp_model.CpSolver()
    parameters = solver.parameters
    parameters.catch_sigint_signal = False
    parameters.random_seed = options.seed
    parameters.absolute_gap_limit = 0.0
    parameters.relative_gap_limit = options.gap or 0.0
    parameters.num_workers = options.threads or WORKERS
    if options.time_limit is not None:
        parameters.max_time_in_seconds = max(options.time_limit - (time.perf_counter() - began), 0.0)
    if options.log:
        parameters.log_search_progress = True
        parameters.log_to_stdout = False
        solver.log_callback = lambda line: print(line, file=sys.stderr)
    for name, value in options.native.items():
        _set_native(parameters, name, value)
    return solver


def _set_native(parameters: Any, name: str, value: Any) -> None:
    if name.startswith("_") or not hasattr(parameters, name):
        raise InputError(
            f"CP-SAT has no option {name!r}; see ortools/sat/sat_parameters.proto in the OR-Tools sources"
        )
    kind = type(getattr(parameters, name))
    words = {"true": True, "false": False}
    try:
        converted = words[str(value).lower()] if kind is bool else kind(value)
        setattr(parameters, name, converted)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise InputError(f"CP-SAT option {name!r} cannot be {value!r}; it takes {kind.__name__}") from error


def _telling(listener: Callable[[float, float, float | None], None]) -> Any:
    """CP-SAT's callback that tells of every better plan."""
    from ortools.sat.python import cp_model

    class Telling(cp_model.CpSolverSolutionCallback):
        def on_solution_callback(self) -> None:
            bound = float(self.best_objective_bound)
            listener(
                float(self.wall_time), float(self.objective_value), bound if np.isfinite(bound) else None
            )

    return Telling()


def _run(model: Any, solver: Any, callback: Any = None) -> tuple[str, bool]:
    """Search in a thread of its own, so that Ctrl-C stops the search and keeps what it holds."""
    statuses: list[str] = []
    ended = Event()

    def search() -> None:
        try:
            statuses.append(solver.status_name(solver.solve(model, callback)))
        finally:
            ended.set()

    Thread(target=search, daemon=True).start()
    interrupted = False
    while not ended.is_set():
        try:
            # not Thread.join: interrupted, it takes the thread for dead (bpo-45274)
            ended.wait(0.1)
            if interrupted:
                solver.stop_search()
        except KeyboardInterrupt:
            interrupted = True
    if not statuses:
        raise RuntimeError("CP-SAT ended without a status")
    return statuses[0], interrupted


def _reason(solver: Any, interrupted: bool) -> StopReason:
    """Why the search ended before a proof; CP-SAT itself does not say."""
    if interrupted:
        return StopReason.INTERRUPTED
    limit = solver.parameters.max_time_in_seconds
    return StopReason.TIME_LIMIT if solver.wall_time >= 0.99 * limit else StopReason.ITERATION_LIMIT
