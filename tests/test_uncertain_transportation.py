"""Transportation before demand is known: data, measures, optima, and the check against brute force."""

from __future__ import annotations

import dataclasses
import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import allocare
from allocare import (
    InputError,
    IntervalDemand,
    Lanes,
    PointDemand,
    QuantileDemand,
    ScenarioDemand,
    UncertainTransportationProblem,
)
from allocare.evaluation.compare import default_backends
from allocare.instances.demand_marginals import NormalDemand, PoissonDemand
from allocare.models.check import check_decisions
from allocare.models.checks.recourse import later
from allocare.models.checks.risk import tail_weights, worst_over_interval
from allocare.models.formulations import matrix_form
from tests.independent import expected_cost_optimum
from tests.problem_strategies import uncertain_transportation_problems

from cases import uncertain

if TYPE_CHECKING:
    from collections.abc import Callable

FEW = settings(max_examples=40, deadline=None, derandomize=True)
NAN = np.nan


# --- data


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: PointDemand([3, -1]), "demand of entry 2 is -1; it must be 0 or more"),
        (lambda: PointDemand([3, NAN]), "demand of entry 2 is nan; give a finite number"),
        (
            lambda: ScenarioDemand([[1, 2], [3, -4]], names=["calm", "surge"]),
            "demand of target 2 in scenario 'surge' is -4; it must be a finite number of 0 or more",
        ),
        (lambda: ScenarioDemand([1, 2]), "scenarios are a table with a row for each scenario"),
        (lambda: ScenarioDemand(np.zeros((0, 2))), "scenarios are a table with a row for each scenario"),
        (lambda: ScenarioDemand([["many"]]), "scenarios hold something that is not a number"),
        (
            lambda: ScenarioDemand([[1], [2]], [0.5, 0.4]),
            "the probabilities of 2 scenarios add up to 0.9, not to 1",
        ),
        (lambda: ScenarioDemand([[1], [2]], [1.5, -0.5]), "probability of 2 is -0.5; it must be 0 or more"),
        (lambda: ScenarioDemand([[1], [2]], [1.0]), "probability has 1 values for 2 keys"),
        (lambda: ScenarioDemand([[1], [2]], names=["a"]), "2 scenarios but 1 names; give one each"),
        (lambda: ScenarioDemand([[1], [2]], names=["a", "a"]), "scenario 'a' appears twice"),
        (lambda: QuantileDemand(1.0, PoissonDemand([3])), "the quantile's level is 1; it must lie between"),
        (lambda: QuantileDemand(0.0, PoissonDemand([3])), "the quantile's level is 0; it must lie between"),
        (lambda: QuantileDemand(NAN, PoissonDemand([3])), "the quantile's level is nan"),
        (lambda: NormalDemand([3], -1), "standard deviation of entry 1 is -1; it must be 0 or more"),
        (lambda: IntervalDemand([3, 4], 0, -1), "upward deviation of entry 1 is -1; it must be 0 or more"),
        (lambda: IntervalDemand([3, 4], [4, 0], 1), "demand of entry 1 is 3 and may be 4 lower"),
        (lambda: IntervalDemand([3, 4], 1, 1, -1), "the budget of uncertainty is -1; it must be from 0 to 2"),
        (
            lambda: IntervalDemand([3, 4], 1, 1, 2.5),
            "the budget of uncertainty is 2.5; it must be from 0 to 2",
        ),
        (lambda: uncertain([[1]], [2], [[1, 2]]), "demand is given for 2 targets, but 1 are named"),
        (
            lambda: uncertain([[1]], [2], [[1]], leftover_cost=-10),
            "leftover cost of 't1' is -10; it must be above -10",
        ),
        (
            lambda: uncertain([[1]], [2], [[1]], unmet_cost=-1),
            "unmet cost of 't1' is -1; it must be 0 or more",
        ),
        (lambda: uncertain([[1]], [-2], [[1]]), "supply of 's1' is -2; it must be 0 or more"),
        (lambda: uncertain([[1]], [2.5], [[1]], whole=True), "supply of 's1' is 2.5; whole quantities need"),
        (lambda: uncertain([[1]], [2], [[1]], measure="mean"), "the measure is 'mean'; give 'expected-cost'"),
        (
            lambda: uncertain([[1]], [2], IntervalDemand([1], 0, 1), measure="cvar"),
            "an interval of demand has no probabilities, which 'cvar' needs; take 'worst-case'",
        ),
        (
            lambda: uncertain([[1]], [2], [[1]], tail_level=1),
            "tail level is 1; it must be 0 or more, and below 1",
        ),
        (lambda: uncertain([[1]], [2], [[1]], tail_weight=1.5), "tail weight is 1.5; it must be from 0 to 1"),
        (
            lambda: uncertain([[1, 1]], [2], IntervalDemand([1, 1], 0, 1), recourse=between(2)),
            "the worst case over an interval is known without recourse lanes only",
        ),
        (
            lambda: uncertain([[1, 1]], [2], [[1, 1]], recourse=Lanes.from_matrix([[0, 1], [1, 0]])),
            "a recourse lane leads from 't1' to itself; leave it out",
        ),
        (
            lambda: uncertain([[1, 1]], [2], [[1, 1]], recourse=between(3)),
            "recourse lanes join 3 targets and 3 targets, but 2 and 2 are named",
        ),
        (
            lambda: uncertain([[1, 1]], [2], [[1, 1]], recourse=between(2, -1)),
            "cost of recourse lane of entry 1 is -1; it must be 0 or more",
        ),
        (
            lambda: uncertain([[1, 1]], [2], [[1, 1.5]], recourse=between(2), whole=True),
            "demand of 't2' in scenario 1 is 1.5; whole quantities on recourse lanes need whole demands",
        ),
    ],
)
def test_wrong_data_are_refused_in_one_line_that_says_what_mends_it(
    make: Callable[[], object], message: str
) -> None:
    with pytest.raises(InputError) as refusal:
        make()
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


def between(n: int, cost: float = 1.0, capacity: float = np.inf) -> Lanes:
    matrix = np.full((n, n), float(cost))
    np.fill_diagonal(matrix, NAN)
    return Lanes.from_matrix(matrix, np.full((n, n), capacity))


def test_probabilities_written_with_few_digits_are_made_to_add_up_to_one() -> None:
    likely = ScenarioDemand([[1], [2], [3]], [0.3333333, 0.3333333, 0.3333333]).probability
    assert likely.sum() == pytest.approx(1.0, abs=1e-15)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=8), st.floats(0.01, 0.99))
@FEW
def test_a_quantile_of_scenarios_is_the_inverse_of_their_distribution(
    demand: list[int], level: float
) -> None:
    found = ScenarioDemand(np.array(demand)[:, np.newaxis]).quantile(level)
    assert found.item() == np.quantile(demand, level, method="inverted_cdf")


def test_the_level_of_a_quantile_is_reached_by_decimals_that_add_up() -> None:
    assert ScenarioDemand([[1], [2], [3]], [0.1, 0.2, 0.7]).quantile(0.3).item() == 2


# --- optima by hand and by brute force


def test_the_bundled_example_is_solved_as_by_hand() -> None:
    solution = allocare.solve(allocare.example("ventilator-stocking"))
    assert solution.objective == pytest.approx(59)
    assert solution.allocation is not None
    assert solution.allocation["quantity"].tolist() == [6, 4, 2]
    assert (solution.served, solution.unmet) == (pytest.approx(9.0), pytest.approx(2.1))


def test_conditional_value_at_risk_is_the_mean_of_the_worst_cases() -> None:
    cost, likely = np.array([10.0, 40.0, 20.0, 30.0]), np.array([0.4, 0.1, 0.3, 0.2])
    # the worst 30 %: all of 40 and 30; the worst 20 %: all of 40, and half of 30; all of it: the mean
    assert tail_weights(cost, likely, 0.7) @ cost == pytest.approx((0.1 * 40 + 0.2 * 30) / 0.3)
    assert tail_weights(cost, likely, 0.8) @ cost == pytest.approx((0.1 * 40 + 0.1 * 30) / 0.2)
    assert tail_weights(cost, likely, 0.0) @ cost == pytest.approx(likely @ cost)
    assert tail_weights(cost, likely, 0.95) @ cost == pytest.approx(40)


def test_a_plan_for_the_worst_tenth_stocks_more_than_one_for_the_mean() -> None:
    demand = [[0], [10]]
    rules: dict[str, Any] = {"probability": [0.9, 0.1], "unmet_cost": 10.0, "leftover_cost": 1.0}
    # a unit saves 1 in the mean and costs 2; in the worst tenth it saves 10
    assert allocare.solve(uncertain([[2]], None, demand, **rules)).objective == pytest.approx(10)
    careful = allocare.solve(uncertain([[2]], None, demand, measure="cvar", tail_level=0.9, **rules))
    # at 100 / 11 units, both scenarios cost as much
    assert careful.objective == pytest.approx(2 * 100 / 11 + 100 / 11)


def test_the_worst_case_over_a_budget_of_one_half_is_not_overstated() -> None:
    # one target, demand 10 up to 20 fully, 15 at half; stock 10 costs nothing, unmet 1
    demand = IntervalDemand([10.0], 0, 10, budget=0.5)
    problem = uncertain([[0.0]], [10], demand, unmet_cost=1.0, leftover_cost=100.0)
    assert allocare.solve(problem).objective == pytest.approx(5)
    # with stock 12, half the deviation leaves 3 unmet, while half of the full cost would be 4
    stocked = check_decisions(dataclasses.replace(problem, supply=[12], leftover_cost=0), np.array([12.0]))
    assert stocked.objective == pytest.approx(3)


@st.composite
def intervals(draw: st.DrawFn) -> tuple[UncertainTransportationProblem, list[float]]:
    n = draw(st.integers(1, 5))

    def vector(top: int) -> Any:
        return np.array(draw(st.lists(st.integers(0, top), min_size=n, max_size=n)), dtype=float)

    nominal = vector(9)
    budget = draw(st.one_of(st.integers(0, n), st.floats(0, n)))
    unmet = vector(9) + 1
    problem = uncertain(
        [[0.0] * n],
        None,
        IntervalDemand(nominal, np.minimum(vector(6), nominal), vector(6), budget),
        unmet_cost=unmet,
        leftover_cost=vector(4) - 0.5 * unmet,
    )
    return problem, vector(12).tolist()


def worst_by_brute_force(problem: UncertainTransportationProblem, stock: list[float]) -> float:
    """Greatest cost over all vertices of the uncertainty set, each target's deviation by its sign."""
    demand = problem.demand
    assert isinstance(demand, IntervalDemand)
    n, whole = len(stock), int(demand.budget)
    worst = -np.inf
    for full in itertools.chain.from_iterable(itertools.combinations(range(n), k) for k in range(whole + 1)):
        for part in [None, *(j for j in range(n) if j not in full)]:
            share = np.zeros(n)
            share[list(full)] = 1.0
            if part is not None:
                share[part] = demand.budget - whole
            for sign in itertools.product([1, -1], repeat=n):
                way = np.array(sign)
                asked = demand.nominal + share * np.where(way > 0, demand.upward, -demand.downward)
                short = asked - np.array(stock)
                cost = np.where(short > 0, problem.unmet_cost * short, -problem.leftover_cost * short)
                worst = max(worst, float(cost.sum()))
    return worst


@given(intervals())
@FEW
def test_the_worst_case_under_a_budget_is_that_of_the_worst_vertex(
    case: tuple[UncertainTransportationProblem, list[float]],
) -> None:
    problem, stock = case
    worst = worst_by_brute_force(problem, stock)
    assert check_decisions(problem, np.array(stock)).objective == pytest.approx(worst, abs=1e-9)
    # the linear program with the same stock forced says the same
    fixed = dataclasses.replace(
        problem,
        lanes=Lanes.from_matrix([[-1000.0] * len(stock)], [stock]),
    )
    found = allocare.solve(fixed, "highs")
    assert found.objective == pytest.approx(worst - 1000 * sum(stock), abs=1e-6)


def test_more_budget_never_costs_less() -> None:
    problem = uncertain([[1, 2, 3], [2, 1, 1]], [9, 9], IntervalDemand([5, 6, 4], 2, [4, 3, 6]))
    costs = [
        allocare.solve(
            dataclasses.replace(problem, demand=IntervalDemand([5, 6, 4], 2, [4, 3, 6], budget))
        ).objective
        for budget in np.linspace(0, 3, 13)
    ]
    assert np.all(np.diff(costs) >= -1e-9)
    assert costs[-1] > costs[0]


def test_without_deviations_the_worst_case_is_the_plan_for_the_point() -> None:
    quantity = [5.0, 6, 4]
    robust = uncertain([[1, 2, 3], [2, 1, 1]], [9, 3], IntervalDemand(quantity, 2, 3, budget=0))
    point = dataclasses.replace(robust, demand=PointDemand(quantity), measure="expected-cost")
    assert allocare.solve(robust).objective == pytest.approx(allocare.solve(point).objective)


@given(uncertain_transportation_problems())
@FEW
def test_every_measure_of_scenarios_is_solved_to_what_the_check_finds(
    problem: UncertainTransportationProblem,
) -> None:
    solution = allocare.solve(problem)
    assert solution.status == "optimal"
    assert solution.checked
    assert matrix_form(problem).column_block("flow").stop == problem.size


def whole_problems() -> st.SearchStrategy[UncertainTransportationProblem]:
    @st.composite
    def draw_one(draw: st.DrawFn) -> UncertainTransportationProblem:
        m, n, count = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 3))

        def table(low: int, high: int, *shape: int) -> Any:
            size = int(np.prod(shape))
            return np.array(draw(st.lists(st.integers(low, high), min_size=size, max_size=size))).reshape(
                shape
            )

        weight = table(1, 4, count)
        return uncertain(
            table(0, 6, m, n).astype(float),
            table(0, 9, m),
            table(0, 8, count, n),
            capacity=table(0, 6, m, n).astype(float) if draw(st.booleans()) else None,
            probability=weight / weight.sum(),
            unmet_cost=table(3, 20, n),
            leftover_cost=table(-2, 4, n),
            whole=True,
        )

    return draw_one()


@given(whole_problems())
@FEW
def test_whole_plans_cost_what_units_sent_one_by_one_would(problem: UncertainTransportationProblem) -> None:
    least = expected_cost_optimum(problem)
    form = matrix_form(problem)
    assert form.integral
    divisible = allocare.solve(dataclasses.replace(problem, whole=False), "highs")
    for solution in (allocare.solve(problem, "highs"), divisible):
        assert solution.objective == pytest.approx(least, abs=1e-4)


def test_backends_agree_on_every_measure() -> None:
    rng = np.random.default_rng(3)
    demand = ScenarioDemand(rng.integers(0, 12, (5, 4)))
    rules: dict[str, Any] = {"unmet_cost": rng.integers(10, 30, 4), "leftover_cost": rng.integers(0, 3, 4)}
    tried = set()
    for whole, measure in itertools.product([True, False], ["expected-cost", "cvar", "worst-case"]):
        for recourse in (None, between(4, 2.0, 3.0)):
            problem = uncertain(
                rng.integers(1, 8, (2, 4)), [14, 9], demand,
                measure=measure, tail_level=0.6, tail_weight=0.5, whole=whole, recourse=recourse, **rules,
            )  # fmt: skip
            found = {name: allocare.solve(problem, name).objective for name in default_backends(problem)}
            assert max(found.values()) - min(found.values()) < 1e-5, found
            tried |= set(found)
    assert tried >= {"highs", "pyomo", "cp-sat", "clarabel"}


# --- recourse


def least_later_cost(problem: UncertainTransportationProblem, stock: Any, demand: Any) -> float:
    """Least cost of one scenario over all whole ways to pass stock on, one by one."""
    assert problem.recourse is not None
    lanes, n = problem.recourse, len(stock)
    best = np.inf
    for passed in itertools.product(range(int(sum(stock)) + 1), repeat=len(lanes)):
        quantity = np.array(passed, dtype=float)
        if lanes.capacity is not None and (quantity > lanes.capacity).any():
            continue
        after = stock - np.bincount(lanes.source, quantity, n) + np.bincount(lanes.target, quantity, n)
        if (after < 0).any():
            continue
        short, over = np.maximum(demand - after, 0), np.maximum(after - demand, 0)
        best = min(
            best, float(problem.unmet_cost @ short + problem.leftover_cost @ over + lanes.cost @ quantity)
        )
    return best


@given(st.integers(0, 10**6))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_the_cost_with_recourse_lanes_is_the_least_of_all_ways_to_pass_stock_on(seed: int) -> None:
    rng = np.random.default_rng(seed)
    capacity = np.full((3, 3), np.inf) if rng.random() < 0.5 else rng.integers(0, 3, (3, 3)).astype(float)
    cost = rng.integers(0, 5, (3, 3)).astype(float)
    cost[rng.random((3, 3)) < 0.4] = NAN
    np.fill_diagonal(cost, NAN)
    problem = uncertain(
        [[1, 1, 1]], [9], [[1, 1, 1]],
        unmet_cost=rng.integers(3, 15, 3), leftover_cost=rng.integers(-2, 3, 3),
        recourse=Lanes.from_matrix(cost, capacity),
    )  # fmt: skip
    stock, demand = rng.integers(0, 3, 3).astype(float), rng.integers(0, 4, (2, 3)).astype(float)
    found = later(problem, stock, demand)
    least = [least_later_cost(problem, stock, each) for each in demand]
    assert found.cost.tolist() == pytest.approx(least)


def test_recourse_lanes_never_cost_more_and_pooling_saves_stock() -> None:
    demand = ScenarioDemand([[10, 0], [0, 10]])
    alone = uncertain([[1, 1]], None, demand, unmet_cost=20.0, leftover_cost=1.0)
    pooled = dataclasses.replace(alone, recourse=between(2, 0.5))
    without, with_lanes = allocare.solve(alone), allocare.solve(pooled)
    # each holds 10 without; 10 in all are enough with lanes, and half of them are passed on in the mean
    assert without.objective == pytest.approx(20 + 10)
    assert with_lanes.objective == pytest.approx(10 + 5 * 0.5)


# --- the check


def test_the_check_names_what_a_plan_breaks() -> None:
    problem = uncertain([[1, 1]], [5], [[4, 2]], capacity=[[3, 9]], whole=True, units={"quantity": "beds"})
    report = check_decisions(problem, np.array([4.0, 2.5]))
    assert [violation.message for violation in report.violations] == [
        "supply of 's1': sends 6.5 beds, has 5 (1.5 too many)",
        "lane capacity of 's1' to 't1': carries 4 beds, may carry 3 (1 too many)",
        "wholeness of 's1' to 't2': 2.5 beds is not a whole number",
    ]


@given(uncertain_transportation_problems(), st.integers(0, 10**6))
@FEW
def test_no_plan_that_keeps_the_rules_costs_less_than_the_optimum(
    problem: UncertainTransportationProblem, seed: int
) -> None:
    best = allocare.solve(problem)
    rng = np.random.default_rng(seed)
    limit = np.full(problem.size, 30.0) if problem.lanes.capacity is None else problem.lanes.capacity
    plan = np.floor(rng.random(problem.size) * np.minimum(limit, 30.0) / 3)
    if problem.supply is not None:
        sent = np.bincount(problem.lanes.source, plan, len(problem.sources))
        share = np.minimum(1.0, problem.supply / np.maximum(sent, 1e-9))
        plan = np.floor(plan * share[problem.lanes.source])
    report = check_decisions(problem, plan)
    assert report.feasible
    assert best.objective is not None
    assert report.objective >= best.objective - 1e-6 * max(1.0, report.objective_scale)


def test_a_plan_is_read_back_as_it_was_written() -> None:
    problem = allocare.example("ventilator-stocking")
    solution = allocare.solve(problem)
    assert solution.allocation is not None
    assert problem.decisions(solution.allocation).tolist() == [6, 4, 2]


def test_a_criterion_is_refused_in_one_line() -> None:
    problem = allocare.with_fairness(allocare.example("ventilator-stocking"), "maximin")
    with pytest.raises(InputError, match="uncertain-transportation problems have no agents"):
        allocare.solve(problem)


def test_the_worst_case_of_a_list_frees_a_full_move_for_the_next_target() -> None:
    # full moves cost 8, 6 and 5 more, half moves 1, 5 and 0: the second moves by half, the others fully
    demand = IntervalDemand([9.0, 9, 9], 1, 1, budget=2.5)
    found, parts = worst_over_interval(np.array([[0.0, 0, 0], [8, 6, 5], [1, 5, 0]]), demand)
    assert found == 18.0
    assert parts.tolist() == [8, 5, 5]


def test_fifty_sources_two_hundred_targets_and_two_hundred_scenarios_are_solved_in_seconds() -> None:
    problem = allocare.generate(
        "stocking", seed=1, n_stores=50, n_hospitals=200, n_scenarios=200, whole=False
    )
    assert matrix_form(problem).matrix.shape == (40_250, 90_200)
    solution = allocare.solve(problem)
    assert solution.status == "optimal"
    assert solution.checked
    assert solution.seconds < 60
