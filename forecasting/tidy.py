"""Panels as tables with one row a series and time, as files hold them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from ..instances.errors import InputError

if TYPE_CHECKING:
    from .panel import Panel


def tidy(panel: Panel, key: str = "series", time: str = "time") -> pd.DataFrame:
    """Return a panel's values and covariates with one row a series and time.

    Parameters
    ----------
    panel
        The panel.
    key, time
        What to call the columns of series and times.

    Returns
    -------
    pandas.DataFrame
        Series by series; times are texts, ``2024-12-31`` where all are days.

    Examples
    --------
    >>> from allocare.forecasting.records import simulated_panel
    >>> tidy(simulated_panel(2, 2, seed=1), "region", "day")
      region         day  beds occupied   free
    0     R1  2020-01-01          470.0   92.0
    1     R1  2020-01-02          481.0   81.0
    2     R2  2020-01-01          966.0  197.0
    3     R2  2020-01-02          955.0  208.0
    """
    frames = {panel.name: panel.values, **panel.covariates}
    if len({key, time, *frames}) < len(frames) + 2:
        raise InputError(f"columns {[key, time, *frames]} are not all different; rename one")
    count = len(panel.series)
    columns = {key: panel.series.repeat(len(panel.times)), time: list(time_texts(panel.times)) * count}
    columns |= {name: frame.to_numpy().ravel(order="F") for name, frame in frames.items()}
    return pd.DataFrame(columns)


def time_texts(times: pd.DatetimeIndex) -> pd.Index[str]:
    """Write times as ISO 8601, as days where all are.

    Examples
    --------
    >>> time_texts(pd.DatetimeIndex(["2024-12-31", "2025-01-01 06:00"])).tolist()
    ['2024-12-31T00:00:00', '2025-01-01T06:00:00']
    """
    days = bool((times == times.normalize()).all())
    return times.strftime("%Y-%m-%d" if days else "%Y-%m-%dT%H:%M:%S")
