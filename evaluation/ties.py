"""Whether other plans are as good by the same rules, and between whom they move what there is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..instances.errors import InputError
from ..models.criteria import criterion_of
from ..models.formulations import matrix_form
from ..models.statement import UTILITY
from ..models.utilities import utilities_of
from ..solvers.backend import Options
from ..solvers.form_result import exactly_whole
from ..solvers.highs_ import solve_form
from ..solvers.redirected import Redirected
from ..solvers.solution import Status
from ..solvers.stages import hold

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray
    from ..instances.problem import Problem
    from ..models.matrix import MatrixForm
    from ..solvers.solution import Solution

MOVED = 1e-5
"""Change of a utility or of a group's total, as a share of the largest, that counts as a tie."""

UNDECIDED = "whether other plans are as good was not decided in the time allowed"
NOT_BEST = "the plan is not proved best, so that others as good were not looked for"


@dataclass(frozen=True, eq=False)
class Ties:
    """What the rules leave open.

    Parameters
    ----------
    unique
        Whether every agent has the same utility in all plans that are as good. False is certain. True is
        certain where a criterion is strictly concave on divisible quantities; else it is what was found, in
        the directions of `groups` and two seeded random ones. None where that was not decided in time.
    groups
        One row a group: its total ``now``, and the ``least`` and ``most`` that it was found to have in plans
        that are as good.
    message
        The same in one line.
    """

    unique: bool | None
    groups: pd.DataFrame
    message: str


def ties(
    problem: Problem,
    group: str = "",
    *,
    solution: Solution | None = None,
    seed: int = 0,
    **options: Any,
) -> Ties:
    """Look for plans that are as good, by solving again with the criterion held at its best.

    Where a criterion is strictly concave in the utilities and quantities are divisible there is nothing to
    look for: the mean of two different best plans would be better than both.

    Parameters
    ----------
    problem
        With a criterion in force.
    group
        Attribute whose groups may gain or lose; empty for none.
    solution
        Its optimal solution where that is known already.
    seed
        Of the random directions.
    options
        As in `Options`; the time limit is for the whole search.

    Raises
    ------
    InputError
        For a problem without criterion or plan, or a missing attribute.

    Examples
    --------
    >>> import allocare
    >>> ties(allocare.with_fairness(allocare.example("sunray"), "utilitarian")).message
    'no other plan was found that is as good and gives anybody another utility'
    """
    if problem.fairness is None or problem.fairness.criterion is None:
        raise InputError("ties are looked for among plans that are best by a criterion; name one")
    settings = Options(**options)
    form, utilities = matrix_form(problem), utilities_of(problem)
    decisions = None if solution is None or solution.allocation is None else solution.allocation
    known = None if decisions is None else problem.decisions(decisions)
    place, size = form.column_block(UTILITY).slice, utilities.agents.size
    criterion = criterion_of(problem.fairness.criterion)
    # the least variance may be had at several means, so that it settles nothing among plans in general
    settles = criterion.settles_utilities and criterion.even_is_best == "always"
    settled = settles and not form.whole.any()
    moved, search = 0.0, None
    if settled and known is not None:
        now = utilities.at(known)
    else:
        values = _columns(form, known, settings)
        now = values[place]
    if not settled:
        search = _Search(_held_at(form, values), place, values, settings)
        directions = np.random.default_rng(seed).normal(size=(2, len(now)))
        moved = max(float(abs(search.farthest(way)[place] - now).max()) for way in directions)
    rows = []
    if group:
        groups = utilities.agents.groups(group)
        for at, label in enumerate(groups.labels):
            weight = np.where(groups.members(at), size, 0.0)
            total = float(weight @ now)
            ends = (total, total) if search is None else search.ends(weight)
            rows.append({"group": label, "now": total, "least": ends[0], "most": ends[1]})
    table = pd.DataFrame(rows, columns=["group", "now", "least", "most"])
    scale = max(float(size @ abs(now)), 1e-12)
    open_groups = table[(table["most"] - table["least"]) > MOVED * scale]
    unique = moved <= MOVED * max(float(abs(now).max()), 1e-12) and open_groups.empty
    if unique and search is not None and not search.decided:
        return Ties(None, table, UNDECIDED)
    return Ties(unique, table, _in_words(unique, open_groups, settled))


def _in_words(unique: bool, groups: pd.DataFrame, settled: bool) -> str:
    if settled:
        return "the criterion settles everybody's utility: no other plan is as good and gives anybody another"
    if unique:
        return "no other plan was found that is as good and gives anybody another utility"
    if groups.empty:
        return "the optimum is not unique: other plans are as good and serve other agents"
    parts = (f"{row.group} from {row.least:.6g} to {row.most:.6g}" for row in groups.itertuples())
    return f"the optimum is not unique: equally good plans move totals between groups, {', '.join(parts)}"


def _columns(form: MatrixForm, decisions: FloatArray | None, options: Options) -> FloatArray:
    """Values of all columns of a best plan: of the one that is known, or one that is looked for."""
    if decisions is not None:
        place = form.column_block(form.decisions).slice
        lower, upper = form.lower.copy(), form.upper.copy()
        lower[place] = upper[place] = decisions
        stages, cost = form.stages, form.cost
        if form.ordering is not None:
            # each rank has columns of its own, so that with the utilities given one solve does for all
            stages, cost = (), np.sum(form.stages, axis=0)
        # what is curved are functions of the decisions
        fixed = replace(
            form,
            lower=lower,
            upper=upper,
            cost=cost,
            stages=stages,
            quadratic=None,
            curves=(),
            tie_break=(),
            ordering=None,
        )
        found = solve_form(fixed, options)
        if found.values is not None:
            return found.values
    best = solve_form(form, options)
    if best.values is None:
        raise InputError("there is no plan, so there are no ties")
    return best.values


def _held_at(form: MatrixForm, values: FloatArray) -> MatrixForm:
    """Keep every stage, and every curved term, as good as it is."""
    held = form
    for cost in form.stages or (form.cost,):
        if np.any(cost):
            held = _loosened(hold(held, cost, values), cost, values)
    curved = np.zeros(len(form.cost), dtype=bool)
    if form.quadratic is not None:
        curved |= form.quadratic != 0
    for curve in form.curves:
        curved[curve.columns] = True
    # a strictly curved term has its best value at one point only
    slack = 1e-7 * np.maximum(abs(values), 1.0)
    lower = np.where(curved, np.maximum(form.lower, values - slack), form.lower)
    upper = np.where(curved, np.minimum(form.upper, values + slack), form.upper)
    return replace(
        held,
        lower=lower,
        upper=upper,
        quadratic=None,
        curves=(),
        stages=(),
        tie_break=(),
        ordering=None,
        leading=None,
        offset=0.0,
    )


def _loosened(held: MatrixForm, cost: FloatArray, values: FloatArray) -> MatrixForm:
    """Allow the last row solvers' tolerance, so that what is best stays feasible."""
    slack = 1e-9 * max(float(abs(cost) @ abs(values)), 1.0)
    lower, upper = held.row_lower.copy(), held.row_upper.copy()
    lower[-1] -= slack
    upper[-1] += slack
    return replace(held, row_lower=lower, row_upper=upper)


class _Search:
    """Ways from a best plan to others that are as good."""

    def __init__(self, form: MatrixForm, place: slice, values: FloatArray, options: Options) -> None:
        self.form, self.place, self.values, self.options = form, place, values, options
        self.divisible = Redirected(form, options)
        self.decided = True
        self.began = perf_counter()

    def ends(self, weight: FloatArray) -> tuple[float, float]:
        """Smallest and largest weighted sum of utilities."""
        least, most = (float(weight @ self.farthest(sign * weight)[self.place]) for sign in (-1.0, 1.0))
        return least, most

    def farthest(self, direction: FloatArray) -> FloatArray:
        """Columns of the plan that goes farthest in a direction of the utilities."""
        gain = np.zeros(len(self.form.cost))
        gain[self.place] = direction
        left = self._left()
        if left.time_limit is not None and left.time_limit <= 0:
            self.decided = False
            return self.values
        found = self.divisible(gain, left)
        if self.form.whole.any() and found.values is not None:
            reach = float(gain @ (found.values - self.values))
            if reach <= 0.1 * MOVED * float(abs(gain) @ abs(self.values)):
                return self.values
        if found.values is None or self._divides(found.values):
            found = solve_form(replace(self.form, cost=gain, maximise=True), left, self.values)
            self.decided &= found.status is Status.OPTIMAL
        return self.values if found.values is None else found.values

    def _left(self) -> Options:
        """Options with what is left of the time."""
        limit = self.options.time_limit
        if limit is None:
            return self.options
        return replace(self.options, time_limit=limit - (perf_counter() - self.began))

    def _divides(self, values: FloatArray) -> bool:
        return bool(self.form.whole.any()) and exactly_whole(self.form, values) is None
