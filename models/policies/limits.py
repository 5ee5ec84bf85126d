r"""Limits on every agent's utility: :math:`u_i \ge \tau` and :math:`u_i \le \tau`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from ..named_rules import keep_number, keep_text
from .policy import Policy, worst_of

if TYPE_CHECKING:
    from ...instances.agents import Agents
    from ...instances.arrays import BoolArray
    from ..statement import Statement
    from .policy import Measured, Verdict


@dataclass(frozen=True)
class Floor(Policy):
    r"""Nobody below: :math:`u_i \ge \tau` for all agents, or for those of one group.

    Parameters
    ----------
    value
        The least utility, tau.
    group, label
        The attribute and its label that name the group, or empty for all agents.

    Examples
    --------
    >>> Floor(0.2).title
    'nobody below a floor'
    """

    name = "floor"
    title = "nobody below a floor"

    value: float
    group: str = ""
    label: str = ""

    def __post_init__(self) -> None:
        keep_number(self, "value")
        keep_text(self, "group", "label")

    def state(self, statement: Statement, name: str) -> None:
        """One row an agent."""
        _hold(statement, name, _members(statement.agents, self.group, self.label), lower=self.value)

    def judge(self, plan: Measured) -> Verdict:
        """Compare every utility with the floor."""
        at = np.flatnonzero(_members(plan.agents, self.group, self.label))
        keys = plan.agents.keys
        return worst_of(
            self.value - plan.utility[at],
            lambda k: str(keys[at[k]]),
            lambda k: f"{keys[at[k]]!r} has {plan.utility[at[k]]:.6g}, the floor is {self.value:g}",
            self.value,
        )


@dataclass(frozen=True)
class Cap(Policy):
    r"""Nobody above: :math:`u_i \le \tau` for all agents, or for those of one group.

    Parameters
    ----------
    value
        The most utility, tau.
    group, label
        As in `Floor`.

    Examples
    --------
    >>> Cap(0.9).title
    'nobody above a cap'
    """

    name = "cap"
    title = "nobody above a cap"

    value: float
    group: str = ""
    label: str = ""

    def __post_init__(self) -> None:
        keep_number(self, "value")
        keep_text(self, "group", "label")

    def state(self, statement: Statement, name: str) -> None:
        """One row an agent."""
        _hold(statement, name, _members(statement.agents, self.group, self.label), upper=self.value)

    def judge(self, plan: Measured) -> Verdict:
        """Compare every utility with the cap."""
        at = np.flatnonzero(_members(plan.agents, self.group, self.label))
        keys = plan.agents.keys
        return worst_of(
            plan.utility[at] - self.value,
            lambda k: str(keys[at[k]]),
            lambda k: f"{keys[at[k]]!r} has {plan.utility[at[k]]:.6g}, the cap is {self.value:g}",
            self.value,
        )


def _members(agents: Agents, group: str, label: str) -> BoolArray:
    return np.ones(len(agents), dtype=bool) if not group else agents.members(group, label)


def _hold(
    statement: Statement, name: str, members: BoolArray, lower: float = -np.inf, upper: float = np.inf
) -> None:
    at = np.flatnonzero(members)
    chosen = sp.eye_array(len(members), format="csr")[at]
    keys = statement.agents.keys[at]
    statement.rows(name, [(statement.utility, chosen)], lower=lower, upper=upper, keys=keys)
