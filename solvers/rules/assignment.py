"""Baseline plans of the assignment problem: pairs are visited in a rule's order and taken where they fit.

Priority classes come one after another, class 1 first. Where tasks may be left out, a pair that is worse
than leaving its task out is never taken. A pair's cost is minus its weight when weight is maximised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .orders import by_target
from .pairs import match_in_order

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...instances.arrays import FloatArray
    from ...instances.assignment import AssignmentProblem
    from .ledger import LaneOrder

    Rule = Callable[[AssignmentProblem, FloatArray], LaneOrder]


def _best_pair(problem: AssignmentProblem, cost: FloatArray) -> LaneOrder:
    """All pairs from the best; ties in pair order (by agent, then by task)."""
    if problem.priority is None:
        return np.argsort(cost, kind="stable")
    return np.lexsort((cost, problem.priority[problem.pairs.target]))


def _nearest(problem: AssignmentProblem, cost: FloatArray) -> LaneOrder:
    """Tasks in table order, each to its best agent with room; ties in table order of agents."""
    return by_target(problem.pairs.target, cost, *_class_first(problem))


def _largest_need(problem: AssignmentProblem, cost: FloatArray) -> LaneOrder:
    """Tasks from the largest use (the least any agent needs for it), each to its best agent with room."""
    least_use = np.full(len(problem.tasks), np.inf)
    np.minimum.at(least_use, problem.pairs.target, _use(problem))
    return by_target(problem.pairs.target, cost, *_class_first(problem), least_use)


RULES: dict[str, Rule] = {
    "nearest": _nearest,
    "cheapest-lane": _best_pair,
    "largest-need": _largest_need,
    "best-weight": _best_pair,
}


def misfit(problem: AssignmentProblem, rule: str) -> str | None:
    """Return None: every rule of the family takes every problem of it.

    Examples
    --------
    >>> import allocare
    >>> misfit(allocare.example("chores-3x3"), "nearest") is None
    True
    """
    return None


def plan(problem: AssignmentProblem, rule: Rule) -> FloatArray:
    """Whether each pair is taken by this rule, 1 or 0; tasks that find no agent with room are left out.

    Examples
    --------
    >>> from allocare.instances.assignment import AssignmentProblem
    >>> from allocare.instances.lanes import Lanes
    >>> problem = AssignmentProblem(
    ...     agents=["bed 1", "bed 2"], tasks=["Ada", "Bo"], pairs=Lanes.from_matrix([[1, 2], [2, 9]]))
    >>> plan(problem, RULES["cheapest-lane"]).tolist()
    [1.0, 0.0, 0.0, 1.0]
    """
    pairs = problem.pairs
    cost = -pairs.cost if problem.maximise else pairs.cost
    order = rule(problem, cost)
    if problem.task_rule == "at-most-once":
        left_out = np.zeros(len(problem.tasks)) if problem.left_out_cost is None else problem.left_out_cost
        order = order[(cost <= left_out[pairs.target])[order]]
    return match_in_order(
        order, pairs.source, pairs.target, _use(problem), problem.capacity, len(problem.tasks)
    )


def _use(problem: AssignmentProblem) -> FloatArray:
    """Part of the agent's capacity that each pair takes."""
    return np.ones(len(problem.pairs)) if problem.use is None else problem.use


def _class_first(problem: AssignmentProblem) -> tuple[FloatArray, ...]:
    return () if problem.priority is None else (-problem.priority,)
