"""Baseline rules of budgeted programmes: as if in single turns, within limits, never above the optimum."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import allocare
from allocare import ProgrammeProblem
from tests.problem_strategies import programme_problems

from cases import programmes

FEW = settings(deadline=None, max_examples=60, derandomize=True)


def one_at_a_time(problem: ProgrammeProblem, rule: str) -> np.ndarray:
    """Carry out whole programmes in single turns, as the rules are stated."""
    cost, people = problem.spending.toarray(), problem.group_size[problem.group]
    limit, left, share = problem.budget_limit, problem.budget_limit.copy(), np.zeros(problem.size)
    used = sum((row / top for row, top in zip(cost, limit, strict=True) if top > 0), np.zeros(problem.size))
    taken = np.zeros(len(problem.groups))
    for wanted in (problem.lower > 0, (problem.upper > 0) & (problem.benefit > 0)):
        waiting = [p for p in range(problem.size) if wanted[p] and not share[p]]
        while waiting:
            if rule == "worst-off-first":
                utility = problem.utility(share)
                key = [(utility[problem.group[p]], problem.group[p], -problem.benefit[p]) for p in waiting]
            else:
                worth = problem.benefit * people
                key = [(-worth[p] / used[p] if used[p] else -np.sign(worth[p]) * np.inf,) for p in waiting]
            chosen = waiting.pop(min(range(len(waiting)), key=key.__getitem__))
            group = problem.group[chosen]
            if (cost[:, chosen] <= left).all() and not (problem.one_each and taken[group]):
                share[chosen] = 1
                taken[group] += 1
                left -= cost[:, chosen]
    return share


@st.composite
def whole_choices(draw: st.DrawFn) -> ProgrammeProblem:
    n, n_groups, budgets = draw(st.integers(1, 12)), draw(st.integers(1, 5)), draw(st.integers(1, 3))

    def numbers(low: int, high: int, size: int) -> list[int]:
        return draw(st.lists(st.integers(low, high), min_size=size, max_size=size))

    return ProgrammeProblem(
        groups=range(n_groups),
        group_size=numbers(1, 5, n_groups),
        baseline=numbers(0, 9, n_groups),
        programmes=range(n),
        group=numbers(0, n_groups - 1, n),
        benefit=numbers(-1, 9, n),
        budgets=range(budgets),
        budget_limit=numbers(0, 40, budgets),
        cost=np.array(numbers(0, 9, n * budgets)).reshape(budgets, n),
        lower=numbers(0, 1, n) if draw(st.booleans()) else 0,
        cost_per=draw(st.sampled_from(["person", "programme"])),
        one_each=draw(st.booleans()),
    )


@pytest.mark.parametrize("rule", ["benefit-per-cost", "worst-off-first"])
@given(problem=whole_choices())
@settings(deadline=None, max_examples=150, derandomize=True)
def test_rules_choose_as_if_in_single_turns(rule: str, problem: ProgrammeProblem) -> None:
    solution = allocare.solve(problem, f"greedy:{rule}")
    assert solution.allocation is not None
    share = problem.decisions(solution.allocation)
    assert share.tolist() == one_at_a_time(problem, rule).tolist()
    assert (solution.status == "incomplete") == bool((share < problem.lower).any())


@pytest.mark.parametrize("rule", ["benefit-per-cost", "worst-off-first"])
@given(problem=programme_problems())
@FEW
def test_rules_break_no_limit_and_never_beat_the_optimum(rule: str, problem: ProgrammeProblem) -> None:
    # costs next to nothing are beyond solvers' absolute tolerances
    if not problem.size or (problem.cost.data < 1e-3).any():
        return
    solution = allocare.solve(problem, f"greedy:{rule}")
    assert solution.checked and solution.bound is None
    if solution.status == "feasible":
        exact = allocare.solve(problem)
        assert exact.status == "optimal"
        assert solution.objective is not None and exact.objective is not None
        assert solution.objective <= exact.objective + 1e-6 * max(1.0, abs(exact.objective))


def test_on_one_budget_the_best_shares_by_cost_are_optimal() -> None:
    # Dantzig 1957: the divisible knapsack is filled by benefit per cost
    for seed in range(10):
        problem = allocare.generate("programmes", seed=seed, n_groups=25, whole=False)
        greedy, exact = allocare.solve(problem, "greedy"), allocare.solve(problem)
        assert greedy.objective == pytest.approx(exact.objective, rel=1e-9)


def test_a_required_programme_that_does_not_fit_is_said_to_be_left_out() -> None:
    solution = allocare.solve(programmes([2, 5], [40, 30], [60], lower=1), "greedy:benefit-per-cost")
    assert solution.status == "incomplete"
    assert "left out: 1 of 2 required programmes" in solution.notes


def test_a_hundred_thousand_programmes_are_chosen_at_once() -> None:
    problem = allocare.generate(
        "programmes", seed=1, n_groups=40_000, options_per_group=3, n_budgets=3, budget_share=0.3
    )
    assert problem.size == 120_000
    for rule in ("benefit-per-cost", "worst-off-first"):
        started = time.perf_counter()
        solution = allocare.solve(problem, f"greedy:{rule}")
        assert solution.checked and solution.status == "feasible"
        assert time.perf_counter() - started < 20
