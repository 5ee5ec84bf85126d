"""Shadow prices by row block in the user's keys, from the prices that prove a plan optimal."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from ..models.proofs import NodePotentials, Prices

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..instances.assignment import AssignmentProblem
    from ..instances.network_flow import NetworkFlowProblem
    from ..instances.problem import Problem
    from ..instances.transportation import TransportationProblem
    from ..models.proofs import Certificate


def shadow_prices(problem: Problem, certificate: Certificate | None) -> Mapping[str, pd.Series[float]]:
    """Change of the objective per unit more of each right-hand side; none where there are no prices.

    Examples
    --------
    >>> from allocare.instances.lanes import Lanes
    >>> from allocare.instances.transportation import TransportationProblem
    >>> problem = TransportationProblem(
    ...     sources=["Jena", "Gera"], targets=["Erfurt"], lanes=Lanes.from_matrix([[40], [70]]),
    ...     supply=[5, 9], demand=[8])
    >>> shadow_prices(problem, Prices(np.array([-30.0, 0.0]), np.array([70.0])))["supply_limit"].to_dict()
    {'Jena': -30.0, 'Gera': 0.0}
    """
    if isinstance(certificate, NodePotentials):
        nodes = cast("NetworkFlowProblem", problem).nodes
        return {"balance": pd.Series(certificate.node, index=nodes)}
    # prices of weighted classes are no prices of the objective
    if not isinstance(certificate, Prices) or certificate.class_weight is not None:
        return {}
    if problem.kind == "assignment":
        assignment = cast("AssignmentProblem", problem)
        return {
            "each_task": pd.Series(certificate.target, index=assignment.tasks),
            "capacity": pd.Series(certificate.source, index=assignment.agents),
        }
    return _transportation(cast("TransportationProblem", problem), certificate)


def _transportation(problem: TransportationProblem, prices: Prices) -> Mapping[str, pd.Series[float]]:
    duals: dict[str, pd.Series[float]] = {}
    if problem.supply is not None:
        duals["supply_limit"] = pd.Series(prices.source, index=problem.sources)
    if problem.demand is not None:
        duals["demand_balance"] = pd.Series(prices.target, index=problem.targets)
    if problem.minimum_service is not None and problem.unmet_cost is not None:
        # beyond the price of unmet demand, it is minimum service that a unit's price comes from
        capped = (
            np.maximum(prices.target, -problem.unmet_cost)
            if problem.maximise
            else np.minimum(prices.target, problem.unmet_cost)
        )
        duals["demand_balance"] = pd.Series(capped, index=problem.targets)
        duals["minimum_service"] = pd.Series(prices.target - capped, index=problem.targets)
    if problem.total is not None:
        duals["total_quantity"] = pd.Series([prices.total])
    return duals
