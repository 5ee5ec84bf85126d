"""Suites by name or by file: the bundled ones, and the user's own."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from ...instances.errors import InputError
from ...instances.hints import nearest
from .expansion import expand
from .own import register_entry_points
from .peers import register_peers
from .suite_file import parse_suite
from .suites import Suite

if TYPE_CHECKING:
    import os

    import pandas as pd

    from .suite_file import SuitePart

Given: TypeAlias = "str | os.PathLike[str] | Mapping[str, Any] | Suite"

_FOLDER = Path(__file__).parent.parent / "suites"
SUITES = tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))
"""Names of the bundled suites."""


def read_suite(given: Given, data: str | os.PathLike[str] | None = None) -> Suite:
    """Read a suite and spell out its runs.

    Parameters
    ----------
    given
        The name of a bundled suite, a TOML file, or what such a file would hold.
    data
        The data folder, for suites whose files lie there; None takes ``ALLOCARE_DATA``.

    Raises
    ------
    InputError
        For anything in it that cannot be run, in one line that names the place.

    Examples
    --------
    >>> read_suite("smoke").name
    'smoke'
    """
    if isinstance(given, Suite):
        return given
    register_entry_points()
    register_peers()
    if isinstance(given, Mapping):
        return expand(parse_suite(given, "suite"), Path(), data)
    path = _path(given)
    return expand(_parsed(path), path.parent, data)


def suites() -> pd.DataFrame:
    """List the bundled suites.

    Examples
    --------
    >>> suites().set_index("name").loc["smoke", "title"]
    'Every family and backend on tiny instances: under a minute'
    """
    import pandas as pd

    parsed = [_parsed(_FOLDER / f"{name}.toml") for name in SUITES]
    return pd.DataFrame({"name": [part.name for part in parsed], "title": [part.title for part in parsed]})


def _path(given: str | os.PathLike[str]) -> Path:
    path = Path(given)
    if str(given) in SUITES and not path.exists():
        return _FOLDER / f"{given}.toml"
    if path.is_file():
        return path
    if path.exists():
        raise InputError("this is not a file; name a suite's TOML file", str(path))
    if path.suffix:
        raise InputError("there is no such file", str(path))
    raise InputError(f"there is no suite {str(given)!r}; {nearest(str(given), SUITES)}")


def _parsed(path: Path) -> SuitePart:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"this is not TOML: {error}", str(path)) from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"it cannot be read: {error}", str(path)) from error
    return parse_suite(content, path.name)
