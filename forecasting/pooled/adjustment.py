"""Holiday, season and weekday effects, learnt over all series, and taken off them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..calendars import Region, calendar_array, regions
from ..features import (
    WEEK,
    features_of,
    lagged,
    levels,
    rolling_mean,
    typical_moves,
    usual_levels,
    weekday_columns,
)
from .changes import WARM_UP, days_of_weight
from .moments import Block, ridge

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray, IndexArray
    from ..panel import Panel

TWO_YEARS = 730
"""Days of history before a season can be told from a trend."""
WEEKDAY_HALF_LIFE = 180
WIDEST_WEEKDAY_DEVIATION = 0.15
LEAST_FACTOR, GREATEST_FACTOR = 0.3, 3.0


@dataclass(frozen=True, eq=False)
class Adjustment:
    """Multiplicative effects of the calendar on every series.

    Parameters
    ----------
    regions
        Whose calendars.
    place
        Of each series among the regions.
    harmonics
        Waves of the year in the calendars' columns.
    effects
        Of each calendar column, relative to a series' level, one column a region.
    weekdays
        Of each weekday from Monday, relative to a series' week, one column a series.
    """

    regions: list[Region]
    place: IndexArray
    harmonics: int
    effects: FloatArray
    weekdays: FloatArray

    def factors(self, times: pd.DatetimeIndex) -> FloatArray:
        """By what a series is larger at each time than it would be without calendar; a column a series."""
        return (
            _calendar_factors(self.regions, times, self.harmonics, self.effects)[:, self.place]
            * (1.0 + self.weekdays)[times.day_of_week]
        )


def usual_harmonics(n_days: int) -> int:
    """Waves of the year that a history of so many days can tell from trends.

    Examples
    --------
    >>> usual_harmonics(700), usual_harmonics(1000)
    (0, 2)
    """
    return 2 if n_days >= TWO_YEARS else 0


def fit_adjustment(
    panel: Panel, values: FloatArray, capacity: FloatArray | None, *, penalty: float, half_life: float
) -> Adjustment:
    r"""Learn the calendar's effects from weekly changes, then the weekdays' from what is left.

    With L the level of the last week, c(t) the calendar's columns and x(t) the lag features,

        (y(t+7) − y(t)) / L(t) = α + (c(t+7) − c(t))·β + x(t)·γ + weekday(t) + ε,

    a ridge regression over days and regions (the level-weighted mean of a region's series), later days
    weighing more. Lags stand beside the calendar so that a return to the usual level is not taken for an
    effect of the feast that it follows.

    Parameters
    ----------
    panel
        Whose times, series and attributes.
    values
        Its values, missing ones filled.
    capacity
        What they could at most be.
    penalty
        Of the ridge regression, in days.
    half_life
        Days after which a record weighs half.

    Examples
    --------
    >>> from allocare.forecasting.panel import Panel
    >>> days = pd.date_range("2024-01-01", periods=70)
    >>> weekly = np.where(days.day_of_week == 6, 90.0, 100.0)[:, None]
    >>> panel = Panel(values=pd.DataFrame(weekly, index=days, columns=["Hessen"]))
    >>> fitted = fit_adjustment(panel, weekly, None, penalty=1.0, half_life=730)
    >>> fitted.weekdays[[0, 6], 0].round(2).tolist()
    [0.01, -0.09]
    """
    found, place = regions(panel)
    harmonics = usual_harmonics(len(panel.times))
    level = levels(values, usual_levels(values))
    move = typical_moves(values, level)
    features = features_of(values, level, move, capacity)
    with np.errstate(invalid="ignore"):
        change = np.clip((lagged(values, -WEEK) - values) / level, -1, 1)
    weight = np.where(np.isnan(change), 0.0, np.nan_to_num(level))
    pooled = _region_means(np.concatenate([features.own, np.nan_to_num(change)[..., None]], 2), weight, place)
    week_on = panel.times + pd.Timedelta(days=WEEK)
    columns, later = (
        calendar_array(times, found, harmonics=harmonics)[1] for times in (panel.times, week_on)
    )
    rows = slice(min(WARM_UP, len(values) // 3), len(values) - WEEK)
    n_rows, n_regions = len(values[rows]), len(found)
    shared = np.concatenate([features.shared[rows], weekday_columns(panel.times)[rows]], axis=1)
    design = np.concatenate(
        [
            (later - columns)[rows],
            pooled[rows, :, :-1],
            np.broadcast_to(shared[:, None], (n_rows, n_regions, shared.shape[1])),
        ],
        axis=2,
    )
    total = np.stack([weight[:, place == at].sum(axis=1) for at in range(n_regions)], axis=1)[rows]
    recency = 0.5 ** ((n_rows - 1 - np.arange(n_rows)) / half_life)
    weights = np.sqrt(total / max(total.mean(), 1e-12)) * recency[:, None]
    block = Block(design.reshape(n_rows * n_regions, -1), pooled[rows, :, -1].reshape(-1, 1), weights.ravel())
    effects = ridge([block], penalty / days_of_weight(n_rows, half_life)).coefficients[: columns.shape[2]]
    left = values / _calendar_factors(found, panel.times, harmonics, effects)[:, place]
    return Adjustment(found, place, harmonics, effects, _weekday_effects(left, panel.times))


def _calendar_factors(
    found: list[Region], times: pd.DatetimeIndex, harmonics: int, effects: FloatArray
) -> FloatArray:
    factor: FloatArray = 1.0 + (calendar_array(times, found, harmonics=harmonics)[1] @ effects)[..., 0]
    return np.clip(factor, LEAST_FACTOR, GREATEST_FACTOR)


def _region_means(features: FloatArray, weight: FloatArray, place: IndexArray) -> FloatArray:
    means = []
    for at in range(int(place.max()) + 1):
        of = place == at
        total = weight[:, of].sum(axis=1)
        weighted = np.einsum("ts,tsk->tk", weight[:, of], features[:, of])
        means.append(weighted / np.where(total > 0, total, 1.0)[:, None])
    return np.stack(means, axis=1)


def _weekday_effects(values: FloatArray, times: pd.DatetimeIndex) -> FloatArray:
    """Deviations from the centred week by weekday, drawn towards those of all series as noise demands."""
    centred = lagged(rolling_mean(values, WEEK), -(WEEK // 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = values / centred - 1.0
    deviation = np.clip(ratio, -WIDEST_WEEKDAY_DEVIATION, WIDEST_WEEKDAY_DEVIATION)
    n_days = len(values)
    recency = 0.5 ** ((n_days - 1 - np.arange(n_days)) / WEEKDAY_HALF_LIFE)
    weight = np.where(np.isfinite(deviation), recency[:, None], 0.0)
    deviation = np.nan_to_num(deviation, posinf=0.0, neginf=0.0)
    of_day = (times.day_of_week.to_numpy() == np.arange(WEEK)[:, None]).astype(float)
    total = of_day @ weight
    safe = np.maximum(total, 1e-12)
    mean = of_day @ (weight * deviation) / safe
    spread = np.maximum(of_day @ (weight * deviation**2) / safe - mean**2, 0.0)
    variance = spread * (of_day @ weight**2) / safe**2
    common = np.average(mean, axis=1, weights=usual_levels(values))[:, None]
    between = max(float(((mean - common) ** 2 - variance).mean()), 0.0)
    trust = between / np.maximum(between + variance, 1e-12)
    effect: FloatArray = common + trust * (mean - common)
    effect -= effect.mean(axis=0)
    return effect
