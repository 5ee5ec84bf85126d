"""Published figures that criteria, policies and measures reproduce, and counties of two states on two routes.

Where each figure is tested (data, source and tolerance stand in the TOML file beside the test):

test_the_threshold_selects_the_published_programmes
    Health budget: best selections by threshold
test_every_threshold_reaches_its_value
    Health budget: value of eighteen thresholds
test_the_health_budget_has_the_recomputed_equivalents_by_either_route
    Health budget: alpha-fair equivalents, means
test_prices_of_the_health_budget_are_the_recomputed_ones
    Health budget: price of alpha-fairness, maximin
test_the_best_for_the_worst_off_on_the_health_budget_is_the_published_choice
    Health budget: maximin, then total
test_the_health_budgets_dispersion_is_as_published
    Health budget: least Gini difference and variance
test_small_dispersion_leaves_the_worst_off_where_they_are
    Health budget: small dispersion leaves the worst-off
test_figures_of_health_budget_plans
    Health budget: measures of its plans
test_every_baseline_of_the_health_budget_is_what_its_rule_reaches
    Health budget: greedy by benefit per cost
test_worst_off_first_on_the_health_budget
    Health budget: worst-off first
test_the_price_of_proportional_fairness_attains_its_bound
    Linear network: bound on proportional attained
test_the_price_of_the_best_for_the_worst_off_attains_its_bound_and_alpha_leads_there
    Linear network: bound on maximin attained
test_of_nine_users_each_of_the_six_long_ones_has_the_published_share
    Linear network: shares of nine users by alpha
test_the_condominium_shares_its_surplus_as_recomputed
    Condominium: utilitarian, proportional, maximin
test_prices_of_the_condominium_are_within_the_bounds_of_four_players
    Condominium: prices and their bounds
test_bundled_examples_are_solved_to_their_known_optimum_on_every_backend
    Transportation, assignment, GAP optima
test_textbook_baselines_are_reproduced
    Their baselines (north-west, least cost, Vogel)
test_leximin_shares_out_whole_items_as_published
    Leximin of whole items, twelve cases
test_no_allocation_gives_everybody_the_maximin_share_of_feige_sapir_and_tauber
    No allocation gives everybody the maximin share
test_published_maximin_shares
    Maximin shares
test_the_nash_product_of_whole_items_is_the_published_one
    Nash product of whole items
test_leximin_of_normalised_utilities_shares_equally_where_absolute_does_not
    Absolute and relative leximin differ
test_leximin_need_not_be_envy_free_up_to_one_good
    Leximin need not be EF1
test_leximin_divides_the_inheritance_as_published
    Inheritance: leximin and total
test_the_inheritance_has_the_published_objective
    Inheritance: worst-off less a tenth of the best-off
test_leximin_of_burdens_under_covering_rows_is_as_published
    Covering rows: leximin of burdens
test_leximin_of_divisible_items_is_the_same_by_levels_and_by_ordered_outcomes
    Divisible items by leximin
test_chores_are_shared_so_that_the_heaviest_burdens_are_light
    Chores
test_whole_servers_go_where_the_worst_off_gain
    Servers
test_ranked_weights_choose_three_of_five_as_published
    Ranked weights: three of five
test_ranked_weights_choose_projects_as_published
    Ranked weights: projects
test_ranked_weights_share_out_as_published
    Ranked weights: sharing out
test_generalised_gini_matches_one_to_one_as_published
    Ranked weights: one to one
test_maximin_matches_one_to_one_as_published
    Maximin one to one
test_the_lorenz_curve_is_as_published
    Lorenz curve of sums
test_published_lorenz_points
    Lorenz points
test_published_figures_of_distributions
    Measures of distributions
test_theil_of_halves_of_which_one_has_nothing_is_all_between
    Theil by halves
test_aif360_trap_coefficient_of_variation_is_the_root_of_twice_the_entropy
    Coefficient of variation as it was once wrong
test_the_order_of_processing_matters
    Reserve: the order of categories matters
test_nobody_is_kept_down_for_the_sake_of_evenness
    Levelling down: (5, 5) is never chosen over (6, 7)
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from criteria_cases import FIGURES, shared_items, utilities_of_plan
from public_files import DATA, needs_data
from test_curved_criteria import condominium

import allocare
from allocare.evaluation.judged import judge
from allocare.evaluation.price_of_fairness import price_of_fairness
from allocare.instances.attributes import with_attributes
from allocare.instances.formats import load
from allocare.models.references import best_total

STATES = ("icu_fl", "icu_ga")
RULES = {
    "utilitarian": ("utilitarian", (), ("max-flow-levels", "highs")),
    "maximin": ("maximin", (), ("max-flow-levels", "highs")),
    "leximin": ("leximin", (), ("highs", "clarabel")),
    "proportional": ("proportional", (), ("max-flow-levels", "clarabel")),
    "rate gap 0.1": ("utilitarian", ("rate-gap:group=svi/4:at_most=0.1",), ("highs", "clarabel")),
    "rate gap 0.05": ("utilitarian", ("rate-gap:group=svi/4:at_most=0.05",), ("highs", "clarabel")),
    "four-fifths": ("utilitarian", ("rate-ratio:group=svi/4:at_least=0.8",), ("highs", "clarabel")),
}
"""What counties are judged by: criterion, policies, and two routes that share no solver."""


def test_every_figure_in_the_list_names_a_test_that_is_there() -> None:
    written = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    listed = re.findall(r"^(test_\w+)$", __doc__ or "", re.MULTILINE)
    assert len(listed) == 41
    assert [name for name in listed if f"def {name}(" not in written] == []


# --- counties of two states


def public(test: Any) -> Any:
    for mark in needs_data:
        test = mark(test)
    return test


@cache
def counties(state: str) -> Any:
    folder = DATA / "transport"
    problem = load(str(folder / f"{state}.min"), "dimacs-transportation")
    return with_attributes(problem, folder / f"{state}_counties.csv", "node")


def solved(problem: Any, criterion: str | None, policies: tuple[str, ...], backend: str) -> Any:
    posed = allocare.with_fairness(problem, criterion, policies)
    solution = allocare.solve(posed, backend, time_limit=120)
    assert solution.status == "optimal" and solution.checked and solution.backend == backend
    plan = judge(posed, solution)
    system = best_total(problem)
    assert -1e-6 <= (system - plan.total) / system <= 1, "the price of fairness is a share"
    return solution, plan


@public
@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize("state", STATES)
def test_divisible_beds_for_counties_are_the_same_on_two_routes(state: str, rules: str) -> None:
    criterion, policies, backends = RULES[rules]
    problem = replace(counties(state), whole=False)
    (one, first), (other, second) = (solved(problem, criterion, policies, name) for name in backends)
    assert one.objective == pytest.approx(other.objective, rel=1e-6, abs=1e-6)
    assert first.total == pytest.approx(second.total, rel=1e-6)
    assert first.worst <= solved(problem, "maximin", (), "max-flow-levels")[1].worst + 1e-6


@public
@pytest.mark.parametrize("state", STATES)
def test_the_least_variance_at_the_greatest_total_is_that_of_levels_by_maximum_flows(state: str) -> None:
    problem = replace(counties(state), whole=False)
    even, plan = solved(problem, "min-variance", ("efficiency-floor:loss=0",), "clarabel")
    levels = allocare.FairAllocationProblem(
        sources=problem.sources, targets=problem.targets, lanes=problem.lanes, supply=problem.supply,
        demand=problem.demand,
    )  # fmt: skip
    by_flows = allocare.solve(levels, "max-flow-levels")
    assert by_flows.status == "optimal" and by_flows.checked
    assert even.objective == pytest.approx(by_flows.objective, rel=1e-6, abs=1e-9)
    assert plan.total == pytest.approx(best_total(problem), rel=1e-6)


@public
@pytest.mark.parametrize("state", STATES)
def test_whole_beds_for_the_worst_off_county_are_a_floor_that_cannot_be_raised(state: str) -> None:
    problem = counties(state)
    best, plan = solved(problem, "maximin", (), "min-cost-flow")
    even, _ = solved(problem, "leximin", (), "min-cost-flow")
    assert best.objective == even.objective == pytest.approx(plan.worst)
    # the general solver knows the level as a constraint alone
    at_least = allocare.with_fairness(problem, None, [f"floor:value={best.objective!r}"])
    above = allocare.with_fairness(problem, None, [f"floor:value={best.objective * (1 + 1e-5)!r}"])
    assert allocare.solve(at_least, "highs").status == "optimal"
    assert allocare.solve(above, "highs").status == "infeasible"


@public
@pytest.mark.parametrize("state", STATES)
def test_whole_beds_have_the_greatest_total_and_bound_what_divisible_ones_reach(state: str) -> None:
    whole = counties(state)
    divisible = replace(whole, whole=False)
    one, _ = solved(whole, "utilitarian", (), "min-cost-flow")
    other, _ = solved(whole, "utilitarian", (), "highs")
    assert one.objective == pytest.approx(other.objective, rel=1e-9)
    for criterion in ("maximin", "proportional"):
        units, _ = solved(whole, criterion, (), "min-cost-flow")
        shares, _ = solved(divisible, criterion, (), "max-flow-levels")
        assert units.objective <= shares.objective + 1e-6 * abs(shares.objective)


# --- figures that no other file has


def test_prices_of_the_health_budget_are_the_recomputed_ones() -> None:
    criteria = ["maximin", "proportional", "alpha-fair:alpha=2", "alpha-fair:alpha=3", "alpha-fair:alpha=5"]
    found = price_of_fairness(allocare.example("health-budget"), criteria)
    assert found["price_percent"].tolist() == pytest.approx([0.0497, 0.272, 5.409, 8.122, 8.122], abs=6e-4)
    assert found["bound_percent"].isna().all(), "bounds are for divisible plans of equal groups"


def test_prices_of_the_condominium_are_within_the_bounds_of_four_players() -> None:
    problem = allocare.with_fairness(condominium(), size="equal")
    found = price_of_fairness(problem, ["proportional", "maximin"])
    assert found["price_percent"].tolist() == pytest.approx([3.0016, 17.6246], abs=1e-4)
    assert found["bound_percent"].tolist() == pytest.approx([25.0, 36.0])


@pytest.mark.parametrize(
    ("values", "product"), [([[1, 2, 3], [4, 3, 1]], 21), ([[1, 2, 3], [3, 1, 1]], 15)], ids=["21", "15"]
)
@pytest.mark.parametrize("backend", ["auto", "highs"])
def test_the_nash_product_of_whole_items_is_the_published_one(
    values: list[list[int]], product: int, backend: str
) -> None:
    # mlhetland/Allocations.jl, test/tests.jl
    problem = shared_items(values)
    solution = allocare.solve(allocare.with_fairness(problem, "nash"), backend)
    assert np.prod(utilities_of_plan(problem, solution)) == pytest.approx(product)
    assert solution.objective == pytest.approx(np.log(product), rel=1e-9)


def test_leximin_of_normalised_utilities_shares_equally_where_absolute_does_not() -> None:
    # exq.pages.dev, Egalitarian item allocation: items worth 3 each to one agent and 1 each to the other
    problem = shared_items([[3, 3, 3, 3], [1, 1, 1, 1]])
    absolute = allocare.solve(allocare.with_fairness(problem, "leximin"))
    relative = allocare.solve(allocare.with_fairness(problem, "leximin", normalised=True))
    assert utilities_of_plan(problem, absolute).tolist() == pytest.approx([3, 3])
    assert utilities_of_plan(problem, relative).tolist() == pytest.approx([6, 2])


def test_the_inheritance_has_the_published_objective() -> None:
    import pyomo.environ as pyo

    values = FIGURES["inheritance"]["cases"][0]["values"]
    model = allocare.pyomo_model(shared_items(values))
    variable = next(iter(model.component_objects(pyo.Var)))
    got = [
        sum(worth * variable[f"{agent}:{item}"] for item, worth in enumerate(row))
        for agent, row in enumerate(values)
    ]
    model.worst, model.best = pyo.Var(), pyo.Var()
    model.at_least = pyo.Constraint(range(4), rule=lambda _, agent: model.worst <= got[agent])
    model.at_most = pyo.Constraint(range(4), rule=lambda _, agent: model.best >= got[agent])
    next(iter(model.component_objects(pyo.Objective))).deactivate()
    model.spread = pyo.Objective(expr=model.worst - 0.1 * model.best, sense=pyo.maximize)
    assert allocare.solve(model).objective == pytest.approx(33.0)
