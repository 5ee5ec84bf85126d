"""Two result sets side by side: regressions are told from noise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from lab_rows import frame, probe, row

from allocare.benchmarks.statistics.before_after import before_after
from allocare.instances.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

KNOWN = {"reference": 100.0, "reference_kind": "known"}
NAMES = [f"i{k}" for k in range(20)]


def timed(seed: int, factor: float = 1.0, **changes: Any) -> list[dict[str, Any]]:
    random = np.random.default_rng(seed)
    base = np.random.default_rng(99).lognormal(0, 1, len(NAMES))
    seconds = factor * base * random.lognormal(0, 0.1, len(NAMES))
    return [
        row(name, "highs", solve_seconds=float(s), **KNOWN | changes)
        for name, s in zip(NAMES, seconds, strict=True)
    ]


def test_a_result_set_does_not_regress_from_itself() -> None:
    rows = frame(*timed(0))
    found = before_after(rows, rows)
    assert found.regressions == []
    assert found.outcomes.empty
    assert found.times["effect"].tolist() == [1.0]


@pytest.mark.parametrize("seed", range(5))
def test_noise_is_no_regression(seed: int) -> None:
    assert before_after(frame(*timed(2 * seed)), frame(*timed(2 * seed + 1))).regressions == []


def test_slower_code_is_found_and_the_interval_holds_the_truth() -> None:
    found = before_after(frame(*timed(0)), frame(*timed(1, 1.5)))
    line = found.times.iloc[0]
    assert line["verdict"] == "worse"
    assert line["low"] < 1.5 < line["high"]
    assert len(found.regressions) == 1
    assert before_after(frame(*timed(1, 1.5)), frame(*timed(0))).times["verdict"].tolist() == ["better"]


def test_a_slower_machine_is_not_taken_for_slower_code() -> None:
    before = frame(*timed(0), *(probe(k, 1.0) for k in range(3)))
    after = frame(*timed(1, 1.5), *(probe(k, 1.5) for k in range(3)))
    found = before_after(before, after)
    assert found.regressions == []
    assert any("1.500 times as long" in remark for remark in found.remarks)


def test_a_tiny_difference_is_no_regression_however_certain() -> None:
    rows = frame(*timed(0))
    after = rows.assign(solve_seconds=1.01 * rows["solve_seconds"])
    line = before_after(rows, after).times.iloc[0]
    assert line["p_value"] < 0.001
    assert line["verdict"] == ""


def test_a_backend_is_judged_over_all_its_families_first() -> None:
    families = ("transportation", "assignment", "programmes", "linear", "beds")

    def rows(factor: float) -> pd.DataFrame:
        made = []
        for at, family in enumerate(families):
            for k in range(4):
                seconds = (1 + at + k / 10) * (factor if k or at else factor + 0.01)
                made.append(row(f"{family} {k}", "x", family=family, solve_seconds=seconds, **KNOWN))
        return frame(*made)

    found = before_after(rows(1.0), rows(2.0))
    assert len(found.regressions) == 1
    assert found.regressions[0].startswith("x, all families: 2.0")
    assert found.times["family"].tolist() == ["all families", *sorted(families)]
    # each family's p-value is 2 / 2^4, and they are corrected among themselves alone
    assert found.times["p_value"].tolist()[1:] == [0.125] * 5
    assert found.times["p_holm"].tolist()[1:] == [0.625] * 5
    assert found.times["p_holm"].iloc[0] == found.times["p_value"].iloc[0]


def test_worse_plans_of_a_heuristic_are_found() -> None:
    random = np.random.default_rng(5)

    def plans(shift: float) -> pd.DataFrame:
        objective = 100 + shift + random.normal(0, 0.2, len(NAMES))
        made = zip(NAMES, objective, strict=True)
        return frame(*(row(name, "genetic", float(z), status="feasible", **KNOWN) for name, z in made))

    found = before_after(plans(5.0), plans(7.0))
    line = found.quality.iloc[0]
    assert line["verdict"] == "worse"
    assert line["effect"] == pytest.approx(0.02, abs=0.002)


def test_a_wrong_claim_and_a_crash_are_regressions_without_any_test() -> None:
    before = frame(row("a", "x"), row("b", "x"), row("c", "x"))
    after = frame(row("a", "x", claim="wrong"), row("b", "x", None, status="crashed"), row("c", "x"))
    found = before_after(before, after)
    assert [line.split(":")[0] for line in found.regressions] == ["x on a", "x on b"]


def test_lost_instances_are_a_regression_once_they_are_more_than_chance() -> None:
    def lost(count: int) -> pd.DataFrame:
        return frame(*(row(name, "x", None if k < count else 100.0, **KNOWN) for k, name in enumerate(NAMES)))

    few, many = before_after(lost(0), lost(2)), before_after(lost(0), lost(8))
    # 2 (1/2)^2 and 2 (1/2)^8
    assert few.success["p_value"].tolist() == [0.5]
    assert many.success["p_value"].tolist() == [2 / 256]
    assert (few.success["verdict"].tolist(), many.success["verdict"].tolist()) == ([""], ["worse"])
    assert len(few.outcomes) == 2


def test_instances_whose_data_changed_are_left_out_and_said() -> None:
    before = frame(row("a", "x"), row("b", "x"))
    after = frame(row("a", "x", instance_hash="other", solve_seconds=50.0), row("b", "x"))
    found = before_after(before, after)
    assert found.times["instances"].tolist() == [1]
    assert any("1 instances changed their data" in remark for remark in found.remarks)
    assert any("fewer than 6 instances" in remark for remark in found.remarks)


def test_other_machines_are_said() -> None:
    before, after = frame(row("a", "x")), frame(row("a", "x", machine={"cpu": "another"}))
    assert any("the machines differ" in remark for remark in before_after(before, after).remarks)


def test_nothing_in_common_is_refused() -> None:
    with pytest.raises(InputError, match="no instance and backend in common"):
        before_after(frame(row("a", "x")), frame(row("b", "x")))
