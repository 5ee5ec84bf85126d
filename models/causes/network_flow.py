"""Certain causes why a network has no flow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..checks.lane_sums import sums_at
from .wording import amount, falls_short, figure, named, worst

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...instances.network_flow import NetworkFlowProblem


def causes(problem: NetworkFlowProblem) -> Iterator[str]:
    """Yield each certain cause, the plainest first.

    Examples
    --------
    >>> from allocare.instances.network_flow import NetworkFlowProblem
    >>> problem = NetworkFlowProblem(
    ...     nodes=["depot", "ward"], balance=[3, -3], tail=[0], head=[1], cost=[2], lower=[0], capacity=[2],
    ...     units={"quantity": "pallets"})
    >>> next(causes(problem))
    "node 'depot' must send on 3 pallets, its arcs can carry 2"
    """
    enters = float(problem.balance[problem.balance > 0].sum())
    leaves = float(-problem.balance[problem.balance < 0].sum())
    if falls_short(min(enters, leaves), max(enters, leaves)):
        yield (
            f"the balances let {amount(problem, enters)} in and {figure(leaves)} out; "
            "the two must be equal, add a node that takes the difference"
        )
        return
    yield from _nodes(problem)
    yield from _parts(problem)


def _nodes(problem: NetworkFlowProblem) -> Iterator[str]:
    """Net flow out of a node lies between what its arcs can bring about."""
    size = len(problem.nodes)
    out_most, in_most = (sums_at(ends, problem.capacity, size) for ends in (problem.tail, problem.head))
    out_least, in_least = (sums_at(ends, problem.lower, size) for ends in (problem.tail, problem.head))
    for most, needed, verb in (
        (out_most, problem.balance + in_least, "send on"),
        (in_most, out_least - problem.balance, "take in"),
    ):
        at = worst(falls_short(most, needed), needed - most)
        if at is not None:
            yield (
                f"node {named(problem.nodes, at)} must {verb} {amount(problem, needed[at])}, "
                f"its arcs can carry {figure(most[at])}"
            )


def _parts(problem: NetworkFlowProblem) -> Iterator[str]:
    """Parts of the network that no arc joins each need balances that add up to 0."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    size = len(problem.nodes)
    joined = csr_array((np.ones(problem.size), (problem.tail, problem.head)), shape=(size, size))
    count, part = connected_components(joined, directed=False)
    enters = sums_at(part, np.maximum(problem.balance, 0), count)
    leaves = sums_at(part, np.maximum(-problem.balance, 0), count)
    at = worst(falls_short(np.minimum(enters, leaves), np.maximum(enters, leaves)), np.abs(enters - leaves))
    if at is not None:
        node = named(problem.nodes, int(np.argmax((part == at) & (problem.balance != 0))))
        yield (
            f"the part of the network around node {node} lets {amount(problem, enters[at])} in and "
            f"{figure(leaves[at])} out, and no arc joins it to the rest"
        )
