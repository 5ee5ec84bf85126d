"""Greedy: baseline rules by name, such as ``greedy:vogel``. They prove nothing and claim no bound.

A plan that cannot keep every rule of the problem leaves something out; it is then called incomplete, and
its notes say how much is left out and whether that is priced.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from . import rules
from .rules import randomised, rules_for
from .rules.optimality import greedy_optimality
from .rules.outcome import outcome
from .solution import Status

if TYPE_CHECKING:
    from .backend import Options, Outcome, Task

__all__ = ["greedy_optimality", "refusal", "rules_for", "solve"]

RANDOMISED = "randomised"


def refusal(task: Task, options: Options) -> str | None:
    """Say why this problem is beyond the rule asked for, or None."""
    if task.extended:
        return "rules do not see constraints added to the model"
    if options.variant == RANDOMISED:
        return randomised.refusal(task.problem)
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
    if options.variant == RANDOMISED:
        return randomised.solve(task.problem, options)
    name = rules.chosen(task.problem, options.variant)
    started = time.perf_counter()
    decisions = rules.plan(task.problem, name)
    seconds = time.perf_counter() - started
    claim = outcome(task.problem, decisions, f"{name} ({rules.describe(task.problem, name)})", seconds)
    why = greedy_optimality(task.problem, name) if claim.status is Status.FEASIBLE else None
    return claim if why is None else replace(claim, notes=(*claim.notes, f"provably optimal: {why}"))
