"""The best plan so far, when a search must end, and what is claimed of the plan at the end."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ...instances.assignment import AssignmentProblem
from ...instances.errors import InputError
from ...models.priority_weights import class_objectives
from ..rules.outcome import left_out, outcome
from ..solution import StopReason

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray
    from ...instances.problem import Problem
    from ..backend import Options, Outcome


@dataclass(eq=False)
class Best:
    """The best of the plans offered: the one that leaves out least, and of those the one of best objective.

    Priority classes count one after another. Better plans that leave nothing out are told to whoever listens.

    Parameters
    ----------
    problem
        What is planned.
    options
        The time limit, and who listens.

    Examples
    --------
    >>> import allocare
    >>> from allocare.solvers.backend import Options
    >>> best = Best(allocare.example("sunray"), Options())
    >>> best.offer(np.zeros(12)), best.offer(np.zeros(12))
    (True, False)
    """

    problem: Problem
    options: Options

    def __post_init__(self) -> None:
        self.began = time.perf_counter()
        self.decisions: FloatArray | None = None
        self.origin = ""
        self._key: tuple[float, ...] = (np.inf,)

    @property
    def seconds(self) -> float:
        """Time since the search began."""
        return time.perf_counter() - self.began

    @property
    def in_time(self) -> bool:
        """Whether the time limit is still ahead."""
        return self.options.time_limit is None or self.seconds < self.options.time_limit

    def offer(self, decisions: FloatArray, origin: str = "") -> bool:
        """Take a plan if it is better, and say whether it was.

        Parameters
        ----------
        decisions
            A plan that breaks no limit.
        origin
            What made it, in a word or two.
        """
        missing, objective = left_out(self.problem, decisions)
        values: tuple[float, ...] = (objective,)
        if isinstance(self.problem, AssignmentProblem):
            values = class_objectives(self.problem, decisions) or values
        key = (missing, *(-value if self.problem.maximise else value for value in values))
        if not key < self._key:
            return False
        self._key, self.decisions, self.origin = key, decisions, origin
        # the sum over priority classes is not what is made better
        if missing == 0 and len(values) == 1 and self.options.on_incumbent is not None:
            self.options.on_incumbent(self.seconds, objective, None)
        return True

    def outcome(self, rule: str, stopped: StopReason = StopReason.RULE) -> Outcome:
        """What is claimed of the best plan; there must be one.

        Parameters
        ----------
        rule
            How it was found, in a line.
        stopped
            Why the search ended.
        """
        assert self.decisions is not None
        claim = outcome(self.problem, self.decisions, rule, self.seconds)
        return replace(claim, stop_reason=stopped)


def whole_option(options: Options, name: str, default: int) -> int:
    """A native option that is a whole number of 1 or more.

    Raises
    ------
    InputError
        For anything else.

    Examples
    --------
    >>> from allocare.solvers.backend import Options
    >>> whole_option(Options(native={"moves": "50"}), "moves", 10)
    50
    """
    value = options.native.get(name, default)
    try:
        number = int(value)
    except (TypeError, ValueError) as error:
        raise InputError(f"option {name!r} is {value!r}; give a whole number of 1 or more") from error
    if number < 1:
        raise InputError(f"option {name!r} is {value!r}; give a whole number of 1 or more")
    return number


def only_options(options: Options, known: tuple[str, ...]) -> None:
    """Refuse native options beyond those known.

    Raises
    ------
    InputError
        Naming the ones that are known.

    Examples
    --------
    >>> from allocare.solvers.backend import Options
    >>> only_options(Options(native={"moves": 50}), ("moves",))
    """
    for name in options.native:
        if name not in known:
            raise InputError(f"there is no option {name!r} here; known: {', '.join(known)}")
