"""ARIMA: autoregression and moving average of the differenced series, by maximum likelihood."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import numpy as np

from ...instances.errors import InputError
from ..extras import need
from .history import refuse_series, require_history
from .maker_base import Fitted, Maker
from .seasons import season_length

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray, IndexArray
    from ..panel import Panel

Order: TypeAlias = tuple[int, int, int]
ORDERS: tuple[Order, ...] = ((0, 1, 1), (1, 1, 1), (2, 1, 1))
FEW_SERIES = 4
"""So few are fitted one after another rather than in processes."""


@dataclass(frozen=True)
class Arima(Maker):
    """ARIMA(p, d, q)(P, 0, Q)_m, the order by least AICc of a few, its parameters by maximum likelihood.

    φ(B) Φ(B^m) (1 − B)^d y(t) = θ(B) Θ(B^m) ε(t), where B y(t) = y(t−1). Later rows go through the Kalman
    filter with parameters as fitted. Rows without a record are known to it as missing.

    Parameters
    ----------
    orders
        (p, d, q) to choose from, with one d, so that AICc compares them.
    seasonal
        (P, Q) to choose from.
    period
        Rows in a season m; a week of days, a year of weeks, months or quarters where it is not given.
    rows
        The last rows that parameters are fitted to; more cost time and hardly change them.

    References
    ----------
    Box and Jenkins (1970), Time Series Analysis; Durbin and Koopman (2012), Time Series Analysis by State
    Space Methods, section 3.4.

    Examples
    --------
    >>> import pandas as pd
    >>> from allocare.forecasting.panel import Panel
    >>> days = pd.date_range("2024-01-01", periods=20)
    >>> panel = Panel(values=pd.DataFrame({"Hessen": [5.0] * 19 + [9.0]}, index=days))
    >>> fitted = Arima(orders=((0, 1, 1),), seasonal=((0, 0),)).fit(panel, horizon=2)
    >>> fitted.forecast(panel, days[[18]]).ravel().round(6).tolist()
    [5.0, 5.0]
    """

    kind: ClassVar[str] = "arima"
    orders: tuple[Order, ...] = ORDERS
    seasonal: tuple[tuple[int, int], ...] = ((0, 0), (1, 1))
    period: int | None = None
    rows: int = 730

    def __post_init__(self) -> None:
        if len({d for _, d, _ in self.orders}) != 1:
            raise InputError(
                f"orders {self.orders} do not have one d, without which AICc does not compare them"
            )

    def fit(self, panel: Panel, horizon: int, *, seed: int = 0) -> Fitted:
        """Choose order and parameters of every series; refuse those with fewer than 10 values."""
        need("statsmodels", "statsmodels", self.name)
        need("scikit-learn", "threadpoolctl", self.name)
        from joblib import Parallel, delayed
        from threadpoolctl import threadpool_limits

        season = season_length(panel.frequency, self.period)
        require_history(panel, horizon, self.name, 10)
        past = panel.values.to_numpy()[-self.rows :]
        jobs = 1 if past.shape[1] <= FEW_SERIES else -1
        candidates = [(order, part) for order in self.orders for part in self.seasonal]
        fits = Parallel(n_jobs=jobs)(delayed(_chosen)(column, candidates, season) for column in past.T.copy())
        failed = np.array([fit is None for fit in fits])
        refuse_series(panel, failed, lambda _: "has values for which no order could be fitted")

        def ahead(panel: Panel, rows: IndexArray) -> FloatArray:
            values = panel.values.to_numpy()
            with threadpool_limits(1):
                paths = [_ahead(values[:, at], fit, season, rows, horizon) for at, fit in enumerate(fits)]
            return np.stack(paths, axis=2)

        return Fitted(panel.series, horizon, ahead)


def _chosen(values: FloatArray, candidates: Any, season: int) -> tuple[Any, FloatArray, float] | None:
    """The order of least AICc, its parameters, and the scale at which they were fitted; None for none."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        return _best(values, candidates, season)


def _best(values: FloatArray, candidates: Any, season: int) -> tuple[Any, FloatArray, float] | None:
    steps = np.diff(values)
    scale = float(np.nanstd(steps)) if np.isfinite(steps).any() else 1.0
    scale = scale if scale > 0 else 1.0
    best: tuple[float, Any, FloatArray] | None = None
    for candidate in candidates:
        if candidate[1] != (0, 0) and (season == 1 or np.isfinite(values).sum() < 4 * season):
            continue
        with warnings.catch_warnings():
            # that a start is poor or a search ended early is judged by the likelihood reached
            warnings.simplefilter("ignore")
            try:
                results = _model(values / scale, candidate, season).fit(
                    disp=False, method="lbfgs", maxiter=60
                )
            except np.linalg.LinAlgError:
                continue
        if np.isfinite(results.aicc) and (best is None or results.aicc < best[0]):
            best = (float(results.aicc), candidate, np.asarray(results.params))
    return None if best is None else (best[1], best[2], scale)


def _model(values: FloatArray, candidate: Any, season: int) -> Any:
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    order, (p, q) = candidate
    seasonal = (p, 0, q, season) if p or q else (0, 0, 0, 0)
    return SARIMAX(values, order=order, seasonal_order=seasonal)


def _ahead(
    values: FloatArray,
    fit: tuple[Any, FloatArray, float],
    season: int,
    rows: IndexArray,
    horizon: int,
) -> FloatArray:
    """Filter once; then state after each origin, moved on: Z T^(h−1) a(t+1 | t)."""
    candidate, parameters, scale = fit
    begun = int(np.argmax(~np.isnan(values)))
    results = _model(values[begun:] / scale, candidate, season).filter(parameters)
    after = np.asarray(results.predicted_state)
    transition, design = (np.asarray(results.model.ssm[name]) for name in ("transition", "design"))
    state = after[:, np.maximum(rows + 1 - begun, 0)]
    paths = np.empty((len(rows), horizon))
    for step in range(horizon):
        paths[:, step] = (design @ state)[0]
        state = transition @ state
    return np.where((rows >= begun)[:, None], paths * scale, np.nan)
