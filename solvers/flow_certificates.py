r"""Certificates from optimal flows on network forms: node potentials read back as the problem's own prices.

A capacity that other arcs imply is dropped first. A flow that is optimal with it is optimal without, and
the potentials then price nothing but the problem's own limits: with S the node in front of the sources and
T the one behind the targets, :math:`\pi_i - \pi_S` is the price of source i's supply,
:math:`\pi_T - \pi_j` that of target j's demand, and :math:`\pi_S - \pi_T` that of the total.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from ..instances.errors import RefutedError
from ..models.network_form import LARGEST_TOTAL, UNLIMITED
from ..models.priority_weights import class_members, whole_costs
from ..models.proofs import NodePotentials, Prices
from ..models.scaling import LARGEST_WHOLE
from .residual_potentials import residual_potentials

LARGEST_PROVED, FINEST_PROVED = 2**50, 10**15
"""Range of weighted costs, and of the power of ten that makes them whole, in which proofs are exact."""

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray
    from ..instances.assignment import AssignmentProblem
    from ..instances.network_flow import NetworkFlowProblem
    from ..instances.problem import Problem
    from ..instances.transportation import TransportationProblem
    from ..models.network_form import NetworkForm
    from ..models.priority_weights import WholeCosts
    from ..models.proofs import Certificate
    from ..models.scaling import IntArray


def flow_certificate(problem: Problem, form: NetworkForm, flow: IntArray) -> Certificate | None:
    """Return what proves an optimal flow on the problem's network form, or None where nothing here does.

    Examples
    --------
    >>> from allocare.instances.lanes import Lanes
    >>> from allocare.instances.transportation import TransportationProblem
    >>> from allocare.models.network_form import network_form
    >>> problem = TransportationProblem(
    ...     sources=["Jena", "Gera"], targets=["Erfurt"], lanes=Lanes.from_matrix([[40], [70]]),
    ...     supply=[5, 9], demand=[8])
    >>> prices = flow_certificate(problem, network_form(problem), np.array([5, 3, 5, 3, 8, 8]))
    >>> prices.source.tolist(), prices.target.tolist()
    ([-30.0, 0.0], [70.0])
    """
    if problem.asks_fairness:
        return None
    if problem.kind == "network-flow":
        network = cast("NetworkFlowProblem", problem)
        capacity = np.where(np.isinf(network.capacity), UNLIMITED, form.capacity)
        potential = _potential(form, flow, capacity)
        return None if potential is None else NodePotentials(potential)
    if problem.kind == "transportation":
        return _transportation(cast("TransportationProblem", problem), form, flow)
    if problem.kind == "assignment":
        return _assignment(cast("AssignmentProblem", problem), form, flow)
    return None


def _potential(form: NetworkForm, flow: IntArray, capacity: IntArray) -> FloatArray | None:
    """Potentials in the problem's units, None where doubles cannot hold them.

    Raises
    ------
    RefutedError
        Where there are none, which an optimal flow rules out.
    """
    found = residual_potentials(form.n_nodes, form.tail, form.head, form.cost, flow, form.lower, capacity)
    if found is None:
        raise RefutedError("the flow is not optimal: a cycle of its residual network costs less than nothing")
    found = found - found[-1:]
    if np.abs(found).max(initial=0) >= LARGEST_WHOLE:
        return None
    return found / form.cost_scale


def _transportation(problem: TransportationProblem, form: NetworkForm, flow: IntArray) -> Prices | None:
    m, n, lanes = len(problem.sources), len(problem.targets), problem.size
    capacity = np.full(len(form.capacity), UNLIMITED)
    if problem.lanes.capacity is not None:
        limit = problem.lanes.capacity * form.quantity_scale
        capacity[:lanes] = np.where(limit <= form.capacity[:lanes], form.capacity[:lanes], UNLIMITED)
    if problem.supply is not None:
        capacity[lanes : lanes + m] = form.capacity[lanes : lanes + m]
    if problem.demand is not None and (problem.demand_rule == "exactly" or problem.unmet_cost is not None):
        capacity[lanes + m : lanes + m + n] = form.capacity[lanes + m : lanes + m + n]
    if problem.total is not None:
        capacity[-1] = form.capacity[-1]
    potential = _potential(form, flow, capacity)
    if potential is None:
        return None
    before, behind = potential[m + n], potential[m + n + 1]
    source, target = potential[:m] - before, behind - potential[m : m + n]
    if problem.supply is None:
        source = np.zeros(m)
    elif problem.supply_rule == "at-most":
        source = np.minimum(source, 0.0)
    if problem.demand is None:
        target = np.zeros(n)
    elif problem.demand_rule == "at-least":
        target = np.maximum(target, 0.0)
    if problem.unmet_cost is not None:
        # nothing is worth more than not being short, but where minimum service binds
        loose = form.lower[lanes + m : lanes + m + n] == 0
        target = np.where(loose, np.minimum(target, problem.unmet_cost), target)
    sign = -1.0 if problem.maximise else 1.0
    total = 0.0 if problem.total is None else float(before - behind)
    return Prices(sign * source, sign * target, sign * total)


def class_weight(problem: AssignmentProblem, costs: WholeCosts) -> FloatArray | None:
    """Weight of each priority class, None where weighted costs are too large to be proved exactly.

    Examples
    --------
    >>> from allocare.instances.assignment import AssignmentProblem
    >>> from allocare.instances.lanes import Lanes
    >>> problem = AssignmentProblem(
    ...     agents=["bed"], tasks=["Ada", "Bo"], pairs=Lanes.from_matrix([[4, 9]]), priority=[1, 2],
    ...     task_rule="at-most-once", left_out_cost=[20, 10])
    >>> class_weight(problem, whole_costs(problem, LARGEST_TOTAL)).tolist()
    [2.0, 1.0]
    """
    dearest = max(float(np.abs(values).max(initial=0)) for values in (costs.pair, costs.left_out))
    if dearest * float(costs.weight.max(initial=1)) >= LARGEST_PROVED or costs.scale > FINEST_PROVED:
        return None
    return np.array([float(costs.weight[class_members(problem, level)][0]) for level in problem.classes])


def _assignment(problem: AssignmentProblem, form: NetworkForm, flow: IntArray) -> Prices | None:
    m, n, pairs = len(problem.agents), len(problem.tasks), problem.size
    capacity = form.capacity.copy()
    capacity[:pairs] = capacity[-1] = UNLIMITED
    potential = _potential(form, flow, capacity)
    if potential is None:
        return None
    source = np.minimum(potential[:m] - potential[m + n], 0.0)
    target = potential[m + n + 1] - potential[m : m + n]
    weight = None
    if len(problem.classes) > 1:
        weight = class_weight(problem, whole_costs(problem, LARGEST_TOTAL))
        if weight is None:
            return None
    sign = -1.0 if problem.maximise else 1.0
    return Prices(sign * source, sign * target, class_weight=weight)
