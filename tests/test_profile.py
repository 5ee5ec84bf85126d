"""Profiles say what was put into a series: its gaps, slope, season and memory."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from allocare.forecasting.panel import Panel
from allocare.forecasting.profile import autocorrelation, profile
from allocare.forecasting.records import simulated_panel

DAYS = pd.date_range("2020-01-01", periods=1100)
T = np.arange(1100)


def panel(**series) -> Panel:
    return Panel(values=pd.DataFrame(series, index=DAYS[: len(next(iter(series.values())))]))


def noise(seed: int, scale: float) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, scale, 1100)


def test_counts_gaps_and_level_are_those_of_the_series() -> None:
    series = np.array([np.nan, 1, 0, np.nan, np.nan, 3, np.nan])
    row = profile(panel(HE=series)).values.loc["HE"]
    assert (row["n"], row["missing"], row["longest_gap"], row["zeros"]) == (3, 4, 2, 1)
    assert (row["first"], row["last"]) == (DAYS[1], DAYS[5])
    assert (row["mean"], row["min"], row["max"]) == (pytest.approx(4 / 3), 0, 3)
    assert row["std"] == pytest.approx(np.sqrt(((1 - 4 / 3) ** 2 + (4 / 3) ** 2 + (3 - 4 / 3) ** 2) / 2))


def test_the_slope_is_a_week_s_and_outliers_do_not_move_it() -> None:
    series = 100 + 0.5 * T + noise(1, 3)
    series[::97] = 5000
    series[200:240] = np.nan
    row = profile(panel(HE=series)).patterns.loc["HE"]
    assert row["slope"] == pytest.approx(3.5, rel=0.02)
    assert row["slope_low"] < 3.5 < row["slope_high"]


def test_strengths_are_high_where_the_pattern_is_and_low_where_it_is_not() -> None:
    weekly = 100 + 10 * (T % 7 >= 5) + noise(2, 1)
    yearly = 100 + 10 * np.cos(2 * np.pi * T / 365.25) + noise(3, 3)
    rows = profile(panel(weekly=weekly, yearly=yearly, noise=100 + noise(4, 1))).patterns
    assert rows["weekly"].loc["weekly"] > 0.9 > 0.05 > rows["weekly"].drop("weekly").max()
    assert rows["yearly"].loc["yearly"] > 0.9
    assert rows["yearly"].loc["yearly"] > rows["yearly"].loc["noise"] + 0.4
    assert rows["trend"].loc["yearly"] > 0.7 > 0.4 > rows["trend"].loc["noise"]


def test_short_series_have_no_yearly_strength() -> None:
    row = profile(simulated_panel(1, 1000)).patterns.iloc[0]
    assert np.isnan(row["yearly"])
    assert not np.isnan(row["weekly"])


def test_autocorrelation_is_that_of_the_recursion() -> None:
    series = np.zeros(5000)
    shocks = np.random.default_rng(5).normal(0, 1, 5000)
    for t in range(1, 5000):
        series[t] = 0.8 * series[t - 1] + shocks[t]
    holes = np.where(np.random.default_rng(6).random(5000) < 0.1, np.nan, series)
    for each in (series, holes):
        assert autocorrelation(each[:, None], 1)[0] == pytest.approx(0.8, abs=0.04)
        assert autocorrelation(each[:, None], 7)[0] == pytest.approx(0.8**7, abs=0.08)


def test_what_stands_in_the_way_of_a_forecast_is_said() -> None:
    nothing, half = np.full(20, np.nan), np.where(T[:20] % 2, np.nan, T[:20])
    warnings = profile(panel(empty=nothing, one=np.full(20, 3.0), gaps=half, low=-T[:20] - 1.0)).warnings
    assert [line.split(" has ")[0].split(" misses")[0].split(" goes")[0] for line in warnings] == [
        "series 'empty'",
        "series 'one'",
        "series 'gaps'",
        "series 'low'",
    ]


def test_weekly_and_monthly_panels_have_a_slope_a_week() -> None:
    for frequency, weeks in (("W-SUN", 1.0), ("MS", 365.25 / 12 / 7)):
        times = pd.date_range("2015-01-01", periods=60, freq=frequency)
        values = pd.DataFrame({"HE": 3.0 * np.arange(60)}, index=times)
        assert profile(Panel(values=values)).patterns["slope"].iloc[0] == pytest.approx(3 / weeks, rel=0.01)
