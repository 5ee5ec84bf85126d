"""Demand that is not known when it has to be planned for: a point, a quantile, scenarios, or an interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from .arrays import labels, numbers
from .errors import InputError

if TYPE_CHECKING:
    import numpy.typing as npt

    from .arrays import FloatArray
    from .demand_marginals import NormalDemand, PoissonDemand

SUM_TOLERANCE = 1e-6
"""Most by which probabilities may miss the sum of one: they are written with so many digits."""


@dataclass(frozen=True, eq=False)
class PointDemand:
    """Demand as if it were known: one quantity a target.

    Parameters
    ----------
    quantity
        Demand of each target, 0 or more.

    Raises
    ------
    InputError
        For a negative or missing quantity.

    Examples
    --------
    >>> PointDemand([4, 7]).scenarios.quantity.tolist()
    [[4.0, 7.0]]
    """

    quantity: FloatArray

    def __post_init__(self) -> None:
        size = np.size(self.quantity)
        object.__setattr__(self, "quantity", numbers(self.quantity, size, "demand", lowest=0))

    @property
    def n_targets(self) -> int:
        """Number of targets."""
        return len(self.quantity)

    @property
    def scenarios(self) -> ScenarioDemand:
        """The point as the one scenario."""
        return ScenarioDemand(self.quantity[np.newaxis], names=pd.Index(["point"]))


@dataclass(frozen=True, eq=False)
class ScenarioDemand:
    """Demand as one of several scenarios, each with a probability.

    Parameters
    ----------
    quantity
        Demand of each target in each scenario, shape (scenarios, targets), 0 or more.
    probability
        Probability of each scenario, adding up to one; None means that all are equally likely.
    names
        The scenarios' keys; None counts them from 1.

    Raises
    ------
    InputError
        For a negative demand, a probability that is none, or probabilities that do not add up to one.

    Examples
    --------
    >>> demand = ScenarioDemand([[10, 4], [20, 0]], [0.75, 0.25])
    >>> demand.mean.tolist(), demand.quantile(0.75).tolist(), demand.quantile(0.8).tolist()
    ([12.5, 3.0], [10.0, 4.0], [20.0, 4.0])
    >>> ScenarioDemand([[10, 4], [20, 0]], [0.75, 0.2])
    Traceback (most recent call last):
    ...
    allocare.instances.errors.InputError: the probabilities of 2 scenarios add up to 0.95, not to 1
    """

    quantity: FloatArray
    probability: FloatArray = None  # type: ignore[assignment]  # all are equally likely
    names: pd.Index[Any] = None  # type: ignore[assignment]  # counted from 1

    def __post_init__(self) -> None:
        try:
            quantity = np.array(self.quantity, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise InputError(f"scenarios hold something that is not a number ({error})") from error
        if quantity.ndim != 2 or not len(quantity):
            raise InputError(
                "scenarios are a table with a row for each scenario and a column for each target"
            )
        count = len(quantity)
        names = pd.RangeIndex(1, count + 1) if self.names is None else labels(self.names, "scenario")
        if len(names) != count:
            raise InputError(f"{count} scenarios but {len(names)} names; give one each")
        wrong = ~(np.isfinite(quantity) & (quantity >= 0))
        if wrong.any():
            at, target = divmod(int(np.argmax(wrong)), quantity.shape[1])
            raise InputError(
                f"demand of target {target + 1} in scenario {names[at]!r} is {quantity[at, target]:g}; "
                "it must be a finite number of 0 or more"
            )
        quantity.flags.writeable = False
        likely = 1.0 / count if self.probability is None else self.probability
        for name, value in (
            ("quantity", quantity),
            ("names", names),
            ("probability", probabilities(numbers(likely, names, "probability", lowest=0))),
        ):
            object.__setattr__(self, name, value)

    @property
    def n_targets(self) -> int:
        """Number of targets."""
        return int(self.quantity.shape[1])

    @property
    def scenarios(self) -> ScenarioDemand:
        """These scenarios."""
        return self

    @property
    def mean(self) -> FloatArray:
        """Expected demand of each target."""
        return np.asarray(self.probability @ self.quantity)

    def quantile(self, level: npt.ArrayLike) -> FloatArray:
        r"""Least quantity of each target's scenarios that covers demand with the probability `level`.

        Examples
        --------
        >>> ScenarioDemand([[1], [2], [3], [4]]).quantile(0.5).tolist()
        [2.0]
        """
        order = np.argsort(self.quantity, axis=0, kind="stable")
        reached = np.cumsum(self.probability[order], axis=0)
        # sums of probabilities miss their decimal by a digit in the last place
        enough = reached >= np.asarray(level, dtype=np.float64) - 1e-12
        at = np.where(enough.any(axis=0), np.argmax(enough, axis=0), len(order) - 1)
        across = np.arange(self.n_targets)
        return np.asarray(self.quantity[order[at, across], across])

    def expected_unmet(self, stock: npt.ArrayLike) -> FloatArray:
        r"""Expected demand beyond a stock, :math:`E[(D_j - r_j)^+]`, for each target.

        Examples
        --------
        >>> ScenarioDemand([[10, 4], [20, 0]]).expected_unmet([12, 1]).tolist()
        [4.0, 1.5]
        """
        return np.asarray(self.probability @ np.maximum(self.quantity - np.asarray(stock), 0.0))


@dataclass(frozen=True, eq=False)
class QuantileDemand:
    """Demand taken at a quantile: each target's own, of scenarios or of a distribution.

    Parameters
    ----------
    level
        Probability with which each target's demand is covered, within (0, 1).
    of
        Whose quantile: scenarios, `NormalDemand` or `PoissonDemand`.

    Raises
    ------
    InputError
        For a level outside (0, 1).

    Examples
    --------
    >>> QuantileDemand(0.9, ScenarioDemand([[10, 4], [20, 0]])).quantity.tolist()
    [20.0, 4.0]
    """

    level: float
    of: ScenarioDemand | NormalDemand | PoissonDemand

    def __post_init__(self) -> None:
        if not 0 < self.level < 1:
            raise InputError(
                f"the quantile's level is {self.level:g}; it must lie between 0 and 1, both excluded"
            )

    @property
    def n_targets(self) -> int:
        """Number of targets."""
        return self.of.n_targets

    @property
    def quantity(self) -> FloatArray:
        """Quantile of each target; where it is below 0, 0."""
        return np.maximum(self.of.quantile(self.level), 0.0)

    @property
    def scenarios(self) -> ScenarioDemand:
        """The quantile as the one scenario."""
        return ScenarioDemand(self.quantity[np.newaxis], names=pd.Index(["quantile"]))


@dataclass(frozen=True, eq=False)
class IntervalDemand:
    r"""Demand within an interval around a nominal value, few targets far from it at once.

    Demand is :math:`d_j = \bar d_j + \hat d^+_j z^+_j - \hat d^-_j z^-_j` with :math:`z \ge 0`,
    :math:`z^+_j + z^-_j \le 1` and :math:`\sum_j (z^+_j + z^-_j) \le \Gamma` (Bertsimas and Sim 2004).

    Parameters
    ----------
    nominal
        Demand of each target as expected, 0 or more.
    downward, upward
        Most by which each may be lower or higher, 0 or more; one number stands for all.
    budget
        The budget of uncertainty, from 0 (all as expected) to the number of targets (each anywhere in its
        interval); None means the number of targets.

    Raises
    ------
    InputError
        For a negative deviation, one that leads below 0, or a budget out of range.

    Examples
    --------
    >>> IntervalDemand([10, 4], 2, [5, 6], budget=1).upward.tolist()
    [5.0, 6.0]
    >>> IntervalDemand([10, 4], 2, 5, budget=3)
    Traceback (most recent call last):
    ...
    allocare.instances.errors.InputError: the budget of uncertainty is 3; it must be from 0 to 2, the targets
    """

    nominal: FloatArray
    downward: FloatArray
    upward: FloatArray
    budget: float = None  # type: ignore[assignment]  # the number of targets

    def __post_init__(self) -> None:
        size = np.size(self.nominal)
        for name in ("nominal", "downward", "upward"):
            what = "nominal demand" if name == "nominal" else f"{name} deviation"
            object.__setattr__(self, name, numbers(getattr(self, name), size, what, lowest=0))
        below = self.downward > self.nominal
        if below.any():
            at = int(np.argmax(below))
            raise InputError(
                f"demand of entry {at + 1} is {self.nominal[at]:g} and may be {self.downward[at]:g} lower; "
                "it must not fall below 0"
            )
        budget = float(size if self.budget is None else self.budget)
        if not 0 <= budget <= size:
            raise InputError(
                f"the budget of uncertainty is {budget:g}; it must be from 0 to {size}, the targets"
            )
        object.__setattr__(self, "budget", budget)

    @property
    def n_targets(self) -> int:
        """Number of targets."""
        return len(self.nominal)


Demand: TypeAlias = PointDemand | QuantileDemand | ScenarioDemand | IntervalDemand
"""What is known of demand when it has to be planned for."""


def probabilities(given: FloatArray) -> FloatArray:
    """Return probabilities of 0 or more that add up to one, rid of the rounding of their digits.

    Raises
    ------
    InputError
        Where they do not add up to one.

    Examples
    --------
    >>> probabilities(np.array([0.3333333, 0.3333333, 0.3333333])).round(12).tolist()
    [0.333333333333, 0.333333333333, 0.333333333333]
    """
    total = float(given.sum())
    if not abs(total - 1.0) <= SUM_TOLERANCE:
        raise InputError(f"the probabilities of {len(given)} scenarios add up to {total:.9g}, not to 1")
    if abs(total - 1.0) <= 1e-12:
        return given
    exact = given / total
    exact.flags.writeable = False
    return exact


def point_of(demand: Demand) -> FloatArray:
    """One quantity a target that stands for a demand: the point, the quantile, the mean, the nominal value.

    Examples
    --------
    >>> point_of(ScenarioDemand([[10, 4], [20, 0]])).tolist()
    [15.0, 2.0]
    """
    match demand:
        case ScenarioDemand():
            return demand.mean
        case IntervalDemand():
            return demand.nominal
    return demand.quantity
