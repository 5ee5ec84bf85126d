"""Who stands in the way where a criterion needs everybody to have more than nothing, and no plan gives it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from ..instances.fairness import Rule
from .criteria import criterion_of
from .criteria.alpha_fair import PowerMean, who_has_nothing
from .references import best_value
from .statement import UTILITY

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray
    from ..instances.problem import Problem
    from .matrix import MatrixForm

ZERO = 1e-9
"""Share of the largest utility below which one is nothing."""


def left_without(problem: Problem) -> str | None:
    """Say who has nothing in every plan that keeps the rules and policies, or None where nobody must.

    Examples
    --------
    >>> import allocare
    >>> problem = allocare.LinearProblem(
    ...     columns=["a", "b"], rows=["beds"], objective=[1, 1], matrix=[[1, 1]], row_lower=[0],
    ...     row_upper=[1], lower=[0, 0], upper=[9, 9], whole=True, sense="max")
    >>> left_without(allocare.with_fairness(problem, "proportional")).partition(":")[0]
    'proportional needs utilities that are positive, and no plan gives everybody something'
    """
    from .formulations import matrix_form
    from .utilities import utilities_of

    fairness = problem.fairness
    if fairness is None or fairness.criterion is None or not criterion_of(fairness.criterion).above_zero:
        return None
    criterion = criterion_of(fairness.criterion)
    form = matrix_form(replace(problem, fairness=replace(fairness, criterion=Rule("utilitarian"))))
    utilities = utilities_of(problem)
    nothing = np.zeros(len(utilities.agents))
    if isinstance(criterion, PowerMean) and criterion.from_nothing:
        nothing = utilities.constant
    plan = _most_even(form, nothing)
    if plan is None:
        return None
    gain = plan[form.column_block(UTILITY).slice] - nothing
    zero = ZERO * max(float(abs(gain).max()), 1e-300)
    without = np.flatnonzero(gain <= zero)
    if not len(without):
        return None
    keys = utilities.agents.keys
    for at in without.tolist():
        most = np.zeros(len(form.cost))
        most[form.column_block(UTILITY).start + at] = 1.0
        if best_value(form, most) - nothing[at] <= zero:
            return who_has_nothing(criterion.name, keys[at])
    return (
        f"{criterion.name} needs utilities that are positive, and no plan gives everybody something: "
        f"{keys[int(without[0])]!r} or another goes without"
    )


def _most_even(form: MatrixForm, nothing: FloatArray) -> FloatArray | None:
    """A plan that gives the worst-off the most over nothing; None where no plan keeps the rules."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    block, width = form.column_block(UTILITY), len(form.cost)
    count = block.stop - block.start
    above = sp.hstack(
        [
            sp.csr_array((count, block.start)),
            sp.eye_array(count),
            sp.csr_array((count, width - block.stop)),
            sp.csr_array(-np.ones((count, 1))),
        ]
    )
    rows = sp.vstack([sp.hstack([form.matrix, sp.csr_array((form.matrix.shape[0], 1))]), above])
    found = milp(
        np.append(np.zeros(width), -1.0),
        integrality=np.append(form.whole, False).astype(int),
        bounds=Bounds(np.append(form.lower, -np.inf), np.append(form.upper, 1e9)),
        constraints=LinearConstraint(
            sp.csr_array(rows),
            np.concatenate([form.row_lower, nothing]),
            np.concatenate([form.row_upper, np.full(count, np.inf)]),
        ),
    )
    return None if found.x is None else np.asarray(found.x[:width])
