r"""Weights under which a weighted sum of the priority classes' objectives serves the classes one by one.

Let class k's own objective :math:`z_k` be a multiple of g and differ by at most :math:`R_k` between any two
plans. If :math:`W_k g > \sum_{l > k} W_l R_l` for every k, a plan of least :math:`\sum_k W_k z_k` has the
least :math:`z_1`, among those the least :math:`z_2`, and so on: a first class that is better by g or more
is worth more than all that the later ones could lose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .exact import LARGEST, decimal_scale, whole

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray
    from ...instances.assignment import AssignmentProblem


def class_weights(problem: AssignmentProblem, claimed: FloatArray | None) -> FloatArray | str | None:
    """Weight of each task, None where there is one class, or one line why the weights do not serve.

    Examples
    --------
    >>> from allocare.instances.assignment import AssignmentProblem
    >>> from allocare.instances.lanes import Lanes
    >>> problem = AssignmentProblem(
    ...     agents=["bed"], tasks=["Ada", "Bo"], pairs=Lanes.from_matrix([[4, 9]]), priority=[1, 2],
    ...     task_rule="at-most-once", left_out_cost=[20, 10])
    >>> class_weights(problem, np.array([2.0, 1.0])).tolist()
    [2.0, 1.0]
    >>> class_weights(problem, np.array([1.0, 1.0]))
    'priority class 1: its weight 1 does not outweigh what later classes can gain'
    """
    classes = problem.classes
    if problem.priority is None or len(classes) <= 1:
        return None
    if claimed is None or len(claimed) != len(classes):
        return f"prices of {len(classes)} priority classes need a weight for each class"
    if not ((claimed >= 1) & (np.rint(claimed) == claimed) & (claimed < LARGEST)).all():
        return "the weights of the priority classes are no whole numbers of 1 or more in range"
    n = len(problem.tasks)
    left_out = np.zeros(n) if problem.left_out_cost is None else problem.left_out_cost
    scale = decimal_scale(problem.pairs.cost, left_out)
    if scale is None:
        return "costs of several priority classes that are no decimals in range cannot be weighed exactly"
    sign = -1.0 if problem.maximise else 1.0
    pair, price = sign * whole(problem.pairs.cost, scale), whole(left_out, scale)
    step = int(np.gcd.reduce(np.concatenate([pair, price]).astype(np.int64))) or 1
    spread = _spread(problem, pair, price)
    place = np.searchsorted(classes, problem.priority)
    later = 0
    for level in reversed(range(len(classes))):
        weight = int(claimed[level])
        if weight * step <= later:
            return (
                f"priority class {classes[level]}: its weight {weight} does not outweigh what later classes "
                "can gain"
            )
        later += weight * sum(int(most) for most in spread[place == level].tolist())
    return np.asarray(claimed[place], dtype=np.float64)


def _spread(problem: AssignmentProblem, pair: FloatArray, price: FloatArray) -> FloatArray:
    """Most by which two plans can differ in what each task costs."""
    free = problem.task_rule == "at-most-once"
    least = price.copy() if free else np.full(len(price), np.inf)
    most = price.copy() if free else np.full(len(price), -np.inf)
    np.minimum.at(least, problem.pairs.target, pair)
    np.maximum.at(most, problem.pairs.target, pair)
    return np.where(np.isfinite(least), most - least, 0.0)
