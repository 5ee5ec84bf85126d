r"""Generalised entropy: Theil's two measures and their split into within and between groups.

Values are 0 or more; where all are 0 everybody is even and every measure is 0. Someone with 0 makes Theil's L
(and every order of 0 or less) infinite, which is returned with a `LimitWarning`.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from ..instances.errors import InputError
from .grouping import group_positions
from .population import LimitWarning, population

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..instances.arrays import FloatArray
    from .population import Population


def generalised_entropy(values: npt.ArrayLike, sizes: npt.ArrayLike | None = None, *, alpha: float) -> float:
    r"""Generalised entropy of order :math:`\alpha`; the higher, the more the top end counts.

    .. math:: GE_\alpha = \frac{1}{\alpha (\alpha - 1)} \sum_i \pi_i \left[(u_i/\mu)^\alpha - 1\right]

    with the limits Theil's L at 0 and Theil's T at 1; :math:`GE_2 = CV^2 / 2`.

    Examples
    --------
    >>> round(generalised_entropy([10, 20, 30, 40, 50], alpha=2), 12) == round(1 / 9, 12)
    True
    """
    if not np.isfinite(alpha):
        raise InputError(f"the order of generalised entropy is {alpha}; give a finite number")
    return _entropy(population(values, sizes, relative=f"generalised-entropy:{alpha:g}"), alpha)


def theil_t(values: npt.ArrayLike, sizes: npt.ArrayLike | None = None) -> float:
    r"""Theil's T, :math:`\sum_i \pi_i (u_i/\mu) \ln (u_i/\mu)`, where someone with 0 adds 0.

    Examples
    --------
    >>> round(theil_t([10, 20, 30, 40, 50]), 7)
    0.1196876
    """
    return _entropy(population(values, sizes, relative="theil-t"), 1.0)


def theil_l(values: npt.ArrayLike, sizes: npt.ArrayLike | None = None) -> float:
    r"""Theil's L, the mean logarithmic deviation :math:`\sum_i \pi_i \ln (\mu/u_i)`.

    Examples
    --------
    >>> round(theil_l([10, 20, 30, 40, 50]), 6)
    0.141114
    """
    return _entropy(population(values, sizes, relative="theil-l"), 0.0)


@dataclass(frozen=True, eq=False)
class Decomposition:
    """Inequality of a population as the sum of what is within its groups and what is between them.

    Parameters
    ----------
    within, between, total
        Inequality inside the groups, that of the group means, and their sum.
    groups
        One row a group: ``share`` of people, ``mean``, the group's own ``inequality`` and its ``within`` and
        ``between`` terms, which add up to the two totals.

    Examples
    --------
    >>> theil_decomposition([1, 1, 3], [1, 2, 1], ["a", "a", "b"], "L").groups["mean"].to_dict()
    {'a': 1.0, 'b': 3.0}
    """

    within: float
    between: float
    total: float
    groups: pd.DataFrame


def theil_decomposition(
    values: npt.ArrayLike,
    sizes: npt.ArrayLike | None,
    groups: npt.ArrayLike,
    measure: Literal["T", "L"] = "T",
) -> Decomposition:
    r"""Split Theil's T or L into inequality within and between groups.

    With the share of people :math:`\pi_g`, mean :math:`\mu_g` and share of all utility
    :math:`s_g = \pi_g \mu_g / \mu` of group :math:`g`

    .. math:: T = \sum_g s_g T_g + \sum_g s_g \ln(\mu_g/\mu),\qquad
              L = \sum_g \pi_g L_g + \sum_g \pi_g \ln(\mu/\mu_g)

    Parameters
    ----------
    values, sizes
        Utility a person of each agent, and people each stands for (None: one each).
    groups
        Group of each agent.
    measure
        Which of the two.

    Examples
    --------
    >>> split = theil_decomposition([0, 0, 0, 10, 10, 10], None, ["a", "a", "a", "b", "b", "b"])
    >>> split.within, round(split.between, 6)
    (0.0, 0.693147)
    """
    if measure not in ("T", "L"):
        raise InputError(f"the measure to decompose is {measure!r}; it is 'T' or 'L'")
    people = population(values, sizes, relative=f"theil-{measure.lower()}")
    keys, at = group_positions(groups, people.values.size)
    size = np.bincount(at, people.sizes)
    share = size / people.sizes.sum()
    mean = np.bincount(at, people.sizes * people.values) / size
    level = mean / people.mean if people.mean > 0 else np.ones(len(keys))
    ratio = np.divide(people.values, mean[at], out=np.ones(at.size), where=mean[at] > 0)
    if measure == "T":
        weight = share * level
        between = weight * _log(level, 0.0)
        terms = ratio * _log(ratio, 0.0)
    else:
        weight = share
        between = -share * _log(level, -np.inf)
        terms = -_log(ratio, -np.inf)
        if people.mean > 0 and people.values.min() == 0:
            warnings.warn("someone has 0: Theil's L is infinite", LimitWarning, stacklevel=2)
    own = np.maximum(np.bincount(at, people.sizes * terms) / size, 0.0)
    within = weight * own
    table = pd.DataFrame(
        {"share": share, "mean": mean, "inequality": own, "within": within, "between": between}, index=keys
    )
    inside, outside = float(within.sum()), float(between.sum())
    return Decomposition(inside, outside, inside + outside, table)


def _log(values: FloatArray, at_zero: float) -> FloatArray:
    return np.log(values, out=np.full(values.size, at_zero), where=values > 0)


def _entropy(people: Population, alpha: float) -> float:
    if people.mean <= 0:
        return 0.0
    ratio = people.values / people.mean
    positive = ratio > 0
    if alpha <= 0 and not positive.all():
        warnings.warn("someone has 0: the entropy is infinite", LimitWarning, stacklevel=3)
        return float("inf")
    share, log = people.shares[positive], np.log(ratio[positive])
    # sums of expm1 keep their digits next to the two limits
    if alpha == 0:
        value = -float(share @ log)
    elif alpha == 1:
        value = float((share * ratio[positive]) @ log)
    elif alpha < 0.5:
        nothing = float(people.shares[~positive].sum())
        value = (float(share @ np.expm1(alpha * log)) - nothing) / (alpha * (alpha - 1))
    else:
        value = float((share * ratio[positive]) @ np.expm1((alpha - 1) * log)) / (alpha * (alpha - 1))
    return max(value, 0.0)
