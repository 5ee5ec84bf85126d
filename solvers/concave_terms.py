"""Concave terms of a maximisation as outer approximation sees them: convex ones, and where to draw tangents.

A tangent is valid wherever it is drawn: for a plan at the end of the domain it is drawn inside, nearer to the
end with each round, and where a curve is flat it is drawn where it is steeper, since flat rows scale badly.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray, IndexArray
    from ..models.curves import Curve
    from ..models.matrix import MatrixForm

GRID = (1 / 16, 1 / 4, 1.0, 4.0, 16.0)
"""First tangents of ``power`` curves, as multiples of a plan's values."""

STEPS = (-4.0, -2.0, -1.0, 0.0, 1.0, 2.0, 4.0)
"""First tangents of ``exponential`` curves, from a plan's values, in units of 1 / kappa."""

NEARER, LOWER = 1e-3, 8.0
"""Share of the lowest point so far (or steps below it) at which the next may lie."""

FLAT = 1e-10
"""Share of the steepest slope below which a tangent is drawn where it is steeper: flat rows scale badly."""

BISECTIONS = 60


class Concave:
    """A form's curves as convex terms of a minimisation: the curves upside down.

    Examples
    --------
    >>> from allocare.models.curves import Curve
    >>> from allocare.models.matrix import FormBuilder
    >>> build = FormBuilder()
    >>> x = build.add_columns("x", 1)
    >>> curve = Curve(np.array([0]), np.array([3.0]), "power", 0.5)
    >>> form = build.finish(decisions="x", maximise=True, curves=(curve,))
    >>> terms = Concave(form, np.zeros(0, dtype=np.int32))
    >>> slope, level = terms.line(np.array([0]), np.array([4.0]))
    >>> terms.each(np.array([4.0])).tolist(), slope.tolist(), level.tolist()
    ([-12.0], [-1.5], [6.0])
    """

    nothing = 2e-10

    def __init__(self, form: MatrixForm, never: IndexArray) -> None:
        self.curves: list[Curve] = []
        for curve in form.curves:
            kept = ~np.isin(curve.columns, never)
            self.curves.append(replace(curve, columns=curve.columns[kept], weight=curve.weight[kept]))
        self.columns: IndexArray = np.concatenate([curve.columns for curve in self.curves])
        self.near_end = np.full(len(self.columns), np.inf)
        self.flattest = 0.0
        self.all = np.arange(len(self.columns), dtype=np.int32)
        ends = np.cumsum([len(curve.columns) for curve in self.curves])
        self.starts = ends - [len(curve.columns) for curve in self.curves]
        self.lowest = np.concatenate([_least(curve) for curve in self.curves])
        self.kind = np.repeat(np.arange(len(self.curves)), [len(curve.columns) for curve in self.curves])

    def each(self, x: FloatArray) -> FloatArray:
        """Minus the weighted curves."""
        return self._at(self.all, x)[1]

    def hull(self, x: FloatArray) -> FloatArray:
        """The same: utilities are divisible."""
        return self.each(x)

    def line(self, terms: IndexArray, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Tangents at points inside the domain."""
        slope, value = self._at(terms, points)
        return slope, slope * points - value

    def above(self, near: FloatArray, x: FloatArray) -> FloatArray:
        """Distance of the curve from its tangent, 0 where there is none."""
        with np.errstate(invalid="ignore"):
            slope, value = self._at(self.all, x)
            distance = self.each(near) - value - slope * (near - x)
        return np.where(np.isfinite(distance), distance, 0.0)

    def size(self, x: FloatArray) -> float:
        """Sizes of the curves' terms."""
        return sum(curve.size(x[self.kind == kind]) for kind, curve in enumerate(self.curves))

    def share(self, at: FloatArray, step: FloatArray, linear: float) -> float:
        """Bisection for where the derivative along the step changes sign."""
        low, high = 0.0, 1.0
        if self._rise(at + step, step) + linear <= 0:
            return 1.0
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            if self._rise(at + middle * step, step) + linear <= 0:
                low = middle
            else:
                high = middle
        return low

    def keep_above(self, at: FloatArray) -> None:
        """Draw no tangents that are flat beside the steepest at a plan."""
        self.flattest = FLAT * float(abs(self._at(self.all, at)[0]).max(initial=0.0))

    def inside(self, terms: IndexArray, points: FloatArray) -> FloatArray:
        """Points not much nearer to the end of the domain than any before, and not where curves are flat."""
        end, moved = self.near_end[terms], points.copy()
        for kind, curve in enumerate(self.curves):
            own = self.kind[terms] == kind
            limit = end[own] * NEARER if curve.shape == "power" else end[own] - LOWER / curve.parameter
            moved[own] = np.maximum(np.minimum(points[own], self._farthest(kind, terms[own])), limit)
        self.near_end[terms] = np.minimum(end, moved)
        return moved

    def first(
        self, at: FloatArray, width: float, lower: FloatArray, upper: FloatArray
    ) -> list[tuple[IndexArray, FloatArray]]:
        """Grid of tangents around a plan, as wide as said, within the columns' bounds."""
        found = []
        for kind, curve in enumerate(self.curves):
            which = self.all[self.kind == kind]
            power = curve.shape == "power"
            low, high = lower[curve.columns], upper[curve.columns]
            low = np.maximum(low, np.finfo(float).tiny) if power else low
            for step in GRID if power else STEPS:
                point = at[which] * step**width if power else at[which] + width * step / curve.parameter
                point = np.clip(np.minimum(point, self._farthest(kind, which)), low, high)
                found.append((which, point))
                self.near_end[which] = np.minimum(self.near_end[which], point)
        return found

    def chords(self, smallest: FloatArray) -> tuple[IndexArray, FloatArray, FloatArray]:
        """Cuts through 0 and each column's smallest value above it, where the curve is finite at 0."""
        through = [curve.shape == "power" and not curve.above_zero for curve in self.curves]
        terms = np.flatnonzero(np.array(through)[self.kind] & (smallest[self.columns] > 0)).astype(np.int32)
        gap = smallest[self.columns[terms]]
        return terms, self._at(terms, gap)[1] / gap, np.zeros(len(terms))

    def _at(self, terms: IndexArray, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Slope and value of the terms listed, at a point each."""
        slope, value = np.zeros(len(terms)), np.zeros(len(terms))
        for kind, curve in enumerate(self.curves):
            own = self.kind[terms] == kind
            part = replace(curve, weight=curve.weight[terms[own] - self.starts[kind]])
            slope[own], value[own] = -part.slope(points[own]), -part.weight * part.each(points[own])
        return slope, value

    def _farthest(self, kind: int, terms: IndexArray) -> FloatArray:
        """Where the slope of curves of a kind has come down to the flattest."""
        curve = self.curves[kind]
        weight = curve.weight[terms - self.starts[kind]]
        with np.errstate(divide="ignore", over="ignore"):
            ratio = weight / self.flattest
            if curve.shape == "exponential":
                return np.asarray(np.log(ratio) / curve.parameter)
            return np.asarray(ratio ** (1 / curve.parameter))

    def _rise(self, x: FloatArray, step: FloatArray) -> float:
        """Derivative of the terms along a step; infinite beyond the domain."""
        moving = step != 0
        with np.errstate(invalid="ignore"):
            slope, value = self._at(self.all, x)
            rise = (slope * step)[moving]
        outside = ~np.isfinite(value[moving])
        return float(np.where(outside, np.inf, rise).sum()) if len(rise) else 0.0


def _least(curve: Curve) -> FloatArray:
    """What a curve upside down does not pass below."""
    if curve.shape == "exponential":
        return -curve.weight / curve.parameter
    return np.full(len(curve.weight), 0.0 if curve.parameter > 1 else -np.inf)
