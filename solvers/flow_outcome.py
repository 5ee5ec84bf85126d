"""From a problem by way of its network form to an outcome; the minimum-cost flow itself is handed in."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Protocol, cast
from weakref import WeakKeyDictionary

import numpy as np

from ..instances.errors import CapabilityError
from ..models.network_form import network_form
from ..models.priority_weights import class_objectives
from .backend import Outcome
from .flow_certificates import flow_certificate
from .shadow_prices import shadow_prices
from .solution import Status, StopReason

if TYPE_CHECKING:
    from ..instances.arrays import IndexArray
    from ..instances.assignment import AssignmentProblem
    from ..models.network_form import NetworkForm
    from ..models.scaling import IntArray
    from .backend import Options, Task

NOT_ENFORCED = "this solver cannot stop early; the time limit was not enforced"

_rendered: WeakKeyDictionary[Task, tuple[NetworkForm, float]] = WeakKeyDictionary()


class MinimumCostFlow(Protocol):
    """What solves a network without least flows or loops; no flow with any status but OPTIMAL."""

    def __call__(
        self, tail: IndexArray, head: IndexArray, capacity: IntArray, cost: IntArray, balance: IntArray
    ) -> tuple[Status, IntArray | None]:
        """Return the status and the flow on each arc."""


def network_refusal(task: Task, options: Options, most_arcs: int | None = None) -> str | None:
    """Say why no minimum-cost flow (of at most so many arcs) stands for the task, or None.

    Examples
    --------
    >>> import allocare
    >>> from allocare.solvers.backend import Options, Task
    >>> network_refusal(Task(allocare.example("article-linear")), Options())
    'a linear problem in general is not a network flow'
    """
    if options.native:
        return "it has no options of its own"
    if task.extended:
        return "it solves the problem itself, without constraints added to the model"
    try:
        form, _ = _rendering(task)
    except CapabilityError as error:
        return str(error)
    if most_arcs is not None and len(form.tail) > most_arcs:
        return f"its network has {len(form.tail):,} arcs, more than {most_arcs:,}"
    return None


def flow_outcome(task: Task, options: Options, minimum_cost_flow: MinimumCostFlow) -> Outcome:
    """Solve a task whose problem has a network form.

    Examples
    --------
    >>> import allocare
    >>> from allocare.solvers.backend import Options, Task
    >>> from allocare.solvers.networkx_ import minimum_cost_flow
    >>> outcome = flow_outcome(Task(allocare.example("sunray")), Options(), minimum_cost_flow)
    >>> outcome.status.value, outcome.objective
    ('optimal', 435.0)
    """
    form, form_seconds = _rendering(task)
    started = perf_counter()
    free = form.free()
    built = perf_counter()
    build_seconds = form_seconds + built - started
    notes = runs_to_its_end(options.time_limit)

    def proved(status: Status, **held: object) -> Outcome:
        return Outcome(
            status=status,
            stop_reason=StopReason.PROVED,
            build_seconds=build_seconds,
            solve_seconds=perf_counter() - built,
            notes=notes,
            **held,  # type: ignore[arg-type]
        )

    if free is None or sum(free.balance.tolist()) != 0:
        return proved(Status.INFEASIBLE)
    arcs = free.arcs
    cost = np.zeros(len(arcs), dtype=np.int64) if form.gains_without_end else form.cost[arcs]
    status, flow = (
        minimum_cost_flow(form.tail[arcs], form.head[arcs], free.room[arcs], cost, free.balance)
        if len(arcs)
        else _without_arcs(free.balance)
    )
    if flow is None:
        if status is Status.INFEASIBLE:
            return proved(status)
        return Outcome(
            status=Status.UNKNOWN,
            stop_reason=StopReason.NUMERICAL,
            build_seconds=build_seconds,
            solve_seconds=perf_counter() - built,
            notes=(*notes, "costs or capacities are too large for this solver's 64-bit arithmetic"),
        )
    if form.gains_without_end:
        return proved(Status.UNBOUNDED)
    whole = free.complete(flow)
    decisions, objective = form.decisions(whole), form.objective(whole)
    stages: tuple[float, ...] = ()
    if task.problem.kind == "assignment":
        stages = class_objectives(cast("AssignmentProblem", task.problem), decisions)
    certificate = flow_certificate(task.problem, form, whole)
    return proved(
        Status.OPTIMAL,
        decisions=decisions,
        objective=objective,
        bound=objective,
        stages=stages,
        certificate=certificate,
        duals=shadow_prices(task.problem, certificate),
    )


def runs_to_its_end(time_limit: float | None) -> tuple[str, ...]:
    """Note on a solver that cannot stop early, where a time limit is set.

    Examples
    --------
    >>> runs_to_its_end(60.0)
    ('this solver cannot stop early; the time limit was not enforced',)
    >>> runs_to_its_end(None)
    ()
    """
    return () if time_limit is None else (NOT_ENFORCED,)


def _rendering(task: Task) -> tuple[NetworkForm, float]:
    """Network form of a task's problem and the seconds it took; made once for as long as the task lives.

    Whether a problem has one shows only in the making, so that a refusal has it ready for the solve.
    """
    if task not in _rendered:
        started = perf_counter()
        form = network_form(task.problem)
        _rendered[task] = form, perf_counter() - started
    return _rendered[task]


def _without_arcs(balance: IntArray) -> tuple[Status, IntArray | None]:
    if balance.any():
        return Status.INFEASIBLE, None
    return Status.OPTIMAL, np.zeros(0, dtype=np.int64)
