"""Where a time stands in a pattern that comes again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    import numpy.typing as npt


def phase(times: pd.Index[Any], anchor: pd.Timestamp, period: int) -> npt.NDArray[np.int64]:
    """Steps since the anchor, modulo the period: the same for a time whatever part of a panel it is in.

    Examples
    --------
    >>> days = pd.date_range("2024-01-01", periods=9)
    >>> phase(days, days[0], 7).tolist()
    [0, 1, 2, 3, 4, 5, 6, 0, 1]
    >>> phase(days[:3], days[1], 7).tolist()
    [6, 0, 1]
    """
    assert isinstance(times, pd.DatetimeIndex)
    first, frequency = times[0], times.freq
    apart = len(pd.date_range(min(first, anchor), max(first, anchor), freq=frequency))
    start = apart - 1 if first >= anchor else 1 - apart
    return np.asarray((start + np.arange(len(times))) % period, dtype=np.int64)
