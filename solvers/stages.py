"""Lexicographic stages: each priority class's own objective in turn, earlier ones held at their best."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from ..models.scaling import InexactScaling, integer_scale
from .form_result import FormResult
from .solution import Status, StopReason

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray
    from ..models.matrix import MatrixForm
    from .backend import Options
    from .form_result import FormSolver


def solve_in_stages(form: MatrixForm, options: Options, solver: FormSolver) -> FormResult:
    """Optimise a form's stages lexicographically with any solver of single-objective forms.

    The result is optimal only where every stage is; its bound is then its objective. A stage that ends
    early ends the whole, with the best plan so far and no bound, since later classes are not optimised.

    Examples
    --------
    >>> from allocare.models.matrix import FormBuilder
    >>> from allocare.solvers.backend import Options
    >>> from allocare.solvers.highs_ import solve_form
    >>> build = FormBuilder()
    >>> x = build.add_columns("x", 2, cost=[-1.0, -5.0], upper=4.0)
    >>> _ = build.add_rows("beds", [(x, np.ones((1, 2)))], upper=6.0)
    >>> form = build.finish(decisions="x", stages=(np.array([-1.0, 0.0]), np.array([0.0, -5.0])))
    >>> result = solve_in_stages(form, Options(), solve_form)
    >>> result.values.tolist(), result.stages
    ([4.0, 2.0], (-4.0, -10.0))
    """
    began = time.perf_counter()
    held: FormResult | None = None
    current = replace(form, offset=0.0, stages=(), curves=(), quadratic=None)
    for at, cost in enumerate(form.stages):
        stage = replace(current, cost=cost)
        if at == len(form.stages) - 1:
            stage = replace(stage, curves=form.curves, quadratic=form.quadratic)
        left = options
        if options.time_limit is not None:
            left = replace(options, time_limit=options.time_limit - (time.perf_counter() - began))
            if held is not None and left.time_limit is not None and left.time_limit <= 0:
                return _ended(form, held, held, StopReason.TIME_LIMIT)
        found = solver(stage, left, None if held is None else held.values)
        if found.values is None:
            return found if held is None or found.status is Status.UNBOUNDED else _ended(form, held, found)
        if found.status is not Status.OPTIMAL and found.stop_reason is not StopReason.GAP:
            return _ended(form, found, found)
        reached_gap = found.status is not Status.OPTIMAL or (
            held is not None and held.stop_reason is StopReason.GAP
        )
        held = replace(found, stop_reason=StopReason.GAP) if reached_gap else found
        current = hold(current, cost, found.values)
    assert held is not None and held.values is not None
    if held.stop_reason is StopReason.GAP:
        return _ended(form, held, held)
    return replace(
        held, bound=form.objective(held.values), row_duals=None, stages=_stage_values(form, held.values)
    )


def hold(form: MatrixForm, cost: FloatArray, values: FloatArray) -> MatrixForm:
    """Add the row that keeps a stage's objective as good as `values` make it.

    Where all its columns are whole, the objective moves in steps, and half a step of slack is exact and
    beyond solvers' tolerances.

    Examples
    --------
    >>> from allocare.models.matrix import FormBuilder
    >>> build = FormBuilder()
    >>> _ = build.add_columns("x", 2, whole=True)
    >>> held = hold(build.finish(decisions="x"), np.array([2.0, 3.0]), np.array([5.0, 1.0]))
    >>> held.row_upper.tolist(), held.matrix.toarray().tolist()
    ([13.5], [[2.0, 3.0]])
    """
    used = np.flatnonzero(cost)
    best = float(cost @ values)
    slack = 0.5 * smallest_step(cost[used]) if form.whole[used].all() else 0.0
    row = sp.csr_array((cost[used], (np.zeros(len(used), dtype=np.int32), used)), shape=(1, len(cost)))
    lower, upper = (best - slack, np.inf) if form.maximise else (-np.inf, best + slack)
    return replace(
        form,
        matrix=sp.csr_array(sp.vstack([form.matrix, row], format="csr")),
        row_lower=np.append(form.row_lower, lower),
        row_upper=np.append(form.row_upper, upper),
    )


def smallest_step(cost: FloatArray) -> float:
    """Least amount by which a sum of whole multiples of these costs can change; 0 where that is not known.

    Examples
    --------
    >>> smallest_step(np.array([1.5, 4.5])), smallest_step(np.array([1.0, 1e-20]))
    (1.5, 0.0)
    """
    try:
        scale = integer_scale(cost)
    except InexactScaling:
        return 0.0
    return float(np.gcd.reduce(np.rint(cost * scale).astype(np.int64))) / scale


def _stage_values(form: MatrixForm, values: FloatArray) -> tuple[float, ...]:
    return tuple(float(cost @ values) for cost in form.stages)


def _ended(
    form: MatrixForm, held: FormResult, last: FormResult, reason: StopReason | None = None
) -> FormResult:
    """Return the plan held when the stages ended early."""
    assert held.values is not None
    stopped = reason or (StopReason.NUMERICAL if last.stop_reason is StopReason.PROVED else last.stop_reason)
    return FormResult(
        status=Status.FEASIBLE,
        stop_reason=stopped,
        values=held.values,
        stages=_stage_values(form, held.values),
        notes=(*held.notes, "the priority classes were not all brought to their best in order"),
    )
