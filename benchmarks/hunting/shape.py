"""What an instance looks like, in figures that compare over families."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...instances.assignment import AssignmentProblem
from ...instances.fair_allocation import FairAllocationProblem
from ...instances.programmes import ProgrammeProblem
from ...instances.transportation import TransportationProblem

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray
    from ...instances.lanes import Lanes
    from ...instances.problem import Problem


def shape(problem: Problem) -> dict[str, float | None]:
    """Describe an instance.

    Returns
    -------
    dict
        ``size``; ``aspect``, columns for each row (targets a source, tasks an agent, options a group);
        ``density``, lanes as a share of all pairs; ``tightness``, what is asked for over what there is (of
        the tightest budget; of the least use where it depends on the agent); ``cost_variation``, standard
        deviation of the lanes' costs over their mean magnitude. None where the family knows no such thing.

    Examples
    --------
    >>> import allocare
    >>> found = shape(allocare.example("sunray"))
    >>> found["size"], found["aspect"], found["density"], found["tightness"]
    (12.0, 1.3333333333333333, 1.0, 1.0)
    """
    found: dict[str, float | None] = {"size": float(problem.size)}
    found |= dict.fromkeys(("aspect", "density", "tightness", "cost_variation"))
    match problem:
        case TransportationProblem() | FairAllocationProblem():
            found |= _grid(problem.lanes) | {"tightness": _ratio(problem.demand, problem.supply)}
        case AssignmentProblem():
            found |= _grid(problem.pairs) | {"tightness": _ratio(_least_use(problem), problem.capacity)}
        case ProgrammeProblem():
            per_person = problem.cost_per == "person"
            heads = problem.group_size[problem.group] if per_person else np.ones(problem.size)
            with np.errstate(divide="ignore", invalid="ignore"):
                asked = (problem.cost @ heads) / problem.budget_limit
            found["aspect"] = problem.size / max(len(problem.groups), 1)
            found["tightness"] = float(asked.max()) if len(asked) and np.isfinite(asked).all() else None
    return found


def _grid(lanes: Lanes) -> dict[str, Any]:
    mean = np.abs(lanes.cost).mean() if len(lanes) else 0.0
    return {
        "aspect": lanes.n_targets / max(lanes.n_sources, 1),
        "density": len(lanes) / max(lanes.n_sources * lanes.n_targets, 1),
        "cost_variation": float(lanes.cost.std() / mean) if mean > 0 else None,
    }


def _ratio(asked: FloatArray | None, there: FloatArray | None) -> float | None:
    if asked is None or there is None or not 0 < there.sum() < np.inf:
        return None
    return float(asked.sum() / there.sum())


def _least_use(problem: AssignmentProblem) -> FloatArray:
    least = np.full(len(problem.tasks), np.inf)
    np.minimum.at(least, problem.pairs.target, 1.0 if problem.use is None else problem.use)
    result: FloatArray = least[np.isfinite(least)]
    return result
