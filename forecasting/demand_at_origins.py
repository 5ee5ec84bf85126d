"""What was known of demand at the origins of a back-test, and what came true."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..instances.errors import InputError
from ..instances.hints import nearest
from .demand import demand_beyond, demand_from_forecast

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from ..instances.arrays import FloatArray, IndexArray
    from ..instances.uncertain_demand import Demand
    from .backtest import BackTest
    from .demand import Form

WINDOW = 182
"""Origins whose errors make scenarios, quantiles and intervals, at most: half a year of days."""


def demands_at_origins(
    test: BackTest,
    maker: str,
    form: Form,
    origins: pd.DatetimeIndex | None = None,
    *,
    step: int | None = None,
    own: npt.ArrayLike = 0.0,
    window: int | None = WINDOW,
    **settings: Any,
) -> list[Demand]:
    """Turn a forecaster's forecasts at each origin into what was known of demand then.

    Parameters
    ----------
    test
        A back-test of the forecaster. Its origins may be more than those that are planned at: errors come
        from all of them.
    maker
        The forecaster's name.
    form
        As in `demand_from_forecast`.
    origins
        Origins to plan at; all that are scored by default.
    step
        Steps ahead that demand is planned for; the back-test's horizon by default.
    own
        What each series has itself: one number, one for each series, or one for each origin and series.
    window
        Past origins whose errors count, at most; None for all. An error counts only where what came true was
        known at the origin.
    settings
        Further ones of `demand_from_forecast`.

    Raises
    ------
    InputError
        For a forecaster, step or origin that the back-test does not have, a forecast that is missing, or an
        origin before which no error was known.

    Examples
    --------
    >>> from allocare.forecasting.backtest import back_test
    >>> from allocare.forecasting.records import simulated_panel
    >>> test = back_test(simulated_panel(2, 400), ["last-value"], 7)
    >>> demands = demands_at_origins(test, "last-value", "scenarios", own=[500, 900])
    >>> len(demands) == len(test.origins), demands[0].n_targets
    (True, 2)
    """
    if maker not in test.forecasts:
        raise InputError(f"forecaster {maker!r} was not tested; {nearest(maker, test.makers)}")
    at, rows = _positions(test, origins), test.rows
    step = _step(test, step)
    forecast, errors = test.forecasts[maker][:, step - 1], test.residuals(maker)[:, step - 1]
    lacking = np.isnan(forecast[at])
    if lacking.any():
        day, series = np.argwhere(lacking)[0]
        raise InputError(
            f"{maker} has no forecast of {test.series[series]!r} from {test.times[at[day]]:%Y-%m-%d}; "
            "leave the series or the origin out"
        )
    have = np.broadcast_to(np.asarray(own, dtype=np.float64), (len(at), len(test.series)))
    demands = []
    for day, origin in enumerate(at):
        known = int(np.searchsorted(rows, rows[origin] - step, side="right"))
        past = errors[max(known - window, 0) if window else 0 : known]
        if form != "point" and not len(past):
            raise InputError(
                f"no error of {maker} was known on {test.times[origin]:%Y-%m-%d}; "
                "start the back-test earlier (calibration), or plan on points"
            )
        demands.append(demand_from_forecast(form, forecast[origin], past, own=have[day], **settings))
    return demands


def demand_that_came(
    test: BackTest,
    origins: pd.DatetimeIndex | None = None,
    *,
    step: int | None = None,
    own: npt.ArrayLike = 0.0,
    rate: float = 1.0,
) -> FloatArray:
    """Demand that came true after each origin, shape (origins, series).

    Parameters
    ----------
    test, origins, step, own
        As in `demands_at_origins`.
    rate
        As in `demand_beyond`.

    Raises
    ------
    InputError
        Where what came true is not recorded.

    Examples
    --------
    >>> from allocare.forecasting.backtest import back_test
    >>> from allocare.forecasting.records import simulated_panel
    >>> test = back_test(simulated_panel(2, 400), ["last-value"], 7)
    >>> demand_that_came(test, test.origins[:2]).tolist()
    [[422.0, 338.0], [405.0, 336.0]]
    """
    at = _positions(test, origins)
    came = test.actual[at, _step(test, step) - 1]
    missing = np.isnan(came)
    if missing.any():
        day, series = np.argwhere(missing)[0]
        raise InputError(
            f"{test.value}: what came true of {test.series[series]!r} after {test.times[at[day]]:%Y-%m-%d} "
            "is missing; leave the series or the origin out"
        )
    return demand_beyond(came, own, rate)


def _positions(test: BackTest, origins: pd.DatetimeIndex | None) -> IndexArray:
    if origins is None:
        return np.arange(test.calibration, len(test.times), dtype=np.int32)
    at = test.times.get_indexer(origins)
    if (at < 0).any():
        raise InputError(
            f"the back-test has no origin {origins[int(np.argmax(at < 0))]:%Y-%m-%d}; test it too"
        )
    return at.astype(np.int32)


def _step(test: BackTest, step: int | None) -> int:
    if step is None:
        return test.horizon
    if not 1 <= step <= test.horizon:
        raise InputError(f"the step is {step}; the back-test looks 1 to {test.horizon} steps ahead")
    return step
