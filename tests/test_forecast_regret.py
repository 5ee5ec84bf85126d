"""Plans on forecasts, and what they cost more than plans with hindsight."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from public_files import needs_data

import allocare
from allocare.benchmarks import decision_regret
from allocare.benchmarks.sharing.made_up import made_up_case
from allocare.evaluation.forecast_regret import forecast_regret
from allocare.evaluation.plan_on_forecast import APPROACHES, critical_ratio, plan_on_forecast
from allocare.forecasting.backtest import back_test
from allocare.forecasting.choice import choose
from allocare.forecasting.demand import demand_beyond, demand_from_forecast
from allocare.forecasting.demand_ahead import demand_ahead
from allocare.forecasting.demand_at_origins import demand_that_came, demands_at_origins
from allocare.forecasting.makers.maker_base import Fitted, Maker
from allocare.forecasting.makers.naive import LastValue
from allocare.forecasting.panel import Panel
from allocare.instances.errors import InputError
from allocare.instances.lanes import Lanes

MAKERS = ["last-value", "moving-average", "mean"]


@dataclass(frozen=True)
class Shifted(Maker):
    """The last value and so much more."""

    kind: ClassVar[str] = "shifted"
    by: float = 0.0

    def fit(self, panel: Panel, horizon: int, *, seed: int = 0) -> Fitted:
        def ahead(panel: Panel, rows: np.ndarray) -> np.ndarray:
            return np.repeat(panel.values.to_numpy()[rows, None] + self.by, horizon, axis=1)

        return Fitted(panel.series, horizon, ahead)


def back_tested(panel: Panel, origins: pd.DatetimeIndex, makers: list | None = None, horizon: int = 7):
    return back_test(panel, makers or MAKERS, horizon, origins=(origins[0], origins[-1], 1), calibration=60)


def regret_of(case, panel: Panel | None = None, origins: pd.DatetimeIndex | None = None, **options):
    case = case if panel is None else replace(case, panel=panel)
    origins = case.origins(5) if origins is None else origins
    test = back_tested(case.panel, origins)
    return forecast_regret(case.problem, test, origins=origins, own=case.own(origins), **options)


@given(seed=st.integers(0, 10_000))
@settings(deadline=None, max_examples=4)
def test_no_plan_has_regret_below_0_and_the_plan_with_hindsight_has_none(seed: int) -> None:
    case = made_up_case(4, 260, seed)
    found = regret_of(case)
    for by in APPROACHES:
        assert (found.regret(by) >= -1e-9 * found.best.max()).all(axis=None)
    table = found.table()
    hindsight = table[table["approach"] == "hindsight"].iloc[0]
    assert hindsight["regret"] == 0
    assert table["regret"].iloc[0] >= 0
    np.testing.assert_allclose(table["cost"] - table["regret"], hindsight["cost"], rtol=1e-9)
    # what was sent is met demand and what is left over, so that neither can be below 0
    assert (table[["unmet", "left_over"]] >= -1e-6).all(axis=None)


def test_plans_priced_by_the_check_cost_what_the_table_says() -> None:
    case = made_up_case(4, 260, 5)
    found = regret_of(case)
    plans = found.plans["moving-average", "cvar"]
    priced = []
    for plan, demand in zip(plans, found.demand, strict=True):
        known = replace(case.problem, demand=allocare.PointDemand(demand))
        priced.append(allocare.check(known, known.plan(plan)).objective)
    table = found.table().set_index(["approach", "forecaster"])
    assert np.mean(priced) == pytest.approx(table.loc[("cvar", "moving-average"), "cost"], rel=1e-9)


def test_the_same_seed_draws_the_same_plans_and_intervals() -> None:
    case = made_up_case(3, 260, 2)
    first, again, other = (regret_of(case, number=10, seed=seed) for seed in (1, 1, 2))
    for key, plans in first.plans.items():
        np.testing.assert_array_equal(plans, again.plans[key])
    pd.testing.assert_frame_equal(first.table(seed=1), again.table(seed=1))
    key = ("last-value", "stochastic")
    assert not np.allclose(first.plans[key], other.plans[key])


def test_what_comes_true_later_changes_no_plan() -> None:
    case = made_up_case(4, 300, 3)
    origins = case.origins(6)
    first = regret_of(case, origins=origins)
    cut = 3
    values = case.panel.values.copy()
    later = values.index > origins[cut - 1]
    values.loc[later] = 3 * values.loc[later] + 17
    changed = regret_of(case, replace(case.panel, values=values), origins)
    for key, plans in first.plans.items():
        np.testing.assert_array_equal(plans[:cut], changed.plans[key][:cut])
        assert not np.allclose(plans[cut:], changed.plans[key][cut:])
    assert not np.allclose(first.demand[cut - 1], changed.demand[cut - 1])


def rising(days: int = 40) -> tuple[Panel, allocare.UncertainTransportationProblem]:
    """Demand rises by 7 a day; a unit sent costs 1, one unmet 10, one left over 1."""
    times = pd.date_range("2024-01-01", periods=days)
    panel = Panel(values=pd.DataFrame({"Jena": 10.0 + 7 * np.arange(days)}, times))
    problem = allocare.UncertainTransportationProblem(
        sources=["depot"],
        targets=["Jena"],
        lanes=Lanes.from_matrix([[1.0]]),
        demand=allocare.PointDemand([0.0]),
        unmet_cost=np.array([10.0]),
        leftover_cost=np.array([1.0]),
    )
    return panel, problem


def test_the_more_accurate_forecaster_makes_the_worse_plans_where_prices_are_asymmetric() -> None:
    panel, problem = rising()
    low, high = Shifted(by=5.0), Shifted(by=10.0)  # 2 too low, 3 too high
    test = back_test(panel, [LastValue(), low, high], 1, origins=panel.times[20:30], calibration=5)
    found = forecast_regret(problem, test, ["point"])
    # too low by 2: 2 (10 - 1); too high by 3: 3 (1 + 1); the last value is too low by 7
    assert found.regret().mean().round(9).to_dict() == {"last-value": 63, low.name: 18, high.name: 6}
    pairs = found.disagreements()
    assert pairs[["smaller_error", "smaller_regret"]].values.tolist() == [[low.name, high.name]]
    assert pairs[["MAE", "regret"]].round(9).values.tolist() == [[1, 12]]
    assert bool(pairs["clear"][0])
    assert choose(test).recommended == low.name
    assert found.choose().recommended == high.name
    assert found.choose().table["score"].round(9).tolist() == [6, 18, 63]


def test_a_forecaster_that_is_better_in_both_is_no_disagreement() -> None:
    panel, problem = rising()
    test = back_test(panel, [LastValue(), Shifted(by=5.0)], 1, origins=panel.times[20:30], calibration=5)
    assert forecast_regret(problem, test, ["point"]).disagreements().empty


def test_errors_make_up_for_a_forecaster_that_is_always_wrong_in_the_same_way() -> None:
    panel, problem = rising()
    test = back_test(panel, [Shifted(by=5.0)], 1, origins=panel.times[20:30], calibration=5)
    found = forecast_regret(problem, test, ["quantile", "stochastic", "cvar", "robust"])
    for by in ("quantile", "stochastic", "cvar"):
        np.testing.assert_allclose(found.regret(by), 0, atol=1e-6)


def test_plans_on_plenty_of_stock_are_the_newsvendors() -> None:
    case = made_up_case(4, 260, 1)
    problem = replace(case.problem, supply=np.full(2, 1e6))
    errors = np.random.default_rng(1).normal(0, 20, (60, 4))
    forecast = case.panel.values.iloc[-1].to_numpy()
    demand = demand_from_forecast("scenarios", forecast, errors)
    quantile = plan_on_forecast(problem, forecast, errors, "quantile")
    stochastic = plan_on_forecast(problem, forecast, errors, "stochastic")
    stock = quantile.allocation.groupby("target")["quantity"].sum().loc[problem.targets].to_numpy()
    np.testing.assert_allclose(stock, demand.quantile(critical_ratio(problem)))
    under = replace(problem, demand=demand)
    assert allocare.check(under, quantile.allocation).objective == pytest.approx(stochastic.objective)


def test_errors_count_only_once_what_they_are_about_has_come_true() -> None:
    case = made_up_case(2, 260, 4)
    origins = case.origins(2)
    test = back_tested(case.panel, origins)
    errors = test.residuals("mean")[:, -1]
    for at, demand in zip(origins, demands_at_origins(test, "mean", "scenarios", origins), strict=True):
        known = [row for row, time in enumerate(test.times) if time + pd.Timedelta(days=7) <= at]
        forecast = test.forecasts["mean"][test.times.get_loc(at), -1]
        np.testing.assert_array_equal(demand.quantity, np.maximum(forecast + errors[known], 0))


def test_demand_at_the_end_of_the_records_is_that_of_an_origin_there() -> None:
    case = made_up_case(3, 260, 6)
    panel = case.panel.until(case.panel.times[-8])
    short, told = back_tested(panel, panel.times[-20:-7]), {"own": [1, 2, 3]}
    at_end = demand_ahead(panel, LastValue(), short, "scenarios", **told)
    # of the longer record, the same origins up to the last of the shorter one
    whole = back_tested(case.panel, panel.times[-20:])
    origin = demands_at_origins(whole, "last-value", "scenarios", panel.times[-1:], **told)[0]
    np.testing.assert_array_equal(at_end.quantity, origin.quantity)
    point = demand_ahead(panel, LastValue(), short, "point", ["R3"], own=[3])
    assert point.quantity.tolist() == [panel.values["R3"].iloc[-1] - 3]


@given(
    forecast=st.lists(st.floats(0, 100), min_size=2, max_size=2),
    own=st.floats(0, 100),
    rate=st.floats(0.1, 3),
    seed=st.integers(0, 99),
)
@settings(deadline=None, max_examples=30)
def test_forms_of_one_forecast_agree(forecast: list[float], own: float, rate: float, seed: int) -> None:
    errors = np.random.default_rng(seed).normal(0, 10, (19, 2))
    told = {"own": own, "rate": rate}
    central = np.array(forecast)
    scenarios = demand_from_forecast("scenarios", central, errors, **told)
    np.testing.assert_allclose(scenarios.quantity, demand_beyond(central + errors, own, rate))
    low, high = (
        demand_from_forecast("quantile", central, errors, level=level, **told).quantity
        for level in (0.2, 0.9)
    )
    assert (low <= high).all()
    interval = demand_from_forecast("interval", central, errors, coverage=0.8, **told)
    np.testing.assert_allclose(interval.nominal, demand_from_forecast("point", central, **told).quantity)
    ends = interval.nominal - interval.downward, interval.nominal + interval.upward
    inside = (scenarios.quantity >= ends[0] - 1e-9) & (scenarios.quantity <= ends[1] + 1e-9)
    assert (inside.mean(axis=0) >= 0.8).all()
    assert interval.budget == pytest.approx(np.sqrt(2))


def test_bad_input_is_one_clear_line() -> None:
    case = made_up_case(2, 260, 4)
    origins = case.origins(2)
    test = back_tested(case.panel, origins)
    told = {
        "no form 'points'": lambda: demand_from_forecast("points", np.ones(2)),
        "forecast of series 2 is missing": lambda: demand_from_forecast("point", np.array([1, np.nan])),
        "column for each of 2 series": lambda: demand_from_forecast("scenarios", np.ones(2), np.ones((3, 1))),
        "no past origin": lambda: demand_from_forecast("scenarios", np.ones(2), np.full((3, 2), np.nan)),
        "level 1 is not between": lambda: demand_from_forecast(
            "quantile", np.ones(2), np.ones((3, 2)), level=1
        ),
        "'mea' was not tested": lambda: demands_at_origins(test, "mea", "point"),
        "step is 8": lambda: demands_at_origins(test, "mean", "point", step=8),
        "no origin 2020-01-01": lambda: demand_that_came(test, pd.DatetimeIndex(["2020-01-01"])),
        "was planned by 'poin'": lambda: forecast_regret(case.problem, test, ["point"]).regret("poin"),
        "no approach 'robus'": lambda: forecast_regret(case.problem, test, ["robus"]),
        "targets of the problem": lambda: forecast_regret(rising()[1], test),
    }
    for found, call in told.items():
        with pytest.raises(InputError, match=found):
            call()


def test_an_origin_before_which_no_error_was_known_is_named() -> None:
    panel, problem = rising()
    test = back_test(panel, ["last-value"], 2, origins=panel.times[20:30], calibration=0)
    with pytest.raises(InputError, match="no error of last-value was known on 2024-01-21"):
        forecast_regret(problem, test, ["stochastic"])


def test_the_benchmark_runs_on_made_up_records(capsys: pytest.CaptureFixture[str], tmp_path) -> None:
    told = ["--data", "made-up", "--origins", "4", "--makers", "mean", "--scenarios", "5"]
    decision_regret.main([*told, "--out", str(tmp_path / "tables")])
    said = capsys.readouterr().out
    assert "chosen by regret of plans by point" in said
    table = pd.read_csv(tmp_path / "tables" / "regret.csv")
    assert set(table["approach"]) == {"hindsight", *APPROACHES}
    values = pd.read_csv(tmp_path / "tables" / "information.csv")
    assert (values[["EVPI", "VSS"]] >= -1e-6).all(axis=None)


@pytest.mark.parametrize("name", [pytest.param(name, marks=needs_data) for name in ("divi", "hhs")])
def test_public_records_pose_problems_that_are_neither_trivial_nor_empty(name: str) -> None:
    case = decision_regret.sharing_case(name)
    origins = case.origins(3)
    test = decision_regret.tested(case, origins, ["last-value", "moving-average"], seed=0)
    found = forecast_regret(
        case.problem, test, origins=origins, own=case.own(origins), rate=case.rate, number=20
    )
    table = found.table()
    assert table["approach"].iloc[0] == "hindsight"
    assert (table["regret"].iloc[1:] > 0).all()
    year = case.demand(case.origins(40)).sum(axis=1)
    short = (year > case.problem.supply.sum()).mean()
    assert 0.2 < short < 0.8
    assert (year > 0).all()
