"""Free hospital beds and districts in need on a map: a transportation problem with priced unmet demand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..great_circle import great_circle_lanes
from ..problem import Provenance
from ..transportation import TransportationProblem
from .options import number, random_generator, whole_number
from .places import draw_cities, draw_places, draw_total
from .scenario import Scenario

if TYPE_CHECKING:
    from ..arrays import FloatArray

GROUPS = ("Q1", "Q2", "Q3", "Q4")
"""Quartiles of vulnerability, the most vulnerable last."""


def hospitals(
    *,
    seed: int = 0,
    n_hospitals: int = 60,
    n_districts: int = 200,
    maximum_km: float | None = 150.0,
    scarcity: float = 1.1,
    unmet_cost: float = 5000.0,
) -> Scenario[TransportationProblem]:
    """Generate hospitals with free beds and districts with patients, joined by great-circle lanes.

    Populations and free beds are log-normal; hospitals lie closer to the cities than districts do. Patients
    are drawn in proportion to population times one plus vulnerability, so vulnerable districts need more.
    Vulnerability is a percentile rank, and higher away from the cities' hospitals; groups are its quartiles.

    Parameters
    ----------
    seed
        Seed of the random numbers; the same seed gives the same problem.
    n_hospitals, n_districts
        Numbers of sources and targets.
    maximum_km
        Longest lane; None joins every pair.
    scarcity
        Patients for each free bed, over the whole region.
    unmet_cost
        Price of a patient without a bed, in patient-km.

    Returns
    -------
    Scenario
        With tables ``hospitals`` (latitude, longitude, beds) and ``districts`` (latitude, longitude,
        population, patients, vulnerability, group).

    Raises
    ------
    InputError
        For an option out of range.

    Examples
    --------
    >>> scenario = hospitals(n_hospitals=5, n_districts=8, seed=1)
    >>> sorted(scenario.tables), len(scenario.problem.targets)
    (['districts', 'hospitals'], 8)
    """
    rng = random_generator(seed)
    n_hospitals = whole_number("n_hospitals", n_hospitals, lowest=1)
    n_districts = whole_number("n_districts", n_districts, lowest=1)
    if maximum_km is not None:
        maximum_km = number("maximum_km", maximum_km, lowest=1)
    scarcity = number("scarcity", scarcity, lowest=0, highest=1000)
    unmet_cost = number("unmet_cost", unmet_cost, lowest=0)

    cities = draw_cities(rng, 1 + n_districts // 12)
    clinic = draw_places(rng, n_hospitals, cities, city_share=0.9, spread_km=12)
    home = draw_places(rng, n_districts, cities, city_share=0.6, spread_km=40)
    lanes = great_circle_lanes(*clinic, *home, whole_km=True, maximum_km=maximum_km)
    beds = np.ceil(rng.lognormal(np.log(8), 0.9, n_hospitals))
    population = np.round(rng.lognormal(np.log(90_000), 0.8, n_districts))
    rank = _vulnerability_rank(
        rng, np.bincount(lanes.target, beds[lanes.source], n_districts).astype(np.float64)
    )
    vulnerability = np.round(rank / max(1, n_districts - 1), 4)
    patients = draw_total(rng, round(scarcity * beds.sum()), population * (1 + vulnerability))

    sources = pd.DataFrame(
        {
            "hospital": [f"hospital {i}" for i in range(1, n_hospitals + 1)],
            "latitude": clinic.latitude,
            "longitude": clinic.longitude,
            "beds": beds.astype(np.int64),
        }
    )
    targets = pd.DataFrame(
        {
            "district": [f"district {j}" for j in range(1, n_districts + 1)],
            "latitude": home.latitude,
            "longitude": home.longitude,
            "population": population.astype(np.int64),
            "patients": patients.astype(np.int64),
            "vulnerability": vulnerability,
            "group": np.array(GROUPS)[(4 * rank // n_districts).astype(np.int64)],
        }
    )
    problem = TransportationProblem(
        title=f"Beds of {n_hospitals} hospitals for {n_districts} districts, seed {seed}",
        provenance=Provenance("generated", "CC0-1.0"),
        units={"quantity": "patients", "cost": "km"},
        sources=pd.Index(sources["hospital"]),
        targets=pd.Index(targets["district"]),
        lanes=lanes,
        supply=beds,
        demand=patients,
        unmet_cost=np.full(n_districts, unmet_cost),
        whole=True,
    )
    return Scenario(problem, {"hospitals": sources, "districts": targets})


def _vulnerability_rank(rng: np.random.Generator, beds_in_reach: FloatArray) -> FloatArray:
    remote = 1 / (1 + beds_in_reach / max(1.0, float(np.median(beds_in_reach))))
    latent = remote + rng.normal(0, 0.3, len(beds_in_reach))
    return np.argsort(np.argsort(latent)).astype(np.float64)
