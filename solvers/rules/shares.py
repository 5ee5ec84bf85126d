"""Proportional shares: everybody gets the same part of what they want, as far as there is enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..apportionment import apportion
from .ledger import EXHAUSTED
from .orders import by_target

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray
    from .ledger import LaneOrder, Ledger


def share_in_proportion(ledger: Ledger, lanes: LaneOrder) -> None:
    """Share what there is in proportion to open needs, each share from the cheapest lanes with room left.

    What a target's lanes cannot bring it is shared again between those that can still be served. Whole
    shares are the whole numbers closest to proportion (divisor method of Webster).

    Examples
    --------
    >>> from allocare.solvers.rules.ledger import Ledger
    >>> ledger = Ledger(source=np.array([0, 0]), target=np.array([0, 1]), cost=np.ones(2),
    ...     supply=np.array([6.0]), need=np.array([4.0, 8.0]))
    >>> share_in_proportion(ledger, np.arange(2))
    >>> ledger.flow.tolist()
    [2.0, 4.0]
    """
    lanes = lanes[by_target(ledger.target[lanes], ledger.cost[lanes])]
    wanted = ledger.need.copy()
    while True:
        live = ledger.live(lanes)
        share = _shares(ledger, live)
        if not share.any():
            return
        before = wanted
        ledger.want(share)
        ledger.fill(live)
        # what is still wanted of a share could not be brought
        wanted = np.where(share > 0, before - (share - ledger.need), before)
        wanted = np.where(wanted > EXHAUSTED * before, wanted, 0.0)
        ledger.want(wanted)


def _shares(ledger: Ledger, live: LaneOrder) -> FloatArray:
    """What each target that can be served gets in this round."""
    share = np.zeros(len(ledger.need))
    targets, sources = np.unique(ledger.target[live]), np.unique(ledger.source[live])
    if not len(targets):
        return share
    need = ledger.need[targets]
    there = min(float(ledger.supply[sources].sum()), ledger.budget)
    if there >= need.sum() or not np.isfinite(need).all():
        share[targets] = need
    elif ledger.whole:
        weight = need.astype(np.int64)
        share[targets] = apportion(int(there * (1 + EXHAUSTED)), weight, weight)
    else:
        share[targets] = need * (there / need.sum())
    return share
