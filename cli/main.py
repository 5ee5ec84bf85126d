"""The ``allocare`` command: one line per error, and an exit code that says what kind it is."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import typer

from ..instances.errors import AllocareError
from .bench import bench
from .commands import (
    backends_command,
    check_command,
    compare_command,
    examples_command,
    generate_command,
    schema_command,
    solve_command,
)
from .data_commands import data
from .demand_command import demand_command
from .fairness_command import fairness_command
from .forecast_commands import backtest_command, forecast_command
from .policy_commands import policy_check_command

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

app = typer.Typer(
    name="allocare",
    help="Decide who gets scarce medical resources: exactly, checked, beside greedy baselines.\n\n"
    "Exit codes: 0 done; 2 bad input; 3 proved infeasible (or a plan that breaks a rule); "
    "4 a limit with nothing held; 1 a defect of Allocare.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
COMMANDS: dict[str, Callable[..., int]] = {
    "solve": solve_command,
    "compare": compare_command,
    "check": check_command,
    "fairness": fairness_command,
    "demand": demand_command,
    "backends": backends_command,
    "examples": examples_command,
    "generate": generate_command,
    "schema": schema_command,
    "forecast": forecast_command,
    "backtest": backtest_command,
}
for name, command in COMMANDS.items():
    app.command(name)(command)
policy_app = typer.Typer(help="Policies as a test suite for plans.", no_args_is_help=True)
policy_app.command("check")(policy_check_command)
app.add_typer(policy_app, name="policy")
app.add_typer(bench)
app.add_typer(data)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code.

    Examples
    --------
    >>> main(["schema", "no-such-kind"])  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    SystemExit: 2
    """
    try:
        code = app(args=arguments, standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except AllocareError as error:
        _leave(f"allocare: {error}", error.exit_code)
    except KeyboardInterrupt:
        _leave("allocare: interrupted", 130)
    except BrokenPipeError:
        # the reader of our output went away; keep Python from complaining when it flushes
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except Exception as error:
        if hasattr(error, "format_message"):
            _leave(f"allocare: {error.format_message()}", 2)
        if "ALLOCARE_DEBUG" in os.environ:
            raise
        hint = "set ALLOCARE_DEBUG=1 to see where, and please report it"
        _leave(f"allocare: this is a defect of Allocare: {type(error).__name__}: {error} ({hint})", 1)


def _leave(line: str, code: int) -> None:
    print(" ".join(line.split()), file=sys.stderr)
    sys.exit(code)
