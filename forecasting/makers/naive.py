"""The obvious forecasts, which any other must beat: the last value, and the value a season ago."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from .history import carried_forward, require_history
from .maker_base import Fitted, Maker
from .seasons import season_length

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray, IndexArray
    from ..panel import Panel


@dataclass(frozen=True)
class LastValue(Maker):
    """The last value recorded, at every step ahead: ŷ(t+h) = y(t).

    Examples
    --------
    >>> import pandas as pd
    >>> from allocare.forecasting.panel import Panel
    >>> days = pd.date_range("2024-01-01", periods=3)
    >>> panel = Panel(values=pd.DataFrame({"Hessen": [5.0, 6, 7]}, index=days))
    >>> LastValue().fit(panel, horizon=2).forecast(panel, days[-1:]).ravel().tolist()
    [7.0, 7.0]
    """

    kind: ClassVar[str] = "last-value"

    def fit(self, panel: Panel, horizon: int, *, seed: int = 0) -> Fitted:
        """There is nothing to fit; refuse what cannot be forecast."""
        require_history(panel, horizon, self.name)

        def ahead(panel: Panel, rows: IndexArray) -> FloatArray:
            last = carried_forward(panel.values.to_numpy())[rows]
            return np.repeat(last[:, None, :], horizon, axis=1)

        return Fitted(panel.series, horizon, ahead)


@dataclass(frozen=True)
class SeasonalNaive(Maker):
    """The last value recorded at the same place in the season: ŷ(t+h) = y(t+h − m⌈h/m⌉).

    Parameters
    ----------
    period
        Rows in a season m; a week of days, a year of weeks, months or quarters where it is not given.

    Examples
    --------
    >>> import pandas as pd
    >>> from allocare.forecasting.panel import Panel
    >>> days = pd.date_range("2024-01-01", periods=4)
    >>> panel = Panel(values=pd.DataFrame({"Hessen": [5.0, 6, 7, 8]}, index=days))
    >>> SeasonalNaive(period=2).fit(panel, horizon=3).forecast(panel, days[-1:]).ravel().tolist()
    [7.0, 8.0, 7.0]
    """

    kind: ClassVar[str] = "seasonal-naive"
    period: int | None = None

    def fit(self, panel: Panel, horizon: int, *, seed: int = 0) -> Fitted:
        """There is nothing to fit; refuse histories shorter than a season."""
        season = season_length(panel.frequency, self.period)
        require_history(panel, horizon, self.name, season)
        steps = np.arange(1, horizon + 1)
        back = steps - season * -(-steps // season)

        def ahead(panel: Panel, rows: IndexArray) -> FloatArray:
            values = carried_forward(panel.values.to_numpy(), season)
            at = rows[:, None] + back
            return np.where((at >= 0)[..., None], values[np.maximum(at, 0)], np.nan)

        return Fitted(panel.series, horizon, ahead)
