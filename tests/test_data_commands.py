"""The command line cleans and describes records, and says in one line what is wrong with them."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from public_files import DATA, needs_data, saved

from allocare import InputError
from allocare.cli.main import main
from allocare.forecasting.readers import read_long
from allocare.forecasting.recipes.recipe import default_recipe
from allocare.forecasting.recipes.registry import STEPS

RECIPE = """
[read]
key = "state"
time = "date"
value = "beds_occupied"
covariates = ["beds_free"]
thousands = ","

[[steps]]
step = "duplicates"
rule = "last"

[[steps]]
step = "rolling-cap"
columns = ["beds_occupied"]

[[steps]]
step = "forward-fill"

[[expect]]
lowest = 0
missing = 0
"""


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(["data", *arguments])
    printed = capsys.readouterr()
    return int(left.value.code or 0), printed.out, printed.err


@pytest.fixture
def simulated(tmp_path: Path, capsys) -> Path:
    folder = tmp_path / "made"
    code, _, _ = run(
        capsys, "simulate", "--out", str(folder), "--series", "8", "--days", "200", "--seed", "3"
    )
    assert code == 0
    return folder


def test_records_are_cleaned_into_a_table_that_reads_back_and_a_list_of_changes(simulated, tmp_path, capsys):
    out = tmp_path / "clean"
    recipe = saved(tmp_path, RECIPE, "recipe.toml")
    file = str(simulated / "records.csv")
    code, said, _ = run(capsys, "clean", file, "--recipe", str(recipe), "--out", str(out))
    assert code == 0
    assert sorted(entry.name for entry in out.iterdir()) == ["changes.csv", "clean.csv", "summary.json"]
    records = read_long(out / "clean.csv", "state", "date", "beds_occupied", covariates=["beds_free"])
    again = default_recipe().clean(records)
    assert len(again.changes) == 0
    assert again.panel.values.shape == (200, 8)
    assert again.panel.values.notna().all(axis=None)
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    changes = pd.read_csv(out / "changes.csv")
    assert summary["changed"] == len(changes) == sum(step["cells"] for step in summary["steps"])
    assert {step["step"] for step in summary["steps"]} == {
        "numbers",
        "duplicates",
        "rolling-cap",
        "forward-fill",
    }
    assert "8 series from 2020-01-01 to 2020-07-18 (D), 0 of 1600 values missing" in said


def test_the_documented_recipe_and_profile_run_and_every_step_is_documented(simulated, tmp_path, capsys):
    documented = (Path(__file__).parents[1] / "docs/data.md").read_text(encoding="utf-8")
    assert [name for name in STEPS if f"`{name}`" not in documented] == []
    recipe = saved(tmp_path, documented.split("```toml")[1].split("```")[0], "recipe.toml")
    file, out = str(simulated / "records.csv"), str(tmp_path / "clean")
    assert run(capsys, "clean", file, "--recipe", str(recipe), "--out", out)[0] == 0
    code = documented.split("```python")[1].split("```")[0].replace("made/records.csv", file)
    with pytest.raises(InputError, match="appears twice"):
        exec(code)


def test_parquet_holds_the_same_table(simulated, tmp_path, capsys):
    recipe = saved(tmp_path, RECIPE, "recipe.toml")
    for table in ("csv", "parquet"):
        arguments = ("--recipe", str(recipe), "--out", str(tmp_path / table), "--table", table, "--json")
        code, said, _ = run(capsys, "clean", str(simulated / "records.csv"), *arguments)
        assert code == 0
        assert json.loads(said)["series"] == 8
    one = pd.read_csv(tmp_path / "csv" / "clean.csv")
    two = pd.read_parquet(tmp_path / "parquet" / "clean.parquet")
    pd.testing.assert_frame_equal(one, two, check_dtype=False)


def test_a_profile_shows_series_and_imbalance_between_groups(simulated, tmp_path, capsys):
    recipe = saved(tmp_path, RECIPE, "recipe.toml")
    arguments = (
        *("profile", str(simulated / "records.csv"), "--recipe", str(recipe)),
        *("--attributes", str(simulated / "regions.csv"), "--population", "population"),
        *("--group", "region", "--free", "beds_free"),
    )
    code, said, _ = run(capsys, *arguments, "--json")
    told = json.loads(said)
    assert code == 0
    assert set(told) == {"file", "values", "patterns", "imbalance", "regions", "groups", "warnings"}
    assert [row["group"] for row in told["groups"]] == ["east", "north", "south", "west"]
    assert [row["period"] for row in told["imbalance"]][:2] == ["2020-01-01", "2020-02-01"]
    code, said, _ = run(capsys, *arguments, "--out", str(tmp_path / "tables"))
    assert code == 0
    assert "Imbalance over time" in said
    assert len(list((tmp_path / "tables").iterdir())) == 5


def test_wide_tables_are_read_with_a_series_a_column(tmp_path, capsys) -> None:
    file = saved(tmp_path, "day;HE;HB\n01.02.2024;1.000;3\n02.02.2024;1.001,5;4\n", "a.csv")
    options = ("--wide", "--time", "day", "--times", "%d.%m.%Y", "--thousands", ".", "--decimal", ",")
    code, _, _ = run(capsys, "clean", str(file), *options, "--out", str(tmp_path / "out"))
    assert code == 0
    written = (tmp_path / "out" / "clean.csv").read_text()
    assert written == (
        "series,day,values\nHB,2024-02-01,3.0\nHB,2024-02-02,4.0\nHE,2024-02-01,1000.0\nHE,2024-02-02,1001.5\n"
    )


GOOD = ["--key", "state", "--time", "day", "--value", "beds"]
CASES = [
    ("HE,2024-01-01,5\nHE,2024-01-01,6", GOOD, "a.csv, series 'HE', row 3: 2024-01-01 appears twice"),
    ("HE,2024-01-01,x", GOOD, "a.csv, series 'HE', row 2, column 'beds': 'x' is not a number"),
    ("HE,2024-01-01,-5", GOOD, "a.csv, series 'HE', row 2, column 'beds': it is -5; a count is 0 or more"),
    (
        "HE,2024-01-01,",
        GOOD,
        "a.csv, series 'HE', row 2, column 'beds': all 1 records of the series are missing",
    ),
    ("HE,2024-01-01,5", GOOD[:4], "a.csv: which column holds the values is not told"),
    ("HE,2024-01-01,5", [*GOOD, "--where", "age"], "--where 'age' is not COLUMN=VALUE"),
    ("HE,2024-01-01,5", [*GOOD, "--decimal", ";"], "the decimal separator is ';'"),
]


@pytest.mark.parametrize(("rows", "options", "line"), CASES)
@pytest.mark.parametrize("command", ["profile", "clean"])
def test_bad_records_are_one_line_and_exit_2(tmp_path, capsys, command, rows, options, line) -> None:
    file = saved(tmp_path, f"state,day,beds\n{rows}\n", "a.csv")
    out = tmp_path / "out"
    code, said, error = run(capsys, command, str(file), *options, "--out", str(out))
    assert (code, said) == (2, "")
    assert error.startswith(f"allocare: {line}")
    assert error.count("\n") == 1
    assert not out.exists()


def test_what_is_not_as_expected_writes_nothing(simulated, tmp_path, capsys) -> None:
    recipe = saved(tmp_path, RECIPE.replace("lowest = 0", "highest = 700"), "recipe.toml")
    out = tmp_path / "clean"
    file = str(simulated / "records.csv")
    code, _, error = run(capsys, "clean", file, "--recipe", str(recipe), "--out", str(out))
    assert code == 2
    assert "it must be 700 or less (the first of" in error
    assert not out.exists()


def test_a_folder_with_something_in_it_is_kept(simulated, capsys) -> None:
    code, _, error = run(capsys, "clean", str(simulated / "records.csv"), *GOOD, "--out", str(simulated))
    assert code == 2
    assert "something is already there" in error


@pytest.mark.parametrize("command", ["profile", "clean"])
@pytest.mark.parametrize("data", [pytest.param("hhs", marks=needs_data)])
def test_public_records_go_through_both_commands(tmp_path, capsys, command, data) -> None:
    file = DATA / "health" / "hhs_states_daily_to_2021-06.csv"
    columns = ("--key", "state", "--time", "date", "--value", "inpatient_beds_used", "--thousands", ",")
    code, said, _ = run(capsys, command, str(file), *columns, "--out", str(tmp_path / "out"), "--json")
    told = json.loads(said)
    assert code == 0
    if command == "clean":
        assert (told["series"], told["cells"], told["missing"]) == (53, 547 * 53, 3216)
    else:
        assert sum(row["missing"] for row in told["values"]) == 3216
