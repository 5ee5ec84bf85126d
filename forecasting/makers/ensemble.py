"""Several forecasters as one: their mean, their median, or weights that they earn on a part of the past."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ...instances.errors import InputError
from .exponential_smoothing import ExponentialSmoothing
from .history import require_history
from .linear_regression import LinearRegression
from .maker_base import Fitted, Maker
from .naive import SeasonalNaive
from .pooled_table import units_of

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray, IndexArray
    from ..maker import Forecaster
    from ..panel import Panel

MEMBERS: tuple[Forecaster, ...] = (SeasonalNaive(), ExponentialSmoothing(), LinearRegression())


@dataclass(frozen=True)
class Ensemble(Maker):
    """ŷ = Σ w ŷ_k with equal weights, the median of the ŷ_k, or weights that fit a part of the past best.

    For ``weights`` the members are fitted without the last rows of the past and forecast them from rolling
    origins; w ≥ 0 with Σ w = 1 has the least sum of squared errors there, each series in units of its mean
    change, and the members are then fitted to all of the past.

    Parameters
    ----------
    members
        The forecasters.
    by
        ``mean``, ``median`` or ``weights``.
    validation
        Rows at the end of the past that weights are fitted on; a fifth of it where not given.

    Examples
    --------
    >>> import pandas as pd
    >>> from allocare.forecasting.makers.averages import Mean
    >>> from allocare.forecasting.makers.naive import LastValue
    >>> from allocare.forecasting.panel import Panel
    >>> days = pd.date_range("2024-01-01", periods=4)
    >>> panel = Panel(values=pd.DataFrame({"Hessen": [1.0, 3, 2, 6]}, index=days))
    >>> both = Ensemble(members=(LastValue(), Mean())).fit(panel, horizon=1)
    >>> both.forecast(panel, days[-1:]).item()
    4.5
    """

    kind: ClassVar[str] = "ensemble"
    members: tuple[Forecaster, ...] = MEMBERS
    by: str = "mean"
    validation: int | None = None

    def __post_init__(self) -> None:
        if self.by not in ("mean", "median", "weights"):
            raise InputError(f"by is {self.by!r}; give mean, median or weights")
        if not self.members:
            raise InputError("an ensemble needs members; give one forecaster or more")

    @property
    def name(self) -> str:
        """What tables call it: its kind, and its members where they are not the usual ones."""
        usual = "" if self.members == MEMBERS else f"({'+'.join(member.name for member in self.members)})"
        return f"{self.kind}{usual}" if self.by == "mean" else f"{self.kind}{usual}:by={self.by}"

    def fit(self, panel: Panel, horizon: int, *, seed: int = 0) -> Fitted:
        """Fit the members, and their weights where they have any."""
        require_history(panel, horizon, self.name)
        weights = np.full(len(self.members), 1 / len(self.members))
        if self.by == "weights" and len(self.members) > 1:
            weights = self._weights(panel, horizon, seed)
        fitted = [member.fit(panel, horizon, seed=seed) for member in self.members]

        def ahead(panel: Panel, rows: IndexArray) -> FloatArray:
            paths = np.stack([member.forecast(panel, panel.times[rows]) for member in fitted])
            if self.by == "median":
                middle: FloatArray = np.median(paths, axis=0)
                return middle
            mixed: FloatArray = np.tensordot(weights, paths, 1)
            return mixed

        return Fitted(panel.series, horizon, ahead)

    def _weights(self, panel: Panel, horizon: int, seed: int) -> FloatArray:
        last = len(panel.times) - 1
        kept_back = len(panel.times) // 5 if self.validation is None else self.validation
        first = last - kept_back
        if not horizon <= kept_back < last:
            raise InputError(
                f"{panel.name}: weights are fitted on the last {kept_back} of {last + 1} rows, which is too "
                f"{'few' if kept_back < horizon else 'many'} for {horizon} steps ahead; set validation"
            )
        past = panel.until(panel.times[first])
        rows = np.arange(first, last - horizon + 1)
        values = panel.values.to_numpy()
        actual = values[rows[:, None] + np.arange(1, horizon + 1)]
        unit = units_of(past.values.to_numpy()).change
        errors = np.stack(
            [
                (
                    (member.fit(past, horizon, seed=seed).forecast(panel, panel.times[rows]) - actual) / unit
                ).ravel()
                for member in self.members
            ],
            axis=1,
        )
        return simplex_weights(errors[~np.isnan(errors).any(axis=1)])


def simplex_weights(errors: FloatArray) -> FloatArray:
    """Weights w ≥ 0, Σ w = 1, of the least sum of squares of the weighted errors.

    The minimum of ‖Eu‖² + (Σu − 1)² over u ≥ 0, divided by its sum: the conditions of optimality of the two
    are the same up to that factor.

    Parameters
    ----------
    errors
        E, one column a forecaster.

    Examples
    --------
    >>> simplex_weights(np.array([[1.0, -1.0], [2.0, -2.0]])).round(9).tolist()
    [0.5, 0.5]
    >>> simplex_weights(np.array([[1.0, 2.0], [1.0, 2.0]])).round(9).tolist()
    [1.0, 0.0]
    """
    from scipy.optimize import nnls

    count = errors.shape[1]
    size = np.sqrt(np.mean(errors**2)) if errors.size else 0.0
    if size == 0:
        return np.full(count, 1 / count)
    # E = QR: the errors' triangle has their length and a row a forecaster
    triangle = np.linalg.qr(errors / (size * np.sqrt(len(errors))), mode="r")
    found = nnls(np.vstack([triangle, np.ones(count)]), np.append(np.zeros(len(triangle)), 1.0))[0]
    weights: FloatArray = found / found.sum()
    return weights
