"""Certain causes why an assignment problem has no plan; leaving tasks out is always one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..checks.lane_sums import sums_at
from .wording import falls_short, figure, named, worst

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...instances.arrays import FloatArray
    from ...instances.assignment import AssignmentProblem


def causes(problem: AssignmentProblem) -> Iterator[str]:
    """Yield each certain cause, the plainest first.

    Examples
    --------
    >>> from allocare.instances.assignment import AssignmentProblem
    >>> from allocare.instances.lanes import Lanes
    >>> problem = AssignmentProblem(
    ...     agents=["ward"], tasks=["Ada", "Bo", "Cem"], pairs=Lanes.from_matrix([[4, 9, 2]]), capacity=2)
    >>> next(causes(problem))
    'the agents have room for 2 tasks in all, 3 must be assigned'
    """
    if problem.task_rule != "exactly-once" or not len(problem.tasks):
        return
    pairs, tasks, agents = problem.pairs, problem.tasks, problem.agents
    use = np.ones(len(pairs)) if problem.use is None else problem.use
    room = np.floor(problem.capacity * (1 + 1e-12)) if problem.use is None else problem.capacity
    eligible = np.bincount(pairs.target, minlength=len(tasks))
    if (eligible == 0).any():
        yield f"task {named(tasks, int(np.argmin(eligible)))} has no eligible agent"
        return
    fits = ~falls_short(room[pairs.source], use)
    fitting = np.bincount(pairs.target[fits], minlength=len(tasks))
    least = np.full(len(tasks), np.inf)
    np.minimum.at(least, pairs.target, use)
    if (fitting == 0).any():
        at = int(np.argmin(fitting))
        yield (
            f"task {named(tasks, at)} fits no eligible agent: it takes up {figure(least[at])} at least, "
            "more than the capacity of each"
        )
        return
    yield from _sum_of_capacities(problem, room, least)
    lone = fits & (fitting[pairs.target] == 1)
    asked = sums_at(pairs.source[lone], use[lone], len(agents))
    crowded = worst(falls_short(room, asked), asked - room)
    if crowded is not None:
        count = int(np.count_nonzero(pairs.source[lone] == crowded))
        yield (
            f"agent {named(agents, crowded)} is the only one for {count} tasks, which take up "
            f"{figure(asked[crowded])}; it has room for {figure(room[crowded])}"
        )


def _sum_of_capacities(problem: AssignmentProblem, room: FloatArray, least: FloatArray) -> Iterator[str]:
    if not falls_short(room.sum(), least.sum()):
        return
    needed = figure(least.sum())
    if problem.use is None:
        yield f"the agents have room for {figure(room.sum())} tasks in all, {needed} must be assigned"
    else:
        yield (
            f"the agents' capacities are {figure(room.sum())} in all, "
            f"the tasks take up {needed} at least, each on the agent where it takes least"
        )
