r"""Fair shares of indivisible items: tasks given to agents who value them by the pairs' weights.

Where
    - :math:`v_{ig}` is the weight of the pair of agent i and task g, 0 where i cannot take g
    - :math:`A_i` is the set of tasks that agent i takes
    - :math:`v_i(A_i) = \sum_{g \in A_i} v_{ig}` is what they are worth to it

Agents count once each, whatever number of people is behind them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
import scipy.sparse as sp

from ...instances.errors import InputError
from ..named_rules import keep_number
from ..partitions import share_values
from .policy import Policy, worst_of

if TYPE_CHECKING:
    from ...instances.agents import Agents
    from ...instances.arrays import FloatArray
    from ...instances.assignment import AssignmentProblem
    from ...instances.problem import Problem
    from ..statement import Statement
    from .policy import Measured, Verdict

MOST_REMOVALS = 2_000_000
"""Columns beyond which envy-freeness up to one good is refused: one for every agent, other agent and good."""

_SHARES: WeakKeyDictionary[Problem, FloatArray] = WeakKeyDictionary()


@dataclass(frozen=True)
class EnvyFreeUpToOneGood(Policy):
    r"""Nobody envies anybody once the best good is taken away (EF1).

    .. math:: v_i(A_i) \ge v_i(A_j) - \max_{g \in A_j} v_{ig} \quad \forall i, j

    Stated over the good that is taken away, :math:`e_{ijg} \in [0, 1]`:

    .. math:: \sum_g v_{ig} x_{ig} \ge \sum_g v_{ig} x_{jg} - \sum_g v_{ig} e_{ijg},\quad
              e_{ijg} \le x_{jg},\quad \sum_g e_{ijg} \le 1

    Whole numbers need not be asked of e: its best values lie at a corner, one good.

    Examples
    --------
    >>> EnvyFreeUpToOneGood().title
    'nobody envies anybody but for one good'
    """

    name = "ef1"
    title = "nobody envies anybody but for one good"

    def state(self, statement: Statement, name: str) -> None:
        """A column for every agent, other agent and good; a row for every two agents."""
        values = _valuations(statement.problem, statement.agents)
        pairs = cast("AssignmentProblem", statement.problem).pairs
        envied = values[:, pairs.target] * (pairs.source[None, :] != np.arange(len(values))[:, None])
        agent, pair = np.nonzero(envied)
        if len(pair) > MOST_REMOVALS:
            raise InputError(
                f"ef1 over {len(values)} agents and {values.shape[1]} tasks needs {len(pair)} columns, "
                f"at most {MOST_REMOVALS} are stated; use mms, or fewer agents"
            )
        count, worth, at = len(values), envied[agent, pair], np.arange(len(pair))
        # rows of two different agents, in the order of the first, then the second
        place = np.arange(count * count).reshape(count, count)
        place = place - np.arange(count)[:, None] - (np.arange(count)[:, None] < np.arange(count))
        row, height = place[agent, pairs.source[pair]], count * (count - 1)
        first, second = np.nonzero(~np.eye(count, dtype=bool))
        keys = statement.agents.keys
        two = pd.MultiIndex.from_arrays([keys[first], keys[second]])
        removed = statement.columns(f"{name}_removed", len(pair), lower=0.0, upper=1.0)
        taken = sp.csr_array((np.ones(len(pair)), (at, pair)), shape=(len(pair), len(pairs)))
        statement.rows(
            f"{name}_held", [(statement.decisions, taken), (removed, -sp.eye_array(len(pair)))], lower=0.0
        )
        ones = sp.csr_array((np.ones(len(pair)), (row, at)), shape=(height, len(pair)))
        statement.rows(f"{name}_one", [(removed, ones)], upper=1.0, keys=two)
        others = sp.csr_array((worth, (row, pair)), shape=(height, len(pairs)))
        own = sp.csr_array(_own_values(values, statement.problem)[first])
        without = sp.csr_array((worth, (row, at)), shape=(height, len(pair)))
        statement.rows(
            name, [(statement.decisions, sp.csr_array(own - others)), (removed, without)], lower=0.0, keys=two
        )

    def judge(self, plan: Measured) -> Verdict:
        """Compare every bundle with every other by the definition."""
        values = _valuations(plan.problem, plan.agents)
        pairs = cast("AssignmentProblem", plan.problem).pairs
        held = plan.decisions > 0.5
        owner, good = pairs.source[held], pairs.target[held]
        bundle = np.zeros_like(values)
        bundle[owner, good] = 1.0
        worth = values @ bundle.T
        best = np.zeros_like(worth)
        np.maximum.at(best.T, owner, values[:, good].T)
        excess = worth - best - np.diag(worth)[:, None]
        first, second = np.nonzero(~np.eye(len(values), dtype=bool))
        keys = plan.agents.keys

        def message(at: int) -> str:
            i, j = first[at], second[at]
            return (
                f"{keys[i]!r} has {worth[i, i]:.6g} and values what {keys[j]!r} has at {worth[i, j]:.6g}, "
                f"without its best good at {worth[i, j] - best[i, j]:.6g}"
            )

        return worst_of(
            excess[first, second],
            lambda at: f"{keys[first[at]]} of {keys[second[at]]}",
            message,
            values.sum(axis=1)[first],
        )


@dataclass(frozen=True)
class MaximinShare(Policy):
    r"""Everybody gets what it could be sure of if it divided and chose last.

    .. math:: v_i(A_i) \ge \alpha\, MMS_i, \quad MMS_i = \max_{A_1 \cup \dots \cup A_n} \min_k v_i(A_k)

    over divisions of all tasks into as many bundles as there are agents, whatever the agents' capacities.
    There are (rare) problems without any such plan for alpha = 1.

    Parameters
    ----------
    alpha
        Part of the share that is asked for, from 0 to 1.

    Examples
    --------
    >>> MaximinShare().alpha
    1.0
    """

    name = "mms"
    title = "everybody gets its maximin share"

    alpha: float = 1.0

    def __post_init__(self) -> None:
        keep_number(self, "alpha", lowest=0, highest=1)

    def state(self, statement: Statement, name: str) -> None:
        """One row an agent."""
        values = _valuations(statement.problem, statement.agents)
        own = _own_values(values, statement.problem)
        share = self.alpha * _shares(statement.problem, values)
        statement.rows(name, [(statement.decisions, own)], lower=share, keys=statement.agents.keys)

    def judge(self, plan: Measured) -> Verdict:
        """Compare what each agent has with its share."""
        values = _valuations(plan.problem, plan.agents)
        pairs = cast("AssignmentProblem", plan.problem).pairs
        worth = np.bincount(pairs.source, plan.decisions * pairs.cost, minlength=len(values))
        share, keys = _shares(plan.problem, values), plan.agents.keys
        return worst_of(
            self.alpha * share - worth,
            lambda at: str(keys[at]),
            lambda at: (
                f"{keys[at]!r} has {worth[at]:.6g}, its maximin share is {share[at]:.6g}"
                + (f" and {self.alpha:g} of it is asked for" if self.alpha != 1 else "")
            ),
            self.alpha * share,
        )


def _valuations(problem: Problem, agents: Agents) -> FloatArray:
    """Value of each agent for each task."""
    if problem.kind != "assignment" or agents.side != "agents":
        found = f"a {problem.kind} problem over its {agents.side}"
        raise InputError(f"it is about agents who take tasks of an assignment problem, not {found}")
    problem = cast("AssignmentProblem", problem)
    if not problem.maximise:
        raise InputError("it needs weights that agents value tasks by, and this problem has costs")
    if (problem.pairs.cost < 0).any():
        at = int(np.argmax(problem.pairs.cost < 0))
        task, agent = problem.tasks[problem.pairs.target[at]], problem.agents[problem.pairs.source[at]]
        raise InputError(f"it needs weights of 0 or more; that of {agent!r} and {task!r} is below")
    return problem.pairs.matrix(missing=0.0)


def _own_values(values: FloatArray, problem: Problem) -> sp.csr_array:
    """Rows that value what each agent takes."""
    pairs = cast("AssignmentProblem", problem).pairs
    return sp.csr_array((pairs.cost, (pairs.source, np.arange(len(pairs)))), shape=(len(values), len(pairs)))


def _shares(problem: Problem, values: FloatArray) -> FloatArray:
    if problem not in _SHARES:
        _SHARES[problem] = share_values(values, len(values))
    return _SHARES[problem]
