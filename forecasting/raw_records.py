"""Records as a file holds them: every cell as it is written, with the row that it stands in."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .changes import listed_changes, no_changes
from .clocks import read_times
from .notation import Notation, read_numbers

if TYPE_CHECKING:
    from ..instances.arrays import BoolArray
    from ..instances.errors import InputError


@dataclass(frozen=True, eq=False, kw_only=True)
class Records:
    """Raw records of several series, one row a series and time; made by `read_long` and `read_wide`.

    Parameters
    ----------
    table
        Columns ``series`` and ``time``, and the values and covariates by name, cells as they are written. The
        index is the row of the file, the header being row 1.
    source
        Name of the file, for errors.
    value
        Column of what the records are about.
    covariates
        Columns of what else was recorded.
    attributes
        Columns of what does not change over time.
    key, time
        What the file calls the series and the time.
    notation
        How numbers and times are written.
    wide
        Whether each series was a column of the file.

    Examples
    --------
    >>> table = pd.DataFrame({"series": ["TX"], "time": ["2021/06/22"], "beds": ["1,876"]}, index=[2])
    >>> records = Records(table=table, source="hhs.csv", value="beds", notation=Notation(thousands=","))
    >>> records.numbers()[0]
      series       time  row    beds
    0     TX 2021-06-22    2  1876.0
    """

    table: pd.DataFrame
    source: str
    value: str
    covariates: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    key: str = "series"
    time: str = "time"
    notation: Notation = field(default_factory=Notation)
    wide: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The value's column and the covariates'."""
        return (self.value, *self.covariates)

    def error(self, found: str, at: int, column: str | None = None) -> InputError:
        """Build the error for the record at a position: it names file, series, row and column."""
        from ..instances.errors import InputError

        series = str(self.table["series"].iloc[at]).strip()
        place = [f"series {series!r}", f"row {self.table.index[at]}"]
        if column is not None and not self.wide:
            place.append(f"column {column!r}")
        return InputError(found, self.source, *place)

    def position(self, record: pd.Series[Any]) -> int:
        """Find a record that was read, by its ``series`` and ``row``."""
        same = (self.table.index == record["row"]) & (
            self.table["series"].str.strip() == record["series"]
        ).to_numpy()
        return int(np.argmax(same))

    def numbers(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Read every cell by the notation.

        Returns
        -------
        tuple
            The records with times, numbers and ``row``, and the cells that are written in another than the
            plain notation: thousands separators, decimal commas, words for missing, times of another zone.

        Raises
        ------
        InputError
            For the first cell that cannot be read, naming file, series, row and column.
        """
        raw = self.table
        times, moved = read_times(raw["time"], self.notation, partial(self._error_in, self.time))
        series = raw["series"].str.strip().to_numpy()
        read = pd.DataFrame({"series": series, "time": times, "row": raw.index.to_numpy()})
        padded = (series != raw["series"]).to_numpy()
        changes = [
            self._changes(read, self.key, raw["series"], series, padded, "keys", "spaces around the name"),
            self._changes(read, self.time, raw["time"], times, moved, "times", self._why_moved()),
        ]
        for column in self.columns:
            values, rewritten = read_numbers(raw[column], self.notation, partial(self._error_in, column))
            why = np.where(np.isnan(values), "a word for missing", "a number in another notation")
            changes.append(self._changes(read, column, raw[column], values, rewritten, "numbers", why))
            read[column] = values
        return read, pd.concat([no_changes(), *changes], ignore_index=True)

    def _error_in(self, column: str, at: int, found: str) -> InputError:
        return self.error(found, at, column)

    def _why_moved(self) -> str:
        zone = f"converted to {self.notation.zone}" if self.notation.zone else ""
        floor = "the time of day does not count" if self.notation.floor else ""
        return "; ".join(filter(None, (zone, floor)))

    def _changes(
        self,
        read: pd.DataFrame,
        column: str,
        before: Any,
        after: Any,
        changed: BoolArray,
        step: str,
        why: Any,
    ) -> pd.DataFrame:
        return listed_changes(
            read[changed],
            column=column,
            before=before.to_numpy(dtype=object)[changed],
            after=after[changed],
            step=step,
            why=why if isinstance(why, str) else why[changed],
        )
