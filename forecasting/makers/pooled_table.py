"""One table over all series and origins, in units of each series, that a learner fits as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .lag_table import calendar_terms, lagged, rolling_means, usual_lags
from .seasons import season_length

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray, IndexArray
    from ..panel import Panel


class Units(NamedTuple):
    """Of each series: its mean change from row to row, and the mean of its values."""

    change: FloatArray
    mean: FloatArray


def units_of(values: FloatArray) -> Units:
    """Measure each series; one that never changes has a unit of 1.

    Examples
    --------
    >>> units_of(np.array([[1.0], [3.0], [5.0]]))
    Units(change=array([2.]), mean=array([3.]))
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        steps = np.abs(np.diff(values, axis=0))
        counted = (~np.isnan(steps)).sum(axis=0)
        change = np.nansum(steps, axis=0) / counted
        mean = np.nansum(values, axis=0) / (~np.isnan(values)).sum(axis=0)
    return Units(np.where(change > 0, change, 1.0), mean)


def features_at(panel: Panel, rows: IndexArray, units: Units) -> FloatArray:
    """What is known at origins, shape (rows, series, features), all relative to the value at the origin.

    Lags and rolling means less the value at the origin, that value less the series' mean, both in units of
    the series' mean change; and the calendar. What is not known is 0: no different from the origin.

    Examples
    --------
    >>> import pandas as pd
    >>> from allocare.forecasting.panel import Panel
    >>> days = pd.date_range("2024-01-01", periods=10)
    >>> panel = Panel(values=pd.DataFrame({"Hessen": np.arange(10.0)}, index=days))
    >>> features_at(panel, np.array([9]), units_of(panel.values.to_numpy()))[0, 0, :4].tolist()
    [-1.0, -2.0, -3.0, -4.0]
    """
    values = panel.values.to_numpy()
    period = season_length(panel.frequency)
    lags = usual_lags(period)
    now = lagged(values, rows, (0,))
    history = lagged(values, rows, lags)
    means = rolling_means(values, rows, (max(period, 2), 4 * max(period, 2)))
    own = np.concatenate([history - now, means - now, now - units.mean[:, None]], axis=2)
    own /= units.change[:, None]
    calendar = np.stack(list(calendar_terms(panel.times[rows], period).values()), axis=1)
    shared = np.broadcast_to(calendar[:, None, :], (len(rows), values.shape[1], calendar.shape[1]))
    table: FloatArray = np.nan_to_num(np.concatenate([own, shared], axis=2), copy=False, nan=0.0)
    return table


def training_table(
    panel: Panel, horizon: int, units: Units, most: int, random: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Features and targets of at most so many (origin, series) cells, all targets of which are known.

    Targets have one column a step ahead: the value then less that at the origin, in the series' units.
    Series are taken in an order of their own values, so that neither their names nor their places matter.

    Examples
    --------
    >>> import pandas as pd
    >>> from allocare.forecasting.panel import Panel
    >>> days = pd.date_range("2024-01-01", periods=40)
    >>> panel = Panel(values=pd.DataFrame({"Hessen": np.arange(40.0)}, index=days))
    >>> units = units_of(panel.values.to_numpy())
    >>> features, targets = training_table(panel, 2, units, 5, np.random.default_rng(0))
    >>> features.shape[0], targets[0].tolist()
    (5, [1.0, 2.0])
    """
    values = panel.values.to_numpy()
    order = np.lexsort((values.shape[0] - np.isnan(values).sum(axis=0), units.change, units.mean))
    first = min(max(usual_lags(season_length(panel.frequency))), len(values) // 2)
    rows = np.arange(first, len(values) - horizon)
    now = lagged(values, rows.astype(np.int32), (0,))[..., 0]
    ahead = values[rows[:, None] + np.arange(1, horizon + 1)]
    targets = np.moveaxis((ahead - now[:, None]) / units.change, 1, 2)[:, order]
    row, place = np.nonzero(~np.isnan(targets).any(axis=2))
    if len(row) > most:
        kept = np.sort(random.choice(len(row), most, replace=False))
        row, place = row[kept], place[kept]
    needed, position = np.unique(row, return_inverse=True)
    features = features_at(panel, rows[needed].astype(np.int32), units)
    return features[position, order[place]], targets[row, place]
