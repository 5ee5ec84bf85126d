"""Problems and words that the tests of concave criteria share."""

from __future__ import annotations

from typing import Any

import numpy as np

from allocare import Lanes, TransportationProblem
from allocare.models.checks.fairness import measured

CURVED = ["alpha-fair:alpha=0.5", "proportional", "nash", "alpha-fair:alpha=3", "kolm-pollak:kappa=4"]
CONES_AND_CUTS = ["clarabel", "highs"]


def utilities(problem: Any, solution: Any) -> np.ndarray:
    return measured(problem, problem.decisions(solution.allocation)).utility


def transportation(rng: np.random.Generator, sources: int = 3, targets: int = 4, **rules: Any) -> Any:
    """Scarce supply on random lanes; every target has one."""
    cost = np.where(rng.random((sources, targets)) < 0.6, rng.integers(1, 9, (sources, targets)), np.nan)
    cost[rng.integers(sources, size=targets), np.arange(targets)] = 1.0
    capacity = None if rng.random() < 0.5 else rng.integers(1, 8, (sources, targets)).astype(float)
    return TransportationProblem(
        sources=range(sources), targets=range(targets), lanes=Lanes.from_matrix(cost, capacity),
        supply=rng.integers(1, 12, sources), demand=rng.integers(1, 12, targets), unmet_cost=99, **rules,
    )  # fmt: skip


def one_resource(**rules: Any) -> TransportationProblem:
    data: dict[str, Any] = {"demand": [4, 6], "unmet_cost": 9, "supply": [5]} | rules
    return TransportationProblem(
        sources=["depot"], targets=["north", "south"], lanes=Lanes.from_matrix([[1, 2]]), **data
    )
