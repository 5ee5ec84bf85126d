"""Intervals by resampling instances."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from ...instances.arrays import FloatArray

REPLICATES = 2000
LEAST = 3
"""Instances below which no interval is given."""


def mean_interval(
    values: npt.ArrayLike, replicates: int = REPLICATES, seed: int = 0, level: float = 0.95
) -> tuple[float, float]:
    r"""Bootstrap interval of a mean, corrected for bias and skew (BCa); missing below three values.

    With :math:`z_0` the normal quantile of the share of resampled means below the mean, and the
    acceleration :math:`a = \sum_i d_i^3 / (6 (\sum_i d_i^2)^{3/2})` of the deviations from
    it (the jackknife's), the ends are the resampled means' quantiles at

    .. math:: \Phi\Bigl(z_0 + \frac{z_0 + z}{1 - a (z_0 + z)}\Bigr), \qquad z = \mp z_{(1 + level) / 2}.

    The same number of values is resampled in the same way for the same seed, so that hundreds of pairs of
    backends cost one set of draws.

    Parameters
    ----------
    values
        One value an instance.
    replicates, seed
        Number of resamples, and the seed of their draws.
    level
        Confidence.

    References
    ----------
    B. Efron, "Better bootstrap confidence intervals", Journal of the American Statistical Association 82,
    1987, 171-185.

    Examples
    --------
    >>> mean_interval([2.0, 2.0, 2.0])
    (2.0, 2.0)
    >>> low, high = mean_interval(np.arange(50.0))
    >>> low < 24.5 < high, round(high - low) in range(7, 9)
    (True, True)
    """
    from scipy.special import ndtr, ndtri

    sample = np.asarray(values, dtype=np.float64)
    if len(sample) < LEAST:
        return float("nan"), float("nan")
    mean = sample.mean()
    deviation = sample - mean
    # resampled means of values that differ by rounding alone have no spread to correct for
    if np.ptp(sample) <= 1e-12 * np.abs(sample).max():
        return float(mean), float(mean)
    resampled = np.sort(_weights(len(sample), replicates, seed) @ deviation)
    # ties count half, as in the mid-rank definition of a share below
    below = (np.searchsorted(resampled, 0.0, "left") + np.searchsorted(resampled, 0.0, "right")) / 2
    bias = ndtri(np.clip(below, 0.5, replicates - 0.5) / replicates)
    skew = (deviation**3).sum() / (6 * (deviation**2).sum() ** 1.5)
    z = bias + ndtri(np.array([(1 - level) / 2, (1 + level) / 2]))
    low, high = np.quantile(resampled, ndtr(bias + z / (1 - skew * z)))
    return float(mean + low), float(mean + high)


@lru_cache(maxsize=8)
def _weights(count: int, replicates: int, seed: int) -> FloatArray:
    """How often each value is drawn in each resample, as shares."""
    drawn = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=replicates)
    weights: FloatArray = drawn / count
    return weights
