"""Site by site: a plan of a network improved by solving each site's part again while the rest stays.

What a site does with its patients, its surge and the lanes that begin or end there is freed, the rest of the
plan is held, and HiGHS solves the small program that is left. The dearest sites come first; a pass over all
of them is repeated while it gains. This is the fix-and-optimise heuristic with one neighbourhood a site.

References
----------
S. Helber, F. Sahling, "A fix-and-optimize approach for the multi-level capacitated lot sizing problem",
International Journal of Production Economics 123, 2010, 247-256.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from ..models.network_plan_columns import surge_places, used_lane_days, waiting_places
from .form_result import ROW_TOLERANCE, exactly_whole, violation
from .highs_session import offer, prepared, run

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from ..instances.arrays import BoolArray, FloatArray, IndexArray
    from ..instances.network_plan import NetworkPlanProblem
    from ..models.matrix import MatrixForm
    from .backend import Options

NODES = 30
"""Nodes of branch and bound a site: not seconds, so that the same input gives the same plan."""

SITE_SECONDS = 1.5
"""What a site may take at most where the whole is limited in time."""

PASSES = 4
WORTH_A_PASS = 5e-4
SITE_GAP = 1e-3


def improved_by_site(
    problem: NetworkPlanProblem,
    form: MatrixForm,
    values: FloatArray,
    options: Options,
    enough: float,
    tell: Callable[[float], None] | None = None,
) -> FloatArray:
    """Improve a plan until its objective is `enough`, the time limit is reached, or a pass gains too little.

    Examples
    --------
    >>> import allocare
    >>> from allocare.solvers.backend import Options
    >>> from allocare.solvers.relax_and_fix import relaxed_and_fixed
    >>> problem = allocare.generate("network-plan", n_sites=4, n_days=6, seed=1, whole=True)
    >>> form = allocare.matrix_form(problem)
    >>> dive = relaxed_and_fixed(problem, form, Options())
    >>> better = improved_by_site(problem, form, dive.values, Options(), dive.bound)
    >>> form.objective(better) <= form.objective(dive.values)
    True
    """
    until = None if options.time_limit is None else time.perf_counter() + options.time_limit
    parts = _Parts(problem, form)
    for _ in range(PASSES):
        before = form.objective(values)
        for site in parts.dearest_first(values):
            left = None if until is None else until - time.perf_counter()
            if form.objective(values) <= enough or (left is not None and left <= 0):
                return values
            better = parts.solved_again(
                site, values, replace(options, time_limit=None if left is None else min(left, SITE_SECONDS))
            )
            if form.objective(better) < form.objective(values):
                values = better
                if tell is not None:
                    tell(form.objective(values))
        if before - form.objective(values) < WORTH_A_PASS * abs(before):
            break
    return values


class _Parts:
    """Which columns belong to which site, and to both ends of a lane."""

    def __init__(self, problem: NetworkPlanProblem, form: MatrixForm) -> None:
        self.problem, self.form, self.by_column = problem, form, form.matrix.tocsc()
        self.at, self.other = _ends(problem, form)
        self.free_anyway = (self.at < 0) & ~form.whole
        self.follows: BoolArray = np.zeros(len(form.cost), dtype=bool)
        for name in ("admitted", "in_care", "stock"):
            self.follows[form.column_block(name).slice] = True

    def dearest_first(self, values: FloatArray) -> IndexArray:
        known = self.at >= 0
        cost = np.bincount(self.at[known], (self.form.cost * values)[known], len(self.problem.sites))
        return np.argsort(-cost, kind="stable").astype(np.int32)

    def solved_again(self, site: int, values: FloatArray, options: Options) -> FloatArray:
        """Solve what is a site's own again; the same plan where nothing better was found in time."""
        form, at = self.form, self.at
        free = (at == site) | (self.other == site) | self.free_anyway
        # what follows from decisions follows at the other ends of the site's lanes as well
        touched: BoolArray = np.zeros(len(self.problem.sites) + 1, dtype=bool)
        touched[at[free]] = touched[self.other[free]] = True
        touched[-1] = False
        free |= self.follows & touched[at]
        columns = np.flatnonzero(free & (form.lower < form.upper))
        part = self.by_column[:, columns].tocsr()
        rows = np.flatnonzero(np.diff(part.indptr))
        held = values.copy()
        held[columns] = 0.0
        there = (form.matrix @ held)[rows]
        small = replace(
            form,
            cost=form.cost[columns],
            matrix=sp.csr_array(part[rows]),
            row_lower=form.row_lower[rows] - there,
            row_upper=form.row_upper[rows] - there,
            lower=form.lower[columns],
            upper=form.upper[columns],
            whole=form.whole[columns],
            offset=0.0,
            columns=(),
            rows=(),
        )
        native = {**options.native, "mip_max_nodes": NODES}
        highs = prepared(small, replace(options, gap=SITE_GAP, native=native, on_incumbent=None))
        offer(highs, values[columns])
        run(highs)
        found = np.array(highs.getSolution().col_value)
        if len(found) != len(columns) or not np.isfinite(found).all():
            return values
        better = values.copy()
        better[columns] = found
        whole = exactly_whole(form, np.clip(better, form.lower, form.upper))
        return values if whole is None or violation(form, whole) > ROW_TOLERANCE else whole


def _ends(
    problem: NetworkPlanProblem, form: MatrixForm
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Site of each column, and of a lane's columns the other end; -1 for columns of no site."""
    at = np.full(len(form.cost), -1)
    other = at.copy()
    moves, lanes, sites = problem.moves, problem.lanes, np.arange(len(problem.sites))
    on_lane = np.asarray(moves.lane) >= 0
    target = np.where(on_lane, lanes.target[np.where(on_lane, moves.lane, 0)], moves.source)
    used, days = used_lane_days(problem), len(problem.days)
    by_class = np.repeat(sites, len(problem.classes) * days)
    ends = {
        "quantity": (moves.source, target),
        "waiting": (waiting_places(problem)[0],) * 2,
        "admitted": (by_class, by_class),
        "in_care": (by_class, by_class),
        "stock": (np.repeat(sites, len(problem.resources) * days),) * 2,
        "lane_used": (lanes.source[used.lane], lanes.target[used.lane]),
        "surge_opened": (surge_places(problem)[0],) * 2,
    }
    for name, (source, end) in ends.items():
        block = form.column_block(name).slice
        at[block], other[block] = source, end
    return at, other
