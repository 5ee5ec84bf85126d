"""Baseline plans of the assignment problem: pairs are visited in a rule's order and taken where they fit.

Priority classes come one after another, class 1 first. Where tasks may be left out, a pair that is worse
than leaving its task out is never taken. A pair's cost is minus its weight when weight is maximised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .arrival import turn
from .ledger import EXHAUSTED
from .orders import by_target
from .pairs import match_in_order
from .regret import MOST_CELLS, Regrets

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


def _first_come(problem: AssignmentProblem, cost: FloatArray) -> LaneOrder:
    """Tasks as they arrived (column ``arrival``, or else table order), whatever class, to the best agent."""
    came = turn(problem, "tasks", problem.tasks)
    return by_target(problem.pairs.target, cost, -came)


def _regret(problem: AssignmentProblem, cost: FloatArray) -> LaneOrder:
    """Whichever task's two best agents with room differ most comes next, to the better of them."""
    pairs, shape = problem.pairs, (len(problem.agents), len(problem.tasks))
    table, uses = np.full(shape, np.inf), np.full(shape, np.inf)
    uses[pairs.source, pairs.target] = _use(problem)
    worth = cost <= _left_out_price(problem)[pairs.target]
    table[pairs.source[worth], pairs.target[worth]] = cost[worth]
    left = problem.capacity * (1 + EXHAUSTED)
    table[uses > left[:, None]] = np.inf
    regrets = Regrets(table, _left_out_price(problem))
    taken = []
    for level in problem.classes:
        among = None if problem.priority is None else problem.priority == level
        while (chosen := regrets.next(among)) is not None:
            agent, task = chosen
            taken.append(chosen)
            left[agent] -= uses[agent, task]
            regrets.close_column(task)
            too_large = np.flatnonzero((uses[agent] > left[agent]) & np.isfinite(regrets.cost[agent]))
            regrets.close(np.full(len(too_large), agent), too_large)
    chosen_pairs = np.array(taken, dtype=np.int64).reshape(-1, 2)
    return pairs.position(chosen_pairs[:, 0], chosen_pairs[:, 1])


RULES: dict[str, Rule] = {
    "nearest": _nearest,
    "cheapest-lane": _best_pair,
    "largest-need": _largest_need,
    "best-weight": _best_pair,
    "first-come": _first_come,
    "regret": _regret,
}


def misfit(problem: AssignmentProblem, rule: str) -> str | None:
    """Say what about this problem a rule of the family cannot take, or None.

    Examples
    --------
    >>> import allocare
    >>> misfit(allocare.example("chores-3x3"), "nearest") is None
    True
    """
    cells = len(problem.agents) * len(problem.tasks)
    if rule == "regret" and cells > MOST_CELLS:
        return f"takes at most {MOST_CELLS:,} cells, here {cells:,}"
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
        order = order[(cost <= _left_out_price(problem)[pairs.target])[order]]
    return match_in_order(
        order, pairs.source, pairs.target, _use(problem), problem.capacity, len(problem.tasks)
    )


def _use(problem: AssignmentProblem) -> FloatArray:
    """Part of the agent's capacity that each pair takes."""
    return np.ones(len(problem.pairs)) if problem.use is None else problem.use


def _left_out_price(problem: AssignmentProblem) -> FloatArray:
    """What leaving out each task costs, infinite where none may be."""
    if problem.task_rule == "exactly-once":
        return np.full(len(problem.tasks), np.inf)
    return np.zeros(len(problem.tasks)) if problem.left_out_cost is None else problem.left_out_cost


def _class_first(problem: AssignmentProblem) -> tuple[FloatArray, ...]:
    return () if problem.priority is None else (-problem.priority,)
