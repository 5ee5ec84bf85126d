"""Results that survive anything: a runner or a worker killed at any moment, a full disk, a changed suite."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import tomli_w

import allocare
from allocare.benchmarks import load, run
from allocare.benchmarks.lab.ledger import Ledger
from allocare.benchmarks.lab.suites import Suite
from allocare.benchmarks.results import read_lines

from lab_backends import suite

CLI = [sys.executable, "-m", "allocare.cli", "bench", "run"]
SAME = [
    "suite",
    "instance",
    "backend",
    "seed",
    "repeat",
    "status",
    "objective",
    "bound",
    "claim",
    "fingerprint",
]
LASTING = suite(
    ["highs", "cp-sat", "min-cost-flow", "greedy:vogel", "priority", "linear-assignment"],
    name="lasting",
    instances=[
        {"example": "sunray"},
        {"generator": "transportation", "options": {"n_sources": 30, "n_targets": 40}, "seeds": [1, 2]},
        {"generator": "gap", "options": {"n_agents": 3, "n_tasks": 12}, "seeds": [1]},
    ],
    repeats=2,
)


def what_counts(table: pd.DataFrame) -> list[dict]:
    kept = table[table["backend"] != "drift"][SAME]
    return json.loads(kept.sort_values(SAME[:5]).to_json(orient="records", double_precision=6))


def server_of(process: subprocess.Popen) -> set[str]:
    """The processes that a runner started."""
    started = set()
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = place.read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue
        if parent == str(process.pid):
            started.add(place.parent.name)
    return started


def serves(process: str) -> bool:
    try:
        return "lab.fork_server" in Path(f"/proc/{process}/cmdline").read_text()
    except OSError:
        return False


def killed_until_done(folder: Path, kills: int, seed: int) -> int:
    """Run the suite, kill it so many times at random moments, and let it finish; how often it was killed."""
    rng = random.Random(seed)
    described = folder / "lasting.toml"
    described.write_text(tomli_w.dumps(LASTING))
    command = [*CLI, str(described), "--out", str(folder / "results"), "--resume"]
    count, left = 0, set()
    for _ in range(kills):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            assert process.wait(rng.uniform(0.5, 5.0)) == 0
        except subprocess.TimeoutExpired:
            left |= server_of(process)
            process.kill()
            process.wait()
            count += 1
    subprocess.run(command, check=True, capture_output=True)
    deadline = time.monotonic() + 5
    while any(map(serves, left)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(map(serves, left)), "the processes of a killed runner are still there"
    return count


@pytest.mark.parametrize(
    ("kills", "seed"), [(2, 1), pytest.param(20, 2, marks=pytest.mark.slow)], ids=["quick", "twenty"]
)
def test_a_runner_killed_at_random_moments_loses_nothing_and_runs_nothing_twice(
    tmp_path: Path, kills: int, seed: int
) -> None:
    undisturbed = run(LASTING)
    assert killed_until_done(tmp_path, kills, seed) >= 1
    assert what_counts(load(tmp_path / "results")) == what_counts(undisturbed)
    # each line was written once, whole
    assert len(read_lines(tmp_path / "results" / "rows.jsonl")) == len(load(tmp_path / "results"))


def test_a_row_that_was_being_written_is_run_again(tmp_path: Path) -> None:
    what = suite(["highs", "greedy:vogel"])
    whole = run(what, out=tmp_path)
    lines = tmp_path / "rows.jsonl"
    content = lines.read_bytes()
    lines.write_bytes(content[:-40])
    (tmp_path / "DONE").unlink()
    assert len(load(tmp_path)) == 1
    assert what_counts(run(what, out=tmp_path, resume=True)) == what_counts(whole)
    assert lines.read_bytes().count(b"\n") == 2


def test_going_on_with_what_is_done_runs_nothing(tmp_path: Path) -> None:
    what = suite(["highs"])
    run(what, out=tmp_path)
    before = (tmp_path / "rows.jsonl").read_bytes()
    run(what, out=tmp_path, resume=True)
    assert (tmp_path / "rows.jsonl").read_bytes() == before


def test_results_are_not_overwritten_nor_mixed_with_another_suite_or_version(tmp_path: Path) -> None:
    run(suite(["highs"]), out=tmp_path)
    with pytest.raises(allocare.InputError, match=r"results are there already; go on with them by --resume"):
        run(suite(["highs"]), out=tmp_path)
    with pytest.raises(allocare.InputError, match=r"another suite \(its 'run' differs\)"):
        run(suite(["highs"], time_limit=3.0), out=tmp_path, resume=True)
    described = tmp_path / "suite.toml"
    described.write_text(described.read_text().replace('highspy = "', 'highspy = "0.'))
    with pytest.raises(allocare.InputError, match=r"made with highspy 0\.\S+, and here is"):
        run(suite(["highs"]), out=tmp_path, resume=True)


def test_two_runners_do_not_write_to_one_folder(tmp_path: Path) -> None:
    empty = Suite("s", "S", ())
    with (
        Ledger(tmp_path, empty),
        pytest.raises(allocare.InputError, match="another runner is writing here"),
    ):
        Ledger(tmp_path, empty, resume=True)


def test_a_key_that_occurs_twice_is_refused(tmp_path: Path) -> None:
    run(suite(["highs"]), out=tmp_path)
    lines = tmp_path / "rows.jsonl"
    lines.write_bytes(lines.read_bytes() * 2)
    (tmp_path / "DONE").unlink()
    with pytest.raises(
        allocare.InputError, match=r"line 2: the key \(trial, sunray, highs, 0, 0\) stands in line 1"
    ):
        load(tmp_path)


@pytest.mark.parametrize("table", [True, False], ids=["table", "lines"])
def test_rows_of_another_schema_version_are_refused(tmp_path: Path, table: bool) -> None:
    run(suite(["highs"]), out=tmp_path)
    if table:
        frame = pd.read_parquet(tmp_path / "rows.parquet").assign(schema_version=7)
        frame.to_parquet(tmp_path / "rows.parquet")
    else:
        (tmp_path / "DONE").unlink()
        lines = tmp_path / "rows.jsonl"
        lines.write_text(lines.read_text().replace('"schema_version": 1', '"schema_version": 7'))
    with pytest.raises(allocare.InputError, match="schema version 7, and this Allocare reads 1") as refused:
        load(tmp_path)
    assert "\n" not in str(refused.value)


def test_a_line_that_is_no_row_is_named(tmp_path: Path) -> None:
    run(suite(["highs"]), out=tmp_path)
    (tmp_path / "DONE").unlink()
    with (tmp_path / "rows.jsonl").open("a") as file:
        file.write("not a row\n")
    with pytest.raises(allocare.InputError, match="line 2: this line is not JSON"):
        load(tmp_path)


def test_a_folder_without_results_says_so(tmp_path: Path) -> None:
    with pytest.raises(allocare.InputError, match="there are no results here"):
        load(tmp_path)


FULL = """
import resource, signal, sys
from allocare.instances.errors import InputError
from allocare.benchmarks import run
sys.path.insert(0, {tests!r})
from lab_backends import suite
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
# room for two rows and a half
from allocare.benchmarks.lab import ledger
before = ledger.Ledger.append
def append(self, row):
    if len(self.rows) == 2:
        room = self._place.stat().st_size + 300
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
    before(self, row)
ledger.Ledger.append = append
try:
    run(suite(["highs", "cp-sat", "greedy:vogel", "priority"]), out=sys.argv[1])
except InputError as error:
    print(error)
"""


def test_a_full_disk_leaves_whole_rows_and_one_line(tmp_path: Path) -> None:
    code = FULL.format(tests=str(Path(__file__).parent))
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    (line,) = done.stdout.splitlines()
    assert "a row cannot be written" in line and "2 rows are kept" in line and "--resume" in line
    content = (tmp_path / "rows.jsonl").read_bytes()
    assert content.endswith(b"\n") and content.count(b"\n") == 2
    what = suite(["highs", "cp-sat", "greedy:vogel", "priority"])
    assert what_counts(run(what, out=tmp_path, resume=True)) == what_counts(run(what))


def test_a_table_that_cannot_be_written_leaves_the_lines_and_no_marker(tmp_path: Path, monkeypatch) -> None:
    from allocare.benchmarks import results

    def full(frame, path):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(results, "write_table", full)
    with pytest.raises(allocare.InputError, match=r"rows\.parquet: it cannot be written: No space left"):
        run(suite(["highs"]), out=tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rows.jsonl", "suite.toml"]
    assert len(load(tmp_path)) == 1


def test_an_interruption_from_the_keyboard_keeps_what_is_done(tmp_path: Path) -> None:
    described = tmp_path / "lasting.toml"
    described.write_text(tomli_w.dumps(LASTING))
    process = subprocess.Popen(
        [*CLI, str(described), "--out", str(tmp_path / "results")], stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 60
    lines = tmp_path / "results" / "rows.jsonl"
    while not (lines.exists() and lines.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGINT)
    assert "interrupted" in process.communicate(timeout=30)[1]
    assert process.returncode == 130
    assert len(load(tmp_path / "results")) >= 1
