r"""Where a greedy rule is provably optimal, its condition held against the data.

- Monge costs: :math:`c_{ij} + c_{i+1,j+1} \le c_{i,j+1} + c_{i+1,j}` in a balanced, complete table makes the
  north-west corner optimal (Hoffman 1963).
- One resource: totals within bounds whose sum is limited form a polymatroid, over which the greedy by
  marginal gain minimises every separable convex function (Federgruen & Groenevelt 1986). Whole units are held
  against the exchange condition: no unit taken from one recipient and given to another makes it better.
- One budget, divisible programmes: by benefit for cost (Dantzig 1957). Programmes of equal cost: the sets
  that fit are a laminar matroid, on which the greedy is optimal (Rado 1957; Edmonds 1971).
- Capacity that binds nowhere: each task at its best agent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .fair_allocation import RULES as FAIR_RULES
from .fair_allocation import plan as fair_plan
from .ledger import EXHAUSTED

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...instances.assignment import AssignmentProblem
    from ...instances.fair_allocation import FairAllocationProblem
    from ...instances.problem import Problem
    from ...instances.programmes import ProgrammeProblem
    from ...instances.transportation import TransportationProblem

BEST_AGENT_RULES = frozenset(
    {"nearest", "cheapest-lane", "largest-need", "best-weight", "first-come", "regret"}
)


def greedy_optimality(problem: Problem, rule: str) -> str | None:
    """Why a rule's plan is optimal on these data, its condition verified; None where that is not known.

    Parameters
    ----------
    problem
        The data. With a criterion or policies beside its own objective nothing is known.
    rule
        A greedy rule of its family.

    Examples
    --------
    >>> from allocare.instances.lanes import Lanes
    >>> from allocare.instances.transportation import TransportationProblem
    >>> monge = TransportationProblem(sources=["a", "b"], targets=["x", "y"],
    ...     lanes=Lanes.from_matrix([[1, 4], [2, 3]]), supply=[3, 2], demand=[1, 4])
    >>> greedy_optimality(monge, "north-west")
    'the costs are Monge and the table is balanced'
    >>> greedy_optimality(monge, "vogel") is None
    True
    """
    if problem.asks_fairness or problem.kind not in _FAMILIES:
        return None
    return _FAMILIES[problem.kind](problem, rule)


def is_monge(cost: Any) -> bool:
    """Whether a table of costs is Monge: neighbouring two by two squares never prefer their other diagonal.

    Examples
    --------
    >>> is_monge(np.array([[1.0, 4.0], [2.0, 3.0]])), is_monge(np.array([[4.0, 1.0], [2.0, 3.0]]))
    (True, False)
    """
    return bool((cost[:-1, :-1] + cost[1:, 1:] <= cost[:-1, 1:] + cost[1:, :-1]).all())


def _transportation(problem: TransportationProblem, rule: str) -> str | None:
    lanes = problem.lanes
    if rule != "north-west" or not lanes.complete or lanes.capacity is not None:
        return None
    if problem.supply is None or problem.demand is None or problem.unmet_cost is not None:
        return None
    if problem.supply.sum() != problem.demand.sum() or problem.total is not None:
        return None
    # balanced, every row is an equation whatever its rule says
    cost = lanes.matrix()
    if not is_monge(-cost if problem.maximise else cost):
        return None
    return "the costs are Monge and the table is balanced"


def _fair_allocation(problem: FairAllocationProblem, rule: str) -> str | None:
    if rule != "marginal-gain" or problem.cost_budget is not None or len(problem.sources) != 1:
        return None
    if problem.need is None:
        if problem.efficiency_loss != 0:
            return None
        why = "one resource, all of it shared: a separable convex objective over a polymatroid"
    elif problem.efficiency_loss is not None:
        return None
    else:
        why = "one resource: a separable convex objective over a polymatroid"
    if not problem.whole:
        return why
    return f"{why}, and no exchange of two units helps" if _no_exchange_helps(problem) else None


def _no_exchange_helps(problem: FairAllocationProblem) -> bool:
    """Whether no unit moved between recipients, or added where one is left, improves the rule's plan."""
    flow = fair_plan(problem, FAIR_RULES["marginal-gain"])
    lanes = problem.lanes
    demand = problem.demand[lanes.target]
    most = demand if lanes.capacity is None else np.minimum(demand, lanes.capacity)
    if problem.need is None:
        weight = np.divide(1.0, demand, out=np.zeros_like(demand), where=demand > 0)
        up, down = (2 * flow + 1) * weight, (2 * flow - 1) * weight
    else:
        up, down = 2 * (flow - problem.need) + 1, 2 * (flow - problem.need) - 1
    can_rise, can_fall = flow + 1 <= most, flow >= 1
    cheapest_rise = float(np.where(can_rise, up, np.inf).min(initial=np.inf))
    dearest_fall = float(np.where(can_fall, down, -np.inf).max(initial=-np.inf))
    rest = float(problem.supply[0] - flow.sum())
    doubt = 1e-12 * max(1.0, abs(dearest_fall) if np.isfinite(dearest_fall) else 0.0)
    if problem.need is not None and ((rest >= 1 and cheapest_rise < -doubt) or dearest_fall > doubt):
        return False
    if problem.need is None and rest >= 1 and can_rise.any():
        return False
    return dearest_fall <= cheapest_rise + doubt


def _programmes(problem: ProgrammeProblem, rule: str) -> str | None:
    if rule != "benefit-per-cost" or len(problem.budgets) != 1:
        return None
    spending = problem.spending.toarray()[0]
    if not problem.whole:
        affordable = spending @ problem.lower <= problem.budget_limit[0]
        return "divisible programmes under one budget" if affordable and not problem.one_each else None
    useful = spending[(problem.benefit > 0) & (problem.upper > 0)]
    if (problem.lower > 0).any() or len(np.unique(useful)) > 1 or (useful == 0).any():
        return None
    return "programmes of equal cost under one budget: the sets that fit are a matroid"


def _assignment(problem: AssignmentProblem, rule: str) -> str | None:
    """Whether every task can be at its best agent; ties go to the agent that comes first, as in the rules."""
    pairs = problem.pairs
    if rule not in BEST_AGENT_RULES or not len(pairs):
        return None
    cost = -pairs.cost if problem.maximise else pairs.cost
    order = np.lexsort((pairs.source, cost, pairs.target))
    first = order[np.unique(pairs.target[order], return_index=True)[1]]
    reached = pairs.target[first]
    if problem.task_rule == "exactly-once":
        if len(reached) < len(problem.tasks):
            return None
    else:
        price = np.zeros(len(problem.tasks)) if problem.left_out_cost is None else problem.left_out_cost
        first = first[cost[first] <= price[reached]]
    use = np.ones(len(first)) if problem.use is None else problem.use[first]
    load = np.bincount(pairs.source[first], use, len(problem.agents))
    if (load > problem.capacity * (1 + EXHAUSTED)).any():
        return None
    return "no capacity binds: every task is at its best agent"


_FAMILIES: dict[str, Callable[[Any, str], str | None]] = {
    "transportation": _transportation,
    "fair-allocation": _fair_allocation,
    "programmes": _programmes,
    "assignment": _assignment,
}
