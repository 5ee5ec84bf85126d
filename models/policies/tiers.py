r"""Classes served one after the other: the first as well as can be, then the second without harming it ...

.. math:: \operatorname{lex\,max} \Big( \sum_{i \in T_1} n_i u_i,\; \sum_{i \in T_2} n_i u_i,\; \dots \Big)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from ...instances.errors import InputError
from ...instances.fairness import Fairness
from ...instances.hints import nearest
from ..named_rules import keep_text, written
from ..references import best_value
from .policy import TOLERANCE, Policy, Verdict
from .rates import compared

if TYPE_CHECKING:
    from ...instances.agents import Agents, Groups
    from ...instances.arrays import FloatArray
    from ...instances.problem import Problem
    from ..statement import Statement, Terms
    from .policy import Measured


@dataclass(frozen=True)
class Tiers(Policy):
    r"""Tiers of agents, each as well served as the tiers before it allow; the criterion decides what is left.

    Each tier's total is made as large as it can be within all other rules and policies, and then held.

    Parameters
    ----------
    by
        Attribute that says each agent's tier; ``name/4`` for quartiles of a number.
    order
        The tiers' labels, first first. Empty for the labels' own order: by number where all are numbers, else
        by alphabet.

    Examples
    --------
    >>> Tiers("phase", ("1a", "1b")).title
    'tiers served one after the other'
    """

    name = "tiers"
    title = "tiers served one after the other"
    only_limits = False

    by: str
    order: Any = ()

    def __post_init__(self) -> None:
        keep_text(self, "by")
        order = self.order if isinstance(self.order, list | tuple) else [self.order]
        object.__setattr__(self, "order", tuple(written(label, "order") for label in order))

    def state(self, statement: Statement, name: str) -> None:
        """No rows: tiers are goals before the criterion."""
        fairness = statement.problem.fairness
        rules = () if fairness is None else fairness.policies
        if sum(rule.name == self.name for rule in rules) > 1:
            raise InputError("two policies 'tiers' do not say which of them comes first; keep one")
        self._tiers(statement.agents)

    def before(self, statement: Statement) -> list[Terms]:
        """Total of each tier."""
        return [[(statement.utility, total)] for _, total in self._tiers(statement.agents)]

    def judge(self, plan: Measured) -> Verdict:
        """Compare each tier's total with the most that there is with the earlier ones held."""
        tiers = self._tiers(plan.agents)
        best = _best_totals(plan.problem, [total for _, total in tiers])
        verdict = Verdict(True, 0.0, tiers[-1][0], f"each of {len(tiers)} tiers has the most it can have")
        for (label, total), most in zip(tiers, best, strict=True):
            got = float(total @ plan.utility)
            allowed = TOLERANCE * max(abs(most), 1.0)
            if got < most - allowed:
                message = (
                    f"tier {label!r} has {got:.6g} in all, {most:.6g} can be had after the tiers before it"
                )
                return Verdict(False, most - got, label, message, 1)
            if got > most + allowed:
                return verdict
        return verdict

    def _tiers(self, agents: Agents) -> list[tuple[str, FloatArray]]:
        """Labels in order, with the weights that total each tier's utilities."""
        groups = compared(agents, self.by)
        return [
            (label, np.where(groups.members(groups.labels.index(label)), agents.size, 0.0))
            for label in self._ordered(groups)
        ]

    def _ordered(self, groups: Groups) -> list[str]:
        if not self.order:
            return (
                sorted(groups.labels, key=_by_number)
                if all(map(_is_number, groups.labels))
                else list(groups.labels)
            )
        for label in self.order:
            if label not in groups.labels:
                raise InputError(
                    f"attribute {self.by!r} has nobody {label!r}; {nearest(label, groups.labels)}"
                )
        missing = [label for label in groups.labels if label not in self.order]
        if missing or len(set(self.order)) < len(self.order):
            what = f"leaves out {missing[0]!r}" if missing else "names a tier twice"
            raise InputError(f"the order {', '.join(self.order)} {what}; name every tier once")
        return list(self.order)


def _best_totals(problem: Problem, totals: list[FloatArray]) -> list[float]:
    """Lexicographic optima of weighted sums of the utilities, within all rules and other policies."""
    from ..formulations import family_form
    from ..welfare import with_statements

    fairness = problem.fairness or Fairness()
    others = tuple(rule for rule in fairness.policies if rule.name != Tiers.name)
    problem = replace(problem, fairness=replace(fairness, criterion=None, policies=others))
    form = with_statements(problem, family_form(problem))
    utility = form.column_block("utility")
    best = []
    for total in totals:
        gain = np.zeros(len(form.cost))
        gain[utility.slice] = total
        most = best_value(form, gain)
        best.append(most)
        form = replace(
            form,
            matrix=sp.csr_array(sp.vstack([form.matrix, sp.csr_array(gain[None, :])], format="csr")),
            row_lower=np.append(form.row_lower, most - 1e-9 * max(abs(most), 1.0)),
            row_upper=np.append(form.row_upper, np.inf),
        )
    return best


def _is_number(label: str) -> bool:
    return label.replace(".", "", 1).removeprefix("-").isdigit()


def _by_number(label: str) -> float:
    return float(label)
