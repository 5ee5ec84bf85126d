"""Priority: the baseline of sorted needs that meet sorted resources, in five steps.

1. Collect needs: the tasks, or the targets with what they still want.
2. Collect availability: what the agents or sources have and the lanes can carry.
3. Sort by priority: priority class and then the price of being left out for tasks; the price of unmet
   demand and then the demand for targets; the demand for recipients of a fair allocation. Equal ones
   keep the order of the table.
4. Sort resources: for each need the cheapest lane first, or the one of greatest weight; equal ones keep
   the order of the table.
5. Match: need after need, each from its sorted resources as far as they go.

What is served at last, beyond demand or because supplies or the total are exact, goes cheapest lane first.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from .rules import assignment, fair_allocation, transportation
from .rules.orders import by_target
from .rules.outcome import outcome

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray
    from ..instances.assignment import AssignmentProblem
    from ..instances.fair_allocation import FairAllocationProblem
    from ..instances.transportation import TransportationProblem
    from .backend import Options, Outcome, Task
    from .rules.ledger import LaneOrder, Ledger


def refusal(task: Task, options: Options) -> str | None:
    """Say why this problem is beyond the five steps, or None."""
    if options.variant:
        return f"it has no variants, and {options.variant!r} was asked for"
    return "the steps do not see constraints added to the model" if task.extended else None


def solve(task: Task, options: Options) -> Outcome:
    """Plan by the five steps.

    Examples
    --------
    >>> from allocare.instances.lanes import Lanes
    >>> from allocare.instances.transportation import TransportationProblem
    >>> from allocare.solvers.backend import Options, Task
    >>> scarce = TransportationProblem(sources=["ward"], targets=["mild", "severe"], supply=[5],
    ...     demand=[4, 4], unmet_cost=[10, 90], lanes=Lanes.from_matrix([[1, 2]]), whole=True)
    >>> solve(Task(scarce), Options()).decisions.tolist()
    [1.0, 4.0]
    """
    started = time.perf_counter()
    decisions: FloatArray = _MATCHES[task.problem.kind](task.problem)
    seconds = time.perf_counter() - started
    return outcome(task.problem, decisions, "needs by priority, each from its cheapest resources", seconds)


def _match_targets(problem: TransportationProblem) -> FloatArray:
    demand = np.zeros(len(problem.targets)) if problem.demand is None else problem.demand

    def match(ledger: Ledger, lanes: LaneOrder, unmet_price: FloatArray) -> None:
        ledger.fill(lanes[by_target(ledger.target[lanes], ledger.cost[lanes], unmet_price, demand)])

    return transportation.plan(problem, match)


def _match_recipients(problem: FairAllocationProblem) -> FloatArray:
    return fair_allocation.plan(problem, fair_allocation.RULES["largest-need"])


def _match_tasks(problem: AssignmentProblem) -> FloatArray:
    return assignment.plan(problem, _tasks_by_priority)


def _tasks_by_priority(problem: AssignmentProblem, cost: FloatArray) -> LaneOrder:
    priority = [] if problem.priority is None else [-problem.priority]
    price = [] if problem.left_out_cost is None else [problem.left_out_cost]
    return by_target(problem.pairs.target, cost, *priority, *price)


_MATCHES: dict[str, Any] = {
    "transportation": _match_targets,
    "assignment": _match_tasks,
    "fair-allocation": _match_recipients,
}
