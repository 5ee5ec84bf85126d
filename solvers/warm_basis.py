r"""Starting HiGHS from an earlier plan: a basis for a linear program, a start for a mixed-integer one.

At a vertex, what lies strictly between its bounds is basic, and a row whose price is not 0 is not. Where a
plan is degenerate that names too few or too many; HiGHS makes any such guess a basis by exchanging slacks,
and a basis that is good or bad changes the pivots, never the optimum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .form_result import FormResult
from .highs_ import solve_form
from .highs_answer import STATUS, held
from .highs_session import prepared, run, set_basis
from .keys import by_key
from .scaled_form import ScaledForm
from .solution import Status, StopReason

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from ..instances.arrays import BoolArray, FloatArray
    from ..models.matrix import MatrixForm
    from .backend import Options
    from .form_result import FormSolver

NEAR = 1e-9
"""Distance from a bound, relative to its size, at which a value counts as being at it."""


def start_refusal(form: MatrixForm) -> str | None:
    """Say why an earlier plan gives HiGHS nothing to start from, or None.

    Examples
    --------
    >>> from allocare.models.matrix import FormBuilder
    >>> build = FormBuilder()
    >>> _ = build.add_columns("x", 2, quadratic=1.0)
    >>> start_refusal(build.finish(decisions="x"))
    'the objective is quadratic'
    """
    if form.quadratic is not None:
        return "the objective is quadratic"
    if form.in_stages:
        return "there are several objectives, one after the other"
    if form.whole.any() and len(form.decided(form.cost)) < len(form.cost):
        return "the plan tells no value of the columns beside it"
    return None


def solver_from(decisions: FloatArray, duals: Mapping[str, pd.Series[float]]) -> FormSolver:
    """Return HiGHS started from the decisions and shadow prices of an earlier plan.

    Examples
    --------
    >>> from allocare.models.matrix import FormBuilder
    >>> from allocare.solvers.backend import Options
    >>> build = FormBuilder()
    >>> x = build.add_columns("x", 2, cost=[3.0, 2.0], upper=4.0)
    >>> _ = build.add_rows("need", [(x, np.array([[1.0, 1.0]]))], lower=5.0)
    >>> result = solver_from(np.array([1.0, 4.0]), {})(build.finish(decisions="x"), Options())
    >>> result.values.tolist(), result.bound
    ([1.0, 4.0], 11.0)
    """

    def solve(form: MatrixForm, options: Options, start: FloatArray | None = None) -> FormResult:
        if form.whole.any():
            return solve_form(form, options, np.clip(decisions, form.lower, form.upper))
        scaled = ScaledForm.of(form)
        highs = prepared(scaled.form, options)
        set_basis(highs, *_basic(form, decisions, duals))
        run(highs)
        status, reason = STATUS[highs.getModelStatus().name]
        if status is Status.INFEASIBLE:
            return FormResult(status=status, stop_reason=reason)
        if status not in (Status.OPTIMAL, Status.FEASIBLE) or reason is StopReason.NUMERICAL:
            return solve_form(form, options)
        return held(scaled, highs, status, reason, options)

    return solve


def _basic(
    form: MatrixForm, decisions: FloatArray, duals: Mapping[str, pd.Series[float]]
) -> tuple[list[str], list[str]]:
    """Name the status of every column and row."""
    prices = np.zeros(len(form.row_lower))
    for block in form.rows:
        if block.name in duals and block.keys is not None:
            prices[block.slice] = np.nan_to_num(by_key(duals[block.name], block.keys))
    sign = -1.0 if form.maximise else 1.0
    at_least = np.isfinite(form.row_lower) & ((sign * prices > 0) | np.isinf(form.row_upper))
    side = np.where(at_least, "kLower", np.where(np.isfinite(form.row_upper), "kUpper", "kBasic"))
    rows = np.where(prices != 0, side, "kBasic")
    decided = form.column_block(form.decisions).slice
    # what the plan does not tell goes to the bound that its reduced cost names
    reduced = sign * (form.cost - prices @ form.matrix)
    size = np.abs(form.cost) + np.abs(prices) @ abs(form.matrix)
    values = np.where(reduced > NEAR * size, form.lower, np.where(reduced < -NEAR * size, form.upper, np.nan))
    values[decided] = decisions
    at_lower, at_upper = _near(values, form.lower), _near(values, form.upper)
    columns = np.where(at_lower, "kLower", np.where(at_upper, "kUpper", "kBasic"))
    return columns.tolist(), rows.tolist()


def _near(values: FloatArray, bound: FloatArray) -> BoolArray:
    with np.errstate(invalid="ignore"):
        near: BoolArray = np.abs(values - bound) <= NEAR * np.maximum(1.0, np.abs(bound))
    return near & np.isfinite(bound)
