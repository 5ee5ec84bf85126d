"""The min-cost flow problem's data: any network of nodes and arcs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from .arrays import labels, numbers
from .errors import InputError
from .plans import measure, plain, require_columns, spread
from .problem import Problem

if TYPE_CHECKING:
    from .arrays import FloatArray, IndexArray


@dataclass(frozen=True, eq=False, kw_only=True)
class NetworkFlowProblem(Problem):
    """Send flow through a network at least cost.

    Parameters
    ----------
    nodes
        The user's keys.
    balance
        Supply of each node: positive where flow enters, negative where it leaves, 0 in between.
    tail, head
        Position of the node that each arc leaves and enters; parallel arcs are allowed.
    cost
        Cost per unit on each arc.
    lower, capacity
        Least and most flow on each arc (capacity may be infinite).
    whole
        Whether flows are whole numbers.

    Raises
    ------
    InputError
        For data that are missing, not finite or out of range.

    Examples
    --------
    >>> problem = NetworkFlowProblem(
    ...     nodes=[1, 2], balance=[3, -3], tail=[0], head=[1], cost=[2], lower=[0], capacity=[5])
    >>> problem.size
    1
    """

    kind: ClassVar[str] = "network-flow"

    nodes: pd.Index[Any]
    balance: FloatArray
    tail: IndexArray
    head: IndexArray
    cost: FloatArray
    lower: FloatArray
    capacity: FloatArray
    whole: bool = True

    def __post_init__(self) -> None:
        def store(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        store("nodes", labels(self.nodes, "node"))
        store("balance", numbers(self.balance, self.nodes, "balance", whole=self.whole))
        for name in ("tail", "head"):
            ends = np.asarray(getattr(self, name), dtype=np.int32)
            if len(ends) and (ends.min() < 0 or ends.max() >= len(self.nodes)):
                raise InputError(f"an arc's {name} is not one of the {len(self.nodes)} nodes")
            store(name, ends)
        if len(self.tail) != len(self.head):
            raise InputError(f"{len(self.tail)} arc tails but {len(self.head)} heads")
        store("cost", numbers(self.cost, self.size, "arc cost"))
        store("lower", numbers(self.lower, self.size, "least flow", lowest=0, whole=self.whole))
        capacity = numbers(
            self.capacity, self.size, "arc capacity", lowest=0, infinite=True, whole=self.whole
        )
        store("capacity", capacity)
        crossed = self.lower > self.capacity
        if crossed.any():
            arc = int(np.argmax(crossed))
            raise InputError(
                f"arc {arc + 1} must carry at least {self.lower[arc]:g} but at most {self.capacity[arc]:g}"
            )

    @property
    def size(self) -> int:
        """Number of arcs."""
        return len(self.tail)

    @property
    def maximise(self) -> bool:
        """Always False: cost is minimised."""
        return False

    def plan(self, decisions: FloatArray) -> pd.DataFrame:
        """Translate arc flows into a frame ``arc, source, target, quantity``; arcs count from 1."""
        used = np.flatnonzero(decisions)
        return pd.DataFrame(
            {
                "arc": used + 1,
                "source": self.nodes.take(self.tail[used]),
                "target": self.nodes.take(self.head[used]),
                "quantity": plain(decisions[used], whole=self.whole),
            }
        )

    def decisions(self, plan: pd.DataFrame) -> FloatArray:
        """Translate a frame ``arc, quantity`` into arc flows."""
        require_columns(plan, ["arc", "quantity"])
        place = measure(plan, "arc").astype(np.int64) - 1
        place[(place < 0) | (place >= self.size)] = -1
        return spread(place, measure(plan, "quantity"), self.size, "arc")

    def summary(self) -> dict[str, object]:
        """Sizes and totals."""
        return {
            "nodes": len(self.nodes),
            "arcs": self.size,
            "supply": float(self.balance[self.balance > 0].sum()),
            "demand": float(-self.balance[self.balance < 0].sum()),
            "quantities": "whole" if self.whole else "divisible",
            "sense": "min",
        }
