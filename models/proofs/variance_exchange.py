"""When no exchange of whole units lowers the variance, and what each broken condition costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..checks.findings import figure, named
from ..checks.lane_sums import lane_name, sums_at
from .levels import Shortfall, lane_most
from .price_list import exact

if TYPE_CHECKING:
    from ...instances.arrays import BoolArray, FloatArray
    from ...instances.fair_allocation import FairAllocationProblem
    from .price_list import PriceList

NOTHING = Shortfall(0.0, "")


def variance_shortfalls(
    problem: FairAllocationProblem, plan: FloatArray, prices: PriceList, floor: float
) -> list[Shortfall]:
    """Bounds on how much less than this plan's any plan's sum of squares can be, and why.

    Parameters
    ----------
    problem
        The problem.
    plan
        Whole quantities.
    prices
        Prices of sources, targets and the total.
    floor
        What every plan must serve.

    Examples
    --------
    >>> from allocare.instances.fair_allocation import FairAllocationProblem
    >>> from allocare.instances.lanes import Lanes
    >>> problem = FairAllocationProblem(
    ...     sources=["depot"], targets=["north", "south"], lanes=Lanes.from_matrix([[1, 1]]),
    ...     supply=[3], demand=[2, 4], whole=True)
    >>> from allocare.models.proofs.price_list import PriceList
    >>> none = np.array([0])
    >>> prices = PriceList.of(np.array([3]), np.array([4]), none, np.array([0, 0]), none)
    >>> [part.what for part in variance_shortfalls(problem, np.array([1.0, 2.0]), prices, 3.0)]
    ['', '', '']
    """
    lanes = problem.lanes
    received = sums_at(lanes.target, plan, len(problem.targets))
    sent = sums_at(lanes.source, plan, len(problem.sources))
    return [
        _targets(problem, received, prices),
        *_lanes(problem, plan, prices),
        unused(problem, sent, prices),
        beyond(float(received.sum()), floor, prices),
    ]


def _targets(problem: FairAllocationProblem, received: FloatArray, prices: PriceList) -> Shortfall:
    """Targets whose last unit weighs more than their price, or whose next one weighs less."""
    needing = np.flatnonzero(problem.demand > 0)
    at, r, d = prices.target[needing], received[needing], problem.demand[needing]
    factor = max(float(prices.denominator[at].max(initial=1)), 1.0)
    numerators = prices.numerator[at].astype(np.float64)
    units = exact(2 * r + 1, factor=factor)
    price = exact(numerators, factor=float(d.max(initial=1)))
    if price.dtype == object:
        price = prices.numerator[at].astype(object)
    price, below = price * exact(d, factor=1.0), prices.denominator[at]
    last, following = (units - 2) * below > price, price > units * below
    broken = np.asarray(((r > 0) & last) | ((r < d) & following), dtype=bool)
    if not broken.any():
        return NOTHING
    value = prices.value[at]
    best = np.clip(np.rint(value * d / 2), 0, d)
    amount = np.where(broken, np.maximum((r - best) * ((r + best) / d - value), 0.0), 0.0)
    worst = int(np.argmax(np.where(broken, amount, -1.0)))
    name, has = named(problem.targets, int(needing[worst])), r[worst]
    if has > 0 and bool(last[worst]):
        weighs = f"its last of {figure(has)} units weighs {figure((2 * has - 1) / d[worst])}"
    else:
        weighs = f"one more than {figure(has)} units weighs {figure((2 * has + 1) / d[worst])}"
    return Shortfall(float(amount.sum()), f"target {name}: {weighs}, its price is {figure(value[worst])}")


def _lanes(problem: FairAllocationProblem, plan: FloatArray, prices: PriceList) -> list[Shortfall]:
    """Lanes to dearer targets that carry something, and lanes to cheaper ones that are not full."""
    lanes, order, value = problem.lanes, prices.order, prices.value
    above = order[prices.target][lanes.target] - order[prices.source][lanes.source]
    missing = []
    for places, upward in ((np.flatnonzero(above > 0), True), (np.flatnonzero(above < 0), False)):
        most = lane_most(problem, places)
        off = plan[places] if upward else most - plan[places]
        if not off.any():
            continue
        there = value[prices.target[lanes.target[places]]]
        here = value[prices.source[lanes.source[places]]]
        amount = np.abs(there - here) * off
        worst = int(np.argmax(np.where(off != 0, amount, -1.0)))
        lane = int(places[worst])
        missing.append(
            Shortfall(
                float(amount.sum()),
                f"lane from {lane_name(lanes, problem.sources, problem.targets, lane)}: carries "
                f"{figure(plan[lane])} of {figure(most[worst])} from price {figure(here[worst])} "
                f"to {figure(there[worst])}",
            )
        )
    return missing


def unused(problem: FairAllocationProblem, sent: FloatArray, prices: PriceList) -> Shortfall:
    """Sources cheaper than the total's price that do not send all they have, or dearer than it.

    A source may not be dearer where it has anything.

    Examples
    --------
    >>> from allocare.instances.fair_allocation import FairAllocationProblem
    >>> from allocare.instances.lanes import Lanes
    >>> problem = FairAllocationProblem(
    ...     sources=["depot"], targets=["north", "south"], lanes=Lanes.from_matrix([[1, 1]]),
    ...     supply=[3], demand=[2, 4], whole=True)
    >>> from allocare.models.proofs.price_list import PriceList
    >>> at = np.array([0])
    >>> prices = PriceList.of(np.array([1, 2]), np.array([1, 1]), at, np.array([0, 0]), at + 1)
    >>> unused(problem, np.array([1.0]), prices).what
    "source 'depot': sends 1 of 3 at price 1, a unit in all has 2"
    """
    order, value = prices.order, prices.value
    top = order[prices.total]
    here = order[prices.source]
    off = problem.supply - sent
    broken = ((here < top) & (off != 0)) | ((here > top) & (problem.supply > 0))
    if not broken.any():
        return NOTHING
    amount = np.where(here < top, (value[prices.total] - value[prices.source]) * off, np.inf)[broken]
    at = int(np.flatnonzero(broken)[np.argmax(amount)])
    return Shortfall(
        float(amount.sum()),
        f"source {named(problem.sources, at)}: sends {figure(sent[at])} of {figure(problem.supply[at])} "
        f"at price {figure(value[prices.source[at]])}, a unit in all has {figure(value[prices.total])}",
    )


def beyond(total: float, floor: float, prices: PriceList) -> Shortfall:
    """A total at a price that is not the least that must be served.

    Examples
    --------
    >>> from allocare.models.proofs.price_list import PriceList
    >>> at = np.array([0])
    >>> beyond(5.0, 3.0, PriceList.of(np.array([7]), np.array([2]), at, at, at)).amount
    7.0
    """
    value = float(prices.value[prices.total])
    numerator = int(prices.numerator[prices.total])
    if numerator == 0 or (numerator > 0 and total == floor):
        return NOTHING
    amount = value * (total - floor) if numerator > 0 else np.inf
    return Shortfall(
        float(amount),
        f"plan: serves {figure(total)} in all at price {figure(value)}, "
        f"and is only seen to have to serve {figure(floor)}",
    )


def cut_below(problem: FairAllocationProblem, prices: PriceList) -> float:
    """Capacity of the cut under the total's price: nothing serves more.

    Sources below it send at most their supply, and reach targets below it with that alone but for the lanes
    from other sources; all other targets receive at most their demand.

    Examples
    --------
    >>> from allocare.instances.fair_allocation import FairAllocationProblem
    >>> from allocare.instances.lanes import Lanes
    >>> problem = FairAllocationProblem(
    ...     sources=["depot"], targets=["north", "south"], lanes=Lanes.from_matrix([[1, 1]]),
    ...     supply=[3], demand=[2, 4], whole=True)
    >>> from allocare.models.proofs.price_list import PriceList
    >>> at = np.array([0])
    >>> prices = PriceList.of(np.array([1, 2]), np.array([1, 1]), at, np.array([0, 0]), at + 1)
    >>> cut_below(problem, prices)
    3.0
    """
    lanes, top = problem.lanes, prices.order[prices.total]
    low_source = prices.order[prices.source] < top
    low_target = prices.order[prices.target] < top
    across = np.flatnonzero(~low_source[lanes.source] & low_target[lanes.target])
    return float(
        problem.supply[low_source].sum()
        + lane_most(problem, across).sum()
        + problem.demand[~low_target].sum()
    )


def limits_broken(problem: FairAllocationProblem, plan: FloatArray) -> list[Shortfall]:
    """Whether a plan breaks a supply, a demand, a lane or the budget.

    Examples
    --------
    >>> from allocare.instances.fair_allocation import FairAllocationProblem
    >>> from allocare.instances.lanes import Lanes
    >>> problem = FairAllocationProblem(
    ...     sources=["depot"], targets=["north", "south"], lanes=Lanes.from_matrix([[1, 1]]),
    ...     supply=[3], demand=[2, 4], whole=True)
    >>> len(limits_broken(problem, np.array([1.0, 2.0]))), len(limits_broken(problem, np.array([1.0, 3.0])))
    (0, 1)
    """
    lanes = problem.lanes
    sent = sums_at(lanes.source, plan, len(problem.sources))
    received = sums_at(lanes.target, plan, len(problem.targets))
    kept: list[BoolArray | bool] = [plan >= 0, sent <= problem.supply, received <= problem.demand]
    if lanes.capacity is not None:
        kept.append(plan <= lanes.capacity)
    if problem.cost_budget is not None:
        kept.append(bool(lanes.cost @ plan <= problem.cost_budget))
    if all(np.all(part) for part in kept):
        return []
    return [Shortfall(np.inf, "the fuller plan breaks a limit")]
