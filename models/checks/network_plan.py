"""A network plan, simulated day by day: who is where, what is used, what is left, and what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .findings import Findings, common_size, floor_tolerance, largest, named
from .report import Valuation

if TYPE_CHECKING:
    import numpy.typing as npt

    from ...instances.arrays import FloatArray
    from ...instances.network_plan import NetworkPlanProblem

_TREAT, _SEND, _TURN_AWAY, _MOVE, _SURGE = range(5)

SENT = 10.0
"""Multiples of the absolute tolerance above which a lane counts as used."""


class Course(NamedTuple):
    """What a plan comes to: sites by classes or resources by days, or lanes by days."""

    waiting: FloatArray
    """Patients left over at the end of each day."""
    in_care: FloatArray
    """Patients in care."""
    stock: FloatArray
    """Units at the end of each day."""
    used: FloatArray
    """Units that patients take."""
    surge: FloatArray
    """Surge capacity in use."""
    carried: FloatArray
    """What each lane carries."""
    treated: FloatArray
    """Patients who are treated, here or elsewhere, where they came from."""
    turned_away: FloatArray
    """Patients turned away."""


def findings(problem: NetworkPlanProblem) -> Findings:
    """Nothing found yet, with the tolerance that suits the problem's quantities.

    Examples
    --------
    >>> import allocare
    >>> findings(allocare.generate("network-plan", n_sites=3, n_days=4, seed=1)).floor
    1e-06
    """
    size = common_size(*(largest(each) for each in (problem.arriving, problem.stock)))
    return Findings(floor_tolerance(size))


def decision_name(problem: NetworkPlanProblem, at: int) -> str:
    """Write a decision in the user's keys.

    Examples
    --------
    >>> import allocare
    >>> decision_name(allocare.generate("network-plan", n_sites=3, n_days=4, seed=1), 0)
    "treat 'intensive' at 'hospital 1' on 'day 1'"
    """
    moves = problem.moves
    kind, source = int(moves.kind[at]), named(problem.sites, int(moves.source[at]))
    what = named(problem.classes if kind <= _TURN_AWAY else problem.resources, int(moves.what[at]))
    day = named(problem.days, int(moves.day[at]))
    if kind in (_SEND, _MOVE):
        verb = "send" if kind == _SEND else "move"
        return f"{verb} {what} from {source} to {named(problem.sites, int(moves.target[at]))} on {day}"
    verb = {_TREAT: "treat", _TURN_AWAY: "turn away", _SURGE: "surge of"}[kind]
    return f"{verb} {what} at {source} on {day}"


def examine(problem: NetworkPlanProblem, quantity: FloatArray, found: Findings) -> Valuation:
    """Find what a plan breaks, and what it costs.

    Examples
    --------
    >>> import allocare
    >>> problem = allocare.generate("network-plan", n_sites=3, n_days=4, seed=1)
    >>> found = findings(problem)
    >>> _ = examine(problem, np.zeros(problem.size), found)
    >>> found.worst()[0].message.partition(":")[0]
    "patients left over of 'general' at 'hospital 3' after 'day 4'"
    """
    if problem.whole:
        quantity = found.not_whole(quantity, lambda at: decision_name(problem, at))
    found.hold(
        "negative quantity",
        quantity,
        lambda at, has, limit, off: (
            decision_name(problem, at),
            f"is {has}, must be {limit} or more ({off})",
        ),
        at_least=0.0,
    )
    course = simulate(problem, quantity)
    _left_over(problem, course, found)
    _use(problem, course, found)
    _surge(problem, course, found)
    _lanes(problem, course, found)
    _floors(problem, course, found)
    return _valued(problem, course, found)


def simulate(problem: NetworkPlanProblem, quantity: FloatArray) -> Course:
    """Follow a plan day by day from the problem's data alone.

    Examples
    --------
    Nobody is treated: everybody is left over, of those who may not wait on each day anew.

    >>> import allocare
    >>> problem = allocare.generate("network-plan", n_sites=3, n_days=4, seed=1)
    >>> course = simulate(problem, np.zeros(problem.size))
    >>> float(course.waiting[:, 1, -1].sum() - problem.arriving[:, 1].sum())
    0.0
    """
    moves, n_days = problem.moves, len(problem.days)
    sites, classes, resources = len(problem.sites), len(problem.classes), len(problem.resources)

    def summed(kind: int, at: npt.NDArray[np.int32], day: npt.NDArray[np.int32], things: int) -> FloatArray:
        some = moves.kind == kind
        cell = (at[some].astype(np.int64) * things + moves.what[some]) * n_days + day[some]
        total = np.bincount(cell, quantity[some], minlength=sites * things * n_days)
        return np.asarray(total.reshape(sites, things, n_days))

    treated = summed(_TREAT, moves.source, moves.day, classes)
    sent = summed(_SEND, moves.source, moves.day, classes)
    admitted = treated + summed(_SEND, moves.target, moves.arrival, classes)
    turned_away = summed(_TURN_AWAY, moves.source, moves.day, classes)
    moved = summed(_MOVE, moves.target, moves.arrival, resources)
    moved = moved - summed(_MOVE, moves.source, moves.day, resources)
    surge = summed(_SURGE, moves.source, moves.day, resources)
    on_lane = moves.lane >= 0
    carried = np.bincount(
        moves.lane[on_lane].astype(np.int64) * n_days + moves.day[on_lane],
        quantity[on_lane],
        minlength=len(problem.lanes) * n_days,
    ).reshape(len(problem.lanes), n_days)

    left, days_left = problem.stay, _days_left(problem)
    longest = left.shape[1]
    in_hospital = np.zeros((sites, classes, longest))
    from_before = problem.present.copy()
    waiting, in_care = np.zeros((2, *treated.shape))
    stock, used = np.zeros((2, sites, resources, n_days))
    waits, held = np.zeros((sites, classes)), problem.stock.copy()
    for day in range(n_days):
        leave = treated[:, :, day] + sent[:, :, day] + turned_away[:, :, day]
        waits = waits + problem.arriving[:, :, day] - leave
        waiting[:, :, day] = waits
        waits = np.where(np.isfinite(problem.waiting_cost), waits, 0.0)
        # a cohort is told by how many days of it are left: those whose last day is over go home
        in_hospital += admitted[:, :, day, np.newaxis] * left
        in_care[:, :, day] = from_before + in_hospital.sum(axis=2)
        used[:, :, day] = in_care[:, :, day] @ problem.use + admitted[:, :, day] @ problem.admission_use
        held = held + problem.deliveries[:, :, day] + moved[:, :, day]
        held = held + np.where(problem.reusable, 0.0, surge[:, :, day] - used[:, :, day])
        stock[:, :, day] = held
        in_hospital[:, :, :-1], in_hospital[:, :, -1] = in_hospital[:, :, 1:].copy(), 0.0
        from_before = from_before - problem.present * days_left[:, day]
    return Course(
        waiting,
        in_care,
        stock,
        used,
        surge,
        np.asarray(carried, dtype=np.float64),
        treated + sent,
        turned_away,
    )


def _days_left(problem: NetworkPlanProblem) -> FloatArray:
    """Probabilities of 1, 2, 3 ... days left to those present, as many as the plan has days."""
    remaining = problem.remaining
    if remaining is None:
        # whoever came before today is on any later day of a stay with the same chance
        longer = problem.stay[:, ::-1].cumsum(axis=1)[:, ::-1]
        longer = np.append(longer[:, 1:], np.zeros((len(longer), 1)), axis=1)
        longer[longer.sum(axis=1) < 1e-12, 0] = 1.0
        remaining = longer / longer.sum(axis=1)[:, np.newaxis]
    table = np.zeros((len(problem.classes), max(len(problem.days), remaining.shape[1])))
    table[:, : remaining.shape[1]] = remaining
    return table


def _where(problem: NetworkPlanProblem, shape: tuple[int, ...], at: int, *, of_classes: bool) -> str:
    site, thing, day = (int(place) for place in np.unravel_index(at, shape))
    keys = problem.classes if of_classes else problem.resources
    return f"{named(keys, thing)} at {named(problem.sites, site)} on {named(problem.days, day)}"


def _left_over(problem: NetworkPlanProblem, course: Course, found: Findings) -> None:
    """Patients are neither treated twice, nor forgotten: only some may wait, and nobody beyond the plan."""
    left = course.waiting
    came = problem.arriving.cumsum(axis=2)

    def describe(at: int, has: str, limit: str, off: str) -> tuple[str, str]:
        where = _where(problem, left.shape, at, of_classes=True)
        return where, f"leaves {has} patients over, must be {limit} or more ({off})"

    found.hold("patients who are not there", left.ravel(), describe, at_least=0.0, gross=came.ravel())
    must_go = np.repeat(~np.isfinite(problem.waiting_cost)[:, np.newaxis], left.shape[2], axis=1)
    must_go[:, -1] = True
    some = np.flatnonzero(np.broadcast_to(must_go, left.shape).ravel())

    def left_behind(at: int, has: str, limit: str, off: str) -> tuple[str, str]:
        where = _where(problem, left.shape, int(some[at]), of_classes=True).replace(" on ", " after ")
        return where, f"{has} neither treated, sent nor turned away ({off})"

    found.hold("patients left over", left.ravel()[some], left_behind, at_most=0.0, gross=came.ravel()[some])


def _use(problem: NetworkPlanProblem, course: Course, found: Findings) -> None:
    """Stocks do not fall below 0, and what patients take of a reusable resource is there."""
    shape = course.stock.shape
    inflow = problem.stock[:, :, np.newaxis] + np.abs(problem.deliveries).cumsum(axis=2)

    def stocked(at: int, has: str, limit: str, off: str) -> tuple[str, str]:
        return _where(problem, shape, at, of_classes=False), f"is {has}, must be {limit} or more ({off})"

    found.hold("stock", course.stock.ravel(), stocked, at_least=0.0, gross=inflow.ravel())
    free = (1 - problem.cushion)[:, np.newaxis] * (course.stock + course.surge)
    some = np.flatnonzero(np.broadcast_to(problem.reusable[:, np.newaxis], shape).ravel())

    def taken(at: int, has: str, limit: str, off: str) -> tuple[str, str]:
        where = _where(problem, shape, int(some[at]), of_classes=False)
        return where, f"patients take {has}, {limit} may be used ({off})"

    found.hold(
        "use", course.used.ravel()[some], taken, at_most=free.ravel()[some], gross=inflow.ravel()[some]
    )


def _surge(problem: NetworkPlanProblem, course: Course, found: Findings) -> None:
    def describe(at: int, has: str, limit: str, off: str) -> tuple[str, str]:
        where = _where(problem, course.surge.shape, at, of_classes=False)
        return where, f"is {has}, may go to {limit} ({off})"

    most = np.broadcast_to(problem.surge_capacity[:, :, np.newaxis], course.surge.shape)
    found.hold("surge", course.surge.ravel(), describe, at_most=most.ravel())


def _lanes(problem: NetworkPlanProblem, course: Course, found: Findings) -> None:
    """Capacities, and minima of what is sent at all."""
    lanes, n_days = problem.lanes, len(problem.days)

    def name(at: int) -> str:
        lane, day = divmod(at, n_days)
        carried = lanes.carries[lane]
        what = "patients" if carried < 0 else named(problem.resources, int(carried))
        ends = (named(problem.sites, int(end)) for end in (lanes.source[lane], lanes.target[lane]))
        return f"{what} from {' to '.join(ends)} on {named(problem.days, day)}"

    total = course.carried.ravel()
    found.hold(
        "lane capacity",
        total,
        lambda at, has, limit, off: (name(at), f"carries {has}, may carry {limit} ({off})"),
        at_most=np.repeat(lanes.capacity, n_days),
    )
    some = np.flatnonzero((total > SENT * found.floor) & (np.repeat(lanes.minimum, n_days) > 0))
    found.hold(
        "minimum transfer",
        total[some],
        lambda at, has, limit, off: (
            name(int(some[at])),
            f"carries {has}, must be {limit} or nothing ({off})",
        ),
        at_least=np.repeat(lanes.minimum, n_days)[some],
    )


def _floors(problem: NetworkPlanProblem, course: Course, found: Findings) -> None:
    for rule, keys, share, axes in (
        ("minimum service of class", problem.classes, problem.minimum_service, (0, 2)),
        ("minimum service of site", problem.sites, problem.site_minimum_service, (1, 2)),
    ):
        came, treated = problem.arriving.sum(axis=axes), course.treated.sum(axis=axes)
        some = np.flatnonzero(share > 0)
        found.hold(
            rule,
            treated[some],
            lambda at, has, limit, off, keys=keys, some=some: (  # type: ignore[misc]
                named(keys, int(some[at])),
                f"{has} patients are treated, must be {limit} ({off})",
            ),
            at_least=(share * came)[some],
            gross=came[some],
            left_out=True,
        )


def _valued(problem: NetworkPlanProblem, course: Course, found: Findings) -> Valuation:
    lanes, used = problem.lanes, course.carried > SENT * found.floor
    opened = (course.surge > SENT * found.floor).any(axis=2)
    waits = np.where(np.isfinite(problem.waiting_cost), problem.waiting_cost, 0.0)
    arrives = np.arange(len(problem.days)) + lanes.delay[:, np.newaxis] < len(problem.days)
    change = np.where(arrives, np.abs(np.diff(course.carried, axis=1, prepend=0.0)), 0.0)
    terms = np.array(
        [
            lanes.cost @ course.carried.sum(axis=1),
            lanes.set_up_cost @ used.sum(axis=1),
            lanes.change_cost @ change.sum(axis=1),
            (problem.surge_cost * course.surge.sum(axis=2)).sum(),
            (problem.surge_set_up_cost * opened).sum(),
            problem.unmet_cost @ course.turned_away.sum(axis=(0, 2)),
            waits @ course.waiting[:, :, :-1].sum(axis=(0, 2)),
            problem.stock_change_cost @ np.abs(np.diff(course.stock, axis=2)).sum(axis=(0, 2)),
        ]
    )
    dearest = max(float(problem.unmet_cost.max(initial=0.0)), float(lanes.cost.max(initial=0.0)))
    scale = float(np.abs(terms).sum()) + found.floor * dearest
    treated, away = float(course.treated.sum()), float(course.turned_away.sum())
    return Valuation(float(terms.sum()), scale, served=treated, unmet=away)
