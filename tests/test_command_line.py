"""The command line as users and scripts meet it: output, files, exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import allocare
from allocare.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

REQUIRED = {
    "status", "stop_reason", "objective", "bound", "gap", "backend", "reason", "checked", "build_seconds",
    "solve_seconds",
}  # fmt: skip


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    out, err = capsys.readouterr()
    return int(left.value.code or 0), out, err


def solved(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    code, out, err = run(capsys, "solve", *arguments, "--json")
    assert code == 0, err
    return json.loads(out)  # type: ignore[no-any-return]


def test_the_main_job_is_solved_and_checked(capsys: pytest.CaptureFixture[str]) -> None:
    record = solved(capsys, "kleeblatt-2021-12-08")
    assert set(record) >= REQUIRED
    assert (record["status"], record["stop_reason"], record["checked"]) == ("optimal", "proved", True)
    assert record["objective"] == record["bound"] == 40005
    assert record["gap"] == 0


def test_people_see_status_objective_reason_and_plan(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "solve", "kleeblatt-2021-12-08")
    assert code == 0
    for text in ("optimal", "40,005 patient-km", "checked    yes", "network-simplex", "Schleswig-Holstein"):
        assert text in out


def test_solutions_are_saved_whole_checked_again_and_never_replaced_silently(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "plan"
    solved(capsys, "sunray", "--out", str(folder), "--table", "parquet")
    assert sorted(path.name for path in folder.iterdir() if not path.name.startswith("dual")) == [
        "plan.parquet",
        "solution.json",
    ]
    code, out, _ = run(capsys, "check", "sunray", str(folder))
    assert code == 0 and "keeps every rule" in out
    code, _, err = run(capsys, "solve", "sunray", "--out", str(folder))
    assert code == 2 and "already there" in err
    solved(capsys, "sunray", "--out", str(folder), "--overwrite")


def test_a_plan_made_elsewhere_is_judged_in_the_users_keys_and_units(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = tmp_path / "theirs.csv"
    allocation = allocare.solve(allocare.example("kleeblatt-2021-12-08")).allocation
    assert allocation is not None
    allocation.loc[0, "quantity"] += 100
    allocation.to_csv(plan, index=False, encoding="utf-8-sig")
    code, out, _ = run(capsys, "check", "kleeblatt-2021-12-08", str(plan), "--json")
    report = json.loads(out)
    assert code == 3 and not report["feasible"]
    assert any(
        "Schleswig-Holstein" in v["message"] and "patients" in v["message"] for v in report["violations"]
    )


def test_a_comparison_has_one_row_a_backend(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "rows.csv"
    names = ["auto", "highs", "greedy:nearest", "greedy:cheapest-lane"]
    code, out, _ = run(
        capsys,
        "compare",
        "kleeblatt-2021-12-08",
        "--backends",
        ",".join(names),
        "--json",
        "--out",
        str(table),
    )
    rows = json.loads(out)["rows"]
    assert code == 0
    assert [row["backend"] for row in rows] == names == list(pd.read_csv(table)["backend"])
    assert [row["objective"] for row in rows] == [40005, 40005, 44024, 42997]
    assert rows[2]["gap_to_best"] == pytest.approx(44024 / 40005 - 1)


def test_a_backend_that_cannot_is_a_row_of_the_comparison(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "compare", "sunray", "--backends", "linear-assignment,highs", "--json")
    rows = json.loads(out)["rows"]
    assert code == 0
    assert (rows[0]["status"], rows[0]["objective"]) == ("not capable", None)
    assert rows[1]["gap_to_best"] == 0


def test_infeasible_problems_exit_with_three_and_say_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "short"
    run(capsys, "examples", "sunray", "--out", str(folder))
    sources = next(path for path in folder.iterdir() if "sources" in path.name)
    sources.write_text(sources.read_text(encoding="utf-8").replace("25", "5"), encoding="utf-8")
    code, out, err = run(capsys, "solve", str(folder))
    assert code == 3, err
    assert "infeasible" in out and "20" in out


def test_a_limit_with_nothing_held_exits_with_four(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "hard.txt"
    run(
        capsys,
        "generate",
        "gap",
        "type=d",
        "n_agents=20",
        "n_tasks=200",
        "--out",
        str(path),
        "--as",
        "orlib-gap",
    )
    code, out, _ = run(
        capsys,
        "solve",
        str(path),
        "--as",
        "orlib-gap",
        "--sense",
        "min",
        "-b",
        "highs",
        "--time-limit",
        "1e-6",
        "--json",
    )
    assert code == 4
    assert json.loads(out)["status"] == "unknown"


def test_generated_instances_are_the_same_for_the_same_seed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b"):
        code, *_ = run(
            capsys,
            "generate",
            "hospitals",
            "n_hospitals=8",
            "n_districts=20",
            "--seed",
            "5",
            "--out",
            str(tmp_path / name),
        )
        assert code == 0
    first, second = ({p.name: p.read_bytes() for p in (tmp_path / n).iterdir()} for n in ("a", "b"))
    assert first == second
    code, _, err = run(capsys, "generate", "hospitals", "--out", str(tmp_path / "a"))
    assert code == 2 and "already" in err


def test_schemas_and_listings_are_json(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "schema", "transportation")
    assert code == 0 and json.loads(out)["properties"]["kind"]
    code, out, _ = run(capsys, "backends", "--json")
    assert {row["backend"] for row in json.loads(out)} >= {"highs", "greedy"}
    code, out, _ = run(capsys, "examples", "--json")
    assert json.loads(out)[0]["optimum"] == 40005


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["solve", "nowhere.toml"], "nowhere.toml: there is no such file"),
        (["solve", "sunray", "-b", "higs"], "did you mean 'highs'?"),
        (["solve", "sunray", "-b", "linear-assignment"], "does not take transportation problems; try highs"),
        (["solve", "sunray", "--gap", "2"], "gap is 2.0"),
        (["solve", "sunray", "--time-limit", "-1"], "time limit is -1.0"),
        (["solve", "sunray", "--time-limit", "soon"], "Invalid value for '--time-limit'"),
        (["solve", "sunray", "--sense", "most"], "--sense is 'most'"),
        (["solve", "sunray", "--as", "mps"], "leave --as and --sense out"),
        (["solve", "sunray", "--table", "xlsx", "--out", "x"], "csv or parquet"),
        (["solve", "sunray", "-b", "highs", "-o", "no_such_option=1"], "no_such_option"),
        (["solve", "sunray", "-b", "highs", "-o", "time"], "is not NAME=VALUE"),
        (["solve", "sunray", "-b", "greedy:nicest"], "nicest"),
        (["solve", "sunray", "-b", "pyomo:nosuchsolver"], "nosuchsolver"),
        (["compare", "sunray", "--backends", "highs,grdy"], "'grdy'"),
        (["check", "sunray", "no-plan.csv"], "no-plan.csv: there is no such file"),
        (["generate", "transport", "--out", "x"], "did you mean 'transportation'?"),
        (["generate", "gap", "size=3", "--out", "x"], "size"),
        (["schema", "gap"], "there is no kind 'gap'"),
        (["examples", "sunray"], "give --out"),
        (["examples", "sunny", "--out", "x"], "sunny"),
        (["solve"], "Missing argument"),
        (["dissolve"], "dissolve"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_wrong_commands_are_one_clear_line_and_exit_with_two(
    arguments: list[str],
    told: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, *arguments)
    assert code == 2
    assert out == ""
    assert err.count("\n") == 1 and err.startswith("allocare: ")
    assert told in err
    assert list(tmp_path.iterdir()) == []


def test_a_defect_of_ours_is_one_line_and_exits_with_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("allocare.solvers.solve.route", broken)
    code, _, err = run(capsys, "solve", "sunray")
    assert code == 1
    assert err.count("\n") == 1 and "defect of Allocare: ZeroDivisionError" in err


def test_a_claim_that_the_check_refutes_exits_with_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from allocare.solvers import min_cost_flow_

    honest = min_cost_flow_.solve

    def boasting(*arguments: Any) -> Any:
        outcome = honest(*arguments)
        return replace(outcome, objective=outcome.objective - 1)

    monkeypatch.setattr(min_cost_flow_, "solve", boasting)
    code, out, err = run(capsys, "solve", "sunray", "-b", "min-cost-flow")
    assert (code, out) == (1, "")
    assert "claims the objective 434" in err and "435" in err


def test_the_installed_command_runs() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "allocare.cli", "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert "solve" in done.stdout
