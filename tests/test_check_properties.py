"""The check on random plans: honest ones pass, corrupted ones do not, at every magnitude."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from allocare.instances.assignment import AssignmentProblem
from allocare.instances.fair_allocation import FairAllocationProblem
from allocare.instances.lanes import Lanes
from allocare.instances.linear import LinearProblem
from allocare.instances.network_flow import NetworkFlowProblem
from allocare.instances.programmes import ProgrammeProblem
from allocare.instances.transportation import TransportationProblem
from allocare.models.check import check, check_decisions
from allocare.models.formulations import matrix_form

from .problem_strategies import (
    assignment_problems,
    fair_allocation_problems,
    linear_problems,
    network_flow_problems,
    programme_problems,
    transportation_problems,
)

SCALES = [1e-6, 1.0, 1e9]
seeds = st.integers(0, 2**32 - 1)
quick = settings(deadline=None, max_examples=40)


def planted_transport(rng, scale):
    n, m = rng.integers(1, 6, 2)
    x = rng.integers(0, 9, (n, m)) * scale
    exact = bool(rng.random() < 0.5)
    capacity = x + rng.integers(0, 3, (n, m)) * scale if rng.random() < 0.5 else None
    problem = TransportationProblem(
        sources=[f"s{k}" for k in range(n)],
        targets=[f"t{k}" for k in range(m)],
        lanes=Lanes.from_matrix(rng.random((n, m)) * scale, capacity),
        supply=x.sum(1) if exact else x.sum(1) + rng.integers(0, 4, n) * scale,
        demand=x.sum(0),
        supply_rule="exactly" if exact else "at-most",
        whole=scale == 1,
    )
    return problem, x.ravel()


def planted_assignment(rng, scale):
    n, m = rng.integers(1, 6, 2)
    agent = rng.integers(0, n, m)
    use = rng.uniform(0.1, 1, (n, m)) * scale
    capacity = np.bincount(agent, use[agent, np.arange(m)], n)
    problem = AssignmentProblem(
        agents=[f"a{k}" for k in range(n)],
        tasks=[f"t{k}" for k in range(m)],
        pairs=Lanes.from_matrix(rng.random((n, m)) * scale),
        capacity=capacity,
        use=use.ravel(),
    )
    x = np.zeros((n, m))
    x[agent, np.arange(m)] = 1
    return problem, x.ravel()


def planted_fair(rng, scale):
    n, m = rng.integers(1, 6, 2)
    x = rng.integers(1, 9, (n, m)) * scale
    problem = FairAllocationProblem(
        sources=[f"s{k}" for k in range(n)],
        targets=[f"t{k}" for k in range(m)],
        lanes=Lanes.from_matrix(rng.random((n, m)) * scale),
        supply=x.sum(1),
        demand=x.sum(0) + rng.integers(0, 5, m) * scale,
        whole=scale == 1,
    )
    return problem, x.ravel()


def planted_network(rng, scale):
    n, arcs = int(rng.integers(2, 7)), int(rng.integers(1, 15))
    tail = rng.integers(0, n, arcs)
    head = (tail + rng.integers(1, n, arcs)) % n
    x = rng.integers(1, 9, arcs) * scale
    problem = NetworkFlowProblem(
        nodes=[f"n{k}" for k in range(n)],
        balance=np.bincount(tail, x, n) - np.bincount(head, x, n),
        tail=tail,
        head=head,
        cost=rng.random(arcs) * scale,
        lower=x - rng.integers(0, 2, arcs) * scale,
        capacity=x + rng.integers(0, 3, arcs) * scale,
        whole=scale == 1,
    )
    return problem, x


def planted_linear(rng, scale):
    n, rows = int(rng.integers(1, 6)), int(rng.integers(1, 6))
    x = rng.integers(1, 9, n) * scale
    matrix = rng.integers(-3, 4, (rows, n))
    slack = rng.integers(0, 3, rows) * scale
    problem = LinearProblem(
        columns=[f"c{k}" for k in range(n)],
        rows=[f"r{k}" for k in range(rows)],
        objective=rng.uniform(1, 2, n) * rng.choice([-1, 1], n),
        matrix=matrix,
        row_lower=matrix @ x - slack,
        row_upper=matrix @ x + rng.integers(0, 3, rows) * scale,
        lower=np.zeros(n),
        upper=x + rng.integers(0, 3, n) * scale,
        whole=scale == 1,
    )
    return problem, x


def planted_programmes(rng, scale):
    n, n_groups, budgets = (int(k) for k in rng.integers(1, 6, 3))
    whole = scale == 1
    x = np.ones(n) if whole else rng.integers(1, 5, n) / 4
    cost = rng.integers(1, 9, (budgets, n)) * scale
    problem = ProgrammeProblem(
        groups=[f"g{k}" for k in range(n_groups)],
        group_size=rng.integers(1, 90, n_groups),
        baseline=rng.uniform(-1, 3, n_groups) * scale,
        programmes=[f"p{k}" for k in range(n)],
        group=rng.integers(0, n_groups, n),
        benefit=rng.uniform(0.5, 9, n) * scale,
        budgets=[f"b{k}" for k in range(budgets)],
        budget_limit=cost @ x + rng.integers(0, 3, budgets) * scale,
        cost=cost,
        cost_per="programme",
        whole=whole,
    )
    return problem, x


PLANTED = [
    planted_transport,
    planted_assignment,
    planted_fair,
    planted_network,
    planted_linear,
    planted_programmes,
]


@pytest.mark.parametrize("planted", PLANTED)
@pytest.mark.parametrize("scale", SCALES)
@settings(deadline=None, max_examples=15)
@given(seed=seeds)
def test_a_planted_plan_passes_and_any_corrupted_entry_is_refuted(planted, scale, seed):
    rng = np.random.default_rng(seed)
    problem, decisions = planted(rng, scale)
    honest = check(problem, problem.plan(decisions))
    assert honest.feasible, honest.violations
    assert honest.agrees(honest.objective)
    unit = 1 if problem.kind in ("assignment", "programmes") else scale
    for at in rng.choice(problem.size, min(problem.size, 4), replace=False):
        for step in (-unit, -1e-2 * unit, 1e-2 * unit, unit):
            corrupted = decisions.astype(float)
            corrupted[at] += step
            report = check_decisions(problem, corrupted)
            assert not report.feasible or not report.agrees(honest.objective)


@pytest.mark.parametrize("planted", PLANTED)
@settings(deadline=None, max_examples=10)
@given(seed=seeds)
def test_the_order_of_a_plans_rows_does_not_matter(planted, seed):
    rng = np.random.default_rng(seed)
    problem, decisions = planted(rng, 1.0)
    plan = problem.plan(decisions)
    shuffled = plan.sample(frac=1, random_state=seed)
    assert check(problem, shuffled).objective == check(problem, plan).objective
    assert check(problem, shuffled).feasible


@quick
@given(seed=seeds)
def test_renaming_and_reordering_the_keys_changes_nothing_but_the_names(seed):
    rng = np.random.default_rng(seed)
    problem, decisions = planted_transport(rng, 1.0)
    rows, columns = rng.permutation(len(problem.sources)), rng.permutation(len(problem.targets))
    capacity = problem.lanes.capacity
    shape = (len(rows), len(columns))
    renamed = TransportationProblem(
        sources=[f"new {problem.sources[k]}" for k in rows],
        targets=[f"new {problem.targets[k]}" for k in columns],
        lanes=Lanes.from_matrix(
            problem.lanes.matrix()[np.ix_(rows, columns)],
            None if capacity is None else capacity.reshape(shape)[np.ix_(rows, columns)],
        ),
        supply=problem.supply[rows],
        demand=problem.demand[columns],
        supply_rule=problem.supply_rule,
        whole=True,
    )
    # one lane more than asked, in both
    broken = decisions.copy()
    broken[int(rng.integers(problem.size))] += 5
    plan = problem.plan(broken)
    moved = plan.assign(source="new " + plan["source"], target="new " + plan["target"])
    before, after = check(problem, plan), check(renamed, moved)
    assert after.objective == pytest.approx(before.objective)
    expected = {(v.rule, v.amount) for v in before.violations}
    assert {(v.rule, v.amount) for v in after.violations} == expected
    assert {v.where.replace("new ", "") for v in after.violations} == {v.where for v in before.violations}


def _has_no_crumbs(problem):
    """Whether all data are 0 or at least a thousandth, which solvers' absolute tolerances can tell from 0."""
    parts = [problem, getattr(problem, "lanes", None), getattr(problem, "pairs", None)]
    arrays = [value for part in parts if part for value in vars(part).values()]
    arrays = [value for value in arrays if isinstance(value, np.ndarray) and value.dtype == float]
    if problem.kind == "linear":
        arrays.append(problem.matrix.data)
    if problem.kind == "programmes":
        arrays.append(problem.cost.data)
    scalars = [getattr(problem, name, None) or 0.0 for name in ("total", "cost_budget", "offset")]
    magnitudes = np.abs(np.concatenate([*arrays, scalars]))
    return bool((magnitudes[magnitudes > 0] >= 1e-3).all())


FAMILIES = [
    transportation_problems,
    assignment_problems,
    fair_allocation_problems,
    network_flow_problems,
    linear_problems,
    programme_problems,
]


@pytest.mark.parametrize("family", FAMILIES)
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.filter_too_much])
@given(data=st.data())
def test_what_the_formulation_calls_a_plan_the_check_calls_one_too(family, data):
    problem = data.draw(family().filter(_has_no_crumbs))
    form = matrix_form(problem)
    if not form.matrix.shape[1]:
        return
    answer = milp(
        -form.cost if form.maximise else form.cost,
        constraints=LinearConstraint(form.matrix, form.row_lower, form.row_upper),
        # HiGHS may answer 3.5 for a whole column that ends there, so its bounds are made whole first
        bounds=Bounds(
            np.where(form.whole, np.ceil(form.lower), form.lower),
            np.where(form.whole, np.floor(form.upper), form.upper),
        ),
        integrality=form.whole.astype(int),
    )
    if answer.status != 0:
        return
    values = np.where(form.whole, np.rint(answer.x), answer.x)
    report = check_decisions(problem, form.decided(values))
    assert report.feasible, report.violations
    if form.quadratic is None:
        assert report.agrees(form.objective(values))
    assert report.stages == pytest.approx(tuple(float(stage @ values) for stage in form.stages))
