"""What one parameter costs over its range, with the points where the decision changes found, not sampled."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..instances.errors import InputError
from ..instances.fairness import Rule
from ..models.references import best_total
from ..solvers.solution import Status
from ..solvers.solve import solve
from .dispersion import gini
from .judged import judge, notes_in_words, without_dust
from .price_of_fairness import price

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..instances.problem import Problem
    from .judged import Judged

VARIED = "?"
"""What stands in a rule in the place of the parameter that is varied."""

DECIDED = (Status.OPTIMAL.value, Status.INFEASIBLE.value)
"""How a solve ends that says all about its value."""

COLUMNS = (
    "parameter",
    "status",
    "value",
    "total",
    "price_percent",
    "worst",
    "gini",
    "decision",
    "dominated",
    "seconds",
    "note",
)


@dataclass(frozen=True, eq=False)
class Frontier:
    """A parameter's range, solved.

    Parameters
    ----------
    points
        One row a solved value, in ascending order. ``decision`` numbers the different plans as the agents see
        them (or, where plans change steadily, the different straight pieces); ``dominated`` marks a point
        that another one beats in total and in the worst-off, or in total and Gini.
    breakpoints
        Where the decision changes: ``after`` and ``before``, the nearest solved values on both sides.
    plans
        The judged plans, in the points' order; None where there is none.
    """

    points: pd.DataFrame
    breakpoints: pd.DataFrame
    plans: tuple[Judged | None, ...]


def frontier(
    problem: Problem,
    low: float,
    high: float,
    *,
    points: int = 20,
    resolution: float = 1e-3,
    most_solves: int = 200,
    most_seconds: float = np.inf,
    on_point: Callable[[float], None] | None = None,
    **options: Any,
) -> Frontier:
    """Solve a problem over the range of one parameter of its criterion or of a policy.

    Evenly spaced values come first. Where the decision differs between two neighbours the interval is halved
    until it is `resolution` of the range wide; where plans change steadily (shares of a divisible resource),
    two neighbours are one decision while the plan halfway is the mean of theirs. Where a solve ended before
    its plan was proved best, no change is claimed beside it.

    Parameters
    ----------
    problem
        Its fairness has the value ``?`` for exactly one parameter, as in ``utility-threshold:delta=?``.
    low, high
        The range.
    points
        Evenly spaced values to begin with, 2 or more.
    resolution
        Width at which a breakpoint is located, as a share of the range.
    most_solves, most_seconds
        Solves, and time, after which no further breakpoint is looked for.
    on_point
        Called with each value before it is solved, to show progress.
    options
        Passed on to `allocare.solve`.

    Raises
    ------
    InputError
        Where not exactly one parameter is ``?``, or the range is empty.

    Examples
    --------
    >>> import allocare
    >>> problem = allocare.with_fairness(allocare.example("sunray"), "utilitarian", ["cap:value=?"])
    >>> found = frontier(problem, 0.9, 1.1, points=3, resolution=0.5)
    >>> found.points["status"].tolist()
    ['infeasible', 'optimal', 'optimal']
    """
    posed = _posed(problem)
    if not low < high or points < 2:
        raise InputError(
            f"a frontier goes from a lower to a higher value in 2 points or more, not {low} to {high}"
        )
    solved: dict[float, Judged | None] = {}
    notes: dict[float, tuple[str, str, float]] = {}

    def at(value: float) -> Judged | None:
        if value not in solved:
            if on_point is not None:
                on_point(value)
            here = posed(value)
            solution = solve(here, **options)
            solved[value] = None if solution.allocation is None else judge(here, solution)
            notes[value] = (solution.status.value, notes_in_words(solution), solution.seconds)
        return solved[value]

    def decided(value: float) -> bool:
        return notes[value][0] in DECIDED

    began = perf_counter()
    grid = np.linspace(low, high, points).tolist()
    for value in grid:
        at(value)
    narrow = resolution * (high - low)
    breaks = []
    open_intervals = list(pairwise(grid))
    while open_intervals:
        left, right = open_intervals.pop(0)
        if not (decided(left) and decided(right)) or _same(at(left), at(right)):
            continue
        ended = len(solved) >= most_solves or perf_counter() - began > most_seconds
        if right - left <= narrow or ended:
            breaks.append((left, right))
            continue
        middle = 0.5 * (left + right)
        if _straight(at(left), at(middle), at(right)):
            continue
        open_intervals += [(left, middle), (middle, right)]
    return _laid_out(problem, solved, notes, _joined(sorted(breaks)))


def _joined(breaks: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Take breaks side by side as one: a bend inside an interval is found at both of its ends."""
    joined: list[tuple[float, float]] = []
    for left, right in breaks:
        if joined and joined[-1][1] == left:
            joined[-1] = (joined[-1][0], right)
        else:
            joined.append((left, right))
    return joined


def _posed(problem: Problem) -> Callable[[float], Problem]:
    """From a value to the problem with it in the place of the question mark."""
    fairness = problem.fairness
    rules = [] if fairness is None else [fairness.criterion, *fairness.policies]
    varied = [rule for rule in rules if rule is not None and VARIED in rule.parameters.values()]
    if fairness is None or len(varied) != 1 or list(varied[0].parameters.values()).count(VARIED) != 1:
        raise InputError("write ? for exactly one parameter, such as utility-threshold:delta=?")

    def with_value(rule: Rule, value: float) -> Rule:
        parameters = {name: value if given == VARIED else given for name, given in rule.parameters.items()}
        return Rule(rule.name, parameters)

    def posed(value: float) -> Problem:
        criterion = None if fairness.criterion is None else with_value(fairness.criterion, value)
        policies = tuple(with_value(policy, value) for policy in fairness.policies)
        return replace(problem, fairness=replace(fairness, criterion=criterion, policies=policies))

    return posed


def _same(one: Judged | None, other: Judged | None) -> bool:
    """Whether two plans are the same to every agent."""
    if one is None or other is None:
        return one is other
    return _near(one.plan.utility, other.plan.utility)


def _straight(left: Judged | None, middle: Judged | None, right: Judged | None) -> bool:
    """Whether the plan halfway is the mean of its neighbours'."""
    if left is None or middle is None or right is None:
        return False
    return _near(middle.plan.utility, 0.5 * (left.plan.utility + right.plan.utility))


def _near(one: Any, other: Any) -> bool:
    scale = max(abs(one).max(), abs(other).max(), 1e-12)
    return bool(abs(one - other).max() <= 1e-6 * scale)


def _laid_out(
    problem: Problem,
    solved: dict[float, Judged | None],
    notes: dict[float, tuple[str, str, float]],
    breaks: list[tuple[float, float]],
) -> Frontier:
    values = sorted(solved)
    system = best_total(problem)
    starts = np.array([right for _, right in breaks])
    rows = []
    for value in values:
        plan, (status, note, seconds) = solved[value], notes[value]
        row: dict[str, Any] = dict.fromkeys(COLUMNS)
        row |= {"parameter": value, "status": status, "note": note, "seconds": seconds}
        if plan is not None:
            paid = price(system, plan.total)
            utility = without_dust(plan.plan.utility)
            uneven = None if (utility < 0).any() else gini(utility, plan.plan.agents.size)
            row |= {
                "value": plan.solution.objective if plan.solution is not None else None,
                "total": plan.total,
                "price_percent": None if paid is None else 100 * paid,
                "worst": plan.worst,
                "gini": uneven,
                "decision": 1 + int(np.searchsorted(starts, value, side="right")),
            }
        rows.append(row)
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table["dominated"] = _dominated(table, "worst", 1.0) & _dominated(table, "gini", -1.0)
    return Frontier(
        table, pd.DataFrame(breaks, columns=["after", "before"]), tuple(solved[value] for value in values)
    )


def _dominated(table: pd.DataFrame, beside: str, sign: float) -> Any:
    """Points that another one beats in total and in something else."""
    total = table["total"].to_numpy(dtype=np.float64)
    other = sign * table[beside].to_numpy(dtype=np.float64)
    slack = 1e-9 * np.nanmax(np.abs(total), initial=1.0)
    with np.errstate(invalid="ignore"):
        no_worse = (total[None, :] >= total[:, None] - slack) & (other[None, :] >= other[:, None] - 1e-9)
        better = (total[None, :] > total[:, None] + slack) | (other[None, :] > other[:, None] + 1e-9)
    return (no_worse & better).any(axis=1)
