r"""Equal access between groups: their rates close together, or none far below another.

.. math:: r_g = \frac{\sum_{i \in g} n_i u_i}{\sum_{i \in g} n_i}

Where
    - :math:`r_g` is the rate of group g, its utility a head: of coverage the share of its need that is met
      (people weighed by need), of benefit what each of its people gets on average
    - :math:`n_i` is the number of people behind agent i, or of those in need for equal opportunity
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from ...instances.errors import InputError
from ..named_rules import keep_number, keep_text
from .policy import Policy, refuse_burden, worst_of

if TYPE_CHECKING:
    from ...instances.agents import Agents, Groups
    from ...instances.arrays import FloatArray
    from ..statement import Statement
    from .policy import Measured, Verdict


@dataclass(frozen=True)
class RateGap(Policy):
    r"""Groups at most so far apart (demographic parity): :math:`|r_g - r_h| \le \varepsilon` for all g, h.

    Stated over one further column :math:`\ell`, the lowest rate: :math:`\ell \le r_g \le \ell + \varepsilon`.

    Parameters
    ----------
    group
        Attribute that says each agent's group; ``name/4`` for quartiles of a number.
    at_most
        Largest difference between two groups' rates, epsilon.

    Examples
    --------
    >>> RateGap("region", 0.1).title
    'rates of groups close together'
    """

    name = "rate-gap"
    title = "rates of groups close together"

    group: str
    at_most: float

    def __post_init__(self) -> None:
        keep_text(self, "group")
        keep_number(self, "at_most", lowest=0)

    def state(self, statement: Statement, name: str) -> None:
        """One row a group."""
        groups = compared(statement.agents, self.group)
        _hold_close(statement, name, groups, statement.agents.size, self.at_most)

    def judge(self, plan: Measured) -> Verdict:
        """Compare every group's rate with the lowest."""
        groups = compared(plan.agents, self.group)
        return _judge_gap(groups, _rates(groups, plan.utility, plan.agents.size), self.at_most)


@dataclass(frozen=True)
class RateRatio(Policy):
    r"""No group far below another (the four-fifths rule): :math:`r_g \ge \rho\, r_h` for all g, h.

    Stated over one further column, the highest rate: :math:`r_h \le \bar r` and :math:`r_g \ge \rho \bar r`.

    Parameters
    ----------
    group
        As in `RateGap`.
    at_least
        Least ratio of two groups' rates, rho, from 0 to 1.

    Examples
    --------
    >>> RateRatio("region").at_least
    0.8
    """

    name = "rate-ratio"
    title = "no group's rate far below another's"

    group: str
    at_least: float = 0.8

    def __post_init__(self) -> None:
        keep_text(self, "group")
        keep_number(self, "at_least", lowest=0, highest=1)

    def state(self, statement: Statement, name: str) -> None:
        """Two rows a group: below the highest rate, and not far below."""
        refuse_burden(statement.agents, "a ratio of rates", "rate-gap")
        groups = compared(statement.agents, self.group)
        rates = (statement.utility, _averages(groups, statement.agents.size))
        count, keys = len(groups.labels), pd.Index(groups.labels)
        highest = statement.columns(f"{name}_highest", 1)
        ones = np.ones((count, 1))
        statement.rows(f"{name}_top", [rates, (highest, sp.csr_array(-ones))], upper=0.0, keys=keys)
        statement.rows(name, [rates, (highest, sp.csr_array(-self.at_least * ones))], lower=0.0, keys=keys)

    def judge(self, plan: Measured) -> Verdict:
        """Compare every group's rate with its share of the highest."""
        refuse_burden(plan.agents, "a ratio of rates", "rate-gap")
        groups = compared(plan.agents, self.group)
        rates = _rates(groups, plan.utility, plan.agents.size)
        labels, top = groups.labels, int(np.argmax(rates))

        def message(at: int) -> str:
            ratio = f" ({rates[at] / rates[top]:.6g} of it)" if rates[top] > 0 else ""
            return (
                f"{labels[at]!r} has the rate {rates[at]:.6g}, {labels[top]!r} {rates[top]:.6g}{ratio}; "
                f"at least {self.at_least:g} of the highest is asked for"
            )

        limit = self.at_least * rates[top]
        return worst_of(limit - rates, lambda at: f"{labels[at]} and {labels[top]}", message, limit)


@dataclass(frozen=True)
class EqualOpportunity(Policy):
    r"""Groups at most so far apart among those in need: :math:`|r_g - r_h| \le \varepsilon`.

    As `RateGap`, each agent weighed by how many of its people are in need, so that those without need count
    neither for nor against their group.

    Parameters
    ----------
    group
        As in `RateGap`.
    need
        Attribute that counts those in need behind each agent (0 or 1 where agents are people), or ``need``
        for the family's own.
    at_most
        Largest difference between two groups' rates, epsilon.

    Examples
    --------
    >>> EqualOpportunity("region", "patients", 0.05).at_most
    0.05
    """

    name = "equal-opportunity"
    title = "rates among those in need close together"

    group: str
    need: str
    at_most: float

    def __post_init__(self) -> None:
        keep_text(self, "group", "need")
        keep_number(self, "at_most", lowest=0)

    def state(self, statement: Statement, name: str) -> None:
        """One row a group."""
        groups, need = self._among(statement.agents)
        _hold_close(statement, name, groups, need, self.at_most)

    def judge(self, plan: Measured) -> Verdict:
        """Compare the rates among those in need."""
        groups, need = self._among(plan.agents)
        return _judge_gap(groups, _rates(groups, plan.utility, need), self.at_most)

    def _among(self, agents: Agents) -> tuple[Groups, FloatArray]:
        groups = compared(agents, self.group)
        need = agents.count(self.need)
        for at, label in enumerate(groups.labels):
            if not need[groups.member == at].any():
                raise InputError(f"nobody in group {label!r} is in need by {self.need!r}; leave it out")
        return groups, need


def compared(agents: Agents, group: str) -> Groups:
    """Groups to compare: at least two.

    Raises
    ------
    InputError
        As `Agents.groups`, and for a single group.

    Examples
    --------
    >>> import allocare
    >>> from allocare.instances.agents import agents_of
    >>> compared(agents_of(allocare.example("sunray")), "region")  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    InputError: the targets have no attribute 'region'; known: none
    """
    groups = agents.groups(group)
    if len(groups.labels) < 2:
        raise InputError(
            f"attribute {group!r} puts everybody in the one group {groups.labels[0]!r}; "
            "a comparison needs two or more"
        )
    return groups


def _hold_close(statement: Statement, name: str, groups: Groups, people: FloatArray, most: float) -> None:
    count = len(groups.labels)
    lowest = statement.columns(f"{name}_lowest", 1)
    statement.rows(
        name,
        [(statement.utility, _averages(groups, people)), (lowest, sp.csr_array(-np.ones((count, 1))))],
        lower=0.0,
        upper=most,
        keys=pd.Index(groups.labels),
    )


def _averages(groups: Groups, people: FloatArray) -> sp.csr_array:
    """Rows that average over each group's people."""
    in_group = np.bincount(groups.member, people, minlength=len(groups.labels))
    place = (groups.member, np.arange(len(people)))
    return sp.csr_array((people / in_group[groups.member], place), shape=(len(in_group), len(people)))


def _rates(groups: Groups, utility: FloatArray, people: FloatArray) -> FloatArray:
    members = [groups.members(at) for at in range(len(groups.labels))]
    return np.array([np.average(utility[those], weights=people[those]) for those in members])


def _judge_gap(groups: Groups, rates: FloatArray, most: float) -> Verdict:
    labels, low = groups.labels, int(np.argmin(rates))
    return worst_of(
        rates - rates[low] - most,
        lambda at: f"{labels[at]} and {labels[low]}",
        lambda at: (
            f"{labels[at]!r} has the rate {rates[at]:.6g}, {labels[low]!r} {rates[low]:.6g}: "
            f"{rates[at] - rates[low]:.6g} apart, at most {most:g} is allowed"
        ),
        most,
    )
