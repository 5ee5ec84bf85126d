"""Step curves over instances: performance profiles of times, distributions of gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from .runs import Runs

LEAST_SHARE = 0.5
"""Share of a family's instances that a backend must be able to take to be profiled in it."""


def common_ground(values: pd.DataFrame, least_share: float = LEAST_SHARE) -> tuple[pd.DataFrame, list[str]]:
    """Restrict a table (instances by backends, missing = cannot take it) to what can be compared.

    Kept are the backends that can take at least a share of the instances, and then the instances that all
    of these can take; named are those left out.

    Examples
    --------
    >>> values = pd.DataFrame({"x": [1.0, 2.0, 3.0], "y": [1.0, 1.0, None], "z": [None, None, 1.0]})
    >>> kept, left_out = common_ground(values)
    >>> kept.shape, left_out
    ((2, 2), ['z'])
    """
    able = values.notna().mean() >= least_share
    return values.loc[:, able].dropna(), [str(name) for name in values.columns[~able]]


def performance_profile(times: pd.DataFrame) -> pd.DataFrame:
    r"""Profile backends by how far each is from the fastest, instance by instance.

    With time :math:`t_{ps}` of backend s on instance p (infinite where it did not solve it),

    .. math::

        r_{ps} = \frac{t_{ps}}{\min_{s'} t_{ps'}}, \qquad
        \rho_s(\tau) = \frac{|\{p : r_{ps} \le \tau\}|}{|P|}.

    :math:`\rho_s(1)` is the share of instances on which s is the fastest, :math:`\rho_s(\infty)` the share it
    solves. An instance that no backend solves stays in :math:`|P|`.

    Parameters
    ----------
    times
        Instances by backends, every time positive or infinite.

    Returns
    -------
    pandas.DataFrame
        Columns ``backend, ratio, share``: the right-continuous steps, from ratio 1 on.

    References
    ----------
    E. D. Dolan and J. J. Moré, "Benchmarking optimization software with performance profiles", Mathematical
    Programming 91, 2002, 201-213.

    Examples
    --------
    >>> times = pd.DataFrame({"x": [1.0, 4.0, np.inf], "y": [2.0, 2.0, 5.0]})
    >>> performance_profile(times).round(3).to_dict("list")["share"]
    [0.333, 0.667, 0.667, 1.0]
    """
    values = times.to_numpy(dtype=np.float64)
    best = values.min(axis=1, keepdims=True, initial=np.inf)
    with np.errstate(invalid="ignore"):
        ratios = np.where(np.isfinite(values), values / best, np.inf)
    return _steps(pd.DataFrame(ratios, columns=times.columns), "ratio", 1.0)


def gap_distribution(gaps: pd.DataFrame) -> pd.DataFrame:
    """Share of instances whose gap is at most so large, the empirical distribution function by backend.

    An instance without a complete plan has an infinite gap: its backend's curve ends below 1.

    Examples
    --------
    >>> gaps = pd.DataFrame({"x": [0.0, 0.1], "y": [0.2, np.inf]})
    >>> gap_distribution(gaps).to_dict("list")["share"]
    [0.5, 1.0, 0.0, 0.5]
    """
    return _steps(gaps.clip(lower=0.0), "gap", 0.0)


def time_profile(runs: Runs, family: str) -> tuple[pd.DataFrame, list[str]]:
    """Performance profile of a family's backends on common ground, and the backends left out of it.

    Backends that solve nothing there are left out too: their curve is the axis.

    Examples
    --------
    >>> from .runs import prepared
    >>> rows = pd.DataFrame({"suite": "s", "instance": "a", "backend": ["x", "y"], "seed": 0, "repeat": 0,
    ...     "family": "linear", "status": "optimal", "checked": True, "objective": 1.0,
    ...     "build_seconds": 0.0, "solve_seconds": [1.0, 3.0]})
    >>> profile, left_out = time_profile(prepared(rows), "linear")
    >>> profile[["backend", "ratio", "share"]].to_dict("list")
    {'backend': ['x', 'y', 'y'], 'ratio': [1.0, 1.0, 3.0], 'share': [1.0, 0.0, 1.0]}
    """
    part = runs.able[runs.able["family"] == family]
    # a clock that shows 0 would make every ratio infinite
    time = part["spent"].clip(lower=1e-6).where(part["solved"], np.inf)
    kept, left_out = common_ground(time.groupby([part["instance"], part["backend"]]).median().unstack())
    solving = [name for name in kept.columns if np.isfinite(kept[name]).any()]
    left_out += [str(name) for name in kept.columns if name not in solving]
    return performance_profile(kept[solving]), left_out


def gap_profile(runs: Runs, family: str) -> tuple[pd.DataFrame, list[str]]:
    """Distribution of the gap to the reference on a family's common ground, and the backends left out.

    Examples
    --------
    >>> from .runs import prepared
    >>> rows = pd.DataFrame({"suite": "s", "instance": "a", "backend": ["x", "y"], "seed": 0, "repeat": 0,
    ...     "family": "linear", "status": ["optimal", "feasible"], "checked": True, "objective": [4.0, 5.0]})
    >>> gap_profile(prepared(rows), "linear")[0]["gap"].tolist()
    [0.0, 0.0, 0.25]
    """
    part = runs.able[(runs.able["family"] == family) & runs.able["reference"].notna()]
    gap = part["gap"].where(part["complete"], np.inf)
    kept, left_out = common_ground(gap.groupby([part["instance"], part["backend"]]).median().unstack())
    return gap_distribution(kept), left_out


def _steps(values: pd.DataFrame, what: str, start: float) -> pd.DataFrame:
    """Steps of every column's distribution function; infinite values never arrive."""
    parts = []
    for name in values.columns:
        column = values[name].to_numpy(np.float64)
        at, count = np.unique(column[np.isfinite(column)], return_counts=True)
        share = np.cumsum(count) / max(len(column), 1)
        if not len(at) or at[0] > start:
            at, share = np.insert(at, 0, start), np.insert(share, 0, 0.0)
        parts.append(pd.DataFrame({"backend": str(name), what: at, "share": share}))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["backend", what, "share"])
