r"""Kolm-Pollak: the greatest equally distributed equivalent under constant absolute inequality aversion.

.. math:: \max\; -\frac{1}{\kappa} \ln \sum_i \pi_i e^{-\kappa u_i},\qquad \pi_i = n_i / N

It takes utilities of either sign, so burdens too: the same added to everybody adds as much to the equivalent.
It is maximised as :math:`\sum_i n_i (1 - e^{-\kappa (u_i - c)}) / \kappa`, which orders plans alike, with c
near the best that the worst-off can have, where the exponentials keep their digits.

References
----------
S.-C. Kolm, "Unequal inequalities", Journal of Economic Theory 12 (1976), 416-442; R. A. Pollak, "Additive
utility functions and linear Engel curves", Review of Economic Studies 38 (1971), 401-414; G. Sheriff,
K. Maguire, "Health risk, inequality indexes, and environmental justice", Risk Analysis 40 (2020), 2661-2674.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from ..curves import Curve, Equivalent, concave
from ..named_rules import number
from ..references import best_least
from ..single_options import goal_of_options
from ..statement import Goal
from .criterion import Criterion

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray
    from ..statement import Statement

MILD = 3.0
"""Largest product of kappa and the range of utilities for which any base keeps the digits."""


@dataclass(frozen=True)
class KolmPollak(Criterion):
    r"""The greatest Kolm-Pollak equivalent, :math:`-\frac{1}{\kappa} \ln \sum_i \pi_i e^{-\kappa u_i}`.

    Parameters
    ----------
    kappa
        Inequality aversion per unit of utility, above 0: near 0 the mean counts, with growth the worst-off.

    Examples
    --------
    >>> import numpy as np
    >>> round(KolmPollak(0.5).value(np.array([-3.0, -1.0]), np.ones(2)), 6)
    -2.240229
    """

    name = "kolm-pollak"
    title = "greatest equivalent utility at constant absolute inequality aversion"
    curved = True
    even_is_best = "always"

    kappa: float

    def __post_init__(self) -> None:
        number(self.kappa, "kappa", above=0)

    @property
    def settles_utilities(self) -> bool:
        """Strictly better the more even."""
        return True

    def value(self, utility: FloatArray, size: FloatArray) -> float:
        """Equally distributed equivalent."""
        from scipy.special import logsumexp

        kappa = float(self.kappa)
        return -float(logsumexp(-kappa * utility, b=size / size.sum())) / kappa

    def steps(self, before: FloatArray, after: FloatArray, size: FloatArray) -> tuple[FloatArray, ...]:
        """Logarithm of each step's gain, which keeps its digits."""
        kappa = float(self.kappa)
        return (np.log(size) - kappa * before + np.log(-np.expm1(-kappa * (after - before))),)

    def state(self, statement: Statement) -> Goal:
        """One concave term an agent; linear terms where each takes one option."""
        agents, kappa = statement.agents, float(self.kappa)
        base = self._base(statement)
        told = Equivalent(kappa, float(agents.size.sum()), base)
        if statement.utilities.single:
            goal = goal_of_options(
                statement, lambda u: concave("exponential", kappa, u), statement.utilities.constant - base
            )
            return Goal(goal.terms, offset=goal.offset, equivalent=told)
        block = statement.utility
        if base:
            block = statement.columns("above_base", len(agents), keys=agents.keys)
            each = sp.eye_array(len(agents))
            statement.rows(
                "above_base_of",
                [(statement.utility, each), (block, -each)],
                lower=base,
                upper=base,
                keys=agents.keys,
            )
        columns = np.arange(block.start, block.stop, dtype=np.int32)
        curve = Curve(columns, agents.size, "exponential", kappa, origin=base)
        return Goal([], curves=(curve,), equivalent=told)

    def _base(self, statement: Statement) -> float:
        """Level near the equivalent of the best plan, 0 where no plan's utilities are far from it."""
        utilities, kappa = statement.utilities, float(self.kappa)
        lowest, highest = float(utilities.lowest.min()), float(utilities.highest.max())
        if kappa * max(abs(lowest), abs(highest)) <= MILD:
            return 0.0
        return best_least(statement.problem)
