"""A user's own constraints on the Pyomo model, solved on the same backends with the same solution."""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo
import pytest

import allocare

from cases import assignment, transportation

GENERAL = ["highs", "cp-sat", "pyomo:highs", "pyomo:scip_direct"]


def limited() -> Any:
    """Return the transfers of the bundled example with at most 20 places of Niedersachsen used."""
    model = allocare.pyomo_model(allocare.example("kleeblatt-2021-12-08"))
    lanes = [lane for lane in model.flow if lane[0] == "Niedersachsen"]
    model.spare_niedersachsen = pyo.Constraint(expr=sum(model.flow[lane] for lane in lanes) <= 50)
    return model


@pytest.mark.parametrize("backend", ["auto", *GENERAL])
def test_an_own_constraint_holds_and_costs(backend: str) -> None:
    solution = allocare.solve(limited(), backend)
    assert solution.status == "optimal" and solution.checked
    assert solution.objective is not None and solution.objective > 40005
    assert solution.allocation is not None
    from_there = solution.allocation.loc[solution.allocation["source"] == "Niedersachsen", "quantity"]
    assert from_there.sum() <= 50


def test_all_general_backends_agree_on_the_extended_model() -> None:
    assert len({allocare.solve(limited(), backend).objective for backend in GENERAL}) == 1


def test_an_infeasible_own_constraint_is_found_infeasible() -> None:
    model = allocare.pyomo_model(transportation([[1, 2]], [5], [2, 2], whole=True))
    model.none_at_all = pyo.Constraint(expr=sum(model.flow.values()) <= 3)
    for backend in GENERAL:
        assert allocare.solve(model, backend).status == "infeasible", backend


def test_own_variables_and_an_own_objective_are_kept() -> None:
    model = allocare.pyomo_model(transportation([[1, 2], [2, 1]], [5, 5], [3, 3], whole=True))
    model.most_from_one = pyo.Var(within=pyo.NonNegativeIntegers, bounds=(0, 9))
    model.covers = pyo.Constraint(
        ["s1", "s2"], rule=lambda m, s: m.most_from_one >= sum(m.flow[s, t] for t in ("t1", "t2"))
    )
    for objective in list(model.component_objects(pyo.Objective, active=True)):
        objective.deactivate()
    model.evenly = pyo.Objective(
        expr=100 * model.most_from_one + sum(model.flow["s1", t] for t in ("t1", "t2"))
    )
    for backend in GENERAL:
        solution = allocare.solve(model, backend)
        assert (solution.status, solution.objective) == ("optimal", 303.0), backend


@pytest.mark.parametrize(
    "backend", ["min-cost-flow", "network-simplex", "linear-assignment", "greedy", "networkx"]
)
def test_kernels_refuse_what_they_would_not_see(backend: str) -> None:
    model = allocare.pyomo_model(
        assignment([[1]]) if backend == "linear-assignment" else transportation([[1]], [1], [1])
    )
    with pytest.raises(allocare.CapabilityError, match="try highs"):
        allocare.solve(model, backend)


def test_a_foreign_model_is_refused_in_one_line() -> None:
    with pytest.raises(allocare.InputError, match=r"made by allocare\.pyomo_model"):
        allocare.solve(pyo.ConcreteModel())
