"""What a report says in sentences: a summary, and what its numbers do not show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from ...benchmarks.presentation import interval, number, percent
from ...benchmarks.statistics.gaps import is_baseline
from ...benchmarks.statistics.resampling import LEAST

if TYPE_CHECKING:
    from .findings import Findings

ALWAYS = (
    "The instances are those of the suite: generated ones follow a generator's distributions, and public "
    "ones were often made to be hard. Neither is a sample of what a hospital will meet.",
    "Families are never pooled into one headline number: what a method gains depends on the family.",
    "Times are of this machine, these versions and these threads, from the problem in memory to the plan; "
    "reading files, starting the process and the check are not in them (the rows hold each apart).",
    "A claim is called right where the independent check and, if there is one, the known optimum do not "
    "contradict it. Where no optimum is known, a bound is refuted only by a better plan of another backend.",
    "A run that is not solved counts with the time it was given; another limit would give other means.",
    "p-values are corrected within a family's pairs, not over families and measures; a small one says that a "
    "difference is real on instances like these, not that it matters.",
    "A performance profile tells how a backend compares with the fastest; the order of two others in it can "
    "change when a third is taken out.",
)


def summary(findings: Findings) -> list[str]:
    """Say what was run, whether exact claims hold, and what each family shows.

    Examples
    --------
    >>> from .findings import Findings
    >>> rows = pd.DataFrame({"suite": "s", "instance": "a", "backend": ["highs", "priority"], "seed": 0,
    ...     "repeat": 0, "family": "linear", "status": ["optimal", "feasible"], "checked": True,
    ...     "objective": [3.0, 4.0], "claim": "right", "solve_seconds": 1.0,
    ...     "reference": 3.0, "reference_kind": "known"})
    >>> for line in summary(Findings.of(rows)):
    ...     print(line)
    2 runs of 2 backends on 1 instance of 1 family.
    Exact backends claim the known optimum rightly in 1 of 1 runs that claim to have it.
    linear: highs solves the most, 100.0 %. priority, the best rule, is 33.33 % worse than the best known plan on the 1 of 1 instances on which it finishes.
    """  # noqa: E501
    able = findings.runs.able
    lines = [
        f"{_count(len(able), 'run')} of {_count(able['backend'].nunique(), 'backend')} on "
        f"{_count(able['instance'].nunique(), 'instance')} of "
        f"{_count(len(findings.families), 'family', 'families')}."
    ]
    lines += _correctness(findings)
    lines += [_about(findings, family) for family in findings.families]
    if len(findings.drift):
        slowest = findings.drift["slowest_over_median"].max()
        steady = (findings.drift["verdict"] == "steady").all()
        how = "The machine was steady" if steady else "The machine may not have been steady"
        lines.append(f"{how}: the slowest drift probe took {slowest:.2f} times the median.")
    return lines


def limitations(findings: Findings, finished: bool = True) -> list[str]:
    """Say what these numbers do not show, from what the rows hold.

    Examples
    --------
    >>> from .findings import Findings
    >>> rows = pd.DataFrame({"suite": "s", "instance": "a", "backend": "greedy:nearest", "seed": 0,
    ...     "repeat": 0, "family": "linear", "status": "feasible", "checked": True, "objective": [3.0]})
    >>> found = limitations(Findings.of(rows), finished=False)
    >>> found[0]
    'The suite is not finished: what is still to run is missing everywhere.'
    >>> any("best plan that any run found" in line for line in found)
    True
    """
    able = findings.runs.able
    lines = [] if finished else ["The suite is not finished: what is still to run is missing everywhere."]
    each = able.groupby("instance")["reference_kind"].first()
    loose, none = int((each == "best found").sum()), int(each.isna().sum())
    if loose:
        lines.append(
            f"On {loose} of {len(each)} instances the reference is the best plan that any run found, not a "
            "proved optimum: true gaps may be larger, and the rates of success smaller."
        )
    if none:
        lines.append(
            f"On {none} of {len(each)} instances no run holds a complete plan: there are no gaps there."
        )
    most = int(able.groupby(["instance", "backend"]).size().max()) if len(able) else 0
    if most == 1:
        lines.append("Every run was made once: the spread of repeats and seeds is not measured.")
    per_family = able.groupby("family")["instance"].nunique()
    small = [str(family) for family, count in per_family.items() if count < 6]
    if small:
        lines.append(
            f"Fewer than 6 instances in {', '.join(small)}: no signed-rank test can reach 0.05 there, and "
            f"below {LEAST} no interval is given."
        )
    left_out = {family: findings.profile(family)[1] for family in findings.families}
    named = [f"{family} ({', '.join(names)})" for family, names in left_out.items() if names]
    if named:
        lines.append(
            "Performance profiles leave out backends that take fewer than half of a family's instances or "
            f"solve none: {'; '.join(named)}."
        )
    if len(findings.laws):
        lines.append(
            "Exponents hold between the smallest and the largest size fitted; runs that were not solved are "
            "missing from the fits, which flatters a backend that only solves the easy large ones."
        )
    if not findings.has_incumbents:
        lines.append("No run reported incumbents on its way: what was held before the end is not known.")
    if findings.drift.empty:
        lines.append("No drift probe ran: a machine that became slower would look like slower backends.")
    elif (findings.drift["verdict"] != "steady").any():
        lines.append(
            "The drift probe does not call every machine steady: mistrust small differences of times."
        )
    if len(findings.machines) > 1:
        lines.append(f"Rows come from {len(findings.machines)} machines: times across them do not compare.")
    mixed = [name for name, versions in findings.versions.items() if len(versions) > 1]
    if mixed:
        lines.append(f"Rows of several versions are mixed: {', '.join(mixed)}.")
    return [*lines, *ALWAYS]


def _correctness(findings: Findings) -> list[str]:
    frame = findings.runs.frame
    exact = frame["backend"].map(findings.kinds) == "exact"
    known = frame["reference_kind"].isin(["known", "planted"])
    claimed = frame[exact & known & (frame["status"] == "optimal")]
    lines = []
    if len(claimed):
        right = int((claimed["solved"] & (claimed["claim"] != "wrong")).sum())
        lines.append(
            f"Exact backends claim the known optimum rightly in {right} of {len(claimed)} runs that "
            "claim to have it."
        )
    wrong = int((frame["claim"] == "wrong").sum())
    if wrong:
        lines.append(
            f"{_count(wrong, 'run')} claimed something that the check or the optimum refutes; see below."
        )
    broken = int((findings.troubles["what"] == "broke").sum())
    if broken:
        lines.append(f"{_count(broken, 'run')} broke; see below.")
    return lines


def _about(findings: Findings, family: str) -> str:
    first = findings.backends(family)[0]
    rate = findings.rates.set_index(["family", "backend"]).loc[(family, first), "success"]
    times = findings.times[findings.times["family"] == family].set_index("backend")
    solving = times[times["success"] >= times["success"].max() - 1e-12]
    fastest = solving["mean_seconds"].idxmin() if solving["mean_seconds"].notna().any() else first
    if len(solving) > 1:
        text = (
            f"{family}: {len(solving)} backends solve the most, {percent(rate)}; the fastest of them "
            f"is {fastest} (mean {number(solving.loc[fastest, 'mean_seconds'], 3)} s)."
        )
    else:
        text = f"{family}: {first} solves the most, {percent(rate)}."
    return text + _about_rules(findings, family)


def _about_rules(findings: Findings, family: str) -> str:
    table = findings.savings
    table = table[(table["family"] == family) & (table["finished"] > 0)] if len(table) else table
    if table.empty:
        return ""
    # a rule that finishes seldom is not the best, however close it then is
    often = table[table["finished"] >= table["finished"].max() / 2]
    best = often.loc[often["excess"].idxmin()]
    worse = best["excess"] > findings.runs.tolerance
    how = f"is {percent(best['excess'], 2)} worse than" if worse else "matches"
    text = (
        f" {best['baseline']}, the best rule, {how} the best known plan on the {best['finished']} of "
        f"{best['instances']} instances on which it finishes"
    )
    if worse and pd.notna(best["saving_low"]):
        ends = best["saving"], best["saving_low"], best["saving_high"]
        text += f"; the best plan saves {interval(*ends, lambda value: percent(value, 2))} on average"
    searching = [
        name
        for name in findings.backends(family)
        if findings.kinds[name] == "heuristic" and not is_baseline(name)
    ]
    return text + "." + _beaten(findings, family, searching, [str(name) for name in table["baseline"]])


def _beaten(findings: Findings, family: str, searching: list[str], rules: list[str]) -> str:
    """Say of each search whether every rule is worse on average, on the instances that both finish."""
    tests = findings.gap_tests
    lines = ""
    for name in searching:
        worse = []
        for rule in rules:
            pair = tests[
                (tests["family"] == family)
                & tests["first"].isin([name, rule])
                & tests["second"].isin([name, rule])
            ]
            if pair.empty:
                continue
            line = pair.iloc[0]
            ahead = line["effect"] if line["first"] == name else -line["effect"]
            if ahead > 0:
                worse.append(rule)
        ending = "beats or equals every rule" if not worse else f"does not beat {', '.join(worse)}"
        lines += f" {name} {ending}."
    return lines


def _count(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"
