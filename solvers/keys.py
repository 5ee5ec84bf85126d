"""Old and new keys: what belongs to a key in an earlier solution, looked up for a changed problem."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from ..instances.arrays import FloatArray


def matching(keys: pd.Index[Any], known: pd.Index[Any]) -> npt.NDArray[np.int64]:
    """Position of each key among the known ones, -1 where it is none; known ones read from a file are text.

    Examples
    --------
    >>> import pandas as pd
    >>> matching(pd.Index([7, 9]), pd.Index(["9", "8"])).tolist()
    [-1, 0]
    """
    found = known.get_indexer(keys)
    if len(found) and (found < 0).all():
        found = known.astype(str).get_indexer(keys.astype(str))
    return np.asarray(found, dtype=np.int64)


def by_key(values: pd.Series[float], keys: pd.Index[Any]) -> FloatArray:
    """Values at these keys, not a number at those that are new.

    Examples
    --------
    >>> import pandas as pd
    >>> by_key(pd.Series({"Jena": 3.0, "Gera": 4.0}), pd.Index(["Gera", "Suhl"])).tolist()
    [4.0, nan]
    """
    numbers: FloatArray = np.asarray(values, dtype=np.float64)
    if values.index is keys or values.index.equals(keys):
        return numbers
    found = matching(keys, values.index)
    if not len(numbers):
        return np.full(len(keys), np.nan)
    matched: FloatArray = np.where(found >= 0, numbers[found], np.nan)
    return matched
