"""The network form: what is one and what is not, exact scaling, guards, and unlimited arcs."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocare.instances.assignment import AssignmentProblem
from allocare.instances.errors import CapabilityError
from allocare.instances.fair_allocation import FairAllocationProblem
from allocare.instances.lanes import Lanes
from allocare.instances.linear import LinearProblem
from allocare.instances.network_flow import NetworkFlowProblem
from allocare.instances.transportation import TransportationProblem
from allocare.models import unit_increments
from allocare.models.network_form import NotANetwork, network_form
from allocare.models.priority_weights import class_objectives, whole_costs
from allocare.models.scaling import InexactScaling, integer_scale, scaled
from allocare.models.unlimited_arcs import gains_without_end

MANY = settings(max_examples=300, deadline=None, derandomize=True)


def shipping(**changed: Any) -> TransportationProblem:
    data: dict[str, Any] = {
        "sources": ["s"], "targets": ["a", "b"], "lanes": Lanes.from_matrix([[3, 4]]), "supply": [9],
        "demand": [2, 4],
    }  # fmt: skip
    return TransportationProblem(**(data | changed))


def sharing(**changed: Any) -> FairAllocationProblem:
    data: dict[str, Any] = {
        "sources": ["s"], "targets": ["a", "b"], "lanes": Lanes.from_matrix([[3, 4]]), "supply": [5],
        "demand": [2, 4], "whole": True,
    }  # fmt: skip
    return FairAllocationProblem(**(data | changed))


# ------------------------------------------------------------------------------------------ scaling


@MANY
@given(st.lists(st.integers(-(10**7), 10**7), min_size=1), st.integers(0, 8))
def test_decimals_are_made_whole_by_the_smallest_power_of_ten(numbers: list[int], digits: int) -> None:
    values = [float(Fraction(number, 10**digits)) for number in numbers]
    scale = integer_scale(values)
    needed = next(k for k in range(digits + 1) if all(n % 10 ** (digits - k) == 0 for n in numbers))
    assert scale == 10**needed
    assert scaled(values, scale).tolist() == [n * scale // 10**digits for n in numbers]


@MANY
@given(st.floats(allow_nan=True, allow_infinity=True))
def test_scaling_is_exact_or_refused_for_every_double(value: float) -> None:
    try:
        scale = integer_scale([value])
    except InexactScaling:
        return
    assert int(scaled([value], scale)[0]) / scale == value


@pytest.mark.parametrize("values", [[1, 0.1 + 0.2], [np.inf], [np.nan], [1e300], [2.0**53], [1e15, 1e-3]])
def test_what_cannot_be_made_whole_is_named(values: list[float]) -> None:
    with pytest.raises(InexactScaling) as refused:
        integer_scale(values)
    assert any(repr(float(value)) in str(refused.value) for value in values)


def test_a_scale_that_is_too_small_is_refused_with_the_value() -> None:
    with pytest.raises(InexactScaling, match=r"0\.125"):
        scaled([1.5, 0.125], 10)


# ------------------------------------------------------------------- what is a network and what is not


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        (
            AssignmentProblem(agents=["a"], tasks=["t"], pairs=Lanes.from_matrix([[1]]), use=[2], capacity=4),
            "generalised assignment is not a network flow",
        ),
        (sharing(whole=False), "divisible"),
        (sharing(cost_budget=9), "a cost budget is a side constraint"),
        (sharing(efficiency_loss=0.1), "efficiency loss of 0.1"),
        (sharing(criterion="need-deviation", need=[1, 1], efficiency_loss=0.0), "efficiency floor"),
        (sharing(supply=[9e6], demand=[9e6, 1]), "unit increments"),
        (
            LinearProblem(columns=["x"], rows=["r"], objective=[1], matrix=[[1]], row_lower=[0],
                          row_upper=[1], lower=[0], upper=[1]),
            "a linear problem",
        ),
    ],
)  # fmt: skip
def test_what_no_flow_stands_for_is_refused_with_the_reason(problem: Any, reason: str) -> None:
    with pytest.raises(NotANetwork) as refused:
        network_form(problem)
    assert reason in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_use_of_one_for_every_pair_is_a_network() -> None:
    problem = AssignmentProblem(agents=["a"], tasks=["t"], pairs=Lanes.from_matrix([[1]]), use=[1])
    assert network_form(problem).size == 1


@pytest.mark.parametrize(
    "problem",
    [
        shipping(supply=[0.1 + 0.2]),
        shipping(supply=[1 / 3]),
        shipping(lanes=Lanes.from_matrix([[1e300, 1]])),
        shipping(lanes=Lanes.from_matrix([[2.0**52, 0.25]])),
        shipping(supply=[2.0**52], demand=[2.0**51, 0], lanes=Lanes.from_matrix([[2.0**40, 1]])),
        NetworkFlowProblem(nodes=range(2), balance=[2.0**40, -(2.0**40)], tail=[0], head=[1],
                           cost=[2.0**52], lower=[0], capacity=[2.0**40]),
    ],
)  # fmt: skip
def test_what_does_not_fit_whole_numbers_of_64_bits_is_refused(problem: Any) -> None:
    with pytest.raises(InexactScaling):
        network_form(problem)


def test_refusals_are_capability_errors_of_exit_code_two() -> None:
    assert issubclass(NotANetwork, CapabilityError) and issubclass(InexactScaling, CapabilityError)
    assert NotANetwork.exit_code == 2


# ------------------------------------------------------------------------------------- exact figures


def test_decimal_costs_and_quantities_come_back_without_rounding() -> None:
    problem = shipping(lanes=Lanes.from_matrix([[0.1, 0.7]]), supply=[0.9], demand=[0.3, 0.6])
    form = network_form(problem)
    flow = np.array([3, 6, 9, 3, 6, 9])
    assert form.decisions(flow).tolist() == [0.3, 0.6]
    assert form.objective(flow) == 0.45


def test_a_share_of_minimum_service_is_multiplied_exactly() -> None:
    problem = shipping(demand=[33, 1], supply=[99], unmet_cost=[1, 1], minimum_service=[0.9, 0])
    form = network_form(problem)
    assert form.lower[3] / form.quantity_scale == 29.7


def test_large_totals_of_unmet_prices_do_not_overflow() -> None:
    problem = shipping(supply=[1], demand=[1e9, 1e9], unmet_cost=[1e8, 1e8])
    form = network_form(problem)
    assert form.offset == Fraction(2 * 10**17)


def test_the_network_has_one_arc_a_lane_and_one_a_node_and_one_more() -> None:
    rng = np.random.default_rng(0)
    problem = shipping(
        sources=range(30), targets=range(40), lanes=Lanes.from_matrix(rng.random((30, 40)).round(3)),
        supply=np.full(30, 9), demand=np.full(40, 5),
    )  # fmt: skip
    form = network_form(problem)
    assert len(form.tail) == 30 * 40 + 30 + 40 + 1
    assert (form.capacity[: problem.size] == 5).all()


def test_increments_are_ranked_by_their_exact_order() -> None:
    problem = sharing(targets=["a", "b", "c"], lanes=Lanes.from_matrix([[1, 1, 1]]), supply=[40],
                      demand=[3, 9, 21])  # fmt: skip
    form = network_form(problem)
    costs = form.cost[problem.size + 1 : -1]
    exact = [Fraction(2 * k - 1, d) for d in (3, 9, 21) for k in range(1, d + 1)]
    ranks = {value: rank + 1 for rank, value in enumerate(sorted(set(exact)))}
    assert costs.tolist() == [ranks[value] for value in exact]


def test_variance_without_any_need_is_zero() -> None:
    assert unit_increments.service_variance(sharing(demand=[0, 0]), np.zeros(2)) == 0.0


# ------------------------------------------------------------------------------------ unlimited arcs


@MANY
@given(st.integers(0, 2**32 - 1))
def test_cycles_that_gain_without_end_are_found_as_networkx_finds_them(seed: int) -> None:
    import networkx as nx

    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 30))
    arcs = int(rng.integers(1, 3 * n + 2))
    tail, head = rng.integers(0, n, arcs), rng.integers(0, n, arcs)
    potential = rng.integers(-20, 20, n)
    cost = rng.integers(0, 4, arcs) - (rng.random(arcs) < 0.05) * rng.integers(0, 9, arcs)
    cost = cost + potential[tail] - potential[head]
    graph = nx.MultiDiGraph()
    graph.add_weighted_edges_from(zip(tail.tolist(), head.tolist(), cost.tolist(), strict=True))
    assert gains_without_end(n, tail, head, cost) == nx.negative_edge_cycle(graph)


def test_a_long_cycle_that_gains_one_is_found() -> None:
    n = 3000
    cost = np.zeros(n, dtype=np.int64)
    ring = np.arange(n)
    cost[7] = -1
    assert gains_without_end(n, ring, np.roll(ring, -1), cost)
    cost[8] = 1
    assert not gains_without_end(n, ring, np.roll(ring, -1), cost)


def test_an_unlimited_arc_gets_room_for_all_that_can_flow() -> None:
    problem = NetworkFlowProblem(
        nodes=range(3), balance=[5, 0, -5], tail=[0, 1, 0], head=[1, 2, 2], cost=[-1, 0, 9],
        lower=[0, 2, 0], capacity=[np.inf, np.inf, 3],
    )  # fmt: skip
    form = network_form(problem)
    assert not form.gains_without_end
    assert (form.capacity[:2] >= form.lower[:2] + 5).all()


# ---------------------------------------------------------------------------------- priority classes


def test_classes_are_weighted_so_that_later_ones_never_outweigh_earlier_ones() -> None:
    rng = np.random.default_rng(4)
    problem = AssignmentProblem(
        agents=range(6), tasks=range(6), pairs=Lanes.from_matrix(rng.integers(-9, 9, (6, 6))),
        priority=[1, 1, 2, 2, 3, 3],
    )  # fmt: skip
    costs = whole_costs(problem, 2**62)
    combined = []
    for _ in range(400):
        decisions = np.zeros((6, 6))
        decisions[rng.permutation(6), np.arange(6)] = 1
        decisions = decisions.ravel()
        weighted = int((costs.pair * costs.weight[problem.pairs.target]) @ decisions.astype(np.int64))
        combined.append((class_objectives(problem, decisions), weighted))
    by_class = [weighted for _, weighted in sorted(combined)]
    assert by_class == sorted(by_class)


def test_a_common_factor_of_costs_does_not_inflate_the_weights() -> None:
    def weights(factor: float) -> list[int]:
        problem = AssignmentProblem(
            agents=range(2), tasks=range(2), pairs=Lanes.from_matrix(factor * np.array([[1, 2], [3, 5]])),
            priority=[1, 2],
        )  # fmt: skip
        return whole_costs(problem, 2**62).weight.tolist()

    assert weights(1) == weights(1e6) == [4, 1]


def test_classes_too_many_for_64_bits_are_refused() -> None:
    rng = np.random.default_rng(4)
    problem = AssignmentProblem(
        agents=range(20), tasks=range(20), pairs=Lanes.from_matrix(rng.integers(0, 10**6, (20, 20))),
        priority=np.arange(20) + 1,
    )  # fmt: skip
    with pytest.raises(InexactScaling, match="20 priority classes"):
        network_form(problem)
