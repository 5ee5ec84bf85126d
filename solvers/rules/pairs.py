"""The pass that matches tasks to agents pair by pair."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .ledger import BLOCK, EXHAUSTED

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray, IndexArray
    from .ledger import LaneOrder


def match_in_order(
    order: LaneOrder,
    agent: IndexArray,
    task: IndexArray,
    use: FloatArray,
    capacity: FloatArray,
    n_tasks: int,
) -> FloatArray:
    """Visit the pairs in this order and take each whose task is open and whose agent has room.

    Python is entered once for each pair taken; pairs that became impossible are struck out at once.

    Returns
    -------
    FloatArray
        1 for each pair taken and 0 for the others.

    Examples
    --------
    >>> match_in_order(
    ...     np.array([1, 0, 3, 2]), np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]),
    ...     np.ones(4), np.array([1.0, 1.0]), 2).tolist()
    [0.0, 1.0, 1.0, 0.0]
    """
    taken = np.zeros(len(agent))
    left = np.array(capacity, dtype=np.float64) * (1 + EXHAUSTED)
    waiting = np.ones(n_tasks, dtype=bool)
    for start in range(0, len(order), BLOCK):
        block = order[start : start + BLOCK]
        live = block[waiting[task[block]] & (use[block] <= left[agent[block]])]
        if not len(live):
            continue
        agents, tasks, uses = agent[live], task[live], use[live]
        possible = np.ones(len(live), dtype=bool)
        at = 0
        while possible[at]:
            taken[live[at]] = 1.0
            waiting[tasks[at]] = False
            left[agents[at]] -= uses[at]
            possible &= tasks != tasks[at]
            possible &= (agents != agents[at]) | (uses <= left[agents[at]])
            at += int(possible[at:].argmax())
    return taken
