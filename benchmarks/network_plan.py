"""Network plans of a size: build, solve and check times, the proved gap, and the baseline, one row a problem.

Run it with ``python -m allocare.benchmarks.network_plan``. Processor seconds stand beside wall-clock seconds,
so that a row says what it cost also where other work ran on the same machine.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

import pandas as pd

import allocare


def main() -> None:
    """Solve each kind of wave and print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sites", type=int, default=50)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--resources", type=int, default=3)
    parser.add_argument("--peak-load", type=float, default=1.5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--gap", type=float, default=0.01)
    parser.add_argument("--time-limit", type=float, default=60.0, help="wall-clock seconds for each solve")
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=list(KINDS))
    arguments = parser.parse_args()
    rows = [row(kind, arguments) for kind in arguments.kinds]
    sys.stdout.write(pd.DataFrame(rows).to_string(index=False) + "\n")


KINDS: dict[str, dict[str, Any]] = {
    "divisible": {"switches": False, "whole": False},
    "divisible, switches": {"switches": True, "whole": False},
    "whole, switches": {"switches": True, "whole": True},
    "whole, switches, regions": {"switches": True, "whole": True, "median_beds": 3000},
}
"""Kinds of waves, by whether lanes have set-up costs and minima, units are whole, and sites are regions."""


def row(kind: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """Solve one wave, and its baseline.

    Examples
    --------
    >>> told = argparse.Namespace(
    ...     sites=3, days=4, resources=3, peak_load=1.5, seed=0, gap=0.01, time_limit=30.0)
    >>> found = row("divisible", told)
    >>> found["gap"], found["checked"]
    (0.0, True)
    """
    problem = allocare.generate(
        "network-plan",
        n_sites=arguments.sites,
        n_days=arguments.days,
        n_resources=arguments.resources,
        peak_load=arguments.peak_load,
        seed=arguments.seed,
        **KINDS[kind],
    )
    began, used = time.perf_counter(), time.process_time()
    solution = allocare.solve(problem, "highs", gap=arguments.gap, time_limit=arguments.time_limit, threads=2)
    wall, processor = time.perf_counter() - began, time.process_time() - used
    greedy = allocare.solve(problem, "greedy:nearest-room")
    return {
        "kind": kind,
        "decisions": problem.size,
        "status": solution.status.value,
        "objective": solution.objective,
        "bound": solution.bound,
        "gap": solution.gap,
        "checked": solution.checked,
        "turned away": solution.unmet,
        "build": round(solution.build_seconds, 2),
        "solve": round(solution.solve_seconds, 1),
        "check": round(solution.check_seconds, 2),
        "wall": round(wall, 1),
        "processor": round(processor, 1),
        "nearest room": greedy.objective,
        "its turned away": greedy.unmet,
    }


if __name__ == "__main__":
    main()
