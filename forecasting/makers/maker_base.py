"""The two ends of every forecaster here: settings with a name, and a function that looks ahead."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar

from .history import rows_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from ...instances.arrays import FloatArray, IndexArray
    from ..panel import Panel


class Maker:
    """Settings of a forecaster; its name is its kind with every setting that is not the usual one.

    Examples
    --------
    >>> from allocare.forecasting.makers.averages import MovingAverage
    >>> MovingAverage().name, MovingAverage(window=14).name
    ('moving-average', 'moving-average:window=14')
    """

    kind: ClassVar[str]

    @property
    def name(self) -> str:
        """What tables and the command line call it."""
        chosen = [
            f"{field.name}={getattr(self, field.name)}"
            for field in fields(self)  # type: ignore[arg-type]  # every maker is a dataclass
            if getattr(self, field.name) != field.default
        ]
        return f"{self.kind}:{','.join(chosen)}" if chosen else self.kind


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fitted forecaster: which series it knows, and how it looks ahead.

    Parameters
    ----------
    series
        The series that it was fitted on.
    horizon
        How many steps ahead it forecasts.
    ahead
        From a panel that ends with the last origin, and the rows of the origins, to the forecasts.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from allocare.forecasting.panel import Panel
    >>> days = pd.date_range("2024-01-01", periods=3)
    >>> panel = Panel(values=pd.DataFrame({"Hessen": [5.0, 6, 7]}, index=days))
    >>> seven = Fitted(panel.series, 2, lambda panel, rows: np.full((len(rows), 2, 1), 7.0))
    >>> seven.forecast(panel, days[1:]).ravel().tolist()
    [7.0, 7.0, 7.0, 7.0]
    """

    series: pd.Index[Any]
    horizon: int
    ahead: Callable[[Panel, IndexArray], FloatArray]

    def forecast(self, panel: Panel, origins: pd.DatetimeIndex) -> FloatArray:
        """Forecast from each origin, using rows up to and including it and none after."""
        rows = rows_of(panel, origins, self.series)
        return self.ahead(panel.until(origins.max()), rows)
