r"""Limits on totals: of what all people get together, and of what the plan costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from ...instances.errors import InputError
from ..named_rules import keep_number
from ..references import best_total
from .policy import Policy, worst_of

if TYPE_CHECKING:
    from ...instances.problem import Problem
    from ..statement import Statement
    from .policy import Measured, Verdict


@dataclass(frozen=True)
class EfficiencyFloor(Policy):
    r"""Fairness may cost so much: :math:`\sum_i n_i u_i \ge \text{SYSTEM} - \rho\,|\text{SYSTEM}|`.

    SYSTEM is the greatest total that there is without any policy; it is solved for, once a problem. Of
    utilities of 0 or more this is :math:`(1 - \rho)` SYSTEM, so that the price of fairness is at most rho.

    Parameters
    ----------
    loss
        Share of SYSTEM that may be given up, rho, from 0 to 1.

    Examples
    --------
    >>> EfficiencyFloor(0.05).title
    'total not far below the greatest'
    """

    name = "efficiency-floor"
    title = "total not far below the greatest"

    loss: float

    def __post_init__(self) -> None:
        keep_number(self, "loss", lowest=0, highest=1)

    def state(self, statement: Statement, name: str) -> None:
        """One row."""
        floor = self._floor(statement.problem)
        statement.rows(name, [statement.weighted(statement.agents.size)], lower=floor)

    def judge(self, plan: Measured) -> Verdict:
        """Compare the total with the floor."""
        best, floor = best_total(plan.problem), self._floor(plan.problem)
        total = float(plan.agents.size @ plan.utility)
        return worst_of(
            np.array([floor - total]),
            lambda _: f"the {plan.agents.side}",
            lambda _: f"the total is {total:.6g}, the greatest {best:.6g}; at least {floor:.6g} is asked for",
            max(abs(best), float(plan.agents.size @ abs(plan.utility))),
        )

    def _floor(self, problem: Problem) -> float:
        best = best_total(problem)
        return best - self.loss * abs(best)


@dataclass(frozen=True)
class CostBudget(Policy):
    r"""The plan costs no more: :math:`\sum_j c_j x_j \le B`, prices of what is left undone not counted.

    Parameters
    ----------
    at_most
        The budget B.

    Examples
    --------
    >>> CostBudget(1000).title
    'cost within a budget'
    """

    name = "cost-budget"
    title = "cost within a budget"

    at_most: float

    def __post_init__(self) -> None:
        keep_number(self, "at_most")

    def state(self, statement: Statement, name: str) -> None:
        """One row."""
        _refuse_weights(statement.problem)
        cost = sp.csr_array(np.atleast_2d(statement.utilities.cost))
        statement.rows(name, [(statement.decisions, cost)], upper=self.at_most)

    def judge(self, plan: Measured) -> Verdict:
        """Compare the plan's cost with the budget."""
        _refuse_weights(plan.problem)
        return worst_of(
            np.array([plan.cost - self.at_most]),
            lambda _: "the plan",
            lambda _: f"the plan costs {plan.cost:.6g}, the budget is {self.at_most:g}",
            self.at_most,
        )


def _refuse_weights(problem: Problem) -> None:
    if problem.maximise and problem.kind != "programmes":
        raise InputError("a cost budget needs costs, and this problem has weights or values to maximise")
