"""Demand of each target by a distribution of its own: normal, or Poisson."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .arrays import numbers

if TYPE_CHECKING:
    import numpy.typing as npt

    from .arrays import FloatArray


@dataclass(frozen=True, eq=False)
class NormalDemand:
    """Normally distributed demand of each target.

    Parameters
    ----------
    mean
        Expected demand, 0 or more.
    deviation
        Standard deviation, 0 or more; one number stands for all.

    Raises
    ------
    InputError
        For a number out of range.

    Examples
    --------
    >>> NormalDemand([100], 20).quantile(0.8).round(3).tolist()
    [116.832]
    """

    mean: FloatArray
    deviation: FloatArray

    def __post_init__(self) -> None:
        size = np.size(self.mean)
        object.__setattr__(self, "mean", numbers(self.mean, size, "mean demand", lowest=0))
        object.__setattr__(self, "deviation", numbers(self.deviation, size, "standard deviation", lowest=0))

    @property
    def n_targets(self) -> int:
        """Number of targets."""
        return len(self.mean)

    def quantile(self, level: npt.ArrayLike) -> FloatArray:
        """Quantity that covers each target's demand with the probability `level`; it may be below 0.

        Examples
        --------
        >>> NormalDemand([100, 50], [20, 0]).quantile(0.5).tolist()
        [100.0, 50.0]
        """
        from scipy.special import ndtri

        far = np.broadcast_to(ndtri(np.asarray(level, dtype=np.float64)), self.mean.shape)
        return self.mean + np.where(self.deviation > 0, self.deviation * far, 0.0)

    def expected_unmet(self, stock: npt.ArrayLike) -> FloatArray:
        r"""Expected demand beyond a stock, :math:`\sigma\,(\varphi(z) - z\,(1 - \Phi(z)))`.

        With :math:`z = (r - \mu) / \sigma`, the standard normal loss function.

        Examples
        --------
        >>> NormalDemand([100], 20).expected_unmet([100]).round(4).tolist()
        [7.9788]
        """
        from scipy.special import ndtr

        beyond = np.asarray(stock, dtype=np.float64) - self.mean
        spread = np.where(self.deviation > 0, self.deviation, 1.0)
        z = beyond / spread
        density = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
        return np.where(self.deviation > 0, spread * (density - z * ndtr(-z)), np.maximum(-beyond, 0.0))


@dataclass(frozen=True, eq=False)
class PoissonDemand:
    """Demand of each target by a Poisson distribution: whole units, arriving independently.

    Parameters
    ----------
    mean
        Expected demand, 0 or more.

    Raises
    ------
    InputError
        For a number out of range.

    Examples
    --------
    >>> PoissonDemand([4.0]).quantile(0.9).tolist()
    [7.0]
    """

    mean: FloatArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "mean", numbers(self.mean, np.size(self.mean), "mean demand", lowest=0))

    @property
    def n_targets(self) -> int:
        """Number of targets."""
        return len(self.mean)

    def quantile(self, level: npt.ArrayLike) -> FloatArray:
        """Least whole quantity that covers each target's demand with the probability `level`.

        Examples
        --------
        >>> PoissonDemand([0.0, 2.5]).quantile(0.5).tolist()
        [0.0, 2.0]
        """
        from scipy.stats import poisson

        return np.asarray(poisson.ppf(np.broadcast_to(level, self.mean.shape), self.mean), dtype=np.float64)

    def expected_unmet(self, stock: npt.ArrayLike) -> FloatArray:
        r"""Expected demand beyond a stock, :math:`\mu P(D \ge k) - r P(D > k)`.

        With :math:`k = \lfloor r \rfloor`, the whole units in stock.

        Examples
        --------
        >>> PoissonDemand([4.0]).expected_unmet([0]).tolist()
        [4.0]
        """
        from scipy.stats import poisson

        held = np.asarray(stock, dtype=np.float64)
        unit = np.floor(held)
        unmet = self.mean * poisson.sf(unit - 1, self.mean) - held * poisson.sf(unit, self.mean)
        return np.asarray(unmet, dtype=np.float64)
