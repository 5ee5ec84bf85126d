"""Times as records write them, brought to one local clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..instances.errors import InputError
from ..instances.hints import nearest

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..instances.arrays import BoolArray
    from .notation import Notation

_ISO = (
    r"^([0-9]{4})[-/]([0-9]{1,2})[-/]([0-9]{1,2})"
    r"(?:[T ]+([0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?))?\s*(Z|[+-][0-9]{2}:?[0-9]{2})?$"
)
_EMPTY = "it is empty; give a date"
_GUESSES = ("%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%Y%m%d", "%d-%m-%Y", "%d %b %Y", "%b %d, %Y")


def check_zone(zone: str) -> None:
    """Refuse a time zone that is not known.

    Examples
    --------
    >>> check_zone("Europe/Berln")
    Traceback (most recent call last):
    ...
    allocare.instances.errors.InputError: there is no time zone 'Europe/Berln'; did you mean 'Europe/Berlin'?
    """
    if not zone:
        return
    from zoneinfo import available_timezones

    known = available_timezones()
    if zone not in known:
        raise InputError(f"there is no time zone {zone!r}; {nearest(zone, sorted(known))}")


def read_times(
    cells: pd.Series[Any], notation: Notation, error: Callable[[int, str], InputError]
) -> tuple[pd.DatetimeIndex, BoolArray]:
    """Read cells as times of one local clock.

    Parameters
    ----------
    cells
        Text, or times already.
    notation
        How times are written, which zone they are converted to, and which period they count for.
    error
        Makes the error for a position among the cells and what was found there.

    Returns
    -------
    tuple
        The times, without time zone, and which of them are other than what is written: converted to the
        zone, or the time of day left off.

    Raises
    ------
    InputError
        For the first cell that is no time, or where some times have offsets and others none, or offsets
        differ and no zone is named.

    Examples
    --------
    >>> from allocare.forecasting.notation import Notation
    >>> cells = pd.Series(["2024-03-30T23:00Z", "2024-04-01T00:00+02:00"])
    >>> read_times(cells, Notation(zone="Europe/Berlin"), lambda row, found: InputError(found))[0]
    DatetimeIndex(['2024-03-31', '2024-04-01'], dtype='datetime64[us]', freq=None)
    """
    if pd.api.types.is_datetime64_any_dtype(cells):
        written, local = _typed(cells, notation, error)
    elif pd.api.types.is_numeric_dtype(cells):
        raise error(0, f"{cells.iloc[0]!r} is a number, no date; give the column of the dates")
    else:
        codes, texts = pd.factorize(cells.astype("str").str.strip())
        first = np.full(len(texts), -1)
        first[codes[::-1]] = np.arange(len(cells))[::-1]

        def at_text(text: int, found: str) -> InputError:
            return error(int(first[text]), found)

        each_written, each = _read(pd.Series(texts), notation, at_text)
        written, local = each_written[codes], each[codes]
    if notation.floor:
        local = local.floor(notation.floor)
    return local, np.asarray(written != local, dtype=bool)


def _typed(
    cells: pd.Series[Any], notation: Notation, error: Callable[[int, str], InputError]
) -> tuple[pd.DatetimeIndex, pd.DatetimeIndex]:
    times = pd.DatetimeIndex(cells).as_unit("us")
    if times.hasnans:
        raise error(int(np.argmax(times.isna())), _EMPTY)
    if times.tz is None:
        return times, times
    written = times.tz_localize(None)
    return written, times.tz_convert(notation.zone).tz_localize(None) if notation.zone else written


def _read(
    texts: pd.Series[Any], notation: Notation, error: Callable[[int, str], InputError]
) -> tuple[pd.DatetimeIndex, pd.DatetimeIndex]:
    """Read distinct texts: the clock time written, and that of the zone."""
    if notation.times:
        return _by_format(texts, notation, error)
    parts = texts.str.extract(_ISO)
    wrong = parts[0].isna().to_numpy()
    if wrong.any():
        at = int(np.argmax(wrong))
        raise error(at, _no_date(texts[at]))
    offsets = parts[4].fillna("").replace("Z", "+00:00").str.replace(":", "")
    day = parts[0] + "-" + parts[1].str.zfill(2) + "-" + parts[2].str.zfill(2)
    text = day + "T" + parts[3].fillna("00:00")
    written = pd.DatetimeIndex(pd.to_datetime(text, format="ISO8601", errors="coerce")).as_unit("us")
    if written.hasnans:
        at = int(np.argmax(written.isna()))
        raise error(at, f"there is no day {texts[at]!r}")
    return written, _local(written, offsets, texts, notation, error)


def _local(
    written: pd.DatetimeIndex,
    offsets: pd.Series[Any],
    texts: pd.Series[Any],
    notation: Notation,
    error: Callable[[int, str], InputError],
) -> pd.DatetimeIndex:
    kinds = offsets.unique()
    if len(kinds) > 1 and "" in kinds:
        at = int(np.argmax((offsets == "").to_numpy()))
        other = texts[int(np.argmax((offsets != "").to_numpy()))]
        raise error(
            at, f"{texts[at]!r} has no time zone, but {other!r} has; give all an offset or none of them"
        )
    if len(kinds) > 1 and not notation.zone:
        at = int(np.argmax((offsets != offsets[0]).to_numpy()))
        raise error(
            at,
            f"{texts[at]!r} has another offset from UTC than {texts[0]!r}; name the zone to convert to, "
            "as in zone 'Europe/Berlin'",
        )
    if not notation.zone or kinds[0] == "":
        return written
    minutes = offsets.str[1:3].astype(int) * 60 + offsets.str[3:5].astype(int)
    ahead = pd.to_timedelta(minutes.where(offsets.str[0] == "+", -minutes), unit="min")
    instants = written - pd.TimedeltaIndex(ahead)
    return instants.tz_localize("UTC").tz_convert(notation.zone).tz_localize(None)


def _by_format(
    texts: pd.Series[Any], notation: Notation, error: Callable[[int, str], InputError]
) -> tuple[pd.DatetimeIndex, pd.DatetimeIndex]:
    if "%z" in notation.times:
        raise InputError("times with offsets are read as ISO 8601 alone; leave the format empty")
    try:
        parsed = pd.to_datetime(texts, format=notation.times, errors="coerce")
    except ValueError as unknown:
        raise InputError(f"{notation.times!r} is no format of times ({unknown})") from unknown
    written = pd.DatetimeIndex(parsed).as_unit("us")
    if written.hasnans:
        at = int(np.argmax(written.isna()))
        text = texts[at]
        found = f"{text!r} is not a date written {notation.times!r}" if text else _EMPTY
        raise error(at, found)
    return written, written


def _no_date(text: str) -> str:
    if not text or text.lower() == "nan":
        return _EMPTY
    for guess in _GUESSES:
        if not pd.isna(pd.to_datetime(text, format=guess, errors="coerce")):
            return f"{text!r} is not a date like 2024-12-31; if it is written {guess!r}, say so"
    return f"{text!r} is not a date; write 2024-12-31"
