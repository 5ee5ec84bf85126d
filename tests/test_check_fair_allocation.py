"""The check of fair allocations, every rule by hand, and the most that can be served."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocare.instances.fair_allocation import FairAllocationProblem
from allocare.instances.lanes import Lanes
from allocare.models.check import check_decisions
from allocare.models.checks.most_servable import most_servable

seeds = st.integers(0, 2**32 - 1)
quick = settings(deadline=None, max_examples=40)


def rules(report):
    return [violation.rule for violation in report.violations]


def fair(**changes):
    data = {
        "sources": ["depot"],
        "targets": ["north", "south"],
        "lanes": Lanes.from_matrix([[2, 3]]),
        "supply": [6],
        "demand": [4, 8],
        "units": {"quantity": "doses", "cost": "euro"},
    } | changes
    return FairAllocationProblem(**data)


def test_even_service_has_no_variance():
    report = check_decisions(fair(), [2, 4])
    assert report.feasible
    assert (report.objective, report.served, report.unmet) == (0, 6, 6)


def test_variance_is_weighted_by_demand():
    # levels 1 and 1/4 with weights 1/3 and 2/3: mean 1/2, variance 1/3 * 1/4 + 2/3 * 1/16
    assert check_decisions(fair(), [4, 2]).objective == pytest.approx(1 / 8, rel=1e-14)


@pytest.mark.parametrize(
    ("changes", "decisions", "message", "left_out"),
    [
        ({}, [3, 4], "supply of 'depot': sends 7 doses, has 6 (1 too much)", False),
        ({}, [5, 1], "demand of 'north': receives 5 doses, needs 4 (1 too much)", False),
        (
            {"lanes": Lanes.from_matrix([[2, 3]], [[1, 9]])},
            [2, 4],
            "lane capacity of 'depot' to 'north': carries 2 doses, may carry 1 (1 too much)",
            False,
        ),
        (
            {},
            [2, 3],
            "efficiency floor: serves 5 doses in all, must serve at least 6 (1 too little)",
            True,
        ),
        (
            {"cost_budget": 15, "efficiency_loss": 1},
            [2, 4],
            "cost budget: all lanes cost 16 euro, the budget is 15 (1 too much)",
            False,
        ),
        (
            {"whole": True},
            [1.5, 4.5],
            "wholeness of 'depot' to 'north': 1.5 doses is not a whole number",
            False,
        ),
        (
            {"supply": [20], "efficiency_loss": 1},
            [-1, 4],
            "negative quantity of 'depot' to 'north': carries -1 doses, must be 0 or more (1 too little)",
            False,
        ),
    ],
)
def test_each_fair_allocation_rule_is_named_where_it_is_broken(changes, decisions, message, left_out):
    report = check_decisions(fair(**changes), np.array(decisions, dtype=float))
    assert report.violations[0].message == message
    assert report.violations[0].left_out is report.within_limits is left_out


def test_the_efficiency_floor_knows_the_lanes_and_the_share_that_may_be_given_up():
    # the depot has 6 but reaches only the north, which needs 4
    narrow = fair(lanes=Lanes.from_matrix([[2, np.nan]]))
    assert check_decisions(narrow, [4]).feasible
    assert rules(check_decisions(narrow, [3])) == ["efficiency floor"]
    assert check_decisions(fair(lanes=narrow.lanes, efficiency_loss=0.25), [3]).feasible
    # whole quantities: 0.7 of 4 is rounded up to 3
    whole = fair(lanes=narrow.lanes, efficiency_loss=0.3, whole=True)
    assert check_decisions(whole, [3]).feasible
    assert not check_decisions(whole, [2]).feasible


def test_the_most_that_can_be_served_respects_the_budget():
    # 4 doses to the north for 8 euro, then 8/3 to the south
    assert most_servable(fair(supply=[12], cost_budget=16)) == pytest.approx(4 + 8 / 3)
    assert most_servable(fair(supply=[12], cost_budget=16, whole=True)) == 6
    assert check_decisions(fair(supply=[12], cost_budget=16, whole=True), [4, 2]).feasible
    assert not check_decisions(fair(supply=[12], cost_budget=16, whole=True), [3, 2]).feasible


def test_targets_that_need_nothing_have_no_weight_and_receive_nothing():
    problem = fair(demand=[0, 8])
    assert check_decisions(problem, [0, 6]).objective == 0
    assert rules(check_decisions(problem, [1, 5])) == ["demand"]
    assert check_decisions(fair(demand=[0, 0]), [0, 0]).objective == 0


def test_deviation_from_need_is_a_sum_of_squares_without_a_floor():
    problem = fair(criterion="need-deviation", need=[3, 3])
    report = check_decisions(problem, [1, 2])
    assert report.feasible
    assert report.objective == 4 + 1


def test_a_claim_about_the_variance_may_be_off_by_what_an_expanded_square_loses():
    report = check_decisions(fair(), [2, 4])
    assert report.agrees(1e-9)
    assert not report.agrees(1e-6)


@quick
@given(seed=seeds)
def test_variance_is_exact_where_an_expanded_square_would_cancel(seed):
    rng = np.random.default_rng(seed)
    demand = rng.integers(1, 1000, 6).astype(float)
    level = 0.9 + 1e-7 * rng.random(6)
    received = demand * level
    problem = FairAllocationProblem(
        sources=["s"],
        targets=range(6),
        lanes=Lanes.from_matrix(np.ones((1, 6))),
        supply=[received.sum()],
        demand=demand,
    )
    exact = [Fraction(r) / Fraction(d) for r, d in zip(received, demand, strict=True)]
    weight = [Fraction(d) / sum(map(Fraction, demand)) for d in demand]
    mean = sum(w * y for w, y in zip(weight, exact, strict=True))
    variance = sum(w * (y - mean) ** 2 for w, y in zip(weight, exact, strict=True))
    assert check_decisions(problem, received).objective == pytest.approx(float(variance), rel=1e-6)


@quick
@given(seed=seeds, scale=st.sampled_from([1e-6, 0.37, 1.0, 1e7]), capacitated=st.booleans())
def test_the_most_that_can_be_served_is_the_least_cut(seed, scale, capacitated):
    rng = np.random.default_rng(seed)
    n, m = rng.integers(1, 5, 2)
    present = rng.random((n, m)) < 0.6
    cost = np.where(present, 1.0, np.nan)
    capacity = rng.integers(0, 8, (n, m)) * scale if capacitated else None
    supply, demand = rng.integers(0, 12, n) * scale, rng.integers(0, 12, m) * scale
    problem = FairAllocationProblem(
        sources=range(n),
        targets=range(m),
        lanes=Lanes.from_matrix(cost, capacity),
        supply=supply,
        demand=demand,
    )
    limit = np.where(present, np.inf if capacity is None else capacity, 0)
    cuts = []
    for side in itertools.product([False, True], repeat=int(n)):
        # for sources on the near side, each target is cut off itself or its lanes are
        near = np.array(side)
        cuts.append(supply[~near].sum() + np.minimum(limit[near].sum(axis=0), demand).sum())
    assert most_servable(problem) == pytest.approx(min(cuts), rel=1e-7, abs=1e-12)


@quick
@given(seed=seeds)
def test_the_most_whole_units_within_a_budget_are_found_by_enumeration_too(seed):
    rng = np.random.default_rng(seed)
    cost = rng.integers(0, 6, (2, 2)).astype(float)
    supply, demand = rng.integers(0, 4, 2), rng.integers(0, 4, 2)
    budget = float(rng.integers(0, 20))
    best = 0
    for flow in itertools.product(range(4), repeat=4):
        x = np.array(flow).reshape(2, 2)
        fits = (x.sum(1) <= supply).all() and (x.sum(0) <= demand).all() and (x * cost).sum() <= budget
        best = max(best, x.sum()) if fits else best
    problem = FairAllocationProblem(
        sources=["a", "b"],
        targets=["c", "d"],
        lanes=Lanes.from_matrix(cost),
        supply=supply,
        demand=demand,
        cost_budget=budget,
        whole=True,
    )
    assert most_servable(problem) == best


def test_data_too_fine_for_counting_are_served_by_linear_programming():
    # 10^9 and 10^-3 in one network are beyond 2^30 units
    problem = FairAllocationProblem(
        sources=["a", "b"],
        targets=["c", "d"],
        lanes=Lanes.from_matrix([[1, np.nan], [np.nan, 1]]),
        supply=[1e9, 1e-3],
        demand=[1e-3, 1e9],
    )
    assert most_servable(problem) == pytest.approx(2e-3, rel=1e-6)
