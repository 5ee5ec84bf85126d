"""Shortcuts of the general solver lead to the same optimum: warm objectives, and few columns to branch on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocare import Lanes, TransportationProblem, matrix_form, solve, with_fairness
from allocare.models.statement import UTILITY
from allocare.solvers import highs_
from allocare.solvers.backend import Options
from allocare.solvers.highs_ import solve_form
from allocare.solvers.redirected import Redirected


def random_problem(seed: int, *, whole: bool) -> TransportationProblem:
    rng = np.random.default_rng(seed)
    cost = rng.integers(1, 9, (3, 5)).astype(float)
    cost[rng.random((3, 5)) < 0.3] = np.nan
    cost[0, np.isnan(cost).all(axis=0)] = 1.0
    sides = pd.DataFrame({"side": list("aabbc")}, index=list("vwxyz"))
    return TransportationProblem(
        sources=["p", "q", "r"],
        targets=list("vwxyz"),
        lanes=Lanes.from_matrix(cost),
        supply=rng.integers(1, 9, 3),
        demand=rng.integers(1, 9, 5),
        unmet_cost=50,
        whole=whole,
        attributes={"targets": sides},
    )


@settings(deadline=None, max_examples=5, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_one_objective_after_another_ends_where_each_alone_does(seed):
    form = matrix_form(
        with_fairness(random_problem(seed, whole=False), "utilitarian", ["max-gap:at_most=0.8"])
    )
    plain = replace(form, cost=np.zeros_like(form.cost), stages=(), tie_break=(), leading=None, offset=0.0)
    towards, rng = Redirected(plain, Options()), np.random.default_rng(seed)
    for _ in range(4):
        gain = np.zeros(len(form.cost))
        place = form.column_block(UTILITY).slice
        gain[place] = rng.normal(size=place.stop - place.start)
        alone = solve_form(replace(plain, cost=gain, maximise=True), Options())
        found = towards(gain)
        assert found.bound == pytest.approx(alone.bound, abs=1e-9)
        assert gain @ found.values == pytest.approx(alone.bound, abs=1e-9)


RULES = [
    ("utilitarian", "rate-gap:group=side:at_most=0.2"),
    ("maximin", "rate-gap:group=side:at_most=0.2"),
    ("maximin", "gini-cap:at_most=0.2"),
    (None, "cost-budget:at_most=20"),
    ("utilitarian", "cost-budget:at_most=20"),
    ("min-mad:weight=0.5", "max-gap:at_most=0.5"),
]


@settings(deadline=None, max_examples=12, derandomize=True)
@given(seed=st.integers(0, 10_000), rules=st.sampled_from(RULES))
def test_whole_plans_are_the_same_whatever_is_branched_on(seed, rules):
    criterion, policy = rules
    problem = with_fairness(random_problem(seed, whole=True), criterion, [policy])
    form = matrix_form(problem)
    assert form.rest_decides
    short, full = solve_form(form, Options()), solve_form(replace(form, rest_decides=False), Options())
    assert short.status == full.status
    if short.values is not None:
        assert form.objective(short.values) == pytest.approx(form.objective(full.values), abs=1e-7)
        assert (short.values[form.whole] == np.rint(short.values[form.whole])).all()


def test_a_row_over_the_lanes_may_divide_them_and_all_are_branched_on_then(monkeypatch):
    ways, whole = [], highs_._solve_on_rest

    def noted(*arguments):
        ways.append(whole(*arguments) is not None)
        return whole(*arguments)

    monkeypatch.setattr(highs_, "_solve_on_rest", noted)
    for seed in range(8):
        problem = random_problem(seed, whole=True)
        tight = with_fairness(problem, "utilitarian", ["cost-budget:at_most=17"])
        found = solve(tight, "highs")
        assert found.checked or found.allocation is None
    assert True in ways and False in ways
