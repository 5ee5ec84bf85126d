r"""Weights by rank: OWA, and the generalised Gini welfare whose weights come from one number.

.. math:: W = K \sum_{k=1}^K w_k \bigl( L(\tfrac{k}{K}) - L(\tfrac{k-1}{K}) \bigr)
            = K \sum_{k=1}^K (w_k - w_{k+1})\, L(\tfrac{k}{K}), \quad w_{K+1} = 0

where L is the absolute Lorenz curve (`sorted_levels`), so that :math:`w_k` weighs the k-th K-th of all
people, counted from the worst-off. With K agents of equal size that is
:math:`\sum_k w_k u_{\langle k \rangle}`.
Weights that do not increase make W concave, and a linear program:

.. math:: L(p) = \max\; p\, t - \sum_i \pi_i d_i \;\text{ s.t. }\; t - d_i \le u_i,\; d_i \ge 0

References
----------
Yager, R. R. (1988). On ordered weighted averaging aggregation operators in multicriteria decisionmaking.
*IEEE Transactions on Systems, Man, and Cybernetics* 18, 183-190; Weymark, J. A. (1981). Generalized Gini
inequality indices. *Mathematical Social Sciences* 1, 409-430; Donaldson, D., & Weymark, J. A. (1980). A
single-parameter generalization of the Gini indices of inequality. *Journal of Economic Theory* 22, 67-86.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...instances.errors import InputError
from ..named_rules import keep_number, number
from ..statement import Goal
from .criterion import Criterion
from .sorted_levels import absolute_lorenz, add_levels

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray
    from ..statement import Statement, Terms


class RankedWeights(Criterion):
    """Weights for equal shares of the people, from the worst-off up, none larger than the one before."""

    @abstractmethod
    def weights_of(self, agents: int) -> FloatArray:
        """Weights, one a share, of that many agents."""

    def value(self, utility: FloatArray, size: FloatArray) -> float:
        """Weigh each share's part of the absolute Lorenz curve."""
        weights = self.weights_of(len(utility))
        curve = absolute_lorenz(utility, size, np.arange(len(weights) + 1) / len(weights))
        return float(len(weights) * (weights @ np.diff(curve)))

    def value_scale(self, utility: FloatArray, size: FloatArray) -> float:
        """Weight of all, times the largest utility."""
        return float(self.weights_of(len(utility)).sum() * abs(utility).max())

    def stages(self, utility: FloatArray, size: FloatArray) -> tuple[float, ...]:
        """Value, then total where the best-off share has no weight."""
        if self.weights_of(len(utility))[-1] > 0:
            return ()
        return self.value(utility, size), float(size @ utility)

    def state(self, statement: Statement) -> Goal:
        """One level for each share at whose end the weights fall."""
        agents = statement.agents
        weights = self.weights_of(len(agents))
        falls = weights - np.append(weights[1:], 0.0)
        at = np.flatnonzero(falls[:-1])
        factor = len(weights) * falls[at]
        terms: Terms = [(statement.utility, len(weights) * falls[-1] * agents.share)]
        if len(at):
            levels = add_levels(statement, len(at), "share_level")
            terms.append((levels.level, factor * (at + 1) / len(weights)))
            terms.append((levels.below, -np.outer(factor, agents.share).ravel()))
        if weights[-1] > 0:
            return Goal(terms)
        total: Terms = [(statement.utility, agents.size)]
        return Goal(terms, stages=(terms, total))


@dataclass(frozen=True)
class OWA(RankedWeights):
    r"""Ordered weighted average: :math:`\sum_k w_k u_{\langle k \rangle}`, worst-off first.

    Parameters
    ----------
    weights
        K weights of 0 or more, none larger than the one before: the k-th is that of the k-th K-th of all
        people, whoever stands behind whichever agent.

    Examples
    --------
    >>> round(OWA((3, 2, 1)).value(np.array([340.0, 325.0, 335.0]), np.ones(3)), 9)
    1985.0
    """

    name = "owa"
    title = "greatest weighted sum, worse-off weighing more"
    even_is_best = "always"

    weights: Any

    def __post_init__(self) -> None:
        written = self.weights if isinstance(self.weights, list | tuple) else [self.weights]
        weights = tuple(number(weight, "weights", lowest=0) for weight in written)
        if not weights or weights[0] == 0:
            raise InputError("weights are all 0; give the worst-off one above 0")
        larger = np.flatnonzero(np.diff(weights) > 0)
        if len(larger):
            at = int(larger[0])
            raise InputError(
                f"weights go up from {weights[at]:g} to {weights[at + 1]:g}; give them from the worst-off "
                "up, none larger than the one before"
            )
        object.__setattr__(self, "weights", weights)

    def weights_of(self, agents: int) -> FloatArray:
        """As given."""
        return np.array(self.weights, dtype=np.float64)


@dataclass(frozen=True)
class GeneralisedGini(RankedWeights):
    r"""Generalised Gini welfare (S-Gini) with n weights, one a n-th of all people for n agents.

    .. math:: w_k = \Bigl(\frac{n-k+1}{n}\Bigr)^\nu - \Bigl(\frac{n-k}{n}\Bigr)^\nu

    At 1 it is the mean, at 2 the mean less half the Gini mean difference (with agents of equal size exactly);
    the larger, the nearer to the worst-off.

    Parameters
    ----------
    aversion
        :math:`\nu`, 1 or more.

    Examples
    --------
    >>> GeneralisedGini(2.0).value(np.array([4.0, 0.0]), np.ones(2))
    1.0
    """

    name = "generalised-gini"
    title = "greatest generalised Gini welfare"
    even_is_best = "always"

    aversion: float

    def __post_init__(self) -> None:
        keep_number(self, "aversion", lowest=1)

    def weights_of(self, agents: int) -> FloatArray:
        """Falls of the ranks' powers."""
        left = np.arange(agents, -1, -1) / agents
        return np.asarray(-np.diff(left**self.aversion))
