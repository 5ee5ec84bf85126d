"""Status and optimum by scipy's MILP, for tests that state a formulation from the problem alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from allocare.instances.lanes import Lanes
from allocare.solvers import min_cost_flow_, networkx_
from allocare.solvers.backend import Options, Outcome, Task
from allocare.solvers.solution import Status

INF = np.inf
FLOW = (min_cost_flow_, networkx_)
MANY = settings(max_examples=250, deadline=None, derandomize=True)
SEEDS = st.integers(0, 2**32 - 1)


def keys(name: str, count: int) -> list[str]:
    return [f"{name} {k}" for k in range(count)]


def outcomes(problem: Any, modules: tuple[Any, ...]) -> list[Outcome]:
    """Outcomes of all these kernels that take the problem."""
    task, options = Task(problem), Options()
    return [module.solve(task, options) for module in modules if module.refusal(task, options) is None]


def by_scipy(
    cost: Any, rows: Any, low: Any, high: Any, lower: Any, upper: Any, whole: bool
) -> tuple[Status, float]:
    """Status and optimum of a minimisation; unbounded is told from infeasible by a zero objective."""
    constraints = [LinearConstraint(sp.csr_array(rows), low, high)] if len(low) else []
    integrality = np.full(len(cost), int(whole))
    found = milp(cost, integrality=integrality, bounds=Bounds(lower, upper), constraints=constraints,
                 options={"mip_rel_gap": 0.0})  # fmt: skip
    if found.status == 0:
        return Status.OPTIMAL, float(found.fun)
    feasible = milp(0 * cost, integrality=integrality, bounds=Bounds(lower, upper), constraints=constraints)
    return (Status.UNBOUNDED if feasible.status == 0 else Status.INFEASIBLE), 0.0


def confirm(outcome: Outcome, status: Status, optimum: float, recomputed: Any) -> None:
    """The outcome has this status and optimum, and its plan keeps the rules at that objective."""
    assert outcome.status is status
    if status is Status.OPTIMAL:
        assert outcome.objective == pytest.approx(optimum, rel=1e-9, abs=1e-7)
        assert outcome.bound == outcome.objective
        assert recomputed(outcome.decisions) == pytest.approx(optimum, rel=1e-9, abs=1e-7)
    else:
        assert outcome.decisions is None and outcome.objective is None


def random_lanes(rng: np.random.Generator, m: int, n: int, low: int, capacities: bool) -> Lanes:
    cost = rng.integers(low, 12, (m, n)).astype(float)
    if rng.random() < 0.4:
        cost[rng.random((m, n)) < 0.3] = np.nan
    capacity = rng.choice([0, 1, 3, 6, INF], (m, n)) if capacities and rng.random() < 0.5 else None
    return Lanes.from_matrix(cost, capacity)
