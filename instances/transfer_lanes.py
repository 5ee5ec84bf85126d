"""Lanes between sites over time: what may travel, from where to where, in how many days, at what price."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .arrays import numbers
from .errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from .arrays import BoolArray, FloatArray, IndexArray

PATIENTS = -1
"""What a lane carries where it carries patients; otherwise a resource's position."""

PATIENTS_NAME = "patients"
"""How tables and plans name a lane that carries patients."""


@dataclass(frozen=True, eq=False, kw_only=True)
class TransferLanes:
    """Lanes for patients and for resources; single numbers stand for all lanes.

    Parameters
    ----------
    carries
        Position of the resource that each lane carries, or -1 for patients (of all classes together).
    source, target
        Positions of the sites.
    cost
        Cost of each unit sent, 0 or more.
    delay
        Whole days from sending to arrival.
    capacity
        Most that may be sent on a day; infinite where not limited.
    minimum
        Least that is sent on a day on which anything is sent.
    set_up_cost
        Cost of each day on which anything is sent.
    change_cost
        Cost of each unit by which what is sent on a day differs from the day before.

    Examples
    --------
    >>> lanes = TransferLanes(carries=[-1, 0], source=[0, 1], target=[1, 0], cost=[40, 5], set_up_cost=[0, 9])
    >>> len(lanes), lanes.switched.tolist(), lanes.delay.tolist()
    (2, [False, True], [0, 0])
    """

    carries: IndexArray
    source: IndexArray
    target: IndexArray
    cost: FloatArray = 0.0  # type: ignore[assignment]  # one number stands for all
    delay: IndexArray = 0  # type: ignore[assignment]
    capacity: FloatArray = np.inf  # type: ignore[assignment]
    minimum: FloatArray = 0.0  # type: ignore[assignment]
    set_up_cost: FloatArray = 0.0  # type: ignore[assignment]
    change_cost: FloatArray = 0.0  # type: ignore[assignment]

    def __post_init__(self) -> None:
        size = np.atleast_1d(self.source).size

        def store(name: str, what: str, **rules: Any) -> None:
            values = numbers(getattr(self, name), size, what, **rules)
            object.__setattr__(self, name, values)

        for name in ("carries", "source", "target", "delay"):
            lowest = PATIENTS if name == "carries" else 0
            store(name, name, lowest=lowest, whole=True)
            places = getattr(self, name).astype(np.int32)
            places.flags.writeable = False
            object.__setattr__(self, name, places)
        store("capacity", "capacity", lowest=0, infinite=True)
        for name in ("cost", "minimum", "set_up_cost", "change_cost"):
            store(name, name.replace("_", " "), lowest=0)

    def __len__(self) -> int:
        return len(self.source)

    @property
    def of_patients(self) -> BoolArray:
        """Which lanes carry patients."""
        return np.asarray(self.carries == PATIENTS)

    @property
    def switched(self) -> BoolArray:
        """Which lanes are switched on for a day: those with a minimum or a set-up cost."""
        return np.asarray((self.minimum > 0) | (self.set_up_cost > 0))

    def validate(self, sites: pd.Index[Any], resources: pd.Index[Any]) -> None:
        """Refuse lanes that lead nowhere, from a site to itself, or twice between the same sites.

        Raises
        ------
        InputError
            Naming the lane.

        Examples
        --------
        >>> import pandas as pd
        >>> lanes = TransferLanes(carries=[0], source=[1], target=[1])
        >>> lanes.validate(pd.Index(["Jena", "Gera"]), pd.Index(["beds"]))
        Traceback (most recent call last):
        ...
        allocare.instances.errors.InputError: a lane for 'beds' leads from 'Gera' to itself; leave it out
        """
        for name, keys in (("carries", resources), ("source", sites), ("target", sites)):
            beyond = getattr(self, name) >= len(keys)
            if beyond.any():
                at = int(np.argmax(beyond))
                raise InputError(
                    f"{name} of lane {at + 1} is number {getattr(self, name)[at]}; "
                    f"there are {len(keys)}, counted from 0"
                )

        def named(at: int) -> str:
            carried = self.carries[at]
            return PATIENTS_NAME if carried == PATIENTS else repr(resources[carried])

        to_itself = self.source == self.target
        if to_itself.any():
            at = int(np.argmax(to_itself))
            raise InputError(
                f"a lane for {named(at)} leads from {sites[self.source[at]]!r} to itself; leave it out"
            )
        place = (self.carries.astype(np.int64) * len(sites) + self.source) * len(sites) + self.target
        _, first, count = np.unique(place, return_index=True, return_counts=True)
        if (count > 1).any():
            at = int(first[np.argmax(count > 1)])
            raise InputError(
                f"there are two lanes for {named(at)} from {sites[self.source[at]]!r} "
                f"to {sites[self.target[at]]!r}; keep one"
            )
        crossed = self.minimum > self.capacity
        if crossed.any():
            at = int(np.argmax(crossed))
            raise InputError(
                f"the lane for {named(at)} from {sites[self.source[at]]!r} to {sites[self.target[at]]!r} "
                f"carries at least {self.minimum[at]:g} but at most {self.capacity[at]:g}"
            )
