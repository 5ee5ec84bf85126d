r"""Small Gini mean difference: the mean difference between two people.

.. math:: D = \sum_i \sum_j \pi_i \pi_j |u_i - u_j|

as `models.pair_differences` states it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..pair_differences import add_pairs
from .mean_dispersion import MeanDispersion

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray
    from ..statement import Statement, Terms


@dataclass(frozen=True)
class MinGini(MeanDispersion):
    """Small Gini mean difference, or the mean less its weighted half.

    The Gini coefficient is this difference over twice the mean; as a ratio it is no linear objective.

    Examples
    --------
    >>> MinGini().value(np.array([1.0, 3.0]), np.ones(2))
    1.0
    >>> MinGini(weight=1).value(np.array([1.0, 3.0]), np.ones(2))
    1.5
    """

    name = "min-gini"
    title = "smallest mean difference between two people"
    even_is_best = "at-one-total"

    def dispersion(self, utility: FloatArray, size: FloatArray) -> float:
        """By ranks, which is the same as by pairs."""
        order = np.argsort(utility)
        share = size[order] / size.sum()
        rank = np.cumsum(share) - share / 2
        return float(2 * (share * (2 * rank - 1)) @ utility[order])

    def dispersion_terms(self, statement: Statement) -> Terms:
        """A column and a row for each two agents."""
        ahead, weight, own = add_pairs(statement, "mean_difference", self.name, "min-mad")
        return [(ahead, weight), (statement.utility, own)]
