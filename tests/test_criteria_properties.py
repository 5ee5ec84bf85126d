"""Linear criteria against brute force and by definition person by person; both renderings; invariances."""

import dataclasses
from itertools import product

import numpy as np
import pandas as pd
import pytest
from criteria_cases import shared_items, utilities_of_plan
from hypothesis import given, settings
from hypothesis import strategies as st

import allocare
from allocare import with_fairness
from allocare.models.criteria import CRITERIA, criterion_of
from allocare.models.formulations import matrix_form, pyomo_model
from allocare.models.standard_form import matrix_form_of
from allocare.solvers.backend import Options
from allocare.solvers.highs_ import solve_form

FEW = settings(deadline=None, max_examples=12, derandomize=True)

ASKED = [
    "utilitarian",
    "maximin",
    "leximin",
    "kalai-smorodinsky",
    "owa:weights=3,2,1",
    "owa:weights=2,1,1,0",
    "generalised-gini:aversion=2.5",
    "cvar-share:beta=0.4",
    "utility-threshold:delta=1.5",
    "equity-threshold:delta=1.5",
    "min-gini:weight=0.7",
    "min-mad:weight=1",
]
FLOOR = ["efficiency-floor:loss=0.3"]
LEVELLING_DOWN = ["min-gini", "min-mad", "min-variance", "min-range"]


def rule(written):
    return allocare.instances.fairness.Rule.of(written)


def by_person(written, utility, size, ideal):
    """Value by the definition, over a list of people (whole sizes), and what ties it is broken by."""
    asked = rule(written)
    people = np.sort(np.repeat(utility, size))
    total = float(people.sum())
    parameter = asked.parameters
    match asked.name:
        case "utilitarian":
            return (total,)
        case "maximin":
            return people[0], total
        case "leximin":
            return tuple(np.sort(utility))
        case "kalai-smorodinsky":
            able = ideal > 0
            return (utility[able] / ideal[able]).min(), total
        case "owa" | "generalised-gini":
            if asked.name == "owa":
                weights = np.array(parameter["weights"])
            else:
                n = len(utility)
                weights = np.array(
                    [((n - k) / n) ** parameter["aversion"] - ((n - k - 1) / n) ** parameter["aversion"]
                     for k in range(n)]
                )  # fmt: skip
            parts = np.repeat(people, len(weights)).reshape(len(weights), -1)
            value = float(weights @ parts.mean(axis=1))
            return (value,) if weights[-1] > 0 else (value, total)
        case "cvar-share":
            worst = np.repeat(people, 5)[: round(len(people) * 5 * parameter["beta"])]
            return worst.mean(), total
        case "utility-threshold":
            delta, least = parameter["delta"], people[0]
            value = (len(people) - 1) * delta + sum(max(least, one - delta) for one in people)
            return value, total
        case "equity-threshold":
            return float(np.minimum(people, people[0] + parameter["delta"]).sum()), total
        case "min-gini":
            dispersion = np.abs(people[:, None] - people).mean()
        case "min-mad":
            dispersion = np.abs(people - people.mean()).mean()
        case "min-variance":
            dispersion = people.var()
        case "min-range":
            dispersion = people[-1] - people[0]
    if "weight" in parameter:
        return (people.mean() - parameter["weight"] * dispersion / 2,)
    return -dispersion, total


@st.composite
def sharings(draw, *, whole=True):
    agents, items = draw(st.integers(2, 3)), draw(st.integers(1, 4))
    values = draw(
        st.lists(
            st.lists(st.integers(0, 9), min_size=items, max_size=items), min_size=agents, max_size=agents
        ).filter(lambda rows: np.any(rows))
    )
    size = draw(st.lists(st.integers(1, 4), min_size=agents, max_size=agents))
    return sized(shared_items(values, whole=whole), size), np.array(values), np.array(size)


def sized(problem, size):
    frame = pd.DataFrame({"people": np.asarray(size, dtype=float)}, index=problem.agents)
    return dataclasses.replace(problem, attributes={"agents": frame})


def ask(problem, written, policies=()):
    return with_fairness(problem, written, policies, size="people")


@FEW
@given(sharings())
@pytest.mark.parametrize("written", ASKED)
def test_no_plan_is_better_than_the_one_returned(written, sharing):
    problem, values, size = sharing
    if written == "kalai-smorodinsky" and not values.any(axis=1).all():
        values = values + 1
        problem = sized(shared_items(values), size)
    ideal = values.sum(axis=1)
    best = max(
        tuple(np.round(by_person(written, _utilities(values, given_to), size, ideal), 9))
        for given_to in product(range(len(values) + 1), repeat=values.shape[1])
    )
    solution = allocare.solve(ask(problem, written), "highs")
    assert solution.status.value == "optimal" and solution.checked
    assert solution.objective == pytest.approx(best[0], abs=1e-6)
    assert solution.bound == pytest.approx(best[0], abs=1e-6)
    if len(best) > 1:
        assert solution.stages == pytest.approx(best, abs=1e-6)
    reached = by_person(written, utilities_of_plan(problem, solution), size, ideal)
    assert reached == pytest.approx(best, abs=1e-6)


def _utilities(values, given_to):
    """Utilities where each item goes to that agent; the number of agents stands for nobody."""
    gained = np.zeros(len(values))
    for item, agent in enumerate(given_to):
        if agent < len(values):
            gained[agent] += values[agent, item]
    return gained


@FEW
@given(sharings(whole=False), st.integers(0, 2**31 - 1))
@pytest.mark.parametrize("written", ASKED)
def test_no_divided_plan_is_better_and_backends_agree(written, sharing, seed):
    problem, values, size = sharing
    problem = ask(sized(shared_items(values + 1, whole=False), size), written)
    solution = allocare.solve(problem, "highs")
    ideal = values.sum(axis=1) + values.shape[1]
    rng = np.random.default_rng(seed)
    for _ in range(20):
        shares = rng.dirichlet(np.full(len(values), rng.choice([0.1, 1.0])), values.shape[1]).T
        own = utilities_of_plan(problem, solution)
        other = (shares * (values + 1)).sum(axis=1)
        for mixed in (other, 0.999 * own + 0.001 * other):
            assert by_person(written, mixed, size, ideal)[0] <= solution.objective + 1e-6
    if written.startswith("utility-threshold"):
        return
    interior = allocare.solve(problem, "clarabel")
    assert interior.objective == pytest.approx(solution.objective, rel=2e-6, abs=2e-6)
    assert interior.stages == pytest.approx(solution.stages, rel=1e-5, abs=1e-5)


@FEW
@given(sharings(whole=False))
def test_rising_levels_and_ordered_outcomes_end_at_the_same_sorted_utilities(sharing):
    problem, _, _ = sharing
    form = matrix_form(with_fairness(problem, "leximin"))
    rising = solve_form(form, Options())
    staged = solve_form(dataclasses.replace(form, ordering=None), Options())
    block = form.column_block("utility").slice
    np.testing.assert_allclose(np.sort(rising.values[block]), np.sort(staged.values[block]), atol=1e-7)
    np.testing.assert_allclose(rising.stages, staged.stages, atol=1e-6)
    assert form.objective(rising.values) == pytest.approx(rising.bound)


@FEW
@given(sharings())
@pytest.mark.parametrize("written", ASKED)
def test_both_renderings_state_the_same(written, sharing):
    problem, values, size = sharing
    problem = ask(sized(shared_items(values + 1), size), written)
    ours, theirs = matrix_form(problem), matrix_form_of(pyomo_model(problem))
    assert [block.name for block in ours.columns] == [block.name for block in theirs.columns]
    assert [block.name for block in ours.rows] == [block.name for block in theirs.rows]
    assert (abs(ours.matrix - theirs.matrix) > 1e-12).nnz == 0
    for field in ("cost", "lower", "upper", "row_lower", "row_upper", "whole", "offset"):
        np.testing.assert_allclose(getattr(ours, field), getattr(theirs, field), rtol=1e-12)
    np.testing.assert_allclose(ours.stages, theirs.stages, rtol=1e-12)
    assert (ours.maximise, ours.leading) == (theirs.maximise, theirs.leading)
    assert allocare.solve(problem, "pyomo:highs").objective == pytest.approx(
        allocare.solve(problem, "highs").objective, rel=1e-6, abs=1e-7
    )


@FEW
@given(
    st.lists(st.floats(0, 9), min_size=2, max_size=5), st.integers(2, 4), st.randoms(use_true_random=False)
)
@pytest.mark.parametrize("written", [name for name in (*ASKED, *LEVELLING_DOWN) if "aversion" not in name])
def test_people_count_whoever_they_are_and_however_they_are_grouped(written, values, times, random):
    criterion = criterion_of(rule(written))
    utility, size = np.array(values), np.ones(len(values))
    shuffled = utility.copy()
    random.shuffle(shuffled)
    value = criterion.value(utility, size)
    assert criterion.value(shuffled, size) == pytest.approx(value, abs=1e-9)
    sums = rule(written).name in {"utilitarian", "equity-threshold"}
    together, apart = np.repeat(utility, times), np.ones(times * len(values))
    grown = criterion.value(utility, times * size)
    assert criterion.value(together, apart) == pytest.approx(grown, abs=1e-9)
    if rule(written).name != "utility-threshold":
        assert grown == pytest.approx(times * value if sums else value, abs=1e-9)


@FEW
@given(st.lists(st.floats(0, 9), min_size=3, max_size=6), st.data())
@pytest.mark.parametrize(
    "written", ["owa:weights=3,2,1", "generalised-gini:aversion=2", "min-gini", "min-variance"]
)
def test_a_transfer_to_the_worse_off_never_makes_it_worse(written, values, data):
    criterion, size = criterion_of(rule(written)), np.ones(len(values))
    before = np.sort(np.array(values))
    low, high = sorted(data.draw(st.permutations(range(len(values))))[:2])
    gift = data.draw(st.floats(0, 1)) * (before[high] - before[low]) / 2
    after = before.copy()
    after[[low, high]] += [gift, -gift]
    gain = criterion.value(after, size) - criterion.value(before, size)
    assert gain * (1 if criterion.maximise else -1) >= -1e-9


@FEW
@given(st.lists(st.floats(0, 9), min_size=2, max_size=5), st.integers(0, 4), st.floats(0, 5))
@pytest.mark.parametrize("written", ["min-gini:weight=1", "min-mad:weight=1", *ASKED[1:10]])
def test_more_for_one_is_never_worse_where_nothing_levels_down(written, values, at, more):
    criterion, size = criterion_of(rule(written)), np.arange(1.0, len(values) + 1)
    before = np.array(values)
    after = before.copy()
    after[at % len(values)] += more
    assert criterion.value(after, size) >= criterion.value(before, size) - 1e-9
    assert not criterion.levels_down


def test_every_criterion_says_what_it_does():
    assert all(kind.title and kind.name == name for name, kind in CRITERIA.items())
