"""From a rule as it was written to the criterion or policy that it names."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from ..instances.errors import InputError
from ..instances.hints import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..instances.fairness import Rule

Named = TypeVar("Named")


def named(rule: Rule, known: Mapping[str, type[Named]], what: str) -> Named:
    """Build the criterion or policy that a rule names.

    Parameters
    ----------
    rule
        As it was written.
    known
        Dataclasses by name; their fields are the parameters.
    what
        ``criterion`` or ``policy``, for errors.

    Raises
    ------
    InputError
        For an unknown name or parameter (with the nearest), a missing one, or a value out of range.

    Examples
    --------
    >>> from allocare.instances.fairness import Rule
    >>> from allocare.models.criteria import CRITERIA
    >>> named(Rule("utilitarian"), CRITERIA, "criterion")
    Utilitarian()
    """
    if rule.name not in known:
        raise InputError(f"there is no {what} {rule.name!r}; {nearest(rule.name, known)}")
    kind = known[rule.name]
    parameters = {each.name: each for each in fields(kind)}  # type: ignore[arg-type]
    for given in rule.parameters:
        if given not in parameters:
            hint = nearest(given, parameters) if parameters else "it takes none"
            raise InputError(f"{what} {rule.name!r} has no parameter {given!r}; {hint}")
    for name, parameter in parameters.items():
        absent = parameter.default is MISSING and parameter.default_factory is MISSING
        if absent and name not in rule.parameters:
            raise InputError(f"{what} {rule.name!r} needs the parameter {name!r}")
    try:
        return kind(**rule.parameters)
    except InputError as error:
        raise InputError(f"{what} {rule.name!r}: {error}") from error


def number(
    value: Any, name: str, *, lowest: float = -np.inf, highest: float = np.inf, above: float = -np.inf
) -> float:
    """Return a parameter as a number within its range.

    Raises
    ------
    InputError
        For something else.

    Examples
    --------
    >>> number("0.5", "alpha", lowest=0)
    0.5
    """
    try:
        found = float(value)
    except (TypeError, ValueError):
        found = np.nan
    if isinstance(value, bool) or not np.isfinite(found):
        raise InputError(f"{name} is {value!r}; give a number")
    if found < lowest or found > highest or found <= above:
        if np.isfinite(highest):
            low = f"above {above:g}" if np.isfinite(above) else f"{lowest:g}"
            raise InputError(f"{name} is {found:g}; give a number from {low} to {highest:g}")
        least = f"above {above:g}" if np.isfinite(above) else f"of {lowest:g} or more"
        raise InputError(f"{name} is {found:g}; give a number {least}")
    return found


def keep_number(rule: Any, name: str, **limits: float) -> None:
    """Keep a parameter of a criterion or policy as a number within its range.

    Raises
    ------
    InputError
        As `number`.

    Examples
    --------
    >>> from allocare.models.policies.limits import Floor
    >>> Floor("0.5").value
    0.5
    """
    object.__setattr__(rule, name, number(getattr(rule, name), name, **limits))


def keep_text(rule: Any, *names: str) -> None:
    """Keep parameters as text; a whole number is written as such, since labels may be numbers.

    Raises
    ------
    InputError
        For something that is neither text nor a number.

    Examples
    --------
    >>> from allocare.models.policies.limits import Floor
    >>> Floor(0.5, "tier", 2.0).label
    '2'
    """
    for name in names:
        object.__setattr__(rule, name, written(getattr(rule, name), name))


def written(value: Any, name: str) -> str:
    """Return a label or an attribute's name as text.

    Raises
    ------
    InputError
        For something that is neither text nor a number.

    Examples
    --------
    >>> written(2.0, "label"), written("north", "label")
    ('2', 'north')
    """
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return str(int(value)) if float(value).is_integer() and not isinstance(value, bool) else str(value)
    raise InputError(f"{name} is {value!r}; give text")
