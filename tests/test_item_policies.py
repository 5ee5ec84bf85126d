"""Envy-freeness up to one good and maximin shares as policies, held against exhaustive search."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from policy_cases import feasible_rows, same_renderings

import allocare
from allocare import AssignmentProblem, InputError, Lanes, with_fairness
from allocare.evaluation.envy import ef1_violations
from allocare.evaluation.maximin_shares import maximin_shares
from allocare.instances.fairness import Rule
from allocare.models.checks.fairness import measured
from allocare.models.policies import policy_of

# Feige, Sapir and Tauber 2021, as tested by the leximin implementations of idasofiep
FEIGE = [
    [1, 16, 23, 26, 4, 10, 12, 19, 9],
    [1, 16, 22, 26, 4, 9, 13, 20, 9],
    [1, 15, 23, 25, 4, 10, 13, 20, 9],
]


def shifts(values, **options) -> AssignmentProblem:
    """Shifts (columns) shared among nurses (rows) of no limit; nan where a nurse cannot take one."""
    values = np.asarray(values, dtype=float)
    return AssignmentProblem(
        agents=[f"nurse {at}" for at in range(len(values))],
        tasks=[f"shift {at}" for at in range(values.shape[1])],
        pairs=Lanes.from_matrix(values),
        capacity=values.shape[1],
        sense="max",
        **options,
    )


@st.composite
def small(draw: st.DrawFn) -> AssignmentProblem:
    agents, items = draw(st.integers(2, 3)), draw(st.integers(1, 4))
    cells = st.one_of(st.integers(0, 6), st.just(np.nan)) if draw(st.booleans()) else st.integers(0, 6)
    values = np.array(draw(st.lists(cells, min_size=agents * items, max_size=agents * items)), dtype=float)
    return shifts(values.reshape(agents, items), task_rule="at-most-once")


def allocations(problem: AssignmentProblem):
    """Every way to give each shift to a nurse who can take it, or to nobody: decisions and owners."""
    takers = [
        [-1, *problem.pairs.source[problem.pairs.target == task].tolist()]
        for task in range(len(problem.tasks))
    ]
    for owner in product(*takers):
        decisions = np.array(owner)[problem.pairs.target] == problem.pairs.source
        yield decisions.astype(float), list(owner)


@given(small(), st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_ef1_passes_what_its_rows_let_through_and_no_more(problem, random):
    stated = with_fairness(problem, None, ["ef1"])
    values = np.nan_to_num(problem.pairs.matrix())
    ways = list(allocations(problem))
    for decisions, owner in random.sample(ways, min(6, len(ways))):
        verdict = policy_of(Rule.of("ef1")).judge(measured(stated, decisions))
        assert verdict.holds == ef1_violations(values, owner).empty
        assert feasible_rows(stated, decisions) == verdict.holds


@given(small())
@settings(max_examples=10, deadline=None)
def test_the_best_ef1_allocation_is_found(problem):
    values = np.nan_to_num(problem.pairs.matrix())
    best = max(
        float(problem.pairs.cost @ decisions)
        for decisions, owner in allocations(problem)
        if ef1_violations(values, owner).empty
    )
    assert allocare.solve(with_fairness(problem, None, ["ef1"])).objective == pytest.approx(best)


@given(small(), st.sampled_from([1.0, 0.5]))
@settings(max_examples=10, deadline=None)
def test_maximin_shares_pass_what_their_rows_let_through(problem, alpha):
    policy = f"mms:alpha={alpha}"
    stated = with_fairness(problem, None, [policy])
    values = np.nan_to_num(problem.pairs.matrix())
    share = maximin_shares(values).to_numpy()
    for decisions, owner in list(allocations(problem))[::7]:
        bundle = np.array(owner)[None, :] == np.arange(len(values))[:, None]
        holds = bool(((values * bundle).sum(axis=1) >= alpha * share - 1e-9).all())
        assert policy_of(Rule.of(policy)).judge(measured(stated, decisions)).holds == holds
        assert feasible_rows(stated, decisions) == holds


def test_where_no_plan_gives_everybody_its_maximin_share_the_solver_proves_it():
    assert maximin_shares(FEIGE).tolist() == [40, 40, 40]
    assert allocare.solve(with_fairness(shifts(FEIGE), None, ["mms"])).status.value == "infeasible"
    nearly = allocare.solve(with_fairness(shifts(FEIGE), "maximin", ["mms:alpha=0.975"], utility="benefit"))
    # 39 of 40 is the best that there is
    assert nearly.objective == pytest.approx(39)


@pytest.mark.parametrize("policy", ["ef1", "mms"])
def test_both_renderings_state_the_same(policy):
    same_renderings(with_fairness(shifts([[3, 1, np.nan], [2, 2, 2], [0, 5, 1]]), None, [policy]))


@pytest.mark.parametrize("backend", ["highs", "pyomo:highs"])
def test_greater_total_gives_way_to_envy(backend):
    # all three shifts go to the first nurse, who values them most; fair is one for the other
    problem = shifts([[3, 3, 3], [1, 1, 1]])
    assert allocare.solve(problem, "highs").objective == 9
    fair = allocare.solve(with_fairness(problem, None, ["ef1"]), backend)
    assert fair.objective == pytest.approx(7) and fair.checked


def test_who_envies_whom_is_said():
    problem = shifts([[3, 3, 3], [1, 1, 1]])
    plan = pd.DataFrame({"agent": ["nurse 0"] * 3, "task": problem.tasks})
    verdict = policy_of(Rule.of("ef1")).judge(measured(problem, problem.decisions(plan)))
    assert verdict.where == "nurse 1 of nurse 0" and verdict.excess == 2
    assert verdict.message.endswith("values what 'nurse 0' has at 3, without its best good at 2")


@pytest.mark.parametrize("policy", ["ef1", "mms"])
@pytest.mark.parametrize(
    ("problem", "options", "message"),
    [
        (allocare.example("sunray"), {}, "not a transportation problem over its targets"),
        (shifts([[1, 2]]), {"agents": "tasks"}, "not a assignment problem over its tasks"),
        (shifts([[1, -2]]), {}, "that of 'nurse 0' and 'shift 1' is below"),
        (allocare.example("chores-3x3"), {"utility": "burden"}, "this problem has costs"),
    ],
)
def test_they_are_about_agents_who_value_tasks(policy, problem, options, message):
    with pytest.raises(InputError) as caught:
        allocare.solve(with_fairness(problem, None, [policy], **options))
    assert message in str(caught.value)


def test_a_share_beyond_what_is_certain_is_refused():
    with pytest.raises(InputError, match=r"alpha is 1\.5; give a number from 0 to 1"):
        allocare.solve(with_fairness(shifts([[1, 2]]), None, ["mms:alpha=1.5"]))
