"""The columns of a network plan: their keys, prices and bounds, the same for both renderings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from ..instances.network_moves import MOVE, SEND, SURGE, TURN_AWAY
from ..instances.transfer_lanes import PATIENTS_NAME
from .network_plan_limits import decision_limits, lane_days, patients_at_hand, switch_limits

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..instances.arrays import FloatArray
    from ..instances.network_plan import NetworkPlanProblem
    from .network_plan_limits import LaneDays

Places = tuple["npt.NDArray[np.int64]", ...]


class Columns(NamedTuple):
    """One block of columns."""

    name: str
    keys: pd.Index[Any]
    cost: FloatArray | float = 0.0
    lower: float = 0.0
    upper: FloatArray | float = np.inf
    whole: bool = False


def columns_of(problem: NetworkPlanProblem) -> tuple[Columns, ...]:
    """Every block of columns, in order.

    Examples
    --------
    >>> import allocare
    >>> blocks = columns_of(allocare.generate("network-plan", n_sites=3, n_days=4, seed=1))
    >>> [block.name for block in blocks if len(block.keys)]
    ['quantity', 'waiting', 'admitted', 'in_care', 'stock', 'lane_used', 'surge_opened']
    """
    sites, classes, resources = len(problem.sites), len(problem.classes), len(problem.resources)
    days = len(problem.days)
    by_class = _grid(sites, classes, days)
    by_resource = _grid(sites, resources, days)
    wait, used, surge = waiting_places(problem), used_lane_days(problem), surge_places(problem)
    changed, moved = changed_lane_days(problem), stock_change_places(problem)
    switch_on = np.where(switch_limits(problem, used) >= problem.lanes.minimum[used.lane], 1.0, 0.0)
    return (
        Columns(
            "quantity",
            problem.keys.index(),
            decision_costs(problem),
            upper=decision_limits(problem),
            whole=problem.whole,
        ),
        Columns(
            "waiting",
            _patient_keys(problem, wait),
            problem.waiting_cost[wait[1]],
            upper=patients_at_hand(problem)[wait],
            whole=problem.whole,
        ),
        Columns("admitted", _patient_keys(problem, by_class), lower=-np.inf),
        Columns("in_care", _patient_keys(problem, by_class), lower=-np.inf),
        Columns("stock", _resource_keys(problem, by_resource), lower=-np.inf),
        Columns(
            "lane_used",
            lane_day_keys(problem, used),
            problem.lanes.set_up_cost[used.lane],
            upper=switch_on,
            whole=True,
        ),
        Columns(
            "surge_opened",
            _keys((problem.sites, problem.resources), surge),
            problem.surge_set_up_cost[surge],
            upper=1.0,
            whole=True,
        ),
        Columns("lane_change", lane_day_keys(problem, changed), problem.lanes.change_cost[changed.lane]),
        Columns("stock_change", _resource_keys(problem, moved), problem.stock_change_cost[moved[1]]),
    )


def decision_costs(problem: NetworkPlanProblem) -> FloatArray:
    """Cost of a unit of each decision.

    Examples
    --------
    >>> import allocare
    >>> problem = allocare.generate("network-plan", n_sites=3, n_days=4, seed=1)
    >>> float(decision_costs(problem)[problem.moves.of(TURN_AWAY)].max())
    5000.0
    """
    moves = problem.moves
    cost = np.zeros(len(moves))
    at = moves.of(SEND, MOVE)
    cost[at] = problem.lanes.cost[moves.lane[at]]
    at = moves.of(TURN_AWAY)
    cost[at] = problem.unmet_cost[moves.what[at]]
    at = moves.of(SURGE)
    cost[at] = problem.surge_cost[moves.source[at], moves.what[at]]
    return cost


def transfer_costs(problem: NetworkPlanProblem) -> FloatArray:
    """Cost of a unit of each decision that spends something: transfers and surge, not patients turned away.

    Examples
    --------
    >>> import allocare
    >>> problem = allocare.generate("network-plan", n_sites=3, n_days=4, seed=1)
    >>> float(transfer_costs(problem)[problem.moves.of(TURN_AWAY)].max())
    0.0
    """
    return np.where(problem.moves.kind == TURN_AWAY, 0.0, decision_costs(problem))


def waiting_places(problem: NetworkPlanProblem) -> Places:
    """Sites, classes and days where patients may wait for the next day.

    Examples
    --------
    >>> import allocare
    >>> problem = allocare.generate("network-plan", n_sites=3, n_days=4, seed=1)
    >>> int(waiting_places(problem)[2].max())
    2
    """
    may = np.zeros(problem.arriving.shape, dtype=bool)
    may[:, problem.may_wait, :-1] = True
    return np.nonzero(may)


def used_lane_days(problem: NetworkPlanProblem) -> LaneDays:
    """Lanes and days that are switched on or off.

    Examples
    --------
    >>> import allocare
    >>> problem = allocare.generate("network-plan", n_sites=3, n_days=4, seed=1)
    >>> bool(problem.lanes.switched[used_lane_days(problem).lane].all())
    True
    """
    return lane_days(problem, problem.lanes.switched)


def changed_lane_days(problem: NetworkPlanProblem) -> LaneDays:
    """Lanes and days on which a change from the day before costs something.

    Examples
    --------
    >>> import allocare
    >>> len(changed_lane_days(allocare.generate("network-plan", n_sites=3, n_days=4, seed=1)).lane)
    0
    """
    return lane_days(problem, problem.lanes.change_cost > 0)


def surge_places(problem: NetworkPlanProblem) -> Places:
    """Sites and resources of surge capacity that costs something to open.

    Examples
    --------
    >>> import allocare
    >>> [len(place) > 0 for place in surge_places(allocare.generate("network-plan", n_sites=3, n_days=4))]
    [True, True]
    """
    return np.nonzero((problem.surge_capacity > 0) & (problem.surge_set_up_cost > 0))


def stock_change_places(problem: NetworkPlanProblem) -> Places:
    """Sites, resources and days on which a change of the stock from the day before costs something.

    Examples
    --------
    >>> import allocare
    >>> len(stock_change_places(allocare.generate("network-plan", n_sites=3, n_days=4, seed=1))[0])
    0
    """
    priced = np.zeros(problem.deliveries.shape, dtype=bool)
    priced[:, problem.stock_change_cost > 0, 1:] = True
    return np.nonzero(priced)


def _grid(*sizes: int) -> Places:
    return tuple(np.indices(sizes).reshape(len(sizes), -1))


def _patient_keys(problem: NetworkPlanProblem, places: Places) -> pd.MultiIndex:
    return _keys((problem.sites, problem.classes, problem.days), places)


def _resource_keys(problem: NetworkPlanProblem, places: Places) -> pd.MultiIndex:
    return _keys((problem.sites, problem.resources, problem.days), places)


def lane_day_keys(problem: NetworkPlanProblem, at: LaneDays) -> pd.MultiIndex:
    """Index of (resource or patients, from, to, day).

    Examples
    --------
    >>> import allocare
    >>> problem = allocare.generate("network-plan", n_sites=3, n_days=4, seed=1)
    >>> lane_day_keys(problem, used_lane_days(problem)).names
    FrozenList([None, None, None, None])
    """
    lanes, sites = problem.lanes, problem.sites
    carried = problem.resources.astype(object).append(pd.Index([PATIENTS_NAME], dtype=object))
    carries = np.where(lanes.of_patients, len(problem.resources), lanes.carries)[at.lane]
    places = (carries, lanes.source[at.lane], lanes.target[at.lane], at.day)
    return _keys((carried, sites, sites, problem.days), places)


def _keys(levels: tuple[pd.Index[Any], ...], codes: tuple[Any, ...]) -> pd.MultiIndex:
    return pd.MultiIndex(levels=list[Any](levels), codes=list(codes), verify_integrity=False)


def row_keys(problem: NetworkPlanProblem) -> tuple[pd.MultiIndex, pd.MultiIndex]:
    """Keys of rows by (site, class, day) and by (site, resource, day).

    Examples
    --------
    >>> import allocare
    >>> problem = allocare.generate("network-plan", n_sites=3, n_days=4, seed=1)
    >>> [keys[0] for keys in row_keys(problem)]
    [('hospital 1', 'intensive', 'day 1'), ('hospital 1', 'beds', 'day 1')]
    """
    sites, days = len(problem.sites), len(problem.days)
    return (
        _patient_keys(problem, _grid(sites, len(problem.classes), days)),
        _resource_keys(problem, _grid(sites, len(problem.resources), days)),
    )
