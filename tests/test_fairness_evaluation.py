"""Price of fairness, frontiers, ties, conflicts and explanations where the answer can be seen."""

import dataclasses
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import allocare
import allocare.evaluation.explanation
import allocare.evaluation.frontier
import allocare.evaluation.ties
from allocare import InputError, Lanes, TransportationProblem, with_fairness
from allocare.evaluation.explanation import binding_policies, gains, gains_by_group
from allocare.evaluation.frontier import frontier
from allocare.evaluation.judged import judge, judge_plan
from allocare.evaluation.price_of_fairness import bound_of, price, price_of_fairness
from allocare.evaluation.ties import ties
from allocare.instances.fairness import Rule
from allocare.models.criteria import CRITERIA, criterion_of
from allocare.solvers.conflicts import cheapest_relaxation, conflict
from allocare.solvers.form_result import FormResult
from allocare.solvers.highs_ import solve_form
from allocare.solvers.solution import Status, StopReason

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


@pytest.mark.parametrize(
    "criterion", ["utilitarian", "maximin", "leximin", "proportional", "min-mad:weight=0.5"]
)
def test_ties_of_a_solution_that_is_known_are_those_that_are_found_without_it(criterion):
    problem = with_fairness(SCARCE, criterion, ["cap:value=0.9"])
    blind, seeing = ties(problem, "region"), ties(problem, "region", solution=allocare.solve(problem))
    assert blind.unique == seeing.unique and blind.message == seeing.message
    pd.testing.assert_frame_equal(blind.groups, seeing.groups, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    "criterion", ["leximin", "proportional", "alpha-fair:alpha=0.5", "kolm-pollak:kappa=1"]
)
def test_a_strictly_concave_criterion_leaves_nothing_open_and_a_search_agrees(criterion, monkeypatch):
    problem = with_fairness(SCARCE, criterion)
    said = ties(problem, "region")
    assert said.unique and "settles everybody" in said.message
    kind = type(criterion_of(problem.fairness.criterion))
    monkeypatch.setattr(kind, "settles_utilities", property(lambda self: False))
    searched = ties(problem, "region")
    assert searched.unique and "was found" in searched.message
    pd.testing.assert_frame_equal(said.groups, searched.groups, rtol=1e-5, atol=1e-5)


def test_what_counts_linearly_settles_nobody():
    settling = {name for name in CRITERIA if name in ("leximin", "proportional", "nash", "kolm-pollak")}
    plain = {
        name: criterion_of(Rule(name)) for name in ("utilitarian", "maximin", *(settling - {"kolm-pollak"}))
    }
    assert {name for name, found in plain.items() if found.settles_utilities} == settling - {"kolm-pollak"}
    assert not criterion_of(Rule("alpha-fair", {"alpha": 0})).settles_utilities


@settings(deadline=None, max_examples=12, derandomize=True)
@given(
    supply=st.tuples(st.integers(0, 4), st.integers(0, 4)),
    demand=st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3)),
    criterion=st.sampled_from(["utilitarian", "maximin", "leximin", "alpha-fair:alpha=0.5"]),
    policies=st.sampled_from([(), ("max-gap:at_most=0.7",)]),
)
def test_ties_of_whole_units_are_those_of_all_plans_counted_one_by_one(supply, demand, criterion, policies):
    lanes = Lanes.from_matrix([[1, 2, np.nan], [np.nan, 3, 1]])
    problem = dataclasses.replace(SCARCE, lanes=lanes, supply=supply, demand=demand, whole=True)
    problem = with_fairness(problem, criterion, policies)
    flows = [
        plan
        for plan in product(range(5), repeat=4)
        if plan[0] + plan[1] <= supply[0]
        and plan[2] + plan[3] <= supply[1]
        and plan[0] <= demand[0]
        and plan[1] + plan[2] <= demand[1]
        and plan[3] <= demand[2]
    ]
    received = np.unique([[a, b + c, d] for a, b, c, d in flows], axis=0)
    served = received / np.array(demand)
    kept = served[np.ptp(served, axis=1) <= 0.7 + 1e-9] if policies else served
    received = received[np.ptp(served, axis=1) <= 0.7 + 1e-9] if policies else received
    rule, size = criterion_of(problem.fairness.criterion), np.array(demand, dtype=float)
    worth = [tuple(np.round(rule.stages(each, size) or (rule.value(each, size),), 9)) for each in kept]
    best = received[[value == max(worth) for value in worth]]
    found = ties(problem, "region")
    groups = {"a": best[:, 0], "b": best[:, 1] + best[:, 2]}
    for row in found.groups.itertuples():
        assert (row.least, row.most) == pytest.approx((groups[row.group].min(), groups[row.group].max()))
    if len(best) == 1:
        assert found.unique
    if (found.groups["most"] > found.groups["least"] + 0.5).any():
        assert found.unique is False


def test_a_search_that_ends_at_its_limit_says_that_nothing_was_decided(monkeypatch):
    problem = dataclasses.replace(SCARCE, whole=True, supply=[3, 2], demand=[4, 3, 3])
    problem = with_fairness(problem, "maximin", ["max-gap:at_most=0.4"])
    solution = allocare.solve(problem)
    assert ties(problem, "region", solution=solution).unique is not None
    nothing = FormResult(status=Status.UNKNOWN, stop_reason=StopReason.TIME_LIMIT)
    searching = allocare.evaluation.ties

    def late(form, options, start=None):
        return nothing if start is not None else solve_form(form, options)

    monkeypatch.setattr(searching, "solve_form", late)
    monkeypatch.setattr(searching._Search, "_divides", lambda self, values: True)
    found = ties(problem, "region", solution=solution)
    assert found.unique is None and found.message == searching.UNDECIDED
    assert (found.groups["least"] == found.groups["most"]).all()


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


def test_a_policy_that_does_not_bind_costs_nothing_and_takes_no_solve(monkeypatch):
    problem = with_fairness(SCARCE, "maximin", ["floor:value=0.1", "cap:value=0.5"])
    plan = judge(problem, allocare.solve(problem))
    solved = []

    def counted(posed, **options):
        solved.append([str(policy) for policy in posed.fairness.policies])
        return allocare.solve(posed, **options)

    monkeypatch.setattr(allocare.evaluation.explanation, "solve", counted)
    table = binding_policies(plan)
    # the cap binds, the floor does not
    assert solved == [["floor:value=0.1"]]
    alone = allocare.solve(with_fairness(SCARCE, "maximin", ["cap:value=0.5"])).objective
    assert table["without"][0] == pytest.approx(alone) and table["cost"][0] == 0
    solved.clear()
    whole = dataclasses.replace(problem, whole=True)
    binding_policies(judge(whole, allocare.solve(whole)))
    assert len(solved) == 2


def test_a_policy_that_a_criterion_cannot_do_without_is_shown_without_a_cost():
    problem = with_fairness(SCARCE, "min-variance", ["efficiency-floor:loss=0"])
    table = binding_policies(judge(problem, allocare.solve(problem)))
    assert table["without"].isna().all() and table["cost"].isna().all()


def test_no_change_is_claimed_beside_a_solve_that_was_cut_short(monkeypatch):
    problem = with_fairness(SCARCE, "utilitarian", ["cap:value=?"])
    whole = frontier(problem, 0.1, 0.9, points=3, resolution=0.3)
    assert len(whole.breakpoints)

    def short(posed, **options):
        found = allocare.solve(posed, **options)
        return dataclasses.replace(
            found, status=Status.FEASIBLE, stop_reason=StopReason.TIME_LIMIT, proved_by=""
        )

    monkeypatch.setattr(allocare.evaluation.frontier, "solve", short)
    found = frontier(problem, 0.1, 0.9, points=3, resolution=0.3)
    assert found.breakpoints.empty and found.points["status"].tolist() == ["feasible"] * 3


def test_no_breakpoint_is_looked_for_after_the_time_for_it():
    problem = with_fairness(SCARCE, "utilitarian", ["cap:value=?"])
    found = frontier(problem, 0.1, 0.9, points=3, most_seconds=0.0)
    assert len(found.points) == 3 and len(found.breakpoints)


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
