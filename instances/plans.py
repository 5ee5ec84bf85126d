"""Reading plans: from a frame in the user's keys to positions and numbers, or one clear line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .arrays import nonzero
from .errors import InputError

if TYPE_CHECKING:
    import numpy.typing as npt

    from .arrays import FloatArray
    from .lanes import Lanes


HEADER = 2
"""Row that the first one of a plan has in a spreadsheet, below the header."""


def require_columns(plan: pd.DataFrame, columns: list[str]) -> None:
    """Refuse a plan that lacks one of the columns.

    Examples
    --------
    >>> require_columns(pd.DataFrame({"source": ["Jena"]}), ["source", "target"])
    Traceback (most recent call last):
    ...
    allocare.instances.errors.InputError: plan: the plan has no column 'target' (it has: source)
    """
    for column in columns:
        if column not in plan.columns:
            have = ", ".join(map(str, plan.columns)) or "none"
            raise InputError(f"the plan has no column {column!r} (it has: {have})", "plan")


def positions(plan: pd.DataFrame, column: str, keys: pd.Index[Any]) -> npt.NDArray[np.int64]:
    """Position of each row's key among `keys`; keys read from text match by their text too.

    Raises
    ------
    InputError
        Naming the first unknown key.

    Examples
    --------
    >>> positions(pd.DataFrame({"source": ["b", "a"]}), "source", pd.Index(["a", "b"])).tolist()
    [1, 0]
    """
    found = keys.get_indexer(pd.Index(plan[column]))
    if (found < 0).any():
        found = keys.astype(str).get_indexer(pd.Index(plan[column]).astype(str))
    if (found < 0).any():
        row = int(np.argmax(found < 0))
        raise InputError(
            f"{plan[column].iloc[row]!r} is not a {column} of the problem",
            "plan",
            f"row {row + HEADER}",
            f"column {column!r}",
        )
    return np.asarray(found, dtype=np.int64)


def measure(plan: pd.DataFrame, column: str) -> FloatArray:
    """Read a numeric column of a plan.

    Raises
    ------
    InputError
        Naming the first row that holds no finite number.

    Examples
    --------
    >>> measure(pd.DataFrame({"quantity": ["3", 2]}), "quantity").tolist()
    [3.0, 2.0]
    """
    values = pd.to_numeric(plan[column], errors="coerce").to_numpy(dtype=np.float64)
    wrong = ~np.isfinite(values)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InputError(
            f"{plan[column].iloc[row]!r} is not a finite number",
            "plan",
            f"row {row + HEADER}",
            f"column {column!r}",
        )
    return values


def spread(place: npt.NDArray[np.int64], values: npt.ArrayLike, size: int, describe: str) -> FloatArray:
    """Put a plan's values at their places, refusing a place that is missing (-1) or given twice.

    Examples
    --------
    >>> spread(np.array([2, 0]), [5, 7], 3, "column").tolist()
    [7.0, 0.0, 5.0]
    """
    if (place < 0).any():
        row = int(np.argmax(place < 0))
        raise InputError(f"there is no such {describe} in the problem", "plan", f"row {row + HEADER}")
    repeated = pd.Index(place).duplicated()
    if repeated.any():
        raise InputError(
            f"this {describe} is given twice", "plan", f"row {int(np.argmax(repeated)) + HEADER}"
        )
    decisions = np.zeros(size)
    decisions[place] = values
    return decisions


def lane_plan(
    lanes: Lanes,
    sources: pd.Index[Any],
    targets: pd.Index[Any],
    decisions: FloatArray,
    names: tuple[str, str],
    *,
    whole: bool,
) -> pd.DataFrame:
    """Frame of the lanes used, in the user's keys.

    Examples
    --------
    >>> from allocare.instances.lanes import Lanes
    >>> lanes, sources, targets = Lanes.from_matrix([[4, 7]]), pd.Index(["Jena"]), pd.Index(["Gera", "Suhl"])
    >>> lane_plan(lanes, sources, targets, np.array([0.0, 3.5]), ("source", "target"), whole=False)
    ...  # doctest: +NORMALIZE_WHITESPACE
      source target  quantity
    0   Jena   Suhl       3.5
    """
    used = nonzero(decisions)
    rows, columns = lanes.ends(used)
    quantity = plain(decisions[used], whole=whole)
    keys = {names[0]: sources.array.take(rows), names[1]: targets.array.take(columns)}
    # all three are fresh: nothing else holds them
    return pd.DataFrame(keys | {"quantity": quantity}, copy=False)


def plain(quantity: FloatArray, *, whole: bool) -> npt.NDArray[Any]:
    """Whole quantities as integers, so that people and files see 30 rather than 30.0.

    Examples
    --------
    >>> plain(np.array([30.0, 2.0]), whole=True).tolist(), plain(np.array([0.5]), whole=True).tolist()
    ([30, 2], [0.5])
    """
    if whole and (quantity == np.rint(quantity)).all() and np.abs(quantity).max(initial=0) < 2**53:
        return quantity.astype(np.int64)
    return quantity


def lane_decisions(
    plan: pd.DataFrame, lanes: Lanes, sources: pd.Index[Any], targets: pd.Index[Any], names: tuple[str, str]
) -> FloatArray:
    """Quantity of every lane from a plan, the inverse of `lane_plan`; without quantities, one each.

    Examples
    --------
    >>> from allocare.instances.lanes import Lanes
    >>> lanes, sources, targets = Lanes.from_matrix([[4, 7]]), pd.Index(["Jena"]), pd.Index(["Gera", "Suhl"])
    >>> plan = pd.DataFrame({"source": ["Jena"], "target": ["Suhl"], "quantity": [3]})
    >>> lane_decisions(plan, lanes, sources, targets, ("source", "target")).tolist()
    [0.0, 3.0]
    """
    require_columns(plan, list(names))
    place = lanes.position(positions(plan, names[0], sources), positions(plan, names[1], targets))
    values = measure(plan, "quantity") if "quantity" in plan.columns else np.ones(len(plan))
    return spread(place, values, len(lanes), f"lane from {names[0]} to {names[1]}")
