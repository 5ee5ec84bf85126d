r"""Equally-distributed equivalents: the level that, given to all, would be worth as much as what they have.

Atkinson's measures compare ratios, so values are 0 or more; Kolm and Pollak's compare differences and take
any value, burdens among them as negative utilities.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from ..instances.errors import InputError
from .population import LimitWarning, Population, population

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..instances.arrays import FloatArray


def atkinson_ede(values: npt.ArrayLike, sizes: npt.ArrayLike | None = None, *, epsilon: float) -> float:
    r"""Atkinson's equally-distributed equivalent, the mean of order :math:`1 - \varepsilon`.

    .. math:: EDE_\varepsilon = \Bigl(\sum_i \pi_i u_i^{1 - \varepsilon}\Bigr)^{1/(1 - \varepsilon)},\qquad
              EDE_1 = \prod_i u_i^{\pi_i}

    Where someone has 0 and :math:`\varepsilon \ge 1` it is 0, the limit, with a `LimitWarning`.

    Parameters
    ----------
    values, sizes
        Utility a person of each agent, and people each stands for (None: one each).
    epsilon
        Aversion to inequality, 0 (none) or more.

    Examples
    --------
    >>> round(atkinson_ede([10, 20, 30, 40, 50], epsilon=1), 7)
    26.0517108
    """
    return _atkinson_ede(_ratio_scaled(values, sizes, epsilon, "atkinson-ede"), epsilon)


def atkinson(values: npt.ArrayLike, sizes: npt.ArrayLike | None = None, *, epsilon: float) -> float:
    r"""Atkinson's index: the share of the mean that could be given up for evenness, :math:`1 - EDE/\mu`.

    Where all values are 0 everybody is even: 0. Where someone has 0 and :math:`\varepsilon \ge 1` it is 1,
    with a `LimitWarning`.

    Parameters
    ----------
    values, sizes, epsilon
        As for `atkinson_ede`.

    Examples
    --------
    >>> round(atkinson([10, 20, 30, 40, 50], epsilon=2), 7)
    0.270073
    """
    people = _ratio_scaled(values, sizes, epsilon, "atkinson")
    if people.mean <= 0:
        return 0.0
    return min(max(1 - _atkinson_ede(people, epsilon) / people.mean, 0.0), 1.0)


def kolm_pollak_ede(values: npt.ArrayLike, sizes: npt.ArrayLike | None = None, *, kappa: float) -> float:
    r"""Kolm and Pollak's equally-distributed equivalent; what is added to all is added to it.

    .. math:: EDE_\kappa = -\frac{1}{\kappa} \ln \sum_i \pi_i e^{-\kappa u_i}

    Parameters
    ----------
    values, sizes
        Utility a person of each agent, negative for a burden, and people each stands for (None: one each).
    kappa
        Aversion to inequality, above 0, in one over the unit of the values: plans are compared at one kappa.

    Examples
    --------
    >>> round(kolm_pollak_ede([-1.0, 1.0], kappa=1.0), 6)
    -0.433781
    """
    return _kolm_pollak_ede(population(values, sizes), kappa)


def kolm_pollak(values: npt.ArrayLike, sizes: npt.ArrayLike | None = None, *, kappa: float) -> float:
    r"""Kolm and Pollak's index: utility that evenness is worth to a person, :math:`\mu - EDE_\kappa`.

    Parameters
    ----------
    values, sizes, kappa
        As for `kolm_pollak_ede`.

    Examples
    --------
    >>> round(kolm_pollak([99.0, 101.0], kappa=1.0), 6)
    0.433781
    """
    people = population(values, sizes)
    return max(people.mean - _kolm_pollak_ede(people, kappa), 0.0)


def kolm_pollak_kappa(values: npt.ArrayLike, sizes: npt.ArrayLike | None = None, *, epsilon: float) -> float:
    r"""Kappa that is for a reference distribution what an Atkinson epsilon is, :math:`\varepsilon / c`.

    .. math:: c = \frac{\sum_i n_i u_i^2}{|\sum_i n_i u_i|}

    the contraharmonic mean (Sheriff and Maguire 2020; Logan and others 2021). Choose it once, from the status
    quo, and use it for every plan.

    Parameters
    ----------
    values, sizes
        The reference distribution.
    epsilon
        Aversion to inequality without unit, above 0.

    Examples
    --------
    >>> kolm_pollak_kappa([1.0, 3.0], epsilon=1)
    0.4
    """
    _positive(epsilon, "epsilon")
    people = population(values, sizes)
    if people.mean == 0:
        raise InputError("the reference distribution has mean 0, which sets no scale; give kappa itself")
    return epsilon * abs(people.mean) / float(people.shares @ people.values**2)


def _atkinson_ede(people: Population, epsilon: float) -> float:
    lowest = float(people.values.min())
    if lowest == 0 and epsilon >= 1:
        if people.mean > 0:
            warnings.warn("someone has 0: the equivalent is 0, its limit", LimitWarning, stacklevel=3)
        return 0.0
    if people.mean == 0:
        return 0.0
    log = np.log(people.values, out=np.full(people.values.size, -np.inf), where=people.values > 0)
    if epsilon == 1:
        return float(np.exp(people.shares @ log))
    order = 1 - epsilon
    return float(np.exp(_log_mean_exp(order * log, people.shares) / order))


def _kolm_pollak_ede(people: Population, kappa: float) -> float:
    _positive(kappa, "kappa")
    return -_log_mean_exp(-kappa * people.values, people.shares) / kappa


def _log_mean_exp(exponents: FloatArray, shares: FloatArray) -> float:
    """Logarithm of the mean exponential, free of overflow, and of cancellation where exponents are close."""
    largest = float(exponents.max())
    below = exponents - largest
    if below.min() > -1:
        return largest + float(np.log1p(shares @ np.expm1(below)))
    return largest + float(np.log(shares @ np.exp(below)))


def _ratio_scaled(
    values: npt.ArrayLike, sizes: npt.ArrayLike | None, epsilon: float, name: str
) -> Population:
    if not (np.isfinite(epsilon) and epsilon >= 0):
        raise InputError(f"epsilon of {name} is {epsilon:g}; it must be a finite number of 0 or more")
    return population(values, sizes, relative=name)


def _positive(value: float, name: str) -> None:
    if not (np.isfinite(value) and value > 0):
        raise InputError(f"{name} is {value:g}; give a finite number above 0 (burdens are negative values)")
