"""The hint that ends an error about an unknown name."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_SEARCHED, _LISTED = 20_000, 12


def nearest(word: str, known: Iterable[str]) -> str:
    """Hint at the known name nearest to a mistyped one, or list what is known.

    Examples
    --------
    >>> nearest("Hesen", ["Bayern", "Hessen"])
    "did you mean 'Hessen'?"
    >>> nearest("cost", ["km"])
    "known: 'km'"
    """
    names = list(known)
    if len(names) <= _SEARCHED:
        alike = [name for name in names if name.strip().casefold() == word.strip().casefold()]
        close = alike or get_close_matches(word, names, 1)
        if close:
            return f"did you mean {close[0]!r}?"
    shown = ", ".join(map(repr, names[:_LISTED])) or "none"
    return f"known: {shown}, ..." if len(names) > _LISTED else f"known: {shown}"
