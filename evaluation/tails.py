"""Measures of the ends of a distribution: McLoone's of the lower half, Palma's of the top over the bottom."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from .population import LimitWarning, population

if TYPE_CHECKING:
    import numpy.typing as npt

    from .population import Population


def median(values: npt.ArrayLike, sizes: npt.ArrayLike | None = None) -> float:
    """Value of the middle person, or half way between the two in the middle.

    Examples
    --------
    >>> median([1, 2, 9], [1, 1, 2])
    5.5
    """
    return _median(population(values, sizes))


def mcloone(values: npt.ArrayLike, sizes: npt.ArrayLike | None = None) -> float:
    r"""McLoone's index: what people at or below the median have, as a share of the median each; 1 is even.

    .. math:: \frac{\sum_{i: u_i \le m} n_i u_i}{m \sum_{i: u_i \le m} n_i}

    Where the median :math:`m` is 0 the lower half is even: 1, the limit, with a `LimitWarning` unless
    everybody has 0.

    Examples
    --------
    >>> round(mcloone([10, 20, 30, 40, 50]), 12) == round(2 / 3, 12)
    True
    """
    people = population(values, sizes, relative="mcloone")
    middle = _median(people)
    if middle == 0:
        if people.mean > 0:
            warnings.warn("the median is 0: the lower half is even", LimitWarning, stacklevel=2)
        return 1.0
    lower = people.values <= middle
    # ratios first, so that an even lower half is exactly 1
    return float(people.sizes[lower] @ (people.values[lower] / middle) / people.sizes[lower].sum())


def palma(values: npt.ArrayLike, sizes: npt.ArrayLike | None = None) -> float:
    r"""Palma ratio: what the best-off tenth has over what the worst-off four tenths have; 0.25 is even.

    .. math:: \frac{1 - L(0.9)}{L(0.4)}

    with the Lorenz curve :math:`L`, so that an agent on a boundary counts with the people on either side.
    Where the worst-off four tenths have nothing it is infinite, with a `LimitWarning`; where everybody has 0
    all are even.

    Examples
    --------
    >>> palma([1] * 9 + [11])
    2.75
    """
    people = population(values, sizes, relative="palma")
    if people.mean == 0:
        return 0.25
    order = people.ascending
    rank = np.concatenate([[0.0], order.up_to])
    held = np.concatenate([[0.0], np.cumsum(order.sizes * order.values)])
    bottom, rest = np.interp([0.4 * rank[-1], 0.9 * rank[-1]], rank, held)
    if bottom == 0:
        warnings.warn("the worst-off 40 % have 0: the ratio is infinite", LimitWarning, stacklevel=2)
        return float("inf")
    return float((held[-1] - rest) / bottom)


def _median(people: Population) -> float:
    order = people.ascending
    half = order.up_to[-1] / 2
    # sums of sizes that are not whole meet the half only up to rounding
    slack = 1e-12 * half
    lower = int(np.searchsorted(order.up_to, half - slack))
    upper = int(np.searchsorted(order.up_to, half + slack, side="right"))
    return float(order.values[lower] + order.values[upper]) / 2
