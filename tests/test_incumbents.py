"""Plans on the way: told in the problem's sense, in order of time, with bounds that hold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import allocare
from allocare.solvers.backend import Options

from cases import assignment, fair

ANYTIME = ["highs", "cp-sat", "pyomo:scip", "local-search", "genetic", "greedy:randomised"]
EXACT = ["highs", "cp-sat", "pyomo:scip"]


def heard(problem: Any, backend: str, **options: Any) -> tuple[list[Any], allocare.Solution]:
    told: list[Any] = []
    solution = allocare.solve(problem, backend, on_incumbent=lambda *plan: told.append(plan), **options)
    return told, solution


def small_gap(sense: str) -> allocare.AssignmentProblem:
    problem = allocare.generate("gap", seed=3, type="c", n_agents=5, n_tasks=40)
    assert isinstance(problem, allocare.AssignmentProblem)
    return replace(problem, sense=sense)  # type: ignore[arg-type]


@pytest.mark.parametrize("sense", ["min", "max"])
@pytest.mark.parametrize("backend", ANYTIME)
def test_incumbents_get_better_one_after_another_up_to_the_objective(backend: str, sense: str) -> None:
    limit = {"time_limit": 5} if backend in EXACT else {}
    told, solution = heard(small_gap(sense), backend, **limit)
    assert told
    seconds, objectives, bounds = zip(*told, strict=True)
    assert list(seconds) == sorted(seconds) and seconds[0] >= 0
    assert seconds[-1] <= solution.seconds + 0.1
    step = np.diff(objectives)
    assert ((step >= -1e-6) if sense == "max" else (step <= 1e-6)).all()
    assert objectives[-1] == pytest.approx(solution.objective, abs=1e-6)
    for objective, bound in zip(objectives, bounds, strict=True):
        if bound is not None:
            assert (bound >= objective - 1e-6) if sense == "max" else (bound <= objective + 1e-6)
    assert any(bound is not None for bound in bounds) == (backend in EXACT)


@pytest.mark.parametrize("backend", ["highs", "cp-sat"])
def test_incumbents_of_a_quadratic_objective_are_in_the_problem_s_terms(backend: str) -> None:
    problem = allocare.generate("ventilators", seed=1)
    told, solution = heard(problem, backend, time_limit=3)
    assert told and solution.objective is not None
    assert told[-1][1] == pytest.approx(solution.objective, rel=1e-6)
    assert all(bound is None or bound <= solution.objective + 1e-9 for _, _, bound in told)


@pytest.mark.parametrize("backend", ANYTIME)
def test_the_plans_of_priority_classes_are_not_told(backend: str) -> None:
    problem = assignment(
        [[5, 9, 4], [6, 2, 7]], task_rule="at-most-once", sense="max", priority=[1, 2, 2], capacity=[1, 1]
    )
    told, solution = heard(problem, backend)
    assert told == [] and solution.objective is not None


def test_a_linear_program_tells_of_nothing_on_the_way() -> None:
    told, solution = heard(fair([[1, 1]], [6], [4, 8]), "clarabel")
    assert told == [] and solution.status == "optimal"


def test_whoever_listens_is_not_among_the_options_recorded() -> None:
    _, solution = heard(small_gap("min"), "local-search")
    assert "on_incumbent" not in solution.options
    assert set(Options().record()) == set(solution.options)


@pytest.mark.parametrize("backend", ["highs", "cp-sat", "local-search"])
def test_listening_changes_no_plan(backend: str) -> None:
    problem = small_gap("min")
    _, listened = heard(problem, backend, threads=1)
    assert listened.objective == allocare.solve(problem, backend, threads=1).objective
