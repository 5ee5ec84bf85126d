r"""The min-cost flow problem: send flow through a network at least cost.

.. math::
    \min \sum_{k} c_k x_k
    \quad\text{s.t.}\quad
    \sum_{k:\, \mathrm{tail}(k) = v} x_k - \sum_{k:\, \mathrm{head}(k) = v} x_k = b_v \;\; \forall v
    \;\text{(balance)}, \qquad l_k \le x_k \le u_k \;\; \forall k

Where
    - :math:`x_k` (`flow`) is the flow on arc k; arcs count from 1 and may be parallel or loops
    - :math:`c_k` is the cost of a unit on arc k, :math:`l_k` and :math:`u_k` its least and most flow
    - :math:`b_v` is what enters the network at node v (leaves it where negative)

Where flows are whole, every :math:`x_k` is a whole number. A loop leaves and enters its node, so it
stands in no row.

References
----------
R. K. Ahuja, T. L. Magnanti, J. B. Orlin, "Network Flows", Prentice Hall, 1993, chapter 9.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from .matrix import FormBuilder
from .pyomo_terms import bounds, sums_by, weighted_sum

if TYPE_CHECKING:
    from ..instances.network_flow import NetworkFlowProblem
    from .matrix import MatrixForm


def pyomo_model(problem: NetworkFlowProblem) -> Any:
    """Render the formulation as a Pyomo model, to read and to extend.

    Examples
    --------
    >>> from allocare.instances.network_flow import NetworkFlowProblem
    >>> model = pyomo_model(NetworkFlowProblem(
    ...     nodes=["plant", "ward"], balance=[3, -3], tail=[0], head=[1], cost=[2], lower=[0], capacity=[5]))
    >>> print(model.net_outflow["ward"].expr)
    - flow[1]
    """
    import pyomo.environ as pyo

    model = pyo.ConcreteModel(name=problem.kind)
    model.nodes = pyo.Set(initialize=problem.nodes.tolist())
    model.arcs = pyo.RangeSet(problem.size)
    limits = bounds(problem.lower.tolist(), problem.capacity.tolist())
    model.flow = pyo.Var(
        model.arcs,
        domain=pyo.Integers if problem.whole else pyo.Reals,
        bounds=dict(zip(model.arcs, limits, strict=True)),
    )
    model.net_outflow = pyo.Expression(model.nodes, rule=_net_outflow(model, problem))
    model.balance = pyo.Constraint(model.nodes, rule=_balance(model, problem))
    model.objective = pyo.Objective(expr=weighted_sum(problem.cost, model.flow.values()))
    return model


def _net_outflow(model: Any, problem: NetworkFlowProblem) -> dict[Any, Any]:
    """Flow that leaves node v less flow that enters it."""
    leaving = sums_by(problem.tail, len(problem.nodes), model.flow.values())
    entering = sums_by(problem.head, len(problem.nodes), model.flow.values())
    return {v: out - into for v, out, into in zip(model.nodes, leaving, entering, strict=True)}


def _balance(model: Any, problem: NetworkFlowProblem) -> dict[Any, Any]:
    """Net outflow of v = b_v."""
    balance = zip(model.nodes, problem.balance.tolist(), strict=True)
    return {v: model.net_outflow[v] == quantity for v, quantity in balance}


def matrix_form(problem: NetworkFlowProblem) -> MatrixForm:
    """Render the formulation as arrays.

    Examples
    --------
    >>> from allocare.instances.network_flow import NetworkFlowProblem
    >>> form = matrix_form(NetworkFlowProblem(
    ...     nodes=["plant", "ward"], balance=[3, -3], tail=[0], head=[1], cost=[2], lower=[0], capacity=[5]))
    >>> form.matrix.toarray().tolist(), form.row_lower.tolist()
    ([[1.0], [-1.0]], [3.0, -3.0])
    """
    build = FormBuilder()
    flow = build.add_columns(
        "flow",
        problem.size,
        cost=problem.cost,
        lower=problem.lower,
        upper=problem.capacity,
        whole=problem.whole,
        keys=pd.RangeIndex(1, problem.size + 1),
    )
    arc = np.arange(problem.size, dtype=np.int32)
    sign = np.repeat([1.0, -1.0], problem.size)
    node = np.concatenate([problem.tail, problem.head])
    incidence = sp.coo_array(
        (sign, (node, np.concatenate([arc, arc]))), shape=(len(problem.nodes), problem.size)
    )
    build.add_rows(
        "balance", [(flow, incidence)], lower=problem.balance, upper=problem.balance, keys=problem.nodes
    )
    return build.finish(decisions="flow", integral=problem.whole)
