r"""The total, but what is more than a threshold above the worst-off counts nothing.

.. math:: \max \sum_i n_i \min(u_i, u_{\min} + \Delta) = \max \sum_i n_i v_i
          \;\text{ s.t. }\; v_i \le u_i,\; v_i \le w + \Delta,\; w \le u_i,
          \quad\text{then}\quad \max \sum_i n_i u_i

References
----------
Chen, V. X., & Hooker, J. N. (2023). A guide to formulating fairness in an optimization model. *Annals of
Operations Research* 326, 581-619.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from ..named_rules import keep_number
from ..statement import Goal
from .criterion import Criterion
from .maximin import worst_off

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray
    from ..statement import Statement, Terms


@dataclass(frozen=True)
class EquityThreshold(Criterion):
    r"""The total of what is no more than a threshold above the worst-off, then the greatest total.

    At 0 it is the best for the worst-off; from the largest possible range on, the greatest total.

    Parameters
    ----------
    delta
        :math:`\Delta`, 0 or more, in the utility's unit.

    Examples
    --------
    >>> EquityThreshold(2.0).value(np.array([1.0, 9.0, 2.0]), np.array([1.0, 1.0, 2.0]))
    8.0
    """

    name = "equity-threshold"
    title = "greatest total of what is within a threshold of the worst-off, then of all"
    even_is_best = "always"
    sums = True

    delta: float

    def __post_init__(self) -> None:
        keep_number(self, "delta", lowest=0)

    def value(self, utility: FloatArray, size: FloatArray) -> float:
        """Total with everybody cut to the threshold above the worst-off."""
        return float(size @ np.minimum(utility, utility.min() + self.delta))

    def stages(self, utility: FloatArray, size: FloatArray) -> tuple[float, ...]:
        """Value, then total."""
        return self.value(utility, size), float(size @ utility)

    def state(self, statement: Statement) -> Goal:
        """A column below each utility and below the threshold above the worst-off."""
        agents, count = statement.agents, len(statement.agents)
        each = sp.eye_array(count, format="csr")
        worst = worst_off(statement)
        counted = statement.columns("counted", count, keys=agents.keys)
        statement.rows(
            "counted_at_most", [(counted, each), (statement.utility, -each)], upper=0.0, keys=agents.keys
        )
        statement.rows(
            "within_threshold",
            [(counted, each), (worst, sp.csr_array(-np.ones((count, 1))))],
            upper=self.delta,
            keys=agents.keys,
        )
        value: Terms = [(counted, agents.size)]
        total: Terms = [(statement.utility, agents.size)]
        return Goal(value, stages=(value, total))
