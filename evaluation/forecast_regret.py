r"""What plans made on forecasts cost more than plans made with hindsight, at every origin of a back-test.

A forecaster can be judged by its error, or by the regret of the plans made on it. The two need not agree: an
error counts every series and both directions alike, a plan pays for what is unmet more than for what is left
over, and nothing at all for demand that it could not have met with any forecast.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..forecasting.choice import choose_by_loss
from ..forecasting.demand_at_origins import WINDOW, demand_that_came, demands_at_origins
from ..instances.errors import InputError
from ..instances.hints import nearest
from ..solvers.solution import Status
from ..solvers.solve import solve
from .decision_regret import decision_regret, plans_for, realised
from .plan_on_forecast import APPROACHES, approach
from .resampling import block_means
from .value_of_information import with_point

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    from ..forecasting.backtest import BackTest
    from ..forecasting.choice import Choice
    from ..instances.arrays import FloatArray
    from ..instances.uncertain_transportation import UncertainTransportationProblem

LEVEL = 0.95
REPLICATES = 2000


HINDSIGHT = "hindsight"


@dataclass(frozen=True, eq=False, kw_only=True)
class ForecastRegret:
    """Plans on the forecasts of several forecasters at many origins, and what came of them.

    Parameters
    ----------
    problem
        Sources, lanes and prices.
    origins
        When plans were made.
    demand
        Demand that came true, shape (origins, targets).
    hindsight
        Decisions of the plans made with hindsight, shape (origins, lanes).
    plans
        Decisions by forecaster and approach, shape (origins, lanes).
    errors
        |y − ŷ| of each forecaster, shape (origins, series), in the unit of the series.
    overlap
        Origins from one on whose targets overlap with its own, itself included; they are resampled together.
    """

    problem: UncertainTransportationProblem
    origins: pd.DatetimeIndex
    demand: FloatArray
    hindsight: FloatArray
    plans: Mapping[tuple[str, str], FloatArray]
    errors: Mapping[str, FloatArray]
    overlap: int

    @property
    def best(self) -> FloatArray:
        """Cost of each origin's plan with hindsight."""
        return realised(self.problem, self.hindsight, self.demand).cost

    def regret(self, by: str = "point") -> pd.DataFrame:
        """Regret of one approach: a row an origin, a column a forecaster.

        Raises
        ------
        InputError
            For an approach by which nothing was planned.
        """
        ways = list(dict.fromkeys(way for _, way in self.plans))
        if by not in ways:
            raise InputError(f"nothing was planned by {by!r}; {nearest(by, ways)}")
        best = self.best
        columns = {
            maker: decision_regret(self.problem, plans, self.demand, best=best)
            for (maker, way), plans in self.plans.items()
            if way == by
        }
        return pd.DataFrame(columns, index=self.origins)

    def table(self, *, level: float = LEVEL, replicates: int = REPLICATES, seed: int = 0) -> pd.DataFrame:
        """One row a forecaster and approach, the least regret first, and one for plans with hindsight.

        Columns are ``MAE`` of the forecasts; the mean ``cost`` of a plan; the mean ``regret`` with the ends
        ``lower`` and ``upper`` of its bootstrap interval, its ``median`` and ``p90``; and what was ``unmet``
        and ``left_over`` of an origin on average.
        """
        best, rows = self.best, []
        for (maker, by), plans in ({("", HINDSIGHT): self.hindsight} | dict(self.plans)).items():
            came = realised(self.problem, plans, self.demand)
            regret = decision_regret(self.problem, plans, self.demand, best=best)
            unmet = came.unmet.sum(axis=1)
            left = plans.sum(axis=1) - self.demand.sum(axis=1) + unmet
            lower, upper = self._interval(regret, level, replicates, seed)
            rows.append(
                {
                    "approach": by,
                    "forecaster": maker,
                    "MAE": float(self.errors[maker].mean()) if maker else 0.0,
                    "cost": float(came.cost.mean()),
                    "regret": float(regret.mean()),
                    "lower": lower,
                    "upper": upper,
                    "median": float(np.median(regret)),
                    "p90": float(np.quantile(regret, 0.9)),
                    "unmet": float(unmet.mean()),
                    "left_over": round(float(left.mean()), 9) + 0.0,
                }
            )
        return pd.DataFrame(rows).sort_values("regret", kind="stable", ignore_index=True)

    def choose(self, by: str = "point", *, seed: int = 0, **settings: Any) -> Choice:
        """Choose the forecaster whose plans have the least regret, by the rule of `choose_by_loss`."""
        return choose_by_loss(self.regret(by), "regret", overlap=self.overlap, seed=seed, **settings)

    def disagreements(
        self, by: str = "point", *, level: float = LEVEL, replicates: int = REPLICATES, seed: int = 0
    ) -> pd.DataFrame:
        """Pairs of forecasters of which the one with the smaller error makes the worse plans.

        Returns
        -------
        DataFrame
            ``smaller_error`` and ``smaller_regret``, the two forecasters; ``MAE`` and ``regret``, by how much
            the first is better in the one and worse in the other, both above 0, each with the ends of its
            paired bootstrap interval (``MAE_lower`` ...); and ``clear``, whether neither interval holds 0.
            The largest difference of regret first.
        """
        regret = self.regret(by)
        error = pd.DataFrame({maker: self.errors[maker].mean(axis=1) for maker in regret.columns})
        rows = []
        for one, other in combinations(regret.columns, 2):
            first, second = (one, other) if error[one].mean() <= error[other].mean() else (other, one)
            paired = {
                "MAE": error[second].to_numpy() - error[first].to_numpy(),
                "regret": regret[first].to_numpy() - regret[second].to_numpy(),
            }
            if min(values.mean() for values in paired.values()) <= 0:
                continue
            row: dict[str, Any] = {"smaller_error": first, "smaller_regret": second}
            for name, values in paired.items():
                lower, upper = self._interval(values, level, replicates, seed)
                row |= {name: values.mean(), f"{name}_lower": lower, f"{name}_upper": upper}
            rows.append(row | {"clear": bool(row["MAE_lower"] > 0 and row["regret_lower"] > 0)})
        table = pd.DataFrame(rows, columns=list(_DISAGREEMENT)).astype(_DISAGREEMENT)
        return table.sort_values("regret", ascending=False, kind="stable", ignore_index=True)

    def _interval(self, values: FloatArray, level: float, replicates: int, seed: int) -> tuple[float, float]:
        length = max(self.overlap, round(len(values) ** (1 / 3)))
        means = block_means(values, length, replicates, seed)
        lower, upper = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
        return float(lower), float(upper)


_DISAGREEMENT = {
    "smaller_error": object,
    "smaller_regret": object,
    "MAE": float,
    "MAE_lower": float,
    "MAE_upper": float,
    "regret": float,
    "regret_lower": float,
    "regret_upper": float,
    "clear": bool,
}


def forecast_regret(
    problem: UncertainTransportationProblem,
    test: BackTest,
    approaches: Sequence[str] = tuple(APPROACHES),
    *,
    makers: Sequence[str] | None = None,
    origins: pd.DatetimeIndex | None = None,
    step: int | None = None,
    own: npt.ArrayLike = 0.0,
    rate: float = 1.0,
    window: int | None = WINDOW,
    number: int | None = None,
    seed: int = 0,
    on_plans: Callable[[str, str], None] | None = None,
    **options: Any,
) -> ForecastRegret:
    """Plan at every origin on every forecast, as it would have been done then, and price it by what came.

    Parameters
    ----------
    problem
        Sources, lanes and prices, one target a series of the back-test, in its order.
    test
        The back-test of the forecasters.
    approaches
        Names of `APPROACHES`.
    makers
        Forecasters to plan on; all that were tested by default.
    origins, step, own, window
        As in `demands_at_origins`.
    rate, number, seed
        As in `demand_from_forecast`.
    on_plans
        Called with a forecaster and an approach as soon as its plans are made, to show progress.
    options
        Of `allocare.solve`.

    Raises
    ------
    InputError
        For series that are not the problem's targets, an unknown approach or forecaster, missing forecasts or
        outcomes, and where no plan was found.

    Examples
    --------
    >>> import allocare
    >>> from allocare.forecasting.backtest import back_test
    >>> from allocare.forecasting.records import simulated_panel
    >>> test = back_test(simulated_panel(3, 400), ["last-value", "mean"], 7)
    >>> problem = allocare.UncertainTransportationProblem(
    ...     sources=["depot"], targets=test.series, lanes=allocare.Lanes.from_matrix([[1, 2, 3]]),
    ...     supply=[60], demand=allocare.PointDemand([0, 0, 0]), unmet_cost=10, leftover_cost=2)
    >>> found = forecast_regret(problem, test, ["point", "stochastic"], own=[350, 300, 500])
    >>> found.table().columns[:4].tolist(), found.regret("stochastic").shape == (len(test.origins), 2)
    (['approach', 'forecaster', 'MAE', 'cost'], True)
    """
    if list(test.series) != list(problem.targets):
        raise InputError("the series of the back-test are not the targets of the problem, in their order")
    chosen = {name: approach(name) for name in approaches}
    names = test.makers if makers is None else list(makers)
    times = test.origins if origins is None else origins
    came = demand_that_came(test, times, step=step, own=own, rate=rate)
    plans = {}
    for maker in names:
        for name, by in chosen.items():
            demands = demands_at_origins(
                test,
                maker,
                by.form,
                times,
                step=step,
                own=own,
                window=window,
                rate=rate,
                number=number,
                seed=seed,
                **by.settings(problem),
            )
            plans[maker, name] = plans_for(by.template(problem), demands, measure=by.measure, **options)
            if on_plans is not None:
                on_plans(maker, name)
    at = test.times.get_indexer(times)
    ahead = step or test.horizon
    apart = int(np.median(np.diff(test.rows[at]))) if len(at) > 1 else ahead
    return ForecastRegret(
        problem=problem,
        origins=times,
        demand=came,
        hindsight=_with_hindsight(problem, came, options),
        plans=plans,
        errors={maker: np.abs(test.residuals(maker)[at, ahead - 1]) for maker in names},
        overlap=-(-ahead // apart),
    )


def _with_hindsight(
    problem: UncertainTransportationProblem, demand: FloatArray, options: dict[str, Any]
) -> FloatArray:
    plans = []
    for quantity in demand:
        found = solve(with_point(problem, quantity), **options)
        if found.status is not Status.OPTIMAL or found.allocation is None:
            raise InputError(f"a plan with hindsight was not solved to optimality: {found.status.value}")
        plans.append(problem.decisions(found.allocation))
    return np.array(plans)
