"""First come, proportional shares, regret, randomised greedy; and where a greedy rule is provably optimal."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from problem_strategies import (
    assignment_problems,
    fair_allocation_problems,
    programme_problems,
    transportation_problems,
)

import allocare
from allocare import InputError
from allocare.instances.fairness import with_fairness
from allocare.solvers.backend import Options, Task
from allocare.solvers.greedy_ import greedy_optimality, rules_for
from allocare.solvers.rules.regret import Regrets
from allocare.solvers.solve import refusal

from cases import assignment, fair, programmes, transportation

if TYPE_CHECKING:
    from allocare.instances.problem import Problem

MISSING = np.nan
FEW = settings(deadline=None, max_examples=60, derandomize=True)


def plan(problem: Problem, rule: str) -> list[float]:
    solution = allocare.solve(problem, f"greedy:{rule}")
    assert solution.allocation is not None
    return problem.decisions(solution.allocation).tolist()


def with_arrival(problem: Any, side: str, arrival: list[Any]) -> Any:
    keys = getattr(problem, side)
    return replace(problem, attributes={side: pd.DataFrame({"arrival": arrival}, index=keys)})


# --- first come, first served


def test_tasks_are_served_as_they_arrived_whatever_their_class() -> None:
    problem = assignment([[5, 5, 5]], task_rule="at-most-once", sense="max", priority=[2, 1, 1], capacity=[1])
    assert plan(problem, "first-come") == [1, 0, 0]
    assert plan(problem, "nearest") == [0, 1, 0]
    assert plan(with_arrival(problem, "tasks", ["09:30", "10:00", "08:15"]), "first-come") == [0, 0, 1]


@pytest.mark.parametrize("arrival", [[3, 1, 2], [np.nan, 1, 2], ["c", "a", "b"]])
def test_targets_are_served_as_they_arrived_and_those_without_a_time_last(arrival: list[Any]) -> None:
    problem = transportation([[1, 1, 1]], [5], [3, 3, 3], unmet_cost=[9, 9, 9], whole=True)
    assert plan(problem, "first-come") == [3, 2, 0]
    assert plan(with_arrival(problem, "targets", arrival), "first-come") == [0, 3, 2]


def test_equal_arrivals_keep_the_order_of_the_table() -> None:
    problem = fair([[1, 1, 1]], [4], [3, 3, 3], whole=True)
    assert plan(with_arrival(problem, "targets", [1, 0, 0]), "first-come") == [0, 3, 1]


def test_programmes_are_carried_out_as_they_arrived() -> None:
    problem = programmes([1, 5, 9], [4, 4, 4], [8])
    assert plan(problem, "first-come") == [1, 1, 0]
    assert plan(with_arrival(problem, "programmes", [2, 3, 1]), "first-come") == [1, 0, 1]


# --- proportional shares


def test_a_shortage_is_shared_in_proportion_to_need() -> None:
    problem = transportation([[1, 2, 3]], [6], [2, 4, 6], unmet_cost=[9, 9, 9])
    assert plan(problem, "proportional-share") == pytest.approx([1, 2, 3])


def test_whole_shares_are_the_closest_to_proportion() -> None:
    problem = fair([[1, 1, 1]], [7], [2, 4, 6], whole=True)
    given = np.array(plan(problem, "proportional-share"))
    assert given.sum() == 7
    assert sorted(given.tolist()) == given.tolist() == [1, 2, 4]


def test_what_lanes_cannot_bring_is_shared_again() -> None:
    problem = fair([[1, MISSING, MISSING], [MISSING, 1, 1]], [1, 9], [10, 10, 10])
    assert plan(problem, "proportional-share") == pytest.approx([1, 4.5, 4.5])


def test_shares_of_a_cost_budget_are_refused() -> None:
    problem = fair([[1, 1]], [6], [4, 8], cost_budget=3.0)
    assert "shares quantities, and here a cost budget limits them" in str(
        refusal(Task(problem), "greedy:proportional-share", Options())
    )


@given(
    demand=st.lists(st.integers(1, 30), min_size=1, max_size=6),
    supply=st.integers(0, 90),
    whole=st.booleans(),
)
@FEW
def test_one_source_brings_everybody_to_one_level(demand: list[int], supply: int, whole: bool) -> None:
    problem = fair(np.ones((1, len(demand))), [supply], demand, whole=whole)
    given = np.array(plan(problem, "proportional-share"))
    level = min(1.0, supply / sum(demand))
    assert given.sum() == pytest.approx(min(supply, sum(demand)))
    assert abs(given - level * np.array(demand)).max() <= (len(demand) if whole else 1e-9)


# --- regret


def test_the_task_that_loses_most_by_waiting_comes_first() -> None:
    # by cheapest pair, task 1 would take agent 1 and leave task 2 the dear one
    problem = assignment([[1, 2], [2, 90]])
    assert plan(problem, "cheapest-lane") == [1, 0, 0, 1]
    assert plan(problem, "regret") == [0, 1, 1, 0]


def test_the_target_that_loses_most_by_waiting_comes_first() -> None:
    problem = transportation([[1, 2], [2, 90]], [3, 3], [3, 3], whole=True)
    assert plan(problem, "regret") == [0, 3, 3, 0]


@given(problem=assignment_problems())
@FEW
def test_regret_is_the_rule_as_its_definition_says_it(problem: Any) -> None:
    assume(problem.size)
    sign = -1 if problem.maximise else 1
    cost, use = np.full((2, len(problem.agents), len(problem.tasks)), np.inf)
    at = problem.pairs.source, problem.pairs.target
    cost[at] = sign * problem.pairs.cost
    use[at] = 1.0 if problem.use is None else problem.use
    once = problem.task_rule == "exactly-once"
    price = np.full(len(problem.tasks), np.inf)
    if not once:
        price = np.zeros(len(price)) if problem.left_out_cost is None else problem.left_out_cost
    left, taken = problem.capacity * (1 + 1e-12), np.zeros(cost.shape)
    levels = np.ones(len(price)) if problem.priority is None else problem.priority
    for level in problem.classes:
        waiting = set(np.flatnonzero(levels == level).tolist())
        while waiting:
            ranked = []
            for task in waiting:
                usable = [
                    (cost[a, task], a)
                    for a in range(len(left))
                    if use[a, task] <= left[a] and cost[a, task] <= price[task]
                ]
                if usable:
                    first, agent = min(usable)
                    second = min([c for c, a in usable if a != agent] + [price[task]])
                    ranked.append((-(second - first), first, task, agent))
            if not ranked:
                break
            _, _, task, agent = min(ranked)
            taken[agent, task], left[agent] = 1, left[agent] - use[agent, task]
            waiting.remove(task)
    assert plan(problem, "regret") == taken[at].tolist()


@given(st.integers(0, 10_000))
@FEW
def test_the_two_cheapest_cells_are_kept_while_cells_close(seed: int) -> None:
    random = np.random.default_rng(seed)
    cost = random.integers(0, 6, (4, 5)).astype(float)
    regrets = Regrets(cost, np.full(5, np.inf))
    for cell in random.permutation(20)[:15]:
        row, column = divmod(int(cell), 5)
        cost[row, column] = np.inf
        regrets.close(np.array([row]), np.array([column]))
        for at in range(5):
            low, high = np.sort(cost[:, at])[:2]
            assert regrets.regret[at] == (high - low if np.isfinite(low) else -np.inf)


# --- randomised greedy


@pytest.mark.parametrize(
    ("kind", "options"),
    [("gap", {"type": "d"}), ("hospitals", {}), ("programmes", {}), ("transportation", {})],
)
def test_randomised_greedy_is_no_worse_than_its_rules(kind: str, options: dict[str, Any]) -> None:
    problem = allocare.generate(kind, seed=2, **options)
    many = allocare.solve(problem, "greedy:randomised", native={"restarts": 40})
    one = allocare.solve(problem, "greedy")
    assert many.objective is not None and one.objective is not None
    if one.status == "incomplete":
        assert many.unmet is not None and one.unmet is not None and many.unmet <= one.unmet
    else:
        assert many.status == "feasible"
        assert many.objective >= one.objective if problem.maximise else many.objective <= one.objective


def test_randomised_greedy_says_what_it_did_and_where_it_is_not_known() -> None:
    solution = allocare.solve(allocare.example("sunray"), "greedy:randomised", native={"restarts": 7})
    assert "best of 7 turns of cheapest-lane, regret" in solution.notes[0]
    why = refusal(Task(fair([[1, 1]], [6], [4, 8])), "greedy:randomised", Options())
    assert "it is for assignment, transportation, programmes" in str(why)
    with pytest.raises(InputError, match="there is no option 'turns' here; known: restarts"):
        allocare.solve(allocare.example("sunray"), "greedy:randomised", native={"turns": 7})


# --- where greedy is optimal


def monge(seed: int, rows: int, columns: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    density = random.integers(0, 5, (rows, columns))
    table = -density.cumsum(axis=0).cumsum(axis=1) + random.integers(0, 30, (rows, 1))
    return table + random.integers(0, 30, columns)


@given(st.integers(0, 10_000), st.integers(1, 6), st.integers(1, 6), st.booleans())
@FEW
def test_the_north_west_corner_of_monge_costs_is_optimal(
    seed: int, rows: int, columns: int, maximise: bool
) -> None:
    random = np.random.default_rng(seed)
    supply = random.integers(0, 9, rows)
    demand = random.multinomial(supply.sum(), np.full(columns, 1 / columns))
    cost = monge(seed, rows, columns)
    problem = transportation(
        -cost if maximise else cost, supply, demand, whole=True, sense="max" if maximise else "min"
    )
    solution = allocare.solve(problem, "greedy:north-west")
    assert "provably optimal: the costs are Monge and the table is balanced" in solution.notes
    assert solution.objective == allocare.solve(problem).objective


@pytest.mark.parametrize(
    "problem",
    [
        transportation([[4, 1], [2, 3]], [3, 2], [1, 4]),
        transportation([[1, 4], [2, 3]], [3, 3], [1, 4]),
        transportation([[1, MISSING], [2, 3]], [3, 2], [1, 4]),
        transportation([[1, 4], [2, 3]], [3, 2], [1, 4], capacity=[[1, 9], [9, 9]]),
        transportation([[1, 4], [2, 3]], [3, 2], [1, 4], unmet_cost=[1, 1]),
        with_fairness(transportation([[1, 4], [2, 3]], [3, 2], [1, 4]), "maximin"),
    ],
)
def test_the_north_west_corner_is_not_called_optimal_where_a_condition_fails(problem: Problem) -> None:
    assert greedy_optimality(problem, "north-west") is None


@given(
    problem=st.one_of(
        transportation_problems(), assignment_problems(), fair_allocation_problems(), programme_problems()
    )
)
@settings(deadline=None, max_examples=150, derandomize=True)
def test_whatever_is_called_optimal_is(problem: Any) -> None:
    for rule in rules_for(problem.kind):
        if not problem.size or refusal(Task(problem), f"greedy:{rule}", Options()):
            continue
        if greedy_optimality(problem, rule) is None:
            continue
        solution, exact = allocare.solve(problem, f"greedy:{rule}"), allocare.solve(problem)
        assert solution.status == "feasible"
        assert solution.objective == pytest.approx(exact.objective, rel=1e-6, abs=1e-6)


@given(
    demand=st.lists(st.integers(0, 25), min_size=1, max_size=6),
    supply=st.integers(0, 60),
    need=st.one_of(st.none(), st.lists(st.integers(0, 40), min_size=6, max_size=6)),
    whole=st.booleans(),
)
@settings(deadline=None, max_examples=80, derandomize=True)
def test_one_resource_shared_by_marginal_gain_is_optimal(
    demand: list[int], supply: int, need: list[int] | None, whole: bool
) -> None:
    rules: dict[str, Any] = {"whole": whole}
    if need is not None:
        rules |= {"criterion": "need-deviation", "need": np.array(need[: len(demand)]) / 2}
    problem = fair(np.ones((1, len(demand))), [supply], demand, **rules)
    why = greedy_optimality(problem, "marginal-gain")
    assert why is not None or whole
    if why is not None:
        assert "separable convex objective over a polymatroid" in why
        solution, exact = allocare.solve(problem, "greedy"), allocare.solve(problem)
        assert solution.objective == pytest.approx(exact.objective, rel=1e-6, abs=1e-7)


def test_shares_of_programmes_by_benefit_for_cost_are_called_optimal_and_whole_ones_are_not() -> None:
    shares = programmes([12, 9, 8], [6, 5, 5], [10], whole=False)
    assert greedy_optimality(shares, "benefit-per-cost") == "divisible programmes under one budget"
    assert greedy_optimality(replace(shares, whole=True), "benefit-per-cost") is None
    assert "matroid" in str(greedy_optimality(programmes([12, 9, 8], [5, 5, 5], [10]), "benefit-per-cost"))


def test_capacity_that_binds_nowhere_is_seen() -> None:
    assert greedy_optimality(assignment([[1, 2], [2, 1]]), "nearest") is not None
    assert greedy_optimality(assignment([[1, 1], [2, 2]]), "nearest") is None
