"""Local search and genetic search: within limits, no better than the optimum, the same with the same seed."""

from __future__ import annotations

import subprocess
import sys
import time
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from problem_strategies import assignment_problems, transportation_problems

import allocare
from allocare import InputError, check
from allocare.models.priority_weights import class_objectives
from allocare.solvers.backend import Options, Task
from allocare.solvers.search import places as grids
from allocare.solvers.search.moves import State, best_move
from allocare.solvers.search.multipliers import capacity_prices
from allocare.solvers.search.place_genes import PlaceGenes
from allocare.solvers.search.places import Places
from allocare.solvers.search.tabu import improving_plans
from allocare.solvers.solve import refusal

from cases import assignment, hard_gap, transportation

FEW = settings(deadline=None, max_examples=20, derandomize=True)
SHORT = {"local-search": {"moves": 200}, "genetic": {"generations": 5, "population": 10}}


def plan_of(problem: Any, backend: str, seed: int = 0) -> allocare.Solution:
    return allocare.solve(problem, backend, seed=seed, native=SHORT[backend])


@pytest.mark.parametrize("backend", SHORT)
@given(problem=assignment_problems())
@FEW
def test_assignments_keep_limits_and_never_beat_the_optimum(backend: str, problem: Any) -> None:
    if not problem.size or refusal(Task(problem), backend, Options()):
        return
    solution, exact = plan_of(problem, backend), allocare.solve(problem, "highs")
    assert solution.allocation is not None and solution.bound is None
    report = check(problem, solution.allocation)
    assert report.within_limits
    assert (solution.status == "feasible") == report.feasible
    if not report.feasible:
        return
    assert exact.status == "optimal"
    sign = -1 if problem.maximise else 1
    ours, best = (
        [sign * value for value in s.stages or (s.objective,) if value is not None] for s in (solution, exact)
    )
    worse = next((a - b for a, b in zip(ours, best, strict=True) if abs(a - b) > 1e-6 * (1 + abs(b))), 0.0)
    assert worse >= 0


@given(problem=transportation_problems())
@FEW
def test_genetic_transportation_plans_keep_limits_and_are_no_worse_than_greedy(problem: Any) -> None:
    if not problem.size:
        return
    solution, greedy = plan_of(problem, "genetic"), allocare.solve(problem, "greedy")
    assert solution.allocation is not None
    report = check(problem, solution.allocation)
    assert report.within_limits
    assert (solution.status == "feasible") == report.feasible
    if greedy.status == "feasible":
        assert solution.status == "feasible"
        assert solution.objective is not None and greedy.objective is not None
        gain = greedy.objective - solution.objective
        assert (-gain if problem.maximise else gain) >= -1e-9 * (1 + abs(greedy.objective))


@pytest.mark.parametrize("backend", [*SHORT, "greedy:randomised"])
def test_the_seed_decides_the_plan(backend: str) -> None:
    problem = allocare.generate("gap", seed=5, type="d", n_agents=6, n_tasks=40)
    native = SHORT.get(backend, {"restarts": 20})
    plans = [allocare.solve(problem, backend, seed=seed, native=native) for seed in (1, 1, 2)]
    first, again, other = (problem.decisions(plan.allocation) for plan in plans)
    assert (first == again).all()
    assert (first != other).any()


@pytest.mark.parametrize("backend", SHORT)
@pytest.mark.parametrize("kind", ["c", "d", "e"])
def test_capacitated_families_are_planned_better_than_by_every_greedy_rule(backend: str, kind: str) -> None:
    problem = allocare.generate("gap", seed=1, type=kind, n_agents=5, n_tasks=60)
    searched = allocare.solve(problem, backend, time_limit=2)
    assert searched.status == "feasible" and searched.objective is not None
    table = allocare.compare(problem, [f"greedy:{rule}" for rule in ("regret", "nearest", "randomised")])
    complete = table[table["status"] == "feasible"]["objective"]
    assert (complete > searched.objective).all()


def test_local_search_comes_near_the_bound_of_a_hard_problem_within_seconds() -> None:
    problem = hard_gap()
    solution = allocare.solve(problem, "local-search", time_limit=6)
    _, bound = capacity_prices(Places.of(problem), Places.of(problem).cost)
    assert solution.status == "feasible" and solution.objective is not None
    assert bound <= solution.objective <= 1.015 * bound


def test_priority_classes_are_served_in_order() -> None:
    problem = allocare.generate("beds", seed=1, n_wards=8, n_patients=40)
    assert len(problem.classes) > 1  # type: ignore[attr-defined]
    solution, exact = allocare.solve(problem, "local-search"), allocare.solve(problem)
    assert solution.stages == exact.stages


def test_a_problem_without_a_plan_leaves_out_as_few_tasks_as_can_be() -> None:
    problem = assignment([[1, 1, 1], [9, 9, 9]], capacity=[4, 3], use=[2, 2, 3, 3, 3, 3])
    solution = allocare.solve(problem, "local-search")
    assert solution.status == "feasible"
    tight = assignment([[1, 1, 1]], capacity=[4], use=[3, 2, 2])
    solution = allocare.solve(tight, "local-search")
    assert (solution.status, solution.unmet) == ("incomplete", 1)
    assert any("left out: 1 of 3 tasks" in note for note in solution.notes)


def test_the_time_limit_is_kept_and_a_plan_is_held_from_the_first_moment() -> None:
    for backend in SHORT:
        allocare.solve(assignment([[1, 2], [2, 3]]), backend)  # imports are not timed
        started = time.perf_counter()
        solution = allocare.solve(hard_gap(), backend, time_limit=0.5)
        assert time.perf_counter() - started < 3
        assert solution.stop_reason == "time-limit" and solution.allocation is not None
        assert allocare.solve(hard_gap(), backend, time_limit=1e-6).allocation is not None


def test_the_search_ends_where_a_plan_meets_the_bound_of_capacity_prices() -> None:
    loose = assignment([[1, 2, 3], [2, 1, 4]], capacity=[9, 9])
    solution = allocare.solve(loose, "local-search", time_limit=60)
    assert solution.stop_reason == "rule" and solution.objective == 5 and solution.solve_seconds < 5


INTERRUPT = """
import os, signal, sys, threading
sys.path.insert(0, {folder!r})
from cases import hard_gap
import allocare
problem = hard_gap()
allocare.solve(problem, {backend!r}, time_limit=0.1)
threading.Timer(1, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
solution = allocare.solve(problem, {backend!r}, time_limit=60)
print(solution.stop_reason.value, solution.checked, solution.solve_seconds < 20)
"""


@pytest.mark.parametrize("backend", [*SHORT, "greedy:randomised"])
def test_an_interrupt_keeps_the_best_plan(backend: str) -> None:
    code = INTERRUPT.format(backend=backend, folder=str(Path(__file__).parent))
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=90
    )
    assert done.stdout.split() == ["interrupted", "True", "True"], done.stderr


@pytest.mark.parametrize("backend", SHORT)
def test_options_that_are_unknown_or_out_of_range_are_refused(backend: str) -> None:
    name = next(iter(SHORT[backend]))
    for native, message in (({"mooves": 3}, "there is no option 'mooves'"), ({name: "few"}, "whole number")):
        with pytest.raises(InputError, match=message):
            allocare.solve(assignment([[1, 2], [3, 4]]), backend, native=native)


def test_tables_beyond_memory_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grids, "MOST_CELLS", 5)
    assert "takes at most 5 cells" in str(
        refusal(Task(assignment([[1, 2], [3, 4]])), "local-search", Options())
    )


# --- the parts


@st.composite
def states(draw: st.DrawFn) -> Any:
    random = np.random.default_rng(draw(st.integers(0, 10_000)))
    n_agents, n_tasks = draw(st.integers(1, 4)), draw(st.integers(1, 6))
    places = Places.of(
        assignment(
            random.integers(0, 20, (n_agents, n_tasks)),
            capacity=random.integers(0, 12, n_agents),
            use=random.integers(0, 7, n_agents * n_tasks),
        )
    )
    place = random.integers(0, n_agents + 1, n_tasks)
    penalty = random.integers(0, 9, n_agents + 1).astype(float)
    return places, place, penalty, random.random(places.cost.shape) < 0.2


def penalised(places: Places, place: Any, penalty: Any) -> float:
    over = np.maximum(places.loads(place) - np.where(np.isinf(places.capacity), 1e18, places.capacity), 0)
    return places.worth(place) + float(penalty @ over)


@given(states(), st.booleans())
@settings(deadline=None, max_examples=150, derandomize=True)
def test_the_best_move_is_worth_what_it_says_and_no_shift_or_swap_is_better(
    drawn: Any, sampled: bool
) -> None:
    places, place, penalty, closed = drawn
    state = State(places, place)
    others = places.tasks[: max(len(places.tasks) // 2, 1)] if sampled else places.tasks
    change, move = best_move(state, places.cost, penalty, closed, others)
    before = penalised(places, place, penalty)
    if np.isfinite(change):
        assert all(not closed[to, task] for task, to in move)
        state.move(move)
        after = penalised(places, state.place, penalty)
        assert after - before <= change + 1e-6
        if len(move) == 1:
            assert after - before == pytest.approx(change, abs=1e-6)
        assert state.load == pytest.approx(places.loads(state.place))
    for task in places.tasks:
        for to in range(len(places.capacity)):
            if to != place[task] and not closed[to, task]:
                other = place.copy()
                other[task] = to
                assert penalised(places, other, penalty) - before >= change - 1e-6
    for first in others:
        for second in places.tasks:
            a, b = place[first], place[second]
            if a != b and not closed[b, first] and not closed[a, second]:
                other = place.copy()
                other[first], other[second] = b, a
                assert penalised(places, other, penalty) - before >= change - 1e-6


@given(states())
@FEW
def test_repaired_genes_are_plans_within_capacity(drawn: Any) -> None:
    places, _, _, _ = drawn
    random = np.random.default_rng(0)
    coding = PlaceGenes(places)
    genes = coding.repaired(coding.mutated(coding.initial(8, random), random), random)
    assert all(places.fits(own) for own in genes)
    assert coding.cost(genes) == pytest.approx([places.worth(own) for own in genes])


@given(states())
@FEW
def test_every_plan_of_the_search_fits_and_costs_fall(drawn: Any) -> None:
    places, _, _, _ = drawn
    costs = []
    for plan, cost, _ in islice(improving_plans(places, 3), 60):
        assert places.fits(plan)
        assert places.worth(plan) == pytest.approx(cost)
        costs.append(cost)
    assert costs == sorted(costs, reverse=True)


@given(states())
@FEW
def test_the_bound_of_capacity_prices_holds(drawn: Any) -> None:
    places, _, _, _ = drawn
    _, bound = capacity_prices(places, places.cost)
    for plan, cost, _ in islice(improving_plans(places, 1), 40):
        assert bound <= cost + 1e-6, plan


def test_a_transportation_problem_is_beyond_local_search() -> None:
    assert "does not take transportation" in str(
        refusal(Task(transportation([[1]], [1], [1])), "local-search", Options())
    )


def test_classes_are_compared_in_order_by_the_table_s_costs() -> None:
    problem = assignment([[5, 9]], task_rule="at-most-once", sense="max", priority=[1, 2])
    places = Places.of(problem)
    first, second = np.array([0, 1]), np.array([1, 0])
    assert places.worth(first) < places.worth(second)
    assert class_objectives(problem, places.decisions(first)) == (5.0, 0.0)
