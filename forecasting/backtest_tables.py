"""The tables of a back-test: every forecast, and errors by forecaster, series, step and origin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..instances.errors import InputError
from ..instances.hints import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..instances.arrays import FloatArray
    from .backtest import BackTest

AXES = {"origin": 0, "horizon": 1, "series": 2}


def percent(level: float) -> str:
    """How a level is called in columns.

    Examples
    --------
    >>> percent(0.8), percent(0.975)
    ('80', '97.5')
    """
    return f"{100 * level:.10g}"


def pointwise(test: BackTest, maker: str) -> Mapping[str, FloatArray]:
    """Losses of every scored forecast, each of the shape (origins, horizon, series), NaN where not known.

    Examples
    --------
    >>> from allocare.forecasting.backtest import back_test
    >>> from allocare.forecasting.records import simulated_panel
    >>> losses = pointwise(back_test(simulated_panel(2, 400), ["last-value"], 7), "last-value")
    >>> list(losses)[:4]
    ['MAE', 'MSE', 'MASE', 'bias']
    """
    scored = slice(test.calibration, None)
    error = -test.residuals(maker)[scored]
    size = np.abs(error)
    losses = {"MAE": size, "MSE": error**2, "MASE": size / test.scale, "bias": error}
    for level, half in zip(test.levels, test.half_widths[maker], strict=True):
        width = half[scored]
        known = ~np.isnan(width) & ~np.isnan(size)
        beyond = np.maximum(size - width, 0)
        name = percent(level)
        losses[f"coverage_{name}"] = np.where(known, size <= width, np.nan)
        losses[f"width_{name}"] = np.where(known, 2 * width, np.nan)
        # of the lower and the upper quantile together, whose sum is Winkler's score times (1 − level) / 2
        losses[f"interval_score_{name}"] = 2 * width + 2 / (1 - level) * beyond
        losses[f"pinball_{name}"] = losses[f"interval_score_{name}"] * (1 - level) / 4
    return losses


def error_table(test: BackTest, by: tuple[str, ...]) -> pd.DataFrame:
    """Average losses over whatever is not named.

    Examples
    --------
    >>> from allocare.forecasting.backtest import back_test
    >>> from allocare.forecasting.records import simulated_panel
    >>> error_table(back_test(simulated_panel(2, 400), ["last-value"], 7), ("series",))["series"].tolist()
    ['R1', 'R2']
    """
    for name in by:
        if name not in AXES:
            raise InputError(f"errors are not known by {name!r}; {nearest(name, AXES)}")
    kept = sorted(by, key=AXES.__getitem__)
    keys: dict[str, Any] = {
        "origin": test.origins,
        "horizon": range(1, test.horizon + 1),
        "series": test.series,
    }
    over = tuple(axis for name, axis in AXES.items() if name not in kept)
    frames = []
    for maker in test.makers:
        losses = pointwise(test, maker)
        columns = {"n": np.asarray((~np.isnan(losses["MAE"])).sum(axis=over)).ravel()}
        means = {name: mean_over(loss, over).ravel() for name, loss in losses.items()}
        columns["MAE"] = means.pop("MAE")
        columns["RMSE"] = np.sqrt(means["MSE"])
        index = pd.MultiIndex.from_product([keys[name] for name in kept], names=kept) if kept else None
        frame = pd.DataFrame(columns | means, index=index)
        frame = frame.reset_index() if kept else frame
        frame.insert(0, "maker", maker)
        frames.append(frame)
    table = pd.concat(frames, ignore_index=True)
    return table[["maker", *by, *table.columns.difference(["maker", *by], sort=False)]]


def mean_over(values: FloatArray, axes: tuple[int, ...]) -> FloatArray:
    """Mean over some axes of what is known; NaN where nothing is.

    Examples
    --------
    >>> mean_over(np.array([[1.0, np.nan], [3.0, np.nan]]), (0,)).tolist()
    [2.0, nan]
    """
    known = ~np.isnan(values)
    count = np.asarray(known.sum(axis=axes))
    total = np.asarray(np.where(known, values, 0).sum(axis=axes))
    means: FloatArray = np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0)
    return means


def forecast_rows(test: BackTest) -> pd.DataFrame:
    """One row a forecaster, series, origin and step ahead.

    Examples
    --------
    >>> from allocare.forecasting.backtest import back_test
    >>> from allocare.forecasting.records import simulated_panel
    >>> forecast_rows(back_test(simulated_panel(2, 400), ["last-value"], 7)).columns[-2:].tolist()
    ['lower_95', 'upper_95']
    """
    origins, steps = len(test.origins), test.horizon
    shape = (len(test.series), origins, steps)
    place = {name: np.indices(shape)[axis].ravel() for axis, name in enumerate(("series", "origin", "step"))}
    scored = slice(test.calibration, None)

    def flat(values: FloatArray) -> FloatArray:
        return np.moveaxis(values[scored], 2, 0).ravel()

    frames = []
    for maker, paths in test.forecasts.items():
        frame = pd.DataFrame(
            {
                "maker": maker,
                "series": pd.Categorical.from_codes(place["series"], categories=test.series),
                "origin": test.origins[place["origin"]],
                "horizon": place["step"] + 1,
                "time": test.targets[scored][place["origin"], place["step"]],
                "actual": flat(test.actual),
                "forecast": flat(paths),
            }
        )
        for level, half in zip(test.levels, test.half_widths[maker], strict=True):
            frame[f"lower_{percent(level)}"] = flat(paths - half)
            frame[f"upper_{percent(level)}"] = flat(paths + half)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)
