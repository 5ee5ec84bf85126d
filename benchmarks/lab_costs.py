"""What the lab itself costs: seconds beside each run, and seconds to report on many rows.

Run it with ``python -m allocare.benchmarks.lab_costs``; it ends with code 1 where a limit is broken. The
overhead of a run is the wall clock of a suite, from its first run to its last row on the disk, less what the
runs themselves took (opening, formulating, solving, checking), a run. The start of a process for every run is
in it. The rows that are reported on are those of the suite, copied with times moved at random until there are
enough of them.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .lab.runner import Watcher, run
from .results import LINES, read_lines

if TYPE_CHECKING:
    from .lab.suites import Suite

OVERHEAD_SECONDS, REPORT_SECONDS, ROWS = 0.060, 20.0, 10_000
SUITE = {
    "name": "costs",
    "time_limit": 5.0,
    "group": [
        {"instances": [{"examples": "*"}], "backends": ["highs", "min-cost-flow", "cp-sat", "greedy:*"]},
        {"instances": [{"generator": "gap"}, {"generator": "beds"}], "backends": ["highs", "greedy:*"]},
    ],
}


class Clock(Watcher):
    """Holds the moment at which the first run started: everything is imported by then."""

    def __init__(self) -> None:
        self.began: float | None = None

    def started(self, request: Any) -> None:
        """Note the first start."""
        self.began = self.began or time.perf_counter()

    def opened(self, suite: Suite, rows: list[dict[str, Any]], runs: int) -> None:
        """Nothing is timed yet."""


def main() -> None:
    """Measure both, print both, and say whether they are within their limits."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=ROWS, help="rows to report on")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = _measure(Path(folder), arguments.rows)
    if arguments.json:
        print(json.dumps(found))
    else:
        _show(found)
    broken = found["overhead_seconds"] > OVERHEAD_SECONDS
    broken |= found["report_seconds"] * ROWS > REPORT_SECONDS * max(found["rows"], ROWS)
    sys.exit(int(broken))


def _measure(folder: Path, rows: int) -> dict[str, Any]:
    """Run a suite of short runs, and report on so many rows of its kind."""
    clock = Clock()
    table = run(SUITE, folder / "results", watcher=clock)
    assert clock.began is not None
    wall = time.perf_counter() - clock.began
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    bare = time.perf_counter() - started
    (folder / "many").mkdir()
    copied = copies(read_lines(folder / "results" / LINES), rows)
    text = "".join(json.dumps(row) + "\n" for row in copied)
    (folder / "many" / LINES).write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "allocare.cli", "bench", "report", str(folder / "many")]
    started = time.perf_counter()
    subprocess.run([*command, "--out", str(folder / "report")], check=True, capture_output=True)
    return {
        "runs": len(table),
        "overhead_seconds": (wall - float(table["wall_seconds"].sum())) / len(table),
        "bare_python_seconds": bare,
        "rows": len(copied),
        "report_seconds": time.perf_counter() - started,
    }


def copies(rows: list[dict[str, Any]], count: int, seed: int = 0) -> list[dict[str, Any]]:
    """Copy rows under names of their own until there are so many, their times moved at random.

    Examples
    --------
    >>> made = copies([{"instance": "a", "solve_seconds": 1.0, "wall_seconds": 1.0}], 3)
    >>> [row["instance"] for row in made]
    ['a', 'a:copy=1', 'a:copy=2']
    """
    moved = np.random.default_rng(seed).lognormal(0.0, 0.3, count)
    made = []
    for at in range(count):
        row, copy = rows[at % len(rows)], at // len(rows)
        times = {name: row[name] * moved[at] for name in ("solve_seconds", "wall_seconds") if row.get(name)}
        named = f"{row['instance']}:copy={copy}" if copy else row["instance"]
        made.append(row | times | {"instance": named})
    return made


def _show(found: dict[str, Any]) -> None:
    print(
        f"{found['runs']} runs: {1000 * found['overhead_seconds']:.1f} ms of overhead each, the start of its "
        f"process included (limit {1000 * OVERHEAD_SECONDS:.0f} ms; a bare Python starts in "
        f"{1000 * found['bare_python_seconds']:.1f} ms)"
    )
    print(
        f"{found['rows']:,} rows: reported in {found['report_seconds']:.1f} s "
        f"(limit {REPORT_SECONDS:g} s for {ROWS:,})"
    )


if __name__ == "__main__":
    main()
