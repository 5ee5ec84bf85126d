"""Comparing what a plan does with what it may do, for all rows of a rule at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from .report import LISTED, Violation

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt
    import pandas as pd

    from ...instances.arrays import BoolArray, FloatArray

RELATIVE = 1e-6
WHOLENESS = 1e-6
SMALLEST = 1e-9
"""Smallest size of quantities that tolerances follow down to."""
_TOO = {True: ("few", "many"), False: ("little", "much")}

Describe: TypeAlias = "Callable[[int, str, str, str], tuple[str, str]]"


def largest(quantities: FloatArray | None) -> float:
    """Largest finite magnitude, 0 where there is none.

    Examples
    --------
    >>> largest(np.array([3.0, -7.0, np.inf])), largest(None)
    (7.0, 0.0)
    """
    if quantities is None:
        return 0.0
    if len(quantities) and np.isfinite(top := max(float(quantities.max()), -float(quantities.min()))):
        return max(top, 0.0)
    magnitude = np.abs(quantities)
    return float(np.max(magnitude, where=np.isfinite(magnitude), initial=0.0))


def common_size(*sizes: float) -> float:
    """Size of what can move when each of several things limits it: the smallest that is not 0, or else 1.

    A supply of a billion, meant as no limit, thus does not blunt the check of demands of ten.

    Examples
    --------
    >>> common_size(1e9, 10.0, 0.0), common_size()
    (10.0, 1.0)
    """
    return max(min((size for size in sizes if size > 0), default=1.0), SMALLEST)


def floor_tolerance(magnitude: float) -> float:
    """Absolute part of the tolerance for quantities of a magnitude.

    Examples
    --------
    >>> floor_tolerance(100.0), floor_tolerance(1e9), floor_tolerance(1e-3)
    (1e-06, 1.0, 1e-09)
    """
    return max(1e-6 * min(1.0, magnitude), 1e-9 * magnitude)


def figure(value: float) -> str:
    """Write a number for people: whole ones without a fraction.

    Examples
    --------
    >>> figure(12.0), figure(0.1 + 0.2), figure(1e7)
    ('12', '0.3', '10000000')
    """
    value = float(value)
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.10g}"


def named(keys: pd.Index[Any], at: int) -> str:
    """The key at a position as it is written in messages.

    Examples
    --------
    >>> import pandas as pd
    >>> named(pd.Index(["Hessen"]), 0), named(pd.Index([7]), 0)
    ("'Hessen'", '7')
    """
    key = keys[at]
    return repr(key.item() if isinstance(key, np.generic) else key)


@dataclass
class Findings:
    """Collects violations. A row off by no more than its tolerance keeps its rule.

    Parameters
    ----------
    floor
        Absolute tolerance, see `floor_tolerance`.
    whole
        Whether all quantities and limits are whole numbers, so that a row is off by 1 or not at all.
    unit
        Unit of the quantities.
    """

    floor: float
    whole: bool = False
    unit: str = ""
    violations: list[Violation] = field(default_factory=list)
    count: int = 0

    def hold(
        self,
        rule: str,
        values: FloatArray,
        describe: Describe,
        *,
        at_most: FloatArray | float | None = None,
        at_least: FloatArray | float | None = None,
        gross: FloatArray | None = None,
        left_out: bool = False,
        floor: FloatArray | float | None = None,
        unit: str | None = None,
        whole: BoolArray | bool | None = None,
    ) -> None:
        """Hold every row of a rule to its limits, and record those outside.

        Parameters
        ----------
        rule
            As in `Violation`.
        values
            One a row.
        describe
            From a row's position, its value and limit in words, and by how much it is off, to its keys
            and the message's second half.
        at_most, at_least
            Limits, one a row or one for all.
        gross
            Sum of the absolute terms of each value, where they may cancel.
        left_out
            Whether a row below `at_least` only leaves something out.
        floor, unit
            Absolute tolerance and unit of this rule, where they are not the common ones.
        whole
            Whether only whole numbers are added in this rule (one answer, or one a row).
        """
        for limits, side in ((at_most, 1.0), (at_least, -1.0)):
            if limits is None:
                continue
            # few rows are near their limit: only those are looked at closely
            suspects = np.flatnonzero(values > limits if side > 0 else values < limits)
            value, limit = values[suspects], _taken(limits, suspects)
            activity = np.abs(value) if gross is None else gross[suspects]
            tolerance = RELATIVE * np.maximum(np.abs(limit), activity)
            tolerance += self.floor if floor is None else _taken(floor, suspects)
            counted = _taken(self.whole if whole is None else whole, suspects)
            tolerance = np.where(counted, np.minimum(tolerance, 0.5), tolerance)
            amount = side * (value - limit)
            broken = amount > tolerance
            self.count += int(np.count_nonzero(broken))
            shown = self.unit if unit is None else unit
            for at in _worst(amount, broken):
                where, detail = describe(
                    int(suspects[at]),
                    f"{figure(value[at])} {shown}".rstrip(),
                    figure(limit[at]),
                    f"{figure(amount[at])} too {_TOO[bool(counted[at])][side > 0]}",
                )
                self._add(rule, where, float(amount[at]), shown, left_out and side < 0, detail)

    def not_whole(
        self, values: FloatArray, where: Callable[[int], str], among: BoolArray | None = None
    ) -> FloatArray:
        """Record values (of those marked) that are no whole numbers; return them all, rounded where near."""
        rounded = np.rint(values)
        if among is not None:
            rounded = np.where(among, rounded, values)
        elif np.array_equal(rounded, values):
            return values
        distance = np.abs(values - rounded)
        broken = distance > WHOLENESS
        if not broken.any():
            return rounded
        self.count += int(np.count_nonzero(broken))
        for at in _worst(distance, broken):
            written = f"{figure(values[at])} {self.unit}".rstrip()
            detail = f"{written} is not a whole number"
            self._add("wholeness", where(int(at)), float(distance[at]), self.unit, False, detail)
        return np.where(broken, values, rounded)

    def not_finite(self, values: FloatArray, where: Callable[[int], str]) -> bool:
        """Record values that are no finite numbers, and say whether there are any."""
        with np.errstate(over="ignore", invalid="ignore"):
            if np.isfinite(values.sum()):
                return False
        broken = ~np.isfinite(values)
        if not broken.any():
            return False
        self.count += int(np.count_nonzero(broken))
        for at in np.flatnonzero(broken)[:LISTED]:
            detail = f"{values[at]} is not a finite number"
            self._add("finite number", where(int(at)), float("inf"), self.unit, False, detail)
        return True

    def add(self, violation: Violation) -> None:
        """Record a violation that was found elsewhere."""
        self.count += 1
        self.violations.append(violation)

    def worst(self) -> tuple[Violation, ...]:
        """The violations to list: broken limits before things left out, larger amounts first."""
        ranked = sorted(self.violations, key=lambda found: (found.left_out, -found.amount))
        return tuple(ranked[:LISTED])

    def _add(self, rule: str, where: str, amount: float, unit: str, left_out: bool, detail: str) -> None:
        message = f"{rule} of {where}: {detail}" if where else f"{rule}: {detail}"
        self.violations.append(Violation(rule, where, amount, unit, left_out, message))


def _taken(values: npt.ArrayLike, at: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
    array = np.asarray(values)
    return np.full(len(at), array) if array.ndim == 0 else array[at]


def _worst(amount: FloatArray, broken: BoolArray) -> npt.NDArray[np.int64]:
    places = np.flatnonzero(broken)
    return places[np.argsort(-amount[places], kind="stable")[:LISTED]]
