"""Mixed-integer programs with divisible columns beside whole ones: HiGHS 1.14 gets some of these wrong."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp
from test_whole_columns import small

import allocare
from allocare import LinearProblem, with_fairness
from allocare.models.formulations import matrix_form
from allocare.solvers.backend import Options
from allocare.solvers.highs_ import solve_form


def mixed(objective, matrix, lower, upper, most, whole) -> LinearProblem:
    height, width = np.shape(matrix)
    return LinearProblem(
        columns=list(range(width)),
        rows=list(range(height)),
        objective=objective,
        matrix=matrix,
        row_lower=lower,
        row_upper=upper,
        lower=np.zeros(width),
        upper=most,
        whole=whole,
    )


@pytest.mark.parametrize("backend", ["highs", "pyomo:highs"])
@pytest.mark.parametrize(
    ("problem", "optimum"),
    [
        (mixed([2, 3], [[1, 1]], [4.5], [np.inf], [10, 10], [False, True]), 9.0),
        (
            mixed(
                [10, 8, 0, 0, 0, 0],
                [
                    [0, 0, 1, 0, -1000, 0],
                    [0, 0, 0, 1, 0, -1000],
                    [1, 0, 1, 0, 0, 0],
                    [0, 1, 0, 1, 0, 0],
                    [0, 0, 0, 0, 1, 1],
                ],
                [-np.inf, -np.inf, 1000, 1000, -np.inf],
                [0, 0, 1000, 1000, 1],
                [1000, 1000, 1000, 1000, 1, 1],
                [False, False, False, False, True, True],
            ),
            8000.0,
        ),
    ],
    ids=["HiGHS 3043", "HiGHS 3094"],
)
def test_reported_programs_reach_their_optimum(backend, problem, optimum):
    solution = allocare.solve(problem, backend)
    assert solution.objective == pytest.approx(optimum) and solution.status.value == "optimal"


def test_random_programs_agree_with_scipy():
    rng, compared = np.random.default_rng(7), 0
    while compared < 150:
        height, width = rng.integers(1, 4), rng.integers(2, 7)
        matrix = rng.integers(-3, 4, (height, width)) * (rng.random((height, width)) < 0.6) * 0.5
        objective = rng.integers(-5, 6, width).astype(float)
        lower = np.where(rng.random(height) < 0.5, rng.integers(-3, 1, height).astype(float), -np.inf)
        upper = rng.integers(1, 6, height) + 0.5
        most, whole = rng.integers(1, 6, width).astype(float), rng.random(width) < 0.5
        other = milp(
            objective,
            integrality=whole.astype(int),
            bounds=Bounds(0, most),
            constraints=LinearConstraint(matrix, lower, upper),
            options={"mip_rel_gap": 1e-9},
        )
        solution = allocare.solve(mixed(objective, matrix, lower, upper, most, whole), "highs")
        assert solution.objective == pytest.approx(other.fun, abs=1e-6)
        compared += 1


@pytest.mark.parametrize(
    ("seed", "criterion", "policies"),
    [
        (11, "min-mad:weight=0.7", []),
        (14, "min-range", ["efficiency-floor:loss=0.25"]),
        (20, "min-gini", ["efficiency-floor:loss=0.2"]),
    ],
)
def test_presolve_loses_no_plan_of_a_criterion_on_whole_units(seed, criterion, policies):
    form = matrix_form(with_fairness(small(seed), criterion, policies, size="people"))
    form = replace(form, stages=(), tie_break=(), leading=None, ordering=None)
    sign = -1.0 if form.maximise else 1.0
    plain = milp(
        sign * form.cost,
        integrality=form.whole.astype(int),
        bounds=Bounds(form.lower, form.upper),
        constraints=LinearConstraint(form.matrix, form.row_lower, form.row_upper),
        options={"presolve": False, "mip_rel_gap": 1e-9},
    )
    found = solve_form(form, Options())
    assert form.objective(found.values) == pytest.approx(sign * plain.fun + form.offset, rel=1e-7)
    assert found.bound == pytest.approx(form.objective(found.values), rel=1e-7)
