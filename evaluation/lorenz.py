r"""Lorenz and generalised Lorenz curves, and which of two distributions dominates.

With people from the worst off to the best off, after the worst-off share :math:`p` of all people

.. math:: GL(p) = \int_0^p u(q)\, dq,\qquad L(p) = GL(p) / \mu

both piecewise linear with a corner at each agent. A generalised Lorenz curve that lies nowhere below another
is preferred by every welfare function that likes more and likes equal (Shorrocks 1983); a Lorenz curve that
does is more equal by every relative measure that respects the principle of transfers (Atkinson 1970).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from ..instances.errors import InputError
from .population import population

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..instances.arrays import FloatArray
    from .population import Population


def lorenz_curve(values: npt.ArrayLike, sizes: npt.ArrayLike | None = None) -> pd.DataFrame:
    """Corners of the Lorenz curve: share of people, worst off first, and the share of everything they have.

    Where all values are 0 everybody is even, and the curve is the diagonal.

    Examples
    --------
    >>> lorenz_curve([1, 3])
       people  held
    0     0.0  0.00
    1     0.5  0.25
    2     1.0  1.00
    """
    return pd.DataFrame(_curve(population(values, sizes, relative="lorenz"), generalised=False)._asdict())


def generalised_lorenz_curve(values: npt.ArrayLike, sizes: npt.ArrayLike | None = None) -> pd.DataFrame:
    """Corners of the generalised Lorenz curve: it ends at the mean, so it ranks level and evenness together.

    Examples
    --------
    >>> generalised_lorenz_curve([1, 3])
       people  held
    0     0.0   0.0
    1     0.5   0.5
    2     1.0   2.0
    """
    return pd.DataFrame(_curve(population(values, sizes), generalised=True)._asdict())


class Verdict(StrEnum):
    """Which of two curves lies above."""

    FIRST = "first dominates"
    """The first is nowhere below the second and somewhere above."""
    SECOND = "second dominates"
    """The second is nowhere below the first and somewhere above."""
    CROSS = "curves cross"
    """Each is somewhere above the other: which is better depends on the measure."""
    EQUAL = "curves are equal"
    """They differ nowhere by more than the tolerance."""


@dataclass(frozen=True)
class Dominance:
    """How two curves lie.

    Parameters
    ----------
    verdict
        Which lies above.
    first_lead, second_lead
        The most by which each lies above the other, in the unit of the curve; 0 where it never does.
    tolerance
        Lead, in the same unit, up to which curves count as touching.

    Examples
    --------
    >>> found = dominance(([2, 2], None), ([1, 3], None))
    >>> found.first_lead, found.second_lead
    (0.5, 0.0)
    """

    verdict: Verdict
    first_lead: float
    second_lead: float
    tolerance: float


def dominance(
    first: tuple[npt.ArrayLike, npt.ArrayLike | None],
    second: tuple[npt.ArrayLike, npt.ArrayLike | None],
    *,
    generalised: bool = True,
    tolerance: float = 1e-9,
) -> Dominance:
    """Compare two distributions by their curves, exactly: both are piecewise linear, so corners decide.

    Parameters
    ----------
    first, second
        Values and sizes (None: one each) of either; they need not be of the same agents or number of people.
    generalised
        Compare generalised Lorenz curves (more and more equal), else Lorenz curves (more equal).
    tolerance
        Lead that counts as none, as a share of the largest height of either curve.

    Raises
    ------
    InputError
        Where Lorenz curves are asked for and a value is negative, or the tolerance is not 0 or more.

    Examples
    --------
    >>> dominance(([2, 2], None), ([1, 3], None)).verdict.value
    'first dominates'
    >>> dominance(([2, 2], None), ([1, 9], None)).verdict.value
    'curves cross'
    """
    if not tolerance >= 0:
        raise InputError(f"the tolerance of a dominance verdict is {tolerance}; it must be 0 or more")
    relative = "" if generalised else "lorenz"
    a, b = (_curve(population(*data, relative=relative), generalised) for data in (first, second))
    corners = np.union1d(a.people, b.people)
    lead = np.interp(corners, a.people, a.held) - np.interp(corners, b.people, b.held)
    allowed = tolerance * max(float(np.abs(a.held).max()), float(np.abs(b.held).max()))
    up, down = max(0.0, float(lead.max())), max(0.0, float(-lead.min()))
    verdict = {
        (True, False): Verdict.FIRST,
        (False, True): Verdict.SECOND,
        (True, True): Verdict.CROSS,
        (False, False): Verdict.EQUAL,
    }[up > allowed, down > allowed]
    return Dominance(verdict, up, down, allowed)


class _Curve(NamedTuple):
    people: FloatArray
    held: FloatArray


def _curve(people: Population, generalised: bool) -> _Curve:
    order = people.ascending
    reached = np.concatenate([[0.0], order.up_to / order.up_to[-1]])
    if generalised or people.mean > 0:
        level = order.values if generalised else order.values / people.mean
        held = np.concatenate([[0.0], np.cumsum(order.shares * level)])
    else:
        held = reached.copy()
    if not generalised:
        held[-1] = 1.0
    return _Curve(reached, held)
