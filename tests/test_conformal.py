"""Intervals cover as often as they say, look at no error before it is known, and pool what is short."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from allocare import InputError
from allocare.forecasting.conformal import METHODS, Conformal, known_counts, residual_quantiles
from allocare.forecasting.scenarios import known_paths, scenarios

every_method = pytest.mark.parametrize("method", METHODS)


def exchangeable(origins: int = 600, horizon: int = 3, series: int = 4) -> tuple[np.ndarray, np.ndarray]:
    errors = np.random.default_rng(7).standard_t(5, size=(origins, horizon, series)) * [1, 5, 0.2, 30]
    return errors, np.arange(origins, dtype=np.int32)


@every_method
@pytest.mark.parametrize("normalised", [False, True])
def test_coverage_of_exchangeable_errors_is_within_binomial_bounds(method: str, normalised: bool) -> None:
    errors, rows = exchangeable()
    levels = (0.5, 0.8, 0.95)
    how = Conformal(method, window=200, normalised=normalised)
    half = how.half_widths(errors, rows, levels, calibration=250)[:, 250:]
    hits = (np.abs(errors[250:]) <= half).sum(axis=(1, 2, 3))
    count = errors[250:].size
    for hit, level in zip(hits, levels, strict=True):
        # a split's quantile is itself random: its error is of the order of 1/√250
        spread = 4 * np.sqrt(level * (1 - level) / (250 * 4)) if method == "split" else 0.005
        low, high = binom.interval(0.999, count, level)
        assert low - spread * count <= hit <= high + spread * count


def test_adaptive_intervals_keep_their_level_where_errors_grow() -> None:
    random = np.random.default_rng(1)
    errors = (random.normal(size=800) * np.linspace(1, 8, 800))[:, None, None]
    rows = np.arange(800, dtype=np.int32)
    covered = {
        method: (
            np.abs(errors[200:]) <= Conformal(method).half_widths(errors, rows, [0.8], 200)[0, 200:]
        ).mean()
        for method in METHODS
    }
    assert abs(covered["adaptive"] - 0.8) < 0.03
    assert covered["split"] < covered["rolling"] < covered["adaptive"]


@every_method
@pytest.mark.parametrize("normalised", [False, True])
def test_errors_not_known_at_an_origin_change_nothing_there(method: str, normalised: bool) -> None:
    errors, rows = exchangeable(60)
    how = Conformal(method, window=20, normalised=normalised)
    before = how.half_widths(errors, rows, (0.5, 0.95), 30)
    changed = errors.copy()
    # at row 40 the error h steps ahead is known of origins up to 40 − h
    for step in range(3):
        changed[40 - step :, step] *= 1000
    after = how.half_widths(changed, rows, (0.5, 0.95), 30)
    np.testing.assert_array_equal(before[:, :41], after[:, :41])
    quantiles = [residual_quantiles(each, rows, (0.1, 0.9))[:, :41] for each in (errors, changed)]
    np.testing.assert_array_equal(*quantiles)
    np.testing.assert_array_equal(known_paths(errors, rows, 40), known_paths(changed, rows, 40))


def test_the_half_width_is_the_conformal_rank_of_past_errors() -> None:
    errors = np.array([3.0, -1, 4, -1.5, 9, -2.6, 5.3, np.nan])[:, None, None]
    rows = np.arange(8, dtype=np.int32)
    half = Conformal("rolling", window=None).half_widths(errors, rows, (0.5, 0.75))[:, -1, 0, 0]
    # of 7 sizes 1, 1.5, 2.6, 3, 4, 5.3, 9 the ⌈8 · 0.5⌉ = 4th and the ⌈8 · 0.75⌉ = 6th
    np.testing.assert_allclose(half, [3.0, 5.3])
    low, high = residual_quantiles(errors, rows, (0.25, 0.75))[:, -1, 0, 0]
    # −2.6, −1.5, −1, 3, 4, 5.3, 9: the 2nd and the 6th
    assert (low, high) == (-1.5, 5.3)


def test_missing_errors_do_not_count() -> None:
    errors = np.array([3.0, np.nan, 4, np.nan, 9, np.nan])[:, None, None]
    half = Conformal("rolling").half_widths(errors, np.arange(6, dtype=np.int32), (0.5,))
    assert half[0, -1, 0, 0] == 4.0


def test_too_few_errors_of_a_series_count_with_those_of_all_in_its_own_unit() -> None:
    random = np.random.default_rng(3)
    sizes = np.array([1.0, 100.0])
    errors = random.normal(size=(15, 1, 40)) * np.repeat(sizes, 20)
    half = Conformal("rolling").half_widths(errors, np.arange(15, dtype=np.int32), (0.95,))[0, -1, 0]
    # 14 own errors cannot tell the 95 % quantile; 560 in units of each series' mean error can
    np.testing.assert_allclose(np.median(half.reshape(2, 20), axis=1) / sizes, 1.96, rtol=0.25)


def test_errors_known_depend_on_rows_and_steps() -> None:
    assert known_counts(np.array([0, 7, 14, 21]), 14)[:, [0, 6, 7, 13]].tolist() == [
        [0, 0, 0, 0],
        [1, 1, 0, 0],
        [2, 2, 1, 1],
        [3, 3, 2, 2],
    ]
    with pytest.raises(InputError, match="origins are not in order"):
        known_counts(np.array([3, 1]), 2)


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"method": "jackknife"}, "method is 'jackknife'; give one of split"),
        ({"window": 1}, "window is 1; give 2 origins or more"),
        ({"rate": 0.0}, "rate is 0; give one between 0 and 1"),
    ],
)
def test_settings_out_of_range_are_one_line(settings: dict, line: str) -> None:
    with pytest.raises(InputError, match=line):
        Conformal(**settings)


@pytest.mark.parametrize("level", [0, 1, 1.5, -0.1, 95])
def test_levels_outside_nought_and_one_are_refused(level: float) -> None:
    errors, rows = exchangeable(5)
    with pytest.raises(InputError, match="is not between 0 and 1"):
        Conformal().half_widths(errors, rows, (level,))


def test_scenarios_are_forecasts_with_whole_past_paths_and_the_same_for_the_same_seed() -> None:
    errors, _ = exchangeable(30)
    forecast = np.arange(12.0).reshape(3, 4)
    drawn = scenarios(forecast, errors, 10, seed=4)
    assert np.array_equal(drawn, scenarios(forecast, errors, 10, seed=4))
    assert not np.array_equal(drawn, scenarios(forecast, errors, 10, seed=5))
    found = {np.round(path - forecast, 9).tobytes() for path in drawn}
    assert found <= {np.round(path, 9).tobytes() for path in errors}
    assert len(found) == 10
    assert scenarios(forecast, errors, 100, seed=4).shape == (100, 3, 4)
    assert scenarios(forecast, errors, 100, seed=4, lowest=0).min() == 0


def test_scenarios_without_a_whole_past_path_are_one_line() -> None:
    with pytest.raises(InputError, match="no past origin has the errors of all series"):
        scenarios(np.zeros((2, 1)), np.full((3, 2, 1), np.nan), 4)
    with pytest.raises(InputError, match="0 scenarios are wanted"):
        scenarios(np.zeros((2, 1)), np.zeros((3, 2, 1)), 0)
