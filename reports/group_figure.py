"""What each group gets by each plan, and how far the groups are apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .drawing import INK, Drawing, panels, titled
from .plans import colour_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from .wording import Wording


def group_figure(words: Wording, attribute: str) -> Drawing:
    """One panel a plan, one bar a group, the gap between best and worst group in the title.

    Where the study has resampled intervals they are drawn on the bars.

    Examples
    --------
    >>> import allocare, pandas as pd
    >>> from dataclasses import replace
    >>> from allocare.evaluation.study import study
    >>> from allocare.reports.wording import Wording
    >>> mills = allocare.example("sunray")
    >>> sides = pd.DataFrame({"bank": ["left", "left", "right", "right"]}, index=mills.targets)
    >>> found = study(replace(mills, attributes={"targets": sides}), ["maximin"], groups=["bank"])
    >>> axes = group_figure(Wording.of(found, "en"), "bank").figure.axes
    >>> [float(bar.get_width()) for bar in axes[0].patches]
    [100.0, 100.0]
    """
    text = words.texts
    table = words.study.groups
    table = table[table["attribute"] == attribute]
    column, axis = rate_column(words, table)
    plans = list(words.study.plans)
    count = table["group"].nunique()
    figure, axes = panels(len(plans), 0.55 + 0.24 * count, sharex=True, sharey=True)
    described = []
    for ax, plan in zip(axes, plans, strict=True):
        rows = table[table["plan"] == plan.name]
        gap = float(rows["gap"].max())
        _bars(ax, words, rows, column, colour_of(words.study, plan))
        shown = words.change(gap).lstrip("+")
        ax.set_title(f"{words.plan(plan.name)}\n{text('groups.gap', gap=shown)}", fontsize=8.5)
        described.append(text("groups.one", plan=words.plan(plan.name), gap=shown))
    figure.supxlabel(axis, fontsize=9)
    title = text("groups.title", attribute=attribute)
    titled(figure, title)
    name = "groups_" + "".join(letter if letter.isalnum() else "_" for letter in attribute)
    return Drawing(name, figure, title, words.described(title, described))


def rate_column(words: Wording, table: pd.DataFrame) -> tuple[str, str]:
    """Column of the level that groups are compared by, and the label of its axis.

    Examples
    --------
    >>> import allocare
    >>> from allocare.evaluation.study import study
    >>> from allocare.reports.wording import Wording
    >>> words = Wording.of(study(allocare.example("sunray"), ["maximin"]), "en")
    >>> rate_column(words, words.study.groups)
    ('mean', 'mean share of need met (%)')
    """
    if words.in_percent and "rate" in table.columns and words.counts_quantity:
        return "rate", words.texts("groups.rate")
    return "mean", words.texts("groups.mean", level=words.level_axis)


def _bars(ax: Axes, words: Wording, rows: pd.DataFrame, column: str, colour: str) -> None:
    at = np.arange(len(rows))
    values = words.scale * rows[column].to_numpy(dtype=np.float64)
    ax.barh(at, values, color=colour, height=0.7)
    ends = values
    if f"{column}_low" in rows.columns:
        low = words.scale * rows[f"{column}_low"].to_numpy(dtype=np.float64)
        high = words.scale * rows[f"{column}_high"].to_numpy(dtype=np.float64)
        reach = np.abs(np.nan_to_num(np.vstack([values - low, high - values])))
        ax.errorbar(values, at, xerr=reach, fmt="none", ecolor=INK, elinewidth=1.0, capsize=2)
        ends = values + reach[1]
    for k, (value, end) in enumerate(zip(values, ends, strict=True)):
        ax.annotate(
            words.short(value),
            (end, k),
            xytext=(3 if value >= 0 else -3, 0),
            textcoords="offset points",
            ha="left" if value >= 0 else "right",
            va="center",
            fontsize=7.5,
        )
    ax.set_yticks(at, [words.group(group) for group in rows["group"]])
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.grid(axis="y", visible=False)
    ax.tick_params(axis="y", length=0)
    ax.margins(x=0.18)
    ax.locator_params(axis="x", nbins=5)
