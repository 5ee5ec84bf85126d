"""How good plans are: against the best known, against greedy rules, instance by instance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .resampling import mean_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .runs import Runs


def gap_table(runs: Runs, by: Sequence[str] = ("family", "backend")) -> pd.DataFrame:
    """Gap to the reference, by family and backend unless told otherwise; what was left out in the same line.

    Gaps are of complete plans alone; a backend that finishes only on the easy instances looks good here, so
    read `complete` first. Repeats and seeds of one instance are averaged.

    Examples
    --------
    >>> from .runs import prepared
    >>> rows = pd.DataFrame({"suite": "s", "instance": ["a", "b", "a", "b"], "backend": ["x", "x", "y", "y"],
    ...     "seed": 0, "repeat": 0, "family": "linear", "checked": True, "left_out": [None, None, None, 3.0],
    ...     "status": ["optimal", "optimal", "feasible", "incomplete"], "objective": [4.0, 2.0, 5.0, 1.0]})
    >>> gap_table(prepared(rows))[["backend", "complete", "mean_gap", "incomplete"]].to_dict("list")
    {'backend': ['x', 'y'], 'complete': [2, 1], 'mean_gap': [0.0, 0.25], 'incomplete': [0, 1]}
    """
    able = runs.able
    keys = list(by)
    gaps = able[able["complete"]].groupby([*keys, "instance"])["gap"].mean().groupby(level=keys)
    table = pd.DataFrame({"instances": able.groupby(keys)["instance"].nunique()})
    table["complete"] = gaps.count()
    table["at_reference"] = gaps.agg(lambda gap: (gap <= runs.tolerance).mean())
    table["mean_gap"], table["median_gap"], table["worst_gap"] = gaps.mean(), gaps.median(), gaps.max()
    incomplete = able[able["status"] == "incomplete"].groupby(keys)
    table["incomplete"] = incomplete["instance"].nunique()
    table["left_out"] = incomplete["left_out"].mean()
    table["provably_optimal"] = able[able["optimal_by"].notna()].groupby(keys)["instance"].nunique()
    counts = ["complete", "incomplete", "provably_optimal"]
    table[counts] = table[counts].fillna(0).astype(np.int64)
    return table.reset_index()


def is_baseline(backend: str) -> bool:
    """Whether a backend is a rule that people could follow by hand: greedy or priority.

    Examples
    --------
    >>> is_baseline("greedy:vogel"), is_baseline("highs")
    (True, False)
    """
    return backend.partition(":")[0] in {"greedy", "priority"}


def savings(
    runs: Runs, baselines: Sequence[str] | None = None, replicates: int = 2000, seed: int = 0
) -> pd.DataFrame:
    r"""How much better the best plan is than each baseline's, by family and set, as a share of the baseline's.

    .. math:: \text{saving} = \pm \frac{z_{\text{baseline}} - z^*}{|z_{\text{baseline}}|}

    over the instances on which the baseline finishes; the line says on how many of how many that is, and
    `excess` is the same difference as a share of the best, :math:`\pm (z_{\text{baseline}} - z^*)/|z^*|`.
    Families and sets are never pooled: what a rule costs depends on them.

    Parameters
    ----------
    runs
        The runs.
    baselines
        Backends to compare with the reference; the greedy and priority rules where None.
    replicates, seed
        Of the bootstrap over instances behind the interval of the mean saving.

    Examples
    --------
    >>> from .runs import prepared
    >>> rows = pd.DataFrame({"suite": "s", "instance": ["a", "a"], "backend": ["highs", "greedy:vogel"],
    ...     "seed": 0, "repeat": 0, "family": "transportation", "status": ["optimal", "feasible"],
    ...     "checked": True, "objective": [400.0, 500.0]})
    >>> savings(prepared(rows))[["baseline", "finished", "saving", "excess"]].to_dict("records")
    [{'baseline': 'greedy:vogel', 'finished': 1, 'saving': 0.2, 'excess': 0.25}]
    """  # noqa: E501
    able = runs.able
    names = (
        list(baselines) if baselines is not None else [n for n in able["backend"].unique() if is_baseline(n)]
    )
    part = able[able["backend"].isin(names)]
    scale = part["objective"].abs().where(part["objective"] != 0, 1.0)
    sign = np.where(part["maximise"], -1.0, 1.0)
    part = part.assign(
        saving=(sign * (part["objective"] - part["reference"]) / scale).where(part["complete"])
    )
    lines = []
    for (family, made, name), group in part.groupby(["family", "set", "backend"], sort=False):
        each = group.groupby("instance")[["saving", "gap"]].mean().dropna()
        low, high = mean_interval(each["saving"], replicates, seed)
        lines.append(
            {
                "family": family,
                "set": made,
                "baseline": name,
                "instances": group["instance"].nunique(),
                "finished": len(each),
                "saving": each["saving"].mean(),
                "saving_low": low,
                "saving_high": high,
                "most": each["saving"].max(),
                "excess": each["gap"].mean(),
                "excess_most": each["gap"].max(),
            }
        )
    return pd.DataFrame(lines)


def instance_table(runs: Runs) -> pd.DataFrame:
    """One line an instance and backend: what was held, how far from the reference, how long it took.

    Examples
    --------
    >>> from .runs import prepared
    >>> rows = pd.DataFrame({"suite": "s", "instance": "a", "backend": "x", "seed": [0, 1], "repeat": 0,
    ...     "family": "linear", "status": ["optimal", "unknown"], "checked": [True, False],
    ...     "objective": [4.0, None], "build_seconds": 0.0, "solve_seconds": [1.0, 3.0]})
    >>> instance_table(prepared(rows))[["status", "solved", "gap", "spent"]].to_dict("records")
    [{'status': 'optimal, unknown', 'solved': 0.5, 'gap': 0.0, 'spent': 2.0}]
    """
    grouped = runs.frame.groupby(["family", "size", "instance", "backend"], dropna=False)
    firsts = grouped.agg(
        runs=("seed", "size"),
        status=("status", lambda status: ", ".join(dict.fromkeys(status))),
        objective=("objective", "median"),
        reference=("reference", "first"),
        reference_kind=("reference_kind", "first"),
        gap=("gap", "mean"),
        solved=("solved", "mean"),
        spent=("spent", "median"),
        wall_seconds=("wall_seconds", "median"),
        peak_mib=("peak_mib", "max"),
    )
    claims = grouped["claim"].agg(lambda claim: "wrong" if (claim == "wrong").any() else claim.iloc[0])
    return firsts.assign(claim=claims).reset_index()
