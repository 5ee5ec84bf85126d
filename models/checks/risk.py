"""What costs in scenarios, or within an interval of demand, come to by a measure of risk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray
    from ...instances.uncertain_demand import IntervalDemand


def tail_weights(cost: FloatArray, probability: FloatArray, level: float) -> FloatArray:
    r"""Weight of each scenario in conditional value at risk, the mean over the dearest :math:`1 - \alpha`.

    Scenarios are taken from the dearest on until their probabilities make up :math:`1 - \alpha`; the last one
    counts with the part that is still needed.

    Examples
    --------
    >>> tail_weights(np.array([1.0, 9.0, 5.0]), np.array([0.5, 0.2, 0.3]), 0.6).tolist()
    [0.0, 0.5, 0.5]
    """
    dearest = np.argsort(-cost, kind="stable")
    before = np.cumsum(probability[dearest]) - probability[dearest]
    weight = np.empty(len(cost))
    weight[dearest] = np.clip(1 - level - before, 0.0, probability[dearest])
    return np.asarray(weight / weight.sum())


def worst_over_interval(cost: FloatArray, demand: IntervalDemand) -> tuple[float, FloatArray]:
    r"""Worst sum of the targets' costs under a budget of uncertainty, and each target's part of it.

    Targets move fully as far as the whole part of the budget goes, one more by the rest of it, and those are
    chosen that cost most by it: for each target that may be the one, the others follow in order of what they
    cost more.

    Parameters
    ----------
    cost
        Rows: each target's cost at its nominal demand, the most with its full deviation, and the most with
        the fraction of it that the budget's fraction allows.
    demand
        The interval.

    Examples
    --------
    >>> from allocare.instances.uncertain_demand import IntervalDemand
    >>> demand = IntervalDemand([5, 5, 5], 1, 1, budget=1.5)
    >>> worst_over_interval(np.array([[0.0, 0, 0], [8, 6, 3], [2, 3, 1]]), demand)[0]
    11.0
    """
    nominal, full, part = cost
    more, little = full - nominal, part - nominal
    count, fraction = divmod(demand.budget, 1.0)
    taken = int(count)
    order = np.argsort(-more, kind="stable")
    chosen = np.zeros(len(more), dtype=bool)
    chosen[order[:taken]] = True
    of_target = np.where(chosen, full, nominal)
    if fraction > 0 and taken < len(more):
        # the target that moves in part frees a full move for the next one where it had one
        gain = np.where(chosen, little - more + more[order[taken]], little)
        at = int(np.argmax(gain))
        if chosen[at]:
            of_target[order[taken]] = full[order[taken]]
        of_target[at] = part[at]
    return float(of_target.sum()), of_target
