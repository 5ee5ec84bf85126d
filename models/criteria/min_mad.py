r"""Small mean absolute deviation from the mean.

.. math:: D = \sum_i \pi_i |u_i - \mu| = 2 \sum_i \pi_i s_i
          \;\text{ with }\; s_i \ge \mu - u_i,\; s_i \ge 0 \quad\text{(below_mean)},\quad
          \mu = \sum_i \pi_i u_i \quad\text{(mean_utility)}
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from .mean_dispersion import MeanDispersion
from .min_variance import add_mean

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray
    from ..statement import Statement, Terms


@dataclass(frozen=True)
class MinMAD(MeanDispersion):
    """Small mean absolute deviation, or the mean less its weighted half (the mean shortfall from the mean).

    Examples
    --------
    >>> MinMAD().value(np.array([1.0, 3.0]), np.ones(2))
    1.0
    >>> MinMAD(weight=1).value(np.array([1.0, 3.0]), np.ones(2))
    1.5
    """

    name = "min-mad"
    title = "smallest mean deviation from the mean"
    even_is_best = "at-one-total"

    def dispersion(self, utility: FloatArray, size: FloatArray) -> float:
        """Mean of the absolute deviations."""
        share = size / size.sum()
        return float(share @ abs(utility - share @ utility))

    def dispersion_terms(self, statement: Statement) -> Terms:
        """A column and a row an agent: how far it is below the mean."""
        agents, count = statement.agents, len(statement.agents)
        mean = add_mean(statement)
        short = statement.columns("below_mean", count, lower=0.0, keys=agents.keys)
        each = sp.eye_array(count, format="csr")
        statement.rows(
            "below_mean_of",
            [(short, each), (statement.utility, each), (mean, sp.csr_array(-np.ones((count, 1))))],
            lower=0.0,
            keys=agents.keys,
        )
        return [(short, 2 * agents.share)]
