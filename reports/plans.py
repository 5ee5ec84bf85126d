"""Which of a study's plans play which part, and their colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .drawing import COLOURS

if TYPE_CHECKING:
    from ..evaluation.judged import Judged
    from ..evaluation.study import Study

REFERENCE_COLOUR, BASELINE_COLOUR, TODAY_COLOUR = "#7d7d7d", "#c4c4c4", COLOURS[5]


def is_baseline(plan: Judged) -> bool:
    """Whether a plan comes from a rule of thumb.

    Examples
    --------
    >>> import allocare
    >>> from allocare.evaluation.study import study
    >>> from allocare.reports.wording import Wording
    >>> words = Wording.of(study(allocare.example("sunray"), ["maximin"]), "en")
    >>> [is_baseline(plan) for plan in words.study.plans]
    [False, False, True]
    """
    fairness = plan.problem.fairness
    return plan.solution is not None and (fairness is None or fairness.criterion is None)


def is_chosen(study: Study, plan: Judged) -> bool:
    """Whether a plan is best by one of the criteria asked for, neither reference nor baseline nor given.

    Examples
    --------
    >>> import allocare
    >>> from allocare.evaluation.study import study
    >>> from allocare.reports.wording import Wording
    >>> words = Wording.of(study(allocare.example("sunray"), ["maximin"]), "en")
    >>> [is_chosen(words.study, plan) for plan in words.study.plans]
    [False, True, False]
    """
    return plan is not study.plans[0] and plan.solution is not None and not is_baseline(plan)


def main_reference(study: Study) -> Judged:
    """Return what plans are compared with first: what is in force today, or else the greatest total.

    Examples
    --------
    >>> import allocare
    >>> from allocare.evaluation.study import study
    >>> main_reference(study(allocare.example("sunray"), ["maximin"])).name
    'utilitarian'
    """
    given = [plan for plan in study.plans if plan.solution is None]
    return given[0] if given else study.plans[0]


def colour_of(study: Study, plan: Judged) -> str:
    """Colour of a plan's bars: by its part, for there may be more plans than colours.

    Examples
    --------
    >>> import allocare
    >>> from allocare.evaluation.study import study
    >>> from allocare.reports.wording import Wording
    >>> words = Wording.of(study(allocare.example("sunray"), ["maximin"]), "en")
    >>> colour_of(words.study, words.study.plans[1])
    '#0072B2'
    """
    if plan is study.plans[0]:
        return REFERENCE_COLOUR
    if plan.solution is None:
        return TODAY_COLOUR
    return BASELINE_COLOUR if is_baseline(plan) else COLOURS[0]
