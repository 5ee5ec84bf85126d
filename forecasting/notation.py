"""How records write numbers and times, and what each cell says by that notation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ..instances.errors import InputError
from .clocks import check_zone

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..instances.arrays import BoolArray, FloatArray

MISSING_WORDS = ("na", "n/a", "nan", "null", "none")
_PLAIN = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_THOUSANDS = ("", ",", ".", " ", "'", "’")
_SPACES = r"[\x{00A0}\x{2009}\x{202F}]"


@dataclass(frozen=True, kw_only=True)
class Notation:
    """How a file writes numbers and times.

    Parameters
    ----------
    decimal
        Decimal separator, a point or a comma.
    thousands
        What stands between thousands: nothing, a comma, a point, a space or an apostrophe. It is never
        guessed: 1,234 is a thousand here and a little over one there.
    missing
        Words that mean that nothing was recorded, in any case, besides an empty cell.
    times
        How times are written, as for `strptime` (``%d.%m.%Y``); empty for ISO 8601, with dashes or slashes.
    zone
        Time zone to convert to where times have offsets, such as ``Europe/Berlin``; empty where there are
        none, or all are the same.
    floor
        Period that a time counts for, ``D`` or ``h``, where the time of day of a report means nothing; empty
        to take times as they are.

    Examples
    --------
    >>> Notation(decimal=",", thousands=".").decimal
    ','
    >>> Notation(decimal=",", thousands=",")
    Traceback (most recent call last):
    ...
    allocare.instances.errors.InputError: ',' separates both decimals and thousands; they must differ
    """

    decimal: str = "."
    thousands: str = ""
    missing: tuple[str, ...] = MISSING_WORDS
    times: str = ""
    zone: str = ""
    floor: str = ""

    def __post_init__(self) -> None:
        if self.decimal not in (".", ","):
            raise InputError(f"the decimal separator is {self.decimal!r}; it is '.' or ','")
        if self.thousands not in _THOUSANDS:
            raise InputError(f"thousands are separated by {self.thousands!r}; known: {_THOUSANDS[1:]}")
        if self.decimal == self.thousands:
            raise InputError(f"{self.decimal!r} separates both decimals and thousands; they must differ")
        if self.floor not in ("", "D", "h"):
            raise InputError(f"times are floored to {self.floor!r}; give 'D' for days or 'h' for hours")
        check_zone(self.zone)


def read_numbers(
    cells: pd.Series[Any], notation: Notation, error: Callable[[int, str], InputError]
) -> tuple[FloatArray, BoolArray]:
    """Read cells as numbers.

    Parameters
    ----------
    cells
        Text, or numbers already.
    notation
        How numbers are written.
    error
        Makes the error for a position among the cells and what was found there.

    Returns
    -------
    tuple
        The numbers, NaN where nothing was recorded, and which cells are written in other than the plain
        notation: with thousands separators, a decimal comma, or a word for missing.

    Raises
    ------
    InputError
        For the first cell that is no number.

    Examples
    --------
    >>> cells = pd.Series(["1.234,5", "NA", "7"])
    >>> read_numbers(cells, Notation(decimal=",", thousands="."), lambda row, found: InputError(found))
    (array([1234.5,    nan,    7. ]), array([ True,  True, False]))
    """
    if pd.api.types.is_bool_dtype(cells):
        raise error(0, "the column holds true and false, no numbers")
    if pd.api.types.is_numeric_dtype(cells):
        values = cells.to_numpy(dtype=np.float64, na_value=np.nan)
        _refuse_infinite(values, cells, error)
        return values, np.zeros(len(cells), dtype=bool)
    text = pc.utf8_trim_whitespace(pa.array(cells, pa.string(), from_pandas=True).fill_null(""))
    if notation.thousands == " ":
        text = pc.replace_substring_regex(text, _SPACES, " ")
    words = pa.array(["", *(word.strip().lower() for word in notation.missing)])
    absent = pc.is_in(pc.utf8_lower(text), value_set=words)
    good = pc.or_(absent, pc.match_substring_regex(text, _pattern(notation)))
    if not pc.all(good).as_py():
        at = pc.index(good, False).as_py()
        raise error(at, _no_number(text[at].as_py(), notation))
    plain = pc.replace_substring(text, notation.thousands, "") if notation.thousands else text
    if notation.decimal == ",":
        plain = pc.replace_substring(plain, ",", ".")
    plain = pc.if_else(absent, pa.scalar(None, pa.string()), pc.utf8_ltrim(plain, characters="+"))
    values = plain.cast(pa.float64()).to_numpy(zero_copy_only=False)
    _refuse_infinite(values, cells, error)
    as_is = pc.or_(pc.match_substring_regex(text, _PLAIN), pc.equal(text, ""))
    return values, np.asarray(pc.invert(as_is).to_numpy(zero_copy_only=False), dtype=bool)


def _pattern(notation: Notation) -> str:
    decimal = rf"\{notation.decimal}"
    whole = "[0-9]+"
    if notation.thousands:
        mark = rf"\{notation.thousands}" if notation.thousands == "." else notation.thousands
        whole = rf"([0-9]{{1,3}}({mark}[0-9]{{3}})+|[0-9]+)"
    return rf"^[+-]?({whole}({decimal}[0-9]*)?|{decimal}[0-9]+)([eE][+-]?[0-9]+)?$"


def _no_number(text: str, notation: Notation) -> str:
    """Say why a text is no number, and which notation it may be in."""
    told = {"decimal": notation.decimal, "thousands": notation.thousands}
    for decimal, thousands in ((".", ","), (",", "."), (",", ""), (".", " "), (",", " "), (".", "'")):
        other = Notation(decimal=decimal, thousands=thousands)
        if pc.match_substring_regex(pa.array([text]), _pattern(other))[0].as_py():
            wanted = {"decimal": decimal, "thousands": thousands}
            said = ", ".join(f"{key} {value!r}" for key, value in wanted.items() if told[key] != value)
            return f"{text!r} is no number as they are written here; if it is one, say {said}"
    return f"{text!r} is not a number; if it means that nothing was recorded, name it among the missing words"


def _refuse_infinite(
    values: FloatArray, cells: pd.Series[Any], error: Callable[[int, str], InputError]
) -> None:
    infinite = np.isinf(values)
    if infinite.any():
        at = int(np.argmax(infinite))
        raise error(at, f"{cells.iloc[at]} is too large to be a number here; leave it missing")
