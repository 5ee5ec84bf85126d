"""Which points no other one beats in both of two figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ..instances.arrays import BoolArray, FloatArray

SAME = 1e-9
"""Difference that counts as none, as a share of the largest."""


def undominated(first: FloatArray, second: FloatArray) -> BoolArray:
    """Which points are on the front where more of either is better; missing figures are on none.

    A point is dominated where another is no worse in both and better in one.

    Examples
    --------
    >>> undominated(np.array([3.0, 2.0, 2.0, 1.0]), np.array([1.0, 2.0, 1.0, np.nan])).tolist()
    [True, True, False, False]
    """
    known = ~(np.isnan(first) | np.isnan(second))
    on_front = known.copy()
    a, b = first[known], second[known]
    slack_a, slack_b = (SAME * abs(each).max(initial=1e-12) for each in (a, b))
    no_worse = (a[None, :] >= a[:, None] - slack_a) & (b[None, :] >= b[:, None] - slack_b)
    better = (a[None, :] > a[:, None] + slack_a) | (b[None, :] > b[:, None] + slack_b)
    on_front[known] = ~(no_worse & better).any(axis=1)
    return np.asarray(on_front)
