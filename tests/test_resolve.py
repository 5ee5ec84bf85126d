"""Re-solving: whatever was changed, the answer is that of a cold solve, and is proved anew."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from kernel_oracle import MANY, SEEDS, keys, random_lanes
from test_kernels import random_transportation, transportation_by_scipy, transportation_objective

import allocare
from allocare.instances.fairness import with_fairness
from allocare.instances.lanes import Lanes
from allocare.instances.linear import LinearProblem
from allocare.instances.transportation import TransportationProblem
from allocare.models.proofs import Prices, prove
from allocare.solvers import network_simplex_, priced_lanes, warm_basis
from allocare.solvers.backend import Options, Task
from allocare.solvers.priced_lanes import solve_on_few_lanes
from allocare.solvers.solution import Solution, Status

SIMPLEX = "network-simplex"


def random_problem(rng: np.random.Generator, lowest: int = 1, most: int = 7) -> TransportationProblem:
    """Every option that the network simplex takes, and some that make plans impossible."""
    m, n = rng.integers(lowest, most, 2)
    supply_rule, demand_rule = str(rng.choice(["at-most", "at-most", "exactly"])), "exactly"
    if supply_rule == "at-most" and rng.random() < 0.3:
        demand_rule = "at-least"
    part = float(rng.choice([1.0, 1.0, 0.5, 0.1, 1 / 3]))
    supply, demand = rng.integers(0, 9, m).astype(float), rng.integers(0, 7, n).astype(float)
    if rng.random() < 0.6:
        supply[0] += max(demand.sum() - supply.sum(), 0)
    if supply_rule == "exactly" and rng.random() < 0.7:
        demand[0] += max(supply.sum() - demand.sum(), 0)
    priced = bool(rng.random() < 0.5)
    floors = rng.choice([0, 0.25, 0.5, 0.9, 1, 1 / 3], n) if priced and rng.random() < 0.5 else None
    return TransportationProblem(
        sources=keys("s", m), targets=keys("t", n), lanes=random_lanes(rng, m, n, -8, False),
        supply=supply * part, demand=demand * part, supply_rule=supply_rule, demand_rule=demand_rule,
        unmet_cost=rng.integers(0, 25, n).astype(float) if priced else None, minimum_service=floors,
        whole=bool(part == 1 and rng.random() < 0.6), sense=str(rng.choice(["min", "max"])),
    )  # fmt: skip


def changed(problem: TransportationProblem, rng: np.random.Generator) -> TransportationProblem:
    """One to three changes of any kind: quantities, costs, floors, a place closed, gone or new."""
    for _ in range(rng.integers(1, 4)):
        problem = CHANGES[rng.integers(len(CHANGES))](problem, rng)
    return problem


def _other_demand(p: TransportationProblem, rng: np.random.Generator) -> TransportationProblem:
    return replace(p, demand=np.maximum(p.demand + rng.integers(-2, 3, len(p.demand)), 0))


def _other_supply(p: TransportationProblem, rng: np.random.Generator) -> TransportationProblem:
    return replace(p, supply=np.maximum(p.supply + rng.integers(-2, 3, len(p.supply)), 0))


def _closed_source(p: TransportationProblem, rng: np.random.Generator) -> TransportationProblem:
    return replace(p, supply=p.supply * (np.arange(len(p.supply)) != rng.integers(len(p.supply))))


def _other_costs(p: TransportationProblem, rng: np.random.Generator) -> TransportationProblem:
    moved = p.lanes.cost + rng.integers(-9, 10, len(p.lanes)) * (rng.random(len(p.lanes)) < 0.3)
    return replace(p, lanes=replace(p.lanes, cost=moved))


def _other_floors(p: TransportationProblem, rng: np.random.Generator) -> TransportationProblem:
    return p if p.unmet_cost is None else replace(p, minimum_service=float(rng.choice([0.0, 0.3, 0.7, 1.0])))


def _without(p: TransportationProblem, rng: np.random.Generator) -> TransportationProblem:
    """One source and one target fewer, the others in another order."""
    rows = rng.permutation(len(p.sources))[: max(1, len(p.sources) - 1)]
    columns = rng.permutation(len(p.targets))[: max(1, len(p.targets) - 1)]
    return replace(
        p, sources=p.sources.take(rows), targets=p.targets.take(columns), supply=p.supply[rows],
        demand=p.demand[columns], lanes=Lanes.from_matrix(p.lanes.matrix()[np.ix_(rows, columns)]),
        unmet_cost=None if p.unmet_cost is None else p.unmet_cost[columns],
        minimum_service=None if p.minimum_service is None else p.minimum_service[columns],
    )  # fmt: skip


def _with_new(p: TransportationProblem, rng: np.random.Generator) -> TransportationProblem:
    """One source and one target more."""
    m, n = len(p.sources), len(p.targets)
    cost = np.full((m + 1, n + 1), np.nan)
    cost[:m, :n] = p.lanes.matrix()
    cost[m], cost[:, n] = rng.integers(-5, 12, n + 1), rng.integers(-5, 12, m + 1)
    return replace(
        p, sources=[*p.sources, f"new s {m}"], targets=[*p.targets, f"new t {n}"],
        supply=np.append(p.supply, 4), demand=np.append(p.demand, 3), lanes=Lanes.from_matrix(cost),
        unmet_cost=None if p.unmet_cost is None else np.append(p.unmet_cost, 7),
        minimum_service=None if p.minimum_service is None else np.append(p.minimum_service, 0.5),
    )  # fmt: skip


CHANGES = (_other_demand, _other_supply, _closed_source, _other_costs, _other_floors, _without, _with_new)


def confirm(again: Solution, problem: TransportationProblem) -> None:
    status, optimum = transportation_by_scipy(problem)
    if status is Status.INFEASIBLE:
        # decimals such as 1/3 are not always told from infeasible
        assert again.status is status or (again.status is Status.UNKNOWN and not problem.whole)
        return
    assert again.status is status
    assert again.objective == pytest.approx(optimum, rel=1e-8, abs=1e-7)
    decisions = problem.decisions(again.allocation)
    assert transportation_objective(problem, decisions) == pytest.approx(optimum, rel=1e-8, abs=1e-7)


# ------------------------------------------------------------------------------ on few lanes, all priced


@MANY
@given(SEEDS)
def test_after_any_change_the_optimum_is_that_of_a_cold_solve(seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem = random_problem(rng)
    if problem.size == 0:
        return
    earlier = allocare.solve(problem, SIMPLEX)
    after = changed(problem, rng)
    if after.size == 0:
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(priced_lanes, "SHARE", float(rng.choice([0.0, 0.2, 0.4])))
        patch.setattr(priced_lanes, "FEWEST_LANES", 0)
        again = earlier.resolve(after)
    confirm(again, after)
    assert again.status is not Status.OPTIMAL or again.proved_by == "prices"


@MANY
@given(SEEDS)
def test_wild_prices_cost_rounds_and_never_the_optimum(seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem = random_problem(rng)
    if problem.size < 2 or network_simplex_.refusal(Task(problem), Options()) is not None:
        return
    source = rng.integers(-9, 10, len(problem.sources)).astype(float)
    target = rng.integers(-9, 10, len(problem.targets)).astype(float)
    source[rng.random(len(source)) < 0.2] = np.nan
    found = solve_on_few_lanes(problem, Prices(source, target), Options(), share=float(rng.choice([0, 0.3])))
    if found.outcome is None:
        assert found.why_not
        return
    status, optimum = transportation_by_scipy(problem)
    assert status is Status.OPTIMAL
    assert found.outcome.objective == pytest.approx(optimum, rel=1e-8, abs=1e-7)
    assert prove(problem, found.outcome.decisions, found.outcome.certificate).proved


@MANY
@given(SEEDS)
def test_the_min_cost_flow_re_solves_with_capacities_totals_and_no_rules_at_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem = random_transportation(rng)
    if problem.size == 0 or not problem.whole:
        return
    earlier = allocare.solve(problem, "min-cost-flow")
    cost = problem.lanes.cost + rng.integers(-4, 5, problem.size) * (rng.random(problem.size) < 0.3)
    after = replace(problem, lanes=replace(problem.lanes, cost=cost))
    if problem.demand is not None:
        after = replace(
            after, demand=np.maximum(problem.demand + rng.integers(-1, 2, len(problem.targets)), 0)
        )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(priced_lanes, "SHARE", 0.4)
        patch.setattr(priced_lanes, "FEWEST_LANES", 0)
        again = earlier.resolve(after)
    status, optimum = transportation_by_scipy(after)
    assert again.status is status
    if status is Status.OPTIMAL:
        assert again.objective == pytest.approx(optimum, rel=1e-9, abs=1e-9) and again.proved_by == "prices"


@pytest.mark.parametrize("backend", [SIMPLEX, "min-cost-flow"])
@pytest.mark.parametrize("complete", [False, True], ids=["sparse", "dense"])
def test_a_small_change_of_a_large_problem_is_settled_on_few_lanes(complete: bool, backend: str) -> None:
    reach = None if complete else 150.0
    problem = allocare.generate("hospitals", n_hospitals=120, n_districts=150, maximum_km=reach, seed=3)
    rng = np.random.default_rng(0)
    demand = problem.demand.copy()
    demand[rng.choice(len(demand), 2, replace=False)] += 5
    after = replace(problem, demand=demand)
    again = allocare.solve(problem, backend).resolve(after)
    cold = allocare.solve(after, backend)
    assert again.objective == cold.objective and again.bound == cold.bound and again.proved_by == "prices"
    assert again.reason.startswith("re-solved on ") and "all lanes priced" in again.reason


def test_re_solving_again_and_again_and_from_a_file_stays_exact(tmp_path: Any) -> None:
    problem = allocare.generate("hospitals", n_hospitals=80, n_districts=120, maximum_km=None, seed=5)
    allocare.save_solution(allocare.solve(problem, SIMPLEX), tmp_path / "run")
    solution = allocare.load_solution(tmp_path / "run")
    for step in range(1, 4):
        problem = replace(problem, demand=np.roll(problem.demand, step), minimum_service=0.1 * step)
        solution = solution.resolve(problem)
        assert solution.reason.startswith("re-solved on ")
        assert solution.objective == allocare.solve(problem, "min-cost-flow").objective


def test_the_same_change_gives_the_same_plan_twice() -> None:
    problem = allocare.generate("hospitals", n_hospitals=80, n_districts=120, maximum_km=None, seed=6)
    earlier, after = allocare.solve(problem, SIMPLEX), replace(problem, demand=problem.demand[::-1])
    first, second = earlier.resolve(after), earlier.resolve(after)
    assert first.allocation.equals(second.allocation)
    assert (first.reason, first.objective) == (second.reason, second.objective)


def test_infeasible_after_the_change_is_said_by_a_cold_solve() -> None:
    problem = TransportationProblem(
        sources=range(60), targets=range(80), lanes=Lanes.from_matrix(np.ones((60, 80))),
        supply=np.full(60, 8), demand=np.full(80, 5), whole=True,
    )  # fmt: skip
    again = allocare.solve(problem, SIMPLEX).resolve(replace(problem, demand=np.full(80, 7)))
    assert again.status is Status.INFEASIBLE and again.allocation is None
    assert again.reason.startswith("solved anew") and "few lanes" not in again.reason


# -------------------------------------------------------------------------------------------- on HiGHS


def random_program(rng: np.random.Generator, whole: bool) -> LinearProblem:
    m, n = rng.integers(1, 7, 2)
    matrix, inside = rng.integers(-3, 4, (m, n)), rng.integers(0, 4, n)
    activity = matrix @ inside
    return LinearProblem(
        columns=keys("x", n), rows=keys("r", m), objective=rng.integers(-5, 6, n), matrix=matrix,
        row_lower=np.where(rng.random(m) < 0.6, activity - rng.integers(0, 2, m), -np.inf),
        row_upper=activity + rng.integers(0, 3, m), lower=np.zeros(n),
        upper=np.full(n, 6.0), whole=np.full(n, whole), offset=1.5, sense=str(rng.choice(["min", "max"])),
    )  # fmt: skip


@MANY
@given(SEEDS)
def test_linear_and_integer_programs_are_re_solved_to_the_same_optimum(seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem = random_program(rng, whole=bool(rng.random() < 0.4))
    earlier = allocare.solve(problem, "highs")
    move = rng.integers(-2, 3, len(problem.rows))
    after = replace(
        problem, objective=problem.objective + rng.integers(-2, 3, problem.size),
        row_lower=problem.row_lower + move, row_upper=problem.row_upper + move,
        upper=problem.upper - rng.integers(0, 3, problem.size),
    )  # fmt: skip
    again, cold = earlier.resolve(after), allocare.solve(after, "highs")
    assert again.status is cold.status
    if cold.objective is not None:
        assert again.objective == pytest.approx(cold.objective, rel=1e-9, abs=1e-9)
    assert (
        again.reason == f"re-solved from the earlier plan as a {'start' if problem.whole.any() else 'basis'}"
    )


def pivots(monkeypatch: pytest.MonkeyPatch, module: Any) -> list[int]:
    counted: list[int] = []
    run = module.run

    def counting(highs: Any) -> None:
        run(highs)
        counted.append(highs.getInfo().simplex_iteration_count)

    monkeypatch.setattr(module, "run", counting)
    return counted


def test_the_basis_guessed_from_a_plan_needs_hardly_a_pivot(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    matrix = sp.random_array((60, 200), density=0.1, rng=rng, format="csr")
    inside = rng.random(200)
    problem = LinearProblem(
        columns=range(200), rows=range(60), objective=rng.random(200) - 0.1, matrix=matrix,
        row_lower=0.9 * (matrix @ inside), row_upper=np.full(60, np.inf), lower=np.zeros(200),
        upper=np.full(200, 3.0),
    )  # fmt: skip
    earlier = allocare.solve(problem, "highs")
    counted = pivots(monkeypatch, warm_basis)
    earlier.resolve(problem)
    earlier.resolve(replace(problem, row_lower=problem.row_lower * np.where(np.arange(60) == 7, 1.1, 1)))
    assert counted[0] == 0 and counted[1] <= 10


def test_lanes_with_capacities_start_from_a_basis_with_unmet_demand_in_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(1)
    problem = TransportationProblem(
        sources=range(15), targets=range(30), lanes=Lanes.from_matrix(*rng.random((2, 15, 30))),
        supply=rng.random(15) * 2, demand=rng.random(30) * 2, unmet_cost=np.full(30, 5.0),
    )  # fmt: skip
    earlier = allocare.solve(problem, "highs")
    counted = pivots(monkeypatch, warm_basis)
    assert earlier.resolve(problem).objective == pytest.approx(earlier.objective, rel=1e-9)
    after = replace(problem, demand=problem.demand * 1.1)
    assert earlier.resolve(after).objective == pytest.approx(
        allocare.solve(after, "highs").objective, rel=1e-9
    )
    assert counted[0] <= 3


# ----------------------------------------------------------------------------- where nothing is taken over


def test_a_cold_solve_says_why_nothing_was_taken_over() -> None:
    small, chores = allocare.example("sunray"), allocare.example("chores-3x3")
    earlier = allocare.solve(small, "min-cost-flow")
    assert earlier.resolve(small).reason == "solved anew on the same backend: there are few lanes"
    greedy = allocare.solve(small, "greedy:vogel").resolve(small)
    assert greedy.reason == "solved anew on the same backend: nothing can be taken over on greedy:vogel"
    assert "of another family" in allocare.solve(chores, "highs").resolve(small).reason
    assert "there are few lanes" in allocare.solve(small, SIMPLEX).resolve(small).reason
    hopeless = allocare.solve(replace(small, supply=small.supply * 0), SIMPLEX)
    assert "holds no plan" in hopeless.resolve(small).reason
    limited = replace(small, lanes=replace(small.lanes, capacity=np.full(small.size, 1e6)))
    elsewhere = allocare.solve(small, SIMPLEX).resolve(limited)
    assert (
        "does not take the changed problem" in elsewhere.reason and elsewhere.objective == earlier.objective
    )


@pytest.mark.parametrize("backend", [SIMPLEX, "min-cost-flow"])
def test_a_criterion_that_the_earlier_backend_does_not_know_is_solved_elsewhere(backend: str) -> None:
    problem = allocare.generate("hospitals", n_hospitals=80, n_districts=120, maximum_km=None, seed=5)
    earlier = allocare.solve(problem, backend)
    fair = with_fairness(replace(problem, whole=False), "maximin")
    again, cold = earlier.resolve(fair), allocare.solve(fair)
    assert again.backend == cold.backend and "does not take the changed problem" in again.reason
    assert again.objective == pytest.approx(cold.objective) and again.proved_by == cold.proved_by


def test_options_of_the_earlier_solve_hold_unless_given_anew() -> None:
    problem = allocare.example("sunray")
    earlier = allocare.solve(problem, "highs", time_limit=7, seed=3)
    assert earlier.resolve(problem).options["time_limit"] == 7
    again = earlier.resolve(problem, seed=4, backend="min-cost-flow")
    assert (again.options["seed"], again.options["time_limit"], again.backend) == (4, 7, "min-cost-flow")


# ----------------------------------------------------------------- minimum service on the network simplex


@MANY
@given(SEEDS)
def test_minimum_service_is_exact_on_the_network_simplex(seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem = random_problem(rng)
    if problem.size == 0:
        return
    n = len(problem.targets)
    problem = replace(
        problem,
        unmet_cost=rng.integers(0, 25, n),
        minimum_service=rng.choice([0, 0.07, 0.25, 0.5, 1, 1 / 3], n),
    )
    if network_simplex_.refusal(Task(problem), Options()) is None:
        confirm(allocare.solve(problem, SIMPLEX), problem)
