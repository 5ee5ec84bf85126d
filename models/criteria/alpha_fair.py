r"""Alpha-fairness: :math:`\max \sum_i n_i f_\alpha(u_i)`.

.. math:: f_\alpha(u) = \frac{u^{1-\alpha}}{1-\alpha}, \qquad f_1(u) = \ln u

At alpha 0 this is the greatest total, at 1 proportional fairness (the Nash product), and towards infinity the
best for the worst-off. It is the ranking of Atkinson's equally distributed equivalent at that inequality
aversion.

References
----------
A. B. Atkinson, "On the measurement of inequality", Journal of Economic Theory 2 (1970), 244-263; J. Mo,
J. Walrand, "Fair end-to-end window-based congestion control", IEEE/ACM Transactions on Networking 8 (2000),
556-567; D. Bertsimas, V. F. Farias, N. Trichakis, "On the efficiency-fairness trade-off", Management Science
58 (2012), 2234-2250.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import scipy.sparse as sp

from ...instances.errors import InputError
from ..curves import Curve, concave
from ..named_rules import number
from ..single_options import goal_of_options
from ..statement import Goal
from .criterion import Criterion

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray
    from ..statement import Statement
    from .criterion import Reference

ROUNDING = 1e-9
"""Share of the largest utility by which a sum that cancels may fall below 0."""


class PowerMean(Criterion):
    """What alpha-fairness, proportional fairness and the Nash product have in common."""

    sums = True
    curved = True
    even_is_best = "always"
    from_nothing: ClassVar[bool] = False
    """Whether utilities count from what agents have without any allocation, rather than from 0."""

    @property
    def aversion(self) -> float:
        """Alpha."""
        return 1.0

    @property
    def settles_utilities(self) -> bool:
        """Strictly better the more even."""
        return self.aversion > 0

    @property
    def above_zero(self) -> bool:
        """Whether everybody must have more than nothing."""
        return self.aversion >= 1

    def value(self, utility: FloatArray, size: FloatArray) -> float:
        """Sum over people; minus infinity where somebody has too little for it to be there."""
        return float(size @ _power(_without_rounding(utility), self.aversion))

    def value_scale(self, utility: FloatArray, size: FloatArray) -> float:
        """Sizes of the terms, and of what rounding in the utilities moves them by."""
        there = utility > 0
        used, people, alpha = utility[there], size[there], self.aversion
        return float(people @ (abs(_power(used, alpha)) + used ** (1 - alpha)))

    def steps(self, before: FloatArray, after: FloatArray, size: FloatArray) -> tuple[FloatArray, ...]:
        """Gain of each step; that from nothing is beyond all others where it must be taken."""
        low, high = _power(before, self.aversion), _power(after, self.aversion)
        return (size * (high - low),)

    def state(self, statement: Statement) -> Goal:
        """One concave term an agent; linear terms where each takes one option."""
        utilities, agents, alpha = statement.utilities, statement.agents, self.aversion
        if alpha == 0:
            return Goal([(statement.utility, agents.size)])
        if agents.utility == "burden" and not (agents.normalised or self.from_nothing):
            raise InputError(
                f"{self.name} needs utilities of 0 or more, and burdens are below 0; "
                "choose kolm-pollak, nash, or another utility"
            )
        without = np.zeros(len(agents)) if self.from_nothing else utilities.constant
        if self.above_zero:
            _refuse_who_has_nothing(self.name, statement, utilities.highest - utilities.constant + without)
        if utilities.single:
            return goal_of_options(statement, lambda u: concave("power", alpha, u), without)
        block = statement.utility
        if self.from_nothing and utilities.constant.any():
            block = statement.columns("gain", len(agents), keys=agents.keys)
            statement.rows(
                "gain_of",
                [(statement.decisions, utilities.matrix), (block, -sp.eye_array(len(agents)))],
                lower=0.0,
                upper=0.0,
                keys=agents.keys,
            )
        lowest = utilities.lowest - utilities.constant + without
        short = np.flatnonzero(~(lowest >= 0))
        if len(short):
            chosen = sp.eye_array(len(agents), format="csr")[short]
            statement.rows("not_below_nothing", [(block, chosen)], lower=0.0, keys=agents.keys[short])
        columns = np.arange(block.start, block.stop, dtype=np.int32)
        return Goal([], curves=(Curve(columns, agents.size, "power", alpha),))


@dataclass(frozen=True)
class AlphaFair(PowerMean):
    r"""Alpha-fairness, :math:`\max \sum_i n_i u_i^{1-\alpha} / (1-\alpha)`, at 1 :math:`\sum_i n_i \ln u_i`.

    Parameters
    ----------
    alpha
        Inequality aversion, 0 or more.

    Examples
    --------
    >>> import numpy as np
    >>> AlphaFair(2).value(np.array([1.0, 4.0]), np.array([1.0, 2.0]))
    -1.5
    """

    name = "alpha-fair"
    title = "alpha-fair: each gain counts less the more one has"

    alpha: float

    def __post_init__(self) -> None:
        number(self.alpha, "alpha", lowest=0)

    @property
    def aversion(self) -> float:
        """Alpha."""
        return float(self.alpha)


@dataclass(frozen=True)
class Proportional(PowerMean):
    r"""Proportional fairness, :math:`\max \sum_i n_i \ln u_i`: no plan's relative gains outweigh its losses.

    Examples
    --------
    >>> import numpy as np
    >>> Proportional().value(np.array([1.0, np.e]), np.ones(2))
    1.0
    """

    name = "proportional"
    title = "proportional: relative gains and losses balance"


@dataclass(frozen=True)
class Nash(PowerMean):
    r"""Nash's bargaining solution, :math:`\max \sum_i n_i \ln (u_i - d_i)`.

    What one has without any allocation is :math:`d_i`.

    Examples
    --------
    >>> import numpy as np
    >>> Nash().value(np.array([1.0, np.e]), np.ones(2))
    1.0
    """

    name = "nash"
    title = "Nash bargaining: the greatest product of gains over having no allocation"
    from_nothing = True

    def relative_to(self, nothing: Reference, ideal: Reference) -> Criterion:
        """Measure gains from having no allocation."""
        return _Gains(nothing())


@dataclass(frozen=True, eq=False)
class _Gains(Nash):
    """The criterion from a point."""

    nothing: FloatArray = field(default_factory=lambda: np.zeros(1))

    def value(self, utility: FloatArray, size: FloatArray) -> float:
        """Sum over people, of what they gain."""
        return super().value(self._gain(utility), size)

    def value_scale(self, utility: FloatArray, size: FloatArray) -> float:
        """Sizes of the terms, rounding being that of the utilities rather than of the gains."""
        gain = self._gain(utility)
        there = gain > 0
        larger = np.maximum(abs(utility), abs(self.nothing))[there] / gain[there]
        return float(size[there] @ (abs(np.log(gain[there])) + larger))

    def _gain(self, utility: FloatArray) -> FloatArray:
        return np.asarray(utility - self.nothing)


def _refuse_who_has_nothing(name: str, statement: Statement, highest: FloatArray) -> None:
    """Refuse agents that no plan gives anything, as far as their own limits show."""
    nothing = highest <= 0
    if nothing.any():
        raise InputError(who_has_nothing(name, statement.agents.keys[int(np.argmax(nothing))]))


def who_has_nothing(name: str, key: object) -> str:
    """Say that an agent cannot have what a criterion needs.

    Examples
    --------
    >>> who_has_nothing("nash", "ward 3").partition(";")[0]
    "nash needs utilities that are positive, and 'ward 3' has nothing in every plan"
    """
    return (
        f"{name} needs utilities that are positive, and {key!r} has nothing in every plan; leave it out, "
        "or choose maximin, or alpha-fair below 1"
    )


def _without_rounding(utility: FloatArray) -> FloatArray:
    """Utilities with what cancels to a little below 0 put at 0."""
    slack = ROUNDING * float(abs(utility).max(initial=0.0))
    return np.where((utility < 0) & (utility >= -slack), 0.0, utility)


def _power(utility: FloatArray, alpha: float) -> FloatArray:
    """Definition of the function, minus infinity where it is not there."""
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.log(utility) if alpha == 1 else utility ** (1 - alpha) / (1 - alpha)
    there = (utility > 0 if alpha >= 1 else utility >= 0) | (alpha == 0)
    return np.where(there, values, -np.inf)
