"""Averages of what is past, at every step ahead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ...instances.errors import InputError
from .history import require_history
from .maker_base import Fitted, Maker

if TYPE_CHECKING:
    import pandas as pd

    from ...instances.arrays import FloatArray, IndexArray
    from ..panel import Panel


@dataclass(frozen=True)
class Mean(Maker):
    """The mean of all that was recorded: ŷ(t+h) = Σ y / n.

    Examples
    --------
    >>> import pandas as pd
    >>> from allocare.forecasting.panel import Panel
    >>> days = pd.date_range("2024-01-01", periods=3)
    >>> panel = Panel(values=pd.DataFrame({"Hessen": [5.0, 6, 10]}, index=days))
    >>> Mean().fit(panel, horizon=1).forecast(panel, days).ravel().tolist()
    [5.0, 5.5, 7.0]
    """

    kind: ClassVar[str] = "mean"

    def fit(self, panel: Panel, horizon: int, *, seed: int = 0) -> Fitted:
        """There is nothing to fit; refuse what cannot be forecast."""
        require_history(panel, horizon, self.name)
        return _flat(panel.series, horizon, None)


@dataclass(frozen=True)
class MovingAverage(Maker):
    """The mean of what was recorded in the last rows: ŷ(t+h) = mean of y(t−w+1), …, y(t).

    Parameters
    ----------
    window
        Rows in the mean w.

    Examples
    --------
    >>> import pandas as pd
    >>> from allocare.forecasting.panel import Panel
    >>> days = pd.date_range("2024-01-01", periods=3)
    >>> panel = Panel(values=pd.DataFrame({"Hessen": [5.0, 6, 10]}, index=days))
    >>> MovingAverage(window=2).fit(panel, horizon=1).forecast(panel, days[-1:]).ravel().tolist()
    [8.0]
    """

    kind: ClassVar[str] = "moving-average"
    window: int = 7

    def __post_init__(self) -> None:
        if self.window < 1:
            raise InputError(f"window is {self.window}; average over 1 row or more")

    def fit(self, panel: Panel, horizon: int, *, seed: int = 0) -> Fitted:
        """There is nothing to fit; refuse histories shorter than the window."""
        require_history(panel, horizon, self.name, min(self.window, len(panel.times)))
        return _flat(panel.series, horizon, self.window)


def _flat(series: pd.Index[Any], horizon: int, window: int | None) -> Fitted:
    def ahead(panel: Panel, rows: IndexArray) -> FloatArray:
        past = panel.values
        means = past.expanding(1) if window is None else past.rolling(window, min_periods=1)
        # where a window holds nothing, the mean of the last one that did
        flat = means.mean().ffill().to_numpy()[rows]
        return np.repeat(flat[:, None, :], horizon, axis=1)

    return Fitted(series, horizon, ahead)
