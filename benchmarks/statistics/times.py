"""Typical times: shifted geometric means, and what they are beside the best of all backends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from .runs import Runs

SHIFT = 1.0
"""Seconds added before the logarithm, unless told otherwise."""


def shifted_geometric_mean(values: npt.ArrayLike, shift: float = SHIFT) -> float:
    r"""Mean that neither the longest nor the shortest times rule.

    .. math:: \exp\Bigl(\frac1n \sum_i \ln(t_i + s)\Bigr) - s

    Parameters
    ----------
    values
        Times :math:`t_i`, all above :math:`-s`; missing ones are passed over.
    shift
        :math:`s`: differences among times well below it hardly count.

    References
    ----------
    T. Achterberg, *Constraint Integer Programming*, dissertation, TU Berlin, 2007, appendix A.3.

    Examples
    --------
    >>> round(shifted_geometric_mean([1.0, 3.0, 7.0]), 12)
    3.0
    """
    found = np.asarray(values, dtype=np.float64)
    found = found[~np.isnan(found)]
    if not found.size:
        return float("nan")
    return float(np.exp(np.log(found + shift).mean()) - shift)


def time_table(runs: Runs, shift: float = SHIFT, by: Sequence[str] = ("family",)) -> pd.DataFrame:
    """Shifted geometric means of the time to the right answer, by family and backend unless told otherwise.

    A run that is not solved counts with the time it was given; `run_seconds` is the mean of what runs took,
    solved or not. Backends do not take the same instances;
    `beside_best` therefore divides a backend's mean by that of the fastest backend of every instance (the
    virtual best), on the instances that the backend can take.

    Examples
    --------
    >>> from .runs import prepared
    >>> rows = pd.DataFrame({"suite": "s", "instance": ["a", "b", "a", "b"], "backend": ["x", "x", "y", "y"],
    ...     "seed": 0, "repeat": 0, "family": "linear", "status": "optimal", "checked": True,
    ...     "objective": 1.0, "build_seconds": 0.0, "solve_seconds": [1.0, 7.0, 3.0, 3.0]})
    >>> found = time_table(prepared(rows))
    >>> found[["backend", "mean_seconds"]].round(3).to_dict("list")
    {'backend': ['x', 'y'], 'mean_seconds': [3.0, 3.0]}
    >>> found["beside_best"].round(3).tolist()
    [1.641, 1.641]
    """
    lines = []
    for group, part in runs.able.groupby(list(by), sort=False):
        spent = part.groupby(["instance", "backend"])["spent"].median().unstack()
        solved = part.groupby(["instance", "backend"])["solved"].mean().unstack()
        ran = part["seconds"].fillna(part["wall_seconds"])
        run = ran.groupby([part["instance"], part["backend"]]).median().unstack()
        fastest = spent.min(axis=1)
        peak = part.groupby("backend")["peak_mib"].max()
        for name in spent.columns:
            own = spent[name].dropna()
            mean = shifted_geometric_mean(own, shift)
            best = shifted_geometric_mean(fastest[own.index], shift)
            lines.append(
                dict(zip(by, group, strict=True))
                | {
                    "backend": name,
                    "instances": len(own),
                    "success": solved[name].mean(),
                    "mean_seconds": mean,
                    "run_seconds": shifted_geometric_mean(run[name], shift),
                    "shift": shift,
                    "median_seconds": own.median(),
                    "longest_seconds": own.max(),
                    "beside_best": mean / best if best > 0 else np.nan,
                    "peak_mib": peak[name],
                }
            )
    return pd.DataFrame(lines)
