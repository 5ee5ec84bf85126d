"""Optima by scipy and networkx from the problems' data alone, for tests of data rather than of solvers."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import scipy.optimize
import scipy.sparse as sp

if TYPE_CHECKING:
    from allocare.instances.assignment import AssignmentProblem
    from allocare.instances.fair_allocation import FairAllocationProblem
    from allocare.instances.linear import LinearProblem
    from allocare.instances.programmes import ProgrammeProblem
    from allocare.instances.transportation import TransportationProblem
    from allocare.instances.uncertain_transportation import UncertainTransportationProblem


def transportation_optimum(problem: TransportationProblem) -> tuple[float, np.ndarray]:
    """Optimum and lane quantities by scipy's linear solver."""
    n_sources, n_targets, n_lanes = len(problem.sources), len(problem.targets), problem.size
    by_source, by_target = problem.lanes.incidence()
    by_source = sp.hstack([by_source, sp.csr_array((n_sources, n_targets))])
    by_target = sp.hstack([by_target, sp.eye_array(n_targets)])
    sign = -1 if problem.maximise else 1
    priced = problem.unmet_cost is not None
    cost = np.append(sign * problem.lanes.cost, problem.unmet_cost if priced else np.zeros(n_targets))
    most = np.full(n_lanes, np.inf) if problem.lanes.capacity is None else problem.lanes.capacity
    most = np.append(most, np.full(n_targets, np.inf if priced else 0))
    rows = []
    if problem.supply is not None:
        least = problem.supply if problem.supply_rule == "exactly" else -np.inf
        rows.append(scipy.optimize.LinearConstraint(by_source, least, problem.supply))
    if problem.demand is not None:
        assert problem.demand_rule == "exactly"
        rows.append(scipy.optimize.LinearConstraint(by_target, problem.demand, problem.demand))
    if problem.total is not None:
        everything = np.append(np.ones(n_lanes), np.zeros(n_targets))[np.newaxis]
        rows.append(scipy.optimize.LinearConstraint(everything, problem.total, problem.total))
    found = scipy.optimize.milp(cost, constraints=rows, bounds=scipy.optimize.Bounds(0, most))
    assert found.status == 0, found.message
    return sign * found.fun, found.x[:n_lanes]


def assignment_by_class(problem: AssignmentProblem) -> list[float]:
    """Optimum of each priority class in turn, earlier ones kept, by scipy's MILP at gap 0."""
    n_agents, n_tasks, n_pairs = len(problem.agents), len(problem.tasks), problem.size
    by_agent, by_task = problem.pairs.incidence()
    use = np.ones(n_pairs) if problem.use is None else problem.use
    may_leave = problem.task_rule == "at-most-once"
    price = np.zeros(n_tasks) if problem.left_out_cost is None else problem.left_out_cost
    level = np.ones(n_tasks) if problem.priority is None else problem.priority
    sign = -1 if problem.maximise else 1
    rows = [
        scipy.optimize.LinearConstraint(
            sp.hstack([by_agent * use, sp.csr_array((n_agents, n_tasks))]), -np.inf, problem.capacity
        ),
        scipy.optimize.LinearConstraint(sp.hstack([by_task, sp.eye_array(n_tasks)]), 1, 1),
    ]
    bounds = scipy.optimize.Bounds(0, np.append(np.ones(n_pairs), np.full(n_tasks, float(may_leave))))
    values = []
    for served in problem.classes:
        own = np.append(
            np.where(level[problem.pairs.target] == served, sign * problem.pairs.cost, 0),
            np.where(level == served, price, 0),
        )
        found = scipy.optimize.milp(
            own, constraints=rows, bounds=bounds, integrality=np.ones(len(own)), options={"mip_rel_gap": 0}
        )
        assert found.status == 0, found.message
        values.append(sign * round(found.fun))
        rows.append(scipy.optimize.LinearConstraint(own[np.newaxis], -np.inf, round(found.fun)))
    return values


def linear_optimum(problem: LinearProblem) -> float:
    """Optimum by scipy's MILP."""
    sign = -1 if problem.maximise else 1
    found = scipy.optimize.milp(
        sign * problem.objective,
        constraints=scipy.optimize.LinearConstraint(problem.matrix, problem.row_lower, problem.row_upper),
        bounds=scipy.optimize.Bounds(problem.lower, problem.upper),
        integrality=problem.whole,
        options={"mip_rel_gap": 0},
    )
    assert found.status == 0, found.message
    return sign * found.fun + problem.offset


def programmes_optimum(problem: ProgrammeProblem) -> float:
    """Optimum by scipy's MILP at gap 0."""
    people = problem.group_size[problem.group]
    cost = problem.cost.toarray() * (people if problem.cost_per == "person" else 1)
    by_group = np.arange(len(problem.groups))[:, np.newaxis] == problem.group
    found = scipy.optimize.milp(
        -people * problem.benefit,
        constraints=[
            scipy.optimize.LinearConstraint(cost, -np.inf, problem.budget_limit),
            scipy.optimize.LinearConstraint(by_group, -np.inf, 1.0 if problem.one_each else np.inf),
        ],
        bounds=scipy.optimize.Bounds(problem.lower, problem.upper),
        integrality=np.full(problem.size, int(problem.whole)),
        options={"mip_rel_gap": 0},
    )
    assert found.status == 0, found.message
    return float(problem.group_size @ problem.baseline) - found.fun


def most_served(problem: FairAllocationProblem) -> int:
    """Most that can be served of whole supplies and demands, by scipy's linear solver."""
    by_source, by_target = problem.lanes.incidence()
    found = scipy.optimize.linprog(
        -np.ones(problem.size),
        A_ub=sp.vstack([by_source, by_target]),
        b_ub=np.append(problem.supply, problem.demand),
    )
    return round(-found.fun)


def least_variance(problem: FairAllocationProblem) -> Fraction:
    """Least variance of divisible service levels at no efficiency loss, exactly.

    Levels come from splitting at minimum cuts (Fujishige 1980): targets that cannot all have the level
    that their suppliers would afford together are starved, and share what reaches them alone.
    """
    assert problem.efficiency_loss == 0
    assert problem.lanes.capacity is None
    demand = [int(need) for need in problem.demand]
    reach: dict[int, set[int]] = {target: set() for target in range(len(demand))}
    for source, target in zip(problem.lanes.source.tolist(), problem.lanes.target.tolist(), strict=True):
        reach[target].add(source)
    level: dict[int, Fraction] = {}
    open_parts = [(set(reach), set(range(len(problem.sources))))]
    while open_parts:
        targets, sources = open_parts.pop()
        sources &= set().union(*(reach[target] for target in targets))
        need = sum(demand[target] for target in targets)
        even = min(Fraction(1), Fraction(int(problem.supply[list(sources)].sum()), need))
        network = nx.DiGraph()
        network.add_nodes_from(["supply", "demand"])
        for source in sources:
            held = int(problem.supply[source]) * even.denominator
            network.add_edge("supply", ("source", source), capacity=held)
        for target in targets:
            network.add_edge(("target", target), "demand", capacity=demand[target] * even.numerator)
            network.add_edges_from(
                (("source", source), ("target", target)) for source in reach[target] & sources
            )
        sent, (_, behind) = nx.minimum_cut(network, "supply", "demand")
        if sent == need * even.numerator:
            level.update(dict.fromkeys(targets, even))
            continue
        starved = {target for target in targets if ("target", target) in behind}
        theirs = set().union(*(reach[target] for target in starved)) & sources
        open_parts += [(starved, theirs), (targets - starved, sources - theirs)]
    everyone = sum(demand)
    mean = sum(level[target] * demand[target] for target in level) / everyone
    return sum(demand[target] * (level[target] - mean) ** 2 for target in level) / everyone


def least_variance_whole(problem: FairAllocationProblem) -> float:
    """Least variance of whole quantities at no efficiency loss, by a linear program of unit increments."""
    assert problem.efficiency_loss == 0
    assert problem.lanes.capacity is None
    need = problem.demand.astype(np.int64)
    target = np.repeat(np.arange(len(need)), need)
    unit = np.arange(len(target)) - np.repeat(np.cumsum(need) - need, need)
    by_source, by_target = problem.lanes.incidence()
    by_unit = sp.csr_array((np.ones(len(target)), (target, np.arange(len(target)))))
    served, everyone = most_served(problem), problem.demand.sum()
    everything = np.append(np.zeros(problem.size), np.ones(len(target)))
    found = scipy.optimize.linprog(
        np.append(np.zeros(problem.size), (2 * unit + 1) / need[target]),
        A_ub=sp.hstack([by_source, sp.csr_array((len(problem.sources), len(target)))]),
        b_ub=problem.supply,
        A_eq=sp.vstack([sp.hstack([by_target, -by_unit]), sp.csr_array(everything[np.newaxis])]),
        b_eq=np.append(np.zeros(len(need)), served),
        bounds=np.column_stack([np.zeros(len(everything)), np.where(everything, 1, np.inf)]),
    )
    assert found.status == 0, found.message
    return found.fun / everyone - (served / everyone) ** 2


def expected_cost_optimum(problem: UncertainTransportationProblem) -> float:
    """Least expected cost without recourse lanes in whole units, each unit sent for what it saves."""
    demand, likely = problem.scenarios.quantity, problem.scenarios.probability
    network = nx.DiGraph()
    scale = 10**6
    assert problem.supply is not None
    for i, available in enumerate(problem.supply.astype(int).tolist()):
        network.add_edge("all", ("source", i), capacity=available, weight=0)
    limit = np.full(problem.size, 10**9) if problem.lanes.capacity is None else problem.lanes.capacity
    for lane, (i, j) in enumerate(zip(problem.lanes.source, problem.lanes.target, strict=True)):
        cost = problem.lanes.cost[lane] + problem.purchase_cost[i]
        weight = round(float(cost) * scale)
        network.add_edge(("source", int(i)), ("target", int(j)), capacity=int(limit[lane]), weight=weight)
    for j in range(len(problem.targets)):
        both = problem.unmet_cost[j] + problem.leftover_cost[j]
        # where what is left over can be sold, units beyond all demand may be worth sending too
        beyond = int(problem.supply.sum()) if problem.leftover_cost[j] < 0 else 0
        for unit in range(1, int(demand[:, j].max(initial=0)) + beyond + 1):
            gain = both * likely[demand[:, j] >= unit].sum() - problem.leftover_cost[j]
            weight = -round(float(gain) * scale)
            network.add_edge(("target", j), ("unit", j, unit), capacity=1, weight=weight)
            network.add_edge(("unit", j, unit), "end", capacity=1, weight=0)
    # what is not sent at all
    network.add_edge("all", "end", capacity=10**9, weight=0)
    network.add_node("all", demand=-int(problem.supply.sum()))
    network.add_node("end", demand=int(problem.supply.sum()))
    saved, _ = nx.network_simplex(network)
    return float(likely @ demand @ problem.unmet_cost) + saved / scale
