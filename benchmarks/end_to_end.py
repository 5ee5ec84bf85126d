"""Seconds from a file to a checked solution, on every capable backend, split into load, build, solve, check.

Run it with ``python -m allocare.benchmarks.end_to_end``. Every run is a process of its own, solves a
tiny problem first so that imports are not counted, and is checked; where the optimum is known the
answer is held against it. Public instances are taken from the folder named by ``ALLOCARE_DATA``, and
left out where it is unset.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import allocare
from allocare.benchmarks.isolation import memory_mib

PLANTED = 1000
COLUMNS = ("load", "build", "solve", "check", "total")


@dataclass(frozen=True)
class Subject:
    """An instance to time: its name, its file, the format to read it as, and its optimum."""

    name: str
    file: str
    format: str | None
    sense: str | None
    optimum: float


def main() -> None:
    """Time every subject on every capable backend and print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--repeats", type=int, default=3, help="runs of each, the median is shown")
    parser.add_argument("--time-limit", type=float, default=60.0, help="seconds of solving for each run")
    parser.add_argument("--quick", action="store_true", help="the bundled example only, once")
    parser.add_argument("--json", action="store_true", help="print rows as JSON lines instead of a table")
    parser.add_argument("--one", nargs=6, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(_one(*arguments.one)))
        return
    with tempfile.TemporaryDirectory() as folder:
        for subject in _subjects(Path(folder), arguments.quick):
            _time_subject(
                subject, 1 if arguments.quick else arguments.repeats, arguments.time_limit, arguments.json
            )


def _subjects(folder: Path, quick: bool) -> list[Subject]:
    subjects = [Subject("kleeblatt", "kleeblatt-2021-12-08", None, None, 40005)]
    if quick:
        return subjects
    from allocare.instances.generators.transportation import planted_transportation

    planted = planted_transportation(n_sources=PLANTED, n_targets=PLANTED, seed=1)
    manifest = allocare.write(planted.problem, folder / "planted")
    subjects.append(Subject(f"planted {PLANTED} x {PLANTED}", str(manifest), None, None, planted.optimum))
    data = os.environ.get("ALLOCARE_DATA")
    if data is None:
        print("ALLOCARE_DATA is unset: public instances are left out", file=sys.stderr)
        return subjects
    for name, file, format, optimum in (
        ("icu_fl", "transport/icu_fl.min", "dimacs-min", 775503),
        ("icu_fl as transportation", "transport/icu_fl.min", "dimacs-transportation", 775503),
        ("assign400", "assignment/assign400.txt", "orlib-assignment", 804),
        ("gap6-0", "gap/gap6-0", "orlib-gap", 525),
    ):
        sense = "min" if format.startswith("orlib") else None
        subjects.append(Subject(name, str(Path(data) / file), format, sense, optimum))
    return subjects


def _load(file: str, format: str | None, sense: str | None) -> Any:
    if not Path(file).exists():
        return allocare.example(file)
    return allocare.load(file, format, sense)  # type: ignore[arg-type]  # the subjects give min or None


def _time_subject(subject: Subject, repeats: int, limit: float, as_json: bool) -> None:
    from allocare.evaluation.compare import default_backends

    problem = _load(subject.file, subject.format, subject.sense)
    if not as_json:
        print(f"\n{subject.name}: {problem.kind}, {problem.size:,} decisions, optimum {subject.optimum:,.0f}")
        print(
            f"{'backend':24}{'status':12}{'objective':>14}"
            + "".join(f"{c:>9}" for c in COLUMNS)
            + f"{'MiB':>8}"
        )
    for backend in default_backends(problem):
        runs = [_run(subject, backend, limit) for _ in range(repeats)]
        row = {"instance": subject.name, "backend": backend} | _median(runs)
        if as_json:
            print(json.dumps(row), flush=True)
        elif "error" in row:
            print(f"{backend:24}failed: {row['error']}", flush=True)
        else:
            times = "".join(f"{row[c]:9.3f}" for c in COLUMNS)
            print(
                f"{backend:24}{row['status']:12}{row['objective']:14,.0f}{times}{row['peak_mib']:8.0f}",
                flush=True,
            )


def _run(subject: Subject, backend: str, limit: float) -> dict[str, Any]:
    command = [sys.executable, "-m", "allocare.benchmarks.end_to_end", "--one"]
    command += [
        subject.file,
        subject.format or "",
        subject.sense or "",
        backend,
        str(limit),
        str(subject.optimum),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return {"error": (done.stderr.strip().splitlines() or ["no output"])[-1]}
    row: dict[str, Any] = json.loads(done.stdout)
    return row


def _one(file: str, format: str, sense: str, backend: str, limit: str, optimum: str) -> dict[str, Any]:
    import time

    _warm(backend)
    started = time.perf_counter()
    problem = _load(file, format or None, sense or None)
    loaded = time.perf_counter() - started
    solution = allocare.solve(problem, backend, time_limit=float(limit))
    total = time.perf_counter() - started
    if solution.status == "optimal" and abs((solution.objective or 0) - float(optimum)) > 1e-6 * abs(
        float(optimum)
    ):
        raise SystemExit(f"{backend} calls {solution.objective} optimal, the optimum is {optimum}")
    return {
        "status": solution.status.value,
        "objective": float("nan") if solution.objective is None else solution.objective,
        "checked": solution.checked,
        "load": loaded,
        "build": solution.build_seconds,
        "solve": solution.solve_seconds,
        "check": solution.check_seconds,
        "total": total,
        "peak_mib": memory_mib("VmHWM"),
    }


def _warm(backend: str) -> None:
    for name in ("degenerate", "chores-3x3", "gap-c515-1-min"):
        try:
            allocare.solve(allocare.example(name), backend)
        except allocare.CapabilityError:
            continue


def _median(runs: list[dict[str, Any]]) -> dict[str, Any]:
    failed = [run for run in runs if "error" in run]
    if failed:
        return failed[0]
    numbers = {name: statistics.median(run[name] for run in runs) for name in (*COLUMNS, "peak_mib")}
    return {**runs[0], **numbers, "repeats": len(runs)}


if __name__ == "__main__":
    main()
