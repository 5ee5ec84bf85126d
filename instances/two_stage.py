"""Two-stage stochastic linear programs: what is decided now, and what in each scenario afterwards."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from .arrays import labels, numbers
from .errors import InputError
from .linear import LinearProblem
from .uncertain_demand import probabilities

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .arrays import FloatArray


@dataclass(frozen=True, eq=False, kw_only=True)
class TwoStageLinear:
    r"""A linear program with recourse over finitely many scenarios.

    .. math::
        \min \text{ or } \max\; c^\top x + \sum_s \pi_s\, q_s^\top y_s
        \quad\text{s.t.}\quad
        b^- \le A x \le b^+, \qquad h_s^- \le T_s x + W y_s \le h_s^+ \;\; \forall s

    Parameters
    ----------
    first
        What is decided now: columns x with their bounds, c, and the rows A alone.
    second
        What is decided once the scenario is known: columns y with their bounds, q, and W; the ranges h of its
        rows. Its sense must be the first's.
    technology
        T, one sparse matrix of shape (rows of `second`, columns of `first`) for all scenarios, or one each.
    probability
        Probability of each scenario, adding up to one.
    objective
        q of each scenario, shape (scenarios, columns of `second`); None means that of `second` in all.
    row_lower, row_upper
        h of each scenario, shape (scenarios, rows of `second`); None means those of `second` in all.
    names
        The scenarios' keys; None counts them from 1.

    Raises
    ------
    InputError
        For shapes or senses that do not fit, or probabilities that do not add up to one.

    References
    ----------
    J. R. Birge, F. Louveaux, "Introduction to Stochastic Programming", Springer, 2011, chapters 1 and 4.

    Examples
    --------
    >>> columns = {"lower": [0], "upper": [np.inf]}
    >>> stock = LinearProblem(columns=["stock"], rows=[], objective=[2], matrix=np.zeros((0, 1)),
    ...                       row_lower=[], row_upper=[], **columns)
    >>> short = LinearProblem(columns=["short"], rows=["demand"], objective=[10], matrix=[[1]],
    ...                       row_lower=[0], row_upper=[np.inf], **columns)
    >>> problem = TwoStageLinear(first=stock, second=short, technology=sp.csr_array([[1.0]]),
    ...                          probability=[0.5, 0.5], row_lower=[[4], [8]])
    >>> problem.extensive_form().columns.tolist()
    ['stock', 'short [1]', 'short [2]']
    """

    first: LinearProblem
    second: LinearProblem
    technology: sp.csr_array | Sequence[sp.csr_array]
    probability: FloatArray
    objective: FloatArray = None  # type: ignore[assignment]  # that of the second stage
    row_lower: FloatArray = None  # type: ignore[assignment]  # that of the second stage
    row_upper: FloatArray = None  # type: ignore[assignment]  # that of the second stage
    names: pd.Index[Any] = None  # type: ignore[assignment]  # counted from 1

    def __post_init__(self) -> None:
        def store(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        count = np.size(self.probability)
        store("names", pd.RangeIndex(1, count + 1) if self.names is None else labels(self.names, "scenario"))
        if len(self.names) != count:
            raise InputError(f"{count} probabilities but {len(self.names)} scenarios; give one each")
        store("probability", probabilities(numbers(self.probability, self.names, "probability", lowest=0)))
        if self.first.sense != self.second.sense:
            raise InputError(f"the first stage is a {self.first.sense}, the second a {self.second.sense}")
        one = sp.issparse(self.technology) or isinstance(self.technology, np.ndarray)
        given: list[Any] = [self.technology] * count if one else list(self.technology)
        if len(given) != count:
            raise InputError(f"there are {len(given)} technology matrices for {count} scenarios")
        shape = (len(self.second.rows), len(self.first.columns))
        for matrix in given:
            if matrix.shape != shape:
                raise InputError(
                    f"a technology matrix is {matrix.shape[0]} x {matrix.shape[1]}; it must be "
                    f"{shape[0]} rows of the second stage x {shape[1]} columns of the first"
                )
        store("technology", tuple(sp.csr_array(matrix, dtype=np.float64) for matrix in given))
        for name, width, infinite in (
            ("objective", len(self.second.columns), False),
            ("row_lower", len(self.second.rows), True),
            ("row_upper", len(self.second.rows), True),
        ):
            given_values = getattr(self, name)
            values = getattr(self.second, name) if given_values is None else given_values
            table = np.array(np.broadcast_to(np.asarray(values, dtype=np.float64), (count, width)))
            numbers(table.ravel(), table.size, name.replace("_", " "), infinite=infinite)
            store(name, table)

    def extensive_form(self) -> LinearProblem:
        """All scenarios at once, as one linear program: the deterministic equivalent."""
        first, second, count = self.first, self.second, len(self.names)
        weighted = np.asarray(self.probability)[:, np.newaxis] * self.objective
        technology = sp.vstack(self.technology, format="csr")
        matrix = sp.block_array(
            [
                [first.matrix, None],
                [technology, sp.block_diag([second.matrix] * count, format="csr")],
            ]
            if len(second.columns)
            else [[first.matrix], [technology]],
            format="csr",
        )

        def both(now: FloatArray, later: FloatArray) -> FloatArray:
            return np.concatenate([now, np.ravel(later)])

        return LinearProblem(
            title=first.title,
            provenance=first.provenance,
            units=first.units,
            columns=pd.Index([*first.columns, *self._named(second.columns)]),
            rows=pd.Index([*first.rows, *self._named(second.rows)]),
            objective=both(first.objective, weighted),
            matrix=sp.csr_array(matrix),
            row_lower=both(first.row_lower, self.row_lower),
            row_upper=both(first.row_upper, self.row_upper),
            lower=both(first.lower, np.tile(second.lower, count)),
            upper=both(first.upper, np.tile(second.upper, count)),
            whole=np.concatenate([first.whole, np.tile(second.whole, count)]),
            offset=first.offset + second.offset,
            sense=first.sense,
        )

    def _named(self, keys: pd.Index[Any]) -> list[str]:
        return [f"{key} [{scenario}]" for scenario in self.names for key in keys]

    def scenario(self, at: int) -> TwoStageLinear:
        """The problem as if scenario number `at`, counted from 0, were certain."""
        return self._certain(np.arange(len(self.names)) == at, self.names[at])

    def expected(self) -> TwoStageLinear:
        """The problem with all that is uncertain at its mean."""
        return self._certain(np.asarray(self.probability), "mean")

    def with_first(self, values: FloatArray) -> TwoStageLinear:
        """The problem with the first stage's columns fixed at given values."""
        fixed = np.asarray(values, dtype=np.float64)
        return replace(self, first=replace(self.first, lower=fixed, upper=fixed))

    def _certain(self, weight: Any, name: Any) -> TwoStageLinear:
        """One scenario: the mean of all by weights; infinite ranges stay infinite."""
        weight = np.asarray(weight, dtype=np.float64)
        counted = np.flatnonzero(weight)

        def mean(values: FloatArray) -> FloatArray:
            return np.asarray(weight[counted] @ values[counted])[np.newaxis]

        matrices = list(self.technology)
        technology = sum(weight[s] * matrices[s] for s in counted.tolist())
        return replace(
            self,
            technology=sp.csr_array(technology),
            probability=np.ones(1),
            objective=mean(self.objective),
            row_lower=mean(self.row_lower),
            row_upper=mean(self.row_upper),
            names=pd.Index([name]),
        )
