"""The fair allocation problem's data: one resource shared so that service is as even as it can be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

from .arrays import labels, numbers
from .errors import InputError
from .plans import lane_decisions, lane_plan
from .problem import Problem

if TYPE_CHECKING:
    import pandas as pd

    from .arrays import FloatArray
    from .lanes import Lanes

FairCriterion: TypeAlias = Literal["min-variance", "need-deviation"]


@dataclass(frozen=True, eq=False, kw_only=True)
class FairAllocationProblem(Problem):
    """Share a resource between recipients so that service levels vary as little as possible.

    Parameters
    ----------
    sources, targets
        The user's keys; targets are the recipients.
    lanes
        Who can reach whom; costs count only against `cost_budget`.
    supply
        What each source has (sent at most).
    demand
        What each target needs (received at most). A target that needs nothing receives nothing and
        has no weight.
    criterion
        ``min-variance``: the demand-weighted population variance of the service levels.
        ``need-deviation``: the squared deviation of every lane from its `need`.
    need
        Wanted quantity of each lane, in lane order (``need-deviation`` only).
    efficiency_loss
        Share rho of the most that can be served which may be given up for evenness, in [0, 1].
        ``min-variance`` needs it, since on its own it would level down; with ``need-deviation`` None
        means no floor.
    cost_budget
        Most that all lanes together may cost, or None.
    whole
        Whether quantities are whole numbers.

    Raises
    ------
    InputError
        For data that are missing, not finite, out of range, or contradict the criterion.

    Examples
    --------
    >>> from allocare.instances.lanes import Lanes
    >>> problem = FairAllocationProblem(
    ...     sources=["depot"], targets=["north", "south"], lanes=Lanes.from_matrix([[1, 1]]),
    ...     supply=[6], demand=[4, 8])
    >>> problem.efficiency_loss
    0.0
    """

    kind: ClassVar[str] = "fair-allocation"

    sources: pd.Index[Any]
    targets: pd.Index[Any]
    lanes: Lanes
    supply: FloatArray
    demand: FloatArray
    criterion: FairCriterion = "min-variance"
    need: FloatArray | None = None
    efficiency_loss: float | None = None
    cost_budget: float | None = None
    whole: bool = False

    def __post_init__(self) -> None:
        def store(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        store("sources", labels(self.sources, "source"))
        store("targets", labels(self.targets, "target"))
        if (self.lanes.n_sources, self.lanes.n_targets) != (len(self.sources), len(self.targets)):
            raise InputError(
                f"lanes join {self.lanes.n_sources} sources and {self.lanes.n_targets} targets, "
                f"but {len(self.sources)} and {len(self.targets)} are named"
            )
        store("supply", numbers(self.supply, self.sources, "supply", lowest=0, whole=self.whole))
        store("demand", numbers(self.demand, self.targets, "demand", lowest=0, whole=self.whole))
        if self.criterion == "min-variance":
            if self.need is not None:
                raise InputError("need belongs to the criterion 'need-deviation', not to 'min-variance'")
            if self.efficiency_loss is None:
                store("efficiency_loss", 0.0)
        elif self.need is None:
            raise InputError("the criterion 'need-deviation' needs the wanted quantity of every lane (need)")
        else:
            store("need", numbers(self.need, len(self.lanes), "need", lowest=0))
        if self.efficiency_loss is not None:
            loss = numbers(self.efficiency_loss, 1, "efficiency loss", lowest=0, highest=1)
            store("efficiency_loss", float(loss[0]))
        if self.cost_budget is not None:
            store("cost_budget", float(numbers(self.cost_budget, 1, "cost budget", lowest=0)[0]))
            numbers(self.lanes.cost, len(self.lanes), "lane cost under a budget", lowest=0)
        if self.whole and self.lanes.capacity is not None:
            numbers(self.lanes.capacity, len(self.lanes), "lane capacity", infinite=True, whole=True)

    @property
    def size(self) -> int:
        """Number of lanes."""
        return len(self.lanes)

    @property
    def maximise(self) -> bool:
        """Always False: unevenness is minimised."""
        return False

    def plan(self, decisions: FloatArray) -> pd.DataFrame:
        """Translate lane quantities into a frame ``source, target, quantity``."""
        names = ("source", "target")
        return lane_plan(self.lanes, self.sources, self.targets, decisions, names, whole=self.whole)

    def decisions(self, plan: pd.DataFrame) -> FloatArray:
        """Translate a frame ``source, target, quantity`` into lane quantities."""
        return lane_decisions(plan, self.lanes, self.sources, self.targets, ("source", "target"))

    def summary(self) -> dict[str, object]:
        """Sizes, totals and the criterion."""
        return {
            "sources": len(self.sources),
            "targets": len(self.targets),
            "lanes": len(self.lanes),
            "supply": float(self.supply.sum()),
            "demand": float(self.demand.sum()),
            "criterion": self.criterion,
            "efficiency loss": self.efficiency_loss,
            "cost budget": self.cost_budget,
            "quantities": "whole" if self.whole else "divisible",
        }
