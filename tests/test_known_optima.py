"""Known optima, reached and proved by every backend that can take the instance."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import allocare
from allocare.evaluation.compare import default_backends
from allocare.instances.examples import EXAMPLES, answer
from allocare.solvers.registry import BACKENDS

if TYPE_CHECKING:
    from allocare.instances.problem import Problem

EXACT = [name for name, entry in BACKENDS.items() if entry.exact]
FOLDER = Path(os.environ.get("ALLOCARE_DATA", "no-such-folder"))
ASSIGNMENT = {"assign100": 305, "assign200": 475, "assign300": 626, "assign400": 804, "assignp800": 2239}
NETWORKS = {
    "Network1.dmx": 250408004,
    "Network2.dmx": 74168480,
    "Network3.dmx": 12909051,
    "sample.dmx": 9,
    "netgen-2.min": 6749969302,
}
TRANSPORT = {"icu_ga": 2650592, "icu_fl": 775503, "icu_az_nm": 2356830}
MAXIMISED = {"gap1-0": 336, "gap4-0": 656}
LIMIT = 20.0
"""Seconds for each GAP; type b may need more on some backends, and then only its bound is held."""


def gap_optima() -> dict[str, int]:
    table = FOLDER / "gap" / "optima.csv"
    if not table.exists():
        return {}
    rows = csv.DictReader(table.read_text(encoding="utf-8").splitlines())
    return {row["file"]: int(row["optimum"]) for row in rows if row["optimum"]}


def assert_optimal_everywhere(problem: Problem, optimum: float, tolerance: float = 0) -> None:
    capable = [name for name in default_backends(problem) if name in EXACT]
    assert len(capable) >= 2
    for name in capable:
        solution = allocare.solve(problem, name, time_limit=120)
        assert solution.status == "optimal", name
        assert solution.checked, name
        allowed = max(tolerance, 1e-6 * abs(optimum) if name == "clarabel" else 1e-9 * abs(optimum))
        assert solution.objective == pytest.approx(optimum, abs=allowed), name


@pytest.mark.parametrize("name", EXAMPLES)
def test_bundled_examples_are_solved_to_their_known_optimum_on_every_backend(name: str) -> None:
    known = answer(name)
    assert_optimal_everywhere(allocare.example(name), known.optimum, known.tolerance)


@pytest.mark.parametrize("name", EXAMPLES)
def test_bundled_baselines_are_what_greedy_gives(name: str) -> None:
    for rule, value in answer(name).baselines.items():
        assert allocare.solve(allocare.example(name), f"greedy:{rule}").objective == pytest.approx(value), (
            rule
        )


@pytest.mark.public_data
@pytest.mark.parametrize("name", ASSIGNMENT)
def test_public_assignment(name: str, public_data: Path) -> None:
    problem = allocare.load(public_data / "assignment" / f"{name}.txt")
    if name == "assign100":
        assert_optimal_everywhere(problem, ASSIGNMENT[name])
        return
    # CP-SAT and Pyomo's models take up to a minute on the larger ones
    for backend in ("linear-assignment", "min-cost-flow", "highs"):
        solution = allocare.solve(problem, backend)
        assert (solution.status, solution.objective) == ("optimal", ASSIGNMENT[name]), backend


@pytest.mark.public_data
@pytest.mark.parametrize("name", NETWORKS)
def test_public_networks(name: str, public_data: Path) -> None:
    assert_optimal_everywhere(allocare.load(public_data / "mincostflow" / name), NETWORKS[name])


@pytest.mark.public_data
@pytest.mark.parametrize("format", ["dimacs-min", "dimacs-transportation"])
@pytest.mark.parametrize("name", TRANSPORT)
def test_public_transport(name: str, format: str, public_data: Path) -> None:
    problem = allocare.load(public_data / "transport" / f"{name}.min", format)
    assert_optimal_everywhere(problem, TRANSPORT[name])


@pytest.mark.public_data
@pytest.mark.parametrize("name", gap_optima())
def test_public_gap(name: str, public_data: Path) -> None:
    problem = allocare.load(public_data / "gap" / name, "orlib-gap", "min")
    optimum = gap_optima()[name]
    proved = []
    for backend in ("highs", "cp-sat"):
        solution = allocare.solve(problem, backend, time_limit=LIMIT)
        assert solution.status in ("optimal", "feasible")
        assert solution.objective is not None and solution.bound is not None
        assert solution.bound <= optimum <= solution.objective
        if solution.status == "optimal":
            assert solution.objective == optimum
            proved.append(backend)
    assert proved or name.startswith("b")


@pytest.mark.public_data
@pytest.mark.parametrize("name", MAXIMISED)
def test_public_gap_maximised(name: str, public_data: Path) -> None:
    problem = allocare.load(public_data / "gap" / name, "orlib-gap", "max")
    for backend in ("highs", "cp-sat"):
        assert allocare.solve(problem, backend).objective == MAXIMISED[name]


@pytest.mark.public_data
@pytest.mark.parametrize("name", TRANSPORT)
def test_public_transport_greedy_figures(name: str, public_data: Path) -> None:
    rows = csv.DictReader((public_data / "transport" / "optima.csv").read_text(encoding="utf-8").splitlines())
    figures = next(row for row in rows if row["name"] == name)
    problem = allocare.load(public_data / "transport" / f"{name}.min", "dimacs-transportation")
    assert allocare.solve(problem, "greedy:nearest").objective == float(figures["greedy_county_order"])
    assert allocare.solve(problem, "greedy:cheapest-lane").objective == float(figures["greedy_cheapest_arc"])
