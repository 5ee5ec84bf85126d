r"""Prices of capacity by subgradient ascent: what makes it worth sparing.

.. math:: L(\lambda) = \sum_t \min_a (c_{at} + \lambda_a r_{at}) - \sum_a \lambda_a b_a, \qquad \lambda \ge 0

is a lower bound on every plan's cost; its best value is that of the linear relaxation (Geoffrion 1974).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray
    from .places import Places

PATIENCE = 10


def capacity_prices(places: Places, cost: FloatArray, steps: int = 300) -> tuple[FloatArray, float]:
    """Price of a unit of each place's capacity, and the lower bound that these prices give.

    Parameters
    ----------
    places
        The grid.
    cost
        Cost of each task at each place: that of the grid, or its guide.
    steps
        Number of subgradient steps.

    Examples
    --------
    >>> from allocare.instances.assignment import AssignmentProblem
    >>> from allocare.instances.lanes import Lanes
    >>> from allocare.solvers.search.places import Places
    >>> places = Places.of(AssignmentProblem(
    ...     agents=["a", "b"], tasks=["s", "t"], pairs=Lanes.from_matrix([[1, 1], [2, 3]])))
    >>> round(capacity_prices(places, places.cost)[1], 2)
    3.0
    """
    use, tasks = places.use, places.tasks
    capacity = np.where(np.isfinite(places.capacity), places.capacity, 0.0)
    price = best_price = np.zeros(len(capacity))
    best, pace, waited = -np.inf, 2.0, 0
    for _ in range(steps):
        priced = cost + price[:, None] * use
        chosen = priced.argmin(axis=0)
        bound = float(priced[chosen, tasks].sum() - price @ capacity)
        if bound > best + 1e-12 * abs(best) or best == -np.inf:
            best, best_price, waited = bound, price, 0
        else:
            waited += 1
            if waited == PATIENCE:
                pace, price, waited = pace / 2, best_price, 0
                continue
        excess = np.where(np.isfinite(places.capacity), places.loads(chosen) - capacity, 0.0)
        length = float(excess @ excess)
        if length == 0.0:
            break
        distance = max(0.05 * abs(bound), 1e-3 * float(np.abs(cost[chosen, tasks]).sum()), 1e-12)
        price = np.maximum(price + pace * distance / length * excess, 0.0)
    return best_price, best
