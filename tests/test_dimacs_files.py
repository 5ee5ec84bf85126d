"""DIMACS files: networks, and transportation problems with their dummy node, there and back."""

from __future__ import annotations

import gzip
import time

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from public_files import DATA, head, needs_data, public, saved
from scipy.optimize import linprog

from allocare.instances import dimacs, orlib
from allocare.instances.bipartite import network_of, transportation_of
from allocare.instances.errors import InputError
from allocare.instances.lanes import Lanes
from allocare.instances.network_flow import NetworkFlowProblem
from allocare.instances.transportation import TransportationProblem


def least_cost(network: NetworkFlowProblem) -> float:
    arcs = np.arange(network.size)
    ends = (np.concatenate([network.tail, network.head]), np.concatenate([arcs, arcs]))
    signs = np.repeat([1.0, -1.0], network.size)
    balance = sp.csr_array((signs, ends), shape=(len(network.nodes), network.size))
    bounds = np.column_stack([network.lower, network.capacity])
    answer = linprog(network.cost, A_eq=balance, b_eq=network.balance, bounds=bounds)
    assert answer.status == 0, answer.message
    return float(answer.fun)


def least_cost_transportation(problem: TransportationProblem) -> float:
    """Solve the problem's own rules, with unmet demand as further columns."""
    by_source, by_target = problem.lanes.incidence()
    n = len(problem.targets)
    priced = problem.unmet_cost is not None
    unmet = problem.unmet_cost if priced else np.zeros(0)
    most = np.full(len(problem.lanes), np.inf)
    if problem.lanes.capacity is not None:
        most = problem.lanes.capacity
    allowed = problem.demand * (1 - (0 if problem.minimum_service is None else problem.minimum_service))
    upper = np.concatenate([most, allowed if priced else []])
    met = sp.hstack([by_target, sp.eye_array(n)]) if priced else by_target
    sent = sp.hstack([by_source, sp.csr_array((len(problem.sources), n))]) if priced else by_source
    rules = {"A_eq": met, "b_eq": problem.demand}
    if problem.supply_rule == "exactly":
        rules = {"A_eq": sp.vstack([met, sent]), "b_eq": np.concatenate([problem.demand, problem.supply])}
    else:
        rules |= {"A_ub": sent, "b_ub": problem.supply}
    bounds = np.column_stack([np.zeros(len(upper)), upper])
    answer = linprog(np.concatenate([problem.lanes.cost, unmet]), bounds=bounds, **rules)
    assert answer.status == 0, answer.message
    return float(answer.fun)


@pytest.mark.parametrize(
    ("name", "nodes", "arcs", "optimum"),
    public(
        ("mincostflow/Network1.dmx", 501, 4008, 250408004),
        ("mincostflow/Network2.dmx", 221, 884, 74168480),
        ("mincostflow/Network3.dmx", 61, 244, 12909051),
        ("mincostflow/sample.dmx", 4, 4, 9),
        ("mincostflow/netgen-2.min", 400, 1416, 6749969302),
        ("transport/icu_ga.min", 247, 14219, 2650592),
        ("transport/icu_fl.min", 254, 12595, 775503),
        ("transport/icu_az_nm.min", 119, 3374, 2356830),
    ),
)
def test_public_networks_are_recognised_and_reach_their_optimum(tmp_path, name, nodes, arcs, optimum):
    path = DATA / name
    assert dimacs.recognise(head(path), path)
    assert orlib.recognise(head(path), path) is None
    network = dimacs.read_min(path)
    assert (len(network.nodes), network.size, network.balance.sum()) == (nodes, arcs, 0)
    assert least_cost(network) == pytest.approx(optimum, rel=1e-12)
    dimacs.write_min(network, tmp_path / "again.min")
    assert same_network(dimacs.read_min(tmp_path / "again.min"), network)


@pytest.mark.parametrize(
    ("name", "sources", "targets", "supply", "demand", "optimum"),
    public(
        ("icu_ga", 89, 157, 855, 1382, 2650592),
        ("icu_fl", 187, 66, 1479, 1623, 775503),
        ("icu_az_nm", 74, 44, 791, 1254, 2356830),
    ),
)
def test_public_transportation_networks_give_up_their_dummy_node(
    tmp_path, name, sources, targets, supply, demand, optimum
):
    problem = dimacs.read_transportation(DATA / "transport" / f"{name}.min")
    assert (len(problem.sources), len(problem.targets), problem.size) == (sources, targets, sources * targets)
    assert (problem.supply.sum(), problem.demand.sum()) == (supply, demand)
    assert set(problem.unmet_cost) == {5000}
    assert (problem.supply_rule, problem.lanes.capacity, problem.minimum_service) == ("at-most", None, None)
    assert least_cost_transportation(problem) == pytest.approx(optimum, rel=1e-12)
    hospitals = pd.read_csv(DATA / "transport" / f"{name}_facilities.csv")
    assert problem.sources.tolist() == hospitals["node"].tolist()
    assert problem.supply.tolist() == hospitals["supply"].tolist()
    dimacs.write_min(problem, tmp_path / "again.min")
    assert same_network(
        dimacs.read_min(tmp_path / "again.min"), dimacs.read_min(DATA / "transport" / f"{name}.min")
    )


@pytest.mark.parametrize("name", ["Network1.dmx", "sample.dmx", "netgen-2.min"])
@needs_data[0]
@needs_data[1]
def test_a_public_network_of_another_kind_is_no_transportation_problem(name):
    with pytest.raises(InputError, match=r"both send and receive, .* read it as a network"):
        dimacs.read_transportation(DATA / "mincostflow" / name)


def same_network(one: NetworkFlowProblem, other: NetworkFlowProblem) -> bool:
    """Whether two networks have the same balances and the same arcs, in any order."""

    def arcs(network):
        parts = np.stack([network.tail, network.head, network.lower, network.capacity, network.cost])
        return parts[:, np.lexsort(parts[::-1])]

    return np.array_equal(one.balance, other.balance) and np.array_equal(arcs(one), arcs(other))


def test_a_dimacs_file_is_read_as_it_says(tmp_path):
    text = "c beds\n\np min 3 3\nc more\nn 1 4\r\nn 3 -4\na 1 2 1 4 2.5\na\t2 3  0 -1 -1\n a 1 3 0 INF 7\n"
    network = dimacs.read_min(saved(tmp_path, text, "beds.min"))
    assert network.nodes.tolist() == [1, 2, 3]
    assert network.balance.tolist() == [4, 0, -4]
    assert (network.tail.tolist(), network.head.tolist()) == ([0, 1, 0], [1, 2, 2])
    assert (network.lower.tolist(), network.cost.tolist()) == ([1, 0, 0], [2.5, -1, 7])
    assert network.capacity.tolist() == [4, np.inf, np.inf]
    assert (network.whole, network.title) == (True, "beds")


def test_the_largest_capacity_of_other_programs_means_no_limit(tmp_path):
    text = f"p min 2 1\na 1 2 0 {2**63 - 1} 1\n"
    assert dimacs.read_min(saved(tmp_path, text)).capacity.tolist() == [np.inf]


def test_supplies_that_do_not_add_up_are_read_as_they_are(tmp_path):
    network = dimacs.read_min(saved(tmp_path, "p min 2 1\nn 1 4\nn 2 -3\na 1 2 0 9 1\n"))
    assert network.balance.sum() == 1


def test_a_network_without_arcs_or_nodes_is_read(tmp_path):
    assert dimacs.read_min(saved(tmp_path, "p min 2 0\n")).size == 0
    assert len(dimacs.read_min(saved(tmp_path, "p min 0 0")).nodes) == 0


def test_a_compressed_dimacs_file_is_read(tmp_path):
    path = tmp_path / "beds.min.gz"
    path.write_bytes(gzip.compress(b"p min 2 1\nn 1 4\nn 2 -4\na 1 2 0 9 1\n"))
    assert dimacs.read_min(path).balance.tolist() == [4, -4]
    assert dimacs.recognise("c only comments so far\n", path)


def test_a_large_network_is_read_without_a_loop_over_its_arcs(tmp_path):
    rng = np.random.default_rng(7)
    size, nodes = 300_000, 5_000
    network = NetworkFlowProblem(
        nodes=pd.RangeIndex(1, nodes + 1),
        balance=np.zeros(nodes),
        tail=rng.integers(0, nodes, size),
        head=rng.integers(0, nodes, size),
        cost=rng.integers(0, 10**6, size),
        lower=np.zeros(size),
        capacity=rng.integers(1, 10**4, size),
    )
    dimacs.write_min(network, tmp_path / "big.min")
    start = time.perf_counter()
    again = dimacs.read_min(tmp_path / "big.min")
    # 0.2 s on the machine this was written on: a loop over arcs would take longer than this
    assert time.perf_counter() - start < 3
    assert same_network(again, network)


def bipartite(balance, arcs):
    tail, head_, cost, capacity = (np.array(part) for part in zip(*arcs, strict=True))
    return NetworkFlowProblem(
        nodes=pd.RangeIndex(1, len(balance) + 1),
        balance=balance,
        tail=tail - 1,
        head=head_ - 1,
        cost=cost,
        lower=np.zeros(len(arcs)),
        capacity=capacity,
    )


def test_a_last_target_that_all_reach_freely_is_supply_left_over():
    network = bipartite([5, 4, -3, -6], [(1, 3, 7, 9), (2, 3, 1, 2), (1, 4, 0, 5), (2, 4, 0, np.inf)])
    problem = transportation_of(network)
    assert (problem.supply_rule, problem.targets.tolist(), problem.unmet_cost) == ("at-most", [3], None)
    assert problem.lanes.capacity.tolist() == [np.inf, 2]
    assert least_cost_transportation(problem) == least_cost(network) == 9


def test_a_source_numbered_after_all_targets_is_unmet_demand():
    network = bipartite(
        [2, 3, -4, -4, 3],
        [(1, 3, 7, 9), (2, 3, 1, 9), (2, 4, 4, 9), (5, 3, 50, 4), (5, 4, 60, 1)],
    )
    problem = transportation_of(network)
    assert (problem.supply_rule, problem.sources.tolist()) == ("exactly", [1, 2])
    assert problem.unmet_cost.tolist() == [50, 60]
    assert problem.minimum_service.tolist() == [0, 0.75]
    assert least_cost_transportation(problem) == least_cost(network)


def test_without_a_dummy_node_supply_and_demand_are_exact():
    network = bipartite([2, 3, -4, -1], [(1, 3, 7, 9), (2, 3, 1, 9), (2, 4, 4, 9)])
    problem = transportation_of(network)
    assert (problem.supply_rule, problem.demand_rule, problem.unmet_cost) == ("exactly", "exactly", None)
    assert least_cost_transportation(problem) == least_cost(network) == 2 * 7 + 2 * 1 + 1 * 4


@pytest.mark.parametrize(
    ("balance", "arcs", "why"),
    [
        ([1, 1, -2, 0], [(1, 3, 1, 9), (2, 3, 1, 9), (1, 4, 5, 9), (4, 3, 9, 9)], "has a cost, so node 4"),
        ([1, 1, -2, 0], [(1, 3, 1, 9), (2, 3, 1, 9), (1, 4, 0, 9), (4, 3, 9, 9)], "source 2 has no arc to"),
        ([2, -2], [(1, 2, 1, 1), (1, 2, 2, 1)], "is the second between these two"),
        ([2, -2], [(1, 2, 1, 1), (2, 2, 2, 1)], "joins a node to itself"),
        ([-1, -2], [(1, 2, 1, 1)], "node 1 only sends, but has demand"),
        ([1, 2], [(1, 2, 1, 1)], "node 2 only receives, but has supply"),
        ([3, -3, -1], [(1, 2, 1, 9), (1, 3, 0, 9)], "no flow exists"),
        ([0, 0, 0], [(1, 2, 1, 1), (2, 3, 1, 1), (3, 1, 1, 1)], "nodes 1 and 2 both send and receive"),
    ],
)
def test_a_network_of_another_kind_is_refused_with_the_reason(tmp_path, balance, arcs, why):
    path = tmp_path / "other.min"
    dimacs.write_min(bipartite(balance, arcs), path)
    with pytest.raises(InputError) as caught:
        dimacs.read_transportation(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert why in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_least_flow_keeps_a_network_from_being_a_transportation_problem(tmp_path):
    path = saved(tmp_path, "p min 2 1\nn 1 2\nn 2 -2\na 1 2 1 2 3\n")
    with pytest.raises(InputError, match="arc 1 from 1 to 2 has a least flow"):
        dimacs.read_transportation(path)


@st.composite
def transportation_problems(draw):
    m, n = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    quantity = st.integers(0, 20)
    supply, demand = (draw(st.lists(quantity, min_size=k, max_size=k)) for k in (m, n))
    cells = draw(st.lists(st.integers(-5, 50), min_size=m * n, max_size=m * n))
    kept = draw(st.lists(st.booleans(), min_size=m * n, max_size=m * n))
    matrix = np.where(kept, np.array(cells, dtype=float), np.nan).reshape(m, n)
    limits = np.array(draw(st.lists(quantity, min_size=m * n, max_size=m * n)), dtype=float).reshape(m, n)
    # every demand is priced and every supply may stay, so that there is always a plan
    return TransportationProblem(
        sources=[f"s{i}" for i in range(m)],
        targets=[f"t{j}" for j in range(n)],
        lanes=Lanes.from_matrix(matrix, limits if draw(st.booleans()) else None),
        supply=supply,
        demand=demand,
        unmet_cost=draw(st.lists(st.integers(0, 99), min_size=n, max_size=n)),
        whole=True,
    )


@settings(deadline=None, max_examples=60)
@given(problem=transportation_problems())
def test_a_transportation_problem_written_as_a_network_keeps_its_optimum(tmp_path_factory, problem):
    path = tmp_path_factory.mktemp("transport") / "t.min"
    dimacs.write_min(problem, path)
    best = least_cost_transportation(problem)
    assert least_cost(dimacs.read_min(path)) == pytest.approx(best, abs=1e-6)
    again = dimacs.read_transportation(path)
    assert again.supply.tolist() == problem.supply.tolist()
    assert again.demand.tolist() == problem.demand.tolist()
    np.testing.assert_array_equal(again.lanes.matrix(), problem.lanes.matrix())
    assert again.unmet_cost.tolist() == problem.unmet_cost.tolist()
    assert least_cost_transportation(again) == pytest.approx(best, abs=1e-6)


@pytest.mark.parametrize("rule", ["at-most", "exactly"])
@pytest.mark.parametrize("service", [None, [0.75, 0.5]])
def test_rules_and_service_levels_survive_the_network(rule, service):
    problem = TransportationProblem(
        sources=["a", "b"],
        targets=["x", "y"],
        lanes=Lanes.from_matrix([[1, 2], [3, 9]]),
        supply=[2, 2],
        demand=[4, 2],
        supply_rule=rule,
        unmet_cost=[70, 80],
        minimum_service=service,
        whole=True,
    )
    again = transportation_of(network_of(problem))
    assert again.supply_rule == rule
    assert again.unmet_cost.tolist() == [70, 80]
    assert (again.minimum_service is None) == (service is None)
    if service is not None:
        assert again.minimum_service.tolist() == service
    assert least_cost_transportation(again) == least_cost_transportation(problem)


def test_a_service_level_never_asks_for_more_than_the_whole_number_it_stands_for():
    demand = np.arange(1, 400)
    for missing in (1, 5, 49):
        network = bipartite(
            [*np.zeros(1), *(-demand), demand.sum()],
            [(len(demand) + 2, j + 2, 1, max(d - missing, 0)) for j, d in enumerate(demand)]
            + [(1, len(demand) + 2, 0, 1)],
        )
        problem = transportation_of(network)
        needed = np.minimum(demand, missing)
        share = np.zeros(len(demand)) if problem.minimum_service is None else problem.minimum_service
        assert (share * problem.demand <= needed).all()
        assert np.allclose(share * problem.demand, needed)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"sense": "max"}, "a weight to maximise"),
        ({"supply": None, "supply_rule": "none"}, "supply without limit"),
        ({"demand_rule": "at-least"}, "the demand rule 'at-least'"),
        ({"total": 2}, "a total"),
        ({"supply": [1.5]}, "balance of node 1 is 1.5, but the format holds whole numbers only"),
        ({"lanes": Lanes.from_matrix([[0.25]])}, "cost of arc 1 is 0.25"),
    ],
)
def test_what_dimacs_cannot_hold_is_refused_and_nothing_is_written(tmp_path, change, why):
    data = {"lanes": Lanes.from_matrix([[1]]), "supply": [2], "demand": [2]} | change
    problem = TransportationProblem(sources=["a"], targets=["x"], **data)
    with pytest.raises(InputError) as caught:
        dimacs.write_min(problem, tmp_path / "t.min")
    assert why in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_an_unlimited_arc_is_written_with_a_capacity_that_never_binds(tmp_path):
    network = bipartite([3, 2, -5], [(1, 2, 1, np.inf), (2, 3, 1, np.inf)])
    dimacs.write_min(network, tmp_path / "n.min")
    again = dimacs.read_min(tmp_path / "n.min")
    assert again.capacity.tolist() == [5, 5]
    assert least_cost(again) == least_cost(network)
    with pytest.raises(InputError, match="arc 1 has no limit"):
        dimacs.write_min(bipartite([0, 0], [(1, 2, -1, np.inf)]), tmp_path / "n.min")
    assert same_network(dimacs.read_min(tmp_path / "n.min"), again), (
        "a refused write left the old file damaged"
    )


def test_names_go_into_comments_that_read_as_comments(tmp_path):
    network = NetworkFlowProblem(
        title="two\nlines", nodes=["São Paulo", "p min 9 9"], balance=[1, -1], tail=[0], head=[1], cost=[1],
        lower=[0], capacity=[1],
    )  # fmt: skip
    dimacs.write_min(network, tmp_path / "n.min")
    assert "c node 1 is São Paulo\n" in (tmp_path / "n.min").read_text(encoding="utf-8")
    assert same_network(dimacs.read_min(tmp_path / "n.min"), network)


@pytest.mark.parametrize(
    ("text", "name", "told"),
    [
        ("c beds\np min 2 1\n", "beds.txt", True),
        ("p max 2 1\n", "beds.min", False),
        ("p sp 2 1\n", "beds", False),
        ("c long comment", "beds.dmx", True),
        ("c long comment", "beds.csv", False),
        ("n 1 2\n", "beds.min", True),
        ("", "beds.min", False),
        ("place,cost\n", "beds.csv", False),
    ],
)
def test_dimacs_is_told_by_its_p_line_or_failing_that_its_extension(text, name, told):
    assert dimacs.recognise(text, name) is told
