r"""What a panel is like before anything is forecast: gaps, level, trend, season, memory.

The strength of trend and season comes from the decomposition :math:`x = T + S + R` by loess (STL):

.. math:: F_T = \max\Bigl(0, 1 - \frac{\operatorname{var} R}{\operatorname{var}(T + R)}\Bigr),\qquad
          F_S = \max\Bigl(0, 1 - \frac{\operatorname{var} R}{\operatorname{var}(S + R)}\Bigr)

The season is the same in every period. Noise alone has a strength of about one over the number of periods.

References
----------
Cleveland, Cleveland, McRae and Terpenning (1990), STL: a seasonal-trend decomposition based on loess.
Wang, Smith and Hyndman (2006), Characteristic-based clustering for time series data.
Sen (1968), Estimates of the regression coefficient based on Kendall's tau.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .extras import need

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray
    from .panel import Panel

_DAYS_A_WEEK, _DAYS_A_YEAR = 7.0, 365.25
_MANY_MISSING = 0.2
_PERIODS, _WIDE = 3, 10


@dataclass(frozen=True, eq=False)
class Profile:
    """What the series of a panel are like; made by `profile`.

    Parameters
    ----------
    values
        One row a series: ``n`` values, ``missing`` ones and their ``missing_share``, the ``longest_gap`` in
        steps, the ``first`` and ``last`` time with a value, ``mean``, sample ``std``, ``min``, ``max``, how
        many ``zeros``, and whether it is ``one_valued``.
    patterns
        One row a series: the ``slope`` a week, half of which pairs of weekly means are above, with a 95 %
        interval ``slope_low`` to ``slope_high`` that takes weeks to be independent; the strengths of
        ``trend``, ``weekly`` and ``yearly`` pattern from 0 to 1, missing where fewer than three of the
        periods are there; ``autocorrelation_1`` and ``autocorrelation_7`` at 1 and 7 steps.
    warnings
        What stands in the way of a forecast, one line each.

    Examples
    --------
    >>> days = pd.date_range("2024-01-01", periods=3)
    >>> from allocare.forecasting.panel import Panel
    >>> profile(Panel(values=pd.DataFrame({"HE": [5.0, 5, 5]}, index=days))).warnings
    ("series 'HE' has one value only, 5: nothing can be learnt from it",)
    """

    values: pd.DataFrame
    patterns: pd.DataFrame
    warnings: tuple[str, ...]


def profile(panel: Panel) -> Profile:
    """Describe a panel's series.

    For trend, season and autocorrelation, weekly means leave out what is missing, and gaps are bridged by
    lines in the decomposition alone.

    Examples
    --------
    >>> from allocare.forecasting.records import simulated_panel
    >>> described = profile(simulated_panel(2, 365, seed=1))
    >>> described.values[["n", "missing", "mean", "std"]].round(1)
              n  missing   mean   std
    series
    R1      365        0  424.8  21.3
    R2      365        0  887.1  40.2
    """
    values = panel.values
    described = _values(values, panel.times)
    days = _days_a_step(panel.times)
    rows = [_pattern(values[key].to_numpy(dtype=np.float64), days) for key in values]
    patterns = pd.DataFrame(rows, index=values.columns)
    for lag in (1, 7):
        patterns[f"autocorrelation_{lag}"] = autocorrelation(values.to_numpy(dtype=np.float64), lag)
    said = tuple(_warnings(described))
    return Profile(described.rename_axis("series"), patterns.rename_axis("series"), said)


def autocorrelation(values: FloatArray, lag: int) -> FloatArray:
    r"""Autocorrelation of each column at a lag, over the pairs that are known.

    .. math:: r_k = \frac{\operatorname{mean}_t (x_t - \bar x)(x_{t-k} - \bar x)}
                         {\operatorname{mean}_t (x_t - \bar x)^2}

    Examples
    --------
    >>> autocorrelation(np.array([[1.0], [-1.0], [1.0], [-1.0]]), 1).tolist()
    [-1.0]
    """
    if len(values) <= lag:
        return np.full(values.shape[1], np.nan)
    known = ~np.isnan(values)
    count = np.maximum(known.sum(axis=0), 1)
    centred = np.where(known, values - np.where(known, values, 0.0).sum(axis=0) / count, 0.0)
    pairs = (known[lag:] & known[:-lag]).sum(axis=0)
    product = (centred[lag:] * centred[:-lag]).sum(axis=0)
    variance = (centred**2).sum(axis=0) / count
    scale = pairs * variance
    result: FloatArray = np.divide(product, scale, out=np.full(values.shape[1], np.nan), where=scale > 0)
    return result


def _values(values: pd.DataFrame, times: pd.DatetimeIndex) -> pd.DataFrame:
    known = values.notna()
    position = np.arange(len(values))[:, None]
    last_known = np.maximum.accumulate(np.where(known, position, -1), axis=0)
    table = pd.DataFrame(
        {
            "n": known.sum(),
            "missing": (~known).sum(),
            "missing_share": 1 - known.mean(),
            "longest_gap": (position - last_known).max(axis=0),
            "first": times[known.to_numpy().argmax(axis=0)],
            "last": times[len(times) - 1 - known.to_numpy()[::-1].argmax(axis=0)],
            "mean": values.mean(),
            "std": values.std(ddof=1),
            "min": values.min(),
            "max": values.max(),
            "zeros": (values == 0).sum(),
            "one_valued": values.nunique() == 1,
        }
    )
    table.loc[table["n"] == 0, ["first", "last"]] = pd.NaT
    return table


def _days_a_step(times: pd.DatetimeIndex) -> float:
    if len(times) < 2:
        return 1.0
    return float((times[-1] - times[0]) / pd.Timedelta(days=1) / (len(times) - 1))


def _pattern(series: FloatArray, days: float) -> dict[str, float]:
    """Slope a week and strengths of one series, its steps so many days apart."""
    known = np.flatnonzero(~np.isnan(series))
    names = ("slope", "slope_low", "slope_high", "trend", "weekly", "yearly")
    row = dict.fromkeys(names, float("nan"))
    if known.size < 3 or np.ptp(series[known]) == 0:
        return row
    whole = series[known[0] : known[-1] + 1]
    a_week = max(1, round(_DAYS_A_WEEK / days))
    coarse = _means(whole, a_week)
    apart = a_week * days / _DAYS_A_WEEK
    from scipy.stats import theilslopes

    there = np.flatnonzero(~np.isnan(coarse))
    if there.size >= 3:
        slope = theilslopes(coarse[there], there * apart, alpha=0.95)
        row |= {"slope": slope.slope, "slope_low": slope.low_slope, "slope_high": slope.high_slope}
    a_year = round(_DAYS_A_YEAR / (a_week * days))
    if a_week > 1 and whole.size >= _PERIODS * a_week:
        row["trend"], row["weekly"] = _strengths(whole, a_week)
    if a_year > 1 and coarse.size >= _PERIODS * a_year:
        trend, row["yearly"] = _strengths(coarse, a_year)
        row["trend"] = trend if np.isnan(row["trend"]) else row["trend"]
    return row


def _means(series: FloatArray, size: int) -> FloatArray:
    """Means of runs of so many steps, the last one whole; NaN where all of a run is missing."""
    rest = series.size % size
    runs = series[rest:].reshape(-1, size)
    known = ~np.isnan(runs)
    count = known.sum(axis=1)
    total = np.where(known, runs, 0.0).sum(axis=1)
    means: FloatArray = np.divide(total, count, out=np.full(len(runs), np.nan), where=count > 0)
    return means


def _strengths(series: FloatArray, period: int) -> tuple[float, float]:
    """Strength of trend and season of a series whose gaps are bridged."""
    need("statsmodels", "statsmodels", "the strength of trend and season")
    from statsmodels.tsa.seasonal import STL

    known = np.flatnonzero(~np.isnan(series))
    bridged = np.interp(np.arange(series.size), known, series[known])
    # a wide window of degree 0: the same season every period, so that noise is not taken for one
    periods = series.size // period
    wide = {"seasonal": 2 * _WIDE * periods + 1, "seasonal_deg": 0, "seasonal_jump": periods}
    parts = STL(bridged, period=period, **wide).fit()

    def strength(part: FloatArray) -> float:
        spread = float(np.var(part + parts.resid))
        return max(0.0, 1 - float(np.var(parts.resid)) / spread) if spread > 0 else 0.0

    return strength(parts.trend), strength(parts.seasonal)


def _warnings(described: pd.DataFrame) -> list[str]:
    said = []
    for key, row in described.iterrows():
        if row["n"] == 0:
            said.append(f"series {key!r} has no value at all")
        elif row["one_valued"]:
            said.append(f"series {key!r} has one value only, {row['min']:g}: nothing can be learnt from it")
        elif row["missing_share"] > _MANY_MISSING:
            said.append(f"series {key!r} misses {row['missing_share']:.0%} of its values")
        if row["min"] < 0:
            said.append(f"series {key!r} goes down to {row['min']:g}, below 0")
    return said
