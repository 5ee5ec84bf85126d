"""NetworkX's network simplex: a reference in pure Python with whole numbers of any size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .flow_outcome import flow_outcome, network_refusal
from .solution import Status

if TYPE_CHECKING:
    from ..instances.arrays import IndexArray
    from ..models.scaling import IntArray
    from .backend import Options, Outcome, Task

MOST_ARCS = 20_000


def refusal(task: Task, options: Options) -> str | None:
    """Say why this problem is beyond the backend, or None."""
    if task.problem.size > MOST_ARCS:
        return f"it is a reference for small networks of at most {MOST_ARCS:,} arcs"
    return network_refusal(task, options, MOST_ARCS)


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
    import networkx as nx

    graph: Any = nx.MultiDiGraph()
    graph.add_nodes_from((node, {"demand": -enters}) for node, enters in enumerate(balance.tolist()))
    arcs = zip(tail.tolist(), head.tolist(), capacity.tolist(), cost.tolist(), strict=True)
    graph.add_edges_from(
        (u, v, arc, {"capacity": most, "weight": price}) for arc, (u, v, most, price) in enumerate(arcs)
    )
    try:
        _, flows = nx.network_simplex(graph)
    except nx.NetworkXUnfeasible:
        return Status.INFEASIBLE, None
    flow = np.zeros(len(tail), dtype=np.int64)
    for heads in flows.values():
        for parallel in heads.values():
            for arc, amount in parallel.items():
                flow[arc] = amount
    return Status.OPTIMAL, flow
