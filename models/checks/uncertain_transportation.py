"""The rules of a plan that is made before demand is known, and what it costs by the problem's measure."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

import numpy as np

from ...instances.uncertain_demand import IntervalDemand, point_of
from .findings import Findings, common_size, floor_tolerance, largest, named
from .lane_sums import carried_on, examine_lanes, examine_whole, lane_cost, lane_name, lane_sums, linear_scale
from .recourse import later
from .report import Valuation
from .risk import tail_weights, worst_over_interval

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray
    from ...instances.uncertain_transportation import UncertainTransportationProblem


def findings(problem: UncertainTransportationProblem) -> Findings:
    """Nothing found yet; tolerances fit the quantities that can move.

    Examples
    --------
    >>> import allocare
    >>> findings(allocare.example("ventilator-stocking")).unit
    'ventilators'
    """
    limits = (largest(problem.supply), _largest_demand(problem))
    return Findings(floor_tolerance(common_size(*limits)), problem.whole, problem.unit("quantity"))


def _largest_demand(problem: UncertainTransportationProblem) -> float:
    if isinstance(problem.demand, IntervalDemand):
        return largest(problem.demand.nominal + problem.demand.upward)
    return largest(problem.scenarios.quantity.ravel())


def decision_name(problem: UncertainTransportationProblem, at: int) -> str:
    """Write a lane in the user's keys.

    Examples
    --------
    >>> import allocare
    >>> decision_name(allocare.example("ventilator-stocking"), 0)
    "'central store' to 'Jena'"
    """
    return lane_name(problem.lanes, problem.sources, problem.targets, at)


def examine(problem: UncertainTransportationProblem, quantity: FloatArray, found: Findings) -> Valuation:
    """Find what a plan breaks, and what it costs.

    Examples
    --------
    >>> import allocare
    >>> from allocare.instances.lanes import Lanes
    >>> problem = allocare.UncertainTransportationProblem(
    ...     sources=["depot"], targets=["Jena"], lanes=Lanes.from_matrix([[2]]), supply=[5],
    ...     demand=allocare.ScenarioDemand([[4], [8]]), unmet_cost=10, leftover_cost=1)
    >>> found = findings(problem)
    >>> examine(problem, np.array([6.0]), found).objective
    23.0
    >>> found.worst()[0].message
    "supply of 'depot': sends 6, has 5 (1 too much)"
    """
    name = partial(decision_name, problem)
    carried = carried_on(problem.lanes, quantity)
    if problem.whole:
        carried = examine_whole(found, carried, name)
    sums = lane_sums(problem.lanes, carried)
    examine_lanes(found, problem.lanes, carried, name)
    if problem.supply is not None:
        found.hold(
            "supply",
            sums.sent,
            lambda at, sends, has, off: (named(problem.sources, at), f"sends {sends}, has {has} ({off})"),
            at_most=problem.supply,
            gross=sums.sent_gross,
        )
    sent, scale = lane_cost(problem.lanes.cost, carried, found.floor)
    sent += float(problem.purchase_cost @ sums.sent)
    scale += linear_scale(problem.purchase_cost, sums.sent_gross, found.floor)
    rounding = found.floor * (largest(problem.unmet_cost) + largest(problem.leftover_cost))
    after = _measured(problem, sums.received)
    return after._replace(objective=after.objective + sent, scale=after.scale + scale + rounding)


def _measured(problem: UncertainTransportationProblem, stock: FloatArray) -> Valuation:
    """What comes after demand is known, by the measure; demand met and unmet as expected."""
    if isinstance(problem.demand, IntervalDemand):
        return _worst_in_interval(problem, stock)
    demand = problem.scenarios
    likely = demand.probability
    found = later(problem, stock, demand.quantity)
    match problem.measure:
        case "cvar":
            tail = tail_weights(found.cost, likely, problem.tail_level)
            weight = (1 - problem.tail_weight) * likely + problem.tail_weight * tail
        case "worst-case":
            weight = (np.arange(len(likely)) == np.argmax(found.cost)).astype(np.float64)
        case _:
            weight = likely
    served = float(likely @ (demand.quantity - found.unmet).sum(axis=1))
    unmet = float(likely @ found.unmet.sum(axis=1))
    return Valuation(float(weight @ found.cost), float(weight @ found.size), served, unmet)


def _worst_in_interval(problem: UncertainTransportationProblem, stock: FloatArray) -> Valuation:
    demand = cast("IntervalDemand", problem.demand)
    fraction = demand.budget % 1.0

    def dearest(share: float) -> FloatArray:
        ends = (demand.nominal + share * demand.upward, demand.nominal - share * demand.downward)
        of_end = [
            problem.unmet_cost * np.maximum(end - stock, 0.0)
            + problem.leftover_cost * np.maximum(stock - end, 0.0)
            for end in ends
        ]
        return np.asarray(np.maximum(*of_end))

    worst, parts = worst_over_interval(np.stack([dearest(0.0), dearest(1.0), dearest(fraction)]), demand)
    unmet = np.maximum(point_of(demand) - stock, 0.0)
    return Valuation(
        worst, float(np.abs(parts).sum()), float((demand.nominal - unmet).sum()), float(unmet.sum())
    )
