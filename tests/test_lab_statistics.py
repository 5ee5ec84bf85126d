"""The lab's statistics on small tables whose answers are worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lab_rows import frame, probe, row

from allocare.benchmarks.statistics.anytime import anytime_table, gap_curves, primal_integrals
from allocare.benchmarks.statistics.drift import drift_table
from allocare.benchmarks.statistics.gaps import gap_table, instance_table, savings
from allocare.benchmarks.statistics.pairs import compare_pair, holm, paired_tests, signed_rank
from allocare.benchmarks.statistics.profiles import gap_profile, performance_profile, time_profile
from allocare.benchmarks.statistics.rates import rates, wilson_interval
from allocare.benchmarks.statistics.resampling import mean_interval
from allocare.benchmarks.statistics.runs import prepared
from allocare.benchmarks.statistics.scaling import growth_points, power_law, scaling_laws, scaling_table
from allocare.benchmarks.statistics.times import shifted_geometric_mean, time_table
from allocare.instances.errors import InputError

KNOWN = {"reference": 100.0, "reference_kind": "known"}


def test_a_gap_is_a_share_of_the_reference_and_worse_is_positive_in_both_senses() -> None:
    rows = frame(
        row("least", "x", 110.0, status="feasible", **KNOWN),
        row("most", "x", 90.0, status="feasible", maximise=True, **KNOWN),
        row("none", "x", 0.5, status="feasible", reference=0.0, reference_kind="known"),
    )
    assert prepared(rows).frame["gap"].tolist() == pytest.approx([0.1, 0.1, 0.5])


def test_without_a_known_optimum_the_best_checked_plan_is_the_reference_and_says_so() -> None:
    rows = frame(
        row("a", "x", 120.0, status="feasible"),
        row("a", "y", 100.0, status="feasible"),
        row("a", "z", 50.0, status="incomplete"),
        row("a", "w", 60.0, status="feasible", checked=False),
        row("b", "x", 7.0, status="feasible", maximise=True),
        row("b", "y", 9.0, maximise=True),
        row("c", "x", None),
    )
    found = prepared(rows).frame
    assert found["reference"].tolist()[:6] == [100.0] * 4 + [9.0] * 2
    assert found["reference_kind"].tolist() == ["best found"] * 4 + ["proved"] * 2 + [None]
    assert found["gap"].tolist()[:2] == pytest.approx([0.2, 0.0])
    assert found["gap"].isna().tolist()[2:4] == [True, True]


def test_a_wrong_claim_sets_no_reference_and_solves_nothing() -> None:
    rows = frame(row("a", "x", 50.0, claim="wrong"), row("a", "y", 100.0, status="feasible"))
    found = prepared(rows).frame
    assert found["reference"].tolist() == [100.0, 100.0]
    assert found["solved"].tolist() == [False, True]


def test_an_earlier_best_found_reference_gives_way_to_a_better_plan_and_a_known_one_does_not() -> None:
    earlier = {"reference": 90.0, "reference_kind": "best found"}
    rows = frame(
        row("a", "x", 80.0, status="feasible", **earlier),
        row("b", "x", 95.0, status="feasible", **earlier),
        row("c", "x", 95.0, status="feasible", **KNOWN),
    )
    assert prepared(rows).frame["reference"].tolist() == [80.0, 90.0, 100.0]


def test_proving_that_there_is_no_plan_counts_as_solved_only_where_nobody_holds_one() -> None:
    rows = frame(
        row("a", "x", None, status="infeasible"),
        row("b", "x", None, status="infeasible"),
        row("b", "y", 3.0),
    )
    assert prepared(rows).frame["solved"].tolist() == [True, False, True]


def test_success_and_correctness_are_different_rates() -> None:
    rows = frame(
        row("a", "x", **KNOWN),
        row("b", "x", 130.0, claim="wrong", **KNOWN),
        row("c", "x", None, **KNOWN),
        row("d", "x", None, status="crashed", **KNOWN),
        row("e", "x", None, status="not capable"),
    )
    found = rates(prepared(rows)).iloc[0]
    assert (found["instances"], found["runs"], found["not_capable"]) == (4, 4, 1)
    assert (found["claims"], found["wrong"], found["crashed"], found["unknown"]) == (2, 1, 1, 1)
    assert found["success"] == 0.25
    assert found["correctness"] == 0.5
    # Wilson's interval of 1 of 4, worked out: centre (1/4 + z²/8), reach z sqrt(3/64 + z²/64), over 1 + z²/4
    z = 1.959963984540054
    centre, reach, shrink = 0.25 + z * z / 8, z * math.sqrt(3 / 64 + z * z / 64), 1 + z * z / 4
    assert found["success_low"] == pytest.approx((centre - reach) / shrink)
    assert found["success_high"] == pytest.approx((centre + reach) / shrink)


def test_repeating_a_run_is_no_more_evidence() -> None:
    once = frame(row("a", "x", **KNOWN), row("b", "x", None, **KNOWN))
    often = frame(
        *(row("a", "x", repeat=k, **KNOWN) for k in range(20)),
        *(row("b", "x", None, repeat=k, **KNOWN) for k in range(20)),
    )
    names = ["instances", "success", "success_low", "success_high"]
    assert rates(prepared(once))[names].equals(rates(prepared(often))[names])


@pytest.mark.parametrize(("right", "count"), [(0, 5), (3, 10), (10, 10), (47, 50)])
def test_wilson_intervals_are_those_of_scipy(right: int, count: int) -> None:
    from scipy.stats import binomtest

    low, high = wilson_interval(np.array([right / count]), np.array([float(count)]))
    other = binomtest(right, count).proportion_ci(method="wilson")
    assert (low[0], high[0]) == pytest.approx((other.low, other.high), abs=1e-12)


def test_the_shifted_geometric_mean_by_hand() -> None:
    # (1 + 10)(12 + 10) = 242, its root 15.556..., less 10
    assert shifted_geometric_mean([1.0, 12.0], shift=10.0) == pytest.approx(math.sqrt(242) - 10)
    assert math.isnan(shifted_geometric_mean([]))


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=20), st.floats(1e-3, 100))
@settings(deadline=None, max_examples=50)
def test_the_shifted_geometric_mean_lies_between_least_and_most(values: list[float], shift: float) -> None:
    mean = shifted_geometric_mean(values, shift)
    assert min(values) - 1e-6 * (1 + max(values)) <= mean <= np.mean(values) + 1e-6 * (1 + max(values))


def test_an_unsolved_run_costs_the_time_it_was_given() -> None:
    rows = frame(row("a", "x", solve_seconds=3.0, **KNOWN), row("b", "x", None, solve_seconds=5.0, **KNOWN))
    found = time_table(prepared(rows), shift=1.0).iloc[0]
    assert found["longest_seconds"] == 60.0
    assert found["mean_seconds"] == pytest.approx(math.sqrt(4 * 61) - 1)
    assert found["run_seconds"] == pytest.approx(math.sqrt(4 * 6) - 1)
    assert found["success"] == 0.5


def test_a_performance_profile_by_hand() -> None:
    times = pd.DataFrame({"x": [1.0, 2.0, 8.0, np.inf], "y": [2.0, 2.0, 2.0, np.inf]})
    found = performance_profile(times)
    steps = {
        name: list(zip(part["ratio"], part["share"], strict=True)) for name, part in found.groupby("backend")
    }
    assert steps == {"x": [(1.0, 0.5), (4.0, 0.75)], "y": [(1.0, 0.5), (2.0, 0.75)]}


def test_a_profile_is_drawn_on_instances_that_all_its_backends_can_take() -> None:
    rows = frame(
        *(row(name, "x", solve_seconds=1.0) for name in "abcd"),
        *(row(name, "y", solve_seconds=2.0) for name in "abc"),
        row("d", "y", None, status="not capable"),
        row("a", "rare", solve_seconds=0.1),
        *(row(name, "worse", 150.0, status="feasible") for name in "abcd"),
    )
    profile, left_out = time_profile(prepared(rows), "transportation")
    assert left_out == ["rare", "worse"]
    assert profile.to_dict("list") == {
        "backend": ["x", "y", "y"], "ratio": [1.0, 1.0, 2.0], "share": [1.0, 0.0, 1.0],
    }  # fmt: skip


def test_a_gap_profile_never_reaches_one_where_a_backend_does_not_finish() -> None:
    rows = frame(
        row("a", "x", **KNOWN),
        row("a", "y", 150.0, status="feasible", **KNOWN),
        row("b", "x", **KNOWN),
        row("b", "y", 40.0, status="incomplete", **KNOWN),
    )
    found, _ = gap_profile(prepared(rows), "transportation")
    ends = found.groupby("backend").last()
    assert ends.loc["x"].tolist() == [0.0, 1.0]
    assert ends.loc["y"].tolist() == [0.5, 0.5]


def test_gaps_by_family_say_how_often_a_rule_could_not_finish() -> None:
    rows = frame(
        row("a", "greedy:regret", 120.0, status="feasible", **KNOWN),
        row("b", "greedy:regret", 140.0, status="feasible", **KNOWN),
        row("c", "greedy:regret", 90.0, status="incomplete", left_out=4.0, **KNOWN),
        row("d", "greedy:regret", 100.0, status="feasible", optimal_by="Monge costs", **KNOWN),
    )
    found = gap_table(prepared(rows)).iloc[0]
    assert found["complete"] == 3
    assert found["incomplete"] == 1
    assert found["left_out"] == 4.0
    assert found["mean_gap"] == pytest.approx(0.2)
    assert found["worst_gap"] == pytest.approx(0.4)
    assert found["at_reference"] == pytest.approx(1 / 3)
    assert found["provably_optimal"] == 1


def test_savings_against_a_rule_by_hand_in_both_senses() -> None:
    rows = frame(
        row("a", "greedy:nearest", 125.0, status="feasible", **KNOWN),
        row("b", "greedy:nearest", 200.0, status="feasible", **KNOWN),
        row("c", "greedy:nearest", 1.0, status="incomplete", **KNOWN),
        row("d", "priority", 80.0, status="feasible", maximise=True, family="assignment", **KNOWN),
    )
    found = savings(prepared(rows)).set_index("baseline")
    nearest = found.loc["greedy:nearest"]
    assert (nearest["instances"], nearest["finished"]) == (3, 2)
    assert nearest["saving"] == pytest.approx((25 / 125 + 100 / 200) / 2)
    assert nearest["excess"] == pytest.approx((0.25 + 1.0) / 2)
    assert found.loc["priority", "saving"] == pytest.approx(20 / 80)


def test_the_primal_integral_and_the_curve_by_hand() -> None:
    steps = [[10.0, 200.0, None], [30.0, 125.0, 90.0]]
    rows = frame(
        row("a", "x", 100.0, solve_seconds=40.0, incumbents=steps, **KNOWN),
        row("a", "y", None, status="killed", **KNOWN),
        row("a", "z", None, status="not capable", **KNOWN),
    )
    runs = prepared(rows)
    # nothing for 10 s, gap 1/2 for 20 s, 1/5 for 10 s, none to the limit of 60 s
    assert primal_integrals(runs).tolist()[:2] == pytest.approx([10 + 20 * 0.5 + 10 * 0.2, 60.0])
    assert math.isnan(primal_integrals(runs)[2])
    curve = gap_curves(runs, "transportation").set_index("backend")
    assert curve.loc["y", "gap"].eq(1.0).all()
    at = curve.loc["x"]
    assert at.loc[at["seconds"].between(10.1, 29.9), "gap"].tolist() == pytest.approx(
        [0.5] * at["seconds"].between(10.1, 29.9).sum()
    )
    assert at["gap"].iloc[-1] == 0.0
    table = anytime_table(runs).set_index("backend")
    assert table.loc["x", "share_of_time"] == pytest.approx(22 / 60)


def test_a_plan_counts_from_when_it_was_found_even_where_it_is_not_the_best() -> None:
    rows = frame(
        row("a", "x", 200.0, status="feasible", solve_seconds=3.0, **KNOWN), row("a", "y", None, **KNOWN)
    )
    assert primal_integrals(prepared(rows)).tolist() == pytest.approx([3 + 57 * 0.5, 60.0])


@given(st.integers(0, 10**6))
@settings(deadline=None, max_examples=25)
def test_curves_never_rise_and_their_area_is_the_integral(seed: int) -> None:
    random = np.random.default_rng(seed)
    seconds = np.sort(random.uniform(0.1, 50.0, 6))
    values = 100 + np.sort(random.uniform(0.0, 300.0, 6))[::-1]
    steps = [[float(t), float(z), None] for t, z in zip(seconds, values, strict=True)]
    runs = prepared(
        frame(row("a", "x", 100.0, status="feasible", solve_seconds=55.0, incumbents=steps, **KNOWN))
    )
    curve = gap_curves(runs, "transportation")
    assert (np.diff(curve["gap"]) <= 1e-12).all()
    fine = np.concatenate([[0.0], seconds, [55.0, 60.0]])
    gaps = np.concatenate([[1.0], (values - 100) / values, [0.0]])
    assert primal_integrals(runs)[0] == pytest.approx(float(np.diff(fine) @ gaps))


def test_holm_by_hand() -> None:
    # sorted 0.005, 0.01, 0.03, 0.04 times 4, 3, 2, 1: 0.02, 0.03, 0.06, then 0.04 is held at 0.06
    assert holm([0.01, 0.04, np.nan, 0.03, 0.005]).tolist() == pytest.approx(
        [0.03, 0.06, np.nan, 0.06, 0.02], nan_ok=True
    )
    assert holm([0.6, 0.7]).tolist() == [1.0, 1.0]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
@settings(deadline=None, max_examples=60)
def test_holm_never_lowers_a_p_value_and_keeps_the_order(values: list[float]) -> None:
    adjusted = holm(values)
    assert (adjusted >= np.array(values)).all()
    assert (np.diff(adjusted[np.argsort(values, kind="stable")]) >= 0).all()
    assert (adjusted <= 1).all()


def test_the_signed_rank_test_by_hand() -> None:
    # ranks 1..6 all positive: W- = 0, two-sided exact p = 2 / 2^6
    assert signed_rank([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]) == pytest.approx((1.0, 2 / 64))
    # |d| = 1, 2, 3 with signs +, -, +: W+ = 4, W- = 2; zeros do not count
    assert signed_rank([1.0, -2.0, 0.0, 3.0])[0] == pytest.approx(2 / 6)
    assert signed_rank([0.0, 0.0]) == (0.0, 1.0)


def test_pairs_are_compared_on_common_instances_with_unsolved_ones_named() -> None:
    rows = frame(
        row("a", "x", **KNOWN), row("a", "y", 110.0, status="feasible", **KNOWN),
        row("b", "x", **KNOWN), row("b", "y", 120.0, status="feasible", **KNOWN),
        row("c", "x", **KNOWN), row("c", "y", None, **KNOWN),
        row("d", "x", None, status="not capable"), row("d", "y", 5.0),
    )  # fmt: skip
    found = paired_tests(prepared(rows), "gap").iloc[0]
    assert (found["first"], found["second"], found["instances"]) == ("x", "y", 2)
    assert (found["wins"], found["ties"], found["losses"]) == (2, 0, 0)
    assert found["effect"] == pytest.approx(-0.15)
    assert (found["only_first"], found["only_second"]) == (1, 1)
    assert found["p_value"] == found["p_holm"] == 0.5


def test_a_clear_ratio_of_times_is_found_with_an_interval_around_it() -> None:
    random = np.random.default_rng(3)
    base = random.lognormal(0, 1, 60)
    found = compare_pair(2 * base * random.lognormal(0, 0.1, 60), base, as_ratio=True, seed=1)
    assert found["low"] < 2.0 < found["high"]
    assert found["high"] / found["low"] < 1.1
    assert found["p_value"] < 1e-9


def test_bootstrap_intervals_cover_the_mean_as_often_as_they_say() -> None:
    random = np.random.default_rng(0)
    inside = 0
    for draw in range(200):
        low, high = mean_interval(random.exponential(1.0, 40), replicates=400, seed=draw)
        inside += low <= 1.0 <= high
    assert 0.87 <= inside / 200 <= 0.99


@pytest.mark.parametrize("seed", range(4))
def test_bootstrap_intervals_are_those_of_scipy_up_to_the_draws(seed: int) -> None:
    from scipy.stats import bootstrap

    values = np.random.default_rng(seed).gamma(2.0, 1.0, 60)
    other = bootstrap((values,), np.mean, n_resamples=40_000, method="BCa", rng=np.random.default_rng(1))
    low, high = mean_interval(values, replicates=40_000)
    width = other.confidence_interval.high - other.confidence_interval.low
    assert low == pytest.approx(other.confidence_interval.low, abs=0.03 * width)
    assert high == pytest.approx(other.confidence_interval.high, abs=0.03 * width)


def test_intervals_are_the_same_for_the_same_seed() -> None:
    values = np.random.default_rng(1).normal(size=20)
    assert mean_interval(values, seed=4) == mean_interval(values, seed=4) != mean_interval(values, seed=5)


def test_a_power_law_by_hand() -> None:
    # ln n = 0, 1, 2 and ln t = 0, 1, 3: slope 1.5, intercept -1/6, residuals 1/6, -1/3, 1/6
    law = power_law(np.exp([0.0, 1.0, 2.0]), np.exp([0.0, 1.0, 3.0]))
    assert law is not None
    assert (law.exponent, law.factor) == pytest.approx((1.5, math.exp(-1 / 6)))
    assert law.spread == pytest.approx(math.sqrt(1 / 6))
    # t quantile of 0.975 with one degree of freedom is tan(0.475 pi)
    reach = math.tan(0.475 * math.pi) * math.sqrt(1 / 6) / math.sqrt(2)
    assert (law.low, law.high) == pytest.approx((1.5 - reach, 1.5 + reach))
    mean, low, high = law.band(np.exp([1.0]))
    at_centre = math.tan(0.475 * math.pi) * math.sqrt(1 / 6) * math.sqrt(1 / 3)
    assert (mean[0], low[0], high[0]) == pytest.approx(
        (math.exp(4 / 3), math.exp(4 / 3 - at_centre), math.exp(4 / 3 + at_centre))
    )


def test_two_sizes_make_no_law_and_tiny_times_are_left_out() -> None:
    assert power_law([1, 1, 2], [1.0, 1.0, 2.0]) is None
    sizes = {"lp:n=1": 10, "lp:n=2": 100, "lp:n=3": 1000, "lp:n=4": 10000}
    rows = [row(name, "x", size=size, solve_seconds=1e-4 * size, **KNOWN) for name, size in sizes.items()]
    points = growth_points(prepared(frame(*rows, row("e", "x", None, size=10**6, **KNOWN))))
    assert points["size"].tolist() == [100, 1000, 10000]
    table = scaling_table(scaling_laws(points)).iloc[0]
    assert table["exponent"] == pytest.approx(1.0)


def test_no_law_is_drawn_through_sizes_alike_or_single_instances_or_runs_that_ended_at_their_limit() -> None:
    def points(names: list[str], sizes: list[int], **changes: object) -> int:
        rows = [
            row(name, "x", size=size, solve_seconds=0.01 * size, **KNOWN | changes)
            for name, size in zip(names, sizes, strict=True)
        ]
        return len(scaling_laws(growth_points(prepared(frame(*rows)))))

    made = ["lp:n=1", "lp:n=2", "lp:n=3"]
    assert points(made, [10, 100, 1000]) == 1
    assert points(made, [10, 100, 200]) == 0
    assert points(["a", "b", "c"], [10, 100, 1000]) == 0
    assert points(["lp:n=1", "qp:n=2", "gap:n=3"], [10, 100, 1000]) == 0
    assert points(made, [10, 100, 1000], status="feasible", stop_reason="time-limit") == 0


def test_drift_is_seen_and_a_steady_machine_is_called_steady() -> None:
    noisy = drift_table(frame(*(probe(minutes, 1.0 + (minutes == 30)) for minutes in range(0, 60, 10)))).iloc[
        0
    ]
    assert (noisy["verdict"], noisy["slowest_over_median"]) == ("noisy", 2.0)
    slowed = drift_table(frame(*(probe(minutes, 1.0 + 2.0 * (minutes > 10)) for minutes in range(0, 60, 10))))
    assert slowed.iloc[0]["verdict"] == "noisy"
    rising = drift_table(frame(*(probe(minutes, 1 + minutes / 600) for minutes in range(0, 61, 10)))).iloc[0]
    assert rising["verdict"] == "steady"
    assert rising["trend_per_hour"] == pytest.approx(0.1 / 1.05)
    assert drift_table(frame(row("a", "x"))).empty


def test_the_instance_table_keeps_every_ending_and_a_wrong_claim() -> None:
    rows = frame(
        row("a", "x", seed=0, **KNOWN),
        row("a", "x", None, seed=1, status="out of memory", claim="wrong", **KNOWN),
    )
    found = instance_table(prepared(rows)).iloc[0]
    assert (found["runs"], found["status"], found["claim"]) == (2, "optimal, out of memory", "wrong")
    assert found["solved"] == 0.5


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (pd.DataFrame(), "there are no rows"),
        (frame(row("a", "x")).drop(columns="status"), "no column 'status'"),
        (frame(row("a", "x"), row("a", "x")), "instance a, backend x, seed 0, repeat 0 is there twice"),
        (frame(row("a", "x", schema_version=2)), "schema version 2 is not 1"),
        (frame(probe(0, 1.0)), "drift probes and no run"),
    ],
)  # fmt: skip
def test_rows_that_cannot_be_used_are_refused_in_one_line(rows: pd.DataFrame, message: str) -> None:
    with pytest.raises(InputError, match=message) as refused:
        prepared(rows)
    assert "\n" not in str(refused.value)
