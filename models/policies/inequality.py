r"""Caps on inequality, linear since the mean is.

.. math:: \mu = \sum_i \pi_i u_i

Where
    - :math:`\pi_i = n_i / \sum_j n_j` is the share of all people that is behind agent i
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from ...instances.errors import InputError
from ..named_rules import keep_number
from ..pair_differences import add_pairs
from .policy import TOLERANCE, Policy, Verdict, worst_of

if TYPE_CHECKING:
    from ...instances.agents import Agents
    from ...instances.arrays import FloatArray
    from ..statement import Statement
    from .policy import Measured


@dataclass(frozen=True)
class GiniCap(Policy):
    r"""Gini coefficient at most so large: :math:`\sum_{i,j} \pi_i \pi_j |u_i - u_j| \le 2 \gamma \mu`.

    Stated over one column a pair, :math:`v_{ij} \ge \max(u_i - u_j, 0)`, since
    :math:`|u_i - u_j| = 2 \max(u_i - u_j, 0) - (u_i - u_j)`. The population form, without the factor
    :math:`N / (N - 1)` of samples. Where everybody has nothing, nobody has less, and it holds.

    Parameters
    ----------
    at_most
        The cap gamma, from 0 to 1.

    Examples
    --------
    >>> GiniCap(0.2).title
    'Gini coefficient under a cap'
    """

    name = "gini-cap"
    title = "Gini coefficient under a cap"

    at_most: float

    def __post_init__(self) -> None:
        keep_number(self, "at_most", lowest=0, highest=1)

    def state(self, statement: Statement, name: str) -> None:
        """One column and row a pair of agents, and the cap."""
        _refuse_negative(statement.agents, statement.utilities.lowest, "a Gini coefficient")
        above, weight, own = add_pairs(statement, name, "a Gini cap", "hoover-cap")
        mean = statement.weighted(own - 2 * self.at_most * statement.agents.share)
        statement.rows(name, [(above, sp.csr_array(weight[None, :])), mean], upper=0.0)

    def judge(self, plan: Measured) -> Verdict:
        """Compute the coefficient from the agents in order of utility."""
        _refuse_negative(plan.agents, plan.utility, "a Gini coefficient")
        order = np.argsort(plan.utility, kind="stable")
        utility, share = plan.utility[order], plan.agents.share[order]
        reached = np.cumsum(share)
        difference = 2 * float(share * utility @ (2 * reached - share - 1))
        return _capped(plan, difference, self.at_most, "Gini coefficient")


@dataclass(frozen=True)
class HooverCap(Policy):
    r"""Hoover index at most so large: :math:`\sum_i \pi_i |u_i - \mu| \le 2 \eta \mu`.

    It is the share of all utility that would have to change hands for everybody to have the mean. Stated over
    one column an agent, :math:`d_i \ge \max(u_i - \mu, 0)` with :math:`\sum_i \pi_i d_i \le \eta \mu`.

    Parameters
    ----------
    at_most
        The cap eta, from 0 to 1.

    Examples
    --------
    >>> HooverCap(0.1).title
    'Hoover index under a cap'
    """

    name = "hoover-cap"
    title = "Hoover index under a cap"

    at_most: float

    def __post_init__(self) -> None:
        keep_number(self, "at_most", lowest=0, highest=1)

    def state(self, statement: Statement, name: str) -> None:
        """One column and row an agent, the mean, and the cap."""
        _refuse_negative(statement.agents, statement.utilities.lowest, "a Hoover index")
        agents = statement.agents
        count = len(agents)
        mean = statement.columns(f"{name}_mean", 1)
        above = statement.columns(f"{name}_above", count, lower=0.0, keys=agents.keys)
        one = sp.csr_array(np.ones((1, 1)))
        statement.rows(
            f"{name}_average", [statement.weighted(agents.share), (mean, -one)], lower=0.0, upper=0.0
        )
        eye = sp.eye_array(count)
        parts = [(above, eye), (statement.utility, -eye), (mean, sp.csr_array(np.ones((count, 1))))]
        statement.rows(f"{name}_each", parts, lower=0.0, keys=agents.keys)
        shares = sp.csr_array(agents.share[None, :])
        statement.rows(name, [(above, shares), (mean, -self.at_most * one)], upper=0.0)

    def judge(self, plan: Measured) -> Verdict:
        """Compute the index by its definition."""
        _refuse_negative(plan.agents, plan.utility, "a Hoover index")
        share = plan.agents.share
        difference = float(share @ abs(plan.utility - share @ plan.utility))
        return _capped(plan, difference, self.at_most, "Hoover index")


@dataclass(frozen=True)
class MaxGap(Policy):
    r"""Nobody far above anybody: :math:`\max_i u_i - \min_i u_i \le \delta`.

    Stated over one further column :math:`\ell`, the least utility: :math:`\ell \le u_i \le \ell + \delta`.

    Parameters
    ----------
    at_most
        Largest range of utilities, delta.

    Examples
    --------
    >>> MaxGap(0.3).title
    'nobody far above anybody'
    """

    name = "max-gap"
    title = "nobody far above anybody"

    at_most: float

    def __post_init__(self) -> None:
        keep_number(self, "at_most", lowest=0)

    def state(self, statement: Statement, name: str) -> None:
        """One row an agent."""
        count = len(statement.agents)
        least = statement.columns(f"{name}_least", 1)
        statement.rows(
            name,
            [(statement.utility, sp.eye_array(count)), (least, sp.csr_array(-np.ones((count, 1))))],
            lower=0.0,
            upper=self.at_most,
            keys=statement.agents.keys,
        )

    def judge(self, plan: Measured) -> Verdict:
        """Compare every utility with the least."""
        keys, utility = plan.agents.keys, plan.utility
        low = int(np.argmin(utility))
        return worst_of(
            utility - utility[low] - self.at_most,
            lambda at: f"{keys[at]} and {keys[low]}",
            lambda at: (
                f"{keys[at]!r} has {utility[at]:.6g}, {keys[low]!r} {utility[low]:.6g}: "
                f"{utility[at] - utility[low]:.6g} apart, at most {self.at_most:g} is allowed"
            ),
            self.at_most,
        )


def _refuse_negative(agents: Agents, lowest: FloatArray, what: str) -> None:
    """Refuse utilities below 0, for which relative inequality has no meaning."""
    below = lowest < -TOLERANCE
    if below.any():
        raise InputError(
            f"{what} needs utilities of 0 or more, and that of {agents.keys[int(np.argmax(below))]!r} "
            "may be below; use max-gap or rate-gap"
        )


def _capped(plan: Measured, difference: float, cap: float, what: str) -> Verdict:
    """Judge a mean difference against twice the mean, as the rows do, and speak of the ratio."""
    mean = float(plan.agents.share @ plan.utility)
    ratio = difference / (2 * mean) if mean > 0 else 0.0
    holds = difference - 2 * cap * mean <= TOLERANCE * max(2 * cap * mean, 1.0)
    low = plan.agents.keys[int(np.argmin(plan.utility))]
    message = f"the {what} is {ratio:.6g}, at most {cap:g} is allowed; {low!r} has least"
    return Verdict(holds, ratio - cap, f"the {plan.agents.side}", message, int(not holds))
