"""Lanes: the pairs between which something may go, dense or sparse, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from .arrays import numbers
from .errors import InputError

if TYPE_CHECKING:
    import numpy.typing as npt

    from .arrays import FloatArray, IndexArray


@dataclass(frozen=True, eq=False)
class Lanes:
    """The lanes between sources (rows) and targets (columns), in row-major order.

    A complete set holds its costs alone (lane k joins source k // n_targets and target k % n_targets);
    a sparse one holds the positions too. A pair that is not listed is forbidden.

    Parameters
    ----------
    n_sources, n_targets
        The size of the grid.
    cost
        Cost (or weight) per unit of each lane, shape (lanes,).
    rows, columns
        Source and target position of each lane, or None where every pair is a lane.
    capacity
        Most that each lane may carry (infinite where unlimited), or None where no lane is limited.

    Examples
    --------
    >>> lanes = Lanes.from_matrix([[4, 2], [float("nan"), 1]])
    >>> lanes.source.tolist(), lanes.target.tolist(), lanes.cost.tolist()
    ([0, 0, 1], [0, 1, 1], [4.0, 2.0, 1.0])
    """

    n_sources: int
    n_targets: int
    cost: FloatArray
    rows: IndexArray | None = None
    columns: IndexArray | None = None
    capacity: FloatArray | None = None

    def __post_init__(self) -> None:
        if (self.rows is None) != (self.columns is None):
            raise InputError("lanes need both source and target positions, or neither")
        size = self.n_sources * self.n_targets if self.rows is None else len(self.rows)
        object.__setattr__(self, "cost", numbers(self.cost, size, "lane cost"))
        if self.rows is not None and self.columns is not None:
            self._order_positions(self.rows, self.columns)
        if self.capacity is not None:
            capacity = numbers(self.capacity, size, "lane capacity", lowest=0, infinite=True)
            object.__setattr__(self, "capacity", capacity)

    def _order_positions(self, rows: IndexArray, columns: IndexArray) -> None:
        rows, columns = np.asarray(rows, dtype=np.int32), np.asarray(columns, dtype=np.int32)
        if len(columns) != len(rows):
            raise InputError(f"{len(rows)} lane sources but {len(columns)} lane targets")
        if len(rows) and (
            rows.min() < 0
            or rows.max() >= self.n_sources
            or columns.min() < 0
            or columns.max() >= self.n_targets
        ):
            raise InputError("a lane points outside the sources or targets")
        position = rows.astype(np.int64) * self.n_targets + columns
        step = np.diff(position)
        if (step == 0).any():
            at = int(np.argmax(step == 0))
            raise InputError(f"lane from source {rows[at] + 1} to target {columns[at] + 1} is given twice")
        if (step < 0).any():
            raise InputError("lanes must be in row-major order; build them with Lanes.from_table")
        object.__setattr__(self, "rows", rows)
        object.__setattr__(self, "columns", columns)

    @classmethod
    def from_matrix(cls, cost: npt.ArrayLike, capacity: npt.ArrayLike | None = None) -> Lanes:
        """Build lanes from a (sources, targets) matrix of costs in which NaN marks a missing lane.

        Examples
        --------
        >>> len(Lanes.from_matrix([[1, 2, 3], [4, 5, 6]]))
        6
        """
        matrix = np.asarray(cost, dtype=np.float64)
        if matrix.ndim != 2:
            raise InputError(f"a cost matrix has two dimensions, this has {matrix.ndim}")
        n_sources, n_targets = matrix.shape
        limits = None if capacity is None else np.asarray(capacity, dtype=np.float64)
        if limits is not None and limits.shape != matrix.shape:
            raise InputError(f"lane capacities are {limits.shape}, costs {matrix.shape}; they must be alike")
        present = ~np.isnan(matrix)
        if present.all():
            return cls(
                n_sources, n_targets, matrix.ravel(), capacity=None if limits is None else limits.ravel()
            )
        rows, columns = np.nonzero(present)
        return cls(
            n_sources,
            n_targets,
            matrix[present],
            rows.astype(np.int32),
            columns.astype(np.int32),
            None if limits is None else limits[present],
        )

    @classmethod
    def from_table(
        cls,
        n_sources: int,
        n_targets: int,
        source: npt.ArrayLike,
        target: npt.ArrayLike,
        cost: npt.ArrayLike,
        capacity: npt.ArrayLike | None = None,
    ) -> Lanes:
        """Build lanes from parallel arrays of positions and costs in any order.

        Examples
        --------
        >>> Lanes.from_table(2, 2, [1, 0], [0, 0], [7, 3]).cost.tolist()
        [3.0, 7.0]
        """
        rows, columns = np.asarray(source, dtype=np.int32), np.asarray(target, dtype=np.int32)
        order = np.lexsort((columns, rows))
        costs = np.asarray(cost, dtype=np.float64)[order]
        limits = None if capacity is None else np.asarray(capacity, dtype=np.float64)[order]
        rows, columns = rows[order], columns[order]
        complete = (
            len(rows) == n_sources * n_targets and not ((np.diff(rows) == 0) & (np.diff(columns) == 0)).any()
        )
        if complete and len(rows) and rows.min() >= 0 and columns.min() >= 0:
            return cls(n_sources, n_targets, costs, capacity=limits)
        return cls(n_sources, n_targets, costs, rows, columns, limits)

    def __len__(self) -> int:
        return len(self.cost)

    @property
    def complete(self) -> bool:
        """Whether every source and target pair is a lane."""
        return self.rows is None

    @cached_property
    def source(self) -> IndexArray:
        """Source position of each lane."""
        if self.rows is not None:
            return self.rows
        return np.repeat(np.arange(self.n_sources, dtype=np.int32), self.n_targets)

    @cached_property
    def target(self) -> IndexArray:
        """Target position of each lane."""
        if self.columns is not None:
            return self.columns
        return np.tile(np.arange(self.n_targets, dtype=np.int32), self.n_sources)

    def ends(self, part: npt.NDArray[np.int64]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """Source and target positions of some lanes, by their numbers.

        Examples
        --------
        >>> Lanes.from_matrix([[4, 2], [3, 1]]).ends(np.array([1, 2]))
        (array([0, 1]), array([1, 0]))
        """
        if self.complete:
            return np.divmod(part, self.n_targets)
        return self.source[part], self.target[part]

    def matrix(self, missing: float = np.nan) -> FloatArray:
        """Costs as a (sources, targets) matrix, `missing` where there is no lane.

        Examples
        --------
        >>> Lanes.from_table(1, 2, [0], [1], [5]).matrix().tolist()
        [[nan, 5.0]]
        """
        if self.complete:
            return self.cost.reshape(self.n_sources, self.n_targets)
        dense = np.full((self.n_sources, self.n_targets), missing, dtype=np.float64)
        dense[self.source, self.target] = self.cost
        return dense

    def position(self, source: npt.ArrayLike, target: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Lane number of each (source, target) pair of positions, -1 where there is no such lane.

        Examples
        --------
        >>> Lanes.from_table(2, 2, [0, 1], [1, 0], [5, 6]).position([1, 1], [0, 1]).tolist()
        [1, -1]
        """
        wanted = np.asarray(source, dtype=np.int64) * self.n_targets + np.asarray(target, dtype=np.int64)
        if self.complete:
            return wanted
        listed = self.source.astype(np.int64) * self.n_targets + self.target
        found = np.searchsorted(listed, wanted)
        inside = found < len(listed)
        found[~inside] = 0
        hit = inside & (listed[found] == wanted) if len(listed) else np.zeros(len(wanted), dtype=bool)
        return np.where(hit, found, -1)

    def incidence(self) -> tuple[sp.csr_array, sp.csr_array]:
        """Lane sums by source and by target, as sparse matrices of shape (sources, lanes), (targets, lanes).

        Examples
        --------
        >>> by_source, by_target = Lanes.from_matrix([[1, 2]]).incidence()
        >>> by_source.toarray().tolist(), by_target.toarray().tolist()
        ([[1.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]])
        """
        ones, lane = np.ones(len(self)), np.arange(len(self), dtype=np.int32)
        by_source = sp.csr_array((ones, (self.source, lane)), shape=(self.n_sources, len(self)))
        by_target = sp.csr_array((ones, (self.target, lane)), shape=(self.n_targets, len(self)))
        return by_source, by_target
