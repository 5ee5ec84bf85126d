"""Back-tests fit on the past alone, count by hand, go on where a series fails, and choose by a rule."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from allocare import InputError
from allocare.forecasting.backtest import back_test
from allocare.forecasting.choice import choose, choose_by_loss
from allocare.forecasting.holdout import evaluate
from allocare.forecasting.makers.naive import LastValue
from allocare.forecasting.metrics import interval_score, mean_absolute_scaled_error, pinball_loss
from allocare.forecasting.outlook import outlook
from allocare.forecasting.records import simulated_panel

if TYPE_CHECKING:
    from allocare.forecasting.panel import Panel

FAST = ["last-value", "seasonal-naive", "exponential-smoothing", "linear-regression"]


def changed_after(panel: Panel, time: pd.Timestamp) -> Panel:
    values = panel.values.copy()
    values[values.index > time] = values[values.index > time].iloc[::-1].to_numpy() * 3 + 1000
    return replace(panel, values=values)


@pytest.fixture(scope="module")
def panel() -> Panel:
    return simulated_panel(3, 420, seed=4)


@pytest.fixture(scope="module")
def tested(panel: Panel):
    return back_test(panel, FAST, 7)


def test_errors_are_those_that_a_loop_by_hand_finds(panel: Panel, tested) -> None:
    values = panel.values.to_numpy()
    rows = panel.times.get_indexer(tested.origins)
    actual = np.stack([values[row + 1 : row + 8] for row in rows])
    error = values[rows][:, None] - actual
    overall = tested.errors().set_index("maker").loc["last-value"]
    assert overall["n"] == actual.size
    assert overall["MAE"] == pytest.approx(np.abs(error).mean())
    assert overall["MSE"] == pytest.approx((error**2).mean())
    assert overall["RMSE"] == pytest.approx(np.sqrt((error**2).mean()))
    assert overall["bias"] == pytest.approx(error.mean())
    by_series = tested.errors("series").set_index(["maker", "series"]).loc["last-value"]
    training = values[: tested.rows[0] + 1]
    for at, name in enumerate(panel.series):
        forecast = actual[..., at] + error[..., at]
        expected = mean_absolute_scaled_error(actual[..., at], forecast, training[:, at], season=7)
        assert by_series.loc[name, "MASE"] == pytest.approx(expected)
    by_step = tested.errors("horizon").set_index(["maker", "horizon"]).loc["last-value"]
    np.testing.assert_allclose(by_step["MAE"], np.abs(error).mean(axis=(0, 2)))


def test_the_table_of_forecasts_gives_the_same_errors_intervals_and_scores(tested) -> None:
    table = tested.table()
    assert (table["time"] - table["origin"] == pd.to_timedelta(table["horizon"], unit="D")).all()
    overall = tested.errors().set_index("maker")
    for maker, rows in table.groupby("maker"):
        low, high, actual = rows["lower_80"], rows["upper_80"], rows["actual"]
        assert overall.loc[maker, "MAE"] == pytest.approx((rows["forecast"] - actual).abs().mean())
        assert overall.loc[maker, "coverage_80"] == pytest.approx(actual.between(low, high).mean())
        assert overall.loc[maker, "width_80"] == pytest.approx((high - low).mean())
        assert overall.loc[maker, "interval_score_80"] == pytest.approx(
            interval_score(actual, low, high, 0.8)
        )
        both = (pinball_loss(actual, low, 0.1) + pinball_loss(actual, high, 0.9)) / 2
        assert overall.loc[maker, "pinball_80"] == pytest.approx(both)


def test_what_comes_later_changes_no_forecast_interval_or_quantile_made_before(panel: Panel, tested) -> None:
    origin = tested.origins[5]
    other = back_test(changed_after(panel, origin), FAST, 7)
    upto = tested.calibration + 6
    for maker in FAST:
        np.testing.assert_array_equal(tested.forecasts[maker][:upto], other.forecasts[maker][:upto])
        np.testing.assert_array_equal(tested.half_widths[maker][:, :upto], other.half_widths[maker][:, :upto])
        assert not np.array_equal(tested.forecasts[maker][upto:], other.forecasts[maker][upto:])
        np.testing.assert_array_equal(
            tested.quantiles(maker, (0.3, 0.9))[:, :6], other.quantiles(maker, (0.3, 0.9))[:, :6]
        )
        np.testing.assert_array_equal(tested.scenarios(maker, 5, 4), other.scenarios(maker, 5, 4))


def test_changing_the_test_part_changes_nothing_fitted_or_chosen(panel: Panel) -> None:
    split = panel.times[330]
    some = ["last-value", "seasonal-naive", "linear-regression"]
    one, other = (evaluate(each, split, some, 7) for each in (panel, changed_after(panel, split)))
    assert one.choice.sentence == other.choice.sentence
    pd.testing.assert_frame_equal(one.choice.table, other.choice.table)
    pd.testing.assert_frame_equal(one.backtest.errors("series"), other.backtest.errors("series"))
    assert one.test.origins[0] == split
    first = one.test.calibration
    chosen = one.choice.recommended
    np.testing.assert_array_equal(
        one.test.forecasts[chosen][: first + 1], other.test.forecasts[chosen][: first + 1]
    )
    assert one.gain() != other.gain()


def test_processes_change_nothing(panel: Panel, tested) -> None:
    both = back_test(panel, FAST[:2], 7, jobs=2)
    for maker in FAST[:2]:
        np.testing.assert_array_equal(tested.forecasts[maker], both.forecasts[maker])


def test_a_series_that_fails_is_a_row_and_the_others_go_on(panel: Panel) -> None:
    values = panel.values.copy()
    values.iloc[:360, 1] = np.nan
    makers = ["last-value", "linear-regression"]
    found = back_test(replace(panel, values=values), makers, 7, refit_every=7)
    failed = found.failures[found.failures["maker"] == "last-value"]
    assert set(failed["series"]) == {"R2"}
    assert failed["why"].iloc[0].startswith("it has no value up to")
    whole = back_test(panel, ["last-value"], 7)
    np.testing.assert_array_equal(
        found.forecasts["last-value"][..., [0, 2]], whole.forecasts["last-value"][..., [0, 2]]
    )
    choice = choose(found)
    lacking = choice.table.set_index("maker").loc["linear-regression", "note"]
    assert lacking == "no forecast for 1 of 3 series at some origins"
    assert choice.recommended != "linear-regression"


def test_a_forecaster_that_fails_as_a_whole_is_a_row_a_series(panel: Panel) -> None:
    found = back_test(panel, ["last-value", "seasonal-naive:period=364"], 7)
    assert set(found.failures["maker"]) == {"seasonal-naive:period=364"}
    assert np.isnan(found.forecasts["seasonal-naive:period=364"]).any()
    assert np.isfinite(found.forecasts["last-value"]).all()


def test_a_forecaster_is_recommended_only_if_it_beats_the_last_value_by_five_percent() -> None:
    steady = np.linspace(9.0, 11.0, 40)
    losses = pd.DataFrame({"last-value": steady, "close": 0.951 * steady, "worse": 1.2 * steady})
    close = choose_by_loss(losses, "MAE")
    assert (close.recommended, close.beaten) == ("last-value", False)
    assert close.sentence.startswith(
        "No forecaster beats last-value by 5 % or more: the best of the others, close"
    )
    better = choose_by_loss(losses.assign(better=0.949 * steady), "MAE")
    assert (better.recommended, better.beaten) == ("better", True)
    table = better.table.set_index("maker")
    assert table.loc["better", ["share_better", "lower", "upper"]].tolist() == pytest.approx([0.051] * 3)
    assert table.loc["better", "p_value"] < 1e-6
    assert choose_by_loss(losses[["last-value"]], "MAE").recommended == "last-value"


def test_chance_is_significant_about_as_often_as_it_should_be() -> None:
    wrong = []
    for seed in range(60):
        noise = np.random.default_rng(seed).gamma(4, size=(204, 2))
        # sums of three: losses of overlapping targets belong together
        together = noise[:-2] + noise[1:-1] + noise[2:]
        losses = pd.DataFrame(together, columns=["last-value", "other"])
        row = choose_by_loss(losses, "MAE", overlap=3).table.set_index("maker").loc["other"]
        wrong.append((row["p_value"] < 0.05, not row["lower"] < 0 < row["upper"]))
    # 5 % of 60 are 3; 11 or more have a probability below 0.1 %
    assert (np.sum(wrong, axis=0) <= 10).all()


def test_the_outlook_goes_on_from_the_last_row_with_intervals_from_the_back_test(
    panel: Panel, tested
) -> None:
    look = outlook(panel, LastValue(), tested)
    assert look.times[0] == panel.times[-1] + pd.Timedelta(days=1)
    np.testing.assert_array_equal(look.forecast, np.repeat(panel.values.iloc[[-1]].to_numpy(), 7, axis=0))
    assert (np.diff(look.half_widths, axis=0) >= 0).all()
    assert (look.half_widths > 0).all()
    table = look.table()
    assert len(table) == 21
    assert (table["upper_95"] - table["forecast"]).to_numpy() == pytest.approx(look.half_widths[1].T.ravel())


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"horizon": 500}, "a horizon of 500 is longer than the history of 420 rows"),
        ({"horizon": 0}, "the horizon is 0"),
        ({"levels": (0.8, 1.0)}, "interval level 1 is not between 0 and 1"),
        ({"makers": []}, "there is no forecaster to test"),
        ({"makers": ["arimaa"]}, "there is no forecaster 'arimaa'; did you mean 'arima'"),
        ({"origins": pd.DatetimeIndex(["1999-01-01"])}, "there is no row for the origin 1999-01-01"),
        ({"origins": ("2020-06-01", "2020-05-01", 7)}, "swap them"),
        ({"origins": ("2020-05-01", "2020-06-01", 0)}, "origins are 0 rows apart"),
        ({"refit_every": 0}, "refit_every is 0"),
        ({"calibration": -1}, "-1 origins are wanted before the first"),
    ],
)
def test_bad_input_is_one_line(panel: Panel, settings: dict, line: str) -> None:
    with pytest.raises(InputError, match=line) as refused:
        back_test(panel, **({"makers": ["last-value"], "horizon": 7} | settings))
    assert "\n" not in str(refused.value)


def test_a_choice_needs_the_last_value_and_a_loss_that_there_is(panel: Panel, tested) -> None:
    with pytest.raises(InputError, match="the back-test has no last-value"):
        choose(back_test(panel, ["seasonal-naive"], 7))
    with pytest.raises(InputError, match="not chosen by 'MAEE'; did you mean 'MAE'"):
        choose(tested, "MAEE")
    for by in ("RMSE", "MASE", "pinball_80"):
        assert choose(tested, by).table["score"].is_monotonic_increasing
