r"""Limits that no sensible plan of a network passes: bounds of decisions, and coefficients of switches.

A lane that is switched on for a day carries at most

.. math:: M_{\ell t} = \min(K_\ell,\ \text{the patients, or units of the resource, that there are})

so that the relaxation of a switch is no weaker than the data make it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..instances.network_moves import MOVE, SEND, SURGE

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..instances.arrays import FloatArray
    from ..instances.network_plan import NetworkPlanProblem

_ROUNDING = 1e-9


class LaneDays(NamedTuple):
    """Days on which lanes may send something that arrives in time."""

    lane: npt.NDArray[np.int64]
    day: npt.NDArray[np.int64]


def lane_days(problem: NetworkPlanProblem, among: npt.NDArray[np.bool_]) -> LaneDays:
    """Days of the lanes marked, by lane and day.

    Examples
    --------
    >>> import allocare
    >>> problem = allocare.generate("network-plan", n_sites=3, n_days=4, seed=1)
    >>> found = lane_days(problem, problem.lanes.of_patients)
    >>> len(found.lane) == len(found.day), int(found.day.max())
    (True, 3)
    """
    n_days, chosen = len(problem.days), np.flatnonzero(among)
    lane, day = np.repeat(chosen, n_days), np.tile(np.arange(n_days), len(chosen))
    arrives = day + problem.lanes.delay[lane] < n_days
    return LaneDays(lane[arrives], day[arrives])


def patients_at_hand(problem: NetworkPlanProblem) -> FloatArray:
    """Most patients that can be treated, sent or turned away on a day, shape (sites, classes, days).

    Examples
    --------
    >>> import allocare
    >>> problem = allocare.generate("network-plan", n_sites=3, n_days=4, seed=1)
    >>> bool((patients_at_hand(problem) >= problem.arriving).all())
    True
    """
    came = problem.arriving.cumsum(axis=2)
    return np.where(problem.may_wait[:, np.newaxis], came, problem.arriving)


def units_in_network(problem: NetworkPlanProblem) -> FloatArray:
    """Most units of each resource that the network can hold on a day, shape (resources, days).

    Examples
    --------
    >>> import allocare
    >>> problem = allocare.generate("network-plan", n_sites=3, n_days=4, seed=1)
    >>> units_in_network(problem).shape
    (4, 4)
    """
    held = problem.stock.sum(axis=0)[:, np.newaxis]
    delivered = np.maximum(problem.deliveries, 0.0).sum(axis=0).cumsum(axis=1)
    bought = np.where(problem.reusable, 0.0, problem.surge_capacity.sum(axis=0))[:, np.newaxis]
    ever = held + delivered + bought * np.arange(1, len(problem.days) + 1)
    return np.where(np.isfinite(ever), ever, units_needed(problem)[:, np.newaxis])


def units_needed(problem: NetworkPlanProblem) -> FloatArray:
    """Units of each resource with which every patient could be treated at one site, whatever else is done.

    Examples
    --------
    >>> import allocare
    >>> problem = allocare.generate("network-plan", n_sites=3, n_days=4, seed=1)
    >>> bool((units_needed(problem) > 0).all())
    True
    """
    days_in_care = problem.still_in_care.sum(axis=1)
    each = problem.use * days_in_care[:, np.newaxis] + problem.admission_use
    total = problem.arriving.sum(axis=(0, 2)) @ each
    total += problem.present_in_care.sum(axis=(0, 2)) @ problem.use
    least = np.zeros(len(problem.resources))
    of_resource = ~problem.lanes.of_patients
    np.maximum.at(least, problem.lanes.carries[of_resource], problem.lanes.minimum[of_resource])
    return np.asarray(np.ceil(np.maximum(total / (1 - problem.cushion), least)))


def decision_limits(problem: NetworkPlanProblem) -> FloatArray:
    """Upper bound of each decision; surge without a limit and without a switch stays infinite.

    Examples
    --------
    >>> import allocare
    >>> problem = allocare.generate("network-plan", n_sites=3, n_days=4, seed=1)
    >>> limit = decision_limits(problem)
    >>> bool((limit[problem.moves.of(0)] >= problem.arriving.ravel()).all())
    True
    """
    moves = problem.moves
    resource = moves.kind >= MOVE
    limit = np.empty(len(moves))
    of_patients = patients_at_hand(problem)
    units = units_in_network(problem)
    at = np.flatnonzero(~resource)
    limit[at] = of_patients[moves.source[at], moves.what[at], moves.day[at]]
    at = moves.of(MOVE)
    limit[at] = units[moves.what[at], moves.day[at]]
    at = moves.of(SEND, MOVE)
    limit[at] = np.minimum(limit[at], problem.lanes.capacity[moves.lane[at]])
    at = moves.of(SURGE)
    limit[at] = surge_limits(problem)[moves.source[at], moves.what[at]]
    return in_whole_units(problem, limit)


def surge_limits(problem: NetworkPlanProblem) -> FloatArray:
    """Most surge capacity in use, finite where beginning to use it costs something.

    Examples
    --------
    >>> import allocare
    >>> problem = allocare.generate("network-plan", n_sites=3, n_days=4, seed=1)
    >>> surge_limits(problem).shape
    (3, 4)
    """
    switched = problem.surge_set_up_cost > 0
    return np.where(
        switched, np.minimum(problem.surge_capacity, units_needed(problem)), problem.surge_capacity
    )


def switch_limits(problem: NetworkPlanProblem, at: LaneDays) -> FloatArray:
    """Most that a lane carries on a day on which it is switched on.

    Examples
    --------
    >>> import allocare
    >>> problem = allocare.generate("network-plan", n_sites=3, n_days=4, seed=1, whole=True)
    >>> most = switch_limits(problem, lane_days(problem, problem.lanes.switched))
    >>> bool((most == most.round()).all())
    True
    """
    lanes = problem.lanes
    source, carries = lanes.source[at.lane], lanes.carries[at.lane]
    patients = patients_at_hand(problem).sum(axis=1)[source, at.day]
    units = np.append(units_in_network(problem), np.zeros((1, len(problem.days))), axis=0)[carries, at.day]
    most = np.minimum(np.where(carries < 0, patients, units), lanes.capacity[at.lane])
    return in_whole_units(problem, most)


def in_whole_units(problem: NetworkPlanProblem, limit: FloatArray) -> FloatArray:
    """Round limits down where only whole units are sent.

    Examples
    --------
    >>> import allocare
    >>> problem = allocare.generate("network-plan", n_sites=3, n_days=4, seed=1, whole=True)
    >>> in_whole_units(problem, np.array([2.5, 3.0])).tolist()
    [2.0, 3.0]
    """
    return np.floor(limit + _ROUNDING) if problem.whole else limit
