"""What every criterion has in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...instances.arrays import FloatArray
    from ..statement import Goal, Statement

    Reference = Callable[[], FloatArray]


class Criterion(ABC):
    """What is good, over the agents' utilities alone: neither family nor solver is known here.

    A criterion is a frozen dataclass whose fields are its parameters. `value` says what utilities are worth
    by its definition; `state` says the same as columns, rows and objective terms. The two share no code, so
    that the check can hold one against the other.
    """

    name: ClassVar[str]
    """As users write it."""
    title: ClassVar[str]
    """What it makes as good as it can be, in a few words."""
    sums: ClassVar[bool] = False
    """Whether the value is a sum over people rather than a level that one of them has."""
    curved: ClassVar[bool] = False
    """Whether it is stated with concave terms."""
    even_is_best: ClassVar[Literal["", "at-one-total", "always"]] = ""
    """Whether a transfer from a better-off person to a worse-off one is never worse (Pigou and Dalton), among
    plans of one total or, as more for anybody is never worse either, always."""

    @property
    def maximise(self) -> bool:
        """Whether a larger value is better."""
        return True

    def relative_to(self, nothing: Reference, ideal: Reference) -> Criterion:
        """Return the criterion with the problem's reference points in it; itself where it has none.

        Parameters
        ----------
        nothing
            Returns what each agent has without any allocation.
        ideal
            Returns the most that each could have if the plan served it alone.
        """
        return self

    @abstractmethod
    def value(self, utility: FloatArray, size: FloatArray) -> float:
        """Value of utilities shape (agents,), with that many people behind each."""

    def value_scale(self, utility: FloatArray, size: FloatArray) -> float:
        """Size of the value's terms before they cancel: what rounding in the utilities is weighed by."""
        return float(size @ abs(utility)) if self.sums else float(abs(utility).max())

    def stages(self, utility: FloatArray, size: FloatArray) -> tuple[float, ...]:
        """Value of each stage where the criterion is lexicographic, first first; else empty."""
        return ()

    def steps(self, before: FloatArray, after: FloatArray, size: FloatArray) -> tuple[FloatArray, ...] | None:
        """Keys that order single steps from one utility to a higher one, the most valuable largest.

        The first key decides, the next ones among equals. None where the criterion is no sum of concave
        functions of single utilities, nor the limit of such sums.
        """
        return None

    @abstractmethod
    def state(self, statement: Statement) -> Goal:
        """Add columns and rows to a formulation, and return what is made as good as it can be.

        Raises
        ------
        InputError
            For utilities that the criterion is not defined for.
        """

    @property
    def settles_utilities(self) -> bool:
        """Whether all its best plans of a divisible resource give everybody the same utility.

        Where it is `even_is_best` always, those of any convex set of plans do.
        """
        return False

    @property
    def above_zero(self) -> bool:
        """Whether it is there only where everybody has more than nothing."""
        return False

    @property
    def levels_down(self) -> bool:
        """Whether taking from the well-off and giving to nobody can be an improvement."""
        return False

    @property
    def bounded_by_weight(self) -> bool:
        """Whether a parameter `weight` would keep it from levelling down."""
        return False
