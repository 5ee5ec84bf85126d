"""The rules and the objective of an assignment."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from .findings import Findings, common_size, floor_tolerance, largest, named
from .lane_sums import carried_on, examine_whole, lane_name, lane_sums
from .report import Valuation

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray
    from ...instances.assignment import AssignmentProblem
    from .lane_sums import Carried, LaneSums


def findings(problem: AssignmentProblem) -> Findings:
    """Nothing found yet; tasks are assigned 0 or 1 times.

    Examples
    --------
    >>> import allocare
    >>> found = findings(allocare.example("chores-3x3"))
    >>> found.floor, found.whole
    (1e-06, True)
    """
    return Findings(floor_tolerance(1.0), whole=True)


def decision_name(problem: AssignmentProblem, at: int) -> str:
    """Write a pair in the user's keys.

    Examples
    --------
    >>> import allocare
    >>> decision_name(allocare.example("chores-3x3"), 1)
    "'John' to 'paint'"
    """
    return lane_name(problem.pairs, problem.agents, problem.tasks, at)


def examine(problem: AssignmentProblem, assigned: FloatArray, found: Findings) -> Valuation:
    """Find what an assignment breaks, and what it is worth.

    Examples
    --------
    >>> from allocare.instances.assignment import AssignmentProblem
    >>> from allocare.instances.lanes import Lanes
    >>> problem = AssignmentProblem(
    ...     agents=["bed 1", "bed 2"], tasks=["Ada", "Bo"], pairs=Lanes.from_matrix([[1, 4], [2, 3]]))
    >>> found = findings(problem)
    >>> examine(problem, np.array([1.0, 1.0, 0.0, 0.0]), found).objective
    5.0
    >>> found.worst()[0].message
    "capacity of 'bed 1': takes on 2 tasks, has room for 1 (1 too many)"
    """
    name = partial(decision_name, problem)
    carried = examine_whole(found, carried_on(problem.pairs, assigned), name)
    sums = lane_sums(problem.pairs, carried, problem.use)
    found.hold(
        "negative quantity",
        carried.quantity,
        lambda at, has, _, off: (name(int(carried.lane[at])), f"is {has}, must be 0 or 1 ({off})"),
        at_least=0.0,
    )
    _tasks(problem, sums, found)
    _capacity(problem, sums, found)
    return _value(problem, carried, sums, found.floor)


def _tasks(problem: AssignmentProblem, sums: LaneSums, found: Findings) -> None:
    found.hold(
        "task given twice",
        sums.received,
        lambda at, times, _, off: (
            named(problem.tasks, at),
            f"given to agents {times} times, may be given once ({off})",
        ),
        at_most=1.0,
        gross=sums.received_gross,
    )
    if problem.task_rule == "exactly-once":
        found.hold(
            "task left out",
            sums.received,
            lambda at, times, *_: (named(problem.tasks, at), f"given to agents {times} times, must be once"),
            at_least=1.0,
            gross=sums.received_gross,
            left_out=True,
        )


def _capacity(problem: AssignmentProblem, sums: LaneSums, found: Findings) -> None:
    by_count = problem.use is None
    found.hold(
        "capacity",
        sums.sent,
        lambda at, takes, limit, off: (
            named(problem.agents, at),
            f"takes on {takes}, has room for {limit} ({off})",
        ),
        at_most=problem.capacity,
        gross=sums.sent_gross,
        unit=problem.unit("quantity", "tasks" if by_count else ""),
        floor=floor_tolerance(common_size(largest(problem.capacity), largest(problem.use))),
        whole=by_count and bool((problem.capacity == np.rint(problem.capacity)).all()),
    )


def _value(problem: AssignmentProblem, carried: Carried, sums: LaneSums, floor: float) -> Valuation:
    paid = carried._replace(quantity=problem.pairs.cost[carried.lane] * carried.quantity)
    by_task = lane_sums(problem.pairs, paid)
    worth, scale = by_task.received, by_task.received_gross
    left_out = np.clip(1.0 - sums.received, 0.0, 1.0)
    if problem.left_out_cost is not None:
        price = problem.left_out_cost * left_out
        worth = worth - price if problem.maximise else worth + price
        scale = scale + np.abs(price)
    stages: tuple[float, ...] = ()
    if problem.priority is not None and len(problem.classes) > 1:
        place = np.searchsorted(problem.classes, problem.priority)
        stages = tuple(np.bincount(place, weights=worth, minlength=len(problem.classes)).tolist())
    unmet = float(left_out.sum())
    return Valuation(
        float(worth.sum()),
        float(scale.sum()) + floor * max(largest(problem.pairs.cost), largest(problem.left_out_cost)),
        served=len(problem.tasks) - unmet,
        unmet=unmet,
        stages=stages,
    )
