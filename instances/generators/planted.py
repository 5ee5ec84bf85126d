"""The record of a problem whose optimum was planted, with the certificate that proves it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from ..assignment import AssignmentProblem
from ..transportation import TransportationProblem

if TYPE_CHECKING:
    from ..arrays import FloatArray

PlantedProblem = TypeVar("PlantedProblem", TransportationProblem, AssignmentProblem)


@dataclass(frozen=True, eq=False)
class Planted(Generic[PlantedProblem]):
    """A problem with its unique optimal plan and the potentials that prove it optimal.

    A lane's reduced cost is its cost less both potentials. It is zero on lanes that the plan uses below
    capacity, negative on lanes that it uses up to capacity, and positive on lanes that it leaves empty.

    Parameters
    ----------
    problem
        The problem.
    optimum
        Its least cost, unmet demand included where that is priced.
    decisions
        The plan, in the order of the problem's lanes or pairs.
    row_potential
        Of each source or agent: 0 where something is left over, never positive.
    column_potential
        Of each target or task: the price of unmet demand where some is left, never above it.
    """

    problem: PlantedProblem
    optimum: float
    decisions: FloatArray
    row_potential: FloatArray
    column_potential: FloatArray

    @property
    def reduced_cost(self) -> FloatArray:
        """Cost less both potentials, in the order of the problem's lanes or pairs."""
        lanes = self.problem.pairs if isinstance(self.problem, AssignmentProblem) else self.problem.lanes
        return lanes.cost - self.row_potential[lanes.source] - self.column_potential[lanes.target]
