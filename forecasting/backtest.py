"""Back-tests: forecasts from rolling origins, each fitted on what was past, held against what came."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..instances.errors import InputError
from .backtest_tables import error_table, forecast_rows
from .conformal import Conformal, residual_quantiles
from .extras import need
from .makers.history import SeriesError
from .makers.seasons import season_length
from .metrics import check_levels, seasonal_change
from .origins import calibration_rows, origin_rows
from .progress import progress_bar
from .registry import USUAL, forecaster
from .scenarios import known_paths, scenarios

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from ..instances.arrays import FloatArray, IndexArray
    from .maker import Forecaster
    from .origins import Origins
    from .panel import Panel

REFIT_ROWS = 91


@dataclass(frozen=True, eq=False, kw_only=True)
class BackTest:
    """What each forecaster said at each origin, and what came.

    Arrays have the shape (origins, horizon, series), the first `calibration` origins being those before the
    scored ones, whose errors intervals began with.

    Parameters
    ----------
    value
        What the values are.
    times
        All origins.
    calibration
        How many of them come before those that are scored.
    rows
        The origins' rows in the panel.
    targets
        The times forecast, shape (origins, horizon).
    series
        The series' keys.
    levels
        Of the intervals.
    actual
        What came; NaN where it is not recorded.
    forecasts
        By forecaster; NaN where it had none.
    half_widths
        By forecaster, with levels as a further first axis; NaN where no error was known yet.
    scale
        Of each series: the mean of |y(t) − y(t−m)| up to the first origin, which MASE divides by.
    failures
        One row a forecaster, series and time of fitting without forecast: ``maker``, ``series``, ``fitted``,
        ``why``.
    """

    value: str
    times: pd.DatetimeIndex
    calibration: int
    rows: IndexArray
    targets: npt.NDArray[np.datetime64]
    series: pd.Index[Any]
    levels: tuple[float, ...]
    actual: FloatArray
    forecasts: Mapping[str, FloatArray]
    half_widths: Mapping[str, FloatArray]
    scale: FloatArray
    failures: pd.DataFrame

    @property
    def horizon(self) -> int:
        """Steps ahead."""
        return int(self.actual.shape[1])

    @property
    def makers(self) -> list[str]:
        """The forecasters' names."""
        return list(self.forecasts)

    @property
    def origins(self) -> pd.DatetimeIndex:
        """The origins that are scored."""
        return self.times[self.calibration :]

    def residuals(self, maker: str) -> FloatArray:
        """Y − ŷ at all origins, those before the scored ones included."""
        return self.actual - self.forecasts[maker]

    def quantiles(self, maker: str, probabilities: Sequence[float], window: int | None = 364) -> FloatArray:
        """Quantile forecasts at the scored origins, from errors known at each: (probabilities, origins, …).

        Examples
        --------
        >>> from allocare.forecasting.records import simulated_panel
        >>> tested = back_test(simulated_panel(2, 400), ["last-value"], 7)
        >>> tested.quantiles("last-value", [0.5, 0.9]).shape == (2, len(tested.origins), 7, 2)
        True
        """
        offsets = residual_quantiles(self.residuals(maker), self.rows, probabilities, window)
        return (self.forecasts[maker] + offsets)[:, self.calibration :]

    def scenarios(
        self, maker: str, origin: int, number: int, *, seed: int = 0, lowest: float | None = None
    ) -> FloatArray:
        """Scenarios as they could have been drawn at a scored origin: (scenarios, horizon, series).

        Examples
        --------
        >>> from allocare.forecasting.records import simulated_panel
        >>> tested = back_test(simulated_panel(2, 400), ["last-value"], 7)
        >>> tested.scenarios("last-value", -1, 20).shape
        (20, 7, 2)
        """
        at = range(len(self.origins))[origin] + self.calibration
        past = known_paths(self.residuals(maker), self.rows, at)
        return scenarios(self.forecasts[maker][at], past, number, seed=seed, lowest=lowest)

    def errors(self, *by: str) -> pd.DataFrame:
        """Errors by any of ``maker``, ``series``, ``horizon`` and ``origin``; the forecaster always.

        Columns are ``n`` (pairs), ``MAE``, ``RMSE``, ``MSE``, ``MASE`` and ``bias`` (mean of ŷ − y), and for
        each level such as 80 ``coverage_80``, ``width_80``, ``pinball_80`` (mean of both ends) and
        ``interval_score_80`` (Winkler's).

        Examples
        --------
        >>> from allocare.forecasting.records import simulated_panel
        >>> tested = back_test(simulated_panel(2, 400), ["last-value", "seasonal-naive"], 7)
        >>> tested.errors("horizon").columns[:4].tolist(), len(tested.errors("horizon"))
        (['maker', 'horizon', 'n', 'MAE'], 14)
        """
        return error_table(self, tuple(name for name in by if name != "maker"))

    def table(self) -> pd.DataFrame:
        """Every forecast: ``maker``, ``series``, ``origin``, ``horizon``, ``time``, ``actual``, ``forecast``.

        And for each level such as 80 ``lower_80`` and ``upper_80``.

        Examples
        --------
        >>> from allocare.forecasting.records import simulated_panel
        >>> tested = back_test(simulated_panel(2, 400), ["last-value"], 7)
        >>> len(tested.table()) == len(tested.origins) * 7 * 2
        True
        """
        return forecast_rows(self)


def back_test(
    panel: Panel,
    makers: Sequence[Forecaster | str] = USUAL,
    horizon: int = 14,
    *,
    origins: Origins | None = None,
    refit_every: int | None = REFIT_ROWS,
    calibration: int | None = None,
    levels: Sequence[float] = (0.8, 0.95),
    intervals: Conformal | None = None,
    seed: int = 0,
    jobs: int = 1,
    progress: bool = False,
) -> BackTest:
    """Forecast from rolling origins as it would have been done then, and compare with what came.

    A forecaster is fitted on the rows up to an origin and none after, and forecasts from there until it is
    fitted again. A series that a forecaster cannot forecast is a row of `failures`, and the rest goes on.

    Parameters
    ----------
    panel
        Everything recorded.
    makers
        Forecasters or their names.
    horizon
        Steps ahead.
    origins
        Times, or (first, last, every so many rows); the last year's by default, see `origin_rows`.
    refit_every
        Rows after which a forecaster is fitted again; None fits once, at the first origin.
    calibration
        Origins before the first whose errors intervals begin with; see `calibration_rows`.
    levels
        Of the intervals.
    intervals
        How they follow from past errors; `Conformal()` by default.
    seed
        For whatever is random: the same seed gives the same forecasts.
    jobs
        Processes at work at a time; the results do not depend on it.
    progress
        Whether to show a bar on standard error.

    Raises
    ------
    InputError
        For a horizon longer than the history, a level outside (0, 1), an unknown forecaster, or origins that
        are not in the panel.

    Examples
    --------
    >>> from allocare.forecasting.records import simulated_panel
    >>> tested = back_test(simulated_panel(4, 500, seed=2), ["last-value", "exponential-smoothing"], 7)
    >>> tested.errors()["MASE"].round(2).tolist()
    [1.27, 0.91]
    """
    levels = check_levels(levels)
    scored = origin_rows(panel, horizon, origins)
    before = calibration_rows(scored, calibration)
    rows = np.concatenate([before, scored]).astype(np.int32)
    if refit_every is not None and refit_every < 1:
        raise InputError(f"refit_every is {refit_every}; refit after 1 row or more, or None")
    ready = {one.name: one for one in (forecaster(m) if isinstance(m, str) else m for m in makers)}
    if not ready:
        raise InputError("there is no forecaster to test; name one or more")
    parts = _parts(rows, refit_every)
    found = _run(panel, ready, parts, horizon, seed, jobs, progress)
    forecasts = {name: np.concatenate([found[name, at][0] for at in range(len(parts))]) for name in ready}
    failures = [row for name in ready for at in range(len(parts)) for row in found[name, at][1]]
    actual = _actual(panel.values.to_numpy(), rows, horizon)
    how = intervals or Conformal()
    return BackTest(
        value=panel.name,
        times=panel.times[rows],
        calibration=len(before),
        rows=rows,
        targets=_targets(panel, rows, horizon),
        series=panel.series,
        levels=levels,
        actual=actual,
        forecasts=forecasts,
        half_widths={
            name: how.half_widths(actual - paths, rows, levels, len(before))
            for name, paths in forecasts.items()
        },
        scale=seasonal_change(
            panel.values.to_numpy()[: rows[0] + 1], min(season_length(panel.frequency), int(rows[0]))
        ),
        failures=pd.DataFrame(failures, columns=["maker", "series", "fitted", "why"]),
    )


def _parts(rows: IndexArray, refit_every: int | None) -> list[IndexArray]:
    """Origins that share a fit."""
    if refit_every is None:
        return [rows]
    turn = (rows - rows[0]) // refit_every
    return np.split(rows, np.flatnonzero(np.diff(turn)) + 1)


def _run(
    panel: Panel,
    makers: Mapping[str, Forecaster],
    parts: Sequence[IndexArray],
    horizon: int,
    seed: int,
    jobs: int,
    progress: bool,
) -> dict[tuple[str, int], Any]:
    tasks = [(name, at) for name in makers for at in range(len(parts))]
    found = {}
    with progress_bar("back-test", len(tasks), progress) as done:
        if jobs == 1:
            for name, at in tasks:
                found[name, at] = forecast_part(makers[name], panel, parts[at], horizon, seed)
                done(name)
            return found
        need("scikit-learn", "joblib", "a back-test in several processes")
        from joblib import Parallel, delayed

        def task(name: str, at: int) -> Any:
            past = panel.until(panel.times[parts[at][-1]])
            return delayed(_named)(name, at, makers[name], past, parts[at], horizon, seed)

        work = Parallel(n_jobs=jobs, return_as="generator_unordered")
        for name, at, result in work(task(name, at) for name, at in tasks):
            found[name, at] = result
            done(name)
    return found


def _named(name: str, at: int, *task: Any) -> Any:
    return name, at, forecast_part(*task)


def forecast_part(
    maker: Forecaster, panel: Panel, rows: IndexArray, horizon: int, seed: int
) -> tuple[FloatArray, list[tuple[Any, ...]]]:
    """Fit at the first origin and forecast from all, without the series that it refuses.

    Returns
    -------
    tuple
        The forecasts, NaN of series refused, and a row of `BackTest.failures` for each of those.

    Examples
    --------
    >>> from allocare.forecasting.makers.naive import LastValue
    >>> from allocare.forecasting.records import simulated_panel
    >>> paths, failures = forecast_part(LastValue(), simulated_panel(2, 40), np.array([20, 27]), 7, seed=0)
    >>> paths.shape, failures
    ((2, 7, 2), [])
    """
    forecasts = np.full((len(rows), horizon, len(panel.series)), np.nan)
    fitted_at, last = panel.times[rows[0]], panel.times[rows[-1]]
    kept = panel.series
    failures: list[tuple[Any, ...]] = []
    while len(kept):
        some = _only(panel, kept)
        try:
            fitted = maker.fit(some.until(fitted_at), horizon, seed=seed)
        except SeriesError as error:
            failures += [(maker.name, key, fitted_at, why) for key, why in error.reasons.items()]
            kept = kept[~kept.isin(list(error.reasons))]
            continue
        except InputError as error:
            failures += [(maker.name, key, fitted_at, str(error)) for key in kept]
            break
        places = panel.series.get_indexer(kept)
        forecasts[:, :, places] = fitted.forecast(some.until(last), panel.times[rows])
        break
    return forecasts, failures


def _only(panel: Panel, series: pd.Index[Any]) -> Panel:
    if len(series) == len(panel.series):
        return panel
    covariates = {name: frame[series] for name, frame in panel.covariates.items()}
    return replace(panel, values=panel.values[series], covariates=covariates)


def _targets(panel: Panel, rows: IndexArray, horizon: int) -> npt.NDArray[np.datetime64]:
    times = pd.date_range(panel.times[0], periods=len(panel.times) + horizon, freq=panel.frequency)
    targets: npt.NDArray[np.datetime64] = times.to_numpy()[rows[:, None] + np.arange(1, horizon + 1)]
    return targets


def _actual(values: FloatArray, rows: IndexArray, horizon: int) -> FloatArray:
    at = rows[:, None] + np.arange(1, horizon + 1)
    return np.where((at < len(values))[..., None], values[np.minimum(at, len(values) - 1)], np.nan)
