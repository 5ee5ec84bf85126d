"""The general solver backends on matrix forms and Pyomo models: what they find, prove, and admit."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from allocare.instances.assignment import AssignmentProblem
from allocare.instances.errors import CapabilityError, InputError
from allocare.instances.fair_allocation import FairAllocationProblem
from allocare.instances.lanes import Lanes
from allocare.instances.linear import LinearProblem
from allocare.instances.transportation import TransportationProblem
from allocare.models.cp_sat_fair import whole_variance_form
from allocare.models.formulations import matrix_form, pyomo_model
from allocare.models.integer_form import integer_form
from allocare.models.matrix import FormBuilder, MatrixForm
from allocare.solvers import clarabel_, cp_sat_, highs_, pyomo_, pyomo_interfaces
from allocare.solvers.backend import Options, Task
from allocare.solvers.cuts import solve_by_cuts
from allocare.solvers.form_result import FormResult
from allocare.solvers.scaled_form import ScaledForm
from allocare.solvers.solution import Status, StopReason
from allocare.solvers.stages import hold, solve_in_stages

if TYPE_CHECKING:
    from collections.abc import Callable

INF = np.inf
LP_SOLVERS = [highs_.solve_form, clarabel_.solve_form]
INTEGER_SOLVERS = [highs_.solve_form, cp_sat_.solve_form]
ALL_SOLVERS = [highs_.solve_form, clarabel_.solve_form, cp_sat_.solve_form]
NATIVE_PYOMO = ["highs", "scip_direct"]
quick = settings(deadline=None, max_examples=25, derandomize=True)


def named(function: Callable[..., Any]) -> str:
    return function.__module__.rpartition(".")[2]


def form_of(
    cost: Any,
    matrix: Any,
    row_lower: Any,
    row_upper: Any,
    *,
    upper: Any = INF,
    lower: Any = 0.0,
    whole: Any = False,
    quadratic: Any = 0.0,
    maximise: bool = False,
    offset: float = 0.0,
    stages: tuple[Any, ...] = (),
) -> MatrixForm:
    build = FormBuilder()
    x = build.add_columns(
        "x", len(cost), cost=cost, quadratic=quadratic, lower=lower, upper=upper, whole=whole
    )
    build.add_rows(
        "row", [(x, sp.csr_array(np.array(matrix, dtype=float)))], lower=row_lower, upper=row_upper
    )
    return build.finish(decisions="x", maximise=maximise, offset=offset, stages=stages)


def generalised_assignment(agents: int, tasks: int, seed: int) -> MatrixForm:
    """A type-d instance: cost falls as use rises, capacities bind; hard to prove."""
    rng = np.random.default_rng(seed)
    use = rng.integers(1, 101, (agents, tasks)).astype(float)
    cost = 111 - use + rng.integers(-10, 11, (agents, tasks))
    by_agent = sp.kron(sp.eye_array(agents), np.ones((1, tasks))) @ sp.diags_array(use.ravel())
    by_task = sp.kron(np.ones((1, agents)), sp.eye_array(tasks))
    build = FormBuilder()
    x = build.add_columns("assign", agents * tasks, cost=cost.ravel(), upper=1, whole=True)
    build.add_rows("each_task", [(x, by_task)], lower=1, upper=1)
    build.add_rows("capacity", [(x, by_agent)], upper=np.floor(0.8 * use.sum(axis=1) / agents))
    return build.finish(decisions="assign")


def fair(seed: int, sources: int = 4, targets: int = 8, **rules: Any) -> FairAllocationProblem:
    rng = np.random.default_rng(seed)
    reach = np.where(
        rng.random((sources, targets)) < 0.6, rng.integers(1, 9, (sources, targets)).astype(float), np.nan
    )
    lanes = Lanes.from_matrix(reach)
    demand = rng.choice([2.0, 3.0, 4.0, 6.0, 8.0, 12.0], targets)
    supply = np.floor(rng.dirichlet(np.ones(sources)) * 0.6 * demand.sum())
    if rules.get("criterion") == "need-deviation":
        rules["need"] = rng.integers(0, 5, len(lanes)).astype(float)
    return FairAllocationProblem(
        sources=range(sources), targets=range(targets), lanes=lanes, supply=supply, demand=demand, **rules
    )


def check_values(form: MatrixForm, values: np.ndarray, tolerance: float = 1e-6) -> None:
    """Every row, bound and whole number, from the form alone."""
    scale = max(1.0, float(abs(values).max(initial=0.0)))
    activity = form.matrix @ values
    assert (activity >= form.row_lower - tolerance * scale).all()
    assert (activity <= form.row_upper + tolerance * scale).all()
    assert (values >= form.lower - tolerance).all() and (values <= form.upper + tolerance).all()
    assert (values[form.whole] == np.rint(values[form.whole])).all()


# --- outcomes


@pytest.mark.parametrize("solver", LP_SOLVERS, ids=named)
def test_linear_program_is_solved_with_bound_and_offset(solver: Any) -> None:
    form = form_of([1, 2, 3], [[1, 1, 1], [2, 2, 1]], -INF, [10, 20], maximise=True, offset=5.0)
    result = solver(form, Options())
    assert (result.status, result.stop_reason) == (Status.OPTIMAL, StopReason.PROVED)
    assert form.objective(result.values) == pytest.approx(35, rel=1e-8)
    assert result.bound == pytest.approx(35, rel=1e-8)
    assert result.bound >= form.objective(result.values)


@pytest.mark.parametrize("solver", INTEGER_SOLVERS, ids=named)
@pytest.mark.parametrize("maximise", [False, True])
def test_integer_program_is_solved_to_exactly_whole_values(solver: Any, maximise: bool) -> None:
    form = form_of([3, 2, 4], [[3, 1, 2]], [7], [11], upper=4, whole=True, maximise=maximise, offset=0.5)
    result = solver(form, Options())
    best = max if maximise else min
    known = best(
        3 * a + 2 * b + 4 * c + 0.5
        for a in range(5)
        for b in range(5)
        for c in range(5)
        if 7 <= 3 * a + b + 2 * c <= 11
    )
    assert result.status is Status.OPTIMAL
    assert form.objective(result.values) == known == result.bound
    check_values(form, result.values, 0.0)


@pytest.mark.parametrize("solver", ALL_SOLVERS, ids=named)
def test_infeasible_is_proved(solver: Any) -> None:
    whole = solver is cp_sat_.solve_form
    form = form_of([1, 1], [[1, 1], [1, 1]], [-INF, 5], [4, INF], upper=9, whole=whole)
    result = solver(form, Options())
    assert (result.status, result.stop_reason) == (Status.INFEASIBLE, StopReason.PROVED)
    assert result.values is None and result.bound is None


@pytest.mark.parametrize("solver", INTEGER_SOLVERS, ids=named)
def test_feasible_relaxation_without_whole_point_is_infeasible(solver: Any) -> None:
    result = solver(form_of([1, 1], [[2, 2]], [3], [3], upper=9, whole=True), Options())
    assert (result.status, result.stop_reason) == (Status.INFEASIBLE, StopReason.PROVED)


@pytest.mark.parametrize("solver", LP_SOLVERS, ids=named)
@pytest.mark.parametrize("maximise", [False, True])
def test_unbounded_is_proved(solver: Any, maximise: bool) -> None:
    cost = [1, 1] if maximise else [-1, -1]
    result = solver(form_of(cost, [[1, -1]], [-INF], [3], maximise=maximise), Options())
    assert (result.status, result.stop_reason) == (Status.UNBOUNDED, StopReason.PROVED)
    assert result.values is None


def test_unbounded_whole_columns_are_proved_by_highs() -> None:
    result = highs_.solve_form(form_of([-1, -1], [[1, -1]], [-INF], [3], whole=True), Options())
    assert (result.status, result.stop_reason) == (Status.UNBOUNDED, StopReason.PROVED)


@pytest.mark.parametrize("solver", LP_SOLVERS, ids=named)
def test_a_ray_without_a_plan_is_infeasible_not_unbounded(solver: Any) -> None:
    """Primal and dual are both infeasible: presolve says infeasible or unbounded, only the first is true."""
    form = form_of([0, 0, -1], [[1, -1, 0], [1, -1, 0]], [1, -INF], [INF, 0])
    result = solver(form, Options())
    assert (result.status, result.stop_reason) == (Status.INFEASIBLE, StopReason.PROVED)


def test_whole_columns_with_unbounded_relaxation_and_no_whole_point_are_infeasible() -> None:
    form = form_of([-1, 0], [[0, 2]], [1], [1], whole=True)
    result = highs_.solve_form(form, Options())
    assert (result.status, result.stop_reason) == (Status.INFEASIBLE, StopReason.PROVED)


def test_unbounded_quadratic_is_told_from_one_whose_first_cuts_are_too_few() -> None:
    bounded = form_of([-10.0, 0.0], [[1, 0]], [-INF], [INF], lower=-INF, quadratic=[1.0, 1.0])
    result = highs_.solve_form(bounded, Options())
    assert result.status is Status.OPTIMAL
    assert result.values == pytest.approx([5.0, 0.0], abs=1e-3)
    assert result.bound == pytest.approx(-25.0, rel=1e-7)
    endless = form_of([0.0, -1.0], [[1, 0]], [-INF], [INF], quadratic=[1.0, 0.0])
    assert highs_.solve_form(endless, Options()).status is Status.UNBOUNDED


# --- limits


@pytest.mark.parametrize("solver", INTEGER_SOLVERS, ids=named)
def test_time_limit_with_incumbent_is_feasible_with_a_bound(solver: Any) -> None:
    form = generalised_assignment(20, 200, 1)
    result = solver(form, Options(time_limit=2.5, threads=1 if solver is highs_.solve_form else None))
    assert (result.status, result.stop_reason) == (Status.FEASIBLE, StopReason.TIME_LIMIT)
    check_values(form, result.values, 0.0)
    assert result.bound < form.objective(result.values)


@pytest.mark.parametrize("solver", INTEGER_SOLVERS, ids=named)
def test_time_limit_without_incumbent_holds_nothing(solver: Any) -> None:
    result = solver(generalised_assignment(20, 200, 1), Options(time_limit=1e-6))
    assert (result.status, result.stop_reason) == (Status.UNKNOWN, StopReason.TIME_LIMIT)
    assert result.values is None


def test_interior_point_out_of_time_holds_nothing() -> None:
    form = replace(generalised_assignment(10, 100, 1), whole=np.zeros(1000, dtype=bool))
    result = clarabel_.solve_form(form, Options(time_limit=1e-9))
    assert (result.status, result.stop_reason) == (Status.UNKNOWN, StopReason.TIME_LIMIT)
    assert result.values is None


def test_cuts_out_of_time_hold_what_they_have() -> None:
    form = matrix_form(fair(3, 12, 60, whole=True, efficiency_loss=0.1))
    result = highs_.solve_form(form, Options(time_limit=1.0))
    assert result.status in (Status.FEASIBLE, Status.UNKNOWN)
    assert result.stop_reason is StopReason.TIME_LIMIT
    if result.values is not None:
        assert result.bound <= form.objective(result.values)


@pytest.mark.parametrize("solver", INTEGER_SOLVERS, ids=named)
def test_a_gap_asked_for_is_never_called_optimal_unless_proved(solver: Any) -> None:
    form = generalised_assignment(5, 40, 2)
    result = solver(form, Options(gap=0.2, time_limit=20))
    apart = abs(form.objective(result.values) - result.bound) / form.objective(result.values)
    assert apart <= 0.2
    expected = (Status.FEASIBLE, StopReason.GAP) if apart > 1e-6 else (Status.OPTIMAL, StopReason.PROVED)
    assert (result.status, result.stop_reason) == expected


INTERRUPTED = """
import os, signal, sys, threading
sys.path.insert(0, {folder!r})
from test_general_solvers import generalised_assignment
from allocare.solvers import {module}
from allocare.solvers.backend import Options
form = generalised_assignment(20, 200, 1)
{module}.solve_form(generalised_assignment(2, 4, 1), Options())
threading.Timer(2.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
result = {module}.solve_form(form, Options(time_limit=60))
print(result.status.value, result.stop_reason.value, result.bound < form.objective(result.values))
"""


@pytest.mark.parametrize("module", ["highs_", "cp_sat_"])
def test_an_interrupt_keeps_incumbent_and_bound(module: str) -> None:
    from pathlib import Path

    code = INTERRUPTED.format(module=module, folder=str(Path(__file__).parent))
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout.strip() == "feasible interrupted True", done.stderr


def test_an_interrupted_interior_point_is_unknown_and_restores_the_signal_handler() -> None:
    import signal

    before = signal.getsignal(signal.SIGINT)
    with clarabel_._interrupts_noted() as noted:
        signal.raise_signal(signal.SIGINT)
    assert noted == [signal.SIGINT]
    assert signal.getsignal(signal.SIGINT) is before


# --- exactness


@pytest.mark.parametrize("solver", INTEGER_SOLVERS, ids=named)
def test_two_optima_a_hundred_thousandth_apart_are_told_apart(solver: Any) -> None:
    rng = np.random.default_rng(0)
    form = form_of(
        np.concatenate([[100_000.0, 100_001.0], rng.integers(10, 99, 12)]),
        np.vstack([[1, 1] + [0] * 12, [0, 0] + [1] * 12]),
        [1, 3],
        [1, 3],
        upper=1,
        whole=True,
        maximise=True,
    )
    result = solver(form, Options())
    assert result.status is Status.OPTIMAL
    assert result.values[:2].tolist() == [0, 1]
    assert result.bound == form.objective(result.values)


@pytest.mark.parametrize("solver", LP_SOLVERS, ids=named)
@pytest.mark.parametrize("quantity", [1e-6, 1.0, 1e9])
@pytest.mark.parametrize("price", [1e-6, 1.0, 1e9])
def test_magnitudes_move_the_optimum_exactly_as_units_do(solver: Any, quantity: float, price: float) -> None:
    rng = np.random.default_rng(4)
    cost, demand = rng.integers(1, 50, 12).astype(float), np.array([3.1, 5.3, 4.7, 7.2])
    rows = np.vstack([np.kron(np.eye(3), np.ones(4)), np.kron(np.ones(3), np.eye(4))])

    def solved(q: float, p: float) -> tuple[MatrixForm, FormResult]:
        lower, upper = np.r_[[-INF] * 3, demand * q], np.r_[[7.9 * q] * 3, demand * q]
        form = form_of(cost * p, rows, lower, upper)
        return form, solver(form, Options())

    (plain, known), (form, result) = solved(1.0, 1.0), solved(quantity, price)
    assert result.status is Status.OPTIMAL
    expected = plain.objective(known.values) * quantity * price
    assert form.objective(result.values) == pytest.approx(expected, rel=1e-6)
    assert result.bound == pytest.approx(expected, rel=1e-6)
    assert (form.matrix @ result.values)[3:] == pytest.approx(demand * quantity, rel=1e-6)
    assert result.row_duals == pytest.approx(known.row_duals * price, rel=1e-4, abs=1e-4 * price)


@pytest.mark.parametrize("solver", LP_SOLVERS, ids=named)
@pytest.mark.parametrize("quantity", [1e-6, 1e9])
def test_variance_does_not_depend_on_the_unit_of_quantity(solver: Any, quantity: float) -> None:
    problem = fair(1, efficiency_loss=0.1)
    other = replace(problem, supply=problem.supply * quantity, demand=problem.demand * quantity)
    one, two = (solver(matrix_form(p), Options()) for p in (problem, other))
    assert one.status is two.status is Status.OPTIMAL
    assert matrix_form(other).objective(two.values) == pytest.approx(
        matrix_form(problem).objective(one.values), rel=1e-6
    )


@pytest.mark.parametrize("use", [1e-6, 1.0, 1e9])
def test_magnitudes_of_whole_problems_with_real_uses(use: float) -> None:
    form = generalised_assignment(3, 9, 5)
    known = highs_.solve_form(form, Options())
    height = form.row_block("capacity").slice
    scale = np.ones(form.matrix.shape[0])
    scale[height] = use
    other = replace(
        form,
        matrix=sp.csr_array(sp.diags_array(scale) @ form.matrix),
        row_upper=form.row_upper * scale,
        cost=form.cost * use,
    )
    result = highs_.solve_form(other, Options())
    assert known.status is result.status is Status.OPTIMAL
    assert other.objective(result.values) == pytest.approx(form.objective(known.values) * use, rel=1e-9)


@pytest.mark.parametrize("solver", ALL_SOLVERS, ids=named)
def test_degenerate_ties_agree_in_objective(solver: Any) -> None:
    rows = np.vstack([np.kron(np.eye(5), np.ones(5)), np.kron(np.ones(5), np.eye(5))])
    form = form_of(np.ones(25), rows, 1, 1, upper=1, whole=solver is not clarabel_.solve_form)
    result = solver(form, Options())
    assert result.status is Status.OPTIMAL
    assert form.objective(result.values) == pytest.approx(5, rel=1e-8)


def test_whole_columns_keep_divisible_ones_consistent_after_rounding() -> None:
    form = form_of(
        [1.0, 0.0, 3.0], [[1, 0, 1e4], [0, 1, -7.0]], [0.5, 0.0], [INF, 0.0], upper=[INF, INF, 9],
        whole=[False, False, True],
    )  # fmt: skip
    result = highs_.solve_form(form, Options())
    assert result.status is Status.OPTIMAL
    assert result.values[1] == 7 * result.values[2]
    check_values(form, result.values, 1e-9)


@given(data=st.data())
@quick
def test_scaling_and_its_way_back_lose_nothing(data: Any) -> None:
    numbers = st.floats(1e-6, 1e9) | st.floats(-1e9, -1e-6)
    cost = data.draw(st.lists(numbers, min_size=3, max_size=3))
    matrix = np.array(data.draw(st.lists(numbers, min_size=6, max_size=6))).reshape(2, 3)
    limit = data.draw(st.lists(st.floats(1e-6, 1e9), min_size=2, max_size=2))
    form = form_of(cost, matrix, -INF, limit, maximise=data.draw(st.booleans()), offset=3.0)
    scaled = ScaledForm.of(form)
    # powers of two round nothing but what falls below the smallest normal number
    inside = np.array(data.draw(st.lists(st.just(0.0) | st.floats(1e-200, 1e6), min_size=3, max_size=3)))
    values = scaled.values(inside)
    assert (scaled.start(values) == inside).all()
    assert scaled.objective(scaled.form.objective(inside)) == pytest.approx(
        form.objective(values), rel=1e-9, abs=1e-9 * float(abs(form.cost) @ values + 3)
    )
    gross = abs(form.matrix) @ values
    back = (scaled.form.matrix @ inside) * scaled.quantity_factor / scaled.row_factors
    assert back == pytest.approx(form.matrix @ values, abs=1e-12 * max(1.0, gross.max()))
    for factors in (scaled.row_factors, scaled.column_factors, [scaled.quantity_factor]):
        assert (np.log2(factors) == np.rint(np.log2(factors))).all()


# --- duals


@pytest.mark.parametrize("solver", LP_SOLVERS, ids=named)
@pytest.mark.parametrize("maximise", [False, True])
def test_duals_are_the_change_of_the_objective_per_unit_of_each_limit(solver: Any, maximise: bool) -> None:
    """Rows <=, >= and = that all bind, each against the objective at a right-hand side moved a little."""
    cost = np.array([3.0, 5.0, 4.0]) * (1 if maximise else -1)
    rows = [[1, 1, 1], [2, 1, 0], [0, 1, -1]]
    lower, upper = np.array([-INF, 2.0, 1.0]), np.array([10.0, INF, 1.0])

    def solved(move: np.ndarray) -> tuple[MatrixForm, FormResult]:
        form = form_of(cost, rows, lower + move, upper + move, maximise=maximise)
        return form, solver(form, Options())

    form, result = solved(np.zeros(3))
    for row in range(3):
        move = np.where(np.arange(3) == row, 0.01, 0.0)
        other_form, other = solved(move)
        slope = (other_form.objective(other.values) - form.objective(result.values)) / 0.01
        assert result.row_duals[row] == pytest.approx(slope, abs=1e-5)
    assert abs(result.row_duals).max() > 0.1


def test_duals_of_an_at_least_row_have_the_price_of_demand() -> None:
    for solver in LP_SOLVERS:
        result = solver(form_of([3.0, 5.0], [[1, 1]], [4.0], [INF]), Options())
        assert result.row_duals == pytest.approx([3.0], abs=1e-6)


def test_duals_carry_the_users_keys() -> None:
    problem = LinearProblem(
        columns=["x", "y"], rows=["staff", "beds"], objective=[3, 2], matrix=[[1, 1], [1, 0]],
        row_lower=[-INF, -INF], row_upper=[10, 4], lower=[0, 0], upper=[INF, INF], sense="max",
    )  # fmt: skip
    expected = pd.Series({"staff": 2.0, "beds": 1.0})
    for backend, variant in ((highs_, ""), (clarabel_, ""), (pyomo_, "highs")):
        duals = backend.solve(Task(problem), Options(variant=variant)).duals["row"]
        assert duals.to_dict() == pytest.approx(expected.to_dict(), abs=1e-6)


# --- agreement


@given(st.integers(0, 2**31 - 1), st.booleans())
@quick
def test_cp_sat_and_highs_agree_on_random_integer_programs(seed: int, maximise: bool) -> None:
    rng = np.random.default_rng(seed)
    rows, columns = rng.integers(1, 5), rng.integers(1, 6)
    matrix = rng.integers(-4, 7, (rows, columns)) / rng.choice([1, 2, 10])
    middle = matrix @ rng.integers(0, 4, columns)
    form = form_of(
        rng.integers(-9, 10, columns) / 4,
        matrix,
        np.where(rng.random(rows) < 0.4, middle - rng.integers(0, 3), -INF),
        middle + rng.integers(0, 4) * 0.5,
        upper=rng.integers(1, 6, columns),
        whole=True,
        maximise=maximise,
    )
    one, two = highs_.solve_form(form, Options()), cp_sat_.solve_form(form, Options(threads=1))
    assert one.status is two.status
    if one.values is not None:
        check_values(form, one.values, 1e-9)
        check_values(form, two.values, 1e-9)
        assert form.objective(one.values) == pytest.approx(form.objective(two.values), rel=1e-9, abs=1e-9)


@given(st.integers(0, 2**31 - 1), st.booleans())
@quick
def test_cuts_and_clarabel_agree_on_random_convex_quadratics(seed: int, maximise: bool) -> None:
    rng = np.random.default_rng(seed)
    rows, columns = rng.integers(1, 4), rng.integers(2, 7)
    sign = -1.0 if maximise else 1.0
    form = form_of(
        rng.uniform(-9, 9, columns),
        rng.uniform(0.1, 3, (rows, columns)),
        rng.uniform(1, 5, rows),
        INF,
        lower=np.where(rng.random(columns) < 0.3, -50.0, 0.0),
        upper=50.0,
        quadratic=sign * np.where(rng.random(columns) < 0.7, rng.uniform(0.01, 5, columns), 0.0),
        maximise=maximise,
    )
    one, two = highs_.solve_form(form, Options()), clarabel_.solve_form(form, Options())
    assert one.status is two.status is Status.OPTIMAL
    first, second = form.objective(one.values), form.objective(two.values)
    assert first == pytest.approx(second, rel=1e-6, abs=1e-6)
    for result in (one, two):
        check_values(form, result.values)
        beyond = sign * (result.bound - form.objective(result.values))
        assert beyond <= 1e-7 * max(1.0, abs(first))


@given(st.integers(0, 2**31 - 1))
@settings(quick, max_examples=12)
def test_cuts_and_cp_sat_agree_on_squares_of_whole_columns(seed: int) -> None:
    rng = np.random.default_rng(seed)
    columns = int(rng.integers(2, 6))
    form = form_of(
        rng.integers(-20, 5, columns).astype(float),
        rng.integers(0, 4, (2, columns)),
        rng.integers(2, 9, 2),
        INF,
        upper=9,
        whole=True,
        quadratic=rng.integers(0, 5, columns),
        offset=2.0,
    )
    one, two = highs_.solve_form(form, Options()), cp_sat_.solve_form(form, Options(threads=1))
    assert one.status is two.status
    if one.values is not None:
        assert form.objective(one.values) == pytest.approx(form.objective(two.values), rel=1e-9, abs=1e-9)
        assert one.bound <= form.objective(two.values) + 1e-6


@pytest.mark.parametrize("rules", [{}, {"efficiency_loss": 0.2}, {"criterion": "need-deviation"}], ids=str)
@pytest.mark.parametrize("seed", [1, 2])
def test_whole_fair_allocation_agrees_between_cuts_cp_sat_and_scip(rules: dict[str, Any], seed: int) -> None:
    task = Task(fair(seed, 3, 5, whole=True, **rules))
    outcomes = [
        highs_.solve(task, Options()),
        cp_sat_.solve(task, Options()),
        pyomo_.solve(task, Options(variant="scip")),
    ]
    for outcome in outcomes:
        assert outcome.status is Status.OPTIMAL
        assert outcome.decisions is not None and (outcome.decisions == np.rint(outcome.decisions)).all()
        assert outcome.objective == pytest.approx(outcomes[0].objective, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("rules", [{}, {"efficiency_loss": 0.2}, {"criterion": "need-deviation"}], ids=str)
def test_divisible_fair_allocation_agrees_between_cuts_and_clarabel(rules: dict[str, Any]) -> None:
    task = Task(fair(5, 6, 20, **rules))
    one, two = highs_.solve(task, Options()), clarabel_.solve(task, Options())
    assert one.status is two.status is Status.OPTIMAL
    assert one.objective == pytest.approx(two.objective, rel=1e-7, abs=1e-9)


def test_perfectly_even_shares_are_proved_at_variance_zero() -> None:
    problem = FairAllocationProblem(
        sources=["depot"], targets=["north", "south", "west"], lanes=Lanes.from_matrix([[1, 1, 1]]),
        supply=[7], demand=[4, 8, 3],
    )  # fmt: skip
    for backend in (highs_, clarabel_):
        outcome = backend.solve(Task(problem), Options())
        assert outcome.status is Status.OPTIMAL
        assert outcome.objective == pytest.approx(0, abs=1e-10)


def test_the_whole_number_form_of_the_variance_is_a_multiple_of_it() -> None:
    for loss in (0.0, 0.3):
        problem = fair(7, 3, 5, whole=True, efficiency_loss=loss)
        form, multiple = whole_variance_form(problem)
        flow = highs_.solve(Task(problem), Options()).decisions
        assert flow is not None
        received = np.bincount(problem.lanes.target, flow, len(problem.targets))
        values = np.concatenate([flow, received, [flow.sum()] * (len(form.cost) - len(flow) - len(received))])
        check_values(form, values, 0.0)
        level = received / problem.demand
        mean = np.average(level, weights=problem.demand)
        variance = np.average((level - mean) ** 2, weights=problem.demand)
        assert form.objective(values) / multiple == pytest.approx(variance, rel=1e-9)


# --- priority classes


def test_first_stage_is_not_given_up_for_the_sum() -> None:
    stages = (np.array([-1.0, 0.0]), np.array([0.0, -10.0]))
    for whole, solvers in ((True, INTEGER_SOLVERS), (False, LP_SOLVERS)):
        form = form_of([-1.0, -10.0], [[1, 1]], -INF, [6.0], upper=4, whole=whole, stages=stages)
        for solver in solvers:
            result = solver(form, Options())
            assert result.status is Status.OPTIMAL
            assert result.values == pytest.approx([4, 2], abs=1e-5)
            assert result.stages == pytest.approx((-4, -20), abs=1e-4)
            assert result.bound == pytest.approx(form.objective(result.values))


def test_stages_end_with_what_is_held_when_one_is_cut_short() -> None:
    stages = (np.array([1.0, 0.0]), np.array([0.0, 1.0]))
    form = form_of([1.0, 1.0], [[1, 1]], [3], [INF], upper=4, whole=True, stages=stages)
    calls = []

    def solver(stage: MatrixForm, options: Options, start: Any = None) -> FormResult:
        calls.append(start)
        if len(calls) == 1:
            return highs_.solve_form(stage, options)
        return FormResult(status=Status.UNKNOWN, stop_reason=StopReason.TIME_LIMIT)

    result = solve_in_stages(form, Options(), solver)
    assert (result.status, result.stop_reason) == (Status.FEASIBLE, StopReason.TIME_LIMIT)
    assert result.values is not None and result.bound is None
    assert calls[0] is None and calls[1] is result.values
    assert result.stages == (float(stages[0] @ result.values), float(stages[1] @ result.values))


def test_stages_pass_infeasible_on() -> None:
    stages = (np.array([1.0, 0.0]), np.array([0.0, 1.0]))
    form = form_of([1.0, 1.0], [[1, 1]], [30], [INF], upper=4, whole=True, stages=stages)
    for solver in INTEGER_SOLVERS:
        assert solver(form, Options()).status is Status.INFEASIBLE


def test_a_held_stage_of_decimal_costs_leaves_half_a_step() -> None:
    form = form_of([0.25, 0.5], [[1, 1]], [1], [INF], whole=True)
    held = hold(form, form.cost, np.array([1.0, 0.0]))
    assert held.row_upper[-1] == 0.25 + 0.125


@pytest.mark.parametrize("variant", NATIVE_PYOMO)
def test_priority_classes_agree_between_pyomo_and_the_matrix_form(variant: str) -> None:
    rng = np.random.default_rng(8)
    problem = AssignmentProblem(
        agents=range(3), tasks=range(6), pairs=Lanes.from_matrix(rng.integers(1, 30, (3, 6)).astype(float)),
        task_rule="at-most-once", priority=[1, 2, 1, 3, 2, 1], sense="max",
    )  # fmt: skip
    known = highs_.solve(Task(problem), Options())
    found = pyomo_.solve(Task(problem), Options(variant=variant))
    other = cp_sat_.solve(Task(problem), Options())
    assert known.status is found.status is other.status is Status.OPTIMAL
    assert known.stages == pytest.approx(found.stages)
    assert known.stages == pytest.approx(other.stages)


# --- refusals and options


def test_refusals_are_one_line_each() -> None:
    lanes = Lanes.from_matrix([[1, 2]])
    divisible = TransportationProblem(
        sources=["s"], targets=["a", "b"], lanes=lanes, supply=[5], demand=[2, 2]
    )
    whole = replace(divisible, whole=True)
    endless = replace(whole, supply_rule="none", supply=None, demand_rule="at-least")
    third = AssignmentProblem(
        agents=["a"], tasks=["t"], pairs=Lanes.from_matrix([[1 / 3 + 1e9]]), capacity=[2]
    )
    cases = [
        (clarabel_, whole, "", "divisible"),
        (cp_sat_, divisible, "", "whole-number"),
        (cp_sat_, endless, "", "flow[('s', 'a')]"),
        (cp_sat_, third, "", "digits"),
        (pyomo_, whole, "no-such-solver", "no-such-solver"),
        (pyomo_, whole, "gurobi", "gurobi"),
        (pyomo_, fair(1), "highs", "quadratic"),
        (pyomo_, fair(1, whole=True), "cbc", "cbc"),
    ]
    for backend, problem, variant, word in cases:
        why = backend.refusal(Task(problem), Options(variant=variant))
        assert why is not None and word in why and "\n" not in why
    for backend, problem in ((highs_, whole), (highs_, fair(1)), (clarabel_, divisible), (cp_sat_, whole)):
        assert backend.refusal(Task(problem), Options()) is None
    assert pyomo_.refusal(Task(fair(1, whole=True)), Options(variant="scip")) is None


def test_demands_without_a_small_common_multiple_are_refused_by_cp_sat() -> None:
    problem = FairAllocationProblem(
        sources=["s"], targets=range(6), lanes=Lanes.from_matrix(np.ones((1, 6))), supply=[900],
        demand=[997, 991, 983, 977, 971, 967], whole=True,
    )  # fmt: skip
    why = cp_sat_.refusal(Task(problem), Options())
    assert why is not None and "least common multiple" in why


def test_a_divisible_column_among_whole_ones_is_refused_by_name() -> None:
    form = form_of([1.0, 1.0], [[1, 1]], [1], [INF], upper=3, whole=[True, False])
    with pytest.raises(CapabilityError, match=r"column x\[2\] is divisible"):
        integer_form(form)


def test_bounds_that_follow_from_rows_are_found() -> None:
    form = form_of([1.0, 1.0], [[2, 3], [-1, 1]], [-INF, -4], [12, INF], whole=True)
    whole = integer_form(form)
    assert whole.upper.tolist() == [6, 4]
    assert whole.row_lower.tolist()[1] == -4


def test_right_hand_sides_that_only_look_uneven_are_not_rounded_away() -> None:
    form = form_of([-1.0], [[0.01]], -INF, [0.29], upper=99, whole=True)
    assert integer_form(form).row_upper.tolist() == [29]
    assert cp_sat_.solve_form(form, Options()).values.tolist() == [29]


def test_sums_too_large_for_exact_whole_numbers_are_refused() -> None:
    form = form_of([1.0], [[1e15]], [1], [INF], upper=1e9, whole=True)
    with pytest.raises(CapabilityError, match="too large"):
        integer_form(form)


@pytest.mark.parametrize(
    ("solver", "good", "bad"),
    [
        (highs_.solve_form, {"simplex_strategy": "1", "presolve": "off"}, {"simplex_strategy": "soon"}),
        (clarabel_.solve_form, {"max_iter": 77}, {"max_iter": "many"}),
        (
            cp_sat_.solve_form,
            {"linearization_level": "2", "cp_model_presolve": "false"},
            {"num_workers": "x"},
        ),
    ],
    ids=["highs", "clarabel", "cp-sat"],
)
def test_native_options_pass_through_and_wrong_ones_are_named(solver: Any, good: Any, bad: Any) -> None:
    form = form_of([1.0, 2.0], [[1, 1]], [3], [INF], upper=5, whole=solver is cp_sat_.solve_form)
    assert solver(form, Options(native=good)).status is Status.OPTIMAL
    for wrong in (bad, {"no_such_option": 1}):
        with pytest.raises(InputError, match=next(iter(wrong))):
            solver(form, Options(native=wrong))


@pytest.mark.parametrize("solver", ALL_SOLVERS, ids=named)
def test_logs_go_to_standard_error_and_only_when_asked(solver: Any, capfd: Any) -> None:
    form = form_of([1.0, 2.0], [[1, 1]], [3], [INF], upper=5, whole=solver is cp_sat_.solve_form)
    solver(form, Options(log=True))
    captured = capfd.readouterr()
    assert captured.out == "" and len(captured.err) > 50
    solver(form, Options())
    assert capfd.readouterr() == ("", "")


def test_the_number_of_threads_may_change_between_solves() -> None:
    form = generalised_assignment(3, 9, 5)
    for threads in (1, 2, 1):
        for solver in INTEGER_SOLVERS:
            assert solver(form, Options(threads=threads)).status is Status.OPTIMAL


# --- Pyomo


@pytest.mark.parametrize("variant", NATIVE_PYOMO)
def test_pyomo_tells_optimal_infeasible_and_unbounded_apart(variant: str) -> None:
    def problem(**changes: Any) -> LinearProblem:
        fields: dict[str, Any] = {
            "columns": ["x", "y"], "rows": ["r"], "objective": [-1, -2], "matrix": [[1, 2]],
            "row_lower": [-INF], "row_upper": [9], "lower": [0, 0], "upper": [INF, INF], "whole": True,
        }  # fmt: skip
        return LinearProblem(**(fields | changes))

    options = Options(variant=variant)
    best = pyomo_.solve(Task(problem()), options)
    assert (best.status, best.objective, best.bound) == (Status.OPTIMAL, -9, pytest.approx(-9))
    none = pyomo_.solve(Task(problem(row_lower=[5], row_upper=[5], matrix=[[2, 2]])), options)
    assert (none.status, none.stop_reason) == (Status.INFEASIBLE, StopReason.PROVED)
    endless = pyomo_.solve(Task(problem(matrix=[[0, 1]])), options)
    assert (endless.status, endless.stop_reason) == (Status.UNBOUNDED, StopReason.PROVED)


@pytest.mark.parametrize("variant", NATIVE_PYOMO)
def test_pyomo_out_of_time_holds_nothing_and_claims_nothing(variant: str) -> None:
    form = generalised_assignment(10, 60, 1)
    problem = LinearProblem(
        columns=range(600), rows=range(70), objective=form.cost, matrix=form.matrix,
        row_lower=form.row_lower, row_upper=form.row_upper, lower=form.lower, upper=form.upper, whole=True,
    )  # fmt: skip
    outcome = pyomo_.solve(Task(problem), Options(variant=variant, time_limit=1e-6))
    assert (outcome.status, outcome.stop_reason) == (Status.UNKNOWN, StopReason.TIME_LIMIT)
    assert outcome.decisions is None and outcome.objective is None


def extended() -> tuple[TransportationProblem, Any]:
    problem = TransportationProblem(
        sources=["s", "t"], targets=["a", "b"], lanes=Lanes.from_matrix([[1, 2], [3, 1]]),
        supply=[6, 6], demand=[4, 4], whole=True,
    )  # fmt: skip
    return problem, pyomo_model(problem)


@pytest.mark.parametrize(
    ("backend", "variant"), [(highs_, ""), (cp_sat_, ""), (pyomo_, "highs"), (pyomo_, "scip")]
)
def test_constraints_that_the_user_added_are_kept(backend: Any, variant: str) -> None:
    import pyomo.environ as pyo

    problem, model = extended()
    model.share = pyo.Constraint(expr=model.flow["s", "a"] <= 2)
    outcome = backend.solve(Task(problem, model), Options(variant=variant))
    assert outcome.status is Status.OPTIMAL
    assert outcome.decisions.tolist() == [2, 0, 2, 4]
    assert outcome.objective == 12
    assert model.flow["t", "b"].value == 4
    assert model.objective.active


def test_a_model_has_no_stray_parts_after_pyomo_solved_it() -> None:
    rng = np.random.default_rng(8)
    problem = AssignmentProblem(
        agents=range(2), tasks=range(3), pairs=Lanes.from_matrix(rng.integers(1, 9, (2, 3)).astype(float)),
        capacity=[2, 2], priority=[1, 2, 1],
    )  # fmt: skip
    task = Task(problem)
    before = [component.name for component in task.pyomo_model.component_objects()]
    pyomo_.solve(task, Options(variant="highs"))
    model = task.pyomo_model
    assert [component.name for component in model.component_objects()] == before
    assert all(column.value is None for column in model.assign.values())
    assert all(row.active for row in model.each_task.values())


def test_a_row_that_no_lane_enters_is_infeasible_on_every_pyomo_interface() -> None:
    problem = TransportationProblem(
        sources=["s"], targets=["a", "b"], lanes=Lanes.from_matrix([[1, np.nan]]), supply=[9], demand=[2, 2]
    )
    for variant in NATIVE_PYOMO:
        outcome = pyomo_.solve(Task(problem), Options(variant=variant))
        assert outcome.status is Status.INFEASIBLE


def test_options_without_a_counterpart_are_reported_as_ignored() -> None:
    found = pyomo_interfaces._note("glpk", ["threads", "seed"])
    assert found == ("pyomo:glpk has no option for threads or seed, so it was ignored",)


def test_plain_scip_is_the_python_package_where_there_is_no_executable(monkeypatch: Any) -> None:
    monkeypatch.setattr(pyomo_interfaces.shutil, "which", lambda name: None)
    assert pyomo_interfaces.interface_of("scip") == "scip_direct"
    monkeypatch.setattr(pyomo_interfaces.shutil, "which", lambda name: "/usr/bin/scip")
    assert pyomo_interfaces.interface_of("scip") == "scip"


# --- total maps


def test_every_native_status_has_a_meaning() -> None:
    import clarabel
    import highspy
    from ortools.sat.python import cp_model
    from pyomo.contrib.solver.common.results import TerminationCondition
    from pyomo.opt import TerminationCondition as OldTerminationCondition

    clarabel_names = {
        name
        for name in dir(clarabel.SolverStatus)
        if isinstance(getattr(clarabel.SolverStatus, name), clarabel.SolverStatus)
    }
    cp_sat_names = {status.name for status in cp_model.CpSolverStatus.__members__.values()}
    for table, names in (
        (highs_.STATUS, set(highspy.HighsModelStatus.__members__)),
        (clarabel_.STATUS, clarabel_names),
        (cp_sat_.STATUS, cp_sat_names),
        (pyomo_interfaces.STATUS, {condition.name for condition in TerminationCondition}),
        (pyomo_interfaces.OLD_STATUS, {condition.value for condition in OldTerminationCondition}),
    ):
        assert set(table) == names
        proved = {Status.OPTIMAL, Status.INFEASIBLE, Status.UNBOUNDED, Status.INFEASIBLE_OR_UNBOUNDED}
        for status, reason in table.values():
            assert (reason is StopReason.PROVED) == (status in proved)


def test_cuts_work_over_any_solver_of_linear_forms() -> None:
    form = form_of([0.0, 0.0], [[1, 1]], [10], [INF], upper=9, whole=True, quadratic=[1.0, 2.0])

    def linear_only(linear: MatrixForm, options: Options, start: Any = None) -> FormResult:
        assert linear.quadratic is None
        return highs_.solve_form(linear, options, start)

    result = solve_by_cuts(form, Options(), linear_only)
    assert result.values.tolist() == [7, 3]
    assert result.bound == pytest.approx(67, rel=1e-9)
