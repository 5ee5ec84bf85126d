"""Convex terms of a minimisation, as outer approximation sees them; squares among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from ..instances.arrays import BoolArray, FloatArray, IndexArray
    from ..models.matrix import MatrixForm


class Terms(Protocol):
    """The convex terms of a minimisation, each over one column."""

    columns: IndexArray
    lowest: FloatArray
    """Value that each term does not pass below."""
    nothing: float
    """Share of the objective's size that counts as 0."""

    def each(self, x: FloatArray) -> FloatArray:
        """Value of each term; infinite outside its domain."""

    def hull(self, x: FloatArray) -> FloatArray:
        """Value of each term's convex hull over the values that its column can have."""

    def line(self, terms: IndexArray, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Slope and level of the cuts ``t >= slope * x - level`` at points, one a term listed."""

    def above(self, near: FloatArray, x: FloatArray) -> FloatArray:
        """How far each term at `near` is above its tangent at x."""

    def size(self, x: FloatArray) -> float:
        """Sum of the terms' sizes, before they cancel."""

    def share(self, at: FloatArray, step: FloatArray, linear: float) -> float:
        """Part in [0, 1] of a step that is best, where the rest of the objective changes by `linear`."""

    def inside(self, terms: IndexArray, points: FloatArray) -> FloatArray:
        """Points near those given at which the terms listed have tangents."""


class Squares:
    """The terms q_k x_k^2, of whole columns or divisible ones.

    Examples
    --------
    >>> squares = Squares(np.array([0]), np.array([2.0]), np.array([True]))
    >>> squares.each(np.array([1.5])).tolist(), squares.hull(np.array([1.5])).tolist()
    ([4.5], [5.0])
    """

    nothing = 1e-12

    def __init__(self, columns: IndexArray, weight: FloatArray, whole: BoolArray) -> None:
        self.columns, self.weight, self.whole = columns, weight, whole
        self.lowest = np.zeros(len(columns))

    @classmethod
    def of(cls, form: MatrixForm) -> Squares:
        """Those of a form, as a minimisation has them."""
        assert form.quadratic is not None
        columns = np.flatnonzero(form.quadratic).astype(np.int32)
        sign = -1.0 if form.maximise else 1.0
        return cls(columns, sign * form.quadratic[columns], form.whole[columns])

    def each(self, x: FloatArray) -> FloatArray:
        """Squares by their weight."""
        return self.weight * x**2

    def hull(self, x: FloatArray) -> FloatArray:
        """The secant through the whole numbers on either side where x is whole."""
        floor = np.floor(x)
        return self.weight * np.where(self.whole, (2 * floor + 1) * x - floor * (floor + 1), x * x)

    def line(self, terms: IndexArray, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Tangents, secants where whole."""
        floor, whole, weight = np.floor(points), self.whole[terms], self.weight[terms]
        slope = weight * np.where(whole, 2 * floor + 1, 2 * points)
        return slope, weight * np.where(whole, floor * (floor + 1), points**2)

    def above(self, near: FloatArray, x: FloatArray) -> FloatArray:
        """Square of the distance by its weight."""
        return self.weight * (near - x) ** 2

    def size(self, x: FloatArray) -> float:
        """They do not cancel."""
        return float(self.weight @ x**2)

    def share(self, at: FloatArray, step: FloatArray, linear: float) -> float:
        """The vertex of a parabola."""
        slope = linear + 2 * float(self.weight @ (at * step))
        bend = float(self.weight @ step**2)
        return 1.0 if bend <= 0 else min(max(-slope / (2 * bend), 0.0), 1.0)

    def inside(self, terms: IndexArray, points: FloatArray) -> FloatArray:
        """They have tangents everywhere."""
        return points
