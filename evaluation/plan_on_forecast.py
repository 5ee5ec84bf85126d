r"""Ways to plan on a forecast: what is taken of it, and what the plan then minimises.

A plan on a **point** trusts the forecast. One on a **quantile** trusts what is enough with a probability, by
default each target's critical ratio :math:`(p_j - c_j) / (p_j + h_j)` with the cost :math:`c_j` of its
cheapest lane, the newsvendor's answer where stock is not scarce. A **stochastic** plan minimises expected
cost over scenarios, **cvar** the mean of the dearest tenth of them, and a **robust** one the worst case over
intervals of which only so many are at their ends at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from ..forecasting.demand import demand_from_forecast
from ..instances.errors import InputError
from ..instances.hints import nearest
from ..instances.with_demand import with_demand
from ..solvers.solve import solve

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from ..forecasting.demand import Form
    from ..instances.arrays import FloatArray
    from ..instances.uncertain_transportation import Measure, UncertainTransportationProblem
    from ..solvers.solution import Solution

LEAST_LEVEL = 1e-3
"""Distance that a quantile's level keeps from 0 and 1."""


@dataclass(frozen=True)
class Approach:
    """A way to plan on a forecast.

    Parameters
    ----------
    form
        What is taken of the forecast.
    measure
        What is minimised; None for the usual of the form.
    level
        Of a quantile; None takes the `critical_ratio` of each target.
    coverage, budget
        Of an interval, as in `demand_from_forecast`.
    tail_level, tail_weight
        Of ``cvar``, as in `UncertainTransportationProblem`.

    Examples
    --------
    >>> Approach("scenarios", "cvar", tail_level=0.8)
    Approach(form='scenarios', measure='cvar', level=None, coverage=0.9, budget=None, tail_level=0.8, \
tail_weight=1.0)
    """

    form: Form
    measure: Measure | None = None
    level: float | None = None
    coverage: float = 0.9
    budget: float | None = None
    tail_level: float = 0.9
    tail_weight: float = 1.0

    def settings(self, problem: UncertainTransportationProblem) -> dict[str, Any]:
        """What `demand_from_forecast` needs besides the form."""
        level: Any = self.level
        if self.form == "quantile" and level is None:
            level = critical_ratio(problem)
        told = {"level": level, "coverage": self.coverage, "budget": self.budget}
        return {name: value for name, value in told.items() if value is not None}

    def template(self, problem: UncertainTransportationProblem) -> UncertainTransportationProblem:
        """The problem with the measure's settings; its demand is still to be put in."""
        return replace(problem, tail_level=self.tail_level, tail_weight=self.tail_weight)


APPROACHES: Mapping[str, Approach] = MappingProxyType(
    {
        "point": Approach("point"),
        "quantile": Approach("quantile"),
        "stochastic": Approach("scenarios", "expected-cost"),
        "cvar": Approach("scenarios", "cvar"),
        "robust": Approach("interval", "worst-case"),
    }
)
"""The approaches by name."""


def approach(name: str) -> Approach:
    """Return the approach of that name.

    Examples
    --------
    >>> approach("robust").measure
    'worst-case'
    >>> approach("stochastik")
    Traceback (most recent call last):
    ...
    allocare.instances.errors.InputError: there is no approach 'stochastik'; did you mean 'stochastic'?
    """
    if name not in APPROACHES:
        raise InputError(f"there is no approach {name!r}; {nearest(name, APPROACHES)}")
    return APPROACHES[name]


def critical_ratio(problem: UncertainTransportationProblem) -> FloatArray:
    r"""Probability with which each target's demand should be covered were stock not scarce.

    :math:`(p_j - c_j) / (p_j + h_j)` with the cheapest lane's cost, purchase included; kept within (0, 1),
    and at its lower end where no lane is worth its cost.

    Examples
    --------
    >>> import allocare
    >>> critical_ratio(allocare.example("ventilator-stocking")).round(3).tolist()
    [0.905, 0.905, 0.857]
    """
    cheapest = np.full(len(problem.targets), np.inf)
    np.minimum.at(cheapest, problem.lanes.target, problem.lane_cost)
    ratio = (problem.unmet_cost - cheapest) / (problem.unmet_cost + problem.leftover_cost)
    return np.asarray(np.clip(ratio, LEAST_LEVEL, 1 - LEAST_LEVEL))


def plan_on_forecast(
    problem: UncertainTransportationProblem,
    forecast: npt.ArrayLike,
    errors: FloatArray | None = None,
    by: str | Approach = "stochastic",
    *,
    own: npt.ArrayLike = 0.0,
    rate: float = 1.0,
    number: int | None = None,
    seed: int = 0,
    **options: Any,
) -> Solution:
    """Plan on a forecast made now, and on the errors that its forecaster made before.

    Parameters
    ----------
    problem
        Sources, lanes and prices, one target a series; its own demand plays no part.
    forecast
        Of each target's series.
    errors
        y − ŷ at past origins, shape (origins, targets); a point needs none.
    by
        The approach, or its name.
    own, rate, number, seed
        As in `demand_from_forecast`.
    options
        Of `allocare.solve`.

    Examples
    --------
    >>> import allocare
    >>> problem = allocare.example("ventilator-stocking")
    >>> errors = np.array([[-1.0, -1, 0], [3, 2, 2], [0, 0, 0]])
    >>> for by in ("point", "quantile", "stochastic"):
    ...     plan = plan_on_forecast(problem, [4, 3, 2], errors, by)
    ...     print(by, sum(plan.allocation["quantity"]), round(plan.objective, 2))
    point 9 11.0
    quantile 12 92.0
    stochastic 12 43.33
    """
    chosen = approach(by) if isinstance(by, str) else by
    demand = demand_from_forecast(
        chosen.form,
        np.asarray(forecast, dtype=np.float64),
        errors,
        own=own,
        rate=rate,
        number=number,
        seed=seed,
        **chosen.settings(problem),
    )
    return solve(with_demand(chosen.template(problem), demand, measure=chosen.measure), **options)
