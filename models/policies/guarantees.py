r"""A fair share for every group: :math:`S_g \ge (1 - \varepsilon)\, c_g \sum_h S_h`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from ...instances.errors import InputError
from ..named_rules import keep_number, keep_text
from .policy import Policy, refuse_burden, worst_of
from .rates import compared

if TYPE_CHECKING:
    from ...instances.agents import Agents, Groups
    from ...instances.arrays import FloatArray
    from ..statement import Statement
    from .policy import Measured, Verdict


@dataclass(frozen=True)
class ShareGuarantee(Policy):
    r"""Every group gets its claim's share of what is given out, but for a small loss.

    .. math:: S_g \ge (1 - \varepsilon)\, c_g \sum_h S_h, \quad c_g = \sum_{i \in g} c_i / \sum_i c_i

    Where
        - :math:`S_g` is the quantity that group g receives; where the family has no quantities, its utility
          :math:`\sum_{i \in g} n_i u_i`

    Parameters
    ----------
    group
        Attribute that says each agent's group; ``name/4`` for quartiles of a number.
    claim
        Attribute that measures each agent's claim, or ``need``, or ``size`` for the number of people.
    loss
        Part of its share that a group may miss, epsilon, from 0 to 1.

    Examples
    --------
    >>> ShareGuarantee("region", loss=0.1).claim
    'need'
    """

    name = "share-guarantee"
    title = "every group gets its claim's share"

    group: str
    claim: str = "need"
    loss: float = 0.0

    def __post_init__(self) -> None:
        keep_text(self, "group", "claim")
        keep_number(self, "loss", lowest=0, highest=1)

    def state(self, statement: Statement, name: str) -> None:
        """A column a group for what it gets, and a row that compares it with the total."""
        agents = statement.agents
        if statement.utilities.served is None:
            refuse_burden(agents, "a share of what is given out", "rate-gap")
        groups, claim = self._claims(agents)
        labels = pd.Index(groups.labels)
        sums = sp.csr_array(
            (np.ones(len(agents)), (groups.member, np.arange(len(agents)))), shape=(len(labels), len(agents))
        )
        got = statement.columns(f"{name}_got", len(labels), keys=labels)
        received = (
            (statement.utility, sp.csr_array(sums @ sp.diags_array(agents.size)))
            if statement.utilities.served is None
            else (statement.decisions, sp.csr_array(sums @ statement.utilities.served))
        )
        minus = sp.csr_array(-sp.eye_array(len(labels)))
        statement.rows(f"{name}_sum", [received, (got, minus)], lower=0.0, upper=0.0, keys=labels)
        guaranteed = np.outer((1 - self.loss) * claim, np.ones(len(labels)))
        statement.rows(name, [(got, sp.csr_array(np.eye(len(labels)) - guaranteed))], lower=0.0, keys=labels)

    def judge(self, plan: Measured) -> Verdict:
        """Compare what each group receives with its claim."""
        if plan.served is None:
            refuse_burden(plan.agents, "a share of what is given out", "rate-gap")
        groups, claim = self._claims(plan.agents)
        quantity = plan.utility * plan.agents.size if plan.served is None else plan.served
        got = np.array([quantity[groups.members(at)].sum() for at in range(len(claim))])
        total = got.sum()
        guaranteed = (1 - self.loss) * claim * total
        return worst_of(
            guaranteed - got,
            lambda at: groups.labels[at],
            lambda at: (
                f"{groups.labels[at]!r} gets {got[at]:.6g} of {total:.6g}, its claim is {claim[at]:.4%} "
                f"of all and guarantees {guaranteed[at]:.6g}"
            ),
            total,
        )

    def _claims(self, agents: Agents) -> tuple[Groups, FloatArray]:
        groups = compared(agents, self.group)
        claim = np.bincount(groups.member, agents.count(self.claim), minlength=len(groups.labels))
        if not claim.any():
            raise InputError(f"nobody has a claim by {self.claim!r}; name another attribute")
        return groups, np.asarray(claim / claim.sum())
