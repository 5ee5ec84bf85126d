"""Baseline plans of the transportation problem: one stage after another, each by the same rule.

1. What must be served: the demand, or its minimum service where unmet demand is priced.
2. The rest of a priced demand, over lanes that are not dearer than leaving it unmet.
3. What must still be sent because supplies or the total are exact: to open demand first, over the lanes
   that lose least, then beyond it where targets may receive more.
4. Beyond demand, where targets may receive more, over lanes that improve the objective.

Stages 3 and 4 go cheapest lane first under every rule. A lane's cost is minus its weight when weight is
maximised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from . import tableau
from .arrival import turn
from .ledger import EXHAUSTED, Ledger
from .orders import by_cost, by_target
from .regret import MOST_CELLS, Regrets
from .shares import share_in_proportion

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...instances.arrays import FloatArray
    from ...instances.transportation import TransportationProblem
    from .ledger import LaneOrder

    Rule = Callable[[Ledger, LaneOrder, FloatArray], None]

VOGEL_CELLS = 4_000_000


def _nearest(ledger: Ledger, lanes: LaneOrder, shortage_price: FloatArray) -> None:
    """Targets in table order, each from its cheapest lanes with room left; ties in table order of sources."""
    ledger.fill(lanes[by_target(ledger.target[lanes], ledger.cost[lanes])])


def _largest_need(ledger: Ledger, lanes: LaneOrder, shortage_price: FloatArray) -> None:
    """Targets from the largest need, each from its cheapest lanes; equal needs in table order."""
    ledger.fill(lanes[by_target(ledger.target[lanes], ledger.cost[lanes], ledger.need)])


def _cheapest_lane(ledger: Ledger, lanes: LaneOrder, shortage_price: FloatArray) -> None:
    """All lanes from the cheapest; ties in lane order (by source, then by target)."""
    ledger.fill(lanes[by_cost(ledger.cost[lanes])])


def _north_west(ledger: Ledger, lanes: LaneOrder, shortage_price: FloatArray) -> None:
    """Cells row by row from the upper left; a missing lane is passed over."""
    ledger.fill(lanes)


def _first_come(ledger: Ledger, lanes: LaneOrder, shortage_price: FloatArray) -> None:
    """Targets as they arrived (a column ``arrival``, or else table order), each from its cheapest lanes."""
    came = () if ledger.turn is None else (-ledger.turn,)
    ledger.fill(lanes[by_target(ledger.target[lanes], ledger.cost[lanes], *came)])


def _proportional_share(ledger: Ledger, lanes: LaneOrder, shortage_price: FloatArray) -> None:
    """Shares in proportion to need while supplies are short, each from the cheapest lanes with room left."""
    share_in_proportion(ledger, lanes)


def _regret(ledger: Ledger, lanes: LaneOrder, shortage_price: FloatArray) -> None:
    """Whichever target's two cheapest open lanes differ most comes next, from the cheaper of them."""
    shape = len(ledger.supply), len(ledger.need)
    cost, lane = np.full(shape, np.inf), np.full(shape, -1, dtype=np.int64)
    live = ledger.live(lanes)
    cell = ledger.source[live], ledger.target[live]
    cost[cell], lane[cell] = ledger.cost[live], live
    regrets = Regrets(cost, np.full(shape[1], np.inf))
    while (cheapest := regrets.next()) is not None:
        row, column = cheapest
        sent = ledger.flow[lane[cheapest]]
        ledger.send(int(lane[cheapest]))
        if ledger.supply[row] <= 0:
            regrets.close_row(row)
        if ledger.need[column] <= 0:
            regrets.close_column(column)
        full = ledger.room is not None and ledger.room[lane[cheapest]] <= 0
        if full or ledger.flow[lane[cheapest]] == sent:
            regrets.close(np.array([row]), np.array([column]))


RULES: dict[str, Rule] = {
    "nearest": _nearest,
    "cheapest-lane": _cheapest_lane,
    "least-cost": tableau.least_cost,
    "north-west": _north_west,
    "vogel": tableau.vogel,
    "largest-need": _largest_need,
    "best-weight": _cheapest_lane,
    "first-come": _first_come,
    "proportional-share": _proportional_share,
    "regret": _regret,
}
TABLEAU = frozenset({"least-cost", "north-west", "vogel"})


def misfit(problem: TransportationProblem, rule: str) -> str | None:
    """Say what about this problem a rule of the family cannot take, or None.

    Examples
    --------
    >>> import allocare
    >>> misfit(allocare.example("article-minimum"), "vogel")
    'needs both supply and demand'
    """
    if rule in TABLEAU and (problem.supply is None or problem.demand is None):
        return "needs both supply and demand"
    cells = (len(problem.sources) + 1) * (len(problem.targets) + 1)
    if rule == "vogel" and cells > VOGEL_CELLS:
        return f"takes at most {VOGEL_CELLS:,} cells, here {cells:,}"
    if rule == "regret" and cells > MOST_CELLS:
        return f"takes at most {MOST_CELLS:,} cells, here {cells:,}"
    return None


def plan(problem: TransportationProblem, rule: Rule) -> FloatArray:
    """Quantity of each lane by this rule; what cannot be placed is left out.

    Examples
    --------
    >>> from allocare.instances.lanes import Lanes
    >>> from allocare.instances.transportation import TransportationProblem
    >>> problem = TransportationProblem(sources=["a", "b"], targets=["x", "y"],
    ...     lanes=Lanes.from_matrix([[1, 2], [2, 9]]), supply=[3, 3], demand=[3, 3])
    >>> plan(problem, RULES["cheapest-lane"]).tolist()
    [3.0, 0.0, 0.0, 3.0]
    """
    lanes = problem.lanes
    cost = -lanes.cost if problem.maximise else lanes.cost
    everything = np.arange(len(lanes))
    n_targets = len(problem.targets)
    demand = np.zeros(n_targets) if problem.demand is None else problem.demand
    ledger = Ledger(
        source=lanes.source,
        target=lanes.target,
        cost=cost,
        supply=np.full(len(problem.sources), np.inf) if problem.supply is None else problem.supply,
        need=required(problem),
        room=lanes.capacity,
        budget=np.inf if problem.total is None else problem.total,
        whole=problem.whole,
        turn=turn(problem, "targets", problem.targets),
    )

    def still_open() -> FloatArray:
        received = np.bincount(lanes.target, ledger.flow, minlength=n_targets)
        rest = np.maximum(demand - received, 0.0)
        return np.where(rest > EXHAUSTED * demand, rest, 0.0)

    unmet_price = np.zeros(n_targets) if problem.unmet_cost is None else problem.unmet_cost
    if ledger.need.any():
        rule(ledger, everything, unmet_price)
    loss = cost
    if problem.unmet_cost is not None:
        loss = cost - unmet_price[lanes.target]
        ledger.want(still_open())
        rule(ledger, everything[loss <= 0], unmet_price)
    must_send = problem.supply_rule == "exactly" or problem.total is not None
    if must_send:
        ledger.want(still_open())
        ledger.fill(by_cost(loss))
    if problem.demand_rule != "exactly":
        ledger.want(np.full(n_targets, np.inf))
        ledger.fill(by_cost(cost) if must_send else _improving(cost))
    return ledger.flow


def required(problem: TransportationProblem) -> FloatArray:
    """Quantity that each target must receive whatever it costs.

    Examples
    --------
    >>> from allocare.instances.lanes import Lanes
    >>> from allocare.instances.transportation import TransportationProblem
    >>> problem = TransportationProblem(sources=["depot"], targets=["north", "south"],
    ...     lanes=Lanes.from_matrix([[1, 2]]), supply=[9], demand=[7, 8], unmet_cost=[50, 50],
    ...     minimum_service=[0.5, 0.25], whole=True)
    >>> required(problem).tolist()
    [4.0, 2.0]
    """
    if problem.demand is None:
        return np.zeros(len(problem.targets))
    if problem.unmet_cost is None:
        return problem.demand
    if problem.minimum_service is None:
        return np.zeros(len(problem.targets))
    least = problem.minimum_service * problem.demand
    return np.ceil(least * (1 - EXHAUSTED)) if problem.whole else least


def _improving(cost: FloatArray) -> LaneOrder:
    order = by_cost(cost)
    return order[cost[order] < 0]
