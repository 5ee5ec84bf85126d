r"""Concave terms of an objective: sums of one concave function over columns.

.. math:: \sum_k w_k f(x_k),\quad w_k > 0

Where f is one of
    - ``power`` with :math:`\alpha \ge 0`: :math:`x^{1-\alpha} / (1 - \alpha)`, and :math:`\ln x` at 1, for
      x of 0 or more (above 0 from :math:`\alpha = 1`)
    - ``exponential`` with :math:`\kappa > 0`: :math:`(1 - e^{-\kappa x}) / \kappa`, for any x; its slope at 0
      is 1, and it nears x as :math:`\kappa` nears 0
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
    origin
        What the columns were moved by: rounding is that of x + origin.

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
    origin: float = 0.0

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
        with np.errstate(divide="ignore", over="ignore"):
            if self.shape == "exponential":
                return np.asarray(self.weight * np.exp(-self.parameter * at))
            return np.asarray(self.weight * np.maximum(at, 0.0) ** -self.parameter)

    def bend(self, at: FloatArray) -> FloatArray:
        """Weighted second derivatives at the columns' values."""
        if self.shape == "exponential":
            return -self.parameter * self.slope(at)
        with np.errstate(divide="ignore", invalid="ignore"):
            return -self.parameter * self.slope(at) / at

    def size(self, at: FloatArray) -> float:
        """Sum of the terms' sizes and of what relative rounding of the columns moves them by.

        A logarithm is 0 at 1, and still rounds as its argument does.
        """
        with np.errstate(invalid="ignore"):
            moved = abs((abs(at) + abs(self.origin)) * self.slope(at))
            sizes = self.weight * abs(self.each(at)) + moved
        return float(sizes[np.isfinite(sizes)].sum())


@dataclass(frozen=True)
class Equivalent:
    r"""The utility that is as good for everybody as a sum of ``exponential`` terms over N people is.

    .. math:: c - \tfrac{1}{\kappa} \ln\bigl(1 - \kappa S / N\bigr)

    Where :math:`S = \sum_i n_i f(u_i - c)`; it grows with S.

    Parameters
    ----------
    parameter
        Kappa.
    people
        N, the sum of the weights.
    base
        c, what utilities are measured from inside the sum.

    Examples
    --------
    >>> Equivalent(2.0, 3.0, 0.5)(3 * (1 - np.exp(-2.0 * 0.25)) / 2)
    0.75
    """

    parameter: float
    people: float
    base: float

    def __call__(self, total: float) -> float:
        """Equally distributed equivalent of a sum."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return float(self.base - np.log1p(-self.parameter * total / self.people) / self.parameter)


def concave(shape: Shape, parameter: float, at: FloatArray) -> FloatArray:
    """Values of a concave function, minus infinity outside its domain.

    Examples
    --------
    >>> concave("power", 1.0, np.array([0.0, 1.0])).tolist()
    [-inf, 0.0]
    >>> concave("exponential", 1.0, np.array([0.0, np.log(2)])).tolist()
    [0.0, 0.5]
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if shape == "exponential":
            return np.asarray(-np.expm1(-parameter * at) / parameter)
        values = np.log(at) if parameter == 1 else at ** (1 - parameter) / (1 - parameter)
    outside = at < 0 if parameter < 1 else at <= 0
    return np.where(outside, -np.inf, values)
