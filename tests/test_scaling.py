"""Scaling is fitted on the training part alone and has an exact way back, constant series included."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocare import InputError
from allocare.forecasting.records import simulated_panel
from allocare.forecasting.scaling import MinMax, Standard, sample_mean, sample_std


def test_sample_mean_and_standard_deviation_leave_out_what_is_missing() -> None:
    values = [1, 2, np.nan, 3, 4, 5]
    assert sample_mean(values) == 3
    assert sample_std(values) == pytest.approx(np.sqrt(2.5), rel=1e-15)
    with pytest.raises(InputError, match="there are 1 values; give at least 2"):
        sample_std([np.nan, 3.0])


@pytest.mark.parametrize("kind", [MinMax(), Standard()], ids=lambda kind: kind.name)
@given(
    training=st.lists(st.floats(-1e6, 1e6, allow_subnormal=False), min_size=2, max_size=8),
    later=st.lists(st.floats(-1e6, 1e6, allow_subnormal=False), min_size=1, max_size=5),
)
@settings(deadline=None, max_examples=30)
def test_the_inverse_undoes_the_scaling_on_any_later_value(kind, training, later) -> None:
    fitted = kind.fit(pd.DataFrame({"HE": training}))
    values = np.array(later)[:, None]
    back = fitted.inverse(fitted.apply(values))
    span = max(abs(fitted.centre[0]), fitted.span[0], float(np.abs(values).max()))
    assert np.abs(back - values).max() <= 1e-9 * max(span, 1e-300)


@pytest.mark.parametrize("constant", [0.0, 7.0, 0.1])
@pytest.mark.parametrize("kind", [MinMax(), Standard()], ids=lambda kind: kind.name)
def test_a_constant_series_becomes_0_and_comes_back(kind, constant) -> None:
    frame = pd.DataFrame({"HE": [constant] * 7})
    fitted = kind.fit(frame)
    assert (fitted.apply(frame) == 0).all(axis=None)
    later = np.array([[constant + 2.0]])
    assert fitted.inverse(fitted.apply(later)) == pytest.approx(later)


def test_min_max_runs_from_0_to_1_and_standard_has_mean_0_and_sample_deviation_1() -> None:
    values = simulated_panel(5, 100, seed=1, missing=0.1).values
    scaled = MinMax().fit(values).apply(values)
    assert scaled.min().to_numpy() == pytest.approx(0)
    assert scaled.max().to_numpy() == pytest.approx(1)
    standard = Standard().fit(values).apply(values)
    assert standard.mean().to_numpy() == pytest.approx(0, abs=1e-12)
    assert standard.std(ddof=1).to_numpy() == pytest.approx(1)


@pytest.mark.parametrize("kind", [MinMax(), Standard()], ids=lambda kind: kind.name)
def test_a_series_without_training_values_is_named(kind) -> None:
    with pytest.raises(InputError, match="series 'HB' has no value in the training part"):
        kind.fit(pd.DataFrame({"HE": [1.0, 2.0], "HB": [np.nan, np.nan]}))
