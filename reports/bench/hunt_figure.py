"""The figure of a hunt: the gap of every trial against size and shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ...benchmarks.hunting.findings import by_band
from ...benchmarks.hunting.hunt import MEASURED
from ..drawing import COLOURS, INK, PALE, Drawing, panels, require_report_libraries, themed, titled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ...benchmarks.hunting.hunt import Hunt

WORDS = {
    "size": "size (decisions)",
    "aspect": "targets or tasks per source",
    "density": "share of pairs that are allowed",
    "tightness": "demand over supply",
    "cost_variation": "variation of costs",
}
LOG_FROM = 30.0
"""Largest over smallest value from which on an axis is logarithmic."""


def hunt_figure(hunt: Hunt) -> Drawing | None:
    """Draw a hunt, a panel for each figure of size and shape: trials as dots, medians of quarters as lines.

    None where no gap was measured, or nothing about the instances varies.

    Raises
    ------
    CapabilityError
        Where the libraries of the extra are not installed.

    Examples
    --------
    >>> from allocare.benchmarks.hunting.hunt import hunt
    >>> drawing = hunt_figure(hunt("vogel", "transportation", 32, seed=1, fixed={"n_sources": 4}))
    >>> [axes.get_xlabel() for axes in drawing.figure.axes][:2]
    ['size (decisions)', 'targets or tasks per source']
    """
    require_report_libraries()
    bands = by_band(hunt)
    measured = hunt.trials[hunt.trials["outcome"].isin(MEASURED)]
    if measured.empty or bands.empty:
        return None
    names = list(dict.fromkeys(bands["figure"]))
    title = f"Gap of {hunt.rule} against size and shape: {hunt.generator}"
    worst = hunt.worst
    assert worst is not None
    with themed():
        figure, axes = panels(len(names), 1.75)
        titled(figure, title)
        for name, each in zip(names, axes, strict=True):
            _panel(each, measured, bands[bands["figure"] == name], name, worst.name)
        for each in axes[::2]:
            each.set_ylabel("gap (%)")
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower left", ncols=2, fontsize=8, frameon=False)
        figure.set_figheight(figure.get_figheight() + 0.3)
    low, high = (
        bands.groupby("figure", sort=False)["median_gap"].agg(["first", "last"]).T.to_dict("index").values()
    )
    said = "; ".join(
        f"median gap {low[name]:.2%} in the lowest quarter of {name}, {high[name]:.2%} in the highest"
        for name in names
    )
    return Drawing("gap_by_shape", figure, title, f"{title}. {said}. Worst: {worst['gap']:.2%}.")


def _panel(axes: Axes, measured: pd.DataFrame, bands: pd.DataFrame, name: str, worst: Any) -> None:
    values, gap = pd.to_numeric(measured[name]), 100 * pd.to_numeric(measured["gap"])
    least = float(values[values > 0].min())
    refined = measured["phase"] == "refine"
    for which, colour, label in (
        (~refined, PALE, "explored evenly"),
        (refined, COLOURS[1], "searched around the worst"),
    ):
        axes.plot(values[which], gap[which], "o", color=colour, markersize=2.5, alpha=0.6, label=label)
    for place, band in enumerate(bands.itertuples()):
        label = "median of a quarter" if place == 0 else "_"
        low, high = (max(float(str(end)), least) for end in (band.low, band.high))
        axes.hlines(
            100 * float(str(band.median_gap)), low, high, color=COLOURS[0], linewidth=2.2, label=label
        )
    axes.plot(
        values.loc[[worst]],
        gap.loc[[worst]],
        "D",
        color=INK,
        markersize=4,
        fillstyle="none",
        label="worst case",
    )
    if values.max() >= LOG_FROM * least:
        # an instance of size zero has nothing to decide, and no place on this axis
        axes.set_xscale("log")
        axes.set_xlim(left=least / 1.3)
    axes.set_yscale("symlog", linthresh=1.0, linscale=0.5)
    axes.set_ylim(min(0.0, float(gap.min())), 1.5 * max(float(gap.max()), 1.0))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.set_xlabel(WORDS.get(name, name))
