r"""How often a backend succeeds, and how often what it claims is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from ...instances.arrays import FloatArray
    from .runs import Runs

ENDINGS = ("incomplete", "unknown", "failed", "crashed", "killed", "out of memory", "refuted")
"""Ways to end without a complete plan that the table counts."""


def wilson_interval(
    rate: FloatArray, count: FloatArray, level: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    r"""Interval of a rate by Wilson's score, which stays within 0 and 1 and holds for small counts.

    .. math::

        \frac{1}{1 + z^2/n} \Bigl(\hat p + \frac{z^2}{2n} \pm
        z \sqrt{\frac{\hat p (1 - \hat p)}{n} + \frac{z^2}{4 n^2}}\Bigr)

    Examples
    --------
    >>> low, high = wilson_interval(np.array([0.9]), np.array([10.0]))
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.596], [0.982])
    """
    from scipy.stats import norm

    z = norm.ppf((1 + level) / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = rate + z**2 / (2 * count)
        reach = z * np.sqrt(rate * (1 - rate) / count + z**2 / (4 * count**2))
        shrink = 1 + z**2 / count
        low, high = (centre - reach) / shrink, (centre + reach) / shrink
    # at the ends exactly, whatever was lost to rounding
    return np.where(rate == 0, 0.0, low), np.where(rate == 1, 1.0, high)


def rates(runs: Runs, by: Sequence[str] = ("family", "backend"), level: float = 0.95) -> pd.DataFrame:
    r"""Success and correctness, one line a group of runs.

    The **success rate** is the share of runs that end with the right answer: within the tolerance of the
    reference and checked, or rightly proved to have no plan. The **correctness rate** is the share of claims
    that hold: of the runs that claim something (optimality, an objective, a bound), those that the
    independent check and the known optimum confirm. A backend that claims little can be right always, and
    one that claims much succeed often and be wrong: both are needed.

    Repeats and seeds of one instance are averaged first, and the intervals count instances, not runs, so
    that repeating a run does not make it look like more evidence.

    Parameters
    ----------
    runs
        The runs; those that a backend is not capable of are counted and left out of every rate.
    by
        Columns that make a group.
    level
        Confidence of the Wilson intervals.

    Examples
    --------
    >>> import pandas as pd
    >>> from .runs import prepared
    >>> rows = pd.DataFrame({"suite": "s", "instance": ["a", "b", "c"], "backend": "x", "seed": 0,
    ...     "repeat": 0, "family": "linear", "status": ["optimal", "optimal", "unknown"],
    ...     "checked": [True, True, False],
    ...     "objective": [1.0, 2.0, None], "claim": ["right", "wrong", "none"]})
    >>> rates(prepared(rows))[["success", "correctness", "claims", "wrong"]].round(3).to_dict("records")
    [{'success': 0.333, 'correctness': 0.5, 'claims': 2, 'wrong': 1}]
    """
    keys = list(by)
    frame = runs.frame
    able = runs.able.assign(
        proved=runs.able["status"] == "optimal",
        claims=runs.able["claim"].isin(["right", "wrong"]),
        right=runs.able["claim"] == "right",
        wrong=runs.able["claim"] == "wrong",
    )
    shares = ["solved", "complete", "proved"]
    each = able.groupby([*keys, "instance"])[[*shares, "claims", "right", "wrong"]].agg("sum")
    each = each.join(able.groupby([*keys, "instance"]).size().rename("runs"))
    table = each.groupby(level=keys).sum()[["runs", "claims", "wrong"]]
    table.insert(0, "instances", each.groupby(level=keys).size())
    mean = each[shares].div(each["runs"], axis=0).groupby(level=keys).mean()
    right = (each["right"] / each["claims"].where(each["claims"] > 0)).groupby(level=keys)
    table["success"] = mean["solved"]
    table["success_low"], table["success_high"] = _interval(table["success"], table["instances"], level)
    table["complete"], table["proved"] = mean["complete"], mean["proved"]
    table["correctness"] = right.mean()
    table["correctness_low"], table["correctness_high"] = _interval(
        table["correctness"], right.count(), level
    )
    endings = able.groupby([*keys, "status"]).size().unstack(fill_value=0)
    for ending in ENDINGS:
        table[ending] = endings[ending] if ending in endings.columns else 0
    table["not_capable"] = (~frame["able"]).groupby([frame[key] for key in keys]).sum()
    counts = ["instances", "runs", "claims", "wrong", *ENDINGS, "not_capable"]
    return table.astype(dict.fromkeys(counts, np.int64)).reset_index()


def _interval(rate: pd.Series[float], count: pd.Series[int], level: float) -> tuple[FloatArray, FloatArray]:
    return wilson_interval(np.asarray(rate, np.float64), np.asarray(count, np.float64), level)
