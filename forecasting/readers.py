"""Reading tables of time series, long (one row a series and time) or wide (one column a series)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from ..instances.errors import InputError
from ..instances.hints import nearest
from ..instances.table_files import SEPARATORS, read_table
from .notation import Notation
from .raw_records import Records

if TYPE_CHECKING:
    import os
    from collections.abc import Collection, Mapping, Sequence

    from ..instances.tables import Table


def read_long(
    path: str | os.PathLike[str],
    key: str,
    time: str,
    value: str,
    *,
    covariates: Sequence[str] = (),
    attributes: Sequence[str] = (),
    where: Mapping[str, str] | None = None,
    separator: str | None = None,
    encoding: str = "utf-8",
    notation: Notation | None = None,
) -> Records:
    r"""Read a table with one row a series and time, every cell still as it is written.

    Parameters
    ----------
    path
        A CSV file (with or without a byte order mark) or a Parquet file.
    key, time, value
        Columns of the series' names, the times, and what is recorded.
    covariates
        Columns of what else was recorded at the same times.
    attributes
        Columns of what does not change over time, such as a series' region or population.
    where
        Rows to keep, by column and value: all others are left out.
    separator
        What separates a CSV file's columns; None finds out from the header.
    encoding
        How a CSV file's text is written, such as ``cp1252``.
    notation
        How numbers and times are written; None for ``1234.5`` and ``2024-12-31``.

    Raises
    ------
    InputError
        Naming the file, and the row and column where there is one: a missing file, no such column or value,
        a row without key or time.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "beds.csv"
    >>> _ = file.write_text("state;day;beds\nHE;2024-01-01;1.250\nHE;2024-01-02;NA\n")
    >>> records = read_long(file, "state", "day", "beds", notation=Notation(decimal=",", thousands="."))
    >>> records.table
      series        time   beds
    2     HE  2024-01-01  1.250
    3     HE  2024-01-02     NA
    """
    table = open_table(path, separator, encoding)
    wanted = (value, *covariates)
    _distinct((key, time, *wanted, *attributes), table.name)
    columns = {"series": _cells(table, key), "time": _cells(table, time)}
    columns |= {name: _cells(table, name) for name in (*wanted, *attributes)}
    frame = pd.DataFrame(columns)
    frame.index = pd.RangeIndex(2, len(frame) + 2)
    for column, kept in (where or {}).items():
        cells = _cells(table, column).astype("str").str.strip().set_axis(pd.RangeIndex(2, len(table) + 2))
        chosen = (cells == str(kept)).reindex(frame.index)
        if not chosen.any():
            raise InputError(
                f"no row has {kept!r}; {nearest(str(kept), sorted(cells.unique()))}",
                table.name,
                f"column {column!r}",
            )
        frame = frame[chosen]
    records = Records(
        table=frame.assign(series=frame["series"].astype("str")),
        source=table.name,
        value=value,
        covariates=tuple(covariates),
        attributes=tuple(attributes),
        key=key,
        time=time,
        notation=notation or Notation(),
    )
    nameless = (frame["series"].isna() | (records.table["series"].str.strip() == "")).to_numpy()
    if nameless.any():
        row = int(frame.index[int(np.argmax(nameless))])
        raise InputError("it is empty; name the series", table.name, f"row {row}", f"column {key!r}")
    return records


def read_wide(
    path: str | os.PathLike[str],
    time: str,
    *,
    series: Collection[str] | None = None,
    value: str = "values",
    separator: str | None = None,
    encoding: str = "utf-8",
    notation: Notation | None = None,
) -> Records:
    r"""Read a table with one row a time and one column a series, every cell still as it is written.

    Parameters
    ----------
    path
        A CSV file (with or without a byte order mark) or a Parquet file.
    time
        Column of the times.
    series
        Columns that are series; None means all but the times.
    value
        What the cells are, as the panel is to call it.
    separator, encoding, notation
        As for `read_long`.

    Raises
    ------
    InputError
        Naming the file and what is missing.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "beds.csv"
    >>> _ = file.write_text("day,HE,HB\n2024-01-01,5,1\n2024-01-02,6,\n")
    >>> read_wide(file, "day", value="beds").table
      series        time beds
    2     HE  2024-01-01    5
    3     HE  2024-01-02    6
    2     HB  2024-01-01    1
    3     HB  2024-01-02
    """
    table = open_table(path, separator, encoding)
    times = _cells(table, time)
    names = [name for name in table.header if name != time] if series is None else list(series)
    if not names:
        raise InputError("there is no column besides the times; give one for each series", table.name)
    _distinct((time, *names), table.name)
    cells = [_cells(table, name).astype(object) for name in names]
    rows = np.tile(np.arange(2, len(table) + 2), len(names))
    frame = pd.DataFrame(
        {
            "series": np.repeat(names, len(table)),
            "time": pd.concat([times] * len(names), ignore_index=True),
            value: pd.concat(cells, ignore_index=True).infer_objects(),
        }
    ).set_axis(rows)
    return Records(
        table=frame, source=table.name, value=value, time=time, notation=notation or Notation(), wide=True
    )


def open_table(path: str | os.PathLike[str], separator: str | None, encoding: str = "utf-8") -> Table:
    """Open a CSV or Parquet table, finding out what separates its columns unless that is told.

    Examples
    --------
    >>> open_table("no-such.csv", None)
    Traceback (most recent call last):
    ...
    allocare.instances.errors.InputError: no-such.csv: there is no such file; give a CSV or Parquet table
    """
    given = Path(path)
    if not given.exists():
        raise InputError("there is no such file; give a CSV or Parquet table", str(given))
    # what the user points at may be a link; the table lies where it really is
    file = given.resolve()
    if separator is None:
        separator = _separator(file, encoding)
    return read_table(file.parent, file.name, separator, encoding)


def _separator(file: Path, encoding: str) -> str:
    if file.suffix.lower() != ".csv" or not file.is_file():
        return ","
    try:
        with file.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding, errors="replace") as stream:
            return max(SEPARATORS, key=stream.readline().count)
    except (LookupError, OSError):
        return ","


def _distinct(names: Sequence[str], source: str) -> None:
    repeated = pd.Index(names).duplicated()
    if repeated.any():
        name = names[int(np.argmax(repeated))]
        raise InputError(f"column {name!r} is named twice; every column has one part to play", source)


def _cells(table: Table, name: str) -> pd.Series[Any]:
    """Return a column as it is written: text, numbers or times."""
    count = table.header.count(name)
    if count != 1:
        found = f"column {name!r} appears twice" if count else f"there is no column {name!r}"
        mend = "give each column its own name" if count else nearest(name, table.header)
        raise InputError(f"{found}; {mend}", table.name, "row 1")
    cells = table.columns[table.header.index(name)]
    if pa.types.is_decimal(cells.type):
        cells = cells.cast(pa.float64())
    if pa.types.is_date(cells.type):
        cells = cells.cast(pa.timestamp("us"))
    return pd.Series(cells.to_pandas())
