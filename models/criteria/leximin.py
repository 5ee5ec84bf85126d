r"""Leximin: the best for the worst-off, then for the second worst-off, and so on.

.. math:: \operatorname{lex\,max}\; (u_{\langle 1 \rangle}, \dots, u_{\langle n \rangle})

As ordered outcomes, with :math:`\theta_k` the sum of the k smallest:

.. math:: \operatorname{lex\,max}\; (\theta_1, \dots, \theta_n),\quad
          \theta_k = \max\; k\, r_k - \sum_i d_{ik} \;\text{ s.t. }\; r_k - d_{ik} \le u_i,\; d_{ik} \ge 0

or, where the utilities can only have values :math:`v_1 < \dots < v_m` and these are fewer, as ordered values:

.. math:: \max z,\; z \le u_i, \quad\text{then}\quad
          \operatorname{lex\,min}\; (\sum_i h_{2i}, \dots, \sum_i h_{mi})
          \;\text{ s.t. }\; h_{ki} \ge v_k - u_i,\; h_{ki} \ge 0

Both hold for whole and for divisible decisions. (Settling whoever is blocked and raising the others is valid
on convex sets alone; backends do so there.)

References
----------
Ogryczak, W., & Śliwiński, T. (2006). On direct methods for lexicographic min-max optimization. *Computational
Science and Its Applications*, LNCS 3982, 802-811.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from ...instances.errors import CapabilityError
from ..ordering import Ordering
from ..statement import Goal
from .criterion import Criterion
from .maximin import worst_off
from .sorted_levels import add_levels

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray
    from ..statement import Statement, Terms
    from ..utilities import Utilities

MOST_AGENTS = 400
"""Agents up to which the stages, which have a column for each two agents, are stated."""


@dataclass(frozen=True)
class Leximin(Criterion):
    """The best for the worst-off, then for the second worst-off, and so on.

    Every agent counts once, whatever its size: who is worst-off is not a matter of numbers.

    Examples
    --------
    >>> import numpy as np
    >>> Leximin().value(np.array([3.0, 1.0]), np.ones(2)), Leximin().stages(np.array([3.0, 1.0]), np.ones(2))
    (1.0, (1.0, 3.0))
    """

    name = "leximin"
    title = "best for the worst-off, then for the second worst-off, and so on"
    even_is_best = "always"

    @property
    def settles_utilities(self) -> bool:
        """Strictly better the more even."""
        return True

    def value(self, utility: FloatArray, size: FloatArray) -> float:
        """Utility of the worst-off."""
        return float(utility.min())

    def stages(self, utility: FloatArray, size: FloatArray) -> tuple[float, ...]:
        """Utilities from the worst-off up."""
        return tuple(np.sort(utility).tolist())

    def steps(self, before: FloatArray, after: FloatArray, size: FloatArray) -> tuple[FloatArray, ...]:
        """From the lowest level first, of two the step that leads higher."""
        return -before, after

    def state(self, statement: Statement) -> Goal:
        """Ordered values where there are fewer values than agents, else ordered outcomes."""
        values = _values(statement.utilities)
        count = len(statement.agents)
        if values is not None and len(values) <= count:
            return _ordered_values(statement, values)
        if count > MOST_AGENTS:
            raise CapabilityError(
                f"leximin over {count} agents takes more than {MOST_AGENTS}^2 columns; make fewer agents, or "
                "choose maximin or cvar-share"
            )
        return _ordered_outcomes(statement)


def _values(utilities: Utilities) -> FloatArray | None:
    """All values that some agent's utility can have, or None where they are not counted easily."""
    if not utilities.single:
        return None
    matrix, constant = utilities.matrix.tocoo(), utilities.constant
    taken = matrix.data + constant[matrix.coords[0]]
    return np.unique(np.concatenate([taken, constant]))


def _ordered_outcomes(statement: Statement) -> Goal:
    count = len(statement.agents)
    levels = add_levels(statement, count, "rank")
    stages: list[Terms] = []
    for k in range(count):
        rank, below = np.zeros(count), np.zeros((count, count))
        rank[k], below[k] = k + 1.0, -1.0
        stages.append([(levels.level, rank), (levels.below, below.ravel())])
    ordering = Ordering(statement.utility, levels.level, levels.below, levels.rows, count)
    return Goal(stages[0], stages=tuple(stages), ordering=ordering)


def _ordered_values(statement: Statement, values: FloatArray) -> Goal:
    count, worst = len(statement.agents), worst_off(statement)
    above = values[1:]
    short = statement.columns("short_of_value", len(above) * count, lower=0.0)
    statement.rows(
        "short_of_value_of",
        [
            (short, sp.eye_array(len(above) * count, format="csr")),
            (statement.utility, sp.csr_array(sp.vstack([sp.eye_array(count)] * len(above), format="csr"))),
        ],
        lower=np.repeat(above, count),
    )
    stages: list[Terms] = [[(worst, 1.0)]]
    for k in range(len(above)):
        missing = np.zeros((len(above), count))
        missing[k] = -1.0
        stages.append([(short, missing.ravel())])
    return Goal(stages[0], stages=tuple(stages))
