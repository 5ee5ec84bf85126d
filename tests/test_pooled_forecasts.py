"""Pooled forecasters: calendars, features, no look ahead, and what they recover on data made by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocare import InputError
from allocare.forecasting.calendars import Region, calendar_columns, holiday_mask, regions
from allocare.forecasting.features import features_of, levels
from allocare.forecasting.panel import Panel
from allocare.forecasting.pooled.adjusted import PooledAdjusted, PooledRidge
from allocare.forecasting.pooled.adjustment import fit_adjustment
from allocare.forecasting.pooled.moments import Block, least_absolute, ridge

MAKERS = [PooledRidge(), PooledAdjusted(), PooledAdjusted(loss="absolute")]
STATES = ["BY", "HE", "NW", "HE"]


def beds(n_days=420, seed=0, n_series=4, gaps=False):
    random = np.random.default_rng(seed)
    days = pd.date_range("2022-06-01", periods=n_days)
    level = np.array([2000.0, 900, 4000, 300])[:n_series] * np.exp(
        np.cumsum(random.normal(0, 0.006, (n_days, n_series)), axis=0)
    )
    christmas = holiday_mask(days, Region("DE", "BY"))[:, None] * 0.03
    week = np.where(days.day_of_week >= 5, -0.02, 0.01)[:, None]
    values = np.round(level * (1 + week - christmas + random.normal(0, 0.01, level.shape)))
    if gaps:
        values[random.random(values.shape) < 0.1] = np.nan
        values[:30, 0] = np.nan
    keys = [f"S{at}" for at in range(n_series)]
    frame = pd.DataFrame(values, index=days, columns=keys)
    where = pd.DataFrame({"country": "DE", "subdivision": STATES[:n_series]}, index=keys)
    capacity = pd.DataFrame(np.full(values.shape, 6000.0), index=days, columns=keys)
    return Panel(values=frame, covariates={"capacity": capacity}, attributes=where, name="beds")


def test_holidays_and_school_breaks_of_a_state_are_its_own() -> None:
    days = pd.date_range("2024-05-28", "2024-06-01")
    assert days[holiday_mask(days, Region("DE", "BY"))].tolist() == [pd.Timestamp("2024-05-30")]
    assert not holiday_mask(days, Region("DE", "SN"))[2]  # Corpus Christi is no holiday of all Saxony
    summer = pd.date_range("2024-07-20", "2024-07-31")
    assert holiday_mask(summer, Region("DE", "NW"), "school").all()
    assert holiday_mask(summer, Region("DE", "BY"), "school").sum() == 3
    assert holiday_mask(pd.date_range("2021-07-03", "2021-07-05"), Region("US", "TX")).any()


def test_full_names_of_states_are_understood() -> None:
    days = pd.date_range("2024-01-05", "2024-01-07")
    assert holiday_mask(days, Region("DE", "Bayern")).tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("region", "line"),
    [(Region("DEX"), "no calendar of the country 'DEX'"), (Region("DE", "HX"), "no subdivision 'HX'")],
)
def test_unknown_calendars_are_one_clear_line(region: Region, line: str) -> None:
    with pytest.raises(InputError, match=line):
        calendar_columns(pd.date_range("2024-01-01", periods=3), region)


def test_calendar_columns_do_not_depend_on_the_window_asked_for() -> None:
    long = calendar_columns(pd.date_range("2023-11-01", "2024-06-30"), Region("DE", "HE"))
    short = calendar_columns(pd.date_range("2023-12-20", "2024-04-10"), Region("DE", "HE"))
    pd.testing.assert_frame_equal(short, long.loc[short.index], check_freq=False)
    assert (long.filter(like="christmas").sum(axis=1).loc["2023-12-15":"2024-01-10"] > 0.999).all()
    assert long.loc["2024-05-01", "holiday+0"] == 1
    assert long.loc["2024-05-10", "thursday holiday+1"] == 1  # the Friday after Ascension Day
    assert long.loc["2024-04-01", "holiday+0"] == 0  # Easter Monday is Easter's


def test_a_country_without_christmas_has_no_columns_of_it() -> None:
    columns = calendar_columns(pd.date_range("2024-01-01", periods=9), Region("JP"))
    assert not any("christmas" in name or "easter" in name for name in columns)
    assert any(name.startswith("holiday") for name in columns)


def test_series_without_attributes_share_one_region_without_calendar() -> None:
    panel = beds()
    found, place = regions(Panel(values=panel.values))
    assert found == [Region()]
    assert place.tolist() == [0] * 4
    assert regions(panel)[1].tolist() == [0, 1, 2, 1]


def test_features_are_those_computed_by_hand() -> None:
    values = np.array([[10.0, 100.0]] * 7 + [[17.0, 100.0]])
    capacity = np.array([[20.0, 200.0]] * 8)
    level = levels(values, values.mean(axis=0))
    assert level[-1].tolist() == [11.0, 100.0]
    found = features_of(
        values,
        level,
        np.array([0.1, 0.1]),
        capacity,
        lags=(0, 7),
        capped_lags=(0,),
        cap=2,
        usage_windows=(4,),
    )
    assert found.names == (
        *("lag 0", "lag 7", "capped lag 0", "use less its mean of 4", "use"),
        *("all lag 0", "all lag 7", "all use less its mean of 4"),
    )
    own = [6 / 11, -1 / 11, 0.2, 0.85 - (0.85 + 3 * 0.5) / 4, 0.85]
    np.testing.assert_allclose(found.own[-1, 0], own)
    np.testing.assert_allclose(found.shared[-1], [6 / 111, -1 / 111, own[3] * 11 / 111])
    assert (found.own[0, :, :3] == 0).all()  # nothing is known of lags on the first day


@given(
    row=st.integers(300, 399),
    maker=st.sampled_from(MAKERS),
    factor=st.sampled_from([0.0, 1.7, np.nan]),
    gaps=st.booleans(),
)
@settings(deadline=None, max_examples=12)
def test_records_after_an_origin_change_nothing(
    row: int, maker: PooledRidge, factor: float, gaps: bool
) -> None:
    panel = beds(gaps=gaps)
    values = panel.values.copy()
    values.iloc[row + 1 :] *= factor
    capacity = panel.covariates["capacity"].copy()
    capacity.iloc[row + 1 :] *= factor
    changed = Panel(
        values=values, covariates={"capacity": capacity}, attributes=panel.attributes, name=panel.name
    )
    origin = panel.times[[row]]
    fitted = maker.fit(panel.until(panel.times[280]), 7)
    same = fitted.forecast(panel.until(origin[0]), origin)
    np.testing.assert_array_equal(fitted.forecast(changed, origin), same)
    np.testing.assert_allclose(fitted.forecast(panel, panel.times[[290, row]])[1:], same, rtol=1e-12)
    refitted = maker.fit(changed.until(panel.times[280]), 7)
    np.testing.assert_array_equal(refitted.forecast(panel, origin), same)


@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.name)
def test_gaps_and_late_series_are_forecast_all_the_same(maker: PooledRidge) -> None:
    panel = beds(gaps=True)
    origins = panel.times[-40:-7]
    forecast = maker.fit(panel.until(origins[0]), 7, seed=3).forecast(panel, origins)
    again = maker.fit(panel.until(origins[0]), 7, seed=3).forecast(panel, origins)
    np.testing.assert_array_equal(forecast, again)
    assert np.isfinite(forecast).all()
    assert (forecast >= 0).all()
    usual = panel.values.mean().to_numpy()
    assert (np.abs(forecast / usual - 1) < 1).all()


@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.name)
def test_constant_and_empty_wards_are_forecast_as_they_are(maker: PooledRidge) -> None:
    days = pd.date_range("2024-01-01", periods=100)
    values = pd.DataFrame({"full": 20.0, "empty": 0.0}, index=days)
    forecast = maker.fit(Panel(values=values), 3).forecast(Panel(values=values), days[-1:])
    np.testing.assert_allclose(forecast[0], [[20.0, 0.0]] * 3, atol=1e-6)


def test_a_holiday_effect_of_known_size_is_recovered_and_put_back() -> None:
    days = pd.date_range("2020-01-01", periods=1500)
    dips = np.where(holiday_mask(days, Region("DE", "HE")), 0.9, 1.0)[:, None]
    week = np.where(days.day_of_week == 6, 0.95, 1.0)[:, None]
    values = pd.DataFrame(1000.0 * dips * week, index=days, columns=["Hessen"])
    where = pd.DataFrame({"country": ["DE"], "subdivision": ["HE"]}, index=["Hessen"])
    panel = Panel(values=values, attributes=where)
    fitted = fit_adjustment(panel, values.to_numpy(), None, penalty=0.5, half_life=730)
    factor = fitted.factors(pd.DatetimeIndex(["2023-10-01", "2023-10-02", "2023-10-03", "2023-10-04"]))
    np.testing.assert_allclose(factor[2] / factor[1], 0.9, atol=0.015)
    np.testing.assert_allclose(factor[0] / factor[1], 0.95, atol=0.015)
    origin = pd.DatetimeIndex(["2023-09-26"])
    maker = PooledAdjusted(calendar_penalty=0.5)
    ahead = maker.fit(panel.until(origin[0]), 7).forecast(panel, origin)[0, :, 0]
    np.testing.assert_allclose(ahead[5:], [1000, 900], rtol=0.015)


def test_adjusted_forecasts_of_a_feast_beat_last_values() -> None:
    panel = beds(n_days=900)
    origins = panel.times[700:-7]
    fitted = PooledAdjusted().fit(panel.until(origins[0]), 7)
    truth = panel.values.to_numpy()[707:]
    error = np.abs(fitted.forecast(panel, origins)[:, 6] - truth).mean()
    last = np.abs(panel.values.loc[origins].to_numpy() - truth).mean()
    assert error < 0.95 * last


def test_ridge_takes_off_missing_targets_and_ignores_what_does_not_vary() -> None:
    random = np.random.default_rng(0)
    x = np.column_stack([random.normal(size=(50, 2)), np.full(50, 3.0)])
    y = np.column_stack([x[:, 0] * 2 + random.normal(size=50), x[:, 1] - 1])
    y[40:, 0] = np.nan
    weights = random.random(50)
    whole = ridge([Block(x, y, weights)], 0.1)
    parts = ridge([Block(x[:30], y[:30], weights[:30]), Block(x[30:], y[30:], weights[30:])], 0.1)
    alone = ridge([Block(x[:40], y[:40, :1], weights[:40])], 0.1)
    np.testing.assert_allclose(whole.coefficients, parts.coefficients)
    np.testing.assert_allclose(whole.coefficients[:, :1], alone.coefficients, atol=1e-12)
    assert (whole.coefficients[2] == 0).all()
    exact = np.linalg.lstsq(
        np.sqrt(weights)[:, None] * np.c_[np.ones(50), x[:, :2]], np.sqrt(weights) * y[:, 1]
    )
    free = ridge([Block(x, y[:, 1:], weights)], 1e-14)
    np.testing.assert_allclose(np.r_[free.intercept, free.coefficients[:2, 0]], exact[0], atol=1e-8)


def test_least_absolute_deviations_agree_with_a_linear_programme() -> None:
    from scipy.optimize import linprog

    random = np.random.default_rng(1)
    x, y, w = random.normal(size=(80, 2)), random.standard_t(2, 80), random.random(80) + 0.1
    design = np.c_[np.ones(80), x]
    programme = linprog(
        np.r_[np.zeros(3), w, w],
        A_eq=np.c_[design, np.eye(80), -np.eye(80)],
        b_eq=y,
        bounds=[(None, None)] * 3 + [(0, None)] * 160,
    )
    fit = least_absolute(Block(x, y[:, None], w), 1e-10)
    reached = float(w @ np.abs(y - fit.predict(x)[:, 0]))
    assert programme.fun <= reached <= 1.005 * programme.fun


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (lambda: PooledRidge(penalty=0), "the penalty is 0"),
        (lambda: PooledAdjusted(half_life=-1), "the half-life is -1"),
        (lambda: PooledAdjusted(loss="cubed"), "loss is 'cubed'"),
        (lambda: PooledAdjusted().fit(beds(20), 7), "has 20 values and pooled-adjusted needs 35"),
        (
            lambda: PooledRidge().fit(Panel(values=beds().values.resample("W").mean()), 2),
            "pooled-ridge forecasts days, and the rows' frequency is W-SUN",
        ),
    ],
)
def test_what_cannot_be_forecast_is_one_clear_line(make, line: str) -> None:
    with pytest.raises(InputError, match=line) as refused:
        make()
    assert "\n" not in str(refused.value)
