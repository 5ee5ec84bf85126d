"""Every rule on random problems: limits kept, never better than the optimum, passes as if in turns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

import allocare
from allocare import FairAllocationProblem, Lanes, TransportationProblem, check
from allocare.models.check import check_decisions
from allocare.solvers.backend import Options, Task
from allocare.solvers.greedy_ import rules_for
from allocare.solvers.rules import ledger as ledgers
from allocare.solvers.rules import pairs
from allocare.solvers.rules.ledger import Ledger
from allocare.solvers.rules.pairs import match_in_order
from allocare.solvers.rules.tableau import vogel
from allocare.solvers.solve import refusal

from cases import assignment, keys, transportation

INF, MISSING = np.inf, np.nan
FEW = settings(deadline=None, max_examples=60, derandomize=True)


def refused(problem: Any, rule: str) -> str | None:
    return refusal(Task(problem), f"greedy:{rule}", Options())


def greedy(problem: Any, rule: str) -> allocare.Solution:
    return allocare.solve(problem, f"greedy:{rule}")


def fair_with_capacity(cost: Any, capacity: Any, supply: Any, demand: Any, **rules: Any) -> Any:
    lanes = Lanes.from_matrix(np.array(cost, dtype=float), capacity)
    return FairAllocationProblem(
        sources=keys("s", lanes.n_sources),
        targets=keys("t", lanes.n_targets),
        lanes=lanes,
        supply=supply,
        demand=demand,
        **rules,
    )


# --- every rule on random problems: limits kept, never better than the optimum, the same every time


@st.composite
def transportation_problems(draw: st.DrawFn) -> TransportationProblem:
    rows, columns = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    size = rows * columns
    cost = np.array(draw(st.lists(st.integers(-3, 9), min_size=size, max_size=size)), dtype=float)
    if draw(st.booleans()):
        cost[draw(st.lists(st.booleans(), min_size=size, max_size=size))] = MISSING
    capacity = draw(st.none() | st.lists(st.integers(0, 6), min_size=size, max_size=size))
    priced, demanded = draw(st.booleans()), draw(st.booleans())
    supply = draw(st.lists(st.integers(0, 9), min_size=rows, max_size=rows))
    rules: dict[str, Any] = {}
    if demanded and priced:
        rules["unmet_cost"] = draw(st.lists(st.integers(0, 12), min_size=columns, max_size=columns))
        rules["minimum_service"] = np.full(columns, 0.4) if draw(st.booleans()) else None
    if draw(st.integers(0, 3)) == 0:
        rules["total"] = draw(st.integers(0, sum(supply)))
    return transportation(
        cost.reshape(rows, columns),
        supply,
        draw(st.lists(st.integers(0, 8), min_size=columns, max_size=columns)) if demanded else None,
        capacity=None if capacity is None else np.array(capacity, dtype=float).reshape(rows, columns),
        supply_rule=draw(st.sampled_from(["at-most", "at-most", "exactly"])),
        demand_rule=draw(st.sampled_from(["exactly", "at-least"])) if demanded else "none",
        whole=draw(st.booleans()),
        sense=draw(st.sampled_from(["min", "max"])),
        **rules,
    )


def optimum(problem: TransportationProblem) -> float | None:
    """Best objective by scipy, from the problem's data alone, or None where there is no plan."""
    by_source, by_target = (matrix.toarray() for matrix in problem.lanes.incidence())
    n_lanes, n_targets = len(problem.lanes), len(problem.targets)
    limit = np.full(n_lanes, INF) if problem.lanes.capacity is None else problem.lanes.capacity
    sign = -1 if problem.maximise else 1
    rows = [by_source]
    low = [problem.supply if problem.supply_rule == "exactly" else np.zeros(len(problem.sources))]
    high = [problem.supply]
    unmet_cost = np.zeros(n_targets)
    unmet_most = np.zeros(n_targets)
    if problem.demand is not None:
        rows.append(by_target)
        low.append(problem.demand)
        high.append(problem.demand if problem.demand_rule == "exactly" else np.full(n_targets, INF))
        if problem.unmet_cost is not None:
            unmet_cost, least = problem.unmet_cost, np.zeros(n_targets)
            if problem.minimum_service is not None:
                least = problem.minimum_service * problem.demand
                least = np.ceil(least - 1e-9) if problem.whole else least
            unmet_most = problem.demand - least
    if problem.total is not None:
        rows.append(np.ones((1, n_lanes)))
        low.append(np.array([problem.total]))
        high.append(np.array([problem.total]))
    covers = [
        np.eye(n_targets) if matrix is by_target else np.zeros((len(matrix), n_targets)) for matrix in rows
    ]
    result = milp(
        np.concatenate([sign * problem.lanes.cost, unmet_cost]),
        constraints=LinearConstraint(
            np.hstack([np.vstack(rows), np.vstack(covers)]), np.concatenate(low), np.concatenate(high)
        ),
        bounds=Bounds(0, np.concatenate([limit, unmet_most])),
        integrality=int(problem.whole),
    )
    return None if result.x is None else sign * float(result.fun)


@given(transportation_problems())
@FEW
def test_transportation_rules_keep_limits_and_never_beat_the_optimum(problem: TransportationProblem) -> None:
    exact = optimum(problem) if problem.size else None
    for rule in rules_for("transportation"):
        if refused(problem, rule):
            continue
        solution = greedy(problem, rule)
        if solution.allocation is None:
            assert problem.size == 0
            continue
        report = check(problem, solution.allocation)
        assert report.within_limits, report.violations
        assert (solution.status in {"feasible", "optimal"}) == report.feasible
        assert greedy(problem, rule).allocation.equals(solution.allocation)  # type: ignore[union-attr]
        if report.feasible and problem.size:
            assert exact is not None
            worse = exact - report.objective if problem.maximise else report.objective - exact
            assert worse >= -1e-6


@st.composite
def assignment_problems(draw: st.DrawFn) -> Any:
    rows, columns = draw(st.integers(1, 5)), draw(st.integers(1, 6))
    size = rows * columns
    cost = np.array(draw(st.lists(st.integers(-3, 9), min_size=size, max_size=size)), dtype=float)
    if draw(st.booleans()):
        cost[draw(st.lists(st.booleans(), min_size=size, max_size=size))] = MISSING
    pairs = int((~np.isnan(cost)).sum())
    once = draw(st.sampled_from(["exactly-once", "at-most-once"]))
    priced = once == "at-most-once" and draw(st.booleans())
    return assignment(
        cost.reshape(rows, columns),
        capacity=draw(st.lists(st.integers(0, 6), min_size=rows, max_size=rows)),
        use=draw(st.none() | st.lists(st.integers(0, 4), min_size=pairs, max_size=pairs)),
        task_rule=once,
        left_out_cost=draw(st.lists(st.integers(-2, 9), min_size=columns, max_size=columns))
        if priced
        else None,
        sense=draw(st.sampled_from(["min", "max"])),
    )


@given(assignment_problems())
@FEW
def test_assignment_rules_keep_limits_and_never_beat_the_optimum(problem: Any) -> None:
    if not problem.size:
        return
    by_agent, by_task = (matrix.toarray() for matrix in problem.pairs.incidence())
    sign = -1 if problem.maximise else 1
    price = np.zeros(len(problem.tasks)) if problem.left_out_cost is None else problem.left_out_cost
    use = np.ones(problem.size) if problem.use is None else problem.use
    worth = sign * problem.pairs.cost - by_task.T @ price
    once = float(problem.task_rule == "exactly-once")
    exact = milp(
        worth,
        constraints=[
            LinearConstraint(by_agent * use, ub=problem.capacity),
            LinearConstraint(by_task, once, 1),
        ],
        bounds=Bounds(0, 1),
        integrality=1,
    )
    for rule in rules_for("assignment"):
        if refused(problem, rule):
            continue
        solution = greedy(problem, rule)
        assert solution.allocation is not None
        taken = problem.decisions(solution.allocation)
        report = check_decisions(problem, taken)
        assert report.within_limits
        assert (solution.status == "feasible") == report.feasible
        if report.feasible:
            assert exact.x is not None
            assert worth @ taken >= exact.fun - 1e-9
        if not once:
            assert (worth[taken > 0] <= 0).all(), "a pair worse than leaving its task out"


@st.composite
def fair_problems(draw: st.DrawFn) -> Any:
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    size = rows * columns
    cost = np.array(draw(st.lists(st.integers(0, 6), min_size=size, max_size=size)), dtype=float)
    if draw(st.booleans()):
        cost[draw(st.lists(st.booleans(), min_size=size, max_size=size))] = MISSING
    capacity = draw(st.none() | st.lists(st.integers(0, 5), min_size=size, max_size=size))
    lanes = int((~np.isnan(cost)).sum())
    by_need = draw(st.booleans())
    rules: dict[str, Any] = {"efficiency_loss": draw(st.sampled_from([0.0, 0.3]))}
    if by_need:
        need = draw(st.lists(st.integers(0, 12), min_size=lanes, max_size=lanes))
        rules = {
            "criterion": "need-deviation",
            "need": np.array(need) / 2,
            "efficiency_loss": draw(st.sampled_from([None, 0.0, 0.5])),
        }
    return fair_with_capacity(
        cost.reshape(rows, columns),
        None if capacity is None else np.array(capacity, dtype=float).reshape(rows, columns),
        draw(st.lists(st.integers(0, 9), min_size=rows, max_size=rows)),
        draw(st.lists(st.integers(0, 9), min_size=columns, max_size=columns)),
        cost_budget=draw(st.sampled_from([None, 0.0, 7.0, 20.0])),
        whole=draw(st.booleans()),
        **rules,
    )


@given(fair_problems())
@FEW
def test_fair_rules_keep_limits_budget_included_and_leave_nothing_that_could_be_given(problem: Any) -> None:
    for rule in rules_for("fair-allocation"):
        if not problem.size or refused(problem, rule):
            continue
        solution = greedy(problem, rule)
        assert solution.allocation is not None
        flow = problem.decisions(solution.allocation)
        report = check_decisions(problem, flow)
        assert report.within_limits, report.violations
        assert (solution.status == "feasible") == report.feasible
        if problem.need is not None or problem.cost_budget is not None:
            continue
        by_source, by_target = problem.lanes.incidence()
        supply, demand = problem.supply - by_source @ flow, problem.demand - by_target @ flow
        room = INF if problem.lanes.capacity is None else problem.lanes.capacity - flow
        possible = np.minimum(np.minimum(supply[problem.lanes.source], demand[problem.lanes.target]), room)
        assert (possible <= 1e-9).all(), "something could still be given"


# --- the vectorised passes against plain turns


def in_turns(ledger: Ledger, order: np.ndarray) -> list[float]:
    """The pass as its definition says it, lane by lane."""
    supply, need, budget = ledger.supply.tolist(), ledger.need.tolist(), ledger.budget
    flow = [0.0] * len(ledger.source)
    for lane in order:
        i, j = ledger.source[lane], ledger.target[lane]
        price = 1.0 if ledger.price is None else ledger.price[lane]
        amount = min(supply[i], need[j], INF if ledger.room is None else ledger.room[lane])
        if budget < INF and price > 0:
            amount = min(amount, budget // price if ledger.whole else budget / price)
        if amount in {0, INF}:
            continue
        flow[lane] = amount
        supply[i] -= amount
        need[j] -= amount
        budget -= amount * price if budget < INF else 0.0
    return flow


@given(
    seed=st.integers(0, 10_000),
    limited=st.booleans(),
    budgeted=st.booleans(),
    priced=st.booleans(),
    unlimited=st.sampled_from(["", "supply", "need"]),
    block=st.sampled_from([3, 7, 2048]),
)
@settings(deadline=None, max_examples=200, derandomize=True)
def test_the_pass_over_blocks_is_the_pass_in_turns(
    seed: int, limited: bool, budgeted: bool, priced: bool, unlimited: str, block: int
) -> None:
    random = np.random.default_rng(seed)
    n, m = random.integers(1, 9, 2)
    lanes = np.flatnonzero(random.random(n * m) < 0.8)
    supply, need = random.integers(0, 12, n).astype(float), random.integers(0, 12, m).astype(float)
    ledger = Ledger(
        source=(lanes // m).astype(np.int32),
        target=(lanes % m).astype(np.int32),
        cost=random.integers(0, 4, len(lanes)).astype(float),
        supply=np.full(n, INF) if unlimited == "supply" else supply,
        need=np.full(m, INF) if unlimited == "need" else need,
        room=random.choice([0.0, 1, 2, 5, INF], len(lanes)) if limited else None,
        budget=float(random.integers(0, 30)) if budgeted else INF,
        price=random.integers(0, 4, len(lanes)).astype(float) if priced else None,
        whole=True,
    )
    order = random.permutation(len(lanes))
    expected = in_turns(ledger, order)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledgers, "BLOCK", block)
        ledger.fill(order)
    assert ledger.flow.tolist() == expected


def test_python_is_entered_for_each_shipment_not_for_each_lane(monkeypatch: pytest.MonkeyPatch) -> None:
    random, n, m = np.random.default_rng(0), 60, 80
    calls, send = [], Ledger.send

    def counted(ledger: Ledger, lane: int) -> None:
        calls.append(lane)
        send(ledger, lane)

    monkeypatch.setattr(Ledger, "send", counted)
    ledger = Ledger(
        source=np.repeat(np.arange(n), m),
        target=np.tile(np.arange(m), n),
        cost=np.ones(n * m),
        supply=random.integers(1, 90, n),
        need=random.integers(1, 90, m),
    )
    ledger.fill(random.permutation(n * m))
    assert len(calls) == np.count_nonzero(ledger.flow) < n + m


@given(st.integers(0, 10_000), st.booleans())
@FEW
def test_the_pass_in_decimals_is_the_pass_in_turns_to_rounding(seed: int, limited: bool) -> None:
    random = np.random.default_rng(seed)
    n, m, scale = 6, 5, 10.0 ** random.integers(-6, 9)
    ledger = Ledger(
        source=np.repeat(np.arange(n, dtype=np.int32), m),
        target=np.tile(np.arange(m, dtype=np.int32), n),
        cost=random.random(n * m),
        supply=random.integers(0, 99, n) / 7 * scale,
        need=random.integers(0, 99, m) / 3 * scale,
        room=random.random(n * m) * 9 * scale if limited else None,
    )
    order = random.permutation(n * m)
    expected = in_turns(ledger, order)
    ledger.fill(order)
    assert ledger.flow == pytest.approx(expected, rel=1e-9, abs=1e-9 * scale)
    assert np.all((ledger.flow == 0) | (ledger.flow > 1e-9 * scale)), "rounding dust became a shipment"


@given(st.integers(0, 10_000), st.booleans(), st.sampled_from([3, 2048]))
@settings(deadline=None, max_examples=100, derandomize=True)
def test_the_pass_over_pairs_is_the_pass_in_turns(seed: int, one_each: bool, block: int) -> None:
    random = np.random.default_rng(seed)
    n, m = random.integers(1, 8, 2)
    pair = np.flatnonzero(random.random(n * m) < 0.8)
    agent, task = pair // m, pair % m
    use = np.ones(len(pair)) if one_each else random.integers(0, 5, len(pair)).astype(float)
    capacity = random.integers(0, 8, n).astype(float)
    order = random.permutation(len(pair))
    left, waiting, expected = capacity.tolist(), [True] * m, [0.0] * len(pair)
    for k in order:
        if waiting[task[k]] and use[k] <= left[agent[k]]:
            expected[k], waiting[task[k]] = 1.0, False
            left[agent[k]] -= use[k]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pairs, "BLOCK", block)
        assert match_in_order(order, agent, task, use, capacity, int(m)).tolist() == expected


def vogel_in_turns(cost: np.ndarray, supply: np.ndarray, need: np.ndarray) -> np.ndarray:
    """The textbook's procedure, looking at every open cell each time."""
    cost, supply, need = cost.copy(), supply.copy(), need.copy()
    flow = np.zeros(cost.shape)
    cost[supply <= 0] = INF
    cost[:, need <= 0] = INF
    while np.isfinite(cost).any():
        lines = [*cost, *cost.T]
        best = None
        for line, cells in enumerate(lines):
            two = np.sort(cells)[:2]
            if not np.isfinite(two[0]):
                continue
            penalty = INF if len(two) < 2 else two[1] - two[0]
            if best is None or (-penalty, two[0], line) < best:
                best = (-penalty, two[0], line)
        assert best is not None
        line = best[2]
        cell = int(lines[line].argmin())
        i, j = (line, cell) if line < len(cost) else (cell, line - len(cost))
        flow[i, j] = min(supply[i], need[j])
        supply[i] -= flow[i, j]
        need[j] -= flow[i, j]
        cost[i, j] = INF
        if supply[i] <= 0:
            cost[i] = INF
        if need[j] <= 0:
            cost[:, j] = INF
    return flow


@given(st.integers(0, 10_000))
@FEW
def test_vogel_is_the_textbook_procedure(seed: int) -> None:
    random = np.random.default_rng(seed)
    n, m = random.integers(1, 9, 2)
    cost = random.integers(0, 9, (n, m)).astype(float)
    supply = random.integers(0, 20, n).astype(float)
    need = random.multinomial(int(supply.sum()), np.full(m, 1 / m)).astype(float)
    # a balanced tableau still has its dummy column of nothing, which is closed from the start
    ledger = Ledger(
        source=np.repeat(np.arange(n), m),
        target=np.tile(np.arange(m), n),
        cost=cost.ravel(),
        supply=supply,
        need=need,
    )
    vogel(ledger, np.arange(n * m), np.zeros(m))
    assert ledger.flow.reshape(n, m).tolist() == vogel_in_turns(cost, supply, need).tolist()
