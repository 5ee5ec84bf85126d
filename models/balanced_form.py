r"""The balanced form: a transportation problem as one between equal masses.

.. math::
    \min \sum_{ij} c_{ij} x_{ij} \quad\text{s.t.}\quad
    \sum_j x_{ij} = a_i,\; \sum_i x_{ij} = b_j,\; x \ge 0, \qquad \sum_i a_i = \sum_j b_j

- Supply that may stay unused goes to a dummy target at cost 0. Where targets may receive more than
  their demand, what exceeds it goes from source i to its cheapest target, so the dummy target costs
  :math:`\min(0, \min_j c_{ij})`, and :math:`\min_j c_{ij}` where all supply must be sent.
- Demand that may be left unmet comes from a dummy source at its price. Where minimum service limits it to
  :math:`k_j`, each target has a dummy source of its own with just that mass, and what it does not give
  goes to the dummy target at cost 0.

Lanes keep their places in front: a complete set as a matrix, a sparse one as a list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .flow_networks import quantity_scale
from .scaling import LARGEST_WHOLE, InexactScaling, integer_scale, scaled
from .transportation import least_service

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray, IndexArray
    from ..instances.transportation import TransportationProblem

NEGLIGIBLE = 1e-12
"""Share of all mass below which a difference of sums of decimals is rounding."""

MOST_COUNTED = LARGEST_WHOLE / 4
"""Supply and demand together below which sums of whole numbers are exact in doubles."""


@dataclass(frozen=True, eq=False, kw_only=True)
class BalancedForm:
    """Equal masses and the costs between them.

    Parameters
    ----------
    supply, demand
        Masses a and b, dummies last; whole numbers wherever the quantities can be made whole.
    quantity_scale
        What the quantities were multiplied by.
    cost
        Costs to minimise: a matrix where every pair is a lane and nothing else needs a list, else one
        number a lane.
    unused_cost
        Cost from each source, dummies last, to the dummy target (infinite where there is no lane), or None
        where there is none.
    unmet_cost
        Cost from the dummy source to each target, or None where there is none.
    own_dummies
        Whether each target has a dummy source of its own, in the targets' order.
    cheapest
        Lane that takes what a source sends beyond all demand, -1 where nothing does, or None.
    counted
        Whether all masses are whole numbers, so that sums of them are exact.
    balanced
        Whether the masses are equal; if not, no plan keeps every rule.
    """

    supply: FloatArray
    demand: FloatArray
    quantity_scale: int
    cost: FloatArray
    unused_cost: FloatArray | None = None
    unmet_cost: FloatArray | None = None
    own_dummies: bool = False
    cheapest: IndexArray | None = None
    counted: bool = True
    balanced: bool = True


def refusal(problem: TransportationProblem) -> str | None:
    """Say why no balanced form stands for the problem, or None.

    Examples
    --------
    >>> from allocare.instances.lanes import Lanes
    >>> from allocare.instances.transportation import TransportationProblem
    >>> refusal(TransportationProblem(
    ...     sources=["depot"], targets=["north"], lanes=Lanes.from_matrix([[3]]), supply=[9],
    ...     demand_rule="none", total=5))
    'it needs a demand at every target'
    """
    priced = problem.unmet_cost is not None
    beyond = problem.demand_rule == "at-least"
    reasons = {
        "it takes no lane capacities": problem.lanes.capacity is not None
        and bool(np.isfinite(problem.lanes.capacity).any()),
        "it needs a demand at every target": problem.demand is None,
        "it needs a supply at every source": problem.supply is None,
        "it takes no total beside supply and demand": problem.total is not None,
        "it takes no priced unmet demand where all supply must be sent and more than the demand may be "
        "received": priced and beyond and problem.supply_rule == "exactly",
    }
    broken = next((reason for reason, holds in reasons.items() if holds), None)
    if broken is not None:
        return broken
    masses = _masses(problem)
    if masses.counted and masses.total >= MOST_COUNTED:
        return "supply and demand are too large to be counted exactly in doubles; choose a larger unit"
    return None


def balanced_form(problem: TransportationProblem) -> BalancedForm:
    """Render a transportation problem that `refusal` lets pass.

    Examples
    --------
    >>> from allocare.instances.lanes import Lanes
    >>> from allocare.instances.transportation import TransportationProblem
    >>> form = balanced_form(TransportationProblem(
    ...     sources=["depot"], targets=["north"], lanes=Lanes.from_matrix([[3]]), supply=[9], demand=[7]))
    >>> form.supply.tolist(), form.demand.tolist(), form.unused_cost.tolist()
    ([9.0], [7.0, 2.0], [0.0])
    """
    lanes = problem.lanes
    supply, demand, least, scale, counted = _masses(problem)
    cost = -lanes.cost if problem.maximise else lanes.cost
    all_sent, beyond = problem.supply_rule == "exactly", problem.demand_rule == "at-least"
    have, need = float(supply.sum()), float(demand.sum())
    unused = unmet = cheapest = None
    spare, short = have - need, 0.0
    if problem.unmet_cost is not None:
        unmet = problem.unmet_cost
        spare, short = (0.0, need - have) if all_sent else (have, need)
    if beyond:
        unused, cheapest = _beyond(problem, cost, all_sent)
    elif not all_sent:
        unused = np.zeros(len(supply))
    elif least is not None:
        unused = np.full(len(supply), np.inf)
    unmet_mass = np.array([short])
    if least is not None:
        unmet_mass = demand - least
        spare = have + float(unmet_mass.sum()) - need
    if not counted:
        spare, short = (0.0 if abs(rest) <= NEGLIGIBLE * (have + need) else rest for rest in (spare, short))
    balanced = spare >= 0 and short >= 0 and (unused is not None or spare == 0)
    if balanced and unused is not None:
        if unmet is not None:
            unused = np.concatenate([unused, np.zeros(len(unmet_mass))])
        demand = np.append(demand, spare)
    if balanced and unmet is not None:
        supply = np.concatenate([supply, unmet_mass if least is not None else [short]])
    return BalancedForm(
        supply=supply,
        demand=demand,
        quantity_scale=scale,
        cost=cost.reshape(lanes.n_sources, lanes.n_targets) if lanes.complete and least is None else cost,
        unused_cost=unused,
        unmet_cost=unmet,
        own_dummies=least is not None,
        cheapest=cheapest,
        counted=counted,
        balanced=balanced,
    )


class Masses(NamedTuple):
    """Supply, demand and least service (None where there is none), times their scale."""

    supply: FloatArray
    demand: FloatArray
    least: FloatArray | None
    scale: int
    counted: bool
    """Whether the scale makes them whole without loss."""

    @property
    def total(self) -> float:
        """All supply and demand."""
        return float(self.supply.sum() + self.demand.sum())


def _masses(problem: TransportationProblem) -> Masses:
    assert problem.supply is not None and problem.demand is not None
    shares = problem.minimum_service
    limited = shares is not None and bool((shares > 0).any())
    try:
        # a share times a demand, both made whole, is whole too
        share_scale = 1 if shares is None or not limited or problem.whole else integer_scale(shares)
        scale = share_scale * quantity_scale(problem.supply, problem.demand)
        supply, demand = (scaled(values, scale) for values in (problem.supply, problem.demand))
    except InexactScaling:
        pass
    else:
        least = None
        if limited and problem.whole:
            least = least_service(problem) * scale
        elif limited and shares is not None:
            required = scaled(shares, share_scale) * scaled(problem.demand, scale // share_scale)
            least = required.astype(np.float64)
        masses = Masses(supply.astype(np.float64), demand.astype(np.float64), least, scale, True)
        if share_scale == 1 or masses.total < MOST_COUNTED:
            return masses
    given = np.array(problem.supply), np.array(problem.demand)
    return Masses(*given, least_service(problem) if limited else None, 1, False)


def _beyond(
    problem: TransportationProblem, cost: FloatArray, all_sent: bool
) -> tuple[FloatArray, IndexArray]:
    """Cost and lane of what each source sends beyond demand."""
    m, n = len(problem.sources), len(problem.targets)
    least = np.full(m, np.inf)
    lane = np.full(m, -1, dtype=np.int32)
    if problem.lanes.complete:
        lane[:] = cost.reshape(m, n).argmin(axis=1) + n * np.arange(m)
        least[:] = cost[lane]
    else:
        sources = problem.lanes.source
        order = np.lexsort((cost, sources))
        first = order[np.unique(sources[order], return_index=True)[1]]
        lane[sources[first]] = first
        least[sources[first]] = cost[first]
    if not all_sent:
        lane[least >= 0] = -1
        least = np.minimum(least, 0.0)
    return least, lane
