"""The solvers that Pyomo finds, behind one function: its new interface where it has one, else the old."""

from __future__ import annotations

import logging
import math
import shutil
import sys
import time
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from ..instances.errors import InputError
from ..models.standard_form import active_constraints, columns_of
from .solution import Status, StopReason

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray
    from .backend import Options

# https://pyomo.readthedocs.io/en/stable/api/pyomo.contrib.solver.common.results.TerminationCondition.html
# FEASIBLE stands where a plan may be held; without one it becomes UNKNOWN.
STATUS: dict[str, tuple[Status, StopReason]] = {
    "convergenceCriteriaSatisfied": (Status.OPTIMAL, StopReason.PROVED),
    "maxTimeLimit": (Status.FEASIBLE, StopReason.TIME_LIMIT),
    "iterationLimit": (Status.FEASIBLE, StopReason.ITERATION_LIMIT),
    "objectiveLimit": (Status.FEASIBLE, StopReason.ITERATION_LIMIT),
    "minStepLength": (Status.FEASIBLE, StopReason.NUMERICAL),
    "unbounded": (Status.UNBOUNDED, StopReason.PROVED),
    "provenInfeasible": (Status.INFEASIBLE, StopReason.PROVED),
    "locallyInfeasible": (Status.UNKNOWN, StopReason.NUMERICAL),
    "infeasibleOrUnbounded": (Status.INFEASIBLE_OR_UNBOUNDED, StopReason.PROVED),
    "error": (Status.UNKNOWN, StopReason.NUMERICAL),
    "interrupted": (Status.FEASIBLE, StopReason.INTERRUPTED),
    "licensingProblems": (Status.UNKNOWN, StopReason.NUMERICAL),
    "emptyModel": (Status.UNKNOWN, StopReason.NUMERICAL),
    "unknown": (Status.FEASIBLE, StopReason.NUMERICAL),
}

# https://pyomo.readthedocs.io/en/stable/api/pyomo.opt.results.solver.TerminationCondition.html
OLD_STATUS: dict[str, tuple[Status, StopReason]] = {
    "unknown": (Status.FEASIBLE, StopReason.NUMERICAL),
    "maxTimeLimit": (Status.FEASIBLE, StopReason.TIME_LIMIT),
    "maxIterations": (Status.FEASIBLE, StopReason.ITERATION_LIMIT),
    "minFunctionValue": (Status.FEASIBLE, StopReason.ITERATION_LIMIT),
    "minStepLength": (Status.FEASIBLE, StopReason.NUMERICAL),
    "globallyOptimal": (Status.OPTIMAL, StopReason.PROVED),
    "locallyOptimal": (Status.FEASIBLE, StopReason.RULE),
    "feasible": (Status.FEASIBLE, StopReason.ITERATION_LIMIT),
    "optimal": (Status.OPTIMAL, StopReason.PROVED),
    "maxEvaluations": (Status.FEASIBLE, StopReason.ITERATION_LIMIT),
    "other": (Status.FEASIBLE, StopReason.NUMERICAL),
    "unbounded": (Status.UNBOUNDED, StopReason.PROVED),
    "infeasible": (Status.INFEASIBLE, StopReason.PROVED),
    "infeasibleOrUnbounded": (Status.INFEASIBLE_OR_UNBOUNDED, StopReason.PROVED),
    "invalidProblem": (Status.UNKNOWN, StopReason.NUMERICAL),
    "intermediateNonInteger": (Status.UNKNOWN, StopReason.ITERATION_LIMIT),
    "noSolution": (Status.UNKNOWN, StopReason.NUMERICAL),
    "solverFailure": (Status.UNKNOWN, StopReason.NUMERICAL),
    "internalSolverError": (Status.UNKNOWN, StopReason.NUMERICAL),
    "error": (Status.UNKNOWN, StopReason.NUMERICAL),
    "userInterrupt": (Status.FEASIBLE, StopReason.INTERRUPTED),
    "resourceInterrupt": (Status.FEASIBLE, StopReason.ITERATION_LIMIT),
    "licensingProblems": (Status.UNKNOWN, StopReason.NUMERICAL),
}

NEW_INTERFACES = {
    "highs": "highs",
    "ipopt": "ipopt",
    "gurobi": "gurobi_direct",
    "gurobi_direct": "gurobi_direct",
    "gurobi_persistent": "gurobi_persistent",
    "knitro_direct": "knitro_direct",
    "scip_direct": "scip_direct",
}

LINEAR_ONLY = frozenset({"highs", "appsi_highs", "cbc", "appsi_cbc", "glpk"})
DIVISIBLE_ONLY = frozenset({"ipopt", "appsi_ipopt"})
LOCAL = DIVISIBLE_ONLY
"""Solvers that stop at a local optimum and prove no bound."""

SEED = {
    "highs": "random_seed",
    "scip_direct": "randomization/randomseedshift",
    "gurobi_direct": "Seed",
    "gurobi_persistent": "Seed",
    "cbc": "randomSeed",
}
OLD_GAP = {"cbc": "ratioGap", "glpk": "mipgap", "scip": "limits/gap"}
OLD_THREADS = {"cbc": "threads"}


@dataclass(frozen=True, eq=False, kw_only=True)
class Found:
    """What a solver reports of a Pyomo model, values in the order of `columns_of`."""

    status: Status
    stop_reason: StopReason
    values: FloatArray | None = None
    bound: float | None = None
    duals: dict[Any, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def interface_of(name: str) -> str:
    """Name of the interface that stands for a solver: `scip` without its executable is PySCIPOpt.

    Examples
    --------
    >>> interface_of("gurobi"), interface_of("cbc")
    ('gurobi_direct', 'cbc')
    """
    if name == "scip" and shutil.which("scip") is None and find_spec("pyscipopt") is not None:
        return "scip_direct"
    return NEW_INTERFACES.get(name, name)


def unavailable(name: str) -> str | None:
    """Say why Pyomo cannot use a solver here, or None.

    Examples
    --------
    >>> unavailable("highs") is None
    True
    >>> unavailable("no-such-solver")
    "Pyomo knows no solver 'no-such-solver', and there is no executable of that name"
    """
    interface = interface_of(name)
    if interface == "highs":
        return None if find_spec("highspy") else "Pyomo cannot use 'highs' here: it is not installed"
    if interface in NEW_INTERFACES.values():
        from pyomo.contrib.solver.common.factory import SolverFactory as NewFactory

        import_module("pyomo.environ")  # registers the interfaces
        found = NewFactory(interface).available()
        if found:
            return None
        reasons = {"BadLicense": "it has no valid licence", "NotFound": "it is not installed"}
        return f"Pyomo cannot use {name!r} here: {reasons.get(found.name, found.name)}"
    if not _known_to_the_old_interface(name):
        return f"Pyomo knows no solver {name!r}, and there is no executable of that name"
    from pyomo.environ import SolverFactory

    if SolverFactory(name).available(exception_flag=False):
        return None
    return f"Pyomo cannot use {name!r} here: it is not installed or has no valid licence"


def _known_to_the_old_interface(name: str) -> bool:
    from pyomo.environ import SolverFactory

    return name in SolverFactory or shutil.which(name) is not None


def run(model: Any, name: str, options: Options) -> Found:
    """Solve a model with the solver of that name; the model's values are left as they are.

    Examples
    --------
    >>> import pyomo.environ as pyo
    >>> from allocare.solvers.backend import Options
    >>> model = pyo.ConcreteModel()
    >>> model.x = pyo.Var(bounds=(2, 9))
    >>> model.objective = pyo.Objective(expr=3 * model.x)
    >>> found = run(model, "highs", Options())
    >>> found.status.value, found.values.tolist(), found.bound
    ('optimal', [2.0], 6.0)
    """
    interface = interface_of(name)
    new = interface in NEW_INTERFACES.values()
    constant = _rows_without_variables(model)
    if not all(_holds(row) for row in constant):
        return Found(status=Status.INFEASIBLE, stop_reason=StopReason.PROVED)
    for row in constant:
        row.deactivate()
    try:
        return (_run_new if new else _run_old)(model, interface, options)
    except (KeyError, ValueError) as error:
        if not options.native:
            raise
        names = ", ".join(options.native)
        raise InputError(f"pyomo:{name} does not take the options given ({names}): {error}") from error
    finally:
        for row in constant:
            row.activate()


def _rows_without_variables(model: Any) -> list[Any]:
    """Constraints that no variable enters, which some interfaces fail on."""
    from pyomo.core.expr.visitor import identify_variables

    rows = (row for _, rows in active_constraints(model) for row in rows)
    return [row for row in rows if next(identify_variables(row.body, include_fixed=False), None) is None]


def _holds(row: Any) -> bool:
    from pyomo.environ import value

    body, lower, upper = value(row.body), value(row.lower), value(row.upper)
    slack = 1e-9 * max(1.0, abs(body))
    return (lower is None or body >= lower - slack) and (upper is None or body <= upper + slack)


def _run_new(model: Any, interface: str, options: Options) -> Found:
    from pyomo.contrib.solver.common.factory import SolverFactory

    solver = SolverFactory(interface)
    if interface == "scip_direct" and options.on_incumbent is not None:
        from .pyomo_scip import telling_scip

        solver = telling_scip(options.on_incumbent)
    settings: dict[str, Any] = {
        "load_solutions": False,
        "raise_exception_on_nonoptimal_result": False,
        "tee": sys.stderr if options.log else False,
        "time_limit": options.time_limit,
    }
    ignored = []
    if "rel_gap" in solver.config:
        settings["rel_gap"] = options.target_gap
        settings["abs_gap"] = 1e-10 if interface == "highs" else None
    elif options.gap is not None:
        ignored.append("gap")
    native = dict(options.native)
    if options.threads is not None:
        if interface in LOCAL:
            ignored.append("threads")
        else:
            settings["threads"] = options.threads
    if interface in SEED:
        native.setdefault(SEED[interface], options.seed)
    elif options.seed:
        ignored.append("seed")
    result = solver.solve(model, **settings, solver_options=native)
    status, reason = STATUS[result.termination_condition.name]
    notes = _note(interface, ignored)
    if reason is StopReason.TIME_LIMIT or status in (Status.OPTIMAL, Status.FEASIBLE):
        bound = result.objective_bound
        bound = bound if bound is not None and math.isfinite(bound) else None
        if result.solution_status.name not in ("feasible", "optimal"):
            return Found(status=Status.UNKNOWN, stop_reason=reason, bound=bound, notes=notes)
        values = _values(model, result.solution_loader.get_vars())
        duals = _new_duals(model, result) if status is Status.OPTIMAL else {}
        return Found(status=status, stop_reason=reason, values=values, bound=bound, duals=duals, notes=notes)
    return Found(status=status, stop_reason=reason, notes=notes)


def _new_duals(model: Any, result: Any) -> dict[Any, float]:
    from pyomo.contrib.solver.common.util import NoDualsError

    if any(variable.is_integer() for variable in columns_of(model)):
        return {}
    try:
        return dict(result.solution_loader.get_duals())
    except (NoDualsError, NotImplementedError):
        return {}


def _run_old(model: Any, interface: str, options: Options) -> Found:
    from pyomo.environ import SolverFactory

    solver, ignored = SolverFactory(interface), []
    for value, names, what in (
        (options.target_gap, OLD_GAP, "gap"),
        (options.threads, OLD_THREADS, "threads"),
        (options.seed, SEED, "seed"),
    ):
        if interface in names and value is not None:
            solver.options[names[interface]] = value
        elif value not in (None, 0) and (what != "gap" or options.gap is not None):
            ignored.append(what)
    solver.options.update(options.native)
    settings: dict[str, Any] = {"load_solutions": False, "tee": options.log}
    if options.time_limit is not None:
        settings["timelimit"] = (
            max(1, math.ceil(options.time_limit)) if interface == "glpk" else options.time_limit
        )
    began = time.perf_counter()
    with redirect_stdout(sys.stderr):
        result = solver.solve(model, **settings)
    status, reason = OLD_STATUS[str(result.solver.termination_condition.value)]
    limit = settings.get("timelimit", math.inf)
    if reason is StopReason.ITERATION_LIMIT and time.perf_counter() - began >= limit:
        reason = StopReason.TIME_LIMIT  # GLPK and CBC report it as some limit
    notes = _note(interface, ignored)
    if status not in (Status.OPTIMAL, Status.FEASIBLE):
        return Found(status=status, stop_reason=reason, notes=notes)
    values = _old_values(model, result)
    if values is None:
        return Found(status=Status.UNKNOWN, stop_reason=reason, notes=notes)
    return Found(status=status, stop_reason=reason, values=values, notes=notes)


def _old_values(model: Any, result: Any) -> FloatArray | None:
    """Values of the old interface, which can only load them into the model: they are taken out again."""
    if not len(result.solution):
        return None
    from pyomo.common.log import LoggingIntercept

    columns = columns_of(model)
    before = [(column.value, column.stale) for column in columns]
    try:
        with LoggingIntercept(module="pyomo.core", level=logging.WARNING):
            model.solutions.load_from(result)
        return _values(model, {id(column): column.value for column in columns}, by_id=True)
    finally:
        for column, (value, stale) in zip(columns, before, strict=True):
            column.set_value(value, skip_validation=True)
            column.stale = stale


def _values(model: Any, found: Any, by_id: bool = False) -> FloatArray:
    """Value of every column; one that nothing uses gets the value nearest to 0 within its bounds."""
    values = []
    for column in columns_of(model):
        value = column.value if column.fixed else found.get(id(column) if by_id else column)
        if value is None:
            lower, upper = column.bounds
            value = min(max(0.0, -math.inf if lower is None else lower), math.inf if upper is None else upper)
        values.append(value)
    return np.array(values, dtype=np.float64)


def _note(interface: str, ignored: list[str]) -> tuple[str, ...]:
    return (
        (f"pyomo:{interface} has no option for {' or '.join(ignored)}, so it was ignored",) if ignored else ()
    )
