"""Service levels by maximum flows for the criteria that prefer even service: they share one best plan."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, cast

import numpy as np

from ..instances.errors import InputError
from ..models.criteria import criterion_of
from ..models.criteria.alpha_fair import who_has_nothing
from ..models.proofs.levels import Levels
from ..models.scaling import scaled
from .backend import Outcome
from .cheapest_at_levels import cheapest
from .flow_outcome import runs_to_its_end
from .flow_scale import lane_limits, quantity_scale
from .service_levels import ServiceLevels
from .solution import Status, StopReason

if TYPE_CHECKING:
    from ..instances.fair_allocation import FairAllocationProblem
    from .backend import Options, Task


def solve_even(task: Task, options: Options) -> Outcome:
    """Solve a problem whose criterion `beyond_levels` says nothing against.

    Raises
    ------
    InputError
        Where somebody has nothing in every plan and the criterion is not there then.

    Examples
    --------
    >>> import allocare
    >>> from allocare.solvers.backend import Options, Task
    >>> problem = allocare.FairAllocationProblem(
    ...     sources=["depot", "store"], targets=["north", "south"], supply=[4, 2], demand=[4, 4],
    ...     lanes=allocare.Lanes.from_matrix([[1, float("nan")], [1, 1]]))
    >>> solve_even(Task(allocare.with_fairness(problem, "maximin")), Options()).objective
    0.5
    """
    # what it uses of the data has the same names in both families
    problem = cast("FairAllocationProblem", task.problem)
    assert problem.fairness is not None and problem.fairness.criterion is not None
    criterion = criterion_of(problem.fairness.criterion)
    started = perf_counter()
    scale = quantity_scale(problem)
    lanes = problem.lanes
    capacity = None if lanes.capacity is None else lane_limits(lanes.capacity, scale)
    supply, demand = scaled(problem.supply, scale), scaled(problem.demand, scale)
    built = perf_counter()
    levels = ServiceLevels(lanes.source, lanes.target, capacity, supply, demand)
    source, target = np.zeros(len(problem.sources)), np.zeros(len(problem.targets))
    highest = 0.0
    for group in levels.groups:
        # levels that were rounded may be out of order in their last digits
        highest = max(highest, group.served / group.need if group.need else 1.0)
        source[group.sources], target[group.targets] = highest, highest
    if criterion.above_zero and (target <= 0).any():
        raise InputError(who_has_nothing(criterion.name, problem.targets[int(np.argmin(target))]))
    value = criterion.value(target, problem.demand)
    decisions, tie_break = cheapest(problem, levels.flow / scale, options)
    return Outcome(
        status=Status.OPTIMAL,
        stop_reason=StopReason.PROVED,
        decisions=decisions,
        objective=value,
        bound=value,
        build_seconds=built - started,
        solve_seconds=perf_counter() - built,
        notes=(
            f"{len(levels.groups)} groups of service levels, {levels.flows_run} maximum flows",
            "no plan is more even, so none is better by a criterion that prefers even service",
            *([tie_break] if tie_break else []),
            *runs_to_its_end(options.time_limit),
        ),
        certificate=Levels(source, target),
    )
