r"""Inequality along a ranking of deprivation, as health inequality is reported.

Agents are ranked from the most to the least deprived. Agent :math:`i` stands at its ridit, the share of
people more deprived plus half of those as deprived, so that ties share their mean and all ridits average 1/2:

.. math:: R_i = \sum_{j: r_j < r_i} \pi_j + \tfrac12 \sum_{j: r_j = r_i} \pi_j
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..instances.errors import InputError
from .population import agent_numbers, population

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..instances.arrays import FloatArray
    from .population import Population


def ridits(rank: npt.ArrayLike, sizes: npt.ArrayLike | None = None) -> FloatArray:
    """Where each agent stands between the most deprived (0) and the least deprived person (1).

    Parameters
    ----------
    rank
        Any number that ascends from the most to the least deprived, such as a quintile.
    sizes
        People each agent stands for; None means one each.

    Examples
    --------
    >>> ridits([1, 2, 2, 3]).tolist()
    [0.125, 0.5, 0.5, 0.875]
    """
    people = population(rank, sizes)
    _, at = np.unique(people.values, return_inverse=True)
    share = np.bincount(at, people.shares)
    return np.asarray((np.cumsum(share) - share / 2)[at], dtype=np.float64)


def slope_index_of_inequality(
    values: npt.ArrayLike, sizes: npt.ArrayLike | None = None, *, rank: npt.ArrayLike
) -> float:
    r"""Gap from the most to the least deprived person, by weighted least squares on the ridit.

    .. math:: SII = \frac{\sum_i \pi_i (u_i - \mu)(R_i - 1/2)}{\sum_i \pi_i (R_i - 1/2)^2}

    Above 0 where the less deprived have more.

    Parameters
    ----------
    values, sizes
        Utility a person of each agent, and people each stands for (None: one each).
    rank
        Rank of each agent, ascending from the most to the least deprived.

    Raises
    ------
    InputError
        Where all are equally deprived, so that there is no slope.

    Examples
    --------
    >>> round(slope_index_of_inequality([52.1, 56.3, 59.8, 63.2, 66.8], rank=[1, 2, 3, 4, 5]), 9)
    18.15
    """
    return _slope(population(values, sizes), _distances(values, sizes, rank))


def relative_index_of_inequality(
    values: npt.ArrayLike, sizes: npt.ArrayLike | None = None, *, rank: npt.ArrayLike
) -> float:
    r"""Slope index over mean, :math:`SII / \mu`; 0 where everybody has 0.

    Parameters
    ----------
    values, sizes, rank
        As for `slope_index_of_inequality`, values of 0 or more.

    Examples
    --------
    >>> round(relative_index_of_inequality([52.1, 56.3, 59.8, 63.2, 66.8], rank=[1, 2, 3, 4, 5]), 6)
    0.304326
    """
    people = population(values, sizes, relative="rii")
    slope = _slope(people, _distances(values, sizes, rank))
    return slope / people.mean if people.mean > 0 else 0.0


def concentration_index(
    values: npt.ArrayLike, sizes: npt.ArrayLike | None = None, *, rank: npt.ArrayLike
) -> float:
    r"""Concentration index, the Gini coefficient's form with ranks of deprivation in place of ranks of value.

    .. math:: C = \frac{2}{\mu} \sum_i \pi_i u_i R_i - 1 \in (-1, 1)

    Above 0 where the less deprived have more; 0 where everybody has 0 or all are equally deprived. It is the
    Gini coefficient where the two rankings agree.

    Parameters
    ----------
    values, sizes, rank
        As for `slope_index_of_inequality`, values of 0 or more.

    Examples
    --------
    >>> round(concentration_index([52.1, 56.3, 59.8, 63.2, 66.8], rank=[1, 2, 3, 4, 5]), 8)
    0.04869215
    """
    people = population(values, sizes, relative="concentration-index")
    distance = _distances(values, sizes, rank)
    if people.mean == 0:
        return 0.0
    return 2 * float((people.shares * distance) @ (people.values - people.mean)) / people.mean


def _slope(people: Population, distance: FloatArray) -> float:
    spread = float(people.shares @ distance**2)
    if np.ptp(distance) == 0:
        raise InputError("all agents have the same deprivation rank, so there is no slope; give at least two")
    return float((people.shares * distance) @ (people.values - people.mean)) / spread


def _distances(values: npt.ArrayLike, sizes: npt.ArrayLike | None, rank: npt.ArrayLike) -> FloatArray:
    """Ridits less their mean."""
    return ridits(agent_numbers(rank, values, "deprivation rank"), sizes) - 0.5
