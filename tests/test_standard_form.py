"""Any linear Pyomo model to arrays, and the check of a model that a user extended."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest
from numpy.testing import assert_array_equal

from allocare.instances.assignment import AssignmentProblem
from allocare.instances.errors import CapabilityError, InputError
from allocare.instances.lanes import Lanes
from allocare.instances.transportation import TransportationProblem
from allocare.models.formulations import matrix_form, pyomo_model
from allocare.models.own_constraints import hold_values, violations_of
from allocare.models.standard_form import columns_of, matrix_form_of


def transportation(cost: Any) -> TransportationProblem:
    lanes = Lanes.from_matrix(cost)
    return TransportationProblem(
        sources=["s1", "s2"], targets=["t1", "t2"], lanes=lanes, supply=[5, 6], demand=[4, 3], whole=True
    )


def beds() -> Any:
    """A small model of a user's own, with all that a compiled form must respect."""
    model = pyo.ConcreteModel()
    model.beds = pyo.Var(["Jena", "Gera"], domain=pyo.NonNegativeIntegers, bounds=(None, 8))
    model.spare = pyo.Var()
    model.unused = pyo.Var(bounds=(1, 2))
    model.staff = pyo.Constraint(expr=(2, model.beds["Jena"] + 3 * model.beds["Gera"] - 1, 12))
    model.objective = pyo.Objective(expr=2 * model.beds["Gera"] - model.spare + 7, sense=pyo.maximize)
    return model


def test_a_range_constraint_stays_one_row_and_its_constant_moves_into_the_limits() -> None:
    form = matrix_form_of(beds())
    assert form.matrix.toarray().tolist() == [[1, 3, 0, 0]]
    assert (form.row_lower.tolist(), form.row_upper.tolist()) == ([3], [13])


def test_a_variable_that_nothing_uses_keeps_its_column() -> None:
    form = matrix_form_of(beds())
    assert form.column_block("unused").slice == slice(3, 4)
    assert (form.lower.tolist(), form.upper.tolist()) == ([0, 0, -np.inf, 1], [8, 8, np.inf, 2])
    assert form.whole.tolist() == [True, True, False, False]
    assert (form.cost.tolist(), form.offset, form.maximise) == ([0, 2, -1, 0], 7, True)


def test_a_fixed_variable_is_a_column_at_its_value_and_its_products_are_linear() -> None:
    model = beds()
    model.spare.fix(3)
    model.product = pyo.Constraint(expr=model.spare * model.beds["Jena"] + model.spare <= 20)
    form = matrix_form_of(model)
    assert (form.lower[2], form.upper[2], form.offset) == (3, 3, 4)
    assert form.matrix.toarray()[1].tolist() == [3, 0, 0, 0]
    assert form.row_upper[1] == 17


def test_deactivated_constraints_and_blocks_are_left_out() -> None:
    model = beds()
    model.later = pyo.Block()
    model.later.never = pyo.Constraint(expr=model.spare >= 100)
    model.later.deactivate()
    model.each = pyo.Constraint(["Jena", "Gera"], rule=lambda m, place: m.beds[place] <= 5)
    model.each["Jena"].deactivate()
    model.staff.deactivate()
    form = matrix_form_of(model)
    assert [(block.name, block.keys.tolist()) for block in form.rows] == [("each", ["Gera"])]
    assert form.matrix.toarray().tolist() == [[0, 1, 0, 0]]


def test_a_constraint_without_variables_stays_as_an_empty_row_that_may_be_infeasible() -> None:
    model = beds()
    model.nothing = pyo.Expression(expr=0)
    model.impossible = pyo.Constraint(expr=model.nothing >= 2)
    form = matrix_form_of(model)
    assert form.matrix.toarray()[1].tolist() == [0, 0, 0, 0]
    assert (form.row_lower[1], form.row_upper[1]) == (2, np.inf)


def test_the_compiled_rows_are_those_of_pyomos_own_compiler() -> None:
    from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

    problem = AssignmentProblem(
        agents=["a", "b"],
        tasks=["s", "t", "u"],
        pairs=Lanes.from_matrix([[1, 4, np.nan], [2, 3, 6]]),
        capacity=[5, 4],
        use=[2, 3, 4, 1, 2],
        task_rule="at-most-once",
        left_out_cost=[9, 8, 7],
    )
    model = pyomo_model(problem)
    form = matrix_form_of(model)
    columns = columns_of(model)
    theirs = LinearStandardFormCompiler().write(model, mixed_form=True, column_order=columns)
    assert [column.name for column in theirs.columns] == [column.name for column in columns]
    assert_array_equal(theirs.A.toarray(), form.matrix.toarray())
    assert_array_equal(theirs.c.toarray()[0], form.cost)
    assert_array_equal(theirs.rhs, form.row_upper)


def test_a_user_constraint_and_its_variable_follow_the_familys_own_columns_and_rows() -> None:
    problem = transportation([[1, 2], [3, 4]])
    model = pyomo_model(problem)
    model.extra = pyo.Var(bounds=(0, 1))
    model.together = pyo.Constraint(expr=model.sent["s1"] + model.extra <= 7)
    own, form = matrix_form(problem), matrix_form_of(model)
    assert [block.name for block in form.columns] == ["flow", "extra"]
    assert [block.name for block in form.rows] == ["supply_limit", "demand_balance", "together"]
    assert_array_equal(form.matrix.toarray()[:4, :4], own.matrix.toarray())
    assert form.matrix.toarray()[4].tolist() == [1, 1, 0, 0, 1]
    assert form.decided(np.arange(5.0)).tolist() == [0, 1, 2, 3]


def test_priority_classes_stay_stages_of_an_extended_model_until_its_objective_is_replaced() -> None:
    problem = AssignmentProblem(
        agents=["a"], tasks=["s", "t"], pairs=Lanes.from_matrix([[5, 6]]), capacity=2, priority=[2, 1]
    )
    model = pyomo_model(problem)
    model.extra = pyo.Var(bounds=(0, 1))
    model.assign["a", "s"].fix(1)
    stages = matrix_form_of(model).stages
    assert [stage.tolist() for stage in stages] == [[0, 6, 0], [5, 0, 0]]
    model.objective.deactivate()
    model.mine = pyo.Objective(expr=model.assign["a", "t"])
    assert matrix_form_of(model).stages == ()


def _square(model: Any) -> None:
    model.bad = pyo.Constraint(expr=model.spare**2 <= 4)


def _exponential(model: Any) -> None:
    model.bad = pyo.Constraint(expr=pyo.exp(model.spare) <= 4)


def _sos(model: Any) -> None:
    model.bad = pyo.SOSConstraint(var=model.beds, sos=1)


def _product_objective(model: Any) -> None:
    model.del_component("objective")
    model.bad = pyo.Objective(expr=model.spare * model.unused)


def _concave_objective(model: Any) -> None:
    model.del_component("objective")
    model.bad = pyo.Objective(expr=-(model.spare**2))


def _cubic_objective(model: Any) -> None:
    model.del_component("objective")
    model.bad = pyo.Objective(expr=model.spare**3)


@pytest.mark.parametrize(
    "spoil", [_square, _exponential, _sos, _product_objective, _concave_objective, _cubic_objective]
)
def test_what_arrays_cannot_hold_is_refused_by_its_name(spoil: Any) -> None:
    model = beds()
    spoil(model)
    with pytest.raises(CapabilityError, match=r"'bad'.*pyomo:NAME") as caught:
        matrix_form_of(model)
    assert "\n" not in str(caught.value)


def _second_objective(model: Any) -> None:
    model.more = pyo.Objective(expr=model.spare)


def _no_objective(model: Any) -> None:
    model.objective.deactivate()


def _fixed_without_value(model: Any) -> None:
    model.spare.fix()


def _infinite_coefficient(model: Any) -> None:
    model.endless = pyo.Constraint(expr=np.inf * model.spare + model.unused <= 1)


def _missing_coefficient(model: Any) -> None:
    model.blank = pyo.Constraint(expr=float("nan") * model.spare + model.unused <= 1)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_infinite_coefficient, "'endless' has a term that is not a finite number"),
        (_missing_coefficient, "'blank' has a term that is not a finite number"),
        (_second_objective, r"2 active objectives \(objective, more\)"),
        (_no_objective, "0 active objectives"),
        (_fixed_without_value, "'spare' is fixed but has no value"),
    ],
)
def test_a_model_that_is_not_one_problem_is_an_input_error(spoil: Any, message: str) -> None:
    model = beds()
    spoil(model)
    with pytest.raises(InputError, match=message):
        matrix_form_of(model)


def test_a_variable_from_outside_the_model_is_named() -> None:
    model, other = beds(), pyo.ConcreteModel()
    other.foreign = pyo.Var()
    model.mixed = pyo.Constraint(expr=other.foreign + model.spare <= 1)
    with pytest.raises(InputError, match="'mixed' uses the variable 'foreign', which is not in the model"):
        matrix_form_of(model)


def test_a_convex_quadratic_objective_with_products_that_cancel_is_diagonal() -> None:
    model = beds()
    model.del_component("objective")
    x, y = model.spare, model.unused
    model.objective = pyo.Objective(expr=(x - y) ** 2 + 2 * x * y + (x - 3) ** 2)
    form = matrix_form_of(model)
    assert form.quadratic is not None
    assert form.quadratic.tolist() == [0, 0, 2, 1]
    assert (form.cost.tolist(), form.offset) == ([0, 0, -6, 0], 9)


def test_violations_of_an_extended_model_are_named_and_measured() -> None:
    model = beds()
    model.pair = pyo.Constraint(expr=model.beds["Jena"] == model.beds["Gera"])
    model.curved = pyo.Constraint(expr=model.spare**2 <= 4)
    model.off = pyo.Constraint(expr=model.spare >= 1000)
    model.off.deactivate()
    assert violations_of(model, np.array([3.0, 3.0, 2.0, 1.0])) == []
    found = violations_of(model, np.array([9.0, 1.5, 3.0, 0.5]))
    assert [(name, round(amount, 9)) for name, amount in found] == [
        ("pair", 7.5),
        ("curved", 5.0),
        ("bound of beds[Jena]", 1.0),
        ("whole beds[Gera]", 0.5),
        ("bound of unused", 0.5),
        ("staff", 0.5),
    ]


def test_measuring_violations_leaves_the_models_values_as_they_were() -> None:
    model = beds()
    model.beds["Jena"].set_value(5)
    model.spare.fix(2)
    violations_of(model, np.array([1.0, 1.0, 2.0, 1.0]))
    assert [column.value for column in columns_of(model)] == [5, None, 2, None]


def test_a_fixed_variable_given_another_value_is_a_violation() -> None:
    model = beds()
    model.spare.fix(2)
    assert violations_of(model, np.array([1.0, 1.0, 9.0, 1.0]))[0] == ("fixed value of spare", 7.0)


def test_violations_are_measured_at_the_models_own_values_where_none_are_given() -> None:
    model = beds()
    hold_values(model, np.array([8.0, 3.0, 0.0, 1.0]))
    assert violations_of(model) == [("staff", 4.0)]


def test_a_constraint_whose_variables_hold_no_value_counts_as_violated() -> None:
    assert [rule.name for rule in violations_of(beds())] == ["staff", "staff"]


def test_rounding_of_large_terms_that_cancel_is_no_violation_but_a_unit_is() -> None:
    model = pyo.ConcreteModel()
    model.x = pyo.Var([1, 2])
    model.equal = pyo.Constraint(expr=model.x[1] - model.x[2] == 0)
    assert violations_of(model, np.array([4e5 + 0.01, 4e5])) == []
    assert violations_of(model, np.array([4e5 + 1, 4e5])) == [("equal", 1.0)]


def test_tiny_quantities_are_held_to_their_own_size() -> None:
    model = pyo.ConcreteModel()
    model.x = pyo.Var()
    model.limit = pyo.Constraint(expr=model.x <= 1e-6)
    assert violations_of(model, np.array([1.1e-6]))[0].name == "limit"
    assert violations_of(model, np.array([1e-6 + 1e-13])) == []


def test_a_value_that_is_not_a_number_is_a_violation() -> None:
    assert violations_of(beds(), np.array([np.nan, 1.0, 0.0, 1.0]))
