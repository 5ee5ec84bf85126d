r"""Level and spread of a population's values, every measure weighted by people.

Sizes :math:`n_i` are one each unless given; :math:`\pi_i = n_i / \sum_k n_k` and
:math:`\mu = \sum_i \pi_i u_i`. Relative measures (those over :math:`\mu`) refuse negative values; where all
values are 0 everybody is even, and they say so: 0, or 1 for Jain's index.
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from .population import population

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..instances.arrays import FloatArray
    from .population import Population


def total(values: npt.ArrayLike, sizes: npt.ArrayLike | None = None) -> float:
    r"""All people's utility, :math:`\sum_i n_i u_i`.

    Examples
    --------
    >>> total([1, 4], [10, 5])
    30.0
    """
    people = population(values, sizes)
    return float(people.sizes @ people.values)


def mean(values: npt.ArrayLike, sizes: npt.ArrayLike | None = None) -> float:
    r"""Utility a person, :math:`\mu`.

    Examples
    --------
    >>> mean([1, 4], [10, 5])
    2.0
    """
    return population(values, sizes).mean


def minimum(values: npt.ArrayLike, sizes: npt.ArrayLike | None = None) -> float:
    r"""Utility of the worst off, :math:`\min_i u_i`.

    Examples
    --------
    >>> minimum([1, 4], [10, 5])
    1.0
    """
    return float(population(values, sizes).values.min())


def maximum(values: npt.ArrayLike, sizes: npt.ArrayLike | None = None) -> float:
    r"""Utility of the best off, :math:`\max_i u_i`.

    Examples
    --------
    >>> maximum([1, 4], [10, 5])
    4.0
    """
    return float(population(values, sizes).values.max())


def value_range(values: npt.ArrayLike, sizes: npt.ArrayLike | None = None) -> float:
    r"""Gap between the best and the worst off, :math:`\max_i u_i - \min_i u_i`.

    Examples
    --------
    >>> value_range([1, 4], [10, 5])
    3.0
    """
    return _range(population(values, sizes))


def relative_range(values: npt.ArrayLike, sizes: npt.ArrayLike | None = None) -> float:
    r"""Range over mean, :math:`(\max_i u_i - \min_i u_i) / \mu`.

    Examples
    --------
    >>> relative_range([1, 4], [10, 5])
    1.5
    """
    people = population(values, sizes, relative="relative-range")
    return _over(_range(people), people.mean)


def mean_absolute_deviation(values: npt.ArrayLike, sizes: npt.ArrayLike | None = None) -> float:
    r"""Mean distance from the mean, :math:`\sum_i \pi_i |u_i - \mu|`.

    Examples
    --------
    >>> mean_absolute_deviation([10, 20, 30, 40, 50])
    12.0
    """
    return _deviation(population(values, sizes))


def hoover(values: npt.ArrayLike, sizes: npt.ArrayLike | None = None) -> float:
    r"""Hoover (Schutz, Robin Hood) index: the share of all utility that would have to move to make all even.

    .. math:: H = \frac{1}{2 \mu} \sum_i \pi_i |u_i - \mu| \in [0, 1)

    Examples
    --------
    >>> round(hoover([10, 20, 30, 40, 50]), 12)
    0.2
    """
    people = population(values, sizes, relative="hoover")
    return _over(_deviation(people), 2 * people.mean)


def gini_mean_difference(values: npt.ArrayLike, sizes: npt.ArrayLike | None = None) -> float:
    r"""Mean difference between two people drawn with replacement.

    .. math:: \Gamma = \sum_i \sum_j \pi_i \pi_j |u_i - u_j|
              = 2 \sum_{k < n} \Pi_k (1 - \Pi_k) (u_{k+1} - u_k)

    in ascending order, with :math:`\Pi_k = \pi_1 + \dots + \pi_k`: no pair is ever formed.

    Examples
    --------
    >>> gini_mean_difference([10, 20, 30, 40, 50])
    16.0
    """
    return _mean_difference(population(values, sizes))


def gini(values: npt.ArrayLike, sizes: npt.ArrayLike | None = None) -> float:
    r"""Gini coefficient of the population (not of a sample, which is :math:`N / (N - 1)` times this).

    .. math:: G = \frac{1}{2 \mu} \sum_i \sum_j \pi_i \pi_j |u_i - u_j| \in [0, 1)

    Examples
    --------
    >>> gini([0, 1])
    0.5
    """
    people = population(values, sizes, relative="gini")
    return _over(_mean_difference(people), 2 * people.mean)


def variance(values: npt.ArrayLike, sizes: npt.ArrayLike | None = None) -> float:
    r"""Variance of the population, :math:`\sigma^2 = \sum_i \pi_i (u_i - \mu)^2`.

    Examples
    --------
    >>> variance([10, 20, 30, 40, 50])
    200.0
    """
    people = population(values, sizes)
    return float(people.shares @ (people.values - people.mean) ** 2)


def coefficient_of_variation(values: npt.ArrayLike, sizes: npt.ArrayLike | None = None) -> float:
    r"""Standard deviation over mean, :math:`\sigma / \mu = \sqrt{2\, GE_2}`.

    Examples
    --------
    >>> round(coefficient_of_variation([10, 20, 30, 40, 50]), 7)
    0.4714045
    """
    people = population(values, sizes, relative="cv")
    return sqrt(float(people.shares @ (_ratios(people) - 1) ** 2))


def jain(values: npt.ArrayLike, sizes: npt.ArrayLike | None = None) -> float:
    r"""Jain's index, 1 where all are even and least where one person has everything.

    .. math:: J = \frac{(\sum_i n_i u_i)^2}{N \sum_i n_i u_i^2} = \frac{1}{1 + CV^2}

    Examples
    --------
    >>> jain([0, 1])
    0.5
    """
    people = population(values, sizes, relative="jain")
    ratios = _ratios(people)
    return float(people.shares @ ratios) ** 2 / float(people.shares @ ratios**2)


def _range(people: Population) -> float:
    return float(people.values.max() - people.values.min())


def _deviation(people: Population) -> float:
    return float(people.shares @ np.abs(people.values - people.mean))


def _mean_difference(people: Population) -> float:
    order = people.ascending
    below, everyone = order.up_to[:-1], order.up_to[-1]
    return 2 * float((below / everyone * (1 - below / everyone)) @ np.diff(order.values))


def _ratios(people: Population) -> FloatArray:
    return people.values / people.mean if people.mean > 0 else np.ones_like(people.values)


def _over(spread: float, level: float) -> float:
    return spread / level if level > 0 else 0.0
