"""The rules and the objective of a flow through a network."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from .findings import Findings, common_size, figure, floor_tolerance, largest, named
from .lane_sums import linear_scale, sums_at
from .report import Valuation

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray
    from ...instances.network_flow import NetworkFlowProblem
    from .findings import Describe


def findings(problem: NetworkFlowProblem) -> Findings:
    """Nothing found yet; tolerances fit what must move, or else what can.

    Examples
    --------
    >>> from allocare.instances.network_flow import NetworkFlowProblem
    >>> problem = NetworkFlowProblem(
    ...     nodes=["depot", "ward"], balance=[3, -3], tail=[0], head=[1], cost=[2], lower=[0], capacity=[1e9])
    >>> findings(problem).floor
    1e-06
    """
    asked = max(largest(problem.balance), largest(problem.lower))
    size = common_size(asked or largest(problem.capacity))
    return Findings(floor_tolerance(size), problem.whole, problem.unit("quantity"))


def decision_name(problem: NetworkFlowProblem, at: int) -> str:
    """Write an arc as ``arc 7 ('A' to 'B')``.

    Examples
    --------
    >>> from allocare.instances.network_flow import NetworkFlowProblem
    >>> problem = NetworkFlowProblem(
    ...     nodes=["depot", "ward"], balance=[3, -3], tail=[0], head=[1], cost=[2], lower=[0], capacity=[5])
    >>> decision_name(problem, 0)
    "arc 1 ('depot' to 'ward')"
    """
    tail, head = (named(problem.nodes, int(ends[at])) for ends in (problem.tail, problem.head))
    return f"arc {at + 1} ({tail} to {head})"


def examine(problem: NetworkFlowProblem, flow: FloatArray, found: Findings) -> Valuation:
    """Find what a flow breaks, and what it costs.

    Examples
    --------
    >>> from allocare.instances.network_flow import NetworkFlowProblem
    >>> problem = NetworkFlowProblem(
    ...     nodes=["depot", "ward"], balance=[3, -3], tail=[0], head=[1], cost=[2], lower=[0], capacity=[2])
    >>> found = findings(problem)
    >>> examine(problem, np.array([3.0]), found).objective
    6.0
    >>> found.worst()[0].message
    "arc capacity of arc 1 ('depot' to 'ward'): carries 3, may carry 2 (1 too many)"
    """
    if problem.whole:
        flow = found.not_whole(flow, partial(decision_name, problem))
    _bounds(problem, flow, found)
    _conservation(problem, flow, found)
    return Valuation(float(problem.cost @ flow), linear_scale(problem.cost, flow, found.floor))


def _bounds(problem: NetworkFlowProblem, flow: FloatArray, found: Findings) -> None:
    def carries(verb: str) -> Describe:
        return lambda at, has, limit, off: (
            decision_name(problem, at),
            f"carries {has}, {verb} carry {limit} ({off})",
        )

    found.hold("arc capacity", flow, carries("may"), at_most=problem.capacity)
    found.hold("least flow", flow, carries("must"), at_least=problem.lower)


def _conservation(problem: NetworkFlowProblem, flow: FloatArray, found: Findings) -> None:
    size = len(problem.nodes)
    leaving, entering = sums_at(problem.tail, flow, size), sums_at(problem.head, flow, size)
    gross = leaving + entering
    if (flow < 0).any():
        gross = sums_at(problem.tail, np.abs(flow), size) + sums_at(problem.head, np.abs(flow), size)

    def describe(at: int, net: str, balance: str, off: str) -> tuple[str, str]:
        sends, takes = figure(leaving[at]), figure(entering[at])
        return (
            f"node {named(problem.nodes, at)}",
            f"sends {sends} and takes in {takes}, net {net}, must be {balance} ({off})",
        )

    balance = problem.balance
    found.hold("conservation", leaving - entering, describe, at_most=balance, at_least=balance, gross=gross)
