"""Reserve systems: the choice, held against exhaustive search, and as a policy on beds and patients."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from policy_cases import same_renderings

import allocare
from allocare import AssignmentProblem, InputError, Lanes, with_fairness
from allocare.instances.fairness import Rule
from allocare.models.checks.fairness import measured
from allocare.models.policies import policy_of
from allocare.models.reserves import Category, reserve_choice


@st.composite
def systems(draw: st.DrawFn) -> tuple[list[int], list[Category]]:
    """Up to six patients and three categories of every kind."""
    patients = draw(st.integers(1, 6))
    categories = []
    for at in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(["open", "soft", "hard"]))
        marks = draw(st.lists(st.booleans(), min_size=patients, max_size=patients))
        categories.append(
            Category(str(at), draw(st.integers(0, 2)), None if kind == "open" else marks, kind == "hard")
        )
    return draw(st.permutations(range(patients))), categories


def matchings(patients: int, categories: list[Category]):
    """Yield every way to give each patient a category or none, with the beneficiaries that it serves."""
    for given_to in product(range(-1, len(categories)), repeat=patients):
        units = np.bincount([at for at in given_to if at >= 0], minlength=len(categories))
        if any(count > category.units for count, category in zip(units, categories, strict=True)):
            continue
        own = [
            at >= 0
            and categories[at].beneficiaries is not None
            and bool(categories[at].beneficiaries[patient])
            for patient, at in enumerate(given_to)
        ]
        if all(at < 0 or not categories[at].hard or own[k] for k, at in enumerate(given_to)):
            yield frozenset(k for k, at in enumerate(given_to) if at >= 0), sum(own), given_to


@given(systems())
@settings(max_examples=150, deadline=None)
def test_the_smart_choice_is_the_greedy_one_over_all_best_matchings(system):
    priority, categories = system
    ways = list(matchings(len(priority), categories))
    most = max(own for _, own, _ in ways)
    covered = [served for served, own, _ in ways if own == most]
    accepted: set[int] = set()
    for patient in np.argsort(priority).tolist():
        if any(accepted | {patient} <= served for served in covered):
            accepted.add(patient)
    chosen = reserve_choice(priority, categories)
    assert set(np.flatnonzero(chosen >= 0).tolist()) == accepted
    # the categories given are themselves one of the best matchings
    assert any(own == most and given_to == tuple(chosen.tolist()) for _, own, given_to in ways)


@given(systems())
@settings(max_examples=150, deadline=None)
def test_the_smart_choice_wastes_no_unit_and_respects_priority(system):
    priority, categories = system
    chosen = reserve_choice(priority, categories)
    served = frozenset(np.flatnonzero(chosen >= 0).tolist())
    best = {}
    for covered, own, _ in matchings(len(priority), categories):
        best[covered] = max(own, best.get(covered, 0))
    most = max(best.values())
    assert len(served) == max(len(covered) for covered, own in best.items() if own == most)
    for out in served:
        for into in set(range(len(priority))) - served:
            swapped = served - {out} | {into}
            assert best.get(swapped, -1) < most or priority[into] > priority[out]


@given(systems())
@settings(max_examples=40, deadline=None)
def test_categories_in_order_take_beneficiaries_first(system):
    priority, categories = system
    left = sorted(range(len(priority)), key=lambda patient: priority[patient])
    expected = [-1] * len(priority)
    for at, category in enumerate(categories):
        marks = category.beneficiaries
        own = left if marks is None else [k for k in left if marks[k]]
        others = [] if marks is None or category.hard else [k for k in left if not marks[k]]
        for patient in [*own, *others][: category.units]:
            expected[patient] = at
            left.remove(patient)
    assert reserve_choice(priority, categories, process="order").tolist() == expected


def test_the_order_of_processing_matters():
    # Dur, Kominers, Pathak and Soenmez 2018, reconstructed, see the paper: r1 > o1 > r2 for two units
    reserved, anybody = Category("reserved", 1, [True, False, True]), Category("open", 1)
    open_first = reserve_choice([1, 2, 3], [anybody, reserved], process="order")
    reserve_first = reserve_choice([1, 2, 3], [reserved, anybody], process="order")
    assert np.flatnonzero(open_first >= 0).tolist() == [0, 2]
    assert np.flatnonzero(reserve_first >= 0).tolist() == [0, 1]


def test_a_patient_of_two_categories_makes_room_for_one_of_the_other():
    # in order, the first takes a place that only she could have left to the second
    both, one = Category("both", 1, [True, True]), Category("one", 1, [True, False], hard=True)
    assert reserve_choice([1, 2], [both, one], process="order").tolist() == [0, -1]
    assert reserve_choice([1, 2], [both, one]).tolist() == [1, 0]


def test_passing_over_one_kind_of_patient_passes_over_no_other():
    first, second = (
        Category("a", 1, [True, True, False], hard=True),
        Category("b", 1, [False, False, True], hard=True),
    )
    assert reserve_choice([1, 2, 3], [first, second]).tolist() == [0, -1, 1]
    assert reserve_choice([1, 2, 3], [second, first]).tolist() == [1, -1, 0]


def test_many_patients_are_chosen_in_a_moment():
    random = np.random.default_rng(5)
    marks = random.random((4, 20_000)) < 0.1
    categories = [Category(str(at), 500, marks[at], at % 2 == 0) for at in range(4)]
    chosen = reserve_choice(random.random(20_000), [*categories, Category("open", 1000)])
    assert np.bincount(chosen[chosen >= 0]).tolist() == [500, 500, 500, 500, 1000]


def test_equal_priority_goes_to_the_earlier_patient_and_the_unable_are_passed_over():
    assert reserve_choice([1, 1, 1], [Category("open", 1)]).tolist() == [0, -1, -1]
    assert reserve_choice([1, 1, 1], [Category("open", 1)], eligible=[False, True, True]).tolist() == [
        -1,
        0,
        -1,
    ]
    assert reserve_choice([1.0], [Category("open", 1)], eligible=[False]).tolist() == [-1]


def wards(**options) -> AssignmentProblem:
    """Three wards and five patients, one of whom no ward can take."""
    patients = pd.DataFrame(
        {
            "score": [5, 4, 3, 2, 1],
            "staff": ["yes", "no", "yes", "no", "no"],
            "county": ["k", "k", "m", "m", "m"],
        },
        index=["Ada", "Bo", "Cy", "Di", "Ed"],
    )
    distance = np.array([[3, 1, 4, 1, np.nan], [5, 9, 2, 6, np.nan], [5, 3, 5, 8, np.nan]])
    problem = AssignmentProblem(
        agents=["ward 1", "ward 2", "ward 3"],
        tasks=patients.index,
        pairs=Lanes.from_matrix(distance),
        task_rule="at-most-once",
        left_out_cost=20,
        attributes={"tasks": patients},
        **options,
    )
    return with_fairness(problem, agents="tasks")


STAFF = {
    "name": "reserve",
    "priority": "score",
    "categories": [
        {"name": "open", "units": 1},
        {"name": "staff", "units": 1, "beneficiaries": "staff", "hard": True},
        {"name": "city", "units": 1, "beneficiaries": "county", "label": "k"},
    ],
}


@pytest.mark.parametrize("backend", ["auto", "highs", "pyomo:highs"])
def test_the_reserve_says_who_and_the_objective_says_where(backend):
    solution = allocare.solve(with_fairness(wards(), None, [STAFF]), backend)
    # staff take the staff unit (Cy), the city's goes to Bo, the open one to Di; Ed can be taken by no ward
    assert solution.status.value == "optimal" and solution.checked
    assert sorted(solution.allocation["task"]) == ["Bo", "Cy", "Di"]
    assert solution.objective == pytest.approx(1 + 2 + 3 + 2 * 20)


def test_the_reserve_is_the_same_in_both_renderings():
    same_renderings(with_fairness(wards(), "utilitarian", [STAFF], utility="coverage"))


@given(st.lists(st.sampled_from(["", "ward 1", "ward 2", "ward 3"]), min_size=4, max_size=4))
@settings(max_examples=40, deadline=None)
def test_a_plan_passes_where_it_serves_whom_the_reserve_chooses(beds):
    problem = with_fairness(wards(), None, [STAFF])
    plan = pd.DataFrame(
        [(bed, task) for bed, task in zip(beds, ["Ada", "Bo", "Cy", "Di"], strict=True) if bed],
        columns=["agent", "task"],
    )
    verdict = policy_of(Rule.of(STAFF)).judge(measured(problem, problem.decisions(plan)))
    assert verdict.holds == (sorted(plan["task"]) == ["Bo", "Cy", "Di"])


def test_the_first_who_is_passed_over_is_named():
    problem = with_fairness(wards(), None, [STAFF])
    plan = pd.DataFrame({"agent": ["ward 1", "ward 2", "ward 3"], "task": ["Ada", "Cy", "Bo"]})
    verdict = policy_of(Rule.of(STAFF)).judge(measured(problem, problem.decisions(plan)))
    assert verdict.where == "Di" and verdict.broken == 2
    assert verdict.message == "'Di' has a claim to a unit of category 'open' and gets none"


def changed(**fields) -> dict:
    return {**STAFF, **fields}


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        (changed(priority="scor"), "no attribute 'scor'; did you mean 'score'?"),
        (changed(process="fast"), "process is 'fast'; give order or smart"),
        (changed(categories=[]), "categories are given as tables"),
        (changed(categories=[{"name": "a"}]), "each category is a table with a name and units"),
        (changed(categories=[{"name": "a", "units": 1.5}]), "units of category 'a'"),
        (changed(categories=[{"name": "a", "units": -1}]), "units of category 'a'"),
        (changed(categories=[{"name": "a", "units": 1, "hrad": True}]), "did you mean 'hard'?"),
        (changed(categories=[{"name": "a", "units": 1, "hard": True}]), "category 'a' is hard, but nobody"),
        (
            changed(categories=[{"name": "a", "units": 1, "beneficiaries": "county"}]),
            "attribute 'county' of 'Ada' is 'k'; mark beneficiaries by true and false",
        ),
        (
            changed(categories=[{"name": "a", "units": 1, "beneficiaries": "county", "label": "q"}]),
            "attribute 'county' has nobody 'q'",
        ),
        (changed(categories=[{"name": "a", "units": 1}] * 2), "two categories have the same name"),
        ("reserve:priority=score:categories=open", "categories are given as tables"),
    ],
)
def test_a_mistake_is_one_clear_line(policy, message):
    with pytest.raises(InputError) as caught:
        allocare.solve(with_fairness(wards(), None, [policy]))
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_a_reserve_is_about_patients_who_may_be_left_out():
    beds = with_fairness(wards(), None, [STAFF], agents="agents", utility="burden")
    with pytest.raises(InputError, match="the tasks of an assignment problem"):
        allocare.solve(beds)
