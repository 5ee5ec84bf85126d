"""Price of fairness, frontiers, ties, conflicts and explanations where the answer can be seen."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import allocare
from allocare import InputError, Lanes, TransportationProblem, with_fairness
from allocare.evaluation.explanation import binding_policies, gains, gains_by_group
from allocare.evaluation.frontier import frontier
from allocare.evaluation.judged import judge, judge_plan
from allocare.evaluation.price_of_fairness import bound_of, price, price_of_fairness
from allocare.evaluation.ties import ties
from allocare.instances.fairness import Rule
from allocare.solvers.conflicts import cheapest_relaxation, conflict

REGIONS = pd.DataFrame({"region": ["a", "b", "b"]}, index=["north", "south", "west"])
SCARCE = TransportationProblem(
    sources=["depot", "store"],
    targets=["north", "south", "west"],
    lanes=Lanes.from_matrix([[1, 2, np.nan], [np.nan, 3, 1]]),
    supply=[6, 5],
    demand=[8, 6, 4],
    unmet_cost=100,
    attributes={"targets": REGIONS},
)


def test_a_cap_on_everybody_is_priced_by_what_it_leaves_unused():
    table = price_of_fairness(SCARCE, ["utilitarian", "maximin"], ["cap:value=0.25", "floor:value=0.9"])
    assert table["price_percent"].tolist()[:2] == [0.0, 0.0]
    # a quarter of 18 instead of 11
    assert table["price_percent"][2] == pytest.approx(100 * (11 - 4.5) / 11)
    assert table["status"][3] == "infeasible" and "floor:value=0.9" in table["note"][3]


@pytest.mark.parametrize(("count", "most"), [(4, 0.25), (9, 4 / 9), (16, 0.5625), (25, 0.64)])
def test_the_proportional_bound_is_that_of_the_paper(count, most):
    assert bound_of(Rule("proportional"), np.ones(count)) == pytest.approx(most)
    # the exact alpha form collapses to it at 1
    assert bound_of(Rule("alpha-fair", {"alpha": 1 + 1e-9}), np.ones(count)) == pytest.approx(most, abs=1e-6)


@pytest.mark.parametrize(("count", "most"), [(3, 0.25), (5, 4 / 9), (7, 0.5625), (9, 0.64), (11, 0.694444)])
def test_the_maximin_bound_is_that_of_the_paper(count, most):
    assert bound_of(Rule("maximin"), np.ones(count)) == pytest.approx(most, abs=1e-6)


def test_a_price_has_no_meaning_where_there_is_nothing_to_give_up():
    assert price(0.0, 0.0) is None and price(-3.0, -4.0) is None


def test_a_frontier_finds_where_the_plan_changes():
    problem = dataclasses.replace(SCARCE, whole=True)
    found = frontier(with_fairness(problem, None, ["floor:value=?"]), 0.0, 0.7, points=9, resolution=1e-4)
    # whole units: south needs 1, 2, ... of 6, west of 4 and north of 8, so plans change at such shares only
    shares = {round(k / n, 6) for n in (4, 6, 8) for k in range(n + 1)}
    for row in found.breakpoints.itertuples():
        assert any(row.after - 1e-9 <= share <= row.before + 1e-9 for share in shares)
    assert found.points["value"].dropna().is_monotonic_increasing
    assert found.points["status"].iloc[-1] == "infeasible" and len(found.breakpoints) >= 2


def test_a_frontier_needs_one_open_parameter():
    for policies in ([], ["floor:value=?", "cap:value=?"]):
        with pytest.raises(InputError, match=r"write \? for exactly one parameter"):
            frontier(with_fairness(SCARCE, "maximin", policies), 0, 1)


def test_ties_name_the_groups_that_could_have_more():
    found = ties(with_fairness(SCARCE, "utilitarian"), "region")
    assert not found.unique and "region" not in found.message
    assert (found.groups["most"] > found.groups["least"] + 1).all()
    assert ties(with_fairness(SCARCE, "maximin"), "region").unique


def test_conflicting_policies_are_named_and_no_others():
    policies = ["cap:value=0.3:group=region:label=a", "floor:value=0.1", "floor:value=0.5"]
    found = conflict(with_fairness(SCARCE, None, policies))
    assert [str(policy) for policy in found.policies] == [policies[0], policies[2]]
    assert conflict(with_fairness(SCARCE, None, policies[:2])) is None
    solution = allocare.solve(with_fairness(SCARCE, None, policies))
    assert solution.status.value == "infeasible" and found.message in solution.notes


def test_rules_of_the_problem_that_conflict_by_themselves_are_said_to():
    problem = dataclasses.replace(SCARCE, unmet_cost=None)
    assert conflict(with_fairness(problem, None, ["floor:value=0.1"])).policies == ()


def test_the_cheapest_relaxation_makes_the_policies_feasible():
    policies = ["floor:value=0.8", "cap:value=0.9"]
    problem = with_fairness(SCARCE, None, policies)
    table = cheapest_relaxation(problem)
    assert table["relaxed_by"].tolist() == pytest.approx([0.8 - 11 / 18, 0.0])
    by = float(table["relaxed_by"][0])
    relaxed = with_fairness(SCARCE, None, [f"floor:value={0.8 - by - 1e-9}", policies[1]])
    assert allocare.solve(relaxed).status.value == "optimal"
    assert conflict(with_fairness(SCARCE, None, [f"floor:value={0.8 - by + 1e-3}", policies[1]])) is not None


def test_weights_say_which_policy_gives_way():
    policies = ["floor:value=0.5", "cap:value=0.3:group=region:label=a"]
    problem = with_fairness(SCARCE, None, policies)
    first, second = cheapest_relaxation(problem, {"floor": 10.0}), cheapest_relaxation(problem, {"cap": 10.0})
    assert first["relaxed_by"].tolist() == pytest.approx([0.0, 0.2])
    assert second["relaxed_by"].tolist() == pytest.approx([0.2, 0.0])
    with pytest.raises(InputError, match="give a number above 0"):
        cheapest_relaxation(problem, {"cap": 0.0})


def test_winners_and_losers_add_up():
    plain = with_fairness(SCARCE, "utilitarian")
    fair = with_fairness(SCARCE, "maximin")
    before, now = judge(plain, allocare.solve(plain)), judge(fair, allocare.solve(fair))
    each, by_region = gains(now, before), gains_by_group(now, before, "region")
    assert each["total_change"].sum() == pytest.approx(now.total - before.total)
    assert by_region["total_change"].sum() == pytest.approx(now.total - before.total)
    assert by_region["gain"].sum() == (each["verdict"] == "gains").sum()


def test_a_shadow_price_is_what_the_next_bit_costs():
    def cost(floor):
        return allocare.solve(with_fairness(SCARCE, None, [f"floor:value={floor}"])).objective

    problem = with_fairness(SCARCE, None, ["floor:value=0.47", "cap:value=5"])
    table = binding_policies(judge(problem, allocare.solve(problem)))
    assert table["binds"].tolist() == [True, False]
    assert table["shadow_price"][0] == pytest.approx((cost(0.47) - cost(0.469)) / 0.001, rel=1e-6)
    assert table["cost"].tolist() == pytest.approx([cost(0.47) - allocare.solve(SCARCE).objective, 0.0])


def test_any_plan_in_the_users_keys_can_be_judged():
    plan = pd.DataFrame({"source": ["depot"], "target": ["north"], "quantity": [4]})
    found = judge_plan(SCARCE, plan)
    assert found.total == 4 and found.worst == 0 and found.utility["north"] == 0.5
    nothing = with_fairness(SCARCE, None, ["floor:value=0.9"])
    with pytest.raises(InputError, match="there is no plan"):
        judge(nothing, allocare.solve(nothing))


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000), floor=st.floats(0, 1))
def test_prices_are_shares_and_conflicts_are_irreducible(seed, floor):
    rng = np.random.default_rng(seed)
    problem = TransportationProblem(
        sources=["a", "b"],
        targets=["x", "y", "z"],
        lanes=Lanes.from_matrix(rng.integers(1, 9, (2, 3)).astype(float)),
        supply=rng.integers(1, 9, 2),
        demand=rng.integers(1, 9, 3),
        unmet_cost=50,
    )
    policies = [f"floor:value={floor}", f"cap:value={rng.uniform():.3f}", "floor:value=0.1"]
    table = price_of_fairness(problem, ["maximin"], policies)
    paid = table["price_percent"].dropna()
    assert ((paid >= 0) & (paid <= 100)).all()
    found = conflict(with_fairness(problem, None, policies))
    if found is not None:
        for left_out in found.policies:
            rest = [policy for policy in found.policies if policy is not left_out]
            assert conflict(with_fairness(problem, None, rest)) is None
        assert conflict(with_fairness(problem, None, found.policies)) is not None
