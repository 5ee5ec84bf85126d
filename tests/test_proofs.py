"""Proofs by prices: bounds hold whatever the prices, right ones prove, wrong ones and wrong plans do not."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kernel_oracle import INF, MANY, SEEDS
from problem_strategies import (
    assignment_problems,
    linear_problems,
    network_flow_problems,
    transportation_problems,
)
from scipy.optimize import Bounds, LinearConstraint, milp
from test_kernels import random_transportation
from test_kernels_on_networks import random_assignment, random_flow

import allocare
from allocare.instances.assignment import AssignmentProblem
from allocare.instances.errors import InputError, RefutedError
from allocare.instances.generators.assignment import planted_assignment
from allocare.instances.generators.transportation import planted_transportation
from allocare.instances.lanes import Lanes
from allocare.instances.linear import LinearProblem
from allocare.instances.network_flow import NetworkFlowProblem
from allocare.instances.transportation import TransportationProblem
from allocare.models.check import check_decisions
from allocare.models.formulations import matrix_form
from allocare.models.proofs import NodePotentials, Prices, RowPrices, prove
from allocare.solvers import linear_assignment_, min_cost_flow_, network_simplex_, networkx_
from allocare.solvers.backend import Options, Outcome, Task
from allocare.solvers.flow_certificates import flow_certificate
from allocare.solvers.matching_prices import matching_prices
from allocare.solvers.residual_potentials import residual_potentials
from allocare.solvers.solution import Status, StopReason

FAMILIES = {
    "transportation": (min_cost_flow_, networkx_, network_simplex_),
    "assignment": (min_cost_flow_, networkx_, linear_assignment_),
    "network-flow": (min_cost_flow_, networkx_),
}


def by_milp(problem: Any) -> tuple[float, np.ndarray] | None:
    """Optimum and decisions from the formulation, None where there is none."""
    form = matrix_form(problem)
    sign = -1.0 if problem.maximise else 1.0
    rows = [LinearConstraint(form.matrix, form.row_lower, form.row_upper)] if form.matrix.shape[0] else []
    if not len(form.cost):
        return None
    found = milp(sign * form.cost, integrality=form.whole.astype(int), constraints=rows,
                 bounds=Bounds(form.lower, form.upper), options={"mip_rel_gap": 0.0})  # fmt: skip
    if found.status != 0:
        return None
    block = next(block for block in form.columns if block.name == form.decisions)
    return sign * float(found.fun) + form.offset, np.asarray(found.x[block.slice])


def certificate_like(problem: Any, draw: Any, size: float) -> Any:
    """A certificate of the problem's shape; `draw` gives so many numbers up to a size."""
    if problem.kind == "network-flow":
        return NodePotentials(draw(len(problem.nodes), size))
    if problem.kind == "linear":
        return RowPrices(draw(len(problem.rows), size))
    ends = (problem.sources, problem.targets) if problem.kind == "transportation" else (
        problem.agents, problem.tasks)  # fmt: skip
    return Prices(draw(len(ends[0]), size), draw(len(ends[1]), size), float(draw(1, size)[0]))


def solved_by(module: Any, problem: Any) -> Outcome | None:
    task, options = Task(problem), Options()
    if not problem.size or module.refusal(task, options) is not None:
        return None
    outcome: Outcome = module.solve(task, options)
    return outcome if outcome.status is Status.OPTIMAL else None


def never_better(problem: Any, bound: float, optimum: float) -> bool:
    slack = 1e-6 * (1 + abs(optimum))
    return bool(bound >= optimum - slack if problem.maximise else bound <= optimum + slack)


# ------------------------------------------------------------------------------------ any prices


def hold_any_prices(problem: Any, rng: np.random.Generator, times: int) -> None:
    found = by_milp(problem)
    if found is None:
        return
    optimum, plan = found

    def draw(count: int, most: float) -> np.ndarray:
        values = rng.uniform(-most, most, count)
        return np.rint(values) if rng.random() < 0.5 else values

    for size in rng.choice([0.0, 3.0, 12.0, 40.0, 1e9], times):
        proof = prove(problem, plan, certificate_like(problem, draw, size))
        assert never_better(problem, proof.bound, optimum)
        assert proof.proved == (proof.weakness == "")
        if abs(proof.bound - optimum) > 1e-3 * (1 + abs(optimum)):
            assert not proof.proved


@MANY
@given(SEEDS)
def test_any_prices_bound_every_plan(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for problem in (random_transportation(rng), replace(random_assignment(rng, False), priority=None),
                    random_flow(rng)):  # fmt: skip
        if problem.size:
            hold_any_prices(problem, rng, 4)


@settings(MANY, max_examples=400)
@given(
    st.one_of(
        transportation_problems(),
        assignment_problems().map(lambda problem: replace(problem, priority=None)),
        network_flow_problems(),
        linear_problems(),
    ),
    SEEDS,
)
def test_any_prices_bound_every_plan_of_odd_problems(problem: Any, seed: int) -> None:
    if problem.size:
        hold_any_prices(problem, np.random.default_rng(seed), 2)


# ------------------------------------------------------------------------------- right certificates


@MANY
@given(SEEDS)
def test_every_kernel_proves_its_optimum(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for problem in (random_transportation(rng), random_assignment(rng, True), random_assignment(rng, False),
                    random_flow(rng)):  # fmt: skip
        for module in FAMILIES[problem.kind]:
            outcome = solved_by(module, problem)
            if outcome is None:
                continue
            assert outcome.certificate is not None and outcome.decisions is not None
            proof = prove(problem, outcome.decisions, outcome.certificate)
            assert proof.proved, (module.__name__, proof)
            assert proof.bound == pytest.approx(outcome.objective, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("module", [network_simplex_, min_cost_flow_])
@pytest.mark.parametrize("capacitated", [False, True])
@pytest.mark.parametrize("rule", ["at-most", "exactly"])
def test_degenerate_and_disconnected_transportation_is_proved(
    module: Any, capacitated: bool, rule: str
) -> None:
    rng = np.random.default_rng(5)
    cost = np.full((30, 40), np.nan)
    # three islands, costs full of ties, equal quantities, idle sources, targets that need nothing
    for part in range(3):
        cost[part::3, part::3] = rng.integers(0, 3, cost[part::3, part::3].shape)
    supply, demand = np.full(30, 8.0), np.full(40, 5.0)
    supply[::7] = demand[::5] = 0
    if rule == "exactly":
        supply = np.full(30, 1.0)
    problem = TransportationProblem(
        sources=range(30), targets=range(40), supply=supply, demand=demand, supply_rule=rule, whole=True,
        lanes=Lanes.from_matrix(cost, np.full(cost.shape, 4.0) if capacitated else None),
        unmet_cost=np.full(40, 7.0),
    )  # fmt: skip
    outcome = solved_by(module, problem)
    if capacitated and module is network_simplex_:
        assert outcome is None
        return
    assert outcome is not None
    assert prove(problem, outcome.decisions, outcome.certificate).proved


@pytest.mark.parametrize("seed", range(6))
def test_real_valued_data_are_proved_within_rounding(seed: int) -> None:
    rng = np.random.default_rng(seed)
    demand = rng.random(12)
    supply = rng.random(9)
    supply *= 1.2 * demand.sum() / supply.sum()
    problem = TransportationProblem(
        sources=range(9), targets=range(12), lanes=Lanes.from_matrix(rng.random((9, 12))), supply=supply,
        demand=demand, unmet_cost=rng.random(12), minimum_service=np.full(12, 0.3),
    )  # fmt: skip
    outcome = solved_by(network_simplex_, problem)
    assert outcome is not None
    proof = prove(problem, outcome.decisions, outcome.certificate)
    assert proof.proved and proof.bound <= outcome.objective
    matching = AssignmentProblem(agents=range(9), tasks=range(7), pairs=Lanes.from_matrix(rng.random((9, 7))))
    outcome = solved_by(linear_assignment_, matching)
    assert outcome is not None
    assert prove(matching, outcome.decisions, outcome.certificate).proved


@MANY
@given(linear_problems())
def test_row_prices_of_a_linear_program_prove_it(problem: LinearProblem) -> None:
    from scipy.optimize import linprog

    objective, matrix = np.round(problem.objective, 3), np.round(problem.matrix.toarray(), 3)
    problem = replace(problem, whole=False, objective=objective, matrix=matrix)
    if not problem.size:
        return
    equal = problem.row_lower == problem.row_upper
    below, above = ~equal & np.isfinite(problem.row_upper), ~equal & np.isfinite(problem.row_lower)
    sign = -1.0 if problem.maximise else 1.0
    found = linprog(
        sign * problem.objective, np.vstack([matrix[below], -matrix[above]]),
        np.concatenate([problem.row_upper[below], -problem.row_lower[above]]), matrix[equal],
        problem.row_lower[equal], np.column_stack([problem.lower, problem.upper]), method="highs-ds",
    )  # fmt: skip
    if found.status != 0:
        return
    price = np.zeros(len(problem.rows))
    price[below] += found.ineqlin.marginals[: below.sum()]
    price[above] -= found.ineqlin.marginals[below.sum() :]
    price[equal] = found.eqlin.marginals
    report = check_decisions(problem, found.x)
    if not report.feasible:
        return
    proof = prove(problem, found.x, RowPrices(sign * price))
    assert never_better(problem, proof.bound, report.objective)
    assert proof.proved, proof


# ------------------------------------------------------------------------- wrong prices, wrong plans


@pytest.mark.parametrize("options", [
    {"surplus_share": 0.3}, {"unmet_share": 0.2, "unmet_cost": 9000}, {"saturated_share": 0.2},
    {"surplus_share": 0.2, "unmet_share": 0.1, "unmet_cost": 9000, "saturated_share": 0.1}, {},
])  # fmt: skip
def test_a_corrupted_price_or_plan_is_not_proved(options: dict[str, Any]) -> None:
    planted = planted_transportation(seed=4, n_sources=6, n_targets=9, **options)
    problem, plan = planted.problem, planted.decisions
    right = Prices(planted.row_potential, planted.column_potential)
    assert prove(problem, plan, right).proved
    priced = problem.unmet_cost is not None
    for at in range(len(problem.targets)):
        for change in (-1e5, 1e5):
            target = right.target.copy()
            target[at] += change
            proof = prove(problem, plan, Prices(right.source, target))
            # a price above that of unmet demand counts as that price
            allowed = priced and change > 0 and proof.bound == planted.optimum
            assert proof.proved == allowed
            assert proof.bound <= planted.optimum
    for at in range(len(problem.sources)):
        source = right.source.copy()
        source[at] -= 1e5
        proof = prove(problem, plan, Prices(source, right.target))
        assert not proof.proved and proof.bound < planted.optimum
    for lane in range(problem.size):
        for change in (-1.0, 1.0):
            wrong = plan.copy()
            wrong[lane] += change
            proof = prove(problem, wrong, right)
            assert not proof.proved and proof.weakness


@MANY
@given(SEEDS)
def test_no_other_plan_and_no_corrupted_certificate_proves_anything_false(seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem = [random_transportation, lambda r: random_assignment(r, False), random_flow][seed % 3](rng)
    outcome = solved_by(min_cost_flow_, problem)
    if outcome is None:
        return
    certificate, plan, best = outcome.certificate, outcome.decisions, outcome.objective
    for _ in range(4):
        field = rng.choice(
            [name for name in vars(certificate) if isinstance(getattr(certificate, name), np.ndarray)]
        )
        values = np.array(getattr(certificate, field), dtype=float)
        values[rng.integers(len(values))] += rng.choice([-1000.0, -1.0, 1.0, 1000.0])
        proof = prove(problem, plan, replace(certificate, **{field: values}))
        if np.isfinite(proof.bound):
            assert never_better(problem, proof.bound, best)
        wrong = plan.copy()
        wrong[rng.integers(len(plan))] += rng.choice([-1.0, 1.0, 3.0])
        report = check_decisions(problem, wrong)
        same = report.feasible and report.objective == pytest.approx(best)
        assert not prove(problem, wrong, certificate).proved or same


def test_one_unit_in_a_thousand_million_million_is_seen() -> None:
    problem = TransportationProblem(
        sources=["a", "b"], targets=["t"], lanes=Lanes.from_matrix([[1e9], [1e9 + 1]]),
        supply=[1e12, 1e12], demand=[1e12 + 7], whole=True,
    )  # fmt: skip
    prices = Prices(np.array([-1.0, 0.0]), np.array([1e9 + 1]))
    assert prove(problem, np.array([1e12, 7.0]), prices).proved
    proof = prove(problem, np.array([1e12 - 1, 8.0]), prices)
    assert not proof.proved
    assert proof.weakness == "source 'a': price -1, sends 999999999999 of 1000000000000"


def test_weak_places_are_named_in_the_users_keys_and_sense() -> None:
    problem = TransportationProblem(
        sources=["ward"], targets=["north", "south"], lanes=Lanes.from_matrix([[5, 3]]), supply=[4],
        demand=[3, 9], demand_rule="exactly", unmet_cost=[0, 0], sense="max",
    )  # fmt: skip
    plan = np.array([3.0, 1.0])
    assert prove(problem, plan, Prices(np.array([3.0]), np.array([2.0, 0.0]))).proved
    proof = prove(problem, plan, Prices(np.array([5.0]), np.array([0.0, 0.0])))
    assert proof.weakness == "lane from 'ward' to 'south': reduced cost -2, carries 1 of 4"
    proof = prove(problem, np.array([0.0, 4.0]), Prices(np.array([3.0]), np.array([2.0, 0.0])))
    assert proof.weakness == "target 'north': price 2, receives 0 of 3"
    network = NetworkFlowProblem(
        nodes=["A", "B"], balance=[2, -2], tail=[0, 0], head=[1, 1], cost=[1, 5], lower=[0, 0],
        capacity=[2, INF],
    )  # fmt: skip
    assert prove(network, np.array([2.0, 0.0]), NodePotentials(np.array([3.0, 0.0]))).proved
    proof = prove(network, np.array([1.0, 1.0]), NodePotentials(np.array([5.0, 0.0])))
    assert proof.weakness == "arc 1 ('A' to 'B'): reduced cost -4, carries 1 of 0 to 2"
    proof = prove(network, np.array([2.0, 0.0]), NodePotentials(np.array([9.0, 0.0])))
    assert proof.bound == -INF and proof.weakness.startswith("arc 2 ('A' to 'B'): reduced cost -4")


def test_minimum_service_in_whole_units_is_rounded_up_in_the_bound() -> None:
    problem = TransportationProblem(
        sources=["depot"], targets=["north"], lanes=Lanes.from_matrix([[9]]), supply=[9], demand=[7],
        unmet_cost=[5], minimum_service=[0.5], whole=True,
    )  # fmt: skip
    prices = Prices(np.array([0.0]), np.array([9.0]))
    assert prove(problem, np.array([4.0]), prices).proved
    assert not prove(problem, np.array([5.0]), prices).proved
    halves = replace(problem, whole=False)
    assert prove(halves, np.array([3.5]), prices).proved
    assert not prove(halves, np.array([4.0]), prices).proved


def test_priority_classes_are_proved_only_by_weights_that_serve_them_in_order() -> None:
    problem = AssignmentProblem(
        agents=["bed"], tasks=["Ada", "Bo"], pairs=Lanes.from_matrix([[4, 9]]), priority=[1, 2],
        task_rule="at-most-once", left_out_cost=[6, 90],
    )  # fmt: skip
    outcome = solved_by(linear_assignment_, problem)
    assert outcome is not None and outcome.decisions.tolist() == [1.0, 0.0]
    assert prove(problem, outcome.decisions, outcome.certificate).proved
    other = np.array([0.0, 1.0])
    assert not prove(problem, other, outcome.certificate).proved
    even = Prices(np.array([-81.0]), np.array([6.0, 90.0]), class_weight=np.array([1.0, 1.0]))
    proof = prove(problem, other, even)
    assert not proof.proved and "does not outweigh" in proof.weakness
    assert not prove(problem, other, replace(even, class_weight=None)).proved


def test_generalised_assignment_is_bounded_by_prices_of_capacity() -> None:
    problem = AssignmentProblem(
        agents=["a", "b"], tasks=["t", "u"], pairs=Lanes.from_matrix([[1, 1], [9, 5]]), capacity=[3, 9],
        use=[2, 2, 1, 1],
    )  # fmt: skip
    proof = prove(
        problem, np.array([1.0, 0.0, 0.0, 1.0]), Prices(np.array([-2.0, 0.0]), np.array([5.0, 5.0]))
    )
    assert proof.bound == pytest.approx(4.0) and not proof.proved


def test_certificates_of_the_wrong_kind_or_size_are_refused_in_one_line() -> None:
    problem = allocare.example("chores-3x3")
    plan = np.zeros(problem.size)
    for wrong, words in (
        (NodePotentials(np.zeros(3)), "do not fit an? assignment problem"),
        (RowPrices(np.zeros(3)), "do not fit an? assignment problem"),
        (Prices(np.zeros(2), np.zeros(3)), "prices 2 of 3 agents"),
        (plan, "is no certificate"),
    ):
        with pytest.raises(InputError, match=words):
            prove(problem, plan, wrong)  # type: ignore[arg-type]


# -------------------------------------------------------------------------------------- pipeline


@pytest.mark.parametrize("name", ["min-cost-flow", "networkx", "network-simplex"])
def test_solutions_say_what_proved_them(name: str) -> None:
    solution = allocare.solve(allocare.example("kleeblatt-2021-12-08"), backend=name)
    assert solution.proved_by == "prices" and solution.bound == solution.objective
    assert isinstance(solution.certificate, Prices)
    assert solution.record()["proved_by"] == "prices"


def test_the_pipeline_refuses_an_optimum_that_its_certificate_does_not_prove(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    problem = allocare.example("kleeblatt-2021-12-08")
    honest = min_cost_flow_.solve(Task(problem), Options())

    def lying(task: Task, options: Options) -> Outcome:
        source = honest.certificate.source - 5.0
        return replace(honest, certificate=replace(honest.certificate, source=source))

    monkeypatch.setattr(min_cost_flow_, "solve", lying)
    with pytest.raises(RefutedError, match=r"prices do not prove: \w+"):
        allocare.solve(problem, backend="min-cost-flow")

    def modest(task: Task, options: Options) -> Outcome:
        return replace(lying(task, options), status=Status.FEASIBLE, stop_reason=StopReason.GAP)

    monkeypatch.setattr(min_cost_flow_, "solve", modest)
    held = allocare.solve(problem, backend="min-cost-flow")
    assert held.status is Status.FEASIBLE and held.bound < held.objective and held.proved_by == ""


def test_without_a_certificate_the_solvers_bound_is_what_is_said() -> None:
    assert allocare.solve(allocare.example("sunray"), backend="cp-sat").proved_by == "solver's bound"


# ------------------------------------------------------------------------------------- production


@pytest.mark.parametrize("sense", ["min", "max"])
@pytest.mark.parametrize("seed", range(5))
def test_shadow_prices_of_flows_are_changes_of_the_optimum_where_unique(seed: int, sense: str) -> None:
    rng = np.random.default_rng(seed)
    demand = rng.permutation(np.arange(11, 16)) * 13
    supply = rng.permutation([57, 81, 104, 130]) * 4
    problem = TransportationProblem(
        sources=range(4), targets=list("abcde"),
        lanes=Lanes.from_matrix(rng.permutation(20).reshape(4, 5) * 1.5), supply=supply, demand=demand,
        sense=sense, whole=True,
    )  # fmt: skip
    solution = allocare.solve(problem, backend="min-cost-flow")
    for block, name in (("supply_limit", "supply"), ("demand_balance", "demand")):
        for at, price in enumerate(solution.duals[block].to_numpy()):
            values = [
                getattr(problem, name) + step * (np.arange(len(getattr(problem, name))) == at)
                for step in (-1, 0, 1)
            ]
            optima = [
                allocare.solve(replace(problem, **{name: v}), backend="min-cost-flow").objective
                for v in values
            ]
            below, above = (b - a for a, b in pairwise(optima))
            assert min(below, above) - 1e-9 <= price <= max(below, above) + 1e-9


def test_a_flow_or_assignment_that_is_not_optimal_has_no_certificate() -> None:
    problem = NetworkFlowProblem(
        nodes=["A", "B"], balance=[2, -2], tail=[0, 0], head=[1, 1], cost=[1, 5], lower=[0, 0],
        capacity=[2, 2],
    )  # fmt: skip
    from allocare.models.network_form import network_form

    form = network_form(problem)
    assert flow_certificate(problem, form, np.array([2, 0])) is not None
    with pytest.raises(RefutedError, match="not optimal"):
        flow_certificate(problem, form, np.array([0, 2]))
    pairs = Lanes.from_matrix([[1, 4], [2, 9]])
    with pytest.raises(RefutedError, match="not optimal"):
        matching_prices(pairs, pairs.cost, np.array([0, 3]), np.array([True, True]), None)


@MANY
@given(SEEDS)
def test_residual_potentials_exist_exactly_where_no_cycle_improves(seed: int) -> None:
    rng = np.random.default_rng(seed)
    nodes, arcs = int(rng.integers(2, 7)), int(rng.integers(1, 14))
    tail, head = rng.integers(0, nodes, (2, arcs))
    cost = rng.integers(-3, 9, arcs)
    lower, capacity = np.zeros(arcs, dtype=np.int64), rng.integers(0, 4, arcs)
    flow = rng.integers(0, capacity + 1)
    found = residual_potentials(nodes, tail, head, cost, flow, lower, capacity)
    distance = np.full((nodes, nodes), INF)
    np.minimum.at(distance, (tail[flow < capacity], head[flow < capacity]), cost[flow < capacity])
    np.minimum.at(distance, (head[flow > 0], tail[flow > 0]), -cost[flow > 0])
    for k in range(nodes):
        distance = np.minimum(distance, distance[:, [k]] + distance[[k]])
    assert (found is None) == bool((np.diag(distance) < 0).any())
    if found is not None:
        reduced = cost - found[tail] + found[head]
        assert (reduced[flow < capacity] >= 0).all() and (reduced[flow > 0] <= 0).all()


def test_planted_problems_of_some_size_are_proved_on_every_kernel() -> None:
    planted = planted_transportation(
        seed=1, n_sources=80, n_targets=120, lanes_per_target=20, surplus_share=0.2, saturated_share=0.1
    )
    solution = allocare.solve(planted.problem, backend="min-cost-flow")
    assert solution.objective == planted.optimum and solution.proved_by == "prices"
    matched = planted_assignment(seed=2, n_tasks=150, n_agents=180)
    for name in ("linear-assignment", "min-cost-flow"):
        found = allocare.solve(matched.problem, backend=name)
        assert found.objective == matched.optimum and found.proved_by == "prices"


def test_a_crumb_of_a_coefficient_proves_nothing() -> None:
    problem = LinearProblem(
        columns=["a"], rows=["r", "s"], objective=[1], matrix=[[0], [1e-30]], row_lower=[0, 0],
        row_upper=[0, 2.5], lower=[0], upper=[0],
    )  # fmt: skip
    proof = prove(problem, np.zeros(1), RowPrices(np.array([0.0, -9e8])))
    assert not proof.proved and proof.bound == pytest.approx(-2.25e9)


def test_quantities_of_many_digits_are_proved_within_rounding() -> None:
    rng = np.random.default_rng(0)
    for _ in range(60):
        m, n = rng.integers(1, 5), rng.integers(1, 6)
        demand = rng.integers(1, 30, n) / 11 * (1 - 1e-12)
        problem = TransportationProblem(
            sources=range(m), targets=range(n), supply=demand.sum() * rng.dirichlet(np.ones(m)) * 1.1,
            demand=demand, lanes=Lanes.from_matrix(rng.integers(1, 40, (m, n)).astype(float)),
        )  # fmt: skip
        solution = allocare.solve(problem, "network-simplex")
        assert solution.status is Status.OPTIMAL and solution.proved_by == "prices"
        assert solution.objective == pytest.approx(allocare.solve(problem, "highs").objective)
