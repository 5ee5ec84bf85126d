"""Which backend is the fastest exact one for a problem's structure, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..instances.errors import CapabilityError
from ..instances.uncertain_transportation import UncertainTransportationProblem
from ..models.criteria import criterion_of
from .registry import BACKENDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..instances.problem import Problem
    from .backend import Options, Task


@dataclass(frozen=True)
class Rule:
    """One routing rule: where `applies`, the backend is the first choice, for this reason."""

    backend: str
    reason: str
    applies: Callable[[Problem], bool]


def _kind(kind: str) -> Callable[[Problem], bool]:
    return lambda problem: problem.kind == kind


def _criterion(problem: Problem) -> bool:
    return problem.fairness is not None and problem.fairness.criterion is not None


def _curved(problem: Problem) -> bool:
    fairness = problem.fairness
    return fairness is not None and fairness.criterion is not None and criterion_of(fairness.criterion).curved


def _settled(problem: Problem) -> bool:
    """Whether no tie is left between utilities that another route would break otherwise."""
    fairness = problem.fairness
    asked = None if fairness is None else fairness.criterion
    return asked is not None and criterion_of(asked).settles_utilities


def _variance(problem: Problem) -> bool:
    asked = None if problem.fairness is None else problem.fairness.criterion
    return asked is not None and asked.name == "min-variance"


WIDE_RECOURSE = 100_000
"""Recourse lanes times scenarios from which on an interior point is faster (1.3 times at 107,000)."""


def _wide_recourse(problem: Problem) -> bool:
    """Whether so much may be passed on in so many scenarios that pivoting takes longer."""
    if not isinstance(problem, UncertainTransportationProblem) or problem.recourse is None:
        return False
    return len(problem.recourse) * len(problem.scenarios.names) >= WIDE_RECOURSE


RULES = (
    Rule(
        "max-flow-levels",
        "one divisible resource and a criterion that prefers even service: levels by maximum flows",
        _settled,
    ),
    Rule(
        "min-cost-flow",
        "criterion on whole units: gains ranked as unit increments of a min-cost flow",
        _criterion,
    ),
    Rule(
        "clarabel",
        "concave terms on divisible quantities: cones by an interior point",
        _curved,
    ),
    Rule(
        "network-simplex",
        "transportation without lane capacities: network simplex on the costs",
        _kind("transportation"),
    ),
    Rule(
        "min-cost-flow",
        "transportation with whole-number data: a min-cost flow is exact",
        _kind("transportation"),
    ),
    Rule("linear-assignment", "one-to-one assignment: shortest augmenting paths", _kind("assignment")),
    Rule("min-cost-flow", "assignment with unit use: a min-cost flow is exact", _kind("assignment")),
    Rule("min-cost-flow", "min-cost flow on a network, whole-number data", _kind("network-flow")),
    Rule(
        "max-flow-levels",
        "minimum variance of one resource: service levels by maximum flows",
        _kind("fair-allocation"),
    ),
    Rule(
        "min-cost-flow",
        "separable convex on whole units: a min-cost flow in unit steps",
        _kind("fair-allocation"),
    ),
    Rule("clarabel", "convex quadratic on divisible quantities: interior point", _kind("fair-allocation")),
    Rule("highs", "concave terms with whole decisions: tangents on a MILP", _curved),
    Rule("clarabel", "minimum variance of divisible utilities: interior point", _variance),
    Rule("clarabel", "recourse lanes in many scenarios, divisible: interior point", _wide_recourse),
    Rule("highs", "general linear rows: LP or MILP from arrays", lambda _: True),
    Rule("cp-sat", "whole-number rows: constraint programming", lambda _: True),
)
"""First rule whose backend can take the problem wins. Read from the top."""


def route(task: Task, options: Options) -> tuple[str, str]:
    """Return the backend's name and the reason for choosing it.

    Raises
    ------
    CapabilityError
        Where no exact backend that is available can take the problem.

    Examples
    --------
    >>> import allocare
    >>> from allocare.solvers.backend import Options, Task
    >>> route(Task(allocare.example("chores-3x3")), Options())[0]
    'linear-assignment'
    """
    plain = replace(options, variant="")
    for rule in RULES:
        entry = BACKENDS[rule.backend]
        if not rule.applies(task.problem) or entry.unavailable() is not None:
            continue
        if entry.refusal(task, plain) is None:
            return rule.backend, rule.reason
    raise CapabilityError(
        f"no available exact backend takes this {task.problem.kind} problem; see 'allocare backends'"
    )
