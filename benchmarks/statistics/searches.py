"""Searches against rules: whether what searches for a plan beats what anybody could do by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .gaps import is_baseline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...instances.arrays import FloatArray
    from .runs import Runs

TIE = 1e-9
"""Difference of gaps below which two plans are as good as each other."""
COLUMNS = (
    "family",
    "set",
    "instances",
    "rule",
    "rule_finished",
    "rule_gap",
    "search",
    "finished",
    "gap",
    "better",
    "same",
    "worse",
    "behind",
)


def against_rules(runs: Runs, searches: Sequence[str]) -> pd.DataFrame:
    """Hold every search against every rule, set by set; one line a search, one without where none could run.

    On each instance a search meets the best plan of any rule. A plan that leaves less out is better, then
    one with the smaller gap; repeats and seeds enter as the instance's median. `behind` names the rules that
    are ahead of the search, each with the number of instances on which it is. `rule` is the best rule of the
    set: the one that finishes most often, then the one with the smallest mean gap.

    Parameters
    ----------
    runs
        The runs.
    searches
        Backends that search.

    Returns
    -------
    pandas.DataFrame
        Columns ``family, set, instances, rule, rule_finished, rule_gap, search, finished, gap, better, same,
        worse, behind``; the gaps are means over the instances on which each finishes.

    Examples
    --------
    >>> from .runs import prepared
    >>> rows = pd.DataFrame({"suite": "s", "instance": ["a", "b"] * 2, "seed": 0, "repeat": 0,
    ...     "backend": ["greedy:vogel"] * 2 + ["genetic"] * 2, "family": "transportation",
    ...     "status": "feasible", "checked": True, "objective": [4.0, 5.0, 4.0, 4.0],
    ...     "reference": 4.0, "reference_kind": "known"})
    >>> found = against_rules(prepared(rows), ["genetic"])
    >>> found[["rule", "rule_gap", "gap", "better", "same", "behind"]].values.tolist()
    [['greedy:vogel', 0.125, 0.0, 1, 1, {}]]
    """
    able = runs.able
    lines = []
    for (family, made), part in able.groupby(["family", "set"], sort=False):
        rules = [name for name in part["backend"].unique() if is_baseline(name)]
        if not rules:
            continue
        gap, missing = _by_instance(part, "gap"), _by_instance(part, "missing")
        finished = gap.notna()
        order = pd.DataFrame({"finished": -finished[rules].sum(), "gap": gap[rules].mean()})
        rule = str(order.sort_values(["finished", "gap"], kind="stable").index[0])
        line = {
            "family": family,
            "set": made,
            "instances": len(gap),
            "rule": rule,
            "rule_finished": int(finished[rule].sum()),
            "rule_gap": gap[rule].mean(),
        }
        ran = [name for name in searches if name in gap.columns]
        lines += [line | _one_search(gap, missing, name, rules) for name in ran] or [line]
    return pd.DataFrame(lines, columns=list(COLUMNS)).astype(
        dict.fromkeys(("finished", "better", "same", "worse"), "Int64")
    )


def _by_instance(part: pd.DataFrame, column: str) -> pd.DataFrame:
    """Lay a figure out by instance and backend; an instance's median, which is missing if any run's is."""
    if column == "missing":
        # a run that holds nothing leaves everything out
        values = part["left_out"].where(part["status"] == "incomplete").fillna(np.inf)
        values = values.where(~part["complete"], 0.0)
    else:
        values = part[column]
    some = values.isna().groupby([part["instance"], part["backend"]]).any()
    median = values.groupby([part["instance"], part["backend"]]).median()
    found: pd.DataFrame = median.mask(some).unstack()
    return found


def _one_search(
    gap: pd.DataFrame, missing: pd.DataFrame, search: str, rules: Sequence[str]
) -> dict[str, object]:
    met = missing[search].notna()
    ahead = {name: _ahead(gap, missing, search, name)[met.to_numpy()] for name in rules}
    each = np.array(list(ahead.values())).reshape(len(rules), -1)
    least = each.min(axis=0, initial=2)
    behind = {name: int((lead < 0).sum()) for name, lead in ahead.items() if (lead < 0).any()}
    return {
        "search": search,
        "finished": int(gap[search].notna().sum()),
        "gap": gap[search].mean(),
        "better": int((least == 1).sum()),
        "same": int((least == 0).sum()),
        "worse": int((least < 0).sum()),
        "behind": dict(sorted(behind.items(), key=lambda item: -item[1])),
    }


def _ahead(gap: pd.DataFrame, missing: pd.DataFrame, search: str, rule: str) -> FloatArray:
    """1 where the search is better than the rule, 0 as good, -1 worse; 2 where the rule could not run."""
    with np.errstate(invalid="ignore"):
        less = np.nan_to_num((missing[rule] - missing[search]).to_numpy(np.float64))
    closer = np.nan_to_num((gap[rule] - gap[search]).to_numpy(np.float64))
    by_gap = np.where(np.abs(closer) <= TIE, 0.0, np.sign(closer))
    lead = np.where(np.abs(less) > TIE, np.sign(less), by_gap)
    return np.where(missing[rule].notna(), lead, 2.0)
