"""Exact service levels of one resource by maximum flows: minimum variance, and even service."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, cast

import numpy as np

from ..models.proofs.even import beyond_levels
from ..models.proofs.exchange import Exchange
from ..models.proofs.levels import Levels
from ..models.scaling import scaled
from ..models.unit_increments import service_variance
from .apportionment import increment_order
from .backend import Outcome
from .even_levels import solve_even
from .flow_outcome import runs_to_its_end
from .flow_scale import beyond_flows, lane_limits, quantity_scale
from .service_levels import ServiceLevels
from .smaller_totals import ceiling, keep_only, least_varying_total
from .solution import Status, StopReason

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray
    from ..instances.fair_allocation import FairAllocationProblem
    from ..models.proofs import Certificate
    from ..models.scaling import IntArray
    from .backend import Options, Task


def refusal(task: Task, options: Options) -> str | None:
    """Say why this problem is beyond the backend, or None."""
    problem = cast("FairAllocationProblem", task.problem)
    if options.native:
        return "it has no options of its own"
    if task.extended:
        return "it solves the problem itself, without constraints added to the model"
    if problem.asks_fairness:
        return beyond_levels(problem) or beyond_flows(problem)
    if problem.kind != "fair-allocation" or problem.criterion != "min-variance":
        return "it makes service levels even and optimises nothing else"
    if problem.cost_budget is not None:
        return "a cost budget is a side constraint"
    return beyond_flows(problem)


def solve(task: Task, options: Options) -> Outcome:
    """Solve to proved optimality."""
    if task.problem.asks_fairness:
        return solve_even(task, options)
    problem = cast("FairAllocationProblem", task.problem)
    started = perf_counter()
    scale = 1 if problem.whole else quantity_scale(problem)
    lanes = problem.lanes
    capacity = None if lanes.capacity is None else lane_limits(lanes.capacity, scale)
    supply, demand = scaled(problem.supply, scale), scaled(problem.demand, scale)
    built = perf_counter()
    levels = ServiceLevels(lanes.source, lanes.target, capacity, supply, demand, whole=problem.whole)
    every_total = True
    certificate: Certificate | None
    if problem.whole:
        decisions, certificate, every_total = _in_whole_units(problem, levels, demand)
    else:
        decisions, certificate = _divisible(problem, levels, scale)
    value = service_variance(problem, decisions)
    notes = [f"{len(levels.groups)} groups of service levels, {levels.flows_run} maximum flows"]
    if levels.coarse:
        notes.append(
            f"{levels.coarse} groups were divided in small units: their exact levels do not fit 64 bits"
        )
    if not every_total:
        notes.append("too many units may be given up to try every total")
    return Outcome(
        status=Status.OPTIMAL if every_total else Status.FEASIBLE,
        stop_reason=StopReason.PROVED if every_total else StopReason.ITERATION_LIMIT,
        decisions=decisions,
        objective=value,
        bound=value if every_total else 0.0,
        build_seconds=built - started,
        solve_seconds=perf_counter() - built,
        notes=(*notes, *runs_to_its_end(options.time_limit)),
        certificate=certificate,
    )


def _divisible(
    problem: FairAllocationProblem, levels: ServiceLevels, scale: int
) -> tuple[FloatArray, Certificate]:
    """Plan and levels once what may be given up is cut off the highest levels."""
    height = np.array([group.served / group.need if group.need else 1.0 for group in levels.groups])
    # levels that were rounded may be out of order in their last digits
    height = np.maximum.accumulate(height)
    full = levels.flow / scale
    loss = problem.efficiency_loss or 0.0
    top = ceiling(levels, loss)
    source, target = _of_groups(problem, levels, np.minimum(height, top))
    if loss == 0:
        return full, Levels(source, target)
    share = np.ones(len(problem.targets))
    for group, level in zip(levels.groups, height.tolist(), strict=True):
        share[group.targets] = min(1.0, top / level) if level else 1.0
    return full * share[problem.lanes.target], Levels(source, target, full)


def _in_whole_units(
    problem: FairAllocationProblem, levels: ServiceLevels, demand: IntArray
) -> tuple[FloatArray, Certificate | None, bool]:
    """Plan and prices, once what is better given up is; and whether every total was tried."""
    received = np.bincount(problem.lanes.target, levels.flow, len(demand)).astype(np.int64)
    certificate = _exchange(problem, levels, received, demand)
    loss = problem.efficiency_loss or 0.0
    if loss == 0:
        return levels.flow, certificate, True
    shares = np.zeros(len(demand), dtype=np.int64)
    needing = demand > 0
    shares[needing], every_total = least_varying_total(received[needing], demand[needing], loss)
    kept = keep_only(levels.flow, problem.lanes.target, shares)
    certificate = Exchange(
        certificate.numerator,
        certificate.denominator,
        certificate.source,
        certificate.target,
        certificate.total,
        levels.flow,
    )
    return kept, certificate if every_total else None, every_total


def _exchange(
    problem: FairAllocationProblem, levels: ServiceLevels, received: IntArray, demand: IntArray
) -> Exchange:
    """Price of each group: the weight of the dearest unit in it and in the groups below."""
    numerator, denominator = [], []
    last, below = 0, 1
    for group in levels.groups[:-1]:
        units, weights = 2 * received[group.targets] - 1, demand[group.targets]
        at = _dearest(units, weights)
        unit, weight = int(units[at]), int(weights[at])
        if unit * below > last * weight:
            last, below = unit, weight
        numerator.append(last)
        denominator.append(below)
    # a unit of a target that has all it needs weighs less than 2
    place = np.arange(len(levels.groups), dtype=np.float64)
    source, target = _of_groups(problem, levels, place)
    return Exchange(
        np.array([*numerator, 2]),
        np.array([*denominator, 1]),
        source.astype(np.int64),
        target.astype(np.int64),
        len(levels.groups) - 1,
    )


def _dearest(units: IntArray, weights: IntArray) -> int:
    """Position of the largest fraction, exactly."""
    return int(np.argmax(increment_order((units + 1) // 2, weights)))


def _of_groups(
    problem: FairAllocationProblem, levels: ServiceLevels, values: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Spread a value of each group over its sources and targets."""
    source, target = np.zeros(len(problem.sources)), np.zeros(len(problem.targets))
    for group, value in zip(levels.groups, values.tolist(), strict=True):
        source[group.sources] = value
        target[group.targets] = value
    return source, target
