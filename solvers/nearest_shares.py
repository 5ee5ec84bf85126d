r"""The divisible plan nearest to the needs, closely enough to start from.

.. math::
    \min \tfrac12 \sum_{ij} (x_{ij} - n_{ij})^2 \;\text{ s.t. }\;
    \sum_j x_{ij} \le s_i,\; \sum_i x_{ij} \le d_j,\; \sum_{ij} x_{ij} \ge F,\; 0 \le x_{ij} \le k_{ij}

With prices u, v, θ of the three groups of rows, each lane's best quantity is
:math:`x_{ij} = \min(k_{ij}, \max(0, n_{ij} - u_i - v_j + \theta))`, and the dual is concave with a continuous
gradient, one number a row. A spectral projected gradient method climbs it, each row's step divided by the
number of its lanes.

References
----------
E. G. Birgin, J. M. Martínez, M. Raydan, "Nonmonotone spectral projected gradient methods on convex sets",
SIAM Journal on Optimization 10 (2000), 1196-1211.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray, IndexArray

STEPS = 300
"""Most steps of the climb."""

_MEMORY = 10
"""Steps back to which a step must be an improvement."""

_STILL = 1e-7
"""Largest excess of a row, per lane and as a share of the largest quantity, at which the climb ends."""


def nearest_shares(
    source: IndexArray,
    target: IndexArray,
    most: FloatArray,
    need: FloatArray,
    supply: FloatArray,
    demand: FloatArray,
    floor: float,
) -> tuple[FloatArray, float]:
    """Return a plan near the optimum and about how far a lane of it may be off.

    Examples
    --------
    >>> lanes = np.array([0, 0], dtype=np.int32), np.array([0, 1], dtype=np.int32)
    >>> near, off = nearest_shares(
    ...     *lanes, np.array([9.0, 9.0]), np.array([8.0, 6.0]), np.array([10.0]), np.array([9.0, 9.0]), 0.0)
    >>> near.round(6).tolist()
    [6.0, 4.0]
    """
    m, n = len(supply), len(demand)
    size = max(float(most.max(initial=0)), 1.0)
    most, need, limits = most / size, need / size, np.concatenate([supply, demand, [-floor]]) / size

    def shares(price: FloatArray) -> FloatArray:
        wanted = need - price[:m][source]
        wanted -= price[m:-1][target]
        wanted += price[-1]
        return np.clip(wanted, 0.0, most, out=wanted)

    def rows(x: FloatArray) -> FloatArray:
        return np.concatenate([np.bincount(source, x, m), np.bincount(target, x, n), [-x.sum()]])

    lanes = np.concatenate([np.bincount(source, minlength=m), np.bincount(target, minlength=n), [len(need)]])
    step_of = 1.0 / np.maximum(lanes, 1)

    def negative_dual(price: FloatArray) -> tuple[float, FloatArray]:
        x = shares(price)
        over = rows(x) - limits
        # summed without BLAS, whose threads cost more than so short a sum
        return -0.5 * float(np.square(x - need).sum()) - float((price * over).sum()), -over

    price, length = np.zeros(m + n + 1), 1.0
    value, slope = negative_dual(price)
    recent = [value]
    for _ in range(STEPS):
        move = np.maximum(price - length * step_of * slope, 0.0) - price
        if np.abs(move / step_of).max() < _STILL * length:
            break
        descent, part = float((slope * move).sum()), 1.0
        while True:
            there, slope_there = negative_dual(price + part * move)
            if there <= max(recent) + 1e-4 * part * descent or part < 1e-6:
                break
            part /= 2
        turned = float((part * move * (slope_there - slope)).sum())
        bent = float((np.square(part * move) / step_of).sum())
        length = min(max(bent / turned, 1e-3), 1e6) if turned > 0 else 1e3
        price, slope = price + part * move, slope_there
        recent = [*recent[1 - _MEMORY :], there]
    x = shares(price)
    over = rows(x) - limits
    off = np.where(price > 0, np.abs(over), np.maximum(over, 0.0))
    inside = (x > 0) & (x < most)
    loose = np.concatenate([np.bincount(source, inside, m), np.bincount(target, inside, n), [inside.sum()]])
    return x * size, float((off / np.maximum(loose, 1)).max(initial=0)) * size
