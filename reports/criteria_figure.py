"""Criteria side by side: total, price, worst-off and inequality of every plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .drawing import Drawing, canvas, titled
from .plans import colour_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .wording import Wording


def criteria_figure(words: Wording) -> Drawing:
    """Four small bar charts over the same plans.

    Examples
    --------
    >>> import allocare
    >>> from allocare.evaluation.study import study
    >>> from allocare.reports.wording import Wording
    >>> words = Wording.of(study(allocare.example("sunray"), ["maximin"]), "en")
    >>> drawing = criteria_figure(words)
    >>> [float(bar.get_width()) for bar in drawing.figure.axes[0].patches]
    [50.0, 50.0, 50.0]
    """
    text, summary = words.texts, words.study.summary
    figure, axes = canvas(1.3 + 0.46 * len(summary), 2, 2, sharey="row")
    shown = (
        ("total", text("figure.criteria.total", unit=words.total_unit), words.number, 1.0),
        ("price_percent", text("figure.criteria.price"), words.short, 1.0),
        ("worst", text("figure.criteria.worst") + words.percent_sign, words.short, words.scale),
        ("gini", text("figure.criteria.gini"), words.gini, 1.0),
    )
    for ax, (column, title, write, scale) in zip(axes.ravel(), shown, strict=True):
        values = scale * summary[column].to_numpy(dtype=np.float64)
        _bars(ax, words, values, [write(value) for value in values])
        ax.set_title(title)
    title = text("figure.criteria.title")
    titled(figure, title)
    return Drawing("criteria", figure, title, text("figure.criteria.alt", plans=_plans(words)))


def _bars(ax: Axes, words: Wording, values: np.ndarray, labels: list[str]) -> None:
    plans = words.study.plans
    at = np.arange(len(plans))
    colours = [colour_of(words.study, plan) for plan in plans]
    ax.barh(at, np.nan_to_num(values), color=colours, height=0.7)
    ax.bar_label(ax.containers[0], labels, padding=2, fontsize=8)  # type: ignore[arg-type]
    ax.set_yticks(at, [words.plan(plan.name) for plan in plans])
    ax.set_ylim(len(plans) - 0.5, -0.5)
    if not np.nan_to_num(values).any():
        ax.set_xlim(0, 1)
    # room for the figures at the bars' ends
    ax.margins(x=0.22)
    ax.grid(axis="y", visible=False)
    ax.tick_params(axis="y", length=0)
    ax.locator_params(axis="x", nbins=4)


def _plans(words: Wording) -> str:
    rows = words.study.summary.to_dict("records")
    one = "figure.criteria.one"
    return words.texts("list.semicolon").join(
        words.texts(
            one,
            plan=words.plan(row["plan"]),
            total=words.total(row["total"]),
            price=words.percent(row["price_percent"]),
            worst=words.level(row["worst"]),
            gini=words.gini(row["gini"]),
        )
        for row in rows
    )
