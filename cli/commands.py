"""What each command does. Heavy imports stand inside the commands that need them."""

# annotations are read at run time here, so they are not postponed
from pathlib import Path
from typing import Annotated, Any

import typer

File = Annotated[str, typer.Argument(help="An instance file or folder, or the name of a bundled example.")]
Format = Annotated[str | None, typer.Option("--as", help="Read the file as this format, e.g. orlib-gap.")]
SenseOption = Annotated[str | None, typer.Option("--sense", help="min or max, for formats that do not say.")]
TimeLimit = Annotated[float | None, typer.Option("--time-limit", help="Seconds of solving.")]
Gap = Annotated[
    float | None, typer.Option("--gap", help="Relative gap that is good enough; default: proved.")
]
Threads = Annotated[int | None, typer.Option("--threads", help="Threads for the solver.")]
Seed = Annotated[int, typer.Option("--seed", help="Seed of every random choice.")]
Attributes = Annotated[
    Path | None, typer.Option("--attributes", help="CSV or Parquet table of the agents' attributes.")
]
Key = Annotated[
    str | None, typer.Option("--key", help="Column of --attributes that holds the agents' keys; the first.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


def solve_command(
    file: File,
    backend: Annotated[
        str, typer.Option("--backend", "-b", help="auto, or a name of 'allocare backends'.")
    ] = "auto",
    as_: Format = None,
    sense: SenseOption = None,
    time_limit: TimeLimit = None,
    gap: Gap = None,
    threads: Threads = None,
    seed: Seed = 0,
    option: Annotated[
        list[str] | None,
        typer.Option("--option", "-o", help="A solver's own option, NAME=VALUE; repeatable."),
    ] = None,
    log: Annotated[bool, typer.Option("--log", help="Print the solver's own log to standard error.")] = False,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the solution.")] = None,
    table: Annotated[str, typer.Option("--table", help="csv or parquet, for the plan in --out.")] = "csv",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a solution in --out.")] = False,
    criterion: Annotated[
        str | None, typer.Option("--criterion", help="What is best, e.g. maximin; default: the instance's.")
    ] = None,
    policies: Annotated[
        Path | None, typer.Option("--policies", help="TOML file of policies; default: the instance's.")
    ] = None,
    attributes: Attributes = None,
    key: Key = None,
    json: Json = False,
) -> int:
    """Solve an instance exactly (or on a named backend), check the plan, and show or save it."""
    from .loading import judged_by, key_values, load_timed, with_table
    from .progress import spinning
    from .show import print_json, show_solution

    with spinning(f"reading {file}"):
        problem, load_seconds = load_timed(file, as_, sense)
    problem = judged_by(with_table(problem, attributes, key), criterion, policies)
    if out is not None:
        refuse_taken(out, overwrite, table)
    from dataclasses import replace

    from ..solvers.solve import solve

    with spinning(f"solving {problem.title or file}"):
        solution = solve(
            problem,
            backend,
            time_limit,
            gap,
            threads,
            seed,
            log=log,
            native=key_values(option or [], "--option"),
        )
    solution = replace(solution, load_seconds=load_seconds)
    if out is not None:
        from ..solvers.storage import save_solution

        save_solution(solution, out, table, overwrite=overwrite)
    if json:
        print_json({"file": file, "title": problem.title, "problem": problem.summary()} | solution.record())
    else:
        show_solution(problem, solution, out)
    return exit_code(solution)


def compare_command(
    file: File,
    backends: Annotated[
        str | None, typer.Option("--backends", "-b", help="Comma-separated names; default: all that can.")
    ] = None,
    as_: Format = None,
    sense: SenseOption = None,
    time_limit: TimeLimit = None,
    gap: Gap = None,
    threads: Threads = None,
    seed: Seed = 0,
    out: Annotated[Path | None, typer.Option("--out", help="CSV or Parquet file for the table.")] = None,
    json: Json = False,
) -> int:
    """Solve an instance on several backends and baselines: one row each."""
    from .loading import load_timed
    from .progress import spinning
    from .show import print_json, show_comparison

    with spinning(f"reading {file}"):
        problem, _ = load_timed(file, as_, sense)
    from ..evaluation.compare import compare, default_backends
    from ..solvers.registry import backend as known

    if backends:
        names = [name.strip() for name in backends.split(",")]
    else:
        names = default_backends(problem, limited=time_limit is not None)
    for name in names:
        if name != "auto":
            known(name)
    if out is not None:
        refuse_existing(out)
    with spinning(f"comparing {len(names)} backends") as say:
        frame = compare(
            problem,
            names,
            on_row=lambda row: say(f"comparing {len(names)} backends: {row['backend']} is done"),
            time_limit=time_limit,
            gap=gap,
            threads=threads,
            seed=seed,
        )
    if out is not None:
        from ..instances.plan_files import write_plan

        write_plan(frame, out)
    if json:
        rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
        print_json({"file": file, "title": problem.title, "problem": problem.summary(), "rows": rows})
    else:
        show_comparison(problem, frame)
    return 0


def check_command(
    file: File,
    plan: Annotated[Path, typer.Argument(help="A plan: CSV, Parquet, or a folder that 'solve --out' wrote.")],
    as_: Format = None,
    sense: SenseOption = None,
    json: Json = False,
) -> int:
    """Check any plan against an instance, whoever made it; exit 3 where it breaks a rule."""
    from .loading import load_timed
    from .show import print_json, show_check

    problem, _ = load_timed(file, as_, sense)
    from ..instances.plan_files import read_plan
    from ..models.check import check

    report = check(problem, read_plan(plan))
    if json:
        violations = [
            {"rule": v.rule, "where": v.where, "amount": v.amount, "message": v.message}
            for v in report.violations
        ]
        print_json(
            {
                "feasible": report.feasible,
                "objective": report.objective,
                "served": report.served,
                "unmet": report.unmet,
                "violation_count": report.violation_count,
                "violations": violations,
            }
        )
    else:
        show_check(problem, report)
    return 0 if report.feasible else 3


def backends_command(json: Json = False) -> int:
    """List the backends: what each can do, and whether it is available here."""
    from ..solvers.registry import BACKENDS
    from .show import print_json, show_table

    rows = [
        {
            "backend": entry.name,
            "solves": entry.solves,
            "families": ", ".join(sorted(entry.families)),
            "exact": entry.exact,
            "available": entry.unavailable() or "yes",
            "version": entry.version,
        }
        for entry in BACKENDS.values()
    ]
    if json:
        print_json(rows)
    else:
        show_table("Backends", rows)
    return 0


def examples_command(
    name: Annotated[str | None, typer.Argument(help="An example to copy out.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="New folder to copy the example into.")] = None,
    json: Json = False,
) -> int:
    """List the bundled examples, or copy one out as a start for your own."""
    from ..instances.errors import InputError
    from ..instances.examples import example, examples
    from ..instances.formats import write
    from .show import print_json, show_table

    if name is not None:
        if out is None:
            raise InputError("give --out FOLDER to copy the example into", f"example {name!r}")
        chosen = example(name)
        refuse_existing(out)
        write(chosen, out, "native")
        print(f"wrote {out}")
        return 0
    frame = examples()
    rows: list[Any] = frame.astype(object).where(frame.notna(), None).to_dict("records")
    if json:
        print_json(rows)
    else:
        show_table("Bundled examples (allocare solve NAME)", rows)
    return 0


def generate_command(
    kind: Annotated[
        str,
        typer.Argument(
            help="transportation, assignment, gap, hospitals, ventilators, beds, programmes, stocking, "
            "network-plan."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder (or file, with --as) to write.")],
    settings: Annotated[
        list[str] | None, typer.Argument(help="The generator's options, NAME=VALUE, e.g. n_sources=100.")
    ] = None,
    seed: Seed = 0,
    as_: Annotated[str | None, typer.Option("--as", help="Format to write; default: native.")] = None,
) -> int:
    """Generate a seeded instance and write it."""
    from ..instances.formats import write
    from ..instances.generators import generate
    from .loading import key_values
    from .progress import spinning

    with spinning(f"generating {kind}"):
        problem = generate(kind, seed=seed, **key_values(settings or [], "generator option"))
        refuse_existing(out)
        path = write(problem, out, as_)
    print(f"wrote {path}")
    return 0


def schema_command(
    kind: Annotated[str, typer.Argument(help="A kind of problem, e.g. transportation.")],
) -> int:
    """Print the JSON Schema of a native manifest."""
    from ..instances.manifest import schema
    from .show import print_json

    print_json(schema(kind))
    return 0


def exit_code(solution: Any) -> int:
    """Exit code of a solve: 0 with a plan, 3 proved that there is none, 4 nothing held."""
    from ..solvers.solution import HOLDS_PLAN, Status

    if solution.status in HOLDS_PLAN:
        return 0
    return 4 if solution.status is Status.UNKNOWN else 3


def refuse_existing(out: Path) -> None:
    """Refuse to write an instance or a table over something that is there."""
    from ..instances.errors import InputError

    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise InputError("something is already there; choose another name for --out", str(out))


def refuse_taken(out: Path, overwrite: bool, table: str) -> None:
    """Refuse a destination before the solve rather than after it."""
    from ..instances.errors import InputError
    from ..solvers.storage import FORMATS, RECORD

    if table not in FORMATS:
        raise InputError(f"--table is {table!r}; give {' or '.join(FORMATS)}")
    if (out / RECORD).exists() and not overwrite:
        raise InputError("a solution is already there; choose another folder or add --overwrite", str(out))
    if out.exists() and not out.is_dir():
        raise InputError("this is a file; --out takes a folder", str(out))
