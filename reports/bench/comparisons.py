"""Tables that hold methods against the known optimum, against rules, and against each other set by set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ...benchmarks.presentation import interval, number, percent, seconds
from .findings import behind_in_words
from .tables import Table, file_name, gap_cell

if TYPE_CHECKING:
    from .findings import Findings


def optima_table(findings: Findings) -> Table | None:
    """Count, backend by backend, how often the known optimum was claimed rightly; None where none is known.

    Heuristics claim no optimum; the tables of the families say how far off they are.

    Examples
    --------
    >>> from .findings import Findings
    >>> rows = pd.DataFrame({"suite": "s", "instance": ["a", "b"], "backend": "highs", "seed": 0, "repeat": 0,
    ...     "family": "linear", "status": ["optimal", "unknown"], "checked": True, "objective": [3.0, None],
    ...     "claim": ["right", "none"], "reference": 3.0, "reference_kind": "known"})
    >>> optima_table(Findings.of(rows)).frame.iloc[0].tolist()
    ['highs', 'exact', '1', '1 of 2', '1 of 1', '0', '1']
    """
    table = findings.known_optima
    table = table[table["backend"].map(findings.kinds) != "heuristic"]
    if table.empty:
        return None
    counts = ["runs", "claimed", "right", "unproved", "short"]
    each = table.groupby("backend")[counts].sum()
    each.insert(0, "families", table.groupby("backend")["family"].nunique())
    each = each.sort_values(["claimed", "runs"], ascending=False, kind="stable")
    lines = [
        {
            "backend": name,
            "kind": findings.kinds[str(name)],
            "families": number(row["families"]),
            "claimed": f"{row['claimed']:,} of {row['runs']:,}",
            "rightly": f"{row['right']:,} of {row['claimed']:,}" if row["claimed"] else "",
            "found, not claimed": number(row["unproved"]),
            "not found": number(row["short"]),
        }
        for name, row in each.to_dict("index").items()
    ]
    note = (
        "Runs on instances whose optimum was known or planted beforehand and that the backend can take. "
        "Rightly: the plan passed the independent check and is at that optimum. Not found: stopped by a "
        "limit, or a worse plan."
    )
    return Table("known_optima", "The known optimum, claimed", pd.DataFrame(lines), note, ("backend", "kind"))


def rules_table(findings: Findings) -> Table | None:
    """Hold the searches against the rules, set by set; None where no rule ran.

    Examples
    --------
    >>> from .findings import Findings
    >>> rows = pd.DataFrame({"suite": "s", "instance": "a", "backend": ["genetic", "priority"], "seed": 0,
    ...     "repeat": 0, "family": "linear", "status": "feasible", "checked": True, "objective": [3.0, 4.0]})
    >>> rules_table(Findings.of(rows)).frame.iloc[0].tolist()[2:]
    ['1', 'priority', '33.33 %', 'genetic', '0 %', '1, 0, 0', 'none']
    """
    table = findings.against_rules
    if table.empty:
        return None
    order = {family: place for place, family in enumerate(findings.families)}
    table = table.sort_values("family", key=lambda families: families.map(order), kind="stable")
    lines = [
        {
            "family": row["family"],
            "set": row["set"],
            "instances": number(row["instances"]),
            "best rule": row["rule"],
            "rule worse by": gap_cell(row["rule_gap"], row["rule_finished"], row["instances"]),
            "search": row["search"] if isinstance(row["search"], str) else "none takes it",
            "search worse by": gap_cell(row["gap"], row["finished"], _met(row)),
            "better, same, worse": ""
            if pd.isna(row["better"])
            else f"{row['better']}, {row['same']}, {row['worse']}",
            "rules ahead": behind_in_words(row["behind"]),
        }
        for row in table.to_dict("records")
    ]
    note = (
        "Worse by: mean gap to the best known plan, on so many of the instances tried where not all are "
        "finished. Best rule: the one that finishes most often, then the closest on average."
    )
    texts = ("family", "set", "best rule", "search", "rules ahead")
    if not findings.searches:
        shown = pd.DataFrame(lines)[["family", "set", "instances", "best rule", "rule worse by"]]
        return Table("searches", "The best rule, set by set", shown, f"{note} No search ran.", texts)
    note += (
        " Better, same, worse: instances on which the search's plan compares so with the best plan of any "
        "rule there (first what is left out, then the objective). Rules ahead: every rule with a better "
        "plan, and on how many instances."
    )
    return Table("searches", "Rules and searches, set by set", pd.DataFrame(lines), note, texts)


def savings_table(findings: Findings) -> Table | None:
    """Lay out what is saved against each rule, by family and set; None where no rule ran.

    Examples
    --------
    >>> from .findings import Findings
    >>> rows = pd.DataFrame({"suite": "s", "instance": "a", "backend": ["highs", "priority"], "seed": 0,
    ...     "repeat": 0, "family": "linear", "status": "feasible", "checked": True, "objective": [3.0, 4.0]})
    >>> savings_table(Findings.of(rows)).frame.iloc[0].tolist()
    ['linear', 'examples', 'priority', '1 of 1', '25.00 %', '25.00 %', '33.33 %', '33.33 %']
    """
    if findings.savings.empty:
        return None

    def share(value: Any) -> str:
        return percent(value, 2)

    lines = [
        {
            "family": row["family"],
            "set": row["set"],
            "rule": row["baseline"],
            "finishes": f"{row['finished']} of {row['instances']}",
            "mean saving": interval(row["saving"], row["saving_low"], row["saving_high"], share),
            "largest saving": share(row["most"]),
            "rule worse by": share(row["excess"]),
            "at most": share(row["excess_most"]),
        }
        for row in findings.savings.sort_values("family", kind="stable").to_dict("records")
    ]
    note = (
        "On the instances on which the rule finishes: where it leaves something out, there is nothing to "
        "compare. Saving: share of the rule's objective; worse by: share of the best known objective."
    )
    return Table("savings", "Saved against each rule", pd.DataFrame(lines), note, ("family", "set", "rule"))


def _met(row: dict[Any, Any]) -> int:
    """Instances on which a search ran."""
    return 0 if pd.isna(row["better"]) else int(row["better"] + row["same"] + row["worse"])


def set_table(findings: Findings, family: str) -> Table | None:
    """Lay out every backend's mean gap on each set of a family; None where there is one set only.

    Examples
    --------
    >>> from .findings import Findings
    >>> rows = pd.DataFrame({"suite": "s", "instance": ["beds:seed=1", "gap:seed=1"] * 2, "seed": 0,
    ...     "backend": ["highs"] * 2 + ["priority"] * 2, "repeat": 0, "family": "assignment",
    ...     "status": ["optimal", "optimal", "feasible", "incomplete"], "checked": True,
    ...     "objective": [3.0, 4.0, 6.0, 1.0]})
    >>> set_table(Findings.of(rows), "assignment").frame.values.tolist()
    [['highs', '0 %', '0 %'], ['priority', '100.00 %', '0 of 1']]
    """
    counts = findings.set_counts(family)
    note = (
        "Mean gap to the best known plan, on so many instances of the set where not all are finished; – "
        "where the backend takes none of them."
    )
    cells = {
        (row["backend"], row["set"]): gap_cell(row["mean_gap"], row["complete"], counts[row["set"]])
        for row in findings.set_gaps[findings.set_gaps["family"] == family].to_dict("records")
    }
    return _by_set(findings, family, cells, f"sets_{file_name(family)}", "gaps, set by set", note)


def set_times_table(findings: Findings, family: str) -> Table | None:
    """Lay out every backend's mean time to solve on each set of a family; None where there is one set only.

    Examples
    --------
    >>> from .findings import Findings
    >>> rows = pd.DataFrame({"suite": "s", "instance": ["beds:seed=1", "gap:seed=1"], "seed": 0,
    ...     "backend": "highs", "repeat": 0, "family": "assignment", "status": "optimal", "checked": True,
    ...     "objective": 3.0, "solve_seconds": [1.0, 2.0]})
    >>> set_times_table(Findings.of(rows), "assignment").frame.values.tolist()
    [['highs', '1', '2']]
    """
    counts = findings.set_counts(family)
    note = (
        f"Shifted geometric means (shift {findings.shift:g} s) of build and solve to the right answer, in "
        "seconds; a run that is not solved counts with the time it was given. On so many instances of the "
        "set where the backend does not take all."
    )
    cells = {
        (row["backend"], row["set"]): seconds(row["mean_seconds"])
        + (
            ""
            if row["instances"] == counts[row["set"]]
            else f" on {row['instances']} of {counts[row['set']]}"
        )
        for row in findings.set_times[findings.set_times["family"] == family].to_dict("records")
    }
    name = f"set_times_{file_name(family)}"
    return _by_set(findings, family, cells, name, "seconds to solve, set by set", note)


def _by_set(
    findings: Findings, family: str, cells: dict[tuple[str, str], str], name: str, what: str, note: str
) -> Table | None:
    """A line a backend and a column a set."""
    sets = findings.sets(family)
    if len(sets) < 2:
        return None
    lines = [
        {"backend": backend} | {made: cells.get((backend, made), "–") for made in sets}
        for backend in findings.backends(family)
    ]
    return Table(name, f"{family}: {what}", pd.DataFrame(lines), note, ("backend",))
