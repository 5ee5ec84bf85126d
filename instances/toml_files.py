"""Reading TOML files, with one clear line for what is none."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from .errors import InputError

if TYPE_CHECKING:
    from pathlib import Path


def read_toml(path: Path, what: str) -> dict[str, Any]:
    r"""Read a TOML file, with or without a byte order mark.

    Parameters
    ----------
    path
        The file.
    what
        What it is, for errors, e.g. ``a manifest``.

    Raises
    ------
    InputError
        For a file that is not TOML or cannot be read, naming file and place.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "a.toml"
    >>> _ = file.write_text("beds = 3\n")
    >>> read_toml(file, "a list of beds")
    {'beds': 3}
    """
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        found, _, place = str(error).removesuffix(")").rpartition(" (at ")
        raise InputError(f"this is not TOML: {found}", path.name, place) from error
    except UnicodeDecodeError as error:
        raise InputError(f"this is not UTF-8 text; {what} is a TOML file", path.name) from error
    except OSError as error:
        raise InputError(f"it cannot be read: {error.strerror or error}", str(path)) from error
