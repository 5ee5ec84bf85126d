"""How long a season is at each frequency, unless somebody says otherwise."""

from __future__ import annotations

from ...instances.errors import InputError

USUAL = {"h": 24, "D": 7, "B": 5, "W": 52, "SM": 24, "M": 12, "BM": 12, "Q": 4, "BQ": 4, "Y": 1, "BY": 1}
"""By the frequency's first letters in pandas, without the suffixes E (end) and S (start)."""


def season_length(frequency: str, period: int | None = None) -> int:
    """Rows in a season: as given, or a week of days, a year of weeks, months or quarters.

    Raises
    ------
    InputError
        For a period below one.

    Examples
    --------
    >>> season_length("D"), season_length("W-SUN"), season_length("MS"), season_length("D", 364)
    (7, 52, 12, 364)
    """
    if period is None:
        word = frequency.split("-")[0]
        return USUAL.get(word, USUAL.get(word.rstrip("ES"), 1))
    if period < 1:
        raise InputError(f"period is {period}; a season has 1 row or more")
    return period
