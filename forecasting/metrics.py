"""Errors of forecasts and of their intervals; pairs with either missing are left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..instances.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from ..instances.arrays import FloatArray


def check_levels(levels: Sequence[float], what: str = "interval level") -> tuple[float, ...]:
    """Refuse levels (or probabilities) that are not between 0 and 1, and return the others in order.

    Examples
    --------
    >>> check_levels([0.95, 0.8])
    (0.8, 0.95)
    >>> check_levels([95])
    Traceback (most recent call last):
    allocare.instances.errors.InputError: interval level 95 is not between 0 and 1; give one such as 0.95
    """
    for level in levels:
        if not 0 < level < 1:
            raise InputError(f"{what} {level:g} is not between 0 and 1; give one such as 0.95")
    return tuple(sorted(set(levels)))


def mean_error(actual: npt.ArrayLike, forecast: npt.ArrayLike) -> float:
    """Bias: the mean of ŷ − y; positive where forecasts are too high.

    Examples
    --------
    >>> mean_error([1, 2, 3], [2, 2, 5])
    1.0
    """
    return _mean(_errors(actual, forecast))


def mean_absolute_error(actual: npt.ArrayLike, forecast: npt.ArrayLike) -> float:
    """MAE: the mean of |y − ŷ|.

    Examples
    --------
    >>> mean_absolute_error([1, 2, 3], [2, 2, 5])
    1.0
    """
    return _mean(np.abs(_errors(actual, forecast)))


def mean_squared_error(actual: npt.ArrayLike, forecast: npt.ArrayLike) -> float:
    """MSE: the mean of (y − ŷ)².

    Examples
    --------
    >>> round(mean_squared_error([1, 2, 3], [2, 2, 5]), 6)
    1.666667
    """
    return _mean(_errors(actual, forecast) ** 2)


def root_mean_squared_error(actual: npt.ArrayLike, forecast: npt.ArrayLike) -> float:
    """RMSE: the root of the mean of (y − ŷ)².

    Examples
    --------
    >>> root_mean_squared_error([0, 0, 0, 0], [3, 4, 0, 0])
    2.5
    """
    return float(np.sqrt(mean_squared_error(actual, forecast)))


def seasonal_change(training: npt.ArrayLike, season: int = 1) -> FloatArray:
    """Mean of |y(t) − y(t−m)| of each series in the training part, shape (series,); NaN where it is 0.

    Examples
    --------
    >>> seasonal_change([[1.0], [3.0], [2.0]]).tolist()
    [1.5]
    """
    values = np.asarray(training, dtype=float)
    if season < 1:
        raise InputError(f"season is {season}; it has 1 row or more")
    steps = np.abs(values[season:] - values[:-season])
    known = ~np.isnan(steps)
    count = known.sum(axis=0)
    total = np.where(known, steps, 0).sum(axis=0)
    scale: FloatArray = np.divide(total, count, out=np.full(np.shape(total), np.nan), where=total > 0)
    return scale


def mean_absolute_scaled_error(
    actual: npt.ArrayLike, forecast: npt.ArrayLike, training: npt.ArrayLike, season: int = 1
) -> float:
    """MASE of one series: MAE over the mean of |y(t) − y(t−m)| in the training part.

    Below 1 the forecast is better than the value a season ago was, one step ahead, in the training part; NaN
    for a training part that never changes.

    References
    ----------
    Hyndman and Koehler (2006), International Journal of Forecasting 22(4).

    Examples
    --------
    >>> mean_absolute_scaled_error([4, 5], [3, 3], training=[1, 3, 2, 3])
    1.125
    """
    return mean_absolute_error(actual, forecast) / float(seasonal_change(training, season))


def pinball_loss(actual: npt.ArrayLike, quantile: npt.ArrayLike, probability: float) -> float:
    """Mean of p (y − q) where y is above the forecast quantile q, (1 − p)(q − y) where it is below.

    Examples
    --------
    >>> pinball_loss([10, 10], [8, 11], 0.9)
    0.95
    """
    check_levels([probability], "probability")
    above = -_errors(actual, quantile)
    return _mean(np.maximum(probability * above, (probability - 1) * above))


def coverage(actual: npt.ArrayLike, lower: npt.ArrayLike, upper: npt.ArrayLike) -> float:
    """Share of y within its interval, ends included.

    Examples
    --------
    >>> coverage([1, 2, 3, 4], [0, 2, 4, 0], [1, 3, 5, 3])
    0.5
    """
    value, low, high = _known(actual, lower, upper)
    return _mean(((value >= low) & (value <= high)).astype(float))


def mean_width(lower: npt.ArrayLike, upper: npt.ArrayLike) -> float:
    """Mean of upper − lower.

    Examples
    --------
    >>> mean_width([0, 2], [1, 5])
    2.0
    """
    return _mean(_errors(lower, upper))


def interval_score(actual: npt.ArrayLike, lower: npt.ArrayLike, upper: npt.ArrayLike, level: float) -> float:
    """Winkler's score: the width, and 2 / (1 − level) for each unit that y lies outside; less is better.

    References
    ----------
    Winkler (1972), JASA 67; Gneiting and Raftery (2007), JASA 102, section 6.2.

    Examples
    --------
    >>> round(interval_score([1, 7], [0, 2], [4, 6], level=0.8), 6)
    9.0
    """
    check_levels([level])
    value, low, high = _known(actual, lower, upper)
    outside = np.maximum(low - value, 0) + np.maximum(value - high, 0)
    return _mean(high - low + 2 / (1 - level) * outside)


def _known(*arrays: npt.ArrayLike) -> list[FloatArray]:
    values = np.broadcast_arrays(*(np.asarray(array, dtype=float) for array in arrays))
    known = ~np.isnan(values).any(axis=0)
    return [value[known] for value in values]


def _errors(actual: npt.ArrayLike, forecast: npt.ArrayLike) -> FloatArray:
    value, guess = _known(actual, forecast)
    return guess - value


def _mean(values: FloatArray) -> float:
    return float(values.mean()) if values.size else float("nan")
