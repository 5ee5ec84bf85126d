"""Textbook rules on the balanced transportation tableau: least cost and Vogel's approximation.

Where supply and need differ, the tableau gets a dummy column (a surplus, at cost 0) or a dummy row (a
shortage, at the price of unmet demand, or 0), which the rule treats like any other. A missing lane is a
cell that cannot be used. Demand that a dummy kept from being served by supply that is left over, which only
missing or full lanes can bring about, is served at the end, cheapest lane first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .ledger import Ledger
from .orders import by_cost

if TYPE_CHECKING:
    import numpy.typing as npt

    from ...instances.arrays import BoolArray, FloatArray
    from .ledger import LaneOrder


def least_cost(ledger: Ledger, lanes: LaneOrder, shortage_price: FloatArray) -> None:
    """Fill the cheapest cell of the balanced tableau again and again; ties row by row, dummies last.

    Examples
    --------
    >>> import numpy as np
    >>> ledger = Ledger(source=np.array([0, 0]), target=np.array([0, 1]), cost=np.array([2.0, 1.0]),
    ...     supply=np.array([3.0]), need=np.array([2.0, 2.0]))
    >>> least_cost(ledger, np.array([0, 1]), np.array([5.0, 5.0]))
    >>> ledger.flow.tolist()
    [1.0, 2.0]
    """
    tableau = _balanced(ledger, lanes, shortage_price)
    tableau.fill(by_cost(tableau.cost))
    _enter(ledger, lanes, tableau)


def vogel(ledger: Ledger, lanes: LaneOrder, shortage_price: FloatArray) -> None:
    """Fill the cheapest cell of the row or column with the largest penalty again and again.

    The penalty is the difference between the two cheapest open cells, infinite where one is left. Ties
    go to the line whose cheapest cell is cheapest, then to rows before columns, then to table order.

    Examples
    --------
    >>> import numpy as np
    >>> ledger = Ledger(source=np.array([0, 0, 1, 1]), target=np.array([0, 1, 0, 1]),
    ...     cost=np.array([1.0, 2.0, 2.0, 9.0]), supply=np.array([3.0, 3.0]), need=np.array([3.0, 3.0]))
    >>> vogel(ledger, np.arange(4), np.zeros(2))
    >>> ledger.flow.tolist()
    [0.0, 3.0, 3.0, 0.0]
    """
    tableau = _balanced(ledger, lanes, shortage_price)
    shape = len(tableau.supply), len(tableau.need)
    cost, lane = np.full(shape, np.inf), np.full(shape, -1, dtype=np.int64)
    cost[tableau.source, tableau.target] = tableau.cost
    lane[tableau.source, tableau.target] = np.arange(len(tableau.source))
    while True:
        rows, columns = np.flatnonzero(tableau.supply > 0), np.flatnonzero(tableau.need > 0)
        open_part = np.ix_(rows, columns)
        if not np.isfinite(cost[open_part]).any():
            break
        used = _fill_by_penalty(tableau, cost[open_part], lane[open_part])
        cost[rows[used[0]], columns[used[1]]] = np.inf
    _enter(ledger, lanes, tableau)


def _fill_by_penalty(
    tableau: Ledger, cost: FloatArray, lane: LaneOrder
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Fill cells until half of the lines are exhausted; return the rows and columns of those filled.

    Stopping there and going on with what is left of the tableau keeps short the way over closed cells.
    """
    n_rows, n_columns = cost.shape
    usable = np.isfinite(cost)
    by_row, by_column = _Lines(cost, usable), _Lines(cost.T, usable.T)
    filled: list[tuple[int, int]] = []
    exhausted = 0
    while 2 * exhausted <= n_rows + n_columns:
        penalty = np.concatenate([by_row.penalties(), by_column.penalties()])
        largest = penalty.max()
        if largest < 0:
            break
        tied = np.flatnonzero(penalty == largest)
        line = int(tied[np.concatenate([by_row.least(), by_column.least()])[tied].argmin()])
        if line < n_rows:
            row, column = line, by_row.cheapest(line)
        else:
            row, column = by_column.cheapest(line - n_rows), line - n_rows
        at = int(lane[row, column])
        tableau.send(at)
        filled.append((row, column))
        usable[row, column] = False
        if tableau.supply[tableau.source[at]] <= 0:
            usable[row] = False
            by_row.close(row)
            exhausted += 1
        if tableau.need[tableau.target[at]] <= 0:
            usable[:, column] = False
            by_column.close(column)
            exhausted += 1
    ends = np.array(filled, dtype=np.int64).reshape(-1, 2)
    return ends[:, 0], ends[:, 1]


@dataclass(eq=False)
class _Lines:
    """The two cheapest open cells of each row (or column, when transposed), kept while cells close."""

    cost: FloatArray
    usable: npt.NDArray[np.bool_]

    def __post_init__(self) -> None:
        height, self._end = self.cost.shape
        self._order = np.argsort(self.cost, axis=1, kind="stable")
        self._sorted = np.pad(
            np.take_along_axis(self.cost, self._order, axis=1), ((0, 0), (0, 1)), constant_values=np.inf
        )
        self._line = np.arange(height)
        self._first = np.zeros(height, dtype=np.int64)
        self._second = np.zeros(height, dtype=np.int64)

    def penalties(self) -> FloatArray:
        """Difference of the two cheapest open cells, -inf where there is none."""
        self._skip_closed(self._first)
        np.maximum(self._second, np.minimum(self._first + 1, self._end), out=self._second)
        self._skip_closed(self._second)
        first, second = self.least(), self._sorted[self._line, self._second]
        there = np.isfinite(first)
        return np.where(there, second - np.where(there, first, 0.0), -np.inf)

    def least(self) -> FloatArray:
        """Cost of the cheapest open cell, infinite where there is none."""
        return self._sorted[self._line, self._first]

    def cheapest(self, line: int) -> int:
        """Position of the cheapest open cell in its line."""
        return int(self._order[line, self._first[line]])

    def close(self, line: int) -> None:
        """Take an exhausted line out."""
        self._first[line] = self._second[line] = self._end

    def _skip_closed(self, pointer: npt.NDArray[np.int64]) -> None:
        check = np.flatnonzero(pointer < self._end)
        while len(check):
            closed = ~self.usable[check, self._order[check, pointer[check]]]
            check = check[closed]
            pointer[check] += 1
            check = check[pointer[check] < self._end]


def _enter(ledger: Ledger, lanes: LaneOrder, tableau: Ledger) -> None:
    ledger.book(lanes, tableau.flow[: len(lanes)])
    ledger.fill(lanes[by_cost(ledger.cost[lanes])])


def _balanced(ledger: Ledger, lanes: LaneOrder, shortage_price: FloatArray) -> Ledger:
    """Copy the ledger's lanes, with a dummy row or column after the real ones that takes the difference."""
    surplus = float(ledger.supply.sum() - ledger.need.sum())
    n_sources, n_targets = len(ledger.supply), len(ledger.need)
    source, target = np.arange(n_sources), np.arange(n_targets)
    if surplus >= 0:
        source_ends, target_ends = source, np.full(n_sources, n_targets)
        prices = np.zeros(n_sources)
    else:
        source_ends, target_ends = np.full(n_targets, n_sources), target
        prices = shortage_price
    real: BoolArray = np.arange(len(lanes) + len(prices)) < len(lanes)
    room = None
    if ledger.room is not None:
        room = np.concatenate([ledger.room[lanes], np.full(len(prices), np.inf)])
    return Ledger(
        source=np.concatenate([ledger.source[lanes], source_ends]),
        target=np.concatenate([ledger.target[lanes], target_ends]),
        cost=np.concatenate([ledger.cost[lanes], prices]),
        supply=np.append(ledger.supply, max(-surplus, 0.0)),
        need=np.append(ledger.need, max(surplus, 0.0)),
        room=room,
        budget=ledger.budget,
        price=np.where(real, 1.0, 0.0) if ledger.budget < np.inf else None,
        whole=ledger.whole,
    )
