"""Writing a folder, or several files into one: whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def written_whole(folder: Path) -> Iterator[Path]:
    """Give a place to write in; its files move into `folder` together at the end, or none does.

    Raises
    ------
    InputError
        For a place that cannot be written.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp()) / "beds"
    >>> with written_whole(folder) as staging:
    ...     _ = (staging / "beds.csv").write_text("bed")
    >>> [file.name for file in folder.iterdir()]
    ['beds.csv']
    """
    fresh = not folder.exists()
    if not fresh and not folder.is_dir():
        raise InputError("there is a file of this name; give a folder or a *.toml file", str(folder))
    staging = (folder.parent if fresh else folder) / f".{folder.name}-{uuid.uuid4().hex[:8]}"
    try:
        staging.mkdir(parents=True)
        yield staging
        if fresh:
            staging.rename(folder)
        else:
            _move_all(staging, folder)
    except OSError as error:
        raise InputError(f"it cannot be written: {error.strerror or error}", str(folder)) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


@contextmanager
def replaced_whole(folder: Path) -> Iterator[Path]:
    """Give a place to write in; as a whole it takes the place of `folder`, which is kept until it stands.

    Raises
    ------
    InputError
        For a place that cannot be written.

    Examples
    --------
    >>> folder = Path(tempfile.mkdtemp()) / "report"
    >>> for name in ("old.csv", "new.csv"):
    ...     with replaced_whole(folder) as staging:
    ...         _ = (staging / name).write_text("bed")
    >>> [file.name for file in folder.iterdir()]
    ['new.csv']
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            yield staging
            staging.chmod(0o755)
            _take_over(staging, folder)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    except OSError as error:
        raise InputError(f"cannot be written ({error.strerror or error})", str(folder)) from error


def _take_over(staging: Path, folder: Path) -> None:
    if not folder.exists():
        staging.rename(folder)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{folder.name}-old-", dir=folder.parent))
    folder.rename(old / "kept")
    try:
        staging.rename(folder)
    except OSError:
        (old / "kept").rename(folder)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _move_all(staging: Path, folder: Path) -> None:
    """Move the files into the folder; put back what was there if one cannot be moved."""
    files = sorted(staging.iterdir(), key=lambda file: file.suffix == ".toml")
    for file in files:
        if (folder / file.name).is_dir():
            raise InputError("there is a folder of this name; move it away", str(folder / file.name))
    kept = staging / "kept"
    kept.mkdir()
    moved: list[str] = []
    try:
        for file in files:
            if (folder / file.name).exists():
                (folder / file.name).rename(kept / file.name)
            moved.append(file.name)
            file.rename(folder / file.name)
    except BaseException:
        for name in moved:
            (folder / name).unlink(missing_ok=True)
        for file in kept.iterdir():
            file.rename(folder / file.name)
        raise
