"""The criteria, on one screen: what can be made as good as it can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..named_rules import named
from .alpha_fair import AlphaFair, Nash, Proportional
from .kolm_pollak import KolmPollak
from .maximin import Maximin
from .utilitarian import Utilitarian

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
