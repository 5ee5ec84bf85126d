"""The five-step baseline: needs sorted by priority meet resources sorted from the cheapest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import allocare
from allocare import check
from allocare.solvers.backend import Options, Task
from allocare.solvers.solve import refusal

from cases import assignment, fair, transportation

if TYPE_CHECKING:
    from allocare.instances.problem import Problem


def plan(problem: Problem) -> list[float]:
    solution = allocare.solve(problem, "priority")
    assert solution.allocation is not None
    return problem.decisions(solution.allocation).tolist()


def test_targets_with_the_dearest_unmet_demand_come_first() -> None:
    problem = transportation([[1, 1, 1]], [5], [4, 4, 4], unmet_cost=[10, 90, 50], whole=True)
    assert plan(problem) == [0, 4, 1]


def test_equal_prices_are_told_apart_by_demand_and_then_by_the_table() -> None:
    assert plan(transportation([[1, 1, 1]], [6], [2, 5, 5], unmet_cost=[9, 9, 9])) == [0, 5, 1]


def test_without_prices_the_largest_demand_comes_first() -> None:
    assert plan(transportation([[1, 1]], [5], [2, 4])) == [1, 4]


def test_each_need_takes_its_cheapest_resources_first() -> None:
    assert plan(transportation([[5], [3], [4]], [2, 2, 2], [5], whole=True)) == [1, 2, 2]


def test_first_class_comes_first_then_the_task_dearest_to_leave_out() -> None:
    problem = assignment(
        [[1, 1, 1, 1]],
        capacity=[3],
        priority=[2, 2, 1, 2],
        task_rule="at-most-once",
        left_out_cost=[5, 9, 2, 7],
    )
    assert plan(problem) == [0, 1, 1, 1]


def test_largest_demand_comes_first_in_fair_allocation() -> None:
    assert plan(fair([[1, 1]], [6], [4, 5])) == [1, 5]


def test_weight_is_maximised_from_the_greatest() -> None:
    assert plan(transportation([[1], [8]], [3, 3], [3], sense="max")) == [0, 3]


def test_a_plan_that_leaves_something_out_says_so_and_claims_no_bound() -> None:
    solution = allocare.solve(transportation([[1, 1]], [5], [4, 4], whole=True), "priority")
    assert (solution.status, solution.stop_reason) == ("incomplete", "rule")
    assert solution.bound is None and solution.checked
    assert solution.notes[0] == "rule: needs by priority, each from its cheapest resources"
    assert "left out: 3 units of demand at 1 of 2 targets, not priced" in solution.notes


def test_it_has_no_variants() -> None:
    task = Task(transportation([[1]], [1], [1]))
    assert "no variants" in (refusal(task, "priority:first", Options()) or "")
    assert refusal(task, "priority", Options()) is None


@given(
    cost=st.lists(st.integers(0, 9), min_size=6, max_size=6),
    price=st.lists(st.integers(0, 9), min_size=3, max_size=3),
    demand=st.lists(st.integers(0, 6), min_size=3, max_size=3),
)
@settings(deadline=None, max_examples=60, derandomize=True)
def test_no_target_waits_while_one_of_lower_priority_holds_what_it_would_take(
    cost: list[int], price: list[int], demand: list[int]
) -> None:
    problem = transportation(np.reshape(cost, (2, 3)), [4, 5], demand, unmet_cost=price, whole=True)
    solution = allocare.solve(problem, "priority")
    assert solution.status == "feasible" and solution.allocation is not None
    assert check(problem, solution.allocation).feasible
    flow = problem.decisions(solution.allocation).reshape(2, 3)
    assert (flow[np.reshape(cost, (2, 3)) > np.array(price)] == 0).all()
    unmet = np.array(demand) - flow.sum(axis=0)
    for waiting, holding in np.argwhere(np.subtract.outer(price, price) > 0):
        usable = np.reshape(cost, (2, 3))[:, waiting] <= price[waiting]
        if unmet[waiting] > 0:
            assert flow[usable, holding].sum() == 0, (waiting, holding)


@pytest.mark.parametrize("seed", range(5))
def test_the_same_data_give_the_same_plan(seed: int) -> None:
    random = np.random.default_rng(seed)
    problem = transportation(random.integers(1, 3, (6, 7)), [9] * 6, [5] * 7, whole=True)
    assert plan(problem) == plan(problem)
