"""Forms of whole decisions in whole columns alone: CP-SAT finds the best of all plans."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import allocare
from allocare import LinearProblem, with_fairness
from allocare.instances.agents import agents_of
from allocare.instances.errors import CapabilityError
from allocare.models.criteria import criterion_of
from allocare.models.formulations import matrix_form
from allocare.models.whole_columns import in_whole_columns
from allocare.solvers.backend import Options, Task
from allocare.solvers.solve import refusal

FEW = settings(deadline=None, max_examples=12, derandomize=True)
FLOOR = ["efficiency-floor:loss=0.25"]


def small(seed: int) -> LinearProblem:
    """Whole plans of four columns for three agents, utilities in quarters."""
    rng = np.random.default_rng(seed)
    return LinearProblem(
        columns=range(4), rows=range(2), objective=rng.integers(1, 9, 4), matrix=rng.integers(1, 6, (2, 4)),
        row_lower=np.full(2, -np.inf), row_upper=rng.integers(5, 16, 2), lower=np.zeros(4),
        upper=np.full(4, 3.0), whole=True, sense="max", agents=["a", "b", "c"],
        utility=rng.integers(0, 9, (3, 4)) / 4,
        attributes={"agents": pd.DataFrame({"people": rng.integers(1, 6, 3)}, index=["a", "b", "c"])},
    )  # fmt: skip


def kept(problem: LinearProblem) -> tuple[np.ndarray, np.ndarray]:
    """Every plan that keeps the rows and policies, and its utilities."""
    plans = np.array(list(itertools.product(range(4), repeat=4)), dtype=float)
    plans = plans[(plans @ problem.matrix.T.toarray() <= problem.row_upper + 1e-9).all(axis=1)]
    plans = plans[[allocare.check(problem, problem.plan(plan)).feasible for plan in plans]]
    return plans, plans @ problem.utility.T.toarray()


@pytest.mark.parametrize(
    ("criterion", "policies"),
    [
        ("utilitarian", []),
        ("utilitarian", ["floor:value=0.25", "cap:value=6"]),
        ("maximin", []),
        ("leximin", []),
        ("utility-threshold:delta=1.5", []),
        ("equity-threshold:delta=0.75", []),
        ("min-range", FLOOR),
        (None, ["floor:value=0.25"]),
    ],
)
@given(st.integers(0, 10_000))
@FEW
def test_cp_sat_has_the_optimum_of_linear_criteria_on_whole_decisions(
    criterion: str | None, policies: list[str], seed: int
) -> None:
    problem = with_fairness(small(seed), criterion, policies, size="people")
    plans, utility = kept(problem)
    solution = allocare.solve(problem, "cp-sat", threads=1)
    if not len(plans):
        assert solution.status == "infeasible"
        return
    assert solution.status == "optimal"
    size = agents_of(problem).size
    if criterion is None:
        assert solution.objective == pytest.approx((plans @ problem.objective).max())
        return
    rule = criterion_of(problem.fairness.criterion)
    values = [rule.value(one, size) for one in utility]
    assert solution.objective == pytest.approx(max(values) if rule.maximise else min(values), abs=1e-9)
    if criterion == "leximin":
        assert list(solution.stages) == max(map(sorted, utility.tolist()))


@pytest.mark.parametrize(
    ("delta", "best"), [(0, 6842.6), (3, 6942.9), (5.3, 7083.5), (10, 10165.8), (16, 14858.8)]
)
def test_the_health_budget_under_a_threshold_is_the_same_on_cp_sat(delta: float, best: float) -> None:
    # Hooker & Williams, Management Science 58 (2012); data reconstructed, see the paper; values recomputed
    problem = with_fairness(allocare.example("health-budget"), f"utility-threshold:delta={delta}")
    solution = allocare.solve(problem, "cp-sat")
    assert solution.status == "optimal" and solution.objective == pytest.approx(best, rel=1e-9)


@given(st.integers(0, 10_000))
@FEW
def test_whole_decisions_are_worth_the_same_after_rewriting(seed: int) -> None:
    problem = with_fairness(small(seed), "utilitarian", size="people")
    form = matrix_form(problem)
    whole = in_whole_columns(form)
    assert whole.whole.all() and [block.name for block in whole.columns] == ["x", "utility"]
    x = np.random.default_rng(seed).integers(0, 4, 4).astype(float)
    utility = problem.utility @ x
    assert whole.objective(np.concatenate([x, np.zeros(3)])) == pytest.approx(
        form.objective(np.concatenate([x, utility]))
    )


@pytest.mark.parametrize(
    ("criterion", "policies", "why"),
    [
        ("alpha-fair:alpha=2", [], "concave"),
        ("kalai-smorodinsky", [], "on no grid"),
        ("min-variance", FLOOR, "squares of columns"),
        ("owa:weights=3,2,1", [], "digits"),
    ],
)
def test_what_need_not_be_whole_is_refused_in_one_line(criterion: str, policies: list[str], why: str) -> None:
    problem = with_fairness(small(2), criterion, policies, size="people")
    found = refusal(Task(problem), "cp-sat", Options())
    assert found is not None and why in found and "\n" not in found


def test_divisible_decisions_stay_divisible() -> None:
    problem = LinearProblem(
        columns=["x"], rows=["r"], objective=[1], matrix=[[2]], row_lower=[-np.inf], row_upper=[3], lower=[0],
        upper=[9], sense="max",
    )  # fmt: skip
    with pytest.raises(CapabilityError, match="on no grid"):
        in_whole_columns(matrix_form(with_fairness(problem, "utilitarian")))
