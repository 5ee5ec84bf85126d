"""Criteria with linear statements reach the published figures, and say clearly what they cannot be asked."""

import dataclasses

import numpy as np
import pandas as pd
import pyomo.environ as pyo
import pytest
import scipy.sparse as sp
from criteria_cases import FIGURES, shared_items, utilities_of_plan

import allocare
from allocare import InputError, LinearProblem, with_fairness
from allocare.models.criteria.sorted_levels import absolute_lorenz

HEALTH = FIGURES["health_budget"]


def health(criterion, policies=(), backend="highs"):
    problem = with_fairness(allocare.example("health-budget"), criterion, policies)
    return allocare.solve(problem, backend)


def treated(solution) -> str:
    problem = allocare.example("health-budget")
    return "".join(str(int(share)) for share in problem.decisions(solution.allocation))


# --- the health budget


@pytest.mark.parametrize("row", HEALTH["selection"], ids=lambda row: f"delta {row['delta']}")
def test_the_threshold_selects_the_published_programmes(row):
    solution = health(f"utility-threshold:delta={row['delta']}")
    assert treated(solution) == row["treated"].replace(" ", "")
    people = allocare.example("health-budget").group_size.sum()
    assert solution.stages[1] / people == pytest.approx(row["average"], abs=5e-5)


@pytest.mark.parametrize(("delta", "value"), HEALTH["threshold_values"].items())
def test_every_threshold_reaches_its_value(delta, value):
    solution = health(f"utility-threshold:delta={delta}")
    assert solution.status.value == "optimal" and solution.checked
    assert solution.objective == pytest.approx(value, rel=1e-6)
    assert solution.bound == pytest.approx(value, rel=1e-6)


def test_no_threshold_is_the_greatest_total_and_a_wide_one_the_best_for_the_worst_off():
    expected = HEALTH["maximin"]
    maximin, wide = health("maximin"), health("utility-threshold:delta=20")
    assert maximin.stages == pytest.approx((expected["value"], expected["total"]))
    assert treated(maximin) == treated(wide) == expected["treated"].replace(" ", "")
    assert health("utility-threshold:delta=0").objective == pytest.approx(health("utilitarian").objective)


def test_the_equity_threshold_goes_the_other_way():
    assert health("equity-threshold:delta=20").objective == pytest.approx(health("utilitarian").objective)
    nothing_above = health("equity-threshold:delta=0")
    assert nothing_above.objective == pytest.approx(0.4 * 907)
    assert nothing_above.stages[1] == pytest.approx(HEALTH["maximin"]["total"])


# --- leximin


@pytest.mark.parametrize("case", FIGURES["leximin"]["cases"], ids=lambda case: str(case["best"]))
def test_leximin_shares_out_whole_items_as_published(case):
    solution = allocare.solve(with_fairness(shared_items(case["values"]), "leximin"), "highs")
    assert solution.stages == pytest.approx(case["best"]) and solution.bound == pytest.approx(case["best"][0])


@pytest.mark.parametrize("case", FIGURES["inheritance"]["cases"], ids=lambda case: str(case["leximin"]))
def test_leximin_divides_the_inheritance_as_published(case):
    problem = shared_items(case["values"])
    solution = allocare.solve(with_fairness(problem, "leximin"), "highs")
    assert solution.stages == pytest.approx(sorted(case["leximin"]))
    if "total" in case:
        assert utilities_of_plan(problem, solution).tolist() == pytest.approx(case["leximin"])
        total = allocare.solve(with_fairness(problem, "utilitarian"), "highs").objective
        assert total == pytest.approx(case["total"])


@pytest.mark.parametrize("backend", ["highs", "clarabel", "pyomo:highs"])
@pytest.mark.parametrize("case", FIGURES["divisible"]["cases"], ids=lambda case: str(case["leximin"]))
def test_leximin_of_divisible_items_is_the_same_by_levels_and_by_ordered_outcomes(backend, case):
    problem = shared_items(case["values"], whole=False)
    solution = allocare.solve(with_fairness(problem, "leximin"), backend)
    assert solution.stages == pytest.approx(case["leximin"], rel=1e-6)


def test_chores_are_shared_so_that_the_heaviest_burdens_are_light():
    chores = FIGURES["chores"]
    problem = shared_items(chores["values"], whole=False, all_given=True)
    solution = allocare.solve(with_fairness(problem, "leximin", utility="burden"))
    assert solution.stages == pytest.approx([-burden for burden in sorted(chores["burden"], reverse=True)])


def test_whole_servers_go_where_the_worst_off_gain():
    servers = FIGURES["servers"]
    problem = LinearProblem(
        columns=["a", "b", "c"],
        rows=["servers"],
        objective=np.zeros(3),
        matrix=np.ones((1, 3)),
        row_lower=[-np.inf],
        row_upper=[servers["count"]],
        lower=np.zeros(3),
        upper=np.full(3, servers["count"]),
        whole=True,
        agents=["a", "b", "c"],
        utility=sp.diags_array(np.array(servers["worth"], dtype=float)),
    )
    solution = allocare.solve(with_fairness(problem, "leximin"), "highs")
    assert utilities_of_plan(problem, solution).tolist() == pytest.approx(servers["best"])


def test_leximin_of_burdens_under_covering_rows_is_as_published():
    covering = FIGURES["covering"]
    rows = np.array(covering["rows"], dtype=float)
    count = rows.shape[1]
    problem = LinearProblem(
        columns=list(range(count)),
        rows=list(range(len(rows))),
        objective=np.zeros(count),
        matrix=rows,
        row_lower=covering["least"],
        row_upper=np.full(len(rows), np.inf),
        lower=np.zeros(count),
        upper=np.full(count, np.inf),
    )
    solution = allocare.solve(with_fairness(problem, "leximin", utility="burden"), "highs")
    assert solution.allocation["value"].to_numpy() == pytest.approx(covering["best"], abs=1e-5)


def test_leximin_of_yes_or_no_service_needs_but_one_stage_beyond_the_worst_off():
    problem = with_fairness(allocare.example("bed-assignment"), "leximin", utility="coverage", agents="tasks")
    form = allocare.matrix_form(problem)
    assert len(form.stages) == 2
    assert allocare.solve(problem, "highs").checked


# --- weights by rank


def test_the_lorenz_curve_is_as_published():
    values = np.array([4.0, 7, 1, 3, 9, 2])
    curve = 6 * absolute_lorenz(values, np.ones(6), np.arange(1, 7) / 6)
    assert curve.tolist() == pytest.approx([1, 3, 6, 10, 17, 26])


def chosen_together(values, cost, budget) -> LinearProblem:
    """One selection that all agents value differently."""
    values = np.asarray(values, dtype=float)
    agents, count = values.shape
    return LinearProblem(
        columns=[f"item {k}" for k in range(count)],
        rows=["budget"],
        objective=np.zeros(count),
        matrix=np.asarray([cost], dtype=float),
        row_lower=[-np.inf],
        row_upper=[budget],
        lower=np.zeros(count),
        upper=np.ones(count),
        whole=True,
        agents=[f"agent {k}" for k in range(agents)],
        utility=values,
    )


def test_ranked_weights_choose_three_of_five_as_published():
    case = FIGURES["owa"]["three_of_five"]
    problem = chosen_together(case["values"], np.ones(5), 3)
    solution = allocare.solve(with_fairness(problem, {"name": "owa", "weights": case["weights"]}), "highs")
    assert solution.allocation["value"].tolist() == case["chosen"]
    assert solution.objective == pytest.approx(case["value"])


def test_ranked_weights_choose_projects_as_published():
    case = FIGURES["owa"]["projects"]
    problem = chosen_together(case["values"], case["cost"], case["budget"])
    solution = allocare.solve(with_fairness(problem, {"name": "owa", "weights": case["weights"]}), "highs")
    assert solution.allocation["value"].tolist() == case["chosen"]
    assert solution.objective == pytest.approx(case["value"])
    mean = allocare.solve(with_fairness(problem, "owa:weights=1"), "highs")
    assert mean.allocation["value"].tolist() == case["mean_chosen"]


@pytest.mark.parametrize(("weights", "value"), FIGURES["owa"]["share"]["values"])
def test_ranked_weights_share_out_as_published(weights, value):
    case = FIGURES["owa"]["share"]
    problem = shared_items([case["worth"]] * case["agents"])
    solution = allocare.solve(with_fairness(problem, {"name": "owa", "weights": weights}), "highs")
    assert solution.objective == pytest.approx(value)
    assert sorted(utilities_of_plan(problem, solution)) == pytest.approx(case["best"])


def one_to_one() -> LinearProblem:
    values = np.array(FIGURES["one_to_one"]["values"], dtype=float)
    count = len(values)
    each, ones = sp.eye_array(count), np.ones((1, count))
    return LinearProblem(
        columns=list(range(count * count)),
        rows=list(range(2 * count)),
        objective=np.zeros(count * count),
        matrix=sp.vstack([sp.kron(each, ones), sp.kron(ones, each)]),
        row_lower=np.ones(2 * count),
        row_upper=np.ones(2 * count),
        lower=np.zeros(count * count),
        upper=np.ones(count * count),
        whole=True,
        agents=[f"agent {k}" for k in range(count)],
        utility=sp.block_diag([values[[k]] for k in range(count)], format="csr"),
    )


@pytest.mark.parametrize(("aversion", "value", "best"), FIGURES["one_to_one"]["best"])
def test_generalised_gini_matches_one_to_one_as_published(aversion, value, best):
    problem = one_to_one()
    solution = allocare.solve(with_fairness(problem, f"generalised-gini:aversion={aversion}"), "highs")
    assert solution.objective == pytest.approx(value, abs=5e-4)
    utilities = sorted(utilities_of_plan(problem, solution))
    assert sum(utilities) == pytest.approx(sum(best))
    if aversion > 1:
        assert utilities == pytest.approx(best)


def test_maximin_matches_one_to_one_as_published():
    solution = allocare.solve(with_fairness(one_to_one(), "maximin"), "highs")
    assert solution.objective == FIGURES["one_to_one"]["maximin"]


# --- Kalai-Smorodinsky


def test_units_of_measure_do_not_matter_to_kalai_smorodinsky():
    values = np.array([[5.0, 3, 0, 1], [2, 4, 9, 2], [1, 1, 3, 6]])
    plain = shared_items(values, whole=False)
    other = shared_items(values * np.array([[10.0], [1], [0.02]]), whole=False)
    criterion = with_fairness(plain, "kalai-smorodinsky"), with_fairness(other, "kalai-smorodinsky")
    one, two = (allocare.solve(problem, "highs") for problem in criterion)
    assert one.objective == pytest.approx(two.objective, rel=1e-9) and 0 < one.objective < 1
    # nobody's ideal depends on the others: it is all there is
    shares = utilities_of_plan(plain, one) / values.sum(axis=1)
    assert shares.min() == pytest.approx(one.objective)


def test_kalai_smorodinsky_is_maximin_of_normalised_utilities():
    problem = shared_items([[5, 3, 0, 1], [2, 4, 9, 2]], whole=False)
    share = allocare.solve(with_fairness(problem, "kalai-smorodinsky"), "highs")
    level = allocare.solve(with_fairness(problem, "maximin", normalised=True), "highs")
    assert share.objective == pytest.approx(level.objective)


def test_who_can_gain_nothing_holds_nobody_back():
    solution = allocare.solve(with_fairness(shared_items([[4, 2], [0, 0]]), "kalai-smorodinsky"), "highs")
    assert solution.objective == pytest.approx(1.0)
    with pytest.raises(InputError, match="nobody gains by any plan"):
        allocare.solve(with_fairness(shared_items([[0, 0], [0, 0]]), "kalai-smorodinsky"), "highs")


def test_who_can_only_lose_has_no_starting_point():
    problem = shared_items([[4, 2], [1, 3]], all_given=True)
    one_only = dataclasses.replace(problem, lower=np.array([1.0, 0, 0, 0]))
    with pytest.raises(InputError, match="'agent 0' has less by any plan than without one"):
        allocare.solve(with_fairness(one_only, "kalai-smorodinsky", utility="burden"), "highs")


# --- the tie-break


def test_among_equally_good_plans_the_cheapest_is_taken_and_the_note_says_so():
    lanes = allocare.Lanes.from_matrix([[9.0, 1.0], [1.0, 9.0]])
    problem = allocare.TransportationProblem(
        sources=["a", "b"], targets=["c", "d"], lanes=lanes, supply=[4, 4], demand=[5, 5], unmet_cost=100
    )
    for criterion in (
        "maximin",
        "leximin",
        "utilitarian",
        "cvar-share:beta=0.5",
        "equity-threshold:delta=0.1",
    ):
        solution = allocare.solve(with_fairness(problem, criterion), "highs")
        served = solution.allocation.set_index(["source", "target"])["quantity"]
        assert served.get(("a", "c"), 0) + served.get(("b", "d"), 0) == pytest.approx(0, abs=1e-6)
        assert any("the problem's own objective chooses" in note for note in solution.notes)


def test_backends_break_ties_alike():
    problem = with_fairness(allocare.example("ventilator-sharing"), "maximin")
    costs = problem.lanes.cost
    paid = [
        costs @ problem.decisions(allocare.solve(problem, name).allocation)
        for name in ("highs", "clarabel", "pyomo:highs")
    ]
    assert paid == pytest.approx([paid[0]] * 3, rel=1e-6)


def test_a_time_limit_in_the_first_stage_is_no_optimum():
    problem = with_fairness(allocare.example("health-budget"), "leximin")
    solution = allocare.solve(problem, "highs", time_limit=0.2)
    assert solution.status.value in {"feasible", "unknown"} and solution.stop_reason.value == "time-limit"


def test_constraints_of_ones_own_keep_a_criterions_stages():
    problem = with_fairness(allocare.example("health-budget"), "maximin")
    model = allocare.pyomo_model(problem)
    model.no_pacemaker = pyo.Constraint(expr=model.utility["Pacemaker A"] <= 13.0)
    solution = allocare.solve(model, "highs")
    assert solution.stages[0] == pytest.approx(0.4) and solution.stages[1] < HEALTH["maximin"]["total"]
    assert solution.stages[1] > 6600


# --- what cannot be asked


@pytest.mark.parametrize(
    ("criterion", "message"),
    [
        ("leximn", "there is no criterion 'leximn'; did you mean 'leximin'?"),
        ("owa:weights=1,2", "weights go up from 1 to 2"),
        ("owa:weights=0,0", "weights are all 0"),
        ("owa:weights=2,-1", "weights is -1; give a number of 0 or more"),
        ("owa", "criterion 'owa' needs the parameter 'weights'"),
        ("generalised-gini:aversion=0.5", "aversion is 0.5; give a number of 1 or more"),
        ("cvar-share:beta=0", "beta is 0; give a number from above 0 to 1"),
        ("cvar-share:beta=1.5", "beta is 1.5; give a number from above 0 to 1"),
        ("utility-threshold:delta=-1", "delta is -1; give a number of 0 or more"),
        ("equity-threshold:delta=low", "delta is 'low'; give a number"),
        ("min-gini:weight=2", "weight is 2; give a number from above 0 to 1"),
        ("min-range:weight=0.5", "criterion 'min-range' has no parameter 'weight'"),
        ("min-gini", "levels down: taking from the well-off and giving to nobody would count as better"),
        ("min-variance", "criterion 'min-variance' levels down"),
        ("min-mad", "or give it a weight above 0 and at most 1"),
        ("min-range", "criterion 'min-range' levels down"),
    ],
)
@pytest.mark.parametrize("ask", [allocare.solve, allocare.matrix_form])
def test_a_mistake_is_one_clear_line(ask, criterion, message):
    with pytest.raises(InputError) as caught:
        ask(with_fairness(allocare.example("health-budget"), criterion))
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_a_plan_cannot_be_valued_by_what_levels_down_either():
    problem = with_fairness(allocare.example("sunray"), "min-range")
    with pytest.raises(InputError, match="levels down"):
        allocare.check(problem, pd.DataFrame({"source": [], "target": [], "quantity": []}))


def test_an_unbounded_utility_has_no_threshold():
    problem = LinearProblem(
        columns=["x", "y"],
        rows=["even"],
        objective=[0, 0],
        matrix=[[1, -1]],
        row_lower=[0],
        row_upper=[0],
        lower=[0, 0],
        upper=[np.inf, np.inf],
    )
    with pytest.raises(InputError, match="the utility of 'x' has no bound"):
        allocare.solve(with_fairness(problem, "utility-threshold:delta=1"), "highs")
