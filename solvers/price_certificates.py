"""Certificates from a solution's shadow prices by row block: the way back from `shadow_prices`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ..models.proofs import NodePotentials, Prices, RowPrices
from .keys import by_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from ..instances.arrays import FloatArray
    from ..instances.problem import Problem
    from ..instances.transportation import TransportationProblem
    from ..models.proofs import Certificate

    Duals = Mapping[str, pd.Series[float]]


def certificate_from(problem: Problem, duals: Duals) -> Certificate | None:
    """Certificate that the shadow prices of a linear program's rows are, or None where they are none.

    Examples
    --------
    >>> import pandas as pd
    >>> from allocare.instances.lanes import Lanes
    >>> from allocare.instances.transportation import TransportationProblem
    >>> problem = TransportationProblem(
    ...     sources=["Jena", "Gera"], targets=["Erfurt"], lanes=Lanes.from_matrix([[40], [70]]),
    ...     supply=[5, 9], demand=[8])
    >>> duals = {
    ...     "supply_limit": pd.Series({"Jena": -30.0, "Gera": 0.0}),
    ...     "demand_balance": pd.Series({"Erfurt": 70.0}),
    ... }
    >>> certificate_from(problem, duals)
    Prices(source=array([-30.,   0.]), target=array([70.]), total=0.0, class_weight=None)
    """

    def price(row: str) -> FloatArray:
        return np.asarray(duals[row], dtype=np.float64)

    if problem.kind == "transportation":
        return transportation_prices(cast("TransportationProblem", problem), duals)
    if problem.kind == "assignment":
        return Prices(price("capacity"), price("each_task"))
    if problem.kind == "network-flow":
        return NodePotentials(price("balance"))
    return RowPrices(price("row")) if problem.kind == "linear" else None


def transportation_prices(problem: TransportationProblem, duals: Duals) -> Prices:
    """Prices of a unit at each source and target, by key; nothing where there was no such rule.

    The shadow prices may be those of another problem: a key that is new has no price (not a number).

    Examples
    --------
    >>> import pandas as pd
    >>> from allocare.instances.lanes import Lanes
    >>> from allocare.instances.transportation import TransportationProblem
    >>> problem = TransportationProblem(
    ...     sources=["Jena", "Gera"], targets=["Erfurt"], lanes=Lanes.from_matrix([[40], [70]]),
    ...     supply=[5, 9], demand=[8])
    >>> transportation_prices(problem, {"supply_limit": pd.Series({"Jena": -30.0})}).source
    array([-30.,  nan])
    """

    def price(row: str, keys: pd.Index[Any]) -> FloatArray:
        return by_key(duals[row], keys) if row in duals else np.zeros(len(keys))

    target = price("demand_balance", problem.targets) + price("minimum_service", problem.targets)
    total = duals.get("total_quantity")
    return Prices(
        price("supply_limit", problem.sources), target, 0.0 if total is None else float(total.iloc[0])
    )
