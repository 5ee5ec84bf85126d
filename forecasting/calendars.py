"""What is known of days ahead: public holidays, school holidays and the season, by country and part of it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from ..instances.errors import InputError
from ..instances.hints import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..instances.arrays import BoolArray, FloatArray, IndexArray
    from .panel import Panel

CHRISTMAS_KNOTS = (-16, -10, -7, -5, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 28)
EASTER_KNOTS = (-12, -7, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 7, 10, 14)
"""Days from the feast between which its effect is linear: every day near it, then wider apart."""

HOLIDAY_LAGS = range(-2, 5)
BRIDGE_LAGS = range(1, 4)
SOME_YEAR = 2024
"""In which it is looked up whether a region keeps a feast, so that its columns never depend on the times."""
MARGIN = 60
"""Days beyond both ends of a year that its columns look at."""


class Region(NamedTuple):
    """Where a calendar holds: a country, and a part of it; None where it is not known."""

    country: str | None = None
    subdivision: str | None = None


def regions(panel: Panel) -> tuple[list[Region], IndexArray]:
    """Regions of a panel by its attributes ``country`` and ``subdivision``, and each series' place in them.

    Examples
    --------
    >>> days = pd.date_range("2024-01-01", periods=2)
    >>> values = pd.DataFrame({"Ulm": [5.0, 6], "Bonn": [1.0, 2], "Aalen": [3.0, 3]}, index=days)
    >>> where = pd.DataFrame({"country": "DE", "subdivision": ["BW", "NW", "BW"]}, index=values.columns)
    >>> from allocare.forecasting.panel import Panel
    >>> found, place = regions(Panel(values=values, attributes=where))
    >>> found[1], place.tolist()
    (Region(country='DE', subdivision='NW'), [0, 1, 0])
    """
    table = pd.DataFrame(index=panel.series) if panel.attributes is None else panel.attributes
    known = table.reindex(columns=["country", "subdivision"]).astype(object)
    known = known.where(known.notna(), None)
    place, found = pd.factorize(pd.MultiIndex.from_frame(known.astype(str)))
    firsts = [int(np.argmax(place == at)) for at in range(len(found))]
    return [Region(*known.iloc[first]) for first in firsts], place.astype(np.int32)


@lru_cache(maxsize=4096)
def _dates(region: Region, year: int, category: str) -> pd.DatetimeIndex:
    import holidays

    countries = holidays.list_supported_countries(include_aliases=True)
    country, part = region
    if country not in countries:
        raise InputError(
            f"there is no calendar of the country {country!r}; {nearest(str(country), countries)}"
        )
    try:
        dates = holidays.country_holidays(country, subdiv=part, years=year, categories=(category,))
    except NotImplementedError:
        hint = nearest(str(part), countries[country])
        raise InputError(f"{country} has no subdivision {part!r} in its calendar; {hint}") from None
    except ValueError:  # the country has no such category
        return pd.DatetimeIndex([])
    return pd.DatetimeIndex(sorted(dates))


def holiday_mask(times: pd.DatetimeIndex, region: Region, category: str = "public") -> BoolArray:
    """Tell the days that are holidays of a category: ``public``, or ``school`` where that is known.

    Raises
    ------
    InputError
        For a country or subdivision without a calendar, with the nearest one that has.

    Examples
    --------
    >>> days = pd.date_range("2024-10-01", "2024-10-04")
    >>> holiday_mask(days, Region("DE", "HE")).tolist()
    [False, False, True, False]
    >>> int(holiday_mask(pd.date_range("2024-07-01", "2024-07-31"), Region("DE", "HE"), "school").sum())
    17
    """
    if region.country is None:
        return np.zeros(len(times), dtype=bool)
    days = times.normalize()
    years = sorted(set(days.year))
    marked: BoolArray = np.zeros(len(days), dtype=bool)
    for year in years:
        marked |= days.isin(_dates(region, int(year), category))
    return marked


def calendar_columns(times: pd.DatetimeIndex, region: Region, *, harmonics: int = 2) -> pd.DataFrame:
    """Columns of daily times in which a holiday's or season's effect is linear.

    Hat functions of the days from Christmas and from Easter (where a country keeps them), so that their
    effects build up, last and fade as the records say; other public holidays on working days, from two
    days before to four after; the days after one on a Thursday, which many bridge; the share of
    school-free days among the seven around a day and the seven up to it; and yearly harmonics.

    Parameters
    ----------
    times
        Days, in order.
    region
        Whose calendar; without a country there are harmonics alone.
    harmonics
        Sines and cosines of the year: 1 is one wave a year.

    Raises
    ------
    InputError
        For a country or subdivision without a calendar.

    Examples
    --------
    >>> columns = calendar_columns(pd.date_range("2024-12-23", "2024-12-26"), Region("DE", "HE"))
    >>> columns["christmas+0"].tolist(), columns["school around"].round(2).tolist()
    ([0.0, 0.0, 1.0, 0.0], [0.57, 0.71, 0.86, 1.0])
    >>> list(calendar_columns(pd.date_range("2024-12-23", "2024-12-26"), Region(), harmonics=1))
    ['year sin 1', 'year cos 1']
    """
    names, columns = calendar_array(times, [region], harmonics=harmonics)
    return pd.DataFrame(columns[:, 0], index=times, columns=list(names))


def calendar_array(
    times: pd.DatetimeIndex, where: Sequence[Region], *, harmonics: int = 2
) -> tuple[tuple[str, ...], FloatArray]:
    """Names and values of the columns of `calendar_columns` for some regions: (times, regions, columns).

    A feast that a region does not keep is 0 there.

    Examples
    --------
    >>> days = pd.date_range("2024-10-02", "2024-10-03")
    >>> names, columns = calendar_array(days, [Region("DE", "HE"), Region("FR")], harmonics=0)
    >>> columns[..., names.index("holiday+0")].tolist()
    [[0.0, 0.0], [1.0, 0.0]]
    """
    angle = 2 * np.pi * times.day_of_year.to_numpy()[:, None] / 365.25 * np.arange(1, harmonics + 1)
    waves = np.stack([np.sin(angle), np.cos(angle)], axis=2).reshape(len(times), -1)
    wave_names = [f"year {part} {wave}" for wave in range(1, harmonics + 1) for part in ("sin", "cos")]
    years = range(times[0].year, times[-1].year + 1)
    in_years = pd.date_range(f"{years[0]}-01-01", f"{years[-1]}-12-31").get_indexer(times.normalize())
    parts = [[_year_columns(region, year) for year in years] for region in where]
    holidays = list(dict.fromkeys(name for part in parts for name in part[0][0]))
    columns = np.zeros((len(times), len(where), len(holidays)))
    for at, part in enumerate(parts):
        place = [holidays.index(name) for name in part[0][0]]
        columns[:, at, place] = np.concatenate([values for _, values in part])[in_years]
    shared = np.broadcast_to(waves[:, None], (len(times), len(where), waves.shape[1]))
    return (*holidays, *wave_names), np.concatenate([columns, shared], axis=2)


@lru_cache(maxsize=1024)
def _year_columns(region: Region, year: int) -> tuple[tuple[str, ...], FloatArray]:
    """Columns of the holidays of a calendar year; a country that is not known has none."""
    inside = pd.date_range(f"{year}-01-01", f"{year}-12-31")
    if region.country is None:
        return (), np.zeros((len(inside), 0))
    days = pd.date_range(inside[0] - pd.Timedelta(days=MARGIN), inside[-1] + pd.Timedelta(days=MARGIN))
    public, school = holiday_mask(days, region), holiday_mask(days, region, "school")
    columns: dict[str, FloatArray] = {}
    near = range(year - 1, year + 2)
    christmas = _days_from(days, [pd.Timestamp(some, 12, 25) for some in near])
    easter = _days_from(days, [_easter(some) for some in near])
    other = public & (days.day_of_week < 5)
    if _keeps(region, pd.Timestamp(SOME_YEAR, 12, 25)):
        columns |= _hats("christmas", christmas, CHRISTMAS_KNOTS)
        other &= ~((christmas >= -1) & (christmas <= 7))
    good_friday, easter_monday = (_easter(SOME_YEAR) + pd.Timedelta(days=apart) for apart in (-2, 1))
    if _keeps(region, good_friday) or _keeps(region, easter_monday):
        columns |= _hats("easter", easter, EASTER_KNOTS)
        other &= ~((easter >= -2) & (easter <= 1))
    columns |= {f"holiday{lag:+d}": np.roll(other, lag).astype(float) for lag in HOLIDAY_LAGS}
    thursday = other & (days.day_of_week == 3)
    columns |= {f"thursday holiday{lag:+d}": np.roll(thursday, lag).astype(float) for lag in BRIDGE_LAGS}
    closed = pd.Series(school.astype(float))
    columns["school around"] = closed.rolling(7, center=True, min_periods=1).mean().to_numpy()
    columns["school before"] = closed.rolling(7, min_periods=1).mean().to_numpy()
    values = np.stack(list(columns.values()), axis=1)[MARGIN:-MARGIN]
    values.flags.writeable = False
    return tuple(columns), values


def _keeps(region: Region, day: pd.Timestamp) -> bool:
    return bool(holiday_mask(pd.DatetimeIndex([day]), region)[0])


def _easter(year: int) -> pd.Timestamp:
    return pd.Timestamp(year, 1, 1) + pd.offsets.Easter()


def _days_from(days: pd.DatetimeIndex, feasts: Sequence[pd.Timestamp]) -> IndexArray:
    """Signed days from the nearest feast."""
    apart = (days.to_numpy()[:, None] - np.array(feasts, dtype="datetime64[ns]")) // np.timedelta64(1, "D")
    nearest_one = np.abs(apart).argmin(axis=1)
    signed: IndexArray = np.take_along_axis(apart, nearest_one[:, None], axis=1)[:, 0].astype(np.int32)
    return signed


def _hats(name: str, offset: IndexArray, knots: Sequence[int]) -> dict[str, FloatArray]:
    """Linear B-splines: each is 1 at its knot, 0 at the knots beside it and beyond."""
    inner = range(1, len(knots) - 1)
    return {
        f"{name}{knots[at]:+d}": np.interp(offset, knots[at - 1 : at + 2], (0.0, 1.0, 0.0)) for at in inner
    }
