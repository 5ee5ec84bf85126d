"""Criteria that level down, under an efficiency floor: published figures, brute force, the Pareto guard."""

import dataclasses
from itertools import product

import numpy as np
import pytest
import scipy.sparse as sp
from criteria_cases import FIGURES, shared_items, utilities_of_plan
from hypothesis import given, settings
from hypothesis import strategies as st

import allocare
from allocare import LinearProblem, with_fairness
from allocare.models.criteria import criterion_of
from allocare.models.formulations import matrix_form, pyomo_model
from allocare.models.standard_form import matrix_form_of

LEVELLING_DOWN = ["min-gini", "min-mad", "min-variance", "min-range"]
DISPERSION = FIGURES["health_budget"]["dispersion"]
FEW = settings(deadline=None, max_examples=12, derandomize=True)


def floor(loss):
    return [f"efficiency-floor:loss={loss}"]


@pytest.mark.parametrize(
    ("criterion", "loss", "value"),
    [(name, loss, value) for name, by_loss in DISPERSION.items() for loss, value in by_loss.items()],
)
def test_the_health_budgets_dispersion_is_as_published(criterion, loss, value):
    problem = with_fairness(allocare.example("health-budget"), criterion, floor(loss))
    solution = allocare.solve(problem, "highs")
    assert solution.status.value == "optimal" and solution.checked
    assert solution.objective == pytest.approx(value, abs=5e-6)
    assert solution.bound == pytest.approx(value, abs=5e-6)


def test_small_dispersion_leaves_the_worst_off_where_they_are():
    problem = allocare.example("health-budget")
    solution = allocare.solve(with_fairness(problem, "min-gini", floor(0.05)), "highs")
    utility = problem.utility(problem.decisions(solution.allocation))
    assert utility.min() == pytest.approx(0.3)
    assert problem.decisions(solution.allocation)[:2].tolist() == [0, 0]


def choice(plans) -> LinearProblem:
    """One of several plans, each with its utilities."""
    plans = np.array(plans, dtype=float)
    count = len(plans)
    return LinearProblem(
        columns=[f"plan {k}" for k in range(count)],
        rows=["one"],
        objective=np.zeros(count),
        matrix=np.ones((1, count)),
        row_lower=[1],
        row_upper=[1],
        lower=np.zeros(count),
        upper=np.ones(count),
        whole=True,
        agents=["one", "other"],
        utility=plans.T,
    )


@pytest.mark.parametrize("criterion", LEVELLING_DOWN)
@pytest.mark.parametrize("loss", [0, 0.1, 0.23])
def test_nobody_is_kept_down_for_the_sake_of_evenness(criterion, loss):
    problem = choice([(5, 5), (6, 7)])
    solution = allocare.solve(with_fairness(problem, criterion, floor(loss)), "highs")
    assert utilities_of_plan(problem, solution).tolist() == [6, 7]


@pytest.mark.parametrize("criterion", ["min-gini:weight=1", "min-mad:weight=1"])
def test_a_weight_up_to_one_keeps_nobody_down_either(criterion):
    problem = choice([(5, 5), (6, 7), (5, 9)])
    solution = allocare.solve(with_fairness(problem, criterion), "highs")
    assert utilities_of_plan(problem, solution).tolist() == [6, 7]


@pytest.mark.parametrize("criterion", LEVELLING_DOWN)
def test_of_plans_as_even_the_one_with_the_greatest_total_is_taken(criterion):
    problem = choice([(5, 5), (6, 6), (1, 12)])
    solution = allocare.solve(with_fairness(problem, criterion, floor(0.5)), "highs")
    assert utilities_of_plan(problem, solution).tolist() == [6, 6]
    assert solution.stages == pytest.approx((0, 12), abs=1e-9)


@pytest.mark.parametrize("backend", ["highs", "clarabel"])
def test_divisible_plans_as_even_have_the_greatest_total_too(backend):
    problem = dataclasses.replace(
        choice([(1, 0), (0, 1)]), row_lower=[0], matrix=sp.csr_array([[1.0, 2.0]]), whole=False, row_upper=[6]
    )
    problem = dataclasses.replace(problem, upper=np.full(2, 9.0))
    solution = allocare.solve(with_fairness(problem, "min-variance", floor(0.5)), backend)
    assert utilities_of_plan(problem, solution).tolist() == pytest.approx([2, 2], abs=1e-4)
    assert solution.stages == pytest.approx((0, 4), abs=1e-4)


@FEW
@given(
    st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3), min_size=2, max_size=3).filter(np.any),
    st.sampled_from([0.0, 0.1, 0.4]),
)
@pytest.mark.parametrize("criterion", LEVELLING_DOWN)
def test_no_plan_above_the_floor_is_more_even(criterion, values, loss):
    values = np.array(values)
    size = np.ones(len(values))
    gained = np.array(
        [
            np.where(np.array(given_to) == np.arange(len(values))[:, None], values, 0).sum(axis=1)
            for given_to in product(range(len(values) + 1), repeat=3)
        ]
    )
    able = gained[gained.sum(axis=1) >= (1 - loss) * gained.sum(axis=1).max() - 1e-9]
    defined = {
        "min-gini": lambda u: abs(u[:, None] - u).mean(),
        "min-mad": lambda u: abs(u - u.mean()).mean(),
        "min-variance": lambda u: u.var(),
        "min-range": np.ptp,
    }[criterion]
    best = min((round(float(defined(u)), 9), -u.sum()) for u in able)
    problem = with_fairness(shared_items(values), criterion, floor(loss), size="equal")
    solution = allocare.solve(problem, "highs")
    assert solution.objective == pytest.approx(best[0], abs=1e-6)
    if criterion != "min-variance":
        assert solution.stages[1] == pytest.approx(-best[1], abs=1e-6)
    assert criterion_of(problem.fairness.criterion).value(
        utilities_of_plan(problem, solution), size
    ) == pytest.approx(best[0], abs=1e-6)


@pytest.mark.parametrize("criterion", LEVELLING_DOWN)
def test_both_renderings_state_the_same(criterion):
    problem = with_fairness(allocare.example("health-budget"), criterion, floor(0.05))
    ours, theirs = matrix_form(problem), matrix_form_of(pyomo_model(problem))
    assert [block.name for block in ours.columns] == [block.name for block in theirs.columns]
    assert (abs(ours.matrix - theirs.matrix) > 1e-12).nnz == 0
    for field in ("cost", "lower", "upper", "row_lower", "row_upper", "whole"):
        np.testing.assert_allclose(getattr(ours, field), getattr(theirs, field), rtol=1e-12)
    assert (ours.quadratic is None) == (theirs.quadratic is None)
    if ours.quadratic is not None:
        np.testing.assert_allclose(ours.quadratic, theirs.quadratic, rtol=1e-12)
    np.testing.assert_allclose(ours.stages, theirs.stages, rtol=1e-12)
    assert not ours.maximise and not theirs.maximise


@pytest.mark.parametrize("criterion", LEVELLING_DOWN)
def test_backends_agree_on_shares_of_programmes(criterion):
    problem = dataclasses.replace(allocare.example("health-budget"), whole=False)
    problem = with_fairness(problem, criterion, floor(0.02))
    one, other = (allocare.solve(problem, name) for name in ("highs", "clarabel"))
    assert one.objective == pytest.approx(other.objective, rel=1e-6)
    assert one.stages[1] == pytest.approx(other.stages[1], rel=1e-5)
