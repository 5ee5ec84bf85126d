"""A suite on a Dask cluster: a real scheduler and workers, in processes of their own on this machine."""

from __future__ import annotations

import os
import random
import re
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest

import allocare
from allocare.benchmarks import load, run
from allocare.benchmarks.lab.runner import Watcher

from lab_backends import suite
from test_bench_resume import what_counts

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("distributed", reason="the extra 'dask' is not installed")

ENVIRONMENT = os.environ | {
    "PYTHONPATH": os.pathsep.join(sys.path),
    # a run is given up when this many workers went away under it; ten kills may well meet the same long run
    "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "10",
}
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": ENVIRONMENT}


@contextmanager
def scheduler():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "distributed.cli.dask_scheduler",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    process = subprocess.Popen([*command, "--no-dashboard"], **QUIET)
    try:
        yield f"tcp://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


@contextmanager
def worker(address):
    command = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny"]
    process = subprocess.Popen([*command, "--no-dashboard"], **QUIET)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


BACKENDS = ["highs", "cp-sat", "min-cost-flow", "greedy:vogel", "copies-exact", "crashes", "hangs"]
WHAT = suite(BACKENDS, name="spread", repeats=2, wall_limit=1.5)


class Killer(Watcher):
    """Ends a worker shortly after every so many rows, and starts another in its place."""

    def __init__(self, first, start, kills, every, seed=0):
        self.victim, self.start, self.left, self.every = first, start, kills, every
        self.rng, self.timers, self.rows = random.Random(seed), [], 0

    def done(self, request, row):
        self.rows += 1
        if self.left and self.rows % self.every == 0:
            self.wait()  # the one before may be ended only now: none is passed over
            self.left -= 1
            self.timers.append(threading.Timer(self.rng.uniform(0, 0.8), self.end))
            self.timers[-1].start()

    def end(self):
        self.victim.kill()
        self.victim = self.start()

    def wait(self):
        if self.timers:
            self.timers[-1].join()


@pytest.mark.parametrize("kills", [1, pytest.param(10, marks=pytest.mark.slow)])
def test_workers_killed_in_the_middle_lose_nothing_and_double_nothing(tmp_path: Path, kills: int) -> None:
    what = WHAT | {"repeats": 2 if kills == 1 else 8}
    undisturbed = run(what)
    with ExitStack() as stack:
        address = stack.enter_context(scheduler())
        first, _ = (stack.enter_context(worker(address)) for _ in range(2))
        killer = Killer(
            first, lambda: stack.enter_context(worker(address)), kills, len(undisturbed) // (kills + 1)
        )
        run(what, out=tmp_path, scheduler=address, watcher=killer)
        killer.wait()
        assert len(killer.timers) == kills
    table = load(tmp_path)
    assert what_counts(table) == what_counts(undisturbed)
    assert not table.duplicated(["instance", "backend", "seed", "repeat"]).any()
    statuses = table.groupby("backend")["status"].unique().explode().to_dict()
    assert statuses["crashes"] == "crashed" and statuses["hangs"] == "killed"
    assert statuses["copies-exact"] == "feasible"


def test_a_scheduler_that_does_not_answer_is_one_clear_line(tmp_path: Path, monkeypatch) -> None:
    from allocare.benchmarks.lab import cluster

    monkeypatch.setattr(cluster, "PATIENCE_SECONDS", 0.5)
    with pytest.raises(
        allocare.InputError, match=r"tcp://127\.0\.0\.1:1: no Dask scheduler answers"
    ) as refused:
        run(suite(["highs"]), out=tmp_path, scheduler="tcp://127.0.0.1:1")
    assert "\n" not in str(refused.value)
    # nothing was begun, so there is nothing to go on with
    assert len(run(suite(["highs"]), out=tmp_path)) == 1
    with pytest.raises(allocare.InputError, match="no Dask scheduler answers"):
        run(suite(["highs"]), out=tmp_path / "other", scheduler="nonsense://")


def test_a_scheduler_that_goes_away_stops_the_suite_and_keeps_its_rows(tmp_path: Path) -> None:
    class Stopper(Watcher):
        def done(self, request, row):
            place.close()

    what = suite(["highs", "hangs", "cp-sat"], wall_limit=3.0)
    with ExitStack() as stack:
        place = stack.enter_context(ExitStack())
        address = place.enter_context(scheduler())
        stack.enter_context(worker(address))
        with pytest.raises(allocare.AllocareError, match=r"the scheduler went away .* --resume"):
            run(what, out=tmp_path, scheduler=address, watcher=Stopper())
    assert len(load(tmp_path)) >= 1
    assert re.fullmatch(r"(highs|drift|cp-sat)", load(tmp_path)["backend"].iloc[0])
    assert what_counts(run(what, out=tmp_path, resume=True)) == what_counts(run(what))
