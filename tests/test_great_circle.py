"""Great-circle distances against known ones, and the lanes built from them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocare.instances.errors import InputError
from allocare.instances.great_circle import distance_km, great_circle_lanes

nan = np.nan


@pytest.mark.parametrize(
    ("here", "there", "km"),
    [
        ((0, 0), (0, 180), np.pi * 6371.0088),
        ((90, 0), (-90, 0), np.pi * 6371.0088),
        ((0, 0), (0, 1), np.pi * 6371.0088 / 180),
        ((0, 179.5), (0, -179.5), np.pi * 6371.0088 / 180),
        ((10, 20), (10, 20), 0.0),
    ],
)
def test_great_circle_distances_are_known(
    here: tuple[float, float], there: tuple[float, float], km: float
) -> None:
    assert float(distance_km(*here, *there)) == pytest.approx(km, rel=1e-12, abs=1e-9)


@settings(deadline=None, max_examples=100)
@given(
    st.floats(-90, 90), st.floats(-180, 180), st.floats(-90, 90), st.floats(-180, 180)
)  # fmt: skip
def test_great_circle_distances_agree_with_the_angle_between_unit_vectors(
    latitude: float, longitude: float, to_latitude: float, to_longitude: float
) -> None:
    def unit(phi: float, lam: float) -> np.ndarray:
        phi, lam = np.radians(phi), np.radians(lam)
        return np.array([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)])

    a, b = unit(latitude, longitude), unit(to_latitude, to_longitude)
    angle = np.arctan2(np.linalg.norm(np.cross(a, b)), a @ b)
    there = float(distance_km(latitude, longitude, to_latitude, to_longitude))
    assert there == pytest.approx(6371.0088 * angle, rel=1e-9, abs=1e-3)
    assert there == float(distance_km(to_latitude, to_longitude, latitude, longitude))


def test_great_circle_lanes_in_blocks_equal_the_whole_matrix() -> None:
    rng = np.random.default_rng(5)
    here, there = rng.uniform(-80, 80, (2, 700)), rng.uniform(-80, 80, (2, 900))
    km = distance_km(here[0][:, None], here[1][:, None], there[0], there[1])
    np.testing.assert_array_equal(great_circle_lanes(*here, *there).matrix(), km)
    near = great_circle_lanes(*here, *there, maximum_km=2000.5)
    np.testing.assert_array_equal(near.matrix(), np.where(km <= 2000.5, km, nan))
    assert great_circle_lanes(*here, *there, maximum_km=30_000).complete
    assert len(great_circle_lanes([], [], *there, maximum_km=5)) == 0


def test_great_circle_lanes_refuse_places_off_the_globe() -> None:
    with pytest.raises(InputError, match="latitude of entry 1 is 91; it must be 90 or less"):
        great_circle_lanes([91], [0], [0], [0])
    with pytest.raises(InputError, match="maximum_km is 0; it must be above 0"):
        great_circle_lanes([1], [0], [0], [0], maximum_km=0)


def test_great_circle_distances_between_capitals_are_known() -> None:
    berlin, paris, tokyo = (52.52, 13.405), (48.8566, 2.3522), (35.6762, 139.6503)
    assert float(distance_km(*berlin, *paris)) == pytest.approx(878, abs=1)
    assert float(distance_km(*berlin, *tokyo)) == pytest.approx(8918, abs=3)
