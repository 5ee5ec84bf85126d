"""Who gains and who loses beside the main reference: by group, and the agents with the largest changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..evaluation.explanation import gains
from .drawing import GAIN, INK, LOSS, Drawing, panels, titled
from .plans import main_reference

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from ..evaluation.judged import Judged
    from .wording import Wording

LABEL_ROOM = 0.6
"""Room beside the longest bars for their figures, as a share of the axis."""
LARGEST = 5
"""Agents shown on either side."""


def winners_by_group_figure(words: Wording, attribute: str) -> Drawing | None:
    """Change of each group's mean, one panel a plan; None where nobody's changes.

    Examples
    --------
    >>> import allocare
    >>> from allocare.evaluation.study import study
    >>> from allocare.reports.wording import Wording
    >>> words = Wording.of(study(allocare.example("sunray"), ["maximin"]), "en")
    >>> winners_by_group_figure(words, "bank") is None
    True
    """
    reference = main_reference(words.study)
    table = words.study.winners
    if table.empty:
        return None
    table = table[(table["attribute"] == attribute) & (table["against"] == reference.name)]
    frames = {
        plan.name: rows.assign(key=rows["group"].map(words.group))
        for plan in _others(words, reference)
        if len(rows := table[table["plan"] == plan.name]) and (rows["gain"] + rows["lose"]).any()
    }
    title = words.texts("winners.group_title", reference=words.plan(reference.name), attribute=attribute)
    name = "winners_" + "".join(letter if letter.isalnum() else "_" for letter in attribute)
    return _drawn(words, frames, title, name)


def winners_by_agent_figure(words: Wording) -> Drawing | None:
    """Largest gains and losses of agents, one panel a plan; None where nobody's utility changes.

    Examples
    --------
    >>> import allocare
    >>> from allocare.evaluation.study import study
    >>> from allocare.reports.wording import Wording
    >>> words = Wording.of(study(allocare.example("sunray"), ["maximin"]), "en")
    >>> winners_by_agent_figure(words) is None
    True
    """
    reference = main_reference(words.study)
    frames = {}
    for plan in _others(words, reference):
        rows = largest_changes(plan, reference)
        if len(rows):
            frames[plan.name] = rows
    title = words.texts("winners.agent_title", reference=words.plan(reference.name), side=words.side)
    return _drawn(words, frames, title, "winners_agents")


def largest_changes(plan: Judged, reference: Judged, most: int = LARGEST) -> pd.DataFrame:
    """Agents that gain and lose the most, the greatest gain first.

    Examples
    --------
    >>> import allocare
    >>> from allocare.evaluation.study import study
    >>> plans = study(allocare.example("sunray"), ["maximin"]).plans
    >>> len(largest_changes(plans[1], plans[0]))
    0
    """
    each = gains(plan, reference).rename_axis("key").reset_index()
    order = each.sort_values("change", ascending=False, kind="stable")
    up = order[order["verdict"] == "gains"].head(most)
    down = order[order["verdict"] == "loses"].tail(most)
    import pandas as pd

    return pd.concat([up, down], ignore_index=True)


def _others(words: Wording, reference: Judged) -> list[Judged]:
    return [plan for plan in words.study.plans if plan is not reference]


def _drawn(words: Wording, frames: dict[str, pd.DataFrame], title: str, name: str) -> Drawing | None:
    if not frames:
        return None
    tallest = max(len(rows) for rows in frames.values())
    figure, axes = panels(len(frames), 0.5 + 0.2 * tallest, sharex=True)
    described = []
    for ax, (plan, rows) in zip(axes, frames.items(), strict=True):
        _diverging(ax, words, rows)
        ax.set_ylim(max(tallest, len(rows)) - 0.5, -0.5)
        ax.set_title(words.plan(plan), fontsize=8.5)
        up, down = rows.iloc[rows["change"].argmax()], rows.iloc[rows["change"].argmin()]
        described.append(
            words.texts(
                "winners.one",
                plan=words.plan(plan),
                best=f"{up['key']} {words.change(up['change'])}",
                worst=f"{down['key']} {words.change(down['change'])}",
            )
        )
    unit = words.texts("unit.percentage_points") if words.in_percent else words.level_name
    figure.supxlabel(words.texts("winners.change", unit=unit), fontsize=9)
    titled(figure, title)
    return Drawing(name, figure, title, words.described(title, described))


def _diverging(ax: Axes, words: Wording, rows: pd.DataFrame) -> None:
    at = np.arange(len(rows))
    change = words.scale * rows["change"].to_numpy(dtype=np.float64)
    ax.barh(at, change, color=np.where(change >= 0, GAIN, LOSS), height=0.7)
    ax.axvline(0, color=INK, linewidth=0.8)
    for k, value in enumerate(change):
        ax.annotate(
            words.short(value) if value < 0 else f"+{words.short(value)}",
            (value, k),
            xytext=(3 if value >= 0 else -3, 0),
            textcoords="offset points",
            ha="left" if value >= 0 else "right",
            va="center",
            fontsize=7.5,
        )
    ax.set_yticks(at, [str(key) for key in rows["key"]], fontsize=8)
    ax.grid(axis="y", visible=False)
    ax.tick_params(axis="y", length=0)
    ax.margins(x=LABEL_ROOM)
    ax.locator_params(axis="x", nbins=4)
