"""A plan's policy test: any plan, one line a policy, an exit code for scripts, JUnit XML."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pandas as pd
import pytest
from policy_cases import region

import allocare
from allocare import InputError
from allocare.evaluation.policy_test import judge_plan, junit
from allocare.instances.policy_files import with_policy_file

if TYPE_CHECKING:
    from pathlib import Path

POLICIES = """
[fairness]
utility = "coverage"
attributes = "counties.csv"
key = "node"

[[policies]]
name = "floor"
value = 0.5

[[policies]]
name = "rate-gap"
group = "svi/2"
at_most = 0.1
"""
PLAN = pd.DataFrame(
    {"source": ["depot", "depot", "store"], "target": ["a", "b", "c"], "quantity": [4.0, 3.0, 6.0]}
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An instance, a spreadsheet's plan, a file of policies, and the counties' attributes."""
    allocare.write(region(), tmp_path / "instance", "native")
    (tmp_path / "counties.csv").write_text("node,svi\nd,0.1\nc,0.9\nb,0.8\na,0.2\ne,0.5\n")
    (tmp_path / "policies.toml").write_text(POLICIES)
    PLAN.to_csv(tmp_path / "plan.csv", index=False)
    return tmp_path


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "allocare.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)


def check(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run(folder, "policy", "check", "plan.csv", "--instance", "instance", *arguments)


def test_a_broken_policy_is_one_line_and_exit_code_3(folder):
    found = check(folder, "--policies", "policies.toml")
    assert found.returncode == 3, found.stderr
    floor, gap, total = found.stdout.splitlines()
    assert floor == "FAIL  floor:value=0.5: 'd' has 0, the floor is 0.5"
    # 9 of 13 reach the more vulnerable half, 4 of 7 the other
    assert gap.startswith("FAIL  rate-gap:group=svi/2:at_most=0.1: '2 (highest)' has the rate 0.692308")
    assert total == "2 policies, 2 broken"


def test_policies_that_hold_are_exit_code_0(folder):
    (folder / "policies.toml").write_text(POLICIES.replace("0.5", "0").replace("0.1", "0.2"))
    found = check(folder, "--policies", "policies.toml")
    assert found.returncode == 0, found.stderr
    assert found.stdout.splitlines()[-1] == "2 policies hold"


def test_a_plan_solved_under_the_policies_passes_them(folder):
    arguments = ("--policies", "policies.toml", "--criterion", "maximin", "--out", "solved")
    assert run(folder, "solve", "instance", *arguments).returncode == 0
    found = run(folder, "policy", "check", "solved", "-i", "instance", "-p", "policies.toml")
    assert found.returncode == 0, found.stdout + found.stderr


def test_attributes_come_from_a_table_of_ones_own(folder):
    (folder / "policies.toml").write_text('[[policies]]\nname = "max-gap"\nat_most = 1\n')
    assert (
        check(folder, "-p", "policies.toml", "--attributes", "counties.csv", "--key", "node").returncode == 0
    )


def test_json_holds_every_verdict(folder):
    found = json.loads(check(folder, "--policies", "policies.toml", "--json").stdout)
    assert [verdict["holds"] for verdict in found["verdicts"]] == [False, False]
    assert found["verdicts"][0]["where"] == "d" and found["verdicts"][0]["excess"] == 0.5


def test_junit_xml_has_a_case_for_every_policy(folder):
    check(folder, "--policies", "policies.toml", "--junit", "out.xml")
    root = ElementTree.parse(folder / "out.xml").getroot()
    assert root.tag == "testsuites" and root.attrib["failures"] == "2"
    (suite,) = root
    assert suite.attrib["name"] == "plan.csv" and suite.attrib["tests"] == "2"
    assert [case.attrib["classname"] for case in suite] == ["floor", "rate-gap"]
    assert suite[0][0].attrib["message"] == "'d' has 0, the floor is 0.5"


def test_junit_xml_is_well_formed_whatever_the_keys():
    problem = allocare.TransportationProblem(
        sources=["s"],
        targets=['<&">\x00\x1b'],
        lanes=allocare.Lanes.from_matrix([[1]]),
        supply=[1],
        demand=[2],
        unmet_cost=1,
    )
    plan = pd.DataFrame({"source": [], "target": [], "quantity": []})
    root = ElementTree.fromstring(junit(judge_plan(problem, plan, ["floor:value=1"])).encode())
    assert '<&">' in root[0][0][0].attrib["message"]


def test_policies_of_the_instance_are_judged_where_no_file_is_given(folder):
    assert "it names no policies" in check(folder).stderr
    allocare.write(allocare.with_fairness(region(), None, ["floor:value=0"]), folder / "own", "native")
    found = run(folder, "policy", "check", "plan.csv", "--instance", "own")
    assert found.returncode == 0 and "1 policies hold" in found.stdout


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('"floor"', '"flor"'), "there is no policy 'flor'; did you mean 'floor'?"),
        (("value = 0.5", "valu = 0.5"), "policy 'floor' has no parameter 'valu'; did you mean 'value'?"),
        (("svi/2", "sv/2"), "no attribute 'sv'; did you mean 'svi'?"),
        (('utility = "coverage"', 'utility = "cover"'), "policies.toml, table [fairness], field 'utility'"),
        (('key = "node"', 'key = "nod"'), "did you mean 'node'?"),
        (("counties.csv", "county.csv"), "there is no such file"),
        (('attributes = "counties.csv"', ""), "policies.toml, field 'key': it is the key of a table"),
        (("[[policies]]", "[[policy]]"), "there is no such"),
        (('name = "floor"', ""), "table [policies], field 'name': it is missing"),
        (("value = 0.5", "value = "), "this is not TOML"),
    ],
)
def test_a_mistake_in_the_policies_is_one_line_and_exit_code_2(change, message, folder):
    (folder / "policies.toml").write_text(POLICIES.replace(*change))
    with pytest.raises(InputError) as caught:
        judge_plan(with_policy_file(region(), folder / "policies.toml"), PLAN)
    assert message in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("policy", "check", "plan.csv", "-i", "instance", "-p", "none.toml"),
            "none.toml: it cannot be read",
        ),
        (("policy", "check", "none.csv", "-i", "instance", "-p", "policies.toml"), "there is no such file"),
        (("solve", "instance", "--key", "node"), "--key 'node' is a column of --attributes"),
        (("solve", "instance", "--criterion", "maximn"), "did you mean 'maximin'?"),
    ],
)
def test_a_mistake_on_the_command_line_is_one_line_and_exit_code_2(arguments, message, folder):
    found = run(folder, *arguments)
    assert found.returncode == 2 and message in found.stderr and found.stderr.count("\n") == 1


def test_a_file_without_policies_and_a_judgement_without_any_are_refused(tmp_path):
    (tmp_path / "empty.toml").write_text("policies = []\n")
    with pytest.raises(InputError, match="it is empty; write"):
        with_policy_file(region(), tmp_path / "empty.toml")
    with pytest.raises(InputError, match="no policies to judge"):
        judge_plan(region(), PLAN, [])
