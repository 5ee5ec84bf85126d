"""Allocare as a contestant: from the problem in memory to the checked, labelled solution."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable  # noqa: TC003  # a table's type below
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import allocare

from ..solvers.backend import Options, Task
from ..solvers.routing import route
from .isolation import Answer, Unavailable
from .subjects import SUBJECTS, Case

if TYPE_CHECKING:
    from ..instances.problem import Problem
    from .peers import Run

FLOORS = tuple(round(0.40 + 0.02 * k, 2) for k in range(20))


def solve(case: Case) -> Run:
    """Solve on the backend that Allocare chooses."""
    return _solving(case.problem)


def solve_changed(case: Case) -> Run:
    """Solve the changed copy from nothing."""
    assert case.changed is not None
    return _solving(case.changed)


def resolve(case: Case) -> Run:
    """Solve the changed copy from the solution of the first."""
    assert case.changed is not None
    changed = case.changed
    _warm(changed)
    tiny = allocare.example("degenerate")
    allocare.solve(tiny, "network-simplex").resolve(tiny)
    solution = allocare.solve(case.problem)
    return lambda: _answer(solution.resolve(changed))


def solve_with_floor(case: Case) -> Run:
    """Solve with one service floor in the middle of the sweep."""
    return _solving(replace(case.problem, minimum_service=FLOORS[len(FLOORS) // 2]))  # type: ignore[call-arg]


def sweep(case: Case) -> Run:
    """Solve for all service floors."""
    _warm(case.problem, "network-simplex")
    allocare.sweep(allocare.example("degenerate"), "whole", [False, False])

    def run() -> Answer:
        found = allocare.sweep(case.problem, "minimum_service", FLOORS)
        assert (found["status"] == "optimal").all() and len(found) == len(FLOORS), found
        return Answer(None)

    return run


def greedy(rule: str) -> Callable[[Case], Run]:
    """Plan by a greedy rule."""

    def prepare(case: Case) -> Run:
        _warm(case.problem, "greedy")

        def run() -> Answer:
            solution = allocare.solve(case.problem, f"greedy:{rule}")
            assert solution.checked
            return Answer(solution.objective)

        return run

    return prepare


def command(*arguments: str) -> Callable[[Case], Run]:
    """Run the command line in a process of its own."""

    def prepare(_: Case) -> Run:
        line = [sys.executable, "-m", "allocare.cli", *arguments]
        subprocess.run(line, check=True, capture_output=True)

        def run() -> Answer:
            subprocess.run(line, check=True, capture_output=True)
            return Answer(None)

        return run

    return prepare


def no_case() -> Case:
    """Nothing to solve: a tiny example."""
    return Case(allocare.example("degenerate"))


def icu() -> Case:
    """Florida's intensive-care transports, with priced unmet demand."""
    folder = os.environ.get("ALLOCARE_DATA")
    if folder is None:
        raise Unavailable("ALLOCARE_DATA is unset")
    return Case(allocare.load(Path(folder) / "transport/icu_fl.min", "dimacs-transportation"))


def _solving(problem: Problem) -> Run:
    _warm(problem)
    return lambda: _answer(allocare.solve(problem))


def _answer(solution: allocare.Solution) -> Answer:
    assert solution.checked and solution.status == "optimal", (solution.status, solution.notes)
    parts = {
        "build": solution.build_seconds,
        "solve": solution.solve_seconds,
        "check": solution.check_seconds,
    }
    return Answer(solution.objective, parts)


def _warm(problem: Problem, backend: str = "auto") -> None:
    """Import what solving it needs, so that no import is timed: solve something tiny of the same kind."""
    name = route(Task(problem), Options())[0] if backend == "auto" else backend
    for tiny in _TINY[problem.kind]():
        try:
            allocare.solve(tiny, name)
        except allocare.CapabilityError:
            continue


def _tiny_fair() -> list[Problem]:
    scenario = allocare.generate("ventilators", seed=1, n_lenders=2, n_borrowers=3, whole=False)
    return [scenario, replace(scenario, whole=True)]  # type: ignore[call-arg]


def _tiny_linear() -> list[Problem]:
    return [SUBJECTS["side-constraints"].quick().problem]


_TINY: dict[str, Callable[[], list[Problem]]] = {
    "transportation": lambda: [allocare.example("degenerate")],
    "assignment": lambda: [allocare.example("chores-3x3")],
    "fair-allocation": _tiny_fair,
    "linear": _tiny_linear,
}
