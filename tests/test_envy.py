"""Envy, envy-freeness up to one good and maximin shares, against published cases and enumeration."""

from __future__ import annotations

import tomllib
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocare import InputError
from allocare.evaluation.envy import ef1_violations, envy_matrix, max_envy, mean_envy
from allocare.evaluation.maximin_shares import maximin_share_table, maximin_shares
from allocare.instances.errors import AllocareError

FIGURES = tomllib.loads((Path(__file__).parent / "fairness_figures.toml").read_text(encoding="utf-8"))
quick = settings(deadline=None, max_examples=50, derandomize=True)


@st.composite
def allocations(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    agents, items = draw(st.integers(1, 4)), draw(st.integers(0, 6))
    value = st.integers(0, 12)
    rows = draw(st.lists(st.lists(value, min_size=items, max_size=items), min_size=agents, max_size=agents))
    owner = draw(st.lists(st.integers(-1, agents - 1), min_size=items, max_size=items))
    return np.array(rows, dtype=float).reshape(agents, items), np.array(owner, dtype=int)


def test_published_envy() -> None:
    case = FIGURES["envy"]
    data = case["valuations"], case["owner"]
    assert envy_matrix(*data).to_numpy().tolist() == case["envy"]
    assert (max_envy(*data), mean_envy(*data)) == (case["max"], case["mean"])


def test_envy_is_named_and_an_item_of_nobody_is_envied_by_nobody() -> None:
    valuations = pd.DataFrame([[5, 9], [4, 9]], index=["ann", "bob"], columns=["pump", "bed"])
    envy = envy_matrix(valuations, [0, -1])
    assert envy.loc["bob", "ann"] == 4 and envy.loc["ann", "bob"] == -5
    assert ef1_violations(valuations, [0, -1]).empty
    assert ef1_violations(valuations, [0, 0])["agent"].tolist() == ["bob"]


@given(allocations())
@quick
def test_envy_and_ef1_are_what_their_definitions_say(allocation: tuple[np.ndarray, np.ndarray]) -> None:
    valuations, owner = allocation
    agents = range(len(valuations))
    bundle = [np.flatnonzero(owner == k) for k in agents]
    envy = envy_matrix(valuations, owner).to_numpy()
    broken = set()
    for i, j in product(agents, agents):
        own, other = valuations[i, bundle[i]].sum(), valuations[i, bundle[j]]
        assert envy[i, j] == other.sum() - own
        if i != j and own < other.sum() - other.max(initial=0):
            broken.add((i, j))
    found = ef1_violations(valuations, owner)
    assert set(zip(found["agent"], found["envied"], strict=True)) == broken
    assert (found["shortfall"] > 0).all()


def test_leximin_need_not_be_envy_free_up_to_one_good() -> None:
    case = FIGURES["leximin_without_ef1"]
    found = ef1_violations(case["valuations"], case["leximin_owner"])
    assert found.to_dict("records") == [{"agent": 2, "envied": 1, "shortfall": 6.0}]


@pytest.mark.parametrize("case", FIGURES["maximin_shares"], ids=lambda case: case["source"][:30])
def test_published_maximin_shares(case: dict[str, Any]) -> None:
    assert maximin_shares(case["valuations"]).tolist() == case["shares"]


def test_no_allocation_gives_everybody_the_maximin_share_of_feige_sapir_and_tauber() -> None:
    valuations = np.array(FIGURES["maximin_shares"][-1]["valuations"])
    owners = np.array(list(product(range(3), repeat=9)))
    received = np.stack([(owners == k) @ valuations[k] for k in range(3)], axis=1)
    worst = received.min(axis=1)
    assert worst.max() == 39
    best = owners[int(worst.argmax())]
    table = maximin_share_table(valuations, best)
    assert not table["holds"].all() and table["ratio"].min() == 39 / 40
    assert maximin_share_table(valuations, best, alpha=39 / 40)["holds"].all()


@given(st.lists(st.integers(0, 40), max_size=7), st.integers(1, 4))
@quick
def test_maximin_shares_are_the_best_worst_bundle_of_all_partitions(items: list[int], count: int) -> None:
    values = np.array(items)
    owners = np.array(list(product(range(count), repeat=len(items))), dtype=int)
    worst = np.stack([(owners == k) @ values for k in range(count)], axis=1).min(axis=1).max()
    assert maximin_shares(values[None, :], agents=count).tolist() == [worst]


@given(st.lists(st.floats(0.01, 9.0), min_size=3, max_size=7), st.integers(2, 3))
@quick
def test_maximin_shares_of_values_that_are_not_whole(items: list[float], count: int) -> None:
    values = np.array(items)
    owners = np.array(list(product(range(count), repeat=len(items))), dtype=int)
    worst = np.stack([(owners == k) @ values for k in range(count)], axis=1).min(axis=1).max()
    found = maximin_shares(values[None, :], agents=count)[0]
    assert worst - 1e-6 * values.sum() / count <= found <= worst * (1 + 1e-12)


def test_large_whole_values_are_shared_exactly() -> None:
    values = np.random.default_rng(4).integers(1, 10**6, 9)
    owners = np.array(list(product(range(3), repeat=9)))
    worst = np.stack([(owners == k) @ values for k in range(3)], axis=1).min(axis=1).max()
    assert maximin_shares(values[None, :], agents=3).tolist() == [worst]


def test_agents_of_equal_taste_have_equal_shares_in_their_own_order() -> None:
    valuations = pd.DataFrame([[1, 2, 3], [9, 1, 1], [3, 1, 2]], index=["x", "y", "z"])
    assert maximin_shares(valuations, agents=2).to_dict() == {"x": 3.0, "y": 2.0, "z": 3.0}


def test_a_share_that_takes_too_long_is_an_error_that_says_what_is_known() -> None:
    values = np.random.default_rng(1).integers(10**5, 10**6, 40)
    with pytest.raises(AllocareError, match=r"among 6 bundles was not proven within 0\.05 s: it is between"):
        maximin_shares(values[None, :], agents=6, time_limit=0.05)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: envy_matrix([[1, 2]], [0]), "1 owners for 2 items"),
        (lambda: envy_matrix([[1, 2]], [0, 1]), "item 2 is held by agent 1; agents are 0 to 0"),
        (lambda: envy_matrix([[1, 2]], [0, -2]), "item 2 is held by agent -2"),
        (lambda: envy_matrix([[1, 2]], [0.0, 0.5]), "owners are positions"),
        (lambda: envy_matrix([1, 2], [0, 0]), "shape .*one row an agent"),
        (lambda: envy_matrix([["a"]], [0]), "not a number"),
        (lambda: envy_matrix([[1, np.nan]], [0, 0]), "agent 1 for item 2 is nan"),
        (lambda: ef1_violations([[1, -2]], [0, 0]), "agent 1 for item 2 is -2; give a finite number of 0"),
        (lambda: maximin_shares([[1, -2]]), "agent 1 for item 2 is -2"),
        (lambda: maximin_shares([[1, 2]], agents=0), "among 0 agents"),
        (lambda: maximin_share_table([[1, 2]], [0, 0], alpha=0), "alpha of the maximin shares is 0"),
    ],
)
def test_what_is_no_allocation_is_one_clear_line(call: Any, message: str) -> None:
    with pytest.raises(InputError, match=message) as refused:
        call()
    assert "\n" not in str(refused.value)
