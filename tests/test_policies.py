"""Policies: what their rows let through is what their judgement passes, in both renderings."""

import dataclasses
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from policy_cases import DIVISIBLE, feasible_rows, region, same_renderings
from public_files import DATA
from scipy.optimize import linprog

import allocare
from allocare import InputError, with_attributes, with_fairness
from allocare.evaluation.policy_test import judge_plan
from allocare.instances.fairness import Rule
from allocare.instances.linear import LinearProblem
from allocare.models.checks.fairness import measured
from allocare.models.policies import POLICIES, policy_of


@pytest.mark.parametrize("policy", DIVISIBLE)
@given(st.data())
@settings(max_examples=12, deadline=None)
def test_a_plan_that_the_judgement_passes_is_one_that_the_rows_let_through(policy, data):
    problem = with_fairness(region(data.draw), None, [policy])
    decisions = np.array(
        data.draw(st.lists(st.integers(0, 6), min_size=problem.size, max_size=problem.size)), dtype=float
    )
    verdict = policy_of(Rule.of(policy)).judge(measured(problem, decisions))
    if abs(verdict.excess) > 1e-5 or verdict.holds:
        assert feasible_rows(problem, decisions) == verdict.holds
    assert verdict.holds == (verdict.broken == 0)


@pytest.mark.parametrize("policy", DIVISIBLE)
@pytest.mark.parametrize("utility", ["coverage", "benefit"])
def test_both_renderings_state_the_same(policy, utility):
    same_renderings(with_fairness(region(), "utilitarian", [policy, "floor:value=0"], utility=utility))


@pytest.mark.parametrize("policy", DIVISIBLE)
@pytest.mark.parametrize("backend", ["highs", "clarabel", "pyomo:highs"])
def test_solved_plans_keep_the_policy_and_cost_no_less(policy, backend):
    problem = region()
    free = allocare.solve(problem)
    held = allocare.solve(with_fairness(problem, None, [policy]), backend)
    assert held.checked and held.objective >= free.objective - 1e-6 * abs(free.objective)


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_the_gini_cap_binds_at_the_least_gini_that_a_reference_finds(seed):
    random = np.random.default_rng(seed)
    problem = LinearProblem(
        columns=list("abcd"),
        rows=["budget"],
        objective=random.integers(1, 9, 4),
        matrix=random.integers(1, 5, (1, 4)),
        row_lower=[-np.inf],
        row_upper=[10],
        lower=np.zeros(4),
        upper=random.integers(1, 6, 4),
        sense="max",
        attributes={"agents": pd.DataFrame({"people": random.integers(1, 9, 4)}, index=list("abcd"))},
    )
    cap = 0.15
    solution = allocare.solve(with_fairness(problem, None, [f"gini-cap:at_most={cap}"], size="people"))
    # the same LP with the plain definition: every pair twice, absolute values as two rows
    share = problem.attributes["agents"]["people"].to_numpy(float)
    share /= share.sum()
    pairs = [(i, j) for i in range(4) for j in range(4) if i != j]
    width = 4 + len(pairs)
    rows, right = [np.concatenate([problem.matrix.toarray()[0], np.zeros(len(pairs))])], [10.0]
    for at, (i, j) in enumerate(pairs):
        for sign in (1, -1):
            row = np.zeros(width)
            row[i], row[j], row[4 + at] = sign, -sign, -1
            rows.append(row)
            right.append(0.0)
    rows.append(np.concatenate([-2 * cap * share, [share[i] * share[j] for i, j in pairs]]))
    right.append(0.0)
    found = linprog(
        -np.concatenate([problem.objective, np.zeros(len(pairs))]),
        A_ub=np.array(rows),
        b_ub=right,
        bounds=[*zip(problem.lower, problem.upper, strict=True), *[(0, None)] * len(pairs)],
    )
    assert solution.objective == pytest.approx(-found.fun, rel=1e-7)


def test_a_rate_is_weighed_by_people():
    verdict = policy_of(Rule.of("rate-gap:group=side:at_most=0.1")).judge(measured(region(), [4, 2, 2, 4, 0]))
    # east: 6 of 10 needed arrive, west 6 of 10: a mean of shares (1, 1/3) and (2/7, 4/3) would differ
    assert verdict.holds and verdict.excess == pytest.approx(-0.1)


def test_the_four_fifths_rule_says_who_is_left_behind():
    verdict = policy_of(Rule.of("rate-ratio:group=side")).judge(measured(region(), [4, 6, 3, 3, 0]))
    assert not verdict.holds and verdict.where == "west and east"
    assert "'west' has the rate 0.6, 'east' 1 (0.6 of it)" in verdict.message


def test_those_without_need_do_not_count_for_equal_opportunity():
    policy = policy_of(Rule.of("equal-opportunity:group=side:need=ill:at_most=0.01"))
    # b and c have no patients, so their groups' rates are those of a and d
    assert policy.judge(measured(region(), [4, 0, 7, 0, 3])).holds
    assert not policy.judge(measured(region(), [2, 6, 7, 0, 3])).holds


def test_a_guaranteed_share_is_of_what_is_given_out():
    policy = policy_of(Rule.of("share-guarantee:group=side:claim=ill:loss=0.1"))
    verdict = policy.judge(measured(region(), [2, 0, 0, 6, 0]))
    # 2 of 4 patients are in the east: 0.9 x 50 % of 8 are guaranteed, 2 arrive
    assert not verdict.holds and verdict.where == "east" and verdict.excess == pytest.approx(1.6)


def test_the_efficiency_floor_is_measured_by_the_greatest_total():
    problem = with_fairness(region(), None, ["efficiency-floor:loss=0.25"])
    verdict = policy_of(Rule.of("efficiency-floor:loss=0.25")).judge(measured(problem, [4, 0, 0, 0, 0]))
    # 14 of 20 can be served
    assert "the total is 4, the greatest 14; at least 10.5 is asked for" in verdict.message
    normalised = dataclasses.replace(problem, fairness=dataclasses.replace(problem.fairness, normalised=True))
    solution = allocare.solve(with_fairness(normalised, "maximin", ["efficiency-floor:loss=0"]))
    assert solution.checked


def test_the_efficiency_floor_is_reached_where_serving_costs_more_than_not():
    dear = dataclasses.replace(region(), unmet_cost=[0, 0, 0, 0])
    solution = allocare.solve(with_fairness(dear, None, ["efficiency-floor:loss=0.1"]))
    assert solution.served == pytest.approx(0.9 * 14)


def test_a_floor_on_burdens_asks_for_no_less_than_is_possible():
    solution = allocare.solve(
        with_fairness(region(), "maximin", ["efficiency-floor:loss=0"], utility="burden")
    )
    assert solution.status.value == "optimal"


@pytest.mark.parametrize(
    ("policy", "utility", "message"),
    [
        ("rate-gap:group=side:at_most=-1", None, "at_most is -1; give a number of 0 or more"),
        ("rate-gap:group=nation:at_most=1", None, "puts everybody in the one group 'x'"),
        ("rate-gap:group=sied:at_most=1", None, "no attribute 'sied'; did you mean 'side'?"),
        ("rate-gap:at_most=1", None, "policy 'rate-gap' needs the parameter 'group'"),
        ("rate-ratio:group=side:at_least=1.2", None, "at_least is 1.2; give a number from 0 to 1"),
        ("rate-ratio:group=side", "burden", "a ratio of rates has no meaning for burdens"),
        ("equal-opportunity:group=side:need=sick:at_most=0", None, "no attribute 'sick'"),
        ("equal-opportunity:group=side:need=none:at_most=0", None, "nobody in group 'west' is in need"),
        ("share-guarantee:group=side:claim=nation", None, "attribute 'nation' of 'a' is 'x', not a number"),
        ("share-guarantee:group=side:loss=2", None, "loss is 2; give a number from 0 to 1"),
        ("gini-cap:at_most=0.2", "burden", "a Gini coefficient needs utilities of 0 or more"),
        ("hoover-cap:at_most=0.2", "burden", "a Hoover index needs utilities of 0 or more"),
        ("max-gap:at_most=wide", None, "at_most is 'wide'; give a number"),
        ("efficiency-floor:loss=1.5", None, "loss is 1.5; give a number from 0 to 1"),
        ("cost-budget", None, "needs the parameter 'at_most'"),
        ("floor:value=0.5:group=side:label=north", None, "attribute 'side' has nobody 'north'"),
    ],
)
def test_a_mistake_is_one_clear_line(policy, utility, message):
    with pytest.raises(InputError) as caught:
        allocare.solve(with_fairness(region(), None, [policy], utility=utility))
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_a_budget_needs_costs():
    weights = dataclasses.replace(region(), sense="max", unmet_cost=None, demand_rule="none", demand=None)
    with pytest.raises(InputError, match="needs costs"):
        allocare.solve(with_fairness(weights, None, ["cost-budget:at_most=1"]))


@pytest.mark.parametrize(
    ("name", "divisible", "whole"), [("icu_fl", 775855.6129, 775886), ("icu_ga", 2650868.3136, 2650877)]
)
@pytest.mark.public_data
@pytest.mark.skipif("ALLOCARE_DATA" not in os.environ, reason="ALLOCARE_DATA is not set")
def test_quartiles_of_vulnerability_are_served_alike_on_public_data(name, divisible, whole):
    problem = allocare.load(DATA / f"transport/{name}.min", "dimacs-transportation")
    problem = with_attributes(problem, DATA / f"transport/{name}_counties.csv", "node")
    policies = ["rate-gap:group=svi/4:at_most=0.05", "rate-ratio:group=svi/4"]
    plain = allocare.solve(problem)
    assert not judge_plan(problem, plain.allocation, policies[:1])["holds"].any()
    held = with_fairness(problem, None, policies)
    patients = allocare.solve(held, "highs")
    assert patients.objective == whole > plain.objective
    assert judge_plan(problem, patients.allocation, policies)["holds"].all()
    shares = dataclasses.replace(held, whole=False)
    for backend in ("highs", "clarabel"):
        assert allocare.solve(shares, backend).objective == pytest.approx(divisible, rel=1e-7)


def test_numbers_written_as_text_are_numbers():
    floor = policy_of(Rule("floor", {"value": "0.25", "group": "tier", "label": 2.0}))
    assert floor.value == 0.25 and floor.label == "2"


def test_every_policy_is_tested_and_documented():
    tested = {policy.partition(":")[0] for policy in DIVISIBLE} | {"ef1", "mms", "tiers", "reserve"}
    documented = (Path(__file__).parents[1] / "docs/policies.md").read_text()
    assert tested == set(POLICIES)
    for name, policy in POLICIES.items():
        row = next(line for line in documented.splitlines() if line.startswith("|") and f"`{name}`" in line)
        assert all(f"`{field.name}`" in row for field in dataclasses.fields(policy))
