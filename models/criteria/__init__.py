"""The criteria, on one screen: what can be made as good as it can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..named_rules import named
from .alpha_fair import AlphaFair, Nash, Proportional
from .cvar_share import CVaRShare
from .equity_threshold import EquityThreshold
from .kalai_smorodinsky import KalaiSmorodinsky
from .kolm_pollak import KolmPollak
from .leximin import Leximin
from .maximin import Maximin
from .min_gini import MinGini
from .min_mad import MinMAD
from .min_range import MinRange
from .min_variance import MinVariance
from .ranked_weights import OWA, GeneralisedGini
from .utilitarian import Utilitarian
from .utility_threshold import UtilityThreshold

if TYPE_CHECKING:
    from ...instances.fairness import Rule
    from .criterion import Criterion

CRITERIA: dict[str, type[Criterion]] = {
    criterion.name: criterion
    for criterion in (
        Utilitarian,
        Maximin,
        AlphaFair,
        Proportional,
        Nash,
        KolmPollak,
        Leximin,
        KalaiSmorodinsky,
        OWA,
        GeneralisedGini,
        CVaRShare,
        UtilityThreshold,
        EquityThreshold,
        MinVariance,
        MinGini,
        MinMAD,
        MinRange,
    )
}


def criterion_of(rule: Rule) -> Criterion:
    """Return the criterion that a rule names.

    Raises
    ------
    InputError
        As `named`.

    Examples
    --------
    >>> from allocare.instances.fairness import Rule
    >>> criterion_of(Rule.of("maximin")).title
    'best for the worst-off, then the greatest total'
    """
    return named(rule, CRITERIA, "criterion")
