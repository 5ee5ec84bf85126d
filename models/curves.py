r"""Concave terms of an objective: sums of one concave function over columns.

.. math:: \sum_k w_k f(x_k),\quad w_k > 0

Where f is one of
    - ``power`` with :math:`\alpha \ge 0`: :math:`x^{1-\alpha} / (1 - \alpha)`, and :math:`\ln x` at 1, for
      x of 0 or more (above 0 from :math:`\alpha = 1`)
    - ``exponential`` with :math:`\kappa > 0`: :math:`-e^{-\kappa x}`, for any x
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray, IndexArray

Shape: TypeAlias = Literal["power", "exponential"]


@dataclass(frozen=True, eq=False)
class Curve:
    """A concave term of an objective that is maximised.

    Parameters
    ----------
    columns
        The columns it is over.
    weight
        Weight of each, above 0.
    shape
        Which function.
    parameter
        Its parameter, alpha or kappa.

    Examples
    --------
    >>> welfare = Curve(np.array([0, 1]), np.ones(2), "power", 0.5)
    >>> welfare.value(np.array([4.0, 9.0])), welfare.slope(np.array([4.0, 9.0])).round(3).tolist()
    (10.0, [0.5, 0.333])
    """

    columns: IndexArray
    weight: FloatArray
    shape: Shape
    parameter: float

    @property
    def above_zero(self) -> bool:
        """Whether the function is there above 0 only."""
        return self.shape == "power" and self.parameter >= 1

    def each(self, at: FloatArray) -> FloatArray:
        """Values of the function at each column's value, without weights; minus infinity outside."""
        return concave(self.shape, self.parameter, at)

    def value(self, at: FloatArray) -> float:
        """Weighted sum at the columns' values."""
        return float(self.weight @ self.each(at))

    def slope(self, at: FloatArray) -> FloatArray:
        """Weighted derivatives at the columns' values; infinite at the end of the domain."""
        if self.shape == "exponential":
            return np.asarray(self.weight * self.parameter * np.exp(-self.parameter * at))
        with np.errstate(divide="ignore"):
            return np.asarray(self.weight * np.maximum(at, 0.0) ** -self.parameter)


def concave(shape: Shape, parameter: float, at: FloatArray) -> FloatArray:
    """Values of a concave function, minus infinity outside its domain.

    Examples
    --------
    >>> concave("power", 1.0, np.array([0.0, 1.0])).tolist()
    [-inf, 0.0]
    """
    if shape == "exponential":
        return np.asarray(-np.exp(-parameter * at))
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.log(at) if parameter == 1 else at ** (1 - parameter) / (1 - parameter)
    outside = at < 0 if parameter < 1 else at <= 0
    return np.where(outside, -np.inf, values)
