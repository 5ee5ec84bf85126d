"""Fair allocation says what its docstring says, by enumeration, and the most that can be served is exact."""

from __future__ import annotations

import gc
import itertools
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from scipy.optimize import linprog

from allocare.instances.fair_allocation import FairAllocationProblem
from allocare.instances.lanes import Lanes
from allocare.models.fair_allocation import efficiency_floor
from allocare.models.formulations import matrix_form
from allocare.models.most_served import most_served
from allocare.models.rounding import whole_at_least, whole_at_most

from .problem_strategies import fair_allocation_problems

if TYPE_CHECKING:
    from allocare.models.matrix import MatrixForm

INF = np.inf


def fair(reach: Any, supply: Any, demand: Any, **rules: Any) -> FairAllocationProblem:
    lanes = Lanes.from_matrix(reach, rules.pop("capacity", None))
    sources, targets = range(lanes.n_sources), range(lanes.n_targets)
    return FairAllocationProblem(
        sources=sources, targets=targets, lanes=lanes, supply=supply, demand=demand, **rules
    )


# ----------------------------------------------------------------------------------- fair allocation


def plans(problem: FairAllocationProblem) -> list[Any]:
    """Every whole plan within lanes, supplies, demands and the budget."""
    lanes = problem.lanes
    tops = np.minimum(problem.supply[lanes.source], problem.demand[lanes.target])
    if lanes.capacity is not None:
        tops = np.minimum(tops, lanes.capacity)
    kept = []
    for plan in itertools.product(*(range(int(top) + 1) for top in tops)):
        x = np.array(plan, dtype=float)
        sent = np.bincount(lanes.source, x, lanes.n_sources)
        received = np.bincount(lanes.target, x, lanes.n_targets)
        within = (sent <= problem.supply).all() and (received <= problem.demand).all()
        if within and (problem.cost_budget is None or lanes.cost @ x <= problem.cost_budget):
            kept.append(x)
    return kept


def variance(problem: FairAllocationProblem, x: Any) -> float:
    received = np.bincount(problem.lanes.target, x, problem.lanes.n_targets)
    needy = problem.demand > 0
    return float(np.cov(received[needy] / problem.demand[needy], aweights=problem.demand[needy], ddof=0))


def completed(form: MatrixForm, problem: FairAllocationProblem, x: Any) -> Any:
    """Column values of a plan: its mean level and deviations follow from it."""
    received = np.bincount(problem.lanes.target, x, problem.lanes.n_targets)
    needy = problem.demand > 0
    mean = x.sum() / problem.demand.sum()
    return np.concatenate([x, received[needy] / problem.demand[needy] - mean, [mean]])


def allows(form: MatrixForm, values: Any) -> bool:
    activity = form.matrix @ values
    rows = (activity >= form.row_lower - 1e-9) & (activity <= form.row_upper + 1e-9)
    return bool(rows.all() and (values >= form.lower).all() and (values <= form.upper).all())


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("budget", [None, 14])
def test_a_fair_form_allows_just_the_plans_of_its_rules_at_their_variance(seed: int, budget: Any) -> None:
    random = np.random.default_rng(seed)
    reach = random.integers(1, 5, (2, 3)).astype(float)
    reach[random.random((2, 3)) < 0.3] = np.nan
    problem = fair(
        reach,
        random.integers(0, 5, 2),
        [3, 0, 2] if seed % 2 else random.integers(1, 5, 3),
        capacity=random.choice([1, 2, INF], (2, 3)),
        efficiency_loss=[0, 0.07, 0.5, 1][seed % 4],
        cost_budget=budget,
        whole=True,
    )
    every = plans(problem)
    most = max(float(x.sum()) for x in every)
    assert most_served(problem) == most
    floor = np.ceil(round((1 - (problem.efficiency_loss or 0.0)) * most, 9))
    assert efficiency_floor(problem) == floor
    form = matrix_form(problem)
    for x in every:
        values = completed(form, problem, x)
        assert allows(form, values) == (x.sum() >= floor)
        assert form.objective(values) == pytest.approx(variance(problem, x), abs=1e-12)


def test_deviations_can_be_nothing_but_the_levels_distance_from_their_mean() -> None:
    problem = fair([[1, 1]], [6], [4, 8], efficiency_loss=1)
    form = matrix_form(problem)
    values = completed(form, problem, np.array([3.0, 3.0]))
    assert allows(form, values)
    for column in (2, 3, 4):
        other = values.copy()
        other[column] += 0.01
        assert not allows(form, other)


def test_the_efficiency_floor_keeps_the_variance_from_levelling_down() -> None:
    problem = fair([[1, 1]], [9], [4, 8], capacity=[[INF, 2]])
    form = matrix_form(problem)
    assert not allows(form, completed(form, problem, np.array([1.0, 2.0])))
    assert allows(form, completed(form, problem, np.array([4.0, 2.0])))


def test_squared_deviation_from_need_is_summed_over_all_lanes() -> None:
    problem = fair([[1, 1], [1, 1]], [9, 9], [5, 0], criterion="need-deviation", need=[1, 2, 3, 4.5])
    form = matrix_form(problem)
    x = np.array([2.0, 0.0, 1.5, 0.0])
    assert form.objective(x) == pytest.approx(1 + 4 + 2.25 + 20.25)
    assert form.upper.tolist() == [INF, 0, INF, 0]
    assert [block.name for block in form.rows] == ["supply_limit", "demand_limit"]


def test_fair_allocation_without_any_demand_has_the_objective_zero() -> None:
    form = matrix_form(fair([[1, 1]], [6], [0, 0]))
    assert form.quadratic is None
    assert form.objective(np.zeros(len(form.cost))) == 0
    assert form.upper[:2].tolist() == [0, 0]


# --------------------------------------------------------------------------------------- most served


def most_by_lp(problem: FairAllocationProblem) -> float:
    """The same maximum written out row by row, for scipy."""
    lanes = problem.lanes
    if not len(lanes):
        return 0.0
    rows, limits = [], []
    for i, supply in enumerate(problem.supply):
        rows.append((lanes.source == i).astype(float))
        limits.append(supply)
    for j, demand in enumerate(problem.demand):
        rows.append((lanes.target == j).astype(float))
        limits.append(demand)
    if problem.cost_budget is not None:
        rows.append(lanes.cost)
        limits.append(problem.cost_budget)
    tops = np.full(len(lanes), INF) if lanes.capacity is None else lanes.capacity
    result = linprog(-np.ones(len(lanes)), A_ub=rows, b_ub=limits, bounds=[(0, top) for top in tops])
    most = -result.fun
    return float(np.floor(most + 1e-7)) if problem.whole else float(most)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(problem=fair_allocation_problems())
def test_the_most_that_can_be_served_is_that_of_an_independent_linear_program(
    problem: FairAllocationProblem,
) -> None:
    assert most_served(problem) == pytest.approx(most_by_lp(problem), rel=1e-7, abs=1e-7)


def test_decimal_data_give_the_exact_most_that_can_be_served() -> None:
    assert most_served(fair([[1, np.nan], [1, 1]], [0.1, 0.2], [0.15, 7])) == 0.3


def test_data_with_too_many_digits_for_whole_numbers_are_served_to_within_rounding() -> None:
    third = 1 / 3
    assert most_served(fair([[1, 1]], [1e9 + third], [1e9, third])) == pytest.approx(1e9 + third, rel=1e-15)


@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e9])
def test_a_budget_limits_what_can_be_served_in_every_magnitude(unit: float) -> None:
    problem = fair([[1, 4]], [10 * unit], [3 * unit, 5 * unit], cost_budget=11 * unit)
    assert most_served(problem) == pytest.approx(5 * unit, rel=1e-9)


def test_whole_units_under_a_budget_are_counted_to_the_last_one() -> None:
    reach, supply, demand = [[3, 7]], [10**6], [10**5, 10**6]
    price = 3 * 10**5 + 7 * 400_000
    assert most_served(fair(reach, supply, demand, cost_budget=price, whole=True)) == 500_000
    assert most_served(fair(reach, supply, demand, cost_budget=price - 1, whole=True)) == 499_999
    assert most_served(fair(reach, supply, demand, cost_budget=price + 6, whole=True)) == 500_000


def test_a_budget_that_falls_just_short_of_a_unit_does_not_pay_for_it() -> None:
    assert most_served(fair([[10**8]], [10], [10], cost_budget=5 * 10**8, whole=True)) == 5
    assert most_served(fair([[10**8]], [10], [10], cost_budget=5 * 10**8 - 1, whole=True)) == 4


def test_the_most_that_can_be_served_is_remembered_only_as_long_as_the_problem_lives() -> None:
    problem = fair([[1, 1]], [6], [4, 8])
    assert most_served(problem) is most_served(problem)
    alive = weakref.ref(problem)
    del problem
    gc.collect()
    assert alive() is None


@pytest.mark.parametrize("digits", [0.07 * 100, 0.29 * 100, 1.1 * 10, 3 * 0.1 * 10])
def test_rounding_forgives_the_last_digits_of_a_product_and_no_more(digits: float) -> None:
    assert whole_at_least(digits) == whole_at_most(digits) == round(digits)
    assert whole_at_least(digits + 1e-6) == round(digits) + 1
    assert whole_at_most(digits - 1e-6) == round(digits) - 1
