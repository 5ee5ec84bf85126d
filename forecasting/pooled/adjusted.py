"""Pooled regression on series cleared of the calendar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from ...instances.errors import InputError
from ..makers.history import carried_forward, require_history
from ..makers.maker_base import Fitted, Maker
from .adjustment import fit_adjustment
from .changes import Loss, fit_changes
from .damping import damped

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray, IndexArray
    from ..panel import Panel

LEAST_HISTORY = 28


@dataclass(frozen=True)
class PooledRidge(Maker):
    r"""One ridge regression over all series: the change ahead on lags, movements of all, and the weekday.

    With L the level of the last week and x the features of `features_of`, for each step ahead h

        (y(t+h) − y(t)) / L(t) = a_h + b_h·x(t) + weekday(t) + ε.

    Histories under two years draw forecasts towards last values, see `damped`.

    Parameters
    ----------
    penalty
        Of the standardised coefficients, in days: what it weighs beside the days of the history.
    half_life
        Days after which a record weighs half.

    Examples
    --------
    >>> from allocare.forecasting.records import simulated_panel
    >>> panel = simulated_panel(4, 200)
    >>> fitted = PooledRidge().fit(panel.until(panel.times[-8]), horizon=7)
    >>> fitted.forecast(panel, panel.times[[-8, -7]]).shape
    (2, 7, 4)
    """

    kind: ClassVar[str] = "pooled-ridge"
    penalty: float = 4.0
    half_life: float = 500.0

    def __post_init__(self) -> None:
        _check(self.penalty, self.half_life)

    def fit(self, panel: Panel, horizon: int, *, seed: int = 0) -> Fitted:
        """Fit the regression; refuse all but daily panels of four weeks."""
        _require_days(panel, horizon, self)
        return damped(lambda past: self._fit(past, horizon), panel, horizon)

    def _fit(self, panel: Panel, horizon: int) -> Fitted:
        values = carried_forward(panel.values.to_numpy())
        model = fit_changes(
            values,
            panel.values.to_numpy(),
            None,
            panel.times,
            horizon,
            penalty=self.penalty,
            half_life=self.half_life,
        )
        least = _least(values)

        def ahead(panel: Panel, rows: IndexArray) -> FloatArray:
            forecast = model.forecast(carried_forward(panel.values.to_numpy()), None, panel.times, rows)
            return np.maximum(forecast, least)

        return Fitted(panel.series, horizon, ahead)


@dataclass(frozen=True)
class PooledAdjusted(Maker):
    r"""One regression over all series at once, on lags cleared of holidays, season and weekdays.

    1. Effects of the calendar g(t) (see `fit_adjustment`) are learnt over all series; z = y / g.
    2. With L the level of the last week of z and x the features of `features_of`, for each step ahead h

           (z(t+h) − z(t)) / L(t) = a_h + b_h·x(t) + weekday(t) + ε.

    3. Forecasts are (z(t) + L(t) · (a_h + b_h·x(t) + weekday(t))) g(t+h), never negative where no record is;
       histories under two years draw them towards last values, see `damped`.

    So it knows the calendar of the days ahead, the movement of all series together, how jumps revert and
    how much of the capacity is in use; attributes ``country`` and ``subdivision`` say whose calendar holds.

    Parameters
    ----------
    capacity
        Covariate with what the values could at most be, such as staffed beds; panels without one go without.
    loss
        ``squared`` for means, ``absolute`` for medians.
    penalty
        Of the standardised coefficients of lags, in days: what it weighs beside the days of the history.
    calendar_penalty
        Of those of the calendar, in days.
    half_life
        Days after which a record weighs half.

    Examples
    --------
    >>> from allocare.forecasting.records import simulated_panel
    >>> panel = simulated_panel(4, 400)
    >>> fitted = PooledAdjusted().fit(panel.until(panel.times[-8]), horizon=7)
    >>> fitted.forecast(panel, panel.times[[-8]]).shape
    (1, 7, 4)
    """

    kind: ClassVar[str] = "pooled-adjusted"
    capacity: str = "capacity"
    loss: Loss = "squared"
    penalty: float = 4.0
    calendar_penalty: float = 30.0
    half_life: float = 500.0

    def __post_init__(self) -> None:
        if self.loss not in ("squared", "absolute"):
            raise InputError(f"loss is {self.loss!r}; it must be 'squared' or 'absolute'")
        _check(self.penalty, self.half_life)
        _check(self.calendar_penalty, self.half_life)

    def fit(self, panel: Panel, horizon: int, *, seed: int = 0) -> Fitted:
        """Learn the calendar's effects and the regressions; refuse all but daily panels of four weeks."""
        _require_days(panel, horizon, self)
        return damped(lambda past: self._fit(past, horizon, seed), panel, horizon)

    def _fit(self, panel: Panel, horizon: int, seed: int) -> Fitted:
        values, capacity = _filled(panel, self.capacity)
        adjustment = fit_adjustment(
            panel, values, capacity, penalty=self.calendar_penalty, half_life=self.half_life
        )
        cleared = values / adjustment.factors(panel.times)
        model = fit_changes(
            cleared,
            np.where(panel.values.notna().to_numpy(), cleared, np.nan),
            capacity,
            panel.times,
            horizon,
            penalty=self.penalty,
            half_life=self.half_life,
            loss=self.loss,
            seed=seed,
        )
        least = _least(values)

        def ahead(panel: Panel, rows: IndexArray) -> FloatArray:
            values, capacity = _filled(panel, self.capacity)
            times = pd.date_range(panel.times[0], periods=len(panel.times) + horizon)
            factors = adjustment.factors(times)
            forecast = model.forecast(values / factors[: len(values)], capacity, panel.times, rows)
            ahead_factors: FloatArray = factors[rows[:, None] + np.arange(1, horizon + 1)]
            return np.maximum(forecast * ahead_factors, least)

        return Fitted(panel.series, horizon, ahead)


def _check(penalty: float, half_life: float) -> None:
    if not penalty > 0:
        raise InputError(f"the penalty is {penalty}; it must be above 0")
    if not half_life > 0:
        raise InputError(f"the half-life is {half_life} days; it must be above 0")


def _require_days(panel: Panel, horizon: int, maker: Maker) -> None:
    if panel.frequency != "D":
        raise InputError(
            f"{panel.name}: {maker.kind} forecasts days, and the rows' frequency is {panel.frequency}; "
            "take another forecaster, such as exponential-smoothing"
        )
    require_history(panel, horizon, maker.name, LEAST_HISTORY + horizon)


def _filled(panel: Panel, capacity: str) -> tuple[FloatArray, FloatArray | None]:
    """Values and capacity, what is missing replaced by the last before it."""
    values = carried_forward(panel.values.to_numpy())
    if capacity not in panel.covariates:
        return values, None
    return values, carried_forward(panel.covariates[capacity].to_numpy())


def _least(values: FloatArray) -> float:
    """Nought for counts; nothing is too small where there were negative values."""
    return 0.0 if np.nanmin(values) >= 0 else -np.inf
