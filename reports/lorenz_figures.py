"""Lorenz and generalised Lorenz curves of each plan over the reference's, with the verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..evaluation.judged import without_dust
from ..evaluation.lorenz import Verdict, dominance
from .drawing import COLOURS, GRID, INK, PALE, Drawing, panels, titled
from .plans import main_reference

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..evaluation.judged import Judged
    from .wording import Wording

VERDICT_KEYS = {
    Verdict.FIRST: "lorenz.first",
    Verdict.SECOND: "lorenz.second",
    Verdict.CROSS: "lorenz.cross",
    Verdict.EQUAL: "lorenz.equal",
}


def lorenz_figure(words: Wording, *, generalised: bool) -> Drawing | None:
    r"""One panel a plan, the reference's curve behind it; None where no plan has a curve.

    Examples
    --------
    >>> import allocare
    >>> from allocare.evaluation.study import study
    >>> from allocare.reports.wording import Wording
    >>> words = Wording.of(study(allocare.example("sunray"), ["maximin"]), "en")
    >>> [ax.get_title() for ax in lorenz_figure(words, generalised=True).figure.axes][0]
    'maximin\nsame curve as utilitarian'
    """
    text, curves = words.texts, words.study.lorenz
    compared = compared_plans(words)
    if not compared:
        return None
    reference = main_reference(words.study)
    column = "generalised" if generalised else "held"
    scale = words.scale if generalised else 100.0
    figure, axes = panels(len(compared), 2.15, sharex=True, sharey=True)
    verdicts = []
    for ax, plan in zip(axes, compared, strict=True):
        if not generalised:
            ax.plot([0, 100], [0, 100], color=GRID, linewidth=1.2)
        for name, colour, width in ((reference.name, INK, 1.2), (plan.name, COLOURS[0], 2.0)):
            curve = curves[curves["plan"] == name]
            ax.plot(100 * curve["people"], scale * curve[column], color=colour, linewidth=width)
        verdict = verdict_of(words, plan, reference, generalised=generalised)
        verdicts.append(text("lorenz.one", plan=words.plan(plan.name), verdict=verdict))
        ax.set_title(f"{words.plan(plan.name)}\n{verdict}", fontsize=8.5)
        ax.set_xlim(0, 100)
        ax.set_ylim(bottom=0)
    _name_curves(words, axes[0], reference)
    figure.supxlabel(text("lorenz.people"), fontsize=9)
    figure.supylabel(words.level_axis if generalised else text("lorenz.held"), fontsize=9)
    key = "generalised" if generalised else "relative"
    title = text(f"lorenz.{key}_title", reference=words.plan(reference.name))
    titled(figure, title)
    name = "generalised_lorenz" if generalised else "lorenz"
    return Drawing(name, figure, title, words.described(title, verdicts))


def compared_plans(words: Wording) -> list[Judged]:
    """Plans that have a Lorenz curve, the reference left out; none where that has none.

    Examples
    --------
    >>> import allocare
    >>> from allocare.evaluation.study import study
    >>> from allocare.reports.wording import Wording
    >>> words = Wording.of(study(allocare.example("sunray"), ["maximin"]), "en")
    >>> [plan.name for plan in compared_plans(words)]
    ['maximin', 'greedy:cheapest-lane']
    """
    curves = set(words.study.lorenz["plan"])
    reference = main_reference(words.study)
    if reference.name not in curves:
        return []
    return [plan for plan in words.study.plans if plan is not reference and plan.name in curves]


def verdict_of(words: Wording, plan: Judged, reference: Judged, *, generalised: bool) -> str:
    """Say in a few words which of two curves lies above.

    Examples
    --------
    >>> import allocare
    >>> from allocare.evaluation.study import study
    >>> from allocare.reports.wording import Wording
    >>> words = Wording.of(study(allocare.example("sunray"), ["maximin"]), "en")
    >>> plans = words.study.plans
    >>> verdict_of(words, plans[1], plans[0], generalised=True)
    'same curve as utilitarian'
    """
    data = [(without_dust(each.plan.utility), each.plan.agents.size) for each in (plan, reference)]
    found = dominance(data[0], data[1], generalised=generalised)
    key = VERDICT_KEYS[found.verdict]
    return words.texts(key, reference=words.plan(reference.name))


def _name_curves(words: Wording, ax: Axes, reference: Judged) -> None:
    """Name the two curves once, where all panels have the same two."""
    this, other = ax.get_lines()[-1], ax.get_lines()[-2]
    labels = [words.texts("lorenz.this"), words.plan(reference.name)]
    ax.legend(
        [this, other],
        labels,
        loc="upper left",
        frameon=False,
        fontsize=7.5,
        labelcolor=PALE,
        handlelength=1.2,
    )
