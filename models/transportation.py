r"""The transportation problem: send quantities over lanes at least cost or greatest weight.

.. math::
    \min \sum_{(i,j) \in L} c_{ij} x_{ij} + \sum_{j} p_j u_j
    \qquad\text{or}\qquad
    \max \sum_{(i,j) \in L} c_{ij} x_{ij} - \sum_{j} p_j u_j

.. math::
    \sum_{j} x_{ij} &\le s_i \;\text{ or }\; = s_i && \forall i && \text{(supply_limit)} \\
    \sum_{i} x_{ij} + u_j &= d_j \;\text{ or }\; \ge d_j && \forall j && \text{(demand_balance)} \\
    \sum_{i} x_{ij} &\ge \sigma_j d_j && \forall j && \text{(minimum_service)} \\
    \sum_{(i,j) \in L} x_{ij} &= T && && \text{(total_quantity)} \\
    0 \le x_{ij} &\le k_{ij},\quad 0 \le u_j \le d_j

Where
    - :math:`x_{ij}` (`flow`) is the quantity sent from source i to target j over lane (i, j) of L
    - :math:`u_j` (`unmet`) is the demand of target j left unmet, there only where it has a price
    - :math:`c_{ij}` is the cost or weight of a unit on lane (i, j), :math:`k_{ij}` the lane's capacity
    - :math:`s_i` is the supply of source i, :math:`d_j` the demand of target j
    - :math:`p_j` is the price of a unit of unmet demand, :math:`\sigma_j` the share of demand that
      must be met all the same; where quantities are whole, :math:`\sigma_j d_j` is rounded up
    - :math:`T` is the total quantity, where it is given

Each family of rows is there only where the problem has its rule. Where quantities are whole, every
:math:`x_{ij}` and :math:`u_j` is a whole number.

References
----------
F. L. Hitchcock, "The distribution of a product from several sources to numerous localities", Journal
of Mathematics and Physics 20 (1941), 224-230.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from .lane_keys import lane_keys
from .matrix import FormBuilder
from .pyomo_terms import add_flow, weighted_sum
from .rounding import whole_at_least

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray
    from ..instances.transportation import DemandRule, SupplyRule, TransportationProblem
    from .matrix import MatrixForm


def least_service(problem: TransportationProblem) -> FloatArray:
    r"""Least quantity that each target must receive, :math:`\sigma_j d_j`, rounded up where whole.

    Examples
    --------
    >>> from allocare.instances.lanes import Lanes
    >>> from allocare.instances.transportation import TransportationProblem
    >>> problem = TransportationProblem(
    ...     sources=["depot"], targets=["north"], lanes=Lanes.from_matrix([[3]]), supply=[9], demand=[7],
    ...     unmet_cost=[5], minimum_service=[0.5], whole=True)
    >>> least_service(problem).tolist()
    [4.0]
    """
    if problem.demand is None or problem.minimum_service is None:
        return np.zeros(len(problem.targets))
    least = problem.minimum_service * problem.demand
    return whole_at_least(least) if problem.whole else least


def pyomo_model(problem: TransportationProblem) -> Any:
    """Render the formulation as a Pyomo model, to read and to extend.

    Examples
    --------
    >>> from allocare.instances.lanes import Lanes
    >>> from allocare.instances.transportation import TransportationProblem
    >>> model = pyomo_model(TransportationProblem(
    ...     sources=["Jena", "Gera"], targets=["Erfurt"], lanes=Lanes.from_matrix([[40], [70]]),
    ...     supply=[5, 9], demand=[8]))
    >>> print(model.objective.expr)
    40.0*flow[Jena,Erfurt] + 70.0*flow[Gera,Erfurt]
    """
    import pyomo.environ as pyo

    lanes = problem.lanes
    model = pyo.ConcreteModel(name=problem.kind)
    capacity = np.full(len(lanes), np.inf) if lanes.capacity is None else lanes.capacity
    add_flow(model, problem.sources, problem.targets, lanes, capacity, whole=problem.whole)
    if problem.demand is not None and problem.unmet_cost is not None:
        kind = pyo.Integers if problem.whole else pyo.Reals
        model.unmet = pyo.Var(model.targets, domain=kind, bounds=_unmet_bounds(model, problem.demand))
    if problem.supply is not None:
        rule = _supply_limit(model, problem.supply, problem.supply_rule)
        model.supply_limit = pyo.Constraint(model.sources, rule=rule)
    if problem.demand is not None:
        rule = _demand_balance(model, problem.demand, problem.demand_rule)
        model.demand_balance = pyo.Constraint(model.targets, rule=rule)
    if problem.minimum_service is not None:
        model.minimum_service = pyo.Constraint(model.targets, rule=_minimum_service(model, problem))
    if problem.total is not None:
        model.total_quantity = pyo.Constraint(expr=model.total == problem.total)
    sense = pyo.maximize if problem.maximise else pyo.minimize
    model.objective = pyo.Objective(expr=_objective(model, problem), sense=sense)
    return model


def _unmet_bounds(model: Any, demand: FloatArray) -> dict[Any, tuple[float, float]]:
    """0 <= u_j <= d_j."""
    return {j: (0.0, needed) for j, needed in zip(model.targets, demand.tolist(), strict=True)}


def _supply_limit(model: Any, supply: FloatArray, rule: SupplyRule) -> dict[Any, Any]:
    """sum_j x_ij <= s_i, or = s_i."""
    limits = zip(model.sources, supply.tolist(), strict=True)
    if rule == "exactly":
        return {i: model.sent[i] == available for i, available in limits}
    return {i: model.sent[i] <= available for i, available in limits}


def _demand_balance(model: Any, demand: FloatArray, rule: DemandRule) -> dict[Any, Any]:
    """sum_i x_ij + u_j = d_j, or >= d_j; without u_j where unmet demand has no price."""
    priced = model.component("unmet") is not None
    met = {j: model.received[j] + model.unmet[j] if priced else model.received[j] for j in model.targets}
    limits = zip(model.targets, demand.tolist(), strict=True)
    if rule == "exactly":
        return {j: met[j] == needed for j, needed in limits}
    return {j: met[j] >= needed for j, needed in limits}


def _minimum_service(model: Any, problem: TransportationProblem) -> dict[Any, Any]:
    """sum_i x_ij >= sigma_j d_j."""
    limits = zip(model.targets, least_service(problem).tolist(), strict=True)
    return {j: model.received[j] >= least for j, least in limits}


def _objective(model: Any, problem: TransportationProblem) -> Any:
    """sum_ij c_ij x_ij, plus (minimising) or minus (maximising) sum_j p_j u_j."""
    value = weighted_sum(problem.lanes.cost, model.flow.values())
    if problem.unmet_cost is None:
        return value
    price = weighted_sum(problem.unmet_cost, model.unmet.values())
    return value - price if problem.maximise else value + price


def matrix_form(problem: TransportationProblem) -> MatrixForm:
    """Render the formulation as arrays.

    Examples
    --------
    >>> from allocare.instances.lanes import Lanes
    >>> from allocare.instances.transportation import TransportationProblem
    >>> form = matrix_form(TransportationProblem(
    ...     sources=["Jena", "Gera"], targets=["Erfurt"], lanes=Lanes.from_matrix([[40], [70]]),
    ...     supply=[5, 9], demand=[8]))
    >>> form.matrix.toarray().tolist()
    [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]
    >>> form.row_lower.tolist(), form.row_upper.tolist()
    ([-inf, -inf, 8.0], [5.0, 9.0, 8.0])
    """
    lanes = problem.lanes
    by_source, by_target = lanes.incidence()
    build = FormBuilder()
    flow = build.add_columns(
        "flow",
        len(lanes),
        cost=lanes.cost,
        upper=np.inf if lanes.capacity is None else lanes.capacity,
        whole=problem.whole,
        keys=lane_keys(lanes, problem.sources, problem.targets),
    )
    unmet = None
    if problem.demand is not None and problem.unmet_cost is not None:
        unmet = build.add_columns(
            "unmet",
            len(problem.targets),
            cost=-problem.unmet_cost if problem.maximise else problem.unmet_cost,
            upper=problem.demand,
            whole=problem.whole,
            keys=problem.targets,
        )
    if problem.supply is not None:
        least = problem.supply if problem.supply_rule == "exactly" else -np.inf
        build.add_rows(
            "supply_limit", [(flow, by_source)], lower=least, upper=problem.supply, keys=problem.sources
        )
    if problem.demand is not None:
        received = [(flow, by_target)]
        left_unmet = [] if unmet is None else [(unmet, sp.eye_array(len(problem.targets)))]
        most = problem.demand if problem.demand_rule == "exactly" else np.inf
        build.add_rows(
            "demand_balance", received + left_unmet, lower=problem.demand, upper=most, keys=problem.targets
        )
        if problem.minimum_service is not None:
            build.add_rows("minimum_service", received, lower=least_service(problem), keys=problem.targets)
    if problem.total is not None:
        everything = sp.csr_array(np.ones((1, len(lanes))))
        build.add_rows("total_quantity", [(flow, everything)], lower=problem.total, upper=problem.total)
    return build.finish(
        decisions="flow",
        maximise=problem.maximise,
        integral=problem.whole,
        # once it is known who goes without how much, the flows are those of a network
        rest_decides=problem.whole and unmet is not None,
    )
