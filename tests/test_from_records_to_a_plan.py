"""The page that goes from records to a plan runs as it stands."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from allocare.cli.main import main
from allocare.instances.formats import load
from allocare.instances.uncertain_demand import IntervalDemand, ScenarioDemand

PAGE = (Path(__file__).parent.parent / "docs" / "from-records-to-a-plan.md").read_text(encoding="utf-8")


def allocare(line: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(shlex.split(line))
    return int(left.value.code)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page's files and what its commands leave."""
    folder = tmp_path_factory.mktemp("page")
    for name, text in re.findall(r"`([\w-]+\.\w+)`:\n\n```\w+\n(.*?)```", PAGE, re.DOTALL):
        (folder / name).write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL):
            for line in block.splitlines():
                assert line.startswith("allocare ")
                assert allocare(line.removeprefix("allocare ")) == 0, line
    return folder


def test_every_command_of_the_page_runs_and_leaves_plans(folder: Path) -> None:
    assert (folder / "plan").is_dir()
    stochastic, robust = (load(folder / name / "problem.toml") for name in ("stochastic", "robust"))
    assert isinstance(stochastic.demand, ScenarioDemand)
    assert isinstance(robust.demand, IntervalDemand)
    assert stochastic.measure == "expected-cost"
    assert robust.measure == "worst-case"
    assert stochastic.targets.tolist() == ["R1", "R2", "R3", "R4", "R5", "R6"]


def test_the_code_of_the_page_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(compile(code, "page", "exec"), {})
    assert "recommended" in capsys.readouterr().out


READ = "clean/clean.csv sharing.toml --key state --time date --value beds_occupied"


def test_a_point_replaces_the_demand_of_a_transportation_problem(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    line = f"demand {READ} --own-median 28 --form point --method last-value --out point --json"
    assert allocare(line) == 0
    said = json.loads(capsys.readouterr().out)
    written = load(folder / "point" / "problem.toml")
    assert dict(zip(written.targets, written.demand.quantity.tolist(), strict=True)) == said["demand"]
    assert said["forecaster"] == "last-value"


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ("--form scenario", "did you mean 'scenarios'"),
        ("--measure cost", "--measure is 'cost'"),
        ("--own-median 28 --own staffed", "keep one"),
        ("--own staffed", "there is no attribute 'staffed'"),
        ("--method last-valu", "did you mean 'last-value'"),
        ("--horizon 900", "longer than the history"),
        ("--form quantile --level 1.5 --method last-value", "level 1.5 is not between 0 and 1"),
        ("--form interval --coverage 2 --method last-value", "coverage 2 is not between 0 and 1"),
        ("--form interval --measure cvar --method last-value", "no probabilities"),
        ("--form interval --budget 9 --method last-value", "budget of uncertainty is 9"),
    ],
)
def test_bad_input_is_one_clear_line_and_leaves_nothing(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: str,
    found: str,
) -> None:
    monkeypatch.chdir(folder)
    assert allocare(f"demand {READ} {options} --out wrong") == 2
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said.startswith("allocare: ")
    assert found in said
    assert not (folder / "wrong").exists()


def test_a_recipe_that_looks_ahead_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    (folder / "ahead.toml").write_text('[[steps]]\nstep = "interpolate"\n', encoding="utf-8")
    assert allocare(f"demand {READ} --recipe ahead.toml --method last-value --out wrong") == 2
    assert "it uses later records" in capsys.readouterr().err


def test_a_target_without_records_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    text = (folder / "regions.csv").read_text(encoding="utf-8")
    (folder / "more.csv").write_text(text + "R7,0,50.0,10.0\n", encoding="utf-8")
    toml = (folder / "sharing.toml").read_text(encoding="utf-8")
    (folder / "more.toml").write_text(toml.replace("regions.csv", "more.csv"), encoding="utf-8")
    line = READ.replace("sharing.toml", "more.toml")
    assert allocare(f"demand {line} --method last-value --out wrong") == 2
    assert "no series for target 'R7'" in capsys.readouterr().err
