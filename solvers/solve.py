"""One way from a problem to a checked, labelled solution."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..instances.errors import CapabilityError, InputError, RefutedError
from ..instances.problem import Problem
from ..models.check import check_decisions
from ..models.infeasibility import explain_infeasibility
from ..models.left_without import left_without
from ..models.proofs import prove
from ..models.welfare import maximises
from .backend import Options, Outcome, Task
from .registry import BACKENDS, backend
from .routing import route
from .solution import Solution, Status, StopReason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..models.check import CheckReport
    from .backend import Backend

PROVED_GAP = 1e-6
"""Largest relative gap between a plan and its bound that still counts as proved optimal."""


def solve(
    problem: Any,
    backend: str = "auto",
    time_limit: float | None = None,
    gap: float | None = None,
    threads: int | None = None,
    seed: int = 0,
    *,
    log: bool = False,
    native: Mapping[str, Any] | None = None,
    on_incumbent: Callable[[float, float, float | None], None] | None = None,
) -> Solution:
    """Solve a problem, or a Pyomo model made from one and extended, and check the result.

    Parameters
    ----------
    problem
        A problem, or the model that `pyomo_model` returned with constraints of your own added.
    backend
        A backend's name (``"highs"``, ``"greedy:vogel"``, ``"pyomo:scip"``), or ``"auto"`` for the
        fastest exact one.
    time_limit
        Seconds of solving. A plan held at the limit is feasible, never called optimal.
    gap
        Relative gap at which a plan is good enough; None asks for proved optimality.
    threads, seed, log, native, on_incumbent
        As in `Options`.

    Returns
    -------
    Solution
        Its objective is recomputed from the problem; `checked` says that the independent check
        confirmed plan and objective.

    Raises
    ------
    CapabilityError
        Where the backend is unknown, not available, or cannot do this problem; names those that can.
    InputError
        For an option out of range, and for a criterion that is not there because somebody has nothing.
    RefutedError
        Where the check refutes what the backend claims.

    Examples
    --------
    >>> import allocare
    >>> solution = allocare.solve(allocare.example("kleeblatt-2021-12-08"))
    >>> solution.status.value, solution.objective, solution.checked
    ('optimal', 40005.0, True)
    """
    task = as_task(problem)
    options = replace(as_options(time_limit, gap, threads, seed, log, native), on_incumbent=on_incumbent)
    if backend == "auto":
        name, reason = route(task, options)
    else:
        name, reason = backend, "named by the user"
    return solve_task(task, name, reason, options)


def refusal(task: Task, name: str, options: Options) -> str | None:
    """Say why a backend cannot take a task here, or None: not available, or beyond it.

    Examples
    --------
    >>> import allocare
    >>> refusal(Task(allocare.example("sunray")), "linear-assignment", Options())
    'it does not take transportation problems'
    """
    entry = backend(name)
    options = replace(options, variant=name.partition(":")[2])
    return entry.unavailable() or entry.refusal(task, options)


def capable(task: Task, options: Options) -> list[str]:
    """Names of the backends that are available and can take a task.

    Examples
    --------
    >>> import allocare
    >>> names = capable(Task(allocare.example("chores-3x3")), Options())
    >>> "linear-assignment" in names, "network-simplex" in names
    (True, False)
    """
    return [name for name in BACKENDS if refusal(task, name, options) is None]


def solve_task(
    task: Task, name: str, reason: str, options: Options, found: Outcome | None = None
) -> Solution:
    """Solve on a named backend; `solve` after its arguments are understood.

    An outcome that was `found` on another way is held against the check like any other.

    Examples
    --------
    >>> import allocare
    >>> solve_task(Task(allocare.example("sunray")), "highs", "an example", Options()).objective
    435.0
    """
    entry = backend(name)
    options = replace(options, variant=name.partition(":")[2])
    if found is not None:
        outcome = found
    else:
        _ensure_capable(entry, name, task, options)
        outcome = _empty_outcome(task.problem) if task.problem.size == 0 else _attempt(entry, task, options)
        if task.problem.asks_fairness and entry.keeps == "criteria":
            # what it claims is the problem's own objective; the criterion's is recomputed by the check
            outcome = replace(outcome, objective=None, bound=None)
        if outcome.status is Status.FEASIBLE and task.problem.asks_fairness:
            # columns beside the decisions are at their best only where the whole was proved
            outcome = replace(outcome, objective=None)
    started = time.perf_counter()
    report = None if outcome.decisions is None else check_decisions(task.problem, outcome.decisions)
    # at best minus infinity, or no plan: perhaps because somebody has nothing in every plan
    worthless = outcome.status is Status.OPTIMAL and report is not None and np.isneginf(report.objective)
    if (outcome.status is Status.INFEASIBLE or worthless) and not task.extended:
        without = left_without(task.problem)
        if without is not None:
            raise InputError(without)
    if report is not None:
        if task.extended:
            report = _with_own_rules(name, task, report)
        outcome = _confirm(name, task, outcome, report, options)
    allocation = None if outcome.decisions is None else task.problem.plan(outcome.decisions)
    return Solution(
        status=outcome.status,
        stop_reason=outcome.stop_reason,
        objective=None if report is None else report.objective,
        bound=outcome.bound,
        gap=None if report is None or outcome.bound is None else _gap(report, outcome.bound),
        allocation=allocation,
        checked=report is not None,
        backend=name,
        backend_version=entry.version,
        reason=reason,
        kind=task.problem.kind,
        build_seconds=outcome.build_seconds,
        solve_seconds=outcome.solve_seconds,
        check_seconds=time.perf_counter() - started,
        served=None if report is None else report.served,
        unmet=None if report is None else report.unmet,
        duals=outcome.duals,
        stages=() if report is None else report.stages,
        options=options.record(),
        notes=(*outcome.notes, *_remarks(task, outcome, options)),
        certificate=outcome.certificate,
        proved_by=_proved_by(outcome),
    )


def as_task(problem: Any) -> Task:
    """Task of a problem, or of a model that a user extended.

    Raises
    ------
    InputError
        For anything else.

    Examples
    --------
    >>> import allocare
    >>> as_task(allocare.example("sunray")).extended
    False
    """
    if isinstance(problem, Problem):
        return Task(problem)
    origin = getattr(problem, "allocare_problem", None)
    if origin is None:
        raise InputError(
            f"a {type(problem).__name__} cannot be solved; give a problem, "
            "or a model made by allocare.pyomo_model(problem)"
        )
    return Task(origin, problem)


def as_options(
    time_limit: float | None = None,
    gap: float | None = None,
    threads: int | None = None,
    seed: int = 0,
    log: bool = False,
    native: Mapping[str, Any] | None = None,
) -> Options:
    """Options that are in range.

    Raises
    ------
    InputError
        For one that is not.

    Examples
    --------
    >>> as_options(time_limit=60).time_limit
    60
    """
    if time_limit is not None and not (np.isfinite(time_limit) and time_limit > 0):
        raise InputError(f"time limit is {time_limit}; give seconds above 0, or leave it out")
    if gap is not None and not 0 <= gap < 1:
        raise InputError(f"gap is {gap}; give a share of the objective in [0, 1), such as 0.01")
    if threads is not None and threads < 1:
        raise InputError(f"threads is {threads}; give 1 or more")
    if not 0 <= seed < 2**31:
        raise InputError(f"seed is {seed}; give a whole number from 0 to 2147483647")
    return Options(time_limit, gap, threads, seed, log, dict(native or {}))


def _ensure_capable(entry: Backend, name: str, task: Task, options: Options) -> None:
    why = entry.unavailable() or entry.refusal(task, options)
    if why is None:
        return
    others = [other for other in capable(task, replace(options, variant="")) if other != entry.name]
    ways = f"; try {', '.join(others)}" if others else ""
    raise CapabilityError(f"backend {name!r} cannot solve this: {why}{ways}")


def _empty_outcome(problem: Problem) -> Outcome:
    """Answer a problem without decisions: its one plan is the empty one."""
    nothing = np.zeros(0)
    report = check_decisions(problem, nothing)
    if not report.feasible:
        return Outcome(status=Status.INFEASIBLE, stop_reason=StopReason.PROVED)
    return Outcome(
        status=Status.OPTIMAL,
        stop_reason=StopReason.PROVED,
        decisions=nothing,
        objective=report.objective,
        bound=report.objective,
        notes=("there is nothing to decide: the empty plan is the only one",),
    )


def _attempt(entry: Backend, task: Task, options: Options) -> Outcome:
    started = time.perf_counter()
    try:
        return entry.solve(task, options)
    except KeyboardInterrupt:
        return Outcome(
            status=Status.UNKNOWN,
            stop_reason=StopReason.INTERRUPTED,
            solve_seconds=time.perf_counter() - started,
        )


def _confirm(name: str, task: Task, outcome: Outcome, report: CheckReport, options: Options) -> Outcome:
    """Hold every claim against the check; a refuted one is an error, never a warning."""
    allowed = report.within_limits if outcome.status is Status.INCOMPLETE else report.feasible
    if not allowed:
        raise RefutedError(
            f"backend {name!r} claims a {outcome.status} plan, but {report.violations[0].message}"
        )
    if outcome.objective is not None and not report.agrees(outcome.objective):
        raise RefutedError(
            f"backend {name!r} claims the objective {outcome.objective!r}, the plan's is {report.objective!r}"
        )
    if outcome.certificate is not None:
        outcome = _confirm_certificate(name, task, outcome, report)
    if outcome.bound is None:
        return outcome
    beyond = (outcome.bound - report.objective) * (-1 if maximises(task.problem) else 1)
    if beyond > 0:
        if not report.agrees(outcome.bound):
            raise RefutedError(
                f"backend {name!r} claims the bound {outcome.bound!r}, the plan has {report.objective!r}"
            )
        outcome = replace(outcome, bound=report.objective)
    return _grade(outcome, report, options)


def _confirm_certificate(name: str, task: Task, outcome: Outcome, report: CheckReport) -> Outcome:
    """Put the certificate's own bound in the place of the backend's, or drop one that is advisory."""
    assert outcome.certificate is not None and outcome.decisions is not None
    proof = prove(task.problem, outcome.decisions, outcome.certificate, report)
    if outcome.advisory:
        meets = np.isfinite(proof.bound) and _gap(report, proof.bound) <= PROVED_GAP
        return replace(outcome, bound=proof.bound) if meets else replace(outcome, certificate=None)
    if outcome.status is Status.OPTIMAL and not proof.proved:
        raise RefutedError(
            f"backend {name!r} claims an optimal plan, which its {outcome.certificate.proved_by} do not "
            f"prove: {proof.weakness}"
        )
    return replace(outcome, bound=proof.bound if np.isfinite(proof.bound) else None)


def _proved_by(outcome: Outcome) -> str:
    if outcome.status is not Status.OPTIMAL:
        return ""
    return "solver's bound" if outcome.certificate is None else outcome.certificate.proved_by


def _grade(outcome: Outcome, report: CheckReport, options: Options) -> Outcome:
    """Call optimal what the bound proves, and nothing else."""
    assert outcome.bound is not None
    gap = _gap(report, outcome.bound)
    if gap <= PROVED_GAP and outcome.status is not Status.INCOMPLETE:
        return replace(outcome, status=Status.OPTIMAL, stop_reason=StopReason.PROVED)
    if outcome.status is Status.OPTIMAL:
        reason = StopReason.GAP if gap <= options.target_gap else StopReason.NUMERICAL
        return replace(outcome, status=Status.FEASIBLE, stop_reason=reason)
    return outcome


def _gap(report: CheckReport, bound: float) -> float:
    if bound == report.objective or abs(bound - report.objective) <= 1e-9 * report.objective_scale:
        return 0.0
    return abs(report.objective - bound) / max(abs(report.objective), abs(bound))


def _with_own_rules(name: str, task: Task, report: CheckReport) -> CheckReport:
    """Hold the plan against what the user added to the model: constraints, and an objective of their own."""
    from ..models.own_constraints import objective_of, violations_of

    broken = violations_of(task.model)
    if broken:
        constraint, amount = broken[0]
        raise RefutedError(f"backend {name!r} breaks the model's constraint {constraint} by {amount:g}")
    own = objective_of(task.model)
    if report.agrees(own):
        return report
    return replace(report, objective=own, objective_scale=max(report.objective_scale, abs(own)))


def _remarks(task: Task, outcome: Outcome, options: Options) -> tuple[str, ...]:
    remarks = []
    if outcome.status is Status.INFEASIBLE and not task.extended:
        cause = explain_infeasibility(task.problem) or _conflicting(task.problem)
        remarks.append(cause if cause else "no plan keeps every rule")
    limit = options.time_limit
    if limit is not None and outcome.solve_seconds > limit * 1.05 + 0.1:
        remarks.append(f"solved for {outcome.solve_seconds:.2f} s against a limit of {limit:g} s")
    return tuple(remarks)


def _conflicting(problem: Problem) -> str | None:
    """Name the policies that have no plan together."""
    if problem.fairness is None or not problem.fairness.policies:
        return None
    from .conflicts import conflict

    found = conflict(problem)
    return None if found is None else found.message
