"""Criteria and policies on a problem: stated in both renderings, solved, checked, refused clearly."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

import allocare
from allocare import InputError, Lanes, TransportationProblem, with_fairness
from allocare.models.formulations import matrix_form, pyomo_model
from allocare.models.standard_form import matrix_form_of

SCARCE = TransportationProblem(
    sources=["depot", "store"],
    targets=["north", "south", "west"],
    lanes=Lanes.from_matrix([[1, 2, np.nan], [np.nan, 3, 1]]),
    supply=[6, 5],
    demand=[8, 6, 4],
    unmet_cost=100,
    attributes={"targets": pd.DataFrame({"region": ["a", "b", "b"]}, index=["north", "south", "west"])},
)


def test_the_worst_off_get_the_most_they_can():
    solution = allocare.solve(with_fairness(SCARCE, "maximin"))
    assert solution.status.value == "optimal" and solution.checked
    # 11 for 18, the depot alone reaches north: 6/8 there would leave south and west to the store
    assert solution.objective == pytest.approx(11 / 18)
    assert solution.stages == pytest.approx((11 / 18, 11.0))


def test_a_floor_costs_what_it_takes_from_the_cheap_lanes():
    plain = allocare.solve(SCARCE)
    held = allocare.solve(with_fairness(SCARCE, None, ["floor:value=0.6"]))
    assert held.status.value == "optimal" and held.objective >= plain.objective
    report = allocare.check(with_fairness(SCARCE, None, ["floor:value=0.7"]), held.allocation)
    assert not report.feasible and "the floor is 0.7" in report.violations[0].message


def test_a_floor_for_one_group_holds_nobody_else():
    problem = with_fairness(SCARCE, None, ["floor:value=0.9:group=region:label=b"])
    served = allocare.solve(problem).allocation.groupby("target")["quantity"].sum()
    assert served["south"] >= 5.4 - 1e-6 and served["west"] >= 3.6 - 1e-6


@pytest.mark.parametrize("criterion", [None, "utilitarian", "maximin"])
def test_both_renderings_state_the_same(criterion):
    problem = with_fairness(SCARCE, criterion, ["floor:value=0.1", "cap:value=0.9", "floor:value=0.2"])
    ours, theirs = matrix_form(problem), matrix_form_of(pyomo_model(problem))
    assert [block.name for block in ours.columns] == [block.name for block in theirs.columns]
    assert (abs(ours.matrix - theirs.matrix) > 1e-12).nnz == 0
    for field in ("cost", "lower", "upper", "row_lower", "row_upper"):
        np.testing.assert_allclose(getattr(ours, field), getattr(theirs, field))
    assert ours.maximise == theirs.maximise


@pytest.mark.parametrize("backend", ["highs", "clarabel", "pyomo:highs"])
@pytest.mark.parametrize("criterion", ["utilitarian", "maximin"])
def test_backends_agree(backend, criterion):
    problem = with_fairness(SCARCE, criterion, ["cap:value=0.8"])
    exact = allocare.solve(problem, "highs")
    assert allocare.solve(problem, backend).objective == pytest.approx(exact.objective, rel=1e-7)


def test_kernels_that_keep_no_policies_say_so():
    with pytest.raises(allocare.CapabilityError, match="policies are side constraints"):
        allocare.solve(with_fairness(SCARCE, None, ["floor:value=0.1"]), "min-cost-flow")
    with pytest.raises(allocare.CapabilityError, match="knows no criterion"):
        allocare.solve(with_fairness(SCARCE, "maximin"), "network-simplex")


def test_baselines_are_judged_by_the_criterion():
    problem = with_fairness(dataclasses.replace(SCARCE, unmet_cost=[100, 100, 100]), "maximin")
    solution = allocare.solve(problem, "greedy:nearest")
    assert solution.objective <= allocare.solve(problem).objective + 1e-9 and solution.bound is None


@pytest.mark.parametrize(
    ("criterion", "policies", "message"),
    [
        ("maximn", [], "there is no criterion 'maximn'; did you mean 'maximin'?"),
        ("maximin:x=1", [], "criterion 'maximin' has no parameter 'x'; it takes none"),
        (None, ["flor:value=1"], "there is no policy 'flor'; did you mean 'floor'?"),
        (None, ["floor"], "policy 'floor' needs the parameter 'value'"),
        (None, ["floor:value=high"], "policy 'floor': value is 'high'; give a number"),
        (None, ["floor:value=1:group=regoin:label=a"], "no attribute 'regoin'; did you mean 'region'?"),
        (None, ["floor:value=1:group=region:label=c"], "attribute 'region' has nobody 'c'"),
    ],
)
def test_a_mistake_is_one_clear_line(criterion, policies, message):
    with pytest.raises(InputError) as caught:
        allocare.solve(with_fairness(SCARCE, criterion, policies))
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_who_needs_nothing_has_no_coverage():
    problem = dataclasses.replace(SCARCE, demand=[8, 0, 4])
    with pytest.raises(InputError, match="'south' needs nothing"):
        allocare.solve(with_fairness(problem, "maximin"))
