"""Two result sets of the same runs, before and after: what got worse, and whether that is more than noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ...instances.errors import InputError
from .drift import machine_name, probes
from .pairs import compare_pair, holm
from .resampling import REPLICATES
from .runs import prepared

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray
    from .runs import Runs

BROKEN = ("failed", "crashed", "refuted", "out of memory")
ALL = "all families"
LEVEL = 0.05
SLOWER = 1.05
"""Ratio of times below which a difference is too small to matter, however certain."""


@dataclass(frozen=True, eq=False)
class BeforeAfter:
    """What changed between two result sets.

    Parameters
    ----------
    outcomes
        One line an instance and backend whose outcome changed: a claim that turned wrong, a run that broke,
        was lost or gained; `regression` says which of them count without any test.
    success, quality, times
        The exact sign test on solved instances, and the paired tests of gaps (after less before, of the best
        known objective) and times (after over before, cleared of the drift probe). One line a backend over
        all its families, where code that became slower shows first, and one each family of it; the two sets
        of lines are corrected by Holm each by itself. `verdict` is ``worse``, ``better`` or nothing.
    remarks
        What a reader must know before believing it.
    """

    outcomes: pd.DataFrame
    success: pd.DataFrame
    quality: pd.DataFrame
    times: pd.DataFrame
    remarks: tuple[str, ...]

    @property
    def regressions(self) -> list[str]:
        """What got worse, one line each.

        Examples
        --------
        >>> empty = pd.DataFrame()
        >>> BeforeAfter(empty, empty, empty, empty, ()).regressions
        []
        """
        lines = []
        if len(self.outcomes):
            worse = self.outcomes[self.outcomes["regression"]]
            lines += [f"{row.backend} on {row.instance}: {row.change}" for row in worse.itertuples()]
        for row in _worse(self.success):
            lines.append(
                f"{row.backend}, {row.family}: solves {row.lost} instances less and {row.gained} more "
                f"(p = {row.p_holm:.2g})"
            )
        for row in _worse(self.quality):
            lines.append(
                f"{row.backend}, {row.family}: plans are worse by {row.effect:.3%} of the best known "
                f"({row.low:.3%} to {row.high:.3%}, p = {row.p_holm:.2g})"
            )
        for row in _worse(self.times):
            lines.append(
                f"{row.backend}, {row.family}: {row.effect:.2f} times as slow "
                f"({row.low:.2f} to {row.high:.2f}, p = {row.p_holm:.2g})"
            )
        return lines


def before_after(
    before: pd.DataFrame, after: pd.DataFrame, replicates: int = REPLICATES, seed: int = 0
) -> BeforeAfter:
    """Compare two result sets, matched by instance and backend.

    An instance whose data changed (by its hash) is left out, and said. Where both sets hold drift probes,
    times after are divided by the ratio of the probes' medians, so that a slower machine is not taken for
    slower code. A difference is called worse or better where Holm's p-value is below 0.05, the bootstrap
    interval agrees, and, for times, the ratio is at least 1.05.

    Parameters
    ----------
    before, after
        Rows, as `allocare.benchmarks.results.load` returns them.
    replicates, seed
        Of the bootstrap.

    Raises
    ------
    InputError
        Where the two have no run in common, or one cannot be used.

    Examples
    --------
    >>> rows = pd.DataFrame({"suite": "s", "instance": [f"i{k}" for k in range(8)], "backend": "x", "seed": 0,
    ...     "repeat": 0, "family": "linear", "status": "optimal", "checked": True, "objective": 4.0,
    ...     "build_seconds": 0.0, "solve_seconds": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]})
    >>> found = before_after(rows, rows.assign(solve_seconds=2 * rows["solve_seconds"]))
    >>> found.regressions
    ['x, linear: 2.00 times as slow (2.00 to 2.00, p = 0.0078)']
    """
    remarks = []
    both = prepared(pd.concat([before.assign(when=0), after.assign(when=1, repeat=_apart(before, after))]))
    old, new = _side(both, 0), _side(both, 1)
    pairs = old.merge(new, left_index=True, right_index=True, suffixes=("_before", "_after"))
    if pairs.empty:
        raise InputError("the two result sets have no instance and backend in common", "results")
    only = len(old) + len(new) - 2 * len(pairs)
    if only:
        remarks.append(f"{only} pairs of instance and backend are in one of the two alone and are left out")
    same = pairs["instance_hash_before"].eq(pairs["instance_hash_after"])
    same |= pairs["instance_hash_before"].isna() | pairs["instance_hash_after"].isna()
    if not same.all():
        changed = pairs.index[~same].get_level_values("instance").nunique()
        remarks.append(f"{changed} instances changed their data and are left out")
        pairs = pairs[same]
    speed = _speed(before, after)
    remarks += _about_machines(before, after, speed)
    pooled = _with_all_families(pairs)
    times = _tests(pooled, "spent", replicates, seed, speed or 1.0)
    quality = _tests(pooled, "gap", replicates, seed)
    few = int((times["instances"] < 6).sum()) if len(times) else 0
    if few:
        remarks.append(
            f"{few} of {len(times)} lines have fewer than 6 instances, on which no signed-rank test "
            "can reach a p-value below 0.05"
        )
    return BeforeAfter(_outcomes(pairs), _success(pooled), quality, times, tuple(remarks))


def _apart(before: pd.DataFrame, after: pd.DataFrame) -> Any:
    """Give the later set repeats of its own, so that both may stand in one table and share references."""
    highest = pd.to_numeric(before["repeat"]).max() if len(before) else 0
    return pd.to_numeric(after["repeat"]) + highest + 1 if len(after) else 0


def _side(runs: Runs, when: int) -> pd.DataFrame:
    part = runs.able[runs.able["when"] == when]
    if "instance_hash" not in part.columns:
        part = part.assign(instance_hash=None)
    grouped = part.assign(wrong=part["claim"] == "wrong", broken=part["status"].isin(BROKEN)).groupby(
        ["family", "instance", "backend"]
    )
    return grouped.agg(
        instance_hash=("instance_hash", "first"),
        status=("status", lambda status: ", ".join(dict.fromkeys(status))),
        solved=("solved", "mean"),
        complete=("complete", "mean"),
        wrong=("wrong", "any"),
        broken=("broken", "any"),
        gap=("gap", "mean"),
        spent=("spent", "median"),
        runs=("gap", "size"),
    )


def _outcomes(pairs: pd.DataFrame) -> pd.DataFrame:
    table = pairs.reset_index()
    turned = table["wrong_after"] & ~table["wrong_before"]
    broke = table["broken_after"] & ~table["broken_before"]
    lost = table["solved_after"] < table["solved_before"]
    gained = table["solved_after"] > table["solved_before"]
    was = table["status_before"] + " before, " + table["status_after"] + " after"
    change = np.select(
        [turned, broke, lost, gained],
        [
            "claims something wrong: " + was,
            "breaks: " + was,
            "no longer solved: " + was,
            "now solved: " + was,
        ],
        "",
    )
    found = table.assign(change=change, regression=turned | broke)
    columns = ["family", "instance", "backend", "change", "regression"]
    return found[found["change"] != ""][columns].reset_index(drop=True)


def _with_all_families(pairs: pd.DataFrame) -> pd.DataFrame:
    """Add every backend's instances once more, over all its families, where it has several."""
    families = pairs.index.to_frame(index=False).groupby("backend")["family"].nunique()
    several = pairs.index.get_level_values("backend").isin(families.index[families > 1])
    everything = pairs[several].reset_index()
    everything["instance"] = everything["family"] + ": " + everything["instance"]
    everything["family"] = ALL
    return pd.concat([everything.set_index(pairs.index.names), pairs])


def _corrected(table: pd.DataFrame) -> FloatArray:
    """Correct the lines of whole backends by themselves, and those of single families by themselves."""
    pooled = table["family"] == ALL
    whole = (pooled | ~table["backend"].isin(table.loc[pooled, "backend"])).to_numpy()
    p_values = table["p_value"].to_numpy(np.float64)
    corrected = np.empty(len(table))
    corrected[whole], corrected[~whole] = holm(p_values[whole]), holm(p_values[~whole])
    return corrected


def _success(pairs: pd.DataFrame) -> pd.DataFrame:
    """Test by signs, exactly, whether as many instances were gained as lost."""
    from scipy.stats import binomtest

    change = pairs["solved_after"] - pairs["solved_before"]
    grouped = pd.DataFrame({"lost": change < 0, "gained": change > 0, "instances": 1}).groupby(
        level=["family", "backend"]
    )
    table = grouped.sum().reset_index()
    moved = table["lost"] + table["gained"]
    counts = zip(table["lost"], moved, strict=True)
    table["p_value"] = [binomtest(int(k), int(n)).pvalue if n else 1.0 for k, n in counts]
    table["p_holm"] = _corrected(table)
    certain = table["p_holm"] < LEVEL
    table["verdict"] = _verdicts(
        certain & (table["lost"] > table["gained"]), certain & (table["gained"] > table["lost"])
    )
    return table


def _tests(pairs: pd.DataFrame, measure: str, replicates: int, seed: int, speed: float = 1.0) -> pd.DataFrame:
    as_ratio = measure == "spent"
    columns = [f"{measure}_after", f"{measure}_before"]
    lines = []
    for (family, backend), part in pairs.groupby(level=["family", "backend"]):
        values = part[columns].dropna().to_numpy(np.float64)
        if not len(values):
            continue
        after, before = values.T
        if as_ratio:
            after, before = np.maximum(after / speed, 1e-6), np.maximum(before, 1e-6)
        line = compare_pair(after, before, as_ratio=as_ratio, replicates=replicates, seed=seed)
        lines.append({"family": family, "backend": backend} | line)
    table = pd.DataFrame(lines)
    if table.empty:
        return table
    table["p_holm"] = _corrected(table)
    certain = table["p_holm"] < LEVEL
    nothing, least = (1.0, SLOWER) if as_ratio else (0.0, 0.0)
    worse = certain & ~(table["low"] <= nothing) & (table["effect"] >= least)
    better = certain & ~(table["high"] >= nothing) & (table["effect"] <= (1 / least if as_ratio else 0.0))
    table["verdict"] = _verdicts(worse, better)
    return table


def _verdicts(worse: pd.Series[bool], better: pd.Series[bool]) -> Any:
    return np.select([worse, better], ["worse", "better"], "")


def _worse(table: pd.DataFrame) -> list[Any]:
    return list(table[table["verdict"] == "worse"].itertuples()) if len(table) else []


def _speed(before: pd.DataFrame, after: pd.DataFrame) -> float | None:
    medians = []
    for rows in (before, after):
        if "started_at" not in rows.columns or not rows["backend"].eq("drift").any():
            return None
        medians.append(float(np.median(_seconds(rows))))
    return medians[1] / medians[0]


def _seconds(rows: pd.DataFrame) -> FloatArray:
    return probes(rows)["seconds"].to_numpy(np.float64)


def _about_machines(before: pd.DataFrame, after: pd.DataFrame, speed: float | None) -> list[str]:
    remarks = []
    names = [
        sorted(set(rows["machine"].dropna().map(machine_name))) if "machine" in rows.columns else []
        for rows in (before, after)
    ]
    if names[0] != names[1]:
        remarks.append(
            f"the machines differ ({'; '.join(names[0])} and {'; '.join(names[1])}): mistrust times"
        )
    if speed is None:
        remarks.append("no drift probe on both sides: a slower machine would look like slower code")
    else:
        remarks.append(
            f"the drift probe took {speed:.3f} times as long after as before; times are cleared of it"
        )
    return remarks
