"""The generators: planted optima, published formulas, believable worlds, the same seed the same problem."""

from __future__ import annotations

import time
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import scipy.optimize
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from allocare.instances.assignment import AssignmentProblem
from allocare.instances.errors import InputError
from allocare.instances.generators import (
    GENERATORS,
    beds,
    gap,
    generate,
    generator_options,
    hospitals,
    planted_assignment,
    planted_transportation,
    programmes,
    ventilators,
)
from allocare.instances.generators.gap import TYPES, gap_capacity
from allocare.instances.great_circle import distance_km
from allocare.instances.lanes import Lanes
from allocare.instances.transfer_lanes import TransferLanes
from allocare.instances.uncertain_demand import ScenarioDemand
from tests.independent import transportation_optimum

if TYPE_CHECKING:
    from pathlib import Path

    from allocare.instances.generators import Planted
    from allocare.instances.transportation import TransportationProblem

SHARES = st.sampled_from([0.0, 0.2, 0.6, 1.0])


@st.composite
def transportation_settings(draw: st.DrawFn) -> dict[str, Any]:
    n_sources = draw(st.integers(1, 8))
    highest_cost = draw(st.sampled_from([4, 5, 30, 1000]))
    return {
        "seed": draw(st.integers(0, 10**6)),
        "n_sources": n_sources,
        "n_targets": draw(st.integers(1, 8)),
        "lanes_per_target": draw(st.none() | st.integers(1, n_sources)),
        "surplus_share": draw(SHARES),
        "unmet_share": draw(SHARES),
        "unmet_cost": draw(st.none() | st.integers(highest_cost + 1, 5 * highest_cost)),
        "saturated_share": draw(SHARES),
        "highest_quantity": draw(st.sampled_from([1, 7, 1000])),
        "highest_cost": highest_cost,
    }


@settings(deadline=None, max_examples=150)
@given(transportation_settings())
def test_scipy_confirms_the_planted_transportation_optimum_and_finds_no_other_plan(
    chosen: dict[str, Any],
) -> None:
    planted = planted_transportation(**chosen)
    optimum, plan = transportation_optimum(planted.problem)
    assert optimum == pytest.approx(planted.optimum, abs=1e-6)
    np.testing.assert_allclose(plan, planted.decisions, atol=1e-6)


@settings(deadline=None, max_examples=100)
@given(transportation_settings())
def test_planted_potentials_certify_the_transportation_plan(chosen: dict[str, Any]) -> None:
    planted = planted_transportation(**chosen)
    assert dual_value(planted) == planted.optimum
    problem, flow = planted.problem, planted.decisions
    limit = np.inf if problem.lanes.capacity is None else problem.lanes.capacity
    assert (planted.reduced_cost[flow == 0] > 0).all()
    assert (planted.reduced_cost[(flow > 0) & (flow < limit)] == 0).all()
    assert (planted.reduced_cost[(flow > 0) & (flow == limit)] < 0).all()
    left_over = problem.supply - np.bincount(problem.lanes.source, flow, len(problem.sources))
    unmet = problem.demand - np.bincount(problem.lanes.target, flow, len(problem.targets))
    assert (left_over >= 0).all()
    assert (unmet >= 0).all()
    assert ((planted.row_potential == 0) == (left_over > 0)).all()
    assert problem.lanes.cost.min(initial=0) >= 0
    if not (left_over.any() and unmet.any()):
        assert problem.lanes.cost.max(initial=0) <= chosen["highest_cost"]
    if problem.unmet_cost is None:
        assert (unmet == 0).all()
    else:
        assert ((planted.column_potential == problem.unmet_cost) == (unmet > 0)).all()
    assert np.count_nonzero(left_over) == at_least_one(chosen["surplus_share"], chosen["n_sources"])
    assert np.count_nonzero(unmet) == at_least_one(chosen["unmet_share"], chosen["n_targets"])


def at_least_one(share: float, size: int) -> int:
    return max(1, round(share * size)) if share else 0


def dual_value(planted: Planted[TransportationProblem]) -> float:
    """Objective of the dual; equal to the primal's only at the optimum."""
    problem = planted.problem
    value = planted.row_potential @ problem.supply + planted.column_potential @ problem.demand
    if problem.lanes.capacity is not None:
        value += np.minimum(planted.reduced_cost, 0) @ problem.lanes.capacity
    return float(value)


def test_planted_transportation_options_take_effect() -> None:
    plain = planted_transportation(n_sources=30, n_targets=40).problem
    assert plain.lanes.complete
    assert plain.lanes.capacity is None
    assert plain.unmet_cost is None
    assert plain.supply.sum() == plain.demand.sum()
    assert plain.lanes.cost.max() <= 1000
    limited = planted_transportation(n_sources=30, n_targets=40, saturated_share=0.5)
    at_limit = limited.decisions == limited.problem.lanes.capacity
    assert 0.4 < at_limit.mean() < 0.6
    priced = planted_transportation(n_sources=30, n_targets=40, unmet_share=0.25, unmet_cost=1500)
    assert set(priced.problem.unmet_cost) == {1500}
    assert not planted_transportation(whole=False).problem.whole


def test_sparse_planted_transportation_has_the_lanes_asked_for() -> None:
    problem = planted_transportation(n_sources=200, n_targets=3000, lanes_per_target=7).problem
    per_target = np.bincount(problem.lanes.target, minlength=3000)
    assert per_target.min() >= 7
    assert problem.size <= 7 * 3000 + 200 + 3000 - 1
    # no source is favoured by the way that lanes are drawn
    per_source = np.bincount(problem.lanes.source, minlength=200)
    assert per_source.min() > 60
    assert per_source.max() < 200


@pytest.mark.parametrize(
    "chosen",
    [
        {"n_sources": 1000, "n_targets": 1000},
        {"n_sources": 500, "n_targets": 100_000, "lanes_per_target": 10, "surplus_share": 0.2},
    ],
)
def test_a_million_planted_lanes_are_quick_and_certified(chosen: dict[str, Any]) -> None:
    started = time.perf_counter()
    planted = planted_transportation(**chosen)
    assert time.perf_counter() - started < 10
    assert planted.problem.size >= 10**6
    assert dual_value(planted) == planted.optimum == planted.problem.lanes.cost @ planted.decisions


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 10**6),
    n_tasks=st.integers(1, 12),
    spare=st.integers(0, 4),
    sparse=st.booleans(),
    highest_cost=st.sampled_from([3, 10, 1000]),
)
def test_scipy_confirms_the_planted_assignment_and_finds_no_other(
    seed: int, n_tasks: int, spare: int, sparse: bool, highest_cost: int
) -> None:
    planted = planted_assignment(
        seed=seed,
        n_tasks=n_tasks,
        n_agents=n_tasks + spare,
        agents_per_task=2 if sparse and n_tasks > 1 else None,
        highest_cost=highest_cost,
    )
    pairs = planted.problem.pairs
    assert pairs.cost.min() >= 0
    assert pairs.cost.max() <= highest_cost
    agent, task = scipy.optimize.linear_sum_assignment(pairs.matrix(missing=10**6))
    assert pairs.matrix()[agent, task].sum() == planted.optimum
    chosen = np.flatnonzero(planted.decisions)
    assert set(zip(pairs.source[chosen], pairs.target[chosen], strict=True)) == set(
        zip(agent, task, strict=True)
    )
    reduced = planted.reduced_cost
    assert (reduced[planted.decisions == 1] == 0).all()
    assert (reduced[planted.decisions == 0] > 0).all()
    assert planted.row_potential.sum() + planted.column_potential.sum() == planted.optimum


def test_sparse_planted_assignment_is_confirmed_on_the_sparse_graph() -> None:
    planted = planted_assignment(n_tasks=400, agents_per_task=5, seed=3)
    pairs = planted.problem.pairs
    assert 2000 < planted.problem.size < 2400
    # the matching routine takes no explicit zeros
    graph = sp.csr_array((pairs.cost + 1, (pairs.source, pairs.target)), shape=(400, 400))
    agent, task = sp.csgraph.min_weight_full_bipartite_matching(graph)
    assert graph[agent, task].sum() - 400 == planted.optimum


RANGES = {"a": (10, 50, 5, 25), "b": (10, 50, 5, 25), "c": (10, 50, 5, 25), "d": (1, 120, 1, 100)}


@pytest.mark.parametrize("kind", RANGES)
def test_gap_costs_and_uses_fill_their_published_ranges(kind: str) -> None:
    problem = gap(type=kind, n_agents=20, n_tasks=1000, seed=5)
    lowest_cost, highest_cost, lowest_use, highest_use = RANGES[kind]
    assert (problem.use.min(), problem.use.max()) == (lowest_use, highest_use)
    assert (problem.pairs.cost.min(), problem.pairs.cost.max()) == (lowest_cost, highest_cost)
    # uniform: every value about equally often
    counts = np.bincount(problem.use.astype(int))[lowest_use:]
    assert counts.min() > 0.7 * counts.mean()
    if kind == "d":
        noise = problem.pairs.cost - 111 + problem.use
        assert set(noise) == set(range(-10, 11))
    else:
        assert set(problem.pairs.cost) == set(range(10, 51))
        assert abs(np.corrcoef(problem.pairs.cost, problem.use)[0, 1]) < 0.02


def test_gap_of_type_e_is_exponential_with_inverse_costs() -> None:
    problem = gap(type="e", n_agents=20, n_tasks=1000, seed=5)
    assert problem.use.min() == 1
    # cut off to whole numbers, 1 + Exp(10) has mean 1 + 1 / (exp(0.1) - 1)
    assert problem.use.mean() == pytest.approx(1 + 1 / np.expm1(0.1), rel=0.03)
    taken_off = 1000 / problem.use - problem.pairs.cost
    assert taken_off.min() >= 0
    assert taken_off.max() < 11
    assert taken_off.mean() == pytest.approx(5.5, rel=0.03)


@pytest.mark.parametrize("kind", TYPES)
def test_gap_capacities_follow_the_published_formula(kind: str) -> None:
    for seed in range(5):
        problem = gap(type=kind, n_agents=4, n_tasks=30, seed=seed)
        use, cost = problem.use.reshape(4, 30), problem.pairs.matrix()
        if kind in ("a", "b"):
            load = [use[agent, cost.argmin(axis=0) == agent].sum() for agent in range(4)]
            expected = [(0.6 * 30 / 4 * 15 + 0.4 * max(load)) * (1 if kind == "a" else 0.7)] * 4
        else:
            expected = (0.8 * use.sum(axis=1) / 4).tolist()
        # the formula in floating point, its fraction cut off
        np.testing.assert_array_equal(problem.capacity, np.floor(np.asarray(expected) + 1e-9))


@pytest.mark.public_data
@pytest.mark.parametrize(
    "name",
    [f"{kind}{agents}{tasks}" for kind in "ab" for agents in ("05", "10", "20") for tasks in (100, 200)],
)
def test_gap_capacities_are_those_of_the_published_instances(public_data: Path, name: str) -> None:
    values = np.array((public_data / "gap" / name).read_text().split(), dtype=float)
    n_agents, n_tasks = values[:2].astype(int)
    cost, use = values[2 : 2 + 2 * n_agents * n_tasks].reshape(2, n_agents, n_tasks)
    assert gap_capacity(name[0], cost, use).tolist() == values[2 + 2 * n_agents * n_tasks :].tolist()


def test_hospital_tables_are_the_problem_in_keys_places_and_measures() -> None:
    scenario = hospitals(seed=4)
    problem, clinic, home = scenario.problem, *scenario.tables.values()
    assert list(clinic.columns) == ["hospital", "latitude", "longitude", "beds"]
    assert {"population", "patients", "vulnerability", "group"} < set(home.columns)
    assert (clinic["hospital"].tolist(), home["district"].tolist()) == (
        problem.sources.tolist(),
        problem.targets.tolist(),
    )
    np.testing.assert_array_equal(clinic["beds"], problem.supply)
    np.testing.assert_array_equal(home["patients"], problem.demand)
    km = distance_km(
        clinic["latitude"].to_numpy()[:, np.newaxis],
        clinic["longitude"].to_numpy()[:, np.newaxis],
        home["latitude"].to_numpy(),
        home["longitude"].to_numpy(),
    )
    near = np.where(km <= 150, np.rint(km), np.nan)
    np.testing.assert_array_equal(problem.lanes.matrix(), near)
    assert problem.demand.sum() == round(1.1 * problem.supply.sum())


def test_hospital_world_is_believable() -> None:
    scenario = hospitals(seed=4, n_hospitals=400, n_districts=2000, scarcity=20.0)
    clinic, home = scenario.tables["hospitals"], scenario.tables["districts"]
    log_population = np.log(home["population"])
    assert abs(log_population.skew()) < 0.2
    assert log_population.std() == pytest.approx(0.8, rel=0.1)
    assert home["patients"].corr(home["population"]) > 0.9
    assert home["group"].value_counts().to_dict() == dict.fromkeys(["Q1", "Q2", "Q3", "Q4"], 500)
    per_head = home.groupby("group")[["patients", "population"]].sum()
    rate = per_head["patients"] / per_head["population"]
    assert rate.is_monotonic_increasing
    assert home.groupby("group")["vulnerability"].mean().is_monotonic_increasing
    assert home["vulnerability"].between(0, 1).all()
    assert nearest_neighbour_km(clinic) < 0.7 * nearest_neighbour_km(home.sample(400, random_state=0))


def nearest_neighbour_km(places: pd.DataFrame) -> float:
    latitude, longitude = places["latitude"].to_numpy(), places["longitude"].to_numpy()
    km = distance_km(latitude[:, np.newaxis], longitude[:, np.newaxis], latitude, longitude)
    np.fill_diagonal(km, np.inf)
    return float(km.min(axis=1).mean())


def test_generated_hospitals_can_always_be_solved() -> None:
    for seed in range(5):
        problem = hospitals(seed=seed, n_hospitals=10, n_districts=20, maximum_km=60.0).problem
        optimum, _ = transportation_optimum(problem)
        assert 0 < optimum <= 5000 * problem.demand.sum()


def test_ventilators_are_scarce_as_asked_and_whole_or_divisible() -> None:
    scenario = ventilators(seed=2, scarcity=1.5, efficiency_loss=0.1)
    problem = scenario.problem
    assert problem.demand.sum() == round(1.5 * problem.supply.sum())
    assert (problem.demand >= 1).all()
    assert (problem.whole, problem.efficiency_loss) == (True, 0.1)
    assert problem.units["quantity"] == "ventilators"
    assert problem.lanes.cost.max() <= 200
    np.testing.assert_array_equal(scenario.tables["lenders"]["idle"], problem.supply)
    np.testing.assert_array_equal(scenario.tables["borrowers"]["needed"], problem.demand)
    assert not ventilators(whole=False).problem.whole


def test_bed_pairs_respect_level_and_isolation_and_leaving_out_costs_more() -> None:
    scenario = beds(seed=2)
    problem, ward, patient = scenario.problem, scenario.tables["wards"], scenario.tables["patients"]
    rank = {"general": 0, "intermediate": 1, "intensive": 2}
    level = ward["level"].map(rank).to_numpy()[:, np.newaxis] >= patient["level"].map(rank).to_numpy()
    isolation = ward["isolation"].to_numpy()[:, np.newaxis] >= patient["isolation"].to_numpy()
    np.testing.assert_array_equal(~np.isnan(problem.pairs.matrix()), level & isolation)
    assert level[0].all()
    assert isolation[0].all()
    assert problem.pairs.cost.max() < problem.left_out_cost.min()
    assert problem.classes == [1, 2, 3]
    assert patient.groupby("level")["priority"].unique().map(list).to_dict() == {
        "intensive": [1],
        "intermediate": [2],
        "general": [3],
    }
    assert problem.capacity.sum() == round(150 / 1.1)


def test_programmes_are_options_of_their_groups_under_scarce_budgets() -> None:
    scenario = programmes(seed=2, n_groups=30, options_per_group=3, n_budgets=2, budget_share=0.5)
    problem, options = scenario.problem, scenario.tables["programmes"]
    assert (problem.size, len(problem.groups), problem.one_each) == (90, 30, True)
    assert problem.budgets.tolist() == ["money", "staff hours"]
    np.testing.assert_array_equal(problem.cost.toarray(), options[["money", "staff hours"]].to_numpy().T)
    assert problem.groups.take(problem.group).tolist() == options["group"].tolist()
    # more intensive care brings more, and less for its cost
    benefit, cost = problem.benefit.reshape(30, 3), problem.cost.toarray()[0].reshape(30, 3)
    assert (np.diff(benefit, axis=1) >= 0).all()
    assert (np.diff(cost, axis=1) > 0).all()
    assert (np.diff(benefit.sum(axis=0) / cost.sum(axis=0)) < 0).all()
    dearest = problem.spending.toarray()[:, 2::3].sum(axis=1)
    np.testing.assert_allclose(problem.budget_limit, 0.5 * dearest, atol=1)
    assert not programmes(n_groups=3).problem.one_each


SMALLEST: dict[str, dict[str, Any]] = {
    "transportation": {"n_sources": 1, "n_targets": 1},
    "assignment": {"n_tasks": 1},
    "gap": {"n_agents": 1, "n_tasks": 1},
    "hospitals": {"n_hospitals": 1, "n_districts": 1},
    "ventilators": {"n_lenders": 1, "n_borrowers": 1},
    "beds": {"n_wards": 1, "n_patients": 1},
    "programmes": {"n_groups": 1},
    "network-plan": {"n_sites": 1, "n_days": 1, "n_resources": 1},
    "stocking": {"n_stores": 1, "n_hospitals": 1, "n_scenarios": 1},
}


@pytest.mark.parametrize("kind", GENERATORS)
def test_every_generator_makes_its_smallest_problem(kind: str) -> None:
    # a network plan treats or turns away each of two classes, and may open beds
    assert generate(kind, **SMALLEST[kind]).size <= {"network-plan": 5}.get(kind, 1)


@pytest.mark.parametrize("kind", GENERATORS)
def test_the_same_seed_gives_the_same_problem_and_another_seed_another(kind: str) -> None:
    first, again, other = generate(kind, seed=11), generate(kind, seed=11), generate(kind, seed=12)
    assert contents(first) == contents(again)
    assert contents(first) != contents(other)


def contents(record: object) -> dict[str, Any]:
    """Every field of a problem, arrays as bytes."""
    plain: dict[str, Any] = {}
    for each in fields(record):  # type: ignore[arg-type]
        value = getattr(record, each.name)
        if isinstance(value, Lanes | ScenarioDemand | TransferLanes):
            value = contents(value)
        elif isinstance(value, dict):
            value = {key: x.to_csv() if isinstance(x, pd.DataFrame) else x for key, x in value.items()}
        elif isinstance(value, pd.Index):
            value = value.tolist()
        elif isinstance(value, np.ndarray):
            value = (value.dtype.str, value.tobytes())
        elif sp.issparse(value):
            value = value.toarray().tobytes()
        plain[each.name] = value
    plain.pop("title", None)
    return plain


def test_generate_returns_the_planted_problem() -> None:
    chosen = {"n_sources": 4, "n_targets": 5, "surplus_share": 0.5}
    planted = planted_transportation(seed=9, **chosen)
    assert contents(generate("transportation", seed=9, **chosen)) == contents(planted.problem)
    made = generate("assignment", seed=9, n_tasks=6)
    assert isinstance(made, AssignmentProblem)
    assert contents(made) == contents(planted_assignment(seed=9, n_tasks=6).problem)


def test_generator_options_are_the_generators_own_with_defaults() -> None:
    assert generator_options("beds") == {"n_wards": 20, "n_patients": 150, "scarcity": 1.1}
    assert all("seed" not in generator_options(kind) for kind in GENERATORS)


@pytest.mark.parametrize(
    ("kind", "chosen", "message"),
    [
        ("hospital", {}, "no generator 'hospital'; did you mean 'hospitals'"),
        ("gap", {"n_agent": 3}, "no option 'n_agent'; did you mean 'n_agents'"),
        ("gap", {"type": "f"}, "type is 'f'"),
        ("gap", {"n_tasks": 0}, "n_tasks is 0; it must be 1 or more"),
        ("gap", {"n_tasks": 2.5}, "n_tasks is 2.5; give a whole number"),
        ("gap", {"n_tasks": True}, "n_tasks is True; give a whole number"),
        ("gap", {"seed": -1}, "seed is -1; it must be 0 or more"),
        (
            "transportation",
            {"n_sources": 3, "lanes_per_target": 4},
            "lanes_per_target is 4; it must be 3 or less",
        ),
        ("transportation", {"surplus_share": 1.5}, "surplus_share is 1.5; it must be 1 or less"),
        ("transportation", {"unmet_share": float("nan")}, "unmet_share is nan; give a finite number"),
        ("transportation", {"unmet_cost": 1000}, "unmet_cost is 1000; it must be 1001 or more"),
        ("transportation", {"highest_cost": 3}, "highest_cost is 3; it must be 4 or more"),
        ("transportation", {"whole": "yes"}, "whole is 'yes'; give true or false"),
        ("assignment", {"n_tasks": 5, "n_agents": 4}, "n_agents is 4; it must be 5 or more"),
        ("hospitals", {"maximum_km": 0}, "maximum_km is 0; it must be 1 or more"),
        ("hospitals", {"scarcity": "much"}, "scarcity is 'much'; give a finite number"),
        ("ventilators", {"efficiency_loss": 2}, "efficiency_loss is 2; it must be 1 or less"),
        ("programmes", {"n_budgets": 5}, "n_budgets is 5; it must be 4 or less"),
        ("programmes", {"budget_share": -1}, "budget_share is -1; it must be 0 or more"),
        ("stocking", {"together": 2}, "together is 2; it must be 1 or less"),
        ("stocking", {"measure": "cost"}, "measure is 'cost'; known: 'expected-cost'"),
        ("beds", {"scarcity": 0}, "scarcity is 0; it must be 0.001 or more"),
    ],
)
def test_wrong_options_are_refused_in_one_line_that_names_them(
    kind: str, chosen: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError) as refusal:
        generate(kind, **chosen)
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_an_optimum_that_floating_point_cannot_hold_is_refused() -> None:
    with pytest.raises(InputError, match="not exact in floating point"):
        planted_transportation(
            n_sources=400, n_targets=400, highest_quantity=10**6, highest_cost=10**6, saturated_share=0.9
        )
