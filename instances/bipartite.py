"""Transportation problems as min-cost-flow networks with a dummy node, there and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .errors import InputError
from .lanes import Lanes
from .network_flow import NetworkFlowProblem
from .transportation import TransportationProblem

if TYPE_CHECKING:
    from typing import Any

    import numpy.typing as npt

    from .arrays import BoolArray, FloatArray, IndexArray


def transportation_of(network: NetworkFlowProblem, name: str = "") -> TransportationProblem:
    """Read a network as a transportation problem with the same optimum.

    Sources are the nodes that only send, targets those that only receive. One node may stand for what is
    not there, and is read as a rule instead:

    - a node that both receives and sends: supply left over goes in free of charge, unmet demand comes out at
      its price; supply becomes ``at-most``;
    - else the last target, where every source reaches it free of charge and without limit: supply left over;
      supply becomes ``at-most``;
    - else the only source numbered after all targets (the others before them), joined to every target: unmet
      demand at its price; supply stays ``exactly``.

    A limit on unmet demand becomes a minimum service level, and a capacity that cannot bind is left out.

    Parameters
    ----------
    network
        The network.
    name
        The file's name in errors.

    Raises
    ------
    InputError
        Saying why the network is no such problem.

    Examples
    --------
    >>> network = NetworkFlowProblem(
    ...     nodes=["ward", "city", "none"], balance=[3, -5, 2], tail=[0, 0, 2], head=[1, 2, 1],
    ...     cost=[7, 0, 100], lower=[0, 0, 0], capacity=[3, 3, 5])
    >>> problem = transportation_of(network)
    >>> problem.supply_rule, problem.unmet_cost.tolist(), problem.targets.tolist()
    ('at-most', [100.0], ['city'])
    """
    sources, targets, transit = _parts(network, name)
    dummy, keeps, gives = _dummy(network, sources, targets, transit)
    balance, tail, head = network.balance, network.tail, network.head
    if dummy is not None and balance.sum() != 0:
        raise InputError(
            f"supply less demand is {balance.sum():g}, so no flow exists, which reading node "
            f"{network.nodes[dummy]!r} as a dummy would hide; read the file as a network",
            name,
        )
    if dummy is not None:
        sources[dummy] = targets[dummy] = False
    rows, columns = np.flatnonzero(sources), np.flatnonzero(targets)
    place = np.zeros(len(balance), dtype=np.int64)
    place[rows], place[columns] = np.arange(len(rows)), np.arange(len(columns))
    lane = np.flatnonzero(sources[tail] & targets[head])
    most = np.minimum(balance[tail[lane]], -balance[head[lane]])
    limit = np.where(network.capacity[lane] < most, network.capacity[lane], np.inf)
    demand = -balance[columns]
    unmet_cost = minimum_service = None
    if gives and dummy is not None:
        arc = np.flatnonzero(tail == dummy)
        unmet_cost, allowed = np.zeros(len(columns)), np.zeros(len(columns))
        unmet_cost[place[head[arc]]] = network.cost[arc]
        allowed[place[head[arc]]] = network.capacity[arc]
        if not keeps:
            allowed[allowed >= balance[dummy]] = np.inf
        minimum_service = _least_service(demand, allowed)
    return TransportationProblem(
        title=network.title,
        provenance=network.provenance,
        units=network.units,
        sources=network.nodes.take(rows),
        targets=network.nodes.take(columns),
        lanes=Lanes.from_table(
            len(rows),
            len(columns),
            place[tail[lane]],
            place[head[lane]],
            network.cost[lane],
            limit if np.isfinite(limit).any() else None,
        ),
        supply=balance[rows],
        demand=demand,
        supply_rule="at-most" if keeps else "exactly",
        unmet_cost=unmet_cost,
        minimum_service=minimum_service,
        whole=network.whole,
    )


def _parts(network: NetworkFlowProblem, name: str) -> tuple[BoolArray, BoolArray, int | None]:
    """Sources, targets and the one node that is both, or None."""
    nodes, tail, head = network.nodes, network.tail, network.head
    sends, receives = np.zeros(len(nodes), dtype=bool), np.zeros(len(nodes), dtype=bool)
    sends[tail], receives[head] = True, True
    both = np.flatnonzero(sends & receives)

    def refuse(wrong: BoolArray, why: str) -> None:
        if wrong.any():
            at = int(np.argmax(wrong))
            ends = f"arc {at + 1} from {nodes[tail[at]]!r} to {nodes[head[at]]!r}"
            raise InputError(f"not a transportation problem: {ends} {why}; read it as a network", name)

    if len(both) > 1:
        raise InputError(
            f"not a transportation problem: nodes {nodes[both[0]]!r} and {nodes[both[1]]!r} both send and "
            "receive, where only one dummy node may; read it as a network",
            name,
        )
    refuse(tail == head, "joins a node to itself")
    refuse(network.lower > 0, "has a least flow")
    pairs = tail.astype(np.int64) * len(nodes) + head
    refuse(pd.Series(pairs).duplicated().to_numpy(), "is the second between these two")
    sources = ~receives & (sends | (network.balance >= 0))
    targets = receives & ~sends | (~receives & ~sends & ~sources)
    for wrong, why in (
        (sources & (network.balance < 0), "only sends, but has demand"),
        (targets & (network.balance > 0), "only receives, but has supply"),
    ):
        if wrong.any():
            at = int(np.argmax(wrong))
            found = f"not a transportation problem: node {nodes[at]!r} {why}; read it as a network"
            raise InputError(found, name)
    if not len(both):
        return sources, targets, None
    dummy = int(both[0])
    into = head == dummy
    refuse(into & (network.cost != 0), f"has a cost, so node {nodes[dummy]!r} is no dummy node")
    for source in np.flatnonzero(sources & ~_joined(network, into, tail))[:1]:
        raise InputError(
            f"not a transportation problem: source {nodes[source]!r} has no arc to the dummy node "
            f"{nodes[dummy]!r} that takes all its supply; read it as a network",
            name,
        )
    return sources, targets, dummy


def _joined(network: NetworkFlowProblem, into: BoolArray, tail: IndexArray) -> BoolArray:
    """Nodes with an arc among `into` that can take all their supply."""
    joined = np.zeros(len(network.nodes), dtype=bool)
    joined[tail[into & (network.capacity >= network.balance[tail])]] = True
    return joined


def _dummy(
    network: NetworkFlowProblem, sources: BoolArray, targets: BoolArray, transit: int | None
) -> tuple[int | None, bool, bool]:
    """Find the dummy node, whether supply may be left over in it, whether unmet demand comes out of it."""
    if transit is not None:
        return transit, True, True
    rows, columns = np.flatnonzero(sources), np.flatnonzero(targets)
    if len(columns) > 1:
        last = int(columns[-1])
        into = network.head == last
        takes = np.zeros(len(network.nodes), dtype=bool)
        most = np.minimum(network.balance, -network.balance[last])
        takes[network.tail[into & (network.capacity >= most[network.tail])]] = True
        if takes[rows].all() and not network.cost[into].any():
            return last, True, False
    if len(rows) > 1 and len(columns) and rows[-2] < columns[0] and columns[-1] < rows[-1]:
        last = int(rows[-1])
        if np.count_nonzero(network.tail == last) == len(columns):
            return last, False, True
    return None, False, False


def _least_service(demand: FloatArray, allowed: FloatArray) -> FloatArray | None:
    bound = (allowed < demand) & (demand > 0)
    if not bound.any():
        return None
    share = np.zeros(len(demand))
    needed = demand[bound] - allowed[bound]
    level = needed / demand[bound]
    # never above the whole quantity that it stands for
    share[bound] = np.where(level * demand[bound] > needed, np.nextafter(level, 0), level)
    return share


def network_of(problem: TransportationProblem, name: str = "") -> NetworkFlowProblem:
    """Write a transportation problem as a network: sources 1..m, targets m+1..m+n and the dummy node last.

    The dummy node takes up supply left over free of charge and gives out unmet demand at its price. Every
    arc's capacity is the most that it could ever carry.

    Parameters
    ----------
    problem
        The problem; rules that need another kind of network are refused.
    name
        The file's name in errors.

    Raises
    ------
    InputError
        For a problem that is no network of this kind.

    Examples
    --------
    >>> problem = TransportationProblem(
    ...     sources=["ward"], targets=["city"], lanes=Lanes.from_matrix([[7]]), supply=[3], demand=[5],
    ...     unmet_cost=[100])
    >>> network = network_of(problem)
    >>> network.balance.tolist(), network.tail.tolist(), network.head.tolist()
    ([3.0, -5.0, 2.0], [0, 0, 2], [1, 2, 1])
    """
    for refused, what in (
        (problem.maximise, "a weight to maximise"),
        (problem.supply is None, "supply without limit"),
        (problem.demand_rule != "exactly", f"the demand rule '{problem.demand_rule}'"),
        (problem.total is not None, "a total"),
    ):
        if refused:
            found = f"a network with one dummy node cannot hold {what}; write native instead"
            raise InputError(found, name)
    assert problem.supply is not None and problem.demand is not None
    supply, demand, lanes = problem.supply, problem.demand, problem.lanes
    m, n = len(supply), len(demand)
    keeps, gives = problem.supply_rule == "at-most", problem.unmet_cost is not None
    most = np.minimum(supply[lanes.source], demand[lanes.target])
    carried = most if lanes.capacity is None else np.minimum(most, lanes.capacity)
    arcs: list[tuple[npt.NDArray[Any], ...]] = [(lanes.source, m + lanes.target, lanes.cost, carried)]
    if keeps:
        arcs.append((np.arange(m), np.full(m, m + n), np.zeros(m), supply))
    if problem.unmet_cost is not None:
        service = np.zeros(n) if problem.minimum_service is None else problem.minimum_service
        allowed = _most_unmet(demand, service, problem.whole)
        arcs.append((np.full(n, m + n), m + np.arange(n), problem.unmet_cost, allowed))
    balance = np.concatenate([supply, -demand])
    if keeps or gives:
        balance = np.append(balance, demand.sum() - supply.sum())
    tail, head, cost, capacity = (np.concatenate(part) for part in zip(*arcs, strict=True))
    return NetworkFlowProblem(
        title=problem.title,
        provenance=problem.provenance,
        units=problem.units,
        nodes=pd.RangeIndex(1, len(balance) + 1),
        balance=balance,
        tail=tail,
        head=head,
        cost=cost,
        lower=np.zeros(len(tail)),
        capacity=capacity,
        whole=problem.whole,
    )


def _most_unmet(demand: FloatArray, service: FloatArray, whole: bool) -> FloatArray:
    allowed = demand - service * demand
    nearest = np.rint(allowed)
    # a share of a whole demand is off its whole number by rounding only
    close = np.abs(allowed - nearest) <= 1e-9 * np.maximum(1, demand)
    return np.where(close, nearest, np.floor(allowed) if whole else allowed)
