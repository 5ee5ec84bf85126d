"""Every measure of a distribution by name, with unit and definition, and a table of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import pandas as pd

from ..instances.errors import InputError
from ..instances.hints import nearest
from .dispersion import (
    coefficient_of_variation,
    gini,
    gini_mean_difference,
    hoover,
    jain,
    maximum,
    mean,
    mean_absolute_deviation,
    minimum,
    relative_range,
    total,
    value_range,
    variance,
)
from .entropy import generalised_entropy, theil_l, theil_t
from .population import population
from .ranks import concentration_index, relative_index_of_inequality, slope_index_of_inequality
from .tails import mcloone, palma
from .welfare import atkinson, atkinson_ede, kolm_pollak, kolm_pollak_ede

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy.typing as npt

Direction: TypeAlias = Literal["higher", "lower", "nearer 0"]


@dataclass(frozen=True)
class Measure:
    """One measure of a distribution.

    Parameters
    ----------
    function
        Of values and sizes, and the parameter by name where there is one.
    unit
        Unit of the figure, ``{unit}`` standing for that of the values.
    definition
        One line for people.
    better
        Which way is better.
    relative
        Whether it compares with the mean, and so takes no negative values.
    parameter, shown
        Name of the parameter, empty where there is none, and the values of it that a table shows unless told.

    Examples
    --------
    >>> measure = MEASURES["atkinson"]
    >>> measure.parameter, round(measure.function([10, 30], epsilon=2), 12), measure.better
    ('epsilon', 0.25, 'lower')
    """

    function: Callable[..., float]
    unit: str
    definition: str
    better: Direction
    relative: bool = False
    parameter: str = ""
    shown: tuple[float, ...] = ()


_U, _RATIO = "{unit}", "ratio"
MEASURES = {
    "total": Measure(total, "{unit} x people", "sum over people", "higher"),
    "mean": Measure(mean, _U, "average over people", "higher"),
    "min": Measure(minimum, _U, "of the worst off", "higher"),
    "max": Measure(maximum, _U, "of the best off", "higher"),
    "range": Measure(value_range, _U, "best off less worst off", "lower"),
    "relative-range": Measure(relative_range, _RATIO, "range over mean", "lower", True),
    "mad": Measure(mean_absolute_deviation, _U, "mean distance from the mean", "lower"),
    "hoover": Measure(hoover, "share", "share of the total to move so that all are even", "lower", True),
    "gmd": Measure(gini_mean_difference, _U, "mean difference between two people", "lower"),
    "gini": Measure(gini, _RATIO, "mean difference over twice the mean, of the population", "lower", True),
    "variance": Measure(variance, "{unit}^2", "mean squared distance from the mean", "lower"),
    "cv": Measure(coefficient_of_variation, _RATIO, "standard deviation over mean", "lower", True),
    "jain": Measure(jain, _RATIO, "squared mean over mean square, 1 is even", "higher", True),
    "theil-t": Measure(theil_t, "nats", "mean of u/mean times ln(u/mean)", "lower", True),
    "theil-l": Measure(theil_l, "nats", "mean of ln(mean/u)", "lower", True),
    "generalised-entropy": Measure(
        generalised_entropy, _RATIO, "generalised entropy of order alpha", "lower", True, "alpha", (2.0,)
    ),
    "atkinson": Measure(
        atkinson,
        "share",
        "share of the mean that evenness is worth",
        "lower",
        True,
        "epsilon",
        (0.5, 1.0, 2.0),
    ),
    "atkinson-ede": Measure(
        atkinson_ede,
        _U,
        "level that is worth as much given to all",
        "higher",
        True,
        "epsilon",
        (0.5, 1.0, 2.0),
    ),
    "kolm-pollak": Measure(
        kolm_pollak, _U, "mean less what is worth as much given to all", "lower", False, "kappa", (1.0,)
    ),
    "kolm-pollak-ede": Measure(
        kolm_pollak_ede, _U, "level that is worth as much given to all", "higher", False, "kappa", (1.0,)
    ),
    "mcloone": Measure(mcloone, _RATIO, "mean of the lower half over the median, 1 is even", "higher", True),
    "palma": Measure(palma, _RATIO, "what the top 10 % have over what the bottom 40 % have", "lower", True),
}
"""Measures of (values, sizes); those with a parameter are asked for as ``name:value``."""

RANK_MEASURES = {
    "sii": Measure(
        slope_index_of_inequality, _U, "gap from the most to the least deprived, by regression", "nearer 0"
    ),
    "rii": Measure(relative_index_of_inequality, _RATIO, "slope index over mean", "nearer 0", True),
    "concentration-index": Measure(
        concentration_index, _RATIO, "above 0 where the less deprived have more", "nearer 0", True
    ),
}
"""Measures of (values, sizes, rank), where rank ascends from the most to the least deprived."""


def inequality_table(
    values: npt.ArrayLike,
    sizes: npt.ArrayLike | None = None,
    names: Iterable[str] | None = None,
    *,
    rank: npt.ArrayLike | None = None,
    unit: str = "utility",
) -> pd.DataFrame:
    """Measure a distribution every way that was asked for.

    Parameters
    ----------
    values, sizes
        Utility a person of each agent, and people each stands for (None: one each).
    names
        Measures by name; a parameter follows a colon, as in ``atkinson:0.5``. None means all that the values
        allow: with negative values among them, the absolute ones.
    rank
        Deprivation rank of each agent, the most deprived lowest; adds the measures by rank.
    unit
        Unit of the values, for the table.

    Returns
    -------
    pandas.DataFrame
        ``name``, ``value``, ``unit``, ``better`` and ``definition``, one row a measure.

    Raises
    ------
    InputError
        For an unknown name, a parameter out of range, or values that a measure asked for does not take.

    Examples
    --------
    >>> table = inequality_table([10, 30], [1, 1], ["mean", "gini", "atkinson:2"], unit="QALY")
    >>> table[["name", "value", "unit"]]
             name  value   unit
    0        mean  20.00   QALY
    1        gini   0.25  ratio
    2  atkinson:2   0.25  share
    """
    smallest = float(population(values, sizes).values.min())
    known = MEASURES if rank is None else MEASURES | RANK_MEASURES
    if names is None:
        names = _all_names(known, any_negative=smallest < 0)
    rows = []
    for name in names:
        measure, parameter = _look_up(name, known)
        given = {"rank": rank} if measure in RANK_MEASURES.values() else parameter
        value = measure.function(values, sizes, **given)
        chosen = "".join(f" ({key} = {number:g})" for key, number in parameter.items())
        unit_shown = measure.unit.format(unit=unit)
        rows.append((name, value, unit_shown, measure.better, measure.definition + chosen))
    return pd.DataFrame(rows, columns=["name", "value", "unit", "better", "definition"])


def _all_names(known: dict[str, Measure], *, any_negative: bool) -> list[str]:
    names: list[str] = []
    for name, measure in known.items():
        if not (any_negative and measure.relative):
            names += [f"{name}:{value:g}" for value in measure.shown] or [name]
    return names


def _look_up(name: str, known: dict[str, Measure]) -> tuple[Measure, dict[str, float]]:
    base, colon, text = name.partition(":")
    if base not in known:
        if base in RANK_MEASURES:
            raise InputError(f"measure {base!r} needs a deprivation rank; give rank=")
        raise InputError(f"there is no measure {base!r}; {nearest(base, known)}")
    measure = known[base]
    if not measure.parameter:
        if colon:
            raise InputError(f"measure {base!r} takes no parameter, and {name!r} gives one; leave it out")
        return measure, {}
    try:
        return measure, {measure.parameter: float(text)}
    except ValueError:
        example = f"{base}:{measure.shown[0]:g}"
        raise InputError(
            f"measure {name!r} needs a number for {measure.parameter}, as in {example}"
        ) from None
