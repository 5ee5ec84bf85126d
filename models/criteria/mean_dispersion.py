r"""Small dispersion, alone under an efficiency floor or taken off the mean by a bounded weight.

.. math:: \min D(u), \text{ then } \max \sum_i n_i u_i, \qquad\text{or}\qquad
          \max\; \mu - \tfrac{\lambda}{2} D(u),\; 0 < \lambda \le 1

with the mean :math:`\mu = \sum_i \pi_i u_i` and D the Gini mean difference or the mean absolute deviation.
Alone, D is small where everybody has nothing, so it comes with the policy efficiency-floor. Up to a weight of
1 the second form never prefers less for somebody and no more for the others, since half of D grows by at most
as much as the mean does; beyond 1 it can.

References
----------
Ogryczak, W. (2000). Inequality measures and equitable approaches to location problems. *European Journal of
Operational Research* 122, 374-391.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..named_rules import keep_number
from ..statement import Goal
from .criterion import Criterion

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray
    from ..statement import Statement, Terms


@dataclass(frozen=True)
class MeanDispersion(Criterion):
    r"""What the two have in common.

    Parameters
    ----------
    weight
        :math:`\lambda`, above 0 and at most 1; None asks for small dispersion alone.
    """

    weight: float | None = None

    def __post_init__(self) -> None:
        if self.weight is not None:
            keep_number(self, "weight", above=0, highest=1)

    @property
    def maximise(self) -> bool:
        """Only as part of a mean."""
        return self.weight is not None

    @property
    def levels_down(self) -> bool:
        """Without a weight."""
        return self.weight is None

    @property
    def bounded_by_weight(self) -> bool:
        """Always."""
        return True

    @abstractmethod
    def dispersion(self, utility: FloatArray, size: FloatArray) -> float:
        """D, by its definition."""

    @abstractmethod
    def dispersion_terms(self, statement: Statement) -> Terms:
        """D, as columns, rows and terms to be made small."""

    def value(self, utility: FloatArray, size: FloatArray) -> float:
        """D, or the mean less its weighted half."""
        dispersion = self.dispersion(utility, size)
        if self.weight is None:
            return dispersion
        return float(size @ utility / size.sum()) - self.weight * dispersion / 2

    def stages(self, utility: FloatArray, size: FloatArray) -> tuple[float, ...]:
        """D, then total, without a weight."""
        if self.weight is not None:
            return ()
        return self.dispersion(utility, size), float(size @ utility)

    def state(self, statement: Statement) -> Goal:
        """As in the two forms above."""
        agents = statement.agents
        dispersion = self.dispersion_terms(statement)
        if self.weight is None:
            return least_dispersion(statement, dispersion)
        half = [(block, -self.weight / 2 * np.asarray(part)) for block, part in dispersion]
        return Goal([(statement.utility, agents.share), *half])


def least_dispersion(statement: Statement, dispersion: Terms, quadratic: Terms | None = None) -> Goal:
    """Goal of small dispersion, then the greatest total.

    Examples
    --------
    >>> import allocare
    >>> from allocare.models.statement import Statement
    >>> from allocare.models.utilities import utilities_of
    >>> problem = allocare.example("sunray")
    >>> statement = Statement.over(problem, allocare.matrix_form(problem), utilities_of(problem))
    >>> least_dispersion(statement, []).maximise
    False
    """
    total: Terms = [(statement.utility, -statement.agents.size)]
    return Goal(
        dispersion,
        maximise=False,
        quadratic=quadratic or [],
        stages=(dispersion, total),
    )
