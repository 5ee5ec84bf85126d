"""What a general solver finds on a matrix form, and the way from there to a backend's outcome."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd

from ..models.own_constraints import hold_values
from .backend import Outcome
from .incumbents import later
from .price_certificates import certificate_from
from .solution import Status, StopReason

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..instances.arrays import FloatArray
    from ..models.matrix import MatrixForm
    from .backend import Options, Task

WHOLE_TOLERANCE = 1e-5
"""Farthest from a whole number that a solver's value of a whole column may lie."""

PROVED_GAP = 1e-7
"""Relative gap between a plan and its bound up to which the plan counts as proved optimal."""

ROW_TOLERANCE = 1e-6
"""Largest relative violation of a row or bound that still counts as rounding."""


@dataclass(frozen=True, eq=False, kw_only=True)
class FormResult:
    """A solver's answer to a matrix form, in the form's own units and sense.

    Parameters
    ----------
    status, stop_reason
        As in `Solution`.
    values
        Value of every column, whole ones exactly whole, or None.
    bound
        Proved bound on the objective, or None.
    row_duals
        Change of the objective per unit more of each row's right-hand side, or None.
    stages, notes
        As in `Solution`.
    """

    status: Status
    stop_reason: StopReason
    values: FloatArray | None = None
    bound: float | None = None
    row_duals: FloatArray | None = None
    stages: tuple[float, ...] = ()
    notes: tuple[str, ...] = ()


class FormSolver(Protocol):
    """A general solver: one function from a matrix form to a result."""

    def __call__(self, form: MatrixForm, options: Options, start: FloatArray | None = None) -> FormResult:
        """Solve, from the feasible column values `start` where they help."""


def solve_rendering(
    task: Task, options: Options, solver: FormSolver, render: Callable[[], MatrixForm] | None = None
) -> Outcome:
    """Solve a task by its matrix form (or another that `render` makes), in the problem's terms.

    A linear program's row prices are its certificate, as far as rounding lets them prove the plan. Where
    the user extended the model, the values are put into its variables, as Pyomo's solvers do.

    Examples
    --------
    >>> from allocare.instances.linear import LinearProblem
    >>> from allocare.solvers.backend import Options, Task
    >>> from allocare.solvers.highs_ import solve_form
    >>> problem = LinearProblem(
    ...     columns=["x", "y"], rows=["staff"], objective=[1, 2], matrix=[[1, 1]],
    ...     row_lower=[4], row_upper=[9], lower=[0, 0], upper=[3, 3])
    >>> solve_rendering(Task(problem), Options(), solve_form).decisions.tolist()
    [3.0, 1.0]
    """
    started = time.perf_counter()
    form = task.matrix_form if render is None else render()
    built = time.perf_counter()
    result = solver(form, later(options, built - started))
    if task.extended and result.values is not None:
        hold_values(task.model, result.values)
    duals = {} if result.row_duals is None else named_duals(form, result.row_duals)
    own = render is None and not task.extended and not task.problem.asks_fairness
    proves = bool(duals) and own and _is_linear(form)
    return Outcome(
        status=result.status,
        stop_reason=result.stop_reason,
        decisions=None if result.values is None else form.decided(result.values),
        objective=None if result.values is None else form.told(form.objective(result.values)),
        bound=None if result.bound is None else form.told(result.bound),
        build_seconds=built - started,
        solve_seconds=time.perf_counter() - built,
        duals=duals,
        stages=result.stages,
        notes=result.notes,
        certificate=certificate_from(task.problem, duals) if proves else None,
        advisory=proves,
    )


def _is_linear(form: MatrixForm) -> bool:
    return form.quadratic is None and len(form.stages) <= 1


def named_duals(form: MatrixForm, row_duals: FloatArray) -> dict[str, pd.Series[float]]:
    """Split row duals by row block, in the user's keys where the block has them.

    Examples
    --------
    >>> from allocare.models.matrix import FormBuilder
    >>> build = FormBuilder()
    >>> x = build.add_columns("x", 1)
    >>> _ = build.add_rows("limit", [(x, np.ones((1, 1)))], keys=pd.Index(["staff"]))
    >>> named_duals(build.finish(decisions="x"), np.array([3.0]))["limit"].to_dict()
    {'staff': 3.0}
    """
    return {
        block.name: pd.Series(row_duals[block.slice], index=block.keys, name=block.name, dtype=np.float64)
        for block in form.rows
    }


def exactly_whole(form: MatrixForm, values: FloatArray) -> FloatArray | None:
    """Round whole columns to exact whole numbers; None where one lies too far from any.

    Examples
    --------
    >>> from allocare.models.matrix import FormBuilder
    >>> build = FormBuilder()
    >>> _ = build.add_columns("x", 2, whole=True)
    >>> form = build.finish(decisions="x")
    >>> exactly_whole(form, np.array([2.9999999, 1.0])), exactly_whole(form, np.array([0.5, 1.0]))
    (array([3., 1.]), None)
    """
    nearest = np.where(form.whole, np.rint(values), values)
    if np.abs(nearest - values).max(initial=0.0) > WHOLE_TOLERANCE:
        return None
    return nearest


def violation(form: MatrixForm, values: FloatArray) -> float:
    """Largest violation of a row or bound, relative to the size of the terms that meet there (1 or more).

    Meant for forms of sensible magnitude, such as `ScaledForm` makes.

    Examples
    --------
    >>> from allocare.models.matrix import FormBuilder
    >>> build = FormBuilder()
    >>> x = build.add_columns("x", 1)
    >>> _ = build.add_rows("limit", [(x, np.ones((1, 1)))], upper=10)
    >>> round(violation(build.finish(decisions="x"), np.array([11.0])), 3)
    0.091
    """
    if not np.isfinite(values).all():
        return np.inf
    rows = _excess(form.matrix @ values, form.row_lower, form.row_upper, abs(form.matrix) @ abs(values))
    return max(rows, _excess(values, form.lower, form.upper, abs(values)))


def _excess(value: FloatArray, lower: FloatArray, upper: FloatArray, size: FloatArray) -> float:
    beyond = np.maximum(np.maximum(lower - value, value - upper), 0.0)
    return float((beyond / np.maximum(size, 1.0)).max(initial=0.0))


def clamped(form: MatrixForm, values: FloatArray, bound: float) -> float:
    """Keep a bound from passing the objective by rounding.

    Examples
    --------
    >>> from allocare.models.matrix import FormBuilder
    >>> build = FormBuilder()
    >>> _ = build.add_columns("x", 1, cost=1.0)
    >>> clamped(build.finish(decisions="x"), np.array([3.0]), 3.0000000001)
    3.0
    """
    objective = form.objective(values)
    beyond = bound < objective if form.maximise else bound > objective
    return objective if beyond and abs(bound - objective) <= 1e-6 * max(abs(objective), abs(bound)) else bound


def whole_bound(form: MatrixForm, bound: float) -> float:
    """Move a bound to the next whole number where every plan's objective is one.

    Examples
    --------
    >>> from allocare.models.matrix import FormBuilder
    >>> build = FormBuilder()
    >>> _ = build.add_columns("x", 1, cost=3.0, whole=True)
    >>> whole_bound(build.finish(decisions="x"), 11.2), whole_bound(build.finish(decisions="x"), 11.999999999)
    (12.0, 12.0)
    """
    counts = form.cost != 0
    data = np.append(form.cost[counts], form.offset)
    if form.quadratic is not None or not form.whole[counts].all() or (data != np.rint(data)).any():
        return bound
    doubt = 1e-6 * max(1.0, abs(bound))
    return (
        min(bound, float(np.floor(bound + doubt)))
        if form.maximise
        else max(bound, float(np.ceil(bound - doubt)))
    )


def graded(
    form: MatrixForm, values: FloatArray, bound: float, options: Options, negligible: float = 0.0
) -> tuple[Status, StopReason]:
    """Grade a plan that its solver calls optimal by what the bound proves.

    A distance of no more than `negligible` between the two is rounding, also where both are near 0.

    Examples
    --------
    >>> from allocare.models.matrix import FormBuilder
    >>> from allocare.solvers.backend import Options
    >>> build = FormBuilder()
    >>> _ = build.add_columns("x", 1, cost=1.0)
    >>> status, reason = graded(build.finish(decisions="x"), np.array([100.0]), 99.0, Options(gap=0.05))
    >>> status.value, reason.value
    ('feasible', 'gap')
    """
    objective = form.objective(values)
    size = float(abs(form.cost) @ abs(values)) + abs(form.offset)
    if form.quadratic is not None:
        size += float(abs(form.quadratic) @ values**2)
    size += sum(curve.size(values[curve.columns]) for curve in form.curves)
    apart, larger = abs(objective - bound), max(abs(objective), abs(bound))
    if np.isfinite(apart) and apart <= max(PROVED_GAP * larger, 1e-9 * size, negligible):
        return Status.OPTIMAL, StopReason.PROVED
    return Status.FEASIBLE, StopReason.GAP if apart <= options.target_gap * larger else StopReason.NUMERICAL
