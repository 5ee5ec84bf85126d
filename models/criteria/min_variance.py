r"""Small variance of the utilities, then the greatest total; under an efficiency floor.

.. math:: \min \sum_i \pi_i v_i^2 \;\text{ s.t. }\; v_i = u_i - \mu \quad\text{(deviation_of)},\quad
          \mu = \sum_i \pi_i u_i \quad\text{(mean_utility)}

Where decisions are whole, the total is the greatest among the plans with these same deviations; others of the
same variance are not searched.

It takes no weight: a variance grows with the square of the differences, so that no weight keeps the mean less
the variance from preferring less for somebody and no more for the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from .criterion import Criterion
from .mean_dispersion import least_dispersion

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray
    from ..matrix import Block
    from ..statement import Goal, Statement


@dataclass(frozen=True)
class MinVariance(Criterion):
    """Small variance over all people, then the greatest total.

    Examples
    --------
    >>> MinVariance().value(np.array([1.0, 3.0]), np.ones(2))
    1.0
    """

    name = "min-variance"
    title = "smallest variance, then the greatest total"
    even_is_best = "at-one-total"
    maximise = False
    levels_down = True

    @property
    def settles_utilities(self) -> bool:
        """Strictly better the more even."""
        return True

    def value(self, utility: FloatArray, size: FloatArray) -> float:
        """Population variance."""
        share = size / size.sum()
        return float(share @ (utility - share @ utility) ** 2)

    def value_scale(self, utility: FloatArray, size: FloatArray) -> float:
        """Mean square."""
        return float(size @ utility**2 / size.sum())

    def stages(self, utility: FloatArray, size: FloatArray) -> tuple[float, ...]:
        """Variance, then total."""
        return self.value(utility, size), float(size @ utility)

    def steps(self, before: FloatArray, after: FloatArray, size: FloatArray) -> tuple[FloatArray, ...] | None:
        """At one total the sum of squares decides; every step must add the same to the total."""
        gain = size * (after - before)
        even = np.ptp(gain) <= 1e-9 * gain.max(initial=0.0) if len(gain) else True
        return (size * (before**2 - after**2),) if even else None

    def state(self, statement: Statement) -> Goal:
        """Deviations from the mean, squared in the objective."""
        agents, count = statement.agents, len(statement.agents)
        mean = add_mean(statement)
        deviation = statement.columns("deviation", count, keys=agents.keys)
        each = sp.eye_array(count, format="csr")
        statement.rows(
            "deviation_of",
            [(statement.utility, each), (mean, sp.csr_array(-np.ones((count, 1)))), (deviation, -each)],
            lower=0.0,
            upper=0.0,
            keys=agents.keys,
        )
        return least_dispersion(statement, [], [(deviation, agents.share)])


def add_mean(statement: Statement) -> Block:
    """Add a column that is the mean utility of all people.

    Examples
    --------
    >>> import allocare
    >>> from allocare.models.statement import Statement
    >>> from allocare.models.utilities import utilities_of
    >>> problem = allocare.example("sunray")
    >>> statement = Statement.over(problem, allocare.matrix_form(problem), utilities_of(problem))
    >>> add_mean(statement).name
    'mean'
    """
    mean = statement.columns("mean", 1)
    statement.rows(
        "mean_utility",
        [statement.weighted(statement.agents.share), (mean, sp.csr_array([[-1.0]]))],
        lower=0.0,
        upper=0.0,
    )
    return mean
