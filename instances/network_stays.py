r"""Lengths of stay by distribution: who is still in care some days after admission.

With :math:`p_d` the probability of a stay of d days (:math:`d \ge 1`, the day of admission counted), the
share of those admitted on one day who are still in care k days later is

.. math:: S(k) = \sum_{d > k} p_d, \qquad S(0) = 1

Whoever is in care already when the plan begins has come at some earlier day; where admissions were steady,
the days that remain (today counted) have the equilibrium distribution of renewal theory,
:math:`q_d = S(d) / \sum_{k \ge 1} S(k)`.

References
----------
W. Feller, "An Introduction to Probability Theory and Its Applications", vol. 2, 2nd ed., Wiley, 1971, XI.4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .errors import InputError

if TYPE_CHECKING:
    from typing import Any

    import numpy.typing as npt
    import pandas as pd

    from .arrays import FloatArray

_DECIMALS = 12
"""Decimals that shares in care are kept to, so that sums of decimals are decimals."""

_SUM_TOLERANCE = 1e-6
"""Most by which the probabilities of a table may miss 1."""


def stay_probabilities(values: npt.ArrayLike, classes: pd.Index[Any], what: str) -> FloatArray:
    """Return probabilities of 1, 2, 3 ... days by class, one row each, that are and add up to what they must.

    Raises
    ------
    InputError
        Naming the first class whose probabilities are negative or do not add up to 1.

    Examples
    --------
    >>> import pandas as pd
    >>> stay_probabilities([[0.5, 0.5]], pd.Index(["ward"]), "stay").tolist()
    [[0.5, 0.5]]
    >>> stay_probabilities([[0.5, 0.4]], pd.Index(["ward"]), "stay")
    Traceback (most recent call last):
    ...
    allocare.instances.errors.InputError: probabilities of stay of 'ward' add up to 0.9; they must add up to 1
    """
    try:
        table = np.array(values, dtype=np.float64, ndmin=2)
    except (TypeError, ValueError) as error:
        raise InputError(f"{what} holds something that is not a number ({error})") from error
    if table.ndim != 2 or len(table) != len(classes):
        raise InputError(f"{what} has {len(table)} rows for {len(classes)} classes; give one each")
    wrong = ~(np.isfinite(table) & (table >= 0))
    if wrong.any():
        at, day = (int(place[0]) for place in np.nonzero(wrong))
        raise InputError(
            f"probability of a {what} of {day + 1} days of {classes[at]!r} is {table[at, day]:g}; "
            "it must be 0 or more"
        )
    total = table.sum(axis=1)
    off = np.abs(total - 1) > _SUM_TOLERANCE
    if off.any():
        at = int(np.argmax(off))
        raise InputError(
            f"probabilities of {what} of {classes[at]!r} add up to {total[at]:.6g}; they must add up to 1"
        )
    table.flags.writeable = False
    return table


def survival(probability: FloatArray, n_days: int) -> FloatArray:
    """Share still in care 0, 1, 2 ... days after admission, shape (classes, n_days).

    Examples
    --------
    >>> survival(np.array([[0.25, 0.25, 0.5]]), 4).tolist()
    [[1.0, 0.75, 0.5, 0.0]]
    """
    longest = probability.shape[1]
    share = np.zeros((len(probability), max(n_days, longest) + 1))
    share[:, :longest] = probability[:, ::-1].cumsum(axis=1)[:, ::-1]
    share[:, 0] = 1.0
    return np.asarray(np.round(np.minimum(share[:, :n_days], 1.0), _DECIMALS))


def equilibrium(probability: FloatArray) -> FloatArray:
    """Probabilities of 1, 2, 3 ... remaining days of those in care, had admissions been steady.

    Examples
    --------
    Half of the stays last one day and half three: those who came before today are on their second or third.

    >>> equilibrium(np.array([[0.5, 0.0, 0.5]])).tolist()
    [[0.5, 0.5, 0.0]]
    """
    left = survival(probability, probability.shape[1] + 1)[:, 1:]
    # where nobody stays overnight, whoever is there leaves today
    left[left.sum(axis=1) == 0, 0] = 1.0
    return np.asarray(left / left.sum(axis=1, keepdims=True))


def discretised(mean: float, deviation: float, *, tail: float = 1e-3, decimals: int = 4) -> FloatArray:
    r"""Probabilities of whole days of a lognormal length of stay, the usual fit to hospital records.

    A stay of :math:`x` days takes :math:`\lceil x \rceil` calendar days. The tail beyond the last day that is
    kept is added to that day.

    Parameters
    ----------
    mean, deviation
        Mean and standard deviation in days, both above 0.
    tail
        Probability beyond which longer stays are cut off.
    decimals
        Decimals of the probabilities.

    Examples
    --------
    >>> stay = discretised(6.0, 4.0)
    >>> float(stay.sum().round(9)), len(stay), float((stay @ np.arange(1, len(stay) + 1)).round(1))
    (1.0, 33, 6.5)
    """
    from scipy.stats import lognorm

    if not (mean > 0 and deviation > 0):
        raise InputError(
            f"mean and standard deviation of a stay are {mean:g} and {deviation:g}; give numbers above 0"
        )
    spread = np.sqrt(np.log1p((deviation / mean) ** 2))
    stay = lognorm(s=spread, scale=mean * np.exp(-(spread**2) / 2))
    longest = max(int(np.ceil(stay.ppf(1 - tail))), 1)
    reached = np.round(stay.cdf(np.arange(longest)), decimals)
    return np.asarray(np.round(np.diff(reached, append=1.0), decimals))
