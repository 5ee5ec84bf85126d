"""The formulations say what their docstrings say: optima by hand and from textbooks, rules by enumeration."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from allocare.instances.assignment import AssignmentProblem
from allocare.instances.errors import InputError
from allocare.instances.lanes import Lanes
from allocare.instances.linear import LinearProblem
from allocare.instances.network_flow import NetworkFlowProblem
from allocare.instances.transportation import TransportationProblem
from allocare.models.formulations import matrix_form, pyomo_model
from allocare.models.standard_form import matrix_form_of

if TYPE_CHECKING:
    from allocare.instances.problem import Problem
    from allocare.models.matrix import MatrixForm

INF = np.inf


def optimum(form: MatrixForm, cost: Any = None) -> float | None:
    """Optimal objective of a linear form by scipy, None where it is infeasible."""
    sign = -1 if form.maximise else 1
    rows = [LinearConstraint(form.matrix, form.row_lower, form.row_upper)] if form.matrix.shape[0] else []
    result = milp(
        sign * (form.cost if cost is None else cost),
        integrality=form.whole.astype(int),
        bounds=Bounds(form.lower, form.upper),
        constraints=rows,
        options={"mip_rel_gap": 0},
    )
    assert result.status in (0, 2)
    return None if result.x is None else float(form.cost @ result.x) + form.offset


def assert_optimum(problem: Problem, expected: float | None) -> None:
    """Both renderings have this optimum."""
    for form in (matrix_form(problem), matrix_form_of(pyomo_model(problem))):
        found = optimum(form)
        if expected is None:
            assert found is None
        else:
            assert found == pytest.approx(expected, rel=1e-9)


def transportation(cost: Any, supply: Any, demand: Any, **rules: Any) -> TransportationProblem:
    lanes = Lanes.from_matrix(cost, rules.pop("capacity", None))
    sources, targets = range(lanes.n_sources), range(lanes.n_targets)
    return TransportationProblem(
        sources=sources, targets=targets, lanes=lanes, supply=supply, demand=demand, **rules
    )


def assignment(cost: Any, **rules: Any) -> AssignmentProblem:
    pairs = Lanes.from_matrix(cost)
    return AssignmentProblem(
        agents=range(pairs.n_sources), tasks=range(pairs.n_targets), pairs=pairs, **rules
    )


# ------------------------------------------------------------------------------------ transportation

TEXTBOOK = {
    "SunRay (Taha)": (
        [[10, 2, 20, 11], [12, 7, 9, 20], [4, 14, 16, 18]],
        [15, 25, 10],
        [5, 15, 15, 15],
        435,
    ),
    "MG Auto (Taha)": ([[80, 215], [100, 108], [102, 68]], [1000, 1500, 1200], [2300, 1400], 313200),
    "P&T peas (Hillier, Lieberman)": (
        [[464, 513, 654, 867], [352, 416, 690, 791], [995, 682, 388, 685]],
        [75, 125, 100],
        [80, 65, 70, 85],
        152535,
    ),
    "Powerco (Winston)": (
        [[8, 6, 10, 9], [9, 12, 13, 7], [14, 9, 16, 5]],
        [35, 50, 40],
        [45, 20, 30, 30],
        1020,
    ),
    "canned goods (Dantzig)": (
        [[0.225, 0.153, 0.162], [0.225, 0.162, 0.126]],
        [350, 600],
        [325, 300, 275],
        153.675,
    ),
}


@pytest.mark.parametrize("name", TEXTBOOK)
@pytest.mark.parametrize("whole", [True, False])
def test_textbook_transportation_problems_have_their_published_optimum(name: str, whole: bool) -> None:
    cost, supply, demand, expected = TEXTBOOK[name]
    assert_optimum(transportation(cost, supply, demand, whole=whole), expected)


@pytest.mark.parametrize(("sense", "expected"), [("min", 300), ("max", 420)])
def test_rows_alone_with_their_total_have_the_articles_optima(sense: Any, expected: float) -> None:
    problem = transportation(
        [[1, 2, 3], [4, 5, 6], [7, 8, 9]],
        [10, 20, 30],
        None,
        supply_rule="exactly",
        demand_rule="none",
        total=60,
        sense=sense,
    )
    assert_optimum(problem, expected)


def test_the_rows_of_a_transportation_problem_are_those_of_its_docstring() -> None:
    problem = transportation(
        [[3, np.nan], [5, 6]],
        [7, 8],
        [4, 9],
        capacity=[[2, INF], [INF, 3]],
        unmet_cost=[10, 20],
        minimum_service=[0.5, 0.25],
        total=11,
        sense="max",
    )
    form = matrix_form(problem)
    assert form.matrix.toarray().tolist() == [
        [1, 0, 0, 0, 0],
        [0, 1, 1, 0, 0],
        [1, 1, 0, 1, 0],
        [0, 0, 1, 0, 1],
        [1, 1, 0, 0, 0],
        [0, 0, 1, 0, 0],
        [1, 1, 1, 0, 0],
    ]
    assert form.row_lower.tolist() == [-INF, -INF, 4, 9, 2, 2.25, 11]
    assert form.row_upper.tolist() == [7, 8, 4, 9, INF, INF, 11]
    assert form.cost.tolist() == [3, 5, 6, -10, -20]
    assert form.upper.tolist() == [2, INF, 3, 4, 9]
    blocks = [(block.name, block.stop - block.start) for block in form.rows]
    assert blocks == [
        ("supply_limit", 2),
        ("demand_balance", 2),
        ("minimum_service", 2),
        ("total_quantity", 1),
    ]


def test_unmet_demand_is_left_where_its_price_is_below_the_lanes_cost() -> None:
    assert_optimum(transportation([[3, 12]], [20], [4, 5], unmet_cost=[10, 10]), 3 * 4 + 10 * 5)


def test_a_price_of_unmet_demand_is_taken_off_the_weight() -> None:
    assert_optimum(transportation([[3, 12]], [4], [4, 5], unmet_cost=[1, 2], sense="max"), 48 - 4 - 2)


@pytest.mark.parametrize(("whole", "expected"), [(False, 30 * 2.5 + 2.5), (True, 30 * 3 + 2)])
def test_minimum_service_is_rounded_up_where_quantities_are_whole(whole: bool, expected: float) -> None:
    problem = transportation([[30]], [9], [5], unmet_cost=[1], minimum_service=[0.5], whole=whole)
    assert_optimum(problem, expected)


def test_minimum_service_of_seven_percent_of_a_hundred_is_seven() -> None:
    problem = transportation([[30]], [7], [100], unmet_cost=[1], minimum_service=[0.07], whole=True)
    assert_optimum(problem, 30 * 7 + 93)
    form = matrix_form(problem)
    assert form.row_lower[form.row_block("minimum_service").slice].tolist() == [7]


def test_minimum_service_holds_where_demand_may_be_exceeded() -> None:
    rules = {"unmet_cost": [1], "minimum_service": [0.5], "demand_rule": "at-least"}
    assert_optimum(transportation([[30]], [9], [4], **rules), 62)
    assert_optimum(transportation([[30]], [1], [4], **rules), None)


def test_a_reward_for_unmet_demand_is_refused_where_demand_may_be_exceeded() -> None:
    with pytest.raises(InputError, match="unmet cost of 0 is -1; it must be 0 or more"):
        transportation([[30]], [9], [4], unmet_cost=[-1], demand_rule="at-least")
    assert_optimum(transportation([[30]], [9], [4], unmet_cost=[-1]), -4)


@pytest.mark.parametrize("rule", ["exactly", "at-least"])
def test_demand_that_no_lane_reaches_is_an_infeasible_row_of_both_renderings(rule: Any) -> None:
    assert_optimum(transportation([[1, np.nan]], [9], [1, 1], demand_rule=rule), None)
    assert_optimum(transportation([[1, np.nan]], [9], [1, 0], demand_rule=rule), 1)
    assert_optimum(transportation([[1, np.nan]], [9], [1, 1], demand_rule=rule, unmet_cost=[5, 5]), 6)


def test_a_supply_that_must_leave_but_has_no_lane_is_infeasible() -> None:
    assert_optimum(transportation([[1], [np.nan]], [1, 1], [1], supply_rule="exactly"), None)


def test_supply_without_a_rule_is_unlimited() -> None:
    assert_optimum(transportation([[2, 3]], None, [40, 50], supply_rule="none"), 230)


def test_at_least_the_demand_may_arrive_when_it_pays() -> None:
    assert_optimum(transportation([[2, -3]], [10], [4, 1], demand_rule="at-least"), 2 * 4 - 3 * 6)


# ---------------------------------------------------------------------------------------- assignment


def test_a_one_to_one_assignment_has_its_known_optimum() -> None:
    cost = [[9, 2, 7, 8], [6, 4, 3, 7], [5, 8, 1, 8], [7, 6, 9, 4]]
    assert_optimum(assignment(cost), 13)


def generalised_optimum(problem: AssignmentProblem) -> float | None:
    """Optimum by trying every way to give each task an agent (or, where allowed, none)."""
    pairs, use = problem.pairs, problem.use if problem.use is not None else np.ones(len(problem.pairs))
    lane = {(i, j): k for k, (i, j) in enumerate(zip(pairs.source, pairs.target, strict=True))}
    agents = range(pairs.n_sources)
    nobody = [None] if problem.task_rule == "at-most-once" else []
    values = []
    for choice in itertools.product([*agents, *nobody], repeat=pairs.n_targets):
        taken = [(agent, task) for task, agent in enumerate(choice) if agent is not None]
        if not all(pair in lane for pair in taken):
            continue
        spent = np.zeros(pairs.n_sources)
        for pair in taken:
            spent[pair[0]] += use[lane[pair]]
        if (spent > problem.capacity).any():
            continue
        value = sum(pairs.cost[lane[pair]] for pair in taken)
        if problem.left_out_cost is not None:
            price = sum(problem.left_out_cost[task] for task, agent in enumerate(choice) if agent is None)
            value += -price if problem.maximise else price
        values.append(value)
    if not values:
        return None
    return float(max(values) if problem.maximise else min(values))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("sense", ["min", "max"])
@pytest.mark.parametrize("rule", ["exactly-once", "at-most-once", "priced"])
def test_generalised_assignment_agrees_with_trying_everything(seed: int, sense: Any, rule: str) -> None:
    random = np.random.default_rng(seed)
    cost = random.integers(1, 20, (3, 4)).astype(float)
    cost[random.random((3, 4)) < 0.25] = np.nan
    rules: dict[str, Any] = {"task_rule": "exactly-once" if rule == "exactly-once" else "at-most-once"}
    if rule == "priced":
        rules["left_out_cost"] = random.integers(-3, 25, 4)
    use = random.integers(1, 6, int(np.isfinite(cost).sum()))
    problem = assignment(cost, capacity=random.integers(3, 9, 3), use=use, sense=sense, **rules)
    assert_optimum(problem, generalised_optimum(problem))


def test_a_task_that_nobody_may_take_makes_an_assignment_infeasible_or_is_left_out() -> None:
    cost = [[4, np.nan]]
    assert_optimum(assignment(cost), None)
    assert_optimum(assignment(cost, task_rule="at-most-once", left_out_cost=[9, 7]), 11)


def test_priority_classes_split_costs_and_prices_by_the_class_of_the_task() -> None:
    problem = assignment(
        [[5, 6, 7], [8, 9, 1]],
        task_rule="at-most-once",
        left_out_cost=[20, 30, 40],
        priority=[2, 1, 2],
        sense="max",
    )
    form = matrix_form(problem)
    first, second = form.stages
    assert first.tolist() == [0, 6, 0, 0, 9, 0, 0, -30, 0]
    assert second.tolist() == [5, 0, 7, 8, 0, 1, -20, 0, -40]
    assert (first + second).tolist() == form.cost.tolist()
    model = pyomo_model(problem)
    assert list(model.class_value) == [1, 2]
    model.assign[0, 1].set_value(1)
    model.left_out[1].set_value(1)
    for variable in (*model.assign.values(), *model.left_out.values()):
        variable.set_value(variable.value or 0)
    assert (model.class_value[1](), model.class_value[2]()) == (6 - 30, 0)


def test_the_first_class_is_served_first_even_where_that_costs_more_in_all() -> None:
    problem = assignment([[1, 5], [4, 100]], priority=[1, 2])
    form = matrix_form(problem)
    assert optimum(form) == 9
    assert optimum(form, form.stages[0]) == 101


@pytest.mark.parametrize("priority", [None, [3, 3]])
def test_one_priority_class_is_one_objective(priority: Any) -> None:
    assert matrix_form(assignment([[1, 2], [3, 4]], priority=priority)).stages == ()


# --------------------------------------------------------------------------- networks, linear, scale


def network(balance: Any, arcs: Any, **rules: Any) -> NetworkFlowProblem:
    tail, head, cost, lower, capacity = np.array(arcs, dtype=float).reshape(-1, 5).T
    nodes = range(1, len(balance) + 1)
    return NetworkFlowProblem(
        nodes=nodes,
        balance=balance,
        tail=tail - 1,
        head=head - 1,
        cost=cost,
        lower=lower,
        capacity=capacity,
        **rules,
    )


def test_the_dimacs_example_network_has_its_published_optimum() -> None:
    arcs = [(1, 2, 2, 0, 4), (1, 3, 2, 0, 2), (2, 3, 1, 0, 2), (2, 4, 3, 0, 3), (3, 4, 1, 0, 5)]
    assert_optimum(network([4, 0, 0, -4], arcs), 14)


def test_a_loop_and_parallel_arcs_carry_flow_at_their_own_cost() -> None:
    arcs = [(1, 2, 5, 0, 2), (1, 2, 3, 0, 2), (1, 1, -4, 1, 6), (2, 1, 9, 1, 3)]
    form = matrix_form(network([3, -3], arcs))
    assert form.matrix.toarray().tolist() == [[1, 1, 0, -1], [-1, -1, 0, 1]]
    assert_optimum(network([3, -3], arcs), 2 * 3 + 2 * 5 - 4 * 6 + 9)


def test_a_node_without_arcs_must_be_in_balance() -> None:
    arcs = [(1, 2, 1, 0, 9)]
    assert_optimum(network([3, -3, 0], arcs), 3)
    assert_optimum(network([3, -4, 1], arcs), None)


def test_the_articles_linear_program_has_the_objective_thirty() -> None:
    problem = LinearProblem(
        columns=["x1", "x2", "x3"],
        rows=["first", "second"],
        objective=[1, 2, 3],
        matrix=[[1, 1, 1], [2, 2, 1]],
        row_lower=[-INF, -INF],
        row_upper=[10, 20],
        lower=0,
        upper=INF,
        sense="max",
    )
    assert_optimum(problem, 30)


def test_ranges_offset_and_whole_columns_of_a_linear_problem_are_honoured() -> None:
    problem = LinearProblem(
        columns=["x", "y"],
        rows=["range", "free", "equal"],
        objective=[1, -1],
        matrix=[[2, 1], [1, 1], [1, -3]],
        row_lower=[3, -INF, 0.5],
        row_upper=[8, INF, 0.5],
        lower=[-INF, 0],
        upper=[INF, INF],
        whole=[False, True],
        offset=100,
        sense="max",
    )
    assert_optimum(problem, 100 + 3.5 - 1)


def test_a_million_lanes_are_rendered_in_arrays_within_a_second() -> None:
    random = np.random.default_rng(1)
    lanes = Lanes.from_matrix(random.integers(1, 100, (1000, 1000)))
    problem = TransportationProblem(
        sources=range(1000),
        targets=range(1000),
        lanes=lanes,
        supply=np.full(1000, 9.0),
        demand=np.full(1000, 9.0),
    )
    started = time.perf_counter()
    form = matrix_form(problem)
    assert time.perf_counter() - started < 1.0
    assert form.matrix.shape == (2000, 1_000_000)
    assert form.matrix.nnz == 2_000_000
    keys = form.column_block("flow").keys
    assert keys is not None
    assert keys[123_456] == (123, 456)
