"""The check's cut bound: above the most that can be served, and met by every plan that serves the most."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from allocare import FairAllocationProblem, Lanes, check, solve
from allocare.models.checks.lane_sums import carried_on, lane_sums
from allocare.models.checks.most_servable import cut_bound, most_servable


@st.composite
def problems_and_most(draw):
    """Draw a problem and the most that it can serve, counted in whole units and so without rounding."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    m, n = draw(st.integers(1, 6)), draw(st.integers(1, 8))
    cost = np.where(rng.random((m, n)) < draw(st.sampled_from([0.2, 0.5, 1.0])), 1.0, np.nan)
    capacity = rng.integers(0, 6, (m, n)).astype(float) if draw(st.booleans()) else None
    supply, demand = rng.integers(0, 12, m), rng.integers(0, 9, n)

    def in_units_of(unit):
        return FairAllocationProblem(
            sources=pd.RangeIndex(m),
            targets=pd.RangeIndex(n),
            lanes=Lanes.from_matrix(cost, None if capacity is None else capacity * unit),
            supply=unit * supply,
            demand=unit * demand,
        )

    unit = draw(st.sampled_from([1.0, 0.125, 1 / 3]))
    return in_units_of(unit), unit * most_servable(in_units_of(1.0))


def bound(problem, decisions):
    carried = carried_on(problem.lanes, decisions)
    return cut_bound(problem, carried, lane_sums(problem.lanes, carried))


@settings(deadline=None, max_examples=150)
@given(problems_and_most(), st.floats(0, 1))
def test_no_plan_serves_more_than_any_plans_cut(drawn, share):
    problem, most = drawn
    plan = problem.decisions(solve(problem).allocation)
    assert bound(problem, share * plan) >= most - 1e-9


@settings(deadline=None, max_examples=150)
@given(problems_and_most())
def test_a_plan_that_serves_the_most_meets_its_own_cut(drawn):
    problem, most = drawn
    solution = solve(problem)
    # an interior point serves the most up to its tolerance only, and then the cut is another
    assume(solution.proved_by == "levels")
    plan = problem.decisions(solution.allocation)
    assert bound(problem, plan) == pytest.approx(most, abs=1e-9)


def test_a_plan_that_serves_less_than_it_could_is_found():
    problem = FairAllocationProblem(
        sources=["depot", "store"],
        targets=["north", "south"],
        lanes=Lanes.from_matrix([[1, 1], [1, np.nan]]),
        supply=[4, 4],
        demand=[4, 8],
    )
    # north takes what south needs from the depot, where the store could serve north
    plan = pd.DataFrame({"source": ["depot"], "target": ["north"], "quantity": [4.0]})
    report = check(problem, plan)
    assert [violation.rule for violation in report.violations] == ["efficiency floor"]
    assert report.violations[0].amount == 4.0
