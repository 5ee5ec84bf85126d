"""MPS and LP files of linear and mixed-integer problems, plain or compressed with gzip."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from .errors import InputError
from .lp_reader import parse_lp
from .lp_writer import format_lp
from .mps_reader import parse_mps
from .mps_writer import format_mps
from .tokens import read_text, write_whole

if TYPE_CHECKING:
    import os

    from .linear import LinearProblem
    from .problem import Sense

LinearFormat: TypeAlias = Literal["mps", "lp"]


def read(
    path: str | os.PathLike[str], sense: Sense | None = None, format: LinearFormat | None = None
) -> LinearProblem:
    r"""Read an MPS or LP file.

    HiGHS could read them too, but takes text in a number for 0, drops rows and columns that it does not
    know, and names no line; so the formats are read here.

    Parameters
    ----------
    path
        The file.
    sense
        Minimise or maximise, whatever the file says.
    format
        ``mps`` or ``lp``; None tells by content and extension.

    Raises
    ------
    InputError
        Naming file and line of what is wrong.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(f"{folder}/beds.lp", "max\n x\nst\n room: x <= 5\nend\n")
    ...     problem = read(f"{folder}/beds.lp")
    >>> problem.sense, problem.row_upper.tolist()
    ('max', [5.0])
    """
    text = read_text(path)
    chosen = format or recognise(text.data[:65536].decode("utf-8", "replace"), path)
    if chosen is None:
        found = "this is neither an MPS file (NAME or ROWS first) nor an LP file (Minimize or Maximize first)"
        raise InputError(found, text.name, "line 1")
    try:
        return parse_mps(text, sense) if chosen == "mps" else parse_lp(text, sense)
    except InputError as error:
        if str(error).startswith(text.name):
            raise
        raise InputError(str(error), text.name) from error


def write(problem: LinearProblem, path: str | os.PathLike[str]) -> None:
    """Write a linear problem as ``.mps`` or ``.lp``, numbers exactly and names kept.

    Parameters
    ----------
    problem
        The problem.
    path
        The file to write; its extension tells the format.

    Raises
    ------
    InputError
        For another extension, or a name that the format cannot hold.

    Examples
    --------
    >>> import tempfile
    >>> from allocare.instances.linear import LinearProblem
    >>> problem = LinearProblem(
    ...     columns=["x"], rows=["need"], objective=[2], matrix=[[1]], row_lower=[5], row_upper=[9],
    ...     lower=[0], upper=[7])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(problem, f"{folder}/beds.mps")
    ...     read(f"{folder}/beds.mps").row_upper.tolist()
    [9.0]
    """
    suffix = Path(path).suffix.lower()
    if suffix not in {".mps", ".lp"}:
        raise InputError(f"the extension is {suffix!r}; write .mps or .lp", str(path))
    write_whole(path, (format_mps if suffix == ".mps" else format_lp)(problem, str(path)))


def recognise(head: str, path: str | os.PathLike[str]) -> LinearFormat | None:
    r"""Tell whether a text file is MPS or LP, from its first kilobytes.

    Parameters
    ----------
    head
        The beginning of the file.
    path
        The file; where its comments fill the beginning, its extension tells.

    Examples
    --------
    >>> recognise("NAME beds\nROWS\n", "beds"), recognise("\\ beds\nminimize\n x\n", "beds")
    ('mps', 'lp')
    """
    lines = [line for line in head.removeprefix("\ufeff").splitlines() if line.strip()]
    told = [line for line in lines if line.lstrip()[0] not in "*\\"]
    if told and re.match(r"(NAME|ROWS|OBJSENSE)\b", told[0], re.IGNORECASE):
        return "mps"
    if told and re.match(r"\s*(maximi[sz]e|minimi[sz]e|max|min)\b", told[0], re.IGNORECASE):
        return "lp"
    suffixes = {suffix.lower() for suffix in Path(path).suffixes}
    if ".mps" in suffixes:
        return "mps"
    return "lp" if ".lp" in suffixes else None
