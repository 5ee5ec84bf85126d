"""Baseline rules: textbook figures, rules kept, ties, honest accounts of what is left out."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import allocare
from allocare import FairAllocationProblem, Lanes, TransportationProblem
from allocare.solvers.backend import Options, Task
from allocare.solvers.greedy_ import rules_for
from allocare.solvers.registry import GREEDY_RULES, RULED
from allocare.solvers.solve import refusal

from cases import assignment, fair, keys, transportation

if TYPE_CHECKING:
    from pathlib import Path

    from allocare.instances.problem import Problem

INF, MISSING = np.inf, np.nan
FEW = settings(deadline=None, max_examples=60, derandomize=True)


def greedy(problem: Problem, rule: str = "default") -> allocare.Solution:
    return allocare.solve(problem, f"greedy:{rule}")


def fair_with_capacity(cost: Any, capacity: Any, supply: Any, demand: Any, **rules: Any) -> Any:
    lanes = Lanes.from_matrix(np.array(cost, dtype=float), capacity)
    return FairAllocationProblem(
        sources=keys("s", lanes.n_sources),
        targets=keys("t", lanes.n_targets),
        lanes=lanes,
        supply=supply,
        demand=demand,
        **rules,
    )


def refused(problem: Problem, rule: str) -> str | None:
    return refusal(Task(problem), f"greedy:{rule}", Options())


def plan(problem: Problem, rule: str = "default") -> list[float]:
    solution = greedy(problem, rule)
    assert solution.allocation is not None
    return problem.decisions(solution.allocation).tolist()


# --- figures from elsewhere

TEXTBOOK = {
    "sunray": (
        [[10, 2, 20, 11], [12, 7, 9, 20], [4, 14, 16, 18]],
        [15, 25, 10],
        [5, 15, 15, 15],
        {"north-west": 520, "least-cost": 475, "vogel": 475},
    ),
    "powerco": (
        [[8, 6, 10, 9], [9, 12, 13, 7], [14, 9, 16, 5]],
        [35, 50, 40],
        [45, 20, 30, 30],
        {"north-west": 1180, "least-cost": 1080},
    ),
    "paper shipping": (
        [[15, 20, 16, 21], [25, 13, 5, 11], [15, 15, 7, 17]],
        [250, 130, 235],
        [75, 230, 240, 70],
        {"least-cost": 7990},
    ),
    "wheat shipping": (
        [[6, 8, 10], [7, 11, 11], [4, 5, 12]],
        [150, 175, 275],
        [200, 100, 300],
        {"north-west": 5925, "least-cost": 4550, "vogel": 5125},
    ),
    "P&T": (
        [[464, 513, 654, 867], [352, 416, 690, 791], [995, 682, 388, 685]],
        [75, 125, 100],
        [80, 65, 70, 85],
        {"north-west": 165595},
    ),
    "Executive Furniture": (
        [[5, 4, 3], [8, 4, 3], [9, 7, 5]],
        [100, 300, 300],
        [300, 200, 200],
        {"north-west": 4200},
    ),
}


@pytest.mark.parametrize(
    ("name", "rule", "figure"),
    [(name, rule, figure) for name, case in TEXTBOOK.items() for rule, figure in case[3].items()],
)
def test_textbook_baselines_are_reproduced(name: str, rule: str, figure: float) -> None:
    cost, supply, demand, _ = TEXTBOOK[name]
    solution = greedy(transportation(cost, supply, demand, whole=True), rule)
    assert (solution.status, solution.stop_reason) == ("feasible", "rule")
    assert solution.objective == figure
    assert solution.bound is None and solution.gap is None and solution.checked


# state, latitude and longitude of its capital, beds occupied, beds free
KLEEBLATT = """
SH,54.3233,10.1228,564,99
HH,53.5511,9.9937,431,41
NI,52.3759,9.7320,1601,239
HB,53.0793,8.8017,156,5
NW,51.2277,6.7735,4787,521
HE,50.0782,8.2398,1657,153
RP,49.9929,8.2473,844,136
BW,48.7758,9.1829,2093,188
BY,48.1351,11.5820,2965,286
SL,49.2402,6.9969,364,38
BE,52.5200,13.4050,991,89
BB,52.3906,13.0645,572,80
MV,53.6355,11.4012,539,76
SN,51.0504,13.7373,1253,171
ST,52.1205,11.6276,629,73
TH,50.9848,11.0299,583,55
"""


def kleeblatt() -> TransportationProblem:
    rows = [line.split(",") for line in KLEEBLATT.split()]
    names = np.array([row[0] for row in rows])
    latitude, longitude, occupied, free = np.array([row[1:] for row in rows], dtype=float).T
    surplus = occupied - 0.9 * (occupied + free)
    senders, rooms = np.flatnonzero(surplus > 0), np.flatnonzero(surplus < 0)
    north, east = np.radians(latitude), np.radians(longitude)
    half = (
        np.sin((north[rooms][:, None] - north[senders]) / 2) ** 2
        + np.cos(north[rooms][:, None])
        * np.cos(north[senders])
        * np.sin((east[rooms][:, None] - east[senders]) / 2) ** 2
    )
    return TransportationProblem(
        sources=names[rooms],
        targets=names[senders],
        lanes=Lanes.from_matrix(np.rint(2 * 6371.0088 * np.arcsin(np.sqrt(half)))),
        supply=np.floor(-surplus[rooms]),
        demand=np.ceil(surplus[senders]),
        whole=True,
        units={"quantity": "patients", "cost": "km"},
    )


def test_kleeblatt_baselines_are_reproduced() -> None:
    problem = kleeblatt()
    assert (len(problem.targets), problem.demand.sum()) == (9, 169)  # type: ignore[union-attr]
    assert (len(problem.sources), problem.supply.sum()) == (7, 183)  # type: ignore[union-attr]
    assert greedy(problem, "nearest").objective == 44_024
    assert greedy(problem, "cheapest-lane").objective == 42_997


@pytest.mark.public_data
@pytest.mark.parametrize("name", ["icu_ga", "icu_fl", "icu_az_nm"])
def test_icu_baselines_are_reproduced_with_ties_in_table_order(name: str, public_data: Path) -> None:
    with (public_data / "transport" / "optima.csv").open() as file:
        known = next(row for row in csv.DictReader(file) if row["name"] == name)
    lines = [line.split() for line in (public_data / "transport" / f"{name}.min").read_text().splitlines()]
    balance = {int(line[1]): float(line[2]) for line in lines if line[0] == "n"}
    arcs = np.array([line[1:] for line in lines if line[0] == "a"], dtype=float)
    dummy = int(known["facilities"]) + int(known["counties"]) + 1
    arcs = arcs[(arcs[:, 0] != dummy) & (arcs[:, 1] != dummy)]
    facilities = [node for node in balance if balance[node] > 0 and node != dummy]
    counties = [node for node in balance if balance[node] < 0]
    lanes = Lanes.from_table(
        len(facilities),
        len(counties),
        [facilities.index(int(node)) for node in arcs[:, 0]],
        [counties.index(int(node)) for node in arcs[:, 1]],
        arcs[:, 4],
    )
    problem = TransportationProblem(
        sources=facilities,
        targets=counties,
        lanes=lanes,
        supply=[balance[node] for node in facilities],
        demand=[-balance[node] for node in counties],
        unmet_cost=np.full(len(counties), 5000.0),
        whole=True,
    )
    nearest, cheapest = greedy(problem, "nearest"), greedy(problem, "cheapest-lane")
    assert nearest.objective == float(known["greedy_county_order"])
    assert cheapest.objective == float(known["greedy_cheapest_arc"])
    assert nearest.status == cheapest.status == "feasible"
    assert any("priced at" in note for note in nearest.notes)


# --- what each rule does, and its ties

TIED = transportation([[1, 1], [1, 1]], [3, 3], [2, 4], whole=True)


@pytest.mark.parametrize("rule", ["nearest", "cheapest-lane", "north-west", "least-cost", "vogel"])
def test_ties_go_by_the_order_of_the_tables(rule: str) -> None:
    assert plan(TIED, rule) == [2, 1, 0, 3]


def test_largest_need_serves_the_larger_target_first_and_equal_ones_in_table_order() -> None:
    assert plan(TIED, "largest-need") == [0, 3, 2, 1]
    equal = transportation([[1, 1]], [4], [3, 3], whole=True, unmet_cost=[9, 9])
    assert plan(equal, "largest-need") == [3, 1]


def test_best_weight_takes_the_heaviest_lane_first() -> None:
    problem = transportation([[5, 9], [7, 8]], [2, 2], [2, 2], whole=True, sense="max")
    assert plan(problem, "best-weight") == plan(problem) == [0, 2, 2, 0]


def test_least_cost_and_vogel_count_the_dummy_column_of_a_surplus() -> None:
    # the free dummy takes all that the first source has; without it the first source would serve
    problem = transportation([[2], [3]], [4, 4], [4], whole=True)
    assert plan(problem, "least-cost") == [0, 4]
    assert plan(problem, "cheapest-lane") == [4, 0]
    # penalties: rows 2 and 3, so the dummy's cell of the second row stays empty
    assert plan(problem, "vogel") == [4, 0]


def test_vogel_follows_the_largest_penalty() -> None:
    problem = transportation([[1, 2], [1, 9]], [3, 3], [3, 3], whole=True)
    assert plan(problem, "cheapest-lane") == [3, 0, 0, 3]
    assert plan(problem, "vogel") == [0, 3, 3, 0]


@pytest.mark.parametrize("rule", rules_for("transportation"))
def test_a_lane_dearer_than_unmet_demand_is_not_used_but_an_equal_one_is(rule: str) -> None:
    sense = "max" if rule == "best-weight" else "min"
    cost = -1 if sense == "max" else 1
    problem = transportation(
        [[cost * 11, cost * 10]], [9], [2, 3], whole=True, unmet_cost=[10, 10], sense=sense
    )
    solution = greedy(problem, rule)
    assert plan(problem, rule) == [0, 3]
    assert solution.status == "feasible"
    assert (solution.unmet, abs(solution.objective or 0)) == (2, 50)


def test_minimum_service_comes_before_the_rest_even_over_dear_lanes() -> None:
    problem = transportation(
        [[1, 50]], [5], [5, 5], whole=True, unmet_cost=[10, 10], minimum_service=[0.0, 0.5]
    )
    assert plan(problem, "cheapest-lane") == [2, 3]
    assert greedy(problem).status == "feasible"


def test_exact_supply_is_sent_to_its_end_where_targets_may_take_more() -> None:
    problem = transportation(
        [[1, 2], [3, 1]], [5, 6], [2, 3], whole=True, supply_rule="exactly", demand_rule="at-least"
    )
    assert plan(problem, "nearest") == [5, 0, 0, 6]
    assert greedy(problem, "nearest").status == "feasible"


def test_exact_supply_overrides_the_price_of_unmet_demand() -> None:
    problem = transportation([[30, 20]], [4], [3, 3], supply_rule="exactly", unmet_cost=[10, 10], whole=True)
    assert plan(problem) == [1, 3]
    dear = transportation([[30, 20]], [4], [3, 3], supply_rule="exactly", unmet_cost=[25, 10], whole=True)
    assert plan(dear) == [3, 1], "what must be sent goes where it loses least against leaving it unmet"


def test_a_total_ends_the_plan_and_is_reached_beyond_demand() -> None:
    free = transportation([[1, 2], [4, 3]], [5, 6], None, whole=True, demand_rule="none", total=7)
    assert greedy(free).objective == 11
    more = transportation([[1, 2]], [9], [2, 3], whole=True, demand_rule="at-least", total=7)
    assert plan(more) == [4, 3]
    less = transportation([[1, 2]], [9], [2, 3], whole=True, unmet_cost=[9, 9], total=4)
    assert plan(less, "nearest") == [2, 2]


def test_article_form_with_rows_and_a_total_only() -> None:
    matrix = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    rules = {"supply_rule": "exactly", "demand_rule": "none", "total": 60}
    assert greedy(transportation(matrix, [10, 20, 30], None, **rules)).objective == 300
    assert greedy(transportation(matrix, [10, 20, 30], None, sense="max", **rules)).objective == 420


def test_demand_at_least_met_is_exceeded_only_where_that_pays() -> None:
    rules = {"demand_rule": "at-least", "whole": True}
    assert plan(transportation([[1, 2]], [9], [2, 3], **rules)) == [2, 3]
    assert plan(transportation([[1, 2]], [9], [2, 3], sense="max", **rules)) == [2, 7]
    endless = transportation([[1]], None, [3], supply_rule="none", sense="max", **rules)
    assert plan(endless) == [3]


@pytest.mark.parametrize("rule", ["least-cost", "vogel"])
def test_tableau_rules_serve_at_last_what_the_dummy_held_back(rule: str) -> None:
    # the dummy takes two of the first source, which alone reaches the first target
    problem = transportation([[5, MISSING], [MISSING, 5]], [4, 4], [4, 2], whole=True)
    assert plan(problem, rule) == [4, 2]
    assert greedy(problem, rule).status == "feasible"


# --- assignment


def test_best_pair_first_differs_from_task_order() -> None:
    problem = assignment([[5, 1], [6, 9]])
    assert plan(problem, "cheapest-lane") == [0, 1, 1, 0]
    assert plan(problem, "nearest") == [1, 0, 0, 1]


def test_largest_need_starts_with_the_task_that_uses_most() -> None:
    problem = assignment([[1, 5], [2, 6]], capacity=[4, 3], use=[2, 4, 3, 4])
    assert greedy(problem, "nearest").status == "incomplete"
    assert plan(problem, "largest-need") == [0, 1, 1, 0]


def test_first_class_is_served_first_whatever_it_costs() -> None:
    problem = assignment([[9, 1]], priority=[1, 2], task_rule="at-most-once", left_out_cost=[20, 20])
    for rule in ("nearest", "cheapest-lane", "largest-need"):
        assert plan(problem, rule) == [1, 0]


def test_a_remainder_of_rounding_does_not_shut_a_task_out() -> None:
    problem = assignment([[1, 1, 1]], capacity=[0.3], use=[0.1, 0.1, 0.1])
    assert greedy(problem).status == "feasible"


def test_what_greedy_leaves_out_of_a_generalised_assignment_is_counted_and_named() -> None:
    problem = assignment([[1, 1, 9], [5, 9, 2]], capacity=[4, 4], use=[3, 2, 2, 3, 3, 2])
    solution = greedy(problem)
    assert (solution.status, solution.stop_reason, solution.bound) == ("incomplete", "rule", None)
    assert (solution.served, solution.unmet) == (2, 1)
    assert solution.objective == 3
    assert "left out: 1 of 3 tasks, not priced" in solution.notes
    assert solution.notes[0].startswith("rule: cheapest-lane")


def test_left_out_tasks_with_a_price_are_in_the_objective() -> None:
    problem = assignment([[4, 9]], task_rule="at-most-once", left_out_cost=[6, 7])
    solution = greedy(problem)
    assert (solution.status, solution.objective) == ("feasible", 11)
    assert "left out: 1 of 2 tasks, priced at 7 in the objective" in solution.notes


# --- fair allocation


def test_marginal_gain_shares_one_source_exactly_evenly() -> None:
    solution = greedy(fair([[3, 1, 2]], [7], [2, 4, 8]))
    assert solution.objective == pytest.approx(0, abs=1e-15)
    assert solution.allocation is not None
    assert solution.allocation["quantity"].to_numpy() == pytest.approx([1, 2, 4])


def test_marginal_gain_goes_on_with_the_next_cheapest_lane() -> None:
    problem = fair([[1, 1, MISSING], [MISSING, 2, 1]], [2, 6], [4, 4, 4])
    assert plan(problem) == pytest.approx([1, 1, 2.5, 3.5]) or greedy(problem).served == 8


@given(st.lists(st.integers(1, 9), min_size=1, max_size=5), st.integers(0, 25))
@FEW
def test_marginal_gain_on_one_source_is_the_optimum_in_whole_units(demand: list[int], supply: int) -> None:
    problem = fair([[1] * len(demand)], [supply], demand, whole=True)
    received, weight = np.zeros(len(demand)), np.array(demand, dtype=float)
    for _ in range(min(supply, sum(demand))):
        level = np.where(received < weight, (2 * received + 1) / weight, INF)
        received[level.argmin()] += 1
    level = received / weight
    mean = received.sum() / weight.sum()
    solution = greedy(problem)
    assert solution.served == received.sum()
    assert solution.objective == pytest.approx(weight @ (level - mean) ** 2 / weight.sum(), abs=1e-12)


def test_deviation_from_need_closes_the_largest_gaps_first() -> None:
    problem = fair([[1, 1, 1]], [6], [9, 9, 9], criterion="need-deviation", need=[6, 4, 1])
    assert plan(problem) == pytest.approx([4, 2, 0])
    assert greedy(problem).objective == pytest.approx(allocare.solve(problem).objective)


@given(st.integers(0, 10_000))
@FEW
def test_deviation_from_need_is_the_optimum_where_only_supplies_bind(seed: int) -> None:
    random = np.random.default_rng(seed)
    need = random.integers(0, 9, (3, 4)).astype(float)
    supply = random.integers(0, 20, 3).astype(float)
    cap = random.integers(1, 9, (3, 4)).astype(float)
    problem = fair_with_capacity(
        np.ones((3, 4)), cap, supply, [99] * 4, criterion="need-deviation", need=need.ravel()
    )
    expected = 0.0
    for row in range(3):
        most, low, high = np.minimum(need[row], cap[row]), 0.0, need[row].max()
        for _ in range(100):
            gap = (low + high) / 2
            low, high = (low, gap) if np.clip(need[row] - gap, 0, most).sum() <= supply[row] else (gap, high)
        expected += float(((np.clip(need[row] - high, 0, most) - need[row]) ** 2).sum())
    assert greedy(problem).objective == pytest.approx(expected, abs=1e-9)


def test_whole_units_end_at_the_whole_number_nearest_to_the_need() -> None:
    problem = fair([[1, 1]], [9], [9, 9], criterion="need-deviation", need=[2.6, 2.4], whole=True)
    for rule in rules_for("fair-allocation"):
        assert plan(problem, rule) == [3, 2]


def test_an_efficiency_floor_is_served_beyond_the_needs_over_the_cheapest_lanes_and_no_further() -> None:
    rules = {"criterion": "need-deviation", "need": [1, 1], "whole": True}
    assert plan(fair([[3, 2]], [8], [5, 5], **rules)) == [1, 1]
    assert plan(fair([[3, 2]], [8], [5, 5], efficiency_loss=0.5, **rules)) == [1, 3]
    assert plan(fair([[3, 2]], [8], [5, 5], efficiency_loss=0.0, **rules)) == [3, 5]


def test_a_floor_that_is_missed_is_said_and_makes_the_plan_incomplete() -> None:
    # the first recipient is served first from the source that alone reaches the second
    problem = fair([[1, 1], [2, MISSING]], [4, 4], [4, 4], whole=True)
    solution = greedy(problem, "nearest")
    assert (solution.status, solution.served) == ("incomplete", 4)
    assert "left out: serves 4 units less than the efficiency floor" in solution.notes


# --- refusals and reports


def test_the_registry_names_exactly_the_rules_that_families_have() -> None:
    families = {rule for kind in RULED for rule in rules_for(kind)}
    assert set(GREEDY_RULES) == families | {"default", "randomised"}


@pytest.mark.parametrize(
    ("problem", "rule", "message"),
    [
        (assignment([[1]]), "vogel", "assignment has no rule 'vogel'; its rules: nearest, cheapest-lane"),
        (transportation([[1]], [1], [1]), "marginal-gain", "its rules: nearest, cheapest-lane, least-cost"),
        (transportation([[1]], [1], [1]), "quickest", "transportation has no rule 'quickest'"),
        (transportation([[1]], [1], [1]), "best-weight", "weights to be maximised"),
        (transportation([[1]], [1], [1], sense="max"), "cheapest-lane", "costs to be minimised"),
        (
            transportation([[1]], [1], None, demand_rule="none"),
            "north-west",
            "needs both supply and demand; rules that fit: nearest",
        ),
    ],
)
def test_a_rule_that_does_not_fit_is_refused_in_one_line_naming_those_that_do(
    problem: Problem, rule: str, message: str
) -> None:
    why = refused(problem, rule)
    assert why is not None and message in why and "\n" not in why


def test_vogel_refuses_a_tableau_beyond_its_size() -> None:
    n = 2000
    lanes = Lanes.from_table(n, n, range(n), range(n), np.ones(n))
    problem = TransportationProblem(
        sources=keys("s", n), targets=keys("t", n), lanes=lanes, supply=np.ones(n), demand=np.ones(n)
    )
    assert "at most 4,000,000 cells" in (refused(problem, "vogel") or "")
    assert refused(problem, "least-cost") is None


def test_rules_refuse_a_model_with_constraints_of_its_own() -> None:
    problem = transportation([[1]], [1], [1])
    task = Task(problem, allocare.pyomo_model(problem))
    for backend in ("greedy", "priority"):
        assert "constraints added to the model" in (refusal(task, backend, Options()) or "")


@pytest.mark.parametrize(
    ("problem", "note"),
    [
        (transportation([[1, 2]], [3], [2, 2]), "left out: 1 units of demand at 1 of 2 targets, not priced"),
        (
            transportation([[1, 2]], [5], [2, 2], supply_rule="exactly"),
            "left out: 1 units of supply that must be sent at 1 of 1 sources",
        ),
        (
            transportation([[1, 1]], [2], [2, 2], unmet_cost=[1, 1], minimum_service=[0.8, 0.8]),
            "left out: the minimum service of 1 of 2 targets",
        ),
        (
            transportation([[1, 1]], [2], None, demand_rule="none", total=5),
            "left out: 3 units of the total 5",
        ),
    ],
)
def test_what_a_rule_cannot_keep_is_in_the_notes(problem: Problem, note: str) -> None:
    solution = greedy(problem)
    assert solution.status == "incomplete"
    assert note in solution.notes
    assert "the objective counts only what is allocated and what is priced" in solution.notes
