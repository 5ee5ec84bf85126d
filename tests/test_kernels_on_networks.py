"""The exact kernels on assignment, flows and fair shares, against formulations written here."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kernel_oracle import FLOW, INF, MANY, SEEDS, by_scipy, confirm, keys, outcomes, random_lanes

from allocare.instances.assignment import AssignmentProblem
from allocare.instances.fair_allocation import FairAllocationProblem
from allocare.instances.lanes import Lanes
from allocare.instances.network_flow import NetworkFlowProblem
from allocare.solvers import linear_assignment_, min_cost_flow_
from allocare.solvers.backend import Options, Task
from allocare.solvers.solution import Status

# --------------------------------------------------------------------------------------- assignment


def random_assignment(rng: np.random.Generator, one_to_one: bool) -> AssignmentProblem:
    m, n = rng.integers(1, 5, 2)
    once = rng.random() < 0.5
    scale = rng.choice([1, 1, 0.25, 1e6])
    return AssignmentProblem(
        agents=keys("a", m), tasks=keys("t", n),
        pairs=Lanes.from_matrix(random_lanes(rng, m, n, -8, False).matrix() * scale),
        capacity=rng.choice([0, 1, 1, 1.5] if one_to_one else [0, 1, 2, 2.9, 9], m),
        task_rule="exactly-once" if once else "at-most-once",
        left_out_cost=rng.integers(-4, 12, n) * scale if not once and rng.random() < 0.8 else None,
        priority=rng.integers(1, 4, n) if rng.random() < 0.4 else None,
        sense=str(rng.choice(["min", "max"])),
    )  # fmt: skip


def assignment_by_scipy(p: AssignmentProblem) -> tuple[Status, tuple[float, ...]]:
    """Own objectives of the priority classes, each optimised with the earlier ones held."""
    n, by_agent, by_task = len(p.tasks), *(matrix.toarray() for matrix in p.pairs.incidence())
    sign = -1.0 if p.maximise else 1.0
    price = np.zeros(n) if p.left_out_cost is None else p.left_out_cost
    rows, once = [by_agent, by_task], p.task_rule == "exactly-once"
    low = [np.zeros(len(p.agents)), np.full(n, float(once))]
    high = [np.floor(p.capacity), np.ones(n)]
    values: list[float] = []
    for level in p.classes:
        members = np.full(n, True) if p.priority is None else p.priority == level
        inside = members[p.pairs.target]
        cost = np.where(inside, sign * p.pairs.cost - price[p.pairs.target], 0.0)
        status, value = by_scipy(cost, np.vstack(rows), np.concatenate(low), np.concatenate(high), 0, 1, True)
        if status is not Status.OPTIMAL:
            return status, ()
        rows.append(cost[None])
        low.append(np.array([-INF]))
        high.append(np.array([value + 1e-6]))
        values.append(sign * (value + price[members].sum()))
    return Status.OPTIMAL, tuple(values)


def assignment_objective(p: AssignmentProblem, x: Any) -> float:
    assert set(x.tolist()) <= {0.0, 1.0}
    assert (np.bincount(p.pairs.source, x, len(p.agents)) <= p.capacity).all()
    served = np.bincount(p.pairs.target, x, len(p.tasks))
    assert (served == 1).all() if p.task_rule == "exactly-once" else (served <= 1).all()
    price = 0.0 if p.left_out_cost is None else float(p.left_out_cost @ (1 - served))
    return float(p.pairs.cost @ x) + (-price if p.maximise else price)


@MANY
@given(SEEDS, st.booleans())
def test_assignment_kernels_reach_the_lexicographic_optimum_of_every_rule(seed: int, single: bool) -> None:
    problem = random_assignment(np.random.default_rng(seed), single)
    if problem.size == 0:
        return
    status, values = assignment_by_scipy(problem)
    solved = outcomes(problem, (*FLOW, linear_assignment_))
    assert len(solved) == 3 if problem.one_to_one else len(solved) >= 2
    for outcome in solved:
        confirm(outcome, status, sum(values), lambda x: assignment_objective(problem, x))
        if status is Status.OPTIMAL and problem.priority is not None:
            assert outcome.stages == pytest.approx(values)


def test_the_fallback_without_lapx_gives_the_same_optimum(monkeypatch: pytest.MonkeyPatch) -> None:
    cost = np.random.default_rng(3).integers(0, 99, (30, 20))
    problem = AssignmentProblem(agents=range(30), tasks=range(20), pairs=Lanes.from_matrix(cost))
    with_lap = linear_assignment_.solve(Task(problem), Options())
    monkeypatch.setattr(linear_assignment_, "find_spec", lambda name: None)
    assert linear_assignment_.solve(Task(problem), Options()).objective == with_lap.objective


@pytest.mark.parametrize("magnitude", [1e-6, 1, 1e6, 1e9])
def test_assignment_is_right_at_every_magnitude(magnitude: float) -> None:
    from scipy.optimize import linear_sum_assignment

    cost = np.random.default_rng(11).integers(-99, 99, (40, 40))
    rows, columns = linear_sum_assignment(cost)
    problem = AssignmentProblem(
        agents=range(40), tasks=range(40), pairs=Lanes.from_matrix(np.round(cost * magnitude, 6))
    )
    for outcome in outcomes(problem, (min_cost_flow_, linear_assignment_)):
        assert outcome.objective == pytest.approx(cost[rows, columns].sum() * magnitude, rel=1e-12)


# ------------------------------------------------------------------------------------- network flow


def random_flow(rng: np.random.Generator) -> NetworkFlowProblem:
    nodes, arcs = int(rng.integers(1, 6)), int(rng.integers(1, 13))
    balance = rng.integers(-4, 5, nodes)
    balance[-1] -= balance.sum() if rng.random() < 0.95 else 0
    lower = rng.choice([0, 0, 0, 1, 2], arcs)
    capacity = lower + rng.choice([0, 1, 4, 9, INF], arcs)
    part = rng.choice([1, 0.5, 0.01])
    return NetworkFlowProblem(
        nodes=range(nodes), balance=np.round(balance * part, 2), tail=rng.integers(0, nodes, arcs),
        head=rng.integers(0, nodes, arcs), cost=rng.integers(-2, 9, arcs) / rng.choice([1, 8]),
        lower=lower * part, capacity=capacity * part, whole=bool(part == 1),
    )  # fmt: skip


def flow_by_scipy(p: NetworkFlowProblem) -> tuple[Status, float]:
    rows = np.zeros((len(p.nodes), p.size))
    np.add.at(rows, (p.tail, np.arange(p.size)), 1)
    np.add.at(rows, (p.head, np.arange(p.size)), -1)
    return by_scipy(p.cost, rows, p.balance, p.balance, p.lower, p.capacity, p.whole)


def flow_objective(p: NetworkFlowProblem, x: Any) -> float:
    assert (x >= p.lower).all() and (x <= p.capacity).all()
    leaves = np.bincount(p.tail, x, len(p.nodes)) - np.bincount(p.head, x, len(p.nodes))
    np.testing.assert_allclose(leaves, p.balance, atol=1e-9)
    return float(p.cost @ x)


@MANY
@given(SEEDS)
def test_flow_kernels_agree_with_scipy_on_loops_parallel_arcs_and_unlimited_ones(seed: int) -> None:
    problem = random_flow(np.random.default_rng(seed))
    status, optimum = flow_by_scipy(problem)
    solved = outcomes(problem, FLOW)
    assert len(solved) == 2
    for outcome in solved:
        confirm(outcome, status, optimum, lambda x: flow_objective(problem, x))


# ----------------------------------------------------------------------------------- fair allocation


def feasible_plans(p: FairAllocationProblem) -> np.ndarray:
    most = np.minimum(p.supply[p.lanes.source], p.demand[p.lanes.target])
    if p.lanes.capacity is not None:
        most = np.minimum(most, p.lanes.capacity)
    plans = np.array(list(product(*(range(int(k) + 1) for k in most))), dtype=float)
    by_source, by_target = p.lanes.incidence()
    keeps = (p.supply >= (by_source @ plans.T).T).all(1) & (p.demand >= (by_target @ plans.T).T).all(1)
    return plans[keeps]


@settings(MANY, max_examples=150)
@given(SEEDS, st.sampled_from(["min-variance", "need-deviation"]))
def test_fair_allocation_in_whole_units_is_the_best_of_all_plans(seed: int, criterion: str) -> None:
    rng = np.random.default_rng(seed)
    m, n = rng.integers(1, 3), rng.integers(1, 4)
    lanes = random_lanes(rng, m, n, 0, True)
    problem = FairAllocationProblem(
        sources=range(m), targets=range(n), lanes=lanes, supply=rng.integers(0, 5, m),
        demand=rng.integers(0, 5, n), criterion=criterion, whole=True,
        need=rng.choice([0, 0.5, 1, 1.2, 2, 3.75], len(lanes)) if criterion == "need-deviation" else None,
    )  # fmt: skip
    if problem.size == 0:
        return
    plans = feasible_plans(problem)
    if criterion == "min-variance":
        needing = problem.demand > 0
        received = (problem.lanes.incidence()[1] @ plans.T).T
        served = received.sum(1)
        level = received[:, needing] / problem.demand[needing]
        share = problem.demand[needing] / max(problem.demand.sum(), 1)
        values = (share * (level - (share * level).sum(1, keepdims=True)) ** 2).sum(1)
        best = values[served == served.max()].min()
    else:
        best = ((plans - problem.need) ** 2).sum(1).min()
    solved = outcomes(problem, FLOW)
    assert len(solved) == 2
    for outcome in solved:
        assert outcome.status is Status.OPTIMAL
        assert outcome.objective == pytest.approx(best, abs=1e-12)
        assert (plans == outcome.decisions).all(1).any()
