"""The forecast from the last row on, with what the back-test tells of its errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..instances.errors import InputError
from ..instances.hints import nearest
from .backtest import forecast_part
from .backtest_tables import percent
from .conformal import Conformal, residual_quantiles
from .scenarios import known_paths, scenarios

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..instances.arrays import FloatArray, IndexArray
    from .backtest import BackTest
    from .maker import Forecaster
    from .panel import Panel


@dataclass(frozen=True, eq=False, kw_only=True)
class Outlook:
    """What is forecast from the last row of a panel on.

    Parameters
    ----------
    maker
        The forecaster's name.
    origin
        The last time known.
    times
        The times forecast.
    series
        The series' keys.
    forecast
        Shape (horizon, series); NaN of a series that could not be forecast.
    levels
        Of the intervals.
    half_widths
        Shape (levels, horizon, series).
    failures
        Why, of each series that could not be forecast.
    """

    maker: str
    origin: pd.Timestamp
    times: pd.DatetimeIndex
    series: pd.Index[Any]
    forecast: FloatArray
    levels: tuple[float, ...]
    half_widths: FloatArray
    failures: dict[Any, str]
    _errors: FloatArray
    _rows: IndexArray

    def quantiles(self, probabilities: Sequence[float], window: int | None = 364) -> FloatArray:
        """Quantile forecasts of the shape (probabilities, horizon, series).

        Examples
        --------
        >>> from allocare.forecasting.backtest import back_test
        >>> from allocare.forecasting.makers.naive import LastValue
        >>> from allocare.forecasting.records import simulated_panel
        >>> panel = simulated_panel(2, 400)
        >>> look = outlook(panel, LastValue(), back_test(panel, ["last-value"], 7))
        >>> bool((look.quantiles([0.9]) >= look.quantiles([0.5])).all())
        True
        """
        return self.forecast + residual_quantiles(self._errors, self._rows, probabilities, window)[:, -1]

    def scenarios(self, number: int, *, seed: int = 0, lowest: float | None = None) -> FloatArray:
        """Scenarios of the shape (scenarios, horizon, series); see `allocare.forecasting.scenarios`.

        Examples
        --------
        >>> from allocare.forecasting.backtest import back_test
        >>> from allocare.forecasting.makers.naive import LastValue
        >>> from allocare.forecasting.records import simulated_panel
        >>> panel = simulated_panel(2, 400)
        >>> outlook(panel, LastValue(), back_test(panel, ["last-value"], 7)).scenarios(9, lowest=0).shape
        (9, 7, 2)
        """
        past = known_paths(self._errors, self._rows, len(self._rows) - 1)
        return scenarios(self.forecast, past, number, seed=seed, lowest=lowest)

    def table(self) -> pd.DataFrame:
        """One row a series and step: ``series``, ``time``, ``horizon``, ``forecast``, and interval ends.

        Examples
        --------
        >>> from allocare.forecasting.backtest import back_test
        >>> from allocare.forecasting.makers.naive import LastValue
        >>> from allocare.forecasting.records import simulated_panel
        >>> panel = simulated_panel(2, 400)
        >>> outlook(panel, LastValue(), back_test(panel, ["last-value"], 7)).table().columns[-2:].tolist()
        ['lower_95', 'upper_95']
        """
        steps, count = self.forecast.shape
        frame = pd.DataFrame(
            {
                "series": np.repeat(self.series.to_numpy(), steps),
                "time": np.tile(self.times, count),
                "horizon": np.tile(np.arange(1, steps + 1), count),
                "forecast": self.forecast.T.ravel(),
            }
        )
        for level, half in zip(self.levels, self.half_widths, strict=True):
            frame[f"lower_{percent(level)}"] = (self.forecast - half).T.ravel()
            frame[f"upper_{percent(level)}"] = (self.forecast + half).T.ravel()
        return frame


def outlook(
    panel: Panel,
    maker: Forecaster,
    test: BackTest,
    *,
    intervals: Conformal | None = None,
    seed: int = 0,
) -> Outlook:
    """Fit on the whole panel and forecast from its last row, with intervals from the back-test's errors.

    Parameters
    ----------
    panel
        Everything recorded, as the back-test had it.
    maker
        One of the forecasters tested.
    test
        Its back-test.
    intervals
        How they follow from past errors, as in the back-test.
    seed
        For whatever is random.

    Raises
    ------
    InputError
        For a forecaster that was not tested, or a panel of other series.

    Examples
    --------
    >>> from allocare.forecasting.backtest import back_test
    >>> from allocare.forecasting.makers.naive import LastValue
    >>> from allocare.forecasting.records import simulated_panel
    >>> panel = simulated_panel(2, 400)
    >>> look = outlook(panel, LastValue(), back_test(panel, ["last-value"], 7))
    >>> bool((look.forecast == panel.values.iloc[-1].to_numpy()).all())
    True
    """
    if maker.name not in test.forecasts:
        raise InputError(f"{maker.name} was not tested; {nearest(maker.name, test.makers)}")
    if not panel.series.equals(test.series):
        raise InputError(f"{panel.name}: the series are not those of the back-test; test these")
    last = np.array([len(panel.times) - 1], dtype=np.int32)
    paths, failures = forecast_part(maker, panel, last, test.horizon, seed)
    errors, rows = test.residuals(maker.name), test.rows
    if rows[-1] >= last[0]:
        errors, rows = errors[:-1], rows[:-1]
    errors = np.concatenate([errors, np.full((1, *errors.shape[1:]), np.nan)])
    rows = np.concatenate([rows, last]).astype(np.int32)
    how = intervals or Conformal()
    half = how.half_widths(errors, rows, test.levels, test.calibration)[:, -1]
    times = pd.date_range(panel.times[-1], periods=test.horizon + 1, freq=panel.frequency)[1:]
    return Outlook(
        maker=maker.name,
        origin=panel.times[-1],
        times=times,
        series=panel.series,
        forecast=paths[0],
        levels=test.levels,
        half_widths=half,
        failures={key: why for _, key, _, why in failures},
        _errors=errors,
        _rows=rows,
    )
