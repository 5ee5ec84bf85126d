"""Where complementary slackness fails most: what a plan pays beyond its prices' bound, place by place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..checks.findings import figure, named
from ..checks.lane_sums import carried_on, lane_name, lane_sums
from .bipartite import Bipartite, Multipliers, reduced_costs

if TYPE_CHECKING:
    import pandas as pd

    from ...instances.arrays import FloatArray


def weakest_place(
    problem: Bipartite,
    prices: Multipliers,
    plan: FloatArray,
    sources: pd.Index[Any],
    targets: pd.Index[Any],
    sign: int,
) -> str:
    """Name the lane, source, target or total that leaves most of the gap open.

    Examples
    --------
    >>> import pandas as pd
    >>> from allocare.instances.lanes import Lanes
    >>> one, three = np.ones(1), np.full(1, 3.0)
    >>> ward = Bipartite(
    ...     lanes=Lanes.from_matrix([[5]]), send_least=0 * one, send_most=three, receive_least=one,
    ...     receive_most=one, need=one, exact=True)
    >>> names = pd.Index(["ward"]), pd.Index(["city"])
    >>> weakest_place(ward, Multipliers(-one, 6 * one, 0.0), one, *names, 1)
    "source 'ward': price -1, sends 1 of 3"
    """
    carried = plan * problem.quantity_scale
    sums = lane_sums(problem.lanes, carried_on(problem.lanes, carried), problem.use)
    found = [
        _lane(problem, prices, carried, sources, targets, sign),
        _source(problem, prices, sums.sent, sources, sign),
        _target(problem, prices, sums.received, targets, sign),
    ]
    if problem.total is not None:
        moved = float(sums.received.sum())
        words = f"total: price {_price(prices.total, problem, sign)}, carries {_units(moved, problem)} "
        words += f"of {_units(problem.total, problem)}"
        found.append((abs(prices.total * (moved - problem.total)), words))
    amount, words = max(found)
    return words if amount > 0 else "the plan's objective is not the bound"


def _price(value: float, problem: Bipartite, sign: int) -> str:
    return figure(sign * float(value) / problem.cost_scale)


def _units(value: float, problem: Bipartite) -> str:
    return figure(float(value) / problem.quantity_scale)


def _lane(
    problem: Bipartite,
    prices: Multipliers,
    carried: FloatArray,
    sources: pd.Index[Any],
    targets: pd.Index[Any],
    sign: int,
) -> tuple[float, str]:
    worst, place, cost, most = 0.0, -1, 0.0, 0.0
    for first, reduced in reduced_costs(problem, prices):
        quantity = carried[first : first + len(reduced)]
        lane = np.flatnonzero((reduced < 0) | ((reduced > 0) & (quantity != 0)))
        if not len(lane):
            continue
        limit = problem.most(first + lane)
        room = np.where(reduced[lane] < 0, limit - quantity[lane], quantity[lane])
        slack = np.abs(reduced[lane]) * room
        at = int(np.argmax(slack))
        if slack[at] > worst:
            worst, place = float(slack[at]), int(first + lane[at])
            cost, most = float(reduced[lane[at]]), float(limit[at])
    if place < 0:
        return 0.0, ""
    where = lane_name(problem.lanes, sources, targets, place)
    words = f"lane from {where}: reduced cost {_price(cost, problem, sign)}"
    amount = _units(carried[place], problem)
    if not carried[place]:
        return worst, f"{words} on an unused lane"
    return (
        worst,
        f"{words}, carries {amount} of {_units(most, problem) if np.isfinite(most) else 'any amount'}",
    )


def _source(
    problem: Bipartite, prices: Multipliers, sent: FloatArray, sources: pd.Index[Any], sign: int
) -> tuple[float, str]:
    a = prices.source
    best = np.where(a > 0, problem.send_least, np.where(a < 0, problem.send_most, sent))
    slack = np.abs(a * (sent - best))
    if not len(slack):
        return 0.0, ""
    at = int(np.argmax(slack))
    words = f"source {named(sources, at)}: price {_price(a[at], problem, sign)}, "
    return float(slack[at]), f"{words}sends {_units(sent[at], problem)} of {_units(best[at], problem)}"


def _target(
    problem: Bipartite, prices: Multipliers, received: FloatArray, targets: pd.Index[Any], sign: int
) -> tuple[float, str]:
    b, need = prices.target, problem.need
    value, best = b * received, b * need
    if problem.short_price is not None:
        value = value + problem.short_price * np.maximum(need - received, 0.0)
        best = best + np.minimum(problem.short_price - b, 0.0) * (need - problem.receive_least)
    slack = np.abs(value - best)
    if not len(slack):
        return 0.0, ""
    at = int(np.argmax(slack))
    words = f"target {named(targets, at)}: price {_price(b[at], problem, sign)}, "
    return float(slack[at]), f"{words}receives {_units(received[at], problem)} of {_units(need[at], problem)}"
