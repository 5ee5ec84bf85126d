"""The forecasters, on one screen. Command-line choices, tests and tables derive from it."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from ..instances.errors import InputError
from ..instances.hints import nearest
from .makers.arima import Arima
from .makers.averages import Mean, MovingAverage
from .makers.croston import Croston
from .makers.ensemble import Ensemble
from .makers.exponential_smoothing import ExponentialSmoothing
from .makers.learners import GradientBoosting, Perceptron, RandomForest, SupportVectors
from .makers.linear_regression import LinearRegression
from .makers.naive import LastValue, SeasonalNaive
from .pooled.adjusted import PooledAdjusted, PooledRidge

if TYPE_CHECKING:
    from .maker import Forecaster

FORECASTERS: dict[str, Any] = {
    maker.kind: maker
    for maker in (
        LastValue,
        SeasonalNaive,
        Mean,
        MovingAverage,
        LinearRegression,
        ExponentialSmoothing,
        Arima,
        RandomForest,
        GradientBoosting,
        SupportVectors,
        Perceptron,
        Croston,
        PooledRidge,
        PooledAdjusted,
        Ensemble,
    )
}

BASELINE = "last-value"
"""What every other forecaster has to beat."""

USUAL = (
    BASELINE,
    "seasonal-naive",
    "exponential-smoothing",
    "linear-regression",
    "gradient-boosting",
    "pooled-adjusted",
)
"""Those that a back-test compares unless told otherwise."""


def forecaster(name: str) -> Forecaster:
    """Return the forecaster of that name, ``kind`` or ``kind:setting=value,setting=value``.

    Raises
    ------
    InputError
        For a kind or a setting that there is not, with the nearest one that there is.

    Examples
    --------
    >>> forecaster("moving-average:window=14")
    MovingAverage(window=14)
    >>> forecaster("last-valu")
    Traceback (most recent call last):
    allocare.instances.errors.InputError: there is no forecaster 'last-valu'; did you mean 'last-value'?
    """
    kind, _, rest = name.strip().partition(":")
    if kind not in FORECASTERS:
        raise InputError(f"there is no forecaster {kind!r}; {nearest(kind, FORECASTERS)}")
    maker = FORECASTERS[kind]
    types = {field.name: str(field.type) for field in fields(maker)}
    settings = {}
    for part in filter(None, rest.split(",")):
        key, _, text = (piece.strip() for piece in part.partition("="))
        if key not in types:
            raise InputError(f"forecaster {kind} has no setting {key!r}; {nearest(key, types)}")
        settings[key] = _setting(kind, key, text, types[key])
    made: Forecaster = maker(**settings)
    return made


def _setting(kind: str, key: str, text: str, type_: str) -> Any:
    words = {"true": True, "false": False}
    try:
        if type_ == "bool":
            return words[text.lower()]
        if type_.startswith("int"):
            return int(text)
        if type_ == "float":
            return float(text)
    except (KeyError, ValueError):
        raise InputError(f"{key} of forecaster {kind} is {text!r}; give a {type_.split(' ')[0]}") from None
    if type_.endswith("str"):
        return text
    raise InputError(f"{key} of forecaster {kind} is set in Python, not in its name")
