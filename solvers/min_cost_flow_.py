"""OR-Tools' minimum-cost flow (cost scaling push-relabel), exact in whole numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .flow_outcome import flow_outcome, network_refusal
from .solution import Status

if TYPE_CHECKING:
    from ..instances.arrays import IndexArray
    from ..models.scaling import IntArray
    from .backend import Options, Outcome, Task

# https://github.com/google/or-tools/blob/stable/ortools/graph/min_cost_flow.h, MinCostFlowBase::Status
STATUS = {
    "NOT_SOLVED": Status.UNKNOWN,
    "OPTIMAL": Status.OPTIMAL,
    "FEASIBLE": Status.UNKNOWN,
    "INFEASIBLE": Status.INFEASIBLE,
    "UNBALANCED": Status.INFEASIBLE,
    "BAD_RESULT": Status.UNKNOWN,
    "BAD_COST_RANGE": Status.UNKNOWN,
    "BAD_CAPACITY_RANGE": Status.UNKNOWN,
}


def refusal(task: Task, options: Options) -> str | None:
    """Say why this problem is beyond the backend, or None."""
    return network_refusal(task, options)


def solve(task: Task, options: Options) -> Outcome:
    """Solve to proved optimality."""
    return flow_outcome(task, options, minimum_cost_flow)


def minimum_cost_flow(
    tail: IndexArray, head: IndexArray, capacity: IntArray, cost: IntArray, balance: IntArray
) -> tuple[Status, IntArray | None]:
    """Return the status and the flow on each arc of a network without least flows or loops.

    Examples
    --------
    >>> one = np.array([1])
    >>> minimum_cost_flow(0 * one, one, 5 * one, one, np.array([3, -3]))[1].tolist()
    [3]
    """
    from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

    solver = SimpleMinCostFlow()
    solver.add_arcs_with_capacity_and_unit_cost(tail, head, capacity, cost)
    solver.set_nodes_supplies(np.arange(len(balance), dtype=np.int32), balance)
    status = STATUS[solver.solve().name]
    # reading flows that were never computed ends the process
    if status is not Status.OPTIMAL:
        return status, None
    return status, solver.flows(np.arange(len(tail), dtype=np.int32)).astype(np.int64, copy=False)
