r"""Tabu search over assignments with overloads, in phases that price capacity differently.

Each phase minimises :math:`\sum c_{at} x_{at} + \theta \sum \lambda_a r_{at} x_{at}` plus a penalty for
overload, with the capacity prices λ of the linear relaxation and a θ drawn from [0, 1]: 0 looks at costs
alone, 1 spends capacity as if it had to be paid for. Penalties rise where a place is overloaded and fall
while none is, so that the search keeps crossing the border of what is feasible. A phase starts where the last
one ended, or at the best plan. A place that a task has left stays closed to it for a few moves. With priority
classes a phase weighs one class against the next by a modest ratio; plans are judged by the classes in order.

References
----------
M. Yagiura, T. Ibaraki, F. Glover, "A path relinking approach with ejection chains for the generalized
assignment problem", European Journal of Operational Research 169(2), 2006, 548-569 (prices, penalties); J. A.
Díaz, E. Fernández, "A tabu search heuristic for the generalized assignment problem", European Journal of
Operational Research 132(1), 2001, 22-38 (oscillation).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..rules.orders import by_target
from ..rules.pairs import match_in_order
from .moves import State, best_move
from .multipliers import capacity_prices

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...instances.arrays import FloatArray
    from .places import Places, Positions

PHASE = 300
"""Moves of a phase."""

RETURN = 0.5
"""Share of the phases that start at the best plan."""

TENURE = (4, 13)
"""Least and greatest number of moves, the latter left out, for which a place stays closed."""

SWAP_CELLS = 40_000
"""Pairs of tasks that are weighed at each move."""

RATIOS = (3.0, 1.0, 10.0, 100.0, 1000.0)
"""How many times as much as the next a priority class counts in a phase."""

PRICE_WORK, PRICE_STEPS = 40_000_000, (30, 300)
"""Cells that finding the capacity prices may look at, and the least and greatest number of its steps."""

EVERY, UP, DOWN = 2, 1.2, 0.85
"""Moves between changes of the penalties, and their factors."""


def improving_plans(places: Places, seed: int) -> Iterator[tuple[Positions, float, bool]]:
    """Search without end; after every move yield the best plan, its cost, and whether it just got better.

    The first plans are greedy ones, by costs and by priced costs. It ends only where a plan meets the lower
    bound of the capacity prices.

    Examples
    --------
    >>> from itertools import islice
    >>> from allocare.instances.assignment import AssignmentProblem
    >>> from allocare.instances.lanes import Lanes
    >>> from allocare.solvers.search.places import Places
    >>> places = Places.of(AssignmentProblem(agents=["a", "b"], tasks=["s", "t", "u"],
    ...     pairs=Lanes.from_matrix([[1, 2, 3], [2, 4, 9]]), capacity=[5, 4], use=[3, 3, 2, 2, 2, 2]))
    >>> min(cost for _, cost, _ in islice(improving_plans(places, seed=0), 50))
    7.0
    """
    random = np.random.default_rng(seed)
    plan = _greedy(places, places.cost)
    cost = places.worth(plan)
    yield plan, cost, True
    guide, steps = places.guide(RATIOS[0]), int(np.clip(PRICE_WORK // places.cost.size, *PRICE_STEPS))
    price, bound = capacity_prices(places, guide, steps)
    priced = _greedy(places, guide + price[:, None] * places.use)
    step = 1e-9
    if guide is not places.cost:
        # weighted costs are whole, and their sums exact
        bound, step = -np.inf, 0.0
    if places.worth(priced) < cost:
        plan, cost = priced, places.worth(priced)
        yield plan, cost, True
    if _meets(places, cost, bound):
        return
    search = _Search(places, price, random, plan)
    while True:
        if not search.moves % PHASE:
            search.new_phase(plan)
        search.step()
        better = False
        if not search.state.over:
            found = places.worth(search.state.place)
            if found < cost - step * max(abs(cost), 1.0) and places.fits(search.state.place):
                plan, cost, better = search.state.place.copy(), found, True
        yield plan, cost, better
        if better and _meets(places, cost, bound):
            return


class _Search:
    """The plan at hand, and what the search remembers of its way."""

    def __init__(
        self, places: Places, price: FloatArray, random: np.random.Generator, plan: Positions
    ) -> None:
        self.places, self.price, self.random = places, price, random
        self.state = State(places, plan)
        self.moves = 0
        self.closed_until = np.zeros(places.cost.shape, dtype=np.int64)

    def new_phase(self, best: Positions) -> None:
        """Draw another weight of capacity prices, fresh penalties, and perhaps go back to the best plan."""
        weight = self.random.uniform(0.0, 1.0)
        guide = self.places.guide(self.random.choice(RATIOS))
        self.cost = guide + (weight * self.price)[:, None] * self.places.use
        typical = 0.1 * _typical(np.abs(guide[:-1])) / max(_typical(self.places.use[:-1]), 1e-12)
        self.base = np.maximum(self.price, max(typical, 1e-9))
        self.base[-1] = 0.0
        self.penalty = self.base * self.random.uniform(0.5, 2.0) * (1.05 - weight)
        if self.random.random() < RETURN:
            self.closed_until[:] = 0
            self.state = State(self.places, best)
        else:
            self.state = State(self.places, self.state.place)

    def step(self) -> None:
        """Make the best move that is not closed, and adapt the penalties."""
        self.moves += 1
        n_tasks = len(self.places.tasks)
        others = self.places.tasks
        if n_tasks * n_tasks > SWAP_CELLS:
            others = self.random.choice(n_tasks, max(SWAP_CELLS // n_tasks, 1), replace=False)
        closed = self.closed_until > self.moves
        change, move = best_move(self.state, self.cost, self.penalty, closed, others)
        if not np.isfinite(change):
            self.closed_until[:] = 0
            return
        for task, _ in move:
            stay = int(self.random.integers(*TENURE))
            self.closed_until[self.state.place[task], task] = self.moves + stay
        self.state.move(move)
        if self.moves % EVERY == 0:
            over = self.state.load > self.places.capacity
            self.penalty = np.where(over, self.penalty * UP, self.penalty) if over.any() else self._eased()

    def _eased(self) -> FloatArray:
        return np.maximum(self.penalty * DOWN, 1e-3 * self.base)


def _greedy(places: Places, cost: FloatArray) -> Positions:
    """Tasks from the greatest regret, each to its best place with room, by these costs."""
    low, high = np.sort(cost, axis=0)[:2]
    priced = cost[:-1]
    regret = np.subtract(high, low, out=np.zeros(len(low)), where=np.isfinite(high))
    agent, task = np.nonzero(np.isfinite(priced))
    order = by_target(task.astype(np.int32), priced[agent, task], regret)
    better = (places.cost[agent, task] <= places.cost[-1, task])[order]
    order = order[better]
    ends = agent.astype(np.int32), task.astype(np.int32)
    use = places.use[agent, task]
    taken = match_in_order(order, *ends, use, places.problem.capacity, len(places.tasks))
    place = np.full(len(places.tasks), places.left_out)
    place[task[taken > 0]] = agent[taken > 0]
    return place


def _meets(places: Places, cost: float, bound: float) -> bool:
    """Whether no plan can be cheaper."""
    allowed = places.cost[np.isfinite(places.cost)]
    if (allowed == np.rint(allowed)).all():
        bound = float(np.ceil(bound - 1e-6 * max(1.0, abs(bound))))
    return cost <= bound + 1e-9 * max(1.0, abs(bound))


def _typical(values: FloatArray) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else 0.0
