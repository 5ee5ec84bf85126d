"""What does not change over time: gathered from records, or brought by a table of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..instances.errors import InputError
from ..instances.hints import nearest
from ..instances.native_fairness import further_columns
from .readers import open_table

if TYPE_CHECKING:
    import os

    from .panel import Panel
    from .raw_records import Records


def constant_attributes(table: pd.DataFrame, records: Records, series: pd.Index[Any]) -> pd.DataFrame:
    """Gather each series' attributes: numbers where all of a column are, text otherwise.

    Codes such as ``06`` are text: a number would lose the nought.

    Parameters
    ----------
    table
        The records with ``series`` and the attributes' columns.
    records
        Where they come from, for errors.
    series
        The series, in the order wanted.

    Raises
    ------
    InputError
        For the first record that says something else than an earlier one of its series.

    Examples
    --------
    >>> from allocare.forecasting.raw_records import Records
    >>> cells = {"series": ["HE", "HE", "HB"], "beds": "1", "people": ["6", "6", ""]}
    >>> table = pd.DataFrame(cells, index=[2, 3, 4])
    >>> records = Records(table=table.assign(time=""), source="a.csv", value="beds", attributes=("people",))
    >>> constant_attributes(table.assign(row=table.index), records, pd.Index(["HB", "HE"]))
        people
    HB     NaN
    HE     6.0
    """
    gathered = {}
    for name in records.attributes:
        cells = table[name].where(table[name].notna() & (table[name].astype("str").str.strip() != ""))
        first = cells.groupby(table["series"]).transform("first")
        other = (cells.notna() & (cells != first)).to_numpy(dtype=bool)
        if other.any():
            at = int(np.argmax(other))
            found = (
                f"it is {cells.iloc[at]!r}, and {first.iloc[at]!r} before; attributes do not change over time"
            )
            raise records.error(found, records.position(table.iloc[at]), name)
        values = cells.groupby(table["series"]).first().reindex(series)
        gathered[name] = _numbers_if_all(values)
    return pd.DataFrame(gathered, index=series)


def with_series_attributes(
    panel: Panel, path: str | os.PathLike[str], key: str | None = None, *, separator: str | None = None
) -> Panel:
    r"""Return the panel with a table's columns as attributes of its series, beside those that it has.

    Parameters
    ----------
    panel
        The panel.
    path
        A CSV or Parquet file with a row for every series; further rows are left out.
    key
        Column of the series' names; None means the first.
    separator
        What separates a CSV file's columns; None finds out from the header.

    Raises
    ------
    InputError
        For a series without a row, or a repeated one.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from allocare.forecasting.records import simulated_panel
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "regions.csv"
    >>> _ = file.write_text("region,hospitals\nR1,3\nR2,8\n")
    >>> with_series_attributes(simulated_panel(2, 7), file).attributes["hospitals"].tolist()
    [3, 8]
    """
    table = open_table(path, separator)
    columns = further_columns(table, table.header[0] if key is None else key, set())
    place = columns.index.get_indexer(panel.series.astype("str"))
    if (place < 0).any():
        missing = str(panel.series[int(np.argmax(place < 0))])
        hint = nearest(missing, map(str, columns.index))
        raise InputError(f"there is no row for series {missing!r}; {hint}", table.name)
    joined = columns.iloc[place].set_axis(panel.series).apply(_numbers_if_all)
    if panel.attributes is not None:
        joined = pd.concat([panel.attributes.drop(columns=joined.columns, errors="ignore"), joined], axis=1)
    return replace(panel, attributes=joined)


def _numbers_if_all(values: pd.Series[Any]) -> pd.Series[Any]:
    numbers = pd.to_numeric(values, errors="coerce")
    codes = values.astype("str").str.match(r"^0[0-9]")
    return numbers if (numbers.notna() | values.isna()).all() and not codes.any() else values
