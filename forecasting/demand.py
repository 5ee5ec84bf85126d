r"""From a forecast to what is known of demand: a point, a quantile, scenarios, or an interval.

A forecast ŷ of every series, made at one origin, and the errors r = y − ŷ that the same forecaster made at
origins before, all known by then, say what may come true. A region that has :math:`K_j` of its own asks
others for what goes beyond it,

.. math:: d_j = a\,(y_j - K_j)^+

Where
    - :math:`y_j` is what comes true, :math:`K_j` what the region has itself, in the same unit
    - :math:`a` is how much of the shared resource each unit beyond it takes

As :math:`d_j` never falls where :math:`y_j` rises, quantiles and ends of intervals of y become those of d.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np

from ..instances.errors import InputError
from ..instances.hints import nearest
from ..instances.uncertain_demand import IntervalDemand, PointDemand, ScenarioDemand
from .metrics import check_levels
from .scenarios import scenarios

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..instances.arrays import FloatArray
    from ..instances.uncertain_demand import Demand

Form: TypeAlias = Literal["point", "quantile", "scenarios", "interval"]
FORMS: tuple[str, ...] = get_args(Form)


def demand_beyond(values: npt.ArrayLike, own: npt.ArrayLike = 0.0, rate: float = 1.0) -> FloatArray:
    """Demand on what is shared: what goes beyond the own, each unit of it taking `rate`.

    Examples
    --------
    >>> demand_beyond([12.0, 7.0], own=[10, 9], rate=0.5).tolist()
    [1.0, 0.0]
    """
    return np.asarray(rate * np.maximum(np.asarray(values, dtype=np.float64) - np.asarray(own), 0.0))


def demand_from_forecast(
    form: Form,
    forecast: FloatArray,
    errors: FloatArray | None = None,
    *,
    own: npt.ArrayLike = 0.0,
    rate: float = 1.0,
    level: npt.ArrayLike = 0.8,
    coverage: float = 0.9,
    budget: float | None = None,
    number: int | None = None,
    seed: int = 0,
) -> Demand:
    r"""Turn the forecast of every series into the demand of a plan, one target a series.

    Parameters
    ----------
    form
        ``point``, the forecast itself; ``quantile``, what past errors say is enough with the probability
        `level`; ``scenarios``, the forecast with the errors of all series at past origins, each as likely;
        ``interval``, around the forecast as wide as past errors.
    forecast
        Of each series.
    errors
        y − ŷ at past origins, shape (origins, series), all of them known when the forecast is made; a point
        needs none. Origins with any missing are left out.
    own, rate
        As in `demand_beyond`.
    level
        Of the quantile, within (0, 1); one number, or one for each series.
    coverage
        Share of past errors within the interval, within (0, 1): 0.9 leaves out a twentieth at either end.
    budget
        Of the interval: how many series may be at its ends at once; None means :math:`\sqrt n` of n.
    number
        Scenarios, drawn from past origins by `seed`; None takes every origin once.
    seed
        Of the draw.

    Raises
    ------
    InputError
        For a form that there is not, a missing forecast, or no errors where they are needed.

    Examples
    --------
    >>> errors = np.array([[-2.0, 1.0], [4.0, 3.0], [1.0, -1.0]])
    >>> forecast = np.array([10.0, 20.0])
    >>> demand_from_forecast("scenarios", forecast, errors, own=[9, 18]).quantity.tolist()
    [[0.0, 3.0], [5.0, 5.0], [2.0, 1.0]]
    >>> demand_from_forecast("quantile", forecast, errors, own=[9, 18], level=0.6).quantity.tolist()
    [2.0, 3.0]
    >>> demand_from_forecast("quantile", forecast)
    Traceback (most recent call last):
    ...
    allocare.instances.errors.InputError: 'quantile' needs past errors of the forecaster; give them
    """
    if form not in FORMS:
        raise InputError(f"demand has no form {form!r}; {nearest(form, FORMS)}")
    central = np.asarray(forecast, dtype=np.float64)
    missing = ~np.isfinite(central)
    if missing.any():
        raise InputError(
            f"the forecast of series {int(np.argmax(missing)) + 1} is missing; leave the series out"
        )
    if form == "point":
        return PointDemand(demand_beyond(central, own, rate))
    possible = _possible(form, central, errors, number, seed)
    likely = ScenarioDemand(demand_beyond(possible, own, rate))
    if form == "scenarios":
        return likely
    if form == "quantile":
        return PointDemand(likely.quantile(_within(level)))
    check_levels([coverage], "coverage")
    nominal = demand_beyond(central, own, rate)
    lower, upper = (likely.quantile((1 + sign * coverage) / 2) for sign in (-1, 1))
    return IntervalDemand(
        nominal,
        np.maximum(nominal - lower, 0.0),
        np.maximum(upper - nominal, 0.0),
        float(np.sqrt(len(nominal))) if budget is None else budget,
    )


def _possible(
    form: str, forecast: FloatArray, errors: FloatArray | None, number: int | None, seed: int
) -> FloatArray:
    """What may come true: the forecast with the errors of each past origin, or of some drawn from them."""
    if errors is None:
        raise InputError(f"{form!r} needs past errors of the forecaster; give them")
    if errors.ndim != 2 or errors.shape[1] != len(forecast):
        raise InputError(
            f"errors have the shape {errors.shape}; give a row for each past origin and a column for each of "
            f"{len(forecast)} series"
        )
    whole = errors[~np.isnan(errors).any(axis=1)]
    if number is not None or not len(whole):
        drawn = scenarios(forecast[np.newaxis], errors[:, np.newaxis], number or 1, seed=seed)
        return np.asarray(drawn[:, 0])
    return np.asarray(forecast + whole)


def _within(level: npt.ArrayLike) -> FloatArray:
    levels = np.asarray(level, dtype=np.float64)
    check_levels(np.ravel(levels).tolist(), "quantile level")
    return levels
