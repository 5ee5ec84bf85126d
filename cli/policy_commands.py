"""Policies on the command line: a plan's test suite. Heavy imports stand inside the command."""

# annotations are read at run time here, so they are not postponed
from pathlib import Path
from typing import Annotated

import typer

from .commands import Attributes, Format, Json, Key, SenseOption


def policy_check_command(
    plan: Annotated[Path, typer.Argument(help="A plan: CSV, Parquet, or a folder that 'solve --out' wrote.")],
    instance: Annotated[str, typer.Option("--instance", "-i", help="The instance, or a bundled example.")],
    policies: Annotated[
        Path | None, typer.Option("--policies", "-p", help="TOML file; default: the instance's own policies.")
    ] = None,
    as_: Format = None,
    sense: SenseOption = None,
    attributes: Attributes = None,
    key: Key = None,
    junit: Annotated[Path | None, typer.Option("--junit", help="JUnit XML file to write.")] = None,
    json: Json = False,
) -> int:
    """Judge any plan by policies, one line each; exit 3 where one is broken."""
    from .loading import load_timed, with_table
    from .show import print_json, show_verdicts

    problem, _ = load_timed(instance, as_, sense)
    problem = with_table(problem, attributes, key)
    from ..instances.errors import InputError
    from ..instances.plan_files import read_plan
    from ..instances.policy_files import with_policy_file

    if policies is not None:
        problem = with_policy_file(problem, policies)
    elif problem.fairness is None or not problem.fairness.policies:
        raise InputError("it names no policies; give a file of them by --policies", instance)
    from ..evaluation.policy_test import judge_plan, write_junit

    verdicts = judge_plan(problem, read_plan(plan))
    if junit is not None:
        write_junit(verdicts, junit, str(plan))
    if json:
        print_json({"plan": str(plan), "instance": instance, "verdicts": verdicts.to_dict("records")})
    else:
        show_verdicts(verdicts)
    return 0 if verdicts["holds"].all() else 3
