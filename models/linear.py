r"""The general linear problem: an LP, or a MILP where columns are whole.

.. math::
    \min \text{ or } \max\; \sum_{k} c_k x_k + c_0
    \quad\text{s.t.}\quad
    r^-_i \le \sum_{k} a_{ik} x_k \le r^+_i \;\; \forall i \;\text{(row)}, \qquad
    l_k \le x_k \le u_k,\quad x_k \in \mathbb{Z} \;\; \forall k \in W

Where
    - :math:`x_k` (`x`) is the value of column k, whole for those in W
    - :math:`c_k` is its objective coefficient, :math:`c_0` the offset
    - :math:`a_{ik}` is the coefficient of column k in row i, :math:`r^-_i` and :math:`r^+_i` the row's range:
      equal for an equation, infinite where open
    - :math:`l_k` and :math:`u_k` bound column k, infinite where open

References
----------
G. B. Dantzig, "Linear Programming and Extensions", Princeton University Press, 1963.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from .matrix import FormBuilder
from .pyomo_terms import bounds, weighted_sum

if TYPE_CHECKING:
    from ..instances.linear import LinearProblem
    from .matrix import MatrixForm


def pyomo_model(problem: LinearProblem) -> Any:
    """Render the formulation as a Pyomo model, to read and to extend.

    Examples
    --------
    >>> import numpy as np
    >>> from allocare.instances.linear import LinearProblem
    >>> model = pyomo_model(LinearProblem(
    ...     columns=["x", "y"], rows=["staff"], objective=[1, 2], matrix=[[1, 3]],
    ...     row_lower=[-np.inf], row_upper=[10], lower=[0, 0], upper=[np.inf, 4]))
    >>> print(model.activity["staff"].expr)
    x[x] + 3.0*x[y]
    """
    import pyomo.environ as pyo

    model = pyo.ConcreteModel(name=problem.kind)
    model.columns = pyo.Set(initialize=problem.columns.tolist())
    model.rows = pyo.Set(initialize=problem.rows.tolist())
    domain = [pyo.Integers if whole else pyo.Reals for whole in problem.whole.tolist()]
    limits = bounds(problem.lower.tolist(), problem.upper.tolist())
    model.x = pyo.Var(
        model.columns,
        domain=dict(zip(model.columns, domain, strict=True)),
        bounds=dict(zip(model.columns, limits, strict=True)),
    )
    model.activity = pyo.Expression(model.rows, rule=_activity(model, problem))
    model.row = pyo.Constraint(model.rows, rule=_row(model, problem))
    sense = pyo.maximize if problem.maximise else pyo.minimize
    value = weighted_sum(problem.objective, model.x.values()) + problem.offset
    model.objective = pyo.Objective(expr=value, sense=sense)
    return model


def _activity(model: Any, problem: LinearProblem) -> dict[Any, Any]:
    """sum_k a_ik x_k."""
    columns = list(model.x.values())
    matrix = problem.matrix
    starts = matrix.indptr.tolist()
    entries = [slice(start, stop) for start, stop in pairwise(starts)]
    return {
        i: weighted_sum(matrix.data[entry], [columns[k] for k in matrix.indices[entry].tolist()])
        for i, entry in zip(model.rows, entries, strict=True)
    }


def _row(model: Any, problem: LinearProblem) -> dict[Any, Any]:
    """r-_i <= sum_k a_ik x_k <= r+_i."""
    limits = zip(model.rows, problem.row_lower.tolist(), problem.row_upper.tolist(), strict=True)
    return {
        i: model.activity[i] == lower if lower == upper else (lower, model.activity[i], upper)
        for i, lower, upper in limits
    }


def matrix_form(problem: LinearProblem) -> MatrixForm:
    """Render the formulation as arrays: the problem's own.

    Examples
    --------
    >>> import numpy as np
    >>> from allocare.instances.linear import LinearProblem
    >>> form = matrix_form(LinearProblem(
    ...     columns=["x", "y"], rows=["staff"], objective=[1, 2], matrix=[[1, 3]],
    ...     row_lower=[-np.inf], row_upper=[10], lower=[0, 0], upper=[np.inf, 4], sense="max"))
    >>> form.cost.tolist(), form.maximise
    ([1.0, 2.0], True)
    """
    build = FormBuilder()
    x = build.add_columns(
        "x",
        problem.size,
        cost=problem.objective,
        lower=problem.lower,
        upper=problem.upper,
        whole=problem.whole,
        keys=problem.columns,
    )
    build.add_rows(
        "row", [(x, problem.matrix)], lower=problem.row_lower, upper=problem.row_upper, keys=problem.rows
    )
    return build.finish(decisions="x", maximise=problem.maximise, offset=problem.offset)
