"""The general linear problem's data: named columns and rows, divisible or whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
import scipy.sparse as sp

from .arrays import labels, numbers
from .errors import InputError
from .plans import measure, positions, require_columns, spread
from .problem import Problem, Sense

if TYPE_CHECKING:
    from .arrays import BoolArray, FloatArray


@dataclass(frozen=True, eq=False, kw_only=True)
class LinearProblem(Problem):
    """Minimise or maximise a linear objective under linear rows: an LP, or a MILP with whole columns.

    Parameters
    ----------
    columns, rows
        The user's keys.
    objective
        Coefficient of each column.
    matrix
        Coefficients, sparse, shape (rows, columns).
    row_lower, row_upper
        Range of each row, infinite where open; equal for an equation.
    lower, upper
        Range of each column, infinite where open.
    whole
        Whether each column is a whole number; one value stands for all.
    offset
        Constant added to the objective.
    sense
        Minimise or maximise.
    agents, utility
        Whose utilities criteria and policies are about, and how they are linear in the columns: sparse, shape
        (agents, columns). None: each column is an agent and its value the utility.

    Raises
    ------
    InputError
        For data of the wrong shape, not numbers, or with crossed bounds.

    Examples
    --------
    >>> problem = LinearProblem(
    ...     columns=["x", "y"], rows=["staff"], objective=[1, 2], matrix=[[1, 1]],
    ...     row_lower=[-np.inf], row_upper=[10], lower=[0, 0], upper=[np.inf, np.inf], sense="max")
    >>> problem.size
    2
    """

    kind: ClassVar[str] = "linear"

    columns: pd.Index[Any]
    rows: pd.Index[Any]
    objective: FloatArray
    matrix: sp.csr_array
    row_lower: FloatArray
    row_upper: FloatArray
    lower: FloatArray
    upper: FloatArray
    whole: BoolArray = False  # type: ignore[assignment]  # one value stands for all
    offset: float = 0.0
    sense: Sense = "min"
    agents: pd.Index[Any] | None = None
    utility: sp.csr_array | None = None

    def __post_init__(self) -> None:
        def store(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        store("columns", labels(self.columns, "column"))
        store("rows", labels(self.rows, "row"))
        matrix = sp.csr_array(self.matrix, dtype=np.float64)
        if matrix.shape != (len(self.rows), len(self.columns)):
            raise InputError(
                f"the matrix is {matrix.shape[0]} x {matrix.shape[1]}, "
                f"but {len(self.rows)} rows and {len(self.columns)} columns are named"
            )
        matrix.sum_duplicates()
        numbers(matrix.data, matrix.nnz, "matrix coefficient")
        store("matrix", matrix)
        store("objective", numbers(self.objective, self.columns, "objective"))
        self._store_agents()
        store("row_lower", numbers(self.row_lower, self.rows, "row lower bound", infinite=True))
        store("row_upper", numbers(self.row_upper, self.rows, "row upper bound", infinite=True))
        store("lower", numbers(self.lower, self.columns, "lower bound", infinite=True))
        store("upper", numbers(self.upper, self.columns, "upper bound", infinite=True))
        store("whole", np.broadcast_to(np.asarray(self.whole, dtype=bool), (len(self.columns),)).copy())
        for low, high, keys, what in (
            (self.row_lower, self.row_upper, self.rows, "row"),
            (self.lower, self.upper, self.columns, "column"),
        ):
            nowhere = (low == np.inf) | (high == -np.inf)
            if nowhere.any():
                at = int(np.argmax(nowhere))
                raise InputError(f"{what} {keys[at]!r} has the empty range {low[at]:g} to {high[at]:g}")
            crossed = low > high
            if crossed.any():
                at = int(np.argmax(crossed))
                raise InputError(f"{what} {keys[at]!r} is at least {low[at]:g} but at most {high[at]:g}")

    def _store_agents(self) -> None:
        agents = self.columns if self.agents is None else labels(self.agents, "agent")
        alone = self.agents is None if self.utility is not None else not agents.equals(self.columns)
        if alone:
            raise InputError("agents and their utility belong together; give both or neither")
        object.__setattr__(self, "agents", agents)
        if self.utility is None:
            return
        utility = sp.csr_array(self.utility, dtype=np.float64)
        if utility.shape != (len(agents), len(self.columns)):
            raise InputError(
                f"the utility is {utility.shape[0]} x {utility.shape[1]}, "
                f"but {len(agents)} agents and {len(self.columns)} columns are named"
            )
        numbers(utility.data, utility.nnz, "utility coefficient")
        object.__setattr__(self, "utility", utility)

    @property
    def size(self) -> int:
        """Number of columns."""
        return len(self.columns)

    @property
    def maximise(self) -> bool:
        """Whether the objective is maximised."""
        return self.sense == "max"

    def plan(self, decisions: FloatArray) -> pd.DataFrame:
        """Translate column values into a frame ``column, value`` (all columns)."""
        return pd.DataFrame({"column": self.columns, "value": decisions})

    def decisions(self, plan: pd.DataFrame) -> FloatArray:
        """Translate a frame ``column, value`` into column values; columns left out are 0."""
        require_columns(plan, ["column", "value"])
        place = positions(plan, "column", self.columns)
        return spread(place, measure(plan, "value"), self.size, "column")

    def summary(self) -> dict[str, object]:
        """Sizes."""
        return {
            "rows": len(self.rows),
            "columns": len(self.columns),
            "coefficients": int(self.matrix.nnz),
            "whole columns": int(np.count_nonzero(self.whole)),
            "sense": self.sense,
        }
