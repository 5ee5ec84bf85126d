"""From the quantities of one shared resource to the whole numbers of maximum flows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..models.scaling import InexactScaling, integer_scale, scaled
from .service_levels import LARGEST_FLOW

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray
    from ..instances.fair_allocation import FairAllocationProblem
    from ..models.scaling import IntArray


def quantity_scale(problem: FairAllocationProblem) -> int:
    """Power of ten that makes supplies, demands and lane capacities whole.

    Raises
    ------
    InexactScaling
        As `integer_scale`.

    Examples
    --------
    >>> from allocare.instances.fair_allocation import FairAllocationProblem
    >>> from allocare.instances.lanes import Lanes
    >>> quantity_scale(FairAllocationProblem(
    ...     sources=["depot"], targets=["north"], lanes=Lanes.from_matrix([[1]]), supply=[2.5], demand=[4]))
    10
    """
    amounts = [problem.supply, problem.demand]
    if problem.lanes.capacity is not None:
        amounts.append(problem.lanes.capacity[np.isfinite(problem.lanes.capacity)])
    return integer_scale(np.concatenate(amounts))


def beyond_flows(problem: FairAllocationProblem) -> str | None:
    """Say why a problem's quantities are beyond 64-bit whole numbers, or None.

    Examples
    --------
    >>> from allocare.instances.fair_allocation import FairAllocationProblem
    >>> from allocare.instances.lanes import Lanes
    >>> problem = FairAllocationProblem(
    ...     sources=["depot"], targets=["north"], lanes=Lanes.from_matrix([[1]]), supply=[2**60], demand=[4])
    >>> beyond_flows(problem).partition(";")[0]
    '1.152921504606847e+18 is too large to be counted exactly'
    """
    try:
        scale = quantity_scale(problem)
    except InexactScaling as error:
        return str(error)
    total = float(problem.demand.sum())
    if (total + float(np.minimum(problem.supply, total).sum())) * scale >= LARGEST_FLOW / 2:
        return "supplies and demands are too large in all to be counted in 64 bits; choose a larger unit"
    return None


def lane_limits(capacity: FloatArray, scale: int) -> IntArray:
    """Lane capacities in whole numbers, negative where unlimited.

    Examples
    --------
    >>> lane_limits(np.array([2.5, np.inf]), 10).tolist()
    [25, -1]
    """
    finite = np.isfinite(capacity)
    limits = np.full(len(capacity), -1, dtype=np.int64)
    limits[finite] = scaled(capacity[finite], scale)
    return limits
