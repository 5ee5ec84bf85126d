r"""The mean of the worst-off share of people (conditional value at risk), then the greatest total.

.. math:: \max\; t - \frac{1}{\beta} \sum_i \pi_i d_i \;\text{ s.t. }\; t - d_i \le u_i,\; d_i \ge 0,
          \quad\text{then}\quad \max \sum_i n_i u_i

References
----------
Rockafellar, R. T., & Uryasev, S. (2000). Optimization of conditional value-at-risk. *Journal of Risk* 2,
21-41; Ogryczak, W., & Zawadzki, M. (2002). Conditional median: a parametric solution concept for location
problems. *Annals of Operations Research* 110, 167-181.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..named_rules import keep_number
from ..statement import Goal
from .criterion import Criterion
from .sorted_levels import absolute_lorenz, add_levels

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray
    from ..statement import Statement, Terms


@dataclass(frozen=True)
class CVaRShare(Criterion):
    """The mean of the worst-off share of all people, then the greatest total.

    Parameters
    ----------
    beta
        The share, above 0 and at most 1: near 0 it is the worst-off alone, at 1 the mean.

    Examples
    --------
    >>> import numpy as np
    >>> CVaRShare(0.5).value(np.array([4.0, 1.0, 3.0]), np.array([1.0, 1.0, 2.0]))
    2.0
    """

    name = "cvar-share"
    title = "best mean for the worst-off share of people, then the greatest total"
    even_is_best = "always"

    beta: float

    def __post_init__(self) -> None:
        keep_number(self, "beta", above=0, highest=1)

    def value(self, utility: FloatArray, size: FloatArray) -> float:
        """Absolute Lorenz curve at the share, divided by it."""
        return float(absolute_lorenz(utility, size, self.beta)) / self.beta

    def stages(self, utility: FloatArray, size: FloatArray) -> tuple[float, ...]:
        """Mean of the share, then total."""
        return self.value(utility, size), float(size @ utility)

    def state(self, statement: Statement) -> Goal:
        """One level, and how far each agent is below it."""
        levels = add_levels(statement, 1, "share_level")
        mean: Terms = [(levels.level, 1.0), (levels.below, -statement.agents.share / self.beta)]
        total: Terms = [(statement.utility, statement.agents.size)]
        return Goal(mean, stages=(mean, total))
