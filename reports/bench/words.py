"""What a report says in sentences: a summary, and what its numbers do not show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...benchmarks.presentation import number, percent
from ...benchmarks.statistics.resampling import LEAST
from .figures import MOST
from .findings import behind_in_words

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
    >>> import pandas as pd
    >>> from .findings import Findings
    >>> rows = pd.DataFrame({"suite": "s", "instance": "a", "backend": ["highs", "priority"], "seed": 0,
    ...     "repeat": 0, "family": "linear", "status": ["optimal", "feasible"], "checked": True,
    ...     "objective": [3.0, 4.0], "claim": "right", "solve_seconds": 1.0,
    ...     "reference": 3.0, "reference_kind": "known"})
    >>> for line in summary(Findings.of(rows)):
    ...     print(line)
    2 runs of 2 backends on 1 instance of 1 family.
    Exact backends claim the known optimum rightly in 1 of 1 runs that claim to have it, of 1 on instances whose optimum is known.
    linear: of the 2 backends that take the 1 instance, highs solves the most, 100.0 %. The best rule is worse than the best known plan by 33.33 % on examples (priority, finishes 1 of 1).
    """  # noqa: E501
    able = findings.runs.able
    lines = [
        f"{_count(len(able), 'run')} of {_count(able['backend'].nunique(), 'backend')} on "
        f"{_count(able['instance'].nunique(), 'instance')} of "
        f"{_count(len(findings.families), 'family', 'families')}."
    ]
    lines += _correctness(findings)
    lines += [_about(findings, family) for family in findings.families]
    lines += _searches(findings)
    if len(findings.drift):
        spread = findings.drift["slowest_over_median"] / findings.drift["fastest_over_median"]
        verdicts = set(findings.drift["verdict"])
        how = (
            "The machine was steady"
            if verdicts == {"steady"}
            else "Too few probes to call the machine steady"
        )
        how = "The machine was not steady" if "noisy" in verdicts else how
        lines.append(f"{how}: the slowest drift probe took {spread.max():.2f} times the fastest.")
    return lines


def limitations(findings: Findings, finished: bool = True) -> list[str]:
    """Say what these numbers do not show, from what the rows hold.

    Examples
    --------
    >>> import pandas as pd
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
    crowded = [family for family in findings.families if len(findings.backends(family)) > MOST]
    if crowded:
        lines.append(
            f"Figures of {', '.join(crowded)} draw the {MOST} backends that solve the most; the tables hold "
            "all of them."
        )
    if len(findings.laws):
        lines.append(
            "Exponents hold between the smallest and the largest size fitted; runs that were not solved are "
            "missing from the fits, which flatters a backend that only solves the easy large ones."
        )
    if not findings.has_incumbents:
        lines.append("No run reported incumbents on its way: what was held before the end is not known.")
    elif findings.silent:
        lines.append(
            f"{', '.join(findings.silent)} reported no incumbents on the way: gaps over time and primal "
            "integrals take their plans as held at the end only."
        )
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
    frame, table = findings.runs.frame, findings.known_optima
    exact = table[table["backend"].map(findings.kinds) == "exact"]
    lines = []
    if exact["claimed"].sum():
        right, claimed, runs = (exact[column].sum() for column in ("right", "claimed", "runs"))
        lines.append(
            f"Exact backends claim the known optimum rightly in {right} of {claimed} runs that claim to have "
            f"it, of {runs} on instances whose optimum is known."
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
    """Who solves the most among those that take every instance, and which specialists solve all they take."""
    total = findings.count(family)
    part = findings.times[findings.times["family"] == family].set_index("backend")
    most = part["instances"].max()
    every = part[part["instances"] == most]
    solving = every[every["success"] >= every["success"].max() - 1e-12]
    fastest = solving["mean_seconds"].idxmin() if solving["mean_seconds"].notna().any() else solving.index[0]
    share = percent(solving["success"].iloc[0])
    takes = "all" if most == total else f"{most} of the"
    instances = _count(total, "instance")
    takes = "the" if most == total == 1 else takes
    text = f"{family}: of the {_count(len(every), 'backend')} that take {takes} {instances}, "
    if len(every) == 1:
        text = f"{family}: {fastest} alone takes {takes} {instances} and solves {share}"
    elif len(solving) > 1:
        mean = number(solving.loc[fastest, "mean_seconds"], 3)
        text += f"{len(solving)} solve the most, {share}; the fastest of them is {fastest} (mean {mean} s)"
    else:
        text += f"{fastest} solves the most, {share}"
    special = part[
        (part["instances"] < most) & (part["success"] == 1) & (part.index.map(findings.kinds) == "exact")
    ]
    named = ", ".join(f"{name} ({row.instances})" for name, row in special.iterrows())
    text += f". Of those that take fewer, these solve all they take: {named}." if named else "."
    return text + _about_rules(findings, family)


def _about_rules(findings: Findings, family: str) -> str:
    """The best rule of each set, and how far it is from the best known plans."""
    table = findings.against_rules
    sets = table[table["family"] == family].drop_duplicates("set")
    worse, alike, none = [], [], []
    for row in sets.to_dict("records"):
        rule = f"{row['rule']}, finishes {row['rule_finished']} of {row['instances']}"
        if not row["rule_finished"]:
            none.append(row["set"])
        elif row["rule_gap"] > findings.runs.tolerance:
            worse.append(f"{percent(row['rule_gap'], 2)} on {row['set']} ({rule})")
        else:
            alike.append(f"{row['set']} ({rule})")
    parts = [
        f"The best rule is worse than the best known plan by {', '.join(worse)}." if worse else "",
        f"A rule matches the best known plan on {', '.join(alike)}." if alike else "",
        f"No rule finishes on {', '.join(none)}." if none else "",
    ]
    return "".join(f" {part}" for part in parts if part)


def _searches(findings: Findings) -> list[str]:
    """Say of each search on how many instances it beats the rules, and where it does not."""
    table = findings.against_rules
    met = table[table["search"].notna()]
    lines = []
    for name, part in met.groupby("search", sort=False):
        better, same, worse = (int(part[column].sum()) for column in ("better", "same", "worse"))
        sets = _count(len(part), "set")
        line = (
            f"{name} against the best rule of each instance, on {sets}: better on {better}, as good on "
            f"{same}, worse on {worse}."
        )
        behind = [
            f"{row['set']} of {row['family']} ({behind_in_words(row['behind'])})"
            for row in part.to_dict("records")
            if row["behind"]
        ]
        lines.append(line + (f" Rules are ahead of it on {'; '.join(behind)}." if behind else ""))
    alone = [family for family in dict.fromkeys(table["family"]) if family not in set(met["family"])]
    if alone and findings.searches:
        lines.append(
            f"No search takes {', '.join(alone)}: rules stand alone against the exact backends there."
        )
    return lines


def _count(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"
