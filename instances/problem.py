"""What every problem has in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from .arrays import FloatArray
    from .fairness import Fairness

Sense: TypeAlias = Literal["min", "max"]


@dataclass(frozen=True)
class Provenance:
    """Where the data come from and what may be done with them."""

    source: str = ""
    license: str = ""


@dataclass(frozen=True, eq=False, kw_only=True)
class Problem(ABC):
    """Frozen, validated, labelled data of one family: what is to be decided, never how.

    A plan is a tidy frame in the user's keys; inside, decisions are one array in the order of the
    problem's lanes, pairs, arcs or columns. `plan` and `decisions` translate between the two.

    Parameters
    ----------
    title
        One line for people.
    provenance
        Source and licence of the data.
    units
        Unit of each measure, e.g. ``{"quantity": "patients", "cost": "km"}``.
    attributes
        Columns of the user's own beside each side's keys (``targets``, ``tasks`` ...), the keys as index.
    fairness
        Criterion and policies in force, or None for the problem's own objective and rules alone.
    """

    kind: ClassVar[str]

    title: str = ""
    provenance: Provenance = field(default_factory=Provenance)
    units: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    fairness: Fairness | None = None

    @property
    def asks_fairness(self) -> bool:
        """Whether a criterion or policies are in force."""
        return self.fairness is not None and bool(self.fairness.criterion or self.fairness.policies)

    @property
    @abstractmethod
    def size(self) -> int:
        """Number of decisions: lanes, pairs, arcs or columns."""

    @property
    @abstractmethod
    def maximise(self) -> bool:
        """Whether a larger value of the problem's own objective is better."""

    @abstractmethod
    def plan(self, decisions: FloatArray) -> pd.DataFrame:
        """Translate decisions, shape (size,), into a tidy plan in the user's keys, zeros left out."""

    @abstractmethod
    def decisions(self, plan: pd.DataFrame) -> FloatArray:
        """Translate a plan into decisions, shape (size,).

        Raises
        ------
        InputError
            For a missing column, an unknown key, a repeated or missing lane, or something that is not
            a number, naming the plan's row and column.
        """

    @abstractmethod
    def summary(self) -> dict[str, object]:
        """Return the problem's size and options in a few words each, for people."""

    def unit(self, measure: str, default: str = "") -> str:
        """Return the unit of a measure such as ``quantity`` or ``cost``."""
        return self.units.get(measure, default)
