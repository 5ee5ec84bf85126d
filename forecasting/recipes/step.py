"""What every cleaning step of a panel can do: learn from the training part, and apply what it learnt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np

from ...instances.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from ...instances.arrays import BoolArray
    from ..panel import Panel


@dataclass(frozen=True, eq=False)
class Place:
    """Where the cells of a frame come from, for errors.

    Parameters
    ----------
    source
        The file, or the panel's name.
    column
        What the cells hold.
    rows
        File row of each cell, 0 where the file has none; None where there is no file.

    Examples
    --------
    >>> import pandas as pd
    >>> days = pd.date_range("2024-01-01", periods=1)
    >>> frame = pd.DataFrame({"Hessen": [-3.0]}, index=days)
    >>> place = Place("beds.csv", "beds", pd.DataFrame({"Hessen": [2]}, index=days))
    >>> print(place.error("it is -3", frame, (frame < 0).to_numpy()))
    beds.csv, series 'Hessen', row 2, column 'beds': it is -3
    """

    source: str
    column: str
    rows: pd.DataFrame | None = None

    def error(self, found: str, frame: pd.DataFrame, wrong: BoolArray) -> InputError:
        """Build the error for the first wrong cell, series by series: series, and file row or date."""
        series, time = (int(at) for at in np.argwhere(wrong.T)[0])
        row = 0 if self.rows is None else int(self.rows.to_numpy()[time, series])
        where = f"row {row}" if row else str(frame.index[time])[:10]
        return InputError(
            found, self.source, f"series {frame.columns[series]!r}", where, f"column {self.column!r}"
        )


class FittedStep(Protocol):
    """A step that has learnt all that it will."""

    @property
    def why(self) -> str:
        """Reason of the changes, for their list."""

    def apply(self, frame: pd.DataFrame, place: Place) -> pd.DataFrame:
        """Clean one column's values, one row a time and one column a series."""


class Step(Protocol):
    """A cleaning step; a frozen dataclass whose fields are its settings."""

    name: ClassVar[str]

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns it is for; empty for all."""

    @property
    def uses_future(self) -> bool:
        """Whether a cell may be changed by what is recorded after it, beyond the part fitted on."""

    def fit(self, frame: pd.DataFrame, panel: Panel) -> FittedStep:
        """Learn from one column's values of the training part."""


def median_of_last(frame: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Median along the last axis without what is missing, faster than NumPy's; NaN where all is missing.

    Examples
    --------
    >>> median_of_last(np.array([[3.0, np.nan, 1.0], [np.nan] * 3])).tolist()
    [2.0, nan]
    """
    ordered = np.sort(frame, axis=-1)  # what is missing comes last
    count = np.isfinite(ordered).sum(axis=-1)[..., None]
    low = np.take_along_axis(ordered, np.maximum((count - 1) // 2, 0), axis=-1)
    high = np.take_along_axis(ordered, np.minimum(count // 2, frame.shape[-1] - 1), axis=-1)
    return np.asarray(np.where(count > 0, (low + high) / 2, np.nan)[..., 0])
