"""The parameter space of a generator: which options are searched, and between which ends."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from ...instances.errors import InputError
from ...instances.generators import generator_options
from ...instances.hints import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...instances.arrays import FloatArray


@dataclass(frozen=True)
class Axis:
    """One option's range.

    Parameters
    ----------
    low, high
        Its ends, both included.
    whole, log
        Whether it takes whole numbers, and whether it is spread evenly on a logarithmic scale.
    choices
        What it chooses from, instead of a range.
    of
        Another option that its ends are shares of.

    Examples
    --------
    >>> Axis(1, 100, whole=True, log=True).at(0.5, {}), Axis(choices=("a", "b")).at(0.7, {})
    (10, 'b')
    >>> Axis(0.0, 1.0, whole=True, of="n_sources").at(0.5, {"n_sources": 8})
    4
    """

    low: float = 0.0
    high: float = 1.0
    whole: bool = False
    log: bool = False
    choices: tuple[Any, ...] = ()
    of: str = ""

    def at(self, place: float, others: Mapping[str, Any]) -> Any:
        """Value at a place from 0 to 1.

        Examples
        --------
        >>> Axis(0.0, 2.0).at(0.25, {})
        0.5
        """
        if self.choices:
            return self.choices[min(int(place * len(self.choices)), len(self.choices) - 1)]
        if self.log:
            value = float(np.exp(np.log(self.low) + place * (np.log(self.high) - np.log(self.low))))
        else:
            value = self.low + place * (self.high - self.low)
        if self.of:
            value = max(1.0, value * others[self.of])
        return round(value) if self.whole else float(f"{value:.6g}")


def _whole(low: int, high: int) -> Axis:
    return Axis(low, high, whole=True, log=True)


_SHARE = Axis(0.0, 1.0)

SPACES: Mapping[str, Mapping[str, Axis]] = MappingProxyType(
    {
        "transportation": {
            "n_sources": _whole(2, 60),
            "n_targets": _whole(2, 100),
            "lanes_per_target": Axis(0.05, 1.0, whole=True, of="n_sources"),
            "surplus_share": _SHARE,
            "unmet_share": _SHARE,
            "saturated_share": _SHARE,
            "highest_quantity": _whole(1, 1000),
            "highest_cost": _whole(4, 10_000),
        },
        "assignment": {
            "n_tasks": _whole(2, 150),
            "agents_per_task": Axis(0.05, 1.0, whole=True, of="n_tasks"),
            "highest_cost": _whole(3, 10_000),
        },
        "gap": {
            "type": Axis(choices=("a", "b", "c", "d", "e")),
            "n_agents": _whole(2, 12),
            "n_tasks": _whole(4, 60),
        },
        "hospitals": {
            "n_hospitals": _whole(3, 80),
            "n_districts": _whole(3, 200),
            "maximum_km": Axis(20.0, 500.0, log=True),
            "scarcity": Axis(0.3, 3.0, log=True),
            "unmet_cost": Axis(10.0, 10_000.0, log=True),
        },
        "ventilators": {
            "n_lenders": _whole(2, 40),
            "n_borrowers": _whole(3, 120),
            "maximum_km": Axis(20.0, 500.0, log=True),
            "scarcity": Axis(0.5, 4.0, log=True),
            "efficiency_loss": Axis(0.0, 0.5),
            "whole": Axis(choices=(True, False)),
        },
        "beds": {
            "n_wards": _whole(2, 40),
            "n_patients": _whole(4, 200),
            "scarcity": Axis(0.5, 3.0, log=True),
        },
        "programmes": {
            "n_groups": _whole(3, 60),
            "options_per_group": _whole(1, 4),
            "n_budgets": Axis(1, 4, whole=True),
            "budget_share": Axis(0.05, 0.95),
            "whole": Axis(choices=(True, False)),
        },
        "stocking": {
            "n_stores": _whole(1, 20),
            "n_hospitals": _whole(2, 80),
            "n_scenarios": _whole(2, 40),
            "scarcity": Axis(0.3, 3.0, log=True),
            "together": Axis(0.0, 1.0),
            "measure": Axis(choices=("expected-cost", "cvar", "worst-case")),
            "whole": Axis(choices=(True, False)),
        },
        "network-plan": {
            "n_sites": _whole(2, 12),
            "n_days": _whole(2, 10),
            "n_resources": Axis(1, 4, whole=True),
            "n_neighbours": Axis(0, 4, whole=True),
            "peak_load": Axis(0.5, 3.0),
            "switches": Axis(choices=(True, False)),
        },
    }
)
"""By generator, the options that are searched unless told otherwise."""


def space_of(
    generator: str, fixed: Mapping[str, Any] | None = None, ranges: Mapping[str, Axis] | None = None
) -> Mapping[str, Axis]:
    """Return a generator's space with a user's own settings: one value, or a range of their own.

    Raises
    ------
    InputError
        For an unknown generator or option, naming the nearest.

    Examples
    --------
    >>> space = space_of("gap", {"type": "c"}, {"n_agents": Axis(3, 3)})
    >>> space["type"].choices, space["n_agents"].high, sorted(space)
    (('c',), 3, ['n_agents', 'n_tasks', 'type'])
    """
    known = generator_options(generator)
    own = {name: Axis(choices=(value,)) for name, value in (fixed or {}).items()} | dict(ranges or {})
    for name in own:
        if name not in known:
            raise InputError(
                f"{generator} has no option {name!r}; {nearest(name, known)}", "generator option"
            )
    space = dict(SPACES.get(generator, {})) | own
    if not space:
        raise InputError(f"the space of {generator} is not known; give a range, such as NAME=1..10", "hunt")
    return space


def options_at(space: Mapping[str, Axis], point: FloatArray) -> dict[str, Any]:
    """Options at a point of the unit cube; those that are shares of others come after them.

    Examples
    --------
    >>> space = {"b": Axis(0.5, 0.5, whole=True, of="a"), "a": Axis(4, 8, whole=True)}
    >>> options_at(space, np.array([0.0, 1.0]))
    {'a': 8, 'b': 4}
    """
    options: dict[str, Any] = {}
    for (name, axis), place in sorted(
        zip(space.items(), point, strict=True), key=lambda each: bool(each[0][1].of)
    ):
        options[name] = axis.at(float(place), options)
    return options
