"""Other ways to the same optimum, each called as its own documentation recommends, arrays ready.

Every function takes a case and returns what is to be timed. What a kernel needs in arrays (dummies for
supply left over and for unmet demand, sparse lists) is made before the clock starts; what a modelling
layer makes of arrays is its work and is timed.
"""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from .isolation import Answer, Unavailable
from .subjects import assignment, fair, transportation

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..instances.arrays import FloatArray
    from .subjects import Case

    Run = Callable[[], Answer]


class Balanced(NamedTuple):
    """Equal masses and costs between them: lanes first, then those of the dummy nodes."""

    supply: FloatArray
    demand: FloatArray
    tail: Any
    head: Any
    cost: FloatArray
    capacity: FloatArray


def balanced(case: Case) -> Balanced:
    """Close a transportation problem with at-most supplies by dummy nodes, as its kernels need it."""
    problem = transportation(case)
    assert problem.supply is not None and problem.demand is not None
    m, n = len(problem.sources), len(problem.targets)
    have, need = float(problem.supply.sum()), float(problem.demand.sum())
    lanes = problem.lanes
    most = np.minimum(problem.supply[lanes.source], problem.demand[lanes.target])
    if lanes.capacity is not None:
        most = np.minimum(most, lanes.capacity)
    parts = [
        (lanes.source, lanes.target, lanes.cost, most),
        (np.arange(m), np.full(m, n), np.zeros(m), problem.supply),
    ]
    priced = problem.unmet_cost is not None
    if problem.unmet_cost is not None:
        parts.append((np.full(n, m), np.arange(n), problem.unmet_cost, problem.demand))
        parts.append((np.array([m]), np.array([n]), np.zeros(1), np.array([min(have, need)])))
    tail, head, cost, capacity = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Balanced(
        np.append(problem.supply, need) if priced else problem.supply,
        np.append(problem.demand, have if priced else have - need),
        tail.astype(np.int32),
        head.astype(np.int32),
        cost,
        capacity,
    )


def emd(case: Case) -> Run:
    """POT's network simplex on a complete cost matrix."""
    ot = imported("ot", "POT")
    problem = transportation(case)
    assert problem.supply is not None and problem.demand is not None
    cost = np.column_stack([problem.lanes.matrix(), np.zeros(len(problem.sources))])
    supply = problem.supply
    demand = np.append(problem.demand, supply.sum() - problem.demand.sum())
    ot.emd([1.0], [1.0], [[1.0]])

    def run() -> Answer:
        plan = ot.emd(supply, demand, cost, numItermax=10**9)
        return Answer(float(np.vdot(plan, cost)))

    return run


def sparse_emd(case: Case) -> Run:
    """POT's network simplex on a sparse cost matrix; costs shifted, as it takes no zeros."""
    ot = imported("ot", "POT")
    arrays = balanced(case)
    shift = 1.0 - min(0.0, float(arrays.cost.min()))
    shape = (len(arrays.supply), len(arrays.demand))
    cost = sp.coo_array((arrays.cost + shift, (arrays.tail, arrays.head)), shape=shape)
    one = sp.coo_array(([1.0], ([0], [0])), shape=(1, 1))
    ot.emd(np.ones(1), np.ones(1), one)

    def run() -> Answer:
        _, log = ot.emd(arrays.supply, arrays.demand, cost, numItermax=10**9, log=True)
        return Answer(float(log["cost"]) - shift * float(arrays.supply.sum()))

    return run


def ortools_flow(case: Case) -> Run:
    """OR-Tools' SimpleMinCostFlow, called with arrays."""
    flow = imported("ortools.graph.python.min_cost_flow", "ortools")
    arrays = balanced(case)
    m = len(arrays.supply)
    tail, head = arrays.tail, (m + arrays.head).astype(np.int32)
    capacity, cost = arrays.capacity.astype(np.int64), arrays.cost.astype(np.int64)
    supplies = np.concatenate([arrays.supply, -arrays.demand]).astype(np.int64)
    nodes = np.arange(len(supplies), dtype=np.int32)

    def run() -> Answer:
        solver = flow.SimpleMinCostFlow()
        arcs = solver.add_arcs_with_capacity_and_unit_cost(tail, head, capacity, cost)
        solver.set_nodes_supplies(nodes, supplies)
        status = solver.solve()
        assert status == solver.OPTIMAL, status
        solver.flows(arcs)
        return Answer(float(solver.optimal_cost()))

    return run


def plain_flow(case: Case) -> Run:
    """One minimum-cost maximum flow of a fair allocation's lanes, supplies and demands."""
    flow = imported("ortools.graph.python.min_cost_flow", "ortools")
    problem = fair(case)
    lanes, m = problem.lanes, len(problem.sources)
    most = np.minimum(problem.supply[lanes.source], problem.demand[lanes.target]).astype(np.int64)
    tail, head = lanes.source, (m + lanes.target).astype(np.int32)
    cost = lanes.cost.astype(np.int64)
    supplies = np.concatenate([problem.supply, -problem.demand]).astype(np.int64)
    nodes = np.arange(len(supplies), dtype=np.int32)

    def run() -> Answer:
        solver = flow.SimpleMinCostFlow()
        arcs = solver.add_arcs_with_capacity_and_unit_cost(tail, head, most, cost)
        solver.set_nodes_supplies(nodes, supplies)
        status = solver.solve_max_flow_with_min_cost()
        assert status == solver.OPTIMAL, status
        solver.flows(arcs)
        return Answer(None)

    return run


def lapx(case: Case) -> Run:
    """Jonker-Volgenant from lapx."""
    lap = imported("lap", "lapx")
    cost = np.ascontiguousarray(assignment(case).pairs.matrix())
    lap.lapjv(np.ones((2, 2)))
    return lambda: Answer(float(lap.lapjv(cost)[0]))


def scipy_assignment(case: Case) -> Run:
    """SciPy's linear_sum_assignment."""
    from scipy.optimize import linear_sum_assignment

    cost = np.ascontiguousarray(assignment(case).pairs.matrix())

    def run() -> Answer:
        rows, columns = linear_sum_assignment(cost)
        return Answer(float(cost[rows, columns].sum()))

    return run


def clarabel(case: Case) -> Run:
    r"""Clarabel on the quadratic program in lanes x and service levels y.

    .. math:: \min \sum_j w_j y_j^2 \quad\text{s.t.}\quad \sum_i x_{ij} = d_j y_j,\;
              \sum_j x_{ij} \le s_i,\; \sum_j d_j y_j = S,\; x \ge 0,\; y \le 1

    Quantities are in shares of the mean demand, the Hessian is diagonal, and the most that can be served,
    S, is given to it.
    """
    solver = imported("clarabel", "clarabel")
    problem = fair(case)
    lanes, m, n = problem.lanes, len(problem.sources), len(problem.targets)
    served = _most_served(case)
    unit = float(problem.demand.mean())
    supply, demand, total = problem.supply / unit, problem.demand / unit, served / unit
    weight = problem.demand / problem.demand.sum()
    by_source, by_target = lanes.incidence()
    size = len(lanes)
    rows = sp.block_array(
        [
            [by_target, sp.diags_array(-demand)],
            [None, sp.csr_array(demand[np.newaxis, :])],
            [by_source, None],
            [-sp.eye_array(size), None],
            [None, sp.eye_array(n)],
        ],
        format="csc",
    )
    right = np.concatenate([np.zeros(n), [total], supply, np.zeros(size), np.ones(n)])
    cones = [solver.ZeroConeT(n + 1), solver.NonnegativeConeT(m + size + n)]
    quadratic = sp.csc_array(sp.diags_array(np.concatenate([np.zeros(size), 2 * weight])))
    linear = np.zeros(size + n)
    settings = solver.DefaultSettings()
    settings.verbose = False

    def run() -> Answer:
        program = solver.DefaultSolver(
            sp.csc_matrix(quadratic), linear, sp.csc_matrix(rows), right, cones, settings
        )
        solution = program.solve()
        assert str(solution.status) in {"Solved", "AlmostSolved"}, solution.status
        level = np.asarray(solution.x[size:])
        return Answer(float(weight @ (level - weight @ level) ** 2))

    return run


def _most_served(case: Case) -> float:
    flow = imported("ortools.graph.python.max_flow", "ortools")
    problem = fair(case)
    lanes, m, n = problem.lanes, len(problem.sources), len(problem.targets)
    solver = flow.SimpleMaxFlow()
    solver.add_arcs_with_capacity(
        np.concatenate([np.full(m, m + n), lanes.source, m + np.arange(n)]).astype(np.int32),
        np.concatenate([np.arange(m), m + lanes.target, np.full(n, m + n + 1)]).astype(np.int32),
        np.concatenate([problem.supply, problem.demand[lanes.target], problem.demand]).astype(np.int64),
    )
    assert solver.solve(m + n, m + n + 1) == solver.OPTIMAL
    return float(solver.optimal_flow())


def imported(module: str, package: str) -> Any:
    """Import a peer's module, or say that its package is missing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return import_module(module)
        except ImportError as error:
            raise Unavailable(f"{package} is not installed: pip install 'allocare[peers]'") from error
