"""Prediction intervals from the errors that a forecaster made before: conformal, at any time.

Arrays of errors r = y − ŷ have the shape (origins, horizon, series), NaN where the actual value is unknown.
For the forecast made at row t and h steps ahead the errors of h steps made at rows up to t − h are known, and
no others are looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..instances.errors import InputError
from .metrics import check_levels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..instances.arrays import FloatArray, IndexArray

METHODS = ("split", "rolling", "adaptive")
ROUNDING = 1e-9


@dataclass(frozen=True)
class Conformal:
    """How half-widths of intervals follow from past errors.

    Of n known absolute errors of the same series and step, the half-width at level c is the ⌈(n+1)c⌉-th
    smallest: where errors are exchangeable, y is within it with probability c or a little more. ``split``
    takes the errors known at the first origin that is scored for all later ones too, ``rolling`` the last
    `window` before each origin. ``adaptive`` is ``rolling`` at a level of its own for each series and step:
    it rises by rate · c after a miss and falls by rate · (1 − c) after a hit, which holds the share of hits
    near c also where errors drift.

    With fewer errors than a level needs, n < c / (1 − c), the errors of all series count together, each in
    units of its own series' mean absolute error.

    Parameters
    ----------
    method
        ``split``, ``rolling`` or ``adaptive``.
    window
        Origins whose errors count; None for all that went before.
    normalised
        Whether errors count in units of the mean absolute error of the `recent` origins before them, so that
        intervals widen while a series is restless.
    recent
        Origins in that unit.
    rate
        Of ``adaptive``, per origin.

    References
    ----------
    Papadopoulos et al. (2002), ECML; Vovk, Gammerman and Shafer (2005), Algorithmic Learning in a Random
    World; Gibbs and Candès (2021), NeurIPS.

    Examples
    --------
    >>> errors = np.array([1.0, -2, 3, -4, np.nan])[:, None, None]
    >>> rows = np.arange(5, dtype=np.int32)
    >>> Conformal("rolling", window=None).half_widths(errors, rows, [0.8])[0, :, 0, 0].tolist()
    [nan, 1.0, 2.0, 3.0, 4.0]
    """

    method: str = "adaptive"
    window: int | None = 364
    normalised: bool = False
    recent: int = 28
    rate: float = 0.02

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise InputError(f"method is {self.method!r}; give one of {', '.join(METHODS)}")
        if self.window is not None and self.window < 2:
            raise InputError(f"window is {self.window}; give 2 origins or more")
        if not 0 < self.rate < 1:
            raise InputError(f"rate is {self.rate:g}; give one between 0 and 1")

    def half_widths(
        self, errors: FloatArray, rows: IndexArray, levels: Sequence[float], calibration: int = 0
    ) -> FloatArray:
        """Half-widths of the shape (levels, origins, horizon, series); NaN where no error is known yet.

        Parameters
        ----------
        errors
            As made at each origin.
        rows
            The origins' rows, in order.
        levels
            Such as 0.8 and 0.95, in order.
        calibration
            For ``split``: the place of the first origin that is not there for its error alone.

        Examples
        --------
        >>> errors, rows = np.array([1.0, -2, 3, 9, np.nan])[:, None, None], np.arange(5, dtype=np.int32)
        >>> Conformal("split").half_widths(errors, rows, [0.5], calibration=3).ravel().tolist()
        [nan, nan, nan, 2.0, 2.0]
        """
        wanted = np.array(check_levels(levels))
        sizes = np.abs(errors)
        known = known_counts(rows, errors.shape[1])
        units = _recent_means(sizes, known, self.recent) if self.normalised else np.ones_like(sizes)
        scores = sizes / units
        widths = np.full((len(wanted), *errors.shape), np.nan)
        goal = np.broadcast_to(wanted[:, None, None], (len(wanted), *errors.shape[1:]))
        level = goal.copy()
        seen: IndexArray = np.zeros(errors.shape[1], dtype=np.int32)
        window = self.window or len(errors)
        found = np.full(goal.shape, np.nan)
        for at in range(len(errors)):
            if self.method == "adaptive":
                seen = self._follow(level, goal, sizes, widths, seen, known[at])
            if self.method != "split":
                found = _quantiles(_last(scores, known[at], window), level, goal)
            elif at == calibration:
                found = _quantiles(_last(scores, known[at], len(errors)), level, goal)
            widths[:, at] = found * units[at]
        return widths

    def _follow(
        self,
        level: FloatArray,
        goal: FloatArray,
        sizes: FloatArray,
        widths: FloatArray,
        seen: IndexArray,
        known: IndexArray,
    ) -> IndexArray:
        """Move levels by every error that has become known since the last origin."""
        while (fresh := seen < known).any():
            steps = np.flatnonzero(fresh)
            size = sizes[seen[steps], steps]
            width = widths[:, seen[steps], steps]
            judged = ~np.isnan(width) & ~np.isnan(size)
            missed = size > width
            level[:, steps] += np.where(judged, self.rate * (missed - (1 - goal[:, steps])), 0)
            # at 0 and 1 an interval is all or nothing; a little beyond keeps what has been learnt
            np.clip(level, -0.05, 1.05, out=level)
            seen = (seen + fresh).astype(np.int32)
        return seen


def residual_quantiles(
    errors: FloatArray, rows: IndexArray, probabilities: Sequence[float], window: int | None = 364
) -> FloatArray:
    """What to add to a forecast for its quantiles, from past errors with their signs.

    Of n known errors the quantile of probability p is the ⌈(n+1)p⌉-th smallest, or the largest.

    Returns
    -------
    FloatArray
        Shape (probabilities, origins, horizon, series); NaN where no error is known yet.

    Examples
    --------
    >>> errors = np.array([1.0, -2, 3, -4, np.nan])[:, None, None]
    >>> rows = np.arange(5, dtype=np.int32)
    >>> residual_quantiles(errors, rows, [0.5, 0.9])[:, -1, 0, 0].tolist()
    [1.0, 3.0]
    """
    wanted = np.array(check_levels(probabilities, "probability"))
    known = known_counts(rows, errors.shape[1])
    goal = np.broadcast_to(wanted[:, None, None], (len(wanted), *errors.shape[1:]))
    pasts = (_last(errors, count, window or len(errors)) for count in known)
    return np.stack([_ranked(past, (~np.isnan(past)).sum(axis=0), goal) for past in pasts], axis=1)


def known_counts(rows: IndexArray, horizon: int) -> IndexArray:
    """How many origins' errors are known at each origin, for each step ahead: shape (origins, horizon).

    Examples
    --------
    >>> known_counts(np.array([0, 1, 2, 3]), 2).tolist()
    [[0, 0], [1, 0], [2, 1], [3, 2]]
    """
    if (np.diff(rows) <= 0).any():
        raise InputError("origins are not in order; sort them, each once")
    steps = np.arange(1, horizon + 1)
    return np.searchsorted(rows, rows[:, None] - steps, side="right").astype(np.int32)


def _last(errors: FloatArray, known: IndexArray, window: int) -> FloatArray:
    """The last known errors of each step, shape (window, horizon, series), NaN where there are fewer."""
    at = np.asarray(known) - 1 - np.arange(min(window, max(int(known.max()), 1)))[:, None]
    picked = errors[np.maximum(at, 0), np.arange(errors.shape[1])]
    return np.where((at >= 0)[..., None], picked, np.nan)


def _recent_means(sizes: FloatArray, known: IndexArray, recent: int) -> FloatArray:
    """Mean of the last known absolute errors before each origin; NaN where there are none.

    Never less than a hundredth of the mean of all before, so that a still time explains no later error.
    """
    nothing = np.zeros((1, *sizes.shape[1:]))
    counted = np.concatenate([nothing, np.cumsum(~np.isnan(sizes), axis=0)])
    total = np.concatenate([nothing, np.cumsum(np.nan_to_num(sizes), axis=0)])
    steps = np.arange(sizes.shape[1])

    def mean(first: IndexArray) -> FloatArray:
        number = counted[known, steps] - counted[first, steps]
        found = np.full(sizes.shape, np.nan)
        np.divide(total[known, steps] - total[first, steps], number, out=found, where=number > 0)
        return found

    least = mean(np.zeros_like(known)) / 100
    unit = np.fmax(mean(np.maximum(known - recent, 0)), least)
    return np.where(unit == 0, 1.0, unit)


def _quantiles(scores: FloatArray, level: FloatArray, goal: FloatArray) -> FloatArray:
    """Conformal quantiles of each step and series, of all series together where its own are too few."""
    count = (~np.isnan(scores)).sum(axis=0)
    own = _ranked(scores, count, level)
    few = np.ceil((count + 1) * goal - ROUNDING) > count
    if not few.any():
        return own
    # a unit for each series from all its steps: one step alone may have a single error
    seen = count.sum(axis=0)
    unit = np.full(len(seen), np.nan)
    np.divide(np.nansum(scores, axis=(0, 1)), seen, out=unit, where=seen > 0)
    alike = scores / np.where(unit > 0, unit, np.nan)
    together = np.swapaxes(alike, 1, 2).reshape(-1, scores.shape[1], 1)
    number = (~np.isnan(together)).sum(axis=0)
    pooled = _ranked(together, number, level) * unit
    return np.where(few & ~np.isnan(pooled), pooled, own)


def _ranked(scores: FloatArray, count: IndexArray, level: FloatArray) -> FloatArray:
    """The ⌈(n+1) level⌉-th smallest of n scores along the first axis, or the largest."""
    ordered = np.sort(scores, axis=0)
    # a level held in binary must not round up to the next error
    rank = np.ceil((count + 1) * level - ROUNDING).astype(np.int64)
    at = np.clip(rank, 1, np.maximum(count, 1)) - 1
    step = np.arange(scores.shape[1])[:, None]
    found: FloatArray = ordered[at, step, np.arange(scores.shape[2]) if scores.shape[2] > 1 else 0]
    return found
