"""Routing: the first rule that can take a problem wins, and no rule changes an optimum."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import allocare
from allocare.instances.assignment import AssignmentProblem
from allocare.instances.fair_allocation import FairAllocationProblem
from allocare.instances.lanes import Lanes
from allocare.instances.linear import LinearProblem
from allocare.instances.network_flow import NetworkFlowProblem
from allocare.instances.transportation import TransportationProblem
from allocare.solvers import routing
from allocare.solvers.backend import Options, Task

if TYPE_CHECKING:
    from allocare.instances.problem import Problem

RNG = np.random.default_rng(8)
COST, CAPACITY = RNG.integers(1, 60, (6, 7)), RNG.integers(3, 9, (6, 7))
NEED = RNG.integers(0, 4, 42)


def transportation(cost: Any = COST, capacity: Any = None, **changes: Any) -> TransportationProblem:
    return TransportationProblem(
        sources=range(6), targets=range(7), lanes=Lanes.from_matrix(cost, capacity), supply=np.full(6, 12),
        **({"demand": np.full(7, 8)} | changes),
    )  # fmt: skip


def fair(whole: bool, **changes: Any) -> FairAllocationProblem:
    return FairAllocationProblem(
        sources=range(6), targets=range(7), lanes=Lanes.from_matrix(COST), supply=np.full(6, 4),
        demand=np.arange(3, 10), whole=whole, **changes,
    )  # fmt: skip


def assignment(**changes: Any) -> AssignmentProblem:
    return AssignmentProblem(agents=range(6), tasks=range(6), pairs=Lanes.from_matrix(COST[:, :6]), **changes)


def stocking(**options: Any) -> Problem:
    return allocare.generate("stocking", n_stores=2, n_hospitals=8, n_scenarios=6, seed=3, **options)


NETWORK = NetworkFlowProblem(
    nodes=range(3), balance=[5, 0, -5], tail=[0, 1, 0], head=[1, 2, 2], cost=[2, 3, 7], lower=[0, 0, 0],
    capacity=[4, 9, 9],
)  # fmt: skip
LINEAR = LinearProblem(
    columns=["x", "y"], rows=["r"], objective=[1.0, 2.0], matrix=[[1.0, 3.0]], row_lower=[4.0],
    row_upper=[np.inf], lower=[0, 0], upper=[9, 9],
)  # fmt: skip

ROUTES: list[tuple[Problem, str, str]] = [
    (transportation(), "network-simplex", "without lane capacities"),
    (transportation(whole=True), "network-simplex", "without lane capacities"),
    (transportation(cost=COST / 7), "network-simplex", "without lane capacities"),
    (transportation(capacity=CAPACITY), "min-cost-flow", "whole-number data"),
    (transportation(total=50, unmet_cost=np.full(7, 70)), "min-cost-flow", "whole-number data"),
    (transportation(cost=np.round(COST / 7e-3, 9)), "min-cost-flow", "whole-number data"),
    (transportation(cost=COST / 7, capacity=CAPACITY), "highs", "general linear rows"),
    (assignment(), "linear-assignment", "one-to-one"),
    (assignment(capacity=np.full(6, 2)), "min-cost-flow", "unit use"),
    (assignment(use=COST[:, :6].ravel(), capacity=np.full(6, 80)), "highs", "general linear rows"),
    (NETWORK, "min-cost-flow", "on a network"),
    (fair(whole=False), "max-flow-levels", "maximum flows"),
    (fair(whole=True, criterion="need-deviation", need=NEED), "min-cost-flow", "whole units"),
    (fair(whole=False, criterion="need-deviation", need=NEED), "clarabel", "convex quadratic"),
    (LINEAR, "highs", "general linear rows"),
    (
        allocare.with_fairness(transportation(whole=True, unmet_cost=np.full(7, 70)), "maximin"),
        "min-cost-flow",
        "unit increments",
    ),
    (
        allocare.with_fairness(transportation(unmet_cost=np.full(7, 70)), "alpha-fair:alpha=2"),
        "max-flow-levels",
        "even service",
    ),
    (
        allocare.with_fairness(
            transportation(unmet_cost=np.full(7, 70)), "proportional", ["cap:value=0.9"], size="equal"
        ),
        "clarabel",
        "cones",
    ),
    (
        allocare.with_fairness(transportation(whole=True), "proportional", ["cap:value=1"]),
        "highs",
        "tangents",
    ),
    (
        allocare.with_fairness(
            transportation(capacity=CAPACITY / 4, unmet_cost=np.full(7, 70)),
            "min-variance",
            ["efficiency-floor:loss=0.1"],
        ),
        "clarabel",
        "minimum variance of divisible utilities",
    ),
    (stocking(whole=False, recourse_km=300), "clarabel", "recourse lanes in many scenarios"),
    (stocking(whole=True, recourse_km=300), "highs", "general linear rows"),
    (stocking(whole=False), "highs", "general linear rows"),
]


@pytest.fixture(autouse=True)
def many_scenarios_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small problems stand for those that are wide enough for an interior point."""
    monkeypatch.setattr(routing, "WIDE_RECOURSE", 50)


@pytest.mark.parametrize(("problem", "backend", "reason"), ROUTES)
def test_each_structure_goes_to_its_fastest_exact_backend(
    problem: Problem, backend: str, reason: str
) -> None:
    solution = allocare.solve(problem)
    assert (solution.backend, solution.status) == (backend, "optimal")
    assert reason in solution.reason


@pytest.mark.parametrize(("problem", "backend", "_"), ROUTES)
def test_without_the_rule_that_applies_the_optimum_is_the_same(
    problem: Problem, backend: str, _: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = allocare.solve(problem).objective
    rest = tuple(rule for rule in routing.RULES if rule.backend != backend)
    monkeypatch.setattr(routing, "RULES", rest)
    try:
        other = allocare.solve(problem)
    except allocare.CapabilityError:
        assert backend == "highs"  # nothing else takes real-valued rows, nor concave terms of whole decisions
        return
    assert other.backend != backend
    assert other.objective == pytest.approx(expected, rel=1e-6)


def test_every_rule_but_the_last_resort_is_reached() -> None:
    reached = {routing.route(Task(problem), Options())[1] for problem, _, _ in ROUTES}
    assert [rule.backend for rule in routing.RULES if rule.reason not in reached] == ["cp-sat"]


def test_the_same_problem_goes_to_the_same_backend_whatever_was_solved_before() -> None:
    problem = transportation()
    first = routing.route(Task(problem), Options())
    allocare.solve(problem, "min-cost-flow")
    allocare.solve(problem, "highs")
    assert routing.route(Task(replace(problem)), Options()) == first
