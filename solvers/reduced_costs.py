r"""Reduced costs :math:`r_{ij} = c_{ij} - u_i - v_j` of lanes, in blocks that fit into a cache."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from ..instances.arrays import FloatArray
    from ..instances.lanes import Lanes

BLOCK = 2**16
"""Lanes looked at together."""


@dataclass(frozen=True, eq=False)
class ReducedCosts:
    """What each lane costs beyond the prices of its ends; not a number beside one without a price.

    Parameters
    ----------
    lanes
        The lanes.
    cost
        Their costs, to be minimised.
    source, target
        Prices of the sources and of the targets.

    Examples
    --------
    >>> from allocare.instances.lanes import Lanes
    >>> lanes = Lanes.from_matrix([[3, 5], [4, 9]])
    >>> reduced = ReducedCosts(lanes, lanes.cost, np.array([0.0, 1.0]), np.array([3.0, 7.0]))
    >>> reduced.of_all().tolist(), reduced.of(np.array([3])).tolist(), reduced.below(-0.5).tolist()
    ([0.0, -2.0, 0.0, 1.0], [1.0], [1])
    """

    lanes: Lanes
    cost: FloatArray
    source: FloatArray
    target: FloatArray

    def of_all(self) -> FloatArray:
        """Reduced costs of all lanes."""
        reduced = np.empty(len(self.lanes))
        for first, block in self._blocks():
            reduced[first : first + len(block)] = block
        return reduced

    def of(self, part: npt.NDArray[np.int64]) -> FloatArray:
        """Reduced costs of some lanes."""
        source, target = self.lanes.ends(part)
        reduced: FloatArray = self.cost[part] - self.source[source]
        reduced -= self.target[target]
        return reduced

    def below(self, limit: float) -> npt.NDArray[np.int64]:
        """Lanes of reduced cost below a limit, in order."""
        found = [first + np.flatnonzero(block < limit) for first, block in self._blocks()]
        return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)

    def _blocks(self) -> Iterator[tuple[int, FloatArray]]:
        """Blocks of reduced costs, each with the number of its first lane."""
        lanes, n = self.lanes, self.lanes.n_targets
        if lanes.complete and n:
            rows = max(1, BLOCK // n)
            for row in range(0, lanes.n_sources, rows):
                prices = self.source[row : row + rows, np.newaxis]
                grid = self.cost[row * n : (row + rows) * n].reshape(-1, n) - prices
                grid -= self.target
                yield row * n, grid.ravel()
            return
        for first in range(0, len(lanes), BLOCK):
            part = slice(first, first + BLOCK)
            reduced = self.cost[part] - self.source.take(lanes.source[part])
            reduced -= self.target.take(lanes.target[part])
            yield first, reduced
