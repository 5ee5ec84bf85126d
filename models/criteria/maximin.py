r"""The best for the worst-off, then the greatest total.

.. math:: \max z \;\text{ s.t. }\; z \le u_i \;\forall i \quad\text{(worst\_off)},
          \quad\text{then}\quad \max \sum_i n_i u_i
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from ..statement import Goal
from .criterion import Criterion

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray
    from ..matrix import Block
    from ..statement import Statement, Terms


@dataclass(frozen=True)
class Maximin(Criterion):
    r"""The best for the worst-off (Rawls), then the greatest total.

    Alone, :math:`\max \min_i u_i` is only weakly efficient: it may leave everybody but the worst-off with
    less than there is. The second stage takes what is left.

    Examples
    --------
    >>> import numpy as np
    >>> Maximin().value(np.array([1.0, 3.0]), np.ones(2)), Maximin().stages(np.array([1.0, 3.0]), np.ones(2))
    (1.0, (1.0, 4.0))
    """

    name = "maximin"
    title = "best for the worst-off, then the greatest total"
    even_is_best = "always"

    def value(self, utility: FloatArray, size: FloatArray) -> float:
        """Utility of the worst-off."""
        return float(utility.min())

    def stages(self, utility: FloatArray, size: FloatArray) -> tuple[float, ...]:
        """Worst-off, then total."""
        return float(utility.min()), float(size @ utility)

    def steps(self, before: FloatArray, after: FloatArray, size: FloatArray) -> tuple[FloatArray, ...] | None:
        """From the lowest level first, of two the step that leads higher; so the rest is leximin too.

        That has the greatest total where every step adds the same to it, and only there.
        """
        gain = size * (after - before)
        even = np.ptp(gain) <= 1e-9 * gain.max(initial=0.0) if len(gain) else True
        return (-before, after) if even else None

    def state(self, statement: Statement) -> Goal:
        """One column below every utility."""
        lowest: Terms = [(worst_off(statement), 1.0)]
        total: Terms = [(statement.utility, statement.agents.size)]
        return Goal(lowest, stages=(lowest, total))


def worst_off(statement: Statement) -> Block:
    """Add a column that is at most every utility.

    Examples
    --------
    >>> import allocare
    >>> from allocare.models.statement import Statement
    >>> from allocare.models.utilities import utilities_of
    >>> problem = allocare.example("sunray")
    >>> statement = Statement.over(problem, allocare.matrix_form(problem), utilities_of(problem))
    >>> worst_off(statement).name
    'worst'
    """
    count = len(statement.agents)
    worst = statement.columns("worst", 1)
    statement.rows(
        "worst_off",
        [(statement.utility, sp.eye_array(count)), (worst, sp.csr_array(-np.ones((count, 1))))],
        lower=0.0,
        keys=statement.agents.keys,
    )
    return worst
