r"""Least deviation from need in whole units of any size: minimum-cost flows over ever finer steps.

.. math:: \min \sum_{(i,j) \in L} (x_{ij} - n_{ij})^2

within supplies, demands, lane capacities and, where there is one, the efficiency floor. Around a plan every
lane's cost is replaced by straight pieces of length :math:`\delta` between points of the curve, so that a
minimum-cost flow finds the best plan on the pieces. A piece from a to b costs :math:`a + b - 2 n` a unit, and
pieces lie on or above the curve, so the next plan, around which the pieces are laid anew, is never worse.
With :math:`\delta = 1` the pieces next to the plan are the curve itself; a plan that stays is then optimal,
since no exchange of single units pays (Hochbaum & Shanthikumar 1990), and the residual network's potentials
prove it. Where quantities are large, the divisible problem's dual says where to lay the first pieces.

References
----------
D. S. Hochbaum, J. G. Shanthikumar, "Convex separable optimization is not much harder than linear
optimization", Journal of the ACM 37 (1990), 843-862.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from ..instances.errors import CapabilityError, RefutedError
from ..models.fair_allocation import efficiency_floor
from ..models.network_form import LARGEST_POTENTIAL, LARGEST_TOTAL, UNLIMITED, within
from ..models.proofs.exchange import Exchange
from ..models.scaling import InexactScaling, integer_scale, scaled
from .backend import Outcome
from .nearest_shares import nearest_shares
from .residual_potentials import residual_potentials
from .service_levels import ServiceLevels
from .solution import Status, StopReason

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray, IndexArray
    from ..instances.fair_allocation import FairAllocationProblem
    from ..models.scaling import IntArray
    from .flow_outcome import MinimumCostFlow

PIECES = 2
"""Pieces on each side of a plan, before one that reaches to the end of the lane."""

LARGE = 32
"""Quantities from which the divisible problem is solved first."""


def exchange_refusal(problem: FairAllocationProblem) -> str | None:
    """Say why the deviation from need in whole units is beyond this, or None.

    Examples
    --------
    >>> from allocare.instances.fair_allocation import FairAllocationProblem
    >>> from allocare.instances.lanes import Lanes
    >>> exchange_refusal(FairAllocationProblem(
    ...     sources=["depot"], targets=["north"], lanes=Lanes.from_matrix([[1]]), supply=[2], demand=[1],
    ...     criterion="need-deviation", need=[1], whole=True, cost_budget=1))
    'a cost budget is a side constraint, which a network flow cannot hold'
    """
    if problem.cost_budget is not None:
        return "a cost budget is a side constraint, which a network flow cannot hold"
    try:
        _network(problem, 0)
    except InexactScaling as error:
        return str(error)
    return None


def least_deviation(problem: FairAllocationProblem, minimum_cost_flow: MinimumCostFlow) -> Outcome:
    """Solve to proved optimality.

    Examples
    --------
    >>> from allocare.instances.fair_allocation import FairAllocationProblem
    >>> from allocare.instances.lanes import Lanes
    >>> from allocare.solvers.min_cost_flow_ import minimum_cost_flow
    >>> least_deviation(FairAllocationProblem(
    ...     sources=["depot"], targets=["north", "south"], lanes=Lanes.from_matrix([[1, 1]]), supply=[3],
    ...     demand=[2, 4], criterion="need-deviation", need=[2, 3], whole=True), minimum_cost_flow).objective
    2.0
    """
    started = perf_counter()
    network = _network(problem, int(efficiency_floor(problem) or 0))
    built = perf_counter()
    plan, step = _first(problem, network)
    flows, near = 0, False
    while True:
        flows += 1
        moved = network.best_on_pieces(plan, step, minimum_cost_flow)
        if moved is None:
            raise CapabilityError("the minimum-cost flow ended without a plan")
        furthest = int(np.abs(moved - plan).max(initial=0))
        plan = moved
        if furthest >= PIECES * step:
            # longer pieces until the optimum is near, then as often as it takes
            step = step if near else 4 * step
            continue
        near = True
        if step > 1:
            step //= 2
            continue
        certificate = network.certificate(problem, plan)
        if certificate is not None:
            break
        if furthest == 0:
            raise RefutedError("the minimum-cost flow left a plan that an exchange of units improves")
    decisions = plan.astype(np.float64)
    assert problem.need is not None
    value = float(((decisions - problem.need) ** 2).sum())
    return Outcome(
        status=Status.OPTIMAL,
        stop_reason=StopReason.PROVED,
        decisions=decisions,
        objective=value,
        bound=value,
        build_seconds=built - started,
        solve_seconds=perf_counter() - built,
        notes=(f"{flows} minimum-cost flows",),
        certificate=certificate,
    )


@dataclass(frozen=True, eq=False)
class _Network:
    """The whole-number data; needs are multiplied by `scale`, quantities are not."""

    source: IndexArray
    target: IndexArray
    room: IntArray
    need: IntArray
    scale: int
    supply: IntArray
    demand: IntArray
    floor: int

    @property
    def ends(self) -> tuple[int, int]:
        """Nodes in front of the sources and behind the targets."""
        return len(self.supply) + len(self.demand), len(self.supply) + len(self.demand) + 1

    def around(self) -> tuple[IntArray, IntArray, IntArray]:
        """Tail, head and capacity of the arcs that are no lanes: supplies, demands, the way back."""
        m, n = len(self.supply), len(self.demand)
        before, behind = self.ends
        return (
            np.concatenate([np.full(m, before), m + np.arange(n), [behind]]),
            np.concatenate([np.arange(m), np.full(n, behind), [before]]),
            np.concatenate([self.supply, self.demand, [int(self.demand.sum())]]),
        )

    def best_on_pieces(
        self, plan: IntArray, step: int, minimum_cost_flow: MinimumCostFlow
    ) -> IntArray | None:
        """Return the best plan where costs run straight between points around a plan."""
        lane, start, end = self._pieces(plan, step)
        price = self.scale * (start + end) - 2 * self.need[lane]
        tail, head, capacity = self.around()
        capacity[-1] -= self.floor
        balance = np.zeros(self.ends[1] + 1, dtype=np.int64)
        balance[self.ends[0]], balance[self.ends[1]] = self.floor, -self.floor
        status, flow = minimum_cost_flow(
            np.concatenate([self.source[lane], tail]).astype(np.int32),
            np.concatenate([len(self.supply) + self.target[lane], head]).astype(np.int32),
            np.concatenate([end - start, capacity]),
            np.concatenate([price, np.zeros(len(tail), dtype=np.int64)]),
            balance,
        )
        if status is not Status.OPTIMAL or flow is None:
            return None
        return np.bincount(lane, flow[: len(lane)], len(plan)).astype(np.int64)

    def _pieces(self, plan: IntArray, step: int) -> tuple[IntArray, IntArray, IntArray]:
        """Lane, start and end of every piece; what would never be used is left out."""
        # beyond its need a lane costs more and more, so it goes there only if the floor makes it
        most = self.room if self.floor else np.minimum(self.room, -(-self.need // self.scale))
        points = [np.zeros(len(plan), dtype=np.int64)]
        points += [np.clip(plan + k * step, 0, most) for k in range(-PIECES, PIECES + 1)]
        points.append(most)
        starts, ends = np.stack(points[:-1]), np.stack(points[1:])
        row, lane = np.nonzero(ends > starts)
        return lane, starts[row, lane], ends[row, lane]

    def certificate(self, problem: FairAllocationProblem, plan: IntArray) -> Exchange | None:
        """Prices after which no exchange of units pays, or None where one does."""
        m = len(self.supply)
        up, down = np.flatnonzero(plan < self.room), np.flatnonzero(plan > 0)
        after, last = self.scale * (2 * plan + 1) - 2 * self.need, self.scale * (2 * plan - 1) - 2 * self.need
        tail, head, capacity = self.around()
        sent = np.bincount(self.source, plan, m).astype(np.int64)
        received = np.bincount(self.target, plan, len(self.demand)).astype(np.int64)
        total = int(plan.sum())
        none, one = np.zeros(len(up), dtype=np.int64), np.ones(len(down), dtype=np.int64)
        capacity[-1] = UNLIMITED
        lower = np.zeros(len(tail), dtype=np.int64)
        lower[-1] = self.floor
        potential = residual_potentials(
            self.ends[1] + 1,
            np.concatenate([self.source[up], self.source[down], tail]).astype(np.int32),
            np.concatenate([m + self.target[up], m + self.target[down], head]).astype(np.int32),
            np.concatenate([after[up], last[down], np.zeros(len(tail), dtype=np.int64)]),
            np.concatenate([none, one, sent, received, [total]]),
            np.concatenate([none, np.zeros_like(one), lower]),
            np.concatenate([np.ones_like(none), one, capacity]),
        )
        if potential is None:
            return None
        potential = potential - potential[self.ends[1]]
        price_of_all = int(potential[self.ends[0]])
        source = np.minimum(potential[:m], price_of_all)
        target = np.maximum(potential[m : self.ends[0]], 0)
        prices, place = np.unique(np.concatenate([source, target, [price_of_all]]), return_inverse=True)
        most = self._most(problem) if price_of_all > 0 and problem.efficiency_loss else None
        return Exchange(
            prices, np.full(len(prices), self.scale), place[:m], place[m:-1], int(place[-1]), most
        )

    def _most(self, problem: FairAllocationProblem) -> FloatArray:
        """Return a plan that serves the most."""
        capacity = self.room if problem.lanes.capacity is not None else None
        return ServiceLevels(self.source, self.target, capacity, self.supply, self.demand, whole=True).flow


def _network(problem: FairAllocationProblem, floor: int) -> _Network:
    """Data in whole numbers.

    Raises
    ------
    InexactScaling
        Where they do not fit 64 bits.
    """
    assert problem.need is not None
    lanes = problem.lanes
    within(float(problem.supply.sum() + problem.demand.sum()), LARGEST_TOTAL)
    room = np.minimum(problem.supply[lanes.source], problem.demand[lanes.target])
    if lanes.capacity is not None:
        room = np.minimum(room, lanes.capacity)
    scale = integer_scale(problem.need)
    steepest = 2.0 * scale * float(room.max(initial=0)) + 2.0 * scale * float(problem.need.max(initial=0))
    within(steepest * (len(problem.sources) + len(problem.targets) + 5), LARGEST_POTENTIAL)
    within(float(room.sum()), LARGEST_TOTAL)
    return _Network(
        lanes.source,
        lanes.target,
        room.astype(np.int64),
        scaled(problem.need, scale),
        scale,
        scaled(problem.supply, 1),
        scaled(problem.demand, 1),
        floor,
    )


def _first(problem: FairAllocationProblem, network: _Network) -> tuple[IntArray, int]:
    """Plan to lay the first pieces around, which may break limits, and their length."""
    if network.room.max(initial=0) <= LARGE:
        wanted = np.clip(np.rint(network.need / network.scale), 0, network.room).astype(np.int64)
        return wanted, max(1, int(network.room.max(initial=0)) // (2 * PIECES))
    near, off = nearest_shares(
        network.source,
        network.target,
        network.room.astype(np.float64),
        network.need / network.scale,
        network.supply.astype(np.float64),
        network.demand.astype(np.float64),
        float(network.floor),
    )
    return np.rint(near).astype(np.int64), 1 << max(0, int(np.ceil(np.log2(max(off, 1.0)))))
