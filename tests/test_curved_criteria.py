"""Criteria with concave terms: published figures, limits, near zero, bad input."""

from __future__ import annotations

import dataclasses
import itertools
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from curved_cases import CONES_AND_CUTS, CURVED, one_resource, utilities

import allocare
from allocare import AssignmentProblem, InputError, Lanes, LinearProblem, TransportationProblem, with_fairness
from allocare.models.criteria import criterion_of
from allocare.models.formulations import matrix_form

FIGURES = tomllib.loads((Path(__file__).parent / "curved_figures.toml").read_text(encoding="utf-8"))


def linear_network(short: int, long: int) -> LinearProblem:
    """`short` users of a link each, `long` users of all of them."""
    links = np.hstack([np.eye(short), np.ones((short, long))])
    return LinearProblem(
        columns=range(short + long), rows=range(short), objective=np.ones(short + long), matrix=links,
        row_lower=np.full(short, -np.inf), row_upper=np.ones(short), lower=np.zeros(short + long),
        upper=np.full(short + long, np.inf), sense="max",
    )  # fmt: skip


@pytest.mark.parametrize("backend", CONES_AND_CUTS)
@pytest.mark.parametrize("alpha", [0.5, 1.0, 2.0, 5.0])
@pytest.mark.parametrize("users", [4, 9, 16, 25])
def test_users_of_a_linear_network_have_what_the_closed_form_gives_them(
    users: int, alpha: float, backend: str
) -> None:
    k = round(users**0.5)
    problem = with_fairness(linear_network(k, users - k), f"alpha-fair:alpha={alpha}")
    solution = allocare.solve(problem, backend)
    long = 1 / (users - k + k ** (1 / alpha))
    exact = np.concatenate([np.full(k, k ** (1 / alpha) * long), np.full(users - k, long)])
    assert solution.status == "optimal"
    assert solution.objective == pytest.approx(
        float(criterion_of(problem.fairness.criterion).value(exact, np.ones(users))), rel=1e-7
    )
    assert utilities(problem, solution) == pytest.approx(exact, abs=2e-5)


@pytest.mark.parametrize("users", FIGURES["linear-network"]["proportional"])
def test_the_price_of_proportional_fairness_attains_its_bound(users: str) -> None:
    n, k = int(users), round(int(users) ** 0.5)
    problem = with_fairness(linear_network(k, n - k), "proportional")
    price = 1 - utilities(problem, allocare.solve(problem)).sum() / k
    assert price == pytest.approx(FIGURES["linear-network"]["proportional"][users], abs=1e-6)
    assert price == pytest.approx(1 - (2 * n**0.5 - 1) / n, abs=1e-6)


@pytest.mark.parametrize("alpha", FIGURES["linear-network"]["long"])
def test_of_nine_users_each_of_the_six_long_ones_has_the_published_share(alpha: str) -> None:
    problem = with_fairness(linear_network(3, 6), f"alpha-fair:alpha={alpha}")
    found = utilities(problem, allocare.solve(problem, "highs"))
    assert found[3:] == pytest.approx(np.full(6, FIGURES["linear-network"]["long"][alpha]), abs=1e-5)


@pytest.mark.parametrize("users", FIGURES["linear-network"]["maximin"])
@pytest.mark.parametrize("criterion", ["maximin", "alpha-fair:alpha=40"])
def test_the_price_of_the_best_for_the_worst_off_attains_its_bound_and_alpha_leads_there(
    users: str, criterion: str
) -> None:
    n, k = int(users), (int(users) + 1) // 2
    problem = with_fairness(linear_network(k, n - k), criterion)
    price = 1 - utilities(problem, allocare.solve(problem)).sum() / k
    within = 1e-6 if criterion == "maximin" else 0.02
    assert price == pytest.approx(FIGURES["linear-network"]["maximin"][users], abs=within)


def condominium() -> TransportationProblem:
    data = FIGURES["condominium"]
    return TransportationProblem(
        sources=["surplus"], targets=["Bianchi", "Rossi", "Verdi", "Gatti"], supply=[data["surplus"]],
        lanes=Lanes.from_matrix([[1, 1, 1, 1]]), demand=data["need"], unmet_cost=1,
    )  # fmt: skip


@pytest.mark.parametrize("backend", ["auto", *CONES_AND_CUTS])
def test_the_condominium_shares_its_surplus_as_recomputed(backend: str) -> None:
    data = FIGURES["condominium"]
    problem = with_fairness(condominium(), "proportional", size="equal")
    found = utilities(problem, allocare.solve(problem, backend))
    assert found == pytest.approx(data["proportional"], abs=2e-6)
    assert found.sum() == pytest.approx(data["proportional_total"], abs=1e-6)
    total = allocare.solve(with_fairness(condominium(), "utilitarian", size="equal"), "highs")
    assert total.objective == pytest.approx(data["utilitarian"], abs=1e-4)
    worst = allocare.solve(with_fairness(condominium(), "maximin", size="equal"), "highs")
    assert worst.objective == pytest.approx(data["maximin"], abs=1e-6)


def health_as_rows() -> LinearProblem:
    """The health budget as a linear problem, where nothing says that each group takes one option."""
    own = allocare.example("health-budget")
    form = matrix_form(own)
    block = form.column_block(form.decisions)
    from allocare.models.utilities import utilities_of

    found = utilities_of(own)
    count = len(found.agents)
    size = len(form.cost)
    assert block.slice == slice(0, size)
    keys = [str(key) for key in found.agents.keys]
    return LinearProblem(
        columns=[*map(str, range(size)), "without"], rows=range(form.matrix.shape[0]),
        objective=np.append(form.cost, 0.0),
        matrix=np.hstack([form.matrix.toarray(), np.zeros((form.matrix.shape[0], 1))]),
        row_lower=form.row_lower, row_upper=form.row_upper, lower=np.append(form.lower, 1.0),
        upper=np.append(form.upper, 1.0), whole=True, sense="max", agents=keys,
        utility=np.hstack([found.matrix.toarray(), found.constant[:, None]]),
        attributes={"agents": pd.DataFrame({"people": found.agents.size[:count]}, index=keys)},
    )  # fmt: skip


@pytest.mark.parametrize("alpha", FIGURES["health-budget"]["equivalent"])
@pytest.mark.parametrize("rows", [False, True], ids=["linear", "tangents"])
def test_the_health_budget_has_the_recomputed_equivalents_by_either_route(alpha: str, rows: bool) -> None:
    problem = health_as_rows() if rows else allocare.example("health-budget")
    problem = with_fairness(problem, f"alpha-fair:alpha={alpha}", size="people" if rows else None)
    assert bool(matrix_form(problem).curves) == rows
    solution = allocare.solve(problem, "highs")
    a, people = float(alpha), 907
    value = solution.objective / people
    equivalent = np.exp(value) if a == 1 else ((1 - a) * value) ** (1 / (1 - a))
    assert solution.status == "optimal" and solution.gap == 0
    assert equivalent == pytest.approx(FIGURES["health-budget"]["equivalent"][alpha], abs=6e-6)
    size = allocare.instances.agents.agents_of(problem).size
    mean = size @ utilities(problem, solution) / people
    assert mean == pytest.approx(FIGURES["health-budget"]["mean"][alpha], abs=6e-5)


@pytest.mark.parametrize("kappa", [0.001, 0.5, 2, 10, 50])
def test_kolm_pollak_is_the_same_by_linear_terms_and_by_tangents(kappa: float) -> None:
    rule = f"kolm-pollak:kappa={kappa}"
    linear = allocare.solve(with_fairness(allocare.example("health-budget"), rule), "highs")
    tangents = allocare.solve(with_fairness(health_as_rows(), rule, size="people"), "highs")
    assert linear.status == tangents.status == "optimal"
    assert tangents.objective == pytest.approx(linear.objective, rel=1e-7)


def test_alpha_0_is_utilitarian_and_a_large_alpha_the_best_for_the_worst_off() -> None:
    problem = with_fairness(condominium(), "utilitarian", size="equal")
    zero = with_fairness(condominium(), "alpha-fair:alpha=0", size="equal")
    assert allocare.solve(zero).objective == pytest.approx(allocare.solve(problem).objective, rel=1e-9)
    small = with_fairness(condominium(), "alpha-fair:alpha=0.001", size="equal")
    total = utilities(small, allocare.solve(small)).sum()
    assert total == pytest.approx(allocare.solve(problem).objective, abs=1e-3)
    large = with_fairness(condominium(), "alpha-fair:alpha=60", size="equal")
    worst = utilities(large, allocare.solve(large)).min()
    assert worst == pytest.approx(FIGURES["condominium"]["maximin"], abs=0.01)


@pytest.mark.parametrize("criterion", CURVED)
@pytest.mark.parametrize("backend", CONES_AND_CUTS)
def test_twice_the_people_with_twice_the_means_decide_alike(criterion: str, backend: str) -> None:
    once = condominium()
    twice = dataclasses.replace(
        once, supply=2 * once.supply, demand=2 * once.demand,
        attributes={"targets": pd.DataFrame({"people": np.full(4, 2.0)}, index=once.targets)},
    )  # fmt: skip
    first = with_fairness(once, criterion, size="equal")
    second = with_fairness(twice, criterion, size="people")
    one, two = (allocare.solve(problem, backend) for problem in (first, second))
    assert utilities(first, one) == pytest.approx(utilities(second, two), abs=1e-5)


def test_nash_counts_gains_over_having_no_allocation() -> None:
    own = allocare.example("health-budget")
    with pytest.raises(InputError, match="positive"):
        allocare.solve(with_fairness(own, "nash"))  # the budget does not reach everybody
    costs = [[5, 1, 9], [2, 8, 3], [7, 4, 6]]
    problem = AssignmentProblem(
        agents=range(3), tasks=range(3), pairs=Lanes.from_matrix(costs), task_rule="at-most-once",
        left_out_cost=[20, 30, 40],
    )  # fmt: skip
    nash = with_fairness(problem, "nash", agents="tasks", utility="burden")
    saved = np.array([20, 30, 40]) - np.array(costs)
    best = max(np.log(saved[list(order), range(3)]).sum() for order in itertools.permutations(range(3)))
    assert allocare.solve(nash).objective == pytest.approx(best, rel=1e-9)


@pytest.mark.parametrize("backend", CONES_AND_CUTS)
def test_nash_on_divisible_burdens_is_the_best_of_a_fine_grid(backend: str) -> None:
    problem = TransportationProblem(
        sources=["depot"], targets=["near", "far"], lanes=Lanes.from_matrix([[1, 4]]), supply=[6],
        demand=[5, 5], unmet_cost=[10, 10],
    )  # fmt: skip
    nash = with_fairness(problem, "nash", utility="burden", size="equal")
    near = np.linspace(1.0, 5.0, 40_001)
    best = (np.log(9 * near) + np.log(6 * (6 - near))).max()
    assert allocare.solve(nash, backend).objective == pytest.approx(best, abs=1e-6)


@pytest.mark.parametrize("backend", CONES_AND_CUTS)
@pytest.mark.parametrize("kappa", [0.01, 1.0, 30.0])
def test_kolm_pollak_takes_burdens_and_the_same_burden_for_all_adds_as_much(
    kappa: float, backend: str
) -> None:
    def problem(base: float) -> Any:
        own = LinearProblem(
            columns=["a", "b", "all"], rows=["work"], objective=[1, 1, 0], matrix=[[1, 2, 0]], row_lower=[9],
            row_upper=[np.inf], lower=[0, 0, base], upper=[9, 9, base], agents=["ann", "bea"],
            utility=[[1, 0, 1], [0, 1, 1]],
        )  # fmt: skip
        return with_fairness(own, f"kolm-pollak:kappa={kappa}", utility="burden")

    plain, shifted = (allocare.solve(problem(base), backend) for base in (0.0, 500.0))
    assert plain.status == shifted.status == "optimal"
    assert shifted.objective == pytest.approx(plain.objective - 500, abs=1e-5)
    # at ann's burden a and bea's (9 - a) / 2 the exponentials' slopes are as 1 to 2
    a = np.linspace(0, 9, 90_001)
    exact = np.max(-np.log((np.exp(kappa * a - 99) + np.exp(kappa * (9 - a) / 2 - 99)) / 2) - 99) / kappa
    if kappa < 30:
        assert plain.objective == pytest.approx(exact, abs=1e-6)


@pytest.mark.parametrize("backend", CONES_AND_CUTS)
def test_who_can_never_have_anything_counts_nothing_below_alpha_1(backend: str) -> None:
    problem = LinearProblem(
        columns=["a", "b", "c"], rows=["shared", "none"], objective=np.ones(3),
        matrix=[[1, 1, 0], [0, 0, 1]], row_lower=[-np.inf] * 2, row_upper=[4, 0], lower=np.zeros(3),
        upper=np.full(3, 9.0), sense="max",
    )  # fmt: skip
    solution = allocare.solve(with_fairness(problem, "alpha-fair:alpha=0.5"), backend)
    assert solution.status == "optimal"
    assert solution.objective == pytest.approx(4 * np.sqrt(2), rel=1e-7)
    with pytest.raises(InputError, match="'c' has nothing in every plan"):
        allocare.solve(with_fairness(problem, "proportional"), backend)


@pytest.mark.parametrize("backend", CONES_AND_CUTS)
@pytest.mark.parametrize("tiny", [1e-6, 1e-3, 1e6])
def test_who_can_have_but_little_is_not_taken_for_having_nothing(tiny: float, backend: str) -> None:
    problem = LinearProblem(
        columns=["a", "b"], rows=["shared"], objective=[1, 1], matrix=[[1, 1]], row_lower=[-np.inf],
        row_upper=[4], lower=[0, 0], upper=[9, tiny], sense="max",
    )  # fmt: skip
    solution = allocare.solve(with_fairness(problem, "proportional"), backend)
    b = min(tiny, 2.0)
    assert solution.status == "optimal"
    assert solution.objective == pytest.approx(np.log(b) + np.log(4 - b), abs=1e-6)


@pytest.mark.parametrize(
    ("problem", "message"),
    [
        (with_fairness(one_resource(), "alpha-fair"), "needs the parameter 'alpha'"),
        (with_fairness(one_resource(), "alpha-fair:alpha=-1"), "alpha is -1; give a number of 0 or more"),
        (with_fairness(one_resource(), "kolm-pollak:kappa=0"), "kappa is 0; give a number above 0"),
        (with_fairness(one_resource(), "proportionl"), "did you mean 'proportional'?"),
        (with_fairness(one_resource(), "proportional", utility="burden"), "burdens are below 0"),
        (
            with_fairness(dataclasses.replace(one_resource(), supply=[0]), "proportional"),
            "utilities that are positive, and 'north' has nothing in every plan",
        ),
        (
            with_fairness(one_resource(), "proportional", ["cap:value=0:group=region:label=a"]),
            "the targets have no attribute 'region'",
        ),
    ],
)
def test_a_mistake_is_one_clear_line(problem: Any, message: str) -> None:
    with pytest.raises(InputError) as caught:
        allocare.solve(problem)
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_a_policy_that_leaves_somebody_nothing_is_told_by_name() -> None:
    problem = one_resource()
    problem = dataclasses.replace(
        problem, attributes={"targets": pd.DataFrame({"region": ["a", "b"]}, index=problem.targets)}
    )
    problem = with_fairness(problem, "proportional", ["cap:value=0:group=region:label=b"])
    for backend in CONES_AND_CUTS:
        with pytest.raises(InputError, match="'south' has nothing in every plan"):
            allocare.solve(problem, backend)


def test_policies_that_contradict_each_other_are_infeasible_and_nobody_is_blamed() -> None:
    problem = with_fairness(one_resource(), "proportional", ["floor:value=0.9"])
    for backend in CONES_AND_CUTS:
        assert allocare.solve(problem, backend).status == "infeasible"
