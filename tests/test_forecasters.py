"""Every registered forecaster keeps the protocol: no look ahead, the same for the same seed, NaN borne."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from allocare import InputError
from allocare.forecasting.maker import FittedForecaster, Forecaster
from allocare.forecasting.makers.averages import Mean
from allocare.forecasting.makers.croston import Croston, demand_rates
from allocare.forecasting.makers.ensemble import Ensemble, simplex_weights
from allocare.forecasting.makers.history import SeriesError
from allocare.forecasting.makers.learners import GradientBoosting
from allocare.forecasting.makers.naive import LastValue, SeasonalNaive
from allocare.forecasting.panel import Panel
from allocare.forecasting.registry import FORECASTERS, forecaster

HORIZON = 5
SMALL = {
    "random-forest": "random-forest:trees=8,rows=400",
    "gradient-boosting": "gradient-boosting:trees=8,rows=400",
    "support-vectors": "support-vectors:rows=150",
    "perceptron": "perceptron:units=8,epochs=4,rows=300",
    "arima": "arima:period=1,rows=60",
}
NAMES = [SMALL.get(kind, kind) for kind in FORECASTERS]
NOT_SHIFTED = {
    "croston": "its rate is a ratio of sizes to times",
    "pooled-ridge": "its changes are shares of the level",
    "pooled-adjusted": "its changes are shares of the level",
}
every_forecaster = pytest.mark.parametrize("name", NAMES)


def made_panel(series: int = 3, rows: int = 130, missing: float = 0.0) -> Panel:
    random = np.random.default_rng(5)
    days = pd.date_range("2023-03-01", periods=rows)
    week = random.integers(0, 30, size=(7, series))[np.arange(rows) % 7]
    walk = np.cumsum(random.integers(-6, 7, size=(rows, series)), axis=0)
    values = (200.0 + np.arange(series) * 64 + week + walk).clip(0)
    values[random.random(values.shape) < missing] = np.nan
    return Panel(values=pd.DataFrame(values, index=days, columns=list("ABCDEFGH"[:series])), name="beds")


def with_values(panel: Panel, values: np.ndarray) -> Panel:
    return replace(panel, values=pd.DataFrame(values, index=panel.times, columns=panel.series))


def forecasts(name: str, panel: Panel, split: int = 100, seed: int = 3) -> np.ndarray:
    fitted = forecaster(name).fit(panel.until(panel.times[split]), HORIZON, seed=seed)
    return fitted.forecast(panel, panel.times[split::6])


def test_every_registered_forecaster_is_tested_here_and_keeps_its_name() -> None:
    assert [forecaster(name).kind for name in NAMES] == list(FORECASTERS)
    assert [forecaster(name).name for name in NAMES] == NAMES


@every_forecaster
def test_it_keeps_the_protocol_and_gives_a_number_for_every_origin_step_and_series(name: str) -> None:
    panel = made_panel()
    maker = forecaster(name)
    assert isinstance(maker, Forecaster)
    fitted = maker.fit(panel.until(panel.times[100]), HORIZON)
    assert isinstance(fitted, FittedForecaster)
    paths = fitted.forecast(panel, panel.times[100::6])
    assert paths.shape == (5, HORIZON, 3)
    assert np.isfinite(paths).all()
    # nothing sensible is far from all that was seen
    assert np.abs(paths - np.nanmean(panel.values)).max() < 10 * np.nanstd(panel.values.to_numpy())


@every_forecaster
def test_the_same_seed_gives_the_same_forecasts(name: str) -> None:
    assert np.array_equal(forecasts(name, made_panel()), forecasts(name, made_panel()))


@every_forecaster
@pytest.mark.parametrize("later", [np.nan, 1e6])
def test_what_comes_after_an_origin_changes_no_forecast_from_it(name: str, later: float) -> None:
    panel = made_panel()
    before = forecasts(name, panel)
    values = panel.values.to_numpy().copy()
    values[113:] = later
    # origins 100, 106 and 112 know rows up to 112
    assert np.array_equal(before[:3], forecasts(name, with_values(panel, values))[:3])


@every_forecaster
def test_one_origin_at_a_time_is_the_same_as_all_together(name: str) -> None:
    panel = made_panel()
    fitted = forecaster(name).fit(panel.until(panel.times[100]), HORIZON)
    origins = panel.times[100::6]
    alone = [fitted.forecast(panel.until(origin), origins[[at]])[0] for at, origin in enumerate(origins)]
    np.testing.assert_allclose(fitted.forecast(panel, origins), np.stack(alone), rtol=1e-9)


@every_forecaster
def test_missing_values_are_borne(name: str) -> None:
    panel = made_panel(missing=0.04)
    assert panel.values.isna().any(axis=None)
    if name == "linear-regression":
        # a row with all lags and targets is rare where much is missing
        name = "linear-regression:calendar=false"
    assert np.isfinite(forecasts(name, panel)).all()


@every_forecaster
def test_the_order_of_series_orders_the_forecasts_and_nothing_else(name: str) -> None:
    panel = made_panel()
    turned = replace(panel, values=panel.values[["C", "A", "B"]])
    np.testing.assert_allclose(forecasts(name, panel)[..., [2, 0, 1]], forecasts(name, turned), rtol=1e-9)


@every_forecaster
@pytest.mark.parametrize(("factor", "shift"), [(4.0, 0.0), (1.0, 1024.0)])
def test_forecasts_scale_and_move_with_the_series(name: str, factor: float, shift: float) -> None:
    if shift and forecaster(name).kind in NOT_SHIFTED:
        pytest.skip(NOT_SHIFTED[forecaster(name).kind])
    panel = made_panel()
    moved = with_values(panel, factor * panel.values.to_numpy() + shift)
    expected = factor * forecasts(name, panel) + shift
    # likelihoods and searches end within a tolerance of their own
    tolerance = 0.02 * factor * panel.values.to_numpy().std()
    np.testing.assert_allclose(forecasts(name, moved), expected, atol=tolerance)


@every_forecaster
def test_a_series_of_one_value_is_forecast_as_that_value(name: str) -> None:
    panel = made_panel()
    values = panel.values.to_numpy().copy()
    values[:, 1] = 12.0
    paths = forecasts(name, with_values(panel, values))
    np.testing.assert_allclose(paths[..., 1], 12.0, atol=2.5)


@every_forecaster
def test_a_series_without_values_is_named(name: str) -> None:
    panel = made_panel()
    values = panel.values.to_numpy().copy()
    values[:, 1] = np.nan
    with pytest.raises(
        SeriesError, match="beds: series 'B' has no value up to 2023-07-08; leave it out"
    ) as no:
        forecaster(name).fit(with_values(panel, values), HORIZON)
    assert list(no.value.reasons) == ["B"]


@every_forecaster
@pytest.mark.parametrize("horizon", [0, 130])
def test_a_horizon_below_one_or_beyond_the_history_is_one_line(name: str, horizon: int) -> None:
    with pytest.raises(InputError, match="horizon") as refused:
        forecaster(name).fit(made_panel(), horizon)
    assert "\n" not in str(refused.value)


@every_forecaster
def test_other_series_or_an_unknown_origin_are_one_line(name: str) -> None:
    panel = made_panel()
    fitted = forecaster(name).fit(panel, HORIZON)
    with pytest.raises(InputError, match="no row for the origin 2030-01-01"):
        fitted.forecast(panel, pd.DatetimeIndex(["2030-01-01"]))
    with pytest.raises(InputError, match="not those that were fitted"):
        fitted.forecast(replace(panel, values=panel.values[["B", "A", "C"]]), panel.times[-1:])


@pytest.mark.parametrize(
    ("name", "rows", "line"),
    [
        ("seasonal-naive:period=60", 40, "has 40 values and seasonal-naive:period=60 needs 60"),
        ("exponential-smoothing:form=seasonal", 12, "has 12 values and .* needs 14"),
        ("linear-regression", 40, "has 7 rows with all lags and targets, and linear-regression needs 20"),
        ("arima", 8, "has 8 values and arima needs 10"),
        ("gradient-boosting", 30, "30 rows, and gradient-boosting needs 34"),
        ("ensemble:by=weights,validation=2", 120, "too few for 5 steps ahead; set validation"),
    ],
)
def test_a_history_too_short_says_how_long_it_must_be(name: str, rows: int, line: str) -> None:
    with pytest.raises(InputError, match=line):
        forecaster(name).fit(made_panel(rows=rows), HORIZON)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("lastvalue", "there is no forecaster 'lastvalue'; did you mean 'last-value'"),
        ("moving-average:windows=3", "has no setting 'windows'; did you mean 'window'"),
        ("moving-average:window=x", "window of forecaster moving-average is 'x'; give a int"),
        ("moving-average:window=0", "window is 0; average over 1 row or more"),
        ("croston:smoothing=2", "smoothing is 2; it must be above 0 and at most 1"),
        ("croston:variant=tsb", "variant is 'tsb'; give croston or sba"),
        ("seasonal-naive:period=0", "period is 0; a season has 1 row or more"),
        ("exponential-smoothing:form=holt", "form is 'holt'; give auto, simple"),
        ("ensemble:by=vote", "by is 'vote'; give mean, median or weights"),
        ("linear-regression:lags=none,calendar=false", "there is nothing to regress on"),
        ("arima:orders=1", "orders of forecaster arima is set in Python"),
    ],
)
def test_unknown_names_and_settings_are_one_line(name: str, line: str) -> None:
    with pytest.raises(InputError, match=line):
        forecaster(name).fit(made_panel(), HORIZON)


def test_croston_follows_sizes_and_times_between_as_by_hand() -> None:
    demand = np.array([0, 3, 0, 0, 5, 0, 4, 0.0])[:, None]
    # z: 3, 3 + .1·2 = 3.2, 3.2 + .1·.8 = 3.28; p: 2, 2 + .1·1 = 2.1, 2.1 + .1·(−.1) = 2.09
    expected = [0, 1.5, 1.5, 1.5, 3.2 / 2.1, 3.2 / 2.1, 3.28 / 2.09, 3.28 / 2.09]
    np.testing.assert_allclose(demand_rates(demand, 0.1)[:, 0], expected)
    days = pd.date_range("2024-01-01", periods=8)
    panel = Panel(values=pd.DataFrame(demand, index=days, columns=["drug"]))
    sba = Croston(variant="sba").fit(panel, 2).forecast(panel, days[-1:])
    np.testing.assert_allclose(sba.ravel(), 0.95 * 3.28 / 2.09)


def test_croston_refuses_demand_below_zero() -> None:
    panel = made_panel()
    values = panel.values.to_numpy().copy()
    values[3, 2] = -1
    with pytest.raises(SeriesError, match="series 'C' is -1 on 2023-03-04"):
        Croston().fit(with_values(panel, values), 1)


def test_the_seasonal_naive_repeats_the_last_season_that_is_known() -> None:
    panel = made_panel(rows=21)
    values = panel.values.to_numpy().copy()
    values[20, 0] = np.nan
    paths = SeasonalNaive().fit(panel, 9).forecast(with_values(panel, values), panel.times[-1:])[0]
    np.testing.assert_array_equal(paths[:6, 0], values[14:20, 0])
    # the last Tuesday is not recorded, so the one before it stands in
    np.testing.assert_array_equal(paths[[6, 7, 8], 0], values[[13, 14, 15], 0])


def test_weights_of_an_ensemble_go_to_the_member_without_errors() -> None:
    days = pd.date_range("2023-01-01", periods=120)
    week = np.array([5.0, 6, 9, 7, 6, 2, 1])[np.arange(120) % 7]
    panel = Panel(values=pd.DataFrame({"A": week}, index=days))
    mixed = Ensemble(members=(LastValue(), SeasonalNaive(), Mean()), by="weights").fit(panel, 3)
    np.testing.assert_allclose(mixed.forecast(panel, days[-1:]).ravel(), week[[1, 2, 3]], atol=1e-6)
    middle = Ensemble(members=(LastValue(), SeasonalNaive(), Mean()), by="median").fit(panel, 1)
    assert middle.forecast(panel, days[-1:]).item() == pytest.approx(
        np.median([week[119], week[120 - 7], week.mean()])
    )


def test_weights_are_no_worse_than_any_on_a_fine_grid() -> None:
    errors = np.random.default_rng(0).normal(size=(60, 3)) * [1, 2, 1.5] + [0.4, 0, -0.2]
    found = simplex_weights(errors)
    assert found.sum() == pytest.approx(1)
    assert found.min() >= 0
    ticks = np.linspace(0, 1, 101)
    grid = np.array([(a, b, 1 - a - b) for a in ticks for b in ticks if a + b <= 1])
    squares = ((errors @ grid.T) ** 2).sum(axis=0)
    assert ((errors @ found) ** 2).sum() <= squares.min() + 1e-9


def test_boosting_learns_a_weekly_pattern_that_the_last_value_cannot() -> None:
    days = pd.date_range("2022-01-01", periods=400)
    week = np.array([5.0, 6, 9, 7, 6, 2, 1])[np.arange(400) % 7] * 10
    panel = Panel(values=pd.DataFrame({"A": week, "B": 3 * week + 7}, index=days))
    fitted = GradientBoosting(trees=60).fit(panel.until(days[349]), 3)
    rows = np.arange(350, 390, 9)
    actual = panel.values.to_numpy()[rows[:, None] + np.arange(1, 4)]
    error = np.abs(fitted.forecast(panel, days[rows]) - actual).mean(axis=(0, 1))
    last = np.abs(panel.values.to_numpy()[rows][:, None] - actual).mean(axis=(0, 1))
    assert (error < 0.3 * last).all()
