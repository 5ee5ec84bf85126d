r"""Outer approximation of a convex separable objective by cuts, over any LP/MILP solver.

Each convex term :math:`\varphi_k(x_k)` becomes a column t_k under rows that every round adds to where the
last plan x̂ lies:

.. math:: t_k \ge \varphi_k(x̂_k) + \varphi_k'(x̂_k) (x_k - x̂_k)

or, for squares of whole columns, the secant through the whole numbers on either side of x̂_k, which cuts off
everything that is not on their hull. The linear optimum is a lower bound, the true objective at any plan
found an upper one; both are certified, and the loop ends when they meet.

References
----------
Duran, M. A., & Grossmann, I. E. (1986). An outer-approximation algorithm for a class of mixed-integer
nonlinear programs. *Mathematical Programming*, 36, 307-339.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from .convex_terms import Squares
from .form_result import FormResult, graded
from .incumbents import silent
from .solution import Status, StopReason

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray, IndexArray
    from ..models.matrix import MatrixForm
    from .backend import Options
    from .convex_terms import Terms
    from .form_result import FormSolver

MOST_ROUNDS = 500
"""Rounds after which the loop gives up on the gap and says so."""

RELAXED_GAP = 1e-4
"""Relative gap at which cutting goes over from the relaxation to whole columns."""

AIM = 2.0**12
"""Size that the objective is scaled to before each round."""


def not_convex(form: MatrixForm) -> str | None:
    """Say why a form's objective is beyond convex solvers, or None.

    Examples
    --------
    >>> from allocare.models.matrix import FormBuilder
    >>> build = FormBuilder()
    >>> _ = build.add_columns("x", 1, quadratic=-1.0)
    >>> not_convex(build.finish(decisions="x"))
    'its quadratic objective is not convex'
    """
    if form.quadratic is None:
        return None
    curved = form.quadratic > 0 if form.maximise else form.quadratic < 0
    return "its quadratic objective is not convex" if curved.any() else None


def solve_by_cuts(form: MatrixForm, options: Options, solver: FormSolver) -> FormResult:
    """Minimise a convex separable quadratic (or maximise a concave one) with a linear solver.

    Examples
    --------
    >>> from allocare.models.matrix import FormBuilder
    >>> from allocare.solvers.backend import Options
    >>> from allocare.solvers.highs_ import solve_form
    >>> build = FormBuilder()
    >>> x = build.add_columns("x", 2, quadratic=[1.0, 2.0], whole=True)
    >>> _ = build.add_rows("total", [(x, np.ones((1, 2)))], lower=10.0)
    >>> result = solve_by_cuts(build.finish(decisions="x"), Options(), solve_form)
    >>> result.values.tolist(), round(result.bound, 6)
    ([7.0, 3.0], 67.0)
    """
    return OuterApproximation(form, Squares.of(form), options, solver).solve()


class OuterApproximation:
    """A minimisation with its cuts, its best plan and its best bound.

    Parameters
    ----------
    form
        What is to be solved, with its convex terms (which are cut) or without.
    terms
        The convex terms, as a minimisation has them.
    options, solver
        As for any solve, and what solves the linear rounds.
    """

    def __init__(self, form: MatrixForm, terms: Terms, options: Options, solver: FormSolver) -> None:
        sign = -1.0 if form.maximise else 1.0
        self.original, self.options, self.solver = form, options, solver
        self.convex, self.curved = terms, terms.columns
        self.form = replace(
            form, cost=sign * form.cost, offset=sign * form.offset, quadratic=None, curves=(), maximise=False
        )
        self.began = time.perf_counter()
        self.terms: IndexArray = np.zeros(0, dtype=np.int32)
        self.slope: FloatArray = np.zeros(0)
        self.level: FloatArray = np.zeros(0)
        self.best: FloatArray | None = None
        self.upper, self.lower = np.inf, -np.inf
        self.factor, self.finest, self.coarsest, self.radius = 1.0, np.inf, 0.0, 1e3
        self.round_gap = 1e-2

    def solve(self) -> FormResult:
        """Cut the relaxation first, then with whole columns."""
        ended = self.run(relaxed=True) if self.form.whole.any() else None
        return ended or self.run(relaxed=False) or self.result(StopReason.ITERATION_LIMIT)

    def run(self, relaxed: bool) -> FormResult | None:
        """Solve and cut in turn; None where the relaxation is tight or the rounds are spent."""
        self.finest = np.inf
        for _ in range(MOST_ROUNDS):
            linear = self.linear(relaxed)
            found = self.solver(linear, self.left(), None if relaxed else self.start())
            if found.status in (Status.UNBOUNDED, Status.INFEASIBLE_OR_UNBOUNDED):
                if (ended := self.cut_inside_a_box(linear)) is not None:
                    return ended
                continue
            if found.bound is not None:
                self.lower = max(self.lower, found.bound / self.factor)
            if found.values is None:
                infeasible = found.status is Status.INFEASIBLE and self.best is None
                return found if infeasible else self.result(found.stop_reason)
            plan, surrogate = np.split(found.values, [len(self.form.cost)])
            surrogate = surrogate / self.factor
            self.scale_to(plan)
            if relaxed:
                upper = self.value(plan)
            else:
                self.offer(plan)
                upper = self.upper
            if found.status is not Status.OPTIMAL and found.stop_reason is not StopReason.GAP:
                return self.result(found.stop_reason)
            target = max(RELAXED_GAP if relaxed else 0.0, self.options.target_gap)
            nothing = RELAXED_GAP if relaxed else self.convex.nothing
            apart, size = upper - self.lower, max(abs(upper), abs(self.lower))
            allowed = max(target * size, nothing * self.coarsest) if np.isfinite(upper) else 0.0
            met = bool(np.isfinite(apart)) and apart <= allowed
            cut = not met and self.cut(plan, surrogate, allowed)
            if met or not (cut or self.coarse(relaxed)):
                return None if relaxed else self.result(None)
            if not relaxed:
                self.refine(cut, apart / size if 0 < size < np.inf else 0.0)
        return None

    def coarse(self, relaxed: bool) -> bool:
        """Whether rounds may still be solved closer: those with whole columns are not solved out at first."""
        return (
            not relaxed and bool(self.original.whole.any()) and self.round_gap > 0.5 * self.options.target_gap
        )

    def refine(self, cut: bool, gap: float) -> None:
        """Solve the next round closer the closer the bounds are, and closer still where no cut was left."""
        allowed = self.round_gap if cut else 0.1 * self.round_gap
        self.round_gap = max(min(allowed, 0.1 * gap), 0.5 * self.options.target_gap)

    def linear(self, relaxed: bool) -> MatrixForm:
        """The form with a column for each convex term, under all cuts so far."""
        form, width, count = self.form, len(self.form.cost), len(self.curved)
        slope, level = self.slope * self.factor, self.level * self.factor
        row = np.arange(len(self.terms))
        cuts = sp.csr_array(
            (
                np.concatenate([np.ones(len(row)), -slope]),
                (np.tile(row, 2), np.concatenate([width + self.terms, self.curved[self.terms]])),
            ),
            shape=(len(row), width + count),
        )
        beside = sp.csr_array((form.matrix.shape[0], count))
        no_wholes = np.zeros(width, dtype=bool)
        return replace(
            form,
            cost=np.concatenate([form.cost * self.factor, np.ones(count)]),
            offset=form.offset * self.factor,
            matrix=sp.csr_array(sp.vstack([sp.hstack([form.matrix, beside]), cuts], format="csr")),
            row_lower=np.concatenate([form.row_lower, -level]),
            row_upper=np.concatenate([form.row_upper, np.full(len(row), np.inf)]),
            lower=np.concatenate([form.lower, self.convex.lowest * self.factor]),
            upper=np.concatenate([form.upper, np.full(count, np.inf)]),
            whole=np.concatenate([no_wholes if relaxed else form.whole, np.zeros(count, dtype=bool)]),
        )

    def cut(self, plan: FloatArray, surrogate: FloatArray, target: float) -> bool:
        """Add cuts where the terms' columns are too low at a plan; False where none are."""
        x = plan[self.curved]
        fine = 0.01 * target / len(x)
        short = np.flatnonzero(self.convex.hull(x) - surrogate > fine).astype(np.int32)
        self.add(short, self.convex.inside(short, x[short]))
        if self.best is not None and not self.original.whole.any():
            near = self.best[self.curved]
            apart = np.flatnonzero(self.convex.above(near, x) > fine).astype(np.int32)
            self.add(apart, self.convex.inside(apart, near[apart]))
        return len(short) > 0

    def add(self, terms: IndexArray, points: FloatArray) -> None:
        """Add one cut a term."""
        self.add_lines(terms, *self.convex.line(terms, points))

    def add_lines(self, terms: IndexArray, slope: FloatArray, level: FloatArray) -> None:
        """Add the cuts ``t >= slope * x - level``, one a term listed."""
        self.terms = np.concatenate([self.terms, terms])
        self.slope = np.concatenate([self.slope, slope])
        self.level = np.concatenate([self.level, level])

    def cut_inside_a_box(self, linear: MatrixForm) -> FormResult | None:
        """Find where to cut when the cuts so far leave the terms unbounded.

        What is unbounded even with all curved columns in a box is so without their help.
        """
        lower, upper = linear.lower.copy(), linear.upper.copy()
        lower[self.curved] = np.maximum(lower[self.curved], -self.radius)
        upper[self.curved] = np.minimum(upper[self.curved], self.radius)
        self.radius *= 10.0
        found = self.solver(replace(linear, lower=lower, upper=upper), self.left(), None)
        if found.status in (Status.UNBOUNDED, Status.INFEASIBLE_OR_UNBOUNDED):
            return found
        if found.values is not None:
            everyone = np.arange(len(self.curved), dtype=np.int32)
            self.add(everyone, self.convex.inside(everyone, found.values[self.curved]))
            return None
        if found.status is Status.INFEASIBLE:
            return None
        return self.result(found.stop_reason)

    def offer(self, plan: FloatArray) -> None:
        """Keep the best plan; divisible ones may be mixed with it."""
        if self.best is not None and not self.original.whole.any():
            step = plan - self.best
            at, moved = self.best[self.curved], step[self.curved]
            share = self.convex.share(at, moved, float(self.form.cost @ step))
            plan = self.best + share * step
        if self.value(plan) < self.upper:
            self.best, self.upper = plan, self.value(plan)
            self.tell()

    def tell(self) -> None:
        """Tell of the best plan, in the original form's sense."""
        if self.options.on_incumbent is not None:
            sign = -1.0 if self.original.maximise else 1.0
            bound = None if np.isinf(self.lower) else sign * min(self.lower, self.upper)
            self.options.on_incumbent(time.perf_counter() - self.began, sign * self.upper, bound)

    def scale_to(self, plan: FloatArray) -> None:
        """Choose the next round's objective factor by the size of the objective at the plans so far."""
        size = float(abs(self.form.cost) @ abs(plan)) + self.convex.size(plan[self.curved])
        size += abs(self.form.offset)
        self.coarsest = max(self.coarsest, size)
        self.finest = min(self.finest, size)
        if self.coarsest > 0:
            self.factor = float(np.exp2(np.rint(np.log2(AIM / max(self.finest, 1e-8 * self.coarsest)))))

    def value(self, plan: FloatArray) -> float:
        """Objective of the minimisation at a plan."""
        terms = float(self.convex.each(plan[self.curved]).sum())
        return float(self.form.cost @ plan) + terms + self.form.offset

    def start(self) -> FloatArray | None:
        """The best plan with its terms, in the columns of the linear form."""
        if self.best is None:
            return None
        terms = self.convex.each(self.best[self.curved])
        return np.concatenate([self.best, terms * self.factor])

    def left(self) -> Options:
        """Options for one round: what is left of the time, and how close to solve."""
        limit = self.options.time_limit
        if limit is not None:
            limit = max(limit - (time.perf_counter() - self.began), 0.01)
        return replace(silent(self.options), time_limit=limit, gap=self.round_gap)

    def result(self, stopped: StopReason | None) -> FormResult:
        """What is held at the end, graded by the bounds; `stopped` is why, where they did not meet."""
        bound = None if np.isinf(self.lower) else min(self.lower, self.upper)
        signed = bound if bound is None or not self.original.maximise else -bound
        if self.best is None:
            return FormResult(
                status=Status.UNKNOWN, stop_reason=stopped or StopReason.NUMERICAL, bound=signed
            )
        assert signed is not None
        status, reason = graded(
            self.original, self.best, signed, self.options, self.convex.nothing * self.coarsest
        )
        if reason is StopReason.NUMERICAL:
            reason = stopped or reason
        return FormResult(status=status, stop_reason=reason, values=self.best, bound=signed)
