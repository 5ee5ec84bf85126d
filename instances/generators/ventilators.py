"""Ventilators lent between hospitals: a fair allocation of what is idle to where it is needed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..fair_allocation import FairAllocationProblem
from ..great_circle import great_circle_lanes
from ..problem import Provenance
from .options import number, random_generator, truth, whole_number
from .places import draw_cities, draw_places, draw_total
from .scenario import Scenario


def ventilators(
    *,
    seed: int = 0,
    n_lenders: int = 20,
    n_borrowers: int = 60,
    maximum_km: float | None = 200.0,
    scarcity: float = 1.4,
    efficiency_loss: float = 0.0,
    whole: bool = True,
) -> Scenario[FairAllocationProblem]:
    """Generate lenders with idle ventilators and borrowers in need, shared as evenly as reach allows.

    Parameters
    ----------
    seed
        Seed of the random numbers; the same seed gives the same problem.
    n_lenders, n_borrowers
        Numbers of sources and targets.
    maximum_km
        Longest lane; None joins every pair.
    scarcity
        Ventilators needed for each one idle, over the whole region.
    efficiency_loss
        Share of the most that can be served which may be given up for evenness.
    whole
        Whether machines are lent whole; otherwise quantities are ventilator-weeks and divisible.

    Returns
    -------
    Scenario
        With tables ``lenders`` (latitude, longitude, idle) and ``borrowers`` (latitude, longitude, beds,
        needed).

    Raises
    ------
    InputError
        For an option out of range.

    Examples
    --------
    >>> scenario = ventilators(n_lenders=3, n_borrowers=5, seed=1)
    >>> scenario.problem.criterion
    'min-variance'
    """
    rng = random_generator(seed)
    n_lenders = whole_number("n_lenders", n_lenders, lowest=1)
    n_borrowers = whole_number("n_borrowers", n_borrowers, lowest=1)
    if maximum_km is not None:
        maximum_km = number("maximum_km", maximum_km, lowest=1)
    scarcity = number("scarcity", scarcity, lowest=0, highest=1000)
    whole = truth("whole", whole)

    cities = draw_cities(rng, 1 + n_borrowers // 6)
    lender = draw_places(rng, n_lenders, cities, city_share=0.8, spread_km=15)
    borrower = draw_places(rng, n_borrowers, cities, city_share=0.6, spread_km=50)
    idle = np.ceil(rng.lognormal(np.log(9), 0.6, n_lenders))
    beds = np.ceil(rng.lognormal(np.log(14), 0.6, n_borrowers))
    needed = draw_total(rng, round(scarcity * idle.sum()), beds)

    lenders = pd.DataFrame(
        {
            "lender": [f"lender {i}" for i in range(1, n_lenders + 1)],
            "latitude": lender.latitude,
            "longitude": lender.longitude,
            "idle": idle.astype(np.int64),
        }
    )
    borrowers = pd.DataFrame(
        {
            "hospital": [f"hospital {j}" for j in range(1, n_borrowers + 1)],
            "latitude": borrower.latitude,
            "longitude": borrower.longitude,
            "beds": beds.astype(np.int64),
            "needed": needed.astype(np.int64),
        }
    )
    problem = FairAllocationProblem(
        title=f"Ventilators of {n_lenders} lenders for {n_borrowers} hospitals, seed {seed}",
        provenance=Provenance("generated", "CC0-1.0"),
        units={"quantity": "ventilators" if whole else "ventilator-weeks", "cost": "km"},
        sources=pd.Index(lenders["lender"]),
        targets=pd.Index(borrowers["hospital"]),
        lanes=great_circle_lanes(*lender, *borrower, whole_km=True, maximum_km=maximum_km),
        supply=idle,
        demand=needed,
        efficiency_loss=number("efficiency_loss", efficiency_loss, lowest=0, highest=1),
        whole=whole,
    )
    return Scenario(problem, {"lenders": lenders, "borrowers": borrowers})
