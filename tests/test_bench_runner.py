"""The runner: every way a run can end is a row, and nothing outlives its limit."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

import allocare
from allocare.benchmarks import load, run
from allocare.benchmarks.lab.memory import resident_mib
from allocare.benchmarks.results import COLUMNS

from lab_backends import suite


def row_of(backends, **limits):
    table = run(suite(backends, **limits))
    return table.iloc[0]


def test_an_exact_backend_and_a_rule_are_rows_with_everything_known() -> None:
    table = run(suite(["highs", "greedy:north-west"])).set_index("backend")
    exact, rule = table.loc["highs"], table.loc["greedy:north-west"]
    assert (exact["status"], exact["objective"], exact["claim"], exact["checked"]) == (
        "optimal",
        435,
        "right",
        True,
    )
    assert (exact["reference"], exact["reference_kind"], exact["gap_to_reference"]) == (435, "known", 0)
    assert rule["gap_to_reference"] == pytest.approx(85 / 435)
    assert exact["proved_by"] and not rule["proved_by"]
    assert exact["family"] == "transportation" and exact["size"] == 12
    assert exact["fingerprint"] != rule["fingerprint"] and exact["instance_hash"] == rule["instance_hash"]
    assert exact["versions"]["highspy"] and "highspy" not in rule["versions"]
    assert set(exact["machine"]) == {"cpu", "cores", "memory_mib", "system"}
    for name in (
        "load_seconds",
        "build_seconds",
        "solve_seconds",
        "check_seconds",
        "cpu_seconds",
        "peak_mib",
    ):
        assert exact[name] >= 0, name
    assert exact["wall_seconds"] >= exact["load_seconds"] + exact["solve_seconds"]
    assert list(run(suite(["highs"])).columns) == list(COLUMNS)


def test_a_run_that_never_ends_is_ended_at_its_wall_limit() -> None:
    started = time.monotonic()
    row = row_of(["hangs"], wall_limit=1.5)
    assert row["status"] == "killed" and row["claim"] == "none" and not row["checked"]
    assert "wall limit is 1.5 s" in row["note"]
    assert 1.5 <= row["wall_seconds"] < 5
    assert time.monotonic() - started < 60
    # what was known before it was ended is kept
    assert row["family"] == "transportation" and row["instance_hash"]


def test_what_a_run_started_ends_with_it() -> None:
    before = set(_sleepers())
    assert row_of(["starts-another"], wall_limit=1.5)["status"] == "killed"
    time.sleep(0.2)
    assert set(_sleepers()) == before


def _sleepers() -> list[str]:
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if "time.sleep(600)" in place.read_text():
                found.append(place.parent.name)
        except OSError:
            continue
    return found


def test_the_best_incumbent_of_a_killed_run_is_kept_unchecked() -> None:
    row = row_of(["improves"], wall_limit=1.5, time_limit=10.0)
    assert (row["status"], row["objective"], row["bound"], row["solve_seconds"]) == ("killed", 460, 402, 0.2)
    assert row["incumbents"] == [[0.0, 500.0, 400.0], [0.1, 480.0, 401.0], [0.2, 460.0, 402.0]]
    assert not row["checked"] and row["claim"] == "none"
    assert row["gap_to_reference"] == pytest.approx(25 / 435)
    # 0.1 s at 500 and 0.1 s at 480, then 460 to the limit, against 435
    expected = 0.1 * 65 / 500 + 0.1 * 45 / 480 + 9.8 * 25 / 460
    assert row["primal_integral"] == pytest.approx(expected)


def test_a_crash_is_a_row_with_its_last_words() -> None:
    row = row_of(["crashes"])
    assert row["status"] == "crashed"
    assert "signal 11 (SIGSEGV)" in row["note"] and "the last words" in row["note"]


def test_a_process_that_leaves_without_a_row_is_a_crash() -> None:
    row = row_of(["leaves"])
    assert row["status"] == "crashed" and "exit code" in row["note"]


def test_an_exception_is_a_failed_run() -> None:
    row = row_of(["raises"])
    assert (row["status"], row["note"]) == ("failed", "ZeroDivisionError: no such luck")


@pytest.mark.skipif(resident_mib(1) is None and not Path("/proc/self/statm").exists(), reason="no /proc here")
def test_a_run_that_takes_too_much_memory_is_ended() -> None:
    row = row_of(["grows"], memory_mib=600, wall_limit=30)
    assert row["status"] == "out of memory" and "cap is 600 MiB" in row["note"]
    assert 600 < row["peak_mib"] < 1000


def test_a_plan_that_breaks_a_rule_is_refuted_and_wrong() -> None:
    row = row_of(["cheats"])
    assert (row["status"], row["claim"]) == ("refuted", "wrong")
    assert "supply" in row["note"] or "too many" in row["note"]


def test_a_plan_that_leaves_something_out_is_incomplete_and_does_not_compare() -> None:
    table = run(suite(["gives-nothing", "highs"])).set_index("backend")
    assert table.loc["gives-nothing", "status"] == "incomplete"
    assert table.loc["gives-nothing", "left_out"] == 50
    assert table["gap_to_reference"].isna().to_dict() == {"gives-nothing": True, "highs": False}


def test_a_backend_that_cannot_do_an_instance_is_a_row() -> None:
    row = row_of(["linear-assignment"])
    assert row["status"] == "not capable" and row["claim"] == "none"
    assert (
        row["note"]
        == "backend 'linear-assignment' cannot solve this: it does not take transportation problems"
    )


def test_after_every_bad_end_the_next_run_is_as_good_as_alone() -> None:
    names = ["crashes", "raises", "leaves", "cheats", "hangs", "copies-exact"]
    table = run(suite(names, wall_limit=3)).set_index("backend")
    assert table["status"].to_dict() == {
        "crashes": "crashed",
        "raises": "failed",
        "leaves": "crashed",
        "cheats": "refuted",
        "hangs": "killed",
        "copies-exact": "feasible",
    }


def test_a_function_of_the_user_works_wherever_backends_are_named() -> None:
    problem = allocare.example("sunray")
    assert allocare.solve(problem, "copies-exact").objective == 435
    table = allocare.compare(problem, ["copies-exact", "highs"])
    assert table["objective"].tolist() == [435, 435]


def test_a_script_of_ten_lines_compares_its_own_function_without_a_main_guard(tmp_path: Path) -> None:
    import subprocess
    import sys

    script = tmp_path / "mine.py"
    script.write_text(
        "import allocare, allocare.benchmarks as bench\n"
        "RULE = 'greedy:vogel'\n"
        "@bench.backend('mine')\n"
        "def mine(problem):\n"
        "    return allocare.solve(problem, RULE).allocation\n"
        "made = {'generator': 'transportation', 'options': {'n_sources': 4}, 'seeds': [1, 2]}\n"
        "group = {'instances': [made], 'backends': ['mine', 'auto']}\n"
        "table = bench.run({'name': 'mine', 'group': [group]})\n"
        "print(table[['backend', 'status', 'reference_kind']].to_json(orient='records'))\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True)
    rows = json.loads(done.stdout)
    assert [row["status"] for row in rows] == ["feasible", "optimal"] * 2
    assert {row["reference_kind"] for row in rows} == {"planted"}


def test_several_jobs_give_the_rows_of_one() -> None:
    what = suite(
        ["highs", "cp-sat", "greedy:vogel"], instances=[{"example": "sunray"}, {"example": "transp"}]
    )
    columns = ["instance", "backend", "status", "objective", "fingerprint"]
    one, three = (
        run(what, jobs=jobs)[columns].sort_values(["instance", "backend"]).to_dict("records")
        for jobs in (1, 3)
    )
    assert one == three


def test_the_machine_is_measured_at_the_start_and_every_few_minutes() -> None:
    table = run(suite(["hangs", "highs"], wall_limit=1.0, drift_minutes=0.01, repeats=1))
    drift = table[table["backend"] == "drift"]
    assert drift["repeat"].tolist() == [0, 1]
    assert (drift["wall_seconds"] > 0).all() and drift["objective"].nunique() == 1


def test_a_folder_that_is_being_written_reads_like_one_that_is_done(tmp_path: Path) -> None:
    done = run(suite(["highs", "cp-sat", "linear-assignment", "greedy:vogel"]), out=tmp_path)
    from_table = load(tmp_path)
    (tmp_path / "DONE").unlink()
    from_lines = load(tmp_path)
    for other in (from_table, from_lines):
        assert other.astype(str).to_dict("records") == done.astype(str).to_dict("records")
        assert (other.dtypes == done.dtypes).all()


def test_the_lab_takes_at_most_sixty_milliseconds_a_run_beyond_the_process() -> None:
    from allocare.benchmarks.lab.bundled import read_suite
    from allocare.benchmarks.lab.processes import Processes

    runs = read_suite(suite(["highs"], repeats=15)).runs
    beyond = []
    with Processes(backends=("highs",)) as processes:
        for one in runs:
            started = time.perf_counter()
            processes.start(one)
            (_, row), *_ = processes.finished()
            beyond.append(time.perf_counter() - started - row["wall_seconds"])
    # the quickest one: what else the machine does is not the lab's
    assert min(beyond) < 0.06
