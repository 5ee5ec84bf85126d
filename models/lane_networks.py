r"""Transportation and assignment as network forms.

One node for each source and target, a node S in front of the sources, a node T behind the targets:

- a lane is an arc from its source to its target,
- an arc S → i carries what source i sends: at most its supply, exactly it, or anything,
- arcs j → T carry what target j receives. Demand that may be left unmet at a price p is a gain of p on
  each unit received up to the demand (and the constant p d), so that no node is needed for what is unmet,
- the arc T → S carries the total.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from .flow_networks import quantity_scale, scaled_or_unlimited, whole_scale
from .network_form import LARGEST_TOTAL, UNLIMITED, NotANetwork, joined, within
from .priority_weights import class_objectives, whole_costs
from .scaling import integer_scale, scaled
from .transportation import least_service

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..instances.assignment import AssignmentProblem
    from ..instances.transportation import TransportationProblem
    from .network_form import NetworkForm
    from .scaling import IntArray


def transportation_network(problem: TransportationProblem) -> NetworkForm:
    """Render a transportation problem.

    Examples
    --------
    >>> from allocare.instances.lanes import Lanes
    >>> from allocare.instances.transportation import TransportationProblem
    >>> form = transportation_network(TransportationProblem(
    ...     sources=["depot"], targets=["north"], lanes=Lanes.from_matrix([[3]]), supply=[9], demand=[7]))
    >>> form.lower.tolist(), form.capacity.tolist()
    ([0, 0, 7, 0], [7, 9, 7, 7])
    """
    lanes, m, n = problem.lanes, len(problem.sources), len(problem.targets)
    sign = -1 if problem.maximise else 1
    shares = 1
    if not problem.whole and problem.minimum_service is not None:
        shares = integer_scale(problem.minimum_service)
    quantities = shares * quantity_scale(problem.supply, problem.demand, problem.total, lanes.capacity)
    prices = whole_scale(lanes.cost, problem.unmet_cost)
    for values in (problem.supply, problem.demand):
        within(0.0 if values is None else float(values.sum()) * quantities, LARGEST_TOTAL)
    supply = None if problem.supply is None else scaled(problem.supply, quantities)
    demand = None if problem.demand is None else scaled(problem.demand, quantities)
    total = None if problem.total is None else int(scaled(problem.total, quantities))
    exact_demand = problem.demand_rule == "exactly"

    most = min(
        UNLIMITED if supply is None else int(supply.sum()),
        int(demand.sum()) if demand is not None and exact_demand else UNLIMITED,
        UNLIMITED if total is None else total,
    )
    lane_most: IntArray = np.full(len(lanes), most, dtype=np.int64)
    if lanes.capacity is not None:
        np.minimum(lane_most, scaled_or_unlimited(lanes.capacity, quantities), out=lane_most)
    if supply is not None:
        np.minimum(lane_most, supply[lanes.source], out=lane_most)
    if demand is not None and exact_demand:
        np.minimum(lane_most, demand[lanes.target], out=lane_most)

    source, target = np.arange(m), m + np.arange(n)
    before, behind = m + n, m + n + 1
    offset = Fraction(0)
    arcs: list[tuple[npt.ArrayLike, ...]] = [
        (lanes.source, m + lanes.target, 0, lane_most, sign * scaled(lanes.cost, prices))
    ]
    if supply is None:
        arcs.append((before, source, 0, most, 0))
    else:
        arcs.append((before, source, supply if problem.supply_rule == "exactly" else 0, supply, 0))
    if demand is None:
        arcs.append((target, behind, 0, most, 0))
    elif problem.unmet_cost is None:
        arcs.append((target, behind, demand, demand if exact_demand else np.maximum(demand, most), 0))
    else:
        gain = scaled(problem.unmet_cost, prices)
        least = _least_received(problem, shares, quantities)
        arcs.append((target, behind, least, demand, -gain))
        if not exact_demand:
            arcs.append((target, behind, 0, most, 0))
        offset = Fraction(_dot(gain, demand), prices * quantities)
    arcs.append((behind, before, 0 if total is None else total, most if total is None else total, 0))
    return joined(
        arcs,
        np.zeros(m + n + 2, dtype=np.int64),
        size=problem.size,
        quantity_scale=quantities,
        cost_scale=prices,
        offset=offset,
        maximise=problem.maximise,
    )


def assignment_network(problem: AssignmentProblem) -> NetworkForm:
    """Render an assignment problem in which every pair uses one unit of its agent's capacity.

    Examples
    --------
    >>> from allocare.instances.assignment import AssignmentProblem
    >>> from allocare.instances.lanes import Lanes
    >>> form = assignment_network(AssignmentProblem(
    ...     agents=["ward"], tasks=["Ada", "Bo"], pairs=Lanes.from_matrix([[3, 4]]), capacity=2))
    >>> form.capacity.tolist()
    [1, 1, 2, 1, 1, 2]
    """
    if problem.use is not None and not (problem.use == 1).all():
        raise NotANetwork("use is not 1 for every pair: generalised assignment is not a network flow")
    pairs, m, n = problem.pairs, len(problem.agents), len(problem.tasks)
    costs = whole_costs(problem, LARGEST_TOTAL)
    capacity = np.minimum(np.floor(problem.capacity), n).astype(np.int64)
    agent, task, before, behind = np.arange(m), m + np.arange(n), m + n, m + n + 1
    once = problem.task_rule == "exactly-once"
    one_class = len(problem.classes) <= 1
    weighted = costs.pair * costs.weight[pairs.target]
    arcs: list[tuple[npt.ArrayLike, ...]] = [
        (pairs.source, m + pairs.target, 0, 1, weighted),
        (before, agent, 0, capacity, 0),
        (task, behind, int(once), 1, -costs.left_out * costs.weight),
        (behind, before, 0, n, 0),
    ]
    return joined(
        arcs,
        np.zeros(m + n + 2, dtype=np.int64),
        size=problem.size,
        cost_scale=costs.scale,
        offset=Fraction(_dot(costs.left_out, costs.weight), costs.scale),
        maximise=problem.maximise,
        evaluate=None if one_class else lambda decisions: sum(class_objectives(problem, decisions)),
    )


def _least_received(problem: TransportationProblem, shares: int, quantities: int) -> IntArray:
    """Least quantity of each target as whole numbers; a share times a demand, both whole, is exact."""
    if problem.minimum_service is None or problem.demand is None:
        return np.zeros(len(problem.targets), dtype=np.int64)
    if problem.whole:
        return scaled(least_service(problem), quantities)
    return scaled(problem.minimum_service, shares) * scaled(problem.demand, quantities // shares)


def _dot(values: IntArray, others: IntArray) -> int:
    """Scalar product without overflow."""
    return int(np.dot(values.astype(object), others.astype(object))) if len(values) else 0
