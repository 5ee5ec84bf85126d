"""Random fair allocations of every kind, for tests of what is exact about them."""

from __future__ import annotations

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from allocare.instances.fair_allocation import FairAllocationProblem
from allocare.instances.lanes import Lanes

MANY = settings(max_examples=200, deadline=None, derandomize=True)
FEW = settings(max_examples=40, deadline=None, derandomize=True)
SEEDS = st.integers(0, 2**32 - 1)
INF = np.inf


def random_problem(rng: np.random.Generator, size: int = 5, **rules: object) -> FairAllocationProblem:
    """Shares with isolated recipients, ties, nothing needed or held, lane capacities and decimals."""
    m, n = rng.integers(1, size, 2)
    part = 1.0 if rules.get("whole") else rng.choice([1.0, 0.5, 0.01])
    cost = np.where(rng.random((m, n)) < rng.choice([0.3, 0.6, 1.0]), 1.0, np.nan)
    capacity = rng.choice([0, 1, 2, 5, INF], (m, n)) * part if rng.random() < 0.5 else None
    top = int(rng.choice([3, 12, 40]))
    return FairAllocationProblem(
        sources=range(m),
        targets=[f"t{k}" for k in range(n)],
        lanes=Lanes.from_matrix(cost, capacity),
        supply=np.round(rng.integers(0, top, m) * part, 2),
        demand=np.round(rng.integers(0, top, n) * part, 2),
        **{"efficiency_loss": float(rng.choice([0, 0, 0.1, 0.5, 1])), **rules},
    )
