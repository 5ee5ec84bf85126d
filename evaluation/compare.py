"""Backends side by side on one problem, one row each."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..instances.errors import AllocareError, CapabilityError
from ..models.welfare import maximises
from ..solvers.backend import Options, Task
from ..solvers.registry import BACKENDS, GREEDY_RULES
from ..solvers.solution import Status
from ..solvers.solve import refusal, solve

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..instances.problem import Problem
    from ..solvers.solution import Solution

COLUMNS = (
    "backend",
    "status",
    "stop_reason",
    "objective",
    "bound",
    "gap_to_best",
    "served",
    "unmet",
    "seconds",
    "build_seconds",
    "solve_seconds",
    "check_seconds",
    "checked",
    "note",
)


def compare(
    problem: Problem,
    backends: Sequence[str] | None = None,
    *,
    on_row: Callable[[dict[str, Any]], None] | None = None,
    **options: Any,
) -> pd.DataFrame:
    """Solve one problem on several backends and lay the results side by side.

    Parameters
    ----------
    problem
        What to solve.
    backends
        Names as `solve` takes them; None means every backend that can take the problem, and every
        greedy rule that fits its family; heuristics that search on and on only under a time limit.
    on_row
        Called with each row as soon as it is known, to show progress.
    options
        Passed on to `solve`: ``time_limit``, ``gap``, ``threads``, ``seed``.

    Returns
    -------
    pandas.DataFrame
        One row a backend, in the order asked for. `gap_to_best` is how much worse the objective is
        than the best complete plan's of the comparison, as a share of that objective; it is missing
        for plans that leave something out, which do not compare. A backend that cannot take the
        problem or fails is a row too, its status saying so and its note why.

    Examples
    --------
    >>> import allocare
    >>> table = allocare.compare(allocare.example("sunray"), ["min-cost-flow", "greedy:north-west"])
    >>> table[["backend", "objective"]].to_dict("list")
    {'backend': ['min-cost-flow', 'greedy:north-west'], 'objective': [435.0, 520.0]}
    """
    limited = options.get("time_limit") is not None
    names = list(backends) if backends is not None else default_backends(problem, limited=limited)
    rows = []
    for name in names:
        started = time.perf_counter()
        row: dict[str, Any] = dict.fromkeys(COLUMNS)
        try:
            solution = solve(problem, name, **options)
            row |= _row(solution)
            if name == "auto":
                row["note"] = "; ".join(filter(None, (f"chose {solution.backend}", row["note"])))
        except CapabilityError as error:
            row |= {"status": "not capable", "checked": False, "note": str(error)}
        except AllocareError as error:
            row |= {"status": "failed", "checked": False, "note": str(error)}
        row |= {"backend": name, "seconds": time.perf_counter() - started}
        rows.append(row)
        if on_row is not None:
            on_row(row)
    return _with_gaps(pd.DataFrame(rows, columns=list(COLUMNS)), maximises(problem))


def default_backends(problem: Problem, *, limited: bool = False) -> list[str]:
    """Every available backend and greedy rule that can take a problem, exact ones first.

    Heuristics that search for as long as they are let are among them only where time is `limited`.

    Examples
    --------
    >>> import allocare
    >>> "linear-assignment" in default_backends(allocare.example("chores-3x3"))
    True
    """
    rules = [f"greedy:{rule}" for rule in GREEDY_RULES if rule != "default"]
    named = [name for name, entry in BACKENDS.items() if limited or not entry.searches]
    names = [name for name in named if name != "greedy"] + rules
    task, options = Task(problem), Options()
    able = [name for name in names if refusal(task, name, options) is None]
    return sorted(able, key=lambda name: not BACKENDS[name.partition(":")[0]].exact)


def _row(solution: Solution) -> dict[str, Any]:
    return {
        "status": solution.status.value,
        "stop_reason": solution.stop_reason.value,
        "objective": solution.objective,
        "bound": solution.bound,
        "served": solution.served,
        "unmet": solution.unmet,
        "build_seconds": solution.build_seconds,
        "solve_seconds": solution.solve_seconds,
        "check_seconds": solution.check_seconds,
        "checked": solution.checked,
        "note": "; ".join(solution.notes),
    }


def _with_gaps(table: pd.DataFrame, maximise: bool) -> pd.DataFrame:
    comparable = table["status"].isin([Status.OPTIMAL.value, Status.FEASIBLE.value])
    objective = pd.to_numeric(table["objective"], errors="coerce").where(comparable)
    best = objective.max() if maximise else objective.min()
    difference = (best - objective) if maximise else (objective - best)
    scale = abs(best) if best else 1.0
    table["gap_to_best"] = difference / scale
    return table
