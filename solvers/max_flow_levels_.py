"""Exact minimum variance of one divisible resource: service levels by maximum flows."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, cast

import numpy as np

from ..models.scaling import InexactScaling, integer_scale, scaled
from .backend import Outcome
from .service_levels import ServiceLevels
from .solution import Status, StopReason

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray
    from ..instances.fair_allocation import FairAllocationProblem
    from ..models.scaling import IntArray
    from .backend import Options, Task


def refusal(task: Task, options: Options) -> str | None:
    """Say why this problem is beyond the backend, or None."""
    problem = cast("FairAllocationProblem", task.problem)
    if options.native:
        return "it has no options of its own"
    if task.extended:
        return "it solves the problem itself, without constraints added to the model"
    if problem.criterion != "min-variance":
        return "it minimises the variance of service levels alone"
    if problem.whole:
        return "it shares divisible quantities; these are whole"
    if problem.cost_budget is not None:
        return "a cost budget is a side constraint"
    try:
        _scale(problem)
    except InexactScaling as error:
        return str(error)
    return None


def solve(task: Task, options: Options) -> Outcome:
    """Solve to proved optimality."""
    problem = cast("FairAllocationProblem", task.problem)
    started = perf_counter()
    scale = _scale(problem)
    lanes = problem.lanes
    capacity = None if lanes.capacity is None else _limits(lanes.capacity, scale)
    built = perf_counter()
    levels = ServiceLevels(
        lanes.source, lanes.target, capacity, scaled(problem.supply, scale), scaled(problem.demand, scale)
    )
    decisions = _give_up(problem, levels) / scale
    solved = perf_counter()
    return Outcome(
        status=Status.OPTIMAL,
        stop_reason=StopReason.PROVED,
        decisions=decisions,
        objective=(value := _variance(problem, decisions)),
        bound=value,
        build_seconds=built - started,
        solve_seconds=solved - built,
        notes=(f"{len(levels.groups)} distinct service levels, {levels.flows_run} maximum flows",),
    )


def _scale(problem: FairAllocationProblem) -> int:
    amounts = [problem.supply, problem.demand]
    if problem.lanes.capacity is not None:
        amounts.append(problem.lanes.capacity[np.isfinite(problem.lanes.capacity)])
    return integer_scale(np.concatenate(amounts))


def _limits(capacity: FloatArray, scale: int) -> IntArray:
    finite = np.isfinite(capacity)
    limits = np.full(len(capacity), -1, dtype=np.int64)
    limits[finite] = scaled(capacity[finite], scale)
    return limits


def _give_up(problem: FairAllocationProblem, levels: ServiceLevels) -> FloatArray:
    """Lower the highest levels to one height until the share that may be given up is.

    Of all ways to serve that much in all, this one varies least, and serving as little as is allowed
    varies least of all amounts.
    """
    loss = problem.efficiency_loss or 0.0
    if loss == 0 or not levels.groups:
        return levels.flow
    height = np.array([group.served / group.need for group in levels.groups])
    need = np.array([float(group.need) for group in levels.groups])
    served = float(height @ need)
    # groups are in order of their levels: find the first that is cut, by what is served when cut there
    kept = np.concatenate([[0.0], np.cumsum(height * need)[:-1]])
    above = need[::-1].cumsum()[::-1]
    ceiling = ((1 - loss) * served - kept) / above
    cut = int(np.argmax(ceiling <= height))
    factor = np.minimum(1.0, ceiling[cut] / np.maximum(height, np.finfo(float).tiny))
    share = np.ones(len(problem.targets))
    for group, part in zip(levels.groups, factor, strict=True):
        share[group.targets] = part
    reduced: FloatArray = levels.flow * share[problem.lanes.target]
    return reduced


def _variance(problem: FairAllocationProblem, decisions: FloatArray) -> float:
    received = np.bincount(problem.lanes.target, weights=decisions, minlength=len(problem.targets))
    needy = problem.demand > 0
    if not needy.any():
        return 0.0
    weight = problem.demand[needy] / problem.demand.sum()
    level = received[needy] / problem.demand[needy]
    return float(weight @ (level - weight @ level) ** 2)
