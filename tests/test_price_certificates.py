"""Row prices of linear programs as certificates: HiGHS's optima are proved from the problem alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from kernel_oracle import SEEDS, keys
from test_kernels import random_transportation

import allocare
from allocare.instances.errors import InputError
from allocare.instances.lanes import Lanes
from allocare.instances.linear import LinearProblem
from allocare.instances.network_flow import NetworkFlowProblem
from allocare.models.proofs import NodePotentials, Prices, RowPrices, prove
from allocare.solvers import form_result, highs_
from allocare.solvers.price_certificates import certificate_from
from allocare.solvers.shadow_prices import shadow_prices
from allocare.solvers.solution import Status

if TYPE_CHECKING:
    from allocare.solvers.backend import Options, Task

some = settings(max_examples=60, deadline=None, derandomize=True)


def program(rng: np.random.Generator) -> LinearProblem:
    """A feasible program with open and closed rows and columns, equations among them."""
    m, n = rng.integers(1, 9, 2)
    matrix = sp.random_array((m, n), density=0.6, rng=rng, format="csr")
    inside = rng.random(n) * 3
    activity = matrix @ inside
    width = rng.choice([0.0, 0.5, np.inf], m)
    lowest = np.where(rng.random(m) < 0.5, activity, -np.inf)
    return LinearProblem(
        columns=keys("x", n), rows=keys("r", m), objective=rng.normal(size=n), matrix=matrix,
        row_lower=lowest, row_upper=np.where(np.isinf(lowest), activity, activity + width),
        lower=np.where(rng.random(n) < 0.2, -2.0, 0.0), upper=np.where(rng.random(n) < 0.7, 9.0, np.inf),
        offset=float(rng.normal()), sense=str(rng.choice(["min", "max"])),
    )  # fmt: skip


def beyond(problem: Any, bound: float, objective: float) -> float:
    """How far a bound is on the wrong side of a plan."""
    return (bound - objective) * (-1 if problem.maximise else 1)


@some
@given(SEEDS)
def test_a_linear_program_is_proved_by_the_prices_of_its_rows(seed: int) -> None:
    problem = program(np.random.default_rng(seed))
    solution = allocare.solve(problem, "highs")
    if solution.status is not Status.OPTIMAL:
        assert solution.certificate is None and not solution.proved_by
        return
    assert solution.proved_by == "prices" and isinstance(solution.certificate, RowPrices)
    proof = prove(problem, problem.decisions(solution.allocation), solution.certificate)
    assert proof.proved and solution.gap <= 1e-6
    assert beyond(problem, solution.bound, solution.objective) <= 0


@some
@given(SEEDS, st.floats(0.01, 1e3))
def test_wrong_prices_still_bound_every_plan_and_prove_no_other(seed: int, size: float) -> None:
    rng = np.random.default_rng(seed)
    problem = program(rng)
    solution = allocare.solve(problem, "highs")
    if solution.status is not Status.OPTIMAL:
        return
    decisions = problem.decisions(solution.allocation)
    wrong = RowPrices(solution.certificate.row + size * rng.normal(size=len(problem.rows)))
    proof = prove(problem, decisions, wrong)
    scale = abs(solution.objective) + float(np.abs(problem.objective) @ np.abs(decisions)) + size
    assert beyond(problem, proof.bound, solution.objective) <= 1e-6 * scale


@some
@given(SEEDS)
def test_every_option_of_transportation_is_proved_on_highs(seed: int) -> None:
    problem = random_transportation(np.random.default_rng(seed))
    if problem.size == 0:
        return
    solution = allocare.solve(problem, "highs")
    # what presolve empties, and what was branched on, has no prices
    if solution.status is Status.OPTIMAL and solution.duals:
        assert solution.proved_by == "prices" and isinstance(solution.certificate, Prices)
        proof = prove(problem, problem.decisions(solution.allocation), solution.certificate)
        assert proof.bound == pytest.approx(solution.objective, rel=1e-9, abs=1e-9)


def test_assignments_and_networks_are_proved_on_highs() -> None:
    chores = allocare.example("chores-3x3")
    assert isinstance(allocare.solve(chores, "highs").certificate, Prices)
    network = NetworkFlowProblem(
        nodes=["depot", "hub", "ward"], balance=[2.5, 0, -2.5], tail=[0, 1, 0], head=[1, 2, 2],
        cost=[1, 1, 5], lower=[0, 0, 0.5], capacity=[1.5, 9, 9], whole=False,
    )  # fmt: skip
    solution = allocare.solve(network, "highs")
    assert isinstance(solution.certificate, NodePotentials) and solution.proved_by == "prices"
    assert solution.objective == solution.bound == pytest.approx(1.5 * 2 + 5)


def diet() -> LinearProblem:
    return LinearProblem(
        columns=["x", "y"], rows=["protein", "iron"], objective=[3.0, 2.0], matrix=[[1.0, 1.0], [2.0, 1.0]],
        row_lower=[5.0, 6.0], row_upper=[np.inf, np.inf], lower=[0.0, 0.0], upper=[9.0, 9.0],
    )  # fmt: skip


def test_any_single_corrupted_price_is_refuted() -> None:
    problem = diet()
    solution = allocare.solve(problem, "highs")
    decisions = problem.decisions(solution.allocation)
    assert solution.certificate.row.tolist() == pytest.approx([1.0, 1.0])
    for at in range(2):
        for step in (-0.1, 0.1):
            row = solution.certificate.row.copy()
            row[at] += step
            proof = prove(problem, decisions, RowPrices(row))
            assert not proof.proved and proof.weakness and proof.bound < solution.objective


def test_prices_that_rounding_spoils_leave_the_solvers_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = diet()
    honest = allocare.solve(problem, "highs")

    def spoilt(task: Task, options: Options) -> Any:
        outcome = form_result.solve_rendering(task, options, highs_.solve_form)
        assert outcome.advisory
        return replace(outcome, certificate=RowPrices(outcome.certificate.row * (1 + 1e-3)))

    monkeypatch.setattr(highs_, "solve", spoilt)
    solution = allocare.solve(problem, "highs")
    assert solution.status is Status.OPTIMAL and solution.objective == honest.objective
    assert solution.proved_by == "solver's bound" and solution.certificate is None
    assert solution.bound == pytest.approx(honest.bound, rel=1e-9)


def test_whole_columns_and_constraints_of_ones_own_rest_on_the_solvers_bound() -> None:
    problem = diet()
    whole = allocare.solve(replace(problem, whole=np.array([True, False])), "highs")
    assert whole.proved_by == "solver's bound" and whole.certificate is None
    model = allocare.pyomo_model(problem)
    model.x["x"].setub(0.5)
    assert allocare.solve(model, "highs").certificate is None


def test_a_solution_re_solved_from_a_basis_is_proved_too() -> None:
    problem = diet()
    again = allocare.solve(problem, "highs").resolve(replace(problem, row_lower=[5.5, 6.0]))
    assert again.reason == "re-solved from the earlier plan as a basis" and again.proved_by == "prices"


def test_shadow_prices_and_certificates_are_each_others_way_back() -> None:
    problem = allocare.example("kleeblatt-2021-12-08")
    prices = allocare.solve(problem, "min-cost-flow").certificate
    there_and_back = certificate_from(problem, shadow_prices(problem, prices))
    assert np.array_equal(there_and_back.source, prices.source)
    assert np.array_equal(there_and_back.target, prices.target)


def test_row_prices_fit_linear_problems_alone() -> None:
    problem = allocare.example("chores-3x3")
    with pytest.raises(InputError, match=r"do not fit an? assignment problem"):
        prove(problem, np.zeros(problem.size), RowPrices(np.zeros(3)))


def test_large_and_small_figures_are_proved_or_said_not_to_be() -> None:
    rng = np.random.default_rng(7)
    proved = 0
    for size in (1e-6, 1.0, 1e6):
        lanes = Lanes.from_matrix(rng.random((5, 8)) * size)
        problem = allocare.TransportationProblem(
            sources=range(5), targets=range(8), lanes=replace(lanes, capacity=rng.random(40) * size),
            supply=rng.random(5) * 2 * size, demand=rng.random(8) * size, unmet_cost=np.full(8, 3 * size),
        )  # fmt: skip
        solution = allocare.solve(problem, "highs")
        assert solution.status is Status.OPTIMAL
        proved += solution.proved_by == "prices"
    assert proved == 3
