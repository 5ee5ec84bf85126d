"""The one protocol of forecasters: fitted on what is past, asked at one origin or at many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    import pandas as pd

    from ..instances.arrays import FloatArray
    from .panel import Panel


@runtime_checkable
class Forecaster(Protocol):
    """A way to forecast every series of a panel 1 to `horizon` steps ahead.

    A frozen dataclass whose fields are its settings; it holds nothing of any data.
    """

    @property
    def name(self) -> str:
        """What tables and the command line call it, such as ``seasonal-naive``."""

    def fit(self, panel: Panel, horizon: int, *, seed: int = 0) -> FittedForecaster:
        """Fit on a panel, all of which is past; the same seed gives the same forecasts.

        Raises
        ------
        InputError
            For a panel from which it cannot forecast so far ahead, naming series and what is missing.
        """


@runtime_checkable
class FittedForecaster(Protocol):
    """A forecaster with its parameters fixed: later records are read, never fitted to."""

    def forecast(self, panel: Panel, origins: pd.DatetimeIndex) -> FloatArray:
        """Forecast from each origin, using rows up to and including it and none after.

        Parameters
        ----------
        panel
            The series that it was fitted on, in the same order, at least up to the last origin.
        origins
            Times of the panel: the last that is known when each forecast is made.

        Returns
        -------
        FloatArray
            Shape (origins, horizon, series); entry [i, h - 1, s] is for h steps after origin i.
        """
