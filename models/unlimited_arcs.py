"""Networks with arcs of unlimited capacity: is there a gain without end, and if not, how much can flow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..instances.arrays import IndexArray
    from .scaling import IntArray

_ROUNDS_BETWEEN_LOOKS = 8


def gains_without_end(n_nodes: int, tail: IndexArray, head: IndexArray, cost: IntArray) -> bool:
    """Whether these arcs hold a directed cycle of negative cost.

    The directions in which a feasible flow can grow for ever are the circulations on its unlimited arcs,
    so a feasible minimum-cost flow is unbounded if and only if those hold such a cycle. Bellman-Ford by
    whole rounds inside the strong components; the predecessors close a ring soon after a cycle appears.

    Examples
    --------
    >>> gains_without_end(2, np.array([0, 1]), np.array([1, 0]), np.array([3, -4]))
    True
    >>> gains_without_end(2, np.array([0, 1]), np.array([1, 0]), np.array([3, -3]))
    False
    """
    if not (cost < 0).any():
        return False
    loops = tail == head
    if (cost[loops] < 0).any():
        return True
    graph = sp.csr_array((np.ones(len(tail)), (tail, head)), shape=(n_nodes, n_nodes))
    _, component = sp.csgraph.connected_components(graph, directed=True, connection="strong")
    inside = (component[tail] == component[head]) & ~loops
    tail, head, cost = tail[inside], head[inside], cost[inside]
    if not (cost < 0).any():
        return False
    longest = int(np.bincount(component).max())
    distance = np.zeros(n_nodes, dtype=np.int64)
    before = np.arange(n_nodes)
    for round_number in range(longest + 1):
        reached = distance[tail] + cost
        nearer = distance.copy()
        np.minimum.at(nearer, head, reached)
        moved = np.flatnonzero((reached == nearer[head]) & (nearer[head] < distance[head]))
        if not len(moved):
            return False
        before[head[moved]] = tail[moved]
        distance = nearer
        if round_number % _ROUNDS_BETWEEN_LOOKS == 0 and _closes_a_ring(before):
            return True
    return True


def _closes_a_ring(before: npt.NDArray[np.int64]) -> bool:
    """Whether following `before` (roots point to themselves) from some node never reaches a root."""
    last = before
    for _ in range(len(before).bit_length()):
        last = last[last]
    return bool((before[last] != last).any())
