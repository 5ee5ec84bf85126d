"""Whether other plans are as good by the same rules, and between whom they move what there is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..instances.errors import InputError
from ..models.formulations import matrix_form
from ..models.statement import UTILITY
from ..solvers.backend import Options
from ..solvers.highs_ import solve_form
from ..solvers.stages import hold

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray
    from ..instances.problem import Problem
    from ..models.matrix import MatrixForm

MOVED = 1e-6
"""Change of a utility or of a group's total, as a share of the largest, that counts as a tie."""


@dataclass(frozen=True, eq=False)
class Ties:
    """What the rules leave open.

    Parameters
    ----------
    unique
        Whether every agent has the same utility in all plans that are as good (looked for in the directions
        of `groups` and two seeded random ones; False is certain, True is what was found).
    groups
        One row a group: its total ``now``, and the ``least`` and ``most`` it has in plans that are as good.
    message
        The same in one line.
    """

    unique: bool
    groups: pd.DataFrame
    message: str


def ties(problem: Problem, group: str = "", *, seed: int = 0, **options: Any) -> Ties:
    """Look for plans that are as good, by solving again with the criterion held at its best.

    Parameters
    ----------
    problem
        With a criterion in force.
    group
        Attribute whose groups may gain or lose; empty for none.
    seed
        Of the random directions.
    options
        As in `Options`.

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
    form = matrix_form(problem)
    best = solve_form(form, settings)
    if best.values is None:
        raise InputError("there is no plan, so there are no ties")
    held = _held_at(form, best.values)
    from ..models.utilities import utilities_of

    agents = utilities_of(problem).agents
    place = form.column_block(UTILITY).slice
    now, size = best.values[place], agents.size
    rows = []
    directions = np.random.default_rng(seed).normal(size=(2, len(agents)))
    moved = max(_farthest(held, place, now, direction, settings) for direction in directions)
    if group:
        groups = agents.groups(group)
        for at, label in enumerate(groups.labels):
            weight = np.where(groups.members(at), size, 0.0)
            ends = [_end(held, place, weight, sign, settings) for sign in (-1.0, 1.0)]
            rows.append({"group": label, "now": float(weight @ now), "least": ends[0], "most": ends[1]})
    table = pd.DataFrame(rows, columns=["group", "now", "least", "most"])
    scale = max(float(size @ abs(now)), 1e-12)
    open_groups = table[(table["most"] - table["least"]) > MOVED * scale]
    unique = moved <= MOVED * max(float(abs(now).max()), 1e-12) and open_groups.empty
    return Ties(unique, table, _in_words(unique, open_groups))


def _in_words(unique: bool, groups: pd.DataFrame) -> str:
    if unique:
        return "no other plan was found that is as good and gives anybody another utility"
    if groups.empty:
        return "the optimum is not unique: other plans are as good and serve other agents"
    parts = (f"{row.group} from {row.least:.6g} to {row.most:.6g}" for row in groups.itertuples())
    return f"the optimum is not unique: equally good plans move totals between groups, {', '.join(parts)}"


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
    return replace(held, lower=lower, upper=upper, quadratic=None, curves=(), stages=(), offset=0.0)


def _loosened(held: MatrixForm, cost: FloatArray, values: FloatArray) -> MatrixForm:
    """Allow the last row solvers' tolerance, so that what is best stays feasible."""
    slack = 1e-9 * max(float(abs(cost) @ abs(values)), 1.0)
    lower, upper = held.row_lower.copy(), held.row_upper.copy()
    lower[-1] -= slack
    upper[-1] += slack
    return replace(held, row_lower=lower, row_upper=upper)


def _end(form: MatrixForm, place: slice, weight: FloatArray, sign: float, options: Options) -> float:
    """Smallest (or largest) weighted sum of utilities among plans that are as good."""
    cost = np.zeros(len(form.cost))
    cost[place] = weight
    found = solve_form(replace(form, cost=cost, maximise=sign > 0), options)
    return np.nan if found.values is None else float(weight @ found.values[place])


def _farthest(
    form: MatrixForm, place: slice, now: FloatArray, direction: FloatArray, options: Options
) -> float:
    """Largest change of a utility on the way to the plan that goes farthest in a direction."""
    cost = np.zeros(len(form.cost))
    cost[place] = direction
    found = solve_form(replace(form, cost=cost, maximise=True), options)
    return 0.0 if found.values is None else float(abs(found.values[place] - now).max())
