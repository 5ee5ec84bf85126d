"""Properties on seeded random instances: backends agree, greedy never wins, optima move as they must."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import allocare
from allocare import AssignmentProblem, FairAllocationProblem, Lanes, ProgrammeProblem, TransportationProblem
from allocare.evaluation.compare import default_backends
from allocare.solvers.registry import BACKENDS

from cases import keys, linear

FEW = settings(max_examples=25, deadline=None, derandomize=True)


@st.composite
def lanes(
    draw: st.DrawFn, rows: int, columns: int, *, low: int = -5, holes: bool = True, limits: bool = True
) -> Lanes:
    cost = draw(st.lists(st.integers(low, 20), min_size=rows * columns, max_size=rows * columns))
    matrix = np.array(cost, dtype=float).reshape(rows, columns)
    if holes:
        gone = draw(st.lists(st.booleans(), min_size=rows * columns, max_size=rows * columns))
        often = draw(st.booleans())
        matrix[np.array(gone, dtype=bool).reshape(rows, columns) & often] = np.nan
    capacity = None
    if limits and draw(st.booleans()):
        most = draw(st.lists(st.integers(0, 9), min_size=rows * columns, max_size=rows * columns))
        capacity = np.array(most, dtype=float).reshape(rows, columns)
    return Lanes.from_matrix(matrix, capacity)


@st.composite
def transportation_problems(draw: st.DrawFn) -> TransportationProblem:
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    unmet = draw(st.sampled_from([None, 0.0, 12.0]))
    service = draw(st.sampled_from([None, 0.3])) if unmet is not None else None
    return TransportationProblem(
        sources=keys("s", rows),
        targets=keys("t", columns),
        lanes=draw(lanes(rows, columns)),
        supply=draw(st.lists(st.integers(0, 12), min_size=rows, max_size=rows)),
        demand=draw(st.lists(st.integers(0, 9), min_size=columns, max_size=columns)),
        supply_rule=draw(st.sampled_from(["at-most", "at-most", "exactly"])),
        demand_rule=draw(st.sampled_from(["exactly", "exactly", "at-least"])),
        unmet_cost=None if unmet is None else np.full(columns, unmet),
        minimum_service=None if service is None else np.full(columns, service),
        whole=draw(st.booleans()),
        sense=draw(st.sampled_from(["min", "max"])),
    )


@st.composite
def assignment_problems(draw: st.DrawFn) -> AssignmentProblem:
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    pairs = draw(lanes(rows, columns, limits=False))
    rule = draw(st.sampled_from(["exactly-once", "at-most-once"]))
    many = draw(st.booleans())
    use = draw(st.none() | st.lists(st.integers(1, 4), min_size=len(pairs), max_size=len(pairs)))
    return AssignmentProblem(
        agents=keys("a", rows),
        tasks=keys("k", columns),
        pairs=pairs,
        capacity=draw(st.lists(st.integers(0, 7), min_size=rows, max_size=rows)) if many else 1.0,
        use=use,
        task_rule=rule,
        left_out_cost=None if rule == "exactly-once" else np.full(columns, float(draw(st.integers(0, 15)))),
        priority=draw(st.none() | st.lists(st.integers(1, 3), min_size=columns, max_size=columns)),
        sense=draw(st.sampled_from(["min", "max"])),
    )


@st.composite
def fair_problems(draw: st.DrawFn) -> FairAllocationProblem:
    rows, columns = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    budget = draw(st.sampled_from([None, None, 30.0]))
    return FairAllocationProblem(
        sources=keys("s", rows),
        targets=keys("t", columns),
        lanes=draw(lanes(rows, columns, low=0)),
        supply=draw(st.lists(st.integers(0, 12), min_size=rows, max_size=rows)),
        demand=draw(st.lists(st.integers(0, 9), min_size=columns, max_size=columns)),
        efficiency_loss=draw(st.sampled_from([0.0, 0.0, 0.2])),
        cost_budget=budget,
        whole=draw(st.booleans()),
    )


@st.composite
def programme_problems(draw: st.DrawFn) -> ProgrammeProblem:
    n, n_groups, budgets = draw(st.integers(1, 7)), draw(st.integers(1, 4)), draw(st.integers(1, 2))
    whole = draw(st.booleans())
    required = st.sampled_from([0.0, 0.0, 0.0, 1.0 if whole else 0.3])
    cost = draw(st.lists(st.integers(0, 9), min_size=n * budgets, max_size=n * budgets))
    return ProgrammeProblem(
        groups=keys("g", n_groups),
        group_size=draw(st.lists(st.integers(1, 9), min_size=n_groups, max_size=n_groups)),
        baseline=draw(st.lists(st.integers(0, 9), min_size=n_groups, max_size=n_groups)),
        programmes=keys("p", n),
        group=draw(st.lists(st.integers(0, n_groups - 1), min_size=n, max_size=n)),
        benefit=np.array(draw(st.lists(st.integers(-2, 40), min_size=n, max_size=n))) / 4,
        budgets=keys("b", budgets),
        budget_limit=draw(st.lists(st.integers(0, 90), min_size=budgets, max_size=budgets)),
        cost=np.array(cost, dtype=float).reshape(budgets, n),
        lower=draw(st.lists(required, min_size=n, max_size=n)),
        one_each=draw(st.booleans()),
        whole=whole,
    )


def outcomes(problem: object) -> dict[str, allocare.Solution]:
    return {name: allocare.solve(problem, name) for name in default_backends(problem)}  # type: ignore[arg-type]


def assert_agreement(
    problem: TransportationProblem | AssignmentProblem | FairAllocationProblem | ProgrammeProblem,
    scale: float,
) -> None:
    found = outcomes(problem)
    exact = {n: s for n, s in found.items() if BACKENDS[n.partition(":")[0]].exact}
    assert exact
    assert len({s.status for s in exact.values()}) == 1, {n: s.status for n, s in exact.items()}
    objectives = [s.objective for s in exact.values() if s.objective is not None]
    if not objectives:
        return
    assert max(objectives) - min(objectives) <= scale, {n: s.objective for n, s in exact.items()}
    best = max(objectives) if problem.maximise else min(objectives)
    for name, solution in found.items():
        if name not in exact and solution.status == "feasible":
            assert solution.objective is not None
            better = solution.objective - best if problem.maximise else best - solution.objective
            assert better <= scale, name


@given(transportation_problems())
@FEW
def test_all_backends_agree_on_transportation(problem: TransportationProblem) -> None:
    assert_agreement(problem, 1e-5)


@given(assignment_problems())
@FEW
def test_all_backends_agree_on_assignment(problem: AssignmentProblem) -> None:
    if problem.priority is None:
        assert_agreement(problem, 1e-6)
        return
    stages = {
        name: s.stages for name, s in outcomes(problem).items() if s.status == "optimal" and problem.size
    }
    reference = next(iter(stages.values()), ())
    for name, value in stages.items():
        assert value == pytest.approx(reference, abs=1e-6), name


@given(fair_problems())
@FEW
def test_all_backends_agree_on_fair_allocation(problem: FairAllocationProblem) -> None:
    assert_agreement(problem, 1e-6)


@given(programme_problems())
@FEW
def test_all_backends_agree_on_programmes(problem: ProgrammeProblem) -> None:
    assert_agreement(problem, 1e-5)


@given(transportation_problems(), st.randoms(use_true_random=False))
@FEW
def test_renaming_and_reordering_moves_nothing(problem: TransportationProblem, random) -> None:  # type: ignore[no-untyped-def]
    first = allocare.solve(problem)
    rows, columns = list(range(len(problem.sources))), list(range(len(problem.targets)))
    random.shuffle(rows)
    random.shuffle(columns)
    limits = problem.lanes.capacity
    if limits is not None:
        dense = np.zeros((len(rows), len(columns)))
        dense[problem.lanes.source, problem.lanes.target] = limits
        limits = dense[np.ix_(rows, columns)]
    shuffled = TransportationProblem(
        sources=[f"other {k}" for k in rows],
        targets=[f"other {k}" for k in columns],
        lanes=Lanes.from_matrix(problem.lanes.matrix()[np.ix_(rows, columns)], limits),
        supply=problem.supply[rows],
        demand=problem.demand[columns],
        supply_rule=problem.supply_rule,
        demand_rule=problem.demand_rule,
        unmet_cost=None if problem.unmet_cost is None else problem.unmet_cost[columns],
        minimum_service=None if problem.minimum_service is None else problem.minimum_service[columns],
        whole=problem.whole,
        sense=problem.sense,
    )
    second = allocare.solve(shuffled)
    assert second.status == first.status
    assert second.objective == pytest.approx(first.objective)


@given(st.integers(0, 10_000), st.integers(2, 7), st.integers(2, 7))
@FEW
def test_adding_potentials_moves_the_optimum_by_exactly_their_worth(
    seed: int, rows: int, columns: int
) -> None:
    random = np.random.default_rng(seed)
    supply = random.integers(1, 20, rows)
    demand = random.multinomial(supply.sum(), np.full(columns, 1 / columns))
    cost = random.integers(0, 50, (rows, columns))
    u, v = random.integers(-30, 30, rows), random.integers(-30, 30, columns)

    def optimum(matrix: np.ndarray) -> float:
        problem = TransportationProblem(
            sources=keys("s", rows),
            targets=keys("t", columns),
            lanes=Lanes.from_matrix(matrix),
            supply=supply,
            demand=demand,
            supply_rule="exactly",
            whole=True,
        )
        objective = allocare.solve(problem).objective
        assert objective is not None
        return objective

    assert optimum(cost + u[:, None] + v) == optimum(cost) + u @ supply + v @ demand


@given(st.integers(0, 10_000), st.sampled_from([2.0, 7.0, 1000.0]))
@FEW
def test_scaling_costs_scales_the_optimum(seed: int, factor: float) -> None:
    random = np.random.default_rng(seed)
    cost = random.integers(0, 50, (5, 6)).astype(float)

    def optimum(matrix: np.ndarray) -> float:
        problem = AssignmentProblem(
            agents=keys("a", 6), tasks=keys("k", 5), pairs=Lanes.from_matrix(matrix.T)
        )
        objective = allocare.solve(problem).objective
        assert objective is not None
        return objective

    assert optimum(cost * factor) == optimum(cost) * factor


@pytest.mark.parametrize(("backend", "crumb"), [("highs", 1e-20), ("clarabel", 1e-10), ("clarabel", 1e-12)])
def test_a_coefficient_next_to_nothing_leaves_the_optimum_alone(backend: str, crumb: float) -> None:
    problem = linear([1, -1], [[2, crumb]], [1], upper=[1, 1], sense="max")
    solution = allocare.solve(problem, backend)
    assert solution.status == "optimal"
    assert solution.objective == pytest.approx(0.5, rel=1e-7)
