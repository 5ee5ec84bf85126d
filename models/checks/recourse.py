r"""What stock costs once demand is known, recomputed: by a formula, or with a proof where stock is passed on.

Without recourse lanes a target with stock r and demand d costs :math:`p (d - r)^+ + h (r - d)^+`. With them,
the least cost of a scenario is a linear program's, whose solver is not trusted: what it passes on is priced
by that formula, a cost from above, and its prices :math:`\lambda_j` of a unit at each target make one from
below by weak duality,

.. math::
    \sum_j \lambda_j (d_j - r_j) + \sum_j \min(0, p_j - \lambda_j)\, d_j
    + \sum_{(j,k)} \min(0, g_{jk} + \lambda_j - \lambda_k)\, \min(k_{jk}, \textstyle\sum_j r_j),
    \qquad \lambda_j \ge -h_j.

The two must meet. No lane needs to carry more than all the stock there is, as its costs are never below 0;
and in whole numbers the least cost is the same, as the program is a network's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import scipy.sparse as sp

from ...instances.errors import RefutedError

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray
    from ...instances.lanes import Lanes
    from ...instances.uncertain_transportation import UncertainTransportationProblem

MEETS = 1e-7
"""Distance between the costs from above and from below, as a share of their terms, that is rounding."""

TOGETHER = 25_000
"""Columns of the scenarios that are solved together."""


class Later(NamedTuple):
    """What comes after demand is known."""

    cost: FloatArray
    """Cost of each scenario."""
    size: FloatArray
    """Sum of the absolute terms of each scenario's cost."""
    unmet: FloatArray
    """Demand left unmet, shape (scenarios, targets)."""


def later(problem: UncertainTransportationProblem, stock: FloatArray, demand: FloatArray) -> Later:
    """Least cost of each scenario of demand, shape (scenarios, targets), for what the targets hold.

    Raises
    ------
    RefutedError
        Where the least cost with recourse lanes could not be proved.

    Examples
    --------
    >>> import allocare
    >>> from allocare.instances.lanes import Lanes
    >>> problem = allocare.UncertainTransportationProblem(
    ...     sources=["depot"], targets=["Jena", "Gera"], lanes=Lanes.from_matrix([[0, 0]]),
    ...     demand=allocare.PointDemand([4, 7]), unmet_cost=10, leftover_cost=1,
    ...     recourse=Lanes.from_matrix([[float("nan"), 3], [3, float("nan")]]))
    >>> found = later(problem, np.array([6.0, 6.0]), np.array([[4.0, 7.0], [9.0, 3.0]]))
    >>> found.cost.tolist(), found.unmet.tolist()
    ([4.0, 9.0], [[0.0, 0.0], [0.0, 0.0]])
    """
    held = np.broadcast_to(np.maximum(stock, 0.0), demand.shape)
    if problem.recourse is None or not len(problem.recourse):
        return _priced(problem, held, demand)
    width = len(problem.recourse) + 2 * demand.shape[1]
    step = max(1, TOGETHER // width)
    parts = [
        _passed_on(problem, problem.recourse, held[at : at + step], demand[at : at + step])
        for at in range(0, len(demand), step)
    ]
    return Later(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _priced(problem: UncertainTransportationProblem, held: FloatArray, demand: FloatArray) -> Later:
    unmet, leftover = np.maximum(demand - held, 0.0), np.maximum(held - demand, 0.0)
    cost = unmet @ problem.unmet_cost + leftover @ problem.leftover_cost
    size = unmet @ problem.unmet_cost + leftover @ np.abs(problem.leftover_cost)
    return Later(cost, size, unmet)


def _passed_on(
    problem: UncertainTransportationProblem, recourse: Lanes, held: FloatArray, demand: FloatArray
) -> Later:
    passed, price = _solved(problem, recourse, held, demand)
    width = demand.shape[1]
    most = np.minimum(
        np.inf if recourse.capacity is None else recourse.capacity, held.sum(axis=1, keepdims=True)
    )
    passed = np.clip(passed, 0.0, most)
    net = _net(recourse, width)
    after = held + (net @ passed.T).T
    rest = _priced(problem, after, demand)
    above = rest.cost + passed @ recourse.cost
    size = rest.size + passed @ recourse.cost
    price = np.maximum(price, -problem.leftover_cost)
    reduced = recourse.cost - (net.T @ price.T).T
    below = ((demand - held) * price + np.minimum(problem.unmet_cost - price, 0.0) * demand).sum(axis=1)
    below += (np.minimum(reduced, 0.0) * np.broadcast_to(most, reduced.shape)).sum(axis=1)
    scale = size + (np.abs(price) * (demand + held)).sum(axis=1)
    tolerance = MEETS * np.maximum(scale, 1e-300)
    sent_what_is_not_there = (after < -MEETS * (1.0 + held.max(initial=0.0))).any(axis=1)
    doubtful = (above - below > tolerance) | sent_what_is_not_there
    if doubtful.any():
        at = int(np.argmax(doubtful))
        raise RefutedError(
            f"what stock costs with recourse lanes is between {below[at]:.9g} and {above[at]:.9g} "
            f"in scenario {at + 1}; the least cost could not be proved"
        )
    return Later(above, size, rest.unmet)


def _net(recourse: Lanes, width: int) -> sp.csr_array:
    """What a unit on each lane adds to the stock of each target."""
    at = np.arange(len(recourse))
    sign = np.repeat([-1.0, 1.0], len(recourse))
    ends = (np.concatenate([recourse.source, recourse.target]), np.concatenate([at, at]))
    return sp.csr_array((sign, ends), shape=(width, len(recourse)))


def _solved(
    problem: UncertainTransportationProblem, recourse: Lanes, held: FloatArray, demand: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Quantities passed on and prices at the targets, by SciPy, of each scenario."""
    from scipy.optimize import linprog

    count, width = demand.shape
    one = sp.eye_array(width)
    rows = sp.block_diag([sp.hstack([_net(recourse, width), one, -one])] * count, format="csr")
    cost = np.concatenate([recourse.cost, problem.unmet_cost, problem.leftover_cost])
    most = np.full((count, len(cost)), np.inf)
    if recourse.capacity is not None:
        most[:, : len(recourse)] = recourse.capacity
    most[:, len(recourse) : len(recourse) + width] = demand
    upper = most.ravel()
    found = linprog(
        np.tile(cost, count),
        A_eq=rows,
        b_eq=(demand - held).ravel(),
        bounds=np.column_stack([np.zeros(len(upper)), upper]),
        method="highs-ds",
    )
    if found.x is None:
        raise RefutedError(f"what stock costs with recourse lanes could not be recomputed: {found.message}")
    values = np.asarray(found.x).reshape(count, len(cost))
    prices = np.asarray(found.eqlin.marginals).reshape(count, width)
    return values[:, : len(recourse)], prices
