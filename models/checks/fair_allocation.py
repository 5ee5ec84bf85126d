"""The rules and the objective of a fair allocation."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from .findings import Findings, common_size, floor_tolerance, largest, named
from .lane_sums import carried_on, examine_lanes, examine_whole, lane_name, lane_sums
from .most_servable import cut_bound, easy_bound, most_servable
from .report import Valuation

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray
    from ...instances.fair_allocation import FairAllocationProblem
    from .lane_sums import Carried, LaneSums


def findings(problem: FairAllocationProblem) -> Findings:
    """Nothing found yet; tolerances fit the quantities that can move.

    Examples
    --------
    >>> import allocare
    >>> found = findings(allocare.example("ventilator-sharing"))
    >>> found.floor, found.whole, found.unit
    (1e-06, False, 'ventilator-weeks')
    """
    size = common_size(largest(problem.supply), largest(problem.demand))
    return Findings(floor_tolerance(size), problem.whole, problem.unit("quantity"))


def decision_name(problem: FairAllocationProblem, at: int) -> str:
    """Write a lane in the user's keys.

    Examples
    --------
    >>> import allocare
    >>> decision_name(allocare.example("ventilator-sharing"), 0)
    "'lender 1' to 'hospital 1'"
    """
    return lane_name(problem.lanes, problem.sources, problem.targets, at)


def examine(problem: FairAllocationProblem, quantity: FloatArray, found: Findings) -> Valuation:
    """Find what an allocation breaks, and how uneven it is.

    Examples
    --------
    >>> from allocare.instances.fair_allocation import FairAllocationProblem
    >>> from allocare.instances.lanes import Lanes
    >>> problem = FairAllocationProblem(
    ...     sources=["depot"], targets=["north", "south"], lanes=Lanes.from_matrix([[1, 1]]),
    ...     supply=[6], demand=[4, 4])
    >>> found = findings(problem)
    >>> examine(problem, np.array([2.0, 3.0]), found).objective
    0.015625
    >>> found.worst()[0].message
    'efficiency floor: serves 5 in all, must serve at least 6 (1 too little)'
    """
    name = partial(decision_name, problem)
    carried = carried_on(problem.lanes, quantity)
    if problem.whole:
        carried = examine_whole(found, carried, name)
    sums = lane_sums(problem.lanes, carried)
    examine_lanes(found, problem.lanes, carried, name)
    found.hold(
        "supply",
        sums.sent,
        lambda at, sends, limit, off: (named(problem.sources, at), f"sends {sends}, has {limit} ({off})"),
        at_most=problem.supply,
        gross=sums.sent_gross,
    )
    found.hold(
        "demand",
        sums.received,
        lambda at, gets, needs, off: (named(problem.targets, at), f"receives {gets}, needs {needs} ({off})"),
        at_most=problem.demand,
        gross=sums.received_gross,
    )
    _budget(problem, carried, found)
    _efficiency_floor(problem, carried, sums, found)
    served = float(sums.received.sum())
    unmet = float(np.maximum(problem.demand - sums.received, 0.0).sum())
    if problem.criterion == "min-variance":
        objective, scale = service_variance(sums.received, problem.demand)
    else:
        objective, scale = _need_deviation(problem, carried)
    return Valuation(objective, scale, served, unmet)


def service_variance(received: FloatArray, demand: FloatArray) -> tuple[float, float]:
    r"""Demand-weighted population variance of the service levels, and the scale of claims about it.

    .. math:: \frac{1}{D} \sum_j d_j (y_j - \bar y)^2,\quad y_j = r_j / d_j,\ \bar y = \sum_j r_j / D,
              \ D = \sum_j d_j

    Summed from the deviations, so that nothing cancels. A solver that works on the expanded square knows
    the variance only to a share of the mean's square, so a tenth of that belongs to the scale.

    Examples
    --------
    >>> variance, _ = service_variance(np.array([2.0, 4.0]), np.array([4.0, 4.0]))
    >>> variance
    0.0625
    """
    needing = demand > 0
    if not needing.any():
        return 0.0, 1.0
    weight = demand[needing] / demand[needing].sum()
    level = received[needing] / demand[needing]
    # summed without BLAS, whose threads cost more than so short a sum
    mean = float((weight * level).sum())
    variance = float((weight * (level - mean) ** 2).sum())
    return variance, variance + 0.1 * max(mean**2, 1e-6)


def _need_deviation(problem: FairAllocationProblem, carried: Carried) -> tuple[float, float]:
    assert problem.need is not None
    gap = -problem.need
    gap[carried.lane] += carried.quantity
    objective = float(gap @ gap)
    return objective, objective + 0.1 * float(problem.need @ problem.need)


def _budget(problem: FairAllocationProblem, carried: Carried, found: Findings) -> None:
    if problem.cost_budget is None:
        return
    cost = problem.lanes.cost
    paid = cost[carried.lane] * carried.quantity
    found.hold(
        "cost budget",
        np.array([paid.sum()]),
        lambda _, costs, budget, off: ("", f"all lanes cost {costs}, the budget is {budget} ({off})"),
        at_most=problem.cost_budget,
        gross=np.array([np.abs(paid).sum()]),
        floor=largest(cost) * found.floor,
        unit=problem.unit("cost"),
        whole=False,
    )


def _efficiency_floor(
    problem: FairAllocationProblem, carried: Carried, sums: LaneSums, found: Findings
) -> None:
    loss = problem.efficiency_loss
    if loss is None:
        return
    served = float(sums.received.sum())
    if served >= (1 - loss) * easy_bound(problem) or served >= (1 - loss) * cut_bound(problem, carried, sums):
        return
    required = (1 - loss) * most_servable(problem)
    if problem.whole:
        # 0.07 * 100 is a little above 7 in binary numbers; it asks for 7, not 8
        required = float(np.ceil(required * (1 - 1e-12)))
    found.hold(
        "efficiency floor",
        np.array([served]),
        lambda _, serves, least, off: ("", f"serves {serves} in all, must serve at least {least} ({off})"),
        at_least=required,
        gross=np.array([sums.received_gross.sum()]),
        left_out=True,
    )
