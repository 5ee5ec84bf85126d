"""POT's network simplex on transportation problems in balanced form; exact, with duals."""

from __future__ import annotations

from dataclasses import replace
from math import floor, frexp, log10
from time import perf_counter
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
import scipy.sparse as sp

from ..models.balanced_form import NEGLIGIBLE, balanced_form
from ..models.balanced_form import refusal as form_refusal
from ..models.proofs import Prices
from ..models.scaling import MOST_DIGITS, InexactScaling, integer_scale, whole_at
from ..models.transportation import least_service
from .backend import Options, Outcome, Task
from .flow_outcome import runs_to_its_end
from .pot_kernel import pot_kernel
from .shadow_prices import shadow_prices
from .solution import Status, StopReason

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray
    from ..instances.transportation import TransportationProblem
    from ..models.balanced_form import BalancedForm

# https://github.com/PythonOT/POT/blob/master/ot/lp/EMD.h, enum ProblemType
STATUS = {
    0: (Status.INFEASIBLE, StopReason.PROVED),
    1: (Status.OPTIMAL, StopReason.PROVED),
    2: (Status.UNKNOWN, StopReason.NUMERICAL),
    3: (Status.UNKNOWN, StopReason.ITERATION_LIMIT),
}

MOST_PIVOTS = 2**62

_refusals: WeakKeyDictionary[Task, str | None] = WeakKeyDictionary()

FINENESS = 2.0**40
"""Units into which quantities are divided where decimals that cannot be made whole seem infeasible."""

MOST_COUNTED_COST = 2.0**47
"""Sums of whole numbers of costs up to which the kernel tells each from the next.

It stops where no lane gains more than 2.2e-15 of the potentials beside it, some of which hold an artificial
arc's cost: (the dearest + 1) times the nodes.
"""

_NATIVE = frozenset({"numItermax"})


def refusal(task: Task, options: Options) -> str | None:
    """Say why this problem is beyond the backend, or None."""
    unknown = set(options.native) - _NATIVE
    if unknown:
        return f"it has no option {min(unknown)!r} of its own (only numItermax)"
    if task.extended:
        return "it solves the problem itself, without constraints added to the model"
    if task not in _refusals:
        problem = _transportation(task)
        _refusals[task] = form_refusal(problem) or _cost_refusal(problem)
    return _refusals[task]


def solve(task: Task, options: Options) -> Outcome:
    """Solve to proved optimality."""
    started = perf_counter()
    problem = _transportation(task)
    form = balanced_form(problem)
    cost, shift = _costs(problem, form) if form.balanced else (None, 0.0)
    built = perf_counter()
    prices = Prices(np.zeros(len(problem.sources)), np.zeros(len(problem.targets)))

    def outcome(status: Status, reason: StopReason, **held: Any) -> Outcome:
        return Outcome(
            status=status,
            stop_reason=reason,
            build_seconds=built - started,
            solve_seconds=perf_counter() - built,
            notes=runs_to_its_end(options.time_limit),
            **held,
        )

    if not form.balanced:
        return outcome(Status.INFEASIBLE, StopReason.PROVED)
    if not form.supply.any():
        plan = np.zeros(problem.size)
    else:
        status, reason, sent, potentials = network_simplex(form.supply, form.demand, cost, options)
        if status is Status.INFEASIBLE and not (
            _computed_exactly(form) or _short_even_rounded(problem, form)
        ):
            status, reason = Status.UNKNOWN, StopReason.NUMERICAL
        if status is not Status.OPTIMAL:
            return outcome(status, reason)
        found = plan_of(problem, form, sent)
        if found is None:
            return outcome(Status.UNKNOWN, StopReason.NUMERICAL)
        plan, prices = found, _prices(problem, form, cost, shift, *potentials)
    objective = objective_of(problem, plan)
    return outcome(
        Status.OPTIMAL,
        StopReason.PROVED,
        decisions=plan,
        objective=objective,
        bound=objective,
        duals=shadow_prices(problem, prices) if form.supply.any() else {},
        certificate=prices,
    )


def network_simplex(
    supply: FloatArray, demand: FloatArray, cost: Any, options: Options
) -> tuple[Status, StopReason, Any, tuple[FloatArray, FloatArray]]:
    """Send equal masses at least cost: how it ended, what is sent, and the potentials.

    Examples
    --------
    >>> found = network_simplex(np.ones(1), np.ones(1), np.array([[3.0]]), Options())
    >>> found[0].value, found[2].tolist()
    ('optimal', [[1.0]])
    """
    amounts = cost.data if sp.issparse(cost) else cost
    # beside the artificial arcs' costs of 1 and more, much smaller ones would drown in rounding
    unit = 2.0 ** min(max(-frexp(float(np.max(amounts)))[1], 0), 1000)
    if unit != 1:
        cost = cost * unit
    have, need = supply.sum(), demand.sum()
    if have != need:  # by rounding
        demand = demand * have / need
    most_pivots = options.native.get("numItermax", MOST_PIVOTS)
    send = _send_listed if sp.issparse(cost) else _send_anywhere
    sent, u, v, code = send(supply, demand, cost, most_pivots)
    return *STATUS[code], sent, (u / unit, v / unit)


def _send_anywhere(
    supply: FloatArray, demand: FloatArray, cost: FloatArray, most_pivots: int
) -> tuple[FloatArray, FloatArray, FloatArray, int]:
    """Run the kernel on a matrix of costs.

    It reads the matrix where it lies only if no mass is 0, so rows and columns without mass are left out.
    """
    sending, receiving = supply > 0, demand > 0
    if sending.all() and receiving.all():
        sent, _, u, v, code = pot_kernel().emd_c(supply, demand, np.ascontiguousarray(cost), most_pivots, 1)
        return sent, u, v, code
    places = np.ix_(sending, receiving)
    part, _, u_part, v_part, code = pot_kernel().emd_c(
        supply[sending], demand[receiving], cost[places], most_pivots, 1
    )
    sent, u, v = np.zeros(cost.shape), np.zeros(len(supply)), np.zeros(len(demand))
    sent[places], u[sending], v[receiving] = part, u_part, v_part
    return sent, u, v, code


def _send_listed(
    supply: FloatArray, demand: FloatArray, cost: sp.coo_array, most_pivots: int
) -> tuple[sp.coo_array, FloatArray, FloatArray, int]:
    """Run the kernel on a list of costs."""
    tail, head, amount, _, u, v, code = pot_kernel().emd_c_sparse(
        supply, demand, cost.row.astype(np.uint64), cost.col.astype(np.uint64), cost.data, most_pivots
    )
    places = tail.astype(np.int64), head.astype(np.int64)
    return sp.coo_array((amount, places), shape=cost.shape), u, v, code


def _transportation(task: Task) -> TransportationProblem:
    return task.problem  # type: ignore[return-value]  # the registry lets no other family through


def _cost_refusal(problem: TransportationProblem) -> str | None:
    """Refuse decimals of more digits than the kernel tells apart; an exact proof would refute its answer.

    Real numbers have no such digits: nothing is proved of them beyond rounding.
    """
    costs = [values for values in (problem.lanes.cost, problem.unmet_cost) if values is not None]
    dearest = max(max(values.max(initial=0.0), -values.min(initial=0.0)) for values in costs)
    # a constant on all costs and the artificial arcs' own 1 make it four times as much at most
    most = 4.0 * dearest * (len(problem.sources) + 2 * len(problem.targets) + 2)
    digits = min(floor(log10(MOST_COUNTED_COST) - log10(most)), MOST_DIGITS) if most > 0 else 0
    for scale in (1, 10**digits) if digits >= 0 else ():
        if all(whole_at(values, scale) for values in costs):
            return None
    try:
        for values in costs:
            integer_scale(values)
    except InexactScaling:
        return None
    return "its costs have more digits than it can tell apart; round them or choose a larger unit"


def _costs(problem: TransportationProblem, form: BalancedForm) -> tuple[Any, float]:
    """Costs as POT takes them, and what was added to all of them.

    POT's artificial arcs cost more than any path only where no cost is negative: (the dearest + 1) times
    the nodes. In a sparse matrix it takes a zero for no lane. A constant on all costs moves no optimum.
    """
    if form.cost.ndim == 1:
        return _sparse(problem, form)
    cost = _dense(form)
    lowest = float(cost.min())
    return (cost, 0.0) if lowest >= 0 else (cost - lowest, -lowest)


def _dense(form: BalancedForm) -> FloatArray:
    """Cost matrix with its dummy row and column; the lanes' own where there are none."""
    m, n = form.cost.shape
    if form.unused_cost is None and form.unmet_cost is None:
        return form.cost
    cost = np.empty((m + (form.unmet_cost is not None), n + (form.unused_cost is not None)))
    cost[:m, :n] = form.cost
    if form.unmet_cost is not None:
        cost[m, :n] = form.unmet_cost
    if form.unused_cost is not None:
        cost[: len(form.unused_cost), n] = form.unused_cost
    return cost


def _sparse(problem: TransportationProblem, form: BalancedForm) -> tuple[sp.coo_array, float]:
    """Cost list with its dummies, and what was added to all costs."""
    m, n = len(problem.sources), len(problem.targets)
    rows, columns, costs = [problem.lanes.source], [problem.lanes.target], [form.cost]
    if form.unmet_cost is not None:
        rows.append(m + np.arange(n, dtype=np.int32) * form.own_dummies)
        columns.append(np.arange(n, dtype=np.int32))
        costs.append(form.unmet_cost)
    if form.unused_cost is not None:
        allowed = np.flatnonzero(np.isfinite(form.unused_cost)).astype(np.int32)
        rows.append(allowed)
        columns.append(np.full(len(allowed), n, dtype=np.int32))
        costs.append(form.unused_cost[allowed])
    cost = np.concatenate(costs)
    lowest = float(cost.min())
    shift = 0.0 if lowest > 0 else (float(np.abs(cost).max()) or 1.0) - lowest
    places = (np.concatenate(rows), np.concatenate(columns))
    return sp.coo_array((cost + shift, places), shape=(len(form.supply), len(form.demand))), shift


def _computed_exactly(form: BalancedForm) -> bool:
    """Whether the kernel added and compared whole numbers alone."""
    return form.cost.ndim == 1 and form.counted


def _short_even_rounded(problem: TransportationProblem, form: BalancedForm) -> bool:
    """Whether supply has no lane, or demand cannot be met even rounded down, with supply rounded up."""
    lanes_from = np.bincount(problem.lanes.source, minlength=len(problem.sources))
    if problem.supply_rule == "exactly" and (form.supply[: len(lanes_from)][lanes_from == 0] > 0).any():
        return True
    if form.counted or problem.supply is None or problem.demand is None:
        return False
    if problem.unmet_cost is not None and not form.own_dummies:
        return False
    demand = least_service(problem) if form.own_dummies else problem.demand
    unit = FINENESS / max(float(problem.supply.sum()), float(problem.demand.sum()))
    looser = replace(
        problem,
        supply=np.ceil(problem.supply * unit * (1 + NEGLIGIBLE)),
        demand=np.floor(demand * unit * (1 - NEGLIGIBLE)),
        unmet_cost=None,
        minimum_service=None,
        supply_rule="at-most",
        demand_rule="exactly",
    )
    return solve(Task(looser), Options()).status is Status.INFEASIBLE


def plan_of(problem: TransportationProblem, form: BalancedForm, sent: Any) -> FloatArray | None:
    """Decisions from POT's plan, or None where it does not add up to the masses.

    Examples
    --------
    >>> from allocare.instances.lanes import Lanes
    >>> from allocare.instances.transportation import TransportationProblem
    >>> problem = TransportationProblem(
    ...     sources=["depot"], targets=["north"], lanes=Lanes.from_matrix([[3]]), supply=[0.5], demand=[0.5])
    >>> plan_of(problem, balanced_form(problem), np.array([[5.0, 0.0]])).tolist()
    [0.5]
    """
    m, n = len(problem.sources), len(problem.targets)
    if form.counted:
        amounts = sent.data if sp.issparse(sent) else sent
        np.rint(amounts, out=amounts)
    sums = np.concatenate(_sums(sent))
    masses = np.concatenate([form.supply, form.demand])
    slack = 0.0 if form.counted else 1e-9 * float(masses.max())
    if (np.abs(sums - masses) > slack).any():
        return None
    if sp.issparse(sent):
        real = (sent.row < m) & (sent.col < n)
        plan = np.zeros(problem.size)
        plan[problem.lanes.position(sent.row[real], sent.col[real])] = sent.data[real]
    else:
        plan = np.ascontiguousarray(sent[:m, :n]).ravel()
    if form.cheapest is not None:
        if sp.issparse(sent):
            beyond = (sent.row < m) & (sent.col == n)
            spare = np.bincount(sent.row[beyond], sent.data[beyond], m)
        else:
            spare = sent[:m, n]
        using = form.cheapest >= 0
        np.add.at(plan, form.cheapest[using], spare[using])
    return plan / form.quantity_scale if form.quantity_scale > 1 else plan


def _sums(sent: Any) -> list[Any]:
    """What each source sends and each target receives."""
    if not sp.issparse(sent):
        return [sent.sum(axis=1), sent.sum(axis=0)]
    # several times as fast as the matrix's own sums where it is small
    ends = zip((sent.row, sent.col), sent.shape, strict=True)
    return [np.bincount(end, sent.data, count) for end, count in ends]


def objective_of(problem: TransportationProblem, plan: FloatArray) -> float:
    """Objective of a plan, the price of unmet demand included.

    Examples
    --------
    >>> from allocare.instances.lanes import Lanes
    >>> from allocare.instances.transportation import TransportationProblem
    >>> problem = TransportationProblem(
    ...     sources=["depot"], targets=["north"], lanes=Lanes.from_matrix([[3]]), supply=[9], demand=[7],
    ...     unmet_cost=[10])
    >>> objective_of(problem, np.array([6.0]))
    28.0
    """
    lanes, used = problem.lanes, np.flatnonzero(plan != 0)
    value = float(lanes.cost[used] @ plan[used])
    if problem.unmet_cost is not None and problem.demand is not None:
        target = used % lanes.n_targets if lanes.complete else lanes.target[used]
        received = np.bincount(target, plan[used], lanes.n_targets)
        unmet = float(problem.unmet_cost @ np.maximum(problem.demand - received, 0.0))
        value += -unmet if problem.maximise else unmet
    return value


def _prices(
    problem: TransportationProblem,
    form: BalancedForm,
    cost: Any,
    shift: float,
    of_supply: FloatArray,
    of_demand: FloatArray,
) -> Prices:
    """Prices in the problem's sense; a dummy's own potential is the zero of the other side."""
    m, n = len(problem.sources), len(problem.targets)
    u, v = np.array(of_supply, dtype=np.float64), np.array(of_demand, dtype=np.float64) - shift
    _price_empty(form, cost, shift, u, v)
    target_zero = u[m] if form.unmet_cost is not None and not form.own_dummies else None
    # a dummy target that no lane reaches says nothing
    source_zero = v[n] if form.unused_cost is not None and np.isfinite(v[n]) else None
    if source_zero is None:
        source_zero = -np.nanmax(u) if target_zero is None else -target_zero
    if target_zero is None:
        target_zero = -source_zero
    sign = -1.0 if problem.maximise else 1.0
    return Prices(sign * (u[:m] + source_zero), sign * (v[:n] + target_zero))


def _price_empty(form: BalancedForm, cost: Any, shift: float, u: FloatArray, v: FloatArray) -> None:
    """Give nodes of no mass, which POT leaves out, the highest potentials that no lane refutes.

    A node without a lane has none (NaN): no more can be sent from it or to it.
    """
    lanes = sp.coo_array(cost) if sp.issparse(cost) else None
    for own, other, mass, axis in ((v, u, form.demand, 1), (u, v, form.supply, 0)):
        empty = mass == 0
        if not empty.any():
            continue
        known = form.supply > 0 if axis == 1 else np.isfinite(v)
        if lanes is None:
            room = cost[:, empty].T if axis == 1 else cost[empty]
            own[empty] = (room[:, known] - shift - other[known]).min(axis=1)
            continue
        near, far = (lanes.col, lanes.row) if axis == 1 else (lanes.row, lanes.col)
        highest = np.full(len(own), np.inf)
        used = known[far]
        np.minimum.at(highest, near[used], lanes.data[used] - shift - other[far[used]])
        highest[np.isinf(highest)] = np.nan
        own[empty] = highest[empty]
