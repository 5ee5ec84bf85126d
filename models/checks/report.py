"""What a check finds: the violations, worst first, and the objective recomputed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

LISTED = 20
"""Most violations that a report lists."""

OBJECTIVE_TOLERANCE = 1e-6
"""Difference from the recomputed objective that a claim may have, as a share of the objective's scale."""


@dataclass(frozen=True)
class Violation:
    """One rule that a plan breaks at one place.

    Parameters
    ----------
    rule
        The rule's name: ``supply``, ``unmet demand``, ``lane capacity`` ...
    where
        The user's key or keys it is broken at, empty where the rule holds for the whole plan.
    amount
        By how much, in `unit`.
    unit
        The user's unit, empty where none is named.
    left_out
        Whether the plan only leaves something out here (demand, a task) and breaks no limit.
    message
        One line in the user's keys and units.
    """

    rule: str
    where: str
    amount: float
    unit: str
    left_out: bool
    message: str


class Valuation(NamedTuple):
    """What a plan is worth by the problem's own data."""

    objective: float
    scale: float
    """Sum of the objective's absolute terms, so that terms which cancel keep their weight."""
    served: float | None = None
    unmet: float | None = None
    stages: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CheckReport:
    """A plan's feasibility and objective, recomputed from the problem alone. ``None``: no value.

    Parameters
    ----------
    objective
        In the problem's sense, prices of what is left out included; NaN for a plan with numbers that
        are not finite.
    objective_scale
        Size of the objective's terms before they cancel; claims are compared on this scale.
    served, unmet
        Total received (tasks assigned) and demand not received (tasks left out).
    stages
        Objective of each priority class, first first; empty without classes.
    violations
        Worst first, at most 20: limits that are broken before things left out, larger amounts first.
    violation_count
        How many there are in truth.
    tolerance
        What counted as broken, in words.
    """

    objective: float
    objective_scale: float
    served: float | None
    unmet: float | None
    stages: tuple[float, ...]
    violations: tuple[Violation, ...]
    violation_count: int
    tolerance: str

    @property
    def feasible(self) -> bool:
        """Whether every rule is kept."""
        return self.violation_count == 0

    @property
    def within_limits(self) -> bool:
        """Whether nothing is broken but that something is left out."""
        return all(violation.left_out for violation in self.violations)

    def agrees(self, claimed: float) -> bool:
        """Whether an objective claimed by someone else is the one recomputed here.

        Examples
        --------
        >>> report = CheckReport(objective=40.0, objective_scale=100.0, served=None, unmet=None, stages=(),
        ...                      violations=(), violation_count=0, tolerance="")
        >>> report.agrees(40.00001), report.agrees(40.001)
        (True, False)
        """
        return abs(claimed - self.objective) <= OBJECTIVE_TOLERANCE * self.objective_scale
