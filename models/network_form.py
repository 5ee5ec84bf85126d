r"""The network form: a problem as one minimum-cost flow in whole numbers.

.. math::
    \min \sum_a c_a f_a \quad\text{s.t.}\quad
    \sum_{a \in \delta^+(v)} f_a - \sum_{a \in \delta^-(v)} f_a = b_v \;\; \forall v, \qquad
    l_a \le f_a \le k_a,\; f_a \in \mathbb{Z}

Bounds and balances are whole, so an optimal whole flow is an optimal flow: what holds for divisible
quantities is solved exactly too, once they are scaled to whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np

from ..instances.errors import CapabilityError
from .scaling import InexactScaling, IntArray
from .unlimited_arcs import gains_without_end

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from ..instances.arrays import FloatArray, IndexArray
    from ..instances.problem import Problem

UNLIMITED = np.iinfo(np.int64).max
"""Capacity of an arc without limit, before `joined` puts a proved bound in its place."""

LARGEST_TOTAL = 2**62
"""No sum of capacities at a node and no cost of a flow reaches this."""

LARGEST_POTENTIAL = 2**59
"""No cost times the number of nodes reaches this, which leaves node potentials room in 64 bits."""

_BUILDERS = {
    "transportation": "lane_networks:transportation_network",
    "assignment": "lane_networks:assignment_network",
    "network-flow": "flow_networks:flow_network",
    "fair-allocation": "unit_increments:fair_network",
}

_WELFARE = "welfare_increments:welfare_network"


class NotANetwork(CapabilityError):
    """A problem that no minimum-cost flow stands for, and why."""


@dataclass(frozen=True, eq=False, kw_only=True)
class NetworkForm:
    """A minimum-cost flow in whole numbers that stands for a problem; build it with `joined`.

    Parameters
    ----------
    size
        Number of the problem's decisions.
    n_nodes
        Number of nodes.
    tail, head
        Nodes that each arc leaves and enters; parallel arcs and loops are allowed.
    lower, capacity
        Least and most flow on each arc, finite. A least above the most means infeasible.
    cost
        Cost of a unit on each arc, to be minimised.
    balance
        Flow that enters the network at each node.
    decision_of
        Decision that each of the first arcs adds to; None where arc k is decision k.
    quantity_scale, cost_scale
        What the problem's quantities and costs were multiplied by.
    offset
        Constant of the minimised objective, in the problem's units.
    maximise
        Whether the problem's objective is the minimised one's negative.
    evaluate
        The problem's objective from its decisions, where it is not the cost of the flow.
    gains_without_end
        Whether the problem is unbounded if it is feasible at all.
    """

    size: int
    n_nodes: int
    tail: IndexArray
    head: IndexArray
    lower: IntArray
    capacity: IntArray
    cost: IntArray
    balance: IntArray
    decision_of: IntArray | None = None
    quantity_scale: int = 1
    cost_scale: int = 1
    offset: Fraction = Fraction(0)
    maximise: bool = False
    evaluate: Callable[[FloatArray], float] | None = None
    gains_without_end: bool = False

    def decisions(self, flow: IntArray) -> FloatArray:
        """Translate a flow into the problem's decisions, shape (size,)."""
        if self.decision_of is None:
            return flow[: self.size] / self.quantity_scale
        deciding = flow[: len(self.decision_of)]
        return np.bincount(self.decision_of, deciding, self.size) / self.quantity_scale

    def objective(self, flow: IntArray) -> float:
        """Objective of a flow, in the problem's units and sense, without rounding on the way."""
        if self.evaluate is not None:
            return self.evaluate(self.decisions(flow))
        value = self.offset + Fraction(int(self.cost @ flow), self.quantity_scale * self.cost_scale)
        return float(-value if self.maximise else value)

    def free(self) -> FreeFlow | None:
        """Return what is left to decide once all least flows are sent, or None where bounds cross."""
        room = self.capacity - self.lower
        if (room < 0).any():
            return None
        settled = self.lower.copy()
        loops = self.tail == self.head
        gainful = loops & (self.cost < 0)
        settled[gainful] = self.capacity[gainful]
        balance = self.balance.copy()
        sent = np.flatnonzero(self.lower)
        np.subtract.at(balance, self.tail[sent], self.lower[sent])
        np.add.at(balance, self.head[sent], self.lower[sent])
        return FreeFlow(np.flatnonzero((room > 0) & ~loops), room, balance, settled)


@dataclass(frozen=True, eq=False)
class FreeFlow:
    """A network form's free part.

    Parameters
    ----------
    arcs
        Positions of the arcs that still have a choice; no loops among them.
    room
        How much more each arc of the whole form may carry.
    balance
        What is left to enter at each node.
    settled
        Flow of the whole form so far.
    """

    arcs: IntArray
    room: IntArray
    balance: IntArray
    settled: IntArray

    def complete(self, flow: IntArray) -> IntArray:
        """Flow of the whole form from that on the free arcs."""
        whole = self.settled.copy()
        whole[self.arcs] += flow
        return whole


def network_form(problem: Problem) -> NetworkForm:
    """Render a problem as a minimum-cost flow.

    Raises
    ------
    NotANetwork
        Where no such flow stands for the problem, with the reason.
    InexactScaling
        Where quantities or costs cannot be made whole, or do not fit 64 bits once they are.

    Examples
    --------
    >>> from allocare.instances.lanes import Lanes
    >>> from allocare.instances.transportation import TransportationProblem
    >>> form = network_form(TransportationProblem(
    ...     sources=["Jena", "Gera"], targets=["Erfurt"], lanes=Lanes.from_matrix([[0.4], [0.7]]),
    ...     supply=[5, 9], demand=[8]))
    >>> form.n_nodes, form.cost_scale, form.cost[:2].tolist()
    (5, 10, [4, 7])
    """
    if problem.kind not in _BUILDERS:
        raise NotANetwork(f"a {problem.kind} problem in general is not a network flow")
    module, builder = (_WELFARE if problem.asks_fairness else _BUILDERS[problem.kind]).split(":")
    form: NetworkForm = getattr(import_module(f".{module}", __package__), builder)(problem)
    return form


def joined(
    arcs: Sequence[tuple[npt.ArrayLike, ...]],
    balance: IntArray,
    *,
    size: int,
    decision_of: IntArray | None = None,
    quantity_scale: int = 1,
    cost_scale: int = 1,
    offset: Fraction = Fraction(0),
    maximise: bool = False,
    evaluate: Callable[[FloatArray], float] | None = None,
) -> NetworkForm:
    """Join groups of arcs ``(tail, head, lower, capacity, cost)`` into a form, guarded against overflow.

    Unlimited arcs get a capacity that some optimal flow keeps: one whose unsaturated arcs hold no cycle
    carries on no arc more than all the supply and all finite room together.

    Raises
    ------
    InexactScaling
        Where the whole numbers do not fit 64 bits.

    Examples
    --------
    >>> cheap, dear = (0, 1, 0, 4, 1), (0, 1, 0, UNLIMITED, 3)
    >>> form = joined([cheap, dear], np.array([6, -6]), size=2)
    >>> form.capacity.tolist()
    [4, 10]
    """
    groups = [np.broadcast_arrays(*group) for group in arcs]
    tail, head = (np.concatenate([np.atleast_1d(g[k]) for g in groups]).astype(np.int32) for k in (0, 1))
    lower, capacity, cost = (
        np.concatenate([np.atleast_1d(g[k]) for g in groups]).astype(np.int64, copy=False) for k in (2, 3, 4)
    )
    open_ended = capacity == UNLIMITED
    endless = False
    if open_ended.any():
        endless = gains_without_end(len(balance), tail[open_ended], head[open_ended], cost[open_ended])
        within(lower.sum(dtype=np.float64) * 2 + np.abs(balance).sum(dtype=np.float64), LARGEST_TOTAL)
        needed = balance.copy()
        np.subtract.at(needed, tail, lower)
        np.add.at(needed, head, lower)
        room = np.maximum(capacity - lower, 0)[~open_ended]
        most = room.sum(dtype=np.float64) + needed[needed > 0].sum(dtype=np.float64)
        within(most, LARGEST_TOTAL)
        capacity[open_ended] = lower[open_ended] + int(room.sum()) + int(needed[needed > 0].sum())
    form = NetworkForm(
        size=size,
        n_nodes=len(balance),
        tail=tail,
        head=head,
        lower=lower,
        capacity=capacity,
        cost=cost,
        balance=balance,
        decision_of=decision_of,
        quantity_scale=quantity_scale,
        cost_scale=cost_scale,
        offset=offset,
        maximise=maximise,
        evaluate=evaluate,
        gains_without_end=endless,
    )
    _guard(form)
    return form


def within(amount: float, limit: int) -> None:
    """Refuse an amount that reaches the limit of the arithmetic.

    Examples
    --------
    >>> within(1e30, 2**62)  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    InexactScaling: whole numbers come to 1e+30, more than the 4.61e+18 that a flow can be computed in
    """
    if amount >= limit:
        raise InexactScaling(
            f"as whole numbers the data come to {float(amount):.3g}, more than the {float(limit):.3g} "
            "that a flow can be computed in; choose larger units or round to fewer digits"
        )


def _guard(form: NetworkForm) -> None:
    """Bound what any flow carries through each node and costs on the arcs that leave it."""
    price = np.abs(form.cost)
    within(float(price.max(initial=0)) * (form.n_nodes + 3), LARGEST_POTENTIAL)
    capacity = form.capacity.astype(np.float64)
    supply = form.balance.astype(np.float64)
    most_supply, most_capacity = float(np.abs(supply).sum()), float(capacity.sum())
    # the @ of long vectors wakes a thread a core, which takes longer than the sum
    if max(most_supply + most_capacity, float(np.einsum("i,i->", price, capacity))) < LARGEST_TOTAL:
        return
    enters = np.bincount(form.head, capacity, form.n_nodes) + np.maximum(supply, 0)
    leaves = np.bincount(form.tail, capacity, form.n_nodes) - np.minimum(supply, 0)
    within(max(enters.max(initial=0.0), leaves.max(initial=0.0)), LARGEST_TOTAL)
    dearest = np.zeros(form.n_nodes)
    np.maximum.at(dearest, form.tail, price.astype(np.float64))
    arc_by_arc = np.bincount(form.tail, price * capacity, form.n_nodes)
    within(float(np.minimum(arc_by_arc, np.minimum(enters, leaves) * dearest).sum()), LARGEST_TOTAL)
