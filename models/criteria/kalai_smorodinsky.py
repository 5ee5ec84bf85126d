r"""Kalai-Smorodinsky: everybody the same share of the way from nothing to the most they could have.

.. math:: \max z \;\text{ s.t. }\; u_i - d_i \ge z\,(u_i^* - d_i) \;\forall i \quad\text{(same_share)},
          \quad\text{then}\quad \max \sum_i n_i u_i

Where
    - :math:`d_i` is what agent i has without any allocation
    - :math:`u_i^* = \max u_i` is the most that it could have if the plan served it alone, within the
      problem's own rules, without policies

References
----------
Kalai, E., & Smorodinsky, M. (1975). Other solutions to Nash's bargaining problem. *Econometrica* 43, 513-518.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from ...instances.errors import InputError
from ..references import ideal_point
from ..statement import Goal
from .criterion import Criterion

if TYPE_CHECKING:
    from ...instances.arrays import BoolArray, FloatArray
    from ..statement import Statement, Terms
    from .criterion import Reference

NOTHING = 1e-9
"""Gain, relative to the utilities, that counts as none."""


@dataclass(frozen=True)
class KalaiSmorodinsky(Criterion):
    """The same share for everybody of the way from nothing to the most they could have, then the total.

    It does not matter in which unit each agent's utility is measured. Who could not gain by any plan asks for
    nothing, and limits nobody.

    Examples
    --------
    >>> import numpy as np
    >>> half = KalaiSmorodinsky().relative_to(lambda: np.array([1.0, 0.0]), lambda: np.array([3.0, 8.0]))
    >>> half.value(np.array([2.0, 6.0]), np.ones(2)), half.stages(np.array([2.0, 6.0]), np.ones(2))
    (0.5, (0.5, 8.0))
    """

    name = "kalai-smorodinsky"
    title = "same share for all of what each could have, then the greatest total"

    def relative_to(self, nothing: Reference, ideal: Reference) -> Criterion:
        """Measure from nothing to the ideal."""
        return _Bargain(nothing(), ideal())

    def value(self, utility: FloatArray, size: FloatArray) -> float:
        """Smallest share of the way, of utilities that are normalised."""
        return float(utility.min())

    def stages(self, utility: FloatArray, size: FloatArray) -> tuple[float, ...]:
        """Smallest share, then total."""
        return self.value(utility, size), float(size @ utility)

    def state(self, statement: Statement) -> Goal:
        """One column, the share that everybody has at least."""
        agents, utilities = statement.agents, statement.utilities
        nothing = utilities.constant
        ideal = np.ones(len(agents)) if agents.normalised else ideal_point(statement.problem)
        worse = ideal - nothing < -_negligible(nothing, ideal)
        if worse.any():
            raise InputError(
                f"{agents.keys[int(np.argmax(worse))]!r} has less by any plan than without one, so "
                f"{self.name} has nothing to start from; choose another criterion"
            )
        gains = _gains(nothing, ideal)
        if not gains.any():
            raise InputError(f"nobody gains by any plan, so {self.name} has nothing to share")
        at = np.flatnonzero(gains)
        share = statement.columns("share", 1)
        statement.rows(
            "same_share",
            [
                (statement.utility, sp.eye_array(len(agents), format="csr")[at]),
                (share, sp.csr_array(-(ideal - nothing)[at, None])),
            ],
            lower=nothing[at],
            keys=agents.keys[at],
        )
        shares: Terms = [(share, 1.0)]
        total: Terms = [(statement.utility, agents.size)]
        return Goal(shares, stages=(shares, total))


@dataclass(frozen=True, eq=False)
class _Bargain(KalaiSmorodinsky):
    """The criterion between two points."""

    nothing: FloatArray = field(default_factory=lambda: np.zeros(0))
    ideal: FloatArray = field(default_factory=lambda: np.ones(0))

    def value(self, utility: FloatArray, size: FloatArray) -> float:
        """Smallest share of the way."""
        at = _gains(self.nothing, self.ideal)
        share = (utility - self.nothing)[at] / (self.ideal - self.nothing)[at]
        return float(share.min(initial=1.0 if not at.any() else np.inf))

    def value_scale(self, utility: FloatArray, size: FloatArray) -> float:
        """Largest share: a rounded utility counts by what its agent could gain."""
        at = _gains(self.nothing, self.ideal)
        large = np.maximum(abs(utility), abs(self.nothing))[at]
        return float((large / (self.ideal - self.nothing)[at]).max(initial=1.0))


def _gains(nothing: FloatArray, ideal: FloatArray) -> BoolArray:
    return np.asarray(ideal - nothing > _negligible(nothing, ideal))


def _negligible(nothing: FloatArray, ideal: FloatArray) -> FloatArray:
    return np.asarray(NOTHING * np.maximum(1.0, np.maximum(abs(nothing), abs(ideal))))
