"""The most that a fair allocation problem's sources can serve, for its efficiency floor.

Served is most where flow is most, so without a cost budget this is a maximum flow: lanes carry up to
their capacity from sources that send up to their supply to targets that receive up to their demand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .findings import common_size, largest

if TYPE_CHECKING:
    from ...instances.fair_allocation import FairAllocationProblem
    from .lane_sums import Carried, LaneSums

_UNITS = 2**29
"""Units that capacities are counted in at most: flows are computed in 32 bits, sums of two must fit."""

_SHARP = 1e-9
"""What may be missing from the most, as a share of it."""


def easy_bound(problem: FairAllocationProblem) -> float:
    """Most that can be served at a glance: all supply, or all demand.

    Examples
    --------
    >>> from allocare.instances.fair_allocation import FairAllocationProblem
    >>> from allocare.instances.lanes import Lanes
    >>> problem = FairAllocationProblem(
    ...     sources=["depot"], targets=["north", "south"], lanes=Lanes.from_matrix([[1, np.nan]]),
    ...     supply=[6], demand=[4, 8])
    >>> easy_bound(problem), most_servable(problem)
    (6.0, 4.0)
    """
    return float(min(problem.supply.sum(), problem.demand.sum()))


def cut_bound(problem: FairAllocationProblem, carried: Carried, sums: LaneSums) -> float:
    r"""Most that can be served, bounded by the cut that a plan's own augmenting paths end at.

    From the sources that have supply left, over lanes with room and back over lanes in use, a set of
    sources S and targets T is reached. Whatever is served comes from a source outside S, goes to a target
    in T, or passes a lane from S to elsewhere:

    .. math:: \sum_{i \notin S} s_i + \sum_{j \in T} d_j + \sum_{i \in S, j \notin T} k_{ij}.

    Any plan's cut is a valid bound; that of a plan that serves the most is what it serves.

    Examples
    --------
    >>> from allocare.instances.fair_allocation import FairAllocationProblem
    >>> from allocare.instances.lanes import Lanes
    >>> from allocare.models.checks.lane_sums import carried_on, lane_sums
    >>> problem = FairAllocationProblem(
    ...     sources=["depot"], targets=["north", "south"], lanes=Lanes.from_matrix([[1, np.nan]]),
    ...     supply=[6], demand=[4, 8])
    >>> carried = carried_on(problem.lanes, np.array([4.0]))
    >>> cut_bound(problem, carried, lane_sums(problem.lanes, carried))
    4.0
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import breadth_first_order

    lanes, m, n = problem.lanes, len(problem.sources), len(problem.targets)
    if lanes.capacity is None:
        row, column = lanes.source, lanes.target
    else:
        room = lanes.capacity.copy()
        room[carried.lane] -= carried.quantity
        open_lanes = np.flatnonzero(room > _SHARP * lanes.capacity)
        row, column = lanes.source[open_lanes], lanes.target[open_lanes]
    by_target = np.argsort(carried.target, kind="stable")
    spare = np.flatnonzero(problem.supply - sums.sent > _SHARP * problem.supply)
    degrees = (np.bincount(row, minlength=m), np.bincount(carried.target, minlength=n), [len(spare)])
    first = np.concatenate([[0], np.cumsum(np.concatenate(degrees))])
    # rows are in order already: lanes by source, lanes in use by target, and the start
    heads = np.concatenate([m + column, carried.source[by_target], spare]).astype(np.int32)
    graph = csr_array(
        (np.ones(len(heads), dtype=np.int8), heads, first.astype(np.int32)), (m + n + 1, m + n + 1)
    )
    reached = np.zeros(m + n + 1, dtype=bool)
    reached[breadth_first_order(graph, m + n, return_predecessors=False)] = True
    near, far = reached[:m], ~reached[m : m + n]
    bound = float(problem.supply[~near].sum() + problem.demand[~far].sum())
    if lanes.capacity is not None:
        across = near[lanes.source] & far[lanes.target]
        bound += float(lanes.capacity[across].sum())
    return bound


def most_servable(problem: FairAllocationProblem) -> float:
    """Most that can be served within supplies, demands, lanes and the cost budget.

    Exact for whole data of up to 2^29 units in all, else short of the truth by at most a billionth of it
    (under a cost budget, by a linear program's tolerance).

    Examples
    --------
    >>> from allocare.instances.fair_allocation import FairAllocationProblem
    >>> from allocare.instances.lanes import Lanes
    >>> problem = FairAllocationProblem(
    ...     sources=["depot"], targets=["north", "south"], lanes=Lanes.from_matrix([[1, 1]], [[3, 2]]),
    ...     supply=[6], demand=[4, 8])
    >>> most_servable(problem)
    5.0
    """
    if easy_bound(problem) == 0 or not len(problem.lanes):
        return 0.0
    if problem.cost_budget is not None:
        return _by_linear_program(problem)
    return _by_maximum_flow(problem)


def _by_maximum_flow(problem: FairAllocationProblem) -> float:
    """Count in whole units, then in ever finer ones what rounding left, until a cut proves the rest small."""
    from scipy.sparse.csgraph import breadth_first_order, maximum_flow

    rest = _network(problem)
    whole = bool((rest.data == np.rint(rest.data)).all())
    sink = rest.shape[0] - 1
    served, total = 0.0, easy_bound(problem)
    missing = total
    while missing > max(_SHARP * served, 1e-15 * total):
        exact = whole and missing <= _UNITS
        scale = 1.0 if exact else _UNITS / missing
        units = rest.copy()
        units.data = np.floor(np.minimum(rest.data, missing) * scale)
        units = units.astype(np.int32)
        found = maximum_flow(units, 0, sink)
        served += float(found.flow_value) / scale
        if exact:
            break
        open_arcs = units - found.flow
        open_arcs.eliminate_zeros()
        near = np.zeros(sink + 1, dtype=bool)
        near[breadth_first_order(open_arcs, 0, return_predecessors=False)] = True
        rest = rest - found.flow / scale
        rest.data = np.maximum(rest.data, 0.0)
        arcs = rest.tocoo()
        cut = float(arcs.data[near[arcs.row] & ~near[arcs.col]].sum())
        missing, whole = min(missing - found.flow_value / scale, cut), False
    return served


def _network(problem: FairAllocationProblem) -> Any:
    """Capacities from node 0 over sources and targets to the last node."""
    from scipy.sparse import csr_array

    lanes, n_sources = problem.lanes, len(problem.sources)
    sink = n_sources + len(problem.targets) + 1
    sources = np.arange(1, n_sources + 1, dtype=np.int32)
    targets = np.arange(n_sources + 1, sink, dtype=np.int32)
    limit = np.minimum(problem.supply[lanes.source], problem.demand[lanes.target])
    if lanes.capacity is not None:
        limit = np.minimum(limit, lanes.capacity)
    tail = np.concatenate([np.zeros_like(sources), targets, sources[lanes.source]])
    head = np.concatenate([sources, np.full_like(targets, sink), targets[lanes.target]])
    capacity = np.concatenate([problem.supply, problem.demand, limit])
    return csr_array((capacity, (tail, head)), shape=(sink + 1, sink + 1))


def _by_linear_program(problem: FairAllocationProblem) -> float:
    """Solve in shares of the largest quantity, so that the solver's absolute tolerances fit."""
    from scipy.optimize import linprog
    from scipy.sparse import csr_array, vstack

    lanes = problem.lanes
    unit = common_size(largest(problem.supply), largest(problem.demand))
    ones, lane = np.ones(len(lanes)), np.arange(len(lanes))
    rows: list[Any] = [
        csr_array((ones, (lanes.source, lane)), shape=(lanes.n_sources, len(lanes))),
        csr_array((ones, (lanes.target, lane)), shape=(lanes.n_targets, len(lanes))),
    ]
    limits = [problem.supply / unit, problem.demand / unit]
    if problem.cost_budget is not None:
        dearest = largest(lanes.cost) or 1.0
        rows.append(csr_array(lanes.cost[np.newaxis, :] / dearest))
        limits.append(np.array([problem.cost_budget / (dearest * unit)]))
    most = np.full(len(lanes), np.inf) if lanes.capacity is None else lanes.capacity / unit
    answer = linprog(
        -ones,
        A_ub=vstack(rows, format="csr"),
        b_ub=np.concatenate(limits),
        bounds=np.column_stack([np.zeros(len(lanes)), most]),
        method="highs",
    )
    if answer.status != 0:
        raise ArithmeticError(f"the most that can be served could not be computed: {answer.message}")
    served = -float(answer.fun) * unit
    if problem.whole:
        # least cost by quantity served bends at whole quantities only, and is attained there by whole flows
        return float(np.floor(served * (1 - 1e-9) + 1e-6))
    return served
