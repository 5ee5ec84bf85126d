"""The rows of a network plan as sparse arrays, built by index arithmetic; one function a family of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from ..instances.network_moves import MOVE, SEND, SURGE, TREAT, TURN_AWAY
from .network_plan_columns import (
    changed_lane_days,
    columns_of,
    lane_day_keys,
    row_keys,
    stock_change_places,
    surge_places,
    used_lane_days,
    waiting_places,
)
from .network_plan_limits import lane_days, surge_limits, switch_limits

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..instances.arrays import FloatArray
    from ..instances.network_plan import NetworkPlanProblem
    from .matrix import Block, FormBuilder
    from .network_plan_limits import LaneDays

Positions = Any
"""Positions of any whole type, or what broadcasts against them."""


class Grid(NamedTuple):
    """Cells of sites by classes (or resources) by days, in the order of blocks indexed by them."""

    sites: int
    things: int
    days: int

    def __call__(self, site: Positions, thing: Positions, day: Positions) -> npt.NDArray[np.int64]:
        """Position of a cell."""
        cell: npt.NDArray[np.int64] = (
            np.asarray(site, dtype=np.int64) * self.things + thing
        ) * self.days + day
        return cell

    @property
    def cells(self) -> int:
        """Number of cells."""
        return self.sites * self.things * self.days


def add_rows(build: FormBuilder, problem: NetworkPlanProblem) -> None:
    """Add every column block and every row block of the formulation, in order.

    Examples
    --------
    >>> import allocare
    >>> from allocare.models.matrix import FormBuilder
    >>> build = FormBuilder()
    >>> add_rows(build, allocare.generate("network-plan", n_sites=3, n_days=4, seed=1))
    >>> [block.name for block in build.rows][:5]
    ['demand', 'admission', 'care', 'stock_balance', 'stock_floor']
    """
    block = {
        spec.name: build.add_columns(
            spec.name,
            len(spec.keys),
            cost=spec.cost,
            lower=spec.lower,
            upper=spec.upper,
            whole=spec.whole,
            keys=spec.keys,
        )
        for spec in columns_of(problem)
    }
    _demand(build, problem, block)
    _admission(build, problem, block)
    _care(build, problem, block)
    _stock_balance(build, problem, block)
    _stock_floor(build, problem, block)
    _use_limit(build, problem, block)
    _lane_capacity(build, problem, block)
    _lane_switches(build, problem, block)
    _lane_share(build, problem, block)
    _surge_limit(build, problem, block)
    _lane_changes(build, problem, block)
    _stock_changes(build, problem, block)
    _floors(build, problem, block)


def _demand(build: FormBuilder, problem: NetworkPlanProblem, block: dict[str, Block]) -> None:
    """Treated, sent, turned away, and waiting more than the day before = arriving."""
    grid, moves = _by_class(problem), problem.moves
    at = moves.of(TREAT, SEND, TURN_AWAY)
    leave = _entries(grid.cells, len(moves), grid(moves.source[at], moves.what[at], moves.day[at]), at)
    wait = waiting_places(problem)
    column = np.arange(len(wait[0]))
    now, after = grid(*wait), grid(wait[0], wait[1], wait[2] + 1)
    waits = _entries(
        grid.cells,
        len(column),
        np.append(now, after),
        np.tile(column, 2),
        np.repeat([1.0, -1.0], len(column)),
    )
    arriving = problem.arriving.ravel()
    keys, _ = row_keys(problem)
    parts = [(block["quantity"], leave), (block["waiting"], waits)]
    build.add_rows("demand", parts, lower=arriving, upper=arriving, keys=keys)


def _admission(build: FormBuilder, problem: NetworkPlanProblem, block: dict[str, Block]) -> None:
    """Admitted = treated where they are, and arriving from elsewhere."""
    grid, moves = _by_class(problem), problem.moves
    at = moves.of(TREAT, SEND)
    cell = grid(moves.target[at], moves.what[at], moves.arrival[at])
    parts = [
        (block["quantity"], _entries(grid.cells, len(moves), cell, at, -1.0)),
        (block["admitted"], sp.eye_array(grid.cells)),
    ]
    build.add_rows("admission", parts, lower=0.0, upper=0.0, keys=row_keys(problem)[0])


def _care(build: FormBuilder, problem: NetworkPlanProblem, block: dict[str, Block]) -> None:
    """In care = present at the start and still there + admissions convolved with the share still in care."""
    grid = _by_class(problem)
    day, since = np.tril_indices(grid.days)
    share = problem.still_in_care[:, day - since]
    cls, pair = np.nonzero(share)
    site = np.arange(grid.sites)[:, np.newaxis]
    rows, columns = grid(site, cls, day[pair]), grid(site, cls, since[pair])
    weights = np.broadcast_to(-share[cls, pair], rows.shape)
    stays = _entries(grid.cells, grid.cells, rows.ravel(), columns.ravel(), weights.ravel())
    present = problem.present_in_care.ravel()
    parts = [(block["admitted"], stays), (block["in_care"], sp.eye_array(grid.cells))]
    build.add_rows("care", parts, lower=present, upper=present, keys=row_keys(problem)[0])


def _stock_balance(build: FormBuilder, problem: NetworkPlanProblem, block: dict[str, Block]) -> None:
    """Stock less the day before's, and what leaves less what comes = deliveries; consumables are used up."""
    grid, moves, size = _by_resource(problem), problem.moves, len(problem.moves)
    everything = np.arange(grid.cells)
    later = everything[everything % grid.days > 0]
    stock = sp.eye_array(grid.cells) - _entries(grid.cells, grid.cells, later, later - 1)
    at = moves.of(MOVE)
    leaves = _entries(grid.cells, size, grid(moves.source[at], moves.what[at], moves.day[at]), at)
    comes = _entries(grid.cells, size, grid(moves.target[at], moves.what[at], moves.arrival[at]), at)
    bought = moves.of(SURGE)
    bought = bought[~problem.reusable[moves.what[bought]]]
    cell = grid(moves.source[bought], moves.what[bought], moves.day[bought])
    moved = leaves - comes - _entries(grid.cells, size, cell, bought)
    use, at_admission = (
        np.where(problem.reusable, 0.0, each) for each in (problem.use, problem.admission_use)
    )
    deliveries = problem.deliveries.copy()
    deliveries[:, :, 0] += problem.stock
    parts = [
        (block["quantity"], moved),
        (block["admitted"], _taken(problem, at_admission)),
        (block["in_care"], _taken(problem, use)),
        (block["stock"], stock),
    ]
    build.add_rows(
        "stock_balance",
        parts,
        lower=deliveries.ravel(),
        upper=deliveries.ravel(),
        keys=row_keys(problem)[1],
    )


def _stock_floor(build: FormBuilder, problem: NetworkPlanProblem, block: dict[str, Block]) -> None:
    """Stock >= 0: a row rather than a bound, so that the balance defines a free column."""
    cells = _by_resource(problem).cells
    build.add_rows(
        "stock_floor", [(block["stock"], sp.eye_array(cells))], lower=0.0, keys=row_keys(problem)[1]
    )


def _use_limit(build: FormBuilder, problem: NetworkPlanProblem, block: dict[str, Block]) -> None:
    """What patients take of a reusable resource <= what is there of it, less the share kept free."""
    grid, moves = _by_resource(problem), problem.moves
    limited = np.flatnonzero(np.tile(np.repeat(limited_resources(problem), grid.days), grid.sites))
    kept = 1 - problem.cushion
    surge = moves.of(SURGE)
    surge = surge[problem.reusable[moves.what[surge]]]
    cell = grid(moves.source[surge], moves.what[surge], moves.day[surge])
    added = _entries(grid.cells, len(moves), cell, surge, -kept[moves.what[surge]])
    held = sp.diags_array(np.tile(np.repeat(-kept, grid.days), grid.sites))
    parts = [
        (block["quantity"], added),
        (block["admitted"], _taken(problem, problem.admission_use)),
        (block["in_care"], _taken(problem, problem.use)),
        (block["stock"], held),
    ]
    chosen = [(columns, sp.csr_array(matrix)[limited]) for columns, matrix in parts]
    build.add_rows("use_limit", chosen, upper=0.0, keys=row_keys(problem)[1][limited])


def limited_resources(problem: NetworkPlanProblem) -> npt.NDArray[np.bool_]:
    """Which reusable resources patients take anything of.

    Examples
    --------
    >>> import allocare
    >>> limited_resources(allocare.generate("network-plan", n_sites=3, n_days=4, seed=1)).tolist()
    [True, True, True, False]
    """
    return np.asarray(problem.reusable & ((problem.use > 0) | (problem.admission_use > 0)).any(axis=0))


def _lane_capacity(build: FormBuilder, problem: NetworkPlanProblem, block: dict[str, Block]) -> None:
    """Patients of all classes <= the lane's capacity, where no switch says so."""
    at = capacity_lane_days(problem)
    build.add_rows(
        "lane_capacity",
        [(block["quantity"], carried(problem, at))],
        upper=problem.lanes.capacity[at.lane],
        keys=lane_day_keys(problem, at),
    )


def capacity_lane_days(problem: NetworkPlanProblem) -> LaneDays:
    """Lanes of patients with a capacity and without a switch, and their days.

    Examples
    --------
    >>> import allocare
    >>> len(capacity_lane_days(allocare.generate("network-plan", n_sites=3, n_days=4, seed=1)).lane)
    0
    """
    lanes = problem.lanes
    return lane_days(problem, lanes.of_patients & np.isfinite(lanes.capacity) & ~lanes.switched)


def _lane_switches(build: FormBuilder, problem: NetworkPlanProblem, block: dict[str, Block]) -> None:
    """Carried <= most times used; carried >= minimum times used, where there is a minimum."""
    at = used_lane_days(problem)
    carries = carried(problem, at)
    most, least = switch_limits(problem, at), problem.lanes.minimum[at.lane]
    used = block["lane_used"]
    keys = lane_day_keys(problem, at)
    parts = [(block["quantity"], carries), (used, sp.diags_array(-most))]
    build.add_rows("lane_open", parts, upper=0.0, keys=keys)
    some = np.flatnonzero(least > 0)
    lower = sp.csr_array(sp.diags_array(-least))[some]
    parts = [(block["quantity"], carries[some]), (used, lower)]
    build.add_rows("lane_minimum", parts, lower=0.0, keys=keys[some])


def _lane_share(build: FormBuilder, problem: NetworkPlanProblem, block: dict[str, Block]) -> None:
    """Sent of a class <= arriving that day times used, and who waited; implied, and tight for few."""
    moves, at, grid = problem.moves, used_lane_days(problem), _by_class(problem)
    sent, used, wait = shared_sends(problem), block["lane_used"], waiting_places(problem)
    row, n_days = np.arange(len(sent)), grid.days
    switch = np.full(len(problem.lanes) * n_days, -1)
    switch[at.lane * n_days + at.day] = np.arange(len(at.lane))
    column = switch[moves.lane[sent].astype(np.int64) * n_days + moves.day[sent]]
    place = np.full(grid.cells, -1)
    place[grid(*wait)] = np.arange(len(wait[0]))
    yesterday = place[grid(moves.source[sent], moves.what[sent], moves.day[sent]) - 1]
    waited = (moves.day[sent] > 0) & (yesterday >= 0)
    arriving = problem.arriving[moves.source[sent], moves.what[sent], moves.day[sent]]
    parts = [
        (block["quantity"], _entries(len(sent), len(moves), row, sent)),
        (block["waiting"], _entries(len(sent), len(wait[0]), row[waited], yesterday[waited], -1.0)),
        (used, _entries(len(sent), len(at.lane), row, column, -arriving)),
    ]
    build.add_rows("lane_share", parts, upper=0.0, keys=problem.keys.index()[sent])


def shared_sends(problem: NetworkPlanProblem) -> npt.NDArray[np.int64]:
    """Decisions to send patients of whom fewer arrive that day than the switched lane could carry.

    Examples
    --------
    >>> import allocare
    >>> problem = allocare.generate("network-plan", n_sites=3, n_days=4, seed=1, switches=False)
    >>> len(shared_sends(problem))
    0
    """
    moves, at = problem.moves, used_lane_days(problem)
    most = np.zeros((len(problem.lanes), len(problem.days)))
    most[at.lane, at.day] = switch_limits(problem, at)
    sent = moves.of(SEND)
    arriving = problem.arriving[moves.source[sent], moves.what[sent], moves.day[sent]]
    return sent[arriving < most[moves.lane[sent], moves.day[sent]]]


def _surge_limit(build: FormBuilder, problem: NetworkPlanProblem, block: dict[str, Block]) -> None:
    """Surge of a day <= most times opened."""
    moves, places = problem.moves, surge_places(problem)
    opened = np.full((len(problem.sites), len(problem.resources)), -1)
    opened[places] = np.arange(len(places[0]))
    surge = moves.of(SURGE)
    column = opened[moves.source[surge], moves.what[surge]]
    surge, column = surge[column >= 0], column[column >= 0]
    row, most = np.arange(len(surge)), surge_limits(problem)[moves.source[surge], moves.what[surge]]
    parts = [
        (block["quantity"], _entries(len(surge), len(moves), row, surge)),
        (block["surge_opened"], _entries(len(surge), len(places[0]), row, column, -most)),
    ]
    grid = _by_resource(problem)
    cell = grid(moves.source[surge], moves.what[surge], moves.day[surge])
    build.add_rows("surge_limit", parts, upper=0.0, keys=row_keys(problem)[1][cell])


def _lane_changes(build: FormBuilder, problem: NetworkPlanProblem, block: dict[str, Block]) -> None:
    """What a lane carries more, or less, than the day before <= its change."""
    at = changed_lane_days(problem)
    size, later = len(at.lane), np.flatnonzero(at.day > 0)
    difference = (sp.eye_array(size) - _entries(size, size, later, later - 1)) @ carried(problem, at)
    keys = lane_day_keys(problem, at)
    for name, sign in (("lane_rise", 1.0), ("lane_fall", -1.0)):
        parts = [(block["quantity"], sign * difference), (block["lane_change"], -sp.eye_array(size))]
        build.add_rows(name, parts, upper=0.0, keys=keys)


def _stock_changes(build: FormBuilder, problem: NetworkPlanProblem, block: dict[str, Block]) -> None:
    """What a stock is more, or less, than the day before <= its change."""
    places, grid = stock_change_places(problem), _by_resource(problem)
    size, row = len(places[0]), np.arange(len(places[0]))
    today, before = grid(*places), grid(places[0], places[1], places[2] - 1)
    difference = _entries(size, grid.cells, row, today) - _entries(size, grid.cells, row, before)
    keys = block["stock_change"].keys
    for name, sign in (("stock_rise", 1.0), ("stock_fall", -1.0)):
        parts = [(block["stock"], sign * difference), (block["stock_change"], -sp.eye_array(size))]
        build.add_rows(name, parts, upper=0.0, keys=keys)


def _floors(build: FormBuilder, problem: NetworkPlanProblem, block: dict[str, Block]) -> None:
    """Treated here or elsewhere >= the least share of those who arrive, by class and by site."""
    moves = problem.moves
    at = moves.of(TREAT, SEND)
    for name, place, keys, share, axes in (
        ("class_floor", moves.what, problem.classes, problem.minimum_service, (0, 2)),
        ("site_floor", moves.source, problem.sites, problem.site_minimum_service, (1, 2)),
    ):
        some = np.flatnonzero(share > 0)
        served = _entries(len(keys), len(moves), place[at], at)[some]
        least = share[some] * problem.arriving.sum(axis=axes)[some]
        build.add_rows(name, [(block["quantity"], served)], lower=least, keys=keys[some])


def carried(problem: NetworkPlanProblem, at: LaneDays) -> sp.csr_array:
    """Matrix that sums what lanes carry on their days, patients of all classes together.

    Examples
    --------
    >>> import allocare
    >>> problem = allocare.generate("network-plan", n_sites=3, n_days=4, seed=1)
    >>> total = carried(problem, used_lane_days(problem)).sum(axis=0)
    >>> bool((total[problem.moves.of(SEND)] == 1).all())
    True
    """
    moves, n_days = problem.moves, len(problem.days)
    row = np.full(len(problem.lanes) * n_days, -1)
    row[at.lane * n_days + at.day] = np.arange(len(at.lane))
    sent = moves.of(SEND, MOVE)
    of = row[moves.lane[sent].astype(np.int64) * n_days + moves.day[sent]]
    return _entries(len(at.lane), len(moves), of[of >= 0], sent[of >= 0])


def _taken(problem: NetworkPlanProblem, each: FloatArray) -> sp.csr_array:
    """What patients take of each resource, by site and day: rows of resources, columns of classes."""
    days = sp.eye_array(len(problem.days))
    return sp.csr_array(sp.kron(sp.eye_array(len(problem.sites)), sp.kron(sp.csr_array(each.T), days)))


def _entries(height: int, width: int, row: Positions, column: Positions, value: Any = 1.0) -> sp.csr_array:
    data = np.broadcast_to(np.asarray(value, dtype=np.float64), np.shape(row))
    return sp.csr_array((data, (row, column)), shape=(height, width))


def _by_class(problem: NetworkPlanProblem) -> Grid:
    return Grid(len(problem.sites), len(problem.classes), len(problem.days))


def _by_resource(problem: NetworkPlanProblem) -> Grid:
    return Grid(len(problem.sites), len(problem.resources), len(problem.days))
