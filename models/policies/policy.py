"""What every policy has in common: rows that make it hold, and a judgement of any plan."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ...instances.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...instances.agents import Agents
    from ...instances.arrays import FloatArray
    from ...instances.problem import Problem
    from ..statement import Statement, Terms

TOLERANCE = 1e-6
"""Excess over a limit that counts as rounding, as a share of the limit or of 1, whichever is larger."""


@dataclass(frozen=True, eq=False)
class Measured:
    """A plan as policies see it, measured from the problem alone.

    Parameters
    ----------
    problem
        What was to be decided.
    agents
        Who they are.
    decisions
        The plan, shape (problem.size,).
    utility
        Utility of each agent.
    served
        Quantity received by each, or None without quantities.
    cost
        What the plan costs.
    """

    problem: Problem
    agents: Agents
    decisions: FloatArray
    utility: FloatArray
    served: FloatArray | None
    cost: float


@dataclass(frozen=True)
class Verdict:
    """How a plan stands to one policy, at its worst place.

    Parameters
    ----------
    holds
        Whether the policy is kept everywhere.
    excess
        By how much it is broken at the worst place; 0 or below where it holds (then how much is to spare).
    where
        Who it is broken at (or nearest to it): an agent, a group or two.
    message
        One line: what is found, and what the limit is.
    broken
        How many places break it.
    """

    holds: bool
    excess: float
    where: str
    message: str
    broken: int = 0


class Policy(ABC):
    """What must hold, over the agents' utilities (and what they receive): a frozen dataclass of parameters.

    `state` adds rows that make it hold to any formulation; `judge` says of any plan whether it holds. The two
    share no code, so that one can be held against the other.
    """

    name: ClassVar[str]
    """As users write it."""
    title: ClassVar[str]
    """What must hold, in a few words."""
    only_limits: ClassVar[bool] = True
    """Whether its rows do nothing to plans that hold by `judge` with something to spare."""

    @abstractmethod
    def state(self, statement: Statement, name: str) -> None:
        """Add the rows (and columns) that make it hold, their blocks named by or after `name`.

        Raises
        ------
        InputError
            For a group, attribute or family that it cannot be about.
        """

    def before(self, statement: Statement) -> list[Terms]:
        """What is made as large as it can be before the criterion, each in turn; mostly nothing."""
        return []

    @abstractmethod
    def judge(self, plan: Measured) -> Verdict:
        """Judge a plan."""


def worst_of(
    excess: FloatArray,
    where: Callable[[int], str],
    message: Callable[[int], str],
    limit: float | FloatArray = 1.0,
) -> Verdict:
    """Verdict over several places, each with an excess over its limit.

    Examples
    --------
    >>> verdict = worst_of(np.array([-0.1, 0.2]), lambda at: "ab"[at], lambda at: "too much")
    >>> verdict.holds, verdict.where, verdict.broken
    (False, 'b', 1)
    """
    broken = excess > TOLERANCE * np.maximum(np.abs(limit), 1.0)
    at = int(np.argmax(np.where(broken, excess + np.ptp(excess) + 1.0, excess)))
    return Verdict(not broken.any(), float(excess[at]), where(at), message(at), int(np.count_nonzero(broken)))


def refuse_burden(agents: Agents, what: str, instead: str) -> None:
    """Refuse a ratio of burdens, which are negative.

    Raises
    ------
    InputError
        Where the utility is burden.

    Examples
    --------
    >>> import allocare
    >>> from allocare.instances.agents import agents_of
    >>> refuse_burden(agents_of(allocare.example("sunray")), "a ratio", "rate-gap")
    """
    if agents.utility == "burden":
        raise InputError(f"{what} has no meaning for burdens, which are negative; use {instead}")
