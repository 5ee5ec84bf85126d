"""Agents in groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..instances.errors import InputError

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..instances.arrays import IndexArray


def group_positions(groups: npt.ArrayLike, size: int) -> tuple[pd.Index[Any], IndexArray]:
    """Name the groups and say which one each agent belongs to.

    Parameters
    ----------
    groups
        Group of each agent; the categories of a categorical keep their order, other groups are sorted
        (numbers before names) where they can be, and otherwise stand in order of appearance.
    size
        Number of agents.

    Raises
    ------
    InputError
        Where an agent has no group, a group has nobody, or the number of groups given is another.

    Examples
    --------
    >>> keys, at = group_positions(["rural", "urban", "rural"], 3)
    >>> keys.tolist(), at.tolist()
    (['rural', 'urban'], [0, 1, 0])
    """
    column: pd.Series[Any] = pd.Series(groups).reset_index(drop=True)
    if len(column) != size:
        raise InputError(f"groups has {len(column)} entries for {size} agents; give one each")
    missing = column.isna().to_numpy()
    if missing.any():
        raise InputError(f"agent {int(np.argmax(missing)) + 1} has no group; give every agent one")
    if isinstance(column.dtype, pd.CategoricalDtype):
        keys, at = pd.Index(column.cat.categories), np.asarray(column.cat.codes, dtype=np.int32)
        empty = np.bincount(at, minlength=len(keys)) == 0
        if empty.any():
            nobody = keys[int(np.argmax(empty))]
            raise InputError(f"group {nobody!r} has nobody; leave it out of the categories")
        return keys.rename("group"), at
    try:
        codes, unique = pd.factorize(column, sort=True)
    except TypeError:  # keys that do not compare
        codes, unique = pd.factorize(column)
    return pd.Index(unique, name="group"), np.asarray(codes, dtype=np.int32)
