"""What forecasters share: what they may read of a panel, and what they refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...instances.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from ...instances.arrays import BoolArray, FloatArray, IndexArray
    from ..panel import Panel


class SeriesError(InputError):
    """Some series cannot be forecast; the others could be without them.

    Parameters
    ----------
    found
        What was found, naming the first of the series, and what mends it.
    reasons
        Why, of each series that cannot be forecast.

    Examples
    --------
    >>> tuple(SeriesError("beds: series 'Bremen' has no value", {"Bremen": "it has no value"}).reasons)
    ('Bremen',)
    """

    def __init__(self, found: str, reasons: Mapping[Any, str]) -> None:
        super().__init__(found)
        self.reasons = dict(reasons)


def require_history(panel: Panel, horizon: int, maker: str, least: int = 1) -> None:
    """Refuse a panel that is too short for a horizon or holds series with too few values.

    Parameters
    ----------
    panel
        What is past.
    horizon
        Steps ahead.
    maker
        Who asks, named in errors.
    least
        Recorded values that each series needs.

    Raises
    ------
    SeriesError
        Naming the series with too few values.
    InputError
        For a horizon below one or longer than the history.

    Examples
    --------
    >>> import pandas as pd
    >>> from allocare.forecasting.panel import Panel
    >>> days = pd.date_range("2024-01-01", periods=3)
    >>> panel = Panel(values=pd.DataFrame({"Hessen": [5.0, 6, 7], "Bremen": [np.nan] * 3}, index=days))
    >>> try:
    ...     require_history(panel, 2, "last-value")
    ... except InputError as error:
    ...     print(error)
    values: series 'Bremen' has no value up to 2024-01-03; leave it out
    """
    if horizon < 1:
        raise InputError(f"the horizon is {horizon}; forecast 1 step ahead or more")
    if horizon >= len(panel.times):
        raise InputError(
            f"{panel.name}: a horizon of {horizon} is longer than the history of {len(panel.times)} rows "
            f"up to {panel.times[-1]:%Y-%m-%d} allows; forecast fewer steps ahead"
        )
    if not len(panel.series):
        raise InputError(f"{panel.name}: there are no series; give one or more")
    recorded = panel.values.notna().to_numpy().sum(axis=0)
    refuse_series(
        panel, recorded == 0, lambda at: f"has no value up to {panel.times[-1]:%Y-%m-%d}; leave it out"
    )
    refuse_series(
        panel,
        recorded < least,
        lambda at: f"has {recorded[at]} values and {maker} needs {least}; give a longer history",
    )


def refuse_series(panel: Panel, wrong: BoolArray, why: Callable[[int], str]) -> None:
    """Raise the error that names all series that are wrong and says of the first one why.

    Examples
    --------
    >>> import pandas as pd
    >>> from allocare.forecasting.panel import Panel
    >>> panel = Panel(values=pd.DataFrame({"Hessen": [5.0]}, index=pd.date_range("2024-01-01", periods=1)))
    >>> refuse_series(panel, np.array([True]), lambda at: "is strange")
    Traceback (most recent call last):
    allocare.forecasting.makers.history.SeriesError: values: series 'Hessen' is strange
    """
    if wrong.any():
        at = int(np.argmax(wrong))
        others = int(wrong.sum()) - 1
        rest = f" (and {others} more series)" if others else ""
        raise SeriesError(
            f"{panel.name}: series {panel.series[at]!r} {why(at)}{rest}",
            {panel.series[one]: f"it {why(one)}" for one in np.flatnonzero(wrong).tolist()},
        )


def carried_forward(values: FloatArray, step: int = 1) -> FloatArray:
    """Replace what is missing by the last value before it, `step` rows apart; NaN where there is none.

    Examples
    --------
    >>> carried_forward(np.array([[np.nan], [3.0], [np.nan]])).ravel().tolist()
    [nan, 3.0, 3.0]
    >>> carried_forward(np.array([[1.0], [2.0], [np.nan], [np.nan]]), step=2).ravel().tolist()
    [1.0, 2.0, 1.0, 2.0]
    """
    known = ~np.isnan(values)
    if known.all():
        return values
    rows, columns = values.shape
    pad = -rows % step
    blocks = np.concatenate([known, np.zeros((pad, columns), dtype=bool)]).reshape(-1, step, columns)
    last = np.maximum.accumulate(np.where(blocks, np.arange(len(blocks))[:, None, None], -1), axis=0)
    source = (last * step + np.arange(step)[:, None]).reshape(-1, columns)[:rows]
    filled: FloatArray = np.take_along_axis(values, np.maximum(source, 0), axis=0)
    return np.where(last.reshape(-1, columns)[:rows] >= 0, filled, np.nan)


def rows_of(panel: Panel, origins: pd.DatetimeIndex, series: pd.Index[Any]) -> IndexArray:
    """Rows of a panel at some origins, once it holds the series that were fitted.

    Raises
    ------
    InputError
        For other series, or an origin that is no time of the panel.

    Examples
    --------
    >>> import pandas as pd
    >>> from allocare.forecasting.panel import Panel
    >>> days = pd.date_range("2024-01-01", periods=3)
    >>> panel = Panel(values=pd.DataFrame({"Hessen": [5.0, 6, 7]}, index=days))
    >>> rows_of(panel, days[[1]], panel.series).tolist()
    [1]
    """
    if not panel.series.equals(series):
        raise InputError(
            f"{panel.name}: the series are not those that were fitted, in their order; fit on these instead"
        )
    rows = panel.times.get_indexer(origins)
    if (rows < 0).any():
        raise InputError(
            f"{panel.name}: there is no row for the origin {origins[int(np.argmax(rows < 0))]:%Y-%m-%d}"
        )
    return rows.astype(np.int32)
