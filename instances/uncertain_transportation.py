"""Transportation before demand is known: what is sent now, and what comes true later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias, get_args

import numpy as np

from .arrays import labels, numbers
from .errors import InputError
from .plans import lane_decisions, lane_plan
from .problem import Problem
from .uncertain_demand import IntervalDemand, QuantileDemand, ScenarioDemand, point_of

if TYPE_CHECKING:
    import pandas as pd

    from .arrays import FloatArray
    from .lanes import Lanes
    from .uncertain_demand import Demand

Measure: TypeAlias = Literal["expected-cost", "cvar", "worst-case"]
MEASURES = get_args(Measure)


@dataclass(frozen=True, eq=False, kw_only=True)
class UncertainTransportationProblem(Problem):
    r"""Send scarce stock from sources to targets before demand is known, at least cost by some measure.

    First the plan is made: quantities on lanes, from sources to targets. Then demand comes true. Demand that
    a target's stock does not meet costs `unmet_cost` a unit, stock beyond its demand `leftover_cost`; where
    there are recourse lanes, targets may first pass stock on to each other, at a cost.

    Parameters
    ----------
    sources, targets
        The user's keys.
    lanes
        Cost and capacity of each lane.
    supply
        Most that each source may send, or None where it is unlimited.
    purchase_cost
        Cost of each unit that a source sends, besides the lane's; one number stands for all.
    demand
        What is known of demand: `PointDemand`, `QuantileDemand`, `ScenarioDemand` or `IntervalDemand`.
    unmet_cost
        Cost of each unit of demand left unmet, by target, 0 or more; one number stands for all.
    leftover_cost
        Cost of each unit left over, by target: of holding or disposal, or below 0 where it can be sold.
        It must be above ``-unmet_cost``, or it would pay to leave demand unmet beside stock.
    recourse
        Lanes between targets (both their ends), with costs of 0 or more, on which stock may be passed on once
        demand is known; None where there are none.
    measure
        What is minimised: ``expected-cost``; ``cvar``, the mean of expected cost and of the expected cost in
        the worst cases; or ``worst-case``. None means ``worst-case`` for an interval, else ``expected-cost``.
    tail_level
        Where the worst cases begin (:math:`\alpha`), within [0, 1): with 0.9 they are the worst tenth.
    tail_weight
        Weight of the worst cases (:math:`\lambda`) beside expected cost, within [0, 1].
    whole
        Whether quantities are whole numbers.

    Raises
    ------
    InputError
        For data that are missing, not finite, out of range, or contradict each other.

    Examples
    --------
    >>> from allocare.instances.lanes import Lanes
    >>> problem = UncertainTransportationProblem(
    ...     sources=["depot"], targets=["Jena", "Gera"], lanes=Lanes.from_matrix([[1, 2]]), supply=[9],
    ...     demand=ScenarioDemand([[4, 2], [8, 6]]), unmet_cost=10, leftover_cost=1)
    >>> problem.size, problem.measure
    (2, 'expected-cost')
    """

    kind: ClassVar[str] = "uncertain-transportation"

    sources: pd.Index[Any]
    targets: pd.Index[Any]
    lanes: Lanes
    demand: Demand
    unmet_cost: FloatArray
    leftover_cost: FloatArray = 0.0  # type: ignore[assignment]  # one number stands for all
    supply: FloatArray | None = None
    purchase_cost: FloatArray = 0.0  # type: ignore[assignment]
    recourse: Lanes | None = None
    measure: Measure | None = None
    tail_level: float = 0.9
    tail_weight: float = 1.0
    whole: bool = False

    def __post_init__(self) -> None:
        def store(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        store("sources", labels(self.sources, "source"))
        store("targets", labels(self.targets, "target"))
        _joined(self.lanes, len(self.sources), len(self.targets), "lanes join", "sources")
        store("purchase_cost", numbers(self.purchase_cost, self.sources, "purchase cost"))
        store("unmet_cost", numbers(self.unmet_cost, self.targets, "unmet cost", lowest=0))
        store("leftover_cost", numbers(self.leftover_cost, self.targets, "leftover cost"))
        rewarded = self.leftover_cost + self.unmet_cost <= 0
        if rewarded.any():
            at = int(np.argmax(rewarded))
            raise InputError(
                f"leftover cost of {self.targets[at]!r} is {self.leftover_cost[at]:g}; it must be above "
                f"{-self.unmet_cost[at]:g}, or leaving demand unmet beside stock would pay"
            )
        if self.supply is not None:
            store("supply", numbers(self.supply, self.sources, "supply", lowest=0, whole=self.whole))
        if self.whole and self.lanes.capacity is not None:
            numbers(self.lanes.capacity, len(self.lanes), "lane capacity", infinite=True, whole=True)
        if self.demand.n_targets != len(self.targets):
            raise InputError(
                f"demand is given for {self.demand.n_targets} targets, but {len(self.targets)} are named"
            )
        self._store_measure()
        if self.recourse is not None:
            self._examine_recourse(self.recourse)

    def _store_measure(self) -> None:
        interval = isinstance(self.demand, IntervalDemand)
        measure = self.measure or ("worst-case" if interval else "expected-cost")
        if measure not in MEASURES:
            raise InputError(f"the measure is {measure!r}; give {', '.join(map(repr, MEASURES))}")
        if interval and measure != "worst-case":
            raise InputError(
                f"an interval of demand has no probabilities, which {measure!r} needs; "
                "take 'worst-case', or give scenarios"
            )
        object.__setattr__(self, "measure", measure)
        if not 0 <= self.tail_level < 1:
            raise InputError(f"tail level is {self.tail_level:g}; it must be 0 or more, and below 1")
        if not 0 <= self.tail_weight <= 1:
            raise InputError(f"tail weight is {self.tail_weight:g}; it must be from 0 to 1")

    def _examine_recourse(self, recourse: Lanes) -> None:
        _joined(recourse, len(self.targets), len(self.targets), "recourse lanes join", "targets")
        if isinstance(self.demand, IntervalDemand):
            raise InputError(
                "the worst case over an interval is known without recourse lanes only; "
                "leave them out, or give scenarios"
            )
        itself = recourse.source == recourse.target
        if itself.any():
            at = recourse.source[int(np.argmax(itself))]
            raise InputError(f"a recourse lane leads from {self.targets[at]!r} to itself; leave it out")
        numbers(recourse.cost, len(recourse), "cost of recourse lane", lowest=0)
        if not self.whole:
            return
        if recourse.capacity is not None:
            numbers(recourse.capacity, len(recourse), "capacity of recourse lane", infinite=True, whole=True)
        broken = self.scenarios.quantity % 1 != 0
        if broken.any():
            at, target = divmod(int(np.argmax(broken)), len(self.targets))
            raise InputError(
                f"demand of {self.targets[target]!r} in scenario {self.scenarios.names[at]!r} is "
                f"{self.scenarios.quantity[at, target]:g}; "
                "whole quantities on recourse lanes need whole demands"
            )

    @property
    def size(self) -> int:
        """Number of lanes."""
        return len(self.lanes)

    @property
    def maximise(self) -> bool:
        """Always False: cost is minimised."""
        return False

    @property
    def scenarios(self) -> ScenarioDemand:
        """The scenarios that demand is one of: one alone for a point or a quantile.

        Raises
        ------
        InputError
            For an interval, which has none.
        """
        if isinstance(self.demand, IntervalDemand):
            raise InputError("an interval of demand has no scenarios")
        return self.demand.scenarios

    @property
    def lane_cost(self) -> FloatArray:
        """Cost of a unit on each lane, its purchase included."""
        return np.asarray(self.lanes.cost + self.purchase_cost[self.lanes.source])

    def plan(self, decisions: FloatArray) -> pd.DataFrame:
        """Translate lane quantities into a frame ``source, target, quantity``."""
        names = ("source", "target")
        return lane_plan(self.lanes, self.sources, self.targets, decisions, names, whole=self.whole)

    def decisions(self, plan: pd.DataFrame) -> FloatArray:
        """Translate a frame ``source, target, quantity`` into lane quantities."""
        return lane_decisions(plan, self.lanes, self.sources, self.targets, ("source", "target"))

    def summary(self) -> dict[str, object]:
        """Sizes, totals and what is minimised."""
        scenarios = len(self.demand.probability) if isinstance(self.demand, ScenarioDemand) else None
        level = self.demand.level if isinstance(self.demand, QuantileDemand) else None
        budget = self.demand.budget if isinstance(self.demand, IntervalDemand) else None
        return {
            "sources": len(self.sources),
            "targets": len(self.targets),
            "lanes": len(self.lanes),
            "recourse lanes": None if self.recourse is None else len(self.recourse),
            "supply": None if self.supply is None else float(self.supply.sum()),
            "demand": float(point_of(self.demand).sum()),
            "scenarios": scenarios,
            "quantile": level,
            "budget of uncertainty": budget,
            "measure": self.measure,
            "quantities": "whole" if self.whole else "divisible",
        }


def _joined(lanes: Lanes, n_sources: int, n_targets: int, what: str, of: str) -> None:
    if (lanes.n_sources, lanes.n_targets) != (n_sources, n_targets):
        raise InputError(
            f"{what} {lanes.n_sources} {of} and {lanes.n_targets} targets, "
            f"but {n_sources} and {n_targets} are named"
        )
