r"""Small range of the utilities, then the greatest total; under an efficiency floor.

.. math:: \min\; t - w \;\text{ s.t. }\; w \le u_i \le t \;\forall i \quad\text{(worst_off, best_off)}

It takes no weight: more for the best-off alone widens the range by as much, and raises the mean only by its
share of all people, so that only weights below the smallest agent's share would be safe.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from .criterion import Criterion
from .maximin import worst_off
from .mean_dispersion import least_dispersion

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray
    from ..statement import Goal, Statement


@dataclass(frozen=True)
class MinRange(Criterion):
    """Small distance between the best-off and the worst-off, then the greatest total.

    Examples
    --------
    >>> MinRange().value(np.array([1.0, 3.0]), np.ones(2))
    2.0
    """

    name = "min-range"
    title = "smallest range, then the greatest total"
    even_is_best = "at-one-total"
    maximise = False
    levels_down = True

    def value(self, utility: FloatArray, size: FloatArray) -> float:
        """Best-off less worst-off."""
        return float(np.ptp(utility))

    def stages(self, utility: FloatArray, size: FloatArray) -> tuple[float, ...]:
        """Range, then total."""
        return self.value(utility, size), float(size @ utility)

    def state(self, statement: Statement) -> Goal:
        """A column below every utility and one above."""
        count = len(statement.agents)
        worst, best = worst_off(statement), statement.columns("best", 1)
        statement.rows(
            "best_off",
            [(best, sp.csr_array(np.ones((count, 1)))), (statement.utility, -sp.eye_array(count))],
            lower=0.0,
            keys=statement.agents.keys,
        )
        return least_dispersion(statement, [(best, 1.0), (worst, -1.0)])
