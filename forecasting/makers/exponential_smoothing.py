"""Exponential smoothing: a level, a damped trend and a season, each following the data at its own pace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np

from ...instances.errors import InputError
from .history import require_history
from .maker_base import Fitted, Maker
from .seasons import season_length
from .smoothing_filter import Smoothing, States, filtered, initial_states, looked_ahead, squared_errors

if TYPE_CHECKING:
    from ...instances.arrays import BoolArray, FloatArray, IndexArray
    from ..panel import Panel

ROUNDS, LEAST_STEP = 40, 1 / 256
LEAST_DAMPING, MOST_DAMPING = 0.8, 0.98
FORMS = {
    "simple": (True, False, False, False),
    "damped": (True, True, False, True),
    "seasonal": (True, False, True, False),
    "damped-seasonal": (True, True, True, True),
}
"""Which of α, β, γ and φ each form has."""


@dataclass(frozen=True)
class ExponentialSmoothing(Maker):
    """Additive exponential smoothing, its form and parameters found for every series by itself.

    With e = y − (l + φb + s) the error of one step:
    l ← l + φb + α e, b ← φb + β e, s ← s + γ e and ŷ(t+h) = l + (φ + … + φ^h) b + s(t+h).
    The forms are those without trend (b = 0), without season (s = 0), both or neither; α, β, γ and φ have the
    least squared errors of one step with 0 < β < α, 0 < γ < 1 − α and 0.8 ≤ φ ≤ 0.98, and the form the least
    AICc. All series and candidates are filtered at once, which takes seconds where one likelihood fit a
    series takes minutes; later rows move the states, never the parameters. Rows without a record leave the
    states to the trend.

    Parameters
    ----------
    form
        ``auto``, ``simple``, ``damped``, ``seasonal`` or ``damped-seasonal``.
    period
        Rows in a season; a week of days, a year of weeks, months or quarters where it is not given.

    References
    ----------
    Hyndman, Koehler, Ord and Snyder (2008), Forecasting with Exponential Smoothing, chapters 2 to 5.

    Examples
    --------
    >>> import pandas as pd
    >>> from allocare.forecasting.panel import Panel
    >>> days = pd.date_range("2024-01-01", periods=28)
    >>> panel = Panel(values=pd.DataFrame({"Hessen": [5.0, 6, 7, 7, 6, 2, 1] * 4}, index=days))
    >>> fitted = ExponentialSmoothing().fit(panel, horizon=7)
    >>> fitted.forecast(panel, days[-1:]).ravel().round(6).tolist()
    [5.0, 6.0, 7.0, 7.0, 6.0, 2.0, 1.0]
    """

    kind: ClassVar[str] = "exponential-smoothing"
    form: str = "auto"
    period: int | None = None

    def __post_init__(self) -> None:
        if self.form not in ("auto", *FORMS):
            raise InputError(f"form is {self.form!r}; give auto, {', '.join(FORMS)}")

    def fit(self, panel: Panel, horizon: int, *, seed: int = 0) -> Fitted:
        """Find each series' form and parameters; a season asked for needs two in the history."""
        season = season_length(panel.frequency, self.period)
        seasonal = self.form in ("seasonal", "damped-seasonal")
        require_history(panel, horizon, self.name, 2 * season if seasonal else 3)
        values = panel.values.to_numpy()
        count = (~np.isnan(values)).sum(axis=0)
        names = [self.form] if self.form != "auto" else list(FORMS)
        forms = [_fit_form(values, count, name, season) for name in names]
        scores = np.stack([form.score for form in forms])
        best = scores.argmin(axis=0)

        def ahead(panel: Panel, rows: IndexArray) -> FloatArray:
            values = panel.values.to_numpy()
            paths = np.empty((len(rows), horizon, values.shape[1]))
            for at, form in enumerate(forms):
                chosen = best == at
                if chosen.any():
                    paths[..., chosen] = form.ahead(values, chosen, rows, horizon)
            recorded = np.logical_or.accumulate(~np.isnan(values), axis=0)[rows]
            return np.where(recorded[:, None, :], paths, np.nan)

        return Fitted(panel.series, horizon, ahead)


class _Form(NamedTuple):
    start: States
    by: Smoothing
    score: FloatArray

    def ahead(self, values: FloatArray, chosen: BoolArray, rows: IndexArray, horizon: int) -> FloatArray:
        season = None if self.start.season is None else self.start.season[:, chosen]
        start = States(self.start.level[chosen], self.start.trend[chosen], season)
        by = Smoothing(*(part[chosen] for part in self.by))
        return looked_ahead(filtered(values[:, chosen], start, by, rows), by.damping, horizon)


def _fit_form(values: FloatArray, count: IndexArray, name: str, period: int) -> _Form:
    """Least squares by compass search: halve a step once no parameter moved by it is better."""
    free = np.flatnonzero(FORMS[name]).astype(np.int32)
    seasonal = FORMS[name][2] and period > 1
    start = initial_states(values, period if seasonal else 1)
    series = np.arange(values.shape[1])
    points = _starting_points(free)
    losses = squared_errors(values, start, _smoothing(points[:, :, None], name))
    chosen = losses.argmin(axis=0)
    best, least = points[chosen].T.copy(), losses[chosen, series]
    step = np.full(len(series), 1 / 8)
    moves = np.concatenate([np.eye(4)[free], -np.eye(4)[free]])
    for _ in range(ROUNDS):
        active = np.flatnonzero(step > LEAST_STEP)
        if not len(active):
            break
        tried = np.clip(best[:, active] + step[active] * moves[:, :, None], 0, 1)
        part = States(
            start.level[active],
            start.trend[active],
            None if start.season is None else start.season[:, active],
        )
        losses = squared_errors(values[:, active], part, _smoothing(tried, name))
        at = losses.argmin(axis=0)
        found = losses[at, np.arange(len(active))]
        better = found < least[active]
        moved = active[better]
        best[:, moved] = tried[at[better], :, np.flatnonzero(better)].T
        least[moved] = found[better]
        step[active[~better]] /= 2
    parameters = 1 + len(free) + 1 + FORMS[name][1] + (period if seasonal else 0)
    score = _aicc(least, count, parameters)
    if FORMS[name][2] and not seasonal:
        score = np.full_like(score, np.inf)
    return _Form(start, _smoothing(best, name), score)


def _starting_points(free: IndexArray) -> FloatArray:
    """A grid over the free ones of α, β/α, γ/(1−α) and the place of φ, each from 0 to 1."""
    ticks = ([0.1, 0.4, 0.7, 0.95], [0.02, 0.2], [0.02, 0.2], [0.6])
    axes = [ticks[k] if k in free else [0.0] for k in range(4)]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 4)


def _smoothing(points: FloatArray, name: str) -> Smoothing:
    """Turn points in [0, 1]⁴, on the last but one axis, into parameters of a form."""
    level = np.clip(points[..., 0, :], 1e-4, 1 - 1e-4)
    _, trend, season, damping = FORMS[name]
    zero = np.zeros_like(level)
    phi = LEAST_DAMPING + (MOST_DAMPING - LEAST_DAMPING) * points[..., 3, :]
    return Smoothing(
        level,
        level * points[..., 1, :] if trend else zero,
        (1 - level) * points[..., 2, :] if season else zero,
        phi if damping else zero + 1,
    )


def _aicc(squares: FloatArray, count: IndexArray, parameters: int) -> FloatArray:
    """N ln(SSE / n) + 2 k n / (n − k − 1): Akaike's criterion of Gaussian errors, for small samples."""
    room = count - parameters - 1
    tiny = np.finfo(float).tiny
    score = count * np.log(np.maximum(squares, tiny) / count) + 2 * parameters * count / np.maximum(room, 1)
    # the simplest form needs no room: something must be left where all are too large
    return np.where(room > 0, score, np.inf if parameters > 3 else np.finfo(float).max)
