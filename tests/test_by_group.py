"""Groups compared: figures by hand, intervals, and what cannot be compared."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from allocare import InputError
from allocare.evaluation import resampling
from allocare.evaluation.by_group import by_group

VALUES = [0.5, 1.0, 0.25, 0.75, 0.9]
SIZES = [10, 30, 20, 20, 5]
GROUPS = ["rural", "urban", "rural", "urban", "island"]
NEED = [4, 8, 8, 4, 2]
SERVED = [2, 8, 2, 3, 1.8]


def test_every_column_by_hand() -> None:
    table = by_group(VALUES, SIZES, GROUPS, need=NEED, served=SERVED)
    assert table.index.tolist() == ["island", "rural", "urban"] and table.index.name == "group"
    rate = [0.9, 4 / 12, 11 / 12]
    expected = {
        "agents": [1, 2, 2],
        "size": [5, 30, 50],
        "need": [2, 12, 12],
        "served": [1.8, 4, 11],
        "rate": rate,
        "mean": [0.9, 10 / 30, 45 / 50],
        "min": [0.9, 0.25, 0.75],
        "gap": [11 / 12 - r for r in rate],
        "ratio": [r / (11 / 12) for r in rate],
        "share": [1.8 / 16.8, 4 / 16.8, 11 / 16.8],
        "claim": [2 / 26, 12 / 26, 12 / 26],
        "share_to_claim": [1.8 / 16.8 * 13, 4 / 16.8 * 26 / 12, 11 / 16.8 * 26 / 12],
    }
    assert table.columns.tolist() == list(expected)
    for column, figures in expected.items():
        assert table[column].tolist() == pytest.approx(figures), column


def test_without_served_quantities_means_are_compared_and_people_are_the_claim() -> None:
    table = by_group(VALUES, SIZES, GROUPS)
    assert "rate" not in table and "need" not in table
    mean = np.array([0.9, 10 / 30, 0.9])
    assert table["gap"].to_numpy() == pytest.approx(0.9 - mean)
    assert table["share"].to_numpy() == pytest.approx(mean * [5, 30, 50] / 59.5)
    assert table["claim"].to_numpy() == pytest.approx(np.array([5, 30, 50]) / 85)


def test_without_need_rates_are_of_people() -> None:
    table = by_group(VALUES, SIZES, GROUPS, served=SERVED)
    assert table["rate"].tolist() == pytest.approx([1.8 / 5, 4 / 30, 11 / 50])


@pytest.mark.parametrize("claim", [{"urban": 1, "rural": 3, "island": 0}, [3, 1, 0, 0, 0]])
def test_claims_are_by_group_or_by_agent_and_only_their_shares_count(claim: Any) -> None:
    table = by_group(VALUES, SIZES, GROUPS, need=NEED, served=SERVED, claim=claim)
    assert table["claim"].tolist() == [0.0, 0.75, 0.25]
    assert np.isnan(table.loc["island", "share_to_claim"])
    assert table.loc["rural", "share_to_claim"] == pytest.approx(4 / 16.8 / 0.75)


def test_groups_that_all_get_nothing_are_even_and_have_no_shares() -> None:
    table = by_group([0, 0], None, ["a", "b"])
    assert table["ratio"].tolist() == [1, 1] and table["gap"].tolist() == [0, 0]
    assert table["share"].isna().all() and table["share_to_claim"].isna().all()


def test_negative_means_have_gaps_but_no_ratios_or_shares() -> None:
    table = by_group([-2, 1], None, ["a", "b"])
    assert table["gap"].tolist() == [3, 0]
    assert table["ratio"].isna().all() and table["share"].isna().all()


def test_groups_of_a_categorical_keep_their_order_and_other_keys_are_sorted_if_they_can_be() -> None:
    quartile = pd.Categorical(["low", "high", "low"], ["low", "high"], ordered=True)
    assert by_group([1, 2, 3], None, quartile).index.tolist() == ["low", "high"]
    mixed = pd.Series(["b", 1, "b"], dtype=object)
    assert by_group([1, 2, 3], None, mixed).index.tolist() == [1, "b"]
    pairs = pd.Series([("b", 2), "a", 3], dtype=object)
    assert by_group([1, 2, 3], None, pairs).index.tolist() == [("b", 2), "a", 3]


def _many() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(7)
    need = random.integers(1, 20, 400).astype(float)
    served = need * random.uniform(0.2, 1.0, 400)
    return served / need, random.integers(1, 9, 400).astype(float), need, served, random.integers(0, 4, 400)


def test_intervals_are_those_of_resampling_one_by_one() -> None:
    values, sizes, need, served, groups = _many()
    table = by_group(values, sizes, groups, need=need, served=served, bootstrap=200, seed=3)
    random = np.random.default_rng(3)
    rates, means = np.empty((200, 4)), np.empty((200, 4))
    for b in range(200):
        for g in range(4):
            members = np.flatnonzero(groups == g)
            drawn = members[[int(u * members.size) for u in random.random(members.size)]]
            rates[b, g] = served[drawn].sum() / need[drawn].sum()
            means[b, g] = np.average(values[drawn], weights=sizes[drawn])
    best = rates.max(axis=1, keepdims=True)
    for name, drawn in {"rate": rates, "mean": means, "gap": best - rates, "ratio": rates / best}.items():
        low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
        assert table[f"{name}_low"].to_numpy() == pytest.approx(low, abs=1e-12)
        assert table[f"{name}_high"].to_numpy() == pytest.approx(high, abs=1e-12)


def test_intervals_are_the_same_for_a_seed_however_the_draws_are_split(monkeypatch: Any) -> None:
    values, sizes, _, _, groups = _many()
    first = by_group(values, sizes, groups, bootstrap=50, seed=1)
    monkeypatch.setattr(resampling, "CELLS_AT_ONCE", 3 * 400)
    pd.testing.assert_frame_equal(first, by_group(values, sizes, groups, bootstrap=50, seed=1))
    assert not first.equals(by_group(values, sizes, groups, bootstrap=50, seed=2))
    assert (first["mean_low"] < first["mean"]).all() and (first["mean"] < first["mean_high"]).all()


def test_intervals_of_a_mean_hold_it_about_as_often_as_they_say() -> None:
    random = np.random.default_rng(5)
    held = 0
    for seed in range(200):
        table = by_group(random.normal(10, 2, 60), None, ["all"] * 60, bootstrap=300, seed=seed)
        held += table.loc["all", "mean_low"] <= 10 <= table.loc["all", "mean_high"]
    assert 0.89 <= held / 200 <= 0.99


def test_a_group_of_one_agent_has_no_interval() -> None:
    table = by_group(VALUES, SIZES, GROUPS, bootstrap=20)
    assert table.filter(regex="_(low|high)$").loc["island"].isna().all()
    assert table.filter(regex="_(low|high)$").loc["rural"].notna().all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"groups": ["a", "b"]}, "groups has 2 entries for 5 agents"),
        ({"groups": ["a", "b", None, "a", "b"]}, "agent 3 has no group"),
        ({"groups": pd.Categorical(["a"] * 5, ["a", "b"])}, "group 'b' has nobody"),
        ({"sizes": [1, 2, 0, 4, 5]}, "size of entry 3 is 0; it must be above 0"),
        ({"need": [4, 8, 8, 4, 0]}, "group 'island' needs nothing"),
        ({"need": [4, 8, 8, 4, -1]}, "need of entry 5 is -1; it must be 0 or more"),
        ({"served": [4, 8, 8, 4, np.nan]}, "served of entry 5 is nan"),
        ({"claim": {"urban": 1, "rurall": 1}}, "name group 'rurall'.*did you mean 'rural'"),
        ({"claim": {"urban": 1, "rural": 1}}, "leave out group 'island'"),
        ({"claim": {"urban": 1, "rural": 1, "island": -1}}, "claim of 'island' is -1"),
        ({"bootstrap": -1}, "the bootstrap has -1 resamples"),
    ],
)
def test_what_cannot_be_compared_is_one_clear_line(arguments: dict[str, Any], message: str) -> None:
    given: dict[str, Any] = {"values": VALUES, "sizes": SIZES, "groups": GROUPS} | arguments
    with pytest.raises(InputError, match=message) as refused:
        by_group(**given)
    assert "\n" not in str(refused.value)


def test_errors_name_the_agent_where_values_do() -> None:
    values = pd.Series(VALUES, index=list("vwxyz"))
    with pytest.raises(InputError, match="need of 'z' is -1"):
        by_group(values, SIZES, GROUPS, need=[4, 8, 8, 4, -1])
