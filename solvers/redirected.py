"""HiGHS kept between linear programs that differ in costs alone: each starts from the last one's basis."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from .highs_answer import STATUS, held
from .highs_session import prepared, run
from .scaled_form import ScaledForm
from .solution import Status

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray
    from ..models.matrix import MatrixForm
    from .backend import Options
    from .form_result import FormResult


class Redirected:
    """A linear program with divisible columns, solved for one objective after another.

    The last optimum keeps every row and bound whatever the objective, so that the primal simplex goes on
    from it.

    Parameters
    ----------
    form
        Whose rows and bounds hold; its own objective does not count, and whole columns count as divisible.
    options
        As in `Options`.

    Examples
    --------
    >>> from allocare.models.matrix import FormBuilder
    >>> from allocare.solvers.backend import Options
    >>> build = FormBuilder()
    >>> x = build.add_columns("x", 2, upper=4.0)
    >>> _ = build.add_rows("room", [(x, np.array([[1.0, 1.0]]))], upper=5.0)
    >>> towards = Redirected(build.finish(decisions="x"), Options())
    >>> [towards(np.array(gain)).values.tolist() for gain in ([3.0, 2.0], [2.0, 3.0])]
    [[4.0, 1.0], [1.0, 4.0]]
    """

    def __init__(self, form: MatrixForm, options: Options) -> None:
        divisible = replace(
            form,
            cost=np.zeros_like(form.cost),
            whole=np.zeros_like(form.whole),
            maximise=True,
            stages=(),
            offset=0.0,
        )
        self.scaled = ScaledForm.of(divisible)
        self.options = options
        self.highs = prepared(self.scaled.form, options)

    def __call__(self, gain: FloatArray, options: Options | None = None) -> FormResult:
        """Solve for the largest sum of gains; without values where that did not end at an optimum.

        The time limit is that of the `options` given here, or else of those given at first.
        """
        options = options or self.options
        scaled = self.scaled.redirected(replace(self.scaled.original, cost=gain))
        width = len(gain)
        self.highs.changeColsCost(width, np.arange(width, dtype=np.int32), scaled.form.cost)
        if options.time_limit is not None:
            self.highs.setOptionValue("time_limit", self.highs.getRunTime() + options.time_limit)
        run(self.highs)
        status, reason = STATUS[self.highs.getModelStatus().name]
        result = held(scaled, self.highs, status, reason, options)
        return result if result.status is Status.OPTIMAL else replace(result, values=None)
