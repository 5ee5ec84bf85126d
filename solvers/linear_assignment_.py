"""One-to-one assignment by shortest augmenting paths: lapx on complete pairs, SciPy on sparse ones.

A task that may be left out at a price p costs c - p where it is served and 0 where it is not, so every
pair that costs more than leaving the task out, or is not eligible, may stand in the matrix as a 0: any
partial assignment is then a full one, and no large number stands for what is forbidden.
"""

from __future__ import annotations

from importlib.util import find_spec
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np
import scipy.sparse as sp

from ..instances.errors import CapabilityError
from ..models.priority_weights import class_objectives, whole_costs
from ..models.proofs import Prices
from ..models.scaling import LARGEST_WHOLE
from .backend import Outcome
from .flow_certificates import class_weight
from .flow_outcome import runs_to_its_end
from .matching_prices import matching_prices
from .shadow_prices import shadow_prices
from .solution import Status, StopReason

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..instances.arrays import BoolArray, FloatArray
    from ..instances.assignment import AssignmentProblem
    from ..models.scaling import IntArray
    from .backend import Options, Task

    Positions: TypeAlias = npt.NDArray[np.integer[Any]]

DENSE_SHARE = 0.2
"""Share of eligible pairs from which a matrix is faster than a list, where both can be used."""


def refusal(task: Task, options: Options) -> str | None:
    """Say why this problem is beyond the backend, or None."""
    if options.native:
        return "it has no options of its own"
    if task.extended:
        return "it solves the problem itself, without constraints added to the model"
    problem = _assignment(task)
    if problem.use is not None and not (problem.use == 1).all():
        return "use is not 1 for every pair: it takes one-to-one assignment alone"
    if (np.floor(problem.capacity) > 1).any():
        key = problem.agents[int(np.argmax(np.floor(problem.capacity) > 1))]
        return f"agent {key!r} may take more than one task: it takes one-to-one assignment alone"
    if len(problem.classes) > 1:
        try:
            whole_costs(problem, LARGEST_WHOLE)
        except CapabilityError as error:
            return str(error)
    return None


def solve(task: Task, options: Options) -> Outcome:
    """Solve to proved optimality."""
    started = perf_counter()
    problem = _assignment(task)
    pair, left_out, unit, by_class = _costs(problem)
    once = problem.task_rule == "exactly-once"
    usable = np.floor(problem.capacity) >= 1
    built = perf_counter()
    served: IntArray | None
    if once and int(usable.sum()) < len(problem.tasks):
        served = None
    elif once and problem.pairs.complete:
        served = _complete(problem, pair, usable)
    elif once:
        served = _listed(problem, pair, usable[problem.pairs.source])
    else:
        served = _partial(problem, pair - left_out[problem.pairs.target], usable)
    solved = perf_counter()
    seconds: dict[str, Any] = {
        "build_seconds": built - started,
        "solve_seconds": solved - built,
        "notes": runs_to_its_end(options.time_limit),
    }
    if served is None:
        return Outcome(status=Status.INFEASIBLE, stop_reason=StopReason.PROVED, **seconds)
    certificate = _certificate(problem, pair, None if once else left_out, served, usable, unit, by_class)
    seconds["solve_seconds"] = perf_counter() - built
    decisions = np.zeros(problem.size)
    decisions[served] = 1.0
    objective = float(problem.pairs.cost[served].sum())
    if problem.left_out_cost is not None:
        left = np.ones(len(problem.tasks), dtype=bool)
        left[problem.pairs.target[served]] = False
        objective += (-1 if problem.maximise else 1) * float(problem.left_out_cost[left].sum())
    return Outcome(
        status=Status.OPTIMAL,
        stop_reason=StopReason.PROVED,
        decisions=decisions,
        objective=objective,
        bound=objective,
        stages=class_objectives(problem, decisions),
        certificate=certificate,
        duals=shadow_prices(problem, certificate),
        **seconds,
    )


def _assignment(task: Task) -> AssignmentProblem:
    return cast("AssignmentProblem", task.problem)


def _certificate(
    problem: AssignmentProblem,
    pair: FloatArray,
    left_out: FloatArray | None,
    served: IntArray,
    usable: BoolArray,
    unit: int,
    by_class: FloatArray | None,
) -> Prices | None:
    if by_class is None and len(problem.classes) > 1:
        return None
    prices = matching_prices(problem.pairs, pair, served, usable, left_out)
    if prices is None:
        return None
    sign = -1.0 if problem.maximise else 1.0
    return Prices(sign * prices[0] / unit, sign * prices[1] / unit, class_weight=by_class)


def _costs(problem: AssignmentProblem) -> tuple[FloatArray, FloatArray, int, FloatArray | None]:
    """Costs to minimise of each pair and of leaving each task out, and what they count of the problem's.

    Priority classes are weighted: all costs by what makes them whole, and each class by its weight.
    """
    if len(problem.classes) > 1:
        costs = whole_costs(problem, LARGEST_WHOLE)
        weight = costs.weight.astype(np.float64)
        by_class = class_weight(problem, costs)
        return costs.pair * weight[problem.pairs.target], costs.left_out * weight, costs.scale, by_class
    prices = np.zeros(len(problem.tasks)) if problem.left_out_cost is None else problem.left_out_cost
    return -problem.pairs.cost if problem.maximise else problem.pairs.cost, prices, 1, None


def _complete(problem: AssignmentProblem, pair: FloatArray, usable: BoolArray) -> IntArray:
    """Pairs that serve every task, all pairs being eligible."""
    agents, tasks = len(problem.agents), len(problem.tasks)
    matrix = pair.reshape(agents, tasks)
    chosen_agents, chosen_tasks = _match(matrix if usable.all() else matrix[usable])
    served: IntArray = np.flatnonzero(usable)[chosen_agents] * tasks + chosen_tasks
    return served


def _listed(problem: AssignmentProblem, pair: FloatArray, allowed: BoolArray) -> IntArray | None:
    """Pairs that serve every task, from a list of eligible ones; None where there are none."""
    lane = np.flatnonzero(allowed)
    places = (problem.pairs.target[lane], problem.pairs.source[lane])
    found = _match_listed(places, pair[lane], (len(problem.tasks), len(problem.agents)))
    return None if found is None else lane[found]


def _partial(problem: AssignmentProblem, change: FloatArray, usable: BoolArray) -> IntArray:
    """Pairs that change the objective most, each by no more than 0, where tasks may be left out."""
    agents, tasks = len(problem.agents), len(problem.tasks)
    lane = np.flatnonzero((change <= 0) & usable[problem.pairs.source])
    source, target = problem.pairs.source[lane], problem.pairs.target[lane]
    if len(lane) > DENSE_SHARE * agents * tasks:
        matrix = np.zeros((agents, tasks))
        matrix[source, target] = change[lane]
        number = np.full((agents, tasks), -1, dtype=np.int64)
        number[source, target] = lane
        matched = number[_match(matrix)]
        return matched[matched >= 0]
    # one stand-in an agent of its own for each task, at no change
    alone = np.arange(tasks)
    places = (np.concatenate([target, alone]), np.concatenate([source, agents + alone]))
    found = _match_listed(places, np.concatenate([change[lane], np.zeros(tasks)]), (tasks, agents + tasks))
    if found is None:
        raise AssertionError("every task has its stand-in")
    served: IntArray = lane[found[found < len(lane)]]
    return served


def _match(matrix: FloatArray) -> tuple[IntArray, IntArray]:
    """Rows and columns of a cheapest assignment of the shorter side of a complete matrix."""
    if find_spec("lap") is None:
        from scipy.optimize import linear_sum_assignment

        rows, columns = linear_sum_assignment(matrix)
        return rows, columns
    import lap

    _, column, _ = lap.lapjv(matrix, extend_cost=matrix.shape[0] != matrix.shape[1])
    rows = np.flatnonzero(column >= 0)
    return rows, column[rows]


def _match_listed(
    places: tuple[Positions, Positions], cost: FloatArray, shape: tuple[int, int]
) -> IntArray | None:
    """Entries of a cheapest assignment of every row among listed entries; None where there is none."""
    if len(np.unique(places[0])) < shape[0]:
        return None
    lowest = float(cost.min())
    span = float(cost.max()) - lowest or 1.0
    order = np.lexsort((places[1], places[0]))
    # SciPy takes a zero for no entry
    graph = sp.csr_array((cost[order] - lowest + span, (places[0][order], places[1][order])), shape=shape)
    try:
        rows, columns = sp.csgraph.min_weight_full_bipartite_matching(graph)
    except ValueError as error:
        if "no full matching" not in str(error):
            raise
        return None
    position = places[0][order].astype(np.int64) * shape[1] + places[1][order]
    entry: IntArray = order[np.searchsorted(position, rows.astype(np.int64) * shape[1] + columns)]
    return entry
