"""The kernel benchmark: every row runs in small with right answers, and wrong ones are seen."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from allocare.benchmarks import kernels
from allocare.benchmarks.isolation import Answer, run_alone
from allocare.benchmarks.rows import ROWS, Target
from allocare.benchmarks.subjects import SUBJECTS

KERNELS = "allocare.benchmarks.kernels"


def test_every_row_runs_in_small_and_every_answer_is_the_optimum(capsys):
    with pytest.raises(SystemExit) as end:
        kernels.main(["--quick", "--json"])
    # a solver that prints is no row
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    assert [row["row"] for row in rows] == list(ROWS)
    assert [row["wrong"] for row in rows] == [[] for _ in rows]
    assert end.value.code == 0
    for row in rows:
        for name, figure in row["contestants"].items():
            assert figure.get("seconds", 0) > 0 or figure["unavailable"], (row["row"], name)
        assert len(row["verdicts"]) == len(ROWS[row["row"]].targets)


def test_every_target_names_contestants_of_its_row():
    for row in ROWS.values():
        for target in row.targets:
            if target.measure != "per lane":
                assert target.ours in row.contestants
            assert not target.of or target.of in row.contestants


def test_a_process_of_its_own_gives_the_same_answer():
    found = run_alone(KERNELS, ["--alone", "capacitated", "ortools", "--quick"], timeout=60)
    assert found["objective"] == found["optimum"] == SUBJECTS["capacitated"].quick().optimum
    assert found["seconds"] > 0


def test_a_process_that_fails_says_why():
    found = run_alone(KERNELS, ["--only", "no such row"], timeout=60)
    assert "no row matches" in found["failed"]


def test_a_process_that_takes_too_long_is_not_waited_for():
    found = run_alone(KERNELS, ["--alone", "dense", "pyomo"], timeout=0.2)
    assert found == {"unavailable": "not done within 0.2 s", "more_than": 0.2}


def test_an_answer_that_is_not_the_optimum_is_an_error(monkeypatch, capsys):
    row = ROWS["capacitated"]
    off = row.contestants | {"ortools": lambda case: lambda: Answer(case.optimum + 1)}
    monkeypatch.setitem(ROWS, "capacitated", replace(row, contestants=off))
    with pytest.raises(SystemExit) as end:
        kernels.main(["--quick", "--only", "capacitated"])
    assert end.value.code == 1
    assert "WRONG ortools: objective" in capsys.readouterr().out


def test_contestants_can_be_left_out(capsys):
    with pytest.raises(SystemExit):
        kernels.main(["--quick", "--json", "--only", "assignment", "--without", "s*"])
    assert list(json.loads(capsys.readouterr().out)["contestants"]) == ["allocare", "lapx"]


@pytest.mark.parametrize(("seconds", "met"), [(2.0, True), (2.2, False)])
def test_a_target_is_met_up_to_its_ratio(seconds, met):
    figures = {"allocare": {"seconds": seconds, "cpu": 1.0}, "peer": {"seconds": 1.0, "cpu": 1.0}}
    assert kernels._verdict(Target(2.1, "peer"), figures, quick=False)["met"] is met


def test_a_target_without_its_peer_is_not_measured():
    figures = {"allocare": {"seconds": 1.0, "cpu": 1.0}, "peer": {"unavailable": "not installed"}}
    verdict = kernels._verdict(Target(2.0, "peer"), figures, quick=False)
    assert (verdict["value"], verdict["met"]) == (None, None)


def test_a_peer_that_was_not_done_in_time_is_slower_than_that():
    figures = {"allocare": {"seconds": 1.0, "cpu": 1.0}, "peer": {"unavailable": "", "more_than": 50.0}}
    assert kernels._verdict(Target(0.1, "peer"), figures, quick=False)["met"] is True
    assert kernels._verdict(Target(0.01, "peer"), figures, quick=False)["met"] is None


def test_growth_is_the_ratio_of_the_dearest_lane_to_the_cheapest():
    figures = {"10": {"seconds": 1.0, "size": 10}, "100": {"seconds": 25.0, "size": 100}}
    verdict = kernels._verdict(Target(3.0, measure="per lane"), figures, quick=False)
    assert (verdict["value"], verdict["met"]) == (2.5, True)
