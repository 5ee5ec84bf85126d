"""What is done with results: ``allocare bench report``, ``compare`` and ``hunt``."""

# annotations are read at run time here, so they are not postponed
from pathlib import Path
from typing import Annotated, Any

import typer

Results = Annotated[Path, typer.Argument(help="A folder that 'bench run' wrote.")]
Seed = Annotated[int, typer.Option("--seed", help="Seed of every random choice.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


def report_command(
    results: Results,
    out: Annotated[Path, typer.Option("--out", help="Folder for the report.")],
    title: Annotated[str, typer.Option("--title", help="Of the report; default: the suite's.")] = "",
    shift: Annotated[
        float, typer.Option("--shift", help="Seconds added before the geometric means are taken.")
    ] = 1.0,
    seed: Seed = 0,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a report in --out.")] = False,
) -> int:
    """Write a report of results: a page, Markdown, tables as CSV and LaTeX, figures as PNG and SVG."""
    from ..benchmarks.results import DONE, load, title_of
    from ..instances.errors import InputError
    from ..reports.bench.findings import Findings
    from ..reports.bench.storage import PAGE, refuse_destination, save_report
    from ..reports.bench.words import summary
    from ..reports.drawing import require_report_libraries
    from .progress import spinning

    if not 0 < shift < float("inf"):
        raise InputError(f"--shift is {shift:g}; give seconds above 0")
    require_report_libraries()
    refuse_destination(out, overwrite=overwrite)
    with spinning(f"reading {results}") as say:
        findings = Findings.of(load(results), shift, seed)
        say(f"reporting on {len(findings.runs.frame)} runs")
        finished = (results / DONE).exists()
        title = title or title_of(results)
        folder = save_report(findings, out, title=title, finished=finished, overwrite=overwrite)
    for line in summary(findings):
        print(line)
    print(f"wrote {folder / PAGE}")
    return 0


def compare_results_command(
    before: Annotated[Path, typer.Argument(help="Results to compare with.")],
    after: Annotated[Path, typer.Argument(help="Results that may have regressed.")],
    seed: Seed = 0,
    json: Json = False,
) -> int:
    """Compare two result sets of the same suite; exit 3 where the second is worse, with significance."""
    from ..benchmarks.results import load
    from ..benchmarks.statistics.before_after import before_after
    from .progress import spinning
    from .show import print_json

    with spinning(f"comparing {before} with {after}"):
        found = before_after(load(before), load(after), seed=seed)
    regressions = found.regressions
    if json:
        tables = {"outcomes": found.outcomes, "success": found.success, "quality": found.quality}
        tables["times"] = found.times
        records: dict[str, Any] = {name: _records(table) for name, table in tables.items()}
        print_json({"regressions": regressions, "remarks": list(found.remarks)} | records)
    else:
        _show(found, regressions)
    return 3 if regressions else 0


def hunt_command(
    rule: Annotated[str, typer.Argument(help="A backend, or a greedy rule by its bare name.")],
    generator: Annotated[str, typer.Option("--generator", help="What makes the instances, e.g. hospitals.")],
    out: Annotated[Path, typer.Option("--out", help="New folder for what is found.")],
    settings: Annotated[
        list[str] | None,
        typer.Argument(help="Options held at a value, NAME=VALUE, or searched in a range, NAME=LOW..HIGH."),
    ] = None,
    budget: Annotated[int, typer.Option("--budget", help="Number of instances.")] = 200,
    seed: Seed = 0,
    time_limit: Annotated[float, typer.Option("--time-limit", help="Seconds for each exact solve.")] = 10.0,
    json: Json = False,
) -> int:
    """Search a generator's options for the instances on which a rule does worst, and save the worst."""
    from ..benchmarks.hunting.findings import in_words, record, save_hunt
    from ..benchmarks.hunting.hunt import hunt
    from .commands import refuse_existing
    from .progress import spinning
    from .show import print_json

    refuse_existing(out)
    fixed, ranges = _settings(settings or [])
    with spinning(f"hunting for the worst of {rule}") as say:
        found = hunt(
            rule,
            generator,
            budget,
            seed,
            fixed=fixed,
            ranges=ranges,
            time_limit=time_limit,
            on_trial=lambda line: say(f"hunting for the worst of {rule}: {line['trial'] + 1} of {budget}"),
        )
        pictures = _pictures(found)
        folder = save_hunt(found, out, pictures)
    if json:
        print_json(record(found) | {"out": str(folder)})
        return 0
    for line in in_words(found):
        print(line)
    print(f"wrote {folder}")
    if pictures is None:
        print("note: there is no figure without pip install 'allocare[report]'")
    return 0


def _pictures(found: Any) -> dict[str, bytes] | None:
    """The hunt's figure as PNG and SVG; None where the libraries for it are not installed."""
    from ..instances.errors import CapabilityError
    from ..reports.bench.hunt_figure import hunt_figure
    from ..reports.drawing import png, settle, svg

    try:
        drawing = hunt_figure(found)
    except CapabilityError:
        return None
    if drawing is None:
        return {}
    settle(drawing.figure)
    return {
        f"{drawing.name}.png": png(drawing.figure),
        f"{drawing.name}.svg": svg(drawing.figure, drawing.name).encode(),
    }


def _settings(texts: list[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Tell values from ranges."""
    from ..benchmarks.hunting.spaces import Axis
    from ..instances.errors import InputError
    from .loading import key_values

    ranged = [text for text in texts if ".." in text.partition("=")[2]]
    ranges = {}
    for text in ranged:
        name, _, value = text.partition("=")
        low, high = (key_values([f"{name}={end}"], "range")[name] for end in value.split("..", 1))
        if not all(isinstance(end, int | float) for end in (low, high)) or low > high:
            raise InputError(f"range {text!r} is not NAME=LOW..HIGH with numbers in this order")
        whole = isinstance(low, int) and isinstance(high, int)
        ranges[name] = Axis(low, high, whole=whole, log=low > 0 and high / low >= 10)
    fixed = key_values([text for text in texts if text not in ranged], "generator option")
    return fixed, ranges


def _show(found: Any, regressions: list[str]) -> None:
    from ..benchmarks.presentation import interval, number, percent
    from .show import show_table

    lines = []
    for row in found.times.to_dict("records"):
        ratio = interval(row["effect"], row["low"], row["high"], lambda value: number(value, 3))
        part = {"family": row["family"], "backend": row["backend"], "instances": row["instances"]}
        lines.append(
            part | {"time after / before": ratio, "p (Holm)": row["p_holm"], "verdict": row["verdict"]}
        )
    show_table("Times", lines)
    lines = []
    for row in found.quality.to_dict("records"):
        if row["effect"] == 0 and row["low"] == row["high"]:
            continue
        change = interval(row["effect"], row["low"], row["high"], lambda value: percent(value, 3))
        part = {"family": row["family"], "backend": row["backend"], "instances": row["instances"]}
        lines.append(
            part | {"gap after - before": change, "p (Holm)": row["p_holm"], "verdict": row["verdict"]}
        )
    if lines:
        show_table("Plans that changed", lines)
    if len(found.outcomes):
        show_table("Outcomes that changed", found.outcomes.drop(columns="regression").to_dict("records"))
    for remark in found.remarks:
        print(f"note: {remark}")
    count = len(regressions)
    print(f"{count} regression{'s' if count > 1 else ''}" if count else "no regression")
    for line in regressions:
        print(f"  {line}")


def _records(table: Any) -> Any:
    return table.astype(object).where(table.notna(), None).to_dict("records")
