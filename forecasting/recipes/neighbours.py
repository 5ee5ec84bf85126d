"""Filling what is missing from days on which the other series looked alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from ..extras import need
from .settings import names, whole

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray
    from ..panel import Panel
    from .step import Place


@dataclass(frozen=True, kw_only=True)
class NeighbourFill:
    """Fill with the mean over the nearest days of the training part, by the series that are known.

    Every series is standardised by its training part first, so that large ones do not decide alone which
    days are alike (scikit-learn's `KNNImputer`, neighbours weighed by nearness). It needs two series or
    more; a series without any value in the training part stays missing.

    Parameters
    ----------
    neighbours
        Days that are averaged.
    columns
        Columns it is for; empty for all.

    Examples
    --------
    >>> days = pd.date_range("2024-01-01", periods=4)
    >>> frame = pd.DataFrame({"HE": [1.0, 2, 1, 2], "HB": [10.0, 20, 10, np.nan]}, index=days)
    >>> NeighbourFill(neighbours=1).fit(frame, None).apply(frame, None)["HB"].round(9).tolist()
    [10.0, 20.0, 10.0, 20.0]
    """

    name: ClassVar[str] = "neighbour-fill"
    uses_future: ClassVar[bool] = False
    neighbours: int = 5
    columns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        whole(self.name, "neighbours", self.neighbours, 1)
        names(self.name, "columns", self.columns)

    def fit(self, frame: pd.DataFrame, panel: Panel | None) -> FittedNeighbourFill:
        """Keep the days of the training part, standardised."""
        need("scikit-learn", "sklearn", f"step {self.name!r}")
        from sklearn.impute import KNNImputer

        values = frame.to_numpy(dtype=np.float64)
        seen = ~np.isnan(values).all(axis=0)
        centre, spread = np.zeros(values.shape[1]), np.ones(values.shape[1])
        centre[seen] = np.nanmean(values[:, seen], axis=0)
        spread[seen] = np.nanstd(values[:, seen], axis=0)
        spread[spread == 0] = 1.0
        imputer = KNNImputer(n_neighbors=self.neighbours, weights="distance", keep_empty_features=True)
        imputer.fit((values - centre) / spread)
        return FittedNeighbourFill(self, imputer, centre, spread, seen)


@dataclass(frozen=True, eq=False)
class FittedNeighbourFill:
    """A neighbour fill with the days that it looks among; made by `NeighbourFill`."""

    step: NeighbourFill
    imputer: Any
    centre: FloatArray
    spread: FloatArray
    seen: Any

    @property
    def why(self) -> str:
        """Reason of the changes."""
        return f"missing: mean of the {self.step.neighbours} days on which the other series were most alike"

    def apply(self, frame: pd.DataFrame, place: Place | None) -> pd.DataFrame:
        """Fill what is missing; what is known stays to the last digit."""
        values = frame.to_numpy(dtype=np.float64)
        if not np.isnan(values).any():
            return frame
        guessed = self.imputer.transform((values - self.centre) / self.spread) * self.spread + self.centre
        filled = np.where(np.isnan(values) & self.seen, guessed, values)
        return pd.DataFrame(filled, frame.index, frame.columns)
