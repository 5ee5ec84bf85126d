r"""Whole transportation under a criterion as a network form: gains as ranked unit increments.

Where quantities are whole and each agent's utility grows by the units that it receives, what all agents
together can receive are the vectors of an integral polymatroid. There a criterion that is a sum of concave
functions of single utilities is best at the most that can be served, and depends on the order of the unit
increments alone (Federgruen and Groenevelt 1986): the unit that takes agent j from :math:`u` to :math:`u'` is
worth

.. math:: n_j (f(u') - f(u)),

less than the one before, and increments of the same worth share a rank. Leximin is the limit in which lower
levels always come first, and of two steps from one level the one that leads higher. Ranks, times more than
any plan's own cost, are the arcs' costs, so that among the best plans the flow finds the cheapest.

References
----------
A. Federgruen and H. Groenevelt, "The greedy procedure for resource allocation problems: necessary and
sufficient conditions for optimality", Operations Research 34 (1986), 909-918.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from ..instances.agents import agents_of
from .criteria import criterion_of
from .flow_networks import scaled_or_unlimited
from .network_form import LARGEST_POTENTIAL, LARGEST_TOTAL, NotANetwork, joined, within
from .scaling import InexactScaling, integer_scale, scaled
from .unit_increments import increments

if TYPE_CHECKING:
    from ..instances.agents import Agents
    from ..instances.arrays import FloatArray
    from ..instances.fairness import Fairness
    from ..instances.problem import Problem
    from ..instances.transportation import TransportationProblem
    from .network_form import NetworkForm
    from .scaling import IntArray

DIGITS = 13
"""Significant digits to which increments of the same worth agree."""


def welfare_network(problem: Problem) -> NetworkForm:
    """Render a whole transportation problem with a criterion in force.

    Raises
    ------
    NotANetwork
        For policies, a criterion that is no sum over agents, or a problem with other rules than supply,
        demand and lane capacities.

    Examples
    --------
    >>> import allocare
    >>> from allocare.instances.lanes import Lanes
    >>> problem = allocare.TransportationProblem(
    ...     sources=["depot"], targets=["north", "south"], lanes=Lanes.from_matrix([[1, 1]]),
    ...     supply=[2], demand=[1, 2], unmet_cost=9, whole=True)
    >>> form = welfare_network(allocare.with_fairness(problem, "maximin"))
    >>> len(form.cost), form.evaluate(np.array([1.0, 1.0]))
    (7, 0.5)
    """
    problem = _plain_transportation(problem)
    assert problem.fairness is not None and problem.fairness.criterion is not None
    criterion, agents = criterion_of(problem.fairness.criterion), agents_of(problem)
    lanes, m, n = problem.lanes, len(problem.sources), len(problem.targets)
    assert problem.supply is not None and problem.demand is not None
    supply, demand = scaled(problem.supply, 1), scaled(problem.demand, 1)
    within(float(supply.sum(dtype=np.float64)), LARGEST_TOTAL)
    carried = np.minimum(supply[lanes.source], demand[lanes.target])
    if lanes.capacity is not None:
        np.minimum(carried, scaled_or_unlimited(lanes.capacity, 1), out=carried)
    reach = np.bincount(lanes.target, carried, n)
    target, unit = increments(np.minimum(demand, reach).astype(np.int64))
    scale = _units_of(agents, problem)[target]
    keys = criterion.steps((unit - 1) / scale, unit / scale, agents.size[target])
    if keys is None:
        raise NotANetwork(f"{criterion.name} is no sum over agents, which a network flow could hold")
    rank = _ranks(keys)
    own, weight = _own_costs(problem, carried, int(rank.max(initial=0)) + 2)
    source, before, behind = np.arange(m), m + n, m + n + 1
    return joined(
        [
            (lanes.source, m + lanes.target, 0, carried, own),
            (before, source, 0, supply, 0),
            (m + target, behind, 0, 1, (rank + 1) * weight),
            (behind, before, 0, int(supply.sum()), -(int(rank.max(initial=0)) + 2) * weight),
        ],
        np.zeros(m + n + 2, dtype=np.int64),
        size=problem.size,
        evaluate=lambda decisions: criterion.value(
            np.bincount(lanes.target, decisions, n) / _units_of(agents, problem), agents.size
        ),
        maximise=True,
    )


def _plain_transportation(problem: Problem) -> TransportationProblem:
    """Return the problem where nothing but supplies, demands and lanes limits what agents receive."""
    fairness = problem.fairness
    assert fairness is not None
    if problem.kind != "transportation":
        raise NotANetwork(f"a criterion on a {problem.kind} problem is no network flow")
    problem = cast("TransportationProblem", problem)
    if fairness.criterion is None or not _keeps_policies(fairness):
        raise NotANetwork("policies are side constraints, which a network flow cannot hold")
    if not problem.whole:
        raise NotANetwork("quantities are divisible: unit increments need whole units")
    limits = problem.supply is not None and problem.demand is not None
    if not limits or problem.supply_rule != "at-most" or problem.demand_rule != "exactly":
        raise NotANetwork("unit increments need a supply at most and a demand that is not exceeded")
    if problem.unmet_cost is None or problem.minimum_service is not None or problem.total is not None:
        raise NotANetwork("with required service or a total the plans are not those of a polymatroid")
    return problem


def _keeps_policies(fairness: Fairness) -> bool:
    """Whether nothing is asked of the plan but, where the criterion compares plans of one total, the most."""
    most_served = [str(policy) for policy in fairness.policies] == ["efficiency-floor:loss=0"]
    assert fairness.criterion is not None
    if criterion_of(fairness.criterion).even_is_best == "at-one-total":
        return most_served
    return most_served or not fairness.policies


def _units_of(agents: Agents, problem: TransportationProblem) -> FloatArray:
    """Units that make a utility of 1."""
    if agents.normalised:
        raise NotANetwork("normalised utilities are not built as unit increments")
    if agents.utility == "coverage":
        assert agents.need is not None
        return agents.need
    if agents.utility == "benefit" and not problem.maximise:
        return agents.size
    raise NotANetwork(f"{agents.utility} depends on the lanes, not on the units received alone")


def _ranks(keys: tuple[FloatArray, ...]) -> IntArray:
    """Rank of each increment, 0 the most valuable; equal ones share a rank, also those rounding parts."""
    keys = tuple(_to_digits(key) for key in keys)
    order = np.lexsort(tuple(-key for key in reversed(keys)))
    table = np.stack(keys)[:, order]
    new = np.ones(len(order), dtype=np.int64)
    new[1:] = (table[:, 1:] != table[:, :-1]).any(axis=0)
    rank = np.zeros(len(order), dtype=np.int64)
    rank[order] = np.cumsum(new) - 1
    return rank


def _to_digits(values: FloatArray) -> FloatArray:
    """Round to the digits that arithmetic on doubles leaves certain."""
    kept = np.isfinite(values) & (values != 0)
    power = np.floor(np.log10(np.abs(values), where=kept, out=np.zeros_like(values)))
    scale = 10.0 ** (DIGITS - 1 - power)
    kept &= np.isfinite(scale) & (scale > 0)
    return np.where(kept, np.rint(values * np.where(kept, scale, 1.0)) / np.where(kept, scale, 1.0), values)


def _own_costs(problem: TransportationProblem, carried: IntArray, ranks: int) -> tuple[IntArray | int, int]:
    """Own cost of a unit on each lane, whole, and a weight of ranks above any plan's; 0, 1 if too large."""
    assert problem.unmet_cost is not None and problem.supply is not None
    sign = -1.0 if problem.maximise else 1.0
    cost = sign * problem.lanes.cost - problem.unmet_cost[problem.lanes.target]
    try:
        own = scaled(cost, integer_scale(cost))
        most = 2.0 * float(np.abs(own).max(initial=0)) * float(problem.supply.sum()) + 1.0
        within(most * (ranks + 1) * (len(problem.sources) + len(problem.targets) + 5), LARGEST_POTENTIAL)
        within(most * (ranks + 1) * 4.0 * float(problem.supply.sum() + len(carried)), LARGEST_TOTAL)
    except InexactScaling:
        return 0, 1
    return own, int(most)
