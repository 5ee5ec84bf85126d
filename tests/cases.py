"""Problems with a known outcome that every backend is put through, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from allocare import (
    AssignmentProblem,
    FairAllocationProblem,
    Lanes,
    LinearProblem,
    NetworkFlowProblem,
    ProgrammeProblem,
    ScenarioDemand,
    TransportationProblem,
    UncertainTransportationProblem,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from allocare.instances.problem import Problem

INF = np.inf


def keys(letter: str, n: int) -> list[str]:
    return [f"{letter}{k + 1}" for k in range(n)]


def transportation(cost: Any, supply: Any, demand: Any, **rules: Any) -> TransportationProblem:
    lanes = Lanes.from_matrix(np.array(cost, dtype=float), rules.pop("capacity", None))
    return TransportationProblem(
        sources=keys("s", lanes.n_sources),
        targets=keys("t", lanes.n_targets),
        lanes=lanes,
        supply=supply,
        demand=demand,
        **rules,
    )


def assignment(cost: Any, **rules: Any) -> AssignmentProblem:
    pairs = Lanes.from_matrix(np.array(cost, dtype=float))
    return AssignmentProblem(
        agents=keys("a", pairs.n_sources), tasks=keys("k", pairs.n_targets), pairs=pairs, **rules
    )


def fair(reach: Any, supply: Any, demand: Any, **rules: Any) -> FairAllocationProblem:
    lanes = Lanes.from_matrix(np.array(reach, dtype=float))
    return FairAllocationProblem(
        sources=keys("s", lanes.n_sources),
        targets=keys("t", lanes.n_targets),
        lanes=lanes,
        supply=supply,
        demand=demand,
        **rules,
    )


def network(
    balance: Any, arcs: list[tuple[int, int, float, float, float]], **rules: Any
) -> NetworkFlowProblem:
    tail, head, lower, capacity, cost = (
        (np.array(c, dtype=float) for c in zip(*arcs, strict=True)) if arcs else (np.zeros(0),) * 5
    )
    return NetworkFlowProblem(
        nodes=list(range(1, len(balance) + 1)),
        balance=balance,
        tail=tail.astype(np.int32) - 1,
        head=head.astype(np.int32) - 1,
        cost=cost,
        lower=lower,
        capacity=capacity,
        **rules,
    )


def linear(objective: Any, matrix: Any, row_upper: Any, **rules: Any) -> LinearProblem:
    n = len(objective)
    fields = {
        "row_lower": np.full(len(row_upper), -INF),
        "lower": np.zeros(n),
        "upper": np.full(n, INF),
    } | rules
    return LinearProblem(
        columns=keys("x", n),
        rows=keys("r", len(row_upper)),
        objective=objective,
        matrix=np.array(matrix, dtype=float).reshape(len(row_upper), n),
        row_upper=row_upper,
        **fields,
    )


def programmes(benefit: Any, cost: Any, limit: Any, **rules: Any) -> ProgrammeProblem:
    n = len(benefit)
    group = np.array(rules.pop("group", range(n)), dtype=int)
    fields = {"groups": keys("g", int(group.max(initial=-1)) + 1), "group_size": 1.0} | rules
    return ProgrammeProblem(
        programmes=keys("p", n),
        group=group,
        benefit=benefit,
        budgets=keys("b", len(limit)),
        budget_limit=limit,
        cost=np.array(cost, dtype=float).reshape(len(limit), n),
        **fields,
    )


def uncertain(cost: Any, supply: Any, demand: Any, **rules: Any) -> UncertainTransportationProblem:
    lanes = Lanes.from_matrix(np.array(cost, dtype=float), rules.pop("capacity", None))
    if not hasattr(demand, "n_targets"):
        demand = ScenarioDemand(np.array(demand, dtype=float), rules.pop("probability", None))
    fields = {"unmet_cost": 10.0, "leftover_cost": 1.0} | rules
    return UncertainTransportationProblem(
        sources=keys("s", lanes.n_sources),
        targets=keys("t", lanes.n_targets),
        lanes=lanes,
        supply=supply,
        demand=demand,
        **fields,
    )


@dataclass(frozen=True)
class Case:
    """A problem and what every capable backend must say of it."""

    name: str
    make: Callable[[], Problem]
    status: str
    objective: float | None = None


MISSING = np.nan
CASES = [
    # --- optimal
    Case("one by one transportation", lambda: transportation([[3]], [5], [5], whole=True), "optimal", 15),
    Case("one by one assignment", lambda: assignment([[7]]), "optimal", 7),
    Case("one by one assignment maximised", lambda: assignment([[7]], sense="max"), "optimal", 7),
    Case("one arc", lambda: network([2, -2], [(1, 2, 0, 5, 4)]), "optimal", 8),
    Case(
        "stock for one of two demands", lambda: uncertain([[2]], [9], [[4], [8]], whole=True), "optimal", 18
    ),
    Case(
        "stock for the worst of two demands",
        lambda: uncertain([[2]], None, [[4], [8]], measure="worst-case"),
        "optimal",
        208 / 11,
    ),
    Case("one column", lambda: linear([3], [[1]], [4], sense="max"), "optimal", 12),
    Case("one column whole", lambda: linear([3], [[2]], [9], sense="max", whole=True), "optimal", 12),
    Case("one recipient", lambda: fair([[1]], [3], [6]), "optimal", 0),
    Case("one recipient whole", lambda: fair([[1]], [3], [6], whole=True), "optimal", 0),
    Case(
        "supply to spare", lambda: transportation([[1, 2], [3, 4]], [9, 9], [2, 3], whole=True), "optimal", 8
    ),
    Case(
        "shortage priced",
        lambda: transportation([[1, 2]], [3], [2, 4], whole=True, unmet_cost=[10, 10]),
        "optimal",
        2 + 2 + 3 * 10,
    ),
    Case(
        "a lane dearer than the price of unmet demand is not used",
        lambda: transportation([[1, 20]], [6], [2, 4], whole=True, unmet_cost=[10, 10]),
        "optimal",
        42,
    ),
    Case(
        "minimum service forces the dear lane",
        lambda: transportation(
            [[1, 20]], [6], [2, 4], whole=True, unmet_cost=[10, 10], minimum_service=[0, 0.3]
        ),
        "optimal",
        2 + 2 * 20 + 2 * 10,
    ),
    Case(
        "exact supply to unlimited targets",
        lambda: transportation(
            [[1, 2], [4, 3]], [5, 6], None, whole=True, supply_rule="exactly", demand_rule="none"
        ),
        "optimal",
        23,
    ),
    Case(
        "demand at least met takes the exact supply",
        lambda: transportation(
            [[1, 2]], [9], [2, 3], whole=True, supply_rule="exactly", demand_rule="at-least"
        ),
        "optimal",
        6 + 6,
    ),
    Case(
        "total given",
        lambda: transportation([[1, 2], [4, 3]], [5, 6], None, whole=True, demand_rule="none", total=7),
        "optimal",
        5 + 6,
    ),
    Case(
        "greatest weight",
        lambda: transportation([[1, 2], [4, 3]], [5, 6], [4, 4], whole=True, sense="max"),
        "optimal",
        4 * 4 + 2 * 3 + 2 * 2,
    ),
    Case(
        "greatest weight exact supply",
        lambda: transportation(
            [[1, 2], [4, 3]], [4, 4], [4, 4], whole=True, sense="max", supply_rule="exactly"
        ),
        "optimal",
        24,
    ),
    Case(
        "lane capacity",
        lambda: transportation([[1, 9], [2, 9]], [5, 5], [5, 1], whole=True, capacity=[[3, INF], [INF, INF]]),
        "optimal",
        3 + 4 + 9,
    ),
    Case(
        "missing lane",
        lambda: transportation([[1, MISSING], [2, 5]], [5, 5], [4, 3], whole=True),
        "optimal",
        4 + 15,
    ),
    Case(
        "negative costs",
        lambda: transportation([[-3, 2], [-1, -4]], [5, 5], [4, 3], whole=True),
        "optimal",
        -24,
    ),
    Case(
        "ties everywhere",
        lambda: transportation(np.ones((4, 4)), [3] * 4, [3] * 4, whole=True),
        "optimal",
        12,
    ),
    Case("assignment ties", lambda: assignment(np.ones((5, 5))), "optimal", 5),
    Case("rectangular assignment", lambda: assignment([[4, 2], [5, 1], [3, 9]]), "optimal", 4),
    Case("forbidden pairs", lambda: assignment([[1, MISSING], [2, 8]]), "optimal", 9),
    Case(
        "at most once for a price",
        lambda: assignment([[4, 9]], task_rule="at-most-once", left_out_cost=[6, 7]),
        "optimal",
        11,
    ),
    Case(
        "at most once, most weight",
        lambda: assignment([[4, 9]], task_rule="at-most-once", sense="max"),
        "optimal",
        9,
    ),
    Case("many to one", lambda: assignment([[1, 2, 3], [2, 4, 9]], capacity=[2, 1]), "optimal", 2 + 2 + 3),
    Case(
        "generalised assignment",
        lambda: assignment([[1, 2, 3], [2, 4, 9]], capacity=[5, 4], use=[3, 3, 2, 2, 2, 2]),
        "optimal",
        2 + 2 + 3,
    ),
    Case(
        "generalised assignment maximised",
        lambda: assignment([[1, 2, 3], [2, 4, 9]], capacity=[5, 4], use=[3, 3, 2, 2, 2, 2], sense="max"),
        "optimal",
        1 + 4 + 9,
    ),
    Case(
        "first class first",
        lambda: assignment([[5, 9]], task_rule="at-most-once", sense="max", priority=[1, 2]),
        "optimal",
        5,
    ),
    Case(
        "network with lower bounds",
        lambda: network([4, 0, -4], [(1, 2, 1, 4, 2), (2, 3, 0, 3, 1), (1, 3, 0, 5, 2)]),
        "optimal",
        2 + 1 + 6,
    ),
    Case("parallel arcs", lambda: network([5, -5], [(1, 2, 0, 3, 1), (1, 2, 0, 9, 2)]), "optimal", 7),
    Case("a cycle that pays", lambda: network([0, 0], [(1, 2, 0, 3, 1), (2, 1, 0, 2, -4)]), "optimal", -6),
    Case("unlimited arc", lambda: network([5, -5], [(1, 2, 0, INF, 1)]), "optimal", 5),
    Case("shared evenly", lambda: fair([[1, 1]], [6], [4, 8]), "optimal", 0),
    Case("whole units shared", lambda: fair([[1, 1]], [3], [2, 2], whole=True), "optimal", 1 / 16),
    Case("reach limits evenness", lambda: fair([[1, MISSING], [1, 1]], [4, 2], [4, 4]), "optimal", 1 / 16),
    Case(
        "deviation from need",
        lambda: fair([[1, 1]], [3], [5, 5], criterion="need-deviation", need=[2, 3]),
        "optimal",
        2.0,
    ),
    Case(
        "deviation from need, whole",
        lambda: fair([[1, 1]], [4], [5, 5], criterion="need-deviation", need=[2, 3], whole=True),
        "optimal",
        1.0,
    ),
    Case("equations", lambda: linear([1, 1], [[1, 2], [3, 1]], [4, 7], row_lower=[4, 7]), "optimal", 3.0),
    Case("free column", lambda: linear([1], [[1]], [9], row_lower=[-3], lower=[-INF]), "optimal", -3),
    Case(
        "one programme",
        lambda: programmes([3], [2], [2], group_size=5, cost_per="programme"),
        "optimal",
        15,
    ),
    Case(
        "the best programme for its cost is not the best choice",
        lambda: programmes([13, 10, 10], [6, 5, 5], [10], baseline=[1, 0, 0]),
        "optimal",
        1 + 20,
    ),
    Case(
        "shares of programmes",
        lambda: programmes([12, 9, 8], [6, 5, 5], [10], whole=False),
        "optimal",
        12 + 9 * 4 / 5,
    ),
    Case(
        "shares within bounds",
        lambda: programmes([12, 9, 8], [6, 5, 5], [10], lower=[0, 0, 0.2], upper=[0.5, 1, 1], whole=False),
        "optimal",
        6 + 9 + 8 * 2 / 5,
    ),
    Case(
        "one option each",
        lambda: programmes([5, 4, 3], [1, 1, 1], [2], group=[0, 0, 1], one_each=True),
        "optimal",
        8,
    ),
    Case(
        "shares of one option each",
        lambda: programmes([6, 2], [4, 1], [3], group=[0, 0], one_each=True, whole=False),
        "optimal",
        2 + 4 * 2 / 3,
    ),
    Case("two budgets", lambda: programmes([5, 4, 3], [[1, 1, 1], [4, 2, 2]], [2, 4]), "optimal", 7),
    Case("required though it harms", lambda: programmes([-2, 3], [1, 1], [1], lower=[1, 0]), "optimal", -2),
    Case("forbidden", lambda: programmes([5, 4], [1, 1], [1], upper=[0, 1]), "optimal", 4),
    Case(
        "costs of decimals",
        lambda: programmes([0.3, 3.3], [0.1, 0.7], [2.4], group_size=3),
        "optimal",
        10.8,
    ),
    Case("no budget at all", lambda: programmes([5, -4], [], []), "optimal", 5),
    Case("nothing to spend", lambda: programmes([5, 4], [1, 0], [0]), "optimal", 4),
    Case("no rows", lambda: linear([1, -1], [], [], upper=[5, 6]), "optimal", -6),
    Case(
        "huge whole quantities",
        lambda: transportation([[1e3, 2e3]], [2_000_000_000], [1_000_000_000, 900_000_000], whole=True),
        "optimal",
        2.8e12,
    ),
    Case("tiny quantities", lambda: transportation([[1, 2]], [3e-6], [1e-6, 2e-6]), "optimal", 5e-6),
    Case("tiny costs", lambda: transportation([[1e-6, 2e-6]], [3], [1, 2], whole=True), "optimal", 5e-6),
    Case("huge costs", lambda: assignment([[1e9, 2e9], [3e9, 1e9]]), "optimal", 2e9),
    # --- nothing to decide or to serve
    Case(
        "no sources, nothing wanted",
        lambda: transportation(np.zeros((0, 2)), [], [0, 0], whole=True),
        "optimal",
        0,
    ),
    Case(
        "no sources, something wanted",
        lambda: transportation(np.zeros((0, 1)), [], [3], whole=True),
        "infeasible",
    ),
    Case(
        "no sources, shortage priced",
        lambda: transportation(np.zeros((0, 1)), [], [3], unmet_cost=[7]),
        "optimal",
        21,
    ),
    Case("no targets", lambda: transportation(np.zeros((2, 0)), [4, 5], [], whole=True), "optimal", 0),
    Case(
        "no targets, exact supply",
        lambda: transportation(np.zeros((1, 0)), [4], [], supply_rule="exactly"),
        "infeasible",
    ),
    Case("no tasks", lambda: assignment(np.zeros((2, 0))), "optimal", 0),
    Case("no agents", lambda: assignment(np.zeros((0, 1))), "infeasible"),
    Case("zero demand", lambda: transportation([[1, 2]], [3], [0, 0], whole=True), "optimal", 0),
    Case("zero supply, zero demand", lambda: transportation([[1, 2]], [0], [0, 0], whole=True), "optimal", 0),
    Case("zero demand shared", lambda: fair([[1, 1]], [3], [0, 0]), "optimal", 0),
    Case("no recipients", lambda: fair(np.zeros((1, 0)), [3], []), "optimal", 0),
    Case("no arcs", lambda: network([0, 0], []), "optimal", 0),
    Case(
        "no programmes",
        lambda: programmes([], [], [3], groups=["g1"], group_size=5, baseline=2),
        "optimal",
        10,
    ),
    Case("no columns", lambda: linear([], np.zeros((0, 0)), []), "optimal", 0),
    # --- infeasible
    Case("too little supply", lambda: transportation([[1, 2]], [3], [2, 2], whole=True), "infeasible"),
    Case("too little supply, divisible", lambda: transportation([[1, 2]], [3], [2, 2]), "infeasible"),
    Case(
        "supply that must leave",
        lambda: transportation([[1, 2]], [5], [2, 2], whole=True, supply_rule="exactly"),
        "infeasible",
    ),
    Case(
        "target out of reach", lambda: transportation([[1, MISSING]], [5], [2, 2], whole=True), "infeasible"
    ),
    Case(
        "lanes too narrow",
        lambda: transportation([[1, 1]], [5], [2, 2], whole=True, capacity=[[1, 2]]),
        "infeasible",
    ),
    Case(
        "minimum service out of reach",
        lambda: transportation(
            [[1, 1]], [1], [2, 2], whole=True, unmet_cost=[1, 1], minimum_service=[0.5, 0.5]
        ),
        "infeasible",
    ),
    Case("more tasks than agents", lambda: assignment([[1, 2]]), "infeasible"),
    Case("two tasks, one eligible agent", lambda: assignment([[1, 2], [MISSING, MISSING]]), "infeasible"),
    Case("no room", lambda: assignment([[1, 2]], capacity=[5], use=[3, 3]), "infeasible"),
    Case("unbalanced network", lambda: network([3, -2], [(1, 2, 0, 5, 1)]), "infeasible"),
    Case("network too narrow", lambda: network([3, -3], [(1, 2, 0, 2, 1)]), "infeasible"),
    Case("contradicting rows", lambda: linear([1], [[1], [1]], [1, 5], row_lower=[-INF, 3]), "infeasible"),
    Case(
        "whole column between", lambda: linear([1], [[2]], [1.5], row_lower=[0.5], whole=True), "infeasible"
    ),
    Case("requirements beyond the budget", lambda: programmes([1, 1], [2, 2], [3], lower=1), "infeasible"),
    Case(
        "two required where one is allowed",
        lambda: programmes([1, 1], [0, 0], [3], group=[0, 0], lower=1, one_each=True),
        "infeasible",
    ),
    Case(
        "shares required beyond the second budget",
        lambda: programmes([1, 1], [[1, 1], [3, 4]], [9, 3], lower=0.5, whole=False),
        "infeasible",
    ),
    # --- unbounded
    Case("column without end", lambda: linear([1], [[0]], [1], sense="max"), "unbounded"),
    Case(
        "whole column without end",
        lambda: linear([1, 0], [[0, 1]], [1], sense="max", whole=True, upper=[INF, 5]),
        "unbounded",
    ),
    Case(
        "weight without end",
        lambda: transportation(
            [[1]], None, [1], supply_rule="none", demand_rule="at-least", sense="max", whole=True
        ),
        "unbounded",
    ),
    Case("cycle without end", lambda: network([0, 0], [(1, 2, 0, INF, 1), (2, 1, 0, INF, -4)]), "unbounded"),
]


def hard_gap(seed: int = 1) -> AssignmentProblem:
    """Return a type-d instance that no exact backend proves within seconds."""
    import allocare

    problem = allocare.generate("gap", seed=seed, type="d", n_agents=20, n_tasks=200)
    assert isinstance(problem, AssignmentProblem)
    return problem
