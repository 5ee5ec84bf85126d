"""Proofs by prices for transportation and assignment."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, cast

import numpy as np

from ...instances.arrays import nonzero
from ...instances.errors import InputError
from ..checks.findings import largest
from .bipartite import Bipartite, Multipliers, lower_bound
from .exact import LARGEST, Tally, decimal_scale, nearest_whole, whole
from .priorities import class_weights
from .proof import TOLERANCE, Proof
from .slackness import weakest_place

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray
    from ...instances.assignment import AssignmentProblem
    from ...instances.problem import Problem
    from ...instances.transportation import TransportationProblem
    from ..check import CheckReport
    from .certificates import Prices


SHARP = 2.0**34
"""Divisible quantities, in units of their last digit, up to which a plan in doubles hits every one of them.

Beyond it the sums of a plan are off by a unit or so of that digit, and the bound is met within rounding.
"""


def prove(problem: Problem, decisions: FloatArray, certificate: Prices, report: CheckReport) -> Proof:
    """Prove a transportation plan or an assignment optimal by its prices.

    Examples
    --------
    >>> from allocare.instances.assignment import AssignmentProblem
    >>> from allocare.instances.lanes import Lanes
    >>> from allocare.models.check import check_decisions
    >>> from allocare.models.proofs import Prices
    >>> problem = AssignmentProblem(
    ...     agents=["bed 1", "bed 2"], tasks=["Ada", "Bo"], pairs=Lanes.from_matrix([[1, 4], [2, 3]]))
    >>> plan, prices = np.array([1.0, 0.0, 0.0, 1.0]), Prices(np.zeros(2), np.array([1.0, 3.0]))
    >>> prove(problem, plan, prices, check_decisions(problem, plan))
    Proof(bound=4.0, proved=True, weakness='')
    """
    sign = -1 if problem.maximise else 1
    nothing = -sign * np.inf
    if problem.kind == "transportation":
        transportation = cast("TransportationProblem", problem)
        ends, names = (transportation.sources, transportation.targets), ("sources", "targets")
        form = _transportation(transportation)
    elif problem.kind == "assignment":
        assignment = cast("AssignmentProblem", problem)
        ends, names = (assignment.agents, assignment.tasks), ("agents", "tasks")
        weight = class_weights(assignment, certificate.class_weight)
        if isinstance(weight, str):
            return Proof(nothing, False, weight)
        form = _assignment(assignment, weight)
    else:
        raise InputError(f"prices of sources and targets do not fit a {problem.kind} problem")
    if (len(certificate.source), len(certificate.target)) != (len(ends[0]), len(ends[1])):
        raise InputError(
            f"the certificate prices {len(certificate.source)} of {len(ends[0])} {names[0]} and "
            f"{len(certificate.target)} of {len(ends[1])} {names[1]}"
        )
    bound = lower_bound(form, _multipliers(form, certificate, sign))
    whole_units = bool(getattr(problem, "whole", True))
    proved = _meets(form, decisions, whole_units, bound.value, bound.rounding, report)
    if form.weight is not None:
        # the weighted sum's bound says nothing about the plain sum of a plan that is worse by class
        value = report.objective if proved else nothing
    else:
        value = sign * _in_units(bound.value, form)
    if proved:
        return Proof(value, True)
    plan = np.rint(decisions) if whole_units else decisions
    return Proof(value, False, weakest_place(form, bound.prices, plan, *ends, sign))


def _multipliers(form: Bipartite, certificate: Prices, sign: int) -> Multipliers:
    given = (certificate.source, certificate.target, np.array([certificate.total]))
    if form.exact:
        source, target, total = (sign * nearest_whole(prices, form.cost_scale) for prices in given)
    else:
        source, target, total = (sign * np.nan_to_num(prices, nan=0.0) for prices in given)
    return Multipliers(source, target, float(total[0]))


def _meets(
    form: Bipartite,
    plan: FloatArray,
    whole_units: bool,
    bound: float,
    rounding: float,
    report: CheckReport,
) -> bool:
    """Whether the plan costs what the bound says: exactly where plan and data are whole numbers."""
    if not np.isfinite(report.objective) or bound == -np.inf:
        return False
    if form.exact and (cost := _exact_cost(form, plan, whole_units)) is not None:
        return cost == bound
    slack = TOLERANCE * report.objective_scale
    if form.weight is not None:
        return False
    gap = form.cost_sign * report.objective - _in_units(bound + rounding if rounding else bound, form)
    return abs(gap) <= slack + rounding


def _exact_cost(form: Bipartite, plan: FloatArray, whole_units: bool) -> int | None:
    """What the plan costs in whole numbers, or None where its quantities are none."""
    used = nonzero(plan)
    carried = np.rint(plan[used]) if whole_units else plan[used]
    quantity = np.rint(carried * form.quantity_scale)
    most = LARGEST if whole_units else SHARP
    if (quantity / form.quantity_scale != carried).any() or np.abs(quantity).max(initial=0.0) >= most:
        return None
    tally = Tally(exact=True)
    tally.add(form.cost(used), quantity)
    if form.short_price is not None:
        received = np.bincount(form.ends(used)[1], quantity, len(form.need))
        if received.max(initial=0.0) >= LARGEST:
            return None
        tally.add(form.short_price, np.maximum(form.need - received, 0.0))
    return int(tally.value)


def _in_units(value: float, form: Bipartite) -> float:
    if not isinstance(value, int):
        return float(value)
    return float(Fraction(value, form.cost_scale * form.quantity_scale))


def _transportation(problem: TransportationProblem) -> Bipartite:
    supply, demand, lanes = problem.supply, problem.demand, problem.lanes
    m, n = len(problem.sources), len(problem.targets)
    total = None if problem.total is None else np.array([problem.total])
    prices = decimal_scale(lanes.cost, problem.unmet_cost)
    units = decimal_scale(supply, demand, total, lanes.capacity)
    shares: int | None = 1
    if not problem.whole and problem.minimum_service is not None:
        shares = decimal_scale(problem.minimum_service)
    most = max(float(q.max(initial=0.0)) for q in (supply, demand, total, np.zeros(1)) if q is not None)
    exact = bool(prices and units and shares and most * units * shares < LARGEST)
    scale, cost_scale, share_scale = (units, prices, shares) if exact else (1, 1, 1)
    assert scale is not None and cost_scale is not None and share_scale is not None

    def quantity(values: FloatArray) -> FloatArray:
        return whole(values, scale * share_scale)

    send_most = np.full(m, np.inf) if supply is None else quantity(supply)
    need = np.zeros(n) if demand is None else quantity(demand)
    least = need
    if problem.unmet_cost is not None:
        least = np.zeros(n)
        if problem.minimum_service is not None and demand is not None:
            if problem.whole:
                least = np.ceil(problem.minimum_service * demand * (1 - 1e-12))
            else:
                least = whole(problem.minimum_service, share_scale) * whole(demand, scale)
    return Bipartite(
        lanes=lanes,
        send_least=send_most if problem.supply_rule == "exactly" else np.zeros(m),
        send_most=send_most,
        receive_least=least,
        receive_most=need if problem.demand_rule == "exactly" else np.full(n, np.inf),
        need=need,
        short_price=None if problem.unmet_cost is None else whole(problem.unmet_cost, cost_scale),
        lane_most=None if lanes.capacity is None else quantity(lanes.capacity),
        total=None if total is None else float(quantity(total)[0]),
        cost_sign=-1 if problem.maximise else 1,
        cost_scale=cost_scale,
        quantity_scale=scale * share_scale,
        exact=exact,
    )


def _assignment(problem: AssignmentProblem, weight: FloatArray | None) -> Bipartite:
    once, n = problem.task_rule == "exactly-once", len(problem.tasks)
    unit_use = problem.use is None or bool((problem.use == 1).all())
    left_out = np.zeros(n) if problem.left_out_cost is None else problem.left_out_cost
    prices = decimal_scale(problem.pairs.cost, left_out)
    exact = unit_use and prices is not None
    if exact and prices is not None and weight is not None:
        dearest = max(largest(problem.pairs.cost), largest(left_out))
        exact = dearest * prices * float(weight.max(initial=1.0)) < LARGEST
    cost_scale = prices if exact and prices is not None else 1
    short_price = whole(left_out, cost_scale)
    return Bipartite(
        lanes=problem.pairs,
        send_least=np.zeros(len(problem.agents)),
        send_most=np.minimum(np.floor(problem.capacity), n) if unit_use else problem.capacity,
        receive_least=np.ones(n) if once else np.zeros(n),
        receive_most=np.ones(n),
        need=np.ones(n),
        short_price=None if once else short_price if weight is None else short_price * weight,
        use=None if unit_use else problem.use,
        weight=weight,
        cost_sign=-1 if problem.maximise else 1,
        cost_scale=cost_scale,
        exact=exact,
    )
