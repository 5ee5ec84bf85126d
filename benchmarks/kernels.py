"""Allocare beside the fastest other ways to the same optimum, one process a measurement.

Run it with ``python -m allocare.benchmarks.kernels``; peers come with ``pip install 'allocare[peers]'``.

Every run of every contestant is a process of its own that makes its instance from a seed, imports and
prepares outside the clock, and times one call: for Allocare from the problem in memory to the checked,
labelled solution, for a kernel its own call with arrays ready, for a modelling layer from arrays to the
objective. Contestants take turns, so that what else the machine does hits all alike. A row gives the
median of a contestant's runs, their range, and the time on the processor, which other work on the machine
disturbs less. It holds every objective against the planted optimum or Allocare's own, proved one, and says
of each target whether it is met. A contestant that is slow is run once or twice.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any

from .isolation import Unavailable, measured, run_alone
from .rows import ROWS

if TYPE_CHECKING:
    from .rows import Row, Target

BUDGET = 40.0
"""Seconds after which a contestant is not run again."""

AGREES = 1e-9


def main(arguments: list[str] | None = None) -> None:
    """Run the rows asked for and print their tables; exit 1 where an answer is wrong or a run fails."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", default="*", help="rows whose name matches, e.g. 'levels-*'")
    parser.add_argument("--without", default="", help="contestants to leave out, e.g. 'highs'")
    parser.add_argument("--repeats", type=int, default=5, help="runs of each contestant")
    parser.add_argument("--timeout", type=float, default=150.0, help="seconds that one run may take")
    parser.add_argument(
        "--quick", action="store_true", help="small instances, once, in this process: a smoke, no verdicts"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a row instead of tables")
    parser.add_argument("--alone", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.alone:
        row, contestant = given.alone
        print(json.dumps(_alone(row, contestant, given.quick)))
        return
    names = [name for name in ROWS if fnmatch(name, given.only)]
    if not names:
        sys.exit(f"no row matches {given.only!r}; rows: {', '.join(ROWS)}")
    wrong = False
    for name in names:
        record = _race(name, given.without, 1 if given.quick else given.repeats, given.timeout, given.quick)
        wrong |= bool(record["wrong"])
        print(json.dumps(record) if given.json else _table(record), flush=True)
    sys.exit(1 if wrong else 0)


def _alone(row: str, contestant: str, quick: bool) -> dict[str, Any]:
    """Run one contestant once, in this process."""
    entry = ROWS[row]
    subject = entry.subject(contestant)
    try:
        case = subject.quick() if quick else subject.full()
    except Unavailable as reason:
        return {"unavailable": str(reason)}
    found = measured(lambda: entry.contestants[contestant](case))
    return found | {"size": case.problem.size, "optimum": case.optimum}


def _race(name: str, without: str, repeats: int, timeout: float, quick: bool) -> dict[str, Any]:
    row = ROWS[name]
    runs: dict[str, list[dict[str, Any]]] = {
        contestant: [] for contestant in row.contestants if not fnmatch(contestant, without)
    }
    for _ in range(repeats):
        for contestant, done in runs.items():
            if any("seconds" not in run for run in done) or sum(run["seconds"] for run in done) > BUDGET:
                continue
            if quick:
                done.append(_alone(name, contestant, quick))
            else:
                done.append(run_alone("allocare.benchmarks.kernels", ["--alone", name, contestant], timeout))
    figures = {contestant: _figures(done) for contestant, done in runs.items()}
    return {
        "row": name,
        "title": row.title,
        "quick": quick,
        "contestants": figures,
        "verdicts": [_verdict(target, figures, quick) for target in row.targets],
        "wrong": _wrong(row, figures),
    }


def _figures(runs: list[dict[str, Any]]) -> dict[str, Any]:
    without = [run for run in runs if "seconds" not in run]
    if without:
        return without[0]
    seconds = [run["seconds"] for run in runs]
    parts = {name: statistics.median(run["parts"][name] for run in runs) for name in runs[0]["parts"]}
    peaks = [run["peak_mib"] for run in runs if run["peak_mib"] is not None]
    return {
        "seconds": statistics.median(seconds),
        "least": min(seconds),
        "most": max(seconds),
        "cpu": statistics.median(run["cpu"] for run in runs),
        "runs": len(runs),
        "peak_mib": statistics.median(peaks) if peaks else None,
        "objective": runs[0]["objective"],
        "optimum": runs[0]["optimum"],
        "size": runs[0]["size"],
        **parts,
    }


def _verdict(target: Target, figures: dict[str, dict[str, Any]], quick: bool) -> dict[str, Any]:
    if target.measure == "per lane":
        return _growth_verdict(target, figures, quick)
    unit = {"seconds": "s", "build": "s to build", "peak_mib": "MiB at most"}[target.measure]
    limit = f"<= {target.at_most:.3g} x {target.of}" if target.of else f"<= {target.at_most:g} {unit}"
    label = f"{target.ours} {limit}" + (f" ({unit})" if target.of and target.measure != "seconds" else "")
    mine = figures.get(target.ours, {}).get(target.measure)
    theirs = figures.get(target.of, {}).get(target.measure) if target.of else 1.0
    late = figures.get(target.of, {}).get("more_than")
    if mine is not None and late is not None and target.measure == "seconds":
        # a peer that was not done in time took longer still
        met = True if mine / late <= target.at_most else None
        return {"target": label, "value": mine / late, "most": True, "met": None if quick else met}
    if mine is None or not theirs:
        return {"target": label, "value": None, "met": None}
    value = mine / theirs
    cpu = None
    if target.of and target.measure == "seconds":
        cpu = figures[target.ours]["cpu"] / figures[target.of]["cpu"]
    return {"target": label, "value": value, "cpu": cpu, "met": None if quick else value <= target.at_most}


def _growth_verdict(target: Target, figures: dict[str, dict[str, Any]], quick: bool) -> dict[str, Any]:
    label = f"cost per lane within a factor of {target.at_most:g}"
    if any("seconds" not in figure for figure in figures.values()):
        return {"target": label, "value": None, "met": None}
    cost = [figure["seconds"] / figure["size"] for figure in figures.values()]
    value = max(cost) / min(cost)
    return {"target": label, "value": value, "met": None if quick else value <= target.at_most}


def _wrong(row: Row, figures: dict[str, dict[str, Any]]) -> list[str]:
    """Answers that are not the optimum, and runs that failed."""
    wrong = [f"{name}: {figure['failed']}" for name, figure in figures.items() if "failed" in figure]
    answers = {name: f["objective"] for name, f in figures.items() if f.get("objective") is not None}
    if not row.decides or not answers:
        return wrong
    planted = next((f["optimum"] for f in figures.values() if f.get("optimum") is not None), None)
    own = answers.get("allocare")
    optimum = planted if planted is not None else own if own is not None else min(answers.values())
    for name, objective in answers.items():
        allowed = row.tolerance.get(name, AGREES) * (1 + abs(optimum))
        if abs(objective - optimum) > allowed:
            wrong.append(f"{name}: objective {objective!r}, the optimum is {optimum!r}")
    return wrong


def _table(record: dict[str, Any]) -> str:
    sizes = [figure["size"] for figure in record["contestants"].values() if "size" in figure]
    lines = [f"\n{record['title']}" + (f" ({max(sizes):,} decisions)" if sizes else "")]
    for name, figure in record["contestants"].items():
        if "seconds" not in figure:
            lines.append(f"  {name:18}{figure.get('unavailable') or 'failed: ' + figure['failed']}")
            continue
        spread = f"({figure['least']:.3f}-{figure['most']:.3f})"
        peak = "" if figure["peak_mib"] is None else f"{figure['peak_mib']:9,.0f} MiB"
        parts = " ".join(
            f"{part} {figure[part]:.3f}" for part in ("build", "solve", "check") if part in figure
        )
        lines.append(
            f"  {name:18}{figure['seconds']:9.3f} s {spread:18}{figure['cpu']:9.3f} s cpu"
            f"{figure['runs']:4} runs{peak}  {parts}".rstrip()
        )
    for verdict in record["verdicts"]:
        value = "not measured" if verdict["value"] is None else f"{verdict['value']:.3g}"
        if verdict.get("most"):
            value = f"< {value}"
        if verdict.get("cpu") is not None:
            value += f" (cpu {verdict['cpu']:.3g})"
        met = {True: "met", False: "NOT MET", None: ""}[verdict["met"]]
        lines.append(f"    {verdict['target']:52}{value:>22}  {met}".rstrip())
    lines += [f"    WRONG {line}" for line in record["wrong"]]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
