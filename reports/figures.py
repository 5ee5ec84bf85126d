"""All figures of a study, in the order in which a page shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .criteria_figure import criteria_figure
from .drawing import require_report_libraries, settle, themed
from .group_figure import group_figure
from .lorenz_figures import lorenz_figure
from .pareto_figure import pareto_figure
from .price_figure import price_figure
from .winner_figures import winners_by_agent_figure, winners_by_group_figure

if TYPE_CHECKING:
    from .drawing import Drawing
    from .wording import Wording


def figures(words: Wording) -> dict[str, list[Drawing]]:
    """Draw everything, by the page's sections.

    Raises
    ------
    CapabilityError
        Where the libraries of the extra are not installed.

    Examples
    --------
    >>> import allocare
    >>> from allocare.evaluation.study import study
    >>> from allocare.reports.wording import Wording
    >>> words = Wording.of(study(allocare.example("sunray"), ["maximin"]), "en")
    >>> [drawing.name for drawings in figures(words).values() for drawing in drawings]
    ['criteria', 'pareto', 'generalised_lorenz', 'lorenz']
    """
    require_report_libraries()
    attributes = list(dict.fromkeys(words.study.groups["attribute"]))
    with themed():
        found: dict[str, list[Drawing | None]] = {
            "criteria": [criteria_figure(words)],
            "price": [price_figure(words, at) for at in range(len(words.study.frontiers))],
            "pareto": [pareto_figure(words)],
            "lorenz": [lorenz_figure(words, generalised=general) for general in (True, False)],
            "groups": [group_figure(words, attribute) for attribute in attributes],
            "winners": [
                *(winners_by_group_figure(words, attribute) for attribute in attributes),
                winners_by_agent_figure(words),
            ],
        }
        kept = {section: [each for each in drawn if each is not None] for section, drawn in found.items()}
        for drawn in kept.values():
            for each in drawn:
                settle(each.figure)
    return kept
