"""Several series over the same days: what is cleaned, forecast and planned for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..instances.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, eq=False, kw_only=True)
class Panel:
    """Series over the same regular times, with what else was recorded at those times.

    Parameters
    ----------
    values
        One row a time, one column a series; NaN where nothing was recorded. The times are a
        `DatetimeIndex` without time zone, in order, regular, none twice; every column is numeric.
    covariates
        Further records of the same shape by name, such as free beds; known up to a time, never ahead of it.
    attributes
        What does not change over time, one row a series: country, state, population, group.
    name
        What the values are, such as ``beds occupied``; errors name it.

    Raises
    ------
    InputError
        Naming the series and the time of the first value that is out of order, twice or not a number.

    Examples
    --------
    >>> days = pd.date_range("2024-01-01", periods=3)
    >>> panel = Panel(values=pd.DataFrame({"Hessen": [5.0, 6, 7], "Bremen": [1.0, 2, 2]}, index=days))
    >>> panel.frequency, panel.series.tolist(), panel.until("2024-01-02").values.shape
    ('D', ['Hessen', 'Bremen'], (2, 2))
    """

    values: pd.DataFrame
    covariates: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    attributes: pd.DataFrame | None = None
    name: str = "values"

    def __post_init__(self) -> None:
        values = _regular(self.values, self.name)
        object.__setattr__(self, "values", values)
        covariates = {}
        for name, frame in self.covariates.items():
            checked = _regular(frame, name)
            if not (checked.index.equals(values.index) and checked.columns.equals(values.columns)):
                raise InputError(f"{name} has other times or series than {self.name}; give both the same")
            covariates[name] = checked
        object.__setattr__(self, "covariates", MappingProxyType(covariates))
        if self.attributes is not None:
            missing = values.columns.difference(self.attributes.index)
            if len(missing):
                raise InputError(f"series {missing[0]!r} has no row of attributes")
            object.__setattr__(self, "attributes", self.attributes.loc[values.columns])

    @property
    def times(self) -> pd.DatetimeIndex:
        """The times, in order."""
        times = self.values.index
        assert isinstance(times, pd.DatetimeIndex)
        return times

    @property
    def series(self) -> pd.Index[Any]:
        """The series' keys."""
        return self.values.columns

    @property
    def frequency(self) -> str:
        """How far apart the times are, as pandas names it: ``D`` for days, ``W-SUN`` for weeks."""
        frequency = self.times.freqstr
        assert frequency is not None
        return frequency

    def until(self, time: pd.Timestamp | str) -> Panel:
        """Return all that was known at a time: the rows up to it, the time itself included."""
        return self.between(None, time)

    def between(self, first: pd.Timestamp | str | None, last: pd.Timestamp | str | None) -> Panel:
        """Return the rows from one time to another, both included; None is the first or the last."""
        rows = self.times.slice_indexer(first, last)
        return replace(
            self,
            values=self.values.iloc[rows],
            covariates={name: frame.iloc[rows] for name, frame in self.covariates.items()},
        )


def _regular(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    times = frame.index
    if not isinstance(times, pd.DatetimeIndex):
        raise InputError(f"{name}: the rows are no times but {times.dtype}; give a DatetimeIndex")
    if times.tz is not None:
        raise InputError(f"{name}: the times have the time zone {times.tz}; convert them to local days first")
    if times.hasnans:
        raise InputError(f"{name}: row {int(np.argmax(times.isna())) + 1} has no time")
    if not len(times):
        raise InputError(f"{name}: there are no rows")
    if times.has_duplicates:
        raise InputError(
            f"{name}: {times[times.duplicated()][0]:%Y-%m-%d} appears twice; keep one row a time"
        )
    if not times.is_monotonic_increasing:
        at = int(np.argmax(np.diff(times.asi8) < 0)) + 1
        raise InputError(f"{name}: {times[at]:%Y-%m-%d} comes after a later time; sort the rows by time")
    if frame.columns.has_duplicates:
        raise InputError(f"{name}: series {frame.columns[frame.columns.duplicated()][0]!r} appears twice")
    for key in frame.columns:
        if not pd.api.types.is_numeric_dtype(frame[key]) or pd.api.types.is_bool_dtype(frame[key]):
            raise InputError(f"{name}: series {key!r} holds {frame[key].dtype}, no numbers; clean it first")
    frame = frame.astype(float)
    infinite = np.isinf(frame.to_numpy())
    if infinite.any():
        row, column = np.argwhere(infinite)[0]
        raise InputError(
            f"{name}: series {frame.columns[column]!r} is infinite on {times[row]:%Y-%m-%d}; leave it missing"
        )
    frame.index = _with_frequency(times, name)
    return frame


def _with_frequency(times: pd.DatetimeIndex, name: str) -> pd.DatetimeIndex:
    if times.freq is not None:
        return times
    if len(times) < 3:
        steps = times[1:] - times[:-1]
        frequency = pd.tseries.frequencies.to_offset(steps[0] if len(steps) else pd.Timedelta(days=1))
        return pd.DatetimeIndex(times, freq=frequency)
    inferred = pd.DatetimeIndex(times, freq="infer")
    if inferred.freq is None:
        apart = pd.Series(times[1:] - times[:-1])
        usual = apart.mode()[0]
        at = int(np.argmax(apart != usual))
        raise InputError(
            f"{name}: after {times[at]:%Y-%m-%d} comes {times[at + 1]:%Y-%m-%d}, though rows are "
            f"{usual} apart; give every time a row, missing where nothing was recorded"
        )
    return inferred
