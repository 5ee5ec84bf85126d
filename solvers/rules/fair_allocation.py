"""Baseline plans of fair allocation: serve as much as a rule can place, up to each recipient's demand.

With the criterion ``need-deviation`` no lane carries more than its need (rounded to a whole number for
whole units), unless an efficiency floor asks for more: then the cheapest lanes carry the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...models.fair_allocation import efficiency_floor
from .arrival import turn
from .gaps import close_gaps
from .ledger import Ledger
from .levels import raise_levels
from .orders import by_cost, by_target
from .shares import share_in_proportion

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...instances.arrays import FloatArray
    from ...instances.fair_allocation import FairAllocationProblem

    Rule = Callable[[Ledger, FairAllocationProblem], None]


def _nearest(ledger: Ledger, problem: FairAllocationProblem) -> None:
    """Recipients in table order, each from its cheapest lanes with room left."""
    ledger.fill(by_target(ledger.target, ledger.cost))


def _largest_need(ledger: Ledger, problem: FairAllocationProblem) -> None:
    """Recipients from the largest demand, each from its cheapest lanes; equal demands in table order."""
    ledger.fill(by_target(ledger.target, ledger.cost, problem.demand))


def _marginal_gain(ledger: Ledger, problem: FairAllocationProblem) -> None:
    """Give where the next unit helps most: the lowest service level, or the lane furthest from its need."""
    if problem.need is None:
        raise_levels(ledger, problem.demand)
    else:
        close_gaps(ledger, problem.need)


def _first_come(ledger: Ledger, problem: FairAllocationProblem) -> None:
    """Recipients as they arrived (column ``arrival``, or else table order), from their cheapest lanes."""
    came = turn(problem, "targets", problem.targets)
    ledger.fill(by_target(ledger.target, ledger.cost, -came))


def _proportional_share(ledger: Ledger, problem: FairAllocationProblem) -> None:
    """Shares in proportion to demand, from the cheapest lanes; what cannot be brought is shared again."""
    share_in_proportion(ledger, np.arange(len(ledger.source)))


RULES: dict[str, Rule] = {
    "marginal-gain": _marginal_gain,
    "nearest": _nearest,
    "largest-need": _largest_need,
    "first-come": _first_come,
    "proportional-share": _proportional_share,
}


def misfit(problem: FairAllocationProblem, rule: str) -> str | None:
    """Say what about this problem a rule of the family cannot take, or None.

    Examples
    --------
    >>> import allocare
    >>> misfit(allocare.example("ventilator-sharing"), "marginal-gain") is None
    True
    """
    if rule == "proportional-share" and problem.cost_budget is not None:
        return "shares quantities, and here a cost budget limits them"
    return None


def plan(problem: FairAllocationProblem, rule: Rule) -> FloatArray:
    """Quantity of each lane by this rule, cost budget kept.

    Examples
    --------
    >>> from allocare.instances.fair_allocation import FairAllocationProblem
    >>> from allocare.instances.lanes import Lanes
    >>> problem = FairAllocationProblem(sources=["depot"], targets=["north", "south"],
    ...     lanes=Lanes.from_matrix([[1, 1]]), supply=[6], demand=[4, 8])
    >>> plan(problem, RULES["marginal-gain"]).tolist()
    [2.0, 4.0]
    """
    lanes = problem.lanes
    room = lanes.capacity
    if problem.need is not None:
        need = np.floor(problem.need + 0.5) if problem.whole else problem.need
        room = need if room is None else np.minimum(room, need)
    ledger = Ledger(
        source=lanes.source,
        target=lanes.target,
        cost=lanes.cost,
        supply=problem.supply,
        need=problem.demand,
        room=room,
        budget=np.inf if problem.cost_budget is None else problem.cost_budget,
        price=lanes.cost,
        whole=problem.whole,
    )
    rule(ledger, problem)
    if problem.need is not None:
        _serve_beyond_need(ledger, problem)
    return ledger.flow


def short_of_floor(problem: FairAllocationProblem, served: float) -> float:
    """How much less than the efficiency floor is served, 0 where there is none or it is reached.

    Examples
    --------
    >>> from allocare.instances.fair_allocation import FairAllocationProblem
    >>> from allocare.instances.lanes import Lanes
    >>> problem = FairAllocationProblem(sources=["depot"], targets=["north", "south"],
    ...     lanes=Lanes.from_matrix([[1, 1]]), supply=[6], demand=[4, 8], efficiency_loss=0.5)
    >>> short_of_floor(problem, 2), short_of_floor(problem, 3)
    (1.0, 0.0)
    """
    if problem.efficiency_loss is None:
        return 0.0
    most = min(float(problem.supply.sum()), float(problem.demand.sum()))
    if served >= (1 - problem.efficiency_loss) * most:
        return 0.0
    floor = efficiency_floor(problem)
    assert floor is not None
    return floor - served if served < floor * (1 - 1e-9) else 0.0


def _serve_beyond_need(ledger: Ledger, problem: FairAllocationProblem) -> None:
    """Serve beyond the needs, cheapest lane first, until the efficiency floor is reached."""
    missing = short_of_floor(problem, float(ledger.flow.sum()))
    if missing <= 0:
        return
    beyond = Ledger(
        source=ledger.source,
        target=ledger.target,
        cost=ledger.cost,
        supply=ledger.supply,
        need=ledger.need,
        room=None if problem.lanes.capacity is None else problem.lanes.capacity - ledger.flow,
        budget=ledger.budget,
        price=ledger.price,
        whole=problem.whole,
    )
    order = by_cost(ledger.cost)
    beyond.fill(order)
    # the beginning of a pass does not depend on where it ends, so stopping it afterwards is exact
    extra = beyond.flow[order]
    before = np.cumsum(extra) - extra
    ledger.flow[order] += np.clip((np.ceil(missing) if problem.whole else missing) - before, 0.0, extra)
