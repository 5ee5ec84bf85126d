"""Efficiency against evenness: every solved plan, the front, and what lies behind it."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .drawing import COLOURS, INK, MARKS, PALE, Drawing, canvas, spread, titled
from .pareto import undominated
from .plans import colour_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .wording import Wording


LABEL_WIDTH = {"en": 34, "zh": 18}
"""Characters of a label before it breaks."""
LEAST_SPAN = 1e-5
"""Least width of the axis of totals, as a share of the largest."""


def pareto_figure(words: Wording) -> Drawing:
    """Total against the worst-off, and total against Gini, over all plans and ranges; up and right is better.

    Examples
    --------
    >>> import allocare
    >>> from allocare.evaluation.study import study
    >>> from allocare.reports.wording import Wording
    >>> words = Wording.of(study(allocare.example("sunray"), ["maximin"]), "en")
    >>> len(pareto_figure(words).figure.axes)
    2
    """
    text = words.texts
    points = solved_points(words)
    figure, axes = canvas(6.4, 2, 1, sharex=True)
    fronts = []
    for ax, (column, label, sign, scale) in zip(
        axes[:, 0],
        (
            ("worst", f"{text('figure.pareto.worst')}, {words.level_axis}", 1.0, words.scale),
            ("gini", text("figure.pareto.gini"), -1.0, 1.0),
        ),
        strict=True,
    ):
        fronts.append(_scatter(ax, words, points, column, sign, scale))
        ax.set_ylabel(label)
    axes[1, 0].invert_yaxis()
    axes[1, 0].ticklabel_format(axis="x", useOffset=False)
    axes[1, 0].locator_params(axis="x", nbins=5)
    axes[1, 0].set_xlabel(text("figure.pareto.total", unit=words.total_unit))
    axes[0, 0].set_title(text("figure.pareto.better"), color=PALE, loc="right", fontsize=8)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower left", frameon=False, ncols=1, fontsize=8)
    title = text("figure.pareto.title")
    titled(figure, title)
    counts = [int(front.sum()) for front in fronts]
    alt = text("figure.pareto.alt", points=len(points), worst=counts[0], gini=counts[1])
    return Drawing("pareto", figure, title, alt)


def solved_points(words: Wording) -> pd.DataFrame:
    """Every plan with its total, worst-off and Gini: named ones first, then those of the ranges.

    Examples
    --------
    >>> import allocare
    >>> from allocare.evaluation.study import study
    >>> from allocare.reports.wording import Wording
    >>> words = Wording.of(study(allocare.example("sunray"), ["maximin"]), "en")
    >>> len(solved_points(words))
    3
    """
    plans = words.study.summary.assign(series=-1)
    frames = [plans[["plan", "series", "total", "worst", "gini"]]]
    for at, (_, found) in enumerate(words.study.frontiers):
        held = found.points[found.points["decision"].notna()]
        frames.append(held.assign(plan="", series=at)[["plan", "series", "total", "worst", "gini"]])
    kinds = {"total": np.float64, "worst": np.float64, "gini": np.float64}
    return pd.concat([frame.astype(kinds) for frame in frames if len(frame)], ignore_index=True)


def _keep_apart(ax: Axes, total: np.ndarray) -> None:
    """Do not stretch totals that differ by rounding alone over the whole axis."""
    low, high = np.nanmin(total), np.nanmax(total)
    if high - low < LEAST_SPAN * abs(high):
        ax.set_xlim(low - LEAST_SPAN * abs(high), high + LEAST_SPAN * abs(high))


def _scatter(
    ax: Axes, words: Wording, points: pd.DataFrame, column: str, sign: float, scale: float
) -> np.ndarray:
    total, other = points["total"].to_numpy(), points[column].to_numpy()
    front = undominated(total, sign * other)
    shown = scale * other
    on = np.flatnonzero(front)
    on = on[np.argsort(total[on])]
    # in steps: between two plans nothing better than either is claimed
    name = words.texts("figure.pareto.front")
    ax.plot(total[on], shown[on], drawstyle="steps-pre", color=PALE, linewidth=1.2, zorder=1, label=name)
    for at, (asked, _) in enumerate(words.study.frontiers):
        colour, mark = COLOURS[(at + 1) % len(COLOURS)], MARKS[(at + 1) % len(MARKS)]
        member = points["series"].to_numpy() == at
        for part, filled in ((member & front, True), (member & ~front, False)):
            ax.scatter(
                total[part],
                shown[part],
                s=20,
                marker=mark,
                facecolors=colour if filled else "white",
                edgecolors=colour,
                linewidths=1.0,
                zorder=2,
                label=words.range(asked) if filled else None,
            )
    _named(ax, words, points, shown, front)
    return front


def _named(ax: Axes, words: Wording, points: pd.DataFrame, shown: np.ndarray, front: np.ndarray) -> None:
    """Mark the named plans; plans at one place share a label, and labels keep off each other."""
    plans = words.study.plans
    total = points["total"].to_numpy()
    across = max(float(np.ptp(total)), LEAST_SPAN * abs(total).max(), 1e-12)
    upward = max(float(np.nanmax(shown) - np.nanmin(shown)), 1e-12)
    places: dict[tuple[float, float], list[int]] = {}
    for k, plan in enumerate(plans):
        if np.isnan(shown[k]):
            continue
        colour = colour_of(words.study, plan)
        face = colour if front[k] else "white"
        ax.scatter(total[k], shown[k], s=34, facecolors=face, edgecolors=colour, linewidths=1.4, zorder=3)
        # places that are drawn as one point are one
        place = (round(total[k] / across, 3), round(shown[k] / upward, 3))
        places.setdefault(place, []).append(k)
    ax.margins(x=0.08, y=0.12)
    _keep_apart(ax, total)
    low, high = ax.get_ylim()
    left, right = ax.get_xlim()
    members = list(places.values())
    labels = [
        fill(" = ".join(words.plan(plans[k].name) for k in each), LABEL_WIDTH[words.texts.language])
        for each in members
    ]
    lines = np.array([1 + label.count("\n") for label in labels])
    at = [each[0] for each in members]
    heights = spread(shown[at], 0.06 * abs(high - low) * float(lines.max(initial=1)))
    for x, y, label, height in zip(total[at], shown[at], labels, heights, strict=True):
        near_right = x > 0.5 * (left + right)
        note = ax.annotate(
            label,
            (x, y),
            xytext=(x + (-0.025 if near_right else 0.025) * (right - left), height),
            ha="right" if near_right else "left",
            va="center",
            fontsize=8,
            color=INK,
            arrowprops={"arrowstyle": "-", "color": PALE, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 3},
            bbox={"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.75},
            zorder=4,
        )
        # labels follow from the axes, not the axes from labels
        note.set_in_layout(False)
