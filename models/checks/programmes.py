"""The budgets, the groups and the total benefit of budgeted programmes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from .findings import Findings, floor_tolerance, named
from .lane_sums import sums_at
from .report import Valuation

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray
    from ...instances.programmes import ProgrammeProblem


def findings(problem: ProgrammeProblem) -> Findings:
    """Nothing found yet; shares lie between 0 and 1.

    Examples
    --------
    >>> import allocare
    >>> found = findings(allocare.example("health-budget"))
    >>> found.floor, found.whole
    (1e-06, True)
    """
    return Findings(floor_tolerance(1.0), whole=problem.whole)


def decision_name(problem: ProgrammeProblem, at: int) -> str:
    """Write a programme in the user's keys.

    Examples
    --------
    >>> import allocare
    >>> decision_name(allocare.example("health-budget"), 0)
    "programme 'Pacemaker A'"
    """
    return f"programme {named(problem.programmes, at)}"


def examine(problem: ProgrammeProblem, share: FloatArray, found: Findings) -> Valuation:
    """Find what shares of programmes break, and what they are worth.

    Examples
    --------
    >>> from allocare.instances.programmes import ProgrammeProblem
    >>> problem = ProgrammeProblem(
    ...     groups=["hip", "heart"], group_size=[40, 10], programmes=["hip", "valve"], group=[0, 1],
    ...     benefit=[2, 5], budgets=["money"], budget_limit=[60], cost=[[1, 3]], units={"cost": "k£"})
    >>> found = findings(problem)
    >>> examine(problem, np.array([1.0, 1.0]), found).objective
    130.0
    >>> found.worst()[0].message
    "budget of 'money': spends 70 k£, has 60 (10 too much)"
    """
    if problem.whole:
        share = found.not_whole(share, partial(decision_name, problem))
    _shares(problem, share, found)
    _budgets(problem, share, found)
    if problem.one_each:
        _groups(problem, share, found)
    size, gained = problem.group_size[problem.group], problem.benefit * share
    without = problem.group_size * problem.baseline
    scale = float(size @ np.abs(gained)) + float(np.abs(without).sum())
    rounding = found.floor * float((size * np.abs(problem.benefit)).max(initial=0.0))
    return Valuation(float(size @ gained) + float(without.sum()), scale + rounding)


def _shares(problem: ProgrammeProblem, share: FloatArray, found: Findings) -> None:
    def describe(at: int, has: str, limit: str, off: str) -> tuple[str, str]:
        return decision_name(problem, at), f"is {has}, may go to {limit} ({off})"

    found.hold("negative share", share, describe, at_least=0.0)
    found.hold("greatest share", share, describe, at_most=problem.upper)
    required = np.flatnonzero(problem.lower > 0)
    found.hold(
        "least share",
        share[required],
        lambda at, has, limit, off: (
            decision_name(problem, int(required[at])),
            f"is {has}, must be {limit} ({off})",
        ),
        at_least=problem.lower[required],
        left_out=True,
    )


def _budgets(problem: ProgrammeProblem, share: FloatArray, found: Findings) -> None:
    """What each entry of the cost table takes, added up by budget."""
    table = problem.cost
    budget = np.repeat(np.arange(len(problem.budgets), dtype=np.int32), np.diff(table.indptr))
    whole_cost = table.data.copy()
    if problem.cost_per == "person":
        whole_cost *= problem.group_size[problem.group[table.indices]]
    taken = whole_cost * share[table.indices]
    dearest, limit = np.zeros(len(problem.budgets)), problem.budget_limit
    np.maximum.at(dearest, budget, whole_cost)
    found.hold(
        "budget",
        sums_at(budget, taken, len(problem.budgets)),
        lambda at, has, most, off: (named(problem.budgets, at), f"spends {has}, has {most} ({off})"),
        at_most=limit,
        gross=sums_at(budget, np.abs(taken), len(problem.budgets)),
        unit=problem.unit("cost"),
        floor=found.floor * np.where(limit > 0, np.minimum(dearest, limit), dearest),
        whole=False,
    )


def _groups(problem: ProgrammeProblem, share: FloatArray, found: Findings) -> None:
    found.hold(
        "one programme each",
        sums_at(problem.group, share, len(problem.groups)),
        lambda at, has, limit, off: (
            f"group {named(problem.groups, at)}",
            f"gets {has} programmes, may get {limit} ({off})",
        ),
        at_most=1.0,
        gross=sums_at(problem.group, np.abs(share), len(problem.groups)),
    )
