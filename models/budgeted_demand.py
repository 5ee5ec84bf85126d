r"""The worst case over an interval of demand with a budget of uncertainty, as a linear program.

Without recourse lanes the cost of target j is a convex piecewise linear function of its stock and demand,

.. math:: q_j(r_j, d_j) = \max\{p_j (d_j - r_j),\; h_j (r_j - d_j)\}, \qquad p_j + h_j > 0.

Demand may move by shares :math:`\zeta_j \in [0, 1]` of its deviations with
:math:`\sum_j \zeta_j \le \Gamma`. A convex function is largest at an end of an interval, so that the most
target j can cost is

.. math::
    \varphi_j(\zeta) = \max\{q_j(r_j, \bar d_j + \zeta \hat d^+_j),\; q_j(r_j, \bar d_j - \zeta \hat d^-_j)\},

convex and never decreasing in :math:`\zeta`. The sum of these is convex in :math:`\zeta`, and hence
largest at a vertex of :math:`\{\zeta \in [0, 1]^n : \sum_j \zeta_j \le \Gamma\}`: there
:math:`\lfloor\Gamma\rfloor` targets at most move fully, and one more by
:math:`f = \Gamma - \lfloor\Gamma\rfloor`. So the worst case is

.. math::
    \sum_j \varphi_j(0) + \max\Bigl\{\sum_j \bigl[a_j (\varphi_j(1) - \varphi_j(0))
    + b_j (\varphi_j(f) - \varphi_j(0))\bigr] :
    \sum_j a_j \le \lfloor\Gamma\rfloor,\; \sum_j b_j \le 1,\; a_j + b_j \le 1,\;
    a, b \in \{0, 1\}^n\Bigr\}.

The rows on a and b are those of a transportation problem, hence totally unimodular: :math:`a, b \ge 0` will
do. By duality of linear programs the worst case is the least

.. math::
    \lfloor\Gamma\rfloor\, \theta + \psi + \sum_j t_j \quad\text{s.t.}\quad
    t_j \ge \varphi_j(0),\; t_j \ge \varphi_j(1) - \theta,\; t_j \ge \varphi_j(f) - \psi,\;
    \theta, \psi \ge 0,

which is linear, as each :math:`\varphi_j` is a maximum of linear functions of :math:`r_j`:

.. math::
    t_j + \theta_k + p_j r_j &\ge p_j d_{kj} && \forall k, j && \text{(case_unmet)} \\
    t_j + \theta_k - h_j r_j &\ge -h_j d_{kj} && \forall k, j && \text{(case_leftover)}

Where
    - the cases k are ``nominal`` (:math:`\theta_k = 0`); ``high`` and ``low`` with the full deviations
      (:math:`\theta_k = \theta`, `full_price`), where :math:`\Gamma \ge 1`; ``part high`` and ``part low``
      with f times the deviations (:math:`\theta_k = \psi`, `part_price`), where :math:`\Gamma` is no whole
      number
    - :math:`t_j` is `target_cost`, :math:`d_{kj}` the demand of target j in case k

For a whole budget this is Bertsimas and Sim's robust counterpart. For one that is not, theirs
(:math:`\Gamma \theta`, all deviations full) overstates the worst case, as :math:`\varphi_j` is convex in
:math:`\zeta` and not linear.

References
----------
D. Bertsimas, M. Sim, "The price of robustness", Operations Research 52(1), 2004, 35-53; D. Bertsimas,
A. Thiele, "A robust optimization approach to inventory theory", Operations Research 54(1), 2006, 150-168.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from ..instances.uncertain_demand import IntervalDemand

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray
    from ..instances.uncertain_transportation import UncertainTransportationProblem
    from .matrix import Block, FormBuilder


@dataclass(frozen=True, eq=False)
class Cases:
    """What demand may be in the worst case, one row a case.

    Parameters
    ----------
    names
        The cases.
    demand
        Demand of each target in each, shape (cases, targets).
    price
        Name of the column that prices the case, empty for the nominal one.
    """

    names: list[str]
    demand: FloatArray
    price: list[str]


def cases(demand: IntervalDemand) -> Cases:
    """List the cases of an interval with a budget.

    Examples
    --------
    >>> found = cases(IntervalDemand([10, 4], 2, 5, budget=1.5))
    >>> found.names, found.demand[3].tolist()
    (['nominal', 'high', 'low', 'part high', 'part low'], [12.5, 6.5])
    """
    whole, part = divmod(demand.budget, 1.0)
    names, shares, price = ["nominal"], [0.0], [""]
    for there, share, name, column in (
        (whole > 0, 1.0, "", "full_price"),
        (part > 0, part, "part ", "part_price"),
    ):
        if there:
            names += [f"{name}high", f"{name}low"]
            shares += [share, -share]
            price += [column, column]
    moved = np.array(shares)[:, np.newaxis]
    deviation = np.where(moved > 0, demand.upward, demand.downward)
    return Cases(names, demand.nominal + moved * deviation, price)


def _interval(problem: UncertainTransportationProblem) -> IntervalDemand:
    assert isinstance(problem.demand, IntervalDemand)
    return problem.demand


def prices(demand: IntervalDemand) -> dict[str, float]:
    r"""Columns that price the cases, with their costs: the budget's whole part, and 1 for its fraction.

    Examples
    --------
    >>> prices(IntervalDemand([10, 4], 2, 5, budget=1.5)), prices(IntervalDemand([10, 4], 2, 5, budget=0))
    ({'full_price': 1.0, 'part_price': 1.0}, {})
    """
    whole, part = divmod(demand.budget, 1.0)
    return ({"full_price": whole} if whole else {}) | ({"part_price": 1.0} if part else {})


def add_columns(model: Any, problem: UncertainTransportationProblem) -> None:
    """Add t_j, and theta and psi where the budget has them, to a Pyomo model.

    Examples
    --------
    >>> import allocare
    >>> from allocare.instances.lanes import Lanes
    >>> model = allocare.pyomo_model(allocare.UncertainTransportationProblem(
    ...     sources=["depot"], targets=["Jena"], lanes=Lanes.from_matrix([[2]]),
    ...     demand=IntervalDemand([10], 2, 5), unmet_cost=10))
    >>> model.full_price.bounds
    (0.0, None)
    """
    import pyomo.environ as pyo

    model.target_cost = pyo.Var(model.targets)
    for name in prices(_interval(problem)):
        setattr(model, name, pyo.Var(bounds=(0.0, None)))


def add_rows(model: Any, problem: UncertainTransportationProblem) -> Any:
    """Add the rows of every case to a Pyomo model; return the worst case.

    Examples
    --------
    >>> import allocare
    >>> from allocare.instances.lanes import Lanes
    >>> model = allocare.pyomo_model(allocare.UncertainTransportationProblem(
    ...     sources=["depot"], targets=["Jena"], lanes=Lanes.from_matrix([[2]]),
    ...     demand=IntervalDemand([10], 2, 5), unmet_cost=10))
    >>> print(model.case_unmet["high", "Jena"].expr)
    150.0  <=  target_cost[Jena] + full_price + 10.0*stock[Jena]
    """
    import pyomo.environ as pyo

    demand = _interval(problem)
    found = cases(demand)
    keys = [(k, j) for k in found.names for j in model.targets]
    added = [model.component(name) if name else 0.0 for name in found.price]
    bound = [(j, theta) for theta in added for j in model.targets]
    for name, slope in (("case_unmet", problem.unmet_cost), ("case_leftover", -problem.leftover_cost)):
        slopes = slope.tolist() * len(found.names)
        least = (slope * found.demand).ravel().tolist()
        rows = {
            key: model.target_cost[j] + theta + rate * model.stock[j] >= limit
            for key, (j, theta), rate, limit in zip(keys, bound, slopes, least, strict=True)
        }
        setattr(model, name, pyo.Constraint(pyo.Set(initialize=keys), rule=rows))
    terms = [cost * model.component(name) for name, cost in prices(demand).items()]
    return pyo.quicksum(model.target_cost.values()) + sum(terms)


def form_columns(build: FormBuilder, problem: UncertainTransportationProblem) -> dict[str, Block]:
    """Add t_j, and theta and psi where the budget has them, to a matrix form.

    Examples
    --------
    >>> import allocare
    >>> from allocare.instances.lanes import Lanes
    >>> form = allocare.matrix_form(allocare.UncertainTransportationProblem(
    ...     sources=["depot"], targets=["Jena"], lanes=Lanes.from_matrix([[2]]),
    ...     demand=IntervalDemand([10], 2, 5), unmet_cost=10))
    >>> [block.name for block in form.columns]
    ['flow', 'stock', 'target_cost', 'full_price']
    """
    targets = problem.targets
    columns = {
        "target_cost": build.add_columns("target_cost", len(targets), cost=1.0, lower=-np.inf, keys=targets)
    }
    for name, cost in prices(_interval(problem)).items():
        columns[name] = build.add_columns(name, 1, cost=cost)
    return columns


def form_rows(
    build: FormBuilder,
    problem: UncertainTransportationProblem,
    stock: Block,
    columns: dict[str, Block],
) -> None:
    """Add the rows of every case to a matrix form.

    Examples
    --------
    >>> import allocare
    >>> from allocare.instances.lanes import Lanes
    >>> form = allocare.matrix_form(allocare.UncertainTransportationProblem(
    ...     sources=["depot"], targets=["Jena"], lanes=Lanes.from_matrix([[2]]),
    ...     demand=IntervalDemand([10], 2, 5), unmet_cost=10, leftover_cost=1))
    >>> form.row_lower[form.row_block("case_unmet").slice].tolist()
    [100.0, 150.0, 80.0]
    """
    found = cases(_interval(problem))
    count, width = found.demand.shape
    once = np.ones((count, 1))
    own = sp.coo_array(sp.kron(once, sp.eye_array(width)))
    keys = pd.MultiIndex.from_product([found.names, problem.targets])
    priced = [
        (columns[name], sp.coo_array(np.repeat([[float(of == name)] for of in found.price], width, axis=0)))
        for name in columns
        if name != "target_cost"
    ]
    for name, slope in (("case_unmet", problem.unmet_cost), ("case_leftover", -problem.leftover_cost)):
        held = sp.coo_array(sp.kron(once, sp.diags_array(slope)))
        parts = [(columns["target_cost"], own), *priced, (stock, held)]
        build.add_rows(name, parts, lower=(slope * found.demand).ravel(), keys=keys)
