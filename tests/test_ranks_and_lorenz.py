"""Inequality along deprivation, Lorenz curves and dominance."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocare import InputError
from allocare.evaluation.inequality import MEASURES, inequality_table
from allocare.evaluation.lorenz import Verdict, dominance, generalised_lorenz_curve, lorenz_curve
from allocare.evaluation.ranks import (
    concentration_index,
    relative_index_of_inequality,
    ridits,
    slope_index_of_inequality,
)

FIGURES = tomllib.loads((Path(__file__).parent / "fairness_figures.toml").read_text(encoding="utf-8"))
quick = settings(deadline=None, max_examples=80, derandomize=True)
PEOPLE = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 9), st.integers(1, 4)), min_size=2, max_size=8
).map(lambda rows: tuple(np.array(column, dtype=float) for column in zip(*rows, strict=True)))


@given(PEOPLE)
@quick
def test_ridits_are_the_mean_position_of_people_as_deprived(people: Any) -> None:
    _, sizes, rank = people
    position = ridits(rank, sizes)
    share = sizes / sizes.sum()
    below = (rank[None, :] < rank[:, None]) @ share
    level = (rank[None, :] == rank[:, None]) @ share
    assert position == pytest.approx(below + level / 2, abs=1e-12)
    assert share @ position == pytest.approx(0.5, abs=1e-12)


@given(PEOPLE)
@quick
def test_the_slope_index_is_the_slope_of_a_weighted_regression(people: Any) -> None:
    values, sizes, rank = people
    if len(set(rank)) == 1:
        return
    slope, _ = np.polyfit(ridits(rank, sizes), values, 1, w=np.sqrt(sizes))
    found = slope_index_of_inequality(values, sizes, rank=rank)
    assert found == pytest.approx(slope, abs=1e-9)
    mean = np.average(values, weights=sizes)
    if mean > 0:
        relative = relative_index_of_inequality(values, sizes, rank=rank)
        assert relative == pytest.approx(found / mean, abs=1e-12)


@given(PEOPLE)
@quick
def test_the_concentration_index_by_value_is_the_gini_and_reverses_with_the_ranking(people: Any) -> None:
    values, sizes, rank = people
    gini = MEASURES["gini"].function(values, sizes)
    assert concentration_index(values, sizes, rank=values) == pytest.approx(gini, abs=1e-12)
    found = concentration_index(values, sizes, rank=rank)
    assert concentration_index(values, sizes, rank=-rank) == pytest.approx(-found, abs=1e-12)
    assert abs(found) <= gini + 1e-12
    position, share = ridits(rank, sizes), sizes / sizes.sum()
    mean = share @ values
    expected = 2 * (share * values) @ position / mean - 1 if mean > 0 else 0.0
    assert found == pytest.approx(expected, abs=1e-12)


def test_agents_with_the_same_rank_count_as_one_group() -> None:
    apart = slope_index_of_inequality([1, 2, 3, 6], [1, 3, 2, 2], rank=[1, 1, 2, 2])
    together = slope_index_of_inequality([1.75, 4.5], [4, 4], rank=[1, 2])
    assert apart == pytest.approx(together, abs=1e-12)


def test_a_slope_needs_two_ranks_of_these_agents() -> None:
    with pytest.raises(InputError, match="same deprivation rank"):
        slope_index_of_inequality([1, 2], rank=[3, 3])
    with pytest.raises(InputError, match="deprivation rank has 3 values for 2 keys"):
        slope_index_of_inequality([1, 2], rank=[1, 2, 3])
    with pytest.raises(InputError, match="deprivation rank of entry 2 is nan"):
        slope_index_of_inequality([1, 2], rank=[1, np.nan])
    with pytest.raises(InputError, match="deprivation rank has other keys than the values"):
        slope_index_of_inequality(pd.Series([1, 2], ["a", "b"]), rank=pd.Series([1, 2], ["b", "a"]))


def test_published_lorenz_points() -> None:
    case = FIGURES["lorenz"]
    assert lorenz_curve(case["values"])["held"].tolist() == pytest.approx(case["held"], abs=1e-15)
    case = FIGURES["generalised_lorenz"]
    sums = generalised_lorenz_curve(case["values"])["held"].to_numpy()[1:] * len(case["values"])
    assert sums.tolist() == pytest.approx(case["sums"], abs=1e-12)


def test_curves_weigh_agents_by_people() -> None:
    curve = lorenz_curve([6, 1], [1, 3])
    assert curve.to_dict("list") == {"people": [0.0, 0.75, 1.0], "held": [0.0, pytest.approx(1 / 3), 1.0]}
    assert generalised_lorenz_curve([6, 1], [1, 3])["held"].tolist() == [0.0, 0.75, 2.25]
    assert generalised_lorenz_curve([-2, 4])["held"].tolist() == [0.0, -1.0, 1.0]
    assert lorenz_curve([0, 0], [1, 3])["held"].tolist() == [0.0, 0.25, 1.0]


@pytest.mark.parametrize(
    ("first", "second", "generalised", "verdict"),
    [
        ([2, 2], [1, 3], True, Verdict.FIRST),
        ([1, 3], [2, 2], True, Verdict.SECOND),
        ([2, 2], [1, 9], True, Verdict.CROSS),
        ([2, 2], [1, 9], False, Verdict.FIRST),
        ([1, 3], [2, 6], False, Verdict.EQUAL),
        ([1, 3], [2, 6], True, Verdict.SECOND),
        ([1, 3, 3], [3, 1, 3], True, Verdict.EQUAL),
        ([1, 1, 3, 3], [1, 3], True, Verdict.EQUAL),
        ([5, 5], [6, 7], True, Verdict.SECOND),
        ([-5, 2], [-5, 3], True, Verdict.SECOND),
    ],
)
def test_the_verdict_on_two_distributions(
    first: list[float], second: list[float], generalised: bool, verdict: Verdict
) -> None:
    found = dominance((first, None), (second, None), generalised=generalised)
    assert found.verdict is verdict
    assert (found.first_lead > found.tolerance) == (verdict in (Verdict.FIRST, Verdict.CROSS))
    assert (found.second_lead > found.tolerance) == (verdict in (Verdict.SECOND, Verdict.CROSS))


def test_a_crossing_between_the_corners_of_one_curve_is_found() -> None:
    found = dominance(([1, 1, 10], [1, 1, 1]), ([0, 6], [1, 1]))
    assert found.verdict is Verdict.CROSS
    # leads at the corners 1/2 and 1: 0.5 against 0, then 4 against 3; behind at 2/3: 2/3 against 1
    assert (found.first_lead, found.second_lead) == pytest.approx((1.0, 1 / 3))


def test_the_tolerance_is_a_share_of_the_height_and_is_recorded() -> None:
    near = dominance(([1, 3], None), ([1, 3 + 1e-7], None))
    assert near.verdict is Verdict.SECOND and near.tolerance == pytest.approx(2e-9)
    assert dominance(([1, 3], None), ([1, 3 + 1e-7], None), tolerance=1e-6).verdict is Verdict.EQUAL
    with pytest.raises(InputError, match="tolerance of a dominance verdict is -1"):
        dominance(([1], None), ([1], None), tolerance=-1)


RESPECTFUL = ["gini", "hoover", "cv", "theil-t", "generalised-entropy:3", "atkinson:0.5"]


@given(PEOPLE, PEOPLE)
@quick
def test_whoever_dominates_is_better_by_every_measure_that_respects_transfers(one: Any, other: Any) -> None:
    (first, sizes, _), (second, others, _) = one, other
    found = dominance((first, sizes), (second, others), generalised=False)
    a, b = (
        inequality_table(*people, RESPECTFUL)["value"].to_numpy()
        for people in ((first, sizes), (second, others))
    )
    if found.verdict is Verdict.FIRST:
        assert (a <= b + 1e-9).all()
    if found.verdict is Verdict.SECOND:
        assert (b <= a + 1e-9).all()
    mirrored = dominance((second, others), (first, sizes), generalised=False)
    assert (mirrored.first_lead, mirrored.second_lead) == (found.second_lead, found.first_lead)


def test_a_lorenz_curve_of_negative_values_is_refused() -> None:
    with pytest.raises(InputError, match="value of entry 1 is -1; lorenz needs values of 0 or more"):
        lorenz_curve([-1, 2])
    with pytest.raises(InputError, match="lorenz needs values"):
        dominance(([-1, 2], None), ([1, 2], None), generalised=False)
