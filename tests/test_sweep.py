"""Sweeps: every row is what a solve of its own gives."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import allocare
from allocare.instances.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

quick = settings(max_examples=20, deadline=None, derandomize=True)


@quick
@given(st.integers(0, 10**6), st.sampled_from([None, 150.0]))
def test_a_sweep_of_service_floors_equals_independent_solves(seed: int, reach: float | None) -> None:
    problem = allocare.generate(
        "hospitals", n_hospitals=40, n_districts=60, maximum_km=reach, scarcity=1.2, seed=seed
    )
    floors = [0.0, 0.3, 0.6, 0.9, 1.0]
    table = allocare.sweep(problem, "minimum_service", floors, backend="network-simplex")
    assert table["value"].tolist() == floors
    for floor, row in zip(floors, table.to_dict("records"), strict=True):
        alone = allocare.solve(replace(problem, minimum_service=floor), "min-cost-flow")
        assert row["status"] == alone.status.value
        if alone.objective is not None:
            assert row["objective"] == alone.objective and row["bound"] == alone.objective
            assert row["served"] == alone.served


def test_infeasible_values_are_rows_and_the_next_goes_on_from_the_last_plan() -> None:
    problem = allocare.generate("hospitals", n_hospitals=40, n_districts=60, maximum_km=None, seed=2)
    table = allocare.sweep(problem, "minimum_service", [0.2, 1.0, 0.3], backend="network-simplex")
    assert table["status"].tolist() == ["optimal", "infeasible", "optimal"]
    assert np.isnan(table["objective"][1]) and table["how"][2].startswith("re-solved on ")


def test_a_change_of_ones_own_and_any_family_can_be_swept() -> None:
    problem = allocare.example("chores-3x3")

    def dearer(start: Any, more: float) -> Any:
        return replace(start, pairs=replace(start.pairs, cost=start.pairs.cost + more))

    table = allocare.sweep(problem, dearer, [0, 1, 2])
    assert table["objective"].tolist() == [table["objective"][0] + 3 * more for more in range(3)]


def test_a_sweep_is_the_same_twice() -> None:
    problem = allocare.generate("hospitals", n_hospitals=40, n_districts=60, maximum_km=None, seed=8)
    floors = np.linspace(0, 0.8, 6)
    first, second = (
        allocare.sweep(problem, "minimum_service", floors, backend="network-simplex").drop(columns="seconds")
        for _ in range(2)
    )
    assert first.equals(second)


def test_a_field_that_is_not_there_is_named_with_the_one_that_was_meant() -> None:
    with pytest.raises(InputError, match="no field 'minimum_servce'; did you mean 'minimum_service'"):
        allocare.sweep(allocare.example("sunray"), "minimum_servce", [0.1])


def test_a_value_out_of_range_is_refused() -> None:
    problem = allocare.generate("hospitals", n_hospitals=4, n_districts=6, seed=1)
    with pytest.raises(InputError, match="minimum service"):
        allocare.sweep(problem, "minimum_service", [0.1, 1.1])


@pytest.mark.public_data
def test_the_service_floor_of_florida_rises_to_its_cost(public_data: Path) -> None:
    problem = allocare.load(public_data / "transport/icu_fl.min", "dimacs-transportation")
    floors = np.linspace(0, 0.7, 20)
    table = allocare.sweep(problem, "minimum_service", floors, backend="network-simplex")
    assert table["objective"].iloc[0] == 775503 and table["objective"].is_monotonic_increasing
    assert (table["proved_by"] == "prices").all()
    for at in (7, 12, 19):
        alone = allocare.solve(replace(problem, minimum_service=floors[at]), "min-cost-flow")
        assert table["objective"][at] == alone.objective
