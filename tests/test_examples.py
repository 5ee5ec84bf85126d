"""The bundled examples: their data, where these come from, and answers confirmed by other solvers."""

from __future__ import annotations

import tomllib
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from allocare.instances.assignment import AssignmentProblem
from allocare.instances.errors import InputError
from allocare.instances.examples import EXAMPLES, answer, example, example_path, examples
from allocare.instances.fair_allocation import FairAllocationProblem
from allocare.instances.generators import generate
from allocare.instances.linear import LinearProblem
from allocare.instances.network_plan import NetworkPlanProblem
from allocare.instances.programmes import ProgrammeProblem
from allocare.instances.transportation import TransportationProblem
from allocare.instances.uncertain_transportation import UncertainTransportationProblem
from tests.independent import (
    assignment_by_class,
    expected_cost_optimum,
    least_variance,
    least_variance_whole,
    linear_optimum,
    programmes_optimum,
    transportation_optimum,
)
from tests.test_network_plan import best_of_all_plans

FOLDER = example_path("kleeblatt-2021-12-08").parent.parent
WITH_BASELINES = [
    name for name in EXAMPLES if answer(name).baselines and isinstance(example(name), TransportationProblem)
]


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_answer_is_confirmed_by_an_independent_solver(name: str) -> None:
    problem, known = example(name), answer(name)
    if isinstance(problem, TransportationProblem):
        found, _ = transportation_optimum(problem)
    elif isinstance(problem, AssignmentProblem):
        parts = assignment_by_class(problem)
        assert known.by_class in ([], parts)
        found = sum(parts)
    elif isinstance(problem, FairAllocationProblem):
        found = least_variance_whole(problem) if problem.whole else float(least_variance(problem))
    elif isinstance(problem, ProgrammeProblem):
        found = programmes_optimum(problem)
    elif isinstance(problem, NetworkPlanProblem):
        found = best_of_all_plans(problem)
    elif isinstance(problem, UncertainTransportationProblem):
        found = expected_cost_optimum(problem)
    else:
        assert isinstance(problem, LinearProblem)
        found = linear_optimum(problem)
    assert found == pytest.approx(known.optimum, rel=0, abs=known.tolerance)


def test_the_ventilator_answer_is_the_exact_fraction_its_source_states() -> None:
    problem = example("ventilator-sharing")
    assert isinstance(problem, FairAllocationProblem)
    assert least_variance(problem) == Fraction(2846923, 54689580)
    assert "2846923/54689580" in answer("ventilator-sharing").source


@pytest.mark.parametrize("name", WITH_BASELINES)
def test_every_baseline_is_what_its_rule_reaches(name: str) -> None:
    problem = example(name)
    assert isinstance(problem, TransportationProblem)
    rules = {
        "north-west": north_west,
        "least-cost": cheapest_lane_first,
        "cheapest-lane": cheapest_lane_first,
        "vogel": vogel,
        "nearest": nearest_in_table_order,
    }
    for rule, value in answer(name).baselines.items():
        found = rules[rule](problem.supply.copy(), problem.demand.copy(), problem.lanes.matrix())
        assert found == value, rule
        assert value > answer(name).optimum


def send(supply: np.ndarray, demand: np.ndarray, cost: np.ndarray, source: int, target: int) -> float:
    sent = min(supply[source], demand[target])
    supply[source] -= sent
    demand[target] -= sent
    return sent * cost[source, target]


def north_west(supply: np.ndarray, demand: np.ndarray, cost: np.ndarray) -> float:
    total = 0.0
    while demand.sum() > 0:
        total += send(supply, demand, cost, int(np.argmax(supply > 0)), int(np.argmax(demand > 0)))
    return total


def cheapest_lane_first(supply: np.ndarray, demand: np.ndarray, cost: np.ndarray) -> float:
    lanes = np.argsort(cost, axis=None, kind="stable")
    return sum(send(supply, demand, cost, *divmod(int(lane), cost.shape[1])) for lane in lanes)


def nearest_in_table_order(supply: np.ndarray, demand: np.ndarray, cost: np.ndarray) -> float:
    return sum(
        send(supply, demand, cost, int(source), target)
        for target in range(len(demand))
        for source in np.argsort(cost[:, target], kind="stable")
    )


def vogel(supply: np.ndarray, demand: np.ndarray, cost: np.ndarray) -> float:
    total = 0.0
    while demand.sum() > 0:
        sources, targets = np.flatnonzero(supply > 0), np.flatnonzero(demand > 0)
        open_cost = cost[np.ix_(sources, targets)]
        lines = [*open_cost, *open_cost.T]
        penalties = [line[0] if len(line) == 1 else np.diff(np.sort(line)[:2])[0] for line in lines]
        line = int(np.argmax(penalties))
        best = int(np.argmin(lines[line]))
        source, target = (line, best) if line < len(sources) else (best, line - len(sources))
        total += send(supply, demand, cost, int(sources[source]), int(targets[target]))
    return total


def test_every_baseline_of_the_health_budget_is_what_its_rule_reaches() -> None:
    problem = example("health-budget")
    assert isinstance(problem, ProgrammeProblem)
    total_cost = problem.group_size * problem.cost.toarray()[0]
    orders = {
        "benefit-per-cost": np.argsort(-problem.group_size * problem.benefit / total_cost, kind="stable"),
        "worst-off-first": np.argsort(problem.baseline, kind="stable"),
    }
    baselines = answer("health-budget").baselines
    assert set(baselines) == set(orders)
    for rule, order in orders.items():
        left, total = problem.budget_limit[0], float(problem.group_size @ problem.baseline)
        for group in order:
            if total_cost[group] <= left:
                left -= total_cost[group]
                total += problem.group_size[group] * problem.benefit[group]
        assert total == pytest.approx(baselines[rule], rel=1e-12), rule


def test_the_dual_of_trnsport_is_the_slope_of_its_optimum_on_both_sides() -> None:
    problem = example("trnsport")
    assert isinstance(problem, TransportationProblem)
    duals = answer("trnsport").duals["demand"]
    assert duals == {"New-York": 0.225}
    for step in (-1, 1):
        demand = problem.demand + step * (problem.targets == "New-York")
        moved = TransportationProblem(
            sources=problem.sources,
            targets=problem.targets,
            lanes=problem.lanes,
            supply=problem.supply,
            demand=demand,
        )
        slope = (transportation_optimum(moved)[0] - 153.675) / step
        assert slope == pytest.approx(duals["New-York"])


def test_kleeblatt_is_derived_from_the_register_at_ninety_percent() -> None:
    folder = FOLDER / "kleeblatt-2021-12-08"
    states = pd.read_csv(folder / "states.csv")
    assert len(states) == 16
    assert states["population"].sum() == 83_237_124  # Germany at the end of 2021 (Destatis)
    # whole-number arithmetic: 0.9 has no exact binary form
    most = 9 * (states["occupied"] + states["free"]) // 10
    above = 10 * states["occupied"] > 9 * (states["occupied"] + states["free"])
    patients = states[above].assign(patients=states["occupied"] - most)
    rooms = states[~above].assign(places=most - states["occupied"])
    assert (len(patients), patients["patients"].sum()) == (9, 169)
    assert (len(rooms), rooms["places"].sum()) == (7, 183)
    for table, file, measure in ((patients, "patients.csv", "patients"), (rooms, "rooms.csv", "places")):
        expected = table[["state", measure, "latitude", "longitude"]].reset_index(drop=True)
        pd.testing.assert_frame_equal(pd.read_csv(folder / file), expected)


def test_kleeblatt_lanes_are_great_circle_distances_in_whole_km() -> None:
    folder, problem = FOLDER / "kleeblatt-2021-12-08", example("kleeblatt-2021-12-08")
    rooms, patients = (
        np.radians(pd.read_csv(folder / file)[["latitude", "longitude"]].to_numpy())
        for file in ("rooms.csv", "patients.csv")
    )

    def on_the_sphere(angles: np.ndarray) -> np.ndarray:
        latitude, longitude = angles.T
        return np.column_stack(
            [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)]
        )

    angle = np.arccos(on_the_sphere(rooms) @ on_the_sphere(patients).T)
    assert isinstance(problem, TransportationProblem)
    assert problem.lanes.matrix().tolist() == np.rint(6371.0088 * angle).tolist()


@pytest.mark.parametrize(
    ("name", "kind", "options"),
    [
        ("ventilator-sharing", "ventilators", {"maximum_km": 250.0, "whole": False}),
        ("ventilator-sharing-whole", "ventilators", {"maximum_km": 250.0, "whole": True}),
        ("bed-assignment", "beds", {"n_wards": 16, "n_patients": 120, "scarcity": 1.15}),
    ],
)
def test_generated_examples_are_what_their_provenance_generates(
    name: str, kind: str, options: dict[str, object]
) -> None:
    bundled, generated = example(name), generate(kind, seed=0, **options)
    stated = ", ".join(
        f"{key} {value:g}" if value not in (True, False) else f"{key} {str(value).lower()}"
        for key, value in options.items()
    )
    assert bundled.provenance.source == f"generated: {kind}, seed 0, {stated}"
    assert bundled.summary() == generated.summary()
    same = (
        ("supply", "demand")
        if isinstance(bundled, FairAllocationProblem)
        else ("capacity", "priority", "left_out_cost")
    )
    lanes = "lanes" if isinstance(bundled, FairAllocationProblem) else "pairs"
    for column in same:
        np.testing.assert_array_equal(getattr(bundled, column), getattr(generated, column))
    for column in ("cost", "source", "target"):
        np.testing.assert_array_equal(
            getattr(getattr(bundled, lanes), column), getattr(getattr(generated, lanes), column)
        )


def test_every_folder_has_an_answer_and_every_answer_a_folder() -> None:
    assert sorted(path.parent.name for path in FOLDER.glob("*/instance.toml")) == sorted(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_manifest_states_title_source_and_licence(name: str) -> None:
    manifest = tomllib.loads(example_path(name).read_text(encoding="utf-8"))
    problem = example(name)
    assert problem.title == manifest["title"] != ""
    assert problem.provenance.source == manifest["provenance"]["source"] != ""
    assert problem.provenance.license == manifest["provenance"]["license"] != ""
    assert answer(name).source


def test_no_example_file_is_large() -> None:
    sizes = {path.name: path.stat().st_size for path in FOLDER.glob("*/*")}
    assert max(sizes.values()) < 200_000, sizes


def test_the_list_of_examples_shows_kind_size_sense_and_optimum() -> None:
    frame = examples().set_index("name")
    assert list(frame.columns) == ["kind", "title", "size", "sense", "optimum"]
    assert tuple(frame.index) == EXAMPLES
    assert frame.loc["kleeblatt-2021-12-08", ["kind", "size", "optimum"]].tolist() == [
        "transportation",
        63,
        40005,
    ]
    assert frame.loc["gap-c515-1-max", ["kind", "size", "sense", "optimum"]].tolist() == [
        "assignment",
        75,
        "max",
        336,
    ]
    assert set(frame["kind"]) == {
        "network-plan",
        "transportation",
        "assignment",
        "fair-allocation",
        "linear",
        "programmes",
        "uncertain-transportation",
    }


@pytest.mark.parametrize("ask", [example, example_path, answer])
def test_an_unknown_example_is_refused_with_the_nearest_name(ask: object) -> None:
    with pytest.raises(InputError, match=r"no example 'trnsprt'; did you mean 'trnsport'\?"):
        ask("trnsprt")  # type: ignore[operator]
