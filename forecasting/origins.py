"""From when forecasts are made: the rolling origins of a back-test."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd

from ..instances.errors import InputError
from .makers.seasons import season_length

if TYPE_CHECKING:
    from ..instances.arrays import IndexArray
    from .panel import Panel

When: TypeAlias = str | pd.Timestamp
Origins: TypeAlias = pd.DatetimeIndex | tuple[When, When, int]
"""Times themselves, or the first, the last and every how many rows."""

ROWS_A_YEAR = {7: 364, 5: 260, 24: 24 * 28}


def origin_rows(panel: Panel, horizon: int, origins: Origins | None = None) -> IndexArray:
    """Rows of a panel from which forecasts are made and later scored.

    Parameters
    ----------
    panel
        Everything recorded.
    horizon
        Steps ahead.
    origins
        Times, or (first, last, every); by default every season (a week of days; every row of weeks, months
        and quarters) over the last year, at most the last third of the rows, with all targets recorded.

    Raises
    ------
    InputError
        For an origin that is no time of the panel, or a panel too short for any.

    Examples
    --------
    >>> from allocare.forecasting.records import simulated_panel
    >>> rows = origin_rows(simulated_panel(1, 730), horizon=7)
    >>> rows[[0, -1]].tolist(), len(rows)
    ([484, 722], 35)
    """
    count = len(panel.times)
    if horizon < 1:
        raise InputError(f"the horizon is {horizon}; forecast 1 step ahead or more")
    latest = count - 1 - horizon
    if latest < 1:
        raise InputError(
            f"{panel.name}: a horizon of {horizon} is longer than the history of {count} rows allows; "
            "forecast fewer steps ahead"
        )
    if origins is None:
        season = season_length(panel.frequency)
        every = season if season in ROWS_A_YEAR else 1
        span = min(ROWS_A_YEAR.get(season, season), max(count // 3, 1))
        return np.arange(latest, max(latest - span, 0), -every, dtype=np.int32)[::-1]
    if isinstance(origins, tuple):
        first, last, every = origins
        if every < 1:
            raise InputError(f"origins are {every} rows apart; give 1 or more")
        ends = panel.times.get_indexer(pd.DatetimeIndex([first, last]))
        rows = np.arange(ends[0], ends[1] + 1, every) if (ends >= 0).all() else ends
        times = pd.DatetimeIndex([first, last])
    else:
        rows, times = panel.times.get_indexer(origins), origins
    if (rows < 0).any():
        raise InputError(f"{panel.name}: there is no row for the origin {times[int(np.argmax(rows < 0))]}")
    if not len(rows):
        raise InputError(f"{panel.name}: there are no origins between the first and the last; swap them")
    if rows[-1] >= count - 1 or (np.diff(rows) <= 0).any():
        raise InputError(
            f"{panel.name}: origins must be in order and before the last row, {panel.times[-1]:%Y-%m-%d}"
        )
    return rows.astype(np.int32)


def calibration_rows(rows: IndexArray, wanted: int | None) -> IndexArray:
    """Origins before the first, as far apart, whose errors intervals begin with.

    By default as many as are scored, so long as half of what comes before is left to fit on.

    Examples
    --------
    >>> calibration_rows(np.array([100, 107, 114]), None).tolist()
    [79, 86, 93]
    >>> calibration_rows(np.array([10, 17]), None).tolist()
    []
    """
    every = int(np.median(np.diff(rows))) if len(rows) > 1 else 1
    if wanted is not None and wanted < 0:
        raise InputError(f"{wanted} origins are wanted before the first; give 0 or more")
    room = int(rows[0]) // every if wanted is not None else int(rows[0]) // 2 // every
    count = min(len(rows) if wanted is None else wanted, room)
    before: IndexArray = (rows[0] - every * np.arange(count, 0, -1)).astype(np.int32)
    return before
