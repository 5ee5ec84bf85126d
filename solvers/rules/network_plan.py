"""Baseline plans of a network over days: what a coordination centre does by telephone, day after day.

Nothing is foreseen but how long those admitted stay: a site takes a patient where everything that the patient
will take, to the end of the plan, is free. Resources stay where they are, and surge capacity is left closed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ...instances.network_moves import SEND, TREAT, TURN_AWAY

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from ...instances.arrays import FloatArray
    from ...instances.network_plan import NetworkPlanProblem

    Rule = Callable[[NetworkPlanProblem], FloatArray]

_ROUNDING = 1e-9


def _nearest_room(problem: NetworkPlanProblem) -> FloatArray:
    """Serve at home, then send to the nearest site with room, day by day, the most urgent class first.

    Lanes are tried from the cheapest; one with a minimum is used where enough patients go along. Who finds no
    room waits, or is turned away where the class may not wait.
    """
    return _Telephone(problem).plan()


RULES: dict[str, Rule] = {"nearest-room": _nearest_room}


def misfit(problem: NetworkPlanProblem, rule: str) -> str | None:
    """Say why a rule cannot plan, or None: it has no way to help those who are in care already.

    Examples
    --------
    >>> import allocare
    >>> misfit(allocare.example("two-hospitals"), "nearest-room") is None
    True
    """
    free = _free(problem)
    if (free < -_ROUNDING * max(1.0, float(problem.stock.max(initial=0.0)))).any():
        site, resource, day = (int(at) for at in np.unravel_index(int(np.argmin(free)), free.shape))
        return (
            f"leaves surge closed and resources where they are, and those in care at {problem.sites[site]!r} "
            f"take more {problem.resources[resource]!r} on {problem.days[day]!r} than there are"
        )
    return None


def plan(problem: NetworkPlanProblem, rule: Rule) -> FloatArray:
    """Decisions by this rule.

    Examples
    --------
    On the second day the first hospital has one bed free and one kit too few, so one of two patients is sent
    there and the other away:

    >>> import allocare
    >>> problem = allocare.example("two-hospitals")
    >>> problem.plan(plan(problem, RULES["nearest-room"]))[["decision", "day", "quantity"]].to_dict("list")
    ... # doctest: +ELLIPSIS
    {'decision': ['treat', 'treat', 'send', ...
    """
    return rule(problem)


def _free(problem: NetworkPlanProblem) -> FloatArray:
    """Units free on each day (of consumables, left at its end) with nobody admitted."""
    held = problem.stock[:, :, np.newaxis] + problem.deliveries.cumsum(axis=2)
    taken = np.einsum("ict,cr->irt", problem.present_in_care, problem.use)
    kept = (1 - problem.cushion)[:, np.newaxis]
    return np.where(  # type: ignore[no-any-return]
        problem.reusable[:, np.newaxis], kept * held - taken, held - taken.cumsum(axis=2)
    )


class _Telephone:
    """Free units and lanes while a plan is made."""

    def __init__(self, problem: NetworkPlanProblem) -> None:
        self.problem, self.n_days = problem, len(problem.days)
        # what later days leave at the least is what a consumable has free today
        free = _free(problem)
        self.free = free
        daily = problem.use[:, :, np.newaxis] * problem.still_in_care[:, np.newaxis]
        daily[:, :, 0] += problem.admission_use
        self.taken = np.where(problem.reusable[:, np.newaxis], daily, daily.cumsum(axis=2))
        self.quantity = np.zeros(problem.size)
        moves = problem.moves
        shape = (3, len(problem.classes), len(problem.sites), self.n_days)
        self.at_site = np.full(shape, -1, dtype=np.int64)
        for kind in (TREAT, TURN_AWAY):
            some = moves.of(kind)
            self.at_site[kind, moves.what[some], moves.source[some], moves.day[some]] = some
        self.on_lane = np.full((len(problem.classes), len(problem.lanes), self.n_days), -1, dtype=np.int64)
        some = moves.of(SEND)
        self.on_lane[moves.what[some], moves.lane[some], moves.day[some]] = some
        self.ranks = _by_rank(problem)

    def plan(self) -> FloatArray:
        problem = self.problem
        urgency = np.argsort(-problem.unmet_cost, kind="stable")
        waiting = np.zeros((len(problem.sites), len(problem.classes)))
        for day in range(self.n_days):
            carried = np.zeros(len(problem.lanes))
            for cls in urgency.tolist():
                here = waiting[:, cls] + problem.arriving[:, cls, day]
                treated = self._whole(np.minimum(here, self._room(cls, day)))
                self._admit(np.arange(len(here)), cls, day, treated)
                self.quantity[self.at_site[TREAT, cls, :, day]] = treated
                here = here - treated
                for lanes in self.ranks:
                    here = self._send(lanes, cls, day, here, carried)
                stays = np.isfinite(problem.waiting_cost[cls]) and day + 1 < self.n_days
                waiting[:, cls] = here if stays else 0.0
                if not stays:
                    self.quantity[self.at_site[TURN_AWAY, cls, :, day]] = here
        return self.quantity

    def _send(
        self, lanes: npt.NDArray[np.int64], cls: int, day: int, here: FloatArray, carried: FloatArray
    ) -> FloatArray:
        """Send patients on one lane of each site; `carried` changes in place."""
        table = self.problem.lanes
        lanes = lanes[(day + table.delay[lanes] < self.n_days) & (here[table.source[lanes]] > _ROUNDING)]
        for delay in np.unique(table.delay[lanes]).tolist():
            some = lanes[table.delay[lanes] == delay]
            source, target, arrival = table.source[some], table.target[some], day + delay
            asked = self._whole(np.minimum(here[source], table.capacity[some] - carried[some]))
            before = pd.Series(asked).groupby(target, sort=False).cumsum().to_numpy() - asked
            granted = self._whole(np.clip(self._room(cls, arrival)[target] - before, 0.0, asked))
            granted = np.where(granted + carried[some] >= table.minimum[some], granted, 0.0)
            admitted = np.bincount(target, granted, minlength=len(here)).astype(np.float64)
            self._admit(np.arange(len(here)), cls, arrival, admitted)
            self.quantity[self.on_lane[cls, some, day]] += granted
            carried[some] += granted
            here = here - np.bincount(source, granted, minlength=len(here))
        return here

    def _room(self, cls: int, day: int) -> FloatArray:
        """Most patients of a class that each site can admit on a day."""
        taken = self.taken[cls, :, : self.n_days - day]
        free = self.free[:, :, day:]
        with np.errstate(divide="ignore", invalid="ignore"):
            room = np.where(taken > 0, np.maximum(free, 0.0) / taken, np.inf)
        return np.asarray(room.min(axis=(1, 2), initial=np.inf))

    def _admit(self, sites: Any, cls: int, day: int, admitted: FloatArray) -> None:
        taken = self.taken[cls, :, : self.n_days - day]
        self.free[sites, :, day:] -= admitted[:, np.newaxis, np.newaxis] * taken

    def _whole(self, patients: FloatArray) -> FloatArray:
        return np.floor(patients + _ROUNDING) if self.problem.whole else patients


def _by_rank(problem: NetworkPlanProblem) -> list[npt.NDArray[np.int64]]:
    """Lanes of patients: the cheapest of each site, then the second cheapest, and so on."""
    lanes = np.flatnonzero(problem.lanes.of_patients)
    order = lanes[np.lexsort((lanes, problem.lanes.cost[lanes], problem.lanes.source[lanes]))]
    rank = pd.Series(order).groupby(problem.lanes.source[order], sort=False).cumcount().to_numpy()
    ranks = [order[rank == at] for at in range(int(rank.max(initial=-1)) + 1)]
    return [each[np.argsort(problem.lanes.cost[each], kind="stable")] for each in ranks]
