"""One regression of the changes ahead on what is known, over all series and days at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from ..features import Features, features_of, lagged, levels, typical_moves, usual_levels, weekday_columns
from .moments import Block, Linear, least_absolute, ridge

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from ...instances.arrays import FloatArray, IndexArray

Loss: TypeAlias = Literal["squared", "absolute"]

WARM_UP = 60
"""Days at a history's start whose features are still forming, and whose records often are."""
ROWS_A_BLOCK = 100_000
ROWS_OF_MEDIANS = 150_000
"""More are thinned out for least absolute deviations, which pass over them many times."""
GREATEST_CHANGE = 1.0
"""Of a series' level; a larger one is no demand but a change of what is recorded."""


@dataclass(frozen=True, eq=False)
class ChangeModel:
    """How far series move from where they are, in units of their level, 1 to `horizon` days ahead.

    Parameters
    ----------
    usual, move
        Of each series, its usual level and its typical change from day to day.
    linear
        From features to changes.
    """

    usual: FloatArray
    move: FloatArray
    linear: Linear

    def forecast(
        self, values: FloatArray, capacity: FloatArray | None, times: pd.DatetimeIndex, rows: IndexArray
    ) -> FloatArray:
        """Forecast from some rows of the values, shape (rows, horizon, series)."""
        level = levels(values, self.usual)
        design = _design(features_of(values, level, self.move, capacity), times, rows)
        change = np.clip(self.linear.predict(design), -GREATEST_CHANGE, GREATEST_CHANGE)
        return np.moveaxis(values[rows][..., None] + level[rows][..., None] * change, 2, 1)


def fit_changes(
    values: FloatArray,
    recorded: FloatArray,
    capacity: FloatArray | None,
    times: pd.DatetimeIndex,
    horizon: int,
    *,
    penalty: float,
    half_life: float,
    loss: Loss = "squared",
    seed: int = 0,
) -> ChangeModel:
    r"""Regress (z(t+h) − z(t)) / L(t) on features and weekday at t, for every h up to the horizon.

    A row weighs as its level L(t), for what counts is the error in the values' own unit, and half for every
    half-life that it is older.

    Parameters
    ----------
    values
        The series z, what is missing filled from before; a column a series.
    recorded
        The same, NaN where nothing was recorded: no target.
    capacity
        What the values could at most be.
    times
        Of the rows.
    horizon
        Days ahead.
    penalty
        Of the ridge regression, in days: what it weighs beside the days' own, recent ones in full.
    half_life
        In days.
    loss
        Squared for means, absolute for medians.
    seed
        Draws the rows that medians are fitted to where there are very many.

    Examples
    --------
    >>> import pandas as pd
    >>> days = pd.date_range("2024-01-01", periods=60)
    >>> growing = 100 * 1.01 ** np.arange(60.0)[:, None]
    >>> model = fit_changes(growing, growing, None, days, 2, penalty=0.0, half_life=100)
    >>> ahead = model.forecast(growing, None, days, np.array([59]))
    >>> (ahead / growing[-1]).ravel().round(3).tolist()
    [1.01, 1.02]
    """
    usual = usual_levels(values)
    level = levels(values, usual)
    move = typical_moves(values, level)
    features = features_of(values, level, move, capacity)
    targets = np.stack([lagged(recorded, -step) for step in range(1, horizon + 1)], axis=2)
    n_days, n_series = values.shape
    share = penalty / days_of_weight(n_days, half_life)

    def blocks() -> Iterator[Block]:
        length = max(1, ROWS_A_BLOCK // n_series)
        for start in range(min(WARM_UP, n_days // 3), n_days - 1, length):
            rows = np.arange(start, min(start + length, n_days - 1), dtype=np.int32)
            here, unit = values[rows], level[rows]
            change = np.clip((targets[rows] - here[..., None]) / unit[..., None], -1, 1)
            weights = unit * (0.5 ** ((n_days - 1 - rows) / half_life))[:, None]
            kept = np.isfinite(weights) & np.isfinite(here) & np.isfinite(change).any(axis=2)
            yield Block(_design(features, times, rows)[kept], change[kept], weights[kept])

    if loss == "squared":
        return ChangeModel(usual, move, ridge(blocks(), share))
    features_, changes, weights = (np.concatenate(part) for part in zip(*blocks(), strict=True))
    whole = Block(features_, changes, weights)
    if len(weights) > ROWS_OF_MEDIANS:
        random = np.random.default_rng(seed)
        some = np.sort(random.choice(len(weights), ROWS_OF_MEDIANS, replace=False))
        whole = Block(features_[some], changes[some], weights[some])
    return ChangeModel(usual, move, least_absolute(whole, share))


def days_of_weight(n_days: int, half_life: float) -> float:
    """What so many days weigh together where the last weighs one.

    Examples
    --------
    >>> days_of_weight(3, 1.0)
    1.75
    """
    return float((0.5 ** (np.arange(n_days) / half_life)).sum())


def _design(features: Features, times: pd.DatetimeIndex, rows: IndexArray) -> FloatArray:
    """Own, shared and weekday columns of some rows, shape (rows, series, columns)."""
    own = features.own[rows]
    shared = np.concatenate([features.shared[rows], weekday_columns(times[rows])], axis=1)
    return np.concatenate([own, np.broadcast_to(shared[:, None], (*own.shape[:2], shared.shape[1]))], axis=2)
