"""Your own function as a backend: any callable from a problem to a plan."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, TypeAlias

from ...instances.errors import InputError
from ...models.check import check_decisions
from ...solvers.backend import Backend, Options, Outcome, Task
from ...solvers.registry import ADDED, ALL, BACKENDS
from ...solvers.solution import Status, StopReason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pandas as pd

    from ...instances.problem import Problem

    Planner: TypeAlias = Callable[[Problem], pd.DataFrame]

ENTRY_POINTS = "allocare.backends"
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")


@dataclass(frozen=True)
class OwnBackend(Backend):
    """A function of the user's as a backend. It claims its plan, and no bound."""

    function: Planner | None = None

    def refusal(self, task: Task, options: Options) -> str | None:
        """Say why this problem is beyond the function, or None."""
        if task.problem.kind not in self.families:
            return f"it does not take {task.problem.kind} problems"
        if task.extended:
            return "it does not see constraints added to the model"
        return f"it has no variants, and {options.variant!r} was asked for" if options.variant else None

    def solve(self, task: Task, options: Options) -> Outcome:
        """Call the function; its plan is read by the user's keys and held against every rule."""
        assert self.function is not None
        started = time.perf_counter()
        plan = self.function(task.problem)
        seconds = time.perf_counter() - started
        decisions = task.problem.decisions(plan)
        report = check_decisions(task.problem, decisions)
        left_out = not report.feasible and report.within_limits
        return Outcome(
            # a plan that breaks a rule is claimed as it was given, for the pipeline to refute
            status=Status.INCOMPLETE if left_out else Status.FEASIBLE,
            stop_reason=StopReason.RULE,
            decisions=decisions,
            solve_seconds=seconds,
            notes=(f"left out: {report.violations[0].message}",) if left_out else (),
        )


def backend(name: str, families: Iterable[str] | None = None) -> Callable[[Planner], Planner]:
    """Make a function a backend, in benchmarks and everywhere else that backends are named.

    Parameters
    ----------
    name
        As suites and `allocare.solve` are to name it.
    families
        Kinds of problem that the function takes; None means all.

    Raises
    ------
    InputError
        For a name that is not one word or that is taken by a bundled backend, and for an unknown family.

    Examples
    --------
    >>> import allocare
    >>> @backend("closest-first", families=["transportation"])
    ... def closest_first(problem):
    ...     return allocare.solve(problem, "greedy:nearest").allocation
    >>> allocare.solve(allocare.example("kleeblatt-2021-12-08"), "closest-first").objective
    44024.0
    >>> del ADDED["closest-first"]
    """
    chosen = ALL if families is None else frozenset(families)
    if not _NAME.fullmatch(name) or name == "auto":
        raise InputError(f"{name!r} cannot name a backend; give one word of letters, digits, - and _")
    if name in BACKENDS or not isinstance(ADDED.get(name), OwnBackend | None):
        raise InputError(f"{name!r} is a backend already; give another name")
    if unknown := chosen - ALL:
        raise InputError(f"there is no family {min(unknown)!r}; known: {', '.join(sorted(ALL))}")

    def register(function: Planner) -> Planner:
        ADDED[name] = OwnBackend(
            name, "your own function", chosen, exact=False, keeps="criteria", function=function
        )
        return function

    return register


def own_backends() -> dict[str, OwnBackend]:
    """The user's own backends that are registered, by name.

    Examples
    --------
    >>> all(not entry.exact for entry in own_backends().values())
    True
    """
    return {name: entry for name, entry in ADDED.items() if isinstance(entry, OwnBackend)}


@cache
def register_entry_points() -> None:
    """Register the functions that installed packages offer as ``allocare.backends``.

    Examples
    --------
    >>> register_entry_points()
    """
    for point in entry_points(group=ENTRY_POINTS):
        if point.name not in BACKENDS and point.name not in ADDED:
            backend(point.name)(_called_later(point))


def _called_later(point: Any) -> Planner:
    """Stand for a package's function without importing it before it is called."""

    def call(problem: Problem) -> pd.DataFrame:
        plan: pd.DataFrame = point.load()(problem)
        return plan

    return call
