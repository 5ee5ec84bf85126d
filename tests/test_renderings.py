"""Both renderings of every formulation are the same rows and columns, coefficient by coefficient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyomo.environ as pyo
from hypothesis import HealthCheck, given, settings
from numpy.testing import assert_allclose, assert_array_equal

from allocare.models.formulations import matrix_form, pyomo_model
from allocare.models.standard_form import active_constraints, columns_of, matrix_form_of

from .problem_strategies import (
    assignment_problems,
    fair_allocation_problems,
    linear_problems,
    network_flow_problems,
    programme_problems,
    transportation_problems,
    uncertain_transportation_problems,
)

if TYPE_CHECKING:
    from allocare.instances.problem import Problem
    from allocare.models.matrix import Block, MatrixForm

EXACT = {"rtol": 1e-12, "atol": 0}
thorough = settings(
    max_examples=120, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)


def assert_same_blocks(one: tuple[Block, ...], other: tuple[Block, ...]) -> None:
    assert [(b.name, b.start, b.stop) for b in one] == [(b.name, b.start, b.stop) for b in other]
    for block, twin in zip(one, other, strict=True):
        assert (block.keys is None) == (twin.keys is None)
        if block.keys is not None and twin.keys is not None:
            assert block.keys.tolist() == twin.keys.tolist()


def assert_same_forms(one: MatrixForm, other: MatrixForm) -> None:
    assert_same_blocks(one.columns, other.columns)
    assert_same_blocks(one.rows, other.rows)
    assert (one.decisions, one.maximise) == (other.decisions, other.maximise)
    assert_allclose(one.matrix.toarray(), other.matrix.toarray(), **EXACT)
    for name in ("cost", "row_lower", "row_upper", "lower", "upper"):
        assert_allclose(getattr(one, name), getattr(other, name), **EXACT, err_msg=name)
    assert_array_equal(one.whole, other.whole)
    assert_allclose(one.offset, other.offset, rtol=1e-12, atol=1e-12)
    assert (one.quadratic is None) == (other.quadratic is None)
    if one.quadratic is not None and other.quadratic is not None:
        assert_allclose(one.quadratic, other.quadratic, **EXACT)
    assert len(one.stages) == len(other.stages)
    for stage, twin in zip(one.stages, other.stages, strict=True):
        assert_allclose(stage, twin, **EXACT)


def assert_bodies_agree(model: Any, form: MatrixForm) -> None:
    """Pyomo's own evaluation of every body at a random point is the matrix times the point."""
    point = np.random.default_rng(5).integers(-4, 9, len(form.cost)).astype(float)
    for column, value in zip(columns_of(model), point.tolist(), strict=True):
        column.set_value(value, skip_validation=True)
    bodies = [pyo.value(row.body) for _, rows in active_constraints(model) for row in rows]
    assert_allclose(form.matrix @ point, bodies, rtol=1e-9, atol=1e-9)
    assert_allclose(form.objective(point), pyo.value(model.objective), rtol=1e-9, atol=1e-9)


def assert_renderings_agree(problem: Problem) -> None:
    form, model = matrix_form(problem), pyomo_model(problem)
    assert_same_forms(form, matrix_form_of(model))
    assert_bodies_agree(model, form)
    assert form.column_block(form.decisions).stop == problem.size
    if form.stages:
        assert_allclose(sum(form.stages), form.cost)


@thorough
@given(problem=transportation_problems())
def test_both_renderings_of_a_transportation_problem_agree(problem: Problem) -> None:
    assert_renderings_agree(problem)


@thorough
@given(problem=assignment_problems())
def test_both_renderings_of_an_assignment_problem_agree(problem: Problem) -> None:
    assert_renderings_agree(problem)


@thorough
@given(problem=fair_allocation_problems())
def test_both_renderings_of_a_fair_allocation_problem_agree(problem: Problem) -> None:
    assert_renderings_agree(problem)


@thorough
@given(problem=network_flow_problems())
def test_both_renderings_of_a_network_flow_problem_agree(problem: Problem) -> None:
    assert_renderings_agree(problem)


@thorough
@given(problem=linear_problems())
def test_both_renderings_of_a_linear_problem_agree(problem: Problem) -> None:
    assert_renderings_agree(problem)


@thorough
@given(problem=programme_problems())
def test_both_renderings_of_a_choice_of_programmes_agree(problem: Problem) -> None:
    assert_renderings_agree(problem)


@thorough
@given(problem=uncertain_transportation_problems())
def test_both_renderings_of_transportation_under_uncertain_demand_agree(problem: Problem) -> None:
    assert_renderings_agree(problem)
