"""What a pooled forecaster knows at every origin of every series, each in units of the series' own level."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..instances.arrays import FloatArray

WEEK = 7
LEAST_LEVEL = 0.05
"""Of a series' usual level; a lower one is no unit to measure changes in."""


class Features(NamedTuple):
    """Features known at each origin, and what they are called.

    Parameters
    ----------
    own
        Of each series, shape (times, series, columns).
    shared
        Of all series together, shape (times, columns).
    names
        Of the own columns, then of the shared ones.
    """

    own: FloatArray
    shared: FloatArray
    names: tuple[str, ...]


def lagged(values: FloatArray, lag: int) -> FloatArray:
    """Rows so many steps earlier; NaN where there is none; a negative lag looks ahead.

    Examples
    --------
    >>> lagged(np.array([[1.0], [2.0], [3.0]]), 1).ravel().tolist()
    [nan, 1.0, 2.0]
    >>> lagged(np.array([[1.0], [2.0], [3.0]]), -2).ravel().tolist()
    [3.0, nan, nan]
    """
    moved = np.full(values.shape, np.nan)
    if abs(lag) < len(values):
        moved[max(lag, 0) : len(values) + min(lag, 0)] = values[max(-lag, 0) : len(values) - max(lag, 0)]
    return moved


def rolling_mean(values: FloatArray, window: int) -> FloatArray:
    """Mean of the last rows up to each; NaN while less than half of the window is known.

    Examples
    --------
    >>> rolling_mean(np.array([[1.0], [2.0], [6.0]]), 2).ravel().tolist()
    [1.0, 1.5, 4.0]
    """
    frame = pd.DataFrame(values)
    mean: FloatArray = frame.rolling(window, min_periods=max(1, window // 2)).mean().to_numpy()
    return mean


def usual_levels(values: FloatArray) -> FloatArray:
    """Mean size of each series, 1 for one that is always nought.

    Examples
    --------
    >>> usual_levels(np.array([[4.0, 0.0], [np.nan, 0.0]])).tolist()
    [4.0, 1.0]
    """
    known = ~np.isnan(values)
    mean = np.where(known, np.abs(values), 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return np.where(mean > 0, mean, 1.0)


def levels(values: FloatArray, usual: FloatArray) -> FloatArray:
    """Mean of the last week, the unit of a series' changes; at least a twentieth of its usual level.

    Examples
    --------
    >>> levels(np.array([[4.0], [6.0], [0.0]]), np.array([5.0])).ravel().round(2).tolist()
    [nan, nan, 3.33]
    """
    level = rolling_mean(values, WEEK)
    return np.where(np.isnan(level), np.nan, np.maximum(level, LEAST_LEVEL * usual))


def typical_moves(values: FloatArray, level: FloatArray) -> FloatArray:
    """Mean absolute change from day to day of each series, relative to its level.

    Examples
    --------
    >>> typical_moves(np.array([[4.0], [6.0], [5.0]]), np.full((3, 1), 5.0)).round(2).tolist()
    [0.3]
    """
    moves = np.abs(values - lagged(values, 1)) / level
    known = ~np.isnan(moves)
    moved: FloatArray = np.where(known, moves, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return moved


def weekday_columns(times: pd.DatetimeIndex) -> FloatArray:
    """Indicators of Monday to Saturday; Sunday is none of them.

    Examples
    --------
    >>> weekday_columns(pd.DatetimeIndex(["2024-01-01", "2024-01-07"])).tolist()
    [[1.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0]]
    """
    indicators: FloatArray = (times.day_of_week.to_numpy()[:, None] == np.arange(WEEK - 1)).astype(float)
    return indicators


def features_of(
    values: FloatArray,
    level: FloatArray,
    move: FloatArray,
    capacity: FloatArray | None = None,
    *,
    lags: Sequence[int] = (0, 1, 2, 3, 4, 5, 6, 7, 14),
    capped_lags: Sequence[int] = (0, 1, 2, 3, 7),
    cap: float = 3.0,
    usage_windows: Sequence[int] = (28, 364),
) -> Features:
    """Features of all origins and series at once; row t uses rows up to t and none after.

    With z the values, L the level of the last week and m a series' typical move from day to day:
    the deviations x_k = (z(t−k) − L) / L; the same capped at ± cap · m, so that a jump can count
    for less, or more, than its size; with capacity c and use u = z / c, how far u is from its mean
    over longer windows, and u itself. Shared are the same of all series together, weighted by their levels.

    Parameters
    ----------
    values
        Rows of time, columns of series; nothing missing after a series' first value.
    level
        From `levels`.
    move
        Of each series, the mean of |z(t) − z(t−1)| / L.
    capacity
        What the values could at most be, of the same shape, such as staffed beds.
    lags, capped_lags
        Which k.
    cap
        In typical moves.
    usage_windows
        Lengths of the windows over which the mean use is taken.

    Examples
    --------
    >>> values = np.array([[4.0], [4.0], [4.0], [8.0]])
    >>> level = levels(values, np.array([5.0]))
    >>> found = features_of(values, level, np.array([0.1]), lags=(0, 1), capped_lags=(0,))
    >>> found.names[:3]
    ('lag 0', 'lag 1', 'capped lag 0')
    >>> found.own[-1, 0].round(2).tolist()
    [0.6, -0.2, 0.3]
    """
    deviations = {lag: np.clip((lagged(values, lag) - level) / level, -1, 1) for lag in {*lags, *capped_lags}}
    own = {f"lag {lag}": deviations[lag] for lag in lags}
    capped = {f"capped lag {lag}": np.clip(deviations[lag], -cap * move, cap * move) for lag in capped_lags}
    usage = {}
    if capacity is not None:
        with np.errstate(divide="ignore", invalid="ignore"):
            use = np.where(capacity > 0, np.minimum(values / capacity, 2.0), np.nan)
        usage = {
            f"use less its mean of {window}": use - rolling_mean(use, window) for window in usage_windows
        }
    together = {f"all {name}": _weighted_mean(column, level) for name, column in (own | usage).items()}
    own |= capped | usage
    if capacity is not None:
        own["use"] = use
    return Features(
        own=np.nan_to_num(np.stack(list(own.values()), axis=2), copy=False),
        shared=np.nan_to_num(np.stack(list(together.values()), axis=1), copy=False),
        names=(*own, *together),
    )


def _weighted_mean(column: FloatArray, weights: FloatArray) -> FloatArray:
    known = ~(np.isnan(column) | np.isnan(weights))
    total = np.where(known, weights, 0.0).sum(axis=1)
    mean: FloatArray = np.where(known, weights * column, 0.0).sum(axis=1) / np.where(total > 0, total, 1.0)
    return mean
