"""Generalised assignment problems of the types a to e on which the field measures itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..assignment import AssignmentProblem
from ..lanes import Lanes
from ..problem import Provenance
from .options import choice, random_generator, whole_number

if TYPE_CHECKING:
    from ..arrays import FloatArray

TYPES = ("a", "b", "c", "d", "e")


def gap(*, seed: int = 0, type: str = "c", n_agents: int = 5, n_tasks: int = 100) -> AssignmentProblem:
    r"""Generate a generalised assignment problem of type a, b, c, d or e, to be minimised.

    With m agents, n tasks, use :math:`a_{ij}`, cost :math:`c_{ij}`, capacity :math:`b_i`, all whole numbers
    (fractions cut off):

    ==== ============================== ============================ =====================================
    type :math:`a_{ij}`                 :math:`c_{ij}`               :math:`b_i`
    ==== ============================== ============================ =====================================
    a    U(5, 25)                       U(10, 50)                    :math:`0.6 (n/m) 15 + 0.4 R`
    b    U(5, 25)                       U(10, 50)                    :math:`0.7` of type a's
    c    U(5, 25)                       U(10, 50)                    :math:`0.8 \sum_j a_{ij} / m`
    d    U(1, 100)                      :math:`111 - a + U(-10, 10)` :math:`0.8 \sum_j a_{ij} / m`
    e    :math:`1 - 10 \ln U(0, 1]`     :math:`1000/a - 10 U[0, 1]`  :math:`0.8 \sum_j a_{ij} / m`
    ==== ============================== ============================ =====================================

    where :math:`R = \max_i \sum_{j: I_j = i} a_{ij}` and :math:`I_j` is the first cheapest agent of task j.
    Nothing in the formulas makes a problem feasible; one with a single agent never is under c, d and e.

    Parameters
    ----------
    seed
        Seed of the random numbers; the same seed gives the same problem.
    type
        One of a, b, c, d, e.
    n_agents, n_tasks
        The size of the grid. The published ones have 5 to 80 agents and 100 to 1600 tasks.

    Raises
    ------
    InputError
        For an unknown type or a size out of range.

    References
    ----------
    P. C. Chu and J. E. Beasley, "A genetic algorithm for the generalised assignment problem", Computers &
    Operations Research 24(1), 1997, 17-23 (types a to d); M. Laguna, J. P. Kelly, J. L. González-Velarde and
    F. Glover, "Tabu search for the multilevel generalized assignment problem", European Journal of
    Operational Research 82(1), 1995, 176-189 (type e).

    Examples
    --------
    >>> problem = gap(type="d", n_agents=3, n_tasks=12, seed=1)
    >>> problem.size, problem.sense
    (36, 'min')
    """
    rng = random_generator(seed)
    kind = choice("type", type, TYPES)
    n_agents = whole_number("n_agents", n_agents, lowest=1)
    n_tasks = whole_number("n_tasks", n_tasks, lowest=1)
    cost, use = _draw(rng, kind, (n_agents, n_tasks))
    return AssignmentProblem(
        title=f"Generalised assignment problem of type {kind}, {n_agents} x {n_tasks}, seed {seed}",
        provenance=Provenance(f"generated, type {kind} of Chu and Beasley (1997)", "CC0-1.0"),
        agents=pd.Index([f"agent {i}" for i in range(1, n_agents + 1)]),
        tasks=pd.Index([f"task {j}" for j in range(1, n_tasks + 1)]),
        pairs=Lanes.from_matrix(cost),
        capacity=gap_capacity(kind, cost, use),
        use=use.ravel(),
    )


def gap_capacity(type: str, cost: FloatArray, use: FloatArray) -> FloatArray:
    """Return the agents' capacities that a type prescribes for its costs and uses.

    Examples
    --------
    >>> gap_capacity("c", np.ones((1, 2)), np.array([[5.0, 11.0]])).tolist()
    [12.0]
    """
    n_agents, n_tasks = cost.shape
    # in hundredths, so that floating point cannot cut a whole number
    if type in ("a", "b"):
        cheapest = cost.argmin(axis=0)
        busiest = np.bincount(cheapest, use[cheapest, np.arange(n_tasks)], n_agents).max()
        share = 10 if type == "a" else 7
        hundredths = np.full(n_agents, share * (90 * n_tasks + 4 * n_agents * busiest))
    else:
        hundredths = 80 * use.sum(axis=1)
    capacity: FloatArray = hundredths // (100 * n_agents)
    return capacity


def _draw(rng: np.random.Generator, kind: str, shape: tuple[int, int]) -> tuple[FloatArray, FloatArray]:
    if kind == "d":
        use = rng.integers(1, 101, size=shape)
        return (111 - use + rng.integers(-10, 11, size=shape)).astype(np.float64), use.astype(np.float64)
    if kind == "e":
        use = np.floor(1 - 10 * np.log(1 - rng.random(shape)))
        return np.floor(1000 / use - 10 * rng.random(shape)), use
    use, cost = rng.integers(5, 26, size=shape), rng.integers(10, 51, size=shape)
    return cost.astype(np.float64), use.astype(np.float64)
