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

ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
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
    """Ends workers while the suite runs, each after a row was written."""

    def __init__(self, victims, start, seed=0):
        self.victims, self.start, self.rng, self.timers = victims, start, random.Random(seed), []
        self.rows = 0

    def done(self, request, row):
        self.rows += 1
        if self.victims and self.rows % 2:
            victim = self.victims.pop()
            timer = threading.Timer(self.rng.uniform(0, 0.8), self.end, [victim])
            self.timers.append(timer)
            timer.start()

    def end(self, victim):
        victim.kill()
        self.start()


@pytest.mark.parametrize("kills", [1, pytest.param(10, marks=pytest.mark.slow)])
def test_workers_killed_in_the_middle_lose_nothing_and_double_nothing(tmp_path: Path, kills: int) -> None:
    what = WHAT | {"repeats": 2 if kills == 1 else 8}
    with ExitStack() as stack:
        address = stack.enter_context(scheduler())
        workers = [stack.enter_context(worker(address)) for _ in range(2)]
        left = [kills]

        def another():
            left[0] -= 1
            if left[0] > 0 or kills > 1:
                fresh = stack.enter_context(worker(address))
                if left[0] > 0:
                    killer.victims.append(fresh)

        killer = Killer([workers[0]], another)
        run(what, out=tmp_path, scheduler=address, watcher=killer)
        for timer in killer.timers:
            timer.join()
        assert len(killer.timers) == kills
    table = load(tmp_path)
    assert what_counts(table) == what_counts(run(what))
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
