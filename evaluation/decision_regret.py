r"""Decision regret: what a plan made on a forecast costs more than one made with hindsight.

.. math:: \text{regret}(x, d) = C(x, d) - \min_{x'} C(x', d) \ge 0

Where
    - :math:`C(x, d)` is what plan x costs once demand d came true: what was sent, what was passed on
      afterwards, what was left unmet and left over

A forecast is as good as the plans that it leads to. One with a smaller error may lead to worse plans: an
error is symmetric where its consequences are not, and it counts every target alike.

References
----------
A. N. Elmachtoub, P. Grigas, "Smart 'predict, then optimize'", Management Science 68(1), 2022, 9-26.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..instances.errors import InputError
from ..instances.hints import nearest
from ..models.checks.recourse import later
from ..solvers.solution import Status
from ..solvers.solve import solve
from .value_of_information import with_point

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy.typing as npt

    from ..instances.arrays import FloatArray
    from ..instances.uncertain_demand import Demand
    from ..instances.uncertain_transportation import Measure, UncertainTransportationProblem

QUANTILES = (0.5, 0.9)
"""Quantiles of regret over days that a table shows."""


@dataclass(frozen=True, eq=False)
class Realised:
    """What plans came to on each day.

    Parameters
    ----------
    cost
        Cost of each day.
    unmet
        Demand left unmet, shape (days, targets).
    demand
        Demand that came true, shape (days, targets).
    """

    cost: FloatArray
    unmet: FloatArray
    demand: FloatArray

    @property
    def service(self) -> float:
        """Share of all demand that was met; 1 where there was none."""
        asked = float(self.demand.sum())
        return 1.0 if asked == 0 else 1.0 - float(self.unmet.sum()) / asked


def realised(
    problem: UncertainTransportationProblem, plans: npt.ArrayLike | pd.DataFrame, demand: npt.ArrayLike
) -> Realised:
    """What plans cost once demand came true.

    Parameters
    ----------
    problem
        Lanes and prices; its own demand plays no part.
    plans
        One plan for all days, as a frame or as decisions of shape (lanes,), or one each, shape (days, lanes).
    demand
        Demand of each day, shape (days, targets); a frame with the targets as columns is brought into order.

    Raises
    ------
    InputError
        For shapes that do not fit, or a target without demand.

    Examples
    --------
    >>> import allocare
    >>> problem = allocare.example("ventilator-stocking")
    >>> realised(problem, [6, 4, 2], [[3, 2, 1], [9, 4, 2]]).cost.tolist()
    [20.0, 74.0]
    """
    asked = _by_target(problem, demand)
    sent = _decisions(problem, plans, len(asked))
    _, by_target = problem.lanes.incidence()
    after = later(problem, np.asarray(sent @ by_target.T), asked)
    return Realised(after.cost + sent @ problem.lane_cost, after.unmet, asked)


def hindsight(problem: UncertainTransportationProblem, demand: npt.ArrayLike, **options: Any) -> FloatArray:
    """Least cost of each day were its demand known; days with the same demand are solved once.

    Parameters
    ----------
    problem, demand
        As in `realised`.
    options
        Of `allocare.solve`.

    Raises
    ------
    InputError
        As in `realised`, and where a day is not solved to optimality.

    Examples
    --------
    >>> import allocare
    >>> hindsight(allocare.example("ventilator-stocking"), [[3, 2, 1], [9, 4, 2]]).tolist()
    [7.0, 72.0]
    """
    asked = _by_target(problem, demand)
    different, day = np.unique(asked, axis=0, return_inverse=True)
    costs = np.empty(len(different))
    for at, quantity in enumerate(different):
        found = solve(with_point(problem, quantity), **options)
        if found.status is not Status.OPTIMAL:
            raise InputError(
                f"a day's plan with hindsight was not solved to optimality: {found.status.value}"
            )
        costs[at] = found.objective
    return costs[np.ravel(day)]


def decision_regret(
    problem: UncertainTransportationProblem,
    plans: npt.ArrayLike | pd.DataFrame,
    demand: npt.ArrayLike,
    *,
    best: FloatArray | None = None,
    **options: Any,
) -> FloatArray:
    """Regret of plans on each day: what they cost more than plans made with hindsight.

    Parameters
    ----------
    problem, plans, demand
        As in `realised`.
    best
        Cost of each day with hindsight, where it is known from `hindsight`.
    options
        Of `allocare.solve`.

    Raises
    ------
    InputError
        As in `hindsight`.

    Examples
    --------
    >>> import allocare
    >>> problem = allocare.example("ventilator-stocking")
    >>> decision_regret(problem, [6, 4, 2], [[3, 2, 1], [9, 4, 2]]).tolist()
    [13.0, 2.0]
    """
    cost = realised(problem, plans, demand).cost
    least = hindsight(problem, demand, **options) if best is None else best
    regret = cost - least
    # rounding, not a plan that is better than the best
    return np.where(np.abs(regret) <= 1e-9 * np.maximum(np.abs(cost), np.abs(least)), 0.0, regret)


def plans_for(
    problem: UncertainTransportationProblem,
    demands: Iterable[Demand],
    *,
    measure: Measure | None = None,
    **options: Any,
) -> FloatArray:
    """Decisions of the best plan for what is known of each day's demand, shape (days, lanes).

    Points and quantiles make plans that trust them, scenarios stochastic ones, intervals robust ones.

    Parameters
    ----------
    problem
        Lanes and prices.
    demands
        What is known of each day's demand when its plan is made.
    measure
        As in `UncertainTransportationProblem`.
    options
        Of `allocare.solve`.

    Raises
    ------
    InputError
        Where a day's plan was not found.

    Examples
    --------
    >>> import allocare
    >>> problem = allocare.example("ventilator-stocking")
    >>> plans_for(problem, [allocare.PointDemand([3, 2, 1]), problem.demand]).tolist()
    [[3.0, 2.0, 1.0], [6.0, 4.0, 2.0]]
    """
    from ..instances.with_demand import with_demand

    plans = []
    for day, demand in enumerate(demands, start=1):
        found = solve(with_demand(problem, demand, measure=measure), **options)
        if found.allocation is None:
            raise InputError(f"the plan of day {day} was not found: {found.status.value}")
        plans.append(problem.decisions(found.allocation))
    return np.array(plans).reshape(len(plans), problem.size)


def regret_table(
    problem: UncertainTransportationProblem,
    plans: Mapping[str, npt.ArrayLike],
    demand: npt.ArrayLike,
    *,
    forecasts: Mapping[str, npt.ArrayLike] | None = None,
    **options: Any,
) -> pd.DataFrame:
    """Compare ways to plan by what came of them, beside the error of their forecasts.

    Parameters
    ----------
    problem, demand
        As in `realised`.
    plans
        By method: one plan a day, shape (days, lanes), or one for all.
    forecasts
        Point forecasts by method, shape (days, targets); a method without one has no error.
    options
        Of `allocare.solve`, for the plans with hindsight.

    Returns
    -------
    DataFrame
        A row each method: ``forecast_error`` (mean absolute error), ``regret_mean``, ``regret_median``,
        ``regret_p90``, ``regret_share`` (of the cost with hindsight), ``service`` (share of demand met) and
        ``cost`` (mean of a day), the smallest regret first.

    Raises
    ------
    InputError
        As in `decision_regret`, and for a forecast of a method without plans.

    Examples
    --------
    >>> import allocare
    >>> problem = allocare.example("ventilator-stocking")
    >>> table = regret_table(
    ...     problem, {"calm": [3, 2, 1], "stochastic": [6, 4, 2]}, [[3, 2, 1], [9, 4, 2]],
    ...     forecasts={"calm": [[3, 2, 1], [3, 2, 1]]})
    >>> table[["forecast_error", "regret_mean", "service"]].round(3).values.tolist()
    [[nan, 7.5, 0.857], [1.5, 57.5, 0.571]]
    """
    forecasts = forecasts or {}
    for method in forecasts:
        if method not in plans:
            raise InputError(f"there is a forecast of {method!r} but no plan; {nearest(method, plans)}")
    asked = _by_target(problem, demand)
    best = hindsight(problem, asked, **options)
    rows = {}
    for method, made in plans.items():
        came = realised(problem, made, asked)
        regret = decision_regret(problem, made, asked, best=best)
        least = float(np.abs(best).sum())
        rows[method] = {
            "forecast_error": _error(problem, forecasts.get(method), asked),
            "regret_mean": float(regret.mean()),
            **{
                "regret_median" if level == 0.5 else f"regret_p{round(100 * level)}": float(
                    np.quantile(regret, level)
                )
                for level in QUANTILES
            },
            "regret_share": float(regret.sum()) / least if least else np.nan,
            "service": came.service,
            "cost": float(came.cost.mean()),
        }
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index.name = "method"
    return table.sort_values("regret_mean", kind="stable")


def _error(
    problem: UncertainTransportationProblem, forecast: npt.ArrayLike | None, asked: FloatArray
) -> float:
    if forecast is None:
        return np.nan
    expected = _by_target(problem, forecast)
    if expected.shape != asked.shape:
        raise InputError(f"the forecast has {len(expected)} days, demand {len(asked)}")
    return float(np.abs(expected - asked).mean())


def _by_target(problem: UncertainTransportationProblem, demand: npt.ArrayLike) -> FloatArray:
    """Demand by day and target, in the problem's order."""
    if isinstance(demand, pd.DataFrame):
        missing = problem.targets.difference(demand.columns, sort=False)
        if len(missing):
            hint = nearest(str(missing[0]), map(str, demand.columns))
            raise InputError(f"demand has no column for the target {missing[0]!r}; {hint}")
        demand = demand[problem.targets.tolist()].to_numpy()
    asked = np.atleast_2d(np.asarray(demand, dtype=np.float64))
    if asked.ndim != 2 or asked.shape[1] != len(problem.targets):
        raise InputError(
            f"demand has the shape {asked.shape}; it must be days x {len(problem.targets)} targets"
        )
    wrong = ~(np.isfinite(asked) & (asked >= 0))
    if wrong.any():
        day, target = divmod(int(np.argmax(wrong)), asked.shape[1])
        raise InputError(
            f"demand of {problem.targets[target]!r} on day {day + 1} is {asked[day, target]:g}; "
            "it must be a finite number of 0 or more"
        )
    return asked


def _decisions(
    problem: UncertainTransportationProblem, plans: npt.ArrayLike | pd.DataFrame, days: int
) -> FloatArray:
    if isinstance(plans, pd.DataFrame):
        plans = problem.decisions(plans)
    made = np.asarray(plans, dtype=np.float64)
    if made.shape not in ((problem.size,), (days, problem.size)):
        raise InputError(
            f"plans have the shape {made.shape}; give {problem.size} lanes, or {days} days x {problem.size}"
        )
    return np.broadcast_to(made, (days, problem.size))
