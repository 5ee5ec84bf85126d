"""Other tools as backends, ``peer:NAME``: each called the way its own documentation recommends.

A peer is given arrays and returns a quantity for each lane; what it makes of the arrays is its work and is
timed. Its plan is checked like any other, and it claims no bound: it is compared by objective and time.
gurobipy is not among them: where it is installed without a licence it would stand for nothing.
"""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from ...models.check import check_decisions
from ...solvers.backend import Backend, Options, Outcome, Task
from ...solvers.registry import ADDED
from ...solvers.solution import Status, StopReason
from .lane_program import lane_program, misfit
from .peer_layers import cvxpy, linopy, pulp, pyscipopt

if TYPE_CHECKING:
    from collections.abc import Callable

    from .lane_program import LaneProgram

NAME = "peer"


def pot(program: LaneProgram, options: Options) -> Any:
    """POT: ``ot.emd`` on a dense cost matrix, a dummy column for what is left over."""
    import ot

    m, n = len(program.capacity), len(program.demand)
    cost = np.zeros((m, n + 1))
    cost[program.source, program.target] = program.cost
    slack = program.capacity.sum() - program.demand.sum()
    plan = ot.emd(program.capacity, np.append(program.demand, slack), cost, numItermax=10**9)
    return plan[program.source, program.target]


def ortools(program: LaneProgram, options: Options) -> Any:
    """OR-Tools: ``SimpleMinCostFlow`` with arrays, a sink for what is left over."""
    from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

    m, n = len(program.capacity), len(program.demand)
    solver = SimpleMinCostFlow()
    whole = np.int64
    arcs = solver.add_arcs_with_capacity_and_unit_cost(
        program.source.astype(np.int32),
        (m + program.target).astype(np.int32),
        program.upper.astype(whole),
        program.cost.astype(whole),
    )
    ends = np.full(m, m + n, np.int32)
    capacity = program.capacity.astype(whole)
    solver.add_arcs_with_capacity_and_unit_cost(
        np.arange(m, dtype=np.int32), ends, capacity, np.zeros(m, whole)
    )
    left = program.capacity.sum() - program.demand.sum()
    supplies = np.concatenate([program.capacity, -program.demand, [-left]]).astype(whole)
    solver.set_nodes_supplies(np.arange(m + n + 1, dtype=np.int32), supplies)
    return solver.flows(arcs) if solver.solve() == solver.OPTIMAL else None


def networkx(program: LaneProgram, options: Options) -> Any:
    """networkx: ``network_simplex`` on a directed graph, a node for what is left over."""
    import networkx as nx

    graph: nx.DiGraph[Any] = nx.DiGraph()
    graph.add_nodes_from((("source", i), {"demand": -int(b)}) for i, b in enumerate(program.capacity))
    graph.add_nodes_from((("target", j), {"demand": int(d)}) for j, d in enumerate(program.demand))
    graph.add_node("left", demand=int(program.capacity.sum() - program.demand.sum()))
    graph.add_edges_from((("source", i), "left") for i in range(len(program.capacity)))
    lanes = zip(program.source, program.target, program.cost, program.upper, strict=True)
    graph.add_edges_from(
        (("source", i), ("target", j), {"weight": int(c), "capacity": int(u)}) for i, j, c, u in lanes
    )
    _, flow = nx.network_simplex(graph)
    ends = zip(program.source, program.target, strict=True)
    return np.array([flow["source", i]["target", j] for i, j in ends], dtype=float)


def scipy(program: LaneProgram, options: Options) -> Any:
    """SciPy: ``linear_sum_assignment`` for a matching, else ``milp`` with sparse rows."""
    from scipy.optimize import Bounds, LinearConstraint, linear_sum_assignment, milp

    if program.matching:
        matrix = np.full((len(program.capacity), len(program.demand)), np.inf)
        matrix[program.source, program.target] = program.cost
        chosen = np.zeros(matrix.shape)
        chosen[linear_sum_assignment(matrix)] = 1.0
        return chosen[program.source, program.target]
    by_source, by_target = incidence(program)
    rows = [LinearConstraint(by_source, ub=program.capacity)]
    rows.append(LinearConstraint(by_target, program.demand, program.demand))
    settings = {"time_limit": options.time_limit} if options.time_limit else {}
    return milp(
        program.cost,
        integrality=np.full(len(program.cost), int(program.whole)),
        bounds=Bounds(0, program.upper),
        constraints=rows,
        options=settings | {"mip_rel_gap": options.target_gap},
    ).x


def highspy(program: LaneProgram, options: Options) -> Any:
    """Raw highspy: ``passModel`` with arrays."""
    import highspy as library

    by_source, by_target = incidence(program)
    matrix = sp.vstack([by_source, by_target], format="csc")
    model = library.HighsLp()
    model.num_row_, model.num_col_ = matrix.shape
    model.col_cost_ = program.cost
    model.col_lower_, model.col_upper_ = np.zeros(len(program.cost)), program.upper
    model.row_lower_ = np.concatenate([np.full(len(program.capacity), -library.kHighsInf), program.demand])
    model.row_upper_ = np.concatenate([program.capacity, program.demand])
    model.a_matrix_.format_ = library.MatrixFormat.kColwise
    model.a_matrix_.start_, model.a_matrix_.index_ = matrix.indptr, matrix.indices
    model.a_matrix_.value_ = matrix.data
    if program.whole:
        model.integrality_ = [library.HighsVarType.kInteger] * len(program.cost)
    solver = library.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("mip_rel_gap", options.target_gap)
    if options.time_limit is not None:
        solver.setOptionValue("time_limit", float(options.time_limit))
    if options.threads is not None:
        solver.setOptionValue("threads", options.threads)
    solver.passModel(model)
    solver.run()
    values = solver.getSolution().col_value
    return np.asarray(values) if solver.getInfo().primal_solution_status == 2 else None


def incidence(program: LaneProgram) -> tuple[Any, Any]:
    """Rows of the sources, with what each lane uses, and of the targets.

    Examples
    --------
    >>> import allocare
    >>> [rows.shape for rows in incidence(lane_program(allocare.example("sunray")))]
    [(3, 12), (4, 12)]
    """
    size = np.arange(len(program.cost))
    by_source = sp.csr_array((program.use, (program.source, size)), shape=(len(program.capacity), len(size)))
    ones = np.ones(len(size))
    by_target = sp.csr_array((ones, (program.target, size)), shape=(len(program.demand), len(size)))
    return by_source, by_target


@dataclass(frozen=True)
class Peer:
    """A tool: how it is called, the package it needs, and which programs are its own."""

    call: Callable[[LaneProgram, Options], Any]
    package: str
    module: str
    flows_only: bool = False
    integers_only: bool = False
    lacks: str = ""


PEERS = {
    "pot": Peer(pot, "POT", "ot", flows_only=True, lacks="lane capacities and missing lanes"),
    "linopy": Peer(linopy, "linopy", "linopy"),
    "cvxpy": Peer(cvxpy, "cvxpy", "cvxpy"),
    "pulp": Peer(pulp, "PuLP", "pulp"),
    "pyscipopt": Peer(pyscipopt, "pyscipopt", "pyscipopt"),
    "highspy": Peer(highspy, "highspy", "highspy"),
    "ortools": Peer(ortools, "ortools", "ortools", flows_only=True, integers_only=True),
    "networkx": Peer(networkx, "networkx", "networkx", flows_only=True, integers_only=True),
    "scipy": Peer(scipy, "scipy", "scipy"),
}
"""By name, as what follows the colon."""


@dataclass(frozen=True)
class PeerBackend(Backend):
    """All peers as one backend with variants."""

    def refusal(self, task: Task, options: Options) -> str | None:
        """Say why a peer cannot take this problem, or is not there, or None."""
        peer = PEERS.get(options.variant)
        if peer is None:
            return f"there is no peer {options.variant!r}; known: {', '.join(PEERS)}"
        needed = Backend(NAME, "", self.families, peer.package, peer.module).unavailable()
        why = needed or ("it does not see added constraints" if task.extended else misfit(task.problem))
        if why is not None:
            return why
        program = lane_program(task.problem)
        if peer.flows_only and not program.network:
            return "it takes flow problems alone"
        if peer.integers_only and not program.integral:
            return "it takes whole numbers alone"
        if not peer.lacks:
            return None
        least = np.minimum(program.capacity[program.source], program.demand[program.target])
        limited = bool((program.upper < least).any())
        sparse = len(program.cost) < len(program.capacity) * len(program.demand)
        return f"it lacks {peer.lacks}" if limited or sparse else None

    def solve(self, task: Task, options: Options) -> Outcome:
        """Call the peer; its plan is held against every rule by the pipeline."""
        started = time.perf_counter()
        program = lane_program(task.problem)
        built = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = PEERS[options.variant].call(program, options)
        solved = time.perf_counter()
        timed = Outcome(
            status=Status.UNKNOWN,
            stop_reason=StopReason.TIME_LIMIT,
            build_seconds=built - started,
            solve_seconds=solved - built,
        )
        if found is None:
            return timed
        decisions = np.asarray(found, dtype=np.float64)
        if program.whole or getattr(task.problem, "whole", True):
            near = np.round(decisions)
            decisions = np.where(np.abs(decisions - near) < 1e-5, near, decisions)
        report = check_decisions(task.problem, decisions)
        return replace(
            timed,
            status=Status.FEASIBLE if report.feasible or not report.within_limits else Status.INCOMPLETE,
            stop_reason=StopReason.RULE,
            decisions=decisions,
        )


def register_peers() -> None:
    """Let suites name ``peer:NAME``.

    Examples
    --------
    >>> register_peers()
    """
    families = frozenset({"transportation", "assignment"})
    ADDED[NAME] = PeerBackend(NAME, "other tools", families, exact=False, variants=tuple(PEERS))
