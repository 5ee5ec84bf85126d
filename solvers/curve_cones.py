r"""Concave terms as cones: exponential ones for logarithms and exponentials, power cones for powers.

With a point r near the optimum, y = x / r (or v = κ (x - r)), and one column more a term,

.. math::
    \ln x &= \ln r + \max t && (t, 1, y) \in K_{\exp} \\
    \tfrac{x^{1-\alpha}}{1-\alpha} &= \tfrac{r^{1-\alpha}}{1-\alpha} \max t &&
        (y, 1, t) \in K_{1-\alpha},\; \alpha < 1 \\
    \tfrac{x^{1-\alpha}}{1-\alpha} &= -\tfrac{r^{1-\alpha}}{\alpha-1} \min t &&
        (y, t, 1) \in K_{(\alpha-1)/\alpha},\; \alpha > 1 \\
    \tfrac{1 - e^{-\kappa x}}{\kappa} &= \tfrac{1}{\kappa} - \tfrac{e^{-\kappa r}}{\kappa} \min t &&
        (-v, 1, t) \in K_{\exp}

Where :math:`K_{\exp} = \{(a, b, c): b e^{a/b} \le c, b > 0\}` and
:math:`K_p = \{(a, b, c): a^p b^{1-p} \ge |c|\}`. At the optimum with r there every y and t is near 1 or 0,
whatever the size of the utilities.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray, IndexArray
    from ..models.curves import Curve


@dataclass(frozen=True, eq=False)
class CurveCones:
    """A form's curves as cones beside its rows.

    Parameters
    ----------
    cost
        Cost of each term's own column, in a minimisation.
    constant
        What the minimisation adds to it.
    matrix, right_hand_side
        Three rows a term over all columns, the form's first and the terms' own behind: `right_hand_side` less
        `matrix` times the columns is in the term's cone.
    power
        Power of each term's cone, NaN for an exponential one.
    """

    cost: FloatArray
    constant: float
    matrix: sp.csr_array
    right_hand_side: FloatArray
    power: FloatArray

    @classmethod
    def of(
        cls, curves: tuple[Curve, ...], reference: FloatArray, factors: FloatArray, never: IndexArray
    ) -> CurveCones:
        """Build the cones of curves, for columns that are `factors` times those of the cones.

        Parameters
        ----------
        curves
            The curves.
        reference
            r: a value of every column.
        factors
            Size of a unit of every column of the cones.
        never
            Columns that are 0 in every plan, which add nothing.

        Examples
        --------
        >>> from allocare.models.curves import Curve
        >>> curve = Curve(np.array([1]), np.array([3.0]), "power", 1.0)
        >>> cones = CurveCones.of((curve,), np.array([0.0, 4.0]), np.ones(2), np.zeros(0, dtype=np.int32))
        >>> cones.matrix.toarray().tolist(), cones.right_hand_side.tolist(), cones.cost.tolist()
        ([[0.0, 0.0, -1.0], [0.0, 0.0, 0.0], [0.0, -0.25, 0.0]], [0.0, 1.0, 0.0], [-3.0])
        """
        parts = [_terms(curve, reference, factors, never) for curve in curves]
        column = np.concatenate([part.column for part in parts])
        count, width = len(column), len(reference)
        first = 3 * np.arange(count)
        placed = np.concatenate([part.place for part in parts])
        own = np.concatenate([part.own for part in parts])
        matrix = sp.csr_array(
            (
                np.concatenate([-np.concatenate([part.coefficient for part in parts]), -np.ones(count)]),
                (
                    np.concatenate([first + placed, first + own]),
                    np.concatenate([column, width + np.arange(count)]),
                ),
            ),
            shape=(3 * count, width + count),
        )
        limits = np.ones((count, 3))
        limits[np.arange(count), placed] = np.concatenate([part.shift for part in parts])
        limits[np.arange(count), own] = 0.0
        return cls(
            np.concatenate([part.cost for part in parts]),
            sum(part.constant for part in parts),
            matrix,
            limits.ravel(),
            np.concatenate([np.full(len(part.column), part.power) for part in parts]),
        )


@dataclass(frozen=True, eq=False)
class _Terms:
    """The cones of one curve: where its column and its own one stand, and what they count."""

    column: IndexArray
    coefficient: FloatArray
    shift: FloatArray
    place: IndexArray
    own: IndexArray
    cost: FloatArray
    constant: float
    power: float


def _terms(curve: Curve, reference: FloatArray, factors: FloatArray, never: IndexArray) -> _Terms:
    kept = ~np.isin(curve.columns, never)
    column, weight, parameter = curve.columns[kept], curve.weight[kept], curve.parameter
    at, unit = reference[column], factors[column]
    shift, constant = np.zeros(len(column)), 0.0
    if curve.shape == "exponential":
        place, own, power = 0, 2, np.nan
        coefficient, shift = -parameter * unit, parameter * at
        cost = weight * np.exp(-parameter * at) / parameter
        constant = -float(weight.sum()) / parameter
    elif parameter == 1:
        place, own, power = 2, 0, np.nan
        coefficient, cost, constant = unit / at, -weight, -float(weight @ np.log(at))
    else:
        place, own = 0, 2 if parameter < 1 else 1
        power = 1 - parameter if parameter < 1 else (parameter - 1) / parameter
        coefficient, cost = unit / at, -weight * at ** (1 - parameter) / (1 - parameter)
    spread = np.full(len(column), 1, dtype=np.int32)
    return _Terms(column, coefficient, shift, place * spread, own * spread, cost, constant, power)
