"""One run: open the instance, solve it, and lay everything that is known of it in a row."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ...instances.errors import AllocareError, CapabilityError, RefutedError
from ...models.welfare import maximises
from ...solvers.solve import as_options, as_task, refusal, solve_task
from ..isolation import forget_peak, memory_mib
from ..results import COLUMNS, SCHEMA_VERSION
from .claims import judged
from .clock import Clock
from .environment import machine, versions_behind
from .fingerprint import fingerprint, instance_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ...instances.problem import Problem
    from ...solvers.solution import Solution
    from .subjects import Opened
    from .suites import Run

    Tell = Callable[[str, Any], None]

SOLUTION_FIELDS = (
    "objective",
    "bound",
    "gap",
    "checked",
    "proved_by",
    "served",
    "unmet",
    "reason",
    "build_seconds",
    "solve_seconds",
    "check_seconds",
)
OPTIMAL_BY = "provably optimal: "
"""How the note begins in which a rule says why its plan is optimal."""


def blank(run: Run) -> dict[str, Any]:
    """A row with its key and conditions, and nothing else known yet.

    Examples
    --------
    >>> from allocare.benchmarks.lab.subjects import Subject
    >>> from allocare.benchmarks.lab.suites import Contestant, Run
    >>> row = blank(Run("s", Subject("sunray", "example", "sunray"), Contestant("highs", "highs")))
    >>> row["backend"], row["status"], row["checked"]
    ('highs', None, False)
    """
    suite, instance, backend, seed, repeat = run.key
    return dict.fromkeys(COLUMNS, None) | {
        "suite": suite,
        "instance": instance,
        "backend": backend,
        "seed": seed,
        "repeat": repeat,
        "schema_version": SCHEMA_VERSION,
        "options": options_of(run),
        "versions": versions_behind(run.contestant.backend),
        "machine": machine(),
        "threads": run.limits.threads,
        "started_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "checked": False,
        "claim": "none",
        "note": "",
        "incumbents": [],
    }


def options_of(run: Run) -> dict[str, Any]:
    """Everything that was asked for, but for seed and threads that stand beside it.

    Examples
    --------
    >>> from allocare.benchmarks.lab.subjects import Subject
    >>> from allocare.benchmarks.lab.suites import Contestant, Run
    >>> options_of(Run("s", Subject("a", "example", "sunray"), Contestant("h", "highs")))["backend"]
    'highs'
    """
    return {
        "backend": run.contestant.backend,
        "time_limit": run.limits.time_limit,
        "gap": run.limits.gap,
        "wall_limit": run.limits.wall_limit,
        "memory_mib": run.limits.memory_mib,
        "native": dict(run.contestant.native),
    }


def attempt(run: Run, tell: Tell) -> dict[str, Any]:
    """Do a run in this process, and return its row.

    Parameters
    ----------
    run
        What is asked for.
    tell
        Hears of what is known as soon as it is, so that it outlives this process: ``("known", part of
        the row)`` once the instance is open, and ``("incumbent", [seconds, objective, bound])``.

    Examples
    --------
    >>> from allocare.benchmarks.lab.subjects import Subject
    >>> from allocare.benchmarks.lab.suites import Contestant, Run
    >>> row = attempt(
    ...     Run("s", Subject("sunray", "example", "sunray"), Contestant("h", "highs")), lambda *_: None)
    >>> row["status"], row["objective"], row["reference"], row["claim"]
    ('optimal', 435.0, 435.0, 'right')
    """
    row = blank(run)
    forget_peak()
    clock = Clock()
    try:
        opened = run.subject.open()
        row["load_seconds"] = clock.wall
        with clock.paused():  # what the lab wants to know is not the solver's work
            row |= _known(run, row, opened)
            tell("known", {name: value for name, value in row.items() if value is not None})
        row |= _solved(run, opened, tell)
    except MemoryError:
        row |= {"status": "out of memory", "note": "the process could not have more memory"}
    return row | {"wall_seconds": clock.wall, "cpu_seconds": clock.cpu, "peak_mib": memory_mib("VmHWM")}


def _known(run: Run, row: Mapping[str, Any], opened: Opened) -> dict[str, Any]:
    problem = opened.problem
    digest = instance_hash(problem)
    return {
        "family": problem.kind,
        "size": problem.size,
        "instance_hash": digest,
        "fingerprint": fingerprint(
            instance=digest,
            **{name: row[name] for name in ("options", "versions", "machine", "threads", "seed")},
        ),
        "maximise": maximises(problem),
        "reference": opened.reference,
        "reference_kind": opened.reference_kind,
    }


def _solved(run: Run, opened: Opened, tell: Tell) -> dict[str, Any]:
    incumbents: list[list[float | None]] = []

    def hear(seconds: float, objective: float, bound: float | None) -> None:
        incumbent = [float(seconds), float(objective), None if bound is None else float(bound)]
        incumbents.append(incumbent)
        tell("incumbent", incumbent)

    try:
        solution = _solution(run, opened.problem, hear)
    except CapabilityError as error:
        return {"status": "not capable", "note": str(error)}
    except RefutedError as error:
        return {"status": "refuted", "claim": "wrong", "note": str(error), "incumbents": incumbents}
    except AllocareError as error:
        return {"status": "failed", "note": str(error), "incumbents": incumbents}
    claim, why = judged(solution, maximises(opened.problem), opened.reference, opened.tolerance)
    return {
        "status": solution.status.value,
        "stop_reason": solution.stop_reason.value,
        **{name: getattr(solution, name) for name in SOLUTION_FIELDS},
        "note": "; ".join(filter(None, (why, *solution.notes))),
        "claim": claim,
        "left_out": None if solution.bound is not None else solution.unmet,
        "optimal_by": _optimal_by(solution),
        "incumbents": incumbents,
    }


def _solution(run: Run, problem: Problem, hear: Callable[[float, float, float | None], None]) -> Solution:
    limits, name = run.limits, run.contestant.backend
    options = replace(
        as_options(limits.time_limit, limits.gap, limits.threads, run.seed, native=run.contestant.native),
        on_incumbent=hear,
    )
    task = as_task(problem)
    if name == "auto":
        from ...solvers.routing import route

        name, reason = route(task, options)
    else:
        reason = "named by the suite"
        _refuse(name, refusal(task, name, options))
    return solve_task(task, name, reason, options)


def _refuse(name: str, why: str | None) -> None:
    """Raise the short reason: what else could take the problem is the suite's business."""
    if why is not None:
        raise CapabilityError(f"backend {name!r} cannot solve this: {why}")


def _optimal_by(solution: Solution) -> str | None:
    """Why a rule's plan is provably optimal here, from the note that says so, or None."""
    notes = (note for note in solution.notes if note.startswith(OPTIMAL_BY))
    return next((note.removeprefix(OPTIMAL_BY) for note in notes), None)
