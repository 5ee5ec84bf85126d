"""From records to a regular panel: which of two rows counts, which series are left, which times there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from ...instances.errors import InputError
from ..changes import listed_changes, no_changes
from .settings import choice

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray
    from ..raw_records import Records

DUPLICATE_RULES = ("refuse", "first", "last", "mean")
EMPTY_RULES = ("refuse", "drop")
_MOST_ABSENT = 366
"""A gap of so many steps, and as many more as there are times, comes from a slip in a date."""


@dataclass(frozen=True, kw_only=True)
class Duplicates:
    """Keep one value where a series has several rows for a time.

    Parameters
    ----------
    rule
        ``refuse``, or ``first``, ``last`` or ``mean`` of those rows that hold a value, column by column.

    Examples
    --------
    >>> Duplicates(rule="last").rule
    'last'
    """

    name: ClassVar[str] = "duplicates"
    rule: str = "refuse"

    def __post_init__(self) -> None:
        choice(self.name, "rule", self.rule, DUPLICATE_RULES)

    def apply(self, table: pd.DataFrame, records: Records) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the table with one row a series and time, and the cells that lost to another."""
        place = ["series", "time"]
        repeated = table.duplicated(place, keep=False)
        if not repeated.any():
            return table, no_changes()
        if self.rule == "refuse":
            at = int(np.argmax(table.duplicated(place).to_numpy()))
            again = table.iloc[at]
            same = (table["series"] == again["series"]) & (table["time"] == again["time"])
            first = table.loc[same, "row"].iloc[0]
            raise records.error(
                f"{_shown(again['time'])} appears twice (first in row {first}); keep one row a series and "
                "time, or choose which by the step 'duplicates'",
                at,
            )
        several = table[repeated]
        groups = several.groupby(place, sort=False)
        chosen = getattr(groups[list(records.columns)], self.rule)()
        kept = several.drop_duplicates(place)[[*place, "row", *records.attributes]]
        kept = kept.merge(chosen.reset_index(), on=place, validate="one_to_one")
        changes = [self._lost(several, chosen, column) for column in records.columns]
        whole = pd.concat([table[~repeated], kept], ignore_index=True)[table.columns.tolist()]
        return whole, pd.concat(changes, ignore_index=True)

    def _lost(self, several: pd.DataFrame, chosen: pd.DataFrame, column: str) -> pd.DataFrame:
        winner = chosen[column].reindex(pd.MultiIndex.from_frame(several[["series", "time"]])).to_numpy()
        before = several[column].to_numpy()
        lost = ~((before == winner) | (np.isnan(before) & np.isnan(winner)))
        rows = several[lost]
        return listed_changes(
            rows,
            column=column,
            before=before[lost],
            after=winner[lost],
            step=self.name,
            why=f"several rows for one time: the {self.rule} of them",
        )


@dataclass(frozen=True, kw_only=True)
class EmptySeries:
    """Refuse or drop series of which nothing was recorded.

    Parameters
    ----------
    rule
        ``refuse`` or ``drop``.

    Examples
    --------
    >>> EmptySeries(rule="drop").rule
    'drop'
    """

    name: ClassVar[str] = "empty-series"
    rule: str = "refuse"

    def __post_init__(self) -> None:
        choice(self.name, "rule", self.rule, EMPTY_RULES)

    def apply(self, table: pd.DataFrame, records: Records) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the table without the empty series; no cell changes its value."""
        empty = table[records.value].isna().groupby(table["series"]).transform("all").to_numpy()
        if not empty.any():
            return table, no_changes()
        if self.rule == "refuse" or empty.all():
            at = int(np.argmax(empty))
            raise records.error(
                f"all {int((table['series'] == table['series'].iloc[at]).sum())} records of the series are "
                "missing; leave the series out, or drop such by the step 'empty-series'",
                records.position(table.iloc[at]),
                records.value,
            )
        return table[~empty], no_changes()


@dataclass(frozen=True, kw_only=True)
class Regularise:
    """Sort, and give every series a cell at every time: missing where there is no record.

    Parameters
    ----------
    frequency
        How far apart the times are, as pandas names it (``D``, ``W-SUN``, ``MS``, ``h``); ``infer`` takes the
        usual distance of the records' times.

    Examples
    --------
    >>> Regularise().grid(pd.DatetimeIndex(["2024-01-01", "2024-01-02", "2024-01-04"])).freqstr
    'D'
    """

    name: ClassVar[str] = "regularise"
    frequency: str = "infer"

    def __post_init__(self) -> None:
        if self.frequency != "infer":
            try:
                pd.tseries.frequencies.to_offset(self.frequency)
            except (ValueError, TypeError) as error:
                raise InputError(
                    f"frequency is {self.frequency!r}; give D, W-SUN, MS, h or another that pandas knows",
                    f"step {self.name!r}",
                ) from error

    def grid(self, times: pd.DatetimeIndex) -> pd.DatetimeIndex:
        """Lay a regular calendar over sorted, distinct times."""
        frequency = self.frequency if self.frequency != "infer" else _usual(times)
        grid = pd.date_range(times[0], times[-1], freq=frequency)
        if not len(grid):
            # the only times lie between two of the calendar's
            return pd.date_range(times[0], periods=1, freq=frequency)
        return grid

    def matrices(self, table: pd.DataFrame, records: Records) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
        """Lay out the columns with one row a time and one column a series, and the file's rows likewise."""
        known = pd.DatetimeIndex(np.unique(table["time"].to_numpy()))
        self._refuse_leap(known, table, records)
        grid = self.grid(known)
        time = grid.get_indexer(pd.DatetimeIndex(table["time"]))
        if (time < 0).any():
            at = int(np.argmax(time < 0))
            raise records.error(
                f"{_shown(table['time'].iloc[at])} is not one of the times from {_shown(grid[0])} on by "
                f"{grid.freqstr!r}; mend it, name the frequency, or let times count by day (floor 'D')",
                records.position(table.iloc[at]),
                records.time,
            )
        codes, keys = pd.factorize(table["series"], sort=True)
        series = pd.Index(keys.astype(str), name=None)

        def laid_out(values: FloatArray, nothing: float) -> pd.DataFrame:
            cells = np.full((len(grid), len(series)), nothing, dtype=values.dtype)
            cells[time, codes] = values
            return pd.DataFrame(cells, grid, series)

        columns = {name: laid_out(table[name].to_numpy(dtype=np.float64), np.nan) for name in records.columns}
        return columns, laid_out(table["row"].to_numpy(), 0)

    def _refuse_leap(self, known: pd.DatetimeIndex, table: pd.DataFrame, records: Records) -> None:
        """Refuse a gap so long that it comes from a slip in a date."""
        apart = np.diff(known.as_unit("s").asi8)
        if not apart.size or apart.max() <= (len(known) + _MOST_ABSENT) * np.median(apart):
            return
        at = int(np.argmax(apart))
        odd = known[at + 1] if at + 1 >= len(known) / 2 else known[at]
        record = table.iloc[int(np.argmax((table["time"] == odd).to_numpy()))]
        raise records.error(
            f"{_shown(odd)} is far from the other times: nothing is recorded between {_shown(known[at])} and "
            f"{_shown(known[at + 1])}; is the date right?",
            records.position(record),
            records.time,
        )


def _usual(times: pd.DatetimeIndex) -> str:
    inferred = pd.DatetimeIndex(times, freq="infer").freqstr if len(times) > 2 else None
    if inferred is not None:
        return inferred
    if len(times) < 2:
        return "D"
    steps = pd.Series(times[1:] - times[:-1])
    usual = steps.mode().iloc[0]
    if usual == pd.Timedelta(days=7):
        return f"W-{times[int(np.argmax(steps == usual))]:%a}".upper()
    if pd.Timedelta(days=28) <= usual <= pd.Timedelta(days=31) and (times.day == 1).all():
        return "MS"
    if usual % pd.Timedelta(days=1) == pd.Timedelta(0):
        return f"{usual.days}D" if usual.days > 1 else "D"
    return str(pd.tseries.frequencies.to_offset(usual).freqstr)


def _shown(time: pd.Timestamp) -> str:
    return f"{time:%Y-%m-%d}" if time == time.normalize() else f"{time:%Y-%m-%d %H:%M}"
