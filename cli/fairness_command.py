"""``allocare fairness``: a study of criteria and policies, with its report."""

# annotations are read at run time here, so they are not postponed
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, NamedTuple
from warnings import catch_warnings, simplefilter

import typer

from .commands import Attributes, File, Format, Gap, Json, Key, Seed, SenseOption, Threads, TimeLimit

Side = Annotated[str | None, typer.Option("--agents", help="Who the agents are: targets, tasks ...")]


class Measure(NamedTuple):
    """What was typed about the agents' utilities."""

    utility: Any
    normalised: bool
    agents: str | None
    size: str | None


def fairness_command(
    file: File,
    criteria: Annotated[
        str,
        typer.Option(
            "--criteria",
            help="Separated by commas, e.g. 'maximin,utilitarian'; default: the instance's own, or maximin.",
        ),
    ] = "",
    policies: Annotated[
        str,
        typer.Option(
            "--policies",
            help="Separated by semicolons, e.g. 'floor:value=0.2;cap:value=0.9', or a TOML file; "
            "default: the instance's own.",
        ),
    ] = "",
    groups: Annotated[
        str, typer.Option("--groups", help="Attributes whose groups are compared, e.g. 'region,svi/4'.")
    ] = "",
    rank: Annotated[
        str | None, typer.Option("--rank", help="Attribute that ranks from most to least deprived.")
    ] = None,
    utility: Annotated[str | None, typer.Option("--utility", help="coverage, benefit or burden.")] = None,
    normalised: Annotated[
        bool,
        typer.Option("--normalised", help="Measure utilities from nothing (0) to the most possible (1)."),
    ] = False,
    agents: Side = None,
    size: Annotated[
        str | None, typer.Option("--size", help="People behind each agent: an attribute, need, or equal.")
    ] = None,
    attributes: Attributes = None,
    key: Key = None,
    status_quo: Annotated[
        Path | None, typer.Option("--status-quo", help="The plan in force today: CSV, Parquet or a folder.")
    ] = None,
    range_: Annotated[
        list[str] | None,
        typer.Option("--range", help="A parameter to vary, e.g. 'alpha-fair:alpha=?@0..4'; repeatable."),
    ] = None,
    points: Annotated[
        int, typer.Option("--points", min=2, help="Evenly spaced values of each range to begin with.")
    ] = 20,
    no_ranges: Annotated[bool, typer.Option("--no-ranges", help="Vary nothing.")] = False,
    divisible: Annotated[
        bool, typer.Option("--divisible", help="Let quantities be divided where the problem has whole ones.")
    ] = False,
    bootstrap: Annotated[
        int, typer.Option("--bootstrap", min=0, help="Resamples for intervals, where agents are a sample.")
    ] = 0,
    lang: Annotated[str, typer.Option("--lang", help="Language of the report: en or zh.")] = "en",
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for page, figures, tables and plans.")
    ] = None,
    table: Annotated[str, typer.Option("--table", help="csv or parquet, for the tables in --out.")] = "csv",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a report in --out.")] = False,
    as_: Format = None,
    sense: SenseOption = None,
    time_limit: TimeLimit = None,
    gap: Gap = None,
    threads: Threads = None,
    seed: Seed = 0,
    json: Json = False,
) -> int:
    """Compare criteria and policies on an instance: what each costs, who gains and who pays.

    Exit 3 where no plan keeps all policies: the report then says which conflict, and what would mend it.
    """
    from ..instances.fairness import Fairness
    from .loading import load_timed, with_table
    from .progress import spinning
    from .show import print_json, show_study
    from .study_options import criteria_of, default_ranges, policies_of, ranges_of

    file_of_policies = Path(policies) if policies.strip().endswith(".toml") else None
    chosen, kept = criteria_of(criteria), [] if file_of_policies else policies_of(policies)
    ranges = [] if no_ranges else ranges_of(range_, points) if range_ else default_ranges(points)
    _refuse_early(out, lang, table, overwrite)
    with spinning(f"reading {file}"):
        problem, _ = load_timed(file, as_, sense)
        measure = Measure(utility, normalised, agents, size)
        problem = _measured(_divided(problem) if divisible else problem, measure)
        if file_of_policies is not None:
            from ..instances.policy_files import with_policy_file

            own = problem.fairness
            # what is typed goes before what the file says, and the file before the instance
            problem = _measured(with_policy_file(problem, file_of_policies), measure)
            if own.criterion is not None:
                problem = replace(problem, fairness=replace(problem.fairness, criterion=own.criterion))
        problem = with_table(problem, attributes, key)
        today = None if status_quo is None else _read(status_quo)
    asked = problem.fairness or Fairness()
    from ..evaluation.population import LimitWarning
    from ..evaluation.study import study

    with spinning("comparing plans") as say, catch_warnings():
        # the tables have the limits themselves
        simplefilter("ignore", LimitWarning)
        found = study(
            problem,
            chosen or [asked.criterion or "maximin"],
            kept or asked.policies,
            groups=[name.strip() for name in groups.split(",") if name.strip()],
            rank=rank,
            status_quo=today,
            ranges=ranges,
            bootstrap=bootstrap,
            seed=seed,
            on_step=lambda step: say(f"comparing plans: {step}"),
            time_limit=time_limit,
            gap=gap,
            threads=threads,
        )
    notes: tuple[str, ...] = ()
    if out is not None:
        from ..reports.storage import save_report

        with spinning(f"writing {out}"):
            out, notes = save_report(found, out, language=lang, format=table, overwrite=overwrite)
    if json:
        print_json(_record(file, found, out))
    else:
        show_study(found, out, lang, notes)
    return 0 if found.conflict is None else 3


def _refuse_early(out: Path | None, lang: str, table: str, overwrite: bool) -> None:
    """Refuse a language or a destination before the work rather than after it."""
    from ..reports.storage import refuse_destination
    from ..reports.texts import texts_of

    texts_of(lang)
    if out is not None:
        refuse_destination(out, format=table, overwrite=overwrite)


def _measured(problem: Any, measure: Measure) -> Any:
    """Put what was typed about utilities on a problem, its criterion and policies kept."""
    from ..instances.fairness import Fairness, with_fairness

    own = problem.fairness or Fairness()
    return with_fairness(
        problem,
        own.criterion,
        own.policies,
        utility=measure.utility,
        normalised=measure.normalised,
        agents=measure.agents,
        size=measure.size,
    )


def _divided(problem: Any) -> Any:
    from ..instances.errors import InputError

    if not getattr(problem, "whole", False):
        raise InputError("--divisible is for problems with whole quantities, and this one has none")
    return replace(problem, whole=False)


def _read(plan: Path) -> Any:
    from ..instances.plan_files import read_plan

    return read_plan(plan)


def _record(file: str, found: Any, out: Path | None) -> dict[str, Any]:
    tables = {
        name: frame.astype(object).where(frame.notna(), None).to_dict("records")
        for name, frame in found.tables().items()
        if name not in ("agents", "lorenz", "measures")
    }
    clash = None if found.conflict is None else [str(rule) for rule in found.conflict.policies]
    head = {"file": file, "title": found.problem.title, "seconds": found.seconds, "conflict": clash}
    return head | {"report": None if out is None else str(out)} | tables
