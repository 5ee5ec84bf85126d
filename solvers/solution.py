"""What a solve returns: why it stopped, what is held, and everything measured on the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from ..instances.problem import Problem
    from ..models.proofs import Certificate


class Status(StrEnum):
    """What is held at the end of a solve."""

    OPTIMAL = "optimal"
    """A plan, proved to be as good as any (by a bound or a certificate)."""
    FEASIBLE = "feasible"
    """A plan that keeps every rule; better ones may exist."""
    INCOMPLETE = "incomplete"
    """A heuristic's plan that breaks no limit but leaves out something that the problem requires."""
    INFEASIBLE = "infeasible"
    """Nothing, and it is proved that no plan keeps every rule."""
    UNBOUNDED = "unbounded"
    """Nothing, and it is proved that plans can be improved without end."""
    INFEASIBLE_OR_UNBOUNDED = "infeasible-or-unbounded"
    """Nothing, and it is proved that one of the two holds."""
    UNKNOWN = "unknown"
    """Nothing, and nothing is proved."""


class StopReason(StrEnum):
    """Why a solve ended."""

    PROVED = "proved"
    """The status is proved."""
    GAP = "gap"
    """The gap asked for was reached."""
    RULE = "rule"
    """A heuristic's rule came to its end."""
    TIME_LIMIT = "time-limit"
    """The time limit was reached."""
    ITERATION_LIMIT = "iteration-limit"
    """An iteration, node or memory limit was reached."""
    INTERRUPTED = "interrupted"
    """The user interrupted it."""
    NUMERICAL = "numerical"
    """The backend gave up for numerical reasons."""


HOLDS_PLAN = frozenset({Status.OPTIMAL, Status.FEASIBLE, Status.INCOMPLETE})


@dataclass(frozen=True, eq=False, kw_only=True)
class Solution:
    """A solve's result, checked against the problem. ``None`` stands where there is no value.

    Parameters
    ----------
    status, stop_reason
        What is held, and why it ended.
    objective
        Recomputed from the problem and the plan, never the backend's own figure.
    bound
        Proved limit on every plan's objective (lower when minimising), or None.
    gap
        |objective - bound| / max(|objective|, |bound|), 0 where the two agree, or None.
    allocation
        The plan, a tidy frame in the user's keys.
    checked
        Whether the independent check confirmed the plan and its objective.
    backend, backend_version
        What solved it.
    reason
        Why this backend was chosen.
    load_seconds, build_seconds, solve_seconds, check_seconds
        Time spent reading the file (None where there was none), formulating, solving, checking.
    served, unmet
        Quantities where the family knows them, or None.
    duals
        Change of the objective per unit more of each right-hand side, by row block in the user's
        keys, where they mean something.
    stages
        Objective of each priority class, first first, or empty.
    options
        The options that were in force.
    notes
        What a reader must know: a rule for what was left out, an overrun, a scaling.
    certificate
        What proves the plan optimal by the problem's data alone, see `allocare.models.proofs`, or None.
    proved_by
        What an optimal plan's claim rests on: a certificate that was held against the problem (``prices``,
        ``levels``, ``exchange``), or else the ``solver's bound``. Empty for any other plan.
    """

    status: Status
    stop_reason: StopReason
    objective: float | None = None
    bound: float | None = None
    gap: float | None = None
    allocation: pd.DataFrame | None = None
    checked: bool = False
    backend: str = ""
    backend_version: str = ""
    reason: str = ""
    kind: str = ""
    load_seconds: float | None = None
    build_seconds: float = 0.0
    solve_seconds: float = 0.0
    check_seconds: float = 0.0
    served: float | None = None
    unmet: float | None = None
    duals: Mapping[str, pd.Series[float]] = field(default_factory=dict)
    stages: tuple[float, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    certificate: Certificate | None = None
    proved_by: str = ""

    def __post_init__(self) -> None:
        holds = self.status in HOLDS_PLAN
        _demand(holds == (self.allocation is not None), "a plan is held if and only if the status says so")
        _demand(holds == (self.objective is not None), "an objective belongs to a plan")
        _demand(self.status is not Status.OPTIMAL or self.bound is not None, "optimal needs a bound")
        _demand((self.gap is None) == (self.objective is None or self.bound is None), "a gap needs a bound")
        _demand(not self.checked or holds, "only a plan can be checked")
        _demand(bool(self.proved_by) <= (self.status is Status.OPTIMAL), "only an optimal plan is proved")
        proved = {Status.OPTIMAL, Status.INFEASIBLE, Status.UNBOUNDED, Status.INFEASIBLE_OR_UNBOUNDED}
        _demand(
            (self.stop_reason is StopReason.PROVED) == (self.status in proved),
            "proved if and only if the status is",
        )

    @property
    def seconds(self) -> float:
        """Time from the file (or the problem) to the checked plan."""
        return (self.load_seconds or 0.0) + self.build_seconds + self.solve_seconds + self.check_seconds

    def resolve(self, problem: Problem, **options: Any) -> Solution:
        """Solve a changed problem from this solution, by what of it still holds; exact, and checked anew.

        See `allocare.solvers.resolve.resolve`.

        Examples
        --------
        >>> import allocare
        >>> from dataclasses import replace
        >>> problem = allocare.example("sunray")
        >>> solution = allocare.solve(problem)
        >>> solution.resolve(replace(problem, supply=problem.supply + 1)).status.value
        'optimal'
        """
        from .resolve import resolve

        return resolve(self, problem, **options)

    def record(self) -> dict[str, Any]:
        """Everything but the frames, as plain values for JSON."""
        plain = {name: getattr(self, name) for name in _RECORD}
        return plain | {
            "status": self.status.value,
            "stop_reason": self.stop_reason.value,
            "stages": list(self.stages),
            "options": dict(self.options),
            "notes": list(self.notes),
        }


_RECORD = (
    "status",
    "stop_reason",
    "objective",
    "bound",
    "gap",
    "checked",
    "backend",
    "backend_version",
    "reason",
    "kind",
    "load_seconds",
    "build_seconds",
    "solve_seconds",
    "check_seconds",
    "served",
    "unmet",
    "proved_by",
)


def _demand(holds: bool, what: str) -> None:
    if not holds:
        raise ValueError(f"inconsistent solution: {what}")
