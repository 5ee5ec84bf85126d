"""A study lays criteria, policies and references side by side, and its frames agree with each other."""

from dataclasses import replace
from importlib import import_module

import numpy as np
import pandas as pd
import pytest

import allocare
from allocare import Lanes, TransportationProblem
from allocare.evaluation.study import REFERENCE, Limits, Range, study
from allocare.instances.errors import UndecidedError
from allocare.reports.summary import summary
from allocare.reports.wording import Wording
from allocare.solvers.solution import Status, StopReason

SCARCE = TransportationProblem(
    sources=["depot", "store"],
    targets=["north", "south", "west"],
    lanes=Lanes.from_matrix([[1, 2, np.nan], [np.nan, 3, 1]]),
    supply=[6, 5],
    demand=[8, 6, 4],
    unmet_cost=100,
    attributes={
        "targets": pd.DataFrame(
            {"region": ["a", "b", "b"], "svi": [0.9, 0.2, 0.5]}, index=["north", "south", "west"]
        )
    },
)


@pytest.fixture(scope="module")
def found():
    today = pd.DataFrame({"source": ["depot"], "target": ["north"], "quantity": [4]})
    return study(
        SCARCE,
        ["maximin", "utilitarian"],
        ["floor:value=0.3", "cap:value=0.9"],
        groups=["region", "svi/3"],
        rank="svi",
        status_quo=today,
        ranges=[Range.of("utilitarian", 0, 0.6, "floor:value=?", points=4)],
    )


def test_every_plan_is_there_once(found):
    names = [REFERENCE, "maximin", "utilitarian with policies", "greedy:cheapest-lane", "status quo"]
    assert found.summary["plan"].tolist() == names
    assert [plan.name for plan in found.plans] == names


def test_totals_agree_between_the_frames(found):
    by_agent = found.agents.assign(total=found.agents["size"] * found.agents["utility"])
    totals = by_agent.groupby("plan")["total"].sum()
    for row in found.summary.itertuples():
        assert row.total == pytest.approx(totals[row.plan])
        measured = found.measures[found.measures["plan"] == row.plan].set_index("name")["value"]
        assert measured["total"] == pytest.approx(row.total) and measured["gini"] == pytest.approx(row.gini)
    for (plan, _, _), each in found.winners.groupby(["plan", "against", "attribute"]):
        assert each["size"].sum() == pytest.approx(18), plan


def test_policies_in_force_are_kept_and_judged_on_every_plan(found):
    verdicts = found.verdicts.set_index(["plan", "policy"])["holds"]
    assert verdicts["maximin"].all() and verdicts["utilitarian with policies"].all()
    assert not verdicts["greedy:cheapest-lane"].all() and not verdicts["status quo"].all()
    assert set(found.binding["plan"]) == {"maximin", "utilitarian with policies"}


def test_the_status_quo_is_given_and_dominated(found):
    summary = found.summary.set_index("plan")
    assert summary.loc["status quo", "status"] == "given" and summary.loc["status quo", "total"] == 4
    assert found.dominance.set_index("plan").loc["status quo", "verdict"] == "second dominates"


def test_prices_are_against_the_greatest_total(found):
    priced = found.summary.set_index("plan")["price_percent"]
    assert priced[REFERENCE] == 0 and priced["status quo"] == pytest.approx(100 * 7 / 11)


def test_every_solve_has_a_limit_that_is_stated(found, monkeypatch):
    assert found.limits == Limits() and Limits.of(7.0) == Limits(7.0, 7.0, 7.0)
    asked = []

    def noted(problem, *backend, **options):
        asked.append(options["time_limit"])
        return allocare.solve(problem, *backend, **options)

    for module in ("study", "explanation", "frontier"):
        monkeypatch.setattr(import_module(f"allocare.evaluation.{module}"), "solve", noted)
    rules = {"criteria": ["maximin"], "policies": ["cap:value=0.5"]}
    ranges = [Range.of("utilitarian", 0, 0.6, "floor:value=?", points=2)]
    study(SCARCE, **rules, ranges=ranges)
    assert set(asked) == {Limits().plan, Limits().beside, Limits().point}
    asked.clear()
    study(SCARCE, **rules, ranges=ranges, time_limit=9.0)
    assert set(asked) == {9.0}


def test_a_criterion_without_a_plan_in_time_is_named_and_the_others_are_shown(monkeypatch):
    def late(problem, *backend, **options):
        found = allocare.solve(problem, *backend, **options)
        if problem.fairness.criterion is None or problem.fairness.criterion.name != "leximin":
            return found
        given_up = {"status": Status.UNKNOWN, "stop_reason": StopReason.TIME_LIMIT, "proved_by": ""}
        empty = dict.fromkeys(("objective", "bound", "gap", "allocation", "served", "unmet", "certificate"))
        return replace(found, **given_up, **empty, checked=False)

    monkeypatch.setattr(import_module("allocare.evaluation.study"), "solve", late)
    found = study(SCARCE, ["leximin", "maximin"])
    assert found.missing["plan"].tolist() == ["leximin"] and "maximin" in found.summary["plan"].tolist()
    assert any("For leximin no plan was found" in said for said in summary(Wording.of(found, "en")))
    with pytest.raises(UndecidedError, match="no plan was found for 'leximin' within 15 s"):
        study(SCARCE, ["leximin"])


def test_policies_that_conflict_are_named_with_what_would_mend_them():
    found = study(SCARCE, ["maximin"], ["floor:value=0.8", "cap:value=0.9"])
    assert [str(policy) for policy in found.conflict.policies] == ["floor:value=0.8"]
    assert found.relaxation["relaxed_by"].tolist() == pytest.approx([0.8 - 11 / 18, 0.0])
    # the criteria are still shown, without policies
    assert found.summary["plan"].tolist()[:2] == [REFERENCE, "maximin"]


def test_a_study_is_the_same_again(found):
    again = study(
        SCARCE, ["maximin", "utilitarian"], ["floor:value=0.3", "cap:value=0.9"], groups=["region", "svi/3"]
    )
    both = found.summary.merge(again.summary, on="plan")
    assert len(both) == 4 and (both["total_x"] == both["total_y"]).all()


def test_all_tables_are_named(found):
    tables = found.tables()
    assert {"summary", "agents", "groups", "winners", "frontier_1", "frontier_1_breakpoints"} <= set(tables)
    assert all(isinstance(table, pd.DataFrame) for table in tables.values())
    assert allocare.solve(SCARCE).checked
