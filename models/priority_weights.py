r"""Priority classes as one cost: weights so large that no later class can outweigh an earlier one.

With whole costs, class k's own objective :math:`z_k` varies by at most :math:`R_k`, so that minimising
:math:`\sum_k W_k z_k` with :math:`W_k = 1 + \lfloor \sum_{l > k} W_l R_l / g \rfloor` serves the classes
lexicographically, where g is the greatest common divisor of all costs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .scaling import InexactScaling, integer_scale, scaled

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..instances.arrays import FloatArray
    from ..instances.assignment import AssignmentProblem
    from .scaling import IntArray


@dataclass(frozen=True, eq=False)
class WholeCosts:
    """An assignment problem's costs as whole numbers to minimise.

    Parameters
    ----------
    scale
        What the problem's costs were multiplied by to be whole.
    pair, left_out
        Cost of each pair and of leaving each task out (0 where none may be), before weighting.
    weight
        Weight of each task's priority class, all 1 where there is one class.
    """

    scale: int
    pair: IntArray
    left_out: IntArray
    weight: IntArray


def whole_costs(problem: AssignmentProblem, largest: int) -> WholeCosts:
    """Return whole, weighted costs, none of them beyond `largest` in all.

    Raises
    ------
    InexactScaling
        For costs that cannot be made whole, and for classes whose weights do not fit.

    Examples
    --------
    >>> from allocare.instances.assignment import AssignmentProblem
    >>> from allocare.instances.lanes import Lanes
    >>> problem = AssignmentProblem(
    ...     agents=["bed"], tasks=["Ada", "Bo"], pairs=Lanes.from_matrix([[4, 9]]), priority=[1, 2],
    ...     task_rule="at-most-once", left_out_cost=[20, 10])
    >>> whole_costs(problem, 2**62).weight.tolist()
    [2, 1]
    """
    sign = -1 if problem.maximise else 1
    prices = np.zeros(len(problem.tasks)) if problem.left_out_cost is None else problem.left_out_cost
    scale = max(integer_scale(problem.pairs.cost), integer_scale(prices))
    pair, left_out = sign * scaled(problem.pairs.cost, scale), scaled(prices, scale)
    most = np.abs(left_out)
    np.maximum.at(most, problem.pairs.target, np.abs(pair))
    weights = {level: 1 for level in problem.classes}
    if problem.priority is not None and len(problem.classes) > 1:
        spread = _spread(problem, pair, left_out)
        step = int(np.gcd.reduce(np.concatenate([pair, left_out]))) or 1
        later = 0
        for level in reversed(problem.classes):
            weights[level] = 1 + later // step
            later += weights[level] * sum(spread[problem.priority == level].tolist())
    total = sum(
        weight * sum(most[class_members(problem, level)].tolist()) for level, weight in weights.items()
    )
    if total >= largest:
        raise InexactScaling(
            f"costs weighted for {len(weights)} priority classes come to {float(total):.3g}, "
            f"more than {float(largest):.3g}; use a backend that solves class by class"
            if len(weights) > 1
            else f"costs come to {float(total):.3g}, more than {float(largest):.3g}; choose a larger unit"
        )
    weight = np.ones(len(problem.tasks), dtype=np.int64)
    for level, value in weights.items():
        weight[class_members(problem, level)] = value
    return WholeCosts(scale, pair, left_out, weight)


def class_objectives(problem: AssignmentProblem, decisions: FloatArray) -> tuple[float, ...]:
    """Own objective of each priority class, first first; empty where none are given.

    Examples
    --------
    >>> from allocare.instances.assignment import AssignmentProblem
    >>> from allocare.instances.lanes import Lanes
    >>> problem = AssignmentProblem(
    ...     agents=["bed"], tasks=["Ada", "Bo"], pairs=Lanes.from_matrix([[4, 9]]), priority=[1, 2],
    ...     task_rule="at-most-once", left_out_cost=[20, 10])
    >>> class_objectives(problem, np.array([1.0, 0.0]))
    (4.0, 10.0)
    """
    if problem.priority is None:
        return ()
    tasks = len(problem.tasks)
    own = np.asarray(np.bincount(problem.pairs.target, problem.pairs.cost * decisions, tasks), dtype=float)
    if problem.left_out_cost is not None:
        served = np.bincount(problem.pairs.target, decisions, tasks)
        sign = -1.0 if problem.maximise else 1.0
        own = own + sign * problem.left_out_cost * (1 - served)
    return tuple(float(own[class_members(problem, level)].sum()) for level in problem.classes)


def class_members(problem: AssignmentProblem, level: int) -> npt.NDArray[np.bool_]:
    """Tasks of one priority class.

    Examples
    --------
    >>> import allocare
    >>> int(class_members(allocare.example("chores-3x3"), 1).sum())
    3
    """
    if problem.priority is None:
        return np.ones(len(problem.tasks), dtype=bool)
    members: npt.NDArray[np.bool_] = problem.priority == level
    return members


def _spread(problem: AssignmentProblem, pair: IntArray, left_out: IntArray) -> IntArray:
    """Most by which each task's own cost can vary."""
    ceiling = np.iinfo(np.int64).max
    once = problem.task_rule == "exactly-once"
    least = np.full(len(problem.tasks), ceiling) if once else left_out.copy()
    most = np.full(len(problem.tasks), -ceiling) if once else left_out.copy()
    np.minimum.at(least, problem.pairs.target, pair)
    np.maximum.at(most, problem.pairs.target, pair)
    return np.where(most >= least, most - least, 0)
