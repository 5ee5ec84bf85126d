"""The check of assignments, every rule by hand."""

from __future__ import annotations

import numpy as np
import pytest

from allocare.instances.assignment import AssignmentProblem
from allocare.instances.lanes import Lanes
from allocare.models.check import check_decisions


def assignment(**changes):
    data = {
        "agents": ["bed 1", "bed 2"],
        "tasks": ["Ada", "Bo"],
        "pairs": Lanes.from_matrix([[1, 4], [2, 3]]),
    } | changes
    return AssignmentProblem(**data)


def test_an_assignment_is_valued_by_its_pairs():
    report = check_decisions(assignment(), [1, 0, 0, 1])
    assert report.feasible
    assert (report.objective, report.served, report.unmet, report.stages) == (4, 2, 0, ())


@pytest.mark.parametrize(
    ("changes", "decisions", "messages"),
    [
        (
            {},
            [1, 0, 0, 0],
            ["task left out of 'Bo': given to agents 0 times, must be once"],
        ),
        (
            {"capacity": 2},
            [1, 0, 1, 1],
            ["task given twice of 'Ada': given to agents 2 times, may be given once (1 too many)"],
        ),
        (
            {},
            [1, 1, 0, 0],
            ["capacity of 'bed 1': takes on 2 tasks, has room for 1 (1 too many)"],
        ),
        (
            {"use": [2.5, 1, 1, 1], "capacity": [2, 1], "units": {"quantity": "hours"}},
            [1, 0, 0, 1],
            ["capacity of 'bed 1': takes on 2.5 hours, has room for 2 (0.5 too much)"],
        ),
        (
            {},
            [0.5, 0, 0.5, 1],
            [
                "wholeness of 'bed 1' to 'Ada': 0.5 is not a whole number",
                "wholeness of 'bed 2' to 'Ada': 0.5 is not a whole number",
                "capacity of 'bed 2': takes on 1.5 tasks, has room for 1 (0.5 too many)",
            ],
        ),
        (
            {"task_rule": "at-most-once"},
            [-1, 0, 0, 1],
            ["negative quantity of 'bed 1' to 'Ada': is -1, must be 0 or 1 (1 too few)"],
        ),
    ],
)
def test_each_assignment_rule_is_named_where_it_is_broken(changes, decisions, messages):
    report = check_decisions(assignment(**changes), np.array(decisions, dtype=float))
    assert [violation.message for violation in report.violations] == messages


def test_only_a_task_left_out_stays_within_limits():
    assert check_decisions(assignment(), [1, 0, 0, 0]).within_limits
    assert not check_decisions(assignment(), [1, 1, 0, 0]).within_limits


def test_a_capacity_with_a_fraction_holds_as_many_tasks_as_fit():
    assert check_decisions(assignment(capacity=[2.9, 0]), [1, 1, 0, 0]).feasible
    assert not check_decisions(assignment(capacity=[1.9, 0]), [1, 1, 0, 0]).feasible


def test_leaving_a_task_out_costs_its_price_in_either_sense():
    data = {"task_rule": "at-most-once", "left_out_cost": [10, 20]}
    low = check_decisions(assignment(**data), [1, 0, 0, 0])
    assert low.feasible
    assert (low.objective, low.served, low.unmet) == (21, 1, 1)
    assert check_decisions(assignment(sense="max", **data), [1, 0, 0, 0]).objective == -19
    assert check_decisions(assignment(task_rule="at-most-once"), [0, 0, 0, 0]).objective == 0


def test_priority_classes_have_an_objective_each():
    data = {"task_rule": "at-most-once", "left_out_cost": [10, 20], "priority": [5, 2]}
    report = check_decisions(assignment(**data), [1, 0, 0, 0])
    assert report.stages == (20, 1)
    assert report.objective == sum(report.stages)
