"""Explanations of infeasibility: each cause by hand, and never a cause where there is a plan."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from allocare.instances.assignment import AssignmentProblem
from allocare.instances.fair_allocation import FairAllocationProblem
from allocare.instances.lanes import Lanes
from allocare.instances.linear import LinearProblem
from allocare.instances.network_flow import NetworkFlowProblem
from allocare.instances.programmes import ProgrammeProblem
from allocare.instances.transportation import TransportationProblem
from allocare.models.formulations import matrix_form
from allocare.models.infeasibility import explain_infeasibility

NO = np.nan
seeds = st.integers(0, 2**32 - 1)
quick = settings(deadline=None, max_examples=60)


def transport(cost=((1, 2), (3, 4)), capacity=None, **changes):
    data = {
        "sources": ["Hessen", "Bayern"],
        "targets": ["Jena", "Gera"],
        "lanes": Lanes.from_matrix(cost, capacity),
        "supply": [12, 8],
        "demand": [10, 5],
        "units": {"quantity": "patients"},
    } | changes
    return TransportationProblem(**data)


@pytest.mark.parametrize(
    ("problem", "cause"),
    [
        (
            transport(demand=[10, 15]),
            "supply is 20 patients in all, demand is 25 (5 patients short); "
            "add supply, or price unmet demand",
        ),
        (
            transport(demand=[10, 20], unmet_cost=[1, 1], minimum_service=[1, 0.75]),
            "supply is 20 patients in all, minimum service asks for 25 (5 patients short); "
            "add supply, or ask for less",
        ),
        (
            transport(supply_rule="exactly"),
            "sources must send exactly 20 patients in all, targets may receive 15; "
            "let sources send at most their supply",
        ),
        (transport(((1, NO), (3, NO))), "target 'Gera' must receive 5 patients, but no lane leads to it"),
        (
            transport(((1, NO), (NO, 4)), demand=[10, 9]),
            "target 'Gera' must receive 9 patients, its lanes allow 8 at most",
        ),
        (
            transport(capacity=[[4, 9], [5, 9]]),
            "target 'Jena' must receive 10 patients, its lanes allow 9 at most",
        ),
        (
            transport(((1, 2), (NO, NO)), demand=[6, 6], supply_rule="exactly", demand_rule="at-least"),
            "source 'Bayern' must send 8 patients, but no lane leaves it",
        ),
        (
            transport(
                capacity=[[9, 9], [3, 3]], demand=[4, 5], supply_rule="exactly", demand_rule="at-least"
            ),
            "source 'Bayern' must send 8 patients, its lanes allow 6 at most",
        ),
        (
            transport(((1, 2), (NO, 4)), supply=[9, 20], demand=[10, 5]),
            "target 'Jena' must receive 10 patients, its lanes allow 9 at most",
        ),
        (
            TransportationProblem(
                sources=["a", "b"],
                targets=["x", "y", "z"],
                lanes=Lanes.from_matrix([[1, 1, 1], [NO, NO, 1]]),
                supply=[7, 9],
                demand=[4, 4, 3],
            ),
            "source 'a' is the only one that reaches targets which must receive 8 in all, it has 7",
        ),
        (
            transport(demand=None, demand_rule="none", total=30),
            "the total must be 30 patients, supply is 20 in all",
        ),
        (transport(total=16), "the total must be 16 patients, targets may receive 15 in all"),
        (
            transport(demand=None, demand_rule="none", total=12, capacity=[[1, 2], [3, 4]]),
            "the total must be 12 patients, the lanes can carry 10 in all",
        ),
        (transport(total=14), "the total must be 14 patients, targets must receive 15 in all"),
        (
            transport(demand_rule="at-least", supply_rule="exactly", total=16),
            "the total must be 16 patients, sources must send 20 in all",
        ),
    ],
)
def test_each_cause_of_a_transportation_problem_without_a_plan(problem, cause):
    assert explain_infeasibility(problem) == cause
    assert infeasible(problem)


def assignment(cost=((1, 4), (2, 3)), **changes):
    data = {"agents": ["Ada", "Bo"], "tasks": ["day", "night"], "pairs": Lanes.from_matrix(cost)} | changes
    return AssignmentProblem(**data)


@pytest.mark.parametrize(
    ("problem", "cause"),
    [
        (assignment(((1, NO), (2, NO))), "task 'night' has no eligible agent"),
        (
            assignment(use=[1, 9, 1, 8], capacity=7),
            "task 'night' fits no eligible agent: it takes up 8 at least, more than the capacity of each",
        ),
        (
            assignment(((1, 4, 2), (2, 3, 1)), tasks=["day", "late", "night"]),
            "the agents have room for 2 tasks in all, 3 must be assigned",
        ),
        (
            assignment(use=[5, 6, 4, 4], capacity=[5, 2]),
            "task 'night' fits no eligible agent: it takes up 4 at least, more than the capacity of each",
        ),
        (
            assignment(use=[4, 4, 4, 4], capacity=[4, 3]),
            "the agents' capacities are 7 in all, the tasks take up 8 at least, "
            "each on the agent where it takes least",
        ),
        (
            assignment(((1, 4), (NO, NO))),
            "agent 'Ada' is the only one for 2 tasks, which take up 2; it has room for 1",
        ),
    ],
)
def test_each_cause_of_an_assignment_without_a_plan(problem, cause):
    assert explain_infeasibility(problem) == cause
    assert infeasible(problem)


def test_tasks_that_may_be_left_out_are_no_cause():
    assert explain_infeasibility(assignment(((1, NO), (2, NO)), task_rule="at-most-once")) is None


def network(**changes):
    data = {
        "nodes": ["a", "b", "c", "d"],
        "balance": [4, -4, 3, -3],
        "tail": [0, 2, 0],
        "head": [1, 3, 3],
        "cost": [1, 1, 1],
        "lower": [0, 0, 0],
        "capacity": [9, 9, 9],
        "units": {"quantity": "trucks"},
    } | changes
    return NetworkFlowProblem(**data)


@pytest.mark.parametrize(
    ("problem", "cause"),
    [
        (
            network(balance=[4, -4, 3, -1]),
            "the balances let 7 trucks in and 5 out; the two must be equal, "
            "add a node that takes the difference",
        ),
        (network(capacity=[3, 9, 0]), "node 'a' must send on 4 trucks, its arcs can carry 3"),
        (network(capacity=[3, 9, 9]), "node 'b' must take in 4 trucks, its arcs can carry 3"),
        (
            network(balance=[4, 0, 0, -4], lower=[1, 0, 0]),
            "node 'b' must send on 1 trucks, its arcs can carry 0",
        ),
        (
            network(balance=[3, -3, 3, -3], capacity=[9, 2, 0]),
            "node 'c' must send on 3 trucks, its arcs can carry 2",
        ),
        (
            network(
                balance=[4, -3, 3, -4],
                tail=[0, 1, 2, 3],
                head=[1, 0, 3, 2],
                cost=[1] * 4,
                lower=[0] * 4,
                capacity=[9] * 4,
            ),
            "the part of the network around node 'a' lets 4 trucks in and 3 out, "
            "and no arc joins it to the rest",
        ),
    ],
)
def test_each_cause_of_a_network_without_a_flow(problem, cause):
    assert explain_infeasibility(problem) == cause
    assert infeasible(problem)


def linear(**changes):
    data = {
        "columns": ["x", "y"],
        "rows": ["staff"],
        "objective": [1, 2],
        "matrix": [[1, -1]],
        "row_lower": [-np.inf],
        "row_upper": [np.inf],
        "lower": [0, 0],
        "upper": [8, 3],
    } | changes
    return LinearProblem(**data)


@pytest.mark.parametrize(
    ("problem", "cause"),
    [
        (
            linear(row_lower=[9]),
            "row 'staff' must add up to at least 9, its columns' bounds allow 8 at most",
        ),
        (
            linear(row_upper=[-4]),
            "row 'staff' may add up to -4 at most, its columns' bounds force at least -3",
        ),
        (
            linear(lower=[0.2, 0], upper=[0.8, 3], whole=True),
            "column 'x' must be a whole number from 0.2 to 0.8, and there is none",
        ),
        (
            linear(upper=[1.9, 3], whole=True, row_lower=[1.5]),
            "row 'staff' must add up to at least 1.5, its columns' bounds allow 1 at most",
        ),
        (
            linear(matrix=[[0, 0]], row_lower=[2]),
            "row 'staff' must add up to at least 2, its columns' bounds allow 0 at most",
        ),
    ],
)
def test_each_cause_of_a_linear_problem_without_a_solution(problem, cause):
    assert explain_infeasibility(problem) == cause
    assert infeasible(problem)


def programmes(**changes):
    data = {
        "groups": ["hip", "heart"],
        "group_size": [40, 10],
        "programmes": ["hip", "valve", "stent"],
        "group": [0, 1, 1],
        "benefit": [2, 5, 3],
        "budgets": ["money", "staff"],
        "budget_limit": [60, 5],
        "cost": [[1, 3, 2], [0, 0.4, 0.2]],
        "units": {"cost": "k£"},
    } | changes
    return ProgrammeProblem(**data)


@pytest.mark.parametrize(
    ("problem", "cause"),
    [
        (
            programmes(lower=[1, 1, 0]),
            "what is required costs 70 k£ of budget 'money', which has 60 (10 short); "
            "require less, or raise it",
        ),
        (
            programmes(lower=[0, 1, 1], units={}),
            "what is required costs 6 of budget 'staff', which has 5 (1 short); require less, or raise it",
        ),
        (
            programmes(lower=[0, 1, 1], budget_limit=[99, 99], one_each=True),
            "group 'heart' may get 1 programme, and 2 are required for it",
        ),
        (
            programmes(lower=[0.9, 0.75, 0.5], one_each=True, whole=False),
            "group 'heart' may get 1 programme, and 1.25 are required for it",
        ),
    ],
)
def test_each_cause_of_a_choice_of_programmes_without_a_plan(problem, cause):
    assert explain_infeasibility(problem) == cause
    assert infeasible(problem)


@quick
@given(seed=seeds)
def test_every_impossible_choice_of_programmes_is_explained(seed):
    problem = random_programmes(np.random.default_rng(seed))
    assert infeasible(problem) == (explain_infeasibility(problem) is not None)


def test_a_problem_with_a_plan_has_no_cause():
    for problem in (transport(), assignment(), network(), linear(), programmes()):
        assert explain_infeasibility(problem) is None
        assert not infeasible(problem)


def test_a_fair_allocation_always_has_a_plan():
    problem = FairAllocationProblem(
        sources=["s"],
        targets=["t"],
        lanes=Lanes.from_matrix([[5]]),
        supply=[9],
        demand=[9],
        cost_budget=1,
    )
    assert explain_infeasibility(problem) is None


def test_rounding_in_sums_is_no_cause():
    # 0.1 added ten times is a little less than 1
    tenths = TransportationProblem(
        sources=range(10),
        targets=["t"],
        lanes=Lanes.from_matrix(np.ones((10, 1))),
        supply=[0.1] * 10,
        demand=[1],
    )
    assert explain_infeasibility(tenths) is None
    thirds = linear(matrix=[[0.1, 0.2]], lower=[1, 1], upper=[1, 1], row_upper=[0.3])
    assert explain_infeasibility(thirds) is None


def test_a_cause_is_found_without_any_lane_at_all():
    problem = TransportationProblem(
        sources=["s"], targets=["t"], lanes=Lanes.from_matrix([[NO]]), supply=[5], demand=[3]
    )
    assert explain_infeasibility(problem) == "target 't' must receive 3, but no lane leads to it"


# --------------------------------------------------------------------------------- never a false cause


def infeasible(problem):
    """Whether no plan exists, decided by scipy's MILP from the formulation."""
    form = matrix_form(problem)
    if not form.matrix.shape[1]:
        return bool((form.row_lower > 0).any() or (form.row_upper < 0).any())
    answer = milp(
        np.zeros(form.matrix.shape[1]),
        constraints=LinearConstraint(form.matrix, form.row_lower, form.row_upper),
        bounds=Bounds(form.lower, form.upper),
        integrality=form.whole.astype(int),
    )
    assert answer.status in (0, 2), answer.message
    return answer.status == 2


def random_transport(rng):
    n, m = rng.integers(1, 4, 2)
    cost = np.where(rng.random((n, m)) < 0.8, 1.0, NO)
    capacity = rng.integers(0, 6, (n, m)) if rng.random() < 0.3 else None
    supply_rule = rng.choice(["at-most", "exactly", "none"], p=[0.5, 0.3, 0.2])
    demand_rule = rng.choice(["exactly", "at-least", "none"], p=[0.5, 0.3, 0.2])
    priced = demand_rule != "none" and rng.random() < 0.4
    return TransportationProblem(
        sources=range(n),
        targets=range(m),
        lanes=Lanes.from_matrix(cost, capacity),
        supply=None if supply_rule == "none" else rng.integers(0, 9, n),
        demand=None if demand_rule == "none" else rng.integers(0, 9, m),
        supply_rule=str(supply_rule),
        demand_rule=str(demand_rule),
        total=float(rng.integers(0, 20)) if rng.random() < 0.3 else None,
        unmet_cost=np.ones(m) if priced else None,
        minimum_service=rng.random(m) if priced and rng.random() < 0.7 else None,
        whole=bool(rng.random() < 0.5),
    )


def random_assignment(rng):
    n, m = rng.integers(1, 4, 2)
    cost = np.where(rng.random((n, m)) < 0.8, 1.0, NO)
    pairs = Lanes.from_matrix(cost)
    used = rng.random() < 0.5
    return AssignmentProblem(
        agents=range(n),
        tasks=range(m),
        pairs=pairs,
        capacity=rng.uniform(0, 4, n),
        use=rng.uniform(0, 3, len(pairs)) if used else None,
    )


def random_network(rng):
    n, arcs = int(rng.integers(2, 5)), int(rng.integers(1, 8))
    balance = rng.integers(-3, 4, n)
    if rng.random() < 0.8:
        balance[-1] -= balance.sum()
    lower = rng.integers(0, 2, arcs)
    return NetworkFlowProblem(
        nodes=range(n),
        balance=balance,
        tail=rng.integers(0, n, arcs),
        head=rng.integers(0, n, arcs),
        cost=np.ones(arcs),
        lower=lower,
        capacity=np.where(rng.random(arcs) < 0.2, np.inf, lower + rng.integers(0, 5, arcs)),
    )


def random_linear(rng):
    n, rows = rng.integers(1, 4, 2)
    lower = np.where(rng.random(n) < 0.2, -np.inf, rng.integers(-4, 3, n) / 2)
    upper = np.where(rng.random(n) < 0.2, np.inf, np.maximum(lower, 0) + rng.integers(0, 5, n) / 2)
    row_lower = rng.integers(-6, 9, rows).astype(float)
    return LinearProblem(
        columns=range(n),
        rows=range(rows),
        objective=np.zeros(n),
        matrix=rng.integers(-2, 3, (rows, n)),
        row_lower=row_lower,
        row_upper=np.where(rng.random(rows) < 0.5, np.inf, row_lower + rng.integers(0, 3, rows)),
        lower=lower,
        upper=upper,
        whole=rng.random(n) < 0.5,
    )


def random_programmes(rng):
    n, budgets, whole = int(rng.integers(1, 6)), int(rng.integers(1, 3)), bool(rng.random() < 0.5)
    return ProgrammeProblem(
        groups=range(2),
        group_size=rng.integers(1, 4, 2),
        programmes=range(n),
        group=rng.integers(0, 2, n),
        benefit=np.ones(n),
        budgets=range(budgets),
        budget_limit=rng.integers(0, 12, budgets),
        cost=rng.integers(0, 4, (budgets, n)),
        lower=rng.integers(0, 2, n) if whole else rng.integers(0, 5, n) / 4,
        one_each=bool(rng.random() < 0.5),
        whole=whole,
    )


RANDOM = [random_transport, random_assignment, random_network, random_linear, random_programmes]


@pytest.mark.parametrize("draw", RANDOM)
@quick
@given(seed=seeds)
def test_a_cause_is_named_only_where_there_is_no_plan(draw, seed):
    problem = draw(np.random.default_rng(seed))
    if explain_infeasibility(problem) is not None:
        assert infeasible(problem)


@pytest.mark.parametrize("draw", RANDOM)
def test_the_simple_causes_explain_most_small_problems_without_a_plan(draw):
    explained = total = 0
    for seed in range(150):
        problem = draw(np.random.default_rng(seed))
        if infeasible(problem):
            total += 1
            explained += explain_infeasibility(problem) is not None
    assert total > 20
    assert explained > 0.7 * total
