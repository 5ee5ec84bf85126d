"""Generalised assignment: how far from the best bound methods are after some seconds, by type and size.

Run it with ``python -m allocare.benchmarks.gap_table``. Every run is a process of its own and tells of its
incumbents, so that one run gives the gap at every mark. The best bound is the greatest that any exact method
has proved in its time; gaps are shares of that bound. ``--json`` keeps the rows, and ``--read`` makes one
table of the rows of several such runs, with the best bound of them all.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

SIZES = ((5, 100), (10, 100), (20, 100), (20, 200), (40, 400))
METHODS = ("cp-sat", "highs", "pyomo:scip", "local-search", "genetic", "greedy:randomised")
MARKS = (10.0, 60.0)


def main() -> None:
    """Run every method on every instance and print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--types", default="cde", help="letters of the types, such as abcde")
    parser.add_argument("--sizes", nargs="*", default=[f"{m}x{n}" for m, n in SIZES], metavar="MxN")
    parser.add_argument("--methods", nargs="*", default=METHODS, metavar="BACKEND")
    parser.add_argument("--marks", nargs="*", type=float, default=MARKS, metavar="SECONDS")
    parser.add_argument("--seed", type=int, default=1, help="seed of the instances")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print rows as JSON lines instead of a table")
    parser.add_argument(
        "--read", nargs="*", type=Path, metavar="FILE", help="rows of earlier runs, run nothing"
    )
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(_one(**json.loads(arguments.one))))
        return
    marks = sorted(arguments.marks)
    if not arguments.json:
        heads = "".join(f"{f'{mark:g} s':>10}" for mark in marks)
        print(f"{'instance':14}{'best bound':>12}  {'method':20}{heads}  status")
    if arguments.read:
        for name, rows in earlier(arguments.read).items():
            _print_rows(name, rows, marks, as_json=arguments.json)
        return
    for kind in arguments.types:
        for size in arguments.sizes:
            n_agents, n_tasks = (int(part) for part in size.split("x"))
            task = {"type": kind, "n_agents": n_agents, "n_tasks": n_tasks, "seed": arguments.seed}
            rows = [
                _run(task, method, marks[-1], arguments.threads) | {"method": method, **task}
                for method in arguments.methods
            ]
            _print_rows(f"{kind} {size}", rows, marks, as_json=arguments.json)


def earlier(files: list[Path]) -> dict[str, list[dict[str, Any]]]:
    r"""Read the rows of earlier runs by instance, in the order of the table; one row a method, the last.

    Where a method ran twice, the better of its bounds is kept: both are proved.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
    ...     for method in ("highs", "cp-sat", "highs"):
    ...         row = {"instance": "c 5x100", "method": method, "bound": None}
    ...         _ = file.write(json.dumps(row) + "\n")
    ...     file.flush()
    ...     [row["method"] for row in earlier([Path(file.name)])["c 5x100"]]
    ['cp-sat', 'highs']
    """
    rows = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    each: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        key = row["instance"], row["method"]
        bounds = [one["bound"] for one in (row, each.get(key, row)) if one["bound"] is not None]
        each[key] = row | {"bound": max(bounds, default=None)}
    sizes = {f"{m}x{n}": place for place, (m, n) in enumerate(SIZES)}
    methods = {name: place for place, name in enumerate(METHODS)}

    def place(key: tuple[str, str]) -> tuple[str, int, int]:
        kind, _, size = key[0].partition(" ")
        return kind, sizes.get(size, len(sizes)), methods.get(key[1], len(methods))

    found: dict[str, list[dict[str, Any]]] = {}
    for key in sorted(each, key=place):
        found.setdefault(key[0], []).append(each[key])
    return found


def gaps_at(
    incumbents: list[tuple[float, float]], bound: float | None, marks: list[float]
) -> list[float | None]:
    """Share by which the best incumbent up to each mark lies above a bound, None where there is none.

    Examples
    --------
    >>> gaps_at([(0.5, 110.0), (12.0, 101.0)], 100.0, [0.1, 10.0, 60.0])
    [None, 0.1, 0.01]
    """
    gaps: list[float | None] = []
    for mark in marks:
        held = [objective for seconds, objective in incumbents if seconds <= mark]
        # a bound may be beyond the best plan by its rounding
        gaps.append(max((min(held) - bound) / abs(bound), 0.0) if held and bound else None)
    return gaps


def _print_rows(name: str, rows: list[dict[str, Any]], marks: list[float], *, as_json: bool) -> None:
    bounds = [row["bound"] for row in rows if row["bound"] is not None]
    bound = max(bounds) if bounds else None
    for row in rows:
        row["gaps"] = gaps_at(row["incumbents"], bound, marks)
        if as_json:
            print(json.dumps({"instance": name, "best_bound": bound, **row}), flush=True)
            continue
        shown = "".join(f"{'-' if gap is None else f'{100 * gap:.2f} %':>10}" for gap in row["gaps"])
        best = "-" if bound is None else f"{bound:,.0f}"
        print(f"{name:14}{best:>12}  {row['method']:20}{shown}  {row['status']}", flush=True)


def _run(task: dict[str, Any], method: str, limit: float, threads: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "allocare.benchmarks.gap_table", "--one"]
    command.append(json.dumps({"task": task, "method": method, "limit": limit, "threads": threads}))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["no output"]
        return {"status": f"failed: {lines[-1]}", "bound": None, "objective": None, "incumbents": []}
    row: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return row


def _one(task: dict[str, Any], method: str, limit: float, threads: int) -> dict[str, Any]:
    import allocare

    problem = allocare.generate("gap", **task)
    incumbents: list[tuple[float, float]] = []
    began = time.perf_counter()
    solution = allocare.solve(
        problem,
        method,
        time_limit=limit,
        threads=None if method.startswith("pyomo:scip") else threads,
        on_incumbent=lambda seconds, objective, bound: incumbents.append((seconds, objective)),
    )
    complete = solution.status.value in ("optimal", "feasible")
    if complete and solution.objective is not None:
        incumbents.append((min(time.perf_counter() - began, limit), solution.objective))
    return {
        "status": solution.status.value,
        "objective": solution.objective,
        "bound": solution.bound,
        "seconds": solution.solve_seconds,
        "incumbents": incumbents,
    }


if __name__ == "__main__":
    main()
