"""The commands of the benchmark lab: ``allocare bench ...``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from .bench_reports import compare_results_command, hunt_command, report_command
from .bench_runs import list_command, run_command

if TYPE_CHECKING:
    from collections.abc import Callable

bench = typer.Typer(
    name="bench",
    help="Compare methods on suites of instances, with numbers that hold.",
    no_args_is_help=True,
)
COMMANDS: dict[str, Callable[..., int]] = {
    "run": run_command,
    "list": list_command,
    "report": report_command,
    "compare": compare_results_command,
    "hunt": hunt_command,
}
for name, command in COMMANDS.items():
    bench.command(name)(command)
