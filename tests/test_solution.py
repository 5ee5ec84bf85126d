"""Solutions: what may stand together, and the way to disk and back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd
import pytest

import allocare
from allocare.instances.errors import InputError
from allocare.solvers.solution import Solution, Status, StopReason

if TYPE_CHECKING:
    from pathlib import Path

PLAN = pd.DataFrame({"source": ["a"], "target": ["b"], "quantity": [1.0]})


@pytest.mark.parametrize(
    "fields",
    [
        {"status": Status.OPTIMAL, "stop_reason": StopReason.PROVED, "objective": 1.0, "allocation": PLAN},
        {"status": Status.FEASIBLE, "stop_reason": StopReason.TIME_LIMIT, "objective": 1.0},
        {"status": Status.FEASIBLE, "stop_reason": StopReason.PROVED, "objective": 1.0, "allocation": PLAN},
        {"status": Status.UNKNOWN, "stop_reason": StopReason.TIME_LIMIT, "objective": 1.0},
        {"status": Status.UNKNOWN, "stop_reason": StopReason.TIME_LIMIT, "checked": True},
        {"status": Status.INFEASIBLE, "stop_reason": StopReason.PROVED, "gap": 0.0},
        {
            "status": Status.OPTIMAL,
            "stop_reason": StopReason.TIME_LIMIT,
            "objective": 1.0,
            "bound": 1.0,
            "gap": 0.0,
            "allocation": PLAN,
        },
    ],
    ids=[
        "optimal without bound",
        "feasible without plan",
        "feasible yet proved",
        "objective without plan",
        "checked without plan",
        "gap without objective",
        "optimal at a limit",
    ],
)
def test_contradictory_solutions_cannot_be_made(fields: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="inconsistent solution"):
        Solution(**fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_a_solution_comes_back_from_disk_as_it_was(format: str, tmp_path: Path) -> None:
    problem = allocare.example("trnsport")
    solution = allocare.solve(problem, "highs")
    assert len(solution.duals)
    again = allocare.load_solution(allocare.save_solution(solution, tmp_path / "run", format))
    assert again.record() == solution.record()
    assert again.allocation is not None and solution.allocation is not None
    assert again.allocation.to_dict("list") == solution.allocation.to_dict("list")
    assert {k: v.to_dict() for k, v in again.duals.items()} == {
        k: v.to_dict() for k, v in solution.duals.items()
    }


def test_a_solution_without_a_plan_comes_back_too(tmp_path: Path) -> None:
    solution = Solution(status=Status.UNKNOWN, stop_reason=StopReason.TIME_LIMIT, backend="highs")
    again = allocare.load_solution(allocare.save_solution(solution, tmp_path / "run"))
    assert again.record() == solution.record()
    assert again.allocation is None


def test_saving_never_replaces_a_solution_unless_told_so(tmp_path: Path) -> None:
    solution = allocare.solve(allocare.example("degenerate"))
    allocare.save_solution(solution, tmp_path / "run")
    before = (tmp_path / "run" / "solution.json").read_bytes()
    with pytest.raises(InputError, match="already there"):
        allocare.save_solution(solution, tmp_path / "run")
    assert (tmp_path / "run" / "solution.json").read_bytes() == before
    allocare.save_solution(solution, tmp_path / "run", "parquet", overwrite=True)
    assert allocare.load_solution(tmp_path / "run").objective == solution.objective


def test_a_failed_save_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    solution = allocare.solve(allocare.example("degenerate"))

    def full_disk(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("allocare.solvers.storage.write_plan", full_disk)
    with pytest.raises(InputError, match="No space left"):
        allocare.save_solution(solution, tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda text: text[:40], "cannot be read"),
        (lambda text: text.replace('"schema_version": 1', '"schema_version": 9'), "schema version 9"),
        (lambda text: text.replace('"optimal"', '"splendid"'), "is damaged"),
        (lambda text: json.dumps({**json.loads(text), "surprise": 1}), "is damaged"),
    ],
    ids=["truncated", "other version", "unknown status", "unknown field"],
)
def test_damaged_solutions_are_refused_in_one_line(damage, message: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    folder = allocare.save_solution(allocare.solve(allocare.example("degenerate")), tmp_path / "run")
    record = folder / "solution.json"
    record.write_text(damage(record.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(InputError, match=message) as caught:
        allocare.load_solution(folder)
    assert "\n" not in str(caught.value)
    assert str(record) in str(caught.value)
