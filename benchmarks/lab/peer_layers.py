"""Modelling layers among the peers, each with its own idiom."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from ...solvers.backend import Options
    from .lane_program import LaneProgram


def linopy(program: LaneProgram, options: Options) -> Any:
    """linopy: labelled variables, sums by group, HiGHS directly."""
    import linopy as library
    import pandas as pd

    lanes = pd.RangeIndex(len(program.cost), name="lane")
    model = library.Model()
    if program.whole:
        x = model.add_variables(binary=True, coords=[lanes], name="x")
    else:
        upper = pd.Series(program.upper, lanes)
        x = model.add_variables(lower=0, upper=upper, coords=[lanes], name="x")
    ends = {"source": program.source, "target": program.target}
    by = {name: pd.Series(end, lanes, name=name).to_xarray() for name, end in ends.items()}
    use = pd.Series(program.use, lanes).to_xarray()
    capacity = pd.Series(program.capacity, pd.RangeIndex(len(program.capacity), name="source")).to_xarray()
    demand = pd.Series(program.demand, pd.RangeIndex(len(program.demand), name="target")).to_xarray()
    used = np.unique(program.source)
    model.add_constraints((use * x).groupby(by["source"]).sum() <= capacity.isel(source=used), name="supply")
    model.add_constraints(x.groupby(by["target"]).sum() == demand, name="demand")
    model.add_objective((pd.Series(program.cost, lanes).to_xarray() * x).sum())
    limits: dict[str, Any] = {} if options.time_limit is None else {"time_limit": float(options.time_limit)}
    model.solve(
        "highs", io_api="direct", output_flag=False, progress=False, mip_rel_gap=options.target_gap, **limits
    )
    return None if "x" not in model.solution else model.solution["x"].to_numpy()


def cvxpy(program: LaneProgram, options: Options) -> Any:
    """cvxpy: a vector of variables, sparse incidence, HiGHS as its linear solver."""
    library: Any = import_module("cvxpy")

    from .peers import incidence

    by_source, by_target = incidence(program)
    x = library.Variable(len(program.cost), integer=program.whole)
    rows = [by_source @ x <= program.capacity, by_target @ x == program.demand, x >= 0, x <= program.upper]
    problem = library.Problem(library.Minimize(program.cost @ x), rows)
    limits = {} if options.time_limit is None else {"time_limit": float(options.time_limit)}
    problem.solve(solver=library.HIGHS, mip_rel_gap=options.target_gap, **limits)
    return x.value


def pulp(program: LaneProgram, options: Options) -> Any:
    """PuLP: a dictionary of variables, ``lpSum`` by node, its bundled CBC."""
    import pulp as library

    model = library.LpProblem("lanes", library.LpMinimize)
    kind = library.LpInteger if program.whole else library.LpContinuous
    x = [library.LpVariable(f"x{at}", 0, upper, kind) for at, upper in enumerate(program.upper.tolist())]
    model += library.lpSum(c * v for c, v in zip(program.cost.tolist(), x, strict=True))
    of_source: list[list[Any]] = [[] for _ in program.capacity]
    of_target: list[list[Any]] = [[] for _ in program.demand]
    lanes = zip(program.source.tolist(), program.target.tolist(), program.use.tolist(), x, strict=True)
    for source, target, use, variable in lanes:
        of_source[source].append(use * variable)
        of_target[target].append(variable)
    for terms, most in zip(of_source, program.capacity.tolist(), strict=True):
        if terms:
            model += library.lpSum(terms) <= most
    for terms, asked in zip(of_target, program.demand.tolist(), strict=True):
        model += library.lpSum(terms) == asked
    solver = library.PULP_CBC_CMD(
        msg=False, timeLimit=options.time_limit, gapRel=options.target_gap, threads=options.threads
    )
    model.solve(solver)
    return np.array([variable.value() for variable in x]) if model.sol_status > 0 else None


def pyscipopt(program: LaneProgram, options: Options) -> Any:
    """PySCIPOpt: variables one by one, ``quicksum`` by node."""
    import pyscipopt as library

    model = library.Model()
    model.hideOutput()
    kind = "I" if program.whole else "C"
    lanes = zip(program.upper.tolist(), program.cost.tolist(), strict=True)
    x = [model.addVar(vtype=kind, lb=0, ub=upper, obj=cost) for upper, cost in lanes]
    of_source: list[list[Any]] = [[] for _ in program.capacity]
    of_target: list[list[Any]] = [[] for _ in program.demand]
    ends = zip(program.source.tolist(), program.target.tolist(), program.use.tolist(), x, strict=True)
    for source, target, use, variable in ends:
        of_source[source].append(use * variable)
        of_target[target].append(variable)
    for terms, most in zip(of_source, program.capacity.tolist(), strict=True):
        if terms:
            model.addCons(library.quicksum(terms) <= most)
    for terms, asked in zip(of_target, program.demand.tolist(), strict=True):
        model.addCons(library.quicksum(terms) == asked)
    model.setParam("limits/gap", options.target_gap)
    if options.time_limit is not None:
        model.setParam("limits/time", float(options.time_limit))
    model.optimize()
    return np.array([model.getVal(variable) for variable in x]) if model.getNSols() else None
