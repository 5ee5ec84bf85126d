"""The recursions of exponential smoothing, over many series and many parameters at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray, IndexArray


class States(NamedTuple):
    """Level, trend and season of every series.

    Level and trend have the shape (..., series); season has (m, ..., series), its first entry being the next
    one due, and is None where there is no season.
    """

    level: FloatArray
    trend: FloatArray
    season: FloatArray | None


class Smoothing(NamedTuple):
    """Parameters α, β, γ and φ, each of the shape (..., series)."""

    level: FloatArray
    trend: FloatArray
    season: FloatArray
    damping: FloatArray


def initial_states(values: FloatArray, period: int) -> States:
    """Start the level from the first two seasons, the trend from nothing, the season from all of them.

    A season is what is left, on average over the seasons, of the values less the mean of the season around
    them: one that stays as it is needs no further smoothing, one that changes soon forgets its start.

    Parameters
    ----------
    values
        Shape (rows, series), NaN where nothing was recorded.
    period
        Rows in a season m, 1 for none.

    Examples
    --------
    >>> level, trend, season = initial_states(np.array([[1.0], [3.0], [1.0], [3.0]]), period=2)
    >>> level.tolist(), trend.tolist(), season.ravel().tolist()
    ([2.0], [0.0], [-1.0, 1.0])
    """
    recorded = ~np.isnan(values)
    # series may begin late: the first values of each, wherever they stand
    early = recorded & (np.cumsum(recorded, axis=0) <= max(2 * period, 3))
    level = np.where(early, values, 0).sum(axis=0) / np.maximum(early.sum(axis=0), 1)
    trend = np.zeros_like(level)
    if period == 1:
        return States(level, trend, None)
    frame = pd.DataFrame(values - level)
    around = frame.rolling(period, center=True, min_periods=1).mean() if len(frame) > 2 * period else 0.0
    phases = (frame - around).groupby(np.arange(len(frame)) % period).mean()
    season = phases.reindex(range(period)).fillna(0.0).to_numpy()
    return States(level, trend, season - season.mean(axis=0))


def squared_errors(values: FloatArray, start: States, by: Smoothing) -> FloatArray:
    """Sum the squares of the one-step errors, of each candidate and series.

    Examples
    --------
    >>> values = np.array([[2.0], [4.0]])
    >>> zero = np.zeros(1)
    >>> half = Smoothing(zero + 0.5, zero, zero, zero + 1)
    >>> squared_errors(values, States(zero + 2, zero, None), half).tolist()
    [4.0]
    """
    state = _copied(start, by)
    total = np.zeros(np.broadcast_shapes(by.level.shape, start.level.shape))
    for row, value in enumerate(values):
        error = _step(state, value, row, by)
        total += error * error
    return total


def filtered(values: FloatArray, start: States, by: Smoothing, rows: IndexArray) -> States:
    """States as known after some rows, one more leading axis than those at the start.

    Examples
    --------
    >>> values, zero = np.array([[2.0], [4.0]]), np.zeros(1)
    >>> half = Smoothing(zero + 0.5, zero, zero, zero + 1)
    >>> filtered(values, States(zero + 2, zero, None), half, np.array([0, 1])).level.ravel().tolist()
    [2.0, 3.0]
    """
    state = _copied(start, by)
    wanted = np.zeros(len(values), dtype=bool)
    wanted[rows] = True
    kept: dict[int, tuple[FloatArray, FloatArray, FloatArray | None]] = {}
    for row, value in enumerate(values[: int(rows.max()) + 1]):
        _step(state, value, row, by)
        if wanted[row]:
            season = None if state.season is None else np.roll(state.season, -(row + 1), axis=0)
            kept[row] = (state.level.copy(), state.trend.copy(), season)
    level, trend = (np.stack([kept[int(row)][part] for row in rows]) for part in (0, 1))  # type: ignore[misc]
    if state.season is None:
        return States(level, trend, None)
    return States(level, trend, np.stack([kept[int(row)][2] for row in rows], axis=1))  # type: ignore[misc]


def looked_ahead(states: States, damping: FloatArray, horizon: int) -> FloatArray:
    """ŷ(t+h) = l + (φ + φ² + … + φ^h) b + s(t+h), of the shape (..., horizon, series).

    Examples
    --------
    >>> zero = np.zeros((1, 1))
    >>> looked_ahead(States(zero + 5, zero + 2, None), np.array([0.5]), 2).ravel().tolist()
    [6.0, 6.5]
    """
    growth = np.cumsum(damping ** np.arange(1, horizon + 1)[:, None], axis=0)
    ahead: FloatArray = states.level[..., None, :] + growth * states.trend[..., None, :]
    if states.season is None:
        return ahead
    turn = np.arange(horizon) % len(states.season)
    return ahead + np.moveaxis(states.season[turn], 0, -2)


def _copied(start: States, by: Smoothing) -> States:
    shape = np.broadcast_shapes(by.level.shape, start.level.shape)
    season = start.season
    if season is not None:
        middle = season.reshape(len(season), *[1] * (len(shape) - 1), shape[-1])
        season = np.broadcast_to(middle, (len(season), *shape)).copy()
    level, trend = (np.broadcast_to(part, shape).copy() for part in (start.level, start.trend))
    return States(level, trend, season)


def _step(state: States, value: FloatArray, row: int, by: Smoothing) -> FloatArray:
    """Take one row in, in place, and return its errors; 0 where nothing was recorded."""
    level, trend, season = state
    np.multiply(trend, by.damping, out=trend)
    np.add(level, trend, out=level)
    error = value - level
    if season is not None:
        due = season[row % len(season)]
        error -= due
    np.nan_to_num(error, copy=False, nan=0.0)
    level += by.level * error
    trend += by.trend * error
    if season is not None:
        due += by.season * error
    return error
