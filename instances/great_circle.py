"""Great-circle distances, and the lanes whose costs they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .arrays import numbers
from .errors import InputError
from .lanes import Lanes

if TYPE_CHECKING:
    import numpy.typing as npt

    from .arrays import FloatArray

EARTH_RADIUS_KM = 6371.0088
"""Mean radius of the Earth (IUGG)."""

_CELLS_AT_A_TIME = 1 << 18


def distance_km(
    latitude: npt.ArrayLike,
    longitude: npt.ArrayLike,
    to_latitude: npt.ArrayLike,
    to_longitude: npt.ArrayLike,
) -> FloatArray:
    r"""Great-circle distances in km between points in degrees, broadcast against each other.

    .. math:: d = 2R \arcsin\sqrt{\sin^2\tfrac{\Delta\varphi}{2}
              + \cos\varphi_1 \cos\varphi_2 \sin^2\tfrac{\Delta\lambda}{2}}

    Where
        - :math:`\varphi` are latitudes, :math:`\lambda` longitudes
        - R is the mean Earth radius, 6371.0088 km

    Examples
    --------
    Berlin to Hamburg:

    >>> round(float(distance_km(52.52, 13.405, 53.5511, 9.9937)))
    255
    """
    here, there = np.radians(latitude), np.radians(to_latitude)
    haversine = np.asarray(np.sin((there - here) / 2) ** 2)
    across = np.sin((np.radians(to_longitude) - np.radians(longitude)) / 2) ** 2
    haversine = haversine + np.cos(here) * np.cos(there) * across
    # rounding may carry antipodes just above 1
    arc: FloatArray = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(haversine, 1.0)))
    return arc


def great_circle_lanes(
    latitude: npt.ArrayLike,
    longitude: npt.ArrayLike,
    to_latitude: npt.ArrayLike,
    to_longitude: npt.ArrayLike,
    *,
    whole_km: bool = False,
    maximum_km: float | None = None,
    cost_per_km: float = 1.0,
) -> Lanes:
    """Build lanes from every source to every target whose cost is the great-circle distance.

    Parameters
    ----------
    latitude, longitude
        Place of each source, in degrees.
    to_latitude, to_longitude
        Place of each target, in degrees.
    whole_km
        Whether distances are rounded to whole km before they are priced.
    maximum_km
        Longest lane allowed, measured before rounding; pairs further apart are no lanes.
    cost_per_km
        Price of a km.

    Raises
    ------
    InputError
        For a place off the globe, or a maximum that is not a positive number.

    Examples
    --------
    >>> lanes = great_circle_lanes([0], [0], [0, 0], [1, 2], whole_km=True, maximum_km=200)
    >>> lanes.target.tolist(), lanes.cost.tolist()
    ([0], [111.0])
    """
    here, there = _places(latitude, longitude, "source"), _places(to_latitude, to_longitude, "target")
    if maximum_km is not None and not maximum_km > 0:
        raise InputError(f"maximum_km is {maximum_km:g}; it must be above 0")
    if not np.isfinite(cost_per_km):
        raise InputError(f"cost_per_km is {cost_per_km:g}; give a finite number")
    n_sources, n_targets = len(here[0]), len(there[0])
    step = max(1, _CELLS_AT_A_TIME // max(1, n_targets))
    starts = range(0, n_sources, step)
    complete = np.empty((n_sources, n_targets) if maximum_km is None else (0, 0))
    found: list[tuple[FloatArray, npt.NDArray[np.int32], npt.NDArray[np.int32]]] = []
    for start in starts:
        rows = slice(start, start + step)
        km = distance_km(here[0][rows, None], here[1][rows, None], there[0], there[1])
        cost = cost_per_km * (np.rint(km) if whole_km else km)
        if maximum_km is None:
            complete[rows] = cost
        else:
            near = km <= maximum_km
            source, target = np.nonzero(near)
            found.append((cost[near], (source + start).astype(np.int32), target.astype(np.int32)))
    if maximum_km is None:
        return Lanes(n_sources, n_targets, complete.ravel())
    if not found:
        return Lanes(n_sources, n_targets, np.zeros(0))
    costs, sources, targets = (np.concatenate(part) for part in zip(*found, strict=True))
    if len(costs) == n_sources * n_targets:
        return Lanes(n_sources, n_targets, costs)
    return Lanes(n_sources, n_targets, costs, sources, targets)


def _places(latitude: npt.ArrayLike, longitude: npt.ArrayLike, what: str) -> tuple[FloatArray, FloatArray]:
    size = np.size(latitude)
    return (
        numbers(latitude, size, f"{what} latitude", lowest=-90, highest=90),
        numbers(longitude, size, f"{what} longitude", lowest=-180, highest=180),
    )
