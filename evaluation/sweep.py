"""One parameter swept over values: each problem is solved from the solution of the one before."""

from __future__ import annotations

from dataclasses import fields, replace
from difflib import get_close_matches
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeAlias

import pandas as pd

from ..instances.errors import InputError
from ..solvers.backend import Options, Task
from ..solvers.solve import refusal, solve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ..instances.problem import Problem
    from ..solvers.solution import Solution

    Change: TypeAlias = str | Callable[[Problem, Any], Problem]

COLUMNS = (
    "value",
    "status",
    "objective",
    "bound",
    "served",
    "unmet",
    "seconds",
    "proved_by",
    "backend",
    "how",
)


RESOLVED_LANES = 200_000
"""Lanes, over all values of a sweep, from which the network simplex earns its import by re-solving."""


def sweep(
    problem: Problem, change: Change, values: Iterable[Any], *, backend: str = "auto", **options: Any
) -> pd.DataFrame:
    """Solve a problem for each of several values of one thing, every time to a checked solution.

    Parameters
    ----------
    problem
        What to start from.
    change
        Name of one of the problem's fields, such as ``"minimum_service"``, or a function that makes the
        changed problem from the problem and a value.
    values
        The values, best in ascending or descending order: each solve starts from the one before.
    backend, options
        As for `allocare.solve`; ``"auto"`` chooses once, for all values.

    Returns
    -------
    pandas.DataFrame
        One row a value: what is held, objective, bound, quantities served and unmet, seconds from the value
        to the checked plan, what proves it, the backend, and how it was solved or re-solved.

    Raises
    ------
    InputError
        For a field that the problem does not have, or a value that it cannot have.

    Examples
    --------
    >>> import allocare
    >>> problem = allocare.example("degenerate")
    >>> table = sweep(problem, lambda start, more: replace(start, supply=start.supply + more), [0, 1])
    >>> table[["value", "status"]].to_dict("list")
    {'value': [0, 1], 'status': ['optimal', 'optimal']}
    """
    given = list(values)
    changed = _by_field(problem, change) if isinstance(change, str) else change
    rows = []
    name, earlier = backend, None
    for value in given:
        started = perf_counter()
        current = changed(problem, value)
        if earlier is None:
            name = _for_many(current, len(given)) if backend == "auto" else backend
            solution = solve(current, name, **options)
        else:
            solution = earlier.resolve(current, **options)
        how = solution.reason if earlier is not None else f"solved first, on {solution.backend}"
        rows.append(_row(value, solution, perf_counter() - started, how))
        if solution.allocation is not None:
            earlier = solution
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _by_field(problem: Problem, field: str) -> Callable[[Problem, Any], Problem]:
    known = [each.name for each in fields(problem)]
    if field not in known:
        near = get_close_matches(field, known, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(known)}"
        raise InputError(f"a {problem.kind} problem has no field {field!r}; {hint}")

    def change(start: Problem, value: Any) -> Problem:
        changes: dict[str, Any] = {field: value}
        return replace(start, **changes)

    return change


def _for_many(problem: Problem, count: int) -> str:
    """Backend for many problems of a kind: one that can re-solve, where there is enough to solve."""
    simplex = "network-simplex"
    pays = problem.size * count >= RESOLVED_LANES
    if problem.kind == "transportation" and pays and refusal(Task(problem), simplex, Options()) is None:
        return simplex
    return "auto"


def _row(value: Any, solution: Solution, seconds: float, how: str) -> dict[str, Any]:
    return {
        "value": value,
        "status": solution.status.value,
        "objective": solution.objective,
        "bound": solution.bound,
        "served": solution.served,
        "unmet": solution.unmet,
        "seconds": seconds,
        "proved_by": solution.proved_by,
        "backend": solution.backend,
        "how": how,
    }
