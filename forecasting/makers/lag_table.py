"""What a direct forecaster reads at an origin: lags, rolling means and the calendar, for all series."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .history import carried_forward

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...instances.arrays import FloatArray, IndexArray

MOST_STEPS = 14


def usual_lags(period: int) -> tuple[int, ...]:
    """Rows back that are read: all of a season (at most 14), and the same place in three more.

    Examples
    --------
    >>> usual_lags(7)
    (1, 2, 3, 4, 5, 6, 7, 14, 21, 28)
    >>> usual_lags(1)
    (1, 2, 3, 4)
    """
    near = range(1, min(period, MOST_STEPS) + 1)
    return tuple(sorted({*near, *(period * k for k in range(1, 5))}))


def lagged(values: FloatArray, rows: IndexArray, lags: Sequence[int]) -> FloatArray:
    """Read values some rows back, shape (rows, series, lags); what was missing is carried forward.

    Examples
    --------
    >>> lagged(np.array([[1.0], [2.0], [4.0]]), np.array([2]), [0, 1, 3]).ravel().tolist()
    [4.0, 2.0, nan]
    """
    at = rows[:, None] - np.asarray(lags, dtype=np.int64)
    read = carried_forward(values)[np.maximum(at, 0)]
    return np.moveaxis(np.where((at >= 0)[..., None], read, np.nan), 1, 2)


def rolling_means(values: FloatArray, rows: IndexArray, windows: Sequence[int]) -> FloatArray:
    """Means over windows that end at some rows, shape (rows, series, windows).

    Examples
    --------
    >>> rolling_means(np.array([[1.0], [2.0], [4.0]]), np.array([2]), [2, 3]).ravel().round(2).tolist()
    [3.0, 2.33]
    """
    frame = pd.DataFrame(carried_forward(values))
    means = [frame.rolling(window, min_periods=1).mean().to_numpy()[rows] for window in windows]
    return np.stack(means, axis=2)


def calendar_terms(times: pd.DatetimeIndex, period: int) -> dict[str, FloatArray]:
    """Describe where times stand in the week (days) and in the year, without holidays.

    Examples
    --------
    >>> terms = calendar_terms(pd.date_range("2024-01-01", periods=2), 7)
    >>> terms["tuesday"].tolist(), terms["year_cosine"].round(3).tolist()
    ([0.0, 1.0], [1.0, 1.0])
    """
    terms: dict[str, FloatArray] = {}
    if period == 7:
        names = ("tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
        for day, name in enumerate(names, start=1):
            terms[name] = (times.day_of_week == day).astype(float)
    turn = 2 * np.pi * (times.day_of_year.to_numpy() - 1) / 365.25
    return terms | {"year_sine": np.sin(turn), "year_cosine": np.cos(turn)}
