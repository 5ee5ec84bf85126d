"""The most that a resource can serve: the reference of every efficiency floor."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
import scipy.sparse as sp

from ..instances.errors import AllocareError
from .scaling import InexactScaling, integer_scale, scaled

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray
    from ..instances.fair_allocation import FairAllocationProblem

_KNOWN: WeakKeyDictionary[FairAllocationProblem, float] = WeakKeyDictionary()

_LARGEST_TOTAL = 2.0**62
"""Sums of capacities stay below this inside the maximum flow's 64-bit numbers."""

_NO_LIMIT = 1e20
"""What HiGHS takes as infinite."""


def most_served(problem: FairAllocationProblem) -> float:
    r"""Return the most that can be received in all, within supplies, demands, lanes and the cost budget.

    .. math::
        \max \sum_{(i,j) \in L} x_{ij} \;\text{ s.t. }\;
        \sum_{j} x_{ij} \le s_i,\; \sum_{i} x_{ij} \le d_j,\;
        \sum_{(i,j) \in L} c_{ij} x_{ij} \le B,\; 0 \le x_{ij} \le k_{ij}

    Without a budget this is a maximum flow, computed exactly in whole numbers (decimals are scaled). Data
    with too many digits for that, and a budget, make it a linear program. Whole quantities under a budget
    need no branching: the least cost of serving :math:`q` is convex in :math:`q` and reached by whole flows
    at whole :math:`q`, so the linear program's value is rounded down.

    The value is remembered as long as the problem lives.

    Examples
    --------
    >>> from allocare.instances.fair_allocation import FairAllocationProblem
    >>> from allocare.instances.lanes import Lanes
    >>> most_served(FairAllocationProblem(
    ...     sources=["depot"], targets=["north", "south"], lanes=Lanes.from_matrix([[1, 1]]),
    ...     supply=[6], demand=[4, 8]))
    6.0
    """
    if problem not in _KNOWN:
        _KNOWN[problem] = _most_served(problem)
    return _KNOWN[problem]


def _most_served(problem: FairAllocationProblem) -> float:
    if not (len(problem.lanes) and problem.supply.any() and problem.demand.any()):
        return 0.0
    if problem.cost_budget is not None:
        return _most_within_budget(problem, problem.cost_budget)
    try:
        return _maximum_flow(problem)
    except InexactScaling:
        return _greatest_total(problem)


def _reach(problem: FairAllocationProblem) -> FloatArray:
    """Most that each lane can carry: its capacity, its source's supply, its target's demand."""
    lanes = problem.lanes
    reach = np.minimum(problem.supply[lanes.source], problem.demand[lanes.target])
    return reach if lanes.capacity is None else np.minimum(reach, lanes.capacity)


def _maximum_flow(problem: FairAllocationProblem) -> float:
    """Maximum flow from an origin over sources, lanes and targets to an end, in whole numbers."""
    from ortools.graph.python.max_flow import SimpleMaxFlow

    lanes, (m, n) = problem.lanes, (len(problem.sources), len(problem.targets))
    limits = np.concatenate([problem.supply, problem.demand, _reach(problem)])
    scale = integer_scale(limits)
    capacity = scaled(limits, scale)
    if float(capacity[: m + n].sum(dtype=np.float64)) > _LARGEST_TOTAL:
        raise InexactScaling("supplies and demands are too large in all to be counted exactly")
    sources, targets = np.arange(m, dtype=np.int32), np.arange(m, m + n, dtype=np.int32)
    origin, end = m + n, m + n + 1
    tail = np.concatenate([np.full(m, origin, dtype=np.int32), targets, lanes.source])
    head = np.concatenate([sources, np.full(n, end, dtype=np.int32), lanes.target + np.int32(m)])
    network = SimpleMaxFlow()
    network.add_arcs_with_capacity(tail, head, capacity)
    status = network.solve(origin, end)
    if status != network.OPTIMAL:
        raise AllocareError(f"the maximum flow that sets the efficiency floor ended with {status}")
    return float(network.optimal_flow()) / scale


def _most_within_budget(problem: FairAllocationProblem, budget: float) -> float:
    most = _greatest_total(problem)
    if not problem.whole:
        return most
    doubt = 1e-6 + 1e-9 * most
    certain = np.floor(most - doubt)
    for quantity in np.arange(np.floor(most + doubt), certain, -1.0):
        if _least_cost(problem, quantity) <= budget:
            return float(quantity)
    return float(max(certain, 0.0))


def _limits(problem: FairAllocationProblem) -> tuple[sp.csr_array, FloatArray]:
    """Rows of supply and demand, and of the budget where there is one."""
    matrix, limits = sp.vstack(problem.lanes.incidence()), np.concatenate([problem.supply, problem.demand])
    if problem.cost_budget is not None:
        matrix = sp.vstack([matrix, sp.csr_array(problem.lanes.cost[np.newaxis])])
        limits = np.append(limits, problem.cost_budget)
    return sp.csr_array(matrix), limits


def _greatest_total(problem: FairAllocationProblem) -> float:
    """Greatest total as a linear program; what is returned is attained by a plan within every limit."""
    from scipy.optimize import linprog

    matrix, limits = _limits(problem)
    unit, reach = float(problem.demand.max()), _reach(problem)
    size = np.abs(matrix).max(axis=1).toarray().ravel()
    size[size == 0] = 1.0
    result = linprog(
        -np.ones(len(reach)),
        A_ub=sp.diags_array(1 / size) @ matrix,
        b_ub=np.minimum(limits / unit, _NO_LIMIT * size) / size,
        bounds=np.column_stack([np.zeros(len(reach)), reach / unit]),
        method="highs",
    )
    if result.x is None:
        raise AllocareError(f"the linear program of the efficiency floor failed: {result.message}")
    return float(_within_limits(problem, np.clip(result.x * unit, 0, reach)).sum())


def _within_limits(problem: FairAllocationProblem, plan: FloatArray) -> FloatArray:
    """Take from each row what the linear program's tolerance let it have too much."""
    lanes = problem.lanes
    for ends, limits in ((lanes.source, problem.supply), (lanes.target, problem.demand)):
        activity = np.bincount(ends, weights=plan, minlength=len(limits))
        over = activity > limits
        part = np.divide(limits, activity, out=np.ones(len(limits)), where=over)
        plan = plan * part[ends]
    cost = float(lanes.cost @ plan)
    if problem.cost_budget is not None and cost > problem.cost_budget:
        plan = plan * (problem.cost_budget / cost)
    return plan


def _least_cost(problem: FairAllocationProblem, quantity: float) -> float:
    """Least cost of a whole plan that serves the quantity in all, infinite where there is none."""
    from scipy.optimize import linprog

    by_source, by_target = problem.lanes.incidence()
    reach = _reach(problem)
    result = linprog(
        problem.lanes.cost,
        A_ub=sp.vstack([by_source, by_target]),
        b_ub=np.concatenate([problem.supply, problem.demand]),
        A_eq=np.ones((1, len(reach))),
        b_eq=[quantity],
        bounds=np.column_stack([np.zeros(len(reach)), reach]),
        method="highs-ds",
    )
    return float(problem.lanes.cost @ np.rint(result.x)) if result.status == 0 else np.inf
