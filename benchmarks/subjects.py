"""The instances of the kernel benchmark: made from a seed, at full size and at a size for a smoke."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
import scipy.sparse as sp

from ..instances.assignment import AssignmentProblem
from ..instances.fair_allocation import FairAllocationProblem
from ..instances.generators.hospitals import hospitals
from ..instances.generators.sparsity import draw_lanes
from ..instances.generators.transportation import planted_transportation
from ..instances.lanes import Lanes
from ..instances.linear import LinearProblem
from ..instances.transportation import TransportationProblem

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from ..instances.arrays import FloatArray
    from ..instances.problem import Problem

    Draw = Callable[[np.random.Generator, int], FloatArray]

SEED = 20


@dataclass(frozen=True, eq=False)
class Case:
    """An instance, its optimum where it was planted, and a changed copy where there is one to re-solve.

    `shape` is that of the columns, where they stand for a block.
    """

    problem: Problem
    optimum: float | None = None
    changed: Problem | None = None
    shape: tuple[int, ...] = ()


@dataclass(frozen=True)
class Subject:
    """Makes a case: `full`, or the same in small."""

    full: Callable[[], Case]
    quick: Callable[[], Case]


def _uniform(n: int) -> Case:
    """A complete square grid with uniform costs, demands and supplies, a tenth more supply than demand."""
    rng = np.random.default_rng(SEED)
    demand = rng.integers(1, 101, n).astype(np.float64)
    share = rng.integers(1, 101, n).astype(np.float64)
    return Case(
        TransportationProblem(
            sources=_keys("source", n),
            targets=_keys("target", n),
            lanes=Lanes.from_matrix(rng.integers(1, 1001, (n, n))),
            supply=np.ceil(1.1 * demand.sum() * share / share.sum()),
            demand=demand,
            whole=True,
        )
    )


def _dense(n: int, **options: Any) -> Case:
    """A complete square grid with a planted optimum."""
    planted = planted_transportation(n_sources=n, n_targets=n, seed=SEED, surplus_share=0.1, **options)
    return Case(planted.problem, planted.optimum)


def _reachable(n_hospitals: int, n_districts: int, km: float) -> Case:
    """Hospitals and districts within reach, and the same after one demand in a hundred has changed."""
    problem = hospitals(seed=SEED, n_hospitals=n_hospitals, n_districts=n_districts, maximum_km=km).problem
    assert problem.demand is not None
    rng = np.random.default_rng(SEED)
    demand = problem.demand.copy()
    moved = rng.choice(len(demand), max(1, len(demand) // 100), replace=False)
    demand[moved] = np.maximum(0, demand[moved] + rng.integers(-20, 21, len(moved)))
    return Case(problem, changed=replace(problem, demand=demand))


def _assignment(n: int) -> Case:
    rng = np.random.default_rng(SEED)
    cost = rng.integers(1, 1001, size=(n, n)).astype(np.float64)
    return Case(
        AssignmentProblem(agents=_keys("agent", n), tasks=_keys("task", n), pairs=Lanes.from_matrix(cost))
    )


def _evenness(
    n_sources: int, n_targets: int, lanes: npt.NDArray[np.int64], supply: Draw, demand: Draw, whole: bool
) -> Case:
    """Share scarce supplies over lanes (row-major grid numbers); lane costs are there for the plain flow."""
    rng = np.random.default_rng(SEED + 1)
    rows, columns = np.divmod(np.unique(lanes), n_targets)
    cost = rng.integers(1, 1001, len(rows)).astype(np.float64)
    return Case(
        FairAllocationProblem(
            sources=_keys("source", n_sources),
            targets=_keys("target", n_targets),
            lanes=Lanes(n_sources, n_targets, cost, rows.astype(np.int32), columns.astype(np.int32)),
            supply=supply(rng, n_sources),
            demand=demand(rng, n_targets),
            whole=whole,
        )
    )


def _demand_to(highest: int, lowest: int = 1) -> Draw:
    return lambda rng, n: rng.integers(lowest, highest + 1, n).astype(np.float64)


def _random_reach(n_sources: int, n_targets: int, reach: int) -> Case:
    """Each recipient reaches `reach` random suppliers, whose log-normal supplies differ widely."""
    lanes = draw_lanes(np.random.default_rng(SEED), n_sources, n_targets, reach)
    typical = 50.5 * n_targets / n_sources * 2 / 3
    spread = 2.0
    return _evenness(
        n_sources,
        n_targets,
        lanes,
        lambda rng, n: np.ceil(typical * rng.lognormal(-(spread**2) / 2, spread, n)),
        _demand_to(100),
        whole=False,
    )


def _neighbours(n_sources: int, n_targets: int, reach: int) -> Case:
    """Recipients along a ring reach their nearest suppliers, whose supplies are Pareto-distributed."""
    home = np.arange(n_targets) * n_sources // n_targets
    near = (home[:, np.newaxis] + np.arange(reach) - reach // 2) % n_sources
    lanes = (near * n_targets + np.arange(n_targets)[:, np.newaxis]).ravel()
    typical = 50.5 * n_targets / n_sources / 3
    return _evenness(
        n_sources,
        n_targets,
        lanes,
        lambda rng, n: np.ceil(typical * (1 + rng.pareto(1.5, n))),
        _demand_to(100),
        whole=False,
    )


def _whole_units(n_sources: int, n_targets: int, lowest: int, highest: int) -> Case:
    """Recipients reach about a quarter of the suppliers; all quantities are whole."""
    rng = np.random.default_rng(SEED)
    lanes = np.flatnonzero(rng.random(n_sources * n_targets) < 0.2725)
    typical = (lowest + highest) / 2 * n_targets / n_sources * 2 / 3
    return _evenness(
        n_sources,
        n_targets,
        lanes,
        lambda rng, n: np.ceil(typical * (0.25 + 1.5 * rng.random(n))),
        _demand_to(highest, lowest),
        whole=True,
    )


def _shared_staff(resources: int, n_hospitals: int, n_districts: int) -> Case:
    """Several resources from hospitals to districts, each with its own supplies, and staff shared by all.

    A unit of resource k takes 1 + k mod 4 of its hospital's staff. Sending the same share of everything
    from every hospital keeps every row.
    """
    rng = np.random.default_rng(SEED)
    k, m, n = resources, n_hospitals, n_districts
    demand = rng.integers(1, 101, (k, n)).astype(np.float64)
    plenty = np.array([rng.permutation(np.linspace(1.1, 1.6, m)) for _ in range(k)])
    supply = np.ceil(demand.sum(axis=1)[:, np.newaxis] / m * plenty)
    staff = 1.0 + np.arange(k) % 4
    room = np.full(m, np.ceil(1.1 * (staff @ demand).sum() / m))
    lane = np.arange(k * m * n)
    resource, hospital, district = lane // (m * n), lane // n % m, lane % n
    ones, size = np.ones(len(lane)), len(lane)
    matrix = sp.vstack(
        [
            sp.csr_array((ones, (resource * m + hospital, lane)), shape=(k * m, size)),
            sp.csr_array((ones, (resource * n + district, lane)), shape=(k * n, size)),
            sp.csr_array((staff[resource], (hospital, lane)), shape=(m, size)),
        ],
        format="csr",
    )
    least = np.full(matrix.shape[0], -np.inf)
    least[k * m : k * (m + n)] = demand.ravel()
    return Case(
        LinearProblem(
            columns=pd.RangeIndex(size),
            rows=pd.RangeIndex(len(least)),
            objective=rng.integers(1, 1001, size).astype(np.float64),
            matrix=matrix,
            row_lower=least,
            row_upper=np.concatenate([supply.ravel(), demand.ravel(), room]),
            lower=np.zeros(size),
            upper=np.full(size, np.inf),
        ),
        shape=(k, m, n),
    )


def _keys(what: str, count: int) -> pd.Index[Any]:
    return pd.Index([f"{what} {at}" for at in range(1, count + 1)])


def transportation_growth(lanes: int) -> Case:
    """A complete square grid of about so many lanes."""
    return _dense(round(lanes**0.5))


def fairness_growth(lanes: int) -> Case:
    """Recipients that reach 20 random suppliers each, about so many lanes in all."""
    n_targets = lanes // 20
    return _random_reach(max(21, n_targets // 40), n_targets, 20)


SUBJECTS: dict[str, Subject] = {
    "dense": Subject(partial(_uniform, 1000), partial(_uniform, 60)),
    "dense-large": Subject(partial(_dense, 3000), partial(_dense, 90)),
    "reach": Subject(partial(_reachable, 3000, 2700, 120.0), partial(_reachable, 60, 50, 120.0)),
    "capacitated": Subject(
        partial(_dense, 500, saturated_share=0.05), partial(_dense, 30, saturated_share=0.05)
    ),
    "assignment": Subject(partial(_assignment, 4000), partial(_assignment, 80)),
    "levels-random": Subject(partial(_random_reach, 500, 20_000, 20), partial(_random_reach, 25, 200, 20)),
    "levels-ring": Subject(partial(_neighbours, 2000, 100_000, 7), partial(_neighbours, 20, 200, 7)),
    "whole-units": Subject(partial(_whole_units, 500, 2000, 1, 100), partial(_whole_units, 10, 40, 1, 10)),
    "whole-units-large": Subject(
        partial(_whole_units, 500, 2000, 1000, 100_000), partial(_whole_units, 10, 40, 100, 1000)
    ),
    "side-constraints": Subject(partial(_shared_staff, 20, 20, 2500), partial(_shared_staff, 3, 4, 20)),
}


def transportation(case: Case) -> TransportationProblem:
    """The case's problem, known to be a transportation problem."""
    return cast("TransportationProblem", case.problem)


def assignment(case: Case) -> AssignmentProblem:
    """The case's problem, known to be an assignment."""
    return cast("AssignmentProblem", case.problem)


def fair(case: Case) -> FairAllocationProblem:
    """The case's problem, known to be a fair allocation."""
    return cast("FairAllocationProblem", case.problem)
