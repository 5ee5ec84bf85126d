"""When no exchange of whole units lowers the deviation from need, and what each broken condition costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..checks.findings import figure, named
from ..checks.lane_sums import lane_name, sums_at
from ..scaling import integer_scale
from .levels import Shortfall, lane_most, must_serve
from .price_list import exact
from .variance_exchange import NOTHING, beyond, unused

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray
    from ...instances.fair_allocation import FairAllocationProblem
    from .price_list import PriceList


def deviation_shortfalls(
    problem: FairAllocationProblem, plan: FloatArray, prices: PriceList, most: FloatArray | None
) -> list[Shortfall]:
    """Bounds on how much less than this plan's any plan's deviation can be, and why.

    Parameters
    ----------
    problem
        The problem.
    plan
        Whole quantities.
    prices
        Prices of sources, targets and the total.
    most
        A plan that serves the most, or None for the plan itself.

    Examples
    --------
    >>> from allocare.instances.fair_allocation import FairAllocationProblem
    >>> from allocare.instances.lanes import Lanes
    >>> from allocare.models.proofs.price_list import PriceList
    >>> problem = FairAllocationProblem(
    ...     sources=["depot"], targets=["north", "south"], lanes=Lanes.from_matrix([[1, 1]]), supply=[3],
    ...     demand=[2, 4], criterion="need-deviation", need=[2, 3], whole=True)
    >>> at = np.array([0])
    >>> prices = PriceList.of(np.array([-2, 0]), np.array([1, 1]), at, np.array([1, 1]), at + 1)
    >>> [part.what for part in deviation_shortfalls(problem, np.array([1.0, 2.0]), prices, None)]
    ['', '', '', '']
    """
    lanes = problem.lanes
    received = sums_at(lanes.target, plan, len(problem.targets))
    sent = sums_at(lanes.source, plan, len(problem.sources))
    return [
        _lanes(problem, plan, prices),
        _targets(problem, received, prices),
        unused(problem, sent, prices),
        beyond(float(received.sum()), must_serve(problem, plan if most is None else most), prices),
    ]


def _lanes(problem: FairAllocationProblem, plan: FloatArray, prices: PriceList) -> Shortfall:
    """Lanes whose last unit costs more than it is worth, or whose next one costs less."""
    assert problem.need is not None
    lanes, need = problem.lanes, problem.need
    room = lane_most(problem, np.arange(len(lanes)))
    price, unit = prices.common(integer_scale(need))
    worth = price[prices.source][lanes.source] - price[prices.target][lanes.target]
    wanted = exact(np.rint(need * unit), factor=4.0) if float(unit) * need.max(initial=0) < 2**53 else None
    if wanted is None:
        scale = integer_scale(need)
        wanted = np.rint(need * scale).astype(np.int64).astype(object) * (unit // scale)
    last = exact(2 * plan - 1, factor=4.0 * float(unit)) * unit - 2 * wanted
    dear, cheap = (plan > 0) & (last > worth), (plan < room) & (worth > last + 2 * unit)
    broken = np.asarray(dear | cheap, dtype=bool)
    if not broken.any():
        return NOTHING
    at = np.flatnonzero(broken)
    x, n, k = plan[at], need[at], room[at]
    value = prices.value
    gain = value[prices.source][lanes.source[at]] - value[prices.target][lanes.target[at]]
    best = np.clip(np.rint(n + gain / 2), 0, k)
    amount = np.maximum((x - best) * (x + best - 2 * n - gain), 0.0)
    worst = int(np.argmax(amount))
    if bool(dear[at[worst]]):
        costs = f"its last of {figure(x[worst])} units costs {figure(2 * x[worst] - 1 - 2 * n[worst])}"
    else:
        costs = f"one more than {figure(x[worst])} units costs {figure(2 * x[worst] + 1 - 2 * n[worst])}"
    name = lane_name(lanes, problem.sources, problem.targets, int(at[worst]))
    return Shortfall(float(amount.sum()), f"lane from {name}: {costs}, its prices say {figure(gain[worst])}")


def _targets(problem: FairAllocationProblem, received: FloatArray, prices: PriceList) -> Shortfall:
    """Targets of positive price that do not have all they need, or of negative price."""
    numerator = prices.numerator[prices.target]
    off = problem.demand - received
    broken = ((numerator > 0) & (off != 0)) | (numerator < 0)
    if not broken.any():
        return NOTHING
    value = prices.value[prices.target][broken]
    amount = np.where(value > 0, value * off[broken], np.inf)
    at = int(np.flatnonzero(broken)[np.argmax(amount)])
    return Shortfall(
        float(amount.sum()),
        f"target {named(problem.targets, at)}: receives {figure(received[at])} of "
        f"{figure(problem.demand[at])} at price {figure(prices.value[prices.target[at]])}",
    )
