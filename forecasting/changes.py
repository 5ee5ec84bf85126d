"""The list of what cleaning changed: one row a cell and step, and no row for a cell that stayed as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from ..instances.arrays import BoolArray

CHANGES = {
    "series": "object",
    "time": "datetime64[us]",
    "column": "object",
    "before": "object",
    "after": "object",
    "step": "object",
    "why": "object",
    "row": "Int64",
}
"""Columns of a list of changes. ``row`` is the file's, missing where the file has no such record."""


def no_changes() -> pd.DataFrame:
    """List nothing.

    Examples
    --------
    >>> len(no_changes())
    0
    """
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in CHANGES.items()})


def listed_changes(
    rows: pd.DataFrame, *, column: str, before: Any, after: Any, step: str, why: Any
) -> pd.DataFrame:
    """List changes of records by ``series``, ``time`` and file ``row``, 0 where the file has no such record.

    Examples
    --------
    >>> rows = pd.DataFrame({"series": ["HE"], "time": pd.to_datetime(["2024-01-01"]), "row": [7]})
    >>> listed_changes(rows, column="beds", before=["NA"], after=[3], step="forward-fill", why="missing")
      series       time column before after          step      why  row
    0     HE 2024-01-01   beds     NA     3  forward-fill  missing    7
    """
    row: pd.Series[Any] = pd.Series(rows["row"].to_numpy(), dtype="Int64")
    table = {
        "series": rows["series"].to_numpy(),
        "time": pd.DatetimeIndex(rows["time"]).as_unit("us"),
        "column": column,
        "before": np.asarray(before, dtype=object),
        "after": np.asarray(after, dtype=object),
        "step": step,
        "why": why,
        "row": row.mask(row == 0),
    }
    return pd.DataFrame(table)


def differing(before: pd.DataFrame, after: pd.DataFrame) -> BoolArray:
    """Say which cells of two frames of the same shape differ, missing being equal to missing.

    Examples
    --------
    >>> differing(pd.DataFrame({"a": [1.0, np.nan]}), pd.DataFrame({"a": [1.0, 2.0]})).tolist()
    [[False], [True]]
    """
    one, other = before.to_numpy(dtype=np.float64), after.to_numpy(dtype=np.float64)
    return np.asarray(~((one == other) | (np.isnan(one) & np.isnan(other))), dtype=bool)


def changed_cells(
    before: pd.DataFrame, after: pd.DataFrame, *, column: str, step: str, why: str, rows: pd.DataFrame | None
) -> pd.DataFrame:
    """List the cells of a step that differ before and after it.

    Parameters
    ----------
    before, after
        One row a time, one column a series.
    column
        What the cells hold.
    step, why
        What was done, and the reason.
    rows
        File row of each cell, 0 where the file has none; None where there is no file.

    Examples
    --------
    >>> days = pd.date_range("2024-01-01", periods=2)
    >>> frame = pd.DataFrame({"Hessen": [3.0, np.nan]}, index=days)
    >>> changed_cells(frame, frame.ffill(), column="beds", step="forward-fill", why="missing", rows=None)
       series       time column before after          step      why   row
    0  Hessen 2024-01-02   beds    NaN   3.0  forward-fill  missing  <NA>
    """
    time, series = np.nonzero(differing(before, after))
    cells = {
        "series": before.columns.to_numpy()[series],
        "time": before.index[time],
        "row": 0 if rows is None else rows.to_numpy()[time, series],
    }
    return listed_changes(
        pd.DataFrame(cells),
        column=column,
        before=before.to_numpy()[time, series],
        after=after.to_numpy()[time, series],
        step=step,
        why=why,
    )
