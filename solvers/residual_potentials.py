r"""Node potentials from an optimal flow: shortest distances in its residual network.

Arcs with flow between their bounds have reduced cost 0, so they fix the potentials inside each component
that they join up to a constant, by walking along a spanning forest. Between components every residual arc
from u to v gives a limit :math:`d_{K(u)} \le w + d_{K(v)}` on those constants. They are found from 0
downwards, by Bellman-Ford rounds on the arcs near their limit: a round moves all constants at once, and an
arc whose slack is beyond what any constant moved needs no second look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np
import scipy.sparse as sp

from ..models.network_form import LARGEST_POTENTIAL

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..instances.arrays import BoolArray, IndexArray
    from ..models.scaling import IntArray

    Positions = npt.NDArray[np.integer]

_NEAR = 16
"""Limits for each constant that are looked at closely; twice as many each time that they were too few."""

_SAMPLE = 50_000
"""Slacks that tell which are small."""


Values = TypeVar("Values", "npt.NDArray[np.int64]", "npt.NDArray[np.float64]")


class Limits(Protocol[Values]):
    """What gives all limits d[u] <= w + d[v] whose slack at d is below some width, about so many of them."""

    def __call__(self, d: Values, wanted: int) -> tuple[Positions, Positions, Values, float]:
        """Return u, v, w and the width."""


def residual_potentials(
    n_nodes: int,
    tail: IndexArray,
    head: IndexArray,
    cost: IntArray,
    flow: IntArray,
    lower: IntArray,
    capacity: IntArray,
) -> IntArray | None:
    """Return potentials at which arcs below capacity cost 0 or more, and arcs above their least 0 or less.

    The reduced cost of an arc is its cost, less its tail's potential, plus its head's.

    Returns
    -------
    IntArray or None
        None where there are none, since the flow is not optimal.

    Examples
    --------
    >>> tail, head, cost = np.array([0, 0, 1]), np.array([1, 2, 2]), np.array([2, 9, 3])
    >>> flow, none, most = np.array([5, 1, 5]), np.zeros(3, dtype=int), np.array([9, 9, 5])
    >>> (potential := residual_potentials(3, tail, head, cost, flow, none, most)).tolist()
    [0, -2, -9]
    >>> (cost - potential[tail] + potential[head]).tolist()
    [0, 0, -4]
    """
    up, down = flow < capacity, flow > lower
    component, inside = _walk(n_nodes, tail, head, cost, up & down)
    many = int(component.max(initial=-1)) + 1
    reduced = cost - inside[tail]
    reduced += inside[head]
    below, above = component[tail], component[head]
    within = below == above
    if (within & ((up & (reduced < 0)) | (down & (reduced > 0)))).any():
        return None
    if many <= 1:
        return inside
    up &= ~within
    down &= ~within
    constant = lowered(
        np.zeros(many, dtype=np.int64),
        listed(
            np.concatenate([below[up], above[down]]),
            np.concatenate([above[up], below[down]]),
            np.concatenate([reduced[up], -reduced[down]]),
        ),
    )
    if constant is None:
        return None
    return inside + constant[component]


def lowered(start: Values, limits: Limits[Values], negligible: float = 0.0) -> Values | None:
    """Highest d at or below the start with d[u] <= w + d[v] for all limits, or None where there is none.

    Limits that are broken by no more than a negligible amount count as kept.

    Examples
    --------
    >>> ring = listed(np.array([0, 1]), np.array([1, 0]), np.array([2, -3]))
    >>> lowered(np.zeros(2, dtype=int), ring) is None
    True
    """
    d, wanted = start.copy(), _NEAR * len(start)
    while d.min(initial=0) > -LARGEST_POTENTIAL:
        u, v, w, width = limits(d, wanted)
        before = d.copy()
        if not _relax(d, u, v, w, negligible):
            return None
        if (before - d).max(initial=0) <= width:
            return d
        wanted *= 2
    return None


def _walk(
    n_nodes: int, tail: IndexArray, head: IndexArray, cost: IntArray, free: BoolArray
) -> tuple[npt.NDArray[np.int32], IntArray]:
    """Component of each node by free arcs, and potentials along a spanning forest of them."""
    arc = np.flatnonzero(free)
    one, other = tail[arc].astype(np.int64), head[arc].astype(np.int64)
    graph = sp.coo_array((np.ones(len(arc)), (one, other)), shape=(n_nodes, n_nodes)).tocsr()
    _, component = sp.csgraph.connected_components(graph, directed=False)
    first = np.unique(component, return_index=True)[1]
    # a root above all components makes the forest one tree
    root = np.full(len(first), n_nodes)
    ends = (np.concatenate([one, root]), np.concatenate([other, first]))
    tree = sp.coo_array((np.ones(len(ends[0])), ends), shape=(n_nodes + 1, n_nodes + 1)).tocsr()
    _, before = sp.csgraph.breadth_first_order(tree, n_nodes, directed=False)
    before = before.astype(np.int64)
    before[n_nodes] = n_nodes
    before[first] = n_nodes
    potential = np.zeros(n_nodes + 1, dtype=np.int64)
    node = np.flatnonzero(before[:n_nodes] < n_nodes)
    if len(node):
        code = np.concatenate([one * n_nodes + other, other * n_nodes + one])
        step = np.concatenate([-cost[arc], cost[arc]])
        order = np.argsort(code, kind="stable")
        at = np.searchsorted(code[order], before[node] * n_nodes + node)
        potential[node] = step[order][at]
    for _ in range(n_nodes.bit_length()):
        if (before == n_nodes).all():
            break
        potential += potential[before]
        before = before[before]
    return component, potential[:n_nodes]


def listed(u: Positions, v: Positions, w: Values, whole: bool = True) -> Limits[Values]:
    """Limits from a list.

    Examples
    --------
    >>> chain = listed(np.array([1, 2]), np.array([0, 1]), np.array([-3, 1]))
    >>> lowered(np.zeros(3, dtype=int), chain).tolist()
    [0, -3, -2]
    """

    def near(d: Values, wanted: int) -> tuple[Positions, Positions, Values, float]:
        slack = w + d[v]
        slack -= d[u]
        width = fitting_width(slack[:: max(1, len(slack) // _SAMPLE)], wanted / max(len(slack), 1), whole)
        chosen = np.flatnonzero(slack < width)
        return u[chosen], v[chosen], w[chosen], width

    return near


def fitting_width(sample: npt.NDArray[np.integer | np.floating], share: float, whole: bool) -> float:
    """Width that a share of all slacks falls below, by a sample of them; whole ones of 0 always do.

    Examples
    --------
    >>> fitting_width(np.arange(101), 0.25, True), fitting_width(np.arange(3), 2.0, True)
    (25.0, inf)
    """
    return np.inf if share >= 1 else max(float(whole), float(np.quantile(sample, share)))


def _relax(d: Values, u: Positions, v: Positions, w: Values, negligible: float) -> bool:
    """Lower d until it keeps all these limits; False where they hold a cycle below 0."""
    if not len(u):
        return True
    order = np.argsort(u, kind="stable")
    v, w = v[order], w[order]
    at, start = np.unique(u[order], return_index=True)
    for _ in range(len(d) + 1):
        best = np.minimum.reduceat(w + d[v], start)
        lower = best < d[at] - negligible
        if not lower.any():
            return True
        d[at[lower]] = best[lower]
    return False
