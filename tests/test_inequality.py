"""Measures of a distribution: published figures, the principles that define them, and their edges."""

from __future__ import annotations

import tomllib
import warnings
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocare import InputError
from allocare.evaluation.dispersion import coefficient_of_variation, gini, hoover, jain
from allocare.evaluation.entropy import generalised_entropy, theil_decomposition, theil_l, theil_t
from allocare.evaluation.inequality import MEASURES, inequality_table
from allocare.evaluation.lorenz import lorenz_curve
from allocare.evaluation.population import LimitWarning
from allocare.evaluation.tails import mcloone, median, palma
from allocare.evaluation.welfare import (
    atkinson,
    atkinson_ede,
    kolm_pollak,
    kolm_pollak_ede,
    kolm_pollak_kappa,
)

FIGURES = tomllib.loads((Path(__file__).parent / "fairness_figures.toml").read_text(encoding="utf-8"))
quick = settings(deadline=None, max_examples=80, derandomize=True)

ABSOLUTE = [name for name, measure in MEASURES.items() if not measure.relative]
RELATIVE = [name for name, measure in MEASURES.items() if measure.relative]
INEQUALITY = [
    name
    for name in inequality_table([1.0, 2.0])["name"]
    if name.partition(":")[0] not in {"total", "mean", "min", "max", "palma", "mcloone"}
]
"""Measures that a transfer from better to worse off never makes worse."""
STRICT = ["gmd", "gini", "variance", "cv", "jain", "theil-t", "generalised-entropy:2", "atkinson-ede:1"]
"""Those that such a transfer always makes better."""


def figures(values: Any, sizes: Any = None, names: Any = None, **options: Any) -> dict[str, float]:
    table = inequality_table(values, sizes, names, **options)
    return dict(zip(table["name"], table["value"], strict=True))


@st.composite
def populations(
    draw: st.DrawFn, least: int = 1, lowest: int = 1, most: int = 8
) -> tuple[np.ndarray, np.ndarray]:
    pairs = st.tuples(st.integers(lowest, 60), st.integers(1, 20))
    values, sizes = zip(*draw(st.lists(pairs, min_size=least, max_size=most)), strict=True)
    return np.array(values, dtype=float) / 4, np.array(sizes, dtype=float)


@pytest.mark.parametrize("case", FIGURES["distribution"], ids=lambda case: case["name"])
def test_published_figures_of_distributions(case: dict[str, Any]) -> None:
    expected = case["measures"]
    found = figures(case["values"], case.get("sizes"), list(expected), rank=case.get("rank"))
    assert found == pytest.approx(expected, abs=case["within"], rel=0)


HEALTH = FIGURES["health_budget"]


@pytest.mark.parametrize("plan", HEALTH["plan"], ids=lambda plan: plan["name"])
def test_figures_of_health_budget_plans(plan: dict[str, Any]) -> None:
    chosen = np.array([int(digit) for digit in plan["chosen"].replace(" ", "")])
    values = np.array(HEALTH["baseline"]) + np.array(HEALTH["benefit"]) * chosen
    expected = plan["measures"]
    found = figures(values, HEALTH["size"], list(expected))
    assert found == pytest.approx(expected, abs=plan["within"], rel=0)


def test_theil_of_halves_of_which_one_has_nothing_is_all_between() -> None:
    case = FIGURES["theil_by_halves"]
    split = theil_decomposition(case["values"], None, case["groups"])
    assert (split.total, split.between, split.within) == pytest.approx(
        (case["total"], case["between"], case["within"]), abs=1e-15
    )


def test_aif360_trap_coefficient_of_variation_is_the_root_of_twice_the_entropy() -> None:
    case = FIGURES["wrong_coefficient_of_variation"]
    entropy = (case["wrong"] / 2) ** 2
    spread = np.sqrt(2 * entropy)
    values = [1 - spread, 1 + spread]
    assert generalised_entropy(values, alpha=2) == pytest.approx(entropy, rel=1e-12)
    assert coefficient_of_variation(values) == pytest.approx(case["right"], abs=5e-5)


def test_ineqpy_trap_gini_is_of_the_population_not_of_a_sample() -> None:
    values = [10, 20, 30, 40, 50]
    assert gini(values) == pytest.approx(4 / 15, abs=1e-15)
    assert gini(values) * 5 / 4 == pytest.approx(1 / 3, abs=1e-15)
    assert gini(values, [7] * 5) == pytest.approx(4 / 15, abs=1e-15)


@given(populations())
@quick
def test_measures_are_what_their_formulas_say(people: tuple[np.ndarray, np.ndarray]) -> None:
    u, n = people
    share = n / n.sum()
    mean = float(share @ u)
    differences = float((np.outer(share, share) * np.abs(u[:, None] - u)).sum())
    expected = {
        "total": n @ u,
        "mean": mean,
        "range": u.max() - u.min(),
        "relative-range": (u.max() - u.min()) / mean,
        "mad": share @ np.abs(u - mean),
        "hoover": share @ np.abs(u - mean) / (2 * mean),
        "gmd": differences,
        "gini": differences / (2 * mean),
        "variance": share @ u**2 - mean**2,
        "jain": (n @ u) ** 2 / (n.sum() * (n @ u**2)),
        "theil-t": share @ (u / mean * np.log(u / mean)),
        "theil-l": share @ np.log(mean / u),
        "generalised-entropy:3": share @ ((u / mean) ** 3 - 1) / 6,
        "generalised-entropy:0.25": share @ ((u / mean) ** 0.25 - 1) / (0.25 * -0.75),
        "generalised-entropy:-1": share @ (mean / u - 1) / 2,
        "atkinson-ede:0.5": (share @ np.sqrt(u)) ** 2,
        "atkinson-ede:1": np.prod(u**share),
        "atkinson-ede:3": (share @ u**-2.0) ** -0.5,
        "atkinson:2": 1 - 1 / (share @ (1 / u)) / mean,
        "kolm-pollak-ede:0.3": -np.log(share @ np.exp(-0.3 * u)) / 0.3,
        "kolm-pollak:0.3": mean + np.log(share @ np.exp(-0.3 * u)) / 0.3,
    }
    assert figures(u, n, list(expected)) == pytest.approx(expected, abs=1e-9)


@given(populations(lowest=0), st.randoms(use_true_random=False))
@quick
@pytest.mark.filterwarnings("ignore::allocare.evaluation.population.LimitWarning")
def test_names_order_and_splitting_of_agents_do_not_matter(
    people: tuple[np.ndarray, np.ndarray], random: Any
) -> None:
    values, sizes = people
    order = random.sample(range(len(values)), len(values))
    split = np.repeat(values, 2), np.stack([sizes / 4, sizes * 3 / 4], axis=1).ravel()
    expected = pytest.approx(figures(values, sizes), abs=1e-9)
    assert figures(values[order], sizes[order]) == expected
    assert figures(*split) == expected


@given(populations(lowest=0), st.sampled_from([2.0, 7.5, 1000.0]))
@quick
@pytest.mark.filterwarnings("ignore::allocare.evaluation.population.LimitWarning")
def test_replicating_people_changes_only_the_total(
    people: tuple[np.ndarray, np.ndarray], times: float
) -> None:
    values, sizes = people
    before, after = figures(values, sizes), figures(values, sizes * times)
    assert after.pop("total") == pytest.approx(times * before.pop("total"))
    assert after == pytest.approx(before, abs=1e-9)


@given(populations(lowest=0), st.sampled_from([1e-6, 0.3, 4.0, 1e9]))
@quick
@pytest.mark.filterwarnings("ignore::allocare.evaluation.population.LimitWarning")
def test_relative_measures_do_not_depend_on_the_unit(
    people: tuple[np.ndarray, np.ndarray], unit: float
) -> None:
    values, sizes = people
    names = [name for name in figures(values, sizes) if name.partition(":")[0] in RELATIVE]
    names = [name for name in names if not name.startswith("atkinson-ede")]
    expected = figures(values, sizes, names)
    assert figures(values * unit, sizes, names) == pytest.approx(expected, abs=1e-9)
    for name in ("atkinson-ede:0.5", "atkinson-ede:1", "gmd"):
        one, other = figures(values, sizes, [name])[name], figures(values * unit, sizes, [name])[name]
        assert other == pytest.approx(one * unit, rel=1e-9)


@given(populations(), st.sampled_from([-100.0, 3.25, 50.0]))
@quick
def test_absolute_measures_do_not_depend_on_the_origin(
    people: tuple[np.ndarray, np.ndarray], origin: float
) -> None:
    values, sizes = people
    names = ["range", "mad", "gmd", "variance", "kolm-pollak:0.5"]
    expected = figures(values, sizes, names)
    assert figures(values + origin, sizes, names) == pytest.approx(expected, abs=1e-9)
    moved = kolm_pollak_ede(values + origin, sizes, kappa=0.5)
    assert moved == pytest.approx(kolm_pollak_ede(values, sizes, kappa=0.5) + origin, abs=1e-9)


@given(populations(least=2), st.sampled_from([0.1, 0.5, 1.0]))
@quick
def test_pigou_dalton_transfers_never_make_a_measure_worse(
    people: tuple[np.ndarray, np.ndarray], part: float
) -> None:
    values, sizes = people
    better, worse = int(np.argmax(values)), int(np.argmin(values))
    if values[better] == values[worse]:
        return
    # at most as much as makes the two even
    amount = part * (values[better] - values[worse]) / (1 / sizes[better] + 1 / sizes[worse])
    after = values.copy()
    after[better] -= amount / sizes[better]
    after[worse] += amount / sizes[worse]
    one, other = figures(values, sizes, INEQUALITY), figures(after, sizes, INEQUALITY)
    for name in INEQUALITY:
        sign = 1 if MEASURES[name.partition(":")[0]].better == "higher" else -1
        gain = sign * (other[name] - one[name])
        assert gain >= -1e-12 * max(1, abs(one[name])), name
        if name in STRICT:
            assert gain > 0, name


@given(populations(lowest=0))
@quick
def test_measures_agree_with_each_other(people: tuple[np.ndarray, np.ndarray]) -> None:
    values, sizes = people
    variation = coefficient_of_variation(values, sizes)
    assert jain(values, sizes) == pytest.approx(1 / (1 + variation**2), rel=1e-12)
    assert variation == pytest.approx(np.sqrt(2 * generalised_entropy(values, sizes, alpha=2)), abs=1e-7)
    curve = lorenz_curve(values, sizes)
    area = np.trapezoid(curve["held"], curve["people"])
    assert gini(values, sizes) == pytest.approx(1 - 2 * area, abs=1e-12)
    furthest = float((curve["people"] - curve["held"]).max())
    assert hoover(values, sizes) == pytest.approx(furthest, abs=1e-12)
    bottom = np.interp(0.4, curve["people"], curve["held"])
    if bottom > 0:
        top = 1 - np.interp(0.9, curve["people"], curve["held"])
        assert palma(values, sizes) == pytest.approx(top / bottom, rel=1e-9)


@given(populations(least=1, lowest=0, most=12), st.sampled_from(["T", "L"]), st.data())
@quick
@pytest.mark.filterwarnings("ignore::allocare.evaluation.population.LimitWarning")
def test_theil_within_and_between_groups_add_up(
    people: tuple[np.ndarray, np.ndarray], measure: Any, data: st.DataObject
) -> None:
    values, sizes = people
    groups = data.draw(st.lists(st.sampled_from("abc"), min_size=len(values), max_size=len(values)))
    whole = {"T": theil_t, "L": theil_l}[measure]
    split = theil_decomposition(values, sizes, groups, measure)
    assert split.total == pytest.approx(whole(values, sizes), abs=1e-12)
    assert split.within >= 0 and split.between >= -1e-15
    rows = split.groups
    assert split.between == pytest.approx(whole(rows["mean"], rows["share"]), abs=1e-12)
    for group, inequality in rows["inequality"].items():
        inside = np.array(groups) == group
        assert inequality == pytest.approx(whole(values[inside], sizes[inside]), abs=1e-12)


@given(populations())
@quick
def test_aversion_moves_the_equivalent_from_the_mean_to_the_worst_off(
    people: tuple[np.ndarray, np.ndarray],
) -> None:
    values, sizes = people
    mean, worst = float(np.average(values, weights=sizes)), values.min()
    for equivalent in (
        lambda aversion: atkinson_ede(values, sizes, epsilon=aversion),
        lambda aversion: kolm_pollak_ede(values, sizes, kappa=aversion),
    ):
        levels = [equivalent(aversion) for aversion in (1e-9, 0.5, 1 - 1e-9, 1, 1 + 1e-9, 4, 1e4, 1e6)]
        assert levels[0] == pytest.approx(mean, rel=1e-7)
        assert levels[3] == pytest.approx(levels[2], rel=1e-8)
        assert levels[4] == pytest.approx(levels[3], rel=1e-8)
        assert levels[-1] == pytest.approx(worst, rel=1e-4)
        assert all(a >= b - 1e-12 * mean for a, b in pairwise(levels))


@given(populations(), st.sampled_from([0.0, 1.0]), st.sampled_from([-1e-9, 1e-9]))
@quick
def test_generalised_entropy_runs_through_its_two_limits(
    people: tuple[np.ndarray, np.ndarray], order: float, step: float
) -> None:
    at, near = (generalised_entropy(*people, alpha=alpha) for alpha in (order, order + step))
    assert near == pytest.approx(at, rel=1e-6, abs=1e-15)


def test_equal_values_are_exactly_even() -> None:
    found = figures([0.1] * 3, [0.7, 1.9, 3.3])
    even = {"jain": 1.0, "mcloone": 1.0, "palma": 0.25}
    for name in [*RELATIVE, "range", "mad", "gmd", "variance"]:
        if name in found:
            assert found[name] == pytest.approx(even.get(name, 0.0), abs=1e-15), name
    assert found["range"] == found["mad"] == found["gini"] == found["variance"] == found["cv"] == 0


def test_tiny_differences_on_a_high_level_are_not_lost() -> None:
    values = [1e6, 1e6 + 1e-3]
    assert kolm_pollak(values, kappa=1.0) == pytest.approx(1.25e-7, rel=0.01)
    assert generalised_entropy(values, alpha=2) == pytest.approx(1.25e-19, rel=1e-3)


def test_no_aversion_is_the_mean_and_very_large_exponents_do_not_overflow() -> None:
    assert atkinson_ede([1e-8, 1.0, 1e8], epsilon=0) == pytest.approx((1e-8 + 1 + 1e8) / 3)
    assert atkinson_ede([1e-8, 1.0, 1e8], epsilon=500) == pytest.approx(1e-8, rel=1e-2)
    assert kolm_pollak_ede([-1e4, 1e4], kappa=10) == pytest.approx(-1e4 + np.log(2) / 10)


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("theil-l", np.inf),
        ("generalised-entropy:-1", np.inf),
        ("atkinson:1", 1.0),
        ("atkinson:2", 1.0),
        ("atkinson-ede:1", 0.0),
        ("atkinson-ede:2", 0.0),
    ],
)
def test_someone_with_nothing_gives_the_limit_with_a_warning(name: str, limit: float) -> None:
    with pytest.warns(LimitWarning):
        assert figures([0, 1, 3], None, [name])[name] == limit


def test_measures_that_take_zeros_do_so_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        names = ["gini", "hoover", "jain", "cv", "theil-t", "atkinson:0.5", "relative-range"]
        found = figures([0, 0, 0, 4], None, names)
    assert found == pytest.approx(
        {
            "gini": 0.75,
            "hoover": 0.75,
            "jain": 0.25,
            "cv": np.sqrt(3),
            "theil-t": np.log(4),
            "atkinson:0.5": 0.75,
            "relative-range": 4.0,
        }
    )


def test_tails_that_have_nothing_give_the_limit_with_a_warning() -> None:
    with pytest.warns(LimitWarning, match="40 %"):
        assert palma([0, 0, 0, 1]) == np.inf
    with pytest.warns(LimitWarning, match="median is 0"):
        assert mcloone([0, 0, 0, 1]) == 1.0


def test_where_everybody_has_nothing_everybody_is_even() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = figures([0.0, 0.0], [1, 9])
    one = {"jain": 1.0, "mcloone": 1.0, "palma": 0.25}
    assert found == {name: one.get(name, 0.0) for name in found}


@pytest.mark.parametrize("name", RELATIVE)
def test_relative_measures_refuse_a_negative_value_and_name_it(name: str) -> None:
    asked = f"{name}:{MEASURES[name].shown[0]:g}" if MEASURES[name].parameter else name
    values = pd.Series([3.0, -2.0], index=["north", "south"])
    with pytest.raises(InputError, match=r"value of 'south' is -2; .* needs values of 0 or more") as refused:
        inequality_table(values, names=[asked])
    assert "kolm-pollak" in str(refused.value) and "\n" not in str(refused.value)


def test_absolute_measures_take_negative_values_and_are_the_table_then() -> None:
    table = inequality_table([-3.0, 1.0], [1, 3])
    assert {name.partition(":")[0] for name in table["name"]} == set(ABSOLUTE)
    assert table["value"].notna().all()


def test_the_table_says_unit_definition_and_parameter() -> None:
    table = inequality_table([1, 3], unit="QALY").set_index("name")
    assert {name.partition(":")[0] for name in table.index} == set(MEASURES)
    assert table.loc["mean", "unit"] == "QALY" and table.loc["total", "unit"] == "QALY x people"
    assert table.loc["atkinson:2", "definition"].endswith("(epsilon = 2)")
    assert table["definition"].str.len().gt(0).all() and set(table["better"]) == {"higher", "lower"}
    ranked = inequality_table([1, 3], rank=[1, 2]).set_index("name")
    assert list(ranked.index[-3:]) == ["sii", "rii", "concentration-index"]


@pytest.mark.parametrize(
    ("values", "sizes", "names", "message"),
    [
        ([1, 2], None, ["ginni"], "no measure 'ginni'; did you mean 'gini'"),
        ([1, 2], None, ["gini:2"], "'gini' takes no parameter"),
        ([1, 2], None, ["atkinson"], "needs a number for epsilon, as in atkinson:0.5"),
        ([1, 2], None, ["atkinson:much"], "needs a number for epsilon"),
        ([1, 2], None, ["atkinson:-1"], "epsilon of atkinson is -1; it must be"),
        ([1, 2], None, ["atkinson:inf"], "epsilon of atkinson is inf"),
        ([1, 2], None, ["generalised-entropy:nan"], "order of generalised entropy is nan"),
        ([1, 2], None, ["kolm-pollak:0"], "kappa is 0; give a finite number above 0"),
        ([1, 2], None, ["sii"], "needs a deprivation rank"),
        ([], None, ["mean"], "no values to measure"),
        ([1, np.nan], None, ["mean"], "value of entry 2 is nan"),
        ([1, 2], [1, 0], ["mean"], "size of entry 2 is 0; it must be above 0"),
        ([1, 2], [1, -1], ["mean"], "size of entry 2 is -1"),
        ([1, 2], [1], ["mean"], "size has 1 values for 2 keys"),
        (["a", "b"], None, ["mean"], "not a number"),
    ],
)
def test_what_cannot_be_measured_is_one_clear_line(values: Any, sizes: Any, names: Any, message: str) -> None:
    with pytest.raises(InputError, match=message) as refused:
        inequality_table(values, sizes, names)
    assert "\n" not in str(refused.value)


def test_sizes_of_other_agents_are_refused() -> None:
    values, sizes = pd.Series([1.0, 2.0], ["a", "b"]), pd.Series([1.0, 2.0], ["b", "a"])
    with pytest.raises(InputError, match="size has other keys than the values"):
        gini(values, sizes)


def test_the_median_splits_people_not_agents() -> None:
    assert median([1, 2, 9], [1, 1, 5]) == 9
    assert median([1, 2, 9], [0.1, 0.2, 0.3]) == 5.5
    assert median([4, 1, 3, 2]) == 2.5
    assert mcloone([1, 2, 9], [1, 1, 2]) == pytest.approx(1.5 / 5.5)


def test_kappa_from_a_reference_is_a_relative_aversion() -> None:
    values, sizes = np.array([1.0, 3.0]), np.array([3.0, 1.0])
    kappa = kolm_pollak_kappa(values, sizes, epsilon=2)
    assert kappa == pytest.approx(2 * (3 + 3) / (3 + 9))
    assert kolm_pollak_kappa(values * 10, sizes, epsilon=2) == pytest.approx(kappa / 10)
    assert kolm_pollak_kappa(-values, sizes, epsilon=2) == pytest.approx(kappa)
    with pytest.raises(InputError, match="mean 0"):
        kolm_pollak_kappa([-1.0, 1.0], epsilon=1)


def test_a_decomposition_names_its_groups_and_refuses_an_unknown_measure() -> None:
    split = theil_decomposition([1, 3, 2], [1, 1, 2], ["x", "x", "y"], "L")
    assert split.groups.index.tolist() == ["x", "y"]
    assert split.groups["mean"].tolist() == [2.0, 2.0] and split.between == 0
    assert atkinson([1, 3, 2], [1, 1, 2], epsilon=1) == pytest.approx(1 - np.exp(-split.total))
    with pytest.raises(InputError, match="it is 'T' or 'L'"):
        theil_decomposition([1], None, ["x"], "X")  # type: ignore[arg-type]
