"""Where the optimum is known beforehand: how often backends find it, and how often they say so rightly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from .runs import Runs

KNOWN = ("known", "planted")
"""Kinds of reference that do not come from the runs themselves."""


def known_optima(runs: Runs) -> pd.DataFrame:
    """Count the runs on instances with a known or planted optimum, by family and backend.

    Returns
    -------
    pandas.DataFrame
        Columns ``family, backend, instances, runs, claimed`` (as optimal), ``right`` (claimed, checked and at
        the known optimum), ``wrong`` (anything claimed that is refuted), ``unproved`` (at the known optimum
        without a claim to it), ``short`` (every other run: a limit, a worse plan, something left out).

    Examples
    --------
    >>> import pandas as pd
    >>> from .runs import prepared
    >>> rows = pd.DataFrame({"suite": "s", "instance": ["a", "b"] * 2, "seed": 0, "repeat": 0,
    ...     "backend": ["highs"] * 2 + ["genetic"] * 2, "family": "linear",
    ...     "status": ["optimal", "unknown", "feasible", "feasible"], "claim": ["right", "none"] * 2,
    ...     "checked": True, "objective": [4.0, None, 4.0, 5.0],
    ...     "reference": 4.0, "reference_kind": "known"})
    >>> known_optima(prepared(rows)).iloc[:, 1:].to_dict("list")
    {'backend': ['genetic', 'highs'], 'instances': [2, 2], 'runs': [2, 2], 'claimed': [0, 1], 'right': [0, 1], 'wrong': [0, 0], 'unproved': [1, 0], 'short': [1, 1]}
    """  # noqa: E501
    able = runs.able
    able = able[able["reference_kind"].isin(KNOWN)]
    claimed, wrong = able["status"] == "optimal", able["claim"] == "wrong"
    right = claimed & able["solved"]
    unproved = able["solved"] & ~claimed
    counted = able[["family", "backend", "instance"]].assign(
        runs=1,
        claimed=claimed,
        right=right,
        wrong=wrong | (claimed & ~right),
        unproved=unproved,
        short=~(right | unproved | wrong | claimed),
    )
    grouped = counted.groupby(["family", "backend"])
    table = grouped[["runs", "claimed", "right", "wrong", "unproved", "short"]].sum().astype(np.int64)
    table.insert(0, "instances", grouped["instance"].nunique())
    return table.reset_index()
