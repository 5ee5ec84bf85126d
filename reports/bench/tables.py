"""Tables as people read them, made from the statistics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ...benchmarks.presentation import interval, number, percent, seconds

if TYPE_CHECKING:
    from .findings import Findings

MOST_INSTANCES = 300
"""Instances of a family whose lines the page shows; the CSV file holds all."""


@dataclass(frozen=True, eq=False)
class Table:
    """One table of text, ready for a page or a paper.

    Parameters
    ----------
    name
        Of its files.
    caption
        What it holds.
    frame
        Its cells, written as text.
    note
        What a reader must know, below it.
    texts
        Columns that are words, set to the left.
    """

    name: str
    caption: str
    frame: pd.DataFrame
    note: str = ""
    texts: tuple[str, ...] = ()


def family_table(findings: Findings, family: str) -> Table:
    """Lay out a family's backends: what they solve, claim, take and miss, the most successful first.

    Examples
    --------
    >>> from .findings import Findings
    >>> rows = pd.DataFrame({"suite": "s", "instance": ["a", "b", "c"], "backend": "highs", "seed": 0,
    ...     "repeat": 0, "family": "linear", "status": "optimal", "checked": True, "objective": 1.0,
    ...     "claim": "right", "solve_seconds": 2.0})
    >>> family_table(Findings.of(rows), "linear").frame.iloc[0].tolist()[:5]
    ['highs', 'exact', '3', '100 % (44 to 100)', '100 % of 3']
    """
    merged = findings.rates.merge(findings.times, on=["family", "backend"], suffixes=("", "_timed"))
    gaps = findings.gaps.rename(columns={"complete": "with_plan"})
    gaps = gaps[["family", "backend", "with_plan", "mean_gap", "worst_gap", "left_out"]]
    merged = merged.merge(gaps, on=["family", "backend"])
    part = (
        merged[merged["family"] == family].set_index("backend").loc[findings.backends(family)].reset_index()
    )
    total = findings.count(family)
    lines = [
        {
            "backend": row["backend"],
            "kind": findings.kinds.get(row["backend"], ""),
            "instances": _of(row["instances"], total),
            "solved": interval(row["success"], row["success_low"], row["success_high"], _whole_percent),
            "right claims": f"{_whole_percent(row['correctness'])} of {row['claims']}"
            if row["claims"]
            else "none",
            "mean gap": _gap_on(row["mean_gap"], row["with_plan"], row["instances"]),
            "worst gap": percent(row["worst_gap"], 2),
            "run (s)": seconds(row["run_seconds"]),
            "to solve (s)": seconds(row["mean_seconds"]),
            "× fastest": number(row["beside_best"], 3),
            "peak MiB": seconds(row["peak_mib"]),
            "other endings": _endings(row),
        }
        for row in part.to_dict("records")
    ]
    note = (
        f"Solved: checked, and within {findings.runs.tolerance:g} of the best known plan. Run, to solve: "
        f"shifted geometric means (shift {findings.shift:g} s) of build and solve, to the end of the run and "
        "to the right answer; there, a run that is not solved counts with the time it was given. × fastest: "
        "time to solve over that of the fastest backend of each instance. Gaps: of complete plans, and on "
        "how many instances where not all have one."
    )
    return Table(
        f"family_{file_name(family)}",
        f"{family}: backends",
        pd.DataFrame(lines),
        note,
        ("backend", "kind", "other endings"),
    )


def overview_table(findings: Findings) -> Table:
    """Lay out the families: how much was run, and what plans are held against.

    Examples
    --------
    >>> from .findings import Findings
    >>> rows = pd.DataFrame({"suite": "s", "instance": ["a", "b", "c"], "backend": "highs", "seed": 0,
    ...     "repeat": 0, "family": "linear", "status": "optimal", "checked": True, "objective": 1.0})
    >>> overview_table(Findings.of(rows)).frame.to_dict("records")[0]["references"]
    '3 proved'
    """
    lines = []
    for family in findings.families:
        part = findings.runs.able[findings.runs.able["family"] == family]
        each = part.groupby("instance").agg(kind=("reference_kind", "first"), size=("size", "first"))
        kinds = each["kind"].fillna("none").value_counts()
        sizes = each["size"].dropna()
        lines.append(
            {
                "family": family,
                "instances": number(len(each)),
                "size": _range(sizes.min(), sizes.max()) if len(sizes) else "",
                "backends": number(part["backend"].nunique()),
                "runs": number(len(part)),
                "references": ", ".join(f"{count} {kind}" for kind, count in kinds.items()),
            }
        )
    return Table("overview", "What was run", pd.DataFrame(lines), texts=("family", "references"))


def anytime_lines(findings: Findings, family: str) -> Table | None:
    """Lay out a family's primal integrals; None where no run reported incumbents.

    Examples
    --------
    >>> from .findings import Findings
    >>> rows = pd.DataFrame({"suite": "s", "instance": "a", "backend": "x", "seed": 0, "repeat": 0,
    ...     "family": "linear", "status": "feasible", "checked": True, "objective": [4.0],
    ...     "wall_seconds": 10.0, "solve_seconds": 3.0, "incumbents": [[[1.0, 8.0, None], [2.0, 4.0, 4.0]]]})
    >>> anytime_lines(Findings.of(rows), "linear").frame["mean (s)"].tolist()
    ['1.5']
    """
    if not findings.has_incumbents:
        return None
    part = findings.anytime[findings.anytime["family"] == family].sort_values("share_of_time", kind="stable")
    lines = [
        {
            "backend": row["backend"],
            "runs": number(row["runs"]),
            "mean (s)": seconds(row["mean_integral"]),
            "shifted geometric mean (s)": seconds(row["integral"]),
            "share of the time": percent(row["share_of_time"], 2),
        }
        for row in part.to_dict("records")
    ]
    note = "Primal integral up to the time limit: 0 would be the best known plan from the first moment on."
    return Table(
        f"anytime_{file_name(family)}", f"{family}: primal integrals", pd.DataFrame(lines), note, ("backend",)
    )


def tests_table(findings: Findings, family: str, measure: str) -> Table | None:
    """Lay out a family's paired tests of gaps or times; None where no pair can be compared.

    Examples
    --------
    >>> from .findings import Findings
    >>> rows = pd.DataFrame({"suite": "s", "instance": "a", "backend": ["x", "y"], "seed": 0, "repeat": 0,
    ...     "family": "linear", "status": "feasible", "checked": True, "objective": [4.0, 5.0]})
    >>> tests_table(Findings.of(rows), "linear", "gap").frame["first better, same, worse"].tolist()
    ['1, 0, 0']
    """
    table = findings.gap_tests if measure == "gap" else findings.time_tests
    table = table[table["family"] == family] if len(table) else table
    if table.empty:
        return None
    write = (lambda value: percent(value, 3)) if measure == "gap" else (lambda value: number(value, 3))
    effect = "difference of gaps" if measure == "gap" else "ratio of times"
    lines = [
        {
            "first": row["first"],
            "second": row["second"],
            "instances": number(row["instances"]),
            "first better, same, worse": f"{row['wins']}, {row['ties']}, {row['losses']}",
            effect: interval(row["effect"], row["low"], row["high"], write),
            "p": number(row["p_value"], 2),
            "p (Holm)": number(row["p_holm"], 2),
        }
        for row in table.sort_values(["p_holm", "p_value"], kind="stable").to_dict("records")
    ]
    note = (
        "Two-sided Wilcoxon signed-rank tests on common instances, corrected by Holm over the family's "
        f"pairs; mean {effect} (first against second) with its 95 % bootstrap interval (BCa)."
    )
    what = "gaps" if measure == "gap" else "times"
    caption = f"{family}: paired tests of {what}"
    return Table(f"tests_{what}_{file_name(family)}", caption, pd.DataFrame(lines), note, ("first", "second"))


def scaling_lines(findings: Findings) -> Table | None:
    """Lay out the exponents of growth; None where no backend has three sizes that are far apart.

    Examples
    --------
    >>> from .findings import Findings
    >>> rows = pd.DataFrame({"suite": "s", "instance": ["lp:n=1", "lp:n=2", "lp:n=3"], "backend": "x",
    ...     "seed": 0, "repeat": 0, "family": "linear", "status": "optimal", "checked": True,
    ...     "objective": 1.0, "size": [10, 100, 1000], "solve_seconds": [0.1, 1.0, 10.0]})
    >>> scaling_lines(Findings.of(rows)).frame["exponent"].tolist()
    ['1.00 (1.00 to 1.00)']
    """
    if findings.scaling.empty:
        return None
    lines = [
        {
            "family": row["family"],
            "set": row["set"],
            "backend": row["backend"],
            "times": number(row["points"]),
            "sizes": _range(round(row["smallest"]), round(row["largest"])),
            "exponent": interval(row["exponent"], row["exponent_low"], row["exponent_high"], "{:.2f}".format),
            "R²": f"{row['r_squared']:.3f}",
        }
        for row in findings.scaling.to_dict("records")
    ]
    note = (
        "Time = factor × size^exponent by least squares on logarithms, on the times from 10 ms on of runs "
        "that end with a complete plan before their limit; only where the largest size is 30 times the "
        "smallest."
    )
    texts = ("family", "set", "backend")
    return Table("scaling", "How time grows with size", pd.DataFrame(lines), note, texts)


def drift_lines(findings: Findings) -> Table | None:
    """Lay out the drift probe by machine; None where it did not run.

    Examples
    --------
    >>> from .findings import Findings
    >>> rows = pd.DataFrame({"suite": "s", "instance": "a", "backend": "x", "seed": 0, "repeat": 0,
    ...     "family": "linear", "status": ["optimal"]})
    >>> drift_lines(Findings.of(rows)) is None
    True
    """
    if findings.drift.empty:
        return None
    lines = [
        {
            "machine": row["machine"],
            "probes": number(row["probes"]),
            "hours": number(row["hours"], 3),
            "median (s)": seconds(row["median_seconds"]),
            "fastest / median": number(row["fastest_over_median"], 3),
            "slowest / median": number(row["slowest_over_median"], 3),
            "trend per hour": interval(row["trend_per_hour"], row["trend_low"], row["trend_high"], percent),
            "verdict": row["verdict"],
        }
        for row in findings.drift.to_dict("records")
    ]
    note = "Trend: slope of Theil and Sen over the median, with its 95 % interval."
    return Table("drift", "The drift probe", pd.DataFrame(lines), note, ("machine", "verdict"))


def troubles_table(findings: Findings) -> Table | None:
    """Lay out the runs that went wrong; None where none did.

    Examples
    --------
    >>> from .findings import Findings
    >>> rows = pd.DataFrame({"suite": "s", "instance": "a", "backend": "x", "seed": 0, "repeat": 0,
    ...     "family": "linear", "status": "crashed", "note": ["signal 11"]})
    >>> troubles_table(Findings.of(rows)).frame.iloc[0].tolist()
    ['broke', 'x', 'a', 'crashed', 'signal 11']
    """
    table = findings.troubles
    if table.empty:
        return None
    shown = table[["what", "backend", "instance", "status"]].copy()
    shown["note"] = table["note"].fillna("").astype(str).str.slice(0, 200)
    return Table("troubles", "Runs that went wrong", shown, texts=tuple(shown.columns))


def instance_lines(findings: Findings, family: str) -> Table:
    """Lay out a family's instances: the gap of every backend, or how it ended, and its time.

    Examples
    --------
    >>> from .findings import Findings
    >>> rows = pd.DataFrame({"suite": "s", "instance": "a", "backend": ["x", "y"], "seed": 0, "repeat": 0,
    ...     "family": "linear", "status": ["feasible", "unknown"], "checked": [True, False],
    ...     "objective": [4.0, None], "solve_seconds": 1.5})
    >>> instance_lines(Findings.of(rows), "linear").frame.iloc[0][["x", "y"]].tolist()
    ['0 %, 1.5 s', 'unknown, 1.5 s']
    """
    part = findings.instances[findings.instances["family"] == family]
    order = list(dict.fromkeys(part["instance"]))
    part = part[part["instance"].isin(order[:MOST_INSTANCES])]
    gap = part["gap"].map(lambda value: percent(value, 2))
    ended = np.where(gap == "", part["status"], gap)
    time = part["spent"].map(seconds)
    cell = pd.Series(ended, part.index, dtype=object) + np.where(time == "", "", ", " + time + " s")
    wide = (
        cell.where(part["status"] != "not capable", "–").groupby([part["instance"], part["backend"]]).first()
    )
    table = wide.unstack().fillna("").reindex(order[:MOST_INSTANCES])
    firsts = part.groupby("instance")[["size", "reference", "reference_kind"]].first().reindex(table.index)
    backends = [name for name in findings.backends(family) if name in table.columns]
    frame = pd.DataFrame(
        {
            "instance": table.index,
            "size": [number(value) for value in firsts["size"]],
            "best known": [number(value, 8) for value in firsts["reference"]],
            "which is": firsts["reference_kind"].fillna("none").tolist(),
        }
        | {name: table[name].tolist() for name in backends}
    )
    more = len(order) - MOST_INSTANCES
    note = f"The first {MOST_INSTANCES}; {more} more are in tables/instances.csv." if more > 0 else ""
    return Table(
        f"instances_{file_name(family)}",
        f"{family}: instance by instance",
        frame,
        note,
        ("instance", "which is"),
    )


def _whole_percent(value: float) -> str:
    # what is not quite all is not written as all
    return percent(value, 0 if value in (0, 1) or 0.005 <= value < 0.995 else 1)


def _of(count: int, total: int) -> str:
    return number(count) if count == total else f"{count:,} of {total:,}"


def _gap_on(gap: float, finished: int, instances: int) -> str:
    shown = percent(gap, 2) or "none"
    return shown if finished == instances or not finished else f"{shown} on {finished}"


def _range(low: float, high: float) -> str:
    return number(low) if low == high else f"{number(low)} to {number(high)}"


def _endings(row: dict[Any, Any]) -> str:
    """Endings without a complete plan, counted, and what was left out; those not capable are not here."""
    names = ("incomplete", "unknown", "failed", "crashed", "killed", "out of memory", "refuted")
    found = [f"{row[name]} {name}" for name in names if row[name]]
    if row["incomplete"] and not pd.isna(row["left_out"]):
        found[0] += f" ({number(row['left_out'], 3)} left out on average)"
    return ", ".join(found)


def gap_cell(gap: Any, finished: Any, instances: int) -> str:
    """Write a mean gap, and on how many instances where that is not all.

    Examples
    --------
    >>> gap_cell(0.01234, 2, 2), gap_cell(0.0, 1, 2), gap_cell(None, 0, 2), gap_cell(None, None, 2)
    ('1.23 %', '0 % on 1 of 2', '0 of 2', '')
    """
    if pd.isna(finished):
        return ""
    if not finished:
        return f"0 of {instances}"
    return percent(gap, 2) + ("" if finished == instances else f" on {finished} of {instances}")


def file_name(family: str) -> str:
    """Name the files of a family.

    Examples
    --------
    >>> file_name("fair-allocation")
    'fair_allocation'
    """
    return "".join(letter if letter.isalnum() else "_" for letter in family)
