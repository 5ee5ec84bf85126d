"""Network plans over days: cases by hand, the check, causes, baselines, files, and random instances."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import allocare
from allocare import InputError, NetworkPlanProblem, TransferLanes
from allocare.instances.network_stays import discretised, equilibrium, survival
from allocare.models.check import check_decisions
from allocare.models.formulations import matrix_form
from allocare.models.infeasibility import explain_infeasibility
from allocare.solvers.backend import Options
from allocare.solvers.relax_and_fix import relaxed_and_fixed
from tests.test_renderings import assert_renderings_agree

if TYPE_CHECKING:
    from pathlib import Path

FEW = settings(deadline=None, max_examples=15, derandomize=True)


def two_sites(n_days: int = 3, lanes: TransferLanes | None = None, **changes: Any) -> NetworkPlanProblem:
    """Beds at two sites, one class that stays a day, patients at the first."""
    arriving = np.zeros((2, 1, n_days))
    arriving[0, 0, 0] = 3
    data: dict[str, Any] = {
        "sites": ["A", "B"],
        "days": [f"d{t}" for t in range(n_days)],
        "classes": ["ward"],
        "resources": ["beds"],
        "stock": [[1], [2]],
        "use": [[1]],
        "stay": [[1.0]],
        "arriving": arriving,
        "unmet_cost": [100],
        "lanes": lanes or TransferLanes(carries=[], source=[], target=[]),
    }
    return NetworkPlanProblem(**(data | changes))


def patients_to_b(**fields: Any) -> TransferLanes:
    return TransferLanes(carries=[-1], source=[0], target=[1], cost=[10], **fields)


def beds_to_a(**fields: Any) -> TransferLanes:
    return TransferLanes(carries=[0], source=[1], target=[0], cost=[1], **fields)


@st.composite
def small_plans(
    draw: st.DrawFn, *, whole: bool | None = None, simple_stays: bool = False
) -> NetworkPlanProblem:
    """Every part of the family at a size that any solver manages."""
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    sites, days, classes = draw(st.integers(2, 3)), draw(st.integers(1, 4)), draw(st.integers(1, 2))
    stay = np.zeros((classes, 3))
    if simple_stays:
        stay[np.arange(classes), rng.integers(0, 3, classes)] = 1.0
    else:
        stay[:] = rng.multinomial(4, [0.3, 0.4, 0.3], classes) / 4
    pairs = np.argwhere(~np.eye(sites, dtype=bool))
    chosen = pairs[rng.random(len(pairs)) < 0.8]
    carries = np.repeat([-1, 0, 1], len(chosen))
    n_lanes = len(carries)
    capacity = np.where(rng.random(n_lanes) < 0.5, np.inf, rng.integers(2, 5, n_lanes))
    lanes = TransferLanes(
        carries=carries,
        source=np.tile(chosen[:, 0], 3),
        target=np.tile(chosen[:, 1], 3),
        cost=rng.integers(0, 9, n_lanes),
        delay=rng.integers(0, 2, n_lanes),
        capacity=capacity,
        minimum=np.where(rng.random(n_lanes) < 0.4, rng.integers(1, 3, n_lanes), 0),
        set_up_cost=np.where(rng.random(n_lanes) < 0.4, rng.integers(1, 9, n_lanes), 0),
        change_cost=np.where(rng.random(n_lanes) < 0.3, rng.integers(1, 4, n_lanes), 0),
    )
    shape = (sites, 2)
    return NetworkPlanProblem(
        sites=[f"s{i}" for i in range(sites)],
        days=[f"d{t}" for t in range(days)],
        classes=[f"c{k}" for k in range(classes)],
        resources=["beds", "kits"],
        reusable=[True, False],
        cushion=[draw(st.sampled_from([0.0, 0.0, 0.25])), 0],
        stock_change_cost=[draw(st.sampled_from([0.0, 2.0])), 0],
        stock=rng.integers(1, 6, shape),
        deliveries=rng.integers(0, 2, (*shape, days)),
        surge_capacity=rng.integers(0, 3, shape),
        surge_cost=rng.integers(1, 9, shape),
        surge_set_up_cost=rng.integers(0, 2, shape) * 7,
        use=np.column_stack([np.ones(classes), rng.integers(0, 2, classes)]),
        admission_use=np.column_stack([np.zeros(classes), rng.integers(0, 2, classes)]),
        stay=stay,
        present=np.column_stack([rng.integers(0, 2, sites)] + [np.zeros(sites)] * (classes - 1)),
        remaining=stay,
        arriving=rng.integers(0, 4, (sites, classes, days)),
        unmet_cost=rng.integers(20, 90, classes),
        waiting_cost=[float(draw(st.sampled_from([np.inf, 3.0]))) for _ in range(classes)],
        lanes=lanes,
        whole=draw(st.booleans()) if whole is None else whole,
    )


# --- lengths of stay


def test_survival_and_equilibrium_are_those_of_renewal_theory() -> None:
    stay = np.array([[0.2, 0.3, 0.5]])
    assert survival(stay, 5).tolist() == [[1.0, 0.8, 0.5, 0.0, 0.0]]
    assert equilibrium(stay)[0].tolist() == pytest.approx([0.8 / 1.3, 0.5 / 1.3, 0])
    assert equilibrium(np.array([[1.0]])).tolist() == [[1.0]]


def test_steady_admissions_keep_those_in_care_steady() -> None:
    """The defining property: present at equilibrium, as many admitted each day as leave."""
    stay = np.array([[0.1, 0.5, 0.1, 0.3]])
    mean = float(survival(stay, 9).sum())
    before_today = 2 * (mean - 1)
    problem = two_sites(
        6, stay=stay, present=[[before_today], [0]], arriving=np.full((2, 1, 6), [[[2.0]], [[0.0]]])
    )
    course = allocare.solve(replace(problem, stock=[[100], [0]]))
    assert course.unmet == pytest.approx(0)
    short = replace(problem, stock=[[2 * mean], [0]])
    assert allocare.solve(short).unmet == pytest.approx(0, abs=1e-6)
    assert (allocare.solve(replace(short, stock=[[2 * mean - 0.5], [0]])).unmet or 0) > 0.4


def test_a_lognormal_stay_adds_up_to_one_and_keeps_its_mean() -> None:
    stay = discretised(8, 6)
    assert stay.sum() == pytest.approx(1, abs=1e-12)
    assert stay @ np.arange(1, len(stay) + 1) == pytest.approx(8.5, abs=0.2)


# --- cases by hand


@pytest.mark.parametrize(
    ("changes", "objective"),
    [
        # one of three has a bed
        ({}, 200),
        ({"stay": [[0, 1]], "arriving": [[[1, 1, 1]], [[0, 0, 0]]]}, 100),
        # half are gone after a day, so that half a patient fits on the second
        ({"stay": [[0.5, 0.5]], "arriving": [[[1, 1, 0]], [[0, 0, 0]]]}, 50),
        ({"lanes": patients_to_b()}, 20),
        ({"lanes": patients_to_b(capacity=[1])}, 110),
        ({"lanes": patients_to_b(set_up_cost=[50])}, 70),
        ({"lanes": patients_to_b(set_up_cost=[300])}, 200),
        # three must go, and there are beds for two
        ({"lanes": patients_to_b(minimum=[3])}, 200),
        ({"lanes": patients_to_b(minimum=[2])}, 20),
        # those who arrive after the delay find the same beds
        ({"lanes": patients_to_b(delay=[1]), "present": [[0], [2]], "remaining": [[1.0]]}, 20),
        ({"lanes": patients_to_b(), "present": [[0], [2]], "remaining": [[1.0]]}, 200),
        ({"lanes": patients_to_b(delay=[3])}, 200),
        # waiting two nights, one and none
        ({"waiting_cost": [7]}, 7 * 2 + 7),
        ({"waiting_cost": [7], "n_days": 2}, 7 + 100),
        ({"lanes": beds_to_a()}, 2),
        ({"lanes": beds_to_a(), "stock_change_cost": [5]}, 2),
        ({"lanes": beds_to_a(delay=[1])}, 200),
        # one bed comes for the second day, which finds one more than on the first
        ({"lanes": beds_to_a(delay=[1]), "waiting_cost": [7]}, 1 + 7 * 2),
        ({"lanes": beds_to_a(delay=[1]), "waiting_cost": [7], "stock_change_cost": [3]}, 1 + 3 + 7 * 2),
        ({"lanes": beds_to_a(change_cost=[4])}, 2 + 2 * 4 + 2 * 4),
        ({"surge_capacity": [[9], [0]], "surge_cost": [[30], [0]]}, 60),
        ({"surge_capacity": [[9], [0]], "surge_cost": [[30], [0]], "surge_set_up_cost": [[150], [0]]}, 200),
        ({"surge_capacity": [[np.inf], [0]], "surge_cost": [[3], [0]], "surge_set_up_cost": [[15], [0]]}, 21),
        ({"cushion": [0.5], "stock": [[2], [2]]}, 200),
        ({"deliveries": [[[2, 0, 0]], [[0, 0, 0]]]}, 0),
        ({"deliveries": [[[-1, 0, 0]], [[0, 0, 0]]]}, 300),
        # of consumables three at two a head serve one and a half
        ({"reusable": [False], "stock": [[3], [0]], "use": [[2]]}, 150),
        ({"reusable": [False], "stock": [[3], [0]], "use": [[2]], "whole": True}, 200),
        (
            {
                "reusable": [False],
                "stock": [[3], [0]],
                "use": [[0]],
                "admission_use": [[2]],
                "stay": [[0, 1]],
            },
            150,
        ),
        ({"reusable": [False], "stock": [[3], [0]], "use": [[1]], "stay": [[0, 1]]}, 150),
        # half of three is more than the one at home, and once the lane is open both others go
        ({"minimum_service": [0.5], "lanes": patients_to_b(set_up_cost=[300])}, 300 + 20),
    ],
)
def test_small_cases_cost_what_they_do_by_hand(changes: dict[str, Any], objective: float) -> None:
    problem = two_sites(**changes)
    solution = allocare.solve(problem)
    assert solution.status.value == "optimal"
    assert solution.objective == pytest.approx(objective, abs=1e-6)


def best_of_all_plans(problem: NetworkPlanProblem) -> float:
    """Cost of the best of all sensible plans of the bundled example, each judged by the simulation alone."""
    place = {key: at for at, key in enumerate(problem.keys.index().tolist())}
    best = np.inf
    monday = [(t, s) for t, s in product(range(4), repeat=2) if t + s <= 3]
    tuesday = [(t, s) for t, s in product(range(3), repeat=2) if t + s <= 2]
    for (t1, s1), (t2, s2), own, kits in product(
        monday, tuesday, range(2), [(0, 0, 0), (2, 0, 0), (0, 2, 0), (3, 0, 0), (2, 2, 0)]
    ):
        quantity = np.zeros(problem.size)
        for day, treated, sent, came in (("Mon", t1, s1, 3), ("Tue", t2, s2, 2)):
            quantity[place["treat", "inpatients", "Jena", "Jena", day]] = treated
            quantity[place["send", "inpatients", "Jena", "Gera", day]] = sent
            quantity[place["turn away", "inpatients", "Jena", "", day]] = came - treated - sent
        quantity[place["treat", "inpatients", "Gera", "Gera", "Mon"]] = own
        quantity[place["turn away", "inpatients", "Gera", "", "Mon"]] = 1 - own
        for day, moved in zip(("Mon", "Tue", "Wed"), kits, strict=True):
            quantity[place["move", "kits", "Gera", "Jena", day]] = moved
        report = check_decisions(problem, quantity)
        if report.feasible:
            best = min(best, report.objective)
    return best


def test_no_plan_of_the_bundled_example_is_better_than_its_answer() -> None:
    problem = allocare.example("two-hospitals")
    assert isinstance(problem, NetworkPlanProblem)
    assert best_of_all_plans(problem) == 130 == allocare.solve(problem).objective


# --- the check


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            [("treat", "ward", "A", "A", "d0", 3)],
            "use of 'beds' at 'A' on 'd0': patients take 3, 1 may be used",
        ),
        ([("treat", "ward", "A", "A", "d0", 4)], "patients who are not there of 'ward' at 'A' on 'd0'"),
        ([], "patients left over of 'ward' at 'A' after 'd0': 3 neither treated, sent nor turned away"),
        ([("send", "ward", "A", "B", "d0", 1)], "minimum transfer of patients from 'A' to 'B' on 'd0'"),
        ([("send", "ward", "A", "B", "d0", 3)], "lane capacity of patients from 'A' to 'B' on 'd0'"),
        (
            [("surge", "beds", "", "B", "d1", 3)],
            "surge of 'beds' at 'B' on 'd1': is 3, may go to 1 (2 too much)",
        ),
        ([("turn away", "ward", "A", "", "d0", 2.5)], "patients left over of 'ward' at 'A' after 'd0': 0.5"),
    ],
)
def test_each_rule_is_named_where_it_is_broken(rows: list[tuple[Any, ...]], message: str) -> None:
    lanes = patients_to_b(minimum=[2], capacity=[2])
    problem = two_sites(lanes=lanes, surge_capacity=[[0], [1]])
    plan = pd.DataFrame(rows, columns=["decision", "what", "from", "to", "day", "quantity"])
    found = allocare.check(problem, plan).violations
    assert any(violation.message.startswith(message) for violation in found), [v.message for v in found]


def test_whole_units_are_asked_for_where_the_problem_does() -> None:
    problem = two_sites(whole=True)
    report = check_decisions(problem, np.full(problem.size, 0.5))
    assert any(violation.rule == "wholeness" for violation in report.violations)


def test_a_plan_is_read_back_as_it_was_written() -> None:
    problem = allocare.generate("network-plan", n_sites=3, n_days=3, seed=4)
    decisions = np.random.default_rng(0).integers(0, 3, problem.size).astype(float)
    assert problem.decisions(problem.plan(decisions)).tolist() == decisions.tolist()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("treet", "ward", "A", "A", "d0", 1), "'treet' is not a decision; did you mean 'treat'?"),
        (("treat", "wart", "A", "A", "d0", 1), "'wart' is not a class of patients; did you mean 'ward'?"),
        (("treat", "ward", "A", "A", "d9", 1), "'d9' is not a day of the plan"),
        (("send", "ward", "A", "B", "d0", 1), "there is no such decision in the problem"),
        (("treat", "ward", "A", "A", "d0", "all"), "'all' is not a finite number"),
    ],
)
def test_a_plan_that_is_none_for_this_problem_is_refused(row: tuple[Any, ...], message: str) -> None:
    plan = pd.DataFrame([row], columns=["decision", "what", "from", "to", "day", "quantity"])
    with pytest.raises(InputError, match=r"plan, row 2") as refusal:
        two_sites().decisions(plan)
    assert message in str(refusal.value)


# --- data


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"stay": [[0.5, 0.4]]}, "probabilities of stay of 'ward' add up to 0.9; they must add up to 1"),
        ({"stay": [[1.5, -0.5]]}, "probability of a stay of 2 days of 'ward' is -0.5; it must be 0 or more"),
        ({"arriving": np.full((2, 1, 3), -1)}, "number of arriving patients of ('A', 'ward', 'd0') is -1"),
        (
            {"arriving": np.zeros((2, 1, 2))},
            "number of arriving patients is 2 x 1 x 2, and 2 x 1 x 3 are needed",
        ),
        ({"arriving": np.full((2, 1, 3), 0.5), "whole": True}, "whole quantities need a whole number here"),
        ({"classes": ["beds"]}, "'beds' is both a class of patients and a resource; rename one"),
        ({"reusable": [False], "cushion": [0.1]}, "nothing of a consumable is kept free"),
        (
            {"lanes": TransferLanes(carries=[0], source=[1], target=[1])},
            "leads from 'B' to itself; leave it out",
        ),
        ({"lanes": TransferLanes(carries=[3], source=[0], target=[1])}, "carries of lane 1 is number 3"),
        ({"lanes": patients_to_b(minimum=[3], capacity=[2])}, "carries at least 3 but at most 2"),
        ({"sites": ["A", "A"]}, "site 'A' appears twice"),
    ],
)
def test_wrong_data_are_refused_in_one_line(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as refusal:
        two_sites(**changes)
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_two_lanes_between_the_same_sites_are_refused() -> None:
    lanes = TransferLanes(carries=[-1, -1], source=[0, 0], target=[1, 1])
    with pytest.raises(InputError, match="two lanes for patients from 'A' to 'B'; keep one"):
        two_sites(lanes=lanes)


# --- what cannot be done


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"present": [[3], [0]]}, "those in care at 'A' on 'd0' need 3 'beds', and there are 1"),
        (
            {"minimum_service": [0.9]},
            "of class 'ward' 2.7 patients must be treated, and no plan comes nearer to the minimum services "
            "than 1.7 too few",
        ),
        ({"site_minimum_service": [0.5, 0]}, "of site 'A' 1.5 patients must be treated"),
        ({"deliveries": [[[-2, 0, 0]], [[0, 0, 0]]]}, "more 'beds' are taken from 'A' on"),
    ],
)
def test_the_cause_of_infeasibility_is_named(changes: dict[str, Any], cause: str) -> None:
    problem = two_sites(**changes)
    assert allocare.solve(problem).status.value == "infeasible"
    assert (explain_infeasibility(problem) or "").startswith(cause)


def test_a_plan_that_can_be_made_has_no_cause() -> None:
    assert explain_infeasibility(two_sites()) is None


# --- properties


@FEW
@given(small_plans())
def test_both_renderings_of_a_network_plan_agree(problem: NetworkPlanProblem) -> None:
    assert_renderings_agree(problem)


@FEW
@given(small_plans(whole=False))
def test_solver_and_simulation_agree_and_the_baseline_is_no_better(problem: NetworkPlanProblem) -> None:
    solution = allocare.solve(problem, "highs")
    if solution.status.value == "infeasible":
        return
    # a refuted claim would have been an error
    assert solution.checked
    try:
        baseline = allocare.solve(problem, "greedy:nearest-room")
    except allocare.CapabilityError:
        return
    assert baseline.objective is not None and solution.objective is not None
    assert baseline.objective >= solution.objective - 1e-6 * abs(solution.objective) - 1e-6


@settings(deadline=None, max_examples=6, derandomize=True)
@given(small_plans(whole=True, simple_stays=True))
def test_whole_plans_cost_the_same_on_every_solver(problem: NetworkPlanProblem) -> None:
    found = {name: allocare.solve(problem, name) for name in ("highs", "cp-sat", "pyomo:highs")}
    statuses = {solution.status.value for solution in found.values()}
    assert len(statuses) == 1
    if statuses == {"optimal"}:
        objectives = [solution.objective for solution in found.values()]
        assert objectives == pytest.approx([objectives[0]] * 3, rel=1e-6, abs=1e-6)


@FEW
@given(small_plans(), st.integers(2, 5))
def test_dearer_by_a_factor_is_dearer_by_that_factor(problem: NetworkPlanProblem, factor: int) -> None:
    before = allocare.solve(problem, "highs")
    lanes = problem.lanes
    prices = {name: getattr(lanes, name) * factor for name in ("cost", "set_up_cost", "change_cost")}
    own = ("stock_change_cost", "surge_cost", "surge_set_up_cost", "unmet_cost", "waiting_cost")
    dearer = replace(
        problem, lanes=replace(lanes, **prices), **{name: getattr(problem, name) * factor for name in own}
    )
    after = allocare.solve(dearer, "highs")
    assert after.status is before.status
    if before.objective is not None:
        assert after.objective == pytest.approx(factor * before.objective, rel=1e-6, abs=1e-6)


@FEW
@given(small_plans(), st.randoms(use_true_random=False))
def test_the_order_of_sites_and_their_names_do_not_matter(problem: NetworkPlanProblem, random: Any) -> None:
    order = np.array(random.sample(range(len(problem.sites)), len(problem.sites)))
    place = np.argsort(order)
    lanes = replace(problem.lanes, source=place[problem.lanes.source], target=place[problem.lanes.target])
    by_site = (
        "stock",
        "deliveries",
        "surge_capacity",
        "surge_cost",
        "surge_set_up_cost",
        "present",
        "arriving",
    )
    other = replace(
        problem,
        sites=pd.Index([f"site {at}" for at in order]),
        lanes=lanes,
        **{name: getattr(problem, name)[order] for name in by_site},
    )
    one, two = allocare.solve(problem, "highs"), allocare.solve(other, "highs")
    assert one.status is two.status
    if one.objective is not None:
        assert two.objective == pytest.approx(one.objective, rel=1e-6, abs=1e-6)


@settings(deadline=None, max_examples=10, derandomize=True)
@given(small_plans())
def test_a_dive_keeps_every_rule_and_its_bound_is_one(problem: NetworkPlanProblem) -> None:
    best = allocare.solve(problem, "highs")
    form = matrix_form(problem)
    dive = relaxed_and_fixed(problem, form, Options())
    if best.objective is None:
        assert dive.values is None
        return
    assert dive.bound is not None
    assert dive.bound <= best.objective + 1e-6 * (1 + abs(best.objective))
    if dive.values is not None:
        report = check_decisions(problem, form.decided(dive.values))
        assert report.feasible
        assert report.agrees(form.objective(dive.values))


def test_a_generated_wave_is_solved_within_its_gap() -> None:
    problem = allocare.generate("network-plan", n_sites=8, n_days=8, seed=1)
    solution = allocare.solve(problem, gap=0.01)
    assert solution.gap is not None and solution.gap <= 0.01
    assert solution.checked


def test_a_whole_wave_has_a_plan_at_a_short_limit() -> None:
    problem = allocare.generate("network-plan", n_sites=5, n_days=6, seed=1, whole=True)
    solution = allocare.solve(problem, time_limit=5, gap=0.05)
    assert solution.allocation is not None and solution.bound is not None
    assert solution.bound <= (solution.objective or 0)


# --- fairness


def test_criteria_and_policies_are_about_where_patients_came_from() -> None:
    problem = allocare.generate("network-plan", n_sites=5, n_days=5, seed=2, peak_load=3.0, switches=False)
    fair = allocare.solve(allocare.with_fairness(problem, "maximin"))
    plan = problem.decisions(fair.allocation)
    moves = problem.moves  # type: ignore[attr-defined]
    treated = moves.kind <= 1
    served = np.bincount(moves.source[treated], plan[treated], minlength=5)
    came = problem.arriving.sum(axis=(1, 2))  # type: ignore[attr-defined]
    assert fair.objective == pytest.approx((served / came).min(), abs=1e-6)
    own = problem.decisions(allocare.solve(problem).allocation)
    before = np.bincount(moves.source[treated], own[treated], minlength=5) / came
    assert fair.objective > before.min() + 0.01


def test_a_gap_between_regions_is_kept_and_costs_something() -> None:
    problem = allocare.generate("network-plan", n_sites=5, n_days=5, seed=2, peak_load=3.0, switches=False)
    held = allocare.solve(allocare.with_fairness(problem, None, ["rate-gap:group=region:at_most=0.01"]))
    assert held.status.value == "optimal"
    assert held.objective is not None and held.objective >= (allocare.solve(problem).objective or 0) - 1e-6


def test_classes_may_be_the_agents() -> None:
    problem = allocare.generate("network-plan", n_sites=4, n_days=4, seed=2, peak_load=3.0, switches=False)
    level = allocare.solve(allocare.with_fairness(problem, "maximin", agents="classes")).objective
    assert level is not None and 0 < level < 1


# --- files


@pytest.mark.parametrize("tables", ["csv", "parquet"])
def test_a_network_plan_comes_back_from_its_files(tmp_path: Path, tables: Any) -> None:
    from allocare.instances.native import read_native
    from allocare.instances.native_writing import write_native

    problem = allocare.generate("network-plan", n_sites=4, n_days=5, seed=3, whole=True)
    again = read_native(write_native(problem, tmp_path / "wave", tables=tables))
    one, two = matrix_form(problem), matrix_form(again)
    for name in ("cost", "lower", "upper", "row_lower", "row_upper", "whole"):
        np.testing.assert_allclose(getattr(two, name), getattr(one, name), rtol=1e-12)
    assert abs(one.matrix - two.matrix).max() < 1e-12
    assert again.attributes["sites"]["region"].tolist() == problem.attributes["sites"]["region"].tolist()


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("stays.csv", "2,0.5", "2,0.4", "stays.csv, row 3, column 'probability': the probabilities of class"),
        ("stays.csv", ",1,0.5", ",0,0.5", "stays.csv, row 2, column 'days': it is 0; it must be 1 or more"),
        ("patients.csv", "Mon,3", "Mon,-3", "patients.csv, row 2, column 'patients': it is -3"),
        ("patients.csv", "Tue,2", "Tue,2.5", "whole quantities need a whole number here"),
        ("patients.csv", "Tue", "Teu", "'Teu' is not a day; did you mean 'Tue'?"),
        ("patients.csv", "Tue", "Mon", "this number of patients is given twice (first in row 2); keep one"),
        ("lanes.csv", "kits,Gera", "kit,Gera", "'kit' is not a resource, nor patients; did you mean 'kits'?"),
        ("lanes.csv", "Gera,Jena", "Jena,Jena", "it leads from a site to itself; leave it out"),
        ("lanes.csv", "0,3,0", "0.5,3,0", "lanes.csv, row 2, column 'delay': it is 0.5"),
        ("resources.csv", "kits,false", "kits,maybe", "'maybe' is not one of true, false"),
        ("use.csv", "inpatients,kits,1", "inpatients,kits,many", "'many' is not a number"),
        ("instance.toml", "whole = true", "hole = true", "there is no such field; did you mean 'whole'?"),
        ("stock.csv", "Jena,kits", "Jna,kits", "'Jna' is not a site; did you mean 'Jena'?"),
    ],
)
def test_bad_input_is_one_line_with_its_place(
    tmp_path: Path, file: str, old: str, new: str, message: str
) -> None:
    from allocare.instances.examples import example_path
    from allocare.instances.native import read_native

    for source in example_path("two-hospitals").parent.iterdir():
        text = source.read_text(encoding="utf-8")
        if source.name == file:
            assert old in text
            text = text.replace(old, new, 1)
        (tmp_path / source.name).write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as refusal:
        read_native(tmp_path / "instance.toml")
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)
