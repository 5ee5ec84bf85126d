"""What a parameter costs over its range, with the points where the decision changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .drawing import COLOURS, PALE, Drawing, canvas, titled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from ..evaluation.frontier import Frontier
    from ..evaluation.study import Range
    from .wording import Wording

ROOM = 0.035
"""Least distance between two labels of breakpoints, as a share of the axis."""


def price_figure(words: Wording, at: int) -> Drawing:
    """Price, worst-off and inequality over a study's range number `at`, counted from 0.

    Points of one decision are joined; between two decisions stands a dashed line with the parameter's value.

    Examples
    --------
    >>> import allocare
    >>> from allocare.evaluation.study import Range, study
    >>> from allocare.reports.wording import Wording
    >>> ranges = [Range.of("utilitarian", 0.9, 1.1, "cap:value=?", points=3)]
    >>> words = Wording.of(study(allocare.example("sunray"), [], ranges=ranges), "en")
    >>> [float(end) for end in price_figure(words, 0).figure.axes[0].get_xlim()]
    [0.9, 1.1]
    """
    text = words.texts
    asked, found = words.study.frontiers[at]
    figure, axes = canvas(4.6, 3, 1, sharex=True, height_ratios=(2, 1, 1))
    shown = (
        ("price_percent", text("figure.price.price"), 1.0),
        ("worst", text("figure.price.worst") + words.percent_sign, words.scale),
        ("gini", text("figure.price.gini"), 1.0),
    )
    for ax, (column, label, scale) in zip(axes[:, 0], shown, strict=True):
        _pieces(ax, found.points, column, scale)
        ax.set_ylabel(label)
        for _, left, right in found.breakpoints.itertuples():
            ax.axvline(0.5 * (left + right), color=PALE, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
        _without_plan(ax, found.points)
    top, bottom = axes[0, 0], axes[-1, 0]
    top.set_xlim(asked.low, asked.high)
    most = found.points["price_percent"].max()
    # a price of nothing at all is a flat line at the bottom, not in the middle of rounding
    top.set_ylim(0.0, 1.1 * most if most > 0 else 1.0)
    _label(top, found, asked)
    bottom.set_xlabel(words.varied(asked))
    title = text("figure.price.title", rule=words.range(asked))
    titled(figure, title)
    return Drawing(f"price_{at + 1}", figure, title, _alt(words, asked, found))


def breakpoint_text(after: float, before: float) -> str:
    """Write a breakpoint to the digits that its two neighbours have in common, and one more.

    Examples
    --------
    >>> breakpoint_text(0.2498, 0.2503), breakpoint_text(15.0, 16.0)
    ('0.25', '15.5')
    """
    width = before - after
    digits = max(0, -int(np.floor(np.log10(width)))) if width < 1 else 1
    return f"{0.5 * (after + before):.{digits}f}".rstrip("0").rstrip(".")


def _pieces(ax: Axes, points: pd.DataFrame, column: str, scale: float) -> None:
    """One line a decision: where the decision changes the line is broken."""
    known = points[points["decision"].notna()]
    for _, piece in known.groupby("decision", sort=True):
        # rounding of what is next to nothing would fill the axis
        values = scale * piece[column].round(9).to_numpy(dtype=np.float64)
        ax.plot(piece["parameter"], values, marker="o", color=COLOURS[0], clip_on=False)


def _without_plan(ax: Axes, points: pd.DataFrame) -> None:
    """Shade where no plan keeps the rules."""
    parameter = points["parameter"].to_numpy(dtype=np.float64)
    none = points["decision"].isna().to_numpy()
    ends = np.concatenate([[parameter[0]], 0.5 * (parameter[1:] + parameter[:-1]), [parameter[-1]]])
    for k in np.flatnonzero(none):
        ax.axvspan(ends[k], ends[k + 1], color="#eeeeee", linewidth=0, zorder=0)


def _label(ax: Axes, found: Frontier, asked: Range) -> None:
    """Write the breakpoints' values above the axis, as far as there is room."""
    reach, last = asked.high - asked.low, -np.inf
    for _, left, right in found.breakpoints.itertuples():
        middle = 0.5 * (left + right)
        if middle - last < ROOM * reach:
            continue
        last = middle
        ax.annotate(
            breakpoint_text(left, right),
            (middle, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(0, 2),
            textcoords="offset points",
            rotation=90,
            ha="center",
            va="bottom",
            fontsize=7.5,
            color=PALE,
        )


def _alt(words: Wording, asked: Range, found: Frontier) -> str:
    price = found.points["price_percent"].dropna()
    texts = [breakpoint_text(left, right) for _, left, right in found.breakpoints.itertuples()]
    where = words.texts.listed(texts) if texts else words.texts("figure.price.nowhere")
    return words.texts(
        "figure.price.alt",
        rule=words.range(asked),
        low=words.number(asked.low),
        high=words.number(asked.high),
        least=words.percent(price.min() if len(price) else None),
        most=words.percent(price.max() if len(price) else None),
        breakpoints=where,
    )
