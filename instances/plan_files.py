"""Plans on disk: CSV or Parquet tables in the user's keys."""

from __future__ import annotations

import csv
import json
import os
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pandas as pd
import pyarrow as pa

from .errors import InputError
from .table_files import SEPARATORS, read_table

if TYPE_CHECKING:
    from .tables import Table

NUMBERS = ("quantity", "value", "arc")
"""Columns of a plan that hold numbers; all others hold keys, and are read as text."""

PLANS = ("plan.csv", "plan.parquet")
RECORD = "solution.json"


def read_plan(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a plan: a CSV or Parquet file, or the folder of a saved solution.

    Keys come as text, quantities as numbers. CSV is UTF-8 (with or without a byte order mark), separated by
    commas, semicolons or tabs. A header alone is an empty plan.

    Raises
    ------
    InputError
        For what is not there or cannot be read, naming file, row and column.

    Examples
    --------
    >>> import tempfile
    >>> plan = pd.DataFrame({"source": [1], "target": ["Gera"], "quantity": [2.5]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_plan(plan, folder + "/plan.csv")
    ...     read_plan(folder).to_dict("list")
    {'source': ['1'], 'target': ['Gera'], 'quantity': [2.5]}
    """
    file = Path(path)
    if file.is_dir():
        file = _plan_in(file)
    if not file.exists():
        raise InputError(
            "there is no such file; give a plan, .csv or .parquet, or a solution's folder", str(file)
        )
    # what the user points at may be a link; a table is looked for where it really lies
    file = file.resolve()
    header, rows, separator = _glance(file)
    if header is not None and rows == 0:
        return _frame(header, [pd.Series(dtype=_kind(name)) for name in header], file.name)
    table = read_table(file.parent, file.name, separator)
    return _frame(table.header, [_column(table, at) for at in range(len(table.header))], file.name)


def write_plan(frame: pd.DataFrame, path: str | os.PathLike[str]) -> None:
    """Write a plan as CSV or Parquet, by the name's ending: whole or not at all.

    Raises
    ------
    InputError
        For another ending, or a place that cannot be written.

    Examples
    --------
    >>> write_plan(pd.DataFrame({"source": ["a"]}), "plan.xlsx")  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    InputError: plan.xlsx: plans are written as .csv or .parquet, not '.xlsx'
    """
    file = Path(path)
    ending = file.suffix.lower()
    if ending not in (".csv", ".parquet"):
        raise InputError(f"plans are written as .csv or .parquet, not {ending!r}", str(file))
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        if ending == ".csv":
            # a lone carriage return in a key is not quoted unless all text is
            odd = any(frame[name].astype("str").str.contains("\r").any() for name in _texts(frame))
            quoting: Literal[0, 2] = csv.QUOTE_NONNUMERIC if odd else csv.QUOTE_MINIMAL
            frame.to_csv(part, index=False, encoding="utf-8", lineterminator="\n", quoting=quoting)
        else:
            frame.to_parquet(part, index=False)
        part.replace(file)
    except OSError as error:
        raise InputError(f"cannot be written ({error.strerror or error})", str(file)) from error
    finally:
        part.unlink(missing_ok=True)


def _texts(frame: pd.DataFrame) -> list[str]:
    return [name for name in frame.columns if not pd.api.types.is_numeric_dtype(frame[name])]


def _plan_in(folder: Path) -> Path:
    """Return the plan's file in a solution's folder: the one on record, or the only one there."""
    try:
        name: str | None = json.loads((folder / RECORD).read_text(encoding="utf-8")).get("plan_file")
    except FileNotFoundError:
        there = [name for name in PLANS if (folder / name).is_file()]
        if len(there) == 1:
            return folder / there[0]
        found = "two plans are" if there else "no plan is"
        raise InputError(f"{found} here ({' or '.join(PLANS)}); name the plan's file", str(folder)) from None
    except (OSError, ValueError, AttributeError) as error:
        raise InputError(f"cannot be read ({error}); name the plan's file", str(folder / RECORD)) from error
    if name is None:
        raise InputError("this solution holds no plan", str(folder / RECORD))
    if name not in PLANS:
        raise InputError(f"names the plan {name!r}, not {' or '.join(PLANS)}", str(folder / RECORD))
    return folder / name


def _glance(file: Path) -> tuple[tuple[str, ...] | None, int | None, str]:
    """Header, whether rows follow (0: none), and separator, as far as a glance at the file's start tells.

    What is wrong with the file is left to the table's reader to say.
    """
    kind = file.suffix.lower()
    if kind == ".parquet" and file.is_file():
        import pyarrow.parquet as pq

        try:
            metadata = pq.read_metadata(file)
        except (pa.ArrowInvalid, OSError):
            return None, None, ","
        return tuple(metadata.schema.to_arrow_schema().names), metadata.num_rows, ","
    if kind != ".csv" or not file.is_file():
        return None, None, ","
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            first = stream.readline()
            separator = max(SEPARATORS, key=first.count)
            stream.seek(0)
            records = list(islice((row for row in csv.reader(stream, delimiter=separator) if row), 2))
    except (OSError, UnicodeDecodeError, csv.Error):
        return None, None, ","
    if not records:
        return None, None, ","
    return tuple(records[0]), len(records) - 1, separator


def _kind(name: str) -> str:
    return "float64" if name in NUMBERS else "str"


def _column(table: Table, at: int) -> pd.Series:
    name, cells = table.header[at], table.columns[at]
    if name in NUMBERS and table.header.count(name) == 1:
        return pd.Series(table.numbers(name))
    return pd.Series(cells.to_pylist()).astype("str")


def _frame(header: tuple[str, ...], columns: list[pd.Series], file: str) -> pd.DataFrame:
    repeated = pd.Index(header).duplicated()
    if repeated.any():
        name = header[int(repeated.argmax())]
        raise InputError(f"column {name!r} appears twice; give each column its own name", file, "row 1")
    return pd.DataFrame(dict(zip(header, columns, strict=True)))
