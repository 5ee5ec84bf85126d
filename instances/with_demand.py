"""The same problem with another demand: a point of it, or all that is known of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from .errors import InputError
from .uncertain_demand import IntervalDemand, PointDemand, QuantileDemand
from .uncertain_transportation import UncertainTransportationProblem

if TYPE_CHECKING:
    import numpy.typing as npt

    from .arrays import FloatArray
    from .transportation import TransportationProblem
    from .uncertain_demand import Demand
    from .uncertain_transportation import Measure

AnyTransportation = TypeVar("AnyTransportation", "TransportationProblem", "UncertainTransportationProblem")


def with_demand(
    problem: AnyTransportation, demand: Demand, *, measure: Measure | None = None
) -> AnyTransportation:
    """Return a problem with another demand.

    Parameters
    ----------
    problem
        A transportation problem, for which a point or quantile stands in, or one under uncertain demand,
        which takes any.
    demand
        The demand. Where quantities are whole, a point or quantile is rounded up, so that it still covers.
    measure
        As in `UncertainTransportationProblem`; None keeps the problem's where the demand allows for it.

    Raises
    ------
    InputError
        For scenarios or an interval where a transportation problem takes one quantity a target, for another
        number of targets, or a measure that the demand does not allow for.

    Examples
    --------
    >>> import allocare
    >>> from allocare.instances.demand_marginals import NormalDemand
    >>> problem = allocare.TransportationProblem(
    ...     sources=["depot"], targets=["Jena", "Gera"], lanes=allocare.Lanes.from_matrix([[1, 2]]),
    ...     supply=[90], demand=[0, 0], unmet_cost=[9, 9], whole=True)
    >>> with_demand(problem, QuantileDemand(0.9, NormalDemand([20, 30], [4, 0]))).demand.tolist()
    [26.0, 30.0]
    """
    if isinstance(problem, UncertainTransportationProblem):
        interval = isinstance(demand, IntervalDemand)
        kept = problem.measure if interval == isinstance(problem.demand, IntervalDemand) else None
        return replace(problem, demand=_rounded(demand, problem.whole), measure=measure or kept)
    if not isinstance(demand, PointDemand | QuantileDemand):
        raise InputError(
            "a transportation problem takes a point or a quantile of demand; "
            "under_uncertainty takes scenarios and intervals"
        )
    return replace(problem, demand=point_quantity(demand, whole=problem.whole))


def under_uncertainty(
    problem: TransportationProblem,
    demand: Demand,
    *,
    leftover_cost: npt.ArrayLike = 0.0,
    measure: Measure | None = None,
) -> UncertainTransportationProblem:
    """Return a transportation problem as one that is planned before demand is known.

    Parameters
    ----------
    problem
        A problem of least cost with priced unmet demand, whose sources send at most their supply.
    demand
        What is known of demand.
    leftover_cost, measure
        As in `UncertainTransportationProblem`.

    Raises
    ------
    InputError
        For a problem with rules that a plan before demand is known cannot keep.

    Examples
    --------
    >>> import allocare
    >>> problem = allocare.generate("hospitals", n_hospitals=3, n_districts=4, seed=1)
    >>> demand = allocare.ScenarioDemand([problem.demand, 2 * problem.demand])
    >>> under_uncertainty(problem, demand).measure
    'expected-cost'
    """
    refused = {
        "it maximises weight": problem.maximise,
        "its sources must send exactly their supply": problem.supply_rule == "exactly",
        "its total is fixed": problem.total is not None,
        "it asks for a minimum service": problem.minimum_service is not None,
        "its unmet demand has no price": problem.unmet_cost is None,
        "criteria or policies are in force": problem.asks_fairness,
    }
    for reason, holds in refused.items():
        if holds:
            raise InputError(f"the problem cannot be planned before demand is known: {reason}")
    assert problem.unmet_cost is not None
    prices: FloatArray = np.broadcast_to(
        np.asarray(leftover_cost, dtype=np.float64), problem.unmet_cost.shape
    )
    return UncertainTransportationProblem(
        title=problem.title,
        provenance=problem.provenance,
        units=problem.units,
        sources=problem.sources,
        targets=problem.targets,
        lanes=problem.lanes,
        supply=problem.supply,
        demand=_rounded(demand, problem.whole),
        unmet_cost=problem.unmet_cost,
        leftover_cost=prices,
        measure=measure,
        whole=problem.whole,
    )


def point_quantity(demand: PointDemand | QuantileDemand, *, whole: bool) -> FloatArray:
    """Quantity of a point or quantile, rounded up where quantities are whole.

    Examples
    --------
    >>> point_quantity(PointDemand([3.2, 5.0]), whole=True).tolist()
    [4.0, 5.0]
    """
    quantity = demand.quantity
    # what rounding left above a whole number is none of the demand
    return np.ceil(quantity - 1e-9 * np.maximum(quantity, 1.0)) + 0.0 if whole else quantity


def _rounded(demand: Demand, whole: bool) -> Demand:
    if whole and isinstance(demand, PointDemand | QuantileDemand):
        return PointDemand(point_quantity(demand, whole=True))
    return demand
