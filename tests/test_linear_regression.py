"""Least squares by hand, by the normal equations, and the regression forecaster against its own table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from allocare import InputError
from allocare.forecasting.makers.linear_regression import LinearRegression
from allocare.forecasting.panel import Panel
from allocare.forecasting.records import simulated_panel
from allocare.forecasting.regression import least_squares


def test_y_twice_x_has_slope_two_and_intercept_nought() -> None:
    # a textbook's snippet gives −1.6 here
    fitted = least_squares({"x": [1, 2, 3, 4, 5]}, [2, 4, 6, 8, 10])
    np.testing.assert_allclose(fitted.coefficients["estimate"], [0, 2], atol=1e-12)
    assert fitted.r_squared == pytest.approx(1)


def test_coefficients_errors_and_intervals_follow_the_normal_equations() -> None:
    random = np.random.default_rng(2)
    x = random.normal(size=(40, 2))
    y = 3 + x @ [2.0, -1] + random.normal(size=40)
    fitted = least_squares(pd.DataFrame(x, columns=["a", "b"]), y, level=0.9)
    design = np.column_stack([np.ones(40), x])
    expected = np.linalg.solve(design.T @ design, design.T @ y)
    residual = y - design @ expected
    variance = residual @ residual / 37
    error = np.sqrt(variance * np.diag(np.linalg.inv(design.T @ design)))
    table = fitted.coefficients
    assert table.index.tolist() == ["intercept", "a", "b"]
    np.testing.assert_allclose(table["estimate"], expected)
    np.testing.assert_allclose(table["standard_error"], error)
    # the 95th percentile of Student's t with 37 degrees of freedom
    np.testing.assert_allclose(table["upper"], expected + 1.68709 * error, rtol=1e-5)
    assert fitted.residual_deviation == pytest.approx(np.sqrt(variance))


def test_rows_with_anything_missing_are_left_out() -> None:
    whole = least_squares({"x": [1.0, 2, 4, 5]}, [1.0, 3, 2, 6])
    gappy = least_squares({"x": [1.0, 2, np.nan, 4, 5, 9]}, [1.0, 3, 7, 2, 6, np.nan])
    pd.testing.assert_frame_equal(whole.coefficients, gappy.coefficients)


@pytest.mark.parametrize(
    ("features", "target", "level", "line"),
    [
        ({"x": [1.0, 2]}, [1.0, 2], 95, "level is 95; give one between 0 and 1"),
        ({"x": ["a", "b"]}, [1.0, 2], 0.9, "column 'x' holds .*, no numbers"),
        ({"x": [1.0, np.nan]}, [1.0, 2], 0.9, "1 whole rows do not determine 2 coefficients"),
        ({"x": [1.0, 2]}, [1.0], 0.9, "there are 1 targets for 2 rows"),
        ({"intercept": [1.0, 2]}, [1.0, 2], 0.9, "a column is called 'intercept'"),
    ],
)
def test_bad_input_of_a_regression_is_one_line(features: dict, target: list, level: float, line: str) -> None:
    with pytest.raises(InputError, match=line):
        least_squares(features, target, level=level)


def test_a_prediction_without_a_column_names_the_nearest() -> None:
    fitted = least_squares({"beds": [1.0, 2, 3]}, [1.0, 2, 4])
    with pytest.raises(InputError, match="no column 'beds'; did you mean 'bed'"):
        fitted.predict(pd.DataFrame({"bed": [1.0]}))


@pytest.mark.parametrize("missing", [0.0, 0.01])
def test_forecasts_are_the_sums_of_the_coefficients_that_the_table_shows(missing: float) -> None:
    panel = simulated_panel(2, 300, seed=3, missing=missing)
    fitted = LinearRegression(lags=(1, 7), trend=True, calendar=False).fit(panel, 3)
    values = panel.values.ffill()["R2"].to_numpy()
    for step in (1, 3):
        table = fitted.coefficients("R2", step)["estimate"]
        terms = [1, values[-1], values[-2], values[-8], 300 + step]
        forecast = fitted.forecast(panel, panel.times[-1:])[0, step - 1, 1]
        assert forecast == pytest.approx(table.to_numpy() @ terms, rel=1e-8)


def test_coefficients_of_an_unknown_series_or_step_are_one_line() -> None:
    days = pd.date_range("2024-01-01", periods=9)
    line = LinearRegression(lags="none", trend=True, calendar=False)
    fitted = line.fit(Panel(values=pd.DataFrame({"A": np.arange(9.0)}, index=days)), 2)
    with pytest.raises(InputError, match="there is no series 'B'"):
        fitted.coefficients("B")
    with pytest.raises(InputError, match="step is 3; it was fitted for 1 to 2"):
        fitted.coefficients("A", 3)
