"""The file formats, on one screen; reading and writing any of them."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, get_args

from .errors import InputError
from .hints import nearest
from .problem import Sense

if TYPE_CHECKING:
    from collections.abc import Callable

    from .problem import Problem

    Reader: TypeAlias = Callable[[Path, Sense | None], Problem]
    Writer: TypeAlias = Callable[[Problem, Path], Any]
    Recogniser: TypeAlias = Callable[[str, Path], bool]


@dataclass(frozen=True)
class Format:
    """A file format.

    Parameters
    ----------
    name
        As users type it.
    extensions
        Endings of its files.
    title
        What it holds, in a few words.
    read
        Reads a file: ``read(path, sense)``.
    write
        Writes a problem: ``write(problem, path)``; None where it is only read.
    recognise
        Whether the first kilobytes of a file look like it: ``recognise(head, path)``.
    takes_sense
        Whether its files leave open what is minimised or maximised.
    """

    name: str
    extensions: tuple[str, ...]
    title: str
    read: Reader
    write: Writer | None
    recognise: Recogniser
    takes_sense: bool = False


def _of(module: str, function: str) -> Callable[..., Any]:
    """Stand for a format's function without importing its module before it is called."""

    def call(*arguments: Any) -> Any:
        return getattr(import_module(f".{module}", __package__), function)(*arguments)

    return call


def _read(module: str, function: str) -> Callable[..., Any]:
    """Stand for the reader of a format whose files state their sense."""
    return lambda path, _: _of(module, function)(path)


def _looks_like(module: str, name: str) -> Recogniser:
    return lambda head, path: bool(_of(module, "recognise")(head, path) == name)


FORMATS = {
    form.name: form
    for form in (
        Format("native", (".toml",), "a manifest beside CSV or Parquet tables, or their folder",
               _read("native", "read_native"), _of("native_writing", "write_native"),
               lambda head, _: "schema_version" in head),
        Format("dimacs-min", (".min", ".dmx"), "DIMACS min-cost flow, any network",
               _read("dimacs", "read_min"), _of("dimacs", "write_min"), _of("dimacs", "recognise")),
        Format("dimacs-transportation", (), "DIMACS min-cost flow read as a transportation problem",
               _read("dimacs", "read_transportation"), None, lambda *_: False),
        Format("mps", (".mps",), "MPS: a general LP or MILP",
               _of("mps", "read"), _of("mps", "write"), _looks_like("mps", "mps")),
        Format("lp", (".lp",), "LP file: a general LP or MILP",
               _of("mps", "read"), _of("mps", "write"), _looks_like("mps", "lp")),
        Format("orlib-assignment", (".txt",), "OR-Library assignment, dense or sparse",
               _of("orlib", "read_assignment"), _of("orlib", "write_assignment"),
               _looks_like("orlib", "orlib-assignment"), takes_sense=True),
        Format("orlib-gap", (".txt",), "OR-Library generalised assignment; FILE#3 is its third problem",
               _of("orlib", "read_gap"), _of("orlib", "write_gap"),
               _looks_like("orlib", "orlib-gap"), takes_sense=True),
    )
}  # fmt: skip

_HEAD = 8192


def load(path: str | Path, format: str | None = None, sense: Sense | None = None) -> Problem:
    """Read a problem from a file, or from a folder that holds one manifest.

    Parameters
    ----------
    path
        File or folder.
    format
        Name of its format; recognised by extension and content where None.
    sense
        Minimise or maximise, for the formats that do not say (OR-Library).

    Raises
    ------
    InputError
        For what cannot be read, in one line that names the place.

    Examples
    --------
    >>> import tempfile
    >>> from allocare.instances.assignment import AssignmentProblem
    >>> from allocare.instances.lanes import Lanes
    >>> problem = AssignmentProblem(agents=["bed"], tasks=["Ada"], pairs=Lanes.from_matrix([[7]]))
    >>> load(write(problem, tempfile.mkdtemp())).pairs.cost.tolist()
    [7.0]
    """
    path = Path(path)
    chosen = None if format is None else _named(format)
    if sense is not None and sense not in get_args(Sense):
        raise InputError(f"the sense is {sense!r}; it must be 'min' or 'max'")
    try:
        if path.is_dir():
            path = _manifest_in(path, chosen)
        file = _file(path)
        head = _head(file)
        chosen = chosen or _recognised(path, file, head)
        if sense is not None and not chosen.takes_sense:
            raise InputError(f"a sense cannot be given: {chosen.name} files state their own", str(path))
        return chosen.read(path, sense)
    except OSError as error:
        raise InputError(f"it cannot be read: {error.strerror or error}", str(path)) from error


def write(problem: Problem, path: str | Path, format: str | None = None) -> Path:
    """Write a problem to a file, or in the native format to a folder.

    Parameters
    ----------
    problem
        What to write.
    path
        File to write; without an extension a folder in the native format.
    format
        Name of the format; chosen by extension where None.

    Returns
    -------
    Path
        The file written; the manifest where there are several.

    Raises
    ------
    InputError
        For a format that cannot hold the problem, or a place that cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from allocare.instances.linear import LinearProblem
    >>> problem = LinearProblem(
    ...     columns=["x"], rows=["r"], objective=[1], matrix=[[2]], row_lower=[3], row_upper=[5],
    ...     lower=[0], upper=[9])
    >>> write(problem, tempfile.mkdtemp() + "/diet").name
    'problem.toml'
    """
    path = Path(path)
    chosen = _to_write(path) if format is None else _named(format)
    if chosen.write is None:
        raise InputError(f"{chosen.name} is only read; write one of {_listed(writable=True)}")
    try:
        written = chosen.write(problem, path)
    except OSError as error:
        raise InputError(f"it cannot be written: {error.strerror or error}", str(path)) from error
    return written if isinstance(written, Path) else path


def _named(name: str) -> Format:
    if name not in FORMATS:
        raise InputError(f"there is no format {name!r}; {nearest(name, FORMATS)} ({_listed()})")
    return FORMATS[name]


def _listed(writable: bool = False) -> str:
    return ", ".join(name for name, form in FORMATS.items() if form.write or not writable)


def _manifest_in(folder: Path, chosen: Format | None) -> Path:
    if chosen is not None and chosen.name != "native":
        raise InputError(f"this is a folder; a {chosen.name} problem is a file", str(folder))
    manifests = sorted(folder.glob("*.toml"))
    if len(manifests) == 1:
        return manifests[0]
    if not manifests:
        raise InputError("this folder holds no manifest (*.toml)", str(folder))
    names = ", ".join(manifest.name for manifest in manifests[:6])
    raise InputError(f"this folder holds several manifests; name one of {names}", str(folder))


def _file(path: Path) -> Path:
    """Find the file of a path, which may name one of several problems in it (``gap1.txt#3``)."""
    place = path
    if not path.exists():
        stem, number, which = path.name.rpartition("#")
        place = path.with_name(stem) if stem and number and which.isdigit() else path
    if place.is_file():
        return place
    if place.exists():
        raise InputError("this is not a file", str(place))
    if not place.parent.is_dir():
        raise InputError(f"there is no folder {str(place.parent)!r}", str(path))
    near = nearest(place.name, sorted(entry.name for entry in place.parent.iterdir()))
    raise InputError("there is no such file" + (f"; {near}" if near.endswith("?") else ""), str(path))


def _head(file: Path) -> str:
    """Read the first kilobytes of a text file, compressed or not."""
    with gzip.open(file) if file.suffix.lower() == ".gz" else file.open("rb") as opened:
        try:
            head = opened.read(_HEAD)
        except (EOFError, zlib.error) as error:
            raise InputError("the compressed file is damaged or cut short", str(file)) from error
    if b"\0" in head:
        raise InputError(f"this is a binary file; the formats are text ({_listed()})", str(file))
    return head.decode("utf-8-sig", errors="replace")


def _recognised(path: Path, file: Path, head: str) -> Format:
    """Find the format by an extension of its own; where that is shared or unknown, by the content."""
    extension = Path(file.stem if file.suffix.lower() == ".gz" else file.name).suffix.lower()
    owners = [form for form in FORMATS.values() if extension in form.extensions]
    if len(owners) == 1:
        return owners[0]
    if extension in (".csv", ".parquet"):
        raise InputError("this is a table; give the manifest (*.toml) that names it", str(file))
    for form in FORMATS.values():
        if form.recognise(head, path):
            return form
    if not head.strip():
        raise InputError("the file is empty", str(file))
    raise InputError(f"neither extension nor content tells its format; name one of {_listed()}", str(file))


def _to_write(path: Path) -> Format:
    extension = path.suffix.lower()
    if not extension:
        return FORMATS["native"]
    owners = [form for form in FORMATS.values() if extension in form.extensions and form.write]
    if len(owners) == 1:
        return owners[0]
    names = ", ".join(form.name for form in owners) or _listed(writable=True)
    raise InputError(f"the extension {extension!r} does not tell the format; name one of {names}", str(path))
