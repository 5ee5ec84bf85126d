"""The file of rows: appended a line at a time, whole or not at all, by one runner at a time."""

from __future__ import annotations

import fcntl
import json
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import tomli_w

from ...instances.errors import InputError
from .. import results

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    import pandas as pd

    from .suites import Suite


class Ledger:
    """A folder of results that is being written.

    Parameters
    ----------
    folder
        Made if it is not there.
    suite
        What is run; it is written beside the rows.
    versions
        Of everything that decides a result; rows of two environments are not mixed.
    resume
        Whether rows that are there already are kept and not run again.

    Raises
    ------
    InputError
        For a folder that holds other results, that another runner writes to, or that cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from allocare.benchmarks.lab.suites import Suite
    >>> with tempfile.TemporaryDirectory() as folder, Ledger(folder, Suite("s", "S", ())) as ledger:
    ...     len(ledger.rows)
    0
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        suite: Suite,
        versions: Mapping[str, str] | None = None,
        *,
        resume: bool = False,
    ) -> None:
        self.folder = Path(folder)
        self._place = self.folder / results.LINES
        self._suite = suite.record() | {"versions": dict(versions or {})}
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._handle = os.open(self._place, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise InputError(f"it cannot be written: {error.strerror}", str(self.folder)) from error
        try:
            self._claim()
            self.rows = self._taken_up(resume)
        except BaseException:
            os.close(self._handle)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._handle)

    def append(self, row: Mapping[str, Any]) -> None:
        """Write a row and wait until it is on the disk.

        Raises
        ------
        InputError
            Where it cannot be written; then nothing of it is.
        """
        line = _line(row)
        start = os.lseek(self._handle, 0, os.SEEK_END)
        try:
            written = 0
            while written < len(line):
                written += os.write(self._handle, line[written:])
            os.fsync(self._handle)
        except OSError as error:
            os.ftruncate(self._handle, start)
            raise InputError(
                f"a row cannot be written: {error.strerror}; {len(self.rows)} rows are kept, "
                "make room and go on with --resume",
                str(self._place),
            ) from error
        self.rows.append(dict(row))

    def finish(self) -> pd.DataFrame:
        """Write the table of all rows and say that the suite is done; return the table.

        Raises
        ------
        InputError
            Where it cannot be written; the lines are kept.
        """
        frame = results.frame_of(self.rows)
        self._whole(results.TABLE, lambda path: results.write_table(frame, path))
        self._whole(
            results.DONE, lambda path: path.write_text(f"{len(frame)} rows\n", encoding="utf-8") and None
        )
        return frame

    def _claim(self) -> None:
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InputError(
                "another runner is writing here; wait for it, or name another folder", str(self.folder)
            ) from error

    def _taken_up(self, resume: bool) -> list[dict[str, Any]]:
        described = self.folder / results.SUITE
        begun = os.fstat(self._handle).st_size > 0
        if not described.exists() or not begun:
            if begun:
                raise InputError(
                    f"there are rows without {results.SUITE}; name another folder", str(self.folder)
                )
            self._whole(results.SUITE, lambda path: path.write_text(self._described(), "utf-8") and None)
            return []
        if not resume:
            raise InputError(
                "results are there already; go on with them by --resume, or name another folder",
                str(self.folder),
            )
        self._compare(described)
        rows = results.read_lines(self._place)
        self._drop_torn_line()
        return rows

    def _compare(self, described: Path) -> None:
        """Refuse to go on with another suite, or in another environment."""
        import tomllib

        try:
            before = tomllib.loads(described.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(f"it cannot be read: {error}", str(described)) from error
        now = tomllib.loads(self._described())
        versions, current = before.pop("versions", {}), now.pop("versions")
        if before != now:
            part = next(name for name in now | before if now.get(name) != before.get(name))
            raise InputError(
                f"these are results of another suite (its {part!r} differs); name another folder",
                str(described),
            )
        for name in versions | current:
            if versions.get(name) != current.get(name):
                raise InputError(
                    f"these results were made with {name} {versions.get(name)}, and here is "
                    f"{current.get(name)}; rows of both do not compare, name another folder",
                    str(described),
                )

    def _described(self) -> str:
        return tomli_w.dumps(self._suite)

    def _drop_torn_line(self) -> None:
        """A line without its end is of a row that was being written when its runner died."""
        size = os.lseek(self._handle, 0, os.SEEK_END)
        os.lseek(self._handle, 0, os.SEEK_SET)
        with os.fdopen(os.dup(self._handle), "rb") as file:
            kept = file.read().rfind(b"\n") + 1
        if kept < size:
            os.ftruncate(self._handle, kept)

    def _whole(self, name: str, write: Any) -> None:
        """Write a file under another name first, so that it is there whole or not at all."""
        partial = self.folder / f".{name}.partial"
        try:
            write(partial)
            with partial.open("rb") as file:
                os.fsync(file.fileno())
            partial.replace(self.folder / name)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise InputError(
                f"it cannot be written: {error.strerror or error}", str(self.folder / name)
            ) from error


def _line(row: Mapping[str, Any]) -> bytes:
    return (json.dumps(_plain(row), allow_nan=False) + "\n").encode()


def _plain(value: Any) -> Any:
    """Plain JSON: what is not finite is no value."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
