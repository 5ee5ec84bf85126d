"""Results of a suite: a row a run, read from a folder that is being written or is complete."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from ..instances.errors import InputError

if TYPE_CHECKING:
    import os

SUITE, LINES, TABLE, DONE = "suite.toml", "rows.jsonl", "rows.parquet", "DONE"
NESTED = ("options", "versions", "machine", "incumbents")


def load(folder: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a folder of results, complete or not.

    Raises
    ------
    InputError
        For a folder without results, or a line that is no row.

    Examples
    --------
    >>> load("absent")
    Traceback (most recent call last):
    ...
    allocare.instances.errors.InputError: absent: there are no results here
    """
    place = Path(folder)
    if (place / DONE).is_file() and (place / TABLE).is_file():
        table = pd.read_parquet(place / TABLE)
        for name in NESTED:
            table[name] = [json.loads(text) if isinstance(text, str) else None for text in table[name]]
        return table
    if not (place / LINES).is_file():
        raise InputError("there are no results here", str(place))
    content = (place / LINES).read_bytes()
    # a last line without its end was never written whole
    lines = content[: content.rfind(b"\n") + 1].splitlines()
    rows = []
    for number, line in enumerate(lines, 1):
        try:
            rows.append(json.loads(line))
        except ValueError as error:
            raise InputError(f"this is no row ({error})", str(place / LINES), f"line {number}") from error
    return pd.DataFrame(rows)
