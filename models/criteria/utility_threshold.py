r"""The best for the worst-off until others would give up too much for it, then the total (Hooker-Williams).

.. math:: W = (N - 1)\Delta + N u_{\min} + \sum_i n_i (u_i - u_{\min} - \Delta)^+, \quad N = \sum_i n_i

.. math::
    \max\; (N - 1)\Delta + \sum_i n_i v_i \quad\text{s.t.}\quad
    u_i - \Delta &\le v_i \le u_i - \Delta \delta_i && \text{(threshold_above, threshold_below)} \\
    w &\le v_i \le w + (M_i - \Delta)^+ \delta_i && \text{(worst_at_most, worst_at_least)} \\
    \delta_i &\in \{0, 1\}

then :math:`\max \sum_i n_i u_i`, where
    - :math:`\delta_i = 1` says that i is more than the threshold above the worst-off, whose utility is w
    - :math:`M_i` is the most that i can be above the worst-off in any plan

References
----------
Hooker, J. N., & Williams, H. P. (2012). Combining equity and utilitarianism in a mathematical programming
model. *Management Science* 58, 1682-1693.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from ...instances.errors import InputError
from ..formulations import family_form
from ..named_rules import keep_number
from ..references import best_value
from ..statement import Goal
from .criterion import Criterion

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray
    from ..statement import Statement, Terms


@dataclass(frozen=True)
class UtilityThreshold(Criterion):
    r"""The best for the worst-off while all are within a threshold of it, else the total; then the total.

    At 0 it is the greatest total; from the largest possible range on, the best for the worst-off.

    Parameters
    ----------
    delta
        :math:`\Delta`, 0 or more, in the utility's unit.

    Examples
    --------
    >>> UtilityThreshold(2.0).value(np.array([1.0, 2.0, 9.0]), np.array([1.0, 1.0, 2.0]))
    22.0
    """

    name = "utility-threshold"
    title = "best for the worst-off within a threshold, beyond it the greatest total"
    sums = True

    delta: float

    def __post_init__(self) -> None:
        keep_number(self, "delta", lowest=0)

    def value(self, utility: FloatArray, size: FloatArray) -> float:
        """By the formula."""
        people, worst = float(size.sum()), float(utility.min())
        beyond = np.maximum(utility - worst - self.delta, 0.0)
        return (people - 1) * self.delta + people * worst + float(size @ beyond)

    def value_scale(self, utility: FloatArray, size: FloatArray) -> float:
        """Total of utilities and thresholds."""
        return float(size @ (abs(utility) + self.delta))

    def stages(self, utility: FloatArray, size: FloatArray) -> tuple[float, ...]:
        """Value, then total."""
        return self.value(utility, size), float(size @ utility)

    def state(self, statement: Statement) -> Goal:
        """A yes/no column an agent: whether it is beyond the threshold."""
        agents, count, keys = statement.agents, len(statement.agents), statement.agents.keys
        each = sp.eye_array(count, format="csr")
        ones = sp.csr_array(np.ones((count, 1)))
        room = np.maximum(_most_above(statement) - self.delta, 0.0)
        worst = statement.columns("worst", 1)
        counted = statement.columns("counted", count, keys=keys)
        beyond = statement.columns("beyond", count, lower=0.0, upper=1.0, whole=True, keys=keys)
        utility = statement.utility
        statement.rows("threshold_above", [(counted, each), (utility, -each)], lower=-self.delta, keys=keys)
        statement.rows(
            "threshold_below",
            [(counted, each), (utility, -each), (beyond, self.delta * each)],
            upper=0.0,
            keys=keys,
        )
        statement.rows("worst_at_most", [(counted, each), (worst, -ones)], lower=0.0, keys=keys)
        statement.rows(
            "worst_at_least",
            [(counted, each), (worst, -ones), (beyond, -sp.diags_array(room, format="csr"))],
            upper=0.0,
            keys=keys,
        )
        value: Terms = [(counted, agents.size)]
        total: Terms = [(statement.utility, agents.size)]
        return Goal(value, offset=(agents.size.sum() - 1) * self.delta, stages=(value, total))


def _most_above(statement: Statement) -> FloatArray:
    """The most that each agent can be above the worst-off."""
    utilities = statement.utilities
    lowest = _finite(statement, utilities.lowest, maximise=False)
    highest = _finite(statement, utilities.highest, maximise=True)
    return np.asarray(highest - lowest.min())


def _finite(statement: Statement, limit: FloatArray, *, maximise: bool) -> FloatArray:
    """Limits of the utilities, those that are not known being solved for."""
    unknown = np.flatnonzero(np.isinf(limit))
    if not len(unknown):
        return limit
    utilities, form = statement.utilities, family_form(statement.problem)
    found = limit.copy()
    for at in unknown.tolist():
        try:
            best = best_value(form, utilities.matrix[[at]].toarray().ravel(), maximise=maximise)
        except InputError as error:
            raise InputError(
                f"the utility of {utilities.agents.keys[at]!r} has no bound, and utility-threshold needs "
                "one; bound its decisions, or choose equity-threshold"
            ) from error
        found[at] = best + utilities.constant[at]
    return found
