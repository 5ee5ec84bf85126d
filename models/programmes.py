r"""Budgeted programmes: choose programmes, or shares of them, for the greatest total benefit.

.. math::
    \max\; \sum_{i} n_i u_i = \sum_{i} n_i \alpha_i + \sum_{i} \sum_{p \in P_i} n_i q_p x_p,
    \qquad u_i = \alpha_i + \sum_{p \in P_i} q_p x_p

.. math::
    \sum_{p} c_{bp} x_p &\le B_b && \forall b && \text{(budget)} \\
    \sum_{p \in P_i} x_p &\le 1 && \forall i && \text{(one_each)} \\
    l_p \le x_p &\le h_p && \forall p \\
    x_p &\in \mathbb{Z} && \forall p && \text{(where programmes are whole)}

Where
    - :math:`x_p` (`share`) is the share of programme p that is carried out, 0 or 1 where programmes are
      whole, within :math:`[l_p, h_p] \subseteq [0, 1]`
    - :math:`u_i` (`group_utility`) is the utility of a member of group i, :math:`n_i` the group's size,
      :math:`\alpha_i` its utility without any programme
    - :math:`P_i` are the programmes that serve group i, :math:`q_p` is what p adds to each member's utility
    - :math:`c_{bp}` is what the whole of p takes of budget b, :math:`B_b` the most that may be spent
    - the rows (one_each) are there only where a group gets one programme at most

With one budget this is the knapsack problem, with several the multidimensional, and with (one_each) the
multiple-choice knapsack problem.

References
----------
H. Kellerer, U. Pferschy, D. Pisinger, "Knapsack Problems", Springer, 2004, chapters 9 and 11; J. N. Hooker,
H. P. Williams, "Combining equity and utilitarianism in a mathematical programming model", Management
Science 58(9), 2012, 1682-1693.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from .matrix import FormBuilder
from .pyomo_terms import bounds, sums_by, weighted_sum

if TYPE_CHECKING:
    from ..instances.programmes import ProgrammeProblem
    from .matrix import MatrixForm


def pyomo_model(problem: ProgrammeProblem) -> Any:
    """Render the formulation as a Pyomo model, to read and to extend.

    Examples
    --------
    >>> from allocare.instances.programmes import ProgrammeProblem
    >>> model = pyomo_model(ProgrammeProblem(
    ...     groups=["hip", "heart"], group_size=[40, 10], programmes=["hip", "valve"], group=[0, 1],
    ...     benefit=[2, 5], budgets=["money"], budget_limit=[60], cost=[[1, 3]]))
    >>> print(model.budget["money"].expr)
    (40.0*share[hip] + 30.0*share[valve])  <=  60.0
    """
    import pyomo.environ as pyo

    model = pyo.ConcreteModel(name=problem.kind)
    model.groups = pyo.Set(initialize=problem.groups.tolist())
    model.programmes = pyo.Set(initialize=problem.programmes.tolist())
    model.budgets = pyo.Set(initialize=problem.budgets.tolist())
    limits = bounds(problem.lower.tolist(), problem.upper.tolist())
    model.share = pyo.Var(
        model.programmes,
        domain=pyo.Integers if problem.whole else pyo.Reals,
        bounds=dict(zip(model.programmes, limits, strict=True)),
    )
    model.group_utility = pyo.Expression(model.groups, rule=_utility(model, problem))
    model.spent = pyo.Expression(model.budgets, rule=_spent(model, problem))
    model.budget = pyo.Constraint(model.budgets, rule=_budget(model, problem))
    if problem.one_each:
        model.carried_out = pyo.Expression(model.groups, rule=_carried_out(model, problem))
        model.one_each = pyo.Constraint(model.groups, rule=_one_each(model))
    without = float(problem.group_size @ problem.baseline)
    value = weighted_sum(problem.worth, model.share.values()) + without
    model.objective = pyo.Objective(expr=value, sense=pyo.maximize)
    return model


def _utility(model: Any, problem: ProgrammeProblem) -> dict[Any, Any]:
    """alpha_i + sum_p q_p x_p."""
    gains = [q * x for q, x in zip(problem.benefit.tolist(), model.share.values(), strict=True)]
    sums = sums_by(problem.group, len(problem.groups), gains)
    baseline = problem.baseline.tolist()
    return {i: start + gain for i, start, gain in zip(model.groups, baseline, sums, strict=True)}


def _spent(model: Any, problem: ProgrammeProblem) -> dict[Any, Any]:
    """sum_p c_bp x_p."""
    share, spending = list(model.share.values()), problem.spending
    entries = [slice(*ends) for ends in pairwise(spending.indptr.tolist())]
    return {
        b: weighted_sum(spending.data[entry], [share[p] for p in spending.indices[entry].tolist()])
        for b, entry in zip(model.budgets, entries, strict=True)
    }


def _budget(model: Any, problem: ProgrammeProblem) -> dict[Any, Any]:
    """sum_p c_bp x_p <= B_b."""
    limits = zip(model.budgets, problem.budget_limit.tolist(), strict=True)
    return {b: model.spent[b] <= limit for b, limit in limits}


def _carried_out(model: Any, problem: ProgrammeProblem) -> dict[Any, Any]:
    """sum_p x_p over the programmes of a group."""
    sums = sums_by(problem.group, len(problem.groups), model.share.values())
    return dict(zip(model.groups, sums, strict=True))


def _one_each(model: Any) -> dict[Any, Any]:
    """sum_p x_p <= 1."""
    return {i: model.carried_out[i] <= 1 for i in model.groups}


def matrix_form(problem: ProgrammeProblem) -> MatrixForm:
    """Render the formulation as arrays.

    Examples
    --------
    >>> from allocare.instances.programmes import ProgrammeProblem
    >>> form = matrix_form(ProgrammeProblem(
    ...     groups=["hip", "heart"], group_size=[40, 10], baseline=[4, 1], programmes=["hip", "valve"],
    ...     group=[0, 1], benefit=[2, 5], budgets=["money"], budget_limit=[60], cost=[[1, 3]]))
    >>> form.cost.tolist(), form.offset, form.matrix.toarray().tolist()
    ([80.0, 50.0], 170.0, [[40.0, 30.0]])
    """
    build = FormBuilder()
    share = build.add_columns(
        "share",
        problem.size,
        cost=problem.worth,
        lower=problem.lower,
        upper=problem.upper,
        whole=problem.whole,
        keys=problem.programmes,
    )
    build.add_rows("budget", [(share, problem.spending)], upper=problem.budget_limit, keys=problem.budgets)
    if problem.one_each:
        place = (problem.group, np.arange(problem.size, dtype=np.int32))
        by_group = sp.csr_array((np.ones(problem.size), place), shape=(len(problem.groups), problem.size))
        build.add_rows("one_each", [(share, by_group)], upper=1.0, keys=problem.groups)
    offset = float(problem.group_size @ problem.baseline)
    return build.finish(decisions="share", maximise=True, offset=offset)
