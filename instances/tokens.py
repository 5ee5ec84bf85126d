"""Text files of numbers: read fast with every number's place at hand, written whole or not at all."""

from __future__ import annotations

import gzip
import os
import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from .errors import InputError

if TYPE_CHECKING:
    from .arrays import BoolArray, FloatArray

Positions: TypeAlias = npt.NDArray[np.int64]

_NEWLINE, _BLANK = 10, 32
_SPACE = np.zeros(256, dtype=bool)
_SPACE[[9, 10, 11, 12, 13, 32]] = True


@dataclass(frozen=True, eq=False)
class Text:
    r"""A text file's bytes, split into lines and tokens (runs without white space) by array operations.

    Parameters
    ----------
    name
        The file's name in errors.
    data
        Its bytes, lines ended by newlines.

    Examples
    --------
    >>> text = Text("beds.txt", b"2\n 10 7.5")
    >>> text.numbers().tolist(), text.place(2)
    ([2.0, 10.0, 7.5], ('beds.txt', 'line 2', 'number 2'))
    """

    name: str
    data: bytes

    @cached_property
    def _bytes(self) -> npt.NDArray[np.uint8]:
        return np.frombuffer(self.data, dtype=np.uint8)

    @cached_property
    def starts(self) -> Positions:
        """Offset of each token."""
        space = _SPACE[self._bytes]
        begins = ~space
        begins[1:] &= space[:-1]
        return np.flatnonzero(begins)

    @cached_property
    def line_starts(self) -> Positions:
        """Offset of each line."""
        return np.concatenate([[0], np.flatnonzero(self._bytes == _NEWLINE) + 1])

    @cached_property
    def first(self) -> Positions:
        """Position of each line's first token, and at the end the number of tokens."""
        return np.append(np.searchsorted(self.starts, self.line_starts), len(self.starts))

    @cached_property
    def counts(self) -> Positions:
        """Number of tokens on each line."""
        return np.diff(self.first)

    def initials(self) -> npt.NDArray[np.uint8]:
        """First byte of each line that is not white space, 0 for a blank line."""
        initials = np.zeros(len(self.counts), dtype=np.uint8)
        filled = self.counts > 0
        initials[filled] = self._bytes[self.starts[self.first[:-1][filled]]]
        return initials

    def token(self, position: int) -> str:
        """Return one token, for people: long ones are cut."""
        start = int(self.starts[position])
        word = self.data[start : start + 200].split(maxsplit=1)[0].decode("utf-8", "replace")
        return word if len(word) <= 40 else f"{word[:40]}..."

    def line(self, position: int) -> int:
        """Return the line, counted from 1, that a token stands on."""
        return int(np.searchsorted(self.line_starts, self.starts[position], side="right"))

    def place(self, position: int) -> tuple[str, str, str]:
        """Return file, line and number of a token, for an error."""
        line = self.line(position)
        return self.name, f"line {line}", f"number {position - int(self.first[line - 1]) + 1}"

    def last_line(self) -> str:
        """Name the last line that holds a token."""
        return f"line {self.line(len(self.starts) - 1) if len(self.starts) else 1}"

    def only(self, lines: BoolArray, *, initials: bool = True) -> Text:
        """Return these lines, all else blank, places kept; without ``initials`` less their first bytes."""
        kept = self._bytes.copy()
        lengths = np.diff(np.append(self.line_starts, len(self.data)))
        kept[~np.repeat(lines, lengths) & (kept != _NEWLINE)] = _BLANK
        if not initials:
            kept[self.starts[self.first[:-1][lines]]] = _BLANK
        return Text(self.name, kept.tobytes())

    def numbers(self, *, infinite: bool = False) -> FloatArray:
        """Return every token as a number, exactly as Python reads it.

        Parameters
        ----------
        infinite
            Whether ``inf`` and ``infinity`` are numbers.

        Raises
        ------
        InputError
            Naming file, line and position of the first token that is not a number.
        """
        try:
            values = np.fromiter(map(float, self.data.split()), dtype=np.float64)
        except ValueError:
            raise self._not_a_number(infinite) from None
        # Python also reads 1_000 as a number
        right = ~np.isnan(values) if infinite else np.isfinite(values)
        if not right.all() or b"_" in self.data:
            raise self._not_a_number(infinite)
        return values

    def _not_a_number(self, infinite: bool) -> InputError:
        for position, token in enumerate(self.data.split()):
            try:
                value = float(token)
            except ValueError:
                value = np.nan
            if np.isnan(value) or (np.isinf(value) and not infinite) or b"_" in token:
                found = f"{self.token(position)!r} is not a finite number"
                return InputError(f"{found}; write a plain decimal number", *self.place(position))
        raise AssertionError("every token is a number")


def read_text(path: str | os.PathLike[str]) -> Text:
    """Read a text file whole, decompressing ``.gz``, with a byte order mark and carriage returns taken off.

    Raises
    ------
    InputError
        For a file that is missing, unreadable, empty or not text.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(f"{folder}/beds.txt", "2 10 7.5")
    ...     read_text(f"{folder}/beds.txt").numbers().tolist()
    [2.0, 10.0, 7.5]
    """
    place = Path(path)
    try:
        data = place.read_bytes()
    except FileNotFoundError as error:
        raise InputError("there is no such file; check the path", str(place)) from error
    except IsADirectoryError as error:
        raise InputError("this is a folder; name a file", str(place)) from error
    except OSError as error:
        raise InputError(f"the file cannot be read ({error.strerror})", str(place)) from error
    if place.suffix.lower() == ".gz":
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            found = f"the compressed file is damaged or cut short ({error}); fetch it again"
            raise InputError(found, str(place)) from error
    data = data.removeprefix(b"\xef\xbb\xbf")
    if b"\0" in data:
        line = data.count(b"\n", 0, data.index(b"\0")) + 1
        raise InputError("this is a binary file; give a plain text one", str(place), f"line {line}")
    if not data.strip():
        raise InputError("the file is empty", str(place), "line 1")
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return Text(str(place), data)


def write_whole(path: str | os.PathLike[str], text: str) -> None:
    """Write a text file whole or not at all: beside its place first, then moved there.

    Raises
    ------
    InputError
        Where the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(f"{folder}/beds.txt", "2 10")
    ...     [file.name for file in Path(folder).iterdir()]
    ['beds.txt']
    """
    place = Path(path)
    target = place.resolve()
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        if target.is_dir():
            raise IsADirectoryError(0, "Is a directory")
        with beside.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        beside.replace(target)
    except OSError as error:
        raise InputError(f"cannot be written ({error.strerror})", str(place)) from error
    finally:
        beside.unlink(missing_ok=True)


def decimal(values: npt.NDArray[Any]) -> list[str]:
    """Return numbers as the shortest text that reads back as exactly the same, whole ones without a point.

    Examples
    --------
    >>> decimal(np.array([3.0, -0.1, 1e300]))
    ['3', '-0.1', '1e+300']
    """
    plain = (values == np.rint(values)) & (np.abs(values) < 2.0**53)
    if plain.all():
        return list(map(str, values.astype(np.int64).tolist()))
    return [text.removesuffix(".0") for text in map(repr, values.tolist())]
