"""Bringing series to one unit: factors by series, or so many per 100,000 people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from ...instances.errors import InputError
from ...instances.hints import nearest
from .settings import names, number

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray
    from ..panel import Panel
    from .step import Place


@dataclass(frozen=True, kw_only=True)
class ConvertUnits:
    """Multiply by a factor, or by one a series where they report in different units.

    Parameters
    ----------
    factor
        What every series is multiplied by, unless it has a factor of its own.
    series
        Factors of single series.
    columns
        Columns it is for; empty for all.

    Examples
    --------
    >>> frame = pd.DataFrame({"HE": [3.0], "HB": [0.5]})
    >>> convert = ConvertUnits(series={"HB": 1000.0}).fit(frame, None)
    >>> convert.apply(frame, None).to_dict("list")
    {'HE': [3.0], 'HB': [500.0]}
    """

    name: ClassVar[str] = "convert-units"
    uses_future: ClassVar[bool] = False
    factor: float = 1.0
    series: Mapping[str, float] = field(default_factory=dict)
    columns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        number(self.name, "factor", self.factor, above=0)
        if not isinstance(self.series, Mapping):
            raise InputError(f"series is {self.series!r}; give a factor by name", f"step {self.name!r}")
        for key, factor in self.series.items():
            number(self.name, f"the factor of {key!r}", factor, above=0)
        object.__setattr__(self, "series", MappingProxyType(dict(self.series)))
        names(self.name, "columns", self.columns)

    def fit(self, frame: pd.DataFrame, panel: Panel | None) -> FittedUnits:
        """Look up each series' factor."""
        unknown = [key for key in self.series if key not in frame.columns]
        if unknown:
            hint = nearest(unknown[0], map(str, frame.columns))
            raise InputError(f"there is no series {unknown[0]!r}; {hint}", f"step {self.name!r}")
        factors = np.array([self.series.get(key, self.factor) for key in frame.columns], dtype=np.float64)
        return FittedUnits("in another unit: times the series' factor", factors)


@dataclass(frozen=True, kw_only=True)
class PerPopulation:
    """Divide by each series' population, and say it per 100,000 people.

    Parameters
    ----------
    per
        Number of people that the result is for.
    attribute
        The panel's attribute that holds the population.
    columns
        Columns it is for; empty for all.

    Examples
    --------
    >>> from allocare.forecasting.records import simulated_panel
    >>> panel = simulated_panel(2, 1, seed=1)
    >>> rates = PerPopulation().fit(panel.values, panel).apply(panel.values, None)
    >>> rates.round(2).to_dict("list")
    {'R1': [21.96], 'R2': [30.81]}
    """

    name: ClassVar[str] = "per-population"
    uses_future: ClassVar[bool] = False
    per: float = 100_000.0
    attribute: str = "population"
    columns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        number(self.name, "per", self.per, above=0)
        names(self.name, "columns", self.columns)

    def fit(self, frame: pd.DataFrame, panel: Panel) -> FittedUnits:
        """Look up each series' population."""
        where = f"step {self.name!r}"
        known = [] if panel.attributes is None else list(map(str, panel.attributes.columns))
        if panel.attributes is None or self.attribute not in panel.attributes:
            hint = nearest(self.attribute, known)
            raise InputError(f"the series have no attribute {self.attribute!r}; {hint}", where)
        people = pd.to_numeric(panel.attributes[self.attribute], errors="coerce").to_numpy(dtype=np.float64)
        if not (people > 0).all():
            key = panel.series[int(np.argmax(~(people > 0)))]
            raise InputError(f"the {self.attribute} of series {key!r} is no number above 0", where)
        return FittedUnits(f"per {self.per:g} of {self.attribute}", self.per / people)


@dataclass(frozen=True, eq=False)
class FittedUnits:
    """Factors of the series; made by `ConvertUnits` and `PerPopulation`."""

    why: str
    factors: FloatArray

    def apply(self, frame: pd.DataFrame, place: Place | None) -> pd.DataFrame:
        """Multiply."""
        return frame * self.factors
