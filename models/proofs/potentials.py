r"""Proofs by node potentials for flows through networks.

.. math::
    \min \sum_a c_a f_a \quad\text{s.t.}\quad
    \sum_{a \in \delta^+(v)} f_a - \sum_{a \in \delta^-(v)} f_a = b_v,\qquad l_a \le f_a \le k_a

With reduced costs :math:`\bar c_a = c_a - \pi_u + \pi_v` of an arc a from u to v, any potentials
:math:`\pi` give the bound

.. math::
    \sum_v \pi_v b_v + \sum_a \min(\bar c_a l_a, \bar c_a k_a)
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, cast

import numpy as np

from ...instances.errors import InputError
from ..checks.findings import figure
from ..checks.network_flow import decision_name
from .exact import BLOCK, LARGEST, Tally, decimal_scale, exact_dot, nearest_whole, whole
from .proof import TOLERANCE, Proof

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...instances.arrays import FloatArray
    from ...instances.network_flow import NetworkFlowProblem
    from ...instances.problem import Problem
    from ..check import CheckReport
    from .certificates import NodePotentials

_ROUNDING = 2.0**-48
"""Error of a sum of doubles, as a share of its terms."""


def prove(problem: Problem, decisions: FloatArray, certificate: NodePotentials, report: CheckReport) -> Proof:
    """Prove a flow optimal by potentials of its nodes.

    Examples
    --------
    >>> from allocare.instances.network_flow import NetworkFlowProblem
    >>> from allocare.models.check import check_decisions
    >>> from allocare.models.proofs import NodePotentials
    >>> problem = NetworkFlowProblem(
    ...     nodes=[1, 2], balance=[3, -3], tail=[0], head=[1], cost=[2], lower=[0], capacity=[5])
    >>> plan, potentials = np.array([3.0]), NodePotentials(np.array([2.0, 0.0]))
    >>> prove(problem, plan, potentials, check_decisions(problem, plan))
    Proof(bound=6.0, proved=True, weakness='')
    """
    if problem.kind != "network-flow":
        raise InputError(f"node potentials do not fit a {problem.kind} problem")
    network = cast("NetworkFlowProblem", problem)
    if len(certificate.node) != len(network.nodes):
        raise InputError(
            f"the certificate has {len(certificate.node)} node potentials for {len(network.nodes)} nodes"
        )
    costs = decimal_scale(network.cost)
    units = decimal_scale(network.balance, network.lower, network.capacity)
    exact = costs is not None and units is not None
    cost_scale, scale = (costs or 1, units or 1) if exact else (1, 1)
    price = nearest_whole(certificate.node, cost_scale) if exact else np.nan_to_num(certificate.node, nan=0.0)
    tally = Tally(exact=exact)
    tally.add(price, whole(network.balance, scale))
    dearest = float(np.abs(price).max(initial=0.0))
    for part, reduced in _reduced_costs(network, price, cost_scale):
        if not exact:
            # a sum of three doubles that is 0 but for rounding
            reduced[np.abs(reduced) <= _ROUNDING * (dearest + np.abs(network.cost[part]))] = 0.0
        limit = np.where(reduced > 0, network.lower[part], network.capacity[part])
        charged = np.flatnonzero((reduced != 0) & (limit != 0))
        if np.isinf(limit[charged]).any():
            arc = int(charged[np.argmax(np.isinf(limit[charged]))])
            words = _weakness(network, part.start + arc, float(reduced[arc]) / cost_scale, decisions)
            return Proof(-np.inf, False, words)
        tally.add(reduced[charged], whole(limit[charged], scale))
    if exact:
        bound = float(Fraction(int(tally.value), cost_scale * scale))
    else:
        tally.size += dearest * float(np.abs(network.balance).sum())
        bound = float(tally.value) - _ROUNDING * tally.size
    plan = np.rint(decisions) if network.whole else decisions
    cost = _exact_cost(network, plan, cost_scale, scale) if exact else None
    if cost is not None:
        proved = cost == tally.value
    else:
        proved = abs(report.objective - bound) <= TOLERANCE * report.objective_scale
    return Proof(bound, proved, "" if proved else _weakest(network, price, cost_scale, plan))


def _reduced_costs(
    network: NetworkFlowProblem, price: FloatArray, cost_scale: int
) -> Iterator[tuple[slice, FloatArray]]:
    for first in range(0, network.size, BLOCK):
        part = slice(first, first + BLOCK)
        reduced = whole(network.cost[part], cost_scale) - price[network.tail[part]]
        reduced += price[network.head[part]]
        yield part, reduced


def _exact_cost(network: NetworkFlowProblem, plan: FloatArray, cost_scale: int, scale: int) -> int | None:
    used = np.flatnonzero(plan)
    quantity = np.rint(plan[used] * scale)
    if (quantity / scale != plan[used]).any() or np.abs(quantity).max(initial=0.0) >= LARGEST:
        return None
    return exact_dot(whole(network.cost[used], cost_scale), quantity)


def _weakest(network: NetworkFlowProblem, price: FloatArray, cost_scale: int, plan: FloatArray) -> str:
    worst, arc, cost = 0.0, -1, 0.0
    for part, reduced in _reduced_costs(network, price, cost_scale):
        limit = np.where(reduced > 0, network.lower[part], network.capacity[part])
        with np.errstate(invalid="ignore"):
            slack = np.abs(reduced * (plan[part] - limit))
        slack[reduced == 0] = 0.0
        at = int(np.argmax(slack))
        if slack[at] > worst:
            worst, arc, cost = float(slack[at]), part.start + at, float(reduced[at])
    if arc < 0:
        return "the plan's objective is not the bound"
    return _weakness(network, arc, cost / cost_scale, plan)


def _weakness(network: NetworkFlowProblem, arc: int, reduced: float, plan: FloatArray) -> str:
    low, high = float(network.lower[arc]), float(network.capacity[arc])
    most = figure(high) if np.isfinite(high) else "any amount"
    return (
        f"{decision_name(network, arc)}: reduced cost {figure(reduced)}, carries {figure(plan[arc])} "
        f"of {figure(low)} to {most}"
    )
