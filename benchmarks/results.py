"""Results of a suite: a row a run, read from a folder that is being written or is complete.

A folder holds ``suite.toml`` (the suite, every run spelled out), ``rows.jsonl`` (a line a run, appended) and,
once all runs are done, ``rows.parquet`` with the same rows and the marker ``DONE``.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..instances.errors import InputError
from .lab.references import with_references

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping

SCHEMA_VERSION = 1
SUITE, LINES, TABLE, DONE = "suite.toml", "rows.jsonl", "rows.parquet", "DONE"
KEY = ("suite", "instance", "backend", "seed", "repeat")

TEXT, NUMBER, WHOLE, TRUTH, NESTED = "text", "number", "whole", "truth", "nested"
COLUMNS = {
    "suite": TEXT,
    "instance": TEXT,
    "backend": TEXT,
    "seed": WHOLE,
    "repeat": WHOLE,
    "family": TEXT,
    "size": WHOLE,
    "instance_hash": TEXT,
    "schema_version": WHOLE,
    "fingerprint": TEXT,
    "options": NESTED,
    "versions": NESTED,
    "machine": NESTED,
    "threads": WHOLE,
    "started_at": TEXT,
    "status": TEXT,
    "stop_reason": TEXT,
    "objective": NUMBER,
    "bound": NUMBER,
    "gap": NUMBER,
    "checked": TRUTH,
    "proved_by": TEXT,
    "served": NUMBER,
    "unmet": NUMBER,
    "note": TEXT,
    "reason": TEXT,
    "maximise": TRUTH,
    "reference": NUMBER,
    "reference_kind": TEXT,
    "gap_to_reference": NUMBER,
    "claim": TEXT,
    "load_seconds": NUMBER,
    "build_seconds": NUMBER,
    "solve_seconds": NUMBER,
    "check_seconds": NUMBER,
    "wall_seconds": NUMBER,
    "cpu_seconds": NUMBER,
    "peak_mib": NUMBER,
    "incumbents": NESTED,
    "primal_integral": NUMBER,
    "left_out": NUMBER,
    "optimal_by": TEXT,
}
"""Every column and what it holds; a missing value is null in the lines."""

_DTYPES = {TEXT: "object", NUMBER: "float64", WHOLE: "Int64", TRUTH: "boolean", NESTED: "object"}


def load(folder: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a folder of results, complete or not.

    Returns
    -------
    DataFrame
        The columns of `COLUMNS`. ``options``, ``versions``, ``machine`` and ``incumbents`` hold plain
        dicts and lists. Where no optimum is known, ``reference`` is the best plan that any row holds.

    Raises
    ------
    InputError
        For a folder without results, rows of another schema version, a key that occurs twice.

    Examples
    --------
    >>> import tempfile
    >>> from allocare.benchmarks import run
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     suite = {"name": "tiny", "group": [
    ...         {"instances": [{"example": "sunray"}], "backends": ["highs", "greedy:vogel"]}]}
    ...     done = run(suite, out=folder)
    ...     load(folder)[["backend", "objective", "claim"]].to_dict("list")
    {'backend': ['highs', 'greedy:vogel'], 'objective': [435.0, 475.0], 'claim': ['right', 'right']}
    """
    place = Path(folder)
    if (place / DONE).is_file() and (place / TABLE).is_file():
        return _from_table(place / TABLE)
    return frame_of(read_lines(place / LINES))


def title_of(folder: str | os.PathLike[str]) -> str:
    """Title of the suite whose results a folder holds; empty where it does not say.

    Examples
    --------
    >>> title_of("absent")
    ''
    """
    try:
        suite = tomllib.loads((Path(folder) / SUITE).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return ""
    return str(suite.get("title", ""))


def frame_of(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Rows as a frame, with what only all of them together tell.

    Examples
    --------
    >>> frame_of([]).empty
    True
    """
    frame = pd.DataFrame(list(rows), columns=list(COLUMNS))
    return with_references(_typed(frame))


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Read the rows of a file of lines; a last line without its end was never written, and is left out.

    Raises
    ------
    InputError
        For a line that is no row, a row of another schema version, or a key that occurs twice.

    Examples
    --------
    >>> read_lines(Path("absent.jsonl"))
    Traceback (most recent call last):
    ...
    allocare.instances.errors.InputError: absent.jsonl: there are no results here (no such file)
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise InputError("there are no results here (no such file)", str(path)) from error
    except OSError as error:
        raise InputError(f"it cannot be read: {error.strerror}", str(path)) from error
    lines = content[: content.rfind(b"\n") + 1].splitlines()
    rows = [_row(line, f"{path}, line {number}") for number, line in enumerate(lines, 1)]
    seen: dict[tuple[Any, ...], int] = {}
    for number, row in enumerate(rows, 1):
        key = key_of(row)
        if seen.setdefault(key, number) != number:
            shown = ", ".join(map(str, key))
            raise InputError(
                f"the key ({shown}) stands in line {seen[key]} already", f"{path}, line {number}"
            )
    return rows


def key_of(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """What tells a row from every other.

    Examples
    --------
    >>> key_of({"suite": "s", "instance": "i", "backend": "b", "seed": 0, "repeat": 1, "gap": 0.5})
    ('s', 'i', 'b', 0, 1)
    """
    return tuple(row[name] for name in KEY)


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame of rows to Parquet; nested values as JSON text, so that any reader can take it.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_table(frame_of([]), Path(folder) / "rows.parquet")
    ...     len(_from_table(Path(folder) / "rows.parquet"))
    0
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    flat = frame.copy()
    for name, kind in COLUMNS.items():
        if kind == NESTED:
            flat[name] = [None if value is None else json.dumps(value) for value in frame[name]]
    kinds = {
        TEXT: pa.string(),
        NUMBER: pa.float64(),
        WHOLE: pa.int64(),
        TRUTH: pa.bool_(),
        NESTED: pa.string(),
    }
    schema = pa.schema([(name, kinds[kind]) for name, kind in COLUMNS.items()])
    pq.write_table(pa.Table.from_pandas(flat, schema=schema, preserve_index=False), path)


def _from_table(path: Path) -> pd.DataFrame:
    frame = pd.read_parquet(path)
    absent = [name for name in COLUMNS if name not in frame]
    if absent:
        raise InputError(f"this table has no column {absent[0]!r}: it is of another version", str(path))
    versions = frame["schema_version"].dropna().unique().tolist()
    if any(version != SCHEMA_VERSION for version in versions):
        raise InputError(_other_version(next(v for v in versions if v != SCHEMA_VERSION)), str(path))
    for name, kind in COLUMNS.items():
        if kind == NESTED:
            frame[name] = [json.loads(text) if isinstance(text, str) else None for text in frame[name]]
    return _typed(frame[list(COLUMNS)])


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    typed = frame.astype({name: _DTYPES[kind] for name, kind in COLUMNS.items()})
    for name, kind in COLUMNS.items():
        if kind in (TEXT, NESTED):
            column = typed[name]
            typed[name] = column.where(column.notna(), None)
    return typed


def _row(line: bytes, where: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise InputError("this line is not JSON: the file was changed by something else", where) from error
    version = row.get("schema_version") if isinstance(row, dict) else None
    if version != SCHEMA_VERSION:
        raise InputError(_other_version(version), where)
    absent = [name for name in COLUMNS if name not in row]
    if absent:
        raise InputError(f"the row has no field {absent[0]!r}", where)
    found: dict[str, Any] = row
    return found


def _other_version(version: object) -> str:
    return (
        f"the row is of schema version {version}, and this Allocare reads {SCHEMA_VERSION}; "
        "run the suite anew, or read it with the version that wrote it"
    )
