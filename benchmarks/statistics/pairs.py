"""Backends pairwise on the instances that both can take: effect, interval, test, correction."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from .resampling import REPLICATES, mean_interval

if TYPE_CHECKING:
    import numpy.typing as npt

    from ...instances.arrays import FloatArray
    from .runs import Runs

TIE = 1e-9


def holm(p_values: npt.ArrayLike) -> FloatArray:
    r"""Adjust p-values of several tests so that any false rejection is as unlikely as one test says.

    With m values in ascending order, :math:`\tilde p_{(i)} = \max_{j \le i} \min(1, (m - j + 1) p_{(j)})`.
    Missing values are no tests and stay missing.

    References
    ----------
    S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6,
    1979, 65-70.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03, 0.005]).round(3).tolist()
    [0.03, 0.06, 0.06, 0.02]
    """
    given = np.asarray(p_values, dtype=np.float64)
    adjusted = np.full(len(given), np.nan)
    tested = np.flatnonzero(~np.isnan(given))
    order = tested[np.argsort(given[tested], kind="stable")]
    factor = len(order) - np.arange(len(order))
    adjusted[order] = np.minimum(np.maximum.accumulate(factor * given[order]), 1.0)
    return adjusted


def signed_rank(differences: npt.ArrayLike) -> tuple[float, float]:
    r"""Wilcoxon's signed-rank test: the rank-biserial correlation and the two-sided p-value.

    Differences of zero are dropped; with the ranks' sums :math:`W^+, W^-` the correlation is
    :math:`(W^+ - W^-) / (W^+ + W^-)`, +1 where all differences are positive. Where all are zero, 0 and 1.

    Examples
    --------
    >>> signed_rank([1.0, 2.0, 3.0, 4.0, -5.0])
    (0.3333333333333333, 0.625)
    """
    from scipy.stats import rankdata, wilcoxon

    found = np.asarray(differences, dtype=np.float64)
    found = found[found != 0]
    if not len(found):
        return 0.0, 1.0
    ranks = rankdata(np.abs(found))
    correlation = float(np.sign(found) @ ranks / ranks.sum())
    return correlation, float(wilcoxon(found).pvalue)


def compare_pair(
    first: FloatArray,
    second: FloatArray,
    *,
    as_ratio: bool,
    replicates: int = REPLICATES,
    seed: int = 0,
    level: float = 0.95,
) -> dict[str, Any]:
    """Compare two columns of paired values, less being better.

    The effect is the mean of the differences first less second, or, as a ratio, the geometric mean of first
    over second; its interval is a bootstrap over the pairs.

    Examples
    --------
    >>> found = compare_pair(np.array([2.0, 4.0, 8.0]), np.array([1.0, 2.0, 4.0]), as_ratio=True)
    >>> found["effect"], found["low"], found["high"], found["wins"], found["losses"], found["p_value"]
    (2.0, 2.0, 2.0, 0, 3, 0.25)
    """
    differences = np.log(first) - np.log(second) if as_ratio else first - second
    small = TIE if as_ratio else TIE * np.maximum(np.abs(first), np.abs(second))
    differences = np.where(np.abs(differences) <= small, 0.0, differences)
    low, high = mean_interval(differences, replicates, seed, level)
    correlation, p_value = signed_rank(differences) if len(differences) else (np.nan, np.nan)
    effect = differences.mean() if len(differences) else np.nan
    back = np.exp if as_ratio else np.asarray
    return {
        "instances": len(differences),
        "wins": int((differences < 0).sum()),
        "ties": int((differences == 0).sum()),
        "losses": int((differences > 0).sum()),
        "effect": _rounded(back(effect)),
        "low": _rounded(back(low)),
        "high": _rounded(back(high)),
        "rank_biserial": correlation,
        "p_value": p_value,
    }


def paired_tests(
    runs: Runs, measure: Literal["gap", "spent"], replicates: int = REPLICATES, seed: int = 0
) -> pd.DataFrame:
    """Compare all pairs of backends within each family; p-values corrected by Holm over the family's pairs.

    Gaps are compared on the instances on which both hold a complete plan (`only_first` and `only_second`
    count those on which one alone does), times on those that both can take, an unsolved run counting with
    the time it was given. Seeds and repeats enter as the instance's median.

    Parameters
    ----------
    runs
        The runs.
    measure
        ``gap`` compares by differences, ``spent`` by ratios of times.
    replicates, seed
        Of the bootstrap.

    References
    ----------
    J. Demšar, "Statistical comparisons of classifiers over multiple data sets", Journal of Machine Learning
    Research 7, 2006, 1-30.

    Examples
    --------
    >>> from .runs import prepared
    >>> rows = pd.DataFrame({"suite": "s", "instance": ["a", "b", "a", "b"], "backend": ["x", "x", "y", "y"],
    ...     "seed": 0, "repeat": 0, "family": "linear", "status": "optimal", "checked": True,
    ...     "objective": 1.0, "build_seconds": 0.0, "solve_seconds": [1.0, 2.0, 2.0, 4.0]})
    >>> paired_tests(prepared(rows), "spent")[["first", "second", "effect", "wins"]].to_dict("records")
    [{'first': 'x', 'second': 'y', 'effect': 0.5, 'wins': 2}]
    """
    tables = []
    for family, part in runs.able.groupby("family"):
        values = part[measure].where(part["complete"]) if measure == "gap" else part[measure].clip(lower=1e-6)
        wide = values.groupby([part["instance"], part["backend"]]).median().unstack()
        lines = []
        for one, other in combinations(wide.columns, 2):
            both = wide[[one, other]].dropna()
            line = {"family": family, "first": one, "second": other}
            line |= compare_pair(
                both[one].to_numpy(np.float64),
                both[other].to_numpy(np.float64),
                as_ratio=measure == "spent",
                replicates=replicates,
                seed=seed,
            )
            if measure == "gap":
                line["only_first"] = int((wide[one].notna() & wide[other].isna()).sum())
                line["only_second"] = int((wide[one].isna() & wide[other].notna()).sum())
            lines.append(line)
        table = pd.DataFrame([line for line in lines if line["instances"]])
        if len(table):
            table.insert(list(table.columns).index("p_value") + 1, "p_holm", holm(table["p_value"]))
            tables.append(table)
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def _rounded(value: Any) -> float:
    """Without the rounding error of logarithms."""
    return float(f"{float(value):.12g}")
