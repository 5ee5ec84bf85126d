"""HiGHS kept between linear programs that differ in bounds alone: each starts from the last one's basis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .highs_answer import STATUS, held
from .highs_session import prepared, run
from .scaled_form import ScaledForm
from .solution import Status

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray
    from ..models.matrix import MatrixForm
    from .backend import Options
    from .form_result import FormResult, FormSolver


class Rebounded:
    """A solver of matrix forms that starts warm where only the bounds of the last one changed.

    Parameters
    ----------
    otherwise
        Solves what is not linear or divisible, and what did not end at an optimum.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from allocare.models.matrix import FormBuilder
    >>> from allocare.solvers.backend import Options
    >>> from allocare.solvers.highs_ import solve_form
    >>> build = FormBuilder()
    >>> x = build.add_columns("x", 2, cost=[3.0, 2.0])
    >>> _ = build.add_rows("need", [(x, np.array([[2.0, 1.0]]))], lower=5.0)
    >>> form, solver = build.finish(decisions="x"), Rebounded(solve_form)
    >>> solver(form, Options()).values.tolist()
    [2.5, 0.0]
    >>> solver(replace(form, upper=np.array([2.0, 9.0])), Options()).values.tolist()
    [2.0, 1.0]
    """

    def __init__(self, otherwise: FormSolver) -> None:
        self.otherwise = otherwise
        self.last: tuple[MatrixForm, ScaledForm, Any] | None = None

    def __call__(self, form: MatrixForm, options: Options, start: FloatArray | None = None) -> FormResult:
        """Solve; from the last form's basis where there is one."""
        if form.whole.any() or form.quadratic is not None:
            return self.otherwise(form, options, start)
        if self.last is None or not _differ_in_bounds(self.last[0], form):
            scaled = ScaledForm.of(form)
            highs = prepared(scaled.form, options)
        else:
            _, scaled, highs = self.last
            scaled = scaled.rebounded(form)
            _set_bounds(highs, scaled.form)
            if options.time_limit is not None:
                highs.setOptionValue("time_limit", float(highs.getRunTime() + options.time_limit))
        self.last = (form, scaled, highs)
        run(highs)
        status, reason = STATUS[highs.getModelStatus().name]
        if status is not Status.OPTIMAL:
            self.last = None
            return self.otherwise(form, options, start)
        return held(scaled, highs, status, reason, options)


def _differ_in_bounds(one: MatrixForm, other: MatrixForm) -> bool:
    return (
        one.matrix is other.matrix and one.maximise == other.maximise and np.array_equal(one.cost, other.cost)
    )


def _set_bounds(highs: Any, form: MatrixForm) -> None:
    height, width = form.matrix.shape
    highs.changeColsBounds(width, np.arange(width, dtype=np.int32), form.lower, form.upper)
    highs.changeRowsBounds(height, np.arange(height, dtype=np.int32), form.row_lower, form.row_upper)
