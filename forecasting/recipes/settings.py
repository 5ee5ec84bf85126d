"""Validation of steps' settings: each refusal names step and setting, what was given and what mends it."""

from __future__ import annotations

from numbers import Integral, Real
from typing import TYPE_CHECKING

import numpy as np

from ...instances.errors import InputError
from ...instances.hints import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence


def choice(step: str, name: str, value: object, known: Sequence[str]) -> None:
    """Refuse what is not one of a few words.

    Examples
    --------
    >>> choice("duplicates", "rule", "lsat", ["first", "last"])
    Traceback (most recent call last):
    ...
    allocare.instances.errors.InputError: step 'duplicates': rule is 'lsat'; did you mean 'last'?
    """
    if value not in known:
        raise InputError(f"{name} is {value!r}; {nearest(str(value), known)}", f"step {step!r}")


def whole(step: str, name: str, value: object, lowest: int) -> None:
    """Refuse what is not a whole number of at least `lowest`.

    Examples
    --------
    >>> whole("forward-fill", "limit", 0, 1)
    Traceback (most recent call last):
    ...
    allocare.instances.errors.InputError: step 'forward-fill': limit is 0; give a whole number of 1 or more
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or value < lowest:
        raise InputError(f"{name} is {value!r}; give a whole number of {lowest} or more", f"step {step!r}")


def number(step: str, name: str, value: object, *, above: float = -np.inf, highest: float = np.inf) -> None:
    """Refuse what is not a finite number above one limit and up to another.

    Examples
    --------
    >>> number("quantile-cap", "upper", 1.5, above=0, highest=1)
    Traceback (most recent call last):
    ...
    allocare.instances.errors.InputError: step 'quantile-cap': upper is 1.5; give a number above 0 and up to 1
    """
    given = np.nan if isinstance(value, bool) or not isinstance(value, Real) else float(value)
    if not (np.isfinite(given) and above < given <= highest):
        limits = f" above {above:g}" if np.isfinite(above) else ""
        limits += f" and up to {highest:g}" if np.isfinite(highest) else ""
        raise InputError(f"{name} is {value!r}; give a number{limits}", f"step {step!r}")


def flag(step: str, name: str, value: object) -> None:
    """Refuse what is neither true nor false.

    Examples
    --------
    >>> flag("rolling-cap", "centred", "no")
    Traceback (most recent call last):
    ...
    allocare.instances.errors.InputError: step 'rolling-cap': centred is 'no'; give true or false
    """
    if not isinstance(value, bool):
        raise InputError(f"{name} is {value!r}; give true or false", f"step {step!r}")


def names(step: str, name: str, value: object) -> None:
    """Refuse what is not a tuple of texts.

    Examples
    --------
    >>> names("counts", "columns", "beds")
    Traceback (most recent call last):
    ...
    allocare.instances.errors.InputError: step 'counts': columns is 'beds'; give a list of names
    """
    if not isinstance(value, tuple) or not all(isinstance(one, str) for one in value):
        raise InputError(f"{name} is {value!r}; give a list of names", f"step {step!r}")
