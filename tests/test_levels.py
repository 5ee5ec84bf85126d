"""Service levels of a divisible resource against the polymatroid's definition, and what proves them."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import chain, combinations

import numpy as np
import pytest
from fair_cases import FEW, INF, MANY, SEEDS, random_problem
from hypothesis import given, settings
from hypothesis import strategies as st

import allocare
from allocare.instances.errors import CapabilityError, InputError
from allocare.instances.fair_allocation import FairAllocationProblem
from allocare.instances.lanes import Lanes
from allocare.models.check import check_decisions
from allocare.models.proofs import prove
from allocare.models.proofs.levels import Levels
from allocare.solvers import max_flow_levels_, service_levels
from allocare.solvers.backend import Options, Task
from allocare.solvers.flow_scale import lane_limits, quantity_scale
from allocare.solvers.lowest_set import lowest_set
from allocare.solvers.service_levels import ServiceLevels


def subsets(items: tuple[int, ...]) -> list[tuple[int, ...]]:
    return list(chain.from_iterable(combinations(items, k) for k in range(len(items) + 1)))


def most_of_each_set(problem: FairAllocationProblem) -> dict[tuple[int, ...], Fraction]:
    """Most that every set of targets can receive jointly: its least cut, by enumeration."""
    m, n = len(problem.sources), len(problem.targets)
    limit = [[Fraction(0)] * n for _ in range(m)]
    demand = [Fraction(str(value)) for value in problem.demand]
    supply = [Fraction(str(value)) for value in problem.supply]
    for lane in range(len(problem.lanes)):
        i, j = problem.lanes.source[lane], problem.lanes.target[lane]
        limit[i][j] = min(supply[i], demand[j])
        if problem.lanes.capacity is not None and np.isfinite(problem.lanes.capacity[lane]):
            limit[i][j] = min(limit[i][j], Fraction(str(problem.lanes.capacity[lane])))
    return {
        chosen: min(
            sum((supply[i] for i in cut), Fraction(0))
            + sum(min(demand[j], sum(limit[i][j] for i in range(m) if i not in cut)) for j in chosen)
            for cut in subsets(tuple(range(m)))
        )
        for chosen in subsets(tuple(range(n)))
    }


def levels_by_definition(problem: FairAllocationProblem) -> dict[int, Fraction]:
    """The lowest level is that of the set that can have least; then what is left on top of it."""
    most = most_of_each_set(problem)
    demand = [Fraction(str(value)) for value in problem.demand]
    settled: tuple[int, ...] = ()
    rest = tuple(j for j in range(len(demand)) if demand[j] > 0)
    level: dict[int, Fraction] = {}
    while rest:
        height, group = min(
            (
                (
                    (most[tuple(sorted(settled + more))] - most[settled]) / sum(demand[j] for j in more),
                    more,
                )
                for more in subsets(rest)
                if more
            ),
            key=lambda found: (found[0], -len(found[1])),
        )
        level.update(dict.fromkeys(group, height))
        settled = tuple(sorted(settled + group))
        rest = tuple(j for j in rest if j not in group)
    return level


def cut_off(level: dict[int, Fraction], demand: list[Fraction], total: Fraction) -> dict[int, Fraction]:
    """Lower the highest levels to one height until so much is served."""
    for height in sorted(set(level.values())):
        below = sum(demand[j] * y for j, y in level.items() if y < height)
        above = sum(demand[j] for j, y in level.items() if y >= height)
        if below + above * height >= total:
            return {j: min(y, (total - below) / above) for j, y in level.items()}
    return level


def variance(level: dict[int, Fraction], demand: list[Fraction]) -> Fraction:
    everything = sum(demand)
    if not everything:
        return Fraction(0)
    mean = sum(demand[j] * y for j, y in level.items()) / everything
    return sum((demand[j] * (y - mean) ** 2 for j, y in level.items()), Fraction(0)) / everything


@MANY
@given(SEEDS)
def test_levels_are_those_of_the_tightest_sets(seed: int) -> None:
    problem = random_problem(np.random.default_rng(seed))
    if problem.size == 0:
        return
    demand = [Fraction(str(value)) for value in problem.demand]
    level = levels_by_definition(problem)
    served = sum((demand[j] * y for j, y in level.items()), Fraction(0))
    level = cut_off(level, demand, (1 - Fraction(str(problem.efficiency_loss))) * served)
    solution = allocare.solve(problem, "max-flow-levels")
    assert solution.status == "optimal" and solution.proved_by == "levels"
    assert solution.objective == pytest.approx(float(variance(level, demand)), rel=1e-9, abs=1e-15)
    assert solution.bound == solution.objective
    received = problem.lanes.incidence()[1] @ problem.decisions(solution.allocation)
    for j, y in level.items():
        assert received[j] / problem.demand[j] == pytest.approx(float(y), abs=1e-12)


@settings(FEW, max_examples=25)
@given(SEEDS)
def test_an_interior_point_method_finds_nothing_better(seed: int) -> None:
    rng = np.random.default_rng(seed)
    m, n = 6, 25
    cost = np.where(rng.random((m, n)) < 0.3, 1.0, np.nan)
    problem = FairAllocationProblem(
        sources=range(m),
        targets=range(n),
        lanes=Lanes.from_matrix(cost, rng.choice([3, 20, INF], (m, n)) if rng.random() < 0.5 else None),
        supply=np.floor(rng.pareto(1.0, m) * 40),
        demand=rng.integers(1, 60, n),
        efficiency_loss=float(rng.choice([0, 0.05, 0.3])),
    )
    exact, interior = allocare.solve(problem, "max-flow-levels"), allocare.solve(problem, "clarabel")
    assert exact.objective <= interior.objective + 1e-7
    assert interior.objective == pytest.approx(exact.objective, abs=1e-6)


# ------------------------------------------------------------------------------- what refutes a claim


def proved(problem: FairAllocationProblem) -> tuple[np.ndarray, Levels]:
    outcome = max_flow_levels_.solve(Task(problem), Options())
    assert isinstance(outcome.certificate, Levels)
    return outcome.decisions, outcome.certificate


def proof_of(problem: FairAllocationProblem, plan: np.ndarray, levels: Levels):
    return prove(problem, plan, levels, check_decisions(problem, plan))


def uneven_problem(seed: int, loss: float = 0.0) -> FairAllocationProblem:
    """At least two levels below 1, every target reached, no supply without a lane."""
    rng = np.random.default_rng(seed)
    m, n = 3, 8
    near = np.minimum(np.arange(n) * m // n, m - 1)
    cost = np.full((m, n), np.nan)
    cost[near, np.arange(n)] = 1
    cost[rng.integers(0, m, n), np.arange(n)] = 1
    capacity = np.where(rng.random((m, n)) < 0.2, rng.integers(1, 5, (m, n)), INF)
    return FairAllocationProblem(
        sources=["a", "b", "c"], targets=range(n), lanes=Lanes.from_matrix(cost, capacity),
        supply=np.array([3, 30, 9]) + rng.integers(0, 5, 3), demand=rng.integers(5, 20, n),
        efficiency_loss=loss,
    )  # fmt: skip


@FEW
@given(SEEDS, st.sampled_from([0.0, 0.2]))
def test_any_other_level_of_a_target_proves_nothing(seed: int, loss: float) -> None:
    problem = uneven_problem(seed, loss)
    plan, levels = proved(problem)
    optimum = proof_of(problem, plan, levels)
    assert optimum.proved and optimum.weakness == ""
    for at in range(len(problem.targets)):
        for step in (0.3, -0.2, 0.01):
            target = levels.target.copy()
            target[at] = abs(target[at] + step) if target[at] + step <= 1 else target[at] - step
            proof = proof_of(problem, plan, replace(levels, target=target))
            assert not proof.proved and proof.weakness
            assert proof.bound < optimum.bound


@FEW
@given(SEEDS)
def test_a_source_at_another_level_never_raises_the_bound(seed: int) -> None:
    problem = uneven_problem(seed)
    plan, levels = proved(problem)
    optimum = proof_of(problem, plan, levels)
    for at in range(len(problem.sources)):
        for level in (0.0, 0.5, 1.0, levels.source[at] + 0.1):
            source = levels.source.copy()
            source[at] = level
            assert proof_of(problem, plan, replace(levels, source=source)).bound <= optimum.bound


@FEW
@given(SEEDS, st.sampled_from([0.0, 0.2]))
def test_another_plan_is_not_proved_by_the_same_levels(seed: int, loss: float) -> None:
    problem = uneven_problem(seed, loss)
    plan, levels = proved(problem)
    lanes = problem.lanes
    rng = np.random.default_rng(seed)
    for lane in rng.permutation(len(lanes))[:6]:
        other = int(rng.choice(np.flatnonzero(lanes.source == lanes.source[lane])))
        if lanes.target[other] == lanes.target[lane]:
            continue
        moved = plan.copy()
        amount = min(0.05, moved[lane])
        if amount < 0.05:
            continue
        moved[lane] -= amount
        moved[other] += amount
        # two targets that no longer are where the optimum has them, so the plan is worse or breaks a limit
        assert not proof_of(problem, moved, levels).proved


@MANY
@given(SEEDS)
def test_no_levels_whatever_bound_above_the_optimum(seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem = random_problem(rng)
    if problem.size == 0:
        return
    plan, levels = proved(problem)
    optimum = check_decisions(problem, plan).objective
    source, target = rng.random(len(problem.sources)), rng.random(len(problem.targets))
    if rng.random() < 0.5:
        source, target = np.round(source * 4) / 4, np.round(target * 4) / 4
    if rng.random() < 0.5:
        mixed = rng.random(len(target)) < 0.7
        target[mixed] = levels.target[mixed]
        source = levels.source
    most = levels.most if rng.random() < 0.5 else None
    assert proof_of(problem, plan, Levels(source, target, most)).bound <= optimum + 1e-12


def test_levels_that_do_not_fit_are_refused_in_one_line() -> None:
    problem = uneven_problem(0)
    plan, levels = proved(problem)
    for wrong, message in (
        (replace(levels, source=np.zeros(2)), "2 source values"),
        (replace(levels, target=np.full(8, np.nan)), "not all finite"),
        (replace(levels, most=np.zeros(3)), "3 lane values"),
    ):
        with pytest.raises(InputError, match=message):
            proof_of(problem, plan, wrong)


def test_the_fuller_plan_must_be_one() -> None:
    problem = uneven_problem(1, 0.2)
    plan, levels = proved(problem)
    # ten times as much would be a higher floor, were it possible
    assert proof_of(problem, plan, replace(levels, most=10 * levels.most)).bound <= (
        check_decisions(problem, plan).objective
    )
    assert not proof_of(problem, plan, replace(levels, most=0.5 * levels.most)).proved
    assert not proof_of(problem, plan, replace(levels, most=None)).proved


# ---------------------------------------------------------------------------------------- magnitudes


@pytest.mark.parametrize("magnitude", [1e-6, 1, 1e6, 1e9, 1e12])
@pytest.mark.parametrize("loss", [0.0, 0.3])
def test_levels_are_the_same_at_every_magnitude(magnitude: float, loss: float) -> None:
    problem = uneven_problem(4, loss)
    limit = problem.lanes.capacity
    large = replace(
        problem,
        supply=np.round(problem.supply * magnitude, 6),
        demand=np.round(problem.demand * magnitude, 6),
        lanes=replace(problem.lanes, capacity=np.round(limit * magnitude, 6)),
    )
    one, other = allocare.solve(problem), allocare.solve(large)
    assert one.backend == other.backend == "max-flow-levels"
    assert other.proved_by == "levels"
    assert other.objective == pytest.approx(one.objective, rel=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_levels_too_fine_for_64_bits_are_rounded_and_say_so(seed: int) -> None:
    rng = np.random.default_rng(seed)
    m, n = 20, 60
    cost = np.where(rng.random((m, n)) < 0.15, 1.0, np.nan)
    problem = FairAllocationProblem(
        sources=range(m), targets=range(n), lanes=Lanes.from_matrix(cost),
        supply=rng.integers(1, 10**12, m) | 1, demand=rng.integers(1, 10**12, n) | 1,
    )  # fmt: skip
    solution = allocare.solve(problem, "max-flow-levels")
    assert solution.status == "optimal" and solution.proved_by == "levels"
    assert any("small units" in note for note in solution.notes)
    interior = allocare.solve(
        replace(problem, supply=problem.supply / 1e10, demand=problem.demand / 1e10), "clarabel"
    )
    assert solution.objective == pytest.approx(interior.objective, rel=1e-5, abs=1e-8)


@FEW
@given(SEEDS)
def test_rounded_levels_are_as_good_as_exact_ones(seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem = random_problem(rng, 9, efficiency_loss=0.0)
    lanes = problem.lanes
    scale = quantity_scale(problem)
    amounts = [np.rint(values * scale).astype(np.int64) for values in (problem.supply, problem.demand)]
    capacity = None if lanes.capacity is None else lane_limits(lanes.capacity, scale)
    exact = ServiceLevels(lanes.source, lanes.target, capacity, *amounts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service_levels, "LARGEST_EXACT", 0)
        rounded = ServiceLevels(lanes.source, lanes.target, capacity, *amounts)
    received = [np.bincount(lanes.target, levels.flow, len(problem.targets)) for levels in (exact, rounded)]
    np.testing.assert_allclose(received[1], received[0], rtol=1e-12, atol=1e-12)
    assert exact.coarse == 0


def test_quantities_beyond_64_bits_in_all_are_refused_in_one_line() -> None:
    problem = FairAllocationProblem(
        sources=range(2000), targets=range(2000), lanes=Lanes.from_table(2000, 2000, [0], [0], [1]),
        supply=np.full(2000, 2.0**52), demand=np.full(2000, 2.0**52),
    )  # fmt: skip
    with pytest.raises(CapabilityError, match="larger unit"):
        allocare.solve(problem, "max-flow-levels")


def test_a_supply_meant_as_no_limit_does_no_harm() -> None:
    problem = FairAllocationProblem(
        sources=["a", "b"], targets=["c", "d"],
        lanes=Lanes.from_matrix([[1, np.nan], [1, 1]], [[3, 1], [1, 2]]),
        supply=[1e15, 1e15], demand=[8, 8],
    )  # fmt: skip
    solution = allocare.solve(problem, "max-flow-levels")
    # c has 3 + 1 of 8, d has 2 of 8
    assert solution.objective == pytest.approx(1 / 64)
    assert solution.proved_by == "levels"


# -------------------------------------------------------------------------------------------- the chain


@MANY
@given(SEEDS)
def test_the_chain_climbs_and_its_sets_are_tight(seed: int) -> None:
    problem = random_problem(np.random.default_rng(seed), efficiency_loss=0.0)
    lanes, scale = problem.lanes, quantity_scale(problem)
    amounts = [np.rint(values * scale).astype(np.int64) for values in (problem.supply, problem.demand)]
    capacity = None if lanes.capacity is None else lane_limits(lanes.capacity, scale)
    levels = ServiceLevels(lanes.source, lanes.target, capacity, *amounts)
    heights = [Fraction(group.served, group.need) for group in levels.groups if group.need]
    assert heights == sorted(heights)
    assert sorted(chain.from_iterable(group.targets.tolist() for group in levels.groups)) == list(
        range(len(problem.targets))
    )
    most, so_far, served = most_of_each_set(problem), [], 0
    for group in levels.groups:
        so_far += group.targets.tolist()
        served += group.served
        assert Fraction(served, scale) == most[tuple(sorted(so_far))]


def test_a_few_maximum_flows_do_where_many_targets_share_a_level() -> None:
    rng = np.random.default_rng(0)
    m, n = 40, 4000
    source = rng.integers(0, m, (n, 8))
    pairs = np.unique(np.stack([source.ravel(), np.repeat(np.arange(n), 8)], 1), axis=0)
    lanes = Lanes.from_table(m, n, pairs[:, 0], pairs[:, 1], np.ones(len(pairs)))
    demand = rng.integers(1, 100, n)
    supply = np.full(m, demand.sum() // 60)
    levels = ServiceLevels(lanes.source, lanes.target, None, supply, demand)
    assert levels.flows_run <= 4
    assert levels.served == supply.sum()


# ---------------------------------------------------------------------------------- the guessed lowest set


def whole_amounts(problem: FairAllocationProblem) -> tuple[np.ndarray, ...]:
    scale = quantity_scale(problem)
    amounts = [np.rint(values * scale).astype(np.int64) for values in (problem.supply, problem.demand)]
    return problem.lanes.source, problem.lanes.target, *amounts


def levels_with(guess: object, problem: FairAllocationProblem) -> ServiceLevels:
    source, target, supply, demand = whole_amounts(problem)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service_levels, "lowest_set", guess)
        return ServiceLevels(source, target, None, supply, demand)


def unlimited_problem(rng: np.random.Generator) -> FairAllocationProblem:
    problem = random_problem(rng, 9, efficiency_loss=0.0)
    return replace(problem, lanes=replace(problem.lanes, capacity=None))


@MANY
@given(SEEDS)
def test_whatever_lowest_set_is_guessed_the_levels_are_the_same(seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem = unlimited_problem(rng)

    def any_set(source, target, supply, demand):
        rich = rng.random(len(supply)) < 0.4
        raised = np.zeros(len(demand), dtype=bool)
        raised[target[rich[source]]] = True
        return (~rich, ~raised) if 0 < raised.sum() < len(demand) else None

    plain, guessed = levels_with(lambda *_: None, problem), levels_with(any_set, problem)
    received = [
        np.bincount(problem.lanes.target, levels.flow, len(problem.targets)) for levels in (plain, guessed)
    ]
    np.testing.assert_allclose(received[1], received[0], rtol=1e-12, atol=1e-12)
    assert guessed.served == plain.served
    heights = [Fraction(group.served, group.need) for group in guessed.groups if group.need]
    assert heights == sorted(heights)


def test_a_guess_that_leaves_lower_levels_behind_is_taken_back() -> None:
    # the third recipient, not in the guessed set, stands below it
    cost = np.array([[1, 1, np.nan, np.nan], [np.nan, np.nan, 1, np.nan], [np.nan, np.nan, np.nan, 1]])
    problem = FairAllocationProblem(
        sources=range(3), targets=range(4), lanes=Lanes.from_matrix(cost), supply=[6, 1, 5],
        demand=[10, 10, 10, 10],
    )  # fmt: skip
    guesses = [(np.array([False, False, True]), np.array([False, False, False, True]))]
    levels = levels_with(lambda *_: guesses.pop() if guesses else None, problem)
    assert not guesses
    assert [(group.served, group.need) for group in levels.groups] == [(1, 10), (6, 20), (5, 10), (0, 0)]
    assert levels.flow.tolist() == [3.0, 3.0, 1.0, 5.0]


def rich_sources_above_a_mixed_rest(n_sources: int, n_targets: int, reach: int) -> FairAllocationProblem:
    rng = np.random.default_rng(5)
    source = rng.integers(0, n_sources, (n_targets, reach)).ravel()
    pairs = np.unique(np.stack([source, np.repeat(np.arange(n_targets), reach)], 1), axis=0)
    demand = rng.integers(1, 100, n_targets)
    supply = np.full(n_sources, demand.sum() // (3 * n_sources))
    supply[:3] *= np.array([12, 16, 20])
    return FairAllocationProblem(
        sources=range(n_sources), targets=range(n_targets), supply=supply, demand=demand,
        lanes=Lanes.from_table(n_sources, n_targets, pairs[:, 0], pairs[:, 1], np.ones(len(pairs))),
    )  # fmt: skip


def test_a_lowest_set_below_a_few_rich_sources_is_guessed_and_saves_its_cuts() -> None:
    problem = rich_sources_above_a_mixed_rest(60, 1500, 8)
    source, target, supply, demand = whole_amounts(problem)
    guess = lowest_set(source, target, supply, demand)
    assert guess is not None and guess[0].sum() == 57
    plain, guessed = levels_with(lambda *_: None, problem), levels_with(lowest_set, problem)
    lowest = guessed.groups[0]
    assert lowest.targets.tolist() == np.flatnonzero(guess[1]).tolist() == plain.groups[0].targets.tolist()
    assert (lowest.served, lowest.need) == (plain.groups[0].served, plain.groups[0].need)
    assert guessed.flows_run < plain.flows_run


def test_no_lowest_set_is_guessed_where_neighbours_alone_are_joined() -> None:
    n_sources, n_targets = 100, 1000
    rng = np.random.default_rng(6)
    home = np.arange(n_targets) * n_sources // n_targets
    target = np.repeat(np.arange(n_targets), 3)
    source = ((home[:, None] + np.arange(3)) % n_sources).ravel()
    assert (
        lowest_set(source, target, np.ceil(20 * rng.pareto(1.5, n_sources) + 1), np.full(n_targets, 9))
        is None
    )
