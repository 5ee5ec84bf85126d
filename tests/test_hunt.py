"""The hunt for instances on which a rule does worst: seeded, honest about what it measured, saved whole."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import allocare
from allocare.benchmarks.hunting.findings import associations, by_band, in_words, save_hunt
from allocare.benchmarks.hunting.hunt import MEASURED, Hunt, hunt
from allocare.benchmarks.hunting.shape import shape
from allocare.benchmarks.hunting.spaces import SPACES, Axis, options_at, space_of
from allocare.instances.errors import CapabilityError, InputError
from allocare.instances.generators import GENERATORS, generator_options

if TYPE_CHECKING:
    from pathlib import Path


def test_every_generator_has_a_space_of_its_own_options() -> None:
    assert set(SPACES) == set(GENERATORS)
    for generator, space in SPACES.items():
        assert set(space) <= set(generator_options(generator))


@pytest.mark.parametrize("generator", sorted(SPACES))
@given(seed=st.integers(0, 10**6))
@settings(deadline=None, max_examples=10)
def test_every_point_of_a_space_makes_an_instance(generator: str, seed: int) -> None:
    random = np.random.default_rng(seed)
    space = SPACES[generator]
    # the upper half of the sizes is left to the hunt itself
    point = random.random(len(space)) * np.array([0.5 if axis.log else 1.0 for axis in space.values()])
    assert allocare.generate(generator, seed=seed, **options_at(space, point)).size >= 0


@pytest.fixture(scope="module")
def found() -> Hunt:
    return hunt("nearest", "hospitals", 40, seed=3, ranges={"n_districts": Axis(3, 40, whole=True)})


def test_the_same_seed_hunts_the_same_instances(found: Hunt) -> None:
    again = hunt("nearest", "hospitals", 40, seed=3, ranges={"n_districts": Axis(3, 40, whole=True)})
    pd.testing.assert_frame_equal(found.trials, again.trials)
    other = hunt("nearest", "hospitals", 4, seed=4, ranges={"n_districts": Axis(3, 40, whole=True)})
    assert other.trials["generator_seed"].tolist() != found.trials["generator_seed"].tolist()[:4]


def test_gaps_are_those_of_two_solves_anew(found: Hunt) -> None:
    worst = found.worst
    assert worst is not None
    assert worst["gap"] == found.trials["gap"].max() > 0
    problem = found.instance(int(worst["trial"]))
    rule, best = allocare.solve(problem, "greedy:nearest"), allocare.solve(problem)
    assert rule.objective is not None
    assert best.objective is not None
    assert worst["gap"] == pytest.approx((rule.objective - best.objective) / best.objective)


def test_looking_closely_finds_worse_than_exploring_alone(found: Hunt) -> None:
    gaps = found.trials.groupby("phase")["gap"].max()
    assert gaps["refine"] > gaps["explore"]


def test_no_instance_is_tried_twice(found: Hunt) -> None:
    assert not found.trials.duplicated([*found.searched, "generator_seed"]).any()


def test_no_gap_is_below_zero_and_none_is_measured_where_the_rule_leaves_something_out() -> None:
    trials = hunt("cheapest-lane", "gap", 24, seed=1, time_limit=2.0).trials
    assert set(trials["outcome"]) >= {"measured", "incomplete"}
    assert (trials.loc[trials["outcome"].isin(MEASURED), "gap"] >= 0).all()
    assert trials.loc[trials["outcome"] == "incomplete", "gap"].isna().all()


def test_a_maximised_family_has_gaps_of_the_same_sign() -> None:
    trials = hunt("benefit-per-cost", "programmes", 10, seed=0, fixed={"whole": True}).trials
    assert (trials["gap"].dropna() >= 0).all()
    assert (trials["rule_objective"] <= trials["best_objective"] * (1 + 1e-9)).all()


def test_the_worst_case_is_saved_as_an_instance_with_the_same_gap(found: Hunt, tmp_path: Path) -> None:
    folder = save_hunt(found, tmp_path / "out")
    problem = allocare.load(folder / "worst" / "problem.toml")
    rule, best = allocare.solve(problem, "greedy:nearest"), allocare.solve(problem)
    assert rule.objective is not None
    assert best.objective is not None
    said = json.loads((folder / "hunt.json").read_text(encoding="utf-8"))
    assert said["worst"]["gap"] == pytest.approx((rule.objective - best.objective) / best.objective)
    assert f"{said['worst']['gap']:.2%} worse" in (folder / "hunt.md").read_text(encoding="utf-8")
    assert len(pd.read_csv(folder / "trials.csv")) == 40
    with pytest.raises(InputError, match="something is already there"):
        save_hunt(found, folder)


def test_bands_and_associations_are_of_the_explored_instances_alone(found: Hunt) -> None:
    bands = by_band(found)
    assert set(bands["figure"]) >= {"size", "aspect", "density", "tightness", "unmet_cost"}
    assert bands.groupby("figure")["instances"].sum().eq(20).all()
    sizes = bands[bands["figure"] == "size"]
    assert (sizes["low"].to_numpy()[1:] > sizes["high"].to_numpy()[:-1]).all()
    explored = found.trials[found.trials["phase"] == "explore"]
    assert bands["worst_gap"].max() == explored["gap"].max()
    expected = explored["tightness"].rank().corr(explored["gap"].rank())
    table = associations(found).set_index("figure")
    assert table.loc["tightness", "correlation"] == pytest.approx(expected)


def test_what_was_found_is_said_in_words(found: Hunt) -> None:
    first, second = in_words(found)[:2]
    assert first == "greedy:nearest on 40 instances of hospitals: 40 measured."
    assert second.startswith("Worst case: ")


def test_shape_figures_by_hand() -> None:
    beds = shape(allocare.example("bed-assignment"))
    assert beds["density"] is not None
    assert 0 < beds["density"] <= 1
    sunray = shape(allocare.example("sunray"))
    cost = np.array([10, 2, 20, 11, 12, 7, 9, 20, 4, 14, 16, 18.0])
    assert sunray["cost_variation"] == pytest.approx(cost.std() / cost.mean())
    budget = shape(allocare.example("health-budget"))
    assert budget["tightness"] is not None
    assert budget["tightness"] > 1
    assert shape(allocare.example("article-linear"))["aspect"] is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nearst", "hospitals", 3), "did you mean 'nearest'"),
        (("nearest", "hospital", 3), "did you mean 'hospitals'"),
        (("nearest", "hospitals", 0), "give a whole number of 1 or more"),
    ],
)
def test_what_cannot_be_hunted_is_refused_in_one_line(arguments: tuple[str, str, int], message: str) -> None:
    with pytest.raises(InputError, match=message):
        hunt(*arguments)


def test_an_unknown_option_names_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'scarcity'"):
        space_of("hospitals", {"scarcty": 1.0})


def test_a_rule_that_takes_none_of_the_instances_is_said_at_once() -> None:
    with pytest.raises(CapabilityError, match="takes none of the instances of 'assignment'"):
        hunt("vogel", "assignment", 500)
