"""A solved plan with what each agent has by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..instances.errors import InputError
from ..instances.fairness import Fairness
from ..models.checks.fairness import measured
from ..solvers.flow_outcome import NOT_ENFORCED

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray
    from ..instances.problem import Problem
    from ..models.policies.policy import Measured
    from ..solvers.solution import Solution


@dataclass(frozen=True, eq=False)
class Judged:
    """A plan as people meet it: under which rules it was made, and what each agent has by it.

    Parameters
    ----------
    name
        What it is called in tables: its criterion and policies, or ``status quo``.
    problem
        What was to be decided, with the criterion and policies in force.
    plan
        The plan as criteria and policies see it.
    solution
        Where it comes from, or None for a plan that was given.
    """

    name: str
    problem: Problem
    plan: Measured
    solution: Solution | None = None

    @property
    def utility(self) -> pd.Series[float]:
        """Utility of each agent, a head."""
        return pd.Series(self.plan.utility, index=self.plan.agents.keys, name=self.name)

    @property
    def total(self) -> float:
        """Total over all people, sum of size times utility."""
        return float(self.plan.agents.size @ self.plan.utility)

    @property
    def worst(self) -> float:
        """Utility of the worst-off agent."""
        return float(self.plan.utility.min())


def judge(problem: Problem, solution: Solution, name: str = "") -> Judged:
    """Measure a solution's plan from its problem.

    Raises
    ------
    InputError
        For a solution without a plan, saying why there is none.

    Examples
    --------
    >>> import allocare
    >>> problem = allocare.with_fairness(allocare.example("sunray"), "maximin")
    >>> judge(problem, allocare.solve(problem)).total
    50.0
    """
    name = name or rules_in_words(problem)
    if solution.allocation is None:
        why = "; ".join(solution.notes) or f"the solve ended {solution.status.value}"
        raise InputError(f"there is no plan for {name!r} to judge: {why}")
    return Judged(name, problem, measured(problem, problem.decisions(solution.allocation)), solution)


def judge_plan(problem: Problem, plan: pd.DataFrame, name: str = "status quo") -> Judged:
    """Measure any plan in the user's keys, wherever it comes from.

    Examples
    --------
    >>> import allocare, pandas as pd
    >>> plan = pd.DataFrame({"source": ["silo 1"], "target": ["mill 2"], "quantity": [15]})
    >>> judge_plan(allocare.example("sunray"), plan).total
    15.0
    """
    return Judged(name, problem, measured(problem, problem.decisions(plan)))


def without_dust(utility: FloatArray) -> FloatArray:
    """Take utilities a billionth of the largest below 0, a solver's rounding, as 0.

    Examples
    --------
    >>> import numpy as np
    >>> without_dust(np.array([-1e-12, 1.0])).tolist(), without_dust(np.array([-0.1, 1.0])).tolist()
    ([0.0, 1.0], [-0.1, 1.0])
    """
    dust = 1e-9 * abs(utility).max(initial=0.0)
    return np.where((utility < 0) & (utility >= -dust), 0.0, utility)


def notes_in_words(solution: Solution) -> str:
    """Solvers' notes in one line, but for a limit that was not enforced and never near.

    Examples
    --------
    >>> import allocare
    >>> solution = allocare.solve(allocare.example("sunray"), time_limit=60.0)
    >>> len(solution.notes), notes_in_words(solution)
    (1, '')
    """
    limit = solution.options["time_limit"]
    in_time = limit is not None and solution.seconds < limit
    return "; ".join(note for note in solution.notes if not (in_time and note == NOT_ENFORCED))


def rules_in_words(problem: Problem) -> str:
    """Name a problem's criterion and policies in one line.

    Examples
    --------
    >>> import allocare
    >>> rules_in_words(allocare.with_fairness(allocare.example("sunray"), "maximin", ["floor:value=0.2"]))
    'maximin, floor:value=0.2'
    >>> rules_in_words(allocare.example("sunray"))
    'own objective'
    """
    fairness: Any = problem.fairness or Fairness()
    first = "own objective" if fairness.criterion is None else str(fairness.criterion)
    return ", ".join([first, *map(str, fairness.policies)])
