"""Where criteria and policies state themselves: a formulation with its agents' utilities as columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import scipy.sparse as sp

from .matrix import Block, FormBuilder

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from ..instances.agents import Agents
    from ..instances.arrays import FloatArray
    from ..instances.problem import Problem
    from .curves import Curve, Equivalent
    from .matrix import MatrixForm
    from .ordering import Ordering
    from .utilities import Utilities

    Terms: TypeAlias = list[tuple[Block, npt.ArrayLike]]

UTILITY, UTILITY_ROWS = "utility", "utility_of"
"""Names of the column block that holds the utilities, and of the rows that define them."""


@dataclass(frozen=True, eq=False)
class Goal:
    """What a criterion makes as good as it can be.

    Parameters
    ----------
    terms
        Linear terms: blocks with a coefficient a column (or one for all).
    maximise
        Whether larger is better.
    offset
        Constant added.
    curves
        Concave terms (convex ones are not maximised), over columns of the form.
    quadratic
        Squared terms: blocks with a coefficient a column.
    stages
        Lists of linear terms to be made as good as they can be one after the other, earlier ones held;
        the first is `terms` (with `quadratic` and `curves`). Empty where there is one.
    equivalent
        Function that the value is told by, growing with it, or None for the value itself.
    ordering
        The columns and rows of ordered outcomes, where the stages are those.
    """

    terms: Terms
    maximise: bool = True
    offset: float = 0.0
    curves: tuple[Curve, ...] = ()
    quadratic: Terms = field(default_factory=list)
    stages: tuple[Terms, ...] = ()
    equivalent: Equivalent | None = None
    ordering: Ordering | None = None


@dataclass(frozen=True, eq=False)
class Statement:
    """A problem's formulation, open for a criterion's or policy's columns and rows over the utilities.

    Parameters
    ----------
    problem
        Whose formulation it is.
    utilities
        How utilities are linear in the decisions.
    build
        What columns and rows are added to.
    decisions, utility
        The blocks of the decisions and of the utilities.
    """

    problem: Problem
    utilities: Utilities
    build: FormBuilder
    decisions: Block
    utility: Block

    @classmethod
    def over(cls, problem: Problem, form: MatrixForm, utilities: Utilities) -> Statement:
        """Open a problem's matrix form, and add the utilities as columns with the rows that define them."""
        build = FormBuilder.of(form)
        decisions = form.column_block(form.decisions)
        keys = utilities.agents.keys
        utility = build.add_columns(UTILITY, len(keys), lower=-np.inf, keys=keys)
        build.add_rows(
            UTILITY_ROWS,
            [(decisions, utilities.matrix), (utility, -sp.eye_array(len(keys)))],
            lower=-utilities.constant,
            upper=-utilities.constant,
            keys=keys,
        )
        return cls(problem, utilities, build, decisions, utility)

    @property
    def agents(self) -> Agents:
        """Whose utilities they are."""
        return self.utilities.agents

    def weighted(self, weights: npt.ArrayLike) -> tuple[Block, sp.csr_array]:
        """Rows of weights over the utilities, shape (rows, agents), as a part for `FormBuilder.add_rows`."""
        return self.utility, sp.csr_array(np.atleast_2d(np.asarray(weights, dtype=np.float64)))

    def columns(self, name: str, size: int, **limits: Any) -> Block:
        """Add auxiliary columns, from minus infinity where nothing else is said."""
        return self.build.add_columns(name, size, **({"lower": -np.inf} | limits))

    def rows(
        self,
        name: str,
        parts: list[tuple[Block, sp.sparray]],
        *,
        lower: npt.ArrayLike = -np.inf,
        upper: npt.ArrayLike = np.inf,
        keys: pd.Index[Any] | None = None,
    ) -> Block:
        """Add rows, as `FormBuilder.add_rows`."""
        return self.build.add_rows(name, parts, lower=lower, upper=upper, keys=keys)

    def finish(self, form: MatrixForm, goal: Goal | None, before: list[Terms] | None = None) -> MatrixForm:
        """Join everything under a goal, or under the problem's own objective where there is none.

        What is named in `before` is made as large as it can be first, each in turn. Under a goal, the
        problem's own objective breaks ties.
        """
        sense = goal.maximise if goal is not None else form.maximise
        first = [self._spread(terms) * (1.0 if sense else -1.0) for terms in before or []]
        if goal is None:
            stages = [self._widened(cost) for cost in form.stages]
            return self.build.finish(
                decisions=form.decisions,
                rest_decides=form.rest_decides,
                maximise=form.maximise,
                offset=form.offset,
                stages=tuple([*first, *(stages or [self._widened(form.cost)])]) if first or stages else (),
                leading=None if stages or not first else len(first),
            )
        stages = [self._spread(terms) for terms in goal.stages]
        cost = self._spread(goal.terms)
        return self.build.finish(
            decisions=form.decisions,
            rest_decides=form.rest_decides,
            maximise=goal.maximise,
            offset=goal.offset,
            cost=cost,
            quadratic=self._spread(goal.quadratic),
            stages=tuple([*first, *(stages or [cost])]) if first or stages else (),
            leading=len(first) if first or stages else None,
            tie_break=self._tie_break(form, goal),
            ordering=goal.ordering,
            curves=goal.curves,
            equivalent=goal.equivalent,
        )

    def _tie_break(self, form: MatrixForm, goal: Goal) -> tuple[FloatArray, ...]:
        """The problem's own objective; where that is not linear, what its decisions cost."""
        costs, own_sense = [self._widened(cost) for cost in form.stages or (form.cost,)], form.maximise
        if form.quadratic is not None:
            cost = np.zeros(self._width)
            cost[self.decisions.slice] = self.utilities.cost
            costs, own_sense = [cost], False
        sign = 1.0 if own_sense == goal.maximise else -1.0
        return tuple(sign * cost for cost in costs if np.any(cost))

    @property
    def _width(self) -> int:
        return self.build.columns[-1].stop

    def _widened(self, cost: FloatArray) -> FloatArray:
        return np.append(cost, np.zeros(self._width - len(cost)))

    def _spread(self, terms: Terms) -> FloatArray:
        cost = np.zeros(self._width)
        for block, coefficients in terms:
            cost[block.slice] += np.asarray(coefficients, dtype=np.float64)
        return cost
