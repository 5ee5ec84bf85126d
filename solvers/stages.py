"""Lexicographic stages: one objective after the other, earlier ones held at their best; then ties."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from ..models.defined_columns import defined_columns
from ..models.scaling import InexactScaling, integer_scale
from .form_result import FormResult, clamped, violation
from .incumbents import silent
from .rising_levels import RisingLevels
from .solution import Status, StopReason

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray
    from ..models.matrix import MatrixForm
    from ..models.ordering import Ordering
    from .backend import Options
    from .form_result import FormSolver

HELD = 1e-9
"""Share of a stage's terms that later ones may lose to rounding, where none may be lost and they fail."""

TIE_BREAK = "among the plans that are best by the criterion, the problem's own objective chooses"

NO_TIE_BREAK = "among the plans that are best by the criterion, this one is taken as it came"

LOST = 1e-7
"""Relative loss by the criterion up to which a plan that breaks ties is still as good."""


def solve_in_stages(
    form: MatrixForm, options: Options, solver: FormSolver, again: FormSolver | None = None
) -> FormResult:
    """Optimise a form's stages lexicographically with any solver of single-objective forms.

    The result is optimal only where every stage is; its bound is then that of the leading stage, or else
    its objective. A stage that ends early ends the whole, with the best plan so far and no bound, since
    later ones are not optimised. Among the plans that are optimal then, the form's tie-break chooses.

    Parameters
    ----------
    form, options
        What to solve, and how.
    solver
        Solves one stage.
    again
        Solves one form after another that differs in bounds alone, each from the last one's end; None
        takes `solver`.

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
    return _Stages(form, options, solver, again or solver).run()


class _Stages:
    """A lexicographic solve: the form with all that is held so far, and the plan that holds it."""

    def __init__(self, form: MatrixForm, options: Options, solver: FormSolver, again: FormSolver) -> None:
        self.form, self.options, self.solver, self.again = form, silent(options), solver, again
        self.began = time.perf_counter()
        # rising levels need no columns to sort by, but a convex set of plans
        self.levels = form.ordering if form.ordering is not None and not form.whole.any() else None
        stated = form if self.levels is None else self.levels.without(form)
        self.costs, self.leading, self.tie_break = stated.stages, stated.leading, stated.tie_break
        if self.levels is None and not self.costs:
            self.costs, self.leading = (form.cost,), 0
        current = replace(
            stated,
            offset=0.0,
            stages=(),
            curves=(),
            quadratic=None,
            leading=None,
            tie_break=(),
            ordering=None,
        )
        self.current = _Held(current, current)
        self.held: FormResult | None = None
        self.bound: float | None = None
        self.row_duals: FloatArray | None = None

    def run(self) -> FormResult:
        """Go through the stages, and then break ties."""
        for at in range(len(self.costs)):
            if (ended := self.stage(at)) is not None:
                return ended
        if self.levels is not None and (ended := self.rise(self.levels)) is not None:
            return ended
        assert self.held is not None
        if self.held.stop_reason is StopReason.GAP:
            return self.ended(self.held)
        note = self.break_ties()
        values = self.values(self.held)
        return replace(
            self.held,
            values=values,
            bound=self.form.objective(values)
            if self.bound is None
            else clamped(self.form, values, self.bound),
            row_duals=self.row_duals,
            stages=_stage_values(self.form, values),
            notes=(*self.held.notes, *([note] if note else [])),
        )

    def stage(self, at: int) -> FormResult | None:
        """Optimise one stage and hold it; the whole's result where it ended early."""
        stage = self.current.under(cost=self.costs[at])
        # where there is no leading stage, they are one objective's classes, and the last has what is curved
        last = at == len(self.costs) - 1
        if at == self.leading or (self.leading is None and last and self.levels is None):
            stage = stage.under(curves=self.form.curves, quadratic=self.form.quadratic)
        if at == self.leading:
            stage = stage.under(offset=self.form.offset)
        if (ended := self.take(stage, self.solver)) is not None:
            return ended
        assert self.held is not None and self.held.values is not None
        if at == self.leading:
            self.bound = self.held.bound
            self.row_duals = self.held.row_duals if at == 0 else None
        self.current = self.current.with_stage(stage.exact, self.held.values)
        return None

    def take(self, stage: _Held, solver: FormSolver) -> FormResult | None:
        """Solve a stage and keep its plan; the whole's result where it ended early."""
        left = self.left()
        if self.held is not None and left.time_limit is not None and left.time_limit <= 0:
            return self.ended(self.held, StopReason.TIME_LIMIT)
        start = None if self.held is None else self.held.values
        found = solver(stage.exact, left, start)
        if self.held is not None and found.values is None and found.status is not Status.UNBOUNDED:
            # the plan held keeps every row but for rounding, which is then allowed to later ones too
            found = solver(stage.slack, left, start)
        if found.values is None:
            if self.held is None or found.status is Status.UNBOUNDED:
                return found
            return self.ended(found)
        reached_gap = found.status is not Status.OPTIMAL and found.stop_reason is StopReason.GAP
        if found.status is not Status.OPTIMAL and not reached_gap:
            self.held = found
            return self.ended(found)
        if self.held is not None and self.held.stop_reason is StopReason.GAP:
            reached_gap = True
        self.held = replace(found, stop_reason=StopReason.GAP) if reached_gap else found
        return None

    def rise(self, ordering: Ordering) -> FormResult | None:
        """Raise all agents together until some are blocked, then the others, and so on."""
        held = self.current
        exact, slack = (RisingLevels(form, ordering.utility) for form in (held.exact, held.slack))
        while exact.free.any():
            if (ended := self.take(_Held(exact.form, slack.form), self.again)) is not None:
                return ended
            assert self.held is not None
            if self.bound is None:
                self.bound = self.held.bound
            exact.settle(self.held, 0.0)
            slack.settle(self.held, HELD)
        assert self.held is not None and self.held.values is not None
        self.held = replace(self.held, values=self.held.values[: len(held.exact.cost)])
        self.current = _Held(exact.settled(held.exact), slack.settled(held.slack))
        return None

    def break_ties(self) -> str:
        """Take the best plan by the tie-break, if there is one, and say so."""
        if not self.tie_break:
            return ""
        assert self.held is not None
        at_hand = self.held
        for cost in self.tie_break:
            stage = self.current.under(cost=cost)
            ended = self.take(stage, self.solver)
            finished, values = ended is None and self.held.stop_reason is not StopReason.GAP, self.held.values
            if not finished or values is None or not self.as_good(stage.exact, values, at_hand):
                self.held = at_hand
                return NO_TIE_BREAK
            self.current = self.current.with_stage(stage.exact, values)
        self.held = replace(self.held, notes=at_hand.notes)
        return TIE_BREAK

    def as_good(self, stage: MatrixForm, values: FloatArray, at_hand: FormResult) -> bool:
        """Whether a plan is as good by all stages as the one at hand.

        Near the end of their domain, curved terms feel what rows do not.
        """
        if violation(stage, values) > LOST:
            return False
        if not self.form.curves:
            return True
        assert at_hand.values is not None
        settled = defined_columns(self.form).settled(values)
        size = sum(curve.size(settled[curve.columns]) for curve in self.form.curves)
        return self.form.objective(at_hand.values) - self.form.objective(settled) <= 10 * HELD * size

    def left(self) -> Options:
        """Options with what is left of the time."""
        if self.options.time_limit is None:
            return self.options
        spent = time.perf_counter() - self.began
        return replace(self.options, time_limit=self.options.time_limit - spent)

    def values(self, held: FormResult) -> FloatArray:
        """Values of all columns of the whole form."""
        assert held.values is not None
        if self.levels is None:
            return held.values
        return self.levels.with_values(held.values[: self.levels.rank.start])

    def ended(self, last: FormResult, reason: StopReason | None = None) -> FormResult:
        """What is held when the stages ended early."""
        assert self.held is not None and self.held.values is not None
        values = self.values(self.held)
        stopped = reason or (
            StopReason.NUMERICAL if last.stop_reason is StopReason.PROVED else last.stop_reason
        )
        one = len(self.costs) == 1 and self.levels is None
        late = () if one else ("the stages were not all brought to their best in order",)
        return FormResult(
            status=Status.FEASIBLE,
            stop_reason=stopped,
            values=values,
            bound=last.bound if one else None,
            stages=_stage_values(self.form, values),
            notes=(*self.held.notes, *late),
        )


@dataclass(frozen=True, eq=False)
class _Held:
    """A form under all that earlier stages hold: exactly, and but for rounding."""

    exact: MatrixForm
    slack: MatrixForm

    def under(self, **changes: Any) -> _Held:
        """Both with another objective."""
        return _Held(replace(self.exact, **changes), replace(self.slack, **changes))

    def with_stage(self, stage: MatrixForm, values: FloatArray) -> _Held:
        """Both with one more stage held at the plan that is best by it."""

        def held(form: MatrixForm, slack: float) -> MatrixForm:
            form = hold_curved(form, stage, values, slack)
            return hold(form, stage.cost, values, slack) if stage.cost.any() else form

        return _Held(held(self.exact, 0.0), held(self.slack, HELD))


def hold(form: MatrixForm, cost: FloatArray, values: FloatArray, slack: float = 0.0) -> MatrixForm:
    """Add the row that keeps a stage's objective as good as `values` make it.

    Where all its columns are whole, the objective moves in steps, and half a step of slack is exact and
    beyond solvers' tolerances. Else `slack` is allowed, as a share of the objective's terms.

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
    slack *= float(abs(cost[used]) @ abs(values[used]))
    if form.whole[used].all():
        slack = 0.5 * smallest_step(cost[used])
    row = sp.csr_array((cost[used], (np.zeros(len(used), dtype=np.int32), used)), shape=(1, len(cost)))
    lower, upper = (best - slack, np.inf) if form.maximise else (-np.inf, best + slack)
    return replace(
        form,
        matrix=sp.csr_array(sp.vstack([form.matrix, row], format="csr")),
        row_lower=np.append(form.row_lower, lower),
        row_upper=np.append(form.row_upper, upper),
    )


def hold_curved(form: MatrixForm, stage: MatrixForm, values: FloatArray, slack: float) -> MatrixForm:
    """Keep the columns of a stage's quadratic and curved terms as they are in its plan.

    Those terms are strictly convex or concave, so that on divisible quantities all optima share these values.

    Examples
    --------
    >>> from allocare.models.matrix import FormBuilder
    >>> build = FormBuilder()
    >>> _ = build.add_columns("x", 2, quadratic=[1.0, 0.0])
    >>> form = build.finish(decisions="x")
    >>> hold_curved(form, form, np.array([0.5, 9.0]), 0.0).upper.tolist()
    [0.5, inf]
    """
    curved = np.zeros(len(form.cost), dtype=bool)
    if stage.quadratic is not None:
        curved |= stage.quadratic != 0
    for curve in stage.curves:
        curved[curve.columns] = True
    if not curved.any():
        return form
    apart = np.where(form.whole, 0.0, slack * np.maximum(abs(values), abs(values[curved]).max()))
    lower = np.where(curved, np.maximum(form.lower, values - apart), form.lower)
    upper = np.where(curved, np.minimum(form.upper, values + apart), form.upper)
    return replace(form, lower=lower, upper=upper)


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
