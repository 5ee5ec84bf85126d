"""The measurement of what the lab itself costs."""

from __future__ import annotations

import json

import pytest

from allocare.benchmarks import lab_costs
from allocare.solvers.rules import rules_for


def measured(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> tuple[int, dict[str, float]]:
    group = {"instances": [{"example": "sunray"}], "backends": ["highs", "greedy:*"]}
    monkeypatch.setattr(lab_costs, "SUITE", {"name": "costs", "time_limit": 5.0, "group": [group]})
    monkeypatch.setattr("sys.argv", ["lab_costs", "--rows", "60", "--json"])
    with pytest.raises(SystemExit) as left:
        lab_costs.main()
    return int(left.value.code or 0), json.loads(capsys.readouterr().out)


def test_overhead_and_report_are_measured(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # a machine under tests is no place for limits
    monkeypatch.setattr(lab_costs, "OVERHEAD_SECONDS", 60.0)
    code, found = measured(capsys, monkeypatch)
    assert code == 0
    assert (found["runs"], found["rows"]) == (1 + len(rules_for("transportation")), 60)
    assert 0 < found["overhead_seconds"] < 60
    assert found["report_seconds"] > found["bare_python_seconds"] > 0


def test_a_broken_limit_is_an_exit_code(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab_costs, "OVERHEAD_SECONDS", 0.0)
    assert measured(capsys, monkeypatch)[0] == 1


def test_copies_have_names_of_their_own_and_the_same_plans() -> None:
    rows = [
        {"instance": "a", "backend": "highs", "objective": 3.0, "solve_seconds": 1.0, "wall_seconds": None},
        {"instance": "b", "backend": "highs", "objective": 4.0, "solve_seconds": 2.0, "wall_seconds": 2.5},
    ]
    made = lab_costs.copies(rows, 5)
    assert len({(row["instance"], row["backend"]) for row in made}) == 5
    assert [row["objective"] for row in made] == [3.0, 4.0, 3.0, 4.0, 3.0]
    assert all(row["wall_seconds"] is None for row in made[::2])
    assert made == lab_costs.copies(rows, 5)
