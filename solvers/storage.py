"""Solutions on disk: a folder with the plan as a table and everything else as JSON."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from ..instances.errors import InputError
from ..instances.plan_files import read_plan, write_plan
from .solution import Solution, Status, StopReason

RECORD = "solution.json"
PLAN = "plan"
FORMATS = ("csv", "parquet")
SCHEMA_VERSION = 1


def save_solution(
    solution: Solution, folder: str | os.PathLike[str], format: str = "csv", *, overwrite: bool = False
) -> Path:
    """Write a solution into a new folder: ``solution.json``, the plan, and duals where there are some.

    It is written whole or not at all.

    Parameters
    ----------
    solution
        What `solve` returned.
    folder
        Where to; made if it is not there.
    format
        ``csv`` or ``parquet`` for the plan.
    overwrite
        Whether a solution that is already there may be replaced.

    Raises
    ------
    InputError
        Where the folder holds a solution already or cannot be written.

    Examples
    --------
    >>> import allocare, tempfile
    >>> solution = allocare.solve(allocare.example("degenerate"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = allocare.save_solution(solution, folder + "/run")
    ...     allocare.load_solution(path).objective
    20.0
    """
    if format not in FORMATS:
        raise InputError(f"plans are saved as {' or '.join(FORMATS)}, not {format!r}")
    target = Path(folder)
    if target.exists() and not target.is_dir():
        raise InputError("this is a file; give a folder", str(target))
    if (target / RECORD).exists() and not overwrite:
        raise InputError(
            "a solution is already there; choose another folder or allow overwriting", str(target)
        )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise InputError(f"cannot be written ({error.strerror})", str(target)) from error
    try:
        _write_files(solution, staging, format)
        staging.chmod(0o755)
        _move_into_place(staging, target)
    except OSError as error:
        raise InputError(f"cannot be written ({error.strerror})", str(target)) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return target


def load_solution(folder: str | os.PathLike[str]) -> Solution:
    """Read a solution that `save_solution` wrote.

    Raises
    ------
    InputError
        Where there is none, or it is damaged.

    Examples
    --------
    >>> import allocare, tempfile
    >>> solution = allocare.solve(allocare.example("sunray"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     again = load_solution(save_solution(solution, folder + "/run"))
    >>> again.status.value, again.allocation.equals(solution.allocation)
    ('optimal', True)
    """
    source = Path(folder)
    place = str(source / RECORD)
    try:
        record: dict[str, Any] = json.loads((source / RECORD).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError("there is no solution here", place) from error
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be read ({error})", place) from error
    if record.get("schema_version") != SCHEMA_VERSION:
        raise InputError(
            f"schema version {record.get('schema_version')!r}; this reads {SCHEMA_VERSION}", place
        )
    del record["schema_version"]
    try:
        record["status"], record["stop_reason"] = Status(record["status"]), StopReason(record["stop_reason"])
        record["stages"], record["notes"] = tuple(record["stages"]), tuple(record["notes"])
        plan_file, dual_files = record.pop("plan_file"), record.pop("dual_files")
        types = record.pop("plan_types")
        allocation = None if plan_file is None else read_plan(source / plan_file).astype(types)
        return Solution(
            **record, allocation=allocation, duals={k: _read_dual(source / f) for k, f in dual_files.items()}
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"is damaged ({error})", place) from error


def _write_files(solution: Solution, folder: Path, format: str) -> None:
    record = {"schema_version": SCHEMA_VERSION} | solution.record()
    record["plan_file"], record["plan_types"] = None, {}
    if solution.allocation is not None:
        record["plan_file"] = f"{PLAN}.{format}"
        write_plan(solution.allocation, folder / record["plan_file"])
        numbers = solution.allocation.select_dtypes("number")
        record["plan_types"] = {str(column): str(kind) for column, kind in numbers.dtypes.items()}
    record["dual_files"] = {block: f"dual_{block}.csv" for block in solution.duals}
    for block, name in record["dual_files"].items():
        solution.duals[block].rename("dual").to_csv(folder / name, index_label="key")
    (folder / RECORD).write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _read_dual(path: Path) -> pd.Series[float]:
    frame = pd.read_csv(path, dtype={"key": str}, keep_default_na=False)
    return pd.Series(frame["dual"].to_numpy(dtype=float), index=pd.Index(frame["key"]))


def _move_into_place(staging: Path, target: Path) -> None:
    if not target.exists():
        staging.rename(target)
        return
    # the record goes last: a folder without one is not a solution
    (target / RECORD).unlink(missing_ok=True)
    for file in sorted(staging.iterdir(), key=lambda path: path.name == RECORD):
        os.replace(file, target / file.name)
