"""Concave criteria by every route that takes them: one value, one objective in both renderings."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest
from curved_cases import CONES_AND_CUTS, CURVED, one_resource, transportation
from hypothesis import given, settings
from hypothesis import strategies as st
from public_files import DATA, needs_data
from scipy.optimize import LinearConstraint, minimize

import allocare
from allocare import AssignmentProblem, InputError, Lanes, LinearProblem, with_fairness
from allocare.models.criteria import criterion_of
from allocare.models.formulations import matrix_form, pyomo_model
from allocare.models.proofs import prove
from allocare.models.proofs.levels import Levels
from allocare.models.standard_form import matrix_form_of
from allocare.solvers.backend import Options, Task
from allocare.solvers.registry import BACKENDS
from allocare.solvers.solve import refusal

FEW = settings(deadline=None, max_examples=10, derandomize=True)
MANY = settings(deadline=None, max_examples=25, derandomize=True)
SEEDS = st.integers(0, 10_000)


@pytest.mark.parametrize("criterion", CURVED)
@given(SEEDS)
@MANY
def test_levels_cones_and_cuts_agree(criterion: str, seed: int) -> None:
    problem = with_fairness(transportation(np.random.default_rng(seed)), criterion)
    levels, cones, cuts = (
        allocare.solve(problem, backend) for backend in ("max-flow-levels", *CONES_AND_CUTS)
    )
    assert levels.proved_by == "levels" and levels.status == cones.status == cuts.status == "optimal"
    assert cones.objective == pytest.approx(levels.objective, rel=1e-7, abs=1e-7)
    assert cuts.objective == pytest.approx(levels.objective, rel=1e-7, abs=1e-7)
    assert min(cones.bound, cuts.bound) >= levels.objective - 1e-7 * max(1, abs(levels.objective))


@pytest.mark.parametrize(
    "criterion",
    [
        "utilitarian",
        "maximin",
        "leximin",
        "owa:weights=4,2,1,0",
        "generalised-gini:aversion=3",
        "cvar-share:beta=0.3",
        "equity-threshold:delta=0.2",
        "min-variance",
        "min-gini",
        "min-mad",
        "min-range",
    ],
)
@given(SEEDS)
@FEW
def test_even_levels_are_best_for_all_that_prefer_even_service(criterion: str, seed: int) -> None:
    floor = ["efficiency-floor:loss=0"] if criterion.startswith("min-") else []
    problem = with_fairness(transportation(np.random.default_rng(seed)), criterion, floor)
    levels, rows = (allocare.solve(problem, backend) for backend in ("max-flow-levels", "highs"))
    assert levels.proved_by == "levels" and rows.status == "optimal"
    assert levels.objective == pytest.approx(rows.objective, rel=1e-7, abs=1e-7)
    if criterion == "leximin":
        assert levels.stages == pytest.approx(rows.stages, rel=1e-7)


@given(SEEDS)
@MANY
def test_levels_take_the_cheapest_of_the_plans_that_serve_alike(seed: int) -> None:
    problem = with_fairness(transportation(np.random.default_rng(seed)), "alpha-fair:alpha=2")
    levels, rows = (allocare.solve(problem, backend) for backend in ("max-flow-levels", "highs"))
    own = [problem.lanes.cost @ problem.decisions(solution.allocation) for solution in (levels, rows)]
    assert own[0] == pytest.approx(own[1], rel=1e-4)
    assert any("own objective chooses" in note for note in levels.notes)


@given(SEEDS)
@MANY
def test_no_plan_is_better_than_any_chain_of_levels_says(seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem = with_fairness(transportation(rng), ["alpha-fair:alpha=0.5", "maximin", "utilitarian"][seed % 3])
    best = allocare.solve(problem, "max-flow-levels")
    plan = problem.decisions(best.allocation)
    levels = [rng.choice([0.1, 0.3, 0.7, 1.0], len(keys)) for keys in (problem.sources, problem.targets)]
    proof = prove(problem, plan, Levels(*levels))
    assert proof.bound >= best.objective - 1e-9 * abs(best.objective)
    worse = prove(problem, 0.5 * plan, best_certificate(problem))
    assert not worse.proved and "is served at level" in worse.weakness
    assert worse.bound == pytest.approx(best.objective, rel=1e-9)


def best_certificate(problem: Any) -> Any:
    return BACKENDS["max-flow-levels"].solve(Task(problem), Options()).certificate


@pytest.mark.parametrize(
    ("changes", "asked", "why"),
    [
        ({}, {"utility": "benefit"}, "levels of coverage"),
        ({}, {"size": "equal"}, "people are not counted by need"),
        ({"whole": True}, {}, "only whole units are shared"),
        ({"supply_rule": "exactly", "supply": [5]}, {}, "supply must be used up"),
        ({"unmet_cost": None, "demand": [2, 3]}, {}, "all demand must be met"),
        ({"minimum_service": 0.1}, {}, "a minimum service is in force"),
        ({}, {"policies": ["floor:value=0.1"]}, "policies are in force"),
        ({}, {"criterion": "utility-threshold:delta=1"}, "is not best at even levels"),
        (
            {},
            {"criterion": "min-gini", "policies": ["efficiency-floor:loss=0.1"]},
            "policies are in force",
        ),
    ],
)
def test_what_even_levels_do_not_settle_is_refused_in_one_line(changes: Any, asked: Any, why: str) -> None:
    problem = with_fairness(one_resource(**changes), **({"criterion": "proportional"} | asked))
    found = refusal(Task(problem), "max-flow-levels", Options())
    assert found is not None and why in found and "\n" not in found


@pytest.mark.parametrize("criterion", ["alpha-fair:alpha=0.5", "proportional", "kolm-pollak:kappa=3"])
@given(SEEDS)
@MANY
def test_cones_cuts_and_a_nonlinear_solver_agree_under_rows_of_any_kind(criterion: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.uniform(0.2, 2.0, (3, 4)) * (rng.random((3, 4)) < 0.8)
    rows[0] += 0.1
    most = rng.uniform(1.0, 5.0, 3)
    problem = LinearProblem(
        columns=range(4), rows=range(3), objective=np.ones(4), matrix=rows, row_lower=np.full(3, -np.inf),
        row_upper=most, lower=np.zeros(4), upper=np.full(4, 4.0), sense="max",
    )  # fmt: skip
    problem = with_fairness(problem, criterion)
    rule = criterion_of(problem.fairness.criterion)
    reference = minimize(
        lambda u: -rule.value(u, np.ones(4)), np.full(4, 0.05), method="SLSQP",
        bounds=[(1e-9, 4.0)] * 4, constraints=LinearConstraint(rows, -np.inf, most),
        options={"ftol": 1e-14, "maxiter": 500},
    )  # fmt: skip
    values = [allocare.solve(problem, backend).objective for backend in CONES_AND_CUTS]
    assert values[0] == pytest.approx(values[1], rel=1e-7, abs=1e-7)
    assert values[0] == pytest.approx(-reference.fun, rel=2e-6, abs=2e-6)


def all_values(problem: LinearProblem) -> float:
    """Best value over every plan of a small whole problem."""
    ranges = [range(int(low), int(high) + 1) for low, high in zip(problem.lower, problem.upper, strict=True)]
    plans = np.array(list(itertools.product(*ranges)), dtype=float)
    kept = (plans @ problem.matrix.T.toarray() <= problem.row_upper + 1e-9).all(axis=1)
    rule = criterion_of(problem.fairness.criterion)
    size = allocare.instances.agents.agents_of(problem).size
    return max(rule.value(problem.utility @ plan, size) for plan in plans[kept])


@pytest.mark.parametrize("criterion", ["alpha-fair:alpha=0.5", "alpha-fair:alpha=0.9", "kolm-pollak:kappa=2"])
@given(SEEDS)
@MANY
def test_tangents_find_the_best_of_all_whole_plans(criterion: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem = LinearProblem(
        columns=range(5), rows=range(2), objective=np.ones(5), matrix=rng.integers(1, 6, (2, 5)),
        row_lower=np.full(2, -np.inf), row_upper=rng.integers(4, 16, 2), lower=np.zeros(5),
        upper=np.full(5, 2.0), whole=True, sense="max", agents=range(3),
        utility=rng.integers(0, 4, (3, 5)) * rng.uniform(0.5, 2.0),
        attributes={"agents": pd.DataFrame({"people": rng.integers(1, 9, 3)}, index=range(3))},
    )  # fmt: skip
    problem = with_fairness(problem, criterion, size="people")
    solution = allocare.solve(problem, "highs")
    assert solution.status == "optimal"
    assert solution.objective == pytest.approx(all_values(problem), rel=1e-7, abs=1e-9)


@given(SEEDS)
@MANY
def test_where_everybody_must_have_something_whole_plans_are_the_best_or_somebody_is_named(seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem = LinearProblem(
        columns=range(4), rows=[0], objective=np.ones(4), matrix=rng.integers(1, 5, (1, 4)),
        row_lower=[-np.inf], row_upper=[rng.integers(3, 14)], lower=np.zeros(4), upper=np.full(4, 3.0),
        whole=True, sense="max", agents=range(4), utility=np.diag(rng.uniform(0.1, 3.0, 4)),
    )  # fmt: skip
    for criterion in ("proportional", "alpha-fair:alpha=2"):
        asked = with_fairness(problem, criterion)
        best = all_values(asked)
        if np.isneginf(best):
            with pytest.raises(InputError, match="utilities that are positive"):
                allocare.solve(asked, "highs")
        else:
            assert allocare.solve(asked, "highs").objective == pytest.approx(best, rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("criterion", ["alpha-fair:alpha=0.5", "proportional", "kolm-pollak:kappa=1"])
@given(SEEDS)
@MANY
def test_assignments_under_concave_criteria_are_the_best_of_all(criterion: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    worth = rng.integers(1, 12, (4, 4)).astype(float)
    problem = AssignmentProblem(
        agents=range(4), tasks=range(4), pairs=Lanes.from_matrix(worth), sense="max",
        task_rule="exactly-once" if seed % 2 else "at-most-once",
    )  # fmt: skip
    problem = with_fairness(problem, criterion, agents="tasks", utility="benefit")
    assert not matrix_form(problem).curves
    rule = criterion_of(problem.fairness.criterion)
    best = max(
        rule.value(worth[list(order), range(4)], np.ones(4)) for order in itertools.permutations(range(4))
    )
    solution = allocare.solve(problem)
    assert solution.status == "optimal" and solution.objective == pytest.approx(best, rel=1e-8)


@pytest.mark.parametrize("criterion", ["alpha-fair:alpha=0.5", "kolm-pollak:kappa=5", "proportional"])
@given(SEEDS)
@MANY
def test_unit_increments_and_tangents_agree_on_whole_units(criterion: str, seed: int) -> None:
    problem = transportation(np.random.default_rng(seed), whole=True)
    problem = with_fairness(problem, criterion)
    try:
        units = allocare.solve(problem, "min-cost-flow")
    except InputError:
        with pytest.raises(InputError, match="positive"):
            allocare.solve(problem, "highs")
        return
    assert allocare.solve(problem, "highs").objective == pytest.approx(units.objective, rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("name", [name for name, entry in BACKENDS.items() if entry.keeps == "statements"])
@pytest.mark.parametrize("whole", [False, True])
def test_every_backend_takes_concave_terms_or_says_in_one_line_why_not(name: str, whole: bool) -> None:
    # a cap keeps the unit increments and levels out
    problem = with_fairness(one_resource(whole=whole), "alpha-fair:alpha=2", ["cap:value=0.8"])
    why = refusal(Task(problem), name, Options())
    if why is None:
        solution = allocare.solve(problem, name)
        assert solution.status == "optimal" and solution.checked
    else:
        assert name in ("cp-sat", "pyomo") or whole
        assert "\n" not in why


@pytest.mark.parametrize("criterion", CURVED)
def test_the_pyomo_model_has_the_same_objective(criterion: str) -> None:
    import pyomo.environ as pyo

    problem = with_fairness(one_resource(), criterion)
    form, model = matrix_form(problem), pyomo_model(problem)
    from allocare.models.standard_form import columns_of

    values = np.random.default_rng(3).uniform(0.1, 0.9, len(form.cost))
    for column, value in zip(columns_of(model), values.tolist(), strict=True):
        column.set_value(value, skip_validation=True)
    assert pyo.value(model.objective) == pytest.approx(form.objective(values), rel=1e-12)


@pytest.mark.parametrize("criterion", ["alpha-fair:alpha=2", "kolm-pollak:kappa=2", "proportional", "nash"])
def test_both_renderings_of_linear_terms_are_the_same(criterion: str) -> None:
    problem = AssignmentProblem(
        agents=range(2), tasks=range(2), pairs=Lanes.from_matrix([[3.0, 1.0], [2.0, 5.0]]), sense="max",
        task_rule="at-most-once",
    )  # fmt: skip
    problem = with_fairness(problem, criterion, agents="tasks", utility="benefit")
    ours, theirs = matrix_form(problem), matrix_form_of(pyomo_model(problem))
    assert (abs(ours.matrix - theirs.matrix) > 1e-12).nnz == 0
    for field in ("cost", "lower", "upper", "row_lower", "row_upper", "offset"):
        np.testing.assert_allclose(getattr(ours, field), getattr(theirs, field), rtol=1e-12)


def test_a_nonlinear_solver_of_pyomo_takes_them_where_there_is_one() -> None:
    pytest.importorskip("pyscipopt", reason="no nonlinear solver for Pyomo is installed")
    problem = with_fairness(one_resource(), "kolm-pollak:kappa=2", size="equal")
    exact = allocare.solve(problem, "highs")
    found = allocare.solve(problem, "pyomo:scip")
    assert found.objective == pytest.approx(exact.objective, rel=1e-5)


def test_a_time_limit_ends_with_the_best_plan_so_far_or_none() -> None:
    rng = np.random.default_rng(5)
    problem = with_fairness(transportation(rng, 20, 40), "proportional", ["cap:value=0.95"])
    for backend in CONES_AND_CUTS:
        solution = allocare.solve(problem, backend, time_limit=1e-4)
        assert solution.status in ("unknown", "feasible", "optimal")
        assert solution.status == "optimal" or solution.stop_reason == "time-limit"


@pytest.mark.public_data
@pytest.mark.parametrize(("_", "mark"), [pytest.param("icu_fl", None, marks=needs_data)])
def test_counties_of_florida_have_the_same_by_levels_cones_and_cuts(_: str, mark: None) -> None:
    problem = allocare.load(DATA / "transport/icu_fl.min", "dimacs-transportation")
    problem = dataclasses.replace(problem, whole=False)
    for criterion in CURVED:
        asked = with_fairness(problem, criterion)
        levels = allocare.solve(asked)
        assert levels.backend == "max-flow-levels" and levels.proved_by == "levels"
        for backend in CONES_AND_CUTS:
            other = allocare.solve(asked, backend)
            assert other.status == "optimal"
            assert other.objective == pytest.approx(levels.objective, rel=1e-7)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["leximin", "proportional", "alpha-fair:alpha=2"]))
def test_every_route_breaks_ties_by_the_same_own_cost(seed: int, criterion: str) -> None:
    rng = np.random.default_rng(seed)
    m, n = rng.integers(1, 4), rng.integers(1, 5)
    cost = rng.integers(1, 40, (m, n)).astype(float)
    problem = allocare.TransportationProblem(
        sources=range(m), targets=range(n), lanes=allocare.Lanes.from_matrix(cost),
        supply=rng.integers(1, 9, m), demand=rng.integers(1, 9, n), unmet_cost=50,
    )  # fmt: skip
    posed = allocare.with_fairness(problem, criterion)
    levels, rows = allocare.solve(posed, "max-flow-levels"), allocare.solve(posed, "highs")
    assert levels.objective == pytest.approx(rows.objective, rel=1e-7, abs=1e-9)
    own = [allocare.check(problem, found.allocation).objective for found in (levels, rows)]
    assert own[0] == pytest.approx(own[1], rel=1e-5)
    assert levels.proved_by == "levels"


def test_levels_do_not_prove_a_leximin_plan_whose_second_worst_off_could_have_more() -> None:
    problem = allocare.TransportationProblem(
        sources=["a", "b"], targets=["x", "y", "z"],
        lanes=allocare.Lanes.from_matrix([[1, np.nan, np.nan], [np.nan, 1, 1]]),
        supply=[1, 12], demand=[10, 8, 8], unmet_cost=9,
    )  # fmt: skip
    posed = allocare.with_fairness(problem, "leximin")
    certificate = allocare.solve(posed, "max-flow-levels").certificate
    assert prove(posed, np.array([1.0, 6.0, 6.0]), certificate).proved
    assert not prove(posed, np.array([1.0, 8.0, 4.0]), certificate).proved
