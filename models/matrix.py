"""The matrix form: a formulation's rows and columns as arrays, in named blocks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from ..instances.arrays import BoolArray, FloatArray
    from .curves import Curve, Equivalent
    from .ordering import Ordering


@dataclass(frozen=True, eq=False)
class Block:
    """A run of columns or rows that stand for one indexed variable or constraint.

    Its name is that of the Pyomo component, its order that component's index order, its keys the
    user's own.
    """

    name: str
    start: int
    stop: int
    keys: pd.Index[Any] | None = None

    @property
    def slice(self) -> slice:
        """The block's place among all columns or rows."""
        return slice(self.start, self.stop)


@dataclass(frozen=True, eq=False, kw_only=True)
class MatrixForm:
    r"""A formulation in arrays.

    .. math:: \min \text{ or } \max\; c^\top x + \sum_k q_k x_k^2 + \sum_k w_k f(x_k) + c_0
              \quad\text{s.t.}\quad
              r^- \le A x \le r^+,\; l \le x \le u,\; x_k \in \mathbb{Z}\ (k \in W)

    Where
        - `cost` is c, `quadratic` the diagonal q (None where linear), `offset` c_0
        - `matrix` is A (sparse, by rows), `row_lower` and `row_upper` are r
        - `lower` and `upper` are l and u, `whole` marks W
        - `columns` and `rows` name the blocks; `decisions` is the name of the column block that holds
          the problem's decisions in the problem's order
        - `stages` holds one cost vector a priority class (or a stage of a criterion), to be optimised
          lexicographically with earlier ones held; empty where there is one objective. `leading` is the
          place among them of the one that `cost` (with `offset`, `quadratic` and `curves`) is; None where
          `cost` is their sum
        - `tie_break` holds cost vectors that choose among optimal plans, each in turn; `ordering` says that
          the last stages bring sorted values to their lexicographic best
        - `curves` holds the concave terms :math:`w_k f(x_k)`, of a maximisation alone
        - `equivalent` is the function that the objective is told by, growing with it, or None for itself
        - `integral` says that the matrix is totally unimodular and the limits whole, so that every
          vertex of the divisible problem is whole and W need not be branched on (Hoffman and Kruskal 1956)
        - `rest_decides` says that the decisions are whole at every vertex once the other whole columns are,
          so that these are enough to branch on (rows added to the form may undo it: to be seen in the end)
    """

    cost: FloatArray
    matrix: sp.csr_array
    row_lower: FloatArray
    row_upper: FloatArray
    lower: FloatArray
    upper: FloatArray
    whole: BoolArray
    quadratic: FloatArray | None = None
    offset: float = 0.0
    maximise: bool = False
    columns: tuple[Block, ...] = ()
    rows: tuple[Block, ...] = ()
    decisions: str = ""
    stages: tuple[FloatArray, ...] = ()
    leading: int | None = None
    tie_break: tuple[FloatArray, ...] = ()
    ordering: Ordering | None = None
    curves: tuple[Curve, ...] = ()
    equivalent: Equivalent | None = None
    integral: bool = False
    rest_decides: bool = False

    @property
    def in_stages(self) -> bool:
        """Whether it takes several solves, one after the other."""
        return len(self.stages) > 1 or bool(self.tie_break)

    def column_block(self, name: str) -> Block:
        """Return the column block of that name."""
        return next(block for block in self.columns if block.name == name)

    def row_block(self, name: str) -> Block:
        """Return the row block of that name."""
        return next(block for block in self.rows if block.name == name)

    def decided(self, values: FloatArray) -> FloatArray:
        """Decisions of the problem among all column values."""
        return values[self.column_block(self.decisions).slice]

    def objective(self, values: FloatArray) -> float:
        """Objective at the given column values."""
        total = float(self.cost @ values) + self.offset
        if self.quadratic is not None:
            total += float(self.quadratic @ values**2)
        return total + sum(curve.value(values[curve.columns]) for curve in self.curves)

    def told(self, objective: float) -> float:
        """Objective or bound as people are told it."""
        return objective if self.equivalent is None else self.equivalent(objective)


@dataclass
class FormBuilder:
    """Collects blocks of columns and rows and joins them into a `MatrixForm`.

    Examples
    --------
    >>> build = FormBuilder()
    >>> flow = build.add_columns("flow", 2, cost=[3, 4])
    >>> _ = build.add_rows("supply_limit", [(flow, sp.csr_array([[1.0, 1.0]]))], upper=10)
    >>> form = build.finish(decisions="flow")
    >>> form.matrix.toarray().tolist(), form.row_upper.tolist()
    ([[1.0, 1.0]], [10.0])
    """

    columns: list[Block] = field(default_factory=list)
    rows: list[Block] = field(default_factory=list)
    _column_data: list[tuple[npt.NDArray[Any], ...]] = field(default_factory=list)
    _row_data: list[tuple[FloatArray, FloatArray]] = field(default_factory=list)
    _parts: list[tuple[int, int, sp.coo_array]] = field(default_factory=list)

    @classmethod
    def of(cls, form: MatrixForm) -> FormBuilder:
        """Open a finished form again, to add to its columns and rows."""
        quadratic = np.zeros(len(form.cost)) if form.quadratic is None else form.quadratic
        return cls(
            list(form.columns),
            list(form.rows),
            [(form.cost, quadratic, form.lower, form.upper, form.whole)],
            [(form.row_lower, form.row_upper)],
            [(0, 0, sp.coo_array(form.matrix))],
        )

    def add_columns(
        self,
        name: str,
        size: int,
        *,
        cost: npt.ArrayLike = 0.0,
        quadratic: npt.ArrayLike = 0.0,
        lower: npt.ArrayLike = 0.0,
        upper: npt.ArrayLike = np.inf,
        whole: bool | BoolArray = False,
        keys: pd.Index[Any] | None = None,
    ) -> Block:
        """Add `size` columns; single numbers stand for all of them."""
        start = self.columns[-1].stop if self.columns else 0
        block = Block(name, start, start + size, keys)
        self.columns.append(block)
        numbers = [
            np.broadcast_to(np.asarray(v, dtype=np.float64), (size,)) for v in (cost, quadratic, lower, upper)
        ]
        self._column_data.append((*numbers, np.broadcast_to(np.asarray(whole, dtype=bool), (size,))))
        return block

    def add_rows(
        self,
        name: str,
        parts: list[tuple[Block, sp.sparray]],
        *,
        lower: npt.ArrayLike = -np.inf,
        upper: npt.ArrayLike = np.inf,
        keys: pd.Index[Any] | None = None,
    ) -> Block:
        """Add the rows ``lower <= sum of matrix @ block <= upper``; all matrices have the same height."""
        size = parts[0][1].shape[0]
        start = self.rows[-1].stop if self.rows else 0
        block = Block(name, start, start + size, keys)
        self.rows.append(block)
        self._row_data.append(
            tuple(np.broadcast_to(np.asarray(v, dtype=np.float64), (size,)) for v in (lower, upper))  # type: ignore[arg-type]
        )
        self._parts.extend((start, columns.start, sp.coo_array(matrix)) for columns, matrix in parts)
        return block

    def finish(
        self,
        *,
        decisions: str,
        maximise: bool = False,
        offset: float = 0.0,
        stages: tuple[FloatArray, ...] = (),
        leading: int | None = None,
        tie_break: tuple[FloatArray, ...] = (),
        ordering: Ordering | None = None,
        integral: bool = False,
        rest_decides: bool = False,
        cost: FloatArray | None = None,
        quadratic: FloatArray | None = None,
        curves: tuple[Curve, ...] = (),
        equivalent: Equivalent | None = None,
    ) -> MatrixForm:
        """Join all blocks; a `cost` and `quadratic` given here replace those of the blocks."""
        width = self.columns[-1].stop if self.columns else 0
        height = self.rows[-1].stop if self.rows else 0
        matrix = sp.csr_array((height, width))
        if self._parts:
            data = np.concatenate([part.data for _, _, part in self._parts])
            row = np.concatenate([part.coords[0].astype(np.int32) + top for top, _, part in self._parts])
            column = np.concatenate([part.coords[1].astype(np.int32) + left for _, left, part in self._parts])
            matrix = sp.csr_array((data, (row, column)), shape=(height, width))
            matrix.eliminate_zeros()

        def joined(arrays: list[Any], kind: type) -> Any:
            return np.concatenate(arrays) if arrays else np.zeros(0, dtype=kind)

        of_blocks = [joined([d[k] for d in self._column_data], float) for k in range(4)]
        lower, upper = of_blocks[2:]
        if cost is None:
            cost, quadratic = of_blocks[:2]
        return MatrixForm(
            cost=cost,
            matrix=matrix,
            row_lower=joined([d[0] for d in self._row_data], float),
            row_upper=joined([d[1] for d in self._row_data], float),
            lower=lower,
            upper=upper,
            whole=joined([d[4] for d in self._column_data], bool),
            quadratic=quadratic if quadratic is not None and np.any(quadratic) else None,
            offset=offset,
            maximise=maximise,
            columns=tuple(self.columns),
            rows=tuple(self.rows),
            decisions=decisions,
            stages=stages,
            leading=leading,
            tie_break=tie_break,
            ordering=ordering,
            curves=curves,
            equivalent=equivalent,
            integral=integral,
            rest_decides=rest_decides,
        )
