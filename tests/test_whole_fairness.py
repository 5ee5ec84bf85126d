"""Fair shares in whole units: against every plan there is, against other methods, and what proves them."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from fair_cases import FEW, INF, MANY, SEEDS, random_problem
from hypothesis import given, settings
from hypothesis import strategies as st

import allocare
from allocare.instances.errors import InputError
from allocare.instances.fair_allocation import FairAllocationProblem
from allocare.instances.lanes import Lanes
from allocare.models.check import check_decisions
from allocare.models.proofs import prove
from allocare.models.proofs import smaller_totals as proof_of_smaller_totals
from allocare.models.proofs.exchange import Exchange
from allocare.solvers import max_flow_levels_, smaller_totals
from allocare.solvers.apportionment import apportion, increment_order
from allocare.solvers.backend import Options, Task


def every_plan(problem: FairAllocationProblem) -> np.ndarray:
    """All whole plans within supplies, demands and lanes."""
    lanes = problem.lanes
    most = np.minimum(problem.supply[lanes.source], problem.demand[lanes.target])
    if lanes.capacity is not None:
        most = np.minimum(most, lanes.capacity)
    plans = np.array(list(product(*(range(int(k) + 1) for k in most))), dtype=float)
    by_source, by_target = lanes.incidence()
    keeps = (problem.supply >= (by_source @ plans.T).T).all(1) & (
        problem.demand >= (by_target @ plans.T).T
    ).all(1)
    return plans[keeps]


def least_of_all(problem: FairAllocationProblem) -> float:
    plans = every_plan(problem)
    served = plans.sum(1)
    if problem.efficiency_loss is not None:
        plans = plans[served >= np.ceil((1 - problem.efficiency_loss) * served.max() - 1e-9)]
    if problem.criterion == "need-deviation":
        return float(((plans - problem.need) ** 2).sum(1).min())
    needing = problem.demand > 0
    if not needing.any():
        return 0.0
    received = (problem.lanes.incidence()[1] @ plans.T).T
    level = received[:, needing] / problem.demand[needing]
    share = problem.demand[needing] / problem.demand.sum()
    return float((share * (level - (share * level).sum(1, keepdims=True)) ** 2).sum(1).min())


def small_problem(rng: np.random.Generator, **rules: object) -> FairAllocationProblem:
    m, n = rng.integers(1, 3), rng.integers(1, 4)
    cost = np.where(rng.random((m, n)) < 0.8, 1.0, np.nan)
    capacity = rng.choice([0, 1, 3, INF], (m, n)) if rng.random() < 0.5 else None
    lanes = Lanes.from_matrix(cost, capacity)
    return FairAllocationProblem(
        sources=range(m), targets=[f"t{k}" for k in range(n)], lanes=lanes,
        supply=rng.integers(0, 6, m), demand=rng.integers(0, 5, n), whole=True, **rules,
    )  # fmt: skip


@MANY
@given(SEEDS)
def test_whole_levels_vary_least_of_all_plans(seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem = small_problem(rng, efficiency_loss=float(rng.choice([0, 0, 0.1, 0.34, 0.5, 1])))
    if problem.size == 0:
        return
    solution = allocare.solve(problem, "max-flow-levels")
    assert solution.status == "optimal" and solution.proved_by == "exchange"
    assert solution.objective == pytest.approx(least_of_all(problem), abs=1e-12)
    assert solution.allocation["quantity"].mod(1).eq(0).all()


@MANY
@given(SEEDS)
def test_maximum_flows_and_unit_increments_agree(seed: int) -> None:
    problem = random_problem(np.random.default_rng(seed), 12, whole=True, efficiency_loss=0.0)
    if problem.size == 0:
        return
    by_flows, by_units = (allocare.solve(problem, name) for name in ("max-flow-levels", "min-cost-flow"))
    assert by_flows.objective == pytest.approx(by_units.objective, rel=1e-12, abs=1e-15)
    assert by_flows.proved_by == "exchange"


@settings(FEW, max_examples=20)
@given(SEEDS)
def test_what_may_be_given_up_is_given_up_where_it_helps(seed: int) -> None:
    """Against the best of every total, each total by its own minimum-cost flow of unit increments."""
    rng = np.random.default_rng(seed)
    problem = random_problem(rng, 7, whole=True, efficiency_loss=float(rng.choice([0.05, 0.3, 0.6])))
    if problem.size == 0:
        return
    solution = allocare.solve(problem, "max-flow-levels")
    most = allocare.solve(replace(problem, efficiency_loss=0.0), "min-cost-flow").served
    floor = int(np.ceil((1 - problem.efficiency_loss) * most - 1e-9))
    best = min(least_at_total(problem, total) for total in range(floor, int(most) + 1))
    assert solution.objective == pytest.approx(best, abs=1e-12)
    assert solution.proved_by == "exchange"


def least_at_total(problem: FairAllocationProblem, total: int) -> float:
    """Least variance of one total: a linear program over unit increments, which a network keeps whole."""
    import scipy.optimize
    import scipy.sparse as sp

    lanes, demand = problem.lanes, problem.demand.astype(int)
    owner = np.repeat(np.arange(len(demand)), demand)
    unit = np.arange(len(owner)) - np.repeat(np.cumsum(demand) - demand, demand) + 1
    if not len(owner):
        return 0.0
    by_source, by_target = lanes.incidence()
    by_unit = sp.csr_array(
        (np.ones(len(owner)), (owner, np.arange(len(owner)))), shape=(len(demand), len(owner))
    )
    capacity = np.full(len(lanes), INF) if lanes.capacity is None else lanes.capacity
    found = scipy.optimize.linprog(
        np.concatenate([np.zeros(len(lanes)), (2 * unit - 1) / demand[owner]]),
        A_ub=sp.hstack([by_source, sp.csr_array((len(problem.supply), len(owner)))]),
        b_ub=problem.supply,
        A_eq=sp.vstack([sp.hstack([by_target, -by_unit]),
                        sp.hstack([sp.csr_array(np.ones((1, len(lanes)))), sp.csr_array((1, len(owner)))])]),
        b_eq=np.append(np.zeros(len(demand)), total),
        bounds=np.stack([np.zeros(len(lanes) + len(owner)), np.append(capacity, np.ones(len(owner)))], 1),
    )  # fmt: skip
    assert found.status == 0
    return found.fun / demand.sum() - (total / demand.sum()) ** 2


@pytest.mark.parametrize("top", [10**3, 10**6, 10**9, 10**12])
@pytest.mark.parametrize("seed", range(3))
def test_whole_levels_are_proved_at_every_magnitude(top: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    m, n = 15, 80
    cost = np.where(rng.random((m, n)) < 0.15, 1.0, np.nan)
    demand = rng.integers(1, top, n)
    supply = np.floor(rng.pareto(1.2, m) * demand.mean() * 3)
    problem = FairAllocationProblem(
        sources=range(m), targets=range(n), lanes=Lanes.from_matrix(cost), supply=supply, demand=demand,
        whole=True,
    )  # fmt: skip
    solution = allocare.solve(problem)
    assert solution.backend == "max-flow-levels"
    assert solution.status == "optimal" and solution.proved_by == "exchange"
    divisible = allocare.solve(replace(problem, whole=False))
    assert divisible.objective <= solution.objective * (1 + 1e-12)
    assert solution.objective == pytest.approx(divisible.objective, rel=2 * n / top, abs=n / top**2)


# ----------------------------------------------------------------------------------- apportionment


@MANY
@given(SEEDS)
def test_shares_are_the_cheapest_units(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 9))
    weight = rng.integers(1, rng.choice([3, 10, 60]), n)
    most = weight if rng.random() < 0.6 else rng.integers(0, 30, n)
    total = int(rng.integers(0, most.sum() + 1))
    shares = apportion(total, weight, most)
    assert shares.sum() == total and (shares >= 0).all() and (shares <= most).all()
    units = sorted(
        Fraction(2 * k - 1, int(w)) for w, top in zip(weight, most, strict=True) for k in range(1, top + 1)
    )
    assert sum(Fraction(int(r) ** 2, int(w)) for r, w in zip(shares, weight, strict=True)) == sum(
        units[:total]
    )


@pytest.mark.parametrize("top", [10**3, 10**6, 10**9, 10**12, 9 * 10**15])
@pytest.mark.parametrize("skew", [1, 6])
def test_no_exchange_of_shares_pays_at_any_magnitude(top: int, skew: int) -> None:
    rng = np.random.default_rng(skew)
    for n in (1, 7, 300):
        weight = np.maximum(1, rng.random(n) ** skew * top).astype(np.int64)
        total = int(rng.random() * float(weight.sum()))
        shares = apportion(total, weight, weight)
        assert shares.sum() == total
        keys = [
            ((2 * r + step).astype(object) << 120) // weight.astype(object)
            for r, step in ((shares, -1), (shares, 1))
        ]
        dearest = max((key for key, r in zip(keys[0], shares, strict=True) if r > 0), default=0)
        assert dearest <= min(
            (key for key, r, w in zip(keys[1], shares, weight, strict=True) if r < w), default=2**200
        )


def test_fractions_too_close_for_doubles_are_told_apart() -> None:
    near = 10**9
    key = increment_order(np.array([near // 2, near // 2 - 1]), np.array([near, near - 2]))
    assert key[0] > key[1] and (2 * (near // 2) - 1) / near == pytest.approx(
        (2 * (near // 2) - 3) / (near - 2)
    )


# --------------------------------------------------------------------------- what refutes a claim


def uneven_problem(seed: int, **rules: object) -> FairAllocationProblem:
    rng = np.random.default_rng(seed)
    m, n = 3, 8
    near = np.minimum(np.arange(n) * m // n, m - 1)
    cost = np.full((m, n), np.nan)
    cost[near, np.arange(n)] = 1
    cost[rng.integers(0, m, n), np.arange(n)] = 1
    capacity = np.where(rng.random((m, n)) < 0.2, rng.integers(1, 5, (m, n)), INF)
    lanes = Lanes.from_matrix(cost, capacity)
    if rules.get("criterion") == "need-deviation":
        rules["need"] = rng.integers(0, 60, len(lanes)) / 4
    return FairAllocationProblem(
        sources=["a", "b", "c"], targets=range(n), lanes=lanes,
        supply=np.array([3, 30, 9]) + rng.integers(0, 5, 3), demand=rng.integers(5, 20, n), whole=True,
        **rules,
    )  # fmt: skip


def proved(problem: FairAllocationProblem) -> tuple[np.ndarray, Exchange]:
    solution = allocare.solve(problem)
    assert solution.status == "optimal" and isinstance(solution.certificate, Exchange)
    return problem.decisions(solution.allocation), solution.certificate


def proof_of(problem: FairAllocationProblem, plan: np.ndarray, prices: Exchange):
    return prove(problem, plan, prices, check_decisions(problem, plan))


@FEW
@given(SEEDS, st.sampled_from([0.0, 0.25]))
def test_a_corrupted_price_of_a_group_proves_nothing(seed: int, loss: float) -> None:
    problem = uneven_problem(seed, efficiency_loss=loss)
    plan, prices = proved(problem)
    optimum = proof_of(problem, plan, prices)
    assert optimum.proved and not optimum.weakness
    for at in range(len(prices.numerator) - 1):
        numerator = prices.numerator.copy()
        numerator[at] += prices.denominator[at]
        proof = proof_of(problem, plan, replace(prices, numerator=numerator))
        assert not proof.proved and proof.weakness and proof.bound <= optimum.bound


@FEW
@given(SEEDS)
def test_units_elsewhere_are_not_proved_by_the_same_prices(seed: int) -> None:
    problem = uneven_problem(seed, efficiency_loss=0.0)
    plan, prices = proved(problem)
    value = check_decisions(problem, plan).objective
    lanes = problem.lanes
    for lane in range(len(lanes)):
        for other in np.flatnonzero(lanes.source == lanes.source[lane]):
            if plan[lane] < 1 or other == lane:
                continue
            moved = plan.copy()
            moved[lane] -= 1
            moved[other] += 1
            report = check_decisions(problem, moved)
            proof = prove(problem, moved, prices, report)
            assert proof.bound <= value + 1e-12
            assert proof.proved == (report.feasible and report.objective <= value + 1e-15)


@MANY
@given(SEEDS)
def test_no_prices_whatever_bound_above_the_optimum(seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem = small_problem(rng, efficiency_loss=float(rng.choice([0, 0.3])))
    if problem.size == 0:
        return
    plan, prices = proved(problem)
    optimum = least_of_all(problem)
    size = 3
    wrong = Exchange(
        rng.integers(0, 9, size), rng.integers(1, 5, size), rng.integers(0, size, len(problem.sources)),
        rng.integers(0, size, len(problem.targets)), int(rng.integers(0, size)),
        prices.most if rng.random() < 0.5 else None,
    )  # fmt: skip
    proof = proof_of(problem, plan, wrong)
    assert proof.bound <= optimum + 1e-12
    for at in range(len(prices.numerator)):
        numerator = prices.numerator.copy()
        numerator[at] = max(0, numerator[at] + rng.choice([-1, 1]))
        assert proof_of(problem, plan, replace(prices, numerator=numerator)).bound <= optimum + 1e-12


@FEW
@given(SEEDS)
def test_a_fuller_plan_that_is_not_the_fullest_proves_nothing(seed: int) -> None:
    problem = uneven_problem(seed, efficiency_loss=0.25)
    plan, prices = proved(problem)
    fuller = prices.most.copy()
    used = np.flatnonzero(fuller)
    fuller[used[0]] -= 1
    assert not proof_of(problem, plan, replace(prices, most=fuller)).proved
    assert proof_of(problem, plan, replace(prices, most=2 * prices.most)).bound == 0
    assert not proof_of(problem, plan, replace(prices, most=None)).proved


def test_prices_that_do_not_fit_are_refused_in_one_line() -> None:
    problem = uneven_problem(0, efficiency_loss=0.0)
    plan, prices = proved(problem)
    for wrong, message in (
        (replace(prices, source=np.zeros(2, dtype=int)), "2 source values"),
        (replace(prices, target=prices.target + 99), "outside its list"),
        (replace(prices, denominator=0 * prices.denominator), "positive denominator"),
    ):
        with pytest.raises(InputError, match=message):
            proof_of(problem, plan, wrong)


def test_too_many_totals_are_not_called_optimal(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = FairAllocationProblem(
        sources=["s"], targets=["a", "b", "c"], lanes=Lanes.from_matrix([[1, 1, 1]]), supply=[70],
        demand=[41, 31, 29], whole=True, efficiency_loss=0.9,
    )  # fmt: skip
    assert allocare.solve(problem).status == "optimal"
    monkeypatch.setattr(smaller_totals, "MOST_UNITS", 3)
    solution = allocare.solve(problem)
    assert (solution.status, solution.stop_reason) == ("feasible", "iteration-limit")
    assert solution.bound == 0 and not solution.proved_by
    monkeypatch.undo()
    monkeypatch.setattr(proof_of_smaller_totals, "MOST_UNITS", 3)
    outcome = max_flow_levels_.solve(Task(problem), Options())
    assert not proof_of(problem, outcome.decisions, outcome.certificate).proved


# ---------------------------------------------------------------------------------- deviation from need


def small_deviation(rng: np.random.Generator) -> FairAllocationProblem:
    problem = small_problem(rng, efficiency_loss=0.0)
    need = rng.choice([0, 0.5, 1, 1.2, 2, 3.75, 9], len(problem.lanes))
    loss = [None, None, 0.0, 0.2, 0.5, 1.0][rng.integers(0, 6)]
    return replace(problem, criterion="need-deviation", need=need, efficiency_loss=loss)


@MANY
@given(SEEDS)
def test_whole_deviation_is_least_of_all_plans(seed: int) -> None:
    problem = small_deviation(np.random.default_rng(seed))
    if problem.size == 0:
        return
    solution = allocare.solve(problem, "min-cost-flow")
    assert solution.status == "optimal" and solution.proved_by == "exchange"
    assert solution.objective == pytest.approx(least_of_all(problem), abs=1e-12)


@MANY
@given(SEEDS)
def test_no_prices_whatever_bound_the_deviation_above_the_optimum(seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem = small_deviation(rng)
    if problem.size == 0:
        return
    plan, prices = proved(problem)
    optimum = least_of_all(problem)
    wrong = Exchange(
        rng.integers(-9, 9, 4), rng.integers(1, 3, 4), rng.integers(0, 4, len(problem.sources)),
        rng.integers(0, 4, len(problem.targets)), int(rng.integers(0, 4)), prices.most,
    )  # fmt: skip
    assert proof_of(problem, plan, wrong).bound <= optimum + 1e-12
    for at in range(len(prices.numerator)):
        numerator = prices.numerator.copy()
        numerator[at] += rng.choice([-3, -1, 1, 2])
        assert proof_of(problem, plan, replace(prices, numerator=numerator)).bound <= optimum + 1e-12


@FEW
@given(SEEDS)
def test_units_on_other_lanes_are_not_proved_by_the_prices_of_the_deviation(seed: int) -> None:
    problem = uneven_problem(seed, criterion="need-deviation", efficiency_loss=None)
    plan, prices = proved(problem)
    value = check_decisions(problem, plan).objective
    for lane in range(len(plan)):
        for step in (-1.0, 1.0):
            moved = plan.copy()
            moved[lane] += step
            if moved[lane] < 0:
                continue
            report = check_decisions(problem, moved)
            proof = prove(problem, moved, prices, report)
            assert proof.proved == (report.feasible and report.objective <= value)
            assert not report.feasible or proof.bound <= value


@pytest.mark.parametrize("top", [10, 10**3, 10**6, 10**9])
@pytest.mark.parametrize("loss", [None, 0.0, 0.05])
def test_deviation_is_proved_at_every_magnitude(top: int, loss: float | None) -> None:
    rng = np.random.default_rng(3)
    m, n = 6, 30
    cost = np.where(rng.random((m, n)) < 0.5, 1.0, np.nan)
    lanes = Lanes.from_matrix(cost, np.where(rng.random((m, n)) < 0.3, rng.integers(1, top, (m, n)), INF))
    problem = FairAllocationProblem(
        sources=range(m), targets=range(n), lanes=lanes, supply=rng.integers(1, 3 * top, m),
        demand=rng.integers(1, top, n), criterion="need-deviation", need=rng.integers(0, top, len(lanes)) / 2,
        efficiency_loss=loss, whole=True,
    )  # fmt: skip
    solution = allocare.solve(problem)
    assert solution.backend == "min-cost-flow" and solution.proved_by == "exchange"
    scale = top / 10
    divisible = allocare.solve(
        replace(
            problem, whole=False, supply=problem.supply / scale, demand=problem.demand / scale,
            need=problem.need / scale, lanes=replace(lanes, capacity=lanes.capacity / scale),
        ),
        "clarabel",
    )  # fmt: skip
    assert divisible.objective <= solution.objective / scale**2 + 1e-4
    assert solution.objective / scale**2 == pytest.approx(
        divisible.objective, rel=1e-5, abs=len(lanes) / scale**2 + 1e-3
    )


@pytest.mark.parametrize("seed", range(4))
def test_a_floor_far_from_the_needs_is_reached_in_long_steps(seed: int) -> None:
    rng = np.random.default_rng(seed)
    m, n, top = 20, 60, 10**8
    cost = np.where(rng.random((m, n)) < 0.3, 1.0, np.nan)
    lanes = Lanes.from_matrix(cost)
    problem = FairAllocationProblem(
        sources=range(m), targets=range(n), lanes=lanes, supply=rng.integers(1, 3 * top, m),
        demand=rng.integers(1, top, n), criterion="need-deviation", efficiency_loss=0.0, whole=True,
        need=rng.integers(0, top, len(lanes)) * (rng.random(len(lanes)) < 0.1),
    )  # fmt: skip
    solution = allocare.solve(problem)
    assert solution.proved_by == "exchange"
    assert int(solution.notes[0].split()[0]) <= 80
