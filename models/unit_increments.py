r"""Whole fair allocation as a network form: separable convex costs as unit increments.

The k-th unit of a convex cost :math:`w(k)` costs :math:`w(k) - w(k-1)`, more than the unit before, so
parallel arcs of capacity 1 at those costs fill in order and stand for :math:`w` exactly.

Minimum variance at the most that can be served: the total is fixed, so that
:math:`\sum_j r_j^2 / d_j` is to be minimised over the received quantities r, and the k-th unit of
target j costs :math:`(2k-1)/d_j`. The received quantities that serve the most are the bases of an
integral polymatroid, on which a separable convex objective's optimum depends on the order of the
increments alone (Federgruen & Groenevelt 1986): their ranks are the costs, small whole numbers. Serving
one more unit raises one target's cost by one increment, so a gain above the highest rank on the total
serves the most.

Squared deviation from need: the k-th unit on lane (i, j) costs
:math:`2k - 1 - 2\,\mathrm{need}_{ij}`; units that cost nothing or more are never sent.

References
----------
A. Federgruen and H. Groenevelt, "The greedy procedure for resource allocation problems: necessary and
sufficient conditions for optimality", Operations Research 34 (1986), 909-918.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from .flow_networks import scaled_or_unlimited
from .network_form import LARGEST_TOTAL, NotANetwork, joined, within
from .scaling import integer_scale, scaled

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..instances.arrays import FloatArray
    from ..instances.fair_allocation import FairAllocationProblem
    from .network_form import NetworkForm
    from .scaling import IntArray

MOST_INCREMENTS = 5_000_000
"""Beyond this many unit increments the arcs no longer fit comfortably in memory."""


def fair_network(problem: FairAllocationProblem) -> NetworkForm:
    """Render a fair allocation problem in whole units.

    Examples
    --------
    >>> from allocare.instances.fair_allocation import FairAllocationProblem
    >>> from allocare.instances.lanes import Lanes
    >>> form = fair_network(FairAllocationProblem(
    ...     sources=["depot"], targets=["north", "south"], lanes=Lanes.from_matrix([[1, 1]]),
    ...     supply=[2], demand=[1, 2], whole=True))
    >>> form.cost.tolist()
    [0, 0, 0, 2, 1, 3, -4]
    """
    if not problem.whole:
        raise NotANetwork("quantities are divisible: unit increments need whole units")
    if problem.cost_budget is not None:
        raise NotANetwork("a cost budget is a side constraint, which a network flow cannot hold")
    for quantities in (problem.supply, problem.demand):
        within(float(quantities.sum()), LARGEST_TOTAL)
    if problem.criterion == "min-variance":
        return _variance_network(problem)
    return _deviation_network(problem)


def _variance_network(problem: FairAllocationProblem) -> NetworkForm:
    if problem.efficiency_loss:
        raise NotANetwork(
            f"an efficiency loss of {problem.efficiency_loss:g} leaves the total open; with a loss of 0 "
            "the problem is a network flow"
        )
    lanes, m, n = problem.lanes, len(problem.sources), len(problem.targets)
    supply, demand = scaled(problem.supply, 1), scaled(problem.demand, 1)
    carried = _lane_most(problem, supply, demand)
    reach = np.bincount(lanes.target, carried, n)
    target, unit = increments(np.minimum(demand, reach).astype(np.int64))
    # two fractions a / b and c / d in lowest terms differ by at least 1 / (b d): doubles keep them apart
    within(2.0 * float(unit.max(initial=0)) * float(demand.max(initial=0)), 2**52)
    levels, rank = np.unique((2 * unit - 1) / demand[target], return_inverse=True)
    source, before, behind = np.arange(m), m + n, m + n + 1
    return joined(
        [
            (lanes.source, m + lanes.target, 0, carried, 0),
            (before, source, 0, supply, 0),
            (m + target, behind, 0, 1, rank + 1),
            (behind, before, 0, int(supply.sum()), -(len(levels) + 1)),
        ],
        np.zeros(m + n + 2, dtype=np.int64),
        size=problem.size,
        evaluate=lambda decisions: service_variance(problem, decisions),
    )


def service_variance(problem: FairAllocationProblem, decisions: FloatArray) -> float:
    r"""Demand-weighted population variance of the service levels, 0 where nothing is needed.

    Examples
    --------
    >>> from allocare.instances.fair_allocation import FairAllocationProblem
    >>> from allocare.instances.lanes import Lanes
    >>> problem = FairAllocationProblem(
    ...     sources=["depot"], targets=["north", "south"], lanes=Lanes.from_matrix([[1, 1]]),
    ...     supply=[2], demand=[2, 2])
    >>> service_variance(problem, np.array([2.0, 0.0]))
    0.25
    """
    received = np.bincount(problem.lanes.target, decisions, len(problem.targets))
    return service_variance_of(received.astype(np.float64, copy=False), problem.demand)


def service_variance_of(received: FloatArray, demand: FloatArray) -> float:
    """Demand-weighted population variance of the service levels from what each target receives.

    Examples
    --------
    >>> service_variance_of(np.array([2.0, 0.0]), np.array([2.0, 2.0]))
    0.25
    """
    needing = demand > 0
    if not needing.any():
        return 0.0
    share = demand[needing] / demand[needing].sum()
    level = received[needing] / demand[needing]
    # summed without BLAS, whose threads cost more than so short a sum
    return float((share * (level - (share * level).sum()) ** 2).sum())


def _deviation_network(problem: FairAllocationProblem) -> NetworkForm:
    if problem.efficiency_loss is not None and problem.efficiency_loss < 1:
        raise NotANetwork("an efficiency floor is a side constraint beside the deviation from need")
    if problem.need is None:
        raise NotANetwork("the deviation from need needs the wanted quantity of every lane")
    lanes, m, n = problem.lanes, len(problem.sources), len(problem.targets)
    supply, demand = scaled(problem.supply, 1), scaled(problem.demand, 1)
    prices = integer_scale(problem.need)
    need = scaled(problem.need, prices)
    wanted = np.ceil(problem.need - 0.5)
    lane, unit = increments(np.minimum(_lane_most(problem, supply, demand), wanted).astype(np.int64))
    within(float(prices) * 2 * float(unit.max(initial=0)) + 2 * float(need.max(initial=0)), LARGEST_TOTAL)
    source, target, before, behind = np.arange(m), m + np.arange(n), m + n, m + n + 1
    return joined(
        [
            (lanes.source[lane], m + lanes.target[lane], 0, 1, prices * (2 * unit - 1) - 2 * need[lane]),
            (before, source, 0, supply, 0),
            (target, behind, 0, demand, 0),
            (behind, before, 0, int(supply.sum()), 0),
        ],
        np.zeros(m + n + 2, dtype=np.int64),
        size=problem.size,
        decision_of=lane,
        cost_scale=prices,
        offset=Fraction(_sum_of_squares(need), prices**2),
    )


def _lane_most(problem: FairAllocationProblem, supply: IntArray, demand: IntArray) -> IntArray:
    most = np.minimum(supply[problem.lanes.source], demand[problem.lanes.target])
    if problem.lanes.capacity is not None:
        np.minimum(most, scaled_or_unlimited(problem.lanes.capacity, 1), out=most)
    return most


def increments(counts: IntArray) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Owner and number (from 1) of each unit increment.

    Examples
    --------
    >>> increments(np.array([1, 0, 2]))
    (array([0, 2, 2]), array([1, 1, 2]))
    """
    total = float(counts.sum(dtype=np.float64))
    if total > MOST_INCREMENTS:
        raise NotANetwork(
            f"{total:.3g} unit increments are more than the {MOST_INCREMENTS:,} that are built; "
            "choose a larger unit"
        )
    owner = np.repeat(np.arange(len(counts)), counts)
    first = np.cumsum(counts) - counts
    return owner, np.arange(len(owner)) - first[owner] + 1


def _sum_of_squares(values: IntArray) -> int:
    if float(values.max(initial=0)) ** 2 * len(values) < LARGEST_TOTAL:
        return int(values @ values)
    return sum(value * value for value in values.tolist())
