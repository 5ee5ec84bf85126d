"""How far a short history lets a forecaster leave last values, as its own held-out part says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..makers.history import carried_forward
from ..makers.maker_base import Fitted

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...instances.arrays import FloatArray, IndexArray
    from ..panel import Panel

LONG_HISTORY = 730
"""Days that need no damping: what two years show of all series is no accident of a season."""
HELD_OUT = 2
"""Parts of a history, each a quarter of it, forecast from what is before them."""
LEAST_PAST = 14
ORIGINS_A_PART = 60


def damped(fit: Callable[[Panel], Fitted], panel: Panel, horizon: int) -> Fitted:
    r"""Fit on a panel, and draw the forecasts towards last values where the history is short.

    For each step ahead h, with ŷ fitted on what is before a held-out part and y(t) the last value, the
    damping is the λ in [0, 1] with the least absolute error over all origins t and series of the parts,

        Σ | y(t+h) − y(t) − λ (ŷ(t+h) − y(t)) |,

    a weighted median of the ratios of true to forecast changes. Forecasts are y(t) + λ (ŷ(t+h) − y(t)).

    Parameters
    ----------
    fit
        From what is past to a fitted forecaster.
    panel
        All that is past.
    horizon
        Steps ahead.

    Examples
    --------
    >>> import pandas as pd
    >>> from allocare.forecasting.makers.maker_base import Fitted
    >>> from allocare.forecasting.panel import Panel
    >>> days = pd.date_range("2024-01-01", periods=60)
    >>> panel = Panel(values=pd.DataFrame({"Hessen": np.arange(60.0)}, index=days))
    >>> def twice_the_trend(past):
    ...     return Fitted(past.series, 1, lambda now, rows: now.values.to_numpy()[rows][:, None] + 2)
    >>> damped(twice_the_trend, panel, 1).forecast(panel, days[[59]]).ravel().tolist()
    [60.0]
    """
    whole = fit(panel)
    if len(panel.times) >= LONG_HISTORY:
        return whole
    share = _shares(fit, panel, horizon)

    def ahead(panel: Panel, rows: IndexArray) -> FloatArray:
        last = carried_forward(panel.values.to_numpy())[rows][:, None]
        drawn: FloatArray = last + share[:, None] * (whole.ahead(panel, rows) - last)
        return drawn

    return Fitted(whole.series, horizon, ahead)


def _shares(fit: Callable[[Panel], Fitted], panel: Panel, horizon: int) -> FloatArray:
    values = panel.values.to_numpy()
    n_days, length = len(values), len(values) // (HELD_OUT + 2)
    last = carried_forward(values)
    true, said = [np.zeros((0, horizon, values.shape[1]))], [np.zeros((0, horizon, values.shape[1]))]
    for part in range(HELD_OUT, 0, -1):
        first = n_days - 1 - part * length
        if first + 1 < LEAST_PAST + horizon:
            continue
        rows = np.arange(first, first + length, max(1, length // ORIGINS_A_PART), dtype=np.int32)
        at = rows[:, None] + np.arange(1, horizon + 1)
        came = np.where((at < n_days)[..., None], values[np.minimum(at, n_days - 1)], np.nan)
        past = fit(panel.until(panel.times[first]))
        true.append(came - last[rows][:, None])
        said.append(past.forecast(panel, panel.times[rows]) - last[rows][:, None])
    changes = zip(
        np.moveaxis(np.concatenate(true), 1, 0), np.moveaxis(np.concatenate(said), 1, 0), strict=True
    )
    return np.array([_best_share(came.ravel(), forecast.ravel()) for came, forecast in changes])


def _best_share(came: FloatArray, forecast: FloatArray) -> float:
    known = np.isfinite(came) & np.isfinite(forecast) & (forecast != 0)
    if not known.any():
        return 0.0
    came, forecast = came[known], forecast[known]
    with np.errstate(over="ignore"):
        ratios, weights = came / forecast, np.abs(forecast)
    order = np.argsort(ratios, kind="stable")
    heavier = np.cumsum(weights[order])
    return float(np.clip(ratios[order][np.searchsorted(heavier, heavier[-1] / 2)], 0.0, 1.0))
