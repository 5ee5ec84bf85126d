"""The transportation problem's data: supply, demand, and what each lane costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

import numpy as np

from .arrays import labels, numbers
from .errors import InputError
from .plans import lane_decisions, lane_plan
from .problem import Problem, Sense

if TYPE_CHECKING:
    import pandas as pd

    from .arrays import FloatArray
    from .lanes import Lanes

SupplyRule: TypeAlias = Literal["at-most", "exactly", "none"]
DemandRule: TypeAlias = Literal["exactly", "at-least", "none"]


@dataclass(frozen=True, eq=False, kw_only=True)
class TransportationProblem(Problem):
    """Send quantities from sources to targets over lanes at least cost or greatest weight.

    Parameters
    ----------
    sources, targets
        The user's keys.
    lanes
        Cost (or weight) and capacity of each lane.
    supply
        What each source has, or None with ``supply_rule="none"``.
    demand
        What each target needs, or None with ``demand_rule="none"``.
    supply_rule
        Sources send ``at-most`` their supply, ``exactly`` it, or are unlimited (``none``).
    demand_rule
        Targets receive ``exactly`` their demand, ``at-least`` it, or anything (``none``).
    total
        Sum of all quantities, where it is given.
    unmet_cost
        Price of each unit of demand left unmet, by target, or None where demand must be met.
        When maximising it is taken off the weight.
    minimum_service
        Share of each target's demand that must be met even where unmet demand is priced, in [0, 1].
    whole
        Whether quantities are whole numbers.
    sense
        Minimise cost or maximise weight.

    Raises
    ------
    InputError
        For data that are missing, not finite, out of range, or contradict a rule.

    Examples
    --------
    >>> from allocare.instances.lanes import Lanes
    >>> problem = TransportationProblem(
    ...     sources=["Jena", "Gera"], targets=["Erfurt"], lanes=Lanes.from_matrix([[40], [70]]),
    ...     supply=[5, 9], demand=[8], whole=True)
    >>> problem.size
    2
    """

    kind: ClassVar[str] = "transportation"

    sources: pd.Index[Any]
    targets: pd.Index[Any]
    lanes: Lanes
    supply: FloatArray | None = None
    demand: FloatArray | None = None
    supply_rule: SupplyRule = "at-most"
    demand_rule: DemandRule = "exactly"
    total: float | None = None
    unmet_cost: FloatArray | None = None
    minimum_service: FloatArray | None = None
    whole: bool = False
    sense: Sense = "min"

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
        _same_presence(self.supply, self.supply_rule, "supply")
        _same_presence(self.demand, self.demand_rule, "demand")
        if self.supply is not None:
            store("supply", numbers(self.supply, self.sources, "supply", lowest=0, whole=self.whole))
        if self.demand is not None:
            store("demand", numbers(self.demand, self.targets, "demand", lowest=0, whole=self.whole))
        if self.total is not None:
            store("total", float(numbers(self.total, 1, "total", lowest=0, whole=self.whole)[0]))
        for name, top in (("unmet_cost", np.inf), ("minimum_service", 1.0)):
            values = getattr(self, name)
            if values is None:
                continue
            if self.demand is None:
                raise InputError(f"{name} needs demand; give demand or leave {name} out")
            # more than the demand may arrive: a reward for what is left unmet would not be convex
            signed = name == "unmet_cost" and self.demand_rule == "exactly"
            lowest = -np.inf if signed else 0.0
            store(name, numbers(values, self.targets, name.replace("_", " "), lowest=lowest, highest=top))
        if self.minimum_service is not None and self.unmet_cost is None:
            raise InputError("minimum_service only matters where unmet demand is priced; give unmet_cost too")
        if self.whole and self.lanes.capacity is not None:
            numbers(self.lanes.capacity, len(self.lanes), "lane capacity", infinite=True, whole=True)

    @property
    def size(self) -> int:
        """Number of lanes."""
        return len(self.lanes)

    @property
    def maximise(self) -> bool:
        """Whether weight is maximised."""
        return self.sense == "max"

    def plan(self, decisions: FloatArray) -> pd.DataFrame:
        """Translate lane quantities into a frame ``source, target, quantity``."""
        names = ("source", "target")
        return lane_plan(self.lanes, self.sources, self.targets, decisions, names, whole=self.whole)

    def decisions(self, plan: pd.DataFrame) -> FloatArray:
        """Translate a frame ``source, target, quantity`` into lane quantities."""
        return lane_decisions(plan, self.lanes, self.sources, self.targets, ("source", "target"))

    def summary(self) -> dict[str, object]:
        """Sizes, totals and rules."""
        return {
            "sources": len(self.sources),
            "targets": len(self.targets),
            "lanes": len(self.lanes),
            "supply": None if self.supply is None else float(self.supply.sum()),
            "demand": None if self.demand is None else float(self.demand.sum()),
            "supply rule": self.supply_rule,
            "demand rule": self.demand_rule,
            "quantities": "whole" if self.whole else "divisible",
            "sense": self.sense,
        }


def _same_presence(values: FloatArray | None, rule: str, what: str) -> None:
    if rule == "none" and values is not None:
        raise InputError(f"{what} is given but its rule is 'none'; drop one of the two")
    if rule != "none" and values is None:
        raise InputError(f"{what} is missing; give it, or set its rule to 'none'")
