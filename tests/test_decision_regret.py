"""Decision regret: never below nothing, nothing with hindsight, and not what the forecast's error says."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import allocare
from allocare import InputError, IntervalDemand, Lanes, PointDemand, QuantileDemand, ScenarioDemand
from allocare.evaluation.decision_regret import decision_regret, hindsight, plans_for, realised, regret_table
from allocare.instances.demand_marginals import NormalDemand
from allocare.instances.with_demand import under_uncertainty, with_demand
from allocare.models.check import check_decisions

from cases import transportation, uncertain


def world(seed: int, *, whole: bool = False, recourse: bool = False) -> Any:
    rng = np.random.default_rng(seed)
    between = rng.integers(1, 5, (3, 3)).astype(float)
    np.fill_diagonal(between, np.nan)
    return uncertain(
        rng.integers(1, 6, (2, 3)).astype(float),
        rng.integers(4, 14, 2),
        rng.integers(0, 9, (4, 3)),
        unmet_cost=rng.integers(8, 30, 3),
        leftover_cost=rng.integers(-1, 3, 3),
        recourse=Lanes.from_matrix(between) if recourse else None,
        whole=whole,
    )


@given(st.integers(0, 10**6), st.booleans(), st.booleans())
@settings(max_examples=20, deadline=None, derandomize=True)
def test_regret_is_never_below_nothing_and_is_nothing_with_hindsight(
    seed: int, whole: bool, recourse: bool
) -> None:
    problem = world(seed, whole=whole, recourse=recourse)
    rng = np.random.default_rng(seed)
    days = rng.integers(0, 9, (4, 3)).astype(float)
    made = plans_for(problem, [PointDemand(day) for day in rng.integers(0, 9, (4, 3))])
    assert (decision_regret(problem, made, days) >= -1e-7).all()
    perfect = plans_for(problem, [PointDemand(day) for day in days])
    np.testing.assert_allclose(decision_regret(problem, perfect, days), 0, atol=1e-6)


@pytest.mark.parametrize("recourse", [False, True])
def test_what_plans_cost_is_what_the_check_finds_day_by_day(recourse: bool) -> None:
    problem = world(7, recourse=recourse)
    days = np.random.default_rng(7).integers(0, 9, (5, 3)).astype(float)
    made = plans_for(problem, [PointDemand(day) for day in days[::-1]])
    came = realised(problem, made, days)
    for day, plan, cost in zip(days, made, came.cost, strict=True):
        known = dataclasses.replace(problem, demand=PointDemand(day))
        assert check_decisions(known, plan).objective == pytest.approx(cost)


def test_the_stochastic_plan_has_the_least_mean_regret_on_its_own_scenarios() -> None:
    problem = allocare.example("ventilator-stocking")
    demand = problem.demand
    assert isinstance(demand, ScenarioDemand)
    # days as often as their probabilities say
    days = np.repeat(demand.quantity, [5, 3, 2], axis=0)
    table = regret_table(
        problem,
        {
            "mean": plans_for(problem, [PointDemand(demand.mean)])[0],
            "median": plans_for(problem, [QuantileDemand(0.5, demand)])[0],
            "robust": plans_for(problem, [IntervalDemand([5, 4, 2], [2, 2, 1], [4, 4, 2], 1)])[0],
            "stochastic": plans_for(problem, [demand])[0],
        },
        days,
    )
    assert table.loc["stochastic", "regret_mean"] == table["regret_mean"].min()
    assert table.loc["median", "regret_mean"] > table["regret_mean"].min()
    # the value of perfect information is the mean regret of the stochastic plan
    assert table.loc["stochastic", "regret_mean"] == pytest.approx(6.9)
    assert table.loc["stochastic", "cost"] == pytest.approx(59)
    assert table["regret_mean"].is_monotonic_increasing


def test_the_forecast_with_the_smaller_error_may_make_the_worse_plans() -> None:
    # unmet demand costs ten times what is left over: a forecast above the truth does less harm than one below
    problem = uncertain([[0.0, 0.0]], None, PointDemand([0, 0]), unmet_cost=10.0, leftover_cost=1.0)
    days = np.array([[10.0, 10.0], [12.0, 8.0]])
    forecasts = {"low": days - 1, "high": days + 3}
    plans = {name: plans_for(problem, map(PointDemand, days)) for name, days in forecasts.items()}
    table = regret_table(problem, plans, days, forecasts=forecasts)
    assert table["forecast_error"].to_dict() == {"high": 3.0, "low": 1.0}
    assert table["regret_mean"].to_dict() == {"high": 6.0, "low": 20.0}
    assert table["service"].to_dict() == {"high": 1.0, "low": pytest.approx(0.9)}


def test_quantiles_and_median_are_those_of_the_days() -> None:
    problem = uncertain([[0.0]], None, PointDemand([0]), unmet_cost=1.0, leftover_cost=1.0)
    days = np.arange(11.0)[:, np.newaxis]
    row = regret_table(problem, {"none": [0.0]}, days).loc["none"]
    assert (row["regret_mean"], row["regret_median"], row["regret_p90"]) == (5, 5, 9)
    assert np.isnan(row["regret_share"])
    assert np.isnan(row["forecast_error"])
    assert row["service"] == 0.0


def test_a_frame_of_demand_is_brought_into_the_targets_order() -> None:
    problem = allocare.example("ventilator-stocking")
    frame = pd.DataFrame({"Suhl": [1], "Jena": [3], "Gera": [2], "Halle": [9]})
    assert hindsight(problem, frame).tolist() == [7.0]
    with pytest.raises(InputError, match="demand has no column for the target 'Jena'; did you mean 'Jenna'"):
        hindsight(problem, frame.rename(columns={"Jena": "Jenna"}))


def test_a_plan_as_a_frame_stands_for_every_day() -> None:
    problem = allocare.example("ventilator-stocking")
    plan = allocare.solve(problem).allocation
    assert plan is not None
    assert decision_regret(problem, plan, [[3, 2, 1], [9, 4, 2]]).tolist() == [13.0, 2.0]


@pytest.mark.parametrize(
    ("plans", "demand", "message"),
    [
        ([1, 2], [[3, 2, 1]], r"plans have the shape \(2,\); give 3 lanes, or 1 days x 3"),
        ([1, 2, 3], [[3, 2]], r"demand has the shape \(1, 2\); it must be days x 3 targets"),
        ([1, 2, 3], [[3, 2, 1], [3, -2, 1]], "demand of 'Gera' on day 2 is -2; it must be a finite number"),
        ([1, 2, 3], [[3, np.nan, 1]], "demand of 'Gera' on day 1 is nan; it must be a finite number"),
    ],
)
def test_shapes_and_days_that_do_not_fit_are_refused(plans: Any, demand: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        realised(allocare.example("ventilator-stocking"), plans, demand)


def test_a_forecast_without_plans_is_refused() -> None:
    with pytest.raises(InputError, match="there is a forecast of 'men' but no plan; did you mean 'mean'"):
        regret_table(
            allocare.example("ventilator-stocking"),
            {"mean": [1, 2, 3]},
            [[3, 2, 1]],
            forecasts={"men": [[3, 2, 1]]},
        )


# --- transportation problems


def test_a_point_or_quantile_stands_in_for_the_demand_of_a_transportation_problem() -> None:
    problem = transportation([[1, 2]], [90], [1, 1], unmet_cost=[9, 9], whole=True)
    law = NormalDemand([20, 30], [4, 0])
    assert with_demand(problem, QuantileDemand(0.9, law)).demand.tolist() == [26, 30]
    assert with_demand(problem, PointDemand([2.5, 3])).demand.tolist() == [3, 3]
    with pytest.raises(InputError, match="under_uncertainty takes scenarios and intervals"):
        with_demand(problem, ScenarioDemand([[1, 2]]))
    with pytest.raises(InputError, match="demand has 3 values for 2 keys"):
        with_demand(problem, PointDemand([1, 2, 3]))


def test_a_measure_is_kept_where_the_demand_allows_for_it() -> None:
    careful = uncertain([[1, 2]], [9], [[1, 2], [3, 4]], measure="cvar")
    assert with_demand(careful, ScenarioDemand([[1, 2]])).measure == "cvar"
    robust = with_demand(careful, IntervalDemand([1, 2], 1, 1))
    assert robust.measure == "worst-case"
    assert with_demand(robust, ScenarioDemand([[1, 2]])).measure == "expected-cost"
    with pytest.raises(InputError, match="an interval of demand has no probabilities"):
        with_demand(careful, IntervalDemand([1, 2], 1, 1), measure="cvar")


def test_one_scenario_of_a_transportation_problem_costs_what_the_problem_does() -> None:
    problem = allocare.generate("hospitals", n_hospitals=5, n_districts=8, seed=2)
    planned = under_uncertainty(problem, PointDemand(problem.demand))
    assert allocare.solve(planned).objective == pytest.approx(allocare.solve(problem).objective)


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ({"sense": "max"}, "it maximises weight"),
        ({"supply_rule": "exactly"}, "its sources must send exactly their supply"),
        ({"total": 3}, "its total is fixed"),
        ({"minimum_service": [0.5]}, "it asks for a minimum service"),
        ({"unmet_cost": None}, "its unmet demand has no price"),
    ],
)
def test_rules_that_cannot_be_kept_before_demand_is_known_are_refused(
    rules: dict[str, Any], reason: str
) -> None:
    problem = transportation([[1]], [9], [4], **({"unmet_cost": [5]} | rules))
    with pytest.raises(InputError, match=f"cannot be planned before demand is known: {reason}"):
        under_uncertainty(problem, ScenarioDemand([[3], [5]]))
