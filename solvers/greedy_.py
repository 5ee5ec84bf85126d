"""Greedy: baseline rules by name, such as ``greedy:vogel``. They prove nothing and claim no bound.

A plan that cannot keep every rule of the problem leaves something out; it is then called incomplete, and
its notes say how much is left out and whether that is priced.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from . import rules
from .rules import rules_for
from .rules.outcome import outcome

if TYPE_CHECKING:
    from .backend import Options, Outcome, Task

__all__ = ["refusal", "rules_for", "solve"]


def refusal(task: Task, options: Options) -> str | None:
    """Say why this problem is beyond the rule asked for, or None."""
    if task.extended:
        return "rules do not see constraints added to the model"
    return rules.refusal(task.problem, rules.chosen(task.problem, options.variant))


def solve(task: Task, options: Options) -> Outcome:
    """Plan by the rule asked for.

    Examples
    --------
    >>> from allocare.instances.lanes import Lanes
    >>> from allocare.instances.transportation import TransportationProblem
    >>> from allocare.solvers.backend import Options, Task
    >>> sunray = TransportationProblem(
    ...     sources=[1, 2, 3], targets=[1, 2, 3, 4], supply=[15, 25, 10], demand=[5, 15, 15, 15],
    ...     lanes=Lanes.from_matrix([[10, 2, 20, 11], [12, 7, 9, 20], [4, 14, 16, 18]]))
    >>> solve(Task(sunray), Options(variant="vogel")).objective
    475.0
    """
    name = rules.chosen(task.problem, options.variant)
    started = time.perf_counter()
    decisions = rules.plan(task.problem, name)
    seconds = time.perf_counter() - started
    return outcome(task.problem, decisions, f"{name} ({rules.describe(task.problem, name)})", seconds)
