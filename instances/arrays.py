"""Array types and the validation that every problem's data goes through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from .errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

FloatArray: TypeAlias = npt.NDArray[np.float64]
IndexArray: TypeAlias = npt.NDArray[np.int32]
BoolArray: TypeAlias = npt.NDArray[np.bool_]


def labels(keys: Iterable[Any], what: str) -> pd.Index[Any]:
    """Return the user's keys as an index, refusing missing and repeated ones.

    Raises
    ------
    InputError
        Naming the first missing or repeated key.

    Examples
    --------
    >>> labels(["Hessen", "Bayern"], "source").tolist()
    ['Hessen', 'Bayern']
    """
    index: pd.Index[Any] = pd.Index(keys)
    missing = index.isna()
    if missing.any():
        raise InputError(f"{what} {int(np.argmax(missing)) + 1} has no key; give every {what} a name")
    repeated = index.duplicated()
    if repeated.any():
        raise InputError(f"{what} {index[int(np.argmax(repeated))]!r} appears twice; keys must be unique")
    return index


def numbers(
    values: npt.ArrayLike,
    keys: pd.Index[Any] | int,
    what: str,
    *,
    lowest: float = -np.inf,
    highest: float = np.inf,
    infinite: bool = False,
    whole: bool = False,
) -> FloatArray:
    """Return `values` as a read-only float array with one finite number a key.

    Parameters
    ----------
    values
        One number a key, or a single number for all.
    keys
        The keys the numbers belong to (named in errors), or how many there are.
    what
        The quantity's name in errors.
    lowest, highest
        The range allowed, ends included.
    infinite
        Whether infinities are allowed.
    whole
        Whether every (finite) number must be a whole one.

    Raises
    ------
    InputError
        Naming the key and value of the first offender.

    Examples
    --------
    >>> numbers([1, 2], pd.Index(["a", "b"]), "supply", lowest=0).tolist()
    [1.0, 2.0]
    """
    size = keys if isinstance(keys, int) else len(keys)
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{what} holds something that is not a number ({error})") from error
    if array.ndim == 0:
        array = np.full(size, array)
    if array.shape != (size,):
        raise InputError(f"{what} has {array.size} values for {size} keys; give one each")
    wrong = np.isnan(array) if infinite else ~np.isfinite(array)
    _refuse(wrong, array, keys, what, "give a finite number")
    _refuse(array < lowest, array, keys, what, f"it must be {lowest:g} or more")
    _refuse(array > highest, array, keys, what, f"it must be {highest:g} or less")
    if whole:
        broken = np.isfinite(array) & (array != np.rint(array))
        _refuse(broken, array, keys, what, "whole quantities need a whole number here")
    array.flags.writeable = False
    return array


def decimal_product(one: npt.ArrayLike, other: npt.ArrayLike) -> FloatArray:
    """Multiply decimals: where a product has 15 digits or fewer, return the double that stands for it.

    Products of doubles miss their decimal by a digit in the last place, which exact scaling to whole
    numbers then refuses.

    Examples
    --------
    >>> 3 * 3.3, decimal_product(3, [3.3, 0.1]).tolist()
    (9.899999999999999, [9.9, 0.3])
    """
    product = np.asarray(np.multiply(one, other), dtype=np.float64)
    size = np.abs(product)
    digits = 14 - np.floor(np.log10(size, out=np.zeros_like(size), where=size > 0))
    # powers of ten beyond the 22nd are not held exactly
    power = 10.0 ** np.clip(digits, 0, 22)
    nearest = np.rint(product * power) / power
    near = (digits <= 22) & (np.abs(nearest - product) <= 4 * np.spacing(size))
    return np.where(near, nearest, product)


def nonzero(values: FloatArray) -> npt.NDArray[np.int64]:
    """Positions of what is not 0 (NaN included), several times as fast as NumPy's search on doubles.

    Examples
    --------
    >>> nonzero(np.array([0.0, 3.0, 0.0, -1.0])).tolist()
    [1, 3]
    """
    return np.flatnonzero(values != 0)


def _refuse(wrong: BoolArray, array: FloatArray, keys: pd.Index[Any] | int, what: str, mend: str) -> None:
    if wrong.any():
        at = int(np.argmax(wrong))
        key = f"entry {at + 1}" if isinstance(keys, int) else repr(keys[at])
        raise InputError(f"{what} of {key} is {array[at]:g}; {mend}")
