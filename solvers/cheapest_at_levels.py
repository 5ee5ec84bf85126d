"""The cheapest of the plans that give everybody what even levels give: the tie-break of the levels' route."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from ..instances.transportation import TransportationProblem
from .backend import Task
from .solution import Status
from .stages import NO_TIE_BREAK, TIE_BREAK

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray
    from ..instances.fair_allocation import FairAllocationProblem
    from .backend import Options

MOVED = 1e-9
"""Share of what a target receives by which the cheapest plan may miss it."""


def cheapest(problem: FairAllocationProblem, flow: FloatArray, options: Options) -> tuple[FloatArray, str]:
    """Find the plan of least own cost (or greatest weight) in which every target receives as much.

    Parameters
    ----------
    problem
        Whose lanes, supplies and costs count.
    flow
        A plan, shape (lanes,).
    options
        As for any solve.

    Returns
    -------
    tuple
        The plan, and a note on how ties were broken.

    Examples
    --------
    >>> from allocare.instances.fair_allocation import FairAllocationProblem
    >>> from allocare.instances.lanes import Lanes
    >>> from allocare.solvers.backend import Options
    >>> problem = FairAllocationProblem(
    ...     sources=["depot", "store"], targets=["north", "south"], supply=[2, 2], demand=[2, 2],
    ...     lanes=Lanes.from_matrix([[5, 1], [1, 5]]))
    >>> cheapest(problem, np.array([2.0, 0.0, 0.0, 2.0]), Options())[0].tolist()
    [0.0, 2.0, 2.0, 0.0]
    """
    from .registry import BACKENDS
    from .routing import route

    lanes, began = problem.lanes, perf_counter()
    if not lanes.cost.any():
        return flow, ""
    received = np.bincount(lanes.target, flow, len(problem.targets)).astype(np.float64)
    sent = np.bincount(lanes.source, flow, len(problem.sources))
    task = Task(
        TransportationProblem(
            sources=problem.sources,
            targets=problem.targets,
            lanes=lanes,
            # what the plan at hand sends is there, also where it was rounded
            supply=np.maximum(problem.supply, sent),
            demand=received,
            sense="max" if problem.maximise else "min",
        )
    )
    if options.time_limit is not None:
        options = replace(options, time_limit=max(options.time_limit - (perf_counter() - began), 1e-3))
    options = replace(options, native={}, variant="", gap=None)
    found = BACKENDS[route(task, options)[0]].solve(task, options)
    if found.status is not Status.OPTIMAL or found.decisions is None:
        return flow, NO_TIE_BREAK
    missed = abs(np.bincount(lanes.target, found.decisions, len(problem.targets)) - received)
    if (missed > MOVED * np.maximum(received, 1.0)).any():
        return flow, NO_TIE_BREAK
    return found.decisions, TIE_BREAK
