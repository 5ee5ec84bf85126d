"""Running suites: ``allocare bench run`` and ``list``."""

# annotations are read at run time here, so they are not postponed
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]


def run_command(
    suite: Annotated[str, typer.Argument(help="A bundled suite (see 'bench list'), or a TOML file.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for the results.")],
    resume: Annotated[bool, typer.Option("--resume", help="Go on with results that are there.")] = False,
    jobs: Annotated[
        int, typer.Option("--jobs", min=1, help="Runs at a time; more than one disturb each other's times.")
    ] = 1,
    scheduler: Annotated[
        str | None, typer.Option("--scheduler", help="Run on a Dask cluster: tcp://HOST:PORT.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="The data folder; default: the variable ALLOCARE_DATA.")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 1 where a run failed or crashed, or a claim is wrong.")
    ] = False,
    json: Json = False,
) -> int:
    """Run a suite: every run in a process of its own, a row each, kept as soon as it is done."""
    from ..benchmarks.lab.progress import Progress
    from ..benchmarks.lab.runner import run
    from .show import print_json, show_table

    try:
        with Progress() as progress:
            rows = run(suite, out, resume=resume, jobs=jobs, scheduler=scheduler, data=data, watcher=progress)
    except KeyboardInterrupt:
        print(f"allocare: interrupted; the rows in {out} are kept, go on with --resume", file=sys.stderr)
        return 130
    summary = summarise(rows)
    if json:
        print_json({"out": str(out), "rows": len(rows), "backends": summary})
    else:
        show_table(f"{len(rows)} rows in {out}", summary)
    return 1 if strict and any(line["trouble"] or line["wrong"] for line in summary) else 0


def list_command(json: Json = False) -> int:
    """List the bundled suites."""
    from ..benchmarks.lab.bundled import suites
    from .show import print_json, show_table

    rows: list[Any] = suites().to_dict("records")
    if json:
        print_json(rows)
    else:
        show_table("Bundled suites (allocare bench run NAME --out RESULTS)", rows)
    return 0


def summarise(rows: Any) -> list[dict[str, Any]]:
    """One line a backend: how many runs ended how, and the typical gap and time.

    Examples
    --------
    >>> from allocare.benchmarks.results import frame_of
    >>> row = {"instance": "i", "backend": "b", "status": "optimal", "claim": "right", "wall_seconds": 1.0}
    >>> summarise(frame_of([row]))[0]["optimal"]
    1
    """
    from ..benchmarks.lab.progress import BAD
    from ..benchmarks.lab.suites import DRIFT

    lines = []
    for name, group in rows[rows["backend"] != DRIFT].groupby("backend", sort=False):
        status = group["status"]
        ended = status.isin(["killed", "out of memory"])
        lines.append(
            {
                "backend": name,
                "runs": len(group),
                "optimal": int((status == "optimal").sum()),
                "feasible": int((status == "feasible").sum()),
                "incomplete": int((status == "incomplete").sum()),
                "not capable": int((status == "not capable").sum()),
                "ended": int(ended.sum()),
                "trouble": int(status.isin(BAD).sum()),
                "wrong": int((group["claim"] == "wrong").sum()),
                "median gap %": float(group["gap_to_reference"].median() * 100),
                "median seconds": float(group.loc[status != "not capable", "wall_seconds"].median()),
            }
        )
    return lines
