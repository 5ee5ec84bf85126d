r"""A guess at who stands at the lowest service level, from reach and supply alone.

A source that has much for those whom it reaches raises them above all others, who then share what the
other sources have. With sources in order of supply per unit of demand in reach, the k richest serve the
targets that they reach, and the set :math:`X_k` of all other targets can have no more than the other
sources have. The lowest ratio of supply to demand among these sets is an upper bound of the lowest level,
and where a few rich sources stick out of a well-connected rest it is the lowest level. No flow is computed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ..instances.arrays import BoolArray, IndexArray
    from ..models.scaling import IntArray


def lowest_set(
    source: IndexArray, target: IndexArray, supply: IntArray, demand: IntArray
) -> tuple[BoolArray, BoolArray] | None:
    """Sources and targets that seem to stand at the lowest level, or None where no rich sources stick out.

    Sources are tried as the rich ones until the demand that they reach would be all there is; if the ratio
    still falls there, it says nothing.

    Parameters
    ----------
    source, target
        Position of each lane's ends; lanes are unlimited.
    supply, demand
        What sources have in all and targets need, positive.

    Examples
    --------
    >>> source = np.array([0, 1, 1, 2, 2, 3, 3], dtype=np.int32)
    >>> target = np.array([0, 0, 1, 1, 2, 2, 3], dtype=np.int32)
    >>> found = lowest_set(source, target, np.array([9, 2, 2, 2]), np.array([10, 10, 10, 10]))
    >>> [low.tolist() for low in found]
    [[False, True, True, True], [False, True, True, True]]
    """
    need = demand.astype(np.float64)
    reached = np.bincount(source, need[target], len(supply))
    if not _well_connected(source, target, int(np.argmax(reached)), (len(supply), len(demand))):
        return None
    richest_first = np.argsort(-supply / np.maximum(reached, 1), kind="stable").astype(np.int32)
    everything = float(need.sum())
    tried = int(np.searchsorted(np.cumsum(reached[richest_first]), everything))
    if tried < 2:
        return None
    rank = np.full(len(supply), tried, dtype=np.int32)
    rank[richest_first[:tried]] = np.arange(tried, dtype=np.int32)
    lane = np.flatnonzero(rank[source] < tried)
    first = np.full(len(demand), tried, dtype=np.int32)
    np.minimum.at(first, target[lane], rank[source[lane]])
    taken = np.cumsum(np.bincount(first, need, tried + 1)[:tried])
    left = float(supply.sum()) - np.cumsum(supply[richest_first[:tried]].astype(np.float64))
    ratio = left / np.maximum(everything - taken, 1)
    lowest = int(np.argmin(ratio))
    if lowest == tried - 1 or ratio[lowest] * everything >= float(supply.sum()):
        return None
    return rank > lowest, first > lowest


def _well_connected(source: IndexArray, target: IndexArray, start: int, sizes: tuple[int, int]) -> bool:
    """Whether one source shares targets with most other sources."""
    near, joined = np.zeros(sizes[1], dtype=bool), np.zeros(sizes[0], dtype=bool)
    near[target[source == start]] = True
    joined[source[near[target]]] = True
    return 2 * int(np.count_nonzero(joined)) > sizes[0]
