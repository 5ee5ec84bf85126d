"""Every cleaning step by name."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from ...instances.errors import InputError
from ...instances.hints import nearest
from ..scaling import MinMax, Standard
from .capping import QuantileCap, RollingCap
from .counts import Counts
from .filling import ForwardFill, Interpolate, SeasonalFill
from .neighbours import NeighbourFill
from .record_steps import Duplicates, EmptySeries, Regularise
from .units import ConvertUnits, PerPopulation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .recipe import RecordStep
    from .step import Step

STEPS: dict[str, type[Any]] = {
    kind.name: kind
    for kind in (
        Duplicates,
        EmptySeries,
        Regularise,
        Counts,
        ConvertUnits,
        PerPopulation,
        RollingCap,
        QuantileCap,
        ForwardFill,
        Interpolate,
        SeasonalFill,
        NeighbourFill,
        MinMax,
        Standard,
    )
}


def step(name: str, settings: Mapping[str, Any]) -> RecordStep | Step:
    """Make a step from its name and settings.

    Raises
    ------
    InputError
        For an unknown step or setting, or one that the step refuses.

    Examples
    --------
    >>> step("interpolate", {"longest": 3})
    Interpolate(longest=3, columns=())
    >>> step("interpolate", {"longst": 3})
    Traceback (most recent call last):
    ...
    allocare.instances.errors.InputError: step 'interpolate': there is no setting 'longst'; \
did you mean 'longest'?
    """
    if name not in STEPS:
        raise InputError(f"there is no step {name!r}; {nearest(str(name), STEPS)}")
    known = [one.name for one in fields(STEPS[name])]
    for setting in settings:
        if setting not in known:
            raise InputError(f"there is no setting {setting!r}; {nearest(setting, known)}", f"step {name!r}")
    given = {key: tuple(value) if isinstance(value, list) else value for key, value in settings.items()}
    made: RecordStep | Step = STEPS[name](**given)
    return made
