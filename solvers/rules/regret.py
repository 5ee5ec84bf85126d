r"""Regret: whoever loses most by waiting comes next, and takes the best of what is open.

With :math:`c^1_t \le c^2_t` the two cheapest open cells of column t, the next column is the one with the
greatest :math:`c^2_t - c^1_t`; one cell left open is an infinite regret. Ties go to the cheaper first cell,
then to table order.

References
----------
S. Martello, P. Toth, "Knapsack Problems", Wiley, 1990, section 7.4 (MTHG, for generalised assignment).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from ...instances.arrays import FloatArray

    Positions = npt.NDArray[np.int64]

MOST_CELLS = 4_000_000


class Regrets:
    """Open cells of a table of costs, and the two cheapest of every column.

    Parameters
    ----------
    cost
        Cost of each cell, infinite where it is closed.
    otherwise
        What a column pays where it takes no cell at all: the regret of its last one; infinite if it must.

    Examples
    --------
    >>> regrets = Regrets(np.array([[1.0, 2.0], [5.0, 3.0]]), np.full(2, np.inf))
    >>> regrets.next()
    (0, 0)
    >>> regrets.close(np.array([0, 0]), np.array([0, 1]))
    >>> regrets.next(), regrets.next(np.array([False, True]))
    ((1, 1), (1, 1))
    """

    def __init__(self, cost: FloatArray, otherwise: FloatArray) -> None:
        self.cost = cost.copy()
        self.otherwise = otherwise
        self.first = np.zeros(cost.shape[1], dtype=np.int64)
        self.lowest = np.full(cost.shape[1], np.inf)
        self.second = self.first.copy()
        self.regret = np.full(cost.shape[1], -np.inf)
        self._look(np.arange(cost.shape[1]))

    def next(self, among: npt.NDArray[np.bool_] | None = None) -> tuple[int, int] | None:
        """Row and column of the cell to take next, of these columns if given; None where all are closed."""
        regret = self.regret if among is None else np.where(among, self.regret, -np.inf)
        greatest = regret.max(initial=-np.inf)
        if greatest == -np.inf:
            return None
        tied = np.flatnonzero(regret == greatest)
        column = int(tied[self.lowest[tied].argmin()])
        return int(self.first[column]), column

    def close(self, rows: Positions, columns: Positions) -> None:
        """Close cells, and look again at the columns that lose one of their two cheapest."""
        self.cost[rows, columns] = np.inf
        hit = (self.first[columns] == rows) | (self.second[columns] == rows)
        self._look(np.unique(columns[hit]))

    def close_column(self, column: int) -> None:
        """Close a column that needs nothing more."""
        self.cost[:, column] = np.inf
        self.regret[column] = -np.inf

    def close_row(self, row: int) -> None:
        """Close a row that has nothing more."""
        columns = np.flatnonzero(np.isfinite(self.cost[row]))
        self.close(np.full(len(columns), row), columns)

    def _look(self, columns: Positions) -> None:
        if not len(columns) or not len(self.cost):
            return
        part, at = self.cost[:, columns], np.arange(len(columns))
        first = part.argmin(axis=0)
        lowest = part[first, at]
        part[first, at] = np.inf
        second = part.argmin(axis=0)
        next_lowest = np.minimum(part[second, at], self.otherwise[columns])
        is_open = np.isfinite(lowest)
        self.first[columns], self.second[columns], self.lowest[columns] = first, second, lowest
        regret = np.full(len(columns), -np.inf)
        regret[is_open] = next_lowest[is_open] - lowest[is_open]
        self.regret[columns] = regret
