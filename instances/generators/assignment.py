"""Assignment problems of any size whose optimum is known without solving them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..assignment import AssignmentProblem
from ..lanes import Lanes
from ..problem import Provenance
from .options import random_generator, whole_number
from .planted import Planted
from .sparsity import draw_lanes, union


def planted_assignment(
    *,
    seed: int = 0,
    n_tasks: int = 100,
    n_agents: int | None = None,
    agents_per_task: int | None = None,
    highest_cost: int = 1000,
) -> Planted[AssignmentProblem]:
    r"""Generate a one-to-one assignment problem together with its unique optimum, in whole numbers.

    A random matching :math:`M` of all tasks and potentials :math:`u \le 0 \le v` are drawn, with
    :math:`u_i = 0` where agent i stays free; costs follow from them with random :math:`s \ge 1`:

    .. math::

        c_{ij} = u_i + v_j \text{ on } M, \qquad c_{ij} = u_i + v_j + s_{ij} \text{ elsewhere.}

    Every other matching costs more: it gives up at least one pair of M for one with positive slack.

    Parameters
    ----------
    seed
        Seed of the random numbers; the same seed gives the same problem.
    n_tasks, n_agents
        The size of the grid; as many agents as tasks where None.
    agents_per_task
        Agents drawn as eligible for each task beside the planted one; None makes every pair eligible.
    highest_cost
        No pair costs more.

    Raises
    ------
    InputError
        For an option out of range.

    Examples
    --------
    >>> planted = planted_assignment(n_tasks=5, seed=1)
    >>> bool(planted.problem.pairs.cost @ planted.decisions == planted.optimum)
    True
    """
    rng = random_generator(seed)
    n_tasks = whole_number("n_tasks", n_tasks, lowest=1)
    n_agents = n_tasks if n_agents is None else whole_number("n_agents", n_agents, lowest=n_tasks)
    if agents_per_task is not None:
        agents_per_task = whole_number("agents_per_task", agents_per_task, lowest=1, highest=n_agents)
    highest_cost = whole_number("highest_cost", highest_cost, lowest=3, highest=10**6)

    chosen = rng.permutation(n_agents)[:n_tasks]
    part = highest_cost // 3
    agent_potential = np.zeros(n_agents, dtype=np.int64)
    agent_potential[chosen] = -rng.integers(part + 1, size=n_tasks)
    task_potential = rng.integers(part, 2 * part + 1, size=n_tasks)

    matched = chosen * n_tasks + np.arange(n_tasks)
    if agents_per_task is None:
        pairs = np.arange(n_agents * n_tasks)
    else:
        pairs = union(matched, draw_lanes(rng, n_agents, n_tasks, agents_per_task))
        matched = np.searchsorted(pairs, matched)
    agent, task = (ends.astype(np.int32) for ends in np.divmod(pairs, n_tasks))
    slack = rng.integers(1, part + 1, size=len(pairs))
    slack[matched] = 0
    cost = (agent_potential[agent] + task_potential[task] + slack).astype(np.float64)
    sparse = agents_per_task is not None
    decisions = np.zeros(len(pairs))
    decisions[matched] = 1
    problem = AssignmentProblem(
        title=f"Planted assignment problem {n_agents} x {n_tasks}, seed {seed}",
        provenance=Provenance("generated, with a planted optimum", "CC0-1.0"),
        agents=pd.Index([f"agent {i}" for i in range(1, n_agents + 1)]),
        tasks=pd.Index([f"task {j}" for j in range(1, n_tasks + 1)]),
        pairs=Lanes(n_agents, n_tasks, cost, agent if sparse else None, task if sparse else None),
    )
    return Planted(
        problem=problem,
        optimum=float(cost[matched].sum()),
        decisions=decisions,
        row_potential=agent_potential.astype(np.float64),
        column_potential=task_potential.astype(np.float64),
    )
