r"""Transportation before demand is known: at least expected cost, conditional value at risk, or worst case.

.. math::
    \min \sum_{(i,j) \in L} (c_{ij} + b_i) x_{ij} + \rho(Q_1, \dots, Q_S), \qquad
    Q_s = \sum_j (p_j u_{sj} + h_j v_{sj}) + \sum_{(j,k) \in R} g_{jk} y_{sjk}

.. math::
    \sum_{j} x_{ij} &\le s_i && \forall i && \text{(supply_limit)} \\
    \sum_{i} x_{ij} - r_j &= 0 && \forall j && \text{(stock_balance)} \\
    r_j + u_{sj} - v_{sj} - \sum_k (y_{sjk} - y_{skj}) &= d_{sj} && \forall s, j && \text{(demand_balance)} \\
    0 \le x_{ij} \le k_{ij},\quad 0 \le u_{sj} &\le d_{sj},\quad v_{sj} \ge 0,\quad 0 \le y_{sjk} \le k'_{jk}

Where
    - :math:`x_{ij}` (`flow`) is the quantity sent on lane (i, j) of L before demand is known, :math:`r_j`
      (`stock`) what target j then holds
    - in scenario s, which has the probability :math:`\pi_s`, target j asks for :math:`d_{sj}`;
      :math:`u_{sj}` (`unmet`) of it is left unmet, :math:`v_{sj}` (`leftover`) of the stock is left over,
      and :math:`y_{sjk}` (`passed`) is passed on to target k on lane (j, k) of R, where there are such
    - :math:`c_{ij}` is the cost of a unit on the lane, :math:`b_i` its purchase cost; :math:`p_j` and
      :math:`h_j` are the costs of a unit unmet and left over (:math:`p_j + h_j > 0`), and
      :math:`g_{jk} \ge 0` is that of one passed on
    - :math:`s_i` is the supply of source i, :math:`k` and :math:`k'` are the lanes' capacities

The measure :math:`\rho` is one of three. **Expected cost** is :math:`\sum_s \pi_s Q_s`, the two-stage
stochastic program. **CVaR** is
:math:`(1 - \lambda) \sum_s \pi_s Q_s + \lambda\, \mathrm{CVaR}_\alpha(Q)`, by Rockafellar and Uryasev

.. math::
    \mathrm{CVaR}_\alpha(Q) = \min_{\eta}\; \eta + \frac{1}{1 - \alpha} \sum_s \pi_s e_s
    \quad\text{s.t.}\quad e_s + \eta \ge Q_s,\; e_s \ge 0 \quad \forall s \quad\text{(tail)}

with :math:`\eta` (`value_at_risk`) and :math:`e_s` (`excess`). What is sent now costs the same in every
scenario, so it makes no difference whether it counts within the measure. The **worst case** is :math:`w`
(`worst`) with :math:`w \ge Q_s` in every scenario (worst_case); over an interval of demand it is stated by
`allocare.models.budgeted_demand`.

Where quantities are whole, :math:`x`, :math:`r` and :math:`y` are, and so are :math:`u` and :math:`v` where
demands are. For expected cost without lanes R the matrix is then totally unimodular: supply_limit and
stock_balance are a network's, each row of demand_balance repeats a unit row, with unit columns of its own.

References
----------
A. C. Williams, "A stochastic transportation problem", Operations Research 11(5), 1963, 759-770;
J. R. Birge, F. Louveaux, "Introduction to Stochastic Programming", Springer, 2011;
R. T. Rockafellar, S. Uryasev, "Optimization of conditional value-at-risk", Journal of Risk 2(3), 2000, 21-41.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from ..instances.arrays import decimal_product
from ..instances.uncertain_demand import IntervalDemand
from . import budgeted_demand
from .lane_keys import lane_keys
from .matrix import FormBuilder
from .pyomo_terms import add_flow, bounds, sums_by, weighted_sum

if TYPE_CHECKING:
    from ..instances.arrays import BoolArray, FloatArray
    from ..instances.lanes import Lanes
    from ..instances.uncertain_demand import ScenarioDemand
    from ..instances.uncertain_transportation import UncertainTransportationProblem
    from .matrix import Block, MatrixForm


def pyomo_model(problem: UncertainTransportationProblem) -> Any:
    """Render the formulation as a Pyomo model, to read and to extend.

    Examples
    --------
    >>> from allocare.instances.lanes import Lanes
    >>> from allocare.instances.uncertain_demand import ScenarioDemand
    >>> from allocare.instances.uncertain_transportation import UncertainTransportationProblem
    >>> model = pyomo_model(UncertainTransportationProblem(
    ...     sources=["depot"], targets=["Jena"], lanes=Lanes.from_matrix([[2]]), supply=[9],
    ...     demand=ScenarioDemand([[4], [8]]), unmet_cost=10, leftover_cost=1))
    >>> print(model.demand_balance[2, "Jena"].expr)
    stock[Jena] + unmet[2,Jena] - leftover[2,Jena]  ==  8.0
    """
    import pyomo.environ as pyo

    lanes = problem.lanes
    model = pyo.ConcreteModel(name=problem.kind)
    capacity = np.full(len(lanes), np.inf) if lanes.capacity is None else lanes.capacity
    add_flow(model, problem.sources, problem.targets, lanes, capacity, whole=problem.whole)
    model.stock = pyo.Var(
        model.targets, domain=pyo.Integers if problem.whole else pyo.Reals, bounds=(0.0, None)
    )
    if isinstance(problem.demand, IntervalDemand):
        budgeted_demand.add_columns(model, problem)
    else:
        _add_recourse(model, problem)
    if problem.supply is not None:
        model.supply_limit = pyo.Constraint(model.sources, rule=_supply_limit(model, problem.supply))
    model.stock_balance = pyo.Constraint(
        model.targets, rule={j: model.received[j] - model.stock[j] == 0 for j in model.targets}
    )
    if isinstance(problem.demand, IntervalDemand):
        measured = budgeted_demand.add_rows(model, problem)
    else:
        model.demand_balance = pyo.Constraint(model.asked, rule=_demand_balance(model, problem))
        measured = _add_measure(model, problem)
    sent = weighted_sum(problem.lane_cost, model.flow.values())
    model.objective = pyo.Objective(expr=sent + measured)
    return model


def _supply_limit(model: Any, supply: FloatArray) -> dict[Any, Any]:
    """sum_j x_ij <= s_i."""
    return {i: model.sent[i] <= limit for i, limit in zip(model.sources, supply.tolist(), strict=True)}


def _add_recourse(model: Any, problem: UncertainTransportationProblem) -> None:
    """Sets of scenarios and of what they ask for; u_sj, v_sj, y_sjk, and the measure's columns."""
    import pyomo.environ as pyo

    demand = problem.scenarios
    whole = pyo.Integers if _whole_demand(problem) else pyo.Reals
    model.scenarios = pyo.Set(initialize=demand.names.tolist())
    model.asked = pyo.Set(initialize=_asked(problem, demand).tolist())
    limits = bounds([0.0] * demand.quantity.size, demand.quantity.ravel().tolist())
    model.unmet = pyo.Var(model.asked, domain=whole, bounds=dict(zip(model.asked, limits, strict=True)))
    model.leftover = pyo.Var(model.asked, domain=whole, bounds=(0.0, None))
    if problem.recourse is not None:
        model.passing = pyo.Set(initialize=_passing(problem, problem.recourse, demand).tolist())
        most = _passable(problem.recourse, len(demand.probability)).tolist()
        model.passed = pyo.Var(
            model.passing,
            domain=pyo.Integers if problem.whole else pyo.Reals,
            bounds=dict(zip(model.passing, bounds([0.0] * len(most), most), strict=True)),
        )
    if problem.measure == "cvar":
        model.value_at_risk = pyo.Var()
        model.excess = pyo.Var(model.scenarios, bounds=(0.0, None))
    if problem.measure == "worst-case":
        model.worst = pyo.Var()


def _demand_balance(model: Any, problem: UncertainTransportationProblem) -> dict[Any, Any]:
    """r_j + u_sj - v_sj - sum_k y_sjk + sum_k y_skj = d_sj."""
    demand = problem.scenarios
    stock = list(model.stock.values()) * len(demand.probability)
    held = [r + u - v for r, u, v in zip(stock, model.unmet.values(), model.leftover.values(), strict=True)]
    if problem.recourse is not None:
        tail, head = _passing_rows(problem.recourse, demand)
        passed = list(model.passed.values())
        leaving, entering = sums_by(tail, len(held), passed), sums_by(head, len(held), passed)
        held = [h - out + into for h, out, into in zip(held, leaving, entering, strict=True)]
    asked = zip(model.asked, held, demand.quantity.ravel().tolist(), strict=True)
    return {key: has == needed for key, has, needed in asked}


def _add_measure(model: Any, problem: UncertainTransportationProblem) -> Any:
    """Rows (tail) or (worst_case), and the measure of the scenarios' costs."""
    import pyomo.environ as pyo

    likely = problem.scenarios.probability
    expected = _weighted_costs(model, problem, likely)
    if problem.measure == "expected-cost":
        return expected
    later = _scenario_costs(model, problem)
    if problem.measure == "worst-case":
        rows = {s: model.worst - cost >= 0 for s, cost in zip(model.scenarios, later, strict=True)}
        model.worst_case = pyo.Constraint(model.scenarios, rule=rows)
        return model.worst
    over = {
        s: model.excess[s] + model.value_at_risk - cost >= 0
        for s, cost in zip(model.scenarios, later, strict=True)
    }
    model.tail = pyo.Constraint(model.scenarios, rule=over)
    risk = problem.tail_weight * model.value_at_risk + weighted_sum(
        _excess_weight(problem), model.excess.values()
    )
    return risk + _weighted_costs(model, problem, (1 - problem.tail_weight) * likely)


def _weighted_costs(model: Any, problem: UncertainTransportationProblem, weight: FloatArray) -> Any:
    """Sum of Q_s by weights."""
    total = weighted_sum(_weighed(weight, problem.unmet_cost), model.unmet.values())
    total += weighted_sum(_weighed(weight, problem.leftover_cost), model.leftover.values())
    if problem.recourse is not None:
        total += weighted_sum(_weighed(weight, problem.recourse.cost), model.passed.values())
    return total


def _scenario_costs(model: Any, problem: UncertainTransportationProblem) -> list[Any]:
    """Q_s of each scenario."""
    count = len(problem.scenarios.probability)
    blocks = [(problem.unmet_cost, model.unmet), (problem.leftover_cost, model.leftover)]
    if problem.recourse is not None:
        blocks.append((problem.recourse.cost, model.passed))
    costs: list[Any] = [0.0] * count
    for cost, columns in blocks:
        of = list(columns.values())
        width = len(cost)
        costs = [total + weighted_sum(cost, of[s * width : (s + 1) * width]) for s, total in enumerate(costs)]
    return costs


@dataclass(frozen=True, eq=False)
class _Recourse:
    """The columns of the second stage, with what a unit of each costs."""

    blocks: list[tuple[Block, FloatArray]]
    balance: list[tuple[Block, sp.sparray]]

    def costs(self, count: int) -> list[tuple[Block, sp.sparray]]:
        """Minus Q_s as rows, one a scenario."""
        each = sp.eye_array(count)
        return [(block, sp.coo_array(sp.kron(each, -cost[np.newaxis]))) for block, cost in self.blocks]


def matrix_form(problem: UncertainTransportationProblem) -> MatrixForm:
    """Render the formulation as arrays.

    Examples
    --------
    >>> from allocare.instances.lanes import Lanes
    >>> from allocare.instances.uncertain_demand import ScenarioDemand
    >>> from allocare.instances.uncertain_transportation import UncertainTransportationProblem
    >>> form = matrix_form(UncertainTransportationProblem(
    ...     sources=["depot"], targets=["Jena"], lanes=Lanes.from_matrix([[2]]), supply=[9],
    ...     demand=ScenarioDemand([[4], [8]]), unmet_cost=10, leftover_cost=1))
    >>> [block.name for block in form.columns], [block.name for block in form.rows]
    (['flow', 'stock', 'unmet', 'leftover'], ['supply_limit', 'stock_balance', 'demand_balance'])
    >>> form.cost.tolist()
    [2.0, 0.0, 5.0, 5.0, 0.5, 0.5]
    """
    lanes = problem.lanes
    by_source, by_target = lanes.incidence()
    build = FormBuilder()
    flow = build.add_columns(
        "flow",
        len(lanes),
        cost=problem.lane_cost,
        upper=np.inf if lanes.capacity is None else lanes.capacity,
        whole=problem.whole,
        keys=lane_keys(lanes, problem.sources, problem.targets),
    )
    stock = build.add_columns("stock", len(problem.targets), whole=problem.whole, keys=problem.targets)
    if isinstance(problem.demand, IntervalDemand):
        columns = budgeted_demand.form_columns(build, problem)
    else:
        recourse = _form_recourse(build, problem)
        measure = _form_measure(build, problem)
    if problem.supply is not None:
        build.add_rows("supply_limit", [(flow, by_source)], upper=problem.supply, keys=problem.sources)
    held = -sp.eye_array(len(problem.targets))
    build.add_rows(
        "stock_balance", [(flow, by_target), (stock, held)], lower=0.0, upper=0.0, keys=problem.targets
    )
    if isinstance(problem.demand, IntervalDemand):
        budgeted_demand.form_rows(build, problem, stock, columns)
        return build.finish(decisions="flow")
    demand = problem.scenarios
    repeated = sp.kron(np.ones((len(demand.probability), 1)), sp.eye_array(len(problem.targets)))
    asked = demand.quantity.ravel()
    build.add_rows(
        "demand_balance",
        [(stock, sp.coo_array(repeated)), *recourse.balance],
        lower=asked,
        upper=asked,
        keys=_asked(problem, demand),
    )
    if measure:
        name = "tail" if problem.measure == "cvar" else "worst_case"
        count = len(demand.probability)
        build.add_rows(name, [*measure, *recourse.costs(count)], lower=0.0, keys=demand.names)
    unimodular = problem.recourse is None and problem.measure == "expected-cost" and _whole_demand(problem)
    return build.finish(decisions="flow", integral=unimodular)


def _form_recourse(build: FormBuilder, problem: UncertainTransportationProblem) -> _Recourse:
    demand = problem.scenarios
    weight = (
        demand.probability
        * {"expected-cost": 1.0, "cvar": 1 - problem.tail_weight, "worst-case": 0.0}[str(problem.measure)]
    )
    whole, asked = _whole_demand(problem), _asked(problem, demand)
    size = demand.quantity.size
    unmet = build.add_columns(
        "unmet",
        size,
        cost=_weighed(weight, problem.unmet_cost),
        upper=demand.quantity.ravel(),
        whole=whole,
        keys=asked,
    )
    leftover = build.add_columns(
        "leftover", size, cost=_weighed(weight, problem.leftover_cost), whole=whole, keys=asked
    )
    one = sp.eye_array(size)
    blocks = [(unmet, problem.unmet_cost), (leftover, problem.leftover_cost)]
    balance: list[tuple[Block, sp.sparray]] = [(unmet, one), (leftover, -one)]
    if problem.recourse is not None:
        most = _passable(problem.recourse, len(demand.probability))
        passed = build.add_columns(
            "passed",
            len(most),
            cost=_weighed(weight, problem.recourse.cost),
            upper=most,
            whole=problem.whole,
            keys=_passing(problem, problem.recourse, demand),
        )
        tail, head = _passing_rows(problem.recourse, demand)
        at = np.arange(len(most))
        ends = (np.concatenate([tail, head]), np.concatenate([at, at]))
        sign = np.repeat([-1.0, 1.0], len(most))
        balance.append((passed, sp.coo_array((sign, ends), shape=(size, len(most)))))
        blocks.append((passed, problem.recourse.cost))
    return _Recourse(blocks, balance)


def _form_measure(
    build: FormBuilder, problem: UncertainTransportationProblem
) -> list[tuple[Block, sp.sparray]]:
    """The measure's own columns, with what they are in its rows."""
    demand = problem.scenarios
    count = len(demand.probability)
    once = sp.coo_array(np.ones((count, 1)))
    if problem.measure == "worst-case":
        return [(build.add_columns("worst", 1, cost=1.0, lower=-np.inf), once)]
    if problem.measure == "expected-cost":
        return []
    at_risk = build.add_columns("value_at_risk", 1, cost=problem.tail_weight, lower=-np.inf)
    excess = build.add_columns("excess", count, cost=_excess_weight(problem), keys=demand.names)
    return [(at_risk, once), (excess, sp.eye_array(count))]


def _weighed(weight: FloatArray, cost: FloatArray) -> FloatArray:
    """Cost of each column in each scenario times the scenario's weight."""
    return decimal_product(weight[:, np.newaxis], cost).ravel()


def _excess_weight(problem: UncertainTransportationProblem) -> FloatArray:
    """Weight lambda pi_s / (1 - alpha) of each excess."""
    return problem.tail_weight * problem.scenarios.probability / (1 - problem.tail_level)


def _whole_demand(problem: UncertainTransportationProblem) -> bool:
    """Whether unmet demand and stock left over are whole numbers."""
    broken: BoolArray = problem.scenarios.quantity % 1 != 0
    return problem.whole and not broken.any()


def _asked(problem: UncertainTransportationProblem, demand: ScenarioDemand) -> pd.MultiIndex:
    """Keys (scenario, target)."""
    levels: list[Any] = [demand.names, problem.targets]
    keys: pd.MultiIndex = pd.MultiIndex.from_product(levels)
    return keys


def _passing(
    problem: UncertainTransportationProblem, recourse: Lanes, demand: ScenarioDemand
) -> pd.MultiIndex:
    """Keys (scenario, target that passes on, target that receives)."""
    count, targets = len(demand.probability), problem.targets
    levels: list[Any] = [demand.names, targets, targets]
    codes: list[Any] = [
        np.repeat(np.arange(count), len(recourse)),
        np.tile(recourse.source, count),
        np.tile(recourse.target, count),
    ]
    return pd.MultiIndex(levels=levels, codes=codes, verify_integrity=False)


def _passing_rows(recourse: Lanes, demand: ScenarioDemand) -> tuple[Any, Any]:
    """Rows (s, j) and (s, k) of each column (s, j, k)."""
    first = np.arange(len(demand.probability))[:, np.newaxis] * demand.n_targets
    return (first + recourse.source).ravel(), (first + recourse.target).ravel()


def _passable(recourse: Lanes, count: int) -> FloatArray:
    """Capacity of each recourse lane in each scenario."""
    most = np.full(len(recourse), np.inf) if recourse.capacity is None else recourse.capacity
    return np.tile(most, count)
