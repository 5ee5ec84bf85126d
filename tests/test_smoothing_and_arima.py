"""Exponential smoothing and ARIMA beside statsmodels: the same filters, and as good a fit."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from allocare.forecasting.makers.arima import Arima
from allocare.forecasting.makers.exponential_smoothing import ExponentialSmoothing, _fit_form
from allocare.forecasting.makers.smoothing_filter import (
    Smoothing,
    States,
    filtered,
    looked_ahead,
    squared_errors,
)
from allocare.forecasting.panel import Panel

DAYS = pd.date_range("2023-01-01", periods=210)


@pytest.fixture(scope="module")
def values() -> np.ndarray:
    random = np.random.default_rng(8)
    week = np.array([8.0, 5, 0, 0, -2, -5, -6])[np.arange(210) % 7]
    return 100 + week + np.cumsum(random.normal(size=210)) + random.normal(size=210)


def statsmodels_ets(values: np.ndarray):
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    series = pd.Series(values, index=DAYS)
    return ETSModel(series, error="add", trend="add", damped_trend=True, seasonal="add", seasonal_periods=7)


def test_the_filter_and_its_forecasts_are_those_of_statsmodels(values: np.ndarray) -> None:
    alpha, beta, gamma, phi = 0.4, 0.05, 0.1, 0.9
    level, trend, season = 101.0, 0.3, [7.0, 4, 1, 0, -2, -4, -6]
    # statsmodels lists the seasons backwards, the next one due last
    results = statsmodels_ets(values).smooth([alpha, beta, gamma, phi, level, trend, *season[::-1]])
    one = np.ones(1)
    by = Smoothing(alpha * one, beta * one, gamma * one, phi * one)
    start = States(level * one, trend * one, np.array(season)[:, None])
    assert squared_errors(values[:, None], start, by)[0] == pytest.approx(results.sse, rel=1e-9)
    after = filtered(values[:, None], start, by, np.array([209], dtype=np.int32))
    ours = looked_ahead(after, by.damping, 10)[0, :, 0]
    np.testing.assert_allclose(ours, results.forecast(10), rtol=1e-9)


def test_the_parameters_found_fit_as_well_as_the_likelihoods_of_statsmodels(values: np.ndarray) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = statsmodels_ets(values).fit(disp=False).sse
    form = _fit_form(values[:, None], np.array([210]), "damped-seasonal", 7)
    ours = squared_errors(values[:, None], form.start, form.by)[0]
    # theirs fits the initial states too; ours takes them from the data
    assert ours <= 1.03 * theirs


def test_the_form_follows_the_data() -> None:
    random = np.random.default_rng(0)
    week = np.array([8.0, 5, 0, 0, -2, -5, -6])[np.arange(210) % 7]
    panel = Panel(
        values=pd.DataFrame(
            {"weekly": week + random.normal(size=210), "noise": random.normal(size=210)}, index=DAYS
        )
    )
    ahead = ExponentialSmoothing().fit(panel, 7).forecast(panel, DAYS[-1:])[0]
    np.testing.assert_allclose(ahead[:, 0], week[:7], atol=1.0)
    assert np.ptp(ahead[:, 1]) < 0.2


def test_arima_forecasts_at_later_origins_are_those_of_statsmodels_applied_without_refitting(
    values: np.ndarray,
) -> None:
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    panel = Panel(values=pd.DataFrame({"A": values}, index=DAYS))
    maker = Arima(orders=((1, 1, 1),), seasonal=((0, 0),), rows=400)
    ours = maker.fit(panel.until(DAYS[179]), 4).forecast(panel, DAYS[[179, 200]])[..., 0]
    scale = np.diff(values[:180]).std()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = SARIMAX(values[:180] / scale, order=(1, 1, 1)).fit(disp=False, method="lbfgs", maxiter=60)
    np.testing.assert_allclose(ours[0], scale * fitted.forecast(4), rtol=1e-6)
    later = fitted.append(values[180:201] / scale, refit=False)
    np.testing.assert_allclose(ours[1], scale * later.forecast(4), rtol=1e-6)
