"""An assignment problem as a grid of places and tasks, where being left out is one more place."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ...models.priority_weights import whole_costs
from ...models.scaling import InexactScaling
from ..rules.ledger import EXHAUSTED

if TYPE_CHECKING:
    import numpy.typing as npt

    from ...instances.arrays import FloatArray
    from ...instances.assignment import AssignmentProblem

    Positions = npt.NDArray[np.int64]

MOST_CELLS = 4_000_000
EXACT = 2**52


@dataclass(frozen=True, eq=False)
class Places:
    """Cost and use of every task at every place, to be minimised; the last place is being left out.

    Where each task must be given to an agent, leaving one out costs more than all else can save, so that
    the cheapest plan leaves out as few as can be. Priority classes are weights on the costs, so large that no
    later class outweighs an earlier one.

    Parameters
    ----------
    cost
        Cost of each task at each place, infinite where it may not be, shape (agents + 1, tasks).
    use
        Part of the place's capacity that each task takes there.
    capacity
        What each place holds; the last one holds everything.
    plain
        The same costs without the classes' weights.
    rank
        How many classes come after that of each task.
    problem
        Where the table is from.

    Examples
    --------
    >>> from allocare.instances.assignment import AssignmentProblem
    >>> from allocare.instances.lanes import Lanes
    >>> places = Places.of(AssignmentProblem(
    ...     agents=["a", "b"], tasks=["s", "t"], pairs=Lanes.from_matrix([[1, 4], [2, 3]])))
    >>> places.cost.tolist(), places.decisions(np.array([0, 1])).tolist()
    ([[1.0, 4.0], [2.0, 3.0], [7.0, 7.0]], [1.0, 0.0, 0.0, 1.0])
    """

    cost: FloatArray
    use: FloatArray
    capacity: FloatArray
    plain: FloatArray
    rank: FloatArray
    problem: AssignmentProblem

    @classmethod
    def of(cls, problem: AssignmentProblem) -> Places:
        """Lay out a problem that `misfit` has nothing against."""
        pairs, n_agents, n_tasks = problem.pairs, len(problem.agents), len(problem.tasks)
        cell = (pairs.source, pairs.target)
        paid = -pairs.cost if problem.maximise else pairs.cost
        left_out = np.zeros(n_tasks) if problem.left_out_cost is None else problem.left_out_cost
        plain = _table(problem, paid, left_out)
        cost, rank = plain, np.zeros_like(plain[0])
        if problem.priority is not None and len(problem.classes) > 1:
            whole = whole_costs(problem, EXACT)
            weight = whole.weight.astype(np.float64)
            cost = _table(problem, whole.pair * weight[pairs.target], whole.left_out * weight)
            later = len(problem.classes) - 1 - np.searchsorted(problem.classes, problem.priority)
            rank = later.astype(np.float64)
        use = np.zeros((n_agents + 1, n_tasks))
        use[cell] = 1.0 if problem.use is None else problem.use
        capacity = np.append(problem.capacity * (1 + EXHAUSTED), np.inf)
        return cls(cost, use, capacity, plain, rank, problem)

    @cached_property
    def tasks(self) -> Positions:
        """Positions of the tasks."""
        return np.arange(self.cost.shape[1], dtype=np.int64)

    def guide(self, ratio: float) -> FloatArray:
        """Costs with which a class counts `ratio` times as much as the next, to search by."""
        return self.plain * ratio**self.rank if self.rank.any() else self.cost

    @property
    def left_out(self) -> int:
        """The place of what is left out."""
        return len(self.capacity) - 1

    def loads(self, place: Positions) -> FloatArray:
        """What is used of each place."""
        load = np.bincount(place, self.use[place, self.tasks], len(self.capacity))
        return np.asarray(load, dtype=np.float64)

    def worth(self, place: Positions) -> float:
        """Cost of a plan in the table's terms."""
        return float(self.cost[place, self.tasks].sum())

    def fits(self, place: Positions) -> bool:
        """Whether no place holds more than it can."""
        return bool((self.loads(place) <= self.capacity).all())

    def decisions(self, place: Positions) -> FloatArray:
        """Whether each pair is taken, in the problem's order."""
        given = np.flatnonzero(place < self.left_out)
        decisions = np.zeros(len(self.problem.pairs))
        decisions[self.problem.pairs.position(place[given], given)] = 1.0
        return decisions


def misfit(problem: AssignmentProblem) -> str | None:
    """Say what about a problem such a table cannot take, or None.

    Examples
    --------
    >>> import allocare
    >>> misfit(allocare.example("chores-3x3")) is None
    True
    """
    cells = (len(problem.agents) + 1) * len(problem.tasks)
    if cells > MOST_CELLS:
        return f"it takes at most {MOST_CELLS:,} cells of agents and tasks, here {cells:,}"
    if len(problem.classes) > 1:
        try:
            whole_costs(problem, EXACT)
        except InexactScaling as error:
            return str(error)
    return None


def _table(problem: AssignmentProblem, paid: FloatArray, left_out: FloatArray) -> FloatArray:
    cost = np.full((len(problem.agents) + 1, len(problem.tasks)), np.inf)
    cost[problem.pairs.source, problem.pairs.target] = paid
    cost[-1] = left_out if problem.task_rule == "at-most-once" else _prohibitive(cost[:-1])
    return cost


def _prohibitive(cost: FloatArray) -> float:
    """More than any plan could save by leaving a task out."""
    allowed = np.isfinite(cost)
    if not allowed.any():
        return 1.0
    dearest = np.where(allowed, cost, -np.inf).max(axis=0)
    cheapest = np.where(allowed, cost, np.inf).min(axis=0)
    open_ones = np.isfinite(cheapest)
    return float(max(dearest.max(), 0.0) + (dearest - cheapest)[open_ones].sum() + 1.0)
