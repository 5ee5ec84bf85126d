r"""How well recipients are served, and how evenly.

Recipients are the targets of a transportation or fair allocation problem, the tasks of an assignment (each
needs 1), and the nodes of a network that flow leaves. With demand :math:`d_j` and received :math:`r_j`

.. math:: y_j = r_j / d_j,\quad \pi_j = d_j / \sum_k d_k,\quad \mu = \sum_j \pi_j y_j
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from ..instances.errors import InputError
from .dispersion import gini

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray, IndexArray
    from ..instances.assignment import AssignmentProblem
    from ..instances.fair_allocation import FairAllocationProblem
    from ..instances.network_flow import NetworkFlowProblem
    from ..instances.problem import Problem
    from ..instances.transportation import TransportationProblem


def service_table(problem: Problem, decisions: FloatArray) -> pd.DataFrame:
    r"""Service of each recipient.

    Parameters
    ----------
    problem
        A problem with recipients that demand something.
    decisions
        A plan in the problem's order, shape (problem.size,).

    Returns
    -------
    pandas.DataFrame
        One row a recipient, in the user's keys and order: ``demand``, ``received``, ``unmet``
        (:math:`\max(d_j - r_j, 0)`) and ``service_level`` (:math:`y_j`, above 1 where more than the demand
        is received, missing where nothing is demanded).

    Raises
    ------
    InputError
        For a problem without demand, or decisions of another shape.

    Examples
    --------
    >>> from allocare.instances.fair_allocation import FairAllocationProblem
    >>> from allocare.instances.lanes import Lanes
    >>> problem = FairAllocationProblem(sources=["depot"], targets=["north", "south"],
    ...     lanes=Lanes.from_matrix([[1, 1]]), supply=[6], demand=[4, 8])
    >>> service_table(problem, np.array([4.0, 2.0]))["service_level"].to_dict()
    {'north': 1.0, 'south': 0.25}
    """
    return _measure(problem, decisions)[0]


LEVEL_DUST = 1e-9
"""A negative service level up to which it is a solver's rounding of 0."""


def summary_metrics(problem: Problem, decisions: FloatArray) -> dict[str, float | None]:
    r"""Figures of a plan in one line; None where a figure has no meaning.

    - ``served``: :math:`\sum_j r_j`; ``unmet``: :math:`\sum_j \max(d_j - r_j, 0)`
    - ``utilisation``: what is sent (or used of the agents' capacities) as a share of all supply; None
      where supply is unlimited or zero
    - ``coverage``: :math:`\sum_j \min(r_j, d_j) / \sum_j d_j`
    - ``min_service_level``, ``max_service_level``: of the recipients that demand something
    - ``mean_service_level``: :math:`\mu`, weighted by demand
    - ``service_level_variance``: :math:`\sum_j \pi_j (y_j - \mu)^2`, the population's
    - ``service_level_gini``: :math:`\sum_i \sum_j \pi_i \pi_j |y_i - y_j| / (2 \mu)`, the population's, 0
      where nobody receives anything; None where a node sends what it should receive

    All but ``served``, ``unmet`` and ``utilisation`` are None where nothing is demanded.

    Examples
    --------
    >>> from allocare.instances.fair_allocation import FairAllocationProblem
    >>> from allocare.instances.lanes import Lanes
    >>> problem = FairAllocationProblem(sources=["depot"], targets=["north", "south"],
    ...     lanes=Lanes.from_matrix([[1, 1]]), supply=[6], demand=[4, 4])
    >>> figures = summary_metrics(problem, np.array([4.0, 2.0]))
    >>> figures["coverage"], figures["service_level_variance"], figures["utilisation"]
    (0.75, 0.0625, 1.0)
    """
    table, sent, supply = _measure(problem, decisions)
    demand, received = table["demand"].to_numpy(), table["received"].to_numpy()
    figures: dict[str, float | None] = {
        "served": float(received.sum()),
        "unmet": float(table["unmet"].sum()),
        "utilisation": sent / supply if 0 < supply < np.inf else None,
    }
    needing = demand > 0
    if not needing.any():
        return figures | dict.fromkeys(_LEVEL_FIGURES)
    weight = demand[needing] / demand[needing].sum()
    level = received[needing] / demand[needing]
    mean = float(weight @ level)
    measured = (
        float(weight @ np.minimum(level, 1.0)),
        float(level.min()),
        mean,
        float(level.max()),
        float(weight @ (level - mean) ** 2),
        None if level.min() < -LEVEL_DUST else gini(np.maximum(level, 0.0), weight),
    )
    return figures | dict(zip(_LEVEL_FIGURES, measured, strict=True))


_LEVEL_FIGURES = (
    "coverage",
    "min_service_level",
    "mean_service_level",
    "max_service_level",
    "service_level_variance",
    "service_level_gini",
)


def _measure(problem: Problem, decisions: FloatArray) -> tuple[pd.DataFrame, float, float]:
    """Service table, total sent and total supply."""
    if problem.kind not in _FAMILIES:
        raise InputError(f"{problem.kind} problems have no recipients, so there is no service to measure")
    values = np.asarray(decisions, dtype=np.float64)
    if values.shape != (problem.size,):
        raise InputError(f"the plan has {values.size} decisions, the problem {problem.size}")
    keys, demand, received, sent, supply = _FAMILIES[problem.kind](problem, values)
    level = np.divide(received, demand, out=np.full(len(demand), np.nan), where=demand > 0)
    table = pd.DataFrame(
        {
            "demand": demand,
            "received": received,
            "unmet": np.maximum(demand - received, 0.0),
            "service_level": level,
        },
        index=keys.rename("recipient"),
    )
    return table, sent, supply


_Measured = tuple["pd.Index[Any]", "FloatArray", "FloatArray", float, float]


def _lane_service(problem: Problem, flow: FloatArray) -> _Measured:
    problem = cast("TransportationProblem | FairAllocationProblem", problem)
    if problem.demand is None:
        raise InputError("service levels need demand, and this problem has none")
    received = _sums(problem.lanes.target, flow, len(problem.targets))
    supply = np.inf if problem.supply is None else float(problem.supply.sum())
    return problem.targets, problem.demand, received, float(flow.sum()), supply


def _task_service(problem: Problem, taken: FloatArray) -> _Measured:
    problem = cast("AssignmentProblem", problem)
    received = _sums(problem.pairs.target, taken, len(problem.tasks))
    used = float(taken.sum() if problem.use is None else problem.use @ taken)
    return problem.tasks, np.ones(len(problem.tasks)), received, used, float(problem.capacity.sum())


def _node_service(problem: Problem, flow: FloatArray) -> _Measured:
    problem = cast("NetworkFlowProblem", problem)
    size = len(problem.nodes)
    gain = _sums(problem.head, flow, size) - _sums(problem.tail, flow, size)
    leaves, enters = problem.balance < 0, problem.balance > 0
    supply = float(problem.balance[enters].sum())
    return problem.nodes[leaves], -problem.balance[leaves], gain[leaves], -float(gain[enters].sum()), supply


def _sums(end: IndexArray, flow: FloatArray, size: int) -> FloatArray:
    return np.bincount(end, flow, minlength=size).astype(np.float64)


_FAMILIES = {
    "transportation": _lane_service,
    "fair-allocation": _lane_service,
    "assignment": _task_service,
    "network-flow": _node_service,
}
