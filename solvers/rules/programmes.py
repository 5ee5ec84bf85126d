"""Baseline plans of budgeted programmes: programmes are carried out in a rule's order as far as budgets go.

What is required comes first. A whole programme that does not fit is passed over for good, of a divisible one
the share that fits is taken. A programme without benefit is never chosen freely.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .arrival import turn
from .ledger import EXHAUSTED

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt
    import scipy.sparse as sp

    from ...instances.arrays import BoolArray, FloatArray, IndexArray
    from ...instances.programmes import ProgrammeProblem

    Positions = npt.NDArray[np.int64]
    Rule = Callable[[ProgrammeProblem, FloatArray, Positions, FloatArray], Positions]


def _benefit_per_cost(
    problem: ProgrammeProblem, share: FloatArray, programmes: Positions, wanted: FloatArray
) -> Positions:
    """Programmes from the greatest benefit for their cost; with several budgets, for the shares of them used.

    The cost of a programme is the sum of what it takes of each budget as a share of that budget.
    """
    limit = problem.budget_limit
    used = problem.spending.T @ np.divide(1.0, limit, out=np.zeros_like(limit), where=limit > 0)
    worth = problem.worth
    rate = np.divide(worth, used, out=np.where(worth > 0, np.inf, -np.inf), where=used > 0)
    return programmes[np.argsort(-rate[programmes], kind="stable")]


def _worst_off_first(
    problem: ProgrammeProblem, share: FloatArray, programmes: Positions, wanted: FloatArray
) -> Positions:
    """The group with the lowest utility comes next, with its most beneficial programme that still fits."""
    gain = problem.benefit[programmes] * wanted
    best_first = np.argsort(-gain, kind="stable")
    group = problem.group[programmes[best_first]]
    reached = problem.utility(share)[group] + _before(group, gain[best_first])
    return programmes[best_first[np.lexsort((group, reached))]]


def _first_come(
    problem: ProgrammeProblem, share: FloatArray, programmes: Positions, wanted: FloatArray
) -> Positions:
    """Programmes as they arrived (a column ``arrival``, or else table order)."""
    came = turn(problem, "programmes", problem.programmes)
    return programmes[np.argsort(came[programmes], kind="stable")]


RULES: dict[str, Rule] = {
    "benefit-per-cost": _benefit_per_cost,
    "worst-off-first": _worst_off_first,
    "first-come": _first_come,
}


def misfit(problem: ProgrammeProblem, rule: str) -> str | None:
    """Return None: every rule of the family takes every problem of it.

    Examples
    --------
    >>> import allocare
    >>> misfit(allocare.example("health-budget"), "worst-off-first") is None
    True
    """
    return None


def plan(problem: ProgrammeProblem, rule: Rule) -> FloatArray:
    """Share of each programme by this rule; a required one that does not fit is left out.

    Examples
    --------
    >>> from allocare.instances.programmes import ProgrammeProblem
    >>> problem = ProgrammeProblem(
    ...     groups=["hip", "heart"], group_size=[40, 10], baseline=[4, 1], programmes=["hip", "valve"],
    ...     group=[0, 1], benefit=[2, 5], budgets=["money"], budget_limit=[60], cost=[[1, 3]])
    >>> plan(problem, RULES["benefit-per-cost"]).tolist(), plan(problem, RULES["worst-off-first"]).tolist()
    ([1.0, 0.0], [0.0, 1.0])
    """
    share = np.zeros(problem.size)
    left = problem.budget_limit.copy()
    _fill(problem, rule, share, left, problem.lower)
    _fill(problem, rule, share, left, np.where(problem.benefit > 0, problem.upper, 0.0))
    return share


def _fill(
    problem: ProgrammeProblem, rule: Rule, share: FloatArray, left: FloatArray, target: FloatArray
) -> None:
    """Raise shares towards `target` in the rule's order; `share` and `left` change in place.

    A round takes all programmes up to the first that does not fit, as single turns would; what is open
    then is put in order again.
    """
    spending = problem.spending.tocsc()
    dust = EXHAUSTED * problem.budget_limit
    passed_over = np.zeros(problem.size, dtype=bool)
    while True:
        wanted = np.where(passed_over, 0.0, target - share)
        if problem.one_each:
            room = 1.0 - np.bincount(problem.group, share, minlength=len(problem.groups))
            wanted = np.minimum(wanted, room[problem.group])
        open_ones = (wanted > EXHAUSTED) & _affordable(problem, spending, wanted, left, dust)
        programmes = np.flatnonzero(open_ones)
        order = rule(problem, share, programmes, wanted[programmes])
        amount = wanted[order]
        if problem.one_each:
            group = problem.group[order]
            amount = np.clip(room[group] - _before(group, amount), 0.0, amount)
        cost = spending[:, order]
        fit = _number_that_fit(cost, amount, left + dust)
        share[order[:fit]] += amount[:fit]
        left -= cost[:, :fit] @ amount[:fit]
        if fit == len(order):
            return
        if problem.whole:
            passed_over[order[fit]] = True
        else:
            dear = cost[:, [fit]]
            part = max(float((left[dear.indices] / dear.data).min()), 0.0)
            share[order[fit]] += part
            left -= (dear * part).toarray()[:, 0]
            passed_over[order[fit]] = True
        left[left <= dust] = 0.0


def _affordable(
    problem: ProgrammeProblem, spending: sp.csc_array, wanted: FloatArray, left: FloatArray, dust: FloatArray
) -> BoolArray:
    """Whether what is left of every budget covers each programme by itself, or some of a divisible one."""
    programme = np.repeat(np.arange(problem.size), np.diff(spending.indptr))
    if problem.whole:
        too_dear = spending.data * wanted[programme] > (left + dust)[spending.indices]
    else:
        too_dear = left[spending.indices] <= 0
    return np.asarray(np.bincount(programme, too_dear, minlength=problem.size) == 0)


def _number_that_fit(cost: sp.csc_array, amount: FloatArray, left: FloatArray) -> int:
    """How many of the first programmes all budgets cover together."""
    fit, by_budget = len(amount), cost.tocsr()
    for row, limit in enumerate(left):
        entry = slice(by_budget.indptr[row], by_budget.indptr[row + 1])
        programme = by_budget.indices[entry]
        total = np.cumsum(by_budget.data[entry] * amount[programme])
        over = int(np.searchsorted(total, limit, side="right"))
        if over < len(programme):
            fit = min(fit, int(programme[over]))
    return fit


def _before(group: IndexArray, values: FloatArray) -> FloatArray:
    """Sum of the earlier values of the same group."""
    running = pd.Series(values).groupby(group, sort=False).cumsum().to_numpy()
    return np.asarray(running - values)
