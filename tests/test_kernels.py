"""The exact kernels on transportation, against a formulation written here from the problem alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from kernel_oracle import FLOW, INF, MANY, SEEDS, by_scipy, confirm, keys, outcomes, random_lanes

from allocare.instances.assignment import AssignmentProblem
from allocare.instances.fair_allocation import FairAllocationProblem
from allocare.instances.lanes import Lanes
from allocare.instances.network_flow import NetworkFlowProblem
from allocare.instances.transportation import TransportationProblem
from allocare.models.scaling import InexactScaling
from allocare.solvers import linear_assignment_, min_cost_flow_, network_simplex_, networkx_
from allocare.solvers.backend import Options, Task
from allocare.solvers.solution import Status

# ---------------------------------------------------------------------------------- transportation


def random_transportation(rng: np.random.Generator) -> TransportationProblem:
    m, n = rng.integers(1, 4, 2)
    supply_rule = rng.choice(["at-most", "at-most", "exactly", "none"])
    demand_rule = rng.choice(["exactly", "exactly", "at-least", "none"])
    supply = None if supply_rule == "none" else rng.integers(0, 9, m).astype(float)
    demand = None if demand_rule == "none" else rng.integers(0, 7, n).astype(float)
    if supply is not None and demand is not None and rng.random() < 0.4:
        supply[-1] += max(demand.sum() - supply.sum(), 0)
    unmet = service = None
    if demand is not None and rng.random() < 0.4:
        unmet = rng.integers(0 if demand_rule == "at-least" else -6, 25, n).astype(float)
        if rng.random() < 0.5:
            service = rng.choice([0, 0.25, 0.5, 0.9, 1], n)
    part = rng.choice([1.0, 0.5, 0.1])
    whole = bool(part == 1 and rng.random() < 0.6)
    lanes = random_lanes(rng, m, n, int(rng.choice([-8, 0, 1])), True)
    if lanes.capacity is not None:
        limits = np.round(lanes.capacity * part, 1)
        lanes = Lanes(int(m), int(n), lanes.cost, lanes.rows, lanes.columns, limits)
    return TransportationProblem(
        sources=keys("s", m), targets=keys("t", n), lanes=lanes,
        supply=None if supply is None else np.round(supply * part, 1),
        demand=None if demand is None else np.round(demand * part, 1),
        supply_rule=str(supply_rule), demand_rule=str(demand_rule),
        total=round(rng.integers(0, 10) * part, 1) if rng.random() < 0.25 else None,
        unmet_cost=unmet, minimum_service=service, whole=whole,
        sense=str(rng.choice(["min", "max"])),
    )  # fmt: skip


def transportation_by_scipy(p: TransportationProblem) -> tuple[Status, float]:
    m, n, lanes = len(p.sources), len(p.targets), p.size
    by_source, by_target = np.zeros((m, lanes)), np.zeros((n, lanes))
    by_source[p.lanes.source, np.arange(lanes)] = 1
    by_target[p.lanes.target, np.arange(lanes)] = 1
    priced = p.unmet_cost is not None
    sign = -1.0 if p.maximise else 1.0
    cost = np.concatenate([sign * p.lanes.cost, p.unmet_cost if priced else []])
    upper = np.concatenate([np.full(lanes, INF) if p.lanes.capacity is None else p.lanes.capacity,
                            p.demand if priced else []])  # fmt: skip
    rows, low, high = [], [], []

    def add(block: Any, unmet_part: Any, least: Any, most: Any) -> None:
        rows.append(np.hstack([block, unmet_part]) if priced else block)
        low.append(np.broadcast_to(least, len(block)))
        high.append(np.broadcast_to(most, len(block)))

    if p.supply is not None:
        add(by_source, np.zeros((m, n)), p.supply if p.supply_rule == "exactly" else 0, p.supply)
    if p.demand is not None:
        add(by_target, np.eye(n), p.demand, p.demand if p.demand_rule == "exactly" else INF)
        if p.minimum_service is not None:
            least = p.minimum_service * p.demand
            add(by_target, np.zeros((n, n)), np.ceil(least - 1e-9) if p.whole else least, INF)
    if p.total is not None:
        add(np.ones((1, lanes)), np.zeros((1, n)), p.total, p.total)
    if not rows:
        add(np.zeros((1, lanes)), np.zeros((1, n)), 0, 0)
    status, value = by_scipy(
        cost, np.vstack(rows), np.concatenate(low), np.concatenate(high), 0, upper, p.whole
    )
    return status, sign * value


def transportation_objective(p: TransportationProblem, x: Any) -> float:
    sent = np.bincount(p.lanes.source, x, len(p.sources))
    received = np.bincount(p.lanes.target, x, len(p.targets))
    assert (x >= 0).all()
    assert not p.whole or (x == np.rint(x)).all()
    if p.lanes.capacity is not None:
        assert (x <= p.lanes.capacity + 1e-9).all()
    if p.supply is not None:
        assert (sent <= p.supply + 1e-9).all()
        assert p.supply_rule != "exactly" or np.allclose(sent, p.supply, atol=1e-9)
    if p.total is not None:
        assert x.sum() == pytest.approx(p.total, abs=1e-9)
    value = float(p.lanes.cost @ x)
    if p.demand is None:
        return value
    unmet = np.maximum(p.demand - received, 0)
    assert p.demand_rule != "exactly" or (received <= p.demand + 1e-9).all()
    if p.unmet_cost is None:
        assert (unmet <= 1e-9).all()
        return value
    if p.minimum_service is not None:
        assert (received >= p.minimum_service * p.demand - 1e-9).all()
    return value + (-1 if p.maximise else 1) * float(p.unmet_cost @ unmet)


@MANY
@given(SEEDS)
def test_transportation_kernels_reach_the_optimum_of_every_rule_and_prove_the_rest(seed: int) -> None:
    problem = random_transportation(np.random.default_rng(seed))
    if problem.size == 0:
        return
    status, optimum = transportation_by_scipy(problem)
    solved = outcomes(problem, (*FLOW, network_simplex_))
    assert len(solved) >= 2
    for outcome in solved:
        confirm(outcome, status, optimum, lambda x: transportation_objective(problem, x))


@MANY
@given(SEEDS)
def test_the_network_simplex_takes_every_form_it_claims(seed: int) -> None:
    rng = np.random.default_rng(seed)
    m, n = rng.integers(1, 5, 2)
    supply, demand = rng.integers(0, 9, m).astype(float), rng.integers(0, 7, n).astype(float)
    rule = str(rng.choice(["at-most", "exactly"]))
    if rng.random() < 0.6:
        supply[0] += max(demand.sum() - supply.sum(), 0)
        demand[0] += max(supply.sum() - demand.sum(), 0) if rule == "exactly" else 0
    part = rng.choice([1.0, 1e9, 0.01, 1 / 3])
    problem = TransportationProblem(
        sources=keys("s", m), targets=keys("t", n), lanes=random_lanes(rng, m, n, -8, False),
        supply=supply * part, demand=demand * part, supply_rule=rule,
        demand_rule=(beyond := str(rng.choice(["exactly", "exactly", "at-least"]))),
        unmet_cost=rng.integers(0 if beyond == "at-least" else -5, 20, n) if rng.random() < 0.3 else None,
        sense=str(rng.choice(["min", "max"])),
    )  # fmt: skip
    if problem.size == 0 or network_simplex_.refusal(Task(problem), Options()) is not None:
        return
    outcome = network_simplex_.solve(Task(problem), Options())
    status, optimum = transportation_by_scipy(problem)
    if part == 1 / 3 and status is Status.INFEASIBLE and problem.unmet_cost is not None:
        assert outcome.status in {Status.INFEASIBLE, Status.UNKNOWN}
        return
    assert outcome.status is status
    if status is not Status.OPTIMAL:
        return
    assert outcome.objective == pytest.approx(optimum, rel=1e-8, abs=1e-7 * part)
    if not outcome.duals:
        return
    prices = [outcome.duals[name].to_numpy() for name in ("supply_limit", "demand_balance")]
    if all(np.isfinite(price).all() for price in prices):
        value = prices[0] @ problem.supply + prices[1] @ problem.demand
        assert value == pytest.approx(optimum, rel=1e-8, abs=1e-7 * part)
        gain = prices[0][problem.lanes.source] + prices[1][problem.lanes.target] - problem.lanes.cost
        assert ((-gain if problem.maximise else gain) <= 1e-7).all()
        if rule == "at-most":
            assert ((prices[0] if not problem.maximise else -prices[0]) <= 1e-9).all()


@pytest.mark.parametrize("sense", ["min", "max"])
@pytest.mark.parametrize("seed", range(8))
def test_duals_are_those_of_highs_where_they_are_unique(seed: int, sense: str) -> None:
    from scipy.optimize import linprog

    rng = np.random.default_rng(seed)
    cost, demand = rng.random((4, 5)) + 1, rng.random(5) + 1
    supply = rng.random(4) + 1
    supply *= 1.3 * demand.sum() / supply.sum()
    problem = TransportationProblem(
        sources=range(4), targets=list("abcde"), lanes=Lanes.from_matrix(cost), supply=supply, demand=demand,
        sense=sense,
    )  # fmt: skip
    by_source, by_target = (matrix.toarray() for matrix in problem.lanes.incidence())
    sign = -1 if sense == "max" else 1
    found = linprog(sign * cost.ravel(), by_source, supply, by_target, demand)
    duals = network_simplex_.solve(Task(problem), Options()).duals
    np.testing.assert_allclose(duals["supply_limit"], sign * found.ineqlin.marginals, atol=1e-9)
    np.testing.assert_allclose(duals["demand_balance"], sign * found.eqlin.marginals, atol=1e-9)
    assert duals["demand_balance"].index.tolist() == list("abcde")


def test_another_case_to_new_york_costs_what_the_textbook_says() -> None:
    distance = np.array([[2.5, 1.7, 1.8], [2.5, 1.8, 1.4]])
    problem = TransportationProblem(
        sources=["Seattle", "San Diego"], targets=["New York", "Chicago", "Topeka"],
        lanes=Lanes.from_matrix(0.09 * distance), supply=[350, 600], demand=[325, 300, 275],
    )  # fmt: skip
    outcome = network_simplex_.solve(Task(problem), Options())
    assert outcome.objective == pytest.approx(153.675)
    assert outcome.duals["demand_balance"]["New York"] == pytest.approx(0.225)


def test_planted_optima_are_found_by_both_kernels() -> None:
    rng = np.random.default_rng(5)
    n = 120
    u, v = rng.integers(0, 50, n), rng.integers(0, 50, n)
    plan = np.zeros((n, n))
    plan[np.arange(n), rng.permutation(n)] = rng.integers(1, 9, n)
    plan[np.arange(n), rng.permutation(n)] += rng.integers(1, 9, n)
    cost = u[:, None] + v + np.where(plan > 0, 0, rng.integers(1, 90, (n, n)))
    problem = TransportationProblem(
        sources=range(n), targets=range(n), lanes=Lanes.from_matrix(cost), supply=plan.sum(1),
        demand=plan.sum(0), supply_rule="exactly", whole=True,
    )  # fmt: skip
    for outcome in outcomes(problem, (min_cost_flow_, network_simplex_)):
        assert outcome.objective == (cost * plan).sum()


# ------------------------------------------------------------------------------ magnitudes and edges


@pytest.mark.parametrize(
    ("quantity", "cost"), [(1e9, 1), (1, 1e9), (1e-6, 1), (1, 1e-6), (1e9, 1e-6), (1e-6, 1e9)]
)
def test_transportation_is_exact_from_a_millionth_to_a_thousand_million(quantity: float, cost: float) -> None:
    rng = np.random.default_rng(2)
    costs, supply, demand = rng.integers(1, 50, (6, 7)), rng.integers(7, 15, 6), rng.integers(1, 6, 7)

    def problem(by_quantity: float, by_cost: float) -> TransportationProblem:
        return TransportationProblem(
            sources=range(6), targets=range(7), lanes=Lanes.from_matrix(np.round(costs * by_cost, 6)),
            supply=np.round(supply * by_quantity, 6), demand=np.round(demand * by_quantity, 6),
        )  # fmt: skip

    (reference,) = outcomes(problem(1, 1), (networkx_,))
    solved = outcomes(problem(quantity, cost), (*FLOW, network_simplex_))
    assert len(solved) == 3
    for outcome in solved:
        assert outcome.objective == pytest.approx(reference.objective * quantity * cost, rel=1e-12)


@pytest.mark.parametrize("power", range(40, 63, 2))
def test_costs_near_the_end_of_64_bits_are_refused_or_right(power: int) -> None:
    n = 12
    problem = NetworkFlowProblem(
        nodes=range(n), balance=[3, *[0] * (n - 2), -3], tail=range(n - 1), head=range(1, n),
        cost=np.full(n - 1, 2.0 ** min(power, 52)), lower=np.zeros(n - 1),
        capacity=np.full(n - 1, 2.0 ** max(power - 40, 3)),
    )  # fmt: skip
    task = Task(problem)
    for module in FLOW:
        if module.refusal(task, Options()) is None:
            assert module.solve(task, Options()).objective == 3 * (n - 1) * 2.0 ** min(power, 52)
        else:
            with pytest.raises(InexactScaling):
                module.solve(task, Options())


def test_a_limit_of_pivots_is_never_called_optimal() -> None:
    rng = np.random.default_rng(0)
    problem = TransportationProblem(
        sources=range(60), targets=range(60), lanes=Lanes.from_matrix(rng.random((60, 60))),
        supply=np.full(60, 7), demand=np.full(60, 7),
    )  # fmt: skip
    outcome = network_simplex_.solve(Task(problem), Options(native={"numItermax": 5}))
    assert outcome.status is Status.UNKNOWN and outcome.decisions is None
    assert outcome.stop_reason == "iteration-limit"


@pytest.mark.parametrize("supply_rule", ["at-most", "exactly"])
def test_nothing_to_send_is_an_optimal_empty_plan(supply_rule: Any) -> None:
    problem = TransportationProblem(
        sources=["s"], targets=["a", "b"], lanes=Lanes.from_matrix([[3, -4]]), supply=[0], demand=[0, 0],
        supply_rule=supply_rule,
    )  # fmt: skip
    solved = outcomes(problem, (*FLOW, network_simplex_))
    assert len(solved) == 3
    for outcome in solved:
        assert outcome.status is Status.OPTIMAL and outcome.objective == 0
        assert outcome.decisions.tolist() == [0, 0]


def test_a_time_limit_that_cannot_be_enforced_is_noted() -> None:
    problem = TransportationProblem(
        sources=["s"], targets=["t"], lanes=Lanes.from_matrix([[3]]), supply=[1], demand=[1]
    )
    for module in (*FLOW, network_simplex_):
        assert "time limit" in module.solve(Task(problem), Options(time_limit=1.0)).notes[0]


def test_every_native_status_is_mapped() -> None:
    from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

    assert set(min_cost_flow_.STATUS) == set(SimpleMinCostFlow.Status.__members__)
    assert [native for native, ours in min_cost_flow_.STATUS.items() if ours is Status.OPTIMAL] == ["OPTIMAL"]


@pytest.mark.parametrize(("agents", "tasks"), [(0, 0), (0, 2), (2, 0), (2, 2)])
def test_problems_without_lanes_are_neither_refused_nor_stumbled_over(agents: int, tasks: int) -> None:
    lanes = Lanes.from_table(agents, tasks, [], [], [])
    assignment = AssignmentProblem(
        agents=range(agents), tasks=range(tasks), pairs=lanes, priority=np.ones(tasks)
    )
    transport = TransportationProblem(
        sources=range(agents),
        targets=range(tasks),
        lanes=lanes,
        supply=np.ones(agents),
        demand=np.ones(tasks),
    )
    fair = FairAllocationProblem(
        sources=range(agents), targets=range(tasks), lanes=lanes, supply=np.ones(agents),
        demand=np.ones(tasks), whole=True,
    )  # fmt: skip
    for problem, modules in (
        (assignment, (*FLOW, linear_assignment_)), (transport, (*FLOW, network_simplex_)), (fair, FLOW),
    ):  # fmt: skip
        assert [module.refusal(Task(problem), Options()) for module in modules] == [None] * len(modules)
    for outcome in outcomes(transport, FLOW):
        assert outcome.status is (Status.INFEASIBLE if tasks else Status.OPTIMAL)
