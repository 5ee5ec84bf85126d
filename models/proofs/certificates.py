"""Certificates of linear problems: prices, in the user's sense and the problem's own order.

A price is the change of the objective per unit more of its right-hand side. Any numbers may stand here: a
proof computes a bound from whatever they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class Prices:
    """Prices of a transportation or assignment problem.

    Parameters
    ----------
    source
        Price of each source's supply, of a unit of each agent's capacity.
    target
        Price of each target's demand, of each task.
    total
        Price of the total, where one is given.
    class_weight
        With priority classes: what each class's objective counts, first class first, in the weighted
        sum that the prices belong to.
    """

    proved_by: ClassVar[str] = "prices"

    source: FloatArray
    target: FloatArray
    total: float = 0.0
    class_weight: FloatArray | None = None


@dataclass(frozen=True, eq=False)
class NodePotentials:
    """Price of what enters a network at each node."""

    proved_by: ClassVar[str] = "prices"

    node: FloatArray


@dataclass(frozen=True, eq=False)
class RowPrices:
    """Price of each row of a linear problem."""

    proved_by: ClassVar[str] = "prices"

    row: FloatArray
