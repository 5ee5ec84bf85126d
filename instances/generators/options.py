"""Validation of generator options: each refusal names the option, what was given and what mends it."""

from __future__ import annotations

from numbers import Integral, Real
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from ..hints import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable


def random_generator(seed: object) -> np.random.Generator:
    """Return the random generator of a seed, a whole number of 0 or more.

    Examples
    --------
    >>> int(random_generator(7).integers(100)) == int(random_generator(7).integers(100))
    True
    """
    return np.random.default_rng(whole_number("seed", seed, lowest=0))


def whole_number(name: str, value: object, *, lowest: int, highest: int | None = None) -> int:
    """Return an option that must be a whole number within a range, ends included.

    Examples
    --------
    >>> whole_number("n_sources", 3, lowest=1)
    3
    """
    if not isinstance(value, bool) and isinstance(value, Integral):
        _within(name, float(value), lowest, highest)
        return int(value)
    raise InputError(f"{name} is {value!r}; give a whole number", "generator option")


def number(name: str, value: object, *, lowest: float, highest: float | None = None) -> float:
    """Return an option that must be a finite number within a range, ends included.

    Examples
    --------
    >>> number("scarcity", 1.5, lowest=0)
    1.5
    """
    if not isinstance(value, bool) and isinstance(value, Real) and np.isfinite(float(value)):
        _within(name, float(value), lowest, highest)
        return float(value)
    raise InputError(f"{name} is {value!r}; give a finite number", "generator option")


def truth(name: str, value: object) -> bool:
    """Return an option that must be true or false.

    Examples
    --------
    >>> truth("whole", True)
    True
    """
    if isinstance(value, bool | np.bool_):
        return bool(value)
    raise InputError(f"{name} is {value!r}; give true or false", "generator option")


def choice(name: str, value: object, choices: Iterable[str]) -> str:
    """Return an option that must be one of a few names.

    Examples
    --------
    >>> choice("type", "a", ["a", "b"])
    'a'
    """
    known = list(choices)
    if isinstance(value, str) and value in known:
        return value
    raise InputError(f"{name} is {value!r}; {nearest(str(value), known)}", "generator option")


def _within(name: str, value: float, lowest: float, highest: float | None) -> None:
    if value < lowest:
        raise InputError(f"{name} is {value:g}; it must be {lowest:g} or more", "generator option")
    if highest is not None and value > highest:
        raise InputError(f"{name} is {value:g}; it must be {highest:g} or less", "generator option")
