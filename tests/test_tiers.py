"""Tiers: each class as well served as the classes before it allow, on every backend, and judged so."""

from __future__ import annotations

import dataclasses
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from policy_cases import region, same_renderings

import allocare
from allocare import InputError, LinearProblem, with_fairness
from allocare.instances.fairness import Rule
from allocare.models.checks.fairness import measured
from allocare.models.policies import policy_of

TIERS = "tiers:by=phase:order=first,second,third"


def phased(draw=None):
    """The region with phases of need, the last ones the cheapest to reach."""
    problem = region(draw)
    phases = pd.DataFrame({"phase": ["third", "second", "first", "first"]}, index=list("abcd"))
    return dataclasses.replace(problem, attributes={"targets": phases})


@pytest.mark.parametrize("backend", ["highs", "clarabel", "pyomo:highs"])
@pytest.mark.parametrize("criterion", [None, "utilitarian", "maximin"])
def test_the_first_tier_gets_all_it_can_before_the_criterion_speaks(backend, criterion):
    solution = allocare.solve(with_fairness(phased(), criterion, [TIERS]), backend)
    served = solution.allocation.groupby("target")["quantity"].sum()
    # c and d need 10 of 14, then b gets the 4 that are left, and a none
    assert solution.checked
    assert served.get("c") == pytest.approx(7) and served.get("d") == pytest.approx(3)
    assert served.get("b") == pytest.approx(4) and served.get("a", 0.0) == pytest.approx(0, abs=1e-5)


def test_other_policies_come_before_tiers():
    solution = allocare.solve(with_fairness(phased(), None, [TIERS, "floor:value=0.5"]))
    served = solution.allocation.groupby("target")["quantity"].sum()
    assert served["a"] == pytest.approx(2) and served["b"] == pytest.approx(3) and solution.checked


@given(st.data())
@settings(max_examples=15, deadline=None)
def test_the_judgement_is_that_of_exhaustive_search(data):
    gain = data.draw(st.lists(st.integers(0, 4), min_size=5, max_size=5))
    cost = data.draw(st.lists(st.integers(1, 4), min_size=5, max_size=5))
    problem = LinearProblem(
        columns=list("abcde"),
        rows=["budget"],
        objective=gain,
        matrix=[cost],
        row_lower=[-np.inf],
        row_upper=[6],
        lower=np.zeros(5),
        upper=np.ones(5),
        whole=True,
        sense="max",
        agents=list("abcde"),
        utility=np.diag(gain),
        attributes={"agents": pd.DataFrame({"tier": [2, 10, 2, 1, 1]}, index=list("abcde"))},
    )
    problem = with_fairness(problem, "utilitarian", ["tiers:by=tier"])
    plans = [np.array(x, dtype=float) for x in product([0, 1], repeat=5) if np.dot(cost, x) <= 6]

    def totals(plan):
        worth = plan * gain
        return tuple(worth[list(tier)].sum() for tier in ([3, 4], [0, 2], [1]))

    best = max(map(totals, plans))
    for plan in plans[:: max(1, len(plans) // 6)]:
        assert policy_of(Rule.of("tiers:by=tier")).judge(measured(problem, plan)).holds == (
            totals(plan) == best
        )
    solved = allocare.solve(problem)
    assert totals(problem.decisions(solved.allocation)) == pytest.approx(best)


def test_the_tier_that_could_have_more_is_named():
    problem = with_fairness(phased(), None, [TIERS])
    verdict = policy_of(Rule.of(TIERS)).judge(measured(problem, [4, 4, 0, 3, 3]))
    assert verdict.where == "first" and verdict.excess == pytest.approx(4)
    assert verdict.message == "tier 'first' has 6 in all, 10 can be had after the tiers before it"


def test_both_renderings_state_the_same_goals():
    problem = with_fairness(phased(), "maximin", [TIERS])
    same_renderings(problem)
    assert len(allocare.pyomo_model(problem).stage_value) == len(allocare.matrix_form(problem).stages) == 5


@pytest.mark.parametrize(
    ("policies", "message"),
    [
        (["tiers:by=phas"], "no attribute 'phas'; did you mean 'phase'?"),
        (["tiers:by=phase:order=first,second"], "the order first, second leaves out 'third'"),
        (["tiers:by=phase:order=first,second,third,third"], "names a tier twice"),
        (["tiers:by=phase:order=first,secnd,third"], "nobody 'secnd'; did you mean 'second'?"),
        ([TIERS, "tiers:by=phase"], "two policies 'tiers' do not say which of them comes first"),
    ],
)
def test_a_mistake_is_one_clear_line(policies, message):
    with pytest.raises(InputError) as caught:
        allocare.solve(with_fairness(phased(), None, policies))
    assert message in str(caught.value) and "\n" not in str(caught.value)
