"""The weighted assignment problem's data: agents, tasks, and what each pair costs and uses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

import numpy as np

from .arrays import labels, numbers
from .errors import InputError
from .plans import lane_decisions, lane_plan
from .problem import Problem, Sense

if TYPE_CHECKING:
    import pandas as pd

    from .arrays import FloatArray
    from .lanes import Lanes

TaskRule: TypeAlias = Literal["exactly-once", "at-most-once"]


@dataclass(frozen=True, eq=False, kw_only=True)
class AssignmentProblem(Problem):
    """Give each task to one eligible agent within the agents' capacities.

    One to one (capacity 1), many to one (capacity k) and generalised (each pair uses its own part of
    the agent's capacity) are the same data.

    Parameters
    ----------
    agents, tasks
        The user's keys; agents are the rows of `pairs`, tasks its columns.
    pairs
        Eligible pairs with their cost (or weight); a missing pair is not eligible. No capacities.
    capacity
        What each agent can take; one number stands for all.
    use
        Part of the agent's capacity that each pair takes, in the order of `pairs`; None means 1.
    task_rule
        Each task ``exactly-once``, or ``at-most-once`` with a price for what is left out.
    left_out_cost
        Price of leaving each task out (``at-most-once`` only; 0 where None). When maximising it is
        taken off the weight.
    priority
        Priority class of each task, 1 first, or None. Classes are served lexicographically: the
        first class's own objective is made as good as it can be, then the second's without harming
        the first, and so on.
    sense
        Minimise cost or maximise weight.

    Raises
    ------
    InputError
        For data that are missing, not finite, out of range, or contradict a rule.

    Examples
    --------
    >>> from allocare.instances.lanes import Lanes
    >>> problem = AssignmentProblem(
    ...     agents=["bed 1", "bed 2"], tasks=["Ada", "Bo"], pairs=Lanes.from_matrix([[1, 4], [2, 3]]))
    >>> problem.one_to_one
    True
    """

    kind: ClassVar[str] = "assignment"

    agents: pd.Index[Any]
    tasks: pd.Index[Any]
    pairs: Lanes
    capacity: FloatArray = 1.0  # type: ignore[assignment]  # one number stands for all
    use: FloatArray | None = None
    task_rule: TaskRule = "exactly-once"
    left_out_cost: FloatArray | None = None
    priority: FloatArray | None = None
    sense: Sense = "min"

    def __post_init__(self) -> None:
        def store(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        store("agents", labels(self.agents, "agent"))
        store("tasks", labels(self.tasks, "task"))
        if (self.pairs.n_sources, self.pairs.n_targets) != (len(self.agents), len(self.tasks)):
            raise InputError(
                f"pairs join {self.pairs.n_sources} agents and {self.pairs.n_targets} tasks, "
                f"but {len(self.agents)} and {len(self.tasks)} are named"
            )
        if self.pairs.capacity is not None:
            raise InputError(
                "pairs have no capacity of their own; give each agent's capacity and each pair's use"
            )
        store("capacity", numbers(self.capacity, self.agents, "capacity", lowest=0))
        if self.use is not None:
            store("use", numbers(self.use, len(self.pairs), "use", lowest=0))
        if self.left_out_cost is not None:
            if self.task_rule == "exactly-once":
                raise InputError(
                    "left_out_cost needs task_rule 'at-most-once'; exactly once leaves nothing out"
                )
            store("left_out_cost", numbers(self.left_out_cost, self.tasks, "left out cost"))
        if self.priority is not None:
            store("priority", numbers(self.priority, self.tasks, "priority", lowest=1, whole=True))

    @property
    def size(self) -> int:
        """Number of eligible pairs."""
        return len(self.pairs)

    @property
    def maximise(self) -> bool:
        """Whether weight is maximised."""
        return self.sense == "max"

    @property
    def one_to_one(self) -> bool:
        """Whether every agent takes at most one task."""
        return self.use is None and bool(np.all(np.floor(self.capacity) <= 1))

    @property
    def classes(self) -> list[int]:
        """Priority classes, first first; one class where none are given."""
        return [1] if self.priority is None else sorted({int(level) for level in self.priority})

    def plan(self, decisions: FloatArray) -> pd.DataFrame:
        """Translate pair decisions (0 or 1) into a frame ``agent, task``."""
        names = ("agent", "task")
        return lane_plan(self.pairs, self.agents, self.tasks, decisions, names, whole=True)[list(names)]

    def decisions(self, plan: pd.DataFrame) -> FloatArray:
        """Translate a frame ``agent, task`` (and ``quantity``, 1 where absent) into pair decisions."""
        return lane_decisions(plan, self.pairs, self.agents, self.tasks, ("agent", "task"))

    def summary(self) -> dict[str, object]:
        """Sizes and rules."""
        return {
            "agents": len(self.agents),
            "tasks": len(self.tasks),
            "pairs": len(self.pairs),
            "capacity": float(self.capacity.sum()),
            "use": "1 each" if self.use is None else "by pair",
            "task rule": self.task_rule,
            "priority classes": len(self.classes) if self.priority is not None else None,
            "sense": self.sense,
        }
