"""The multi-period network plan's data: sites, days, classes of patients, resources and lanes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from .arrays import labels, numbers
from .errors import InputError
from .network_moves import MoveKeys, Moves
from .network_stays import equilibrium, stay_probabilities, survival
from .problem import Problem
from .transfer_lanes import PATIENTS_NAME, TransferLanes

if TYPE_CHECKING:
    from .arrays import BoolArray, FloatArray


@dataclass(frozen=True, eq=False, kw_only=True)
class NetworkPlanProblem(Problem):
    """Plan days ahead who is treated where, and which resources go where, at the least total cost.

    Patients arrive at sites day by day. Each is treated there, sent to another site before admission, kept
    waiting (where the class may wait) or turned away. Those admitted stay by their class's distribution, so
    that care in use is an expectation. Reusable resources (beds, ventilators, staff on shift) are free again
    after use, consumables (drugs, protective equipment) are used up. Resources travel on lanes, and a site
    may add surge capacity: more of a reusable resource for the day, or more of a consumable for good.

    Parameters
    ----------
    sites, days, classes, resources
        Keys; the days in their order.
    reusable
        Whether each resource is free again after use.
    cushion
        Share of each reusable resource that is kept free, in [0, 1).
    stock_change_cost
        Cost of each unit by which a site's stock of a reusable resource differs from the day before.
    stock
        What each site has at the start, shape (sites, resources).
    deliveries
        What is added to it on each day, less what is withdrawn, shape (sites, resources, days).
    surge_capacity, surge_cost, surge_set_up_cost
        Most that a site may add of a resource on a day, the cost of a unit for a day (of a consumable, of a
        unit), and the cost of opening it: paid once, where it is used at all. Shape (sites, resources).
    use, admission_use
        What a patient of a class takes of a resource on each day in care, and beside it on the day of
        admission, shape (classes, resources).
    stay
        Probabilities of stays of 1, 2, 3 ... days by class, the day of admission counted.
    remaining
        The same for the days that are left, today counted, to those in care at the start; None for the
        equilibrium distribution of `stay`.
    present
        Patients in care at the start, shape (sites, classes).
    arriving
        New patients, shape (sites, classes, days).
    unmet_cost
        Cost of a patient turned away, by class; the more urgent, the higher.
    waiting_cost
        Cost of a patient who waits until the next day, by class; infinite where a class may not wait. Who
        waits on the last day is turned away.
    minimum_service
        Least share of each class's patients that is treated.
    site_minimum_service
        Least share of each site's own patients that is treated, wherever.
    lanes
        What may travel between sites.
    whole
        Whether patients and resources are counted in whole units.

    Raises
    ------
    InputError
        For data that are missing, not finite, out of range, or contradict each other.

    Examples
    --------
    Two patients, one bed at home, and a bed next door that costs 40 km:

    >>> problem = NetworkPlanProblem(
    ...     sites=["Jena", "Gera"], days=["Mon", "Tue"], classes=["ward"], resources=["beds"],
    ...     stock=[[1], [1]], use=[[1]], stay=[[0, 1]], arriving=[[[2, 0]], [[0, 0]]], unmet_cost=[500],
    ...     lanes=TransferLanes(carries=[-1], source=[0], target=[1], cost=[40]))
    >>> import allocare
    >>> allocare.solve(problem).objective
    40.0
    """

    kind: ClassVar[str] = "network-plan"

    sites: pd.Index[Any]
    days: pd.Index[Any]
    classes: pd.Index[Any]
    resources: pd.Index[Any]
    reusable: BoolArray = True  # type: ignore[assignment]  # one value stands for all
    cushion: FloatArray = 0.0  # type: ignore[assignment]
    stock_change_cost: FloatArray = 0.0  # type: ignore[assignment]
    stock: FloatArray
    deliveries: FloatArray = 0.0  # type: ignore[assignment]
    surge_capacity: FloatArray = 0.0  # type: ignore[assignment]
    surge_cost: FloatArray = 0.0  # type: ignore[assignment]
    surge_set_up_cost: FloatArray = 0.0  # type: ignore[assignment]
    use: FloatArray
    admission_use: FloatArray = 0.0  # type: ignore[assignment]
    stay: FloatArray
    remaining: FloatArray | None = None
    present: FloatArray = 0.0  # type: ignore[assignment]
    arriving: FloatArray
    unmet_cost: FloatArray
    waiting_cost: FloatArray = np.inf  # type: ignore[assignment]
    minimum_service: FloatArray = 0.0  # type: ignore[assignment]
    site_minimum_service: FloatArray = 0.0  # type: ignore[assignment]
    lanes: TransferLanes
    whole: bool = False

    def __post_init__(self) -> None:
        for name, what in (
            ("sites", "site"),
            ("days", "day"),
            ("classes", "class"),
            ("resources", "resource"),
        ):
            self._store(name, labels(getattr(self, name), what))
        self._refuse_names()
        self._store("reusable", _flags(self.reusable, self.resources))
        by_resource = self.resources
        self._store("cushion", numbers(self.cushion, by_resource, "cushion", lowest=0, highest=1 - 1e-6))
        self._store(
            "stock_change_cost",
            numbers(self.stock_change_cost, by_resource, "stock change cost", lowest=0),
        )
        self._refuse_of_consumables()
        held, used = (self.sites, self.resources), (self.classes, self.resources)
        self._table("stock", held, "stock")
        self._table("deliveries", (*held, self.days), "delivery", lowest=-np.inf)
        self._table("surge_capacity", held, "surge capacity", infinite=True)
        self._table("surge_cost", held, "surge cost")
        self._table("surge_set_up_cost", held, "surge set-up cost")
        self._table("use", used, "use")
        self._table("admission_use", used, "use at admission")
        self._table("present", (self.sites, self.classes), "number of patients present")
        by_day = (self.sites, self.classes, self.days)
        self._table("arriving", by_day, "number of arriving patients", whole=self.whole)
        for name, highest in (("unmet_cost", np.inf), ("waiting_cost", np.inf), ("minimum_service", 1.0)):
            what, waits = name.replace("_", " "), name == "waiting_cost"
            found = numbers(
                getattr(self, name), self.classes, what, lowest=0, highest=highest, infinite=waits
            )
            self._store(name, found)
        least = self.site_minimum_service
        self._store(
            "site_minimum_service", numbers(least, self.sites, "minimum service", lowest=0, highest=1)
        )
        self._store("stay", stay_probabilities(self.stay, self.classes, "stay"))
        if self.remaining is not None:
            self._store("remaining", stay_probabilities(self.remaining, self.classes, "remaining stay"))
        self.lanes.validate(self.sites, self.resources)

    def _store(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def _table(self, name: str, keys: tuple[pd.Index[Any], ...], what: str, **rules: Any) -> None:
        """Store an array with one number for every combination of keys."""
        shape = tuple(map(len, keys))
        try:
            given = np.array(getattr(self, name), dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise InputError(f"{what} holds something that is not a number ({error})") from error
        if given.ndim and given.shape != shape:
            have, need = (" x ".join(map(str, sides)) for sides in (given.shape, shape))
            raise InputError(f"{what} is {have}, and {need} are needed")
        flat = np.full(shape, given).ravel() if given.ndim == 0 else given.ravel()
        index = pd.MultiIndex.from_product(keys)
        self._store(name, numbers(flat, index, what, **({"lowest": 0} | rules)).reshape(shape))

    def _refuse_names(self) -> None:
        both = self.classes.intersection(self.resources)
        if len(both):
            raise InputError(f"{both[0]!r} is both a class of patients and a resource; rename one")
        for keys in (self.classes, self.resources):
            if PATIENTS_NAME in keys and keys is self.resources:
                raise InputError(f"a resource is called {PATIENTS_NAME!r}, as lanes are; rename it")
        if "" in self.sites:
            raise InputError("a site has an empty name; give every site a name")
        if not len(self.days):
            raise InputError("there are no days; a plan needs one or more")

    def _refuse_of_consumables(self) -> None:
        for name, mend in (("cushion", "is kept free"), ("stock_change_cost", "stays as it is")):
            wrong = (getattr(self, name) > 0) & ~self.reusable
            if wrong.any():
                at = int(np.argmax(wrong))
                raise InputError(
                    f"{name.replace('_', ' ')} of {self.resources[at]!r} is {getattr(self, name)[at]:g}; "
                    f"nothing of a consumable {mend}, so leave it at 0"
                )

    @cached_property
    def moves(self) -> Moves:
        """The decisions, as positions."""
        surge = np.nonzero(self.surge_capacity > 0)
        shape = (len(self.sites), len(self.classes), len(self.days))
        return Moves.over(*shape, self.lanes, (surge[0], surge[1]))

    @cached_property
    def keys(self) -> MoveKeys:
        """The decisions in the user's keys."""
        return MoveKeys(self.moves, self.sites, self.classes, self.resources, self.days)

    @cached_property
    def still_in_care(self) -> FloatArray:
        """Share of a day's admissions in care 0, 1, 2 ... days later, shape (classes, days)."""
        return survival(self.stay, len(self.days))

    @cached_property
    def present_in_care(self) -> FloatArray:
        """Of those present at the start, how many are in care on each day, shape (sites, classes, days)."""
        remaining = equilibrium(self.stay) if self.remaining is None else self.remaining
        return np.asarray(self.present[:, :, np.newaxis] * survival(remaining, len(self.days)))

    @property
    def may_wait(self) -> BoolArray:
        """Which classes may wait."""
        return np.asarray(np.isfinite(self.waiting_cost))

    @property
    def origins(self) -> pd.Index[Any]:
        """Sites at which patients arrive: the agents of criteria and policies."""
        origins: pd.Index[Any] = self.sites[self.arriving.sum(axis=(1, 2)) > 0]
        return origins

    @property
    def arriving_classes(self) -> pd.Index[Any]:
        """Classes of which patients arrive, which may be the agents too."""
        classes: pd.Index[Any] = self.classes[self.arriving.sum(axis=(0, 2)) > 0]
        return classes

    def patients_of(self, side: str) -> FloatArray:
        """Patients who arrive at each of the `origins` (``sites``) or of each class (``classes``)."""
        total = self.arriving.sum(axis=(1, 2) if side == "sites" else (0, 2))
        return np.asarray(total[total > 0])

    @property
    def size(self) -> int:
        """Number of decisions."""
        return len(self.moves)

    @property
    def maximise(self) -> bool:
        """Always False: cost is minimised."""
        return False

    def plan(self, decisions: FloatArray) -> pd.DataFrame:
        """Frame of decision, what, from, to, day and quantity."""
        return self.keys.frame(decisions, whole=self.whole)

    def decisions(self, plan: pd.DataFrame) -> FloatArray:
        """Translate such a frame into decisions."""
        return self.keys.decisions(plan)

    def summary(self) -> dict[str, object]:
        """Sizes and rules."""
        sent = self.lanes.of_patients
        return {
            "sites": len(self.sites),
            "days": len(self.days),
            "classes": len(self.classes),
            "resources": len(self.resources),
            "consumable": int(np.count_nonzero(~self.reusable)) or None,
            "lanes for patients": int(np.count_nonzero(sent)),
            "lanes for resources": int(np.count_nonzero(~sent)),
            "with minimum or set-up": int(np.count_nonzero(self.lanes.switched)) or None,
            "patients": float(self.arriving.sum()),
            "present": float(self.present.sum()) or None,
            "whole": self.whole,
        }


def _flags(values: Any, keys: pd.Index[Any]) -> BoolArray:
    flags = np.array(np.broadcast_to(np.asarray(values), (len(keys),)) if np.ndim(values) == 0 else values)
    if flags.dtype != bool or flags.shape != (len(keys),):
        raise InputError(
            f"reusable has {flags.size} values for {len(keys)} resources; give true or false each"
        )
    flags.flags.writeable = False
    return flags
