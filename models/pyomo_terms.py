"""Pieces that the Pyomo renderings share: flows over lanes, and sums that stay expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt
    import pandas as pd

    from ..instances.arrays import FloatArray
    from ..instances.lanes import Lanes


def bounds(lower: Iterable[float], upper: Iterable[float]) -> list[tuple[float, float]]:
    """Pair lower and upper bounds.

    Examples
    --------
    >>> bounds([0, 1], [5, float("inf")])
    [(0, 5), (1, inf)]
    """
    return list(zip(lower, upper, strict=True))


def weighted_sum(weights: FloatArray, variables: Iterable[Any]) -> Any:
    """Sum of weight times variable.

    Examples
    --------
    >>> import numpy as np, pyomo.environ as pyo
    >>> model = pyo.ConcreteModel()
    >>> model.x = pyo.Var([1, 2])
    >>> print(weighted_sum(np.array([3.0, 4.0]), model.x.values()))
    3.0*x[1] + 4.0*x[2]
    """
    from pyomo.environ import quicksum

    return quicksum(w * variable for w, variable in zip(weights.tolist(), variables, strict=True))


def sums_by(end: npt.NDArray[Any], size: int, terms: Iterable[Any]) -> list[Any]:
    """Sum of the terms at each end position, 0 where there is none.

    Examples
    --------
    >>> import numpy as np
    >>> sums_by(np.array([0, 1, 0]), 3, [5, 6, 7])
    [12, 6, 0]
    """
    from pyomo.environ import quicksum

    groups: list[list[Any]] = [[] for _ in range(size)]
    for position, term in zip(end.tolist(), terms, strict=True):
        groups[position].append(term)
    return [quicksum(group) for group in groups]


def add_flow(
    model: Any,
    sources: pd.Index[Any],
    targets: pd.Index[Any],
    lanes: Lanes,
    upper: FloatArray,
    *,
    whole: bool,
) -> None:
    """Add the sets of sources, targets and lanes, the flow over lanes, and what is sent and received.

    The sums are named expressions: they stay expressions where a source or target has no lane at all,
    and they are at hand for constraints of the user's own.

    Examples
    --------
    >>> import numpy as np, pandas as pd, pyomo.environ as pyo
    >>> from allocare.instances.lanes import Lanes
    >>> model = pyo.ConcreteModel()
    >>> lanes = Lanes.from_matrix([[1, 2]])
    >>> keys = pd.Index(["Jena"]), pd.Index(["Erfurt", "Gera"])
    >>> add_flow(model, *keys, lanes, np.array([5.0, 6.0]), whole=True)
    >>> print(model.sent["Jena"].expr)
    flow[Jena,Erfurt] + flow[Jena,Gera]
    """
    import pyomo.environ as pyo

    model.sources = pyo.Set(initialize=sources.tolist())
    model.targets = pyo.Set(initialize=targets.tolist())
    ends = (sources.take(lanes.source).tolist(), targets.take(lanes.target).tolist())
    model.lanes = pyo.Set(initialize=list(zip(*ends, strict=True)))
    limits = dict(zip(model.lanes, bounds([0.0] * len(lanes), upper.tolist()), strict=True))
    model.flow = pyo.Var(model.lanes, domain=pyo.Integers if whole else pyo.Reals, bounds=limits)

    def named_sums(keys: Any, end: npt.NDArray[Any]) -> Any:
        sums = sums_by(end, len(keys), model.flow.values())
        return pyo.Expression(keys, rule=dict(zip(keys, sums, strict=True)))

    model.sent = named_sums(model.sources, lanes.source)
    model.received = named_sums(model.targets, lanes.target)
    model.total = pyo.Expression(expr=pyo.quicksum(model.flow.values()))
