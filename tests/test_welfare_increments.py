"""Criteria on whole units by ranked increments: the same value as branching, at the least own cost."""

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import allocare
from allocare import CapabilityError, Lanes, TransportationProblem, with_fairness
from allocare.evaluation.judged import judge
from allocare.models.criteria import CRITERIA

CRITERIA_HERE = [
    text
    for text in (
        "utilitarian",
        "maximin",
        "leximin",
        "alpha-fair:alpha=0.5",
        "proportional",
        "kolm-pollak:kappa=2",
    )
    if text.partition(":")[0] in CRITERIA
]


@st.composite
def scarce(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    m, n = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    there = rng.random((m, n)) < 0.8
    there[0] = True
    cost = np.where(there, rng.integers(0, 9, (m, n)), np.nan).astype(float)
    capacity = rng.integers(0, 4, (m, n)).astype(float) if draw(st.booleans()) else None
    return TransportationProblem(
        sources=[f"s{k}" for k in range(m)],
        targets=[f"t{k}" for k in range(n)],
        lanes=Lanes.from_matrix(cost, capacity),
        supply=rng.integers(0, 5, m) + (0 if capacity is not None else 2),
        demand=rng.integers(1, 5, n),
        unmet_cost=rng.integers(0, 30, n),
        whole=True,
    )


def every_plan(problem):
    lanes = problem.lanes
    most = np.minimum(problem.supply[lanes.source], problem.demand[lanes.target])
    if lanes.capacity is not None:
        most = np.minimum(most, lanes.capacity)
    for plan in itertools.product(*(range(int(k) + 1) for k in most)):
        x = np.array(plan, dtype=float)
        sent = np.bincount(lanes.source, x, len(problem.sources))
        received = np.bincount(lanes.target, x, len(problem.targets))
        if (sent <= problem.supply).all() and (received <= problem.demand).all():
            yield x, received / problem.demand


@settings(deadline=None, max_examples=60)
@given(scarce(), st.sampled_from(CRITERIA_HERE))
def test_no_plan_is_better_and_none_as_good_is_cheaper(problem, text):
    posed = with_fairness(problem, text)
    size = problem.demand
    criterion = CRITERIA[text.partition(":")[0]](**posed.fairness.criterion.parameters)
    plans = list(every_plan(problem))
    try:
        solution = allocare.solve(posed, "min-cost-flow")
    except allocare.InputError as error:
        # somebody has nothing in every plan
        assert "positive" in str(error) and all(utility.min() == 0 for _, utility in plans)
        return
    best = max(criterion.value(utility, size) for _, utility in plans)
    assert solution.objective == pytest.approx(best, rel=1e-9, abs=1e-12)
    held = judge(posed, solution).plan.utility
    stages = [criterion.stages(utility, size) for _, utility in plans]
    if stages[0]:
        assert criterion.stages(held, size) == pytest.approx(max(stages))
    own = [
        allocare.models.check.check_decisions(problem, x).objective
        for x, utility in plans
        if np.allclose(utility, held)
    ]
    decided = problem.decisions(solution.allocation)
    assert allocare.models.check.check_decisions(problem, decided).objective == pytest.approx(min(own))


def test_equal_gains_share_a_rank_whatever_rounding_does():
    # 49 * (1 / 49) is not 1 in doubles: the far target would be served for that alone
    problem = TransportationProblem(
        sources=["depot"],
        targets=["near", "far"],
        lanes=Lanes.from_matrix([[1, 100]]),
        supply=[10],
        demand=[49, 10],
        unmet_cost=200,
        whole=True,
    )
    solution = allocare.solve(with_fairness(problem, "utilitarian"), "min-cost-flow")
    assert solution.allocation["target"].tolist() == ["near"]


@settings(deadline=None, max_examples=40)
@given(scarce())
def test_the_least_variance_of_the_most_served_is_that_of_all_plans(problem):
    posed = with_fairness(problem, "min-variance", ["efficiency-floor:loss=0"])
    solution = allocare.solve(posed)
    assert solution.backend == "min-cost-flow" and solution.checked
    plans = list(every_plan(problem))
    most = max(x.sum() for x, _ in plans)
    value = CRITERIA["min-variance"]().value
    least = min(value(utility, problem.demand) for x, utility in plans if x.sum() == most)
    assert solution.objective == pytest.approx(least, abs=1e-12) and solution.served == most
    given_up = with_fairness(problem, "min-variance", ["efficiency-floor:loss=0.1"])
    with pytest.raises(CapabilityError, match="side constraints"):
        allocare.solve(given_up, "min-cost-flow")


def test_the_router_says_why_and_policies_go_elsewhere():
    problem = TransportationProblem(
        sources=["depot"],
        targets=["north", "south"],
        lanes=Lanes.from_matrix([[1, 2]]),
        supply=[5],
        demand=[4, 6],
        unmet_cost=9,
        whole=True,
    )
    solution = allocare.solve(with_fairness(problem, "maximin"))
    assert solution.backend == "min-cost-flow" and "ranked as unit increments" in solution.reason
    assert solution.objective == 0.5 and solution.stages == (0.5, 5.0)
    assert allocare.solve(with_fairness(problem, "maximin", ["floor:value=0.1"])).backend == "highs"
    divisible = with_fairness(dataclasses.replace(problem, whole=False), "maximin")
    assert allocare.solve(divisible).backend == "highs"
    exact = dataclasses.replace(problem, unmet_cost=None, supply=[10])
    with pytest.raises(CapabilityError, match="polymatroid"):
        allocare.solve(with_fairness(exact, "maximin"), "min-cost-flow")
    again = solution.resolve(with_fairness(problem, "maximin"))
    assert again.objective == 0.5 and "criterion" in again.reason


def test_where_people_do_not_weigh_as_units_do_the_greatest_total_is_left_to_others():
    problem = TransportationProblem(
        sources=["a", "b"],
        targets=["c", "d", "e"],
        lanes=Lanes.from_matrix([[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]),
        supply=[2, 4],
        demand=[5, 5, 2],
        unmet_cost=9,
        whole=True,
    )
    equal = with_fairness(problem, "maximin", size="equal")
    solution = allocare.solve(equal)
    assert solution.backend == "highs" and solution.stages == pytest.approx((0.4, 1.8))
    with pytest.raises(CapabilityError, match="no sum over agents"):
        allocare.solve(equal, "min-cost-flow")
