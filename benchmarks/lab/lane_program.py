"""The linear program that every peer can be given: lanes between sources that hold and targets that ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...instances.assignment import AssignmentProblem
from ...instances.transportation import TransportationProblem

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray
    from ...instances.problem import Problem


@dataclass(frozen=True, eq=False)
class LaneProgram:
    r"""The program of a problem's lanes.

    .. math:: \min \sum_l c_l x_l \quad\text{s.t.}\quad \sum_{l \text{ from } i} a_l x_l \le b_i,\quad
              \sum_{l \text{ to } j} x_l = d_j,\quad 0 \le x_l \le u_l

    Parameters
    ----------
    cost, use, upper
        :math:`c, a, u` of each lane.
    source, target
        Positions of each lane's ends.
    capacity, demand
        :math:`b` of each source, :math:`d` of each target.
    whole
        Whether the lanes' quantities must be asked to be whole; network data make them so unasked.
    """

    cost: FloatArray
    use: FloatArray
    upper: FloatArray
    source: Any
    target: Any
    capacity: FloatArray
    demand: FloatArray
    whole: bool

    @property
    def network(self) -> bool:
        """Whether it is a flow problem: every unit takes one of its source."""
        return bool((self.use == 1).all())

    @property
    def integral(self) -> bool:
        """Whether all its data are whole numbers."""
        parts = (self.cost, self.use, self.upper, self.capacity, self.demand)
        return all(bool((part == np.floor(part)).all()) for part in parts)

    @property
    def matching(self) -> bool:
        """Whether it is a one-to-one assignment."""
        return self.network and bool((self.capacity == 1).all() and (self.demand == 1).all())


def misfit(problem: Problem) -> str | None:
    """Say why a problem is no such program, or None.

    Examples
    --------
    >>> import allocare
    >>> misfit(allocare.example("sunray")), misfit(allocare.example("article-maximum"))
    (None, 'peers are given minimisation alone')
    """
    if problem.asks_fairness:
        return "peers are given no criterion and no policies"
    if problem.maximise:
        return "peers are given minimisation alone"
    if isinstance(problem, TransportationProblem):
        plain = problem.supply_rule == "at-most" and problem.demand_rule == "exactly"
        extra = problem.unmet_cost is not None or problem.total is not None
        return None if plain and not extra else "peers are given supplies at most and demands exactly"
    if isinstance(problem, AssignmentProblem):
        plain = problem.task_rule == "exactly-once" and problem.priority is None
        return None if plain and problem.left_out_cost is None else "peers are given tasks exactly once"
    return f"peers are not given {problem.kind} problems"


def lane_program(problem: Problem) -> LaneProgram:
    """State the program of a problem that is no misfit.

    Examples
    --------
    >>> import allocare
    >>> program = lane_program(allocare.example("gap-c515-1-min"))
    >>> program.whole, program.matching, len(program.cost)
    (True, False, 75)
    """
    if isinstance(problem, AssignmentProblem):
        pairs = problem.pairs
        ones = np.ones(len(pairs))
        use = ones if problem.use is None else np.asarray(problem.use, dtype=np.float64)
        capacity = np.broadcast_to(np.asarray(problem.capacity, dtype=np.float64), len(problem.agents))
        return LaneProgram(
            pairs.cost,
            use,
            ones,
            pairs.source,
            pairs.target,
            capacity,
            np.ones(len(problem.tasks)),
            whole=bool((use != 1).any()),
        )
    assert isinstance(problem, TransportationProblem)
    assert problem.supply is not None and problem.demand is not None
    lanes = problem.lanes
    upper = np.minimum(problem.supply[lanes.source], problem.demand[lanes.target])
    if lanes.capacity is not None:
        upper = np.minimum(upper, lanes.capacity)
    return LaneProgram(
        lanes.cost,
        np.ones(len(lanes)),
        upper,
        lanes.source,
        lanes.target,
        problem.supply,
        problem.demand,
        whole=False,
    )
