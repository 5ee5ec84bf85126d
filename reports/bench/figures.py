"""The figures of a report: profiles, gaps, curves over time and growth by family; savings and drift."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...benchmarks.statistics.drift import NOISY
from ..drawing import COLOURS, INK, MARKS, PALE, Drawing, require_report_libraries, themed
from .look import legend_below, picture, styles

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from .findings import Findings

MOST = 12
"""Backends that a figure can tell apart; the best are drawn."""
MOST_POINTS = 40
"""Times of one backend above which their medians by size are drawn instead."""
LEAST = 3
"""Instances from which on a distribution over them is drawn."""
FAR = 1e3
"""Ratio beyond which a profile is not drawn."""


def figures(findings: Findings) -> dict[str, list[Drawing]]:
    """Draw everything: by family, and under ``savings`` and ``drift``.

    Raises
    ------
    CapabilityError
        Where the libraries of the extra are not installed.

    Examples
    --------
    >>> import pandas as pd
    >>> from .findings import Findings
    >>> rows = pd.DataFrame({"suite": "s", "instance": ["a", "b", "c"] * 2, "backend": ["x", "y"] * 3,
    ...     "seed": 0, "repeat": 0, "family": "linear", "status": "optimal", "checked": True,
    ...     "objective": 1.0, "solve_seconds": 1.0})
    >>> [drawing.name for drawing in figures(Findings.of(rows))["linear"]]
    ['linear_profile']
    """
    require_report_libraries()
    with themed():
        found = {
            family: [
                # of one or two instances there is no distribution
                *(
                    [profile_figure(findings, family), gap_figure(findings, family)]
                    if findings.count(family) >= LEAST
                    else []
                ),
                curve_figure(findings, family) if findings.has_incumbents else None,
                *(growth_figure(findings, family, made) for made in findings.sets(family)),
            ]
            for family in findings.families
        }
        found["savings"] = [savings_figure(findings)]
        found["drift"] = [drift_figure(findings)]
    return {part: [each for each in drawn if each is not None] for part, drawn in found.items()}


def profile_figure(findings: Findings, family: str) -> Drawing | None:
    """Draw a family's performance profile.

    Examples
    --------
    >>> import pandas as pd
    >>> from .findings import Findings
    >>> rows = pd.DataFrame({"suite": "s", "instance": "a", "backend": ["x", "y"], "seed": 0, "repeat": 0,
    ...     "family": "linear", "status": "optimal", "checked": True, "objective": 1.0,
    ...     "solve_seconds": [1.0, 3.0]})
    >>> drawn = profile_figure(Findings.of(rows), "linear").figure.axes[0].lines
    >>> [line.get_label() for line in drawn]
    ['x', 'y']
    """
    steps, _ = findings.profile(family)
    if steps["backend"].nunique() < 2:
        # one backend is always the fastest
        return None
    title = f"{family}: performance profile"
    figure, axes = picture(2.7, title)
    last = min(max(steps["ratio"].max() * 1.1, 2.0), FAR)
    _steps(axes, findings, family, steps, "ratio", 1.0, last)
    axes.set_xscale("log")
    axes.set_xlim(1.0, last)
    _plain_ratios(axes, last)
    axes.set_xlabel("time over the fastest backend's")
    _as_share(axes, "instances solved")
    legend_below(figure, axes, _longest(steps))
    best = steps.groupby("backend")["share"].max().sort_values(ascending=False)
    alt = f"{title}. Solved in the end: " + ", ".join(f"{name} {share:.0%}" for name, share in best.items())
    return Drawing(f"{_file(family)}_profile", figure, title, alt)


def gap_figure(findings: Findings, family: str) -> Drawing | None:
    """Draw the distribution of a family's gaps to the best known plan.

    Examples
    --------
    >>> import pandas as pd
    >>> from .findings import Findings
    >>> rows = pd.DataFrame({"suite": "s", "instance": "a", "backend": ["x", "y"], "seed": 0, "repeat": 0,
    ...     "family": "linear", "status": "feasible", "checked": True, "objective": [1.0, 1.5]})
    >>> line = gap_figure(Findings.of(rows), "linear").figure.axes[0].lines[1]
    >>> line.get_label(), float(line.get_xdata()[1]), float(line.get_ydata()[1])
    ('y', 50.0, 1.0)
    """
    steps, _ = findings.gap_steps(family)
    if steps["gap"].le(findings.runs.tolerance).all():
        # all that finish are at the reference: there is no distribution to show
        return None
    title = f"{family}: distribution of gaps"
    figure, axes = picture(2.7, title)
    percent = steps.assign(gap=100 * steps["gap"])
    last = max(percent["gap"].max() * 1.05, 0.1)
    _steps(axes, findings, family, percent, "gap", 0.0, last)
    axes.set_xscale("symlog", linthresh=0.1, linscale=0.5)
    axes.set_xlim(0.0, last)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.set_xlabel("gap to the best known plan (%)")
    _as_share(axes, "instances within the gap")
    legend_below(figure, axes, _longest(steps))
    exact = steps[steps["gap"] <= findings.runs.tolerance].groupby("backend")["share"].max()
    at_best = ", ".join(f"{name} {share:.0%}" for name, share in exact.items())
    alt = f"{title}. At the best known plan: {at_best}"
    return Drawing(f"{_file(family)}_gaps", figure, title, alt)


def curve_figure(findings: Findings, family: str) -> Drawing | None:
    """Draw the mean primal gap of a family's backends over time.

    Examples
    --------
    >>> import pandas as pd
    >>> from .findings import Findings
    >>> rows = pd.DataFrame({"suite": "s", "instance": "a", "backend": "x", "seed": 0, "repeat": 0,
    ...     "family": "linear", "status": "feasible", "checked": True, "objective": [4.0],
    ...     "wall_seconds": 9.0, "solve_seconds": 3.0, "incumbents": [[[1.0, 8.0, None], [2.0, 4.0, 4.0]]]})
    >>> curve_figure(Findings.of(rows), "linear").figure.axes[0].lines[0].get_ydata()[0].item()
    50.0
    """
    curves = findings.curves(family)
    if curves.empty:
        return None
    title = f"{family}: mean gap over time"
    figure, axes = picture(2.7, title)
    for name, style in _drawn(findings, family, curves):
        own = curves[curves["backend"] == name]
        axes.plot(own["seconds"], 100 * own["gap"], label=name, drawstyle="steps-post", **style)
    axes.set_xscale("log")
    axes.set_yscale("symlog", linthresh=0.1, linscale=0.5)
    axes.set_ylim(0.0, 110.0)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.set_xlabel("seconds")
    axes.set_ylabel("mean primal gap (%)")
    legend_below(figure, axes, _longest(curves))
    ends = curves.groupby("backend")["gap"].last().sort_values()
    alt = f"{title}. In the end: " + ", ".join(f"{name} {gap:.2%}" for name, gap in ends.items())
    return Drawing(f"{_file(family)}_curves", figure, title, alt)


def growth_figure(findings: Findings, family: str, made: str) -> Drawing | None:
    """Draw a set's times against size with the fitted power laws and their confidence bands.

    Examples
    --------
    >>> import pandas as pd
    >>> from .findings import Findings
    >>> rows = pd.DataFrame({"suite": "s", "instance": ["lp:n=1", "lp:n=2", "lp:n=3"], "backend": "x",
    ...     "seed": 0, "repeat": 0, "family": "linear", "status": "optimal", "checked": True,
    ...     "objective": 1.0, "size": [10, 100, 1000], "solve_seconds": [0.1, 1.0, 10.0]})
    >>> axes = growth_figure(Findings.of(rows), "linear", "lp").figure.axes[0]
    >>> axes.get_legend_handles_labels()[1]
    ['x: 1.00 (1.00 to 1.00)']
    """
    points = findings.growth[(findings.growth["family"] == family) & (findings.growth["set"] == made)]
    laws = {name: law for (kind, own, name), law in findings.laws.items() if (kind, own) == (family, made)}
    if not laws:
        return None
    title = f"{family if family == made else f'{family}, {made}'}: time against size"
    figure, axes = picture(2.7, title)
    labels = []
    for place, (name, style) in enumerate(_drawn(findings, family, points)):
        if name not in laws:
            continue
        law, own = laws[name], points[points["backend"] == name]
        sizes = np.geomspace(law.smallest, law.largest, 40)
        mean, low, high = law.band(sizes)
        labels.append(f"{name}: {law.exponent:.2f} ({law.low:.2f} to {law.high:.2f})")
        axes.plot(sizes, mean, label=labels[-1], **style)
        axes.fill_between(sizes, low, high, color=style["color"], alpha=0.15, linewidth=0)
        mark = MARKS[place // len(COLOURS) % len(MARKS)]
        shown = own.set_index("size")["seconds"]
        if len(shown) > MOST_POINTS:
            shown = shown.groupby(level="size").median()
        axes.plot(shown.index, shown, mark, color=style["color"], markersize=2.5, alpha=0.6)
    axes.set_xscale("log")
    axes.set_yscale("log")
    times = points.loc[points["backend"].isin(laws), "seconds"]
    # a band from three points is wider than anything that was measured
    axes.set_ylim(times.min() / 4, times.max() * 4)
    axes.set_xlabel("size (decisions)")
    axes.set_ylabel("seconds")
    legend_below(figure, axes, max(map(len, labels), default=0))
    name = f"{_file(family)}_{_file(made)}_growth"
    return Drawing(name, figure, title, f"{title}. " + "; ".join(labels))


def savings_figure(findings: Findings) -> Drawing | None:
    """Draw what the best known plan saves against the rules, a line a set: every rule, and the best of them.

    Examples
    --------
    >>> import pandas as pd
    >>> from .findings import Findings
    >>> rows = pd.DataFrame({"suite": "s", "instance": "a", "backend": ["highs", "priority"], "seed": 0,
    ...     "repeat": 0, "family": "linear", "status": "feasible", "checked": True, "objective": [3.0, 4.0]})
    >>> savings_figure(Findings.of(rows)).figure.axes[0].lines[0].get_xdata().tolist()
    [25.0]
    """
    table = findings.savings
    table = table[table["finished"] > 0] if len(table) else table
    if table.empty:
        return None
    title = "Saved against greedy and priority rules, set by set"
    lines = list(table.groupby(["family", "set"], sort=False))
    figure, axes = picture(1.3 + 0.3 * len(lines), title)
    rules = {(row.family, row.set): str(row.rule) for row in findings.against_rules.itertuples()}
    labels, said = [], []
    for place, (key, part) in enumerate(lines):
        family, made = map(str, key)
        saving = 100 * part["saving"].to_numpy(np.float64)
        axes.plot(saving, np.full(len(part), place), "o", color=PALE, alpha=0.45, label="each rule")
        rule = rules[family, made]
        best = part[part["baseline"] == rule].iloc[0]
        mean, low, high = (100 * float(best[name]) for name in ("saving", "saving_low", "saving_high"))
        reach = np.nan_to_num([[mean - low], [high - mean]]).clip(min=0.0)
        axes.errorbar(
            [mean], [place], xerr=reach, fmt="D", color=COLOURS[0], elinewidth=1.2, label="the best rule"
        )
        labels.append(f"{family}, {made}" if made != family else str(made))
        labels[-1] += f"\n{rule} {mean:.1f} %"
        said.append(f"{labels[-1].replace(chr(10), ', ')}")
    axes.set_yticks(range(len(lines)), labels, fontsize=7.5)
    axes.set_ylim(len(lines) - 0.5, -0.5)
    least = 100 * table[["saving", "saving_low"]].min(skipna=True).min(skipna=True)
    axes.set_xlim(left=min(0.0, float(least)) - 1.0)
    axes.set_xlabel("mean saving (% of the rule's objective)")
    axes.grid(axis="y", visible=False)
    handles = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    figure.legend(
        list(handles.values()), list(handles), loc="outside lower left", ncols=2, fontsize=8, frameon=False
    )
    return Drawing("savings", figure, title, f"{title}, against the best rule: {'; '.join(said)}")


def drift_figure(findings: Findings) -> Drawing | None:
    """Draw the drift probe's times while the suite ran.

    Examples
    --------
    >>> import pandas as pd
    >>> from .findings import Findings
    >>> rows = pd.DataFrame({"suite": "s", "instance": "a", "backend": ["x", "drift"], "seed": 0, "repeat": 0,
    ...     "family": "linear", "status": "optimal", "checked": True, "objective": 1.0, "wall_seconds": 2.0,
    ...     "started_at": "2026-01-01T00:00:00+00:00"})
    >>> drift_figure(Findings.of(rows)).figure.axes[0].lines[0].get_ydata().tolist()
    [1.0]
    """
    if findings.probes.empty:
        return None
    title = "The same task again and again: how steady the machine was"
    figure, axes = picture(2.4, title)
    machines = list(dict.fromkeys(findings.probes["machine"]))
    for name, style in styles(machines).items():
        own = findings.probes[findings.probes["machine"] == name]
        axes.plot(
            own["hours"], own["seconds"] / own["seconds"].median(), "o-", markersize=3, color=style["color"]
        )
    axes.axhline(NOISY, color=INK, linewidth=0.8, linestyle=":")
    top = max(NOISY, *axes.get_ylim())
    axes.set_ylim(0.0, 1.05 * top)
    axes.set_xlabel("hours since the first probe")
    axes.set_ylabel("time over the median")
    slowest = findings.drift["slowest_over_median"].max()
    return Drawing("drift", figure, title, f"{title}. The slowest took {slowest:.2f} times the median.")


def _steps(
    axes: Axes, findings: Findings, family: str, steps: pd.DataFrame, what: str, first: float, last: float
) -> None:
    for name, style in _drawn(findings, family, steps):
        own = steps[steps["backend"] == name]
        x = np.concatenate([own[what], [last]])
        y = np.concatenate([own["share"], own["share"].tail(1)])
        axes.plot(x, y, label=name, drawstyle="steps-post", **style)


def _drawn(findings: Findings, family: str, table: pd.DataFrame) -> list[tuple[str, dict[str, Any]]]:
    """Backends of a table with their styles: one backend looks the same in all figures of its family."""
    there = set(table["backend"])
    every = styles(findings.backends(family))
    return [(name, style) for name, style in every.items() if name in there][:MOST]


def _plain_ratios(axes: Axes, last: float) -> None:
    """Mark 1, 2, 5, 10 ... on a logarithmic axis of ratios, as few of them as have room."""
    marks = np.array([mantissa * 10.0**power for power in range(4) for mantissa in (1, 2, 5)])
    within = marks[marks <= last]
    shown = within if len(within) <= 7 else within[::3]
    axes.set_xticks(shown, [f"{mark:g}" for mark in shown])
    axes.minorticks_off()


def _as_share(axes: Axes, label: str) -> None:
    axes.set_ylim(0.0, 1.03)
    axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    axes.set_ylabel(label)


def _longest(table: pd.DataFrame) -> int:
    return int(table["backend"].str.len().max())


def _file(family: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in family)
