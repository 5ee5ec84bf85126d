"""What is solved in a run: where an instance comes from, and what is known of its optimum."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from ...instances.errors import InputError
from ...instances.fairness import with_fairness
from ...instances.hints import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...instances.problem import Problem

Source = Literal["example", "file", "generator"]


class Opened(NamedTuple):
    """A problem with its reference: an objective that is known, or was planted."""

    problem: Problem
    reference: float | None
    reference_kind: Literal["known", "planted"] | None
    tolerance: float


@dataclass(frozen=True)
class Subject:
    """One instance of a suite, by where it comes from; it is read or made in the run that solves it.

    Parameters
    ----------
    name
        Its name in results, unique in a suite.
    source, place
        A bundled ``example`` by name, a ``file`` by path, or a ``generator`` by kind.
    folder
        Where a file's path starts; it is no part of what the suite says.
    settings
        Of a file its ``format`` and ``sense`` where they are given; a generator's options and seed.
    criterion, policies
        Put in force on the problem, as `with_fairness` reads them.
    reference
        Objective of an optimal plan, where the suite states it.

    Examples
    --------
    >>> Subject("sunray", "example", "sunray").open().reference
    435.0
    """

    name: str
    source: Source
    place: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    criterion: str = ""
    policies: tuple[str, ...] = ()
    reference: float | None = None
    folder: str = ""

    def open(self) -> Opened:
        """Read or make the problem.

        Raises
        ------
        InputError
            For what cannot be read or made.
        """
        opened = _OPENERS[self.source](self)
        if self.reference is not None:
            opened = opened._replace(reference=self.reference, reference_kind="known", tolerance=0.0)
        if not (self.criterion or self.policies):
            return opened
        judged = with_fairness(opened.problem, self.criterion or None, self.policies)
        if self.reference is None:
            # what was known or planted is the optimum of the problem's own objective
            return Opened(judged, None, None, 0.0)
        return opened._replace(problem=judged)


def _example(subject: Subject) -> Opened:
    from ...instances.examples import answer, example

    known = answer(subject.place)
    return Opened(example(subject.place), float(known.optimum), "known", known.tolerance)


def _file(subject: Subject) -> Opened:
    from ...instances.formats import load

    return Opened(load(Path(subject.folder, subject.place), **subject.settings), None, None, 0.0)


def _generator(subject: Subject) -> Opened:
    from ...instances.generators import GENERATORS, generator_options
    from ...instances.generators.planted import Planted
    from ...instances.problem import Problem

    known = {*generator_options(subject.place), "seed"}
    for name in subject.settings:
        if name not in known:
            raise InputError(
                f"{subject.place} has no option {name!r}; {nearest(name, known)}", "generator option"
            )
    made = GENERATORS[subject.place](**subject.settings)
    if isinstance(made, Planted):
        return Opened(made.problem, made.optimum, "planted", 0.0)
    return Opened(made if isinstance(made, Problem) else made.problem, None, None, 0.0)


_OPENERS = {"example": _example, "file": _file, "generator": _generator}
