"""Hypothesis strategies: small problems of every family, with every option and every empty edge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import strategies as st

from allocare.instances.assignment import AssignmentProblem
from allocare.instances.fair_allocation import FairAllocationProblem
from allocare.instances.lanes import Lanes
from allocare.instances.linear import LinearProblem
from allocare.instances.network_flow import NetworkFlowProblem
from allocare.instances.programmes import ProgrammeProblem
from allocare.instances.transportation import TransportationProblem
from allocare.instances.uncertain_demand import IntervalDemand, PointDemand, QuantileDemand, ScenarioDemand
from allocare.instances.uncertain_transportation import UncertainTransportationProblem

if TYPE_CHECKING:
    from allocare.instances.problem import Problem

INF = np.inf
SIZES = st.integers(0, 4)
COSTS = st.one_of(st.integers(-9, 30), st.floats(-5, 5, allow_subnormal=False))


def _vector(draw: st.DrawFn, elements: st.SearchStrategy[Any], size: int) -> list[Any]:
    return draw(st.lists(elements, min_size=size, max_size=size))


def _keys(draw: st.DrawFn, size: int) -> list[Any]:
    """Keys as people use them: names, numbers, or both."""
    number = draw(st.sampled_from([lambda k: f"key {k}", lambda k: k, lambda k: k if k % 2 else f"key {k}"]))
    return [number(k) for k in range(size)]


def _quantities(*, whole: bool) -> st.SearchStrategy[Any]:
    return (
        st.integers(0, 20)
        if whole
        else st.one_of(st.integers(0, 20), st.floats(0, 20, allow_subnormal=False))
    )


def _lanes(draw: st.DrawFn, m: int, n: int, *, whole: bool, capacities: bool, lowest: float = -9) -> Lanes:
    costs = st.one_of(st.integers(int(lowest), 30), st.floats(lowest, 5, allow_subnormal=False))
    cells = costs if draw(st.booleans()) else st.one_of(st.just(np.nan), costs)
    matrix = np.array(_vector(draw, cells, m * n), dtype=float).reshape(m, n)
    capacity = None
    if capacities:
        limits = st.one_of(st.just(INF), _quantities(whole=whole))
        capacity = np.array(_vector(draw, limits, m * n), dtype=float).reshape(m, n)
    return Lanes.from_matrix(matrix, capacity)


@st.composite
def transportation_problems(draw: st.DrawFn) -> TransportationProblem:
    m, n, whole = draw(SIZES), draw(SIZES), draw(st.booleans())
    quantities = _quantities(whole=whole)
    supply_rule = draw(st.sampled_from(["at-most", "exactly", "none"]))
    demand_rule = draw(st.sampled_from(["exactly", "at-least", "none"]))
    options: dict[str, Any] = {}
    if demand_rule != "none" and draw(st.booleans()):
        options["unmet_cost"] = _vector(draw, st.integers(0 if demand_rule == "at-least" else -5, 50), n)
        if draw(st.booleans()):
            options["minimum_service"] = _vector(draw, st.floats(0, 1, allow_subnormal=False), n)
    return TransportationProblem(
        sources=_keys(draw, m),
        targets=_keys(draw, n),
        lanes=_lanes(draw, m, n, whole=whole, capacities=draw(st.booleans())),
        supply=None if supply_rule == "none" else _vector(draw, quantities, m),
        demand=None if demand_rule == "none" else _vector(draw, quantities, n),
        supply_rule=supply_rule,
        demand_rule=demand_rule,
        total=draw(st.one_of(st.none(), quantities)),
        whole=whole,
        sense=draw(st.sampled_from(["min", "max"])),
        **options,
    )


@st.composite
def assignment_problems(draw: st.DrawFn) -> AssignmentProblem:
    m, n = draw(SIZES), draw(SIZES)
    pairs = _lanes(draw, m, n, whole=True, capacities=False)
    task_rule = draw(st.sampled_from(["exactly-once", "at-most-once"]))
    priced = task_rule == "at-most-once" and draw(st.booleans())
    uses = st.one_of(st.integers(0, 9), st.floats(0, 9, allow_subnormal=False))
    return AssignmentProblem(
        agents=_keys(draw, m),
        tasks=_keys(draw, n),
        pairs=pairs,
        capacity=_vector(draw, uses, m),
        use=_vector(draw, uses, len(pairs)) if draw(st.booleans()) else None,
        task_rule=task_rule,
        left_out_cost=_vector(draw, COSTS, n) if priced else None,
        priority=_vector(draw, st.integers(1, 3), n) if draw(st.booleans()) else None,
        sense=draw(st.sampled_from(["min", "max"])),
    )


@st.composite
def fair_allocation_problems(draw: st.DrawFn, *, budgets: bool = True) -> FairAllocationProblem:
    m, n, whole = draw(SIZES), draw(SIZES), draw(st.booleans())
    lanes = _lanes(draw, m, n, whole=whole, capacities=draw(st.booleans()), lowest=0)
    even = draw(st.booleans())
    quantities = _quantities(whole=whole)
    return FairAllocationProblem(
        sources=_keys(draw, m),
        targets=_keys(draw, n),
        lanes=lanes,
        supply=_vector(draw, quantities, m),
        demand=_vector(draw, quantities, n),
        criterion="min-variance" if even else "need-deviation",
        need=None if even else _vector(draw, _quantities(whole=False), len(lanes)),
        efficiency_loss=draw(st.one_of(st.none(), st.floats(0, 1, allow_subnormal=False))),
        cost_budget=draw(st.one_of(st.none(), st.integers(0, 100))) if budgets else None,
        whole=whole,
    )


@st.composite
def network_flow_problems(draw: st.DrawFn) -> NetworkFlowProblem:
    n, whole = draw(SIZES), draw(st.booleans())
    arcs = draw(st.integers(0, 8)) if n else 0
    ends = st.integers(0, max(n - 1, 0))
    quantities = _quantities(whole=whole)
    lower = _vector(draw, quantities, arcs)
    width = _vector(draw, st.one_of(st.just(INF), st.integers(0, 9)), arcs)
    return NetworkFlowProblem(
        nodes=_keys(draw, n),
        balance=_vector(draw, st.integers(-9, 9), n),
        tail=_vector(draw, ends, arcs),
        head=_vector(draw, ends, arcs),
        cost=_vector(draw, COSTS, arcs),
        lower=lower,
        capacity=np.add(lower, width),
        whole=whole,
    )


@st.composite
def linear_problems(draw: st.DrawFn) -> LinearProblem:
    m, n = draw(SIZES), draw(SIZES)
    entries = np.array(_vector(draw, st.one_of(st.just(0.0), COSTS), m * n), dtype=float).reshape(m, n)

    def ranges(size: int) -> tuple[np.ndarray, np.ndarray]:
        low = np.array(_vector(draw, COSTS, size), dtype=float)
        high = low + np.array(_vector(draw, st.sampled_from([0.0, 2.5, INF]), size), dtype=float)
        return np.where(_vector(draw, st.booleans(), size), -INF, low), high

    (row_lower, row_upper), (lower, upper) = ranges(m), ranges(n)
    return LinearProblem(
        columns=_keys(draw, n),
        rows=_keys(draw, m),
        objective=_vector(draw, COSTS, n),
        matrix=entries,
        row_lower=row_lower,
        row_upper=row_upper,
        lower=lower,
        upper=upper,
        whole=_vector(draw, st.booleans(), n),
        offset=draw(COSTS),
        sense=draw(st.sampled_from(["min", "max"])),
    )


@st.composite
def programme_problems(draw: st.DrawFn) -> ProgrammeProblem:
    n_groups, whole = draw(SIZES), draw(st.booleans())
    n = draw(st.integers(0, 6)) if n_groups else 0
    n_budgets = draw(st.integers(0, 3))
    costs = _quantities(whole=draw(st.booleans()))
    shares = st.sampled_from([0.0, 1.0]) if whole else st.sampled_from([0.0, 0.25, 0.7, 1.0])
    bounds = np.sort([_vector(draw, shares, n), _vector(draw, shares, n)], axis=0)
    bounded = draw(st.booleans())
    return ProgrammeProblem(
        groups=_keys(draw, n_groups),
        group_size=_vector(draw, st.one_of(st.integers(1, 99), st.floats(0.1, 9)), n_groups),
        baseline=_vector(draw, COSTS, n_groups),
        programmes=_keys(draw, n),
        group=_vector(draw, st.integers(0, max(n_groups - 1, 0)), n),
        benefit=_vector(draw, COSTS, n),
        budgets=_keys(draw, n_budgets),
        budget_limit=_vector(draw, st.integers(0, 60), n_budgets),
        cost=np.array(_vector(draw, costs, n_budgets * n), dtype=float).reshape(n_budgets, n),
        cost_per=draw(st.sampled_from(["person", "programme"])),
        lower=bounds[0] if bounded else 0.0,
        upper=bounds[1] if bounded else 1.0,
        one_each=draw(st.booleans()),
        whole=whole,
    )


def _recourse(draw: st.DrawFn, n: int, *, whole: bool) -> Lanes | None:
    if not draw(st.booleans()):
        return None
    quantities = _quantities(whole=whole)
    matrix = np.array(_vector(draw, st.one_of(st.just(np.nan), st.integers(0, 9)), n * n), dtype=float)
    limits = np.array(_vector(draw, st.one_of(st.just(INF), quantities), n * n), dtype=float)
    matrix = matrix.reshape(n, n)
    np.fill_diagonal(matrix, np.nan)
    return Lanes.from_matrix(matrix, limits.reshape(n, n) if draw(st.booleans()) else None)


def _scenarios(draw: st.DrawFn, n: int, *, whole: bool) -> ScenarioDemand:
    count = draw(st.integers(1, 4))
    quantity = np.array(_vector(draw, _quantities(whole=whole), count * n), dtype=float).reshape(count, n)
    weight = np.array(_vector(draw, st.integers(1, 5), count), dtype=float)
    return ScenarioDemand(quantity, weight / weight.sum(), _keys(draw, count))


@st.composite
def uncertain_transportation_problems(draw: st.DrawFn) -> UncertainTransportationProblem:
    m, n, whole = draw(SIZES), draw(SIZES), draw(st.booleans())
    quantities = _quantities(whole=whole)
    form = draw(st.sampled_from(["point", "quantile", "scenarios", "scenarios", "interval", "interval"]))
    demand: Any
    match form:
        case "point":
            demand = PointDemand(_vector(draw, quantities, n))
        case "quantile":
            demand = QuantileDemand(draw(st.floats(0.01, 0.99)), _scenarios(draw, n, whole=whole))
        case "scenarios":
            demand = _scenarios(draw, n, whole=whole)
        case _:
            nominal = np.array(_vector(draw, quantities, n), dtype=float)
            downward = nominal * np.array(_vector(draw, st.sampled_from([0.0, 0.5, 1.0]), n))
            budget = draw(st.one_of(st.integers(0, n), st.floats(0, n)))
            demand = IntervalDemand(nominal, downward, _vector(draw, quantities, n), budget)
    unmet = np.array(_vector(draw, st.integers(0, 40), n), dtype=float)
    # stock that is worth more than it costs is sent without end where nothing limits it
    limited = draw(st.booleans())
    leftover = np.array(_vector(draw, st.sampled_from([0.0, 0.5, 3.0]), n))
    return UncertainTransportationProblem(
        sources=_keys(draw, m),
        targets=_keys(draw, n),
        lanes=_lanes(draw, m, n, whole=whole, capacities=draw(st.booleans()), lowest=0),
        supply=_vector(draw, quantities, m) if limited else None,
        purchase_cost=_vector(draw, st.integers(0, 5), m),
        demand=demand,
        unmet_cost=unmet,
        leftover_cost=(leftover - 0.25 * unmet if limited else leftover) + 0.125,
        recourse=None if form == "interval" else _recourse(draw, n, whole=whole),
        measure=None
        if form == "interval"
        else draw(st.sampled_from(["expected-cost", "cvar", "worst-case"])),
        tail_level=draw(st.sampled_from([0.0, 0.5, 0.9])),
        tail_weight=draw(st.sampled_from([0.0, 0.3, 1.0])),
        whole=whole,
    )


def problems() -> st.SearchStrategy[Problem]:
    """Problems of every family."""
    return st.one_of(
        transportation_problems(),
        assignment_problems(),
        fair_allocation_problems(),
        network_flow_problems(),
        linear_problems(),
        programme_problems(),
        uncertain_transportation_problems(),
    )
