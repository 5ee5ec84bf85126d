"""The policies, on one screen: what can be asked to hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..named_rules import named
from .guarantees import ShareGuarantee
from .inequality import GiniCap, HooverCap, MaxGap
from .items import EnvyFreeUpToOneGood, MaximinShare
from .limits import Cap, Floor
from .rates import EqualOpportunity, RateGap, RateRatio
from .reserve import Reserve
from .tiers import Tiers
from .totals import CostBudget, EfficiencyFloor

if TYPE_CHECKING:
    from ...instances.fairness import Rule
    from .policy import Policy

POLICIES: dict[str, type[Policy]] = {
    policy.name: policy
    for policy in (
        Floor,
        Cap,
        RateGap,
        RateRatio,
        EqualOpportunity,
        ShareGuarantee,
        GiniCap,
        HooverCap,
        MaxGap,
        EfficiencyFloor,
        CostBudget,
        Tiers,
        EnvyFreeUpToOneGood,
        MaximinShare,
        Reserve,
    )
}


def policy_of(rule: Rule) -> Policy:
    """Return the policy that a rule names.

    Raises
    ------
    InputError
        As `named`.

    Examples
    --------
    >>> from allocare.instances.fairness import Rule
    >>> policy_of(Rule.of("floor:value=0.2"))
    Floor(value=0.2, group='', label='')
    """
    return named(rule, POLICIES, "policy")
