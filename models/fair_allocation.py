r"""Fair allocation: share one resource so that service levels vary as little as possible.

Minimum variance of the service levels :math:`y_j = \sum_i x_{ij} / d_j`, weighted by demand:

.. math::
    \min \sum_{j:\, d_j > 0} \frac{d_j}{D}\, v_j^2

.. math::
    \frac{1}{d_j} \sum_{i} x_{ij} - \mu - v_j &= 0 && \forall j: d_j > 0 && \text{(level)} \\
    \sum_{(i,j) \in L} x_{ij} - D \mu &= 0 && && \text{(mean)}

Squared deviation from need:

.. math:: \min \sum_{(i,j) \in L} (x_{ij} - n_{ij})^2

Both subject to

.. math::
    \sum_{j} x_{ij} &\le s_i && \forall i && \text{(supply_limit)} \\
    \sum_{i} x_{ij} &\le d_j && \forall j && \text{(demand_limit)} \\
    \sum_{(i,j) \in L} x_{ij} &\ge (1 - \rho) M && && \text{(efficiency)} \\
    \sum_{(i,j) \in L} c_{ij} x_{ij} &\le B && && \text{(cost_budget)} \\
    0 \le x_{ij} &\le k_{ij}

Where
    - :math:`x_{ij}` (`flow`) is the quantity sent from source i to target j over lane (i, j) of L
    - :math:`d_j` is the demand of target j, :math:`D` all demand, :math:`s_i` the supply of source i
    - :math:`\mu` (`mean_level`) is the mean service level, weighted by demand: all that is served over D
    - :math:`v_j` (`deviation`) is the deviation of target j's service level from it, so that the
      objective is the demand-weighted population variance of the service levels
    - :math:`n_{ij}` is the wanted quantity of a lane, :math:`k_{ij}` its capacity, :math:`c_{ij}` its cost
    - :math:`M` is the most that can be served within all the other limits
      (:func:`allocare.models.most_served.most_served`), :math:`\rho` the share of it that may be given up;
      where quantities are whole, :math:`(1 - \rho) M` is rounded up
    - :math:`B` is the cost budget, where it is given

A target that needs nothing receives nothing and carries no weight. The efficiency floor keeps the variance
from levelling down: taking from the well served and giving to nobody is no improvement.

References
----------
J. N. Hooker, H. P. Williams, "Combining equity and utilitarianism in a mathematical programming model",
Management Science 58 (2012), 1682-1693; H. Groenevelt, "Two algorithms for maximizing a separable concave
function over a polymatroid feasible region", European Journal of Operational Research 54 (1991), 227-236.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from .lane_keys import lane_keys
from .matrix import FormBuilder
from .most_served import most_served
from .pyomo_terms import add_flow, weighted_sum
from .rounding import whole_at_least

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray
    from ..instances.fair_allocation import FairAllocationProblem
    from .matrix import Block, MatrixForm


def efficiency_floor(problem: FairAllocationProblem) -> float | None:
    r"""Least that must be served in all, :math:`(1 - \rho) M`, rounded up where whole; None without a floor.

    Examples
    --------
    >>> from allocare.instances.fair_allocation import FairAllocationProblem
    >>> from allocare.instances.lanes import Lanes
    >>> efficiency_floor(FairAllocationProblem(
    ...     sources=["depot"], targets=["north", "south"], lanes=Lanes.from_matrix([[1, 1]]),
    ...     supply=[7], demand=[4, 8], efficiency_loss=0.5, whole=True))
    4.0
    """
    if problem.efficiency_loss is None:
        return None
    floor = (1 - problem.efficiency_loss) * most_served(problem)
    return float(whole_at_least(floor)) if problem.whole else floor


def lane_limits(problem: FairAllocationProblem) -> FloatArray:
    """Upper bound of each lane: its capacity, and 0 to targets that need nothing.

    Examples
    --------
    >>> from allocare.instances.fair_allocation import FairAllocationProblem
    >>> from allocare.instances.lanes import Lanes
    >>> lane_limits(FairAllocationProblem(
    ...     sources=["depot"], targets=["north", "south"], lanes=Lanes.from_matrix([[1, 1]]),
    ...     supply=[7], demand=[4, 0])).tolist()
    [inf, 0.0]
    """
    lanes = problem.lanes
    capacity = np.full(len(lanes), np.inf) if lanes.capacity is None else lanes.capacity
    return np.where(problem.demand[lanes.target] > 0, capacity, 0.0)


def pyomo_model(problem: FairAllocationProblem) -> Any:
    """Render the formulation as a Pyomo model, to read and to extend.

    Examples
    --------
    >>> from allocare.instances.fair_allocation import FairAllocationProblem
    >>> from allocare.instances.lanes import Lanes
    >>> model = pyomo_model(FairAllocationProblem(
    ...     sources=["depot"], targets=["north", "south"], lanes=Lanes.from_matrix([[1, 1]]),
    ...     supply=[6], demand=[4, 8]))
    >>> print(model.efficiency.expr)
    6.0  <=  (flow[depot,north] + flow[depot,south])
    """
    import pyomo.environ as pyo

    lanes = problem.lanes
    model = pyo.ConcreteModel(name=problem.kind)
    add_flow(model, problem.sources, problem.targets, lanes, lane_limits(problem), whole=problem.whole)
    even = problem.criterion == "min-variance"
    if even:
        needy = problem.targets[problem.demand > 0].tolist()
        model.needy = pyo.Set(initialize=needy)
        model.deviation = pyo.Var(model.needy)
        model.mean_level = pyo.Var()
    model.supply_limit = pyo.Constraint(model.sources, rule=_supply_limit(model, problem))
    model.demand_limit = pyo.Constraint(model.targets, rule=_demand_limit(model, problem))
    if even:
        model.level = pyo.Constraint(model.needy, rule=_level(model, problem))
        model.mean = pyo.Constraint(expr=model.total - float(problem.demand.sum()) * model.mean_level == 0)
    floor = efficiency_floor(problem)
    if floor is not None:
        model.efficiency = pyo.Constraint(expr=model.total >= floor)
    if problem.cost_budget is not None:
        model.cost = pyo.Expression(expr=weighted_sum(lanes.cost, model.flow.values()))
        model.cost_budget = pyo.Constraint(expr=model.cost <= problem.cost_budget)
    objective = _variance(model, problem) if even else _squared_deviation_from_need(model, problem)
    model.objective = pyo.Objective(expr=objective)
    return model


def _supply_limit(model: Any, problem: FairAllocationProblem) -> dict[Any, Any]:
    """sum_j x_ij <= s_i."""
    supply = zip(model.sources, problem.supply.tolist(), strict=True)
    return {i: model.sent[i] <= quantity for i, quantity in supply}


def _demand_limit(model: Any, problem: FairAllocationProblem) -> dict[Any, Any]:
    """sum_i x_ij <= d_j."""
    demand = zip(model.targets, problem.demand.tolist(), strict=True)
    return {j: model.received[j] <= quantity for j, quantity in demand}


def _level(model: Any, problem: FairAllocationProblem) -> dict[Any, Any]:
    """sum_i x_ij / d_j - mu - v_j = 0."""
    demand = dict(zip(model.targets, problem.demand.tolist(), strict=True))
    return {
        j: model.received[j] / demand[j] - model.mean_level - model.deviation[j] == 0 for j in model.needy
    }


def _variance(model: Any, problem: FairAllocationProblem) -> Any:
    """sum_j d_j / D v_j^2."""
    demand = problem.demand[problem.demand > 0]
    return weighted_sum(
        demand / problem.demand.sum(), [deviation**2 for deviation in model.deviation.values()]
    )


def _squared_deviation_from_need(model: Any, problem: FairAllocationProblem) -> Any:
    """sum_ij (x_ij - n_ij)^2."""
    need = _need(problem)
    return sum((x - wanted) ** 2 for x, wanted in zip(model.flow.values(), need.tolist(), strict=True))


def _need(problem: FairAllocationProblem) -> FloatArray:
    return np.zeros(len(problem.lanes)) if problem.need is None else problem.need


def matrix_form(problem: FairAllocationProblem) -> MatrixForm:
    """Render the formulation as arrays, with a diagonal quadratic objective.

    Examples
    --------
    >>> from allocare.instances.fair_allocation import FairAllocationProblem
    >>> from allocare.instances.lanes import Lanes
    >>> form = matrix_form(FairAllocationProblem(
    ...     sources=["depot"], targets=["north", "south"], lanes=Lanes.from_matrix([[1, 1]]),
    ...     supply=[6], demand=[4, 12]))
    >>> form.quadratic.tolist()
    [0.0, 0.0, 0.25, 0.75, 0.0]
    """
    even = problem.criterion == "min-variance"
    lanes, need = problem.lanes, _need(problem)
    build = FormBuilder()
    flow = build.add_columns(
        "flow",
        len(lanes),
        cost=0.0 if even else -2 * need,
        quadratic=0.0 if even else 1.0,
        upper=lane_limits(problem),
        whole=problem.whole,
        keys=lane_keys(lanes, problem.sources, problem.targets),
    )
    deviation, mean_level = _add_levels(build, problem) if even else (None, None)
    by_source, by_target = lanes.incidence()
    everything = sp.csr_array(np.ones((1, len(lanes))))
    build.add_rows("supply_limit", [(flow, by_source)], upper=problem.supply, keys=problem.sources)
    build.add_rows("demand_limit", [(flow, by_target)], upper=problem.demand, keys=problem.targets)
    if deviation is not None and mean_level is not None:
        needy = problem.demand > 0
        by_share = sp.diags_array(1 / problem.demand[needy]) @ by_target[needy]
        level = [
            (flow, by_share),
            (deviation, -sp.eye_array(deviation.stop - deviation.start)),
            (mean_level, sp.csr_array(np.full((by_share.shape[0], 1), -1.0))),
        ]
        build.add_rows("level", level, lower=0, upper=0, keys=problem.targets[needy])
        all_demand = sp.csr_array([[-problem.demand.sum()]])
        build.add_rows("mean", [(flow, everything), (mean_level, all_demand)], lower=0, upper=0)
    floor = efficiency_floor(problem)
    if floor is not None:
        build.add_rows("efficiency", [(flow, everything)], lower=floor)
    if problem.cost_budget is not None:
        build.add_rows("cost_budget", [(flow, sp.csr_array([lanes.cost]))], upper=problem.cost_budget)
    return build.finish(decisions="flow", offset=0.0 if even else float(need @ need))


def _add_levels(build: FormBuilder, problem: FairAllocationProblem) -> tuple[Block, Block]:
    """v_j and mu, free; d_j / D on the squares of v_j."""
    needy = problem.demand > 0
    weight = problem.demand[needy] / problem.demand.sum()
    keys = problem.targets[needy]
    deviation = build.add_columns("deviation", len(keys), quadratic=weight, lower=-np.inf, keys=keys)
    return deviation, build.add_columns("mean_level", 1, lower=-np.inf)
