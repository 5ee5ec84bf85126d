r"""Stock levels in closed form: the newsvendor, and several of them that share one stock.

A stock r of a demand D costs

.. math:: C(r) = b\, r + p\, E[(D - r)^+] + h\, E[(r - D)^+]

Where
    - b is the cost of a unit bought, p of one unmet, h of one left over (below 0 where it can be sold)

C is convex, and least at the critical ratio: at the smallest r with

.. math:: P(D \le r) \ge \frac{p - b}{p + h}.

Where several targets share R whole units, unit after unit goes where it saves the most: what one more unit
saves, :math:`C_j(k - 1) - C_j(k)`, falls with k, so that the R largest of them are a plan, and no other saves
more (marginal analysis; Fox 1966).

References
----------
K. J. Arrow, T. Harris, J. Marschak, "Optimal inventory policy", Econometrica 19(3), 1951, 250-272; B. Fox,
"Discrete optimization via marginal analysis", Management Science 13(3), 1966, 210-216.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from ..instances.arrays import numbers
from ..instances.demand_marginals import NormalDemand, PoissonDemand
from ..instances.errors import InputError
from ..instances.uncertain_demand import ScenarioDemand

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..instances.arrays import FloatArray

Marginals: TypeAlias = ScenarioDemand | NormalDemand | PoissonDemand
"""Demand of which each target has a distribution of its own."""


@dataclass(frozen=True, eq=False)
class StockLevels:
    """Stock of each target, and what it costs in expectation.

    Parameters
    ----------
    stock
        Units at each target.
    cost
        Expected cost of each target.
    """

    stock: FloatArray
    cost: FloatArray

    @property
    def total_cost(self) -> float:
        """Expected cost of all targets."""
        return float(self.cost.sum())


@dataclass(frozen=True, eq=False)
class _Costs:
    """Expected cost of stocks, the three prices of each target given."""

    demand: Marginals
    purchase: FloatArray
    unmet: FloatArray
    leftover: FloatArray

    def of(self, stock: FloatArray) -> FloatArray:
        short = self.demand.expected_unmet(stock)
        over = stock - self.demand.mean + short
        return np.asarray(self.purchase * stock + self.unmet * short + self.leftover * over)


def newsvendor(
    demand: Marginals,
    *,
    unmet_cost: npt.ArrayLike,
    leftover_cost: npt.ArrayLike = 0.0,
    purchase_cost: npt.ArrayLike = 0.0,
    whole: bool = False,
) -> StockLevels:
    """Return the stock of least expected cost at each target by its critical ratio.

    Parameters
    ----------
    demand
        Scenarios, of which each target's own distribution counts, `NormalDemand` or `PoissonDemand`.
    unmet_cost, leftover_cost, purchase_cost
        Cost of a unit unmet, left over, and bought; one number stands for all targets.
    whole
        Whether stocks are whole numbers.

    Raises
    ------
    InputError
        For a negative unmet cost, or where a unit too many costs nothing.

    Examples
    --------
    >>> levels = newsvendor(NormalDemand([100], 20), unmet_cost=5, leftover_cost=-1, purchase_cost=2)
    >>> levels.stock.round(2).tolist()
    [113.49]
    """
    costs = _costs(demand, unmet_cost, leftover_cost, purchase_cost)
    ratio = (costs.unmet - costs.purchase) / (costs.unmet + costs.leftover)
    # below a ratio of 0 no unit is worth its price
    stock = np.where(ratio > 0, np.maximum(demand.quantile(np.clip(ratio, 1e-300, 1.0)), 0.0), 0.0)
    if whole:
        less, more = np.floor(stock), np.ceil(stock)
        stock = np.where(costs.of(less) <= costs.of(more), less, more)
    return StockLevels(stock, costs.of(stock))


def shared_stock(
    demand: Marginals,
    total: int,
    *,
    unmet_cost: npt.ArrayLike,
    leftover_cost: npt.ArrayLike = 0.0,
    purchase_cost: npt.ArrayLike = 0.0,
) -> StockLevels:
    """Share whole units out for the least expected cost; what no target gains by stays where it is.

    Parameters
    ----------
    demand
        As in `newsvendor`.
    total
        Number of units that there are.
    unmet_cost, leftover_cost, purchase_cost
        As in `newsvendor`.

    Raises
    ------
    InputError
        As in `newsvendor`, and for a total that is no whole number of 0 or more.

    Examples
    --------
    >>> demand = ScenarioDemand([[3, 2, 1], [6, 4, 3], [9, 8, 4]], [0.5, 0.3, 0.2])
    >>> shared_stock(demand, 12, unmet_cost=20, leftover_cost=1, purchase_cost=[1, 1, 2]).stock.tolist()
    [6.0, 4.0, 2.0]
    """
    units = int(numbers(total, 1, "total", lowest=0, whole=True)[0])
    prices = {"unmet_cost": unmet_cost, "leftover_cost": leftover_cost, "purchase_cost": purchase_cost}
    best = newsvendor(demand, whole=True, **prices)
    if best.stock.sum() <= units:
        return best
    costs = _costs(demand, unmet_cost, leftover_cost, purchase_cost)
    top = int(best.stock.max())
    by_level = np.stack([costs.of(np.full(demand.n_targets, float(level))) for level in range(top + 1)])
    saved = by_level[:-1] - by_level[1:]
    # no unit beyond a target's own best stock saves anything
    saved[np.arange(1, top + 1)[:, np.newaxis] > best.stock] = -np.inf
    taken = np.argsort(-saved, axis=None, kind="stable")[:units]
    stock = np.bincount(taken % demand.n_targets, minlength=demand.n_targets).astype(np.float64)
    return StockLevels(stock, costs.of(stock))


def _costs(
    demand: Marginals, unmet_cost: npt.ArrayLike, leftover_cost: npt.ArrayLike, purchase_cost: npt.ArrayLike
) -> _Costs:
    size = demand.n_targets
    unmet = numbers(unmet_cost, size, "unmet cost", lowest=0)
    leftover = numbers(leftover_cost, size, "leftover cost")
    purchase = numbers(purchase_cost, size, "purchase cost")
    free = (leftover + purchase <= 0) | (unmet + leftover <= 0)
    if free.any():
        at = int(np.argmax(free))
        raise InputError(
            f"a unit too many of entry {at + 1} costs nothing: bought for {purchase[at]:g}, "
            f"left over for {leftover[at]:g}; their sum must be above 0"
        )
    return _Costs(demand, purchase, unmet, leftover)
