"""How results look in a terminal."""

from __future__ import annotations

import json
import math
import sys
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pandas as pd

    from ..evaluation.study import Study
    from ..instances.problem import Problem
    from ..models.check import CheckReport
    from ..solvers.solution import Solution

PLAN_ROWS = 12


def print_json(value: Any) -> None:
    """Print one JSON document; not-a-number and infinities become null."""
    print(json.dumps(_plain(value), indent=2, ensure_ascii=False, allow_nan=False))


def show_solution(problem: Problem, solution: Solution, out: Path | None) -> None:
    """Show what was solved, what is held and how it was obtained."""
    console = _console()
    console.print(f"[bold]{escape(problem.title or problem.kind)}[/]")
    console.print(escape(_facts(problem)), style="dim")
    objective = "none" if solution.objective is None else _measure(problem, solution.objective)
    console.print(f"status     [bold]{solution.status}[/] ({solution.stop_reason})")
    console.print(f"objective  [bold]{escape(objective)}[/]")
    if solution.bound is not None:
        console.print(f"bound      {_number(solution.bound)}, gap {_number((solution.gap or 0) * 100)} %")
    if solution.stages:
        console.print(f"by class   {', '.join(map(_number, solution.stages))}")
    if solution.served is not None:
        unit = problem.unit("quantity")
        unmet = "" if solution.unmet is None else f", unmet {_number(solution.unmet)}"
        console.print(escape(f"served     {_number(solution.served)}{unmet} {unit}".rstrip()))
    console.print(f"checked    {'yes, independently' if solution.checked else 'nothing to check'}")
    console.print(escape(f"backend    {solution.backend} ({solution.backend_version})"))
    console.print(escape(f"reason     {solution.reason}"))
    parts = [("load", solution.load_seconds), ("build", solution.build_seconds)]
    parts += [("solve", solution.solve_seconds), ("check", solution.check_seconds)]
    console.print(
        "seconds    " + ", ".join(f"{name} {value:.3f}" for name, value in parts if value is not None)
    )
    for note in solution.notes:
        console.print(escape(f"note       {note}"))
    if solution.allocation is not None and len(solution.allocation):
        show_plan(problem, solution.allocation)
    if out is not None:
        console.print(escape(f"saved in {out}"))


def show_plan(problem: Problem, plan: pd.DataFrame) -> None:
    """Show the first rows of a plan."""
    rows: list[dict[str, Any]] = plan.head(PLAN_ROWS).to_dict("records")  # type: ignore[assignment]
    unit = problem.unit("quantity")
    rest = f", first {PLAN_ROWS} of {len(plan)} rows (all with --out)" if len(plan) > PLAN_ROWS else ""
    show_table(f"Plan{f' in {unit}' if unit else ''}{rest}", rows)


def show_comparison(problem: Problem, frame: pd.DataFrame) -> None:
    """Show a comparison, one row a backend."""
    console = _console()
    console.print(f"[bold]{escape(problem.title or problem.kind)}[/]")
    console.print(escape(_facts(problem)), style="dim")
    rows = []
    for record in frame.to_dict("records"):
        gap = record["gap_to_best"]
        rows.append(
            {
                "backend": record["backend"],
                "status": record["status"],
                f"objective{_unit_suffix(problem)}": record["objective"],
                "gap to best": "" if _absent(gap) else f"{gap * 100:.2f} %",
                "served": record["served"],
                "unmet": record["unmet"],
                "seconds": f"{record['seconds']:.3f}",
                "checked": "yes" if record["checked"] else "no",
            }
        )
    show_table("", rows)
    for record in frame.to_dict("records"):
        if record["note"]:
            console.print(escape(f"{record['backend']}: {record['note']}"), style="dim")


def show_study(study: Study, out: Path | None, language: str, notes: tuple[str, ...]) -> None:
    """Show a study: its summary in sentences, plans side by side, policies' verdicts."""
    from ..reports.policy_tables import policy_tables
    from ..reports.summary import summary
    from ..reports.tables import Table as Shown
    from ..reports.tables import criteria_table
    from ..reports.wording import Wording

    words = Wording.of(study, language)
    console = _console()
    for sentence in summary(words):
        console.print(f"- {sentence}", markup=False, highlight=False)
    tables: list[Shown] = [criteria_table(words), *policy_tables(words)[:1]]
    for shown in tables:
        table = Table(header_style="bold")
        for name, numeric in shown.columns:
            table.add_column(escape(name), justify="right" if numeric else "left", overflow="fold")
        for row in shown.rows:
            table.add_row(*map(escape, row))
        console.print(escape(shown.caption), style="italic")
        console.print(table)
    for note in notes:
        console.print(escape(note), style="dim")
    if out is not None:
        console.print(escape(f"saved in {out}"))


def show_check(problem: Problem, report: CheckReport) -> None:
    """Show a check: the verdict, the objective, and what is broken."""
    console = _console()
    verdict = "keeps every rule" if report.feasible else f"breaks {report.violation_count} rules"
    console.print(f"the plan [bold]{verdict}[/]")
    console.print(escape(f"objective  {_measure(problem, report.objective)}"))
    if report.served is not None:
        unmet = "" if report.unmet is None else f", unmet {_number(report.unmet)}"
        console.print(
            escape(f"served     {_number(report.served)}{unmet} {problem.unit('quantity')}".rstrip())
        )
    for violation in report.violations:
        console.print(escape(f"  {violation.message}"))
    if report.violation_count > len(report.violations):
        console.print(f"  and {report.violation_count - len(report.violations)} more")


def show_verdicts(verdicts: pd.DataFrame) -> None:
    """Show one line a policy, and what it comes to."""
    console = _console()
    for line in verdicts.to_dict("records"):
        word = "[green]pass[/green]" if line["holds"] else "[bold red]FAIL[/bold red]"
        places = f" ({line['broken']} places)" if line["broken"] > 1 else ""
        said = f"{escape(line['policy'])}: {escape(line['message'])}{places}"
        console.print(f"{word}  {said}", soft_wrap=True, highlight=False)
    broken = int((~verdicts["holds"]).sum())
    console.print(
        f"{len(verdicts)} policies, {broken} broken" if broken else f"{len(verdicts)} policies hold"
    )


def show_table(title: str, rows: Iterable[dict[str, Any]]) -> None:
    """Show rows as a table; numbers to the right."""
    rows = list(rows)
    table = Table(header_style="bold")
    for name in rows[0] if rows else ():
        numeric = all(isinstance(row[name], int | float) or row[name] is None for row in rows)
        table.add_column(escape(str(name)), justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(escape(_cell(value)) for value in row.values()))
    console = _console()
    if title:
        console.print(escape(title), style="italic")
    console.print(table)


def _console() -> Console:
    # a pipe has no width of its own; 80 columns would cut tables that scripts read
    return Console() if sys.stdout.isatty() else Console(width=160)


def _facts(problem: Problem) -> str:
    facts = [f"{name} {_cell(value)}" for name, value in problem.summary().items() if value is not None]
    return f"{problem.kind}: {', '.join(facts)}"


def _unit_suffix(problem: Problem) -> str:
    unit = problem.unit("objective")
    return f" ({unit})" if unit else ""


def _measure(problem: Problem, value: float) -> str:
    return f"{_number(value)} {problem.unit('objective')}".rstrip()


def _cell(value: Any) -> str:
    if _absent(value):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return _number(value)
    return str(value)


def _number(value: float) -> str:
    if float(value).is_integer() and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.2f}"


def _absent(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
