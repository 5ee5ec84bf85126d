"""Budgeted programmes under criteria and policies: utilities of the groups, and the published choices."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import allocare
from allocare import InputError, ProgrammeProblem
from allocare.models.checks.fairness import measured
from allocare.models.utilities import utilities_of
from tests.problem_strategies import programme_problems

from cases import programmes

FEW = settings(deadline=None, max_examples=60, derandomize=True)


def two_for_one(**rules: Any) -> ProgrammeProblem:
    """Return two programmes of one group and one of another."""
    return programmes([2, 5, 3], [1, 3, 2], [4], group=[0, 1, 1], **rules)


def test_the_best_for_the_worst_off_on_the_health_budget_is_the_published_choice() -> None:
    problem = allocare.with_fairness(allocare.example("health-budget"), "maximin")
    solution = allocare.solve(problem)
    assert (solution.status, solution.checked) == ("optimal", True)
    assert solution.stages == pytest.approx((0.4, 6839.2))
    assert solution.allocation is not None
    share = problem.decisions(solution.allocation)
    published = "111 111 111 111 111 011 1 11 1 0 000 0001 000".replace(" ", "")
    assert "".join(map(str, share.astype(int))) == published


def test_the_utilitarian_criterion_is_the_total_benefit_and_a_floor_costs_some_of_it() -> None:
    plain = allocare.solve(allocare.with_fairness(allocare.example("health-budget"), "utilitarian"))
    assert plain.objective == pytest.approx(6842.6)
    held = allocare.solve(
        allocare.with_fairness(allocare.example("health-budget"), "utilitarian", ["floor:value=0.4"])
    )
    assert held.objective == pytest.approx(6839.2)


@given(programme_problems(), st.integers(0, 2**31))
@FEW
def test_utilities_are_linear_in_the_shares_and_keep_their_limits(
    problem: ProgrammeProblem, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    share = problem.lower + rng.random(problem.size) * (problem.upper - problem.lower)
    if problem.one_each:
        share /= np.maximum(np.bincount(problem.group, share, minlength=len(problem.groups)), 1)[
            problem.group
        ]
    problem = dataclasses.replace(problem, lower=0.0)
    utilities, plan = utilities_of(problem), measured(problem, share)
    np.testing.assert_allclose(utilities.at(share), plan.utility, rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(plan.utility, problem.utility(share), rtol=1e-12, atol=1e-9)
    assert plan.agents.size.tolist() == problem.group_size.tolist()
    assert (utilities.lowest <= plan.utility + 1e-9).all()
    assert (plan.utility <= utilities.highest + 1e-9).all()
    assert utilities.cost @ share == pytest.approx(plan.cost)
    assert (utilities.served is None) == (plan.served is None)
    if utilities.served is not None:
        np.testing.assert_allclose(utilities.served @ share, plan.served)
        assert (plan.served <= problem.group_size * (1 + 1e-9)).all()


def test_a_function_of_utility_is_linear_where_a_group_takes_one_yes_or_no_decision() -> None:
    assert utilities_of(allocare.example("health-budget")).single == "at-most-one"
    assert utilities_of(two_for_one(one_each=True)).single == "at-most-one"
    assert utilities_of(two_for_one()).single == ""
    assert utilities_of(two_for_one(one_each=True, whole=False)).single == ""


def test_programmes_know_no_coverage() -> None:
    with pytest.raises(InputError, match="programmes bring benefit, and no burden is known"):
        allocare.solve(allocare.with_fairness(two_for_one(), "maximin", utility="burden"))
    with pytest.raises(InputError, match="coverage needs need, and the groups of a programmes problem"):
        allocare.solve(allocare.with_fairness(two_for_one(), "maximin", utility="coverage"))
