"""Clarabel: linear, quadratic and concave separable programs on divisible quantities, by interior points."""

from __future__ import annotations

import signal
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from ..instances.errors import InputError
from ..models.implied_limits import implied_upper
from .curve_cones import CurveCones
from .curve_cuts import negligible_gap, settled, solve_by_tangents
from .cuts import not_convex
from .form_result import ROW_TOLERANCE, FormResult, clamped, graded, solve_rendering, violation
from .interior import interior_of
from .newton import newton_steps
from .scaled_form import ScaledForm
from .solution import Status, StopReason
from .stages import solve_in_stages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..instances.arrays import FloatArray, IndexArray
    from ..models.matrix import MatrixForm
    from .backend import Options, Outcome, Task

# https://docs.rs/clarabel/latest/clarabel/solver/enum.SolverStatus.html
# FEASIBLE stands where a plan may be held; without one it becomes UNKNOWN.
STATUS: dict[str, tuple[Status, StopReason]] = {
    "Unsolved": (Status.UNKNOWN, StopReason.NUMERICAL),
    "Solved": (Status.OPTIMAL, StopReason.PROVED),
    "PrimalInfeasible": (Status.INFEASIBLE, StopReason.PROVED),
    "DualInfeasible": (Status.UNBOUNDED, StopReason.PROVED),
    "AlmostSolved": (Status.FEASIBLE, StopReason.NUMERICAL),
    "AlmostPrimalInfeasible": (Status.UNKNOWN, StopReason.NUMERICAL),
    "AlmostDualInfeasible": (Status.UNKNOWN, StopReason.NUMERICAL),
    "MaxIterations": (Status.FEASIBLE, StopReason.ITERATION_LIMIT),
    "MaxTime": (Status.FEASIBLE, StopReason.TIME_LIMIT),
    "NumericalError": (Status.FEASIBLE, StopReason.NUMERICAL),
    "InsufficientProgress": (Status.FEASIBLE, StopReason.NUMERICAL),
    "CallbackTerminated": (Status.FEASIBLE, StopReason.INTERRUPTED),
}

FARTHEST_PLAN = 1e3
MAGNIFICATIONS = 2
SMALL_OBJECTIVE = 1e-2
"""An objective that comes out smaller than this is magnified and solved again: the gap is then absolute."""

POLISHES = 2
"""Times that curves are solved as cones: around an interior plan, then around the one found."""

NOTHING = 1e-9
"""Scaled quantities (of size 1) below this are an interior point's way to say 0."""

TOLERANCES = (1e-10, 1e-8)
"""Tolerances tried in turn; the last is Clarabel's own default."""


def refusal(task: Task, options: Options) -> str | None:
    """Refuse whole quantities and objectives that are not convex."""
    if _whole(task):
        return "it takes divisible quantities only, and here they are whole"
    return not_convex(task.matrix_form) if task.extended else None


def _whole(task: Task) -> bool:
    if task.extended or task.problem.kind == "assignment":
        return bool(task.matrix_form.whole.any())
    return bool(np.any(getattr(task.problem, "whole", False)))


def solve(task: Task, options: Options) -> Outcome:
    """Solve a task by its matrix form."""
    return solve_rendering(task, options, solve_form)


def solve_form(form: MatrixForm, options: Options, start: FloatArray | None = None) -> FormResult:
    """Solve a matrix form without whole columns; an interior point has no use for a start.

    Examples
    --------
    >>> from allocare.models.matrix import FormBuilder
    >>> from allocare.solvers.backend import Options
    >>> build = FormBuilder()
    >>> x = build.add_columns("x", 2, quadratic=[1.0, 3.0])
    >>> _ = build.add_rows("need", [(x, np.array([[1.0, 1.0]]))], lower=8.0)
    >>> result = solve_form(build.finish(decisions="x"), Options())
    >>> result.status.value, result.values.round(6).tolist(), round(result.bound, 6)
    ('optimal', [6.0, 2.0], 48.0)
    """
    if form.in_stages:
        return solve_in_stages(form, options, solve_form)
    if form.curves:
        return _solve_curves(form, options)
    began = time.perf_counter()
    scaled = ScaledForm.of(form, largest_quantity=1.0)
    native = _solve_cones(scaled, options, began)
    for _ in range(MAGNIFICATIONS):
        size = scaled.size(np.asarray(native.x)) if str(native.status) == "Solved" else 0.0
        if not 0.0 < size < SMALL_OBJECTIVE:
            break
        magnified = scaled.magnified(min(1.0 / size, 1e6))
        again = _solve_cones(magnified, options, began)
        if str(again.status) != "Solved":
            break
        scaled, native = magnified, again
    return _result(scaled, native, options)


def _solve_curves(form: MatrixForm, options: Options) -> FormResult:
    """Maximise curves as cones, around an interior plan and then around the one found.

    Where the dual of the cones leaves a gap, tangents around their plan close it.
    """
    began = time.perf_counter()
    # bounds far beyond what the rows allow would set the scale
    form = replace(form, upper=np.where(form.upper > 2 * implied_upper(form), np.inf, form.upper))
    interior = interior_of(form, options, solve_form)
    if isinstance(interior, FormResult):
        return interior
    scaled = ScaledForm.of(replace(form, curves=(), equivalent=None), largest_quantity=1.0)
    found, near = FormResult(status=Status.UNKNOWN, stop_reason=StopReason.NUMERICAL), interior.values
    for _ in range(POLISHES):
        curved = CurveCones.of(form.curves, near, scaled.column_factors, interior.never)
        native = _solve_cones(scaled, options, began, curved)
        found = _curved_result(form, scaled, curved, native, options)
        if found.stop_reason in (StopReason.TIME_LIMIT, StopReason.INTERRUPTED):
            return found
        if found.values is None or not np.isfinite(form.objective(found.values)):
            break
        near = found.values
        if _met(form, found, options):
            break
    polished = newton_steps(form, near, interior.never, _left(options, began), solve_form)
    if polished is not None or _met(form, found, options):
        return polished or found
    return solve_by_tangents(form, _left(options, began), solve_form, interior, near)


def _left(options: Options, began: float) -> Options:
    if options.time_limit is None:
        return options
    return replace(options, time_limit=max(options.time_limit - (time.perf_counter() - began), 0.0))


def _met(form: MatrixForm, found: FormResult, options: Options) -> bool:
    """Whether plan and bound are as near to each other as asked."""
    if found.values is None or found.bound is None:
        return False
    return negligible_gap(form, found.values, found.bound, options)


def _curved_result(
    form: MatrixForm, scaled: ScaledForm, curved: CurveCones, native: Any, options: Options
) -> FormResult:
    status, reason = STATUS[str(native.status)]
    if status not in (Status.OPTIMAL, Status.FEASIBLE):
        unknown = status if status is Status.UNBOUNDED else Status.UNKNOWN
        return FormResult(status=unknown, stop_reason=reason)
    found = np.asarray(native.x)[: len(form.cost)]
    values = scaled.values(np.where(np.abs(found) < NOTHING, 0.0, found))
    if violation(scaled.form, scaled.start(values)) > ROW_TOLERANCE:
        unfinished = StopReason.NUMERICAL if status is Status.OPTIMAL else reason
        return FormResult(status=Status.UNKNOWN, stop_reason=unfinished)
    bound = None
    if status is Status.OPTIMAL:
        size = float(abs(curved.cost).sum())
        bound = -(native.obj_val_dual * size + curved.constant) + form.offset
    result = FormResult(status=status, stop_reason=reason, values=values, bound=bound)
    return settled(form, result, options)


def _result(scaled: ScaledForm, native: Any, options: Options) -> FormResult:
    form = scaled.original
    status, reason = STATUS[str(native.status)]
    if status is Status.UNBOUNDED:
        return _feasible_or_not(form, options)
    if str(native.status) in ("PrimalInfeasible", "AlmostPrimalInfeasible"):
        known = _certified(scaled, native)
        return FormResult(
            status=Status.INFEASIBLE if known else Status.UNKNOWN,
            stop_reason=StopReason.PROVED if known else StopReason.NUMERICAL,
        )
    if status not in (Status.OPTIMAL, Status.FEASIBLE):
        return FormResult(status=status, stop_reason=reason)
    found = np.asarray(native.x)
    values = scaled.values(np.where(np.abs(found) < NOTHING, 0.0, found))
    if violation(scaled.form, scaled.start(values)) > ROW_TOLERANCE:
        unfinished = StopReason.NUMERICAL if status is Status.OPTIMAL else reason
        return FormResult(status=Status.UNKNOWN, stop_reason=unfinished)
    if status is not Status.OPTIMAL:
        return FormResult(status=status, stop_reason=reason, values=values)
    bound = clamped(form, values, scaled.objective(native.obj_val_dual + scaled.form.offset))
    if abs(form.objective(values) - bound) <= max(scaled.negligible, _rounding_of_zero(form, values)):
        bound = form.objective(values)
    status, reason = graded(form, values, bound, options)
    duals = scaled.row_duals(_Cones.of(scaled.form).row_duals(np.asarray(native.z)))
    return FormResult(status=status, stop_reason=reason, values=values, bound=bound, row_duals=duals)


def _rounding_of_zero(form: MatrixForm, values: FloatArray) -> float:
    """How far a bound may be from a plan that costs nothing: the tolerance, in the data's own size."""
    if np.any(form.cost * values) or (form.quadratic is not None and np.any(form.quadratic * values)):
        return 0.0
    limits = np.concatenate([form.row_lower, form.row_upper, form.lower, form.upper])
    largest = np.abs(limits[np.isfinite(limits)]).max(initial=0.0)
    linear = np.abs(form.cost).max(initial=0.0) * largest
    squared = 0.0 if form.quadratic is None else np.abs(form.quadratic).max(initial=0.0)
    return float(1e-9 * (linear + squared))


def _certified(scaled: ScaledForm, native: Any) -> bool:
    """Whether the multipliers refute all plans up to 1000 times the largest right-hand side (Farkas)."""
    cones, multipliers = _Cones.of(scaled.form), np.asarray(native.z)
    remainder = float(abs(cones.matrix.T @ multipliers).sum())
    return float(cones.right_hand_side @ multipliers) + FARTHEST_PLAN * remainder < 0


def _feasible_or_not(form: MatrixForm, options: Options) -> FormResult:
    """A ray along which the objective improves without end proves unboundedness only where a plan exists."""
    plain = replace(form, cost=np.zeros_like(form.cost), quadratic=None, stages=())
    found = solve_form(plain, options)
    if found.status is Status.INFEASIBLE:
        return found
    status = Status.INFEASIBLE_OR_UNBOUNDED if found.values is None else Status.UNBOUNDED
    return FormResult(status=status, stop_reason=StopReason.PROVED)


@dataclass(frozen=True, eq=False)
class _Cones:
    """A form as Clarabel takes it: equations first, then rows that are at most their right-hand side."""

    form: MatrixForm
    matrix: sp.csc_array
    right_hand_side: FloatArray
    equations: int
    row: IndexArray
    """Row of the form behind each equation and inequality, -1 for a column's bound."""
    sign: FloatArray

    @classmethod
    def of(cls, form: MatrixForm) -> _Cones:
        height, width = form.matrix.shape
        everything = sp.csr_array(sp.vstack([form.matrix, sp.eye_array(width)], format="csr"))
        lower = np.concatenate([form.row_lower, form.lower])
        upper = np.concatenate([form.row_upper, form.upper])
        equal = np.flatnonzero(lower == upper)
        above = np.flatnonzero(np.isfinite(upper) & (lower != upper))
        below = np.flatnonzero(np.isfinite(lower) & (lower != upper))
        order = np.concatenate([equal, above, below])
        sign = np.concatenate([np.ones(len(equal) + len(above)), -np.ones(len(below))])
        return cls(
            form,
            sp.csc_array(sp.diags_array(sign) @ everything[order]),
            np.concatenate([upper[equal], upper[above], -lower[below]]),
            len(equal),
            np.where(order < height, order, -1),
            sign,
        )

    def row_duals(self, multipliers: FloatArray) -> FloatArray:
        """Change of the minimum per unit more of each row's right-hand side."""
        duals = np.zeros(self.form.matrix.shape[0])
        of_row = self.row >= 0
        np.add.at(duals, self.row[of_row], -self.sign[of_row] * multipliers[of_row])
        return duals


def _solve_cones(scaled: ScaledForm, options: Options, began: float, curved: CurveCones | None = None) -> Any:
    """Clarabel's solution at the tightest tolerance that it reaches."""
    cones = _Cones.of(scaled.form)
    for tolerance in TOLERANCES:
        native = _solve_at(cones, options, tolerance, began, curved)
        if STATUS[str(native.status)][1] is not StopReason.NUMERICAL:
            break
    return native


def _solve_at(
    cones: _Cones, options: Options, tolerance: float, began: float, curved: CurveCones | None
) -> Any:
    import clarabel

    width = len(cones.form.cost)
    quadratic = np.zeros(width) if cones.form.quadratic is None else 2.0 * cones.form.quadratic
    kinds = [
        clarabel.ZeroConeT(cones.equations),
        clarabel.NonnegativeConeT(len(cones.right_hand_side) - cones.equations),
    ]
    kinds = [kind for kind in kinds if kind.dim]
    matrix, right_hand_side, cost = cones.matrix, cones.right_hand_side, cones.form.cost
    if curved is not None:
        own = len(curved.cost)
        matrix = sp.vstack([sp.hstack([matrix, sp.csr_array((matrix.shape[0], own))]), curved.matrix])
        right_hand_side = np.concatenate([right_hand_side, curved.right_hand_side])
        quadratic = np.concatenate([quadratic, np.zeros(own)])
        cost = np.concatenate([cost, curved.cost]) / float(abs(curved.cost).sum())
        kinds += [
            clarabel.ExponentialConeT() if np.isnan(power) else clarabel.PowerConeT(power)
            for power in curved.power.tolist()
        ]
    solver = clarabel.DefaultSolver(
        sp.csc_matrix(sp.diags_array(quadratic)),
        cost,
        sp.csc_matrix(matrix),
        right_hand_side,
        kinds,
        _settings(options, tolerance, began),
    )
    if options.log:
        solver.print_to_buffer()
    with _interrupts_noted() as interrupted:
        solver.set_termination_callback(lambda info: bool(interrupted))
        native = solver.solve()
    if options.log:
        sys.stderr.write(solver.get_print_buffer())
    return native


def _settings(options: Options, tolerance: float, began: float) -> Any:
    import clarabel

    settings = clarabel.DefaultSettings()
    settings.verbose = options.log
    settings.tol_feas = tolerance
    settings.tol_gap_abs = tolerance
    settings.tol_gap_rel = max(tolerance, options.target_gap)
    settings.max_threads = options.threads or 0
    if options.time_limit is not None:
        settings.time_limit = max(options.time_limit - (time.perf_counter() - began), 0.0)
    for name, value in options.native.items():
        if not hasattr(settings, name):
            raise InputError(
                f"Clarabel has no option {name!r}; see https://clarabel.org/stable/api_settings/"
            )
        kind = type(getattr(settings, name))
        try:
            setattr(settings, name, kind(value))
        except (TypeError, ValueError) as error:
            raise InputError(f"Clarabel option {name!r} cannot be {value!r}: {error}") from error
    return settings


@contextmanager
def _interrupts_noted() -> Iterator[list[int]]:
    """Note Ctrl-C in a list instead of raising, since an exception cannot pass through Clarabel."""
    noted: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield noted
        return
    before = signal.signal(signal.SIGINT, lambda number, frame: noted.append(number))
    try:
        yield noted
    finally:
        signal.signal(signal.SIGINT, before)
