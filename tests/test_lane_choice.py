"""The lanes that a re-solve begins with, and the reduced costs that they are told from."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocare.instances.lanes import Lanes
from allocare.solvers import reduced_costs
from allocare.solvers.lane_choice import STEPS, likely_lanes, smallest_at_each_node, violated_lanes
from allocare.solvers.reduced_costs import ReducedCosts

quick = settings(max_examples=40, deadline=None, derandomize=True)
SEEDS = st.integers(0, 10**6)


def random_lanes(rng: np.random.Generator) -> Lanes:
    cost = rng.integers(-9, 10, rng.integers(1, 12, 2)).astype(float)
    if rng.random() < 0.6:
        cost[rng.random(cost.shape) < 0.4] = np.nan
    return Lanes.from_matrix(cost)


@quick
@given(SEEDS)
def test_reduced_costs_are_those_of_the_definition_whatever_the_blocks(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lanes = random_lanes(rng)
    source, target = rng.normal(size=lanes.n_sources), rng.normal(size=lanes.n_targets)
    source[rng.random(lanes.n_sources) < 0.1] = np.nan
    expected = lanes.cost - source[lanes.source] - target[lanes.target]
    part = np.flatnonzero(rng.random(len(lanes)) < 0.5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reduced_costs, "BLOCK", int(rng.integers(1, 30)))
        reduced = ReducedCosts(lanes, lanes.cost, source, target)
        assert np.array_equal(reduced.of_all(), expected, equal_nan=True)
        assert np.array_equal(reduced.of(part), expected[part], equal_nan=True)
        assert np.array_equal(reduced.below(-1.0), np.flatnonzero(expected < -1.0))


@quick
@given(SEEDS)
def test_the_smallest_lanes_of_every_node_are_kept_and_little_beyond(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lanes, count = random_lanes(rng), int(rng.integers(1, 4))
    kept = np.zeros(len(lanes), dtype=bool)
    kept[smallest_at_each_node(lanes, np.arange(len(lanes)), lanes.cost, count)] = True
    beyond = np.ones(len(lanes), dtype=bool)
    width = (lanes.cost.max(initial=0) - lanes.cost.min(initial=0)) / (STEPS - 1)
    for node, nodes in ((lanes.source, lanes.n_sources), (lanes.target, lanes.n_targets)):
        for at in range(nodes):
            there = np.flatnonzero(node == at)
            first = there[np.argsort(lanes.cost[there])][:count]
            assert kept[first].all()
            if len(first):
                beyond[there] &= lanes.cost[there] > lanes.cost[first].max() + width
    assert not (kept & beyond).any() or lanes.cost.max() == lanes.cost.min()


@quick
@given(SEEDS)
def test_a_lane_of_unknown_reduced_cost_is_always_chosen(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lanes = random_lanes(rng)
    reduced = lanes.cost.copy()
    reduced[rng.random(len(lanes)) < 0.3] = np.nan
    if not len(lanes):
        return
    chosen = likely_lanes(lanes, reduced, len(lanes) // 2, 2)
    assert np.isin(np.flatnonzero(np.isnan(reduced)), chosen).all()
    assert (np.diff(chosen) > 0).all()


def test_of_many_violated_lanes_the_worst_are_added() -> None:
    lanes = Lanes.from_matrix(-np.arange(3000.0)[np.newaxis])
    reduced = ReducedCosts(lanes, lanes.cost, np.zeros(1), np.zeros(3000))
    added = violated_lanes(reduced, np.arange(2995, 3000), 1e-9)
    assert np.array_equal(np.sort(added), np.arange(1995, 2995))
