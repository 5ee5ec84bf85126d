"""The user's keys of lanes and pairs, without building them one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from ..instances.lanes import Lanes


def lane_keys(lanes: Lanes, sources: pd.Index[Any], targets: pd.Index[Any]) -> pd.MultiIndex:
    """Index of (source, target) keys in lane order; only the positions are stored.

    Examples
    --------
    >>> from allocare.instances.lanes import Lanes
    >>> lane_keys(Lanes.from_matrix([[1, 2]]), pd.Index(["Jena"]), pd.Index(["Erfurt", "Gera"])).tolist()
    [('Jena', 'Erfurt'), ('Jena', 'Gera')]
    """
    levels: list[Any] = [sources, targets]
    codes: list[Any] = [lanes.source, lanes.target]
    return pd.MultiIndex(levels=levels, codes=codes, verify_integrity=False)
