"""Suites: what a file may say, what it stands for, and one clear line for what cannot be run."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

import allocare
from allocare.benchmarks import read_suite
from allocare.benchmarks.lab.bundled import SUITES
from allocare.benchmarks.lab.fingerprint import instance_hash
from allocare.benchmarks.lab.own import backend
from allocare.benchmarks.results import frame_of
from allocare.solvers.registry import BACKENDS

from lab_backends import suite

if TYPE_CHECKING:
    from pathlib import Path


def names(what) -> list[tuple[str, str]]:
    return [(run.subject.name, run.contestant.name) for run in read_suite(what).runs]


def test_a_grid_and_seeds_give_an_instance_for_every_combination() -> None:
    made = {"generator": "gap", "options": {"n_tasks": 9}, "grid": {"type": ["c", "e"], "n_agents": [2, 3]}}
    found = names(suite(["highs"], instances=[made | {"seeds": [4, 5]}]))
    assert len(found) == len(set(found)) == 8
    assert ("gap:n_tasks=9:type=e:n_agents=3:seed=5", "highs") in found


def test_a_star_stands_for_every_backend_and_rule_of_the_family() -> None:
    chosen = {name for _, name in names(suite(["*"], instances=[{"generator": "ventilators"}]))}
    exact = {
        name for name, entry in BACKENDS.items() if "fair-allocation" in entry.families and name != "greedy"
    }
    assert {name for name in chosen if not name.startswith("greedy:")} == exact
    assert "greedy:marginal-gain" in chosen and "greedy:vogel" not in chosen


def test_criteria_and_policies_are_put_in_force() -> None:
    what = suite(
        ["highs"],
        instances=[{"example": "sunray", "criteria": ["", "maximin"], "policies": ["floor:value=0.2"]}],
    )
    plain, fair = (run.subject for run in read_suite(what).runs)
    assert (plain.name, fair.name) == ("sunray+floor:value=0.2", "sunray+maximin+floor:value=0.2")
    fairness = fair.open().problem.fairness
    assert str(fairness.criterion) == "maximin" and [str(p) for p in fairness.policies] == ["floor:value=0.2"]
    # the optimum of another objective is no reference
    assert fair.open().reference is None and plain.open().reference is None


def test_a_group_may_have_its_own_limits_seeds_and_repeats() -> None:
    what = {
        "name": "limits",
        "time_limit": 7.0,
        "seeds": [1],
        "group": [
            {"instances": [{"example": "sunray"}], "backends": ["highs"]},
            {
                "instances": [{"example": "transp"}],
                "backends": ["highs"],
                "time_limit": 2.0,
                "repeats": 2,
                "seeds": [3, 4],
            },
        ],
    }
    runs = read_suite(what).runs
    assert [(run.subject.name, run.seed, run.repeat, run.limits.time_limit) for run in runs] == [
        ("sunray", 1, 0, 7.0),
        ("transp", 3, 0, 2.0),
        ("transp", 4, 0, 2.0),
        ("transp", 3, 1, 2.0),
        ("transp", 4, 1, 2.0),
    ]
    assert runs[0].limits.wall_limit == 44


def test_files_are_found_by_pattern_with_their_optima(tmp_path: Path) -> None:
    for name in ("sunray", "transp"):
        allocare.write(allocare.example(name), tmp_path / "data" / name)
    (tmp_path / "data" / "optima.csv").write_text("name,best\nsunray,435\n")
    instances = [{"files": "{data}/[st]*", "references": "{data}/optima.csv", "optimum": "best"}]
    runs = read_suite(suite(["highs"], instances=instances), tmp_path / "data").runs
    assert [(run.subject.name, run.subject.reference) for run in runs] == [
        ("sunray", 435.0),
        ("transp", None),
    ]
    assert runs[0].subject.open().problem.size == 12


def test_a_suite_says_nothing_of_where_its_files_lie(tmp_path: Path) -> None:
    allocare.write(allocare.example("sunray"), tmp_path / "sunray")
    what = suite(["highs"], instances=[{"file": "{data}/sunray"}])
    assert str(tmp_path) not in tomli_w.dumps(read_suite(what, tmp_path).record())


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"backends": ["hihgs"]}, r"group 1: there is no backend 'hihgs'; did you mean 'highs'\?"),
        ({"backends": ["greedy*"]}, r"'greedy\*' is no pattern of backends"),
        ({"backends": []}, r"group 1, field 'backends'"),
        ({"instances": [{"examples": "assignmnt"}]}, r"no family 'assignmnt'; did you mean 'assignment'\?"),
        ({"instances": [{"example": "sunrey"}]}, r"no example 'sunrey'; did you mean 'sunray'\?"),
        ({"instances": [{"generator": "gapp"}]}, r"no generator 'gapp'; did you mean 'gap'\?"),
        (
            {"instances": [{"generator": "gap", "grid": {"n_agnts": [1]}}]},
            r"no option 'n_agnts'; did you mean 'n_agents'",
        ),
        (
            {"instances": [{"example": "sunray", "genrator": "gap"}]},
            r"instances 1, field 'genrator': there is no such",
        ),
        (
            {"instances": [{"example": "sunray", "generator": "gap"}]},
            r"says example and generator; give exactly one",
        ),
        ({"instances": [{"seeds": [1]}]}, r"says none; give exactly one of"),
        (
            {"instances": [{"example": "sunray", "seeds": [1]}]},
            r"'seeds' belongs to generator, not to example",
        ),
        ({"instances": [{"file": "absent.toml"}]}, r"absent\.toml: there is no such file"),
        ({"instances": [{"files": "absent-*"}]}, r"no file matches 'absent-\*'"),
        ({"instances": [{"file": "{data}/x"}]}, r"lies in the data folder; name that with --data"),
        ({"instances": [{"examples": "*", "as": "all"}]}, r"'as' names one instance, and here are \d+"),
        ({"backends": ["highs", "highs"]}, r"'highs' is to solve 'sunray' twice with seed 0 and repeat 0"),
        (
            {"backends": ["highs", {"backend": "cp-sat", "as": "highs"}]},
            r"two different backends are called 'highs'",
        ),
        ({"time_limit": -1.0}, r"group 1, field 'time_limit'"),
        ({"time_limit": "long"}, r"group 1, field 'time_limit': .* not 'long'"),
    ],
)
def test_what_cannot_be_run_is_refused_in_one_line_before_anything_is(
    monkeypatch, change: dict, line: str
) -> None:
    monkeypatch.delenv("ALLOCARE_DATA", raising=False)
    group = {"instances": [{"example": "sunray"}], "backends": ["highs"]} | change
    with pytest.raises(allocare.InputError, match=line) as refused:
        read_suite({"name": "bad", "group": [group]})
    assert "\n" not in str(refused.value)


def test_a_suite_that_is_not_there_or_no_suite_is_refused(tmp_path: Path) -> None:
    with pytest.raises(allocare.InputError, match=r"there is no suite 'smok'; did you mean 'smoke'\?"):
        read_suite("smok")
    with pytest.raises(allocare.InputError, match="there is no such file"):
        read_suite(tmp_path / "absent.toml")
    (tmp_path / "bad.toml").write_text("name = ")
    with pytest.raises(allocare.InputError, match="this is not TOML"):
        read_suite(tmp_path / "bad.toml")
    with pytest.raises(
        allocare.InputError, match=r"field 'schema_version': this Allocare reads version 1, not 2"
    ):
        read_suite({"schema_version": 2, "name": "x", "group": []})


@pytest.mark.parametrize("name", [name for name in SUITES if name != "public"])
def test_every_bundled_suite_is_sound_and_its_instances_open(name: str) -> None:
    found = read_suite(name)
    assert found.name == name and found.runs
    assert tomllib.loads(tomli_w.dumps(found.record()))["name"] == name
    for subject in {run.subject.name: run.subject for run in found.runs}.values():
        small = all(value <= 320 for value in subject.settings.values() if isinstance(value, int))
        if small:
            assert subject.open().problem.size > 0


@pytest.mark.public_data
def test_the_public_suite_knows_the_optimum_of_every_instance(public_data: Path) -> None:
    subjects = {run.subject.name: run.subject for run in read_suite("public", public_data).runs}
    assert len(subjects) > 40
    assert all(subject.reference is not None for subject in subjects.values())


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(["gap", "transportation", "ventilators", "programmes", "beds"]))
def test_the_same_data_have_the_same_hash_and_other_data_another(seed: int, kind: str) -> None:
    first, again, other = (allocare.generate(kind, seed=at) for at in (seed, seed, seed + 1))
    assert instance_hash(first) == instance_hash(again) != instance_hash(other)
    assert instance_hash(replace(first, title="new", units={"cost": "km"})) == instance_hash(first)
    assert instance_hash(allocare.example("sunray")) != instance_hash(first)


def test_a_hash_sees_keys_rules_and_every_number() -> None:
    problem = allocare.example("sunray")
    lanes = problem.lanes
    for change in (
        {"demand": problem.demand + np.array([0.0, 0.0, 0.0, 1.0])},
        {"sources": problem.sources[::-1]},
        {"whole": not problem.whole},
        {"lanes": replace(lanes, cost=lanes.cost[::-1])},
        {"lanes": replace(lanes, cost=np.nextafter(lanes.cost, np.inf))},
    ):
        assert instance_hash(replace(problem, **change)) != instance_hash(problem), change


def test_what_is_found_is_the_reference_where_nothing_is_known_and_refutes_bounds() -> None:
    common = {"instance": "i", "maximise": True, "checked": True, "claim": "right"}
    table = frame_of(
        [
            common | {"backend": "rule", "status": "feasible", "objective": 8.0},
            common | {"backend": "best", "status": "feasible", "objective": 10.0, "bound": 12.0},
            common | {"backend": "liar", "status": "optimal", "objective": 9.0, "bound": 9.0},
            common | {"backend": "partial", "status": "incomplete", "objective": 20.0},
            common | {"backend": "none", "status": "infeasible", "checked": False, "objective": None},
        ]
    ).set_index("backend")
    assert table["reference"].tolist() == [10.0] * 5 and set(table["reference_kind"]) == {"best found"}
    assert table["gap_to_reference"].round(6).fillna(-1).tolist() == [0.2, 0.0, 0.1, -1, -1]
    assert table["claim"].tolist() == ["right", "right", "wrong", "right", "wrong"]


def test_own_backends_need_a_fresh_name_of_one_word() -> None:
    for bad, line in (
        ("highs", "is a backend already"),
        ("a b", "one word"),
        ("auto", "one word"),
        ("peer", "already"),
    ):
        read_suite("smoke")
        with pytest.raises(allocare.InputError, match=line):
            backend(bad)
    with pytest.raises(allocare.InputError, match="there is no family 'transport'"):
        backend("mine", families=["transport"])
    assert "copies-exact" not in BACKENDS


PEERS = ["pot", "linopy", "cvxpy", "pulp", "pyscipopt", "highspy", "ortools", "networkx", "scipy"]


@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.parametrize("example", ["sunray", "chores-3x3", "gap-c515-1-min"])
def test_every_peer_that_is_there_reaches_the_optimum_or_says_why_not(peer: str, example: str) -> None:
    read_suite("smoke")
    problem = allocare.example(example)
    try:
        solution = allocare.solve(problem, f"peer:{peer}", threads=1)
    except allocare.CapabilityError as refused:
        assert "pip install" in str(refused) or (
            example == "gap-c515-1-min" and "flow problems alone" in str(refused)
        )
        return
    assert solution.checked and solution.bound is None
    assert solution.objective == pytest.approx(allocare.solve(problem).objective)


def test_peers_refuse_what_their_program_does_not_say() -> None:
    read_suite("smoke")
    for example, line in (
        ("article-maximum", "minimisation alone"),
        ("bed-assignment", "tasks exactly once"),
        ("ventilator-sharing", "peers are not given fair-allocation problems"),
    ):
        with pytest.raises(allocare.CapabilityError, match=line):
            allocare.solve(allocare.example(example), "peer:scipy")
