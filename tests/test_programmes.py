"""Budgeted programmes: data, plans, the check, the rules, and the published health budget."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import allocare
from allocare import InputError, ProgrammeProblem
from allocare.evaluation.benefits import benefit_table, budget_table
from allocare.evaluation.metrics import summary_metrics
from allocare.instances.arrays import decimal_product
from allocare.models.check import check_decisions
from allocare.models.formulations import matrix_form
from tests.problem_strategies import programme_problems

from cases import programmes

FEW = settings(deadline=None, max_examples=60, derandomize=True)


def care(**changes: Any) -> ProgrammeProblem:
    data: dict[str, Any] = {
        "groups": ["hip", "heart"],
        "group_size": [40, 10],
        "baseline": [4, 1],
        "programmes": ["hip", "valve", "stent"],
        "group": [0, 1, 1],
        "benefit": [2, 5, 3],
        "budgets": ["money", "staff"],
        "budget_limit": [60, 5],
        "cost": [[1, 3, 2], [0, 0.4, 0.2]],
        "units": {"cost": "k£"},
    }
    return ProgrammeProblem(**(data | changes))


def health_budget() -> ProgrammeProblem:
    problem = allocare.example("health-budget")
    assert isinstance(problem, ProgrammeProblem)
    return problem


# --- data


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"group_size": [40, 0]}, "size of 'heart' is 0; a group needs somebody, so leave it out"),
        ({"group_size": [40, -1]}, "size of 'heart' is -1; it must be 0 or more"),
        ({"groups": ["hip", "hip"]}, "group 'hip' appears twice; keys must be unique"),
        ({"programmes": ["a", None, "b"]}, "programme 2 has no key; give every programme a name"),
        (
            {"group": [0, 1, 2]},
            "programme 'stent' serves group number 2; there are 2 groups, counted from 0",
        ),
        ({"group": [0, -1, 1]}, "programme 'valve' serves group number -1; there are 2 groups"),
        ({"group": [0, 0.5, 1]}, "group position of 'valve' is 0.5; whole quantities need a whole number"),
        ({"benefit": [2, np.nan, 3]}, "benefit of 'valve' is nan; give a finite number"),
        ({"benefit": [2, 3]}, "benefit has 2 values for 3 keys; give one each"),
        ({"budget_limit": [60, -5]}, "limit of 'staff' is -5; it must be 0 or more"),
        (
            {"cost": [[1, 3, 2], [0, 0.4, -0.2]]},
            "cost of 'stent' in budget 'staff' is -0.2; it must be a finite number of 0 or more",
        ),
        (
            {"cost": [[1, np.inf, 2], [0, 0.4, 0.2]]},
            "cost of 'valve' in budget 'money' is inf; it must be a finite number of 0 or more",
        ),
        ({"cost": [[1, 3, 2]]}, "the costs are 1 x 3, but 2 budgets and 3 programmes are named"),
        ({"cost": [["much", 3, 2], [0, 0, 0]]}, "cost holds something that is not a number"),
        ({"cost_per": "head"}, "cost_per is 'head'; give 'person' or 'programme'"),
        ({"lower": [0, -0.1, 0]}, "least share of 'valve' is -0.1; it must be 0 or more"),
        ({"upper": [1, 1, 1.5]}, "greatest share of 'stent' is 1.5; it must be 1 or less"),
        ({"upper": [1, 1, 0.5]}, "greatest share of 'stent' is 0.5; whole quantities need a whole number"),
        (
            {"lower": [0.5, 0, 0], "upper": [0.4, 1, 1], "whole": False},
            "programme 'hip' has at least the share 0.5 but at most 0.4",
        ),
    ],
)
def test_wrong_data_are_refused_in_one_line(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as refusal:
        care(**changes)
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_costs_per_person_are_multiplied_by_the_size_of_the_group_and_others_are_not() -> None:
    assert care().spending.toarray().tolist() == [[40, 30, 20], [0, 4, 2]]
    assert care(cost_per="programme").spending.toarray().tolist() == [[1, 3, 2], [0, 0.4, 0.2]]


def test_costs_may_be_sparse_and_list_an_entry_twice() -> None:
    costs = sp.coo_array(([1, 2, 0, 0.5, 0.5], ([0, 0, 0, 1, 1], [0, 1, 2, 2, 2])), shape=(2, 3))
    problem = care(cost=costs)
    assert problem.cost.toarray().tolist() == [[1, 2, 0], [0, 0, 1]]
    assert problem.cost.nnz == 3


def test_utility_is_the_baseline_and_what_the_shares_bring() -> None:
    assert care(whole=False).utility(np.array([0.5, 1.0, 0.25])).tolist() == [5, 6.75]


@given(st.integers(1, 10**6), st.integers(0, 10**6), st.integers(0, 6))
@FEW
def test_products_of_decimals_are_the_decimals_that_people_expect(
    size: int, number: int, digits: int
) -> None:
    from decimal import Decimal

    product = Decimal(size) * Decimal(number).scaleb(-digits)
    assert float(decimal_product(size, float(Decimal(number).scaleb(-digits)))) == float(product)


@given(st.floats(-1e200, 1e200), st.floats(-1e100, 1e100))
@FEW
def test_products_stay_within_rounding_of_the_product(one: float, other: float) -> None:
    assert float(decimal_product(one, other)) == pytest.approx(one * other, rel=1e-15, abs=0)


# --- plans


def test_a_plan_lists_what_is_carried_out_in_the_users_keys() -> None:
    plan = care().plan(np.array([1.0, 0.0, 1.0]))
    assert plan.to_dict("list") == {
        "programme": ["hip", "stent"],
        "group": ["hip", "heart"],
        "share": [1, 1],
    }
    assert care(whole=False).plan(np.array([0.0, 0.25, 0.0]))["share"].tolist() == [0.25]


@given(programme_problems(), st.integers(0, 2**31))
@FEW
def test_a_plan_is_read_back_as_it_was_written(problem: ProgrammeProblem, seed: int) -> None:
    share = np.random.default_rng(seed).integers(0, 2, problem.size).astype(float)
    assert problem.decisions(problem.plan(share)).tolist() == share.tolist()


def test_a_plan_of_programmes_alone_carries_each_out() -> None:
    assert care().decisions(pd.DataFrame({"programme": ["stent", "hip"]})).tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ({"group": ["hip"]}, "plan: the plan has no column 'programme' (it has: group)"),
        (
            {"programme": ["hip", "knee"]},
            "plan, row 3, column 'programme': 'knee' is not a programme of the problem",
        ),
        ({"programme": ["hip", "hip"]}, "plan, row 3: this programme is given twice"),
        (
            {"programme": ["hip"], "share": ["all"]},
            "plan, row 2, column 'share': 'all' is not a finite number",
        ),
        (
            {"programme": ["hip", "stent"], "group": ["hip", "hip"]},
            "plan, row 3, column 'group': programme 'stent' serves group 'heart', not 'hip'",
        ),
    ],
)
def test_a_plan_that_is_none_for_this_problem_is_refused(plan: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as refusal:
        allocare.check(care(), pd.DataFrame(plan))
    assert str(refusal.value) == message


# --- the check


def test_a_choice_within_the_budgets_is_feasible_and_valued_with_its_baseline() -> None:
    report = check_decisions(care(), np.array([1.0, 0.0, 1.0]))
    assert report.feasible
    assert report.objective == 40 * (4 + 2) + 10 * (1 + 3)
    assert report.served is report.unmet is None


@pytest.mark.parametrize(
    ("changes", "share", "message"),
    [
        ({}, [1, 1, 0], "budget of 'money': spends 70 k£, has 60 (10 too much)"),
        ({"units": {}}, [0, 1, 1], "budget of 'staff': spends 6, has 5 (1 too much)"),
        ({}, [2, 0, 0], "greatest share of programme 'hip': is 2, may go to 1 (1 too many)"),
        ({}, [0, -1, 0], "negative share of programme 'valve': is -1, may go to 0 (1 too few)"),
        (
            {"upper": [1, 0, 1]},
            [0, 1, 0],
            "greatest share of programme 'valve': is 1, may go to 0 (1 too many)",
        ),
        ({"lower": [0, 0, 1]}, [1, 0, 0], "least share of programme 'stent': is 0, must be 1 (1 too few)"),
        ({}, [0.5, 0, 0], "wholeness of programme 'hip': 0.5 is not a whole number"),
        (
            {"one_each": True, "budget_limit": [99, 99]},
            [0, 1, 1],
            "one programme each of group 'heart': gets 2 programmes, may get 1 (1 too many)",
        ),
        (
            {"one_each": True, "whole": False},
            [0, 0.75, 0.5],
            "one programme each of group 'heart': gets 1.25 programmes, may get 1 (0.25 too much)",
        ),
        (
            {"lower": [0, 0.5, 0], "whole": False},
            [0, 0.25, 0],
            "least share of programme 'valve': is 0.25, must be 0.5 (0.25 too little)",
        ),
    ],
)
def test_each_rule_is_named_where_it_is_broken(
    changes: dict[str, Any], share: list[float], message: str
) -> None:
    report = check_decisions(care(**changes), np.array(share, dtype=float))
    assert message in [violation.message for violation in report.violations]
    assert report.within_limits == message.startswith("least share")


def test_a_budget_is_held_to_its_own_size_whatever_the_costs() -> None:
    problem = programmes([1, 1], [1e9, 1.0], [1.0], whole=False)
    assert not check_decisions(problem, np.array([1e-8, 0.0])).feasible
    empty = programmes([1, 1], [[1e-3, 0.0], [1e9, 1e9]], [0.0, 3e9], whole=False)
    assert not check_decisions(empty, np.array([1e-3, 0.0])).feasible
    assert check_decisions(empty, np.array([0.0, 1.0])).feasible


# --- tables of what a choice brings and takes


def test_tables_show_what_a_choice_brings_each_group_and_takes_of_each_budget() -> None:
    share = np.array([1.0, 0.0, 1.0])
    brings, takes = benefit_table(care(), share), budget_table(care(), share)
    assert brings.loc["heart"].to_dict() == {"size": 10, "baseline": 1, "gain": 3, "utility": 4}
    assert takes.loc["money"].to_dict() == {"limit": 60, "spent": 60, "left": 0, "everything": 90}
    assert takes.loc["staff", "left"] == 3
    for table in (benefit_table, budget_table):
        with pytest.raises(InputError, match="the plan has 2 decisions, the problem 3"):
            table(care(), np.zeros(2))


def test_there_are_no_service_levels_of_programmes() -> None:
    with pytest.raises(InputError, match="programmes problems have no recipients"):
        summary_metrics(care(), np.zeros(3))


# --- the published health budget


def test_the_health_budget_is_the_published_instance() -> None:
    problem = health_budget()
    people = problem.group_size.sum()
    assert (len(problem.groups), people, problem.budget_limit.tolist()) == (33, 907, [3_000_000])
    untreated, everybody = problem.utility(np.zeros(33)), problem.utility(np.ones(33))
    assert round(float(problem.group_size @ untreated / people), 4) == 4.7766
    assert round(float(problem.group_size @ everybody / people), 4) == 7.6440
    assert budget_table(problem, np.zeros(33)).loc["total", "everything"] == 4_353_500


@pytest.mark.parametrize("backend", ["auto", "highs", "cp-sat", "pyomo:highs", "greedy:benefit-per-cost"])
def test_the_utilitarian_choice_of_the_health_budget(backend: str) -> None:
    problem = health_budget()
    solution = allocare.solve(problem, backend)
    assert solution.objective == pytest.approx(6842.6, rel=1e-12)
    assert solution.allocation is not None
    share = problem.decisions(solution.allocation)
    published = "111 111 111 111 111 111 1 11 0 0 000 0000 000".replace(" ", "")
    assert "".join(map(str, share.astype(int))) == published
    assert budget_table(problem, share).loc["total", "spent"] == 2_982_500


def test_worst_off_first_on_the_health_budget() -> None:
    problem = health_budget()
    solution = allocare.solve(problem, "greedy:worst-off-first")
    assert solution.allocation is not None and solution.objective is not None
    share = problem.decisions(solution.allocation)
    assert round(solution.objective / 907, 4) == 6.2176
    assert problem.utility(share).min() == pytest.approx(0.4)
    assert budget_table(problem, share).loc["total", "spent"] == 2_886_000


def test_the_price_of_the_budget_is_what_a_little_more_brings_per_pound() -> None:
    problem = dataclasses.replace(health_budget(), whole=False)
    solution = allocare.solve(problem)
    more = dataclasses.replace(problem, budget_limit=problem.budget_limit + 1000)
    price = solution.duals["budget"]["total"]
    assert solution.objective is not None and price > 0
    assert allocare.solve(more).objective == pytest.approx(solution.objective + 1000 * price, rel=1e-9)


def test_a_larger_budget_is_never_worse() -> None:
    table = allocare.sweep(health_budget(), "budget_limit", [0, 1e6, 2e6, 3e6, 4e6, 5e6])
    assert (table["status"] == "optimal").all()
    assert table["objective"].is_monotonic_increasing
    assert table["objective"].iloc[[0, -1]].tolist() == pytest.approx([4332.35, 6933.1])


def test_an_own_constraint_on_utilities_holds_on_every_general_backend() -> None:
    import pyomo.environ as pyo

    found = set()
    for backend in ("highs", "cp-sat", "pyomo:highs"):
        model = allocare.pyomo_model(health_budget())
        model.floor = pyo.Constraint(expr=model.group_utility["Dialysis <1 A"] >= 0.4)
        solution = allocare.solve(model, backend)
        assert (solution.status, solution.checked) == ("optimal", True), backend
        assert solution.objective is not None
        found.add(round(solution.objective, 6))
    assert found == {6839.2}


def test_the_matrix_of_many_programmes_stays_sparse() -> None:
    problem = allocare.generate("programmes", seed=1, n_groups=5000, options_per_group=2, n_budgets=2)
    form = matrix_form(problem)
    assert form.matrix.shape == (2 + 5000, 10_000)
    assert form.matrix.nnz == 3 * 10_000
