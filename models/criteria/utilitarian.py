r"""The greatest total: :math:`\max \sum_i n_i u_i`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..statement import Goal
from .criterion import Criterion

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray
    from ..statement import Statement


@dataclass(frozen=True)
class Utilitarian(Criterion):
    r"""The greatest total, :math:`\max \sum_i n_i u_i`, whoever gets it.

    Examples
    --------
    >>> import numpy as np
    >>> Utilitarian().value(np.array([1.0, 3.0]), np.array([10.0, 1.0]))
    13.0
    """

    name = "utilitarian"
    title = "greatest total"
    sums = True
    even_is_best = "always"

    def value(self, utility: FloatArray, size: FloatArray) -> float:
        """Total over all people."""
        return float(size @ utility)

    def steps(self, before: FloatArray, after: FloatArray, size: FloatArray) -> tuple[FloatArray, ...]:
        """Every unit that reaches somebody counts by its gain."""
        return (size * (after - before),)

    def state(self, statement: Statement) -> Goal:
        """Sum the utilities."""
        return Goal([(statement.utility, statement.agents.size)])
