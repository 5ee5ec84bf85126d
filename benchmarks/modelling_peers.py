"""General linear programming peers: HiGHS from arrays, Pyomo and linopy in front of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, cast

import numpy as np

from .isolation import Answer
from .peers import balanced, imported
from .subjects import transportation

if TYPE_CHECKING:
    from ..instances.linear import LinearProblem
    from .peers import Run
    from .subjects import Case


def highs(case: Case) -> Run:
    """HiGHS on a transportation problem, handed over as arrays in one call."""
    highspy = imported("highspy", "highspy")
    arrays = balanced(case)
    m, n, size = len(arrays.supply), len(arrays.demand), len(arrays.cost)
    rows = np.column_stack([arrays.tail, m + arrays.head]).ravel().astype(np.int32)
    start = np.arange(0, 2 * size + 1, 2, dtype=np.int32)
    masses = np.concatenate([arrays.supply, arrays.demand])

    def run() -> Answer:
        model = highspy.HighsLp()
        model.num_row_, model.num_col_ = m + n, size
        model.col_cost_ = arrays.cost
        model.col_lower_, model.col_upper_ = np.zeros(size), np.full(size, highspy.kHighsInf)
        model.row_lower_ = model.row_upper_ = masses
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        model.a_matrix_.start_, model.a_matrix_.index_ = start, rows
        model.a_matrix_.value_ = np.ones(2 * size)
        solver = highspy.Highs()
        solver.setOptionValue("output_flag", False)
        solver.passModel(model)
        solver.run()
        np.asarray(solver.getSolution().col_value)
        return Answer(float(solver.getInfo().objective_function_value))

    return run


def pyomo(case: Case) -> Run:
    """A Pyomo model of the transportation problem, solved by HiGHS over Pyomo's persistent interface."""
    pyo = imported("pyomo.environ", "pyomo")
    interface = imported("pyomo.contrib.solver.solvers.highs", "pyomo")
    problem = transportation(case)
    assert problem.supply is not None and problem.demand is not None
    m, n = len(problem.sources), len(problem.targets)
    cost, supply, demand = problem.lanes.matrix().tolist(), problem.supply.tolist(), problem.demand.tolist()

    def run() -> Answer:
        model = pyo.ConcreteModel()
        model.x = pyo.Var(range(m), range(n), domain=pyo.NonNegativeReals)
        x = model.x
        model.supply = pyo.Constraint(
            range(m), rule=lambda _, i: pyo.quicksum(x[i, j] for j in range(n)) <= supply[i]
        )
        model.demand = pyo.Constraint(
            range(n), rule=lambda _, j: pyo.quicksum(x[i, j] for i in range(m)) == demand[j]
        )
        model.cost = pyo.Objective(
            expr=pyo.quicksum(cost[i][j] * x[i, j] for i in range(m) for j in range(n))
        )
        built = time.perf_counter()
        results = interface.Highs().solve(model)
        return Answer(float(results.incumbent_objective), {"solve": time.perf_counter() - built})

    return run


def linopy(case: Case) -> Run:
    """A linopy model of the transportation problem, handed to HiGHS directly."""
    library, xarray = imported("linopy", "linopy"), imported("xarray", "linopy")
    imported("highspy", "highspy")
    problem = transportation(case)
    m, n = len(problem.sources), len(problem.targets)
    cost = xarray.DataArray(problem.lanes.matrix(), dims=("source", "target"))
    supply = xarray.DataArray(problem.supply, dims="source")
    demand = xarray.DataArray(problem.demand, dims="target")

    def run() -> Answer:
        model = library.Model()
        x = model.add_variables(lower=0, coords=[range(m), range(n)], dims=("source", "target"), name="x")
        model.add_constraints(x.sum("target") <= supply, name="supply")
        model.add_constraints(x.sum("source") == demand, name="demand")
        model.add_objective((cost * x).sum())
        built = time.perf_counter()
        model.solve("highs", io_api="direct", output_flag=False, progress=False)
        return Answer(float(model.objective.value), {"solve": time.perf_counter() - built})

    return run


def linopy_staff(case: Case) -> Run:
    """A linopy model of several resources with shared staff, handed to HiGHS directly."""
    library, xarray = imported("linopy", "linopy"), imported("xarray", "linopy")
    imported("highspy", "highspy")
    problem = cast("LinearProblem", case.problem)
    k, m, n = case.shape
    dims = ("resource", "hospital", "district")
    cost = xarray.DataArray(problem.objective.reshape(k, m, n), dims=dims)
    supply = xarray.DataArray(problem.row_upper[: k * m].reshape(k, m), dims=dims[:2])
    demand = xarray.DataArray(
        problem.row_upper[k * m : k * (m + n)].reshape(k, n), dims=("resource", "district")
    )
    room = xarray.DataArray(problem.row_upper[k * (m + n) :], dims="hospital")
    staff = xarray.DataArray(1.0 + np.arange(k) % 4, dims="resource")

    def run() -> Answer:
        started = time.perf_counter()
        model = library.Model()
        x = model.add_variables(lower=0, coords=[range(k), range(m), range(n)], dims=dims, name="x")
        model.add_constraints(x.sum("district") <= supply, name="supply")
        model.add_constraints(x.sum("hospital") == demand, name="demand")
        model.add_constraints((staff * x).sum(["resource", "district"]) <= room, name="staff")
        model.add_objective((cost * x).sum())
        built = time.perf_counter()
        model.solve("highs", io_api="direct", output_flag=False, progress=False)
        done = time.perf_counter()
        return Answer(float(model.objective.value), {"build": built - started, "solve": done - built})

    return run
