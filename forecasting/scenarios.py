"""Scenarios: forecasts with whole paths of past errors, so that series and days move together as they did."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..instances.errors import InputError
from .conformal import known_counts

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray, IndexArray


def scenarios(
    forecast: FloatArray,
    errors: FloatArray,
    number: int,
    *,
    seed: int = 0,
    lowest: float | None = None,
) -> FloatArray:
    """Draw scenarios ŷ + r, each r the errors of all series and steps at one past origin.

    Parameters
    ----------
    forecast
        Shape (horizon, series).
    errors
        y − ŷ of past origins, shape (origins, horizon, series), all of them known when the forecast is made;
        origins with any missing are left out.
    number
        Scenarios wanted: different origins where there are as many, else some more than once.
    seed
        Of the draw.
    lowest
        Values below it become it, such as 0 for counts.

    Returns
    -------
    FloatArray
        Shape (scenarios, horizon, series), each as likely as the others.

    Raises
    ------
    InputError
        Where no origin has all its errors.

    Examples
    --------
    >>> errors = np.array([[[1.0, -1.0]], [[5.0, -5.0]]])
    >>> scenarios(np.array([[10.0, 3.0]]), errors, 2, lowest=0).tolist()
    [[[11.0, 2.0]], [[15.0, 0.0]]]
    """
    if number < 1:
        raise InputError(f"{number} scenarios are wanted; draw 1 or more")
    if errors.shape[1:] != forecast.shape:
        raise InputError(
            f"errors of {errors.shape[1]} steps and {errors.shape[2]} series do not fit a forecast of "
            f"{forecast.shape[0]} steps and {forecast.shape[1]} series"
        )
    whole = errors[~np.isnan(errors).any(axis=(1, 2))]
    if not len(whole):
        raise InputError(
            "no past origin has the errors of all series and steps; forecast fewer steps or series"
        )
    random = np.random.default_rng(seed)
    drawn: FloatArray = forecast + whole[random.choice(len(whole), number, replace=number > len(whole))]
    return drawn if lowest is None else np.maximum(drawn, lowest)


def known_paths(errors: FloatArray, rows: IndexArray, at: int) -> FloatArray:
    """Errors of the origins before origin `at` of which every step was known by then.

    Examples
    --------
    >>> known_paths(np.arange(4.0).reshape(4, 1, 1), np.arange(4), at=2).ravel().tolist()
    [0.0, 1.0]
    """
    return errors[: int(known_counts(rows, errors.shape[1])[at, -1])]
