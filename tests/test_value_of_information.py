"""Value of perfect information and of the stochastic solution: textbook figures, and what always holds."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import allocare
from allocare import InputError, IntervalDemand, LinearProblem, ScenarioDemand
from allocare.evaluation.value_of_information import value_of_information
from allocare.instances.two_stage import TwoStageLinear

from cases import uncertain

INF = np.inf
CROPS = ["wheat", "corn", "beets"]


def farmer(sense: str = "min") -> TwoStageLinear:
    """Birge and Louveaux, chapter 1: 500 acres, yields 20 % below or above the mean or at it.

    Afterwards, wheat and corn are bought at 238 and 210 or sold at 170 and 150, beets sold at 36, beyond a
    quota of 6000 at 10; 200 tons of wheat and 240 of corn are needed as feed.
    """
    sign = 1 if sense == "min" else -1
    land = LinearProblem(
        columns=CROPS,
        rows=["acres"],
        objective=sign * np.array([150.0, 230, 260]),
        matrix=[[1, 1, 1]],
        row_lower=[-INF],
        row_upper=[500],
        lower=np.zeros(3),
        upper=np.full(3, INF),
        sense=sense,
    )
    trade = LinearProblem(
        columns=[
            "wheat bought",
            "corn bought",
            "wheat sold",
            "corn sold",
            "beets sold",
            "beets beyond quota",
        ],
        rows=["wheat", "corn", "beets"],
        objective=sign * np.array([238.0, 210, -170, -150, -36, -10]),
        matrix=[[1, 0, -1, 0, 0, 0], [0, 1, 0, -1, 0, 0], [0, 0, 0, 0, -1, -1]],
        row_lower=[200, 240, 0],
        row_upper=np.full(3, INF),
        lower=np.zeros(6),
        upper=[INF, INF, INF, INF, 6000, INF],
        sense=sense,
    )
    crops = np.array([2.5, 3.0, 20.0])
    yields = [sp.csr_array(np.diag(crops * share)) for share in (1.2, 1.0, 0.8)]
    return TwoStageLinear(
        first=land,
        second=trade,
        technology=yields,
        probability=[1 / 3, 1 / 3, 1 / 3],
        names=["good", "average", "bad"],
    )


@pytest.mark.parametrize(("sense", "sign"), [("min", 1), ("max", -1)])
def test_the_farmer_has_the_textbooks_figures(sense: str, sign: int) -> None:
    found = value_of_information(farmer(sense))
    assert found.here_and_now == pytest.approx(sign * -108_390, abs=0.5)
    assert found.wait_and_see == pytest.approx(sign * -115_406, abs=0.5)
    assert found.mean_plan == pytest.approx(sign * -107_240, abs=0.5)
    assert found.perfect_information == pytest.approx(7_016, abs=0.5)
    assert found.stochastic_solution == pytest.approx(1_150, abs=0.5)
    assert found.plan.tolist() == pytest.approx([170, 80, 250])
    assert (sign * found.by_scenario).tolist() == pytest.approx([-167_667, -118_600, -59_950], abs=0.5)


def test_the_farmers_extensive_form_solves_on_every_route_to_the_same_profit() -> None:
    extensive = farmer().extensive_form()
    assert extensive.matrix.shape == (10, 21)
    for backend in ("highs", "clarabel", "pyomo:highs"):
        assert allocare.solve(extensive, backend).objective == pytest.approx(-108_390, abs=0.5)


def test_the_farmers_program_at_the_mean_plants_what_the_textbook_plants() -> None:
    at_mean = farmer().expected().extensive_form()
    found = allocare.solve(at_mean)
    assert found.objective == pytest.approx(-118_600)
    assert at_mean.decisions(found.allocation)[:3].tolist() == pytest.approx([120, 80, 300])


def test_a_plan_for_the_mean_that_fails_in_a_scenario_has_no_value() -> None:
    one: dict[str, Any] = {"lower": [0.0], "upper": [10.0]}
    now = LinearProblem(
        columns=["x"], rows=[], objective=[1], matrix=np.zeros((0, 1)), row_lower=[], row_upper=[], **one
    )
    then = LinearProblem(
        columns=["y"], rows=["need"], objective=[3], matrix=[[1]], row_lower=[0], row_upper=[INF],
        lower=[0.0], upper=[1.0],
    )  # fmt: skip
    problem = TwoStageLinear(
        first=now,
        second=then,
        technology=sp.csr_array([[1.0]]),
        probability=[0.5, 0.5],
        row_lower=[[2], [8]],
    )
    found = value_of_information(problem)
    assert found.here_and_now == pytest.approx(8)
    # at the mean, 5 are needed, and 1 more is all that can be added where it is 8
    assert (found.mean_plan, found.stochastic_solution) == (None, None)
    assert found.perfect_information == pytest.approx(8 - 5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"probability": [0.5, 0.4, 0.2]}, "the probabilities of 3 scenarios add up to 1.1, not to 1"),
        ({"names": ["a"]}, "3 probabilities but 1 scenarios; give one each"),
        ({"technology": [sp.csr_array((3, 3))]}, "there are 1 technology matrices for 3 scenarios"),
        (
            {"technology": sp.csr_array((2, 3))},
            "a technology matrix is 2 x 3; it must be 3 rows of the second",
        ),
    ],
)
def test_stages_that_do_not_fit_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        dataclasses.replace(farmer(), **changes)


def test_stages_of_different_senses_are_refused() -> None:
    with pytest.raises(InputError, match="the first stage is a min, the second a max"):
        dataclasses.replace(farmer(), second=farmer("max").second)


def test_the_example_has_the_figures_found_by_hand() -> None:
    found = value_of_information(allocare.example("ventilator-stocking"))
    # known waves cost 7, 34 and 192; at the mean, the sixth for Jena gives way to the third for Suhl
    assert found.by_scenario.tolist() == pytest.approx([7, 34, 192])
    assert found.wait_and_see == pytest.approx(52.1)
    assert found.mean_plan == pytest.approx(60)
    assert found.perfect_information == pytest.approx(6.9)
    assert found.stochastic_solution == pytest.approx(1.0)


@given(st.integers(0, 10**6), st.booleans(), st.booleans())
@settings(max_examples=20, deadline=None, derandomize=True)
def test_knowing_more_never_costs_more(seed: int, whole: bool, recourse: bool) -> None:
    rng = np.random.default_rng(seed)
    between = rng.integers(0, 5, (3, 3)).astype(float)
    np.fill_diagonal(between, np.nan)
    problem = uncertain(
        rng.integers(0, 6, (2, 3)).astype(float),
        rng.integers(0, 12, 2),
        rng.integers(0, 9, (4, 3)),
        unmet_cost=rng.integers(3, 20, 3),
        leftover_cost=rng.integers(-2, 3, 3),
        recourse=allocare.Lanes.from_matrix(between) if recourse else None,
        whole=whole,
    )
    found = value_of_information(problem)
    assert found.stochastic_solution is not None
    assert found.perfect_information >= -1e-6
    assert found.stochastic_solution >= -1e-6


def test_without_uncertainty_information_is_worth_nothing() -> None:
    found = value_of_information(uncertain([[1, 2]], [7], [[4, 5], [4, 5]]))
    assert found.perfect_information == pytest.approx(0, abs=1e-9)
    assert found.stochastic_solution == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    "problem",
    [
        uncertain([[1]], [7], IntervalDemand([4], 1, 1)),
        uncertain([[1]], [7], ScenarioDemand([[4], [5]]), measure="cvar"),
    ],
)
def test_values_of_other_measures_are_refused(problem: Any) -> None:
    with pytest.raises(InputError, match="the value of information is about expected cost over scenarios"):
        value_of_information(problem)
