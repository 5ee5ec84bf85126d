r"""The best move from a plan that may overload places: a shift, a swap, or an ejection.

An overload of place a costs :math:`\alpha_a` a unit on top. With :math:`H_{kj}` the change when task j takes
the place of task k, k's own next place aside, all three neighbourhoods come out of two tables:

- shift: a task goes to another place;
- swap: :math:`H_{kj} + H_{jk}`, two tasks change places;
- ejection: :math:`H_{kj}`, the relief of the place that j leaves, and k's cheapest other place. The room that
  j leaves is not counted for k, so that the change is never understated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ...instances.arrays import BoolArray, FloatArray
    from .places import Places, Positions


@dataclass(eq=False)
class State:
    """Where every task is, and what that uses of every place.

    Examples
    --------
    >>> from allocare.instances.assignment import AssignmentProblem
    >>> from allocare.instances.lanes import Lanes
    >>> from allocare.solvers.search.places import Places
    >>> places = Places.of(AssignmentProblem(
    ...     agents=["a", "b"], tasks=["s", "t"], pairs=Lanes.from_matrix([[1, 4], [2, 3]])))
    >>> state = State(places, np.array([1, 0]))
    >>> state.move([(0, 0), (1, 1)])
    >>> state.place.tolist(), state.load.tolist(), state.over
    ([0, 1], [1.0, 1.0, 0.0], False)
    """

    places: Places
    place: Positions

    def __post_init__(self) -> None:
        self.place = self.place.copy()
        self.load = self.places.loads(self.place)

    @property
    def over(self) -> bool:
        """Whether a place is overloaded."""
        return bool((self.load > self.places.capacity).any())

    def move(self, change: list[tuple[int, int]]) -> None:
        """Move tasks, given as (task, new place)."""
        use = self.places.use
        for task, place in change:
            old = self.place[task]
            self.load[old] -= use[old, task]
            self.load[place] += use[place, task]
            self.place[task] = place


def best_move(
    state: State, cost: FloatArray, penalty: FloatArray, closed: BoolArray, others: Positions
) -> tuple[float, list[tuple[int, int]]]:
    """Change of the penalised cost by the best move, and the move as (task, new place).

    Parameters
    ----------
    state
        Where the tasks are.
    cost
        Cost of each task at each place, as this search sees it.
    penalty
        Price of a unit of overload of each place.
    closed
        Places where a task may not go now.
    others
        Tasks to swap with or to eject; all, or a sample of them.

    Examples
    --------
    >>> from allocare.instances.assignment import AssignmentProblem
    >>> from allocare.instances.lanes import Lanes
    >>> from allocare.solvers.search.places import Places
    >>> places = Places.of(AssignmentProblem(
    ...     agents=["a", "b"], tasks=["s", "t"], pairs=Lanes.from_matrix([[1, 4], [2, 3]])))
    >>> state = State(places, np.array([1, 0]))
    >>> best_move(state, places.cost, np.full(3, 9.0), np.zeros((3, 2), dtype=bool), np.arange(2))
    (-2.0, [(0, 0), (1, 1)])
    """
    places, place, tasks = state.places, state.place, state.places.tasks
    n_tasks = len(tasks)
    here, used = cost[place, tasks], places.use[place, tasks]
    slack = places.capacity - state.load
    overload = np.maximum(-slack, 0.0)
    relief = penalty[place] * (np.maximum(-(slack[place] + used), 0.0) - overload[place])

    arriving = np.maximum(places.use - slack[:, None], 0.0)
    arriving -= overload[:, None]
    arriving *= penalty[:, None]
    arriving += cost
    arriving[closed] = np.inf
    arriving[place, tasks] = np.inf
    shift = arriving + (relief - here)
    flat = int(shift.argmin())
    best, change = float(shift.flat[flat]), [(flat % n_tasks, flat // n_tasks)]

    held = place[others]
    replace = _replacing(state, cost, penalty, others, held, here, used, overload)
    replace[closed[held]] = np.inf
    replace[held[:, None] == place] = np.inf
    if len(others) == n_tasks:
        swap = replace + replace.T
    else:
        swap = replace + _replaced(state, cost, penalty, closed, others, here, used, overload)
    flat = int(swap.argmin())
    if swap.flat[flat] < best:
        first, second = int(others[flat // n_tasks]), flat % n_tasks
        best = float(swap.flat[flat])
        change = [(first, int(place[second])), (second, int(place[first]))]

    onward = arriving.argmin(axis=0)
    moved_on = arriving[onward, tasks] - here
    replace += moved_on[others][:, None]
    replace += relief
    flat = int(replace.argmin())
    if replace.flat[flat] < best - 1e-9 * abs(best):
        ejected, entering = int(others[flat // n_tasks]), flat % n_tasks
        best = float(replace.flat[flat])
        change = [(entering, int(place[ejected])), (ejected, int(onward[ejected]))]
    return best, change


def _replacing(
    state: State,
    cost: FloatArray,
    penalty: FloatArray,
    others: Positions,
    held: Positions,
    here: FloatArray,
    used: FloatArray,
    overload: FloatArray,
) -> FloatArray:
    """H[k, j]: change when any task j takes the place of task k of the others, for j and that place."""
    places = state.places
    change: FloatArray = places.use[held]
    change += (state.load[held] - used[others] - places.capacity[held])[:, None]
    np.maximum(change, 0.0, out=change)
    change *= penalty[held][:, None]
    change += cost[held]
    change -= here
    change -= (penalty * overload)[held][:, None]
    return change


def _replaced(
    state: State,
    cost: FloatArray,
    penalty: FloatArray,
    closed: BoolArray,
    others: Positions,
    here: FloatArray,
    used: FloatArray,
    overload: FloatArray,
) -> FloatArray:
    """H[j, k], transposed: change when task k of the others takes the place of any task j."""
    places, place = state.places, state.place
    change = places.use[:, others].T[:, place]
    change += state.load[place] - used - places.capacity[place]
    np.maximum(change, 0.0, out=change)
    change *= penalty[place]
    change += cost[:, others].T[:, place]
    change -= here[others][:, None]
    change -= (penalty * overload)[place]
    change[closed[:, others].T[:, place]] = np.inf
    return change
