"""Linear regression of each series, each step ahead, on trend, lags and calendar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from ...instances.errors import InputError
from ..extras import need
from .history import refuse_series, require_history, rows_of
from .lag_table import calendar_terms, lagged, usual_lags
from .maker_base import Maker
from .seasons import season_length

if TYPE_CHECKING:
    from ...instances.arrays import BoolArray, FloatArray, IndexArray
    from ..panel import Panel


@dataclass(frozen=True)
class LinearRegression(Maker):
    """ŷ(t+h) = b0 + Σ b_k x_k(t), the coefficients by least squares for every series and step ahead h.

    The terms x are the value at the origin and those some rows before it, the weekday and the place in the
    year of the origin, which tell those of t + h, and, where asked for, the time t + h itself in rows.

    Parameters
    ----------
    lags
        Rows before the origin whose values are terms, the origin's own (lag 0) always among them; the usual
        ones of the frequency where not given, none at all with ``none``.
    trend
        Whether the time itself is a term.
    calendar
        Whether weekday and place in the year are.

    Examples
    --------
    >>> from allocare.forecasting.panel import Panel
    >>> days = pd.date_range("2024-01-01", periods=5)
    >>> panel = Panel(values=pd.DataFrame({"twice": [2.0, 4, 6, 8, 10]}, index=days))
    >>> line = LinearRegression(lags="none", trend=True, calendar=False).fit(panel, horizon=2)
    >>> line.forecast(panel, days[-1:]).ravel().round(9).tolist()
    [12.0, 14.0]
    """

    kind: ClassVar[str] = "linear-regression"
    lags: tuple[int, ...] | str = "usual"
    trend: bool = False
    calendar: bool = True

    def __post_init__(self) -> None:
        if isinstance(self.lags, str) and self.lags not in ("usual", "none"):
            raise InputError(f"lags is {self.lags!r}; give usual, none or whole numbers of rows")
        if not isinstance(self.lags, str) and min(self.lags, default=1) < 1:
            raise InputError(f"lags holds {min(self.lags)}; a lag is 1 row or more")
        if self.lags == "none" and not (self.trend or self.calendar):
            raise InputError("without lags, trend and calendar there is nothing to regress on")

    def fit(self, panel: Panel, horizon: int, *, seed: int = 0) -> FittedRegression:
        """Fit every series and step; refuse series without enough rows to determine their coefficients."""
        need("scikit-learn", "threadpoolctl", self.name)
        require_history(panel, horizon, self.name)
        period = season_length(panel.frequency)
        lags = self._lags(period)
        values = panel.values.to_numpy()
        rows = np.arange(max(lags, default=0), len(values) - horizon, dtype=np.int32)
        terms = _Terms(lags, self.trend, self.calendar, period)
        count = 1 + len(terms.names)
        own, shared = lagged(values, rows, lags), terms.shared(panel.times, rows)
        targets = values[rows[:, None] + np.arange(1, horizon + 1)]
        lacking: BoolArray = np.asarray(np.isnan(own).any(axis=2))
        whole = ~(lacking[:, None] | np.isnan(targets))
        fewest: IndexArray = np.asarray(whole.sum(axis=0).min(axis=0))
        refuse_series(
            panel,
            fewest < count,
            lambda at: (
                f"has {fewest[at]} rows with all lags and targets, and {self.name} needs {count}; "
                "give a longer history"
            ),
        )
        coefficients = _solved(own, shared, targets, whole)
        if self.trend:
            time = 1 + len(lags)
            coefficients[:, 0] -= np.arange(1, horizon + 1)[:, None] * coefficients[:, time]
        return FittedRegression(panel.series, horizon, terms, coefficients, panel)

    def _lags(self, period: int) -> tuple[int, ...]:
        if self.lags == "none":
            return ()
        return (0, *(usual_lags(period) if isinstance(self.lags, str) else self.lags))


@dataclass(frozen=True)
class _Terms:
    """Which terms there are, and their values at rows."""

    lags: tuple[int, ...]
    trend: bool
    calendar: bool
    period: int

    @property
    def names(self) -> list[str]:
        shared = ["time"] if self.trend else []
        if self.calendar:
            shared += list(calendar_terms(pd.DatetimeIndex(["2024-01-01"]), self.period))
        return [f"lag_{lag}" for lag in self.lags] + shared

    def shared(self, times: pd.DatetimeIndex, rows: IndexArray, step: int = 0) -> FloatArray:
        """Terms that are the same for all series, shape (rows, terms)."""
        columns = [rows + 1.0 + step] if self.trend else []
        if self.calendar:
            columns += calendar_terms(times[rows], self.period).values()
        return np.stack(columns, axis=1) if columns else np.empty((len(rows), 0))


@dataclass(frozen=True, eq=False)
class FittedRegression:
    """The coefficients of every series and step ahead; see `LinearRegression`."""

    series: pd.Index[Any]
    horizon: int
    _terms: _Terms
    _coefficients: FloatArray
    _past: Panel

    def forecast(self, panel: Panel, origins: pd.DatetimeIndex) -> FloatArray:
        """Forecast from each origin, using rows up to and including it and none after."""
        rows = rows_of(panel, origins, self.series)
        own = lagged(panel.until(origins.max()).values.to_numpy(), rows, self._terms.lags)
        paths = np.empty((len(rows), self.horizon, len(self.series)))
        for step in range(1, self.horizon + 1):
            first, weights, rest = np.split(
                self._coefficients[step - 1], [1, 1 + len(self._terms.lags)], axis=0
            )
            shared = self._terms.shared(panel.times, rows, step) @ rest
            paths[:, step - 1] = first + np.einsum("rsk,ks->rs", own, weights) + shared
        return paths

    def coefficients(self, series: Any, step: int = 1, level: float = 0.95) -> pd.DataFrame:
        """Coefficients of a series at a step ahead with standard errors, p-values and intervals.

        Errors of forecasts more than one step ahead overlap, so those intervals are too narrow for them.

        Examples
        --------
        >>> from allocare.forecasting.panel import Panel
        >>> days = pd.date_range("2024-01-01", periods=5)
        >>> panel = Panel(values=pd.DataFrame({"twice": [2.0, 4, 6, 8, 10]}, index=days))
        >>> line = LinearRegression(lags="none", trend=True, calendar=False).fit(panel, horizon=2)
        >>> line.coefficients("twice")["estimate"].round(9).to_dict()
        {'intercept': 0.0, 'time': 2.0}
        """
        from ..regression import least_squares

        if series not in self.series:
            raise InputError(
                f"there is no series {series!r}; known are {', '.join(map(repr, self.series[:5]))}"
            )
        if not 1 <= step <= self.horizon:
            raise InputError(f"step is {step}; it was fitted for 1 to {self.horizon}")
        values = self._past.values.to_numpy()
        at = int(self.series.get_loc(series))  # type: ignore[arg-type]  # keys are unique
        rows = np.arange(max(self._terms.lags, default=0), len(values) - self.horizon, dtype=np.int32)
        own = lagged(values[:, [at]], rows, self._terms.lags)[:, 0]
        table = np.concatenate([own, self._terms.shared(self._past.times, rows, step)], axis=1)
        features = pd.DataFrame(table, columns=self._terms.names)
        return least_squares(features, values[rows + step, at], level=level).coefficients


def _solved(own: FloatArray, shared: FloatArray, targets: FloatArray, whole: BoolArray) -> FloatArray:
    """Least squares of each series on its own and the shared terms, shape (steps, terms, series)."""
    from scipy.linalg import lstsq
    from threadpoolctl import threadpool_limits

    rows, steps, series = targets.shape
    everywhere = np.column_stack([np.ones(rows), shared])
    solved = np.empty((steps, everywhere.shape[1] + own.shape[2], series))
    # threads cost such small systems many times what they bring
    with threadpool_limits(1):
        for at in range(series):
            design = np.concatenate([everywhere[:, :1], own[:, at], everywhere[:, 1:]], axis=1)
            # without gaps one factorisation serves all steps
            together = whole[..., at].all()
            for part in [slice(None)] if together else [slice(step, step + 1) for step in range(steps)]:
                kept = slice(None) if together else whole[:, part.start, at]
                used = design[kept]
                # columns of one size: what determines what must not depend on units
                size = np.maximum(np.abs(used).max(axis=0), np.finfo(float).tiny)
                found = lstsq(used / size, targets[kept, part, at], check_finite=False)
                solved[part, :, at] = found[0].T / size
    return solved
