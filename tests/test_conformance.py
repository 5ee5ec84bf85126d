"""Every registered backend against every case: the right status and objective, or one clear refusal."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

import allocare
from allocare.solvers.backend import Options, Task
from allocare.solvers.registry import BACKENDS
from allocare.solvers.solve import refusal

from cases import CASES, Case, hard_gap, transportation

VARIANTS = ["pyomo:scip_direct"]
EXACT = [name for name, entry in BACKENDS.items() if entry.exact] + VARIANTS
HEURISTIC = [name for name, entry in BACKENDS.items() if not entry.exact] + [
    f"greedy:{rule}" for rule in ("first-come", "proportional-share", "regret", "randomised")
]
STOPS_EARLY = ["highs", "cp-sat", "pyomo:highs"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("backend", [*EXACT, "auto"])
def test_exact_backends_give_the_known_outcome_or_refuse(backend: str, case: Case) -> None:
    problem = case.make()
    try:
        solution = allocare.solve(problem, backend)
    except allocare.CapabilityError as refused:
        assert backend != "auto"
        assert f"backend {backend!r} cannot solve this" in str(refused)
        assert "\n" not in str(refused)
        assert "try " in str(refused)
        return
    assert solution.status == case.status
    assert solution.stop_reason == "proved"
    if case.objective is None:
        assert solution.objective is None and solution.allocation is None and not solution.checked
        return
    assert solution.checked
    assert solution.objective == pytest.approx(
        case.objective, rel=1e-6, abs=1e-7 if case.objective == 0 else 0
    )
    assert solution.gap is not None and solution.gap <= 1e-6
    assert solution.allocation is not None
    assert allocare.check(problem, solution.allocation).feasible


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("backend", HEURISTIC)
def test_heuristics_never_beat_the_optimum_and_never_claim_a_proof(backend: str, case: Case) -> None:
    problem = case.make()
    try:
        solution = allocare.solve(problem, backend)
    except allocare.CapabilityError as refused:
        assert "\n" not in str(refused)
        return
    if problem.size == 0:
        assert solution.status == case.status
        return
    assert solution.bound is None and solution.gap is None
    assert solution.status in ("feasible", "incomplete")
    if solution.status == "feasible":
        assert case.status in ("optimal", "unbounded")
        if case.objective is not None:
            assert solution.objective is not None
            worse = (
                case.objective - solution.objective
                if problem.maximise
                else solution.objective - case.objective
            )
            assert worse >= -1e-9 * max(1.0, abs(case.objective))
    else:
        assert any("left" in note or "unmet" in note for note in solution.notes)


@pytest.mark.parametrize("backend", EXACT)
def test_every_exact_backend_is_put_through_several_cases(backend: str) -> None:
    taken = [case for case in CASES if refusal(Task(case.make()), backend, Options()) is None]
    assert len(taken) >= 5


@pytest.mark.parametrize("backend", STOPS_EARLY)
def test_a_plan_held_at_the_time_limit_is_feasible_with_a_bound_and_never_optimal(backend: str) -> None:
    solution = allocare.solve(hard_gap(), backend, time_limit=3)
    assert solution.status == "feasible"
    assert solution.stop_reason == "time-limit"
    assert solution.checked
    assert solution.objective is not None and solution.bound is not None
    assert solution.bound < solution.objective
    assert solution.gap is not None and 0 < solution.gap < 0.2


@pytest.mark.parametrize("backend", STOPS_EARLY)
def test_a_time_limit_without_a_plan_holds_nothing_and_claims_nothing(backend: str) -> None:
    solution = allocare.solve(hard_gap(), backend, time_limit=1e-6)
    assert solution.status == "unknown"
    assert solution.stop_reason == "time-limit"
    assert solution.allocation is None and solution.objective is None and solution.gap is None
    assert not solution.checked


@pytest.mark.parametrize("backend", [name for name in EXACT if name not in STOPS_EARLY])
def test_backends_without_a_clock_of_their_own_say_when_they_overran_or_stop(backend: str) -> None:
    problem = next(
        problem
        for problem in (case.make() for case in CASES if case.objective)
        if refusal(Task(problem), backend, Options()) is None
    )
    started = time.perf_counter()
    solution = allocare.solve(problem, backend, time_limit=1e-9)
    wall = time.perf_counter() - started
    assert solution.solve_seconds <= wall
    if solution.status == "optimal":
        assert solution.checked
        if solution.solve_seconds > 0.1:
            assert any("against a limit" in note for note in solution.notes)
    else:
        assert solution.status in ("unknown", "feasible")
        assert solution.stop_reason == "time-limit"


@pytest.mark.parametrize("backend", ["highs", "cp-sat", "pyomo:highs"])
def test_a_gap_asked_for_is_reported_as_such(backend: str) -> None:
    solution = allocare.solve(hard_gap(), backend, gap=0.1, time_limit=30)
    assert solution.gap is not None and solution.gap <= 0.1
    assert (solution.status, solution.stop_reason) in {("feasible", "gap"), ("optimal", "proved")}


INTERRUPT = """
import os, signal, sys, threading
sys.path.insert(0, {folder!r})
from cases import hard_gap
import allocare
problem = hard_gap()
allocare.solve(problem, "greedy")
threading.Timer(4, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
solution = allocare.solve(problem, {backend!r}, time_limit=60)
print(solution.status.value, solution.stop_reason.value, solution.checked, solution.solve_seconds < 20)
"""


@pytest.mark.parametrize("backend", ["highs", "cp-sat"])
def test_an_interrupt_keeps_the_incumbent(backend: str) -> None:
    from pathlib import Path

    code = INTERRUPT.format(backend=backend, folder=str(Path(__file__).parent))
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=90
    )
    assert result.stdout.split() == ["feasible", "interrupted", "True", "True"], result.stderr


def test_an_interrupt_with_nothing_held_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("allocare.solvers.min_cost_flow_.solve", interrupted)
    solution = allocare.solve(transportation([[1]], [1], [1], whole=True), "min-cost-flow")
    assert (solution.status, solution.stop_reason) == ("unknown", "interrupted")
