"""A problem's agents as data: who they are, people behind each, need, groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from .arrays import numbers
from .errors import InputError
from .fairness import Fairness
from .hints import nearest

if TYPE_CHECKING:
    from .arrays import BoolArray, FloatArray, IndexArray
    from .network_plan import NetworkPlanProblem
    from .problem import Problem

SIDES: dict[str, dict[str, str]] = {
    "transportation": {"targets": "targets"},
    "fair-allocation": {"targets": "targets"},
    "assignment": {"agents": "agents", "tasks": "tasks"},
    "programmes": {"groups": "groups"},
    "network-plan": {"sites": "origins", "classes": "arriving_classes"},
    "linear": {"agents": "agents"},
}
"""Sides that can be agents, a family's own first, with the field that holds their keys."""
ANOTHER_READING = {
    "network-flow": "; --as dimacs-transportation reads a transportation problem from a DIMACS file"
}
"""How a file of a family without agents may become one with them."""


@dataclass(frozen=True, eq=False)
class Groups:
    """Agents sorted into groups by one attribute.

    Parameters
    ----------
    name
        The attribute, as written.
    labels
        The groups' labels, sorted.
    member
        Group of each agent, a position in `labels`.
    """

    name: str
    labels: tuple[str, ...]
    member: IndexArray

    def members(self, at: int) -> BoolArray:
        """Which agents are in a group."""
        return np.asarray(self.member == at)


@dataclass(frozen=True, eq=False)
class Agents:
    """Who gains or loses by a plan.

    Parameters
    ----------
    side
        What they are in their family: ``targets``, ``tasks`` ...
    keys
        The user's keys.
    size
        Number of people behind each, above 0.
    need
        What each needs, or None where the family knows no need.
    attributes
        Columns of the user's own, one row an agent in the order of `keys`.
    utility
        ``coverage``, ``benefit`` or ``burden``.
    normalised
        As in `Fairness`.
    """

    side: str
    keys: pd.Index[Any]
    size: FloatArray
    need: FloatArray | None
    attributes: pd.DataFrame
    utility: str
    normalised: bool = False

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def share(self) -> FloatArray:
        """Share of all people behind each agent."""
        return np.asarray(self.size / self.size.sum())

    def column(self, name: str) -> pd.Series[Any]:
        """Return an attribute of the agents.

        Raises
        ------
        InputError
            For one that is not there, with the nearest name.
        """
        if name not in self.attributes.columns:
            hint = nearest(name, map(str, self.attributes.columns))
            raise InputError(f"the {self.side} have no attribute {name!r}; {hint}")
        return self.attributes[name]

    def measure(self, name: str, *, lowest: float = -np.inf) -> FloatArray:
        """Return an attribute as numbers."""
        written = self.column(name)
        values = pd.to_numeric(written, errors="coerce").to_numpy(dtype=np.float64)
        other = np.isnan(values) & written.notna().to_numpy()
        if other.any():
            at = int(np.argmax(other))
            raise InputError(f"attribute {name!r} of {self.keys[at]!r} is {written.iloc[at]!r}, not a number")
        return numbers(values, self.keys, f"attribute {name!r}", lowest=lowest)

    def count(self, name: str) -> FloatArray:
        """Return a number of people or amount of each agent, 0 or more: ``need``, ``size`` or an attribute.

        Raises
        ------
        InputError
            For an attribute that is not there or holds less than 0, or need where the family knows none.

        Examples
        --------
        >>> agents = Agents("targets", pd.Index(["a", "b"]), np.ones(2), np.array([3.0, 4.0]),
        ...                 pd.DataFrame(index=["a", "b"]), "benefit")
        >>> agents.count("need").tolist(), agents.count("size").tolist()
        ([3.0, 4.0], [1.0, 1.0])
        """
        if name in self.attributes.columns:
            return self.measure(name, lowest=0)
        if name == "size":
            return self.size
        if name == "need" and self.need is not None:
            return self.need
        return self.measure(name, lowest=0)

    def groups(self, name: str) -> Groups:
        """Sort the agents into groups by an attribute; ``name/4`` makes four quantile groups of a number.

        Raises
        ------
        InputError
            For a missing attribute or label, or quantile groups of something that is not a number.

        Examples
        --------
        >>> agents = Agents("targets", pd.Index(["a", "b"]), np.ones(2), None,
        ...                 pd.DataFrame({"svi": [0.2, 0.9]}), "benefit")
        >>> agents.groups("svi/2").labels
        ('1 (lowest)', '2 (highest)')
        """
        column, slash, parts = name.partition("/")
        if slash:
            return self._quantile_groups(name, column, parts)
        values = self.column(column)
        missing = values.isna().to_numpy()
        if missing.any():
            where = self.keys[int(np.argmax(missing))]
            raise InputError(f"attribute {column!r} of {where!r} is missing; give every agent its group")
        codes, labels = pd.factorize(values.astype(str), sort=True)
        return Groups(name, tuple(labels), codes.astype(np.int32))

    def members(self, group: str, label: str) -> BoolArray:
        """Which agents are in the group of an attribute that has this label.

        Raises
        ------
        InputError
            For a label that no agent has, with the nearest.
        """
        groups = self.groups(group)
        if str(label) not in groups.labels:
            raise InputError(
                f"attribute {group!r} has nobody {str(label)!r}; {nearest(str(label), groups.labels)}"
            )
        return groups.members(groups.labels.index(str(label)))

    def _quantile_groups(self, name: str, column: str, parts: str) -> Groups:
        count = int(parts) if parts.isdigit() else 0
        if count < 2:
            raise InputError(f"group {name!r} asks for {parts!r} groups; write {column}/4 for quartiles")
        values = self.measure(column)
        member = np.searchsorted(np.quantile(values, np.arange(1, count) / count), values, side="left")
        present = np.unique(member)
        if len(present) < count:
            raise InputError(
                f"attribute {column!r} has too few different values for {count} groups; ask for fewer"
            )
        ends = {0: " (lowest)", count - 1: " (highest)"}
        labels = tuple(f"{k + 1}{ends.get(k, '')}" for k in range(count))
        return Groups(name, labels, member.astype(np.int32))


def agents_of(problem: Problem) -> Agents:
    """Agents of a problem, as its `fairness` says or by the family's own side.

    Raises
    ------
    InputError
        For a family without agents, an unknown side, sizes that are not above 0, or no need where
        coverage asks for it.

    Examples
    --------
    >>> import allocare
    >>> found = agents_of(allocare.example("sunray"))
    >>> found.side, found.utility, found.size.tolist()
    ('targets', 'coverage', [5.0, 15.0, 15.0, 15.0])
    """
    asked = problem.fairness or Fairness()
    if problem.kind not in SIDES:
        raise InputError(
            f"{problem.kind} problems have no agents whose service could be compared"
            f"{ANOTHER_READING.get(problem.kind, '')}"
        )
    sides = SIDES[problem.kind]
    side = asked.agents or next(iter(sides))
    if side not in sides:
        raise InputError(f"a {problem.kind} problem has no agents {side!r}; {nearest(side, sides)}")
    keys = cast("pd.Index[Any]", getattr(problem, sides[side]))
    attributes = problem.attributes.get(side, pd.DataFrame(index=keys)).reindex(keys)
    need = _need(problem, side, len(keys))
    utility = asked.utility or ("benefit" if need is None else "coverage")
    if utility == "coverage":
        if need is None:
            raise InputError(f"coverage needs need, and the {side} of a {problem.kind} problem have none")
        _refuse_zero_need(need, keys)
    found = Agents(side, keys, np.ones(len(keys)), need, attributes, utility, asked.normalised)
    people = getattr(problem, "group_size", None)
    size = people if asked.size is None and people is not None else _size(found, asked.size)
    return Agents(side, keys, size, need, attributes, utility, asked.normalised)


def _need(problem: Problem, side: str, count: int) -> FloatArray | None:
    if side == "tasks":
        return np.ones(count)
    if problem.kind == "network-plan":
        return cast("NetworkPlanProblem", problem).patients_of(side)
    return cast("FloatArray | None", getattr(problem, "demand", None))


def _refuse_zero_need(need: FloatArray, keys: pd.Index[Any]) -> None:
    nothing = need <= 0
    if nothing.any():
        raise InputError(
            f"{keys[int(np.argmax(nothing))]!r} needs nothing, so the share of its need that is met has no "
            "meaning; leave it out, or choose the utility 'benefit'"
        )


def _size(agents: Agents, size: str | None) -> FloatArray:
    size = size or ("need" if agents.utility == "coverage" else "equal")
    if size == "equal":
        return np.ones(len(agents))
    values = agents.need if size == "need" and agents.need is not None else agents.measure(size, lowest=0)
    if (values <= 0).any():
        where = agents.keys[int(np.argmax(values <= 0))]
        raise InputError(
            f"size {size!r} of {where!r} is 0; a group with nobody cannot be weighed, leave it out"
        )
    return values
