"""Stores that stock hospitals before the size of a wave is known: scenarios of demand that rise together."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from ..great_circle import great_circle_lanes
from ..lanes import Lanes
from ..problem import Provenance
from ..uncertain_demand import ScenarioDemand
from ..uncertain_transportation import MEASURES, UncertainTransportationProblem
from .options import choice, number, random_generator, truth, whole_number
from .places import draw_cities, draw_places
from .scenario import Scenario

if TYPE_CHECKING:
    from ..uncertain_transportation import Measure


def stocking(
    *,
    seed: int = 0,
    n_stores: int = 4,
    n_hospitals: int = 25,
    n_scenarios: int = 20,
    scarcity: float = 1.1,
    together: float = 0.6,
    recourse_km: float | None = None,
    measure: str = "expected-cost",
    tail_level: float = 0.9,
    whole: bool = True,
) -> Scenario[UncertainTransportationProblem]:
    r"""Generate stores and hospitals on a map, and equally likely scenarios of what hospitals will need.

    A hospital needs what is usual for it (lognormal, median 20) times the size of the wave, one for all
    hospitals, times a factor of its own; both are lognormal, of log-variance :math:`0.36\,\tau` and
    :math:`0.36\,(1 - \tau)`. A lane costs 1 for each 10 km begun; a unit unmet costs 150 to 450 by hospital,
    one left over 2.

    Parameters
    ----------
    seed
        Seed of the random numbers; the same seed gives the same problem.
    n_stores, n_hospitals, n_scenarios
        Numbers of stores, hospitals and scenarios.
    scarcity
        Expected demand of all hospitals as a multiple of what the stores have.
    together
        Part of the log-variance that all hospitals share (:math:`\tau`), from 0 to 1.
    recourse_km
        Greatest distance over which hospitals pass stock on to each other once demand is known, at 3 for each
        10 km begun; None where they do not.
    measure, tail_level
        As in `UncertainTransportationProblem`.
    whole
        Whether quantities are whole numbers.

    Returns
    -------
    Scenario
        With tables ``stores`` and ``hospitals`` (place, usual demand, unmet cost).

    Raises
    ------
    InputError
        For an option out of range.

    Examples
    --------
    >>> problem = stocking(n_stores=2, n_hospitals=3, n_scenarios=5, seed=1).problem
    >>> problem.size, problem.demand.quantity.shape
    (6, (5, 3))
    """
    rng = random_generator(seed)
    n_stores = whole_number("n_stores", n_stores, lowest=1)
    n_hospitals = whole_number("n_hospitals", n_hospitals, lowest=1)
    n_scenarios = whole_number("n_scenarios", n_scenarios, lowest=1)
    scarcity = number("scarcity", scarcity, lowest=0, highest=1000)
    together = number("together", together, lowest=0, highest=1)
    if recourse_km is not None:
        recourse_km = number("recourse_km", recourse_km, lowest=1)
    measure = choice("measure", measure, MEASURES)
    tail_level = number("tail_level", tail_level, lowest=0, highest=0.999)
    whole = truth("whole", whole)

    cities = draw_cities(rng, 1 + n_hospitals // 12)
    store = draw_places(rng, n_stores, cities, city_share=0.9, spread_km=20)
    hospital = draw_places(rng, n_hospitals, cities, city_share=0.7, spread_km=30)
    usual = np.ceil(rng.lognormal(np.log(20), 0.6, n_hospitals))
    wave = rng.lognormal(0, 0.6 * np.sqrt(together), (n_scenarios, 1))
    own = rng.lognormal(0, 0.6 * np.sqrt(1 - together), (n_scenarios, n_hospitals))
    demand = ScenarioDemand(np.round(usual * wave * own))
    unmet_cost = np.round(rng.uniform(150, 450, n_hospitals), -1)
    there = demand.mean.sum() / max(scarcity, 1e-9)
    supply = np.floor(there * rng.dirichlet(np.full(n_stores, 5.0)))

    names = [f"hospital {j}" for j in range(1, n_hospitals + 1)]
    stores = pd.DataFrame(
        {
            "store": [f"store {i}" for i in range(1, n_stores + 1)],
            "latitude": store.latitude,
            "longitude": store.longitude,
            "supply": supply.astype(np.int64),
        }
    )
    hospitals = pd.DataFrame(
        {
            "hospital": names,
            "latitude": hospital.latitude,
            "longitude": hospital.longitude,
            "usual": usual.astype(np.int64),
            "unmet_cost": unmet_cost.astype(np.int64),
        }
    )
    problem = UncertainTransportationProblem(
        title=f"Stock of {n_stores} stores for {n_hospitals} hospitals, {n_scenarios} scenarios, seed {seed}",
        provenance=Provenance("generated", "CC0-1.0"),
        units={"quantity": "units", "objective": "cost"},
        sources=pd.Index(stores["store"]),
        targets=pd.Index(names),
        lanes=_by_distance(great_circle_lanes(*store, *hospital), 1.0),
        supply=supply,
        demand=demand,
        unmet_cost=unmet_cost,
        leftover_cost=np.full(n_hospitals, 2.0),
        recourse=None if recourse_km is None else _between(hospital, recourse_km),
        measure=cast("Measure", measure),
        tail_level=tail_level,
        whole=whole,
    )
    return Scenario(problem, {"stores": stores, "hospitals": hospitals})


def _by_distance(lanes: Lanes, rate: float) -> Lanes:
    """Lanes that cost `rate` for each 10 km begun, 10 km at least."""
    steps = np.maximum(np.ceil(lanes.cost / 10), 1)
    return Lanes(lanes.n_sources, lanes.n_targets, rate * steps, lanes.rows, lanes.columns)


def _between(places: tuple[np.ndarray, np.ndarray], maximum_km: float) -> Lanes:
    """Lanes from each place to the others nearby."""
    near = great_circle_lanes(*places, *places, maximum_km=maximum_km)
    other = near.source != near.target
    return _by_distance(
        Lanes(near.n_sources, near.n_targets, near.cost[other], near.source[other], near.target[other]), 3.0
    )
