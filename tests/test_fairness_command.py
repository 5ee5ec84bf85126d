"""``allocare fairness``: a study from a file to its report, and bad input in one line."""

import json
import subprocess
import sys

import pandas as pd
import pytest

import allocare
from allocare.cli.study_options import criteria_of, default_ranges, policies_of, ranges_of
from allocare.instances.errors import InputError


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "allocare.cli", "fairness", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def refused(*arguments: object) -> str:
    """Return the one line of a refusal with exit code 2."""
    result = run(*arguments)
    assert result.returncode == 2 and result.stdout == "", result
    assert result.stderr.count("\n") == 1 and result.stderr.startswith("allocare: "), result.stderr
    return result.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("instance")
    mills = ["mill 1", "mill 2", "mill 3", "mill 4"]
    table = pd.DataFrame(
        {"mill": mills, "bank": ["left", "left", "right", "right"], "svi": [0.1, 0.4, 0.7, 0.9]}
    )
    table.to_csv(place / "mills.csv", index=False)
    plan = allocare.solve(allocare.example("sunray")).allocation
    plan.head(2).to_csv(place / "today.csv", index=False)
    (place / "policies.toml").write_text(
        '[fairness]\nutility = "coverage"\n\n[[policies]]\nname = "floor"\nvalue = 0.5\n', encoding="utf-8"
    )
    return place


def test_a_study_ends_as_a_folder_with_page_figures_tables_and_plans(folder, tmp_path):
    out = tmp_path / "report"
    arguments = ["sunray", "--criteria", "maximin,utilitarian", "--policies", "floor:value=0.5;cap:value=1"]
    arguments += ["--attributes", folder / "mills.csv", "--key", "mill", "--groups", "bank,svi/2"]
    arguments += ["--rank", "svi", "--status-quo", folder / "today.csv", "--lang", "zh", "--out", out]
    arguments += ["--range", "floor:value=?@0..1", "--points", 3, "--bootstrap", 10, "--seed", 3]
    result = run(*arguments)
    assert result.returncode == 0, result.stderr
    assert "最大化最小" in result.stdout and str(out) in result.stdout
    assert {path.name for path in out.iterdir()} == {
        "report.html",
        "study.json",
        "figures",
        "tables",
        "plans",
    }
    record = json.loads((out / "study.json").read_text(encoding="utf-8"))
    assert (record["seed"], record["bootstrap"], record["rank"], record["language"]) == (3, 10, "svi", "zh")
    summary = pd.read_csv(out / "tables" / "summary.csv")
    assert (
        "status quo" in summary["plan"].tolist() and "utilitarian with policies" in summary["plan"].tolist()
    )
    assert len(pd.read_csv(out / "tables" / "frontier_1.csv")) >= 3
    page = (out / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>") and 'lang="zh-CN"' in page
    plan = pd.read_csv(out / record["plans"]["maximin"])
    assert allocare.check(allocare.example("sunray"), plan).feasible


def test_json_prints_one_object_with_the_studys_tables(folder):
    result = run("sunray", "--policies", folder / "policies.toml", "--no-ranges", "--json")
    printed = json.loads(result.stdout)
    assert [row["policy"] for row in printed["policy_prices"]] == ["floor:value=0.5"]
    assert printed["summary"][1]["plan"] == "maximin" and printed["summary"][1]["worst"] == 1


def test_quantities_are_divided_where_that_is_asked_for():
    printed = json.loads(run("kleeblatt-2021-12-08", "--no-ranges", "--divisible", "--json").stdout)
    assert printed["summary"][1]["worst"] == pytest.approx(1)
    assert "whole quantities" in refused("trnsport", "--divisible", "--no-ranges")


def test_commas_part_criteria_but_not_the_numbers_of_a_list():
    assert [str(rule) for rule in criteria_of("maximin, utilitarian;maximin")] == [
        "maximin",
        "utilitarian",
        "maximin",
    ]
    with pytest.raises(InputError, match="has no parameter 'weights'"):
        criteria_of("maximin:weights=3,2,1,utilitarian")


def test_ranges_name_a_criterion_policies_and_an_interval():
    found = ranges_of(["floor:value=?@0..0.5", "maximin;cap:value=?@0.5..1"], 7)
    assert [(each.criterion, each.policies) for each in found] == [
        ("utilitarian", ("floor:value=?",)),
        ("maximin", ("cap:value=?",)),
    ]
    assert all(each.points == 7 and not each.optional for each in found)
    assert all(each.optional for each in default_ranges(20))
    assert policies_of("") == []


def test_policies_that_conflict_leave_with_the_code_of_what_has_no_plan():
    result = run("sunray", "--policies", "floor:value=0.3;cap:value=0.5", "--no-ranges")
    assert result.returncode == 3 and "No plan keeps cap" in result.stdout


def test_a_network_without_agents_says_how_it_may_be_read(tmp_path):
    network = tmp_path / "beds.min"
    network.write_text("p min 2 1\nn 1 1\nn 2 -1\na 1 2 0 1 3\n", encoding="utf-8")
    assert "--as dimacs-transportation" in refused(network, "--no-ranges")


BAD = [
    (["sunray", "--criteria", "maximim"], "did you mean 'maximin'"),
    (["sunray", "--policies", "flor:value=1"], "did you mean 'floor'"),
    (["sunray", "--policies", "floor:value=much"], "give a number"),
    (["sunray", "--policies", "missing.toml"], "missing.toml"),
    (["sunray", "--lang", "de"], "there is no report in 'de'"),
    (["sunray", "--utility", "coverge"], "did you mean 'coverage'"),
    (["sunray", "--agents", "target"], "did you mean 'targets'"),
    (["sunray", "--range", "floor:value=?"], "is not RULES@LOW..HIGH"),
    (["sunray", "--range", "floor:value=?@1..0"], "from a lower to a higher number"),
    (["sunray", "--range", "floor:value=1@0..1"], "0 question marks"),
    (["sunray", "--range", "flor:value=?@0..1"], "no criterion or policy 'flor'; did you mean 'floor'"),
    (["sunray", "--key", "mill"], "--attributes"),
    (["sunray", "--groups", "region", "--no-ranges"], "no attribute 'region'"),
    (["sunray", "--rank", "svi", "--no-ranges"], "no attribute 'svi'"),
    (["sunray", "--status-quo", "missing.csv", "--no-ranges"], "missing.csv"),
    (["nowhere.toml"], "nowhere.toml"),
]


@pytest.mark.parametrize(("arguments", "line"), BAD, ids=[line for _, line in BAD])
def test_bad_input_is_one_line(arguments, line):
    assert line in refused(*arguments)


def test_a_folder_that_is_taken_is_refused_before_anything_is_solved(tmp_path):
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    assert "something else is already there" in refused("sunray", "--out", tmp_path)
