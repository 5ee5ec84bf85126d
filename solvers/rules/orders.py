"""In which order a rule visits the lanes.

Every order ends in the lane order of the problem (by source, then by target), so that ties are broken
in the order of the user's tables and the same data give the same plan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray, IndexArray
    from .ledger import LaneOrder


def by_cost(cost: FloatArray) -> LaneOrder:
    """All lanes, the cheapest first.

    Examples
    --------
    >>> by_cost(np.array([3.0, 1.0, 1.0])).tolist()
    [1, 2, 0]
    """
    return np.argsort(cost, kind="stable")


def by_target(target: IndexArray, cost: FloatArray, *importance: FloatArray) -> LaneOrder:
    """Target after target, each one's lanes from the cheapest; more important targets first.

    Parameters
    ----------
    target, cost
        Target and cost of each lane.
    importance
        Figures of each target, the decisive one first; larger comes earlier. Equally important
        targets follow one another in table order.

    Examples
    --------
    >>> by_target(np.array([0, 1, 0, 1]), np.array([5.0, 5, 4, 6]), np.array([1.0, 2.0])).tolist()
    [1, 3, 2, 0]
    """
    if importance:
        sequence = np.lexsort([-figure for figure in reversed(importance)])
        turn = np.empty_like(sequence)
        turn[sequence] = np.arange(len(sequence))
    return np.lexsort((cost, turn[target] if importance else target))
