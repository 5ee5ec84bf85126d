"""Relax and fix: a good plan of a network from its relaxation, and the relaxation's bound.

The relaxation is solved once. Switches are then fixed in a few batches, those that carry their minimum first,
and the relaxation is solved again from where it stood. Where patients are whole, the days are rounded one
after the other, the most urgent class first, and what comes later adapts; on days to come room for one more
patient is kept free at every site, so that rounding up has somewhere to go. The plan is then improved site by
site. It is enough where its distance from the relaxation's bound is within the gap that was asked for, and
else serves HiGHS as a start.

References
----------
Y. Pochet, L. A. Wolsey, "Production Planning by Mixed Integer Programming", Springer, 2006, section 3.6.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..instances.network_moves import MOVE, SEND, SURGE, TREAT, TURN_AWAY
from ..models.network_plan_columns import used_lane_days
from ..models.network_plan_rows import carried, limited_resources
from .form_result import ROW_TOLERANCE, FormResult, clamped, exactly_whole, violation
from .highs_session import prepared, run
from .incumbents import later
from .rules.network_plan import RULES, misfit, plan
from .site_by_site import improved_by_site
from .solution import Status, StopReason

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    from ..instances.arrays import FloatArray
    from ..instances.network_plan import NetworkPlanProblem
    from ..models.matrix import MatrixForm
    from .backend import Options
    from .form_result import FormSolver

_DUST = 1e-6
_ROUNDING = 1e-8
"""What a value may be above a whole number and be taken for it: below what the relaxation lets rows miss."""

_ROOM = (1.0, 0.5, 0.25, 0.0)
"""Patients for whom room is kept free on days to come; less where nothing else is feasible."""

_WORTH_OPENING = 0.4
"""Share of a lane's minimum from which it is opened rather than closed."""


def relaxed_and_fixed(problem: NetworkPlanProblem, form: MatrixForm, options: Options) -> FormResult:
    """Return a plan and the relaxation's bound; without values where none was found.

    Examples
    --------
    >>> import allocare
    >>> from allocare.solvers.backend import Options
    >>> problem = allocare.example("two-hospitals")
    >>> found = relaxed_and_fixed(problem, allocare.matrix_form(problem), Options())
    >>> found.bound <= 130.0, found.values is None or allocare.matrix_form(problem).objective(found.values)
    (True, 130.0)
    """
    return _Dive(problem, form, options).result()


def solve_after_dive(
    problem: NetworkPlanProblem,
    solver: FormSolver,
    form: MatrixForm,
    options: Options,
    start: FloatArray | None = None,
) -> FormResult:
    """Solve a form with a solver that starts from the plan of a dive, unless that is good enough already.

    Examples
    --------
    >>> import allocare
    >>> from allocare.solvers.backend import Options
    >>> from allocare.solvers.highs_ import solve_form
    >>> problem = allocare.generate("network-plan", n_sites=3, n_days=4, seed=1)
    >>> found = solve_after_dive(problem, solve_form, allocare.matrix_form(problem), Options(gap=0.05))
    >>> found.stop_reason.value
    'gap'
    """
    if not form.whole.any():
        return solver(form, options, start)
    began = time.perf_counter()
    dive = relaxed_and_fixed(problem, form, options)
    if dive.values is not None and dive.bound is not None:
        bound = dive.bound

        def tell(objective: float) -> None:
            if options.on_incumbent is not None:
                options.on_incumbent(time.perf_counter() - began, objective, bound)

        tell(form.objective(dive.values))
        better = dive.values
        if form.quadratic is None and not form.curves:
            spent = time.perf_counter() - began
            limit = None if options.time_limit is None else max(options.time_limit - spent, 0.0)
            enough = bound + options.target_gap * abs(bound)
            better = improved_by_site(
                problem, form, dive.values, replace(options, time_limit=limit), enough, tell
            )
            dive = replace(dive, values=better)
        objective = form.objective(better)
        if abs(objective - bound) <= options.target_gap * max(abs(objective), abs(bound)):
            return dive
    spent = time.perf_counter() - began
    left = later(options, spent)
    if options.time_limit is not None:
        left = replace(left, time_limit=max(options.time_limit - spent, 0.01))
    found = solver(form, left, start if dive.values is None else dive.values)
    if found.values is None and found.stop_reason is StopReason.PROVED:
        return found
    bounds = [bound for bound in (dive.bound, found.bound) if bound is not None]
    if dive.values is None and found.values is None:
        return replace(found, bound=max(bounds, default=None))
    if dive.values is None:
        assert found.values is not None
        return replace(found, bound=clamped(form, found.values, max(bounds))) if bounds else found
    if found.values is None or form.objective(found.values) > form.objective(dive.values):
        reason = found.stop_reason
        return replace(dive, stop_reason=reason, bound=clamped(form, dive.values, max(bounds)))
    return replace(found, bound=clamped(form, found.values, max(bounds))) if bounds else found


class _Dive:
    """A relaxation under way: its bounds, and where it stands."""

    def __init__(self, problem: NetworkPlanProblem, form: MatrixForm, options: Options) -> None:
        self.problem, self.form, self.moves = problem, form, problem.moves
        self.at = used_lane_days(problem)
        self.sums = carried(problem, self.at)
        self.began, self.limit = time.perf_counter(), options.time_limit
        plain = replace(options, gap=None, on_incumbent=None)
        self.highs = prepared(replace(form, whole=np.zeros_like(form.whole)), plain)
        self.lower, self.upper = form.lower.copy(), form.upper.copy()
        self.values = np.zeros(len(form.cost))

    def result(self) -> FormResult:
        if not self._solved():
            return FormResult(status=Status.UNKNOWN, stop_reason=StopReason.TIME_LIMIT)
        bound = float(self.highs.getInfo().objective_function_value)
        nothing = FormResult(status=Status.UNKNOWN, stop_reason=StopReason.NUMERICAL, bound=bound)
        # the bound stands; what is rounded below must not be refused for less than rounding itself
        self.highs.setOptionValue("primal_feasibility_tolerance", 1e-7)
        found = self._switches() and (not self.problem.whole or self._days())
        if not found and not self._baseline():
            return nothing
        values = exactly_whole(self.form, np.clip(self.values, self.form.lower, self.form.upper))
        if values is None or violation(self.form, values) > ROW_TOLERANCE:
            return nothing
        bound = clamped(self.form, values, bound)
        reason = StopReason.GAP
        return replace(nothing, status=Status.FEASIBLE, stop_reason=reason, values=values, bound=bound)

    def _solved(self, *columns: npt.NDArray[Any]) -> bool:
        """Solve again after bounds of columns changed; what was found before stays where there is nothing."""
        if columns:
            at = np.concatenate(columns).astype(np.int32)
            self.highs.changeColsBounds(len(at), at, self.lower[at], self.upper[at])
        if self.limit is not None:
            left = self.limit - (time.perf_counter() - self.began)
            if left <= 0:
                return False
            # HiGHS's own clock goes on from solve to solve
            self.highs.setOptionValue("time_limit", self.highs.getRunTime() + left)
        run(self.highs)
        if self.highs.getModelStatus().name == "kUnknown":
            # the basis at hand led nowhere; a fresh one does
            self.highs.clearSolver()
            run(self.highs)
        if self.highs.getModelStatus().name != "kOptimal":
            return False
        self.values = np.array(self.highs.getSolution().col_value)
        return True

    def _fix(self, columns: npt.NDArray[Any], values: FloatArray | float) -> None:
        self.lower[columns] = self.upper[columns] = values

    def _baseline(self) -> bool:
        """Take the baseline's plan where no better one came out."""
        problem, form = self.problem, self.form
        if misfit(problem, "nearest-room") is not None:
            return False
        decisions = plan(problem, RULES["nearest-room"])
        self.lower, self.upper = form.lower.copy(), form.upper.copy()
        used = self.sums @ decisions > _DUST
        for name, values in (("quantity", decisions), ("lane_used", used.astype(np.float64))):
            block = form.column_block(name)
            self._fix(np.arange(block.start, block.stop), values)
        opened = form.column_block("surge_opened")
        self._fix(np.arange(opened.start, opened.stop), 0.0)
        self.limit = None
        return self._solved(np.arange(len(self.lower)))

    def _switches(self) -> bool:
        """Fix every switch: surge is opened where it is used, lanes batch by batch."""
        form, at = self.form, self.at
        opened, used = form.column_block("surge_opened"), form.column_block("lane_used")
        surge = np.arange(opened.start, opened.stop)
        if len(surge):
            self._fix(surge, np.where(self.values[surge] > _DUST, 1.0, 0.0))
        sums, minimum = self.sums, self.problem.lanes.minimum[at.lane]
        switch = np.arange(used.start, used.stop)
        decisions = form.column_block("quantity").slice
        first = True
        while True:
            flow = sums @ self.values[decisions]
            free = self.lower[switch] < self.upper[switch]
            if not free.any() and not first:
                return True
            carries = flow > _DUST
            self.lower[switch[free & carries & (flow >= minimum - _DUST)]] = 1.0
            small = np.flatnonzero(free & carries & (flow < minimum - _DUST))
            share = flow[small] / np.maximum(minimum[small], _DUST)
            best = small[np.argsort(-share, kind="stable")][: max(1, len(small) // 4)]
            best = best[flow[best] > _WORTH_OPENING * minimum[best]]
            self.lower[switch[best]] = 1.0
            rest = small[share <= _WORTH_OPENING] if len(best) else small
            self.upper[switch[rest]] = 0.0
            if not first:
                self.upper[switch[free & ~carries]] = 0.0
            if not self._solved(switch, surge):
                return False
            first = False

    def _days(self) -> bool:
        """Round day after day, the most urgent class first; surge and moves of a day come last."""
        problem, moves, n_days = self.problem, self.moves, len(self.problem.days)
        if not self._keep_room(range(n_days)):
            return False
        for day in range(n_days):
            self._limit_use([day], 0.0)
            if not self._solved():
                return False
            for cls in np.argsort(-problem.unmet_cost, kind="stable").tolist():
                some = (moves.day == day) & (moves.what == cls)
                parts = [np.flatnonzero(some & (moves.kind == kind)) for kind in (TREAT, SEND, TURN_AWAY)]
                waits = problem.may_wait[cls] and day + 1 < n_days
                if not (self._down(*parts) if waits else self._placed(*parts)):
                    return False
            if not self._moved(day) and not self._keep_room(range(day + 1, n_days)):
                return False
        return True

    def _moved(self, day: int) -> bool:
        """Round what is moved on a day, and surge up.

        Down where those in care can spare it; lanes are halved until those are found that cannot.
        """
        moves, form = self.moves, self.form
        surge = np.flatnonzero((moves.day == day) & (moves.kind == SURGE))
        self._fix(surge, np.minimum(np.ceil(self.values[surge] - _ROUNDING), form.upper[surge]))
        pending = [np.flatnonzero((moves.day == day) & (moves.kind == MOVE))]
        while pending:
            moved = pending.pop()
            flow = self.values[moved]
            for rounded in (self._sent_down(moved), np.rint(flow), np.ceil(flow - _ROUNDING)):
                self._fix(moved, rounded)
                if self._solved(moved, surge):
                    break
            else:
                if len(moved) <= 1:
                    return False
                self.lower[moved], self.upper[moved] = form.lower[moved], form.upper[moved]
                pending += [moved[len(moved) // 2 :], moved[: len(moved) // 2]]
        return True

    def _keep_room(self, days: range) -> bool:
        """Keep room for one more patient free on these days, or for as much of one as can be."""
        for patients in _ROOM:
            self._limit_use(days, patients)
            if self._solved():
                return True
        return False

    def _limit_use(self, days: Iterable[int], patients: float) -> None:
        """Keep room for so many patients free of every limited resource on these days."""
        problem, first = self.problem, self.form.row_block("use_limit").start
        limited = np.flatnonzero(limited_resources(problem))
        taken = (problem.use + problem.admission_use).max(axis=0)[limited]
        _, resource, day = np.indices((len(problem.sites), len(limited), len(problem.days))).reshape(3, -1)
        for row in np.flatnonzero(np.isin(day, list(days))).tolist():
            self.highs.changeRowBounds(first + row, -np.inf, -patients * float(taken[resource[row]]))

    def _sent_down(self, columns: npt.NDArray[np.int64]) -> FloatArray:
        """Round what is carried down, but not below what an open lane has to carry at least."""
        sent = np.floor(self.values[columns] + _ROUNDING)
        if not self.at.lane.size or not len(columns):
            return sent
        sums = self.sums[:, columns].tocoo()
        held = self.values[self.form.column_block("quantity").slice].copy()
        held[columns] = 0.0
        used = self.form.column_block("lane_used").slice
        least = self.problem.lanes.minimum[self.at.lane] * self.lower[used] - self.sums @ held
        needed = np.zeros(len(columns))
        needed[sums.col] = np.ceil(least[sums.row] - _ROUNDING)
        return np.where(self.values[columns] > _DUST, np.maximum(sent, needed), sent)

    def _down(
        self, treat: npt.NDArray[np.int64], send: npt.NDArray[np.int64], away: npt.NDArray[np.int64]
    ) -> bool:
        """Round down; who is left over waits."""
        sent = self._sent_down(send)
        source = self.moves.source
        more = np.bincount(source[send], sent - self.values[send], minlength=len(self.problem.sites)).clip(
            min=0.0
        )
        # who is sent after all is not treated at home
        self._fix(treat, np.floor(np.maximum(self.values[treat] - more[source[treat]], 0.0) + _ROUNDING))
        self._fix(send, sent)
        self._fix(away, np.floor(self.values[away] + _ROUNDING))
        return self._solved(treat, send, away)

    def _placed(
        self, treat: npt.NDArray[np.int64], send: npt.NDArray[np.int64], away: npt.NDArray[np.int64]
    ) -> bool:
        """Place everybody at the nearest whole number; where there is no room for that, site by site, down.

        Sites that cannot all be rounded are halved until the few are found that have to turn somebody away.
        """
        pending = [np.arange(len(self.problem.sites))]
        while pending:
            sites = pending.pop()
            mine = [columns[np.isin(self.moves.source[columns], sites)] for columns in (treat, send, away)]
            if self._rounded(*mine, room=True):
                continue
            if len(sites) > 1:
                pending += [sites[len(sites) // 2 :], sites[: len(sites) // 2]]
            elif not self._rounded(*mine, room=False):
                return False
        return True

    def _rounded(
        self,
        treat: npt.NDArray[np.int64],
        send: npt.NDArray[np.int64],
        away: npt.NDArray[np.int64],
        *,
        room: bool,
    ) -> bool:
        """Fix what a few sites do with a class on a day; undone where no plan is left."""
        parts = (treat, send, away)
        before = [(self.lower[columns].copy(), self.upper[columns].copy()) for columns in parts]
        site, count = self.moves.source, len(self.problem.sites)

        def by_site(columns: npt.NDArray[np.int64], values: FloatArray) -> FloatArray:
            return np.bincount(site[columns], values, minlength=count)[site[treat]].astype(np.float64)

        there = np.rint(sum(by_site(columns, self.values[columns]) for columns in parts))
        sent = np.floor(self.values[send] + 0.5) if room else self._sent_down(send)
        left = there - by_site(send, sent)
        if (left < 0).any():
            return False
        if room:
            turned = np.minimum(np.rint(self.values[away]), left)
            treated = left - turned
        else:
            treated = np.minimum(np.floor(self.values[treat] + _ROUNDING), left)
            turned = left - treated
        for columns, values in zip(parts, (treated, sent, turned), strict=True):
            self._fix(columns, values)
        if self._solved(*parts):
            return True
        for columns, (lower, upper) in zip(parts, before, strict=True):
            self.lower[columns], self.upper[columns] = lower, upper
        at = np.concatenate(parts).astype(np.int32)
        self.highs.changeColsBounds(len(at), at, self.lower[at], self.upper[at])
        return False
