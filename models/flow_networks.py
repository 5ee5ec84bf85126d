"""The min-cost flow problem as a network form: the same nodes and arcs in whole numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .network_form import LARGEST_TOTAL, UNLIMITED, joined, within
from .scaling import InexactScaling, integer_scale, scaled

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..instances.arrays import FloatArray
    from ..instances.network_flow import NetworkFlowProblem
    from .network_form import NetworkForm
    from .scaling import IntArray

FINEST = 10**9
"""Largest scale of quantities."""


def flow_network(problem: NetworkFlowProblem) -> NetworkForm:
    """Render a min-cost flow problem.

    Examples
    --------
    >>> from allocare.instances.network_flow import NetworkFlowProblem
    >>> form = flow_network(NetworkFlowProblem(
    ...     nodes=[1, 2], balance=[3, -3], tail=[0], head=[1], cost=[2], lower=[0], capacity=[5]))
    >>> form.balance.tolist()
    [3, -3]
    """
    quantities = quantity_scale(problem.balance, problem.lower, problem.capacity)
    prices = integer_scale(problem.cost)
    within(float(np.abs(problem.balance).sum()) * quantities, LARGEST_TOTAL)
    arcs = (
        problem.tail,
        problem.head,
        scaled(problem.lower, quantities),
        scaled_or_unlimited(problem.capacity, quantities),
        scaled(problem.cost, prices),
    )
    return joined(
        [arcs],
        scaled(problem.balance, quantities),
        size=problem.size,
        quantity_scale=quantities,
        cost_scale=prices,
    )


def whole_scale(*quantities: npt.ArrayLike | None) -> int:
    """Smallest power of ten that makes every finite value of these arrays whole.

    Examples
    --------
    >>> whole_scale([1.5, float("inf")], None, 0.25)
    100
    """
    scale = 1
    for values in quantities:
        if values is not None:
            array = np.asarray(values, dtype=np.float64)
            scale = max(scale, integer_scale(array[np.isfinite(array)]))
    return scale


def quantity_scale(*quantities: npt.ArrayLike | None) -> int:
    """Scale of quantities that are balanced against each other.

    A number such as 1/3 is written with sixteen digits, and three of them make less than 1: with so many
    digits exact arithmetic would find a balance broken that only rounding breaks.

    Raises
    ------
    InexactScaling
        For more than nine digits after the decimal point.

    Examples
    --------
    >>> quantity_scale([0.125, 2])
    1000
    >>> quantity_scale([1 / 3])  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    InexactScaling: quantities have 16 digits after the decimal point
    """
    scale = whole_scale(*quantities)
    if scale > FINEST:
        raise InexactScaling(
            f"quantities have {len(str(scale)) - 1} digits after the decimal point, more than "
            f"{len(str(FINEST)) - 1}; round them, or use a backend that computes with decimals"
        )
    return scale


def scaled_or_unlimited(values: FloatArray, scale: int) -> IntArray:
    """Values as whole numbers, `UNLIMITED` where infinite.

    Examples
    --------
    >>> scaled_or_unlimited(np.array([1.5, np.inf]), 10).tolist()[0]
    15
    """
    finite = np.isfinite(values)
    return np.where(finite, scaled(np.where(finite, values, 0.0), scale), UNLIMITED)
