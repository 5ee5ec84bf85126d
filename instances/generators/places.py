"""Random places in a region the size of Germany, gathered around cities."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from ..arrays import FloatArray

_LATITUDES = (47.5, 54.5)
_LONGITUDES = (6.5, 14.5)
_KM_PER_DEGREE = 111.195


class Places(NamedTuple):
    """Places by latitude and longitude in degrees."""

    latitude: FloatArray
    longitude: FloatArray


def draw_cities(rng: np.random.Generator, n_cities: int) -> Places:
    """Draw city centres anywhere in the region; the first is the largest.

    Examples
    --------
    >>> len(draw_cities(np.random.default_rng(0), 4).latitude)
    4
    """
    return Places(rng.uniform(*_LATITUDES, n_cities), rng.uniform(*_LONGITUDES, n_cities))


def draw_places(
    rng: np.random.Generator, n_places: int, cities: Places, *, city_share: float, spread_km: float
) -> Places:
    """Draw places, a share of them normally spread around cities of Zipf sizes, the others anywhere.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> places = draw_places(rng, 9, draw_cities(rng, 2), city_share=0.5, spread_km=20)
    >>> places.latitude.shape
    (9,)
    """
    size = 1 / np.arange(1, len(cities.latitude) + 1)
    city = rng.choice(len(size), size=n_places, p=size / size.sum())
    north, east = rng.normal(0, spread_km / _KM_PER_DEGREE, size=(2, n_places))
    latitude = cities.latitude[city] + north
    longitude = cities.longitude[city] + east / np.cos(np.radians(cities.latitude[city]))
    apart = rng.random(n_places) >= city_share
    anywhere = draw_cities(rng, n_places)
    latitude[apart], longitude[apart] = anywhere.latitude[apart], anywhere.longitude[apart]
    return Places(latitude.round(4), longitude.round(4))


def draw_total(rng: np.random.Generator, total: int, weight: FloatArray) -> FloatArray:
    """Share a whole total out at random in proportion to weights, with one for each where there is enough.

    Examples
    --------
    >>> draw_total(np.random.default_rng(0), 10, np.ones(3)).sum().item()
    10.0
    """
    first = 1 if total >= len(weight) else 0
    drawn = rng.multinomial(total - first * len(weight), weight / weight.sum())
    return (first + drawn).astype(np.float64)
