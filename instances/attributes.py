"""Attributes of a problem's agents from a table of the user's own, for formats that cannot hold them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd

from .agents import ANOTHER_READING, SIDES
from .errors import InputError
from .fairness import Fairness
from .hints import nearest
from .native_fairness import further_columns
from .table_files import SEPARATORS, read_table

if TYPE_CHECKING:
    import os

    from .problem import Problem

    AnyProblem = TypeVar("AnyProblem", bound=Problem)


def with_attributes(
    problem: AnyProblem,
    table: pd.DataFrame | str | os.PathLike[str],
    key: str | None = None,
    *,
    side: str | None = None,
) -> AnyProblem:
    """Return the problem with a table's columns as attributes of its agents, joined by their keys as text.

    Parameters
    ----------
    problem
        Any problem with agents.
    table
        A frame, or a CSV or Parquet file. It must have a row for every agent; further rows are left out.
    key
        Column that holds the agents' keys; None means the first column of a file, the index of a frame.
    side
        Which side the agents are (``targets``, ``tasks`` ...), or None for the one that the problem's
        fairness is about, or the family's own.

    Raises
    ------
    InputError
        For a missing column, a repeated key, or an agent without a row.

    Examples
    --------
    >>> import allocare
    >>> mills = ["mill 1", "mill 2", "mill 3", "mill 4"]
    >>> table = pd.DataFrame({"mill": mills, "region": ["a", "a", "b", "b"]})
    >>> problem = with_attributes(allocare.example("sunray"), table, "mill")
    >>> problem.attributes["targets"]["region"].tolist()
    ['a', 'a', 'b', 'b']
    """
    if problem.kind not in SIDES:
        reading = ANOTHER_READING.get(problem.kind, "")
        raise InputError(f"{problem.kind} problems have no agents that attributes could belong to{reading}")
    sides = SIDES[problem.kind]
    side = side or (problem.fairness or Fairness()).agents or next(iter(sides))
    if side not in sides:
        raise InputError(f"a {problem.kind} problem has no {side!r}; {nearest(side, sides)}")
    keys: pd.Index[Any] = getattr(problem, sides[side])
    columns, name = _columns(table, key)
    place = columns.index.get_indexer(keys.astype(str))
    if (place < 0).any():
        missing = keys[int(np.argmax(place < 0))]
        hint = nearest(str(missing), columns.index)
        raise InputError(f"there is no row for {missing!r} of the {side}; {hint}", name)
    joined = columns.iloc[place].set_axis(keys)
    before = problem.attributes.get(side)
    if before is not None:
        kept = before.reindex(keys).drop(columns=joined.columns, errors="ignore")
        joined = pd.concat([kept, joined], axis=1)
    return replace(problem, attributes={**problem.attributes, side: joined})


def _columns(table: pd.DataFrame | str | os.PathLike[str], key: str | None) -> tuple[pd.DataFrame, str]:
    """Columns by key as text, and what to call the table in errors."""
    if not isinstance(table, pd.DataFrame):
        file = Path(table)
        if not file.exists():
            raise InputError("there is no such file; give a CSV or Parquet table", str(file))
        # what the user points at may be a link; the table lies where it really is
        file = file.resolve()
        read = read_table(file.parent, file.name, _separator(file))
        return further_columns(read, read.header[0] if key is None else key, set()), file.name
    if key is not None:
        if key not in table.columns:
            raise InputError(f"there is no column {key!r}; {nearest(key, map(str, table.columns))}", "table")
        table = table.set_index(key)
    index = table.index.astype(str)
    repeated = index.duplicated()
    if repeated.any():
        raise InputError(f"the key {index[int(np.argmax(repeated))]!r} appears twice", "table")
    return table.set_axis(index), "table"


def _separator(file: Path) -> str:
    if file.suffix.lower() != ".csv":
        return ","
    try:
        with file.open(encoding="utf-8-sig", errors="replace") as stream:
            return max(SEPARATORS, key=stream.readline().count)
    except OSError as error:
        raise InputError(f"the file cannot be read: {error.strerror or error}", str(file)) from error
