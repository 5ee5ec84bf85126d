"""Backends that misbehave in every way a run must survive."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd

import allocare
from allocare.benchmarks import backend
from allocare.benchmarks.lab.own import OwnBackend
from allocare.solvers.registry import ADDED


@backend("hangs", families=["transportation"])
def hangs(problem):
    time.sleep(600)


@backend("crashes", families=["transportation"])
def crashes(problem):
    print("the last words", file=sys.stderr, flush=True)
    os.kill(os.getpid(), signal.SIGSEGV)


@backend("leaves", families=["transportation"])
def leaves(problem):
    sys.exit(3)


@backend("raises", families=["transportation"])
def raises(problem):
    raise ZeroDivisionError("no such luck")


@backend("grows", families=["transportation"])
def grows(problem):
    held = []
    while True:
        held.append(np.ones(2**21))
        time.sleep(0.02)


@backend("cheats", families=["transportation"])
def cheats(problem):
    lanes = problem.lanes
    return pd.DataFrame(
        {"source": problem.sources[lanes.source], "target": problem.targets[lanes.target], "quantity": 1e6}
    )


@backend("gives-nothing", families=["transportation"])
def gives_nothing(problem):
    return pd.DataFrame({"source": [], "target": [], "quantity": []})


@backend("starts-another", families=["transportation"])
def starts_another(problem):
    """Like a solver that runs as a program of its own, and never comes back."""
    subprocess.run([sys.executable, "-c", "import time; time.sleep(600)"], check=False)


@backend("copies-exact", families=["transportation"])
def copies_exact(problem):
    return allocare.solve(problem, "min-cost-flow").allocation


class Improves(OwnBackend):
    """Reports better and better plans, and never ends."""

    def solve(self, task, options):
        for step in range(3):
            options.on_incumbent(0.1 * step, 500.0 - 20 * step, 400.0 + step)
        time.sleep(600)


ADDED["improves"] = Improves("improves", "reports plans", frozenset({"transportation"}), exact=False)


def suite(backends, name="trial", instances=None, **limits):
    """A suite of one group on a tiny example."""
    instances = instances or [{"example": "sunray"}]
    return {"name": name, **limits, "group": [{"instances": instances, "backends": list(backends)}]}
