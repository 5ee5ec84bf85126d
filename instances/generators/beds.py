"""Patients to beds: an assignment with eligibility, ward capacities, priority classes and priced refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..assignment import AssignmentProblem
from ..lanes import Lanes
from ..problem import Provenance
from .options import number, random_generator, whole_number
from .places import draw_total
from .scenario import Scenario

LEVELS = ("general", "intermediate", "intensive")
"""Levels of care, each ward fit for its own and all lower ones."""

_MINUTES_PER_LEVEL_TOO_HIGH = 30


def beds(
    *, seed: int = 0, n_wards: int = 20, n_patients: int = 150, scarcity: float = 1.1
) -> Scenario[AssignmentProblem]:
    """Generate wards with free beds and waiting patients.

    A patient may go to a ward of the level of care needed or a higher one, and to an isolation ward where
    isolation is needed. A pair costs the minutes of the transfer and 30 for each level of care more than
    needed. A patient left out goes to another hospital, 150 to 300 minutes away, which is longer than any
    pair costs. Patients in need of intensive care form priority class 1, intermediate 2, general 3.

    Parameters
    ----------
    seed
        Seed of the random numbers; the same seed gives the same problem.
    n_wards, n_patients
        Numbers of agents and tasks. The first ward is fit for every patient.
    scarcity
        Patients for each free bed.

    Returns
    -------
    Scenario
        With tables ``wards`` (level, isolation, free_beds) and ``patients`` (level, isolation, priority,
        left_out_cost).

    Raises
    ------
    InputError
        For an option out of range.

    Examples
    --------
    >>> scenario = beds(n_wards=3, n_patients=6, seed=1)
    >>> scenario.problem.task_rule, int(scenario.problem.capacity.sum())
    ('at-most-once', 5)
    """
    rng = random_generator(seed)
    n_wards = whole_number("n_wards", n_wards, lowest=1)
    n_patients = whole_number("n_patients", n_patients, lowest=1)
    scarcity = number("scarcity", scarcity, lowest=0.001)

    offered = rng.choice(3, size=n_wards, p=[0.55, 0.25, 0.2])
    isolating = rng.random(n_wards) < 0.4
    offered[0], isolating[0] = 2, True
    free = draw_total(rng, round(n_patients / scarcity), np.array([4.0, 2.0, 1.0])[offered])
    needed = rng.choice(3, size=n_patients, p=[0.65, 0.22, 0.13])
    isolated = rng.random(n_patients) < 0.15
    ward_site, patient_site = rng.uniform(0, 40, (n_wards, 2)), rng.uniform(0, 40, (n_patients, 2))

    elsewhere = rng.integers(150, 301, n_patients)
    minutes = 5 + np.abs(ward_site[:, np.newaxis] - patient_site).sum(axis=2).round()
    excess = offered[:, np.newaxis] - needed
    fit = (excess >= 0) & (isolating[:, np.newaxis] | ~isolated)
    cost = np.where(fit, minutes + _MINUTES_PER_LEVEL_TOO_HIGH * excess, np.nan)

    wards = pd.DataFrame(
        {
            "ward": [f"ward {i}" for i in range(1, n_wards + 1)],
            "level": np.array(LEVELS)[offered],
            "isolation": isolating,
            "free_beds": free.astype(np.int64),
        }
    )
    patients = pd.DataFrame(
        {
            "patient": [f"patient {j}" for j in range(1, n_patients + 1)],
            "level": np.array(LEVELS)[needed],
            "isolation": isolated,
            "priority": 3 - needed,
            "left_out_cost": elsewhere,
        }
    )
    problem = AssignmentProblem(
        title=f"Beds of {n_wards} wards for {n_patients} patients, seed {seed}",
        provenance=Provenance("generated", "CC0-1.0"),
        units={"cost": "minutes"},
        agents=pd.Index(wards["ward"]),
        tasks=pd.Index(patients["patient"]),
        pairs=Lanes.from_matrix(cost),
        capacity=free,
        task_rule="at-most-once",
        left_out_cost=elsewhere.astype(np.float64),
        priority=(3 - needed).astype(np.float64),
    )
    return Scenario(problem, {"wards": wards, "patients": patients})
