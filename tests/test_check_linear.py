"""The check of network flows and general linear solutions, every rule by hand."""

from __future__ import annotations

import numpy as np
import pytest

from allocare.instances.linear import LinearProblem
from allocare.instances.network_flow import NetworkFlowProblem
from allocare.models.check import check_decisions


def network(**changes):
    data = {
        "nodes": ["a", "b", "c"],
        "balance": [4, 0, -4],
        "tail": [0, 1, 0],
        "head": [1, 2, 2],
        "cost": [1, 1, 5],
        "lower": [0, 0, 1],
        "capacity": [3, 3, np.inf],
        "units": {"quantity": "trucks"},
    } | changes
    return NetworkFlowProblem(**data)


def test_a_flow_that_is_conserved_is_feasible():
    report = check_decisions(network(), [3, 3, 1])
    assert report.feasible
    assert (report.objective, report.served, report.unmet) == (11, None, None)


@pytest.mark.parametrize(
    ("flow", "message"),
    [
        (
            [3, 2, 1],
            "conservation of node 'b': sends 2 and takes in 3, net -1 trucks, must be 0 (1 too few)",
        ),
        ([4, 4, 0], "arc capacity of arc 1 ('a' to 'b'): carries 4 trucks, may carry 3 (1 too many)"),
        ([4, 4, 0], "least flow of arc 3 ('a' to 'c'): carries 0 trucks, must carry 1 (1 too few)"),
        ([2.5, 2.5, 1.5], "wholeness of arc 1 ('a' to 'b'): 2.5 trucks is not a whole number"),
    ],
)
def test_each_network_rule_is_named_where_it_is_broken(flow, message):
    report = check_decisions(network(), np.array(flow, dtype=float))
    assert message in [violation.message for violation in report.violations]
    assert not report.within_limits


def linear(**changes):
    data = {
        "columns": ["x", "y"],
        "rows": ["staff", "floor"],
        "objective": [1, 2],
        "matrix": [[1, 1], [1, -1]],
        "row_lower": [-np.inf, 0],
        "row_upper": [10, np.inf],
        "lower": [0, 0],
        "upper": [8, np.inf],
        "offset": 100,
        "sense": "max",
    } | changes
    return LinearProblem(**data)


def test_a_linear_solution_is_valued_with_its_offset():
    report = check_decisions(linear(), [6, 4])
    assert report.feasible and report.objective == 114
    assert report.served is report.unmet is None


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([7, 4], "row of 'staff': adds up to 11, may go to 10 (1 too much)"),
        ([4, 6], "row of 'floor': adds up to -2, may go to 0 (2 too little)"),
        ([9, 1], "upper bound of column 'x': is 9, may go to 8 (1 too much)"),
        ([1, -1], "lower bound of column 'y': is -1, may go to 0 (1 too little)"),
    ],
)
def test_each_linear_rule_is_named_where_it_is_broken(values, message):
    report = check_decisions(linear(), np.array(values, dtype=float))
    assert [violation.message for violation in report.violations] == [message]


def test_only_whole_columns_must_be_whole():
    report = check_decisions(linear(whole=[True, False]), [5.5, 4.5])
    assert [v.message for v in report.violations] == ["wholeness of column 'x': 5.5 is not a whole number"]


def test_a_row_of_whole_columns_is_held_to_the_unit():
    data = {"row_upper": [4_000_000, np.inf], "upper": [np.inf, np.inf]}
    values = [2_000_001, 2_000_000]
    assert check_decisions(linear(**data), values).feasible
    assert not check_decisions(linear(whole=True, **data), values).feasible


def test_a_large_constant_in_one_row_does_not_blunt_the_others():
    problem = linear(
        rows=["staff", "floor", "big"],
        matrix=[[1, 1], [1, -1], [1, 1]],
        row_lower=[-np.inf, 0, -np.inf],
        row_upper=[10, np.inf, 1e12],
    )
    assert not check_decisions(problem, [5, 5.001]).feasible


def test_a_claim_is_judged_on_the_size_of_the_terms_and_not_of_their_difference():
    problem = linear(objective=[1e6, -1e6], offset=0)
    report = check_decisions(problem, [3, 3])
    assert report.objective == 0
    assert report.agrees(1e-3)
    assert not report.agrees(100.0)
