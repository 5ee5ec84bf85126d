"""The check of transportation plans, every rule by hand."""

from __future__ import annotations

import numpy as np
import pytest

from allocare.instances.errors import InputError
from allocare.instances.lanes import Lanes
from allocare.instances.transportation import TransportationProblem
from allocare.models.check import check_decisions

UNITS = {"quantity": "patients", "cost": "km"}


def transport(**changes):
    data = {
        "sources": ["Hessen", "Bayern"],
        "targets": ["Jena", "Gera"],
        "lanes": Lanes.from_matrix([[1, 2], [3, 4]]),
        "supply": [12, 8],
        "demand": [10, 5],
        "units": UNITS,
        "whole": True,
    } | changes
    return TransportationProblem(**data)


def rules(report):
    return [violation.rule for violation in report.violations]


def test_a_plan_that_keeps_every_rule_is_feasible_and_valued():
    report = check_decisions(transport(), [10, 0, 0, 5])
    assert report.feasible and report.within_limits
    assert (report.objective, report.served, report.unmet) == (1 * 10 + 4 * 5, 15, 0)
    assert report.violations == () and report.violation_count == 0
    assert "patients" in report.tolerance


@pytest.mark.parametrize(
    ("changes", "decisions", "message", "left_out"),
    [
        (
            {"demand_rule": "at-least"},
            [10, 4, 0, 1],
            "supply of 'Hessen': sends 14 patients, has 12 (2 too many)",
            False,
        ),
        (
            {"supply_rule": "exactly", "demand_rule": "at-least"},
            [10, 1, 0, 8],
            "supply of 'Hessen': sends 11 patients, must send 12 (1 too few)",
            True,
        ),
        ({}, [10, 1, 0, 5], "demand of 'Gera': receives 6 patients, needs 5 (1 too many)", False),
        ({}, [10, 2, 0, 0], "unmet demand of 'Gera': receives 2 patients, needs 5 (3 too few)", True),
        (
            {"demand_rule": "at-least"},
            [7, 5, 0, 0],
            "unmet demand of 'Jena': receives 7 patients, needs 10 (3 too few)",
            True,
        ),
        (
            {"unmet_cost": [9, 9], "minimum_service": [0.5, 0.5]},
            [10, 2, 0, 0],
            "minimum service of 'Gera': receives 2 patients, must receive at least 3 (1 too few)",
            True,
        ),
        (
            {"demand": None, "demand_rule": "none", "total": 14},
            [10, 0, 0, 5],
            "total: all lanes carry 15 patients, must carry 14 (1 too many)",
            False,
        ),
        (
            {"demand": None, "demand_rule": "none", "total": 16},
            [10, 0, 0, 5],
            "total: all lanes carry 15 patients, must carry 16 (1 too few)",
            True,
        ),
        (
            {"lanes": Lanes.from_matrix([[1, 2], [3, 4]], [[9, 9], [9, 9]])},
            [10, 0, 0, 5],
            "lane capacity of 'Hessen' to 'Jena': carries 10 patients, may carry 9 (1 too many)",
            False,
        ),
        (
            {"demand_rule": "none", "demand": None},
            [10, 0, -2, 5],
            "negative quantity of 'Bayern' to 'Jena': carries -2 patients, must be 0 or more (2 too few)",
            False,
        ),
        (
            {},
            [10, 0.5, 0, 4.5],
            "wholeness of 'Hessen' to 'Gera': 0.5 patients is not a whole number",
            False,
        ),
    ],
)
def test_each_transportation_rule_is_named_where_it_is_broken(changes, decisions, message, left_out):
    report = check_decisions(transport(**changes), np.array(decisions, dtype=float))
    assert not report.feasible
    assert report.violations[0].message == message
    assert report.violations[0].left_out is left_out
    assert report.within_limits is left_out


def test_rules_that_are_not_asked_for_are_not_checked():
    free = transport(supply=None, supply_rule="none", demand=None, demand_rule="none", whole=False)
    report = check_decisions(free, [1000.5, 0, 0, 0])
    assert report.feasible
    assert (report.served, report.unmet) == (1000.5, None)


def test_priced_unmet_demand_is_no_violation_and_costs_its_price():
    report = check_decisions(transport(unmet_cost=[100, 7]), [10, 2, 0, 0])
    assert report.feasible
    assert (report.objective, report.unmet) == (10 + 4 + 3 * 7, 3)
    assert check_decisions(transport(unmet_cost=[100, 7], sense="max"), [10, 2, 0, 0]).objective == 14 - 21


def test_demand_at_least_may_be_exceeded_and_excess_is_not_negative_unmet():
    report = check_decisions(transport(demand_rule="at-least", unmet_cost=[5, 5]), [12, 0, 0, 4])
    assert report.feasible
    assert (report.objective, report.unmet) == (12 + 16 + 5, 1)


def test_minimum_service_forgives_the_last_binary_digit_but_rounds_a_fraction_up():
    # 0.07 * 100 is 7.000000000000001 in binary
    problem = transport(
        supply=[200, 0], demand=[100, 10], unmet_cost=[1, 1], minimum_service=[0.07, 0.01], whole=True
    )
    assert check_decisions(problem, [7, 1, 0, 0]).feasible
    assert rules(check_decisions(problem, [7, 0, 0, 0])) == ["minimum service"]


def test_a_priced_rule_still_limits_what_a_target_receives():
    report = check_decisions(transport(unmet_cost=[1, 1]), [11, 0, 0, 0])
    assert rules(report) == ["demand"]


def test_violations_are_worst_first_broken_limits_before_things_left_out():
    report = check_decisions(transport(demand=[30, 1]), [13, 2, 0, 11])
    assert rules(report) == ["demand", "supply", "supply", "unmet demand"]
    assert [v.amount for v in report.violations] == [12, 3, 3, 17]


def test_twenty_violations_are_listed_and_all_are_counted():
    size = 50
    problem = TransportationProblem(
        sources=range(size),
        targets=["all"],
        lanes=Lanes.from_matrix(np.ones((size, 1))),
        supply=np.zeros(size),
        demand=None,
        demand_rule="none",
    )
    report = check_decisions(problem, np.arange(1.0, size + 1))
    assert (len(report.violations), report.violation_count) == (20, 50)
    assert [v.amount for v in report.violations] == list(range(50, 30, -1))
    assert report.violations[0].message == "supply of 49: sends 50, has 0 (50 too much)"


def test_a_sum_off_by_one_is_refuted_however_many_patients_there_are():
    problem = transport(supply=[5_000_000, 0], demand=[2_000_000, 2_000_000])
    assert check_decisions(problem, [2_000_000, 2_000_000, 0, 0]).feasible
    report = check_decisions(problem, [2_000_001, 2_000_000, 0, 0])
    assert rules(report) == ["demand"]


def test_a_supply_meant_as_no_limit_does_not_blunt_the_check():
    problem = transport(supply=[1e12, 1e12], whole=False)
    assert check_decisions(problem, [10, 0, 0, 5]).feasible
    assert not check_decisions(problem, [10, 0, 0, 4.999]).feasible


def test_rounding_noise_is_no_violation():
    problem = transport(whole=False)
    noise = np.array([1e-9, -1e-9, -1e-10, 1e-9])
    assert check_decisions(problem, np.array([10, 0, 0, 5]) + noise).feasible
    whole = check_decisions(transport(), np.array([10, 0, 0, 5]) + noise)
    assert whole.feasible and whole.objective == 30


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("whole", [True, False])
def test_numbers_that_are_not_finite_are_refuted(bad, whole):
    report = check_decisions(transport(whole=whole), [10, bad, 0, 5])
    assert not report.feasible and not report.within_limits
    assert "'Hessen' to 'Gera'" in report.violations[0].message
    assert not report.agrees(30.0)


def test_decisions_of_another_length_are_refused():
    with pytest.raises(InputError, match="3 decisions, the problem 4"):
        check_decisions(transport(), [1, 2, 3])
