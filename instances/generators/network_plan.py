"""A wave that passes over hospitals: beds, ventilators, nurses, protective kits and patients over days."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..great_circle import distance_km
from ..network_plan import NetworkPlanProblem
from ..network_stays import discretised, survival
from ..problem import Provenance
from ..transfer_lanes import PATIENTS, TransferLanes
from .options import number, random_generator, truth, whole_number
from .places import draw_cities, draw_places
from .scenario import Scenario

if TYPE_CHECKING:
    from ..arrays import FloatArray
    from .places import Places

CLASSES = ("intensive", "general")
RESOURCES = ("beds", "ventilators", "nurses", "kits")
"""In the order in which `n_resources` takes them; kits are used up, the others are free again after use."""

_STAYS = ((12.0, 8.0), (6.0, 4.0))
"""Mean and standard deviation in days, by class."""

_USE = np.array([[1.0, 0.8, 0.5, 12.0], [1.0, 0.0, 0.2, 5.0]])
_MOVED = (1, 2, 3)
_LOAD_AT_THE_START = 0.6
_WIDTH_DAYS = 5.0
_FAR_KM = 150.0
_HOSPITAL_BEDS = 120.0
"""Median of the beds of a hospital; lanes carry more where sites are larger."""


def network_plan(
    *,
    seed: int = 0,
    n_sites: int = 12,
    n_days: int = 14,
    n_resources: int = 4,
    n_neighbours: int = 4,
    median_beds: float = _HOSPITAL_BEDS,
    peak_load: float = 1.5,
    switches: bool = True,
    whole: bool = False,
) -> Scenario[NetworkPlanProblem]:
    r"""Generate hospitals over which a wave of patients passes from one side of the country to the other.

    Bed numbers are lognormal. At the start 60 % of beds are in use; new patients are Poisson
    around what keeps that steady, times a bell curve that would fill `peak_load` times the beds if it lasted.
    A patient in need of intensive care takes a bed, 0.8 ventilators, half a nurse and 12 kits a day, and may
    not wait; others take a bed, a fifth of a nurse and 5 kits, and may wait at a cost. Stays are lognormal,
    12 (8) and 6 (4) days. Patients and all resources but beds travel to the nearest sites, patients beyond
    150 km and resources always arriving the day after. Costs are in km: a patient turned away costs 5000 or
    1000.

    Parameters
    ----------
    seed
        Seed of the random numbers; the same seed gives the same problem.
    n_sites, n_days
        Numbers of hospitals and days.
    n_resources
        How many of beds, ventilators, nurses and kits.
    n_neighbours
        Lanes that lead from each site, to the nearest.
    median_beds
        Median number of beds of a site: some 120 for hospitals, a thousand and more for regions. Capacities
        of lanes grow with it.
    peak_load
        Load at the height of the wave, as a multiple of the beds.
    switches
        Whether lanes have set-up costs and minimum transfers, and surge beds a cost of opening them.
    whole
        Whether patients and resources are counted in whole units.

    Returns
    -------
    Scenario
        With a table ``sites`` (latitude, longitude, beds, region, peak_day).

    Raises
    ------
    InputError
        For an option out of range.

    Examples
    --------
    >>> scenario = network_plan(n_sites=3, n_days=5, seed=1)
    >>> scenario.problem.resources.tolist(), len(scenario.problem.lanes)
    (['beds', 'ventilators', 'nurses', 'kits'], 24)
    """
    rng = random_generator(seed)
    n_sites = whole_number("n_sites", n_sites, lowest=1)
    n_days = whole_number("n_days", n_days, lowest=1)
    n_resources = whole_number("n_resources", n_resources, lowest=1, highest=len(RESOURCES))
    n_neighbours = whole_number("n_neighbours", n_neighbours, lowest=0)
    median_beds = number("median_beds", median_beds, lowest=1)
    peak_load = number("peak_load", peak_load, lowest=0, highest=100)
    switches, whole = truth("switches", switches), truth("whole", whole)

    places = draw_places(rng, n_sites, draw_cities(rng, 1 + n_sites // 5), city_share=0.7, spread_km=30)
    beds = np.ceil(rng.lognormal(np.log(median_beds), 0.6, n_sites))
    east = np.argsort(np.argsort(places.longitude)) / max(1, n_sites - 1)
    peak = np.clip(np.rint(n_days * (0.2 + 0.6 * east) + rng.normal(0, 1, n_sites)), 0, n_days)
    stay = _stays()
    arriving, present = _patients(rng, beds, peak, n_days, peak_load, stay)
    keep = np.arange(n_resources)
    stock = np.ceil(beds[:, np.newaxis] * np.array([1.0, 0.35, 0.4, 20.0]))
    least = np.ceil(present @ _USE)
    stock = np.maximum(stock, np.where(np.arange(len(RESOURCES)) == RESOURCES.index("kits"), 3, 1) * least)
    deliveries = np.zeros((n_sites, len(RESOURCES), n_days))
    deliveries[:, 3] = np.ceil(6.0 * beds)[:, np.newaxis]
    surge = np.zeros((n_sites, len(RESOURCES)))
    surge[:, 0], surge[:, 2], surge[:, 3] = np.ceil(0.15 * beds), np.ceil(0.05 * beds), np.ceil(4 * beds)

    names = [f"hospital {i}" for i in range(1, n_sites + 1)]
    regions = np.array(["west", "middle", "east"])[np.minimum((3 * east).astype(int), 2)]
    sites = pd.DataFrame(
        {
            "site": names,
            "latitude": places.latitude,
            "longitude": places.longitude,
            "beds": beds.astype(np.int64),
            "region": regions,
            "peak_day": peak.astype(np.int64),
        }
    )
    problem = NetworkPlanProblem(
        title=f"A wave over {n_sites} hospitals in {n_days} days, seed {seed}",
        provenance=Provenance("generated", "CC0-1.0"),
        units={"cost": "km", "objective": "km", "time": "days"},
        attributes={"sites": sites.drop(columns=["beds"]).set_index("site")},
        sites=pd.Index(names),
        days=pd.Index([f"day {t}" for t in range(1, n_days + 1)]),
        classes=pd.Index(CLASSES),
        resources=pd.Index(RESOURCES[:n_resources]),
        reusable=np.array([True, True, True, False])[keep],
        stock=stock[:, keep],
        deliveries=deliveries[:, keep],
        surge_capacity=surge[:, keep],
        surge_cost=np.broadcast_to([30.0, 0.0, 60.0, 2.0], stock.shape)[:, keep],
        surge_set_up_cost=np.broadcast_to([300.0 * switches, 0, 0, 0], stock.shape)[:, keep],
        use=_USE[:, keep],
        stay=stay,
        present=present,
        arriving=arriving,
        unmet_cost=np.array([5000.0, 1000.0]),
        waiting_cost=np.array([np.inf, 80.0]),
        lanes=_lanes(
            places,
            n_neighbours,
            [r for r in _MOVED if r < n_resources],
            size=max(1.0, median_beds / _HOSPITAL_BEDS),
            switches=switches,
        ),
        whole=whole,
    )
    return Scenario(problem, {"sites": sites})


def _stays() -> FloatArray:
    """Probabilities of stays by class, the shorter filled up with zeros."""
    stays = [discretised(mean, deviation) for mean, deviation in _STAYS]
    table = np.zeros((len(stays), max(map(len, stays))))
    for row, probabilities in zip(table, stays, strict=True):
        row[: len(probabilities)] = probabilities
    return table


def _patients(
    rng: np.random.Generator,
    beds: FloatArray,
    peak: FloatArray,
    n_days: int,
    peak_load: float,
    stay: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """New patients by site, class and day, and those present at the start."""
    mean_stay = survival(stay, stay.shape[1]).sum(axis=1)
    in_beds = np.array([0.35, 0.65])
    day = np.arange(n_days)
    bell = np.exp(-(((day - peak[:, np.newaxis]) / _WIDTH_DAYS) ** 2) / 2)
    load = _LOAD_AT_THE_START + max(peak_load - _LOAD_AT_THE_START, 0.0) * bell
    rate = (beds[:, np.newaxis] * load)[:, np.newaxis] * (in_beds / mean_stay)[:, np.newaxis]
    present = np.rint(_LOAD_AT_THE_START * beds[:, np.newaxis] * in_beds)
    return rng.poisson(rate).astype(np.float64), present


def _lanes(
    places: Places, n_neighbours: int, moved: list[int], *, size: float, switches: bool
) -> TransferLanes:
    """Lanes for patients and each moved resource to the nearest sites."""
    latitude, longitude = places
    km = distance_km(latitude[:, np.newaxis], longitude[:, np.newaxis], latitude, longitude).round()
    np.fill_diagonal(km, np.inf)
    near = np.argsort(km, axis=1, kind="stable")[:, : min(n_neighbours, len(km) - 1)]
    source = np.repeat(np.arange(len(km)), near.shape[1])
    target = near.ravel()
    carries = np.array([PATIENTS, *moved])
    per_km, minimum = np.array([0.1, 0.2, 0.01, 1.0]), np.array([3.0, 2.0, 100.0, 2.0])
    set_up, capacity = (
        np.array([40.0, 30.0, 25.0, 60.0]),
        np.floor(np.array([30.0, 20.0, 2000.0, 10.0]) * size),
    )
    # by resource as moved, patients last
    at = np.where(carries == PATIENTS, 3, carries - 1)
    lanes, distance = len(source), km[source, target]
    far = (distance > _FAR_KM).astype(float)
    return TransferLanes(
        carries=np.repeat(carries, lanes),
        source=np.tile(source, len(carries)),
        target=np.tile(target, len(carries)),
        cost=np.outer(per_km[at], distance).round(2).ravel(),
        delay=np.where(carries[:, np.newaxis] == PATIENTS, far, 1.0).ravel(),
        capacity=np.repeat(capacity[at], lanes),
        minimum=np.repeat(minimum[at] * switches, lanes),
        set_up_cost=np.repeat(set_up[at] * switches, lanes),
    )
