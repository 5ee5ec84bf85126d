"""Traps that textbook snippets of these problems fall into, each against what ours returns.

Every test names the trap, shows that it is one, and holds the right value beside it.
"""

from __future__ import annotations

from itertools import permutations
from warnings import catch_warnings, simplefilter

import numpy as np
import pandas as pd
import pytest
import scipy.optimize

import allocare
from allocare import LinearProblem
from allocare.forecasting.metrics import (
    mean_absolute_error,
    mean_absolute_scaled_error,
    mean_squared_error,
    root_mean_squared_error,
)
from allocare.forecasting.regression import least_squares
from allocare.forecasting.scaling import MinMax, Standard, sample_mean, sample_std
from allocare.solvers.backend import Options, Task
from allocare.solvers.registry import BACKENDS
from allocare.solvers.solve import refusal

from cases import INF, assignment, transportation

FIVE = [1, 2, 3, 4, 5]
PROFITS, PLANTS, HOURS = [3.0, 5.0], [[1.0, 0.0], [0.0, 2.0], [3.0, 2.0]], [4.0, 12.0, 18.0]
"""Hillier and Lieberman's glass company: 3x + 5y at most, x <= 4, 2y <= 12, 3x + 2y <= 18; 36 at (2, 6)."""
WEIGHTS = np.array([[7.0, 5, 1], [6, 2, 8], [9, 4, 3]])


def wyndor(whole: bool = False) -> LinearProblem:
    return LinearProblem(
        columns=["doors", "windows"],
        rows=["plant 1", "plant 2", "plant 3"],
        objective=PROFITS,
        matrix=PLANTS,
        row_lower=[-INF] * 3,
        row_upper=HOURS,
        lower=[0, 0],
        upper=[INF, INF],
        whole=whole,
        sense="max",
    )


MAXIMISED = {
    "linear": wyndor(),
    "linear, whole": wyndor(whole=True),
    "assignment": assignment(WEIGHTS, sense="max"),
    "transportation": transportation(
        WEIGHTS, [10, 20, 30], [20, 20, 20], sense="max", supply_rule="exactly", demand_rule="exactly"
    ),
}


def takes(name: str, backend: str) -> bool:
    return refusal(Task(MAXIMISED[name]), backend, Options()) is None


def greatest(name: str) -> float:
    """Greatest value, by other means than the package's."""
    if name == "assignment":
        return max(sum(WEIGHTS[i, j] for i, j in enumerate(order)) for order in permutations(range(3)))
    if name == "transportation":
        sums = np.kron(np.eye(3), np.ones(3)), np.kron(np.ones(3), np.eye(3))
        balance = np.concatenate([[10, 20, 30], [20, 20, 20]])
        return -float(scipy.optimize.linprog(-WEIGHTS.ravel(), A_eq=np.vstack(sums), b_eq=balance).fun)
    return 36.0


def test_the_sample_standard_deviation_divides_by_n_minus_1() -> None:
    assert np.std(FIVE) == pytest.approx(1.4142, abs=5e-5)  # the trap: NumPy divides by n unless told
    assert sample_mean(FIVE) == 3
    assert sample_std(FIVE) == pytest.approx(1.5811, abs=5e-5)
    assert sample_std(FIVE) ** 2 == pytest.approx(2.5, rel=1e-15)
    assert Standard().fit(pd.DataFrame({"x": FIVE})).span.tolist() == [sample_std(FIVE)]


def test_the_regression_of_y_on_x_has_slope_2_and_intercept_0_where_y_is_2x() -> None:
    fitted = least_squares({"x": FIVE}, [2 * x for x in FIVE]).coefficients["estimate"]
    assert fitted["x"] == pytest.approx(2, rel=1e-12)
    assert fitted["intercept"] == pytest.approx(0, abs=1e-12)


def test_gradient_descent_and_exact_least_squares_agree_to_1e_8() -> None:
    rng = np.random.default_rng(7)
    features = pd.DataFrame({"beds": rng.normal(size=60), "staff": rng.normal(size=60)})
    target = 1.5 + features.to_numpy() @ [2.0, -3.0] + rng.normal(0, 0.1, 60)
    exact = least_squares(features, target).coefficients["estimate"].to_numpy()
    design = np.column_stack([np.ones(60), features])

    def descend(sign: float, steps: int) -> np.ndarray:
        at = np.zeros(3)
        for _ in range(steps):
            at = at + sign * 0.1 * (2 / 60) * design.T @ (design @ at - target)
        return at

    assert np.abs(descend(-1.0, 500) - exact).max() < 1e-8
    assert np.abs(descend(+1.0, 100) - exact).max() > 1e3  # the trap: uphill


def test_the_textbook_program_needs_no_simplex_method_of_linprog() -> None:
    # the trap: SciPy deprecated the method in 1.9 and refuses it where it is gone
    with pytest.raises((ValueError, DeprecationWarning), match="simplex"), catch_warnings():
        simplefilter("error")
        scipy.optimize.linprog([-3.0, -5.0], PLANTS, HOURS, method="simplex")
    solution = allocare.solve(wyndor())
    assert (str(solution.status), solution.objective) == ("optimal", pytest.approx(36, rel=1e-9))
    assert wyndor().decisions(solution.allocation) == pytest.approx([2, 6])


@pytest.mark.parametrize(
    ("name", "backend"),
    [(name, backend) for name in MAXIMISED for backend in BACKENDS if takes(name, backend)],
)
def test_maximisation_returns_the_maximum_with_its_own_sign(name: str, backend: str) -> None:
    solution = allocare.solve(MAXIMISED[name], backend)
    best = greatest(name)
    assert solution.objective is not None
    if BACKENDS[backend].exact:
        assert solution.objective == pytest.approx(best, rel=1e-6)
        assert solution.bound == pytest.approx(best, rel=1e-6)
    else:
        assert 0 < solution.objective <= best
        assert solution.bound is None


def test_every_backend_that_maximises_at_all_is_among_those_tried() -> None:
    tried = {backend for name in MAXIMISED for backend in BACKENDS if takes(name, backend)}
    absent = {name for name, entry in BACKENDS.items() if entry.unavailable()}
    # makes service levels even, and has no weights to maximise
    assert set(BACKENDS) - tried - absent == {"max-flow-levels"}


def test_greedy_goes_by_the_cost_and_not_by_the_name() -> None:
    costs = {"Aachen": 9.0, "Bonn": 4.0, "Celle": 1.0}
    assert min(costs) == "Aachen"  # the trap: a dictionary iterates over its names
    assert min(costs, key=costs.__getitem__) == "Celle"
    for names in permutations(costs):
        problem = allocare.TransportationProblem(
            sources=list(names),
            targets=["clinic"],
            lanes=allocare.Lanes.from_matrix(np.array([[costs[name]] for name in names])),
            supply=[5.0, 5.0, 5.0],
            demand=[6.0],
        )
        solution = allocare.solve(problem, "greedy:cheapest-lane")
        sent = solution.allocation.set_index("source")["quantity"]
        assert sent[sent > 0].to_dict() == {"Celle": 5.0, "Bonn": 1.0}
        assert solution.objective == 5 * 1 + 1 * 4


def test_min_max_of_a_constant_column_divides_by_nothing() -> None:
    column = np.full(4, 7.0)
    with np.errstate(invalid="ignore"):
        trap = (column - column.min()) / (column.max() - column.min())
    assert np.isnan(trap).all()
    scaling = MinMax().fit(pd.DataFrame({"beds": column}))
    assert scaling.apply(column[:, None]).ravel().tolist() == [0.0] * 4
    assert scaling.inverse(np.zeros((4, 1))).ravel().tolist() == column.tolist()


def test_errors_of_forecasts_by_hand() -> None:
    actual, forecast = [10, 20, 30, 40], [12, 18, 33, 35]
    assert mean_absolute_error(actual, forecast) == (2 + 2 + 3 + 5) / 4
    assert mean_squared_error(actual, forecast) == (4 + 4 + 9 + 25) / 4
    assert root_mean_squared_error(actual, forecast) == np.sqrt(10.5)
    # the traps: errors that cancel, and a root taken of each error rather than of their mean
    assert np.mean(np.subtract(forecast, actual)) == -0.5
    # steps of 4, 2 and 6 in the training part, 4 on average; over two steps 2 and 4, 3 on average
    training = [5, 9, 7, 13]
    assert mean_absolute_scaled_error(actual, forecast, training) == 3 / 4
    assert mean_absolute_scaled_error(actual, forecast, training, season=2) == 3 / 3
