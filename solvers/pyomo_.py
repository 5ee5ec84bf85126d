"""Any solver that Pyomo finds, on the Pyomo rendering, as ``pyomo:NAME``."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..models.own_constraints import hold_values, violations_of
from ..models.standard_form import active_constraints, columns_of
from .backend import Outcome
from .form_result import WHOLE_TOLERANCE
from .incumbents import divided, later, silent
from .pyomo_interfaces import DIVISIBLE_ONLY, LINEAR_ONLY, LOCAL, Found, interface_of, run, unavailable
from .solution import Status, StopReason
from .stages import HELD, NO_TIE_BREAK, TIE_BREAK, smallest_step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..instances.arrays import FloatArray
    from .backend import Options, Task

DEFAULT = "highs"


def refusal(task: Task, options: Options) -> str | None:
    """Refuse solvers that Pyomo does not find, and what a solver is known not to take."""
    name = options.variant or DEFAULT
    why = unavailable(name)
    if why is not None:
        return why
    interface = interface_of(name)
    if interface in LINEAR_ONLY and _curved(task):
        kind = "curved" if task.problem.asks_fairness else "quadratic"
        return f"Pyomo's {name!r} takes linear objectives only, and this one is {kind}"
    if interface in DIVISIBLE_ONLY and _whole(task):
        return f"Pyomo's {name!r} takes divisible quantities only, and here some are whole"
    return None


def _curved(task: Task) -> bool:
    if not task.extended:
        if task.problem.asks_fairness:
            return task.matrix_form.quadratic is not None or bool(task.matrix_form.curves)
        return task.problem.kind == "fair-allocation"
    return any(
        objective.expr.polynomial_degree() not in (0, 1) for objective in _active_objectives(task.model)
    )


def _whole(task: Task) -> bool:
    if not task.extended:
        return task.problem.kind == "assignment" or bool(np.any(getattr(task.problem, "whole", False)))
    return any(column.is_integer() for column in columns_of(task.model))


def _active_objectives(model: Any) -> list[Any]:
    from pyomo.environ import Objective

    return list(model.component_data_objects(Objective, active=True))


def solve(task: Task, options: Options) -> Outcome:
    """Solve a task by its Pyomo model; a model of the user's own ends with the plan's values."""
    started = time.perf_counter()
    model = task.pyomo_model
    built = time.perf_counter()
    objective = _active_objectives(model)[0]
    stages = _stages(task, objective)
    reached: tuple[float, ...] = ()
    if len(stages) > 1 or model.component("tie_break") is not None:
        found, reached = _solve_in_stages(task, model, stages or [objective.expr], objective, silent(options))
    else:
        found = _solve_one(task, model, objective.expr, objective.sense, later(options, built - started))
    decided = None if found.values is None else found.values[: task.problem.size]
    value = None if found.values is None else _value(model, found.values, objective.expr)
    if task.extended and found.values is not None:
        hold_values(model, found.values)
    if task.problem.asks_fairness and not task.extended:
        told = task.matrix_form.told
        value = None if value is None else told(value)
        found = replace(found, bound=None if found.bound is None else told(found.bound))
    proved_by_stages = bool(reached) and found.status is Status.OPTIMAL
    return Outcome(
        status=found.status,
        stop_reason=found.stop_reason,
        decisions=decided,
        objective=value,
        bound=value if proved_by_stages else None if reached else found.bound,
        build_seconds=built - started,
        solve_seconds=time.perf_counter() - built,
        duals={} if reached else _named_duals(model, found),
        stages=reached,
        notes=found.notes,
    )


def _solve_one(task: Task, model: Any, expression: Any, sense: Any, options: Options) -> Found:
    """Solve for one objective, and grade and round what comes back."""
    name = options.variant or DEFAULT
    factor = _factor(expression)
    began = time.perf_counter()
    with _objective(model, factor * expression, sense):
        found = run(model, name, divided(options, factor))
    if found.status in (Status.UNBOUNDED, Status.INFEASIBLE_OR_UNBOUNDED):
        return _feasible_or_not(model, name, _left(options, began), found)
    bound = None if found.bound is None else found.bound / factor
    duals = {row: dual / factor for row, dual in found.duals.items()}
    found = replace(found, bound=bound, duals=duals)
    if found.values is None:
        return found
    whole = np.array([column.is_integer() for column in columns_of(model)], dtype=bool)
    values = np.where(whole, np.rint(found.values), found.values)
    off = abs(values - found.values).max(initial=0.0) > WHOLE_TOLERANCE
    if off or (found.status is not Status.OPTIMAL and violations_of(model, values)):
        stopped = StopReason.NUMERICAL if found.status is Status.OPTIMAL else found.stop_reason
        return replace(found, status=Status.UNKNOWN, stop_reason=stopped, values=None, duals={})
    found = replace(found, values=values)
    return found if found.status is not Status.OPTIMAL else _graded(task, model, expression, found, options)


def _graded(task: Task, model: Any, expression: Any, found: Found, options: Options) -> Found:
    """Hold a solver's word for optimal against its bound; without one, against what the solver can prove."""
    assert found.values is not None
    objective, bound = _value(model, found.values, expression), found.bound
    if bound is None:
        if interface_of(options.variant) in LOCAL and task.extended:
            note = "the solver proves a local optimum only"
            return replace(
                found, status=Status.FEASIBLE, stop_reason=StopReason.RULE, notes=(*found.notes, note)
            )
        if options.gap is not None and options.gap > 0:
            return replace(found, status=Status.FEASIBLE, stop_reason=StopReason.GAP)
        return replace(found, bound=objective)
    apart, size = abs(objective - bound), max(abs(objective), abs(bound))
    if apart <= max(1e-7 * size, 1e-9):
        return found
    reason = StopReason.GAP if apart <= options.target_gap * size else StopReason.NUMERICAL
    return replace(found, status=Status.FEASIBLE, stop_reason=reason)


def _feasible_or_not(model: Any, name: str, options: Options, found: Found) -> Found:
    """Tell unbounded from infeasible: without an objective, only infeasible remains."""
    from pyomo.environ import minimize

    constant = 0.0 * next(iter(columns_of(model)))
    with _objective(model, constant, minimize):
        again = run(model, name, silent(options))
    if again.status is Status.INFEASIBLE:
        return again
    status = Status.INFEASIBLE_OR_UNBOUNDED if again.values is None else Status.UNBOUNDED
    return Found(status=status, stop_reason=StopReason.PROVED, notes=found.notes)


def _stages(task: Task, objective: Any) -> list[Any]:
    """The priority classes' expressions, first first, as long as their sum is still the objective."""
    model = task.pyomo_model
    stated, by_class = model.component("stage_value"), model.component("class_value")
    if stated is not None and objective.name == "objective":
        return list(stated.values())
    if by_class is None or len(by_class) < 2 or objective.name != "objective":
        return []
    return list(by_class.values())


def _solve_in_stages(
    task: Task, model: Any, stages: list[Any], objective: Any, options: Options
) -> tuple[Found, tuple[float, ...]]:
    """Optimise the priority classes in turn, earlier ones held at their best; as `stages.solve_in_stages`."""
    from pyomo.common.modeling import unique_component_name
    from pyomo.environ import ConstraintList

    began, best, sense = time.perf_counter(), None, objective.sense
    rows = ConstraintList()
    name = unique_component_name(model, "held_classes")
    model.add_component(name, rows)
    try:
        for expression in stages:
            found = _solve_one(task, model, expression, sense, _left(options, began))
            if found.values is None:
                if best is None or found.status is Status.UNBOUNDED:
                    return found, ()
                stopped = (
                    StopReason.NUMERICAL if found.stop_reason is StopReason.PROVED else found.stop_reason
                )
                best = replace(best, status=Status.FEASIBLE, stop_reason=stopped)
                break
            best = found
            if found.status is not Status.OPTIMAL:
                break
            rows.add(_held(model, expression, found.values, sense))
        if best is not None and best.status is Status.OPTIMAL and objective.name == "objective":
            best = _break_ties(task, model, best, rows, sense, _left(options, began))
    finally:
        model.del_component(name)
    assert best is not None and best.values is not None
    return best, tuple(_value(model, best.values, expression) for expression in stages)


def _break_ties(task: Task, model: Any, best: Found, rows: Any, sense: Any, options: Options) -> Found:
    """Take the best plan by the tie-break, if the model has one; as in `stages`."""
    tie_break = model.component("tie_break")
    if tie_break is None:
        return best
    began = time.perf_counter()
    for expression in tie_break.values():
        found = _solve_one(task, model, expression, sense, _left(options, began))
        if found.status is not Status.OPTIMAL or found.values is None:
            return replace(best, notes=(*best.notes, NO_TIE_BREAK))
        rows.add(_held(model, expression, found.values, sense))
        best = replace(found, notes=best.notes)
    return replace(best, notes=(*best.notes, TIE_BREAK))


def _held(model: Any, expression: Any, values: FloatArray, sense: Any) -> Any:
    """The row that keeps a class's objective as good as `values` make it."""
    from pyomo.environ import maximize
    from pyomo.repn import generate_standard_repn

    terms, best = generate_standard_repn(expression), _value(model, values, expression)
    slack = 0.0 if terms.is_linear() else HELD * abs(best)
    if terms.is_linear() and all(column.is_integer() for column in terms.linear_vars):
        slack = 0.5 * smallest_step(np.array(terms.linear_coefs, dtype=np.float64))
    return (expression >= best - slack) if sense == maximize else (expression <= best + slack)


def _factor(expression: Any) -> float:
    """Power of two that brings a quadratic objective's largest coefficient near 1000, 1 for a linear one.

    Solvers of quadratic objectives hold them as rows with absolute tolerances.
    """
    from pyomo.repn import generate_standard_repn

    terms = generate_standard_repn(expression, quadratic=True)
    if not terms.quadratic_coefs:
        return 1.0
    largest = max(abs(c) for c in (*terms.linear_coefs, *terms.quadratic_coefs))
    return float(np.exp2(np.rint(np.log2(1024.0 / largest))))


@contextmanager
def _objective(model: Any, expression: Any, sense: Any) -> Iterator[None]:
    """Give a model another objective for a while."""
    from pyomo.common.modeling import unique_component_name
    from pyomo.environ import Objective

    own = _active_objectives(model)
    for objective in own:
        objective.deactivate()
    name = unique_component_name(model, "scaled_objective")
    model.add_component(name, Objective(expr=expression, sense=sense))
    try:
        yield
    finally:
        model.del_component(name)
        for objective in own:
            objective.activate()


def _value(model: Any, values: FloatArray, expression: Any) -> float:
    """Value of an expression at column values; the model's own values are put back."""
    from pyomo.environ import value

    columns = columns_of(model)
    before = [(column.value, column.stale) for column in columns]
    try:
        hold_values(model, values)
        return float(value(expression))
    finally:
        for column, (own, stale) in zip(columns, before, strict=True):
            column.set_value(own, skip_validation=True)
            column.stale = stale


def _left(options: Options, began: float) -> Options:
    if options.time_limit is None:
        return options
    return replace(options, time_limit=max(options.time_limit - (time.perf_counter() - began), 1e-6))


def _named_duals(model: Any, found: Found) -> dict[str, pd.Series[float]]:
    """Duals by constraint component, in its keys."""
    if not found.duals:
        return {}
    named = {}
    for component, rows in active_constraints(model):
        numbers = [found.duals.get(row, 0.0) for row in rows]
        index = pd.Index([row.index() for row in rows]) if component.is_indexed() else None
        named[component.name] = pd.Series(numbers, index=index, name=component.name, dtype=np.float64)
    return named
