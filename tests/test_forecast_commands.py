"""allocare backtest and allocare forecast: tables, files, and one line with exit code 2 for bad input."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from allocare.cli.main import main
from allocare.forecasting.records import simulated_panel

if TYPE_CHECKING:
    from pathlib import Path

FAST = "last-value;seasonal-naive;linear-regression"


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    panel = simulated_panel(3, 300, seed=6)
    table = panel.values.rename_axis("day").melt(ignore_index=False, var_name="state", value_name="beds")
    table = table.reset_index().assign(ward="adult")
    path = tmp_path_factory.mktemp("records") / "beds.csv"
    table.to_csv(path, index=False)
    return path


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main([str(argument) for argument in arguments])
    said = capsys.readouterr()
    return int(left.value.code or 0), said.out, said.err


def options(path: Path, *more: object) -> list[object]:
    return [path, "--key", "state", "--time", "day", "--value", "beds", "--horizon", 7, *more]


def test_a_back_test_says_who_was_best_and_writes_its_tables(records, tmp_path, capsys) -> None:
    out = tmp_path / "out"
    code, said, error = run(capsys, "backtest", *options(records, "--methods", FAST, "--out", out))
    assert (code, error) == (0, "")
    assert "linear-regression" in said
    assert "recommended" in said
    assert {path.name for path in out.iterdir()} == {
        "forecasts.csv", "errors.csv", "choice.csv", "failures.csv", "summary.json",
    }  # fmt: skip
    table = pd.read_csv(out / "forecasts.csv")
    assert set(table["maker"]) == set(FAST.split(";"))
    again = tmp_path / "out"
    code, _, error = run(capsys, "backtest", *options(records, "--methods", FAST, "--out", again))
    assert code == 2
    assert error.count("\n") == 1


def test_a_forecast_goes_on_after_the_file_with_intervals_and_scenarios(records, tmp_path, capsys) -> None:
    out = tmp_path / "out"
    code, said, _ = run(
        capsys, "forecast", *options(records, "--method", "seasonal-naive", "--scenarios", 6, "--out", out)
    )
    assert code == 0
    assert "seasonal-naive was asked for and is not recommended." in said
    table = pd.read_csv(out / "forecast.csv", parse_dates=["time"])
    values = pd.read_csv(records, parse_dates=["day"])
    assert table["time"].min() == values["day"].max() + pd.Timedelta(days=1)
    assert len(table) == 21
    assert (table["lower_95"] < table["forecast"]).all()
    drawn = pd.read_csv(out / "scenarios.csv")
    assert len(drawn) == 6 * 21
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert summary["forecaster"] == "seasonal-naive"


def test_json_is_one_document(records, capsys) -> None:
    code, said, _ = run(capsys, "forecast", *options(records, "--method", "last-value", "--json"))
    found = json.loads(said)
    assert code == 0
    assert found["forecaster"] == "last-value"
    assert len(found["forecast"]) == 21


@pytest.mark.parametrize(
    ("more", "line"),
    [
        (["--horizon", 400], "beds: a horizon of 400 is longer than the history of 300 rows"),
        (["--levels", "0.8,1.5"], "interval level 1.5 is not between 0 and 1"),
        (["--levels", "high"], "--levels 'high' are not numbers"),
        (["--method", "lastvalue"], "there is no forecaster 'lastvalue'; did you mean 'last-value'"),
        (["--value", "ward"], "beds.csv"),
        (["--every", 0], "--every is 0"),
        (["--over", 5000], "--over is 5000"),
        (["--scenarios", 5], "--scenarios 5 are for a file; give --out too"),
        (["--by", "MEA"], "not chosen by 'MEA'"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_two(records, capsys, more: list, line: str) -> None:
    given = ["forecast", *options(records), "--method", "seasonal-naive", *more]
    code, said, error = run(capsys, *given)
    assert (code, said) == (2, "")
    assert line in error
    assert error.count("\n") == 1


def test_a_recipe_that_looks_ahead_is_refused(records, tmp_path, capsys) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text('[[steps]]\nstep = "interpolate"\n', encoding="utf-8")
    code, _, error = run(capsys, "backtest", *options(records, "--recipe", recipe))
    assert code == 2
    assert "step 'interpolate': it uses later records, which a back-test must not" in error


def test_the_same_seed_prints_the_same(records, capsys) -> None:
    one, other = (
        run(capsys, "backtest", *options(records, "--methods", FAST, "--json"))[1] for _ in range(2)
    )
    assert one == other
    assert np.isfinite(json.loads(one)["choice"][0]["score"])
