"""A suite, resolved: every run that it asks for, each with its key."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from ...instances.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .subjects import Subject

Key: TypeAlias = tuple[str, str, str, int, int]
"""Suite, instance, backend, seed and repeat: what tells one row from every other."""

DRIFT = "drift"


@dataclass(frozen=True)
class Limits:
    """What a run may take.

    Parameters
    ----------
    time_limit
        Seconds of solving, told to the backend; None for no limit.
    wall_limit
        Seconds from the start of the run's process to its row, kept from outside; None for no limit.
    memory_mib
        Memory of the run's processes, kept from outside; None for no cap.
    gap, threads
        As `allocare.solve` takes them.
    """

    time_limit: float | None = 10.0
    wall_limit: float | None = None
    memory_mib: float | None = None
    gap: float | None = None
    threads: int | None = 1


@dataclass(frozen=True)
class Contestant:
    """A backend with options of its own, under the name that its rows carry."""

    name: str
    backend: str
    native: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """One contestant on one instance, once."""

    suite: str
    subject: Subject
    contestant: Contestant
    seed: int = 0
    repeat: int = 0
    limits: Limits = field(default_factory=Limits)

    @property
    def key(self) -> Key:
        """What tells its row from every other.

        Examples
        --------
        >>> from allocare.benchmarks.lab.subjects import Subject
        >>> Run("s", Subject("sunray", "example", "sunray"), Contestant("exact", "highs")).key
        ('s', 'sunray', 'exact', 0, 0)
        """
        return self.suite, self.subject.name, self.contestant.name, self.seed, self.repeat


@dataclass(frozen=True)
class Suite:
    """A benchmark: its runs in order, and how often the machine itself is measured meanwhile.

    Parameters
    ----------
    name, title
        In results, and for people.
    runs
        Every run, in the order in which they are started.
    drift_minutes
        Minutes between two measurements of a fixed reference task; None for no such measurement.

    Raises
    ------
    InputError
        Where two runs have the same key, or one name stands for two things.
    """

    name: str
    title: str
    runs: tuple[Run, ...]
    drift_minutes: float | None = 5.0

    def __post_init__(self) -> None:
        named: dict[tuple[str, str], Subject | Contestant] = {}
        for run in self.runs:
            for what, part in (("instance", run.subject), ("backend", run.contestant)):
                if named.setdefault((what, part.name), part) != part:
                    raise InputError(
                        f"two different {what}s are called {part.name!r}; give one another name (as = ...)",
                        f"suite {self.name!r}",
                    )
        double = [key for key, count in Counter(run.key for run in self.runs).items() if count > 1]
        if double:
            _, instance, backend, seed, repeat = double[0]
            raise InputError(
                f"{backend!r} is to solve {instance!r} twice with seed {seed} and repeat {repeat}; "
                "give one of them another name (as = ...) or leave it out",
                f"suite {self.name!r}",
            )

    def record(self) -> dict[str, Any]:
        """The suite in plain values, each run spelled out but for what many share.

        Two suites are the same if and only if their records are.

        Examples
        --------
        >>> from allocare.benchmarks.lab.subjects import Subject
        >>> run = Run("s", Subject("sunray", "example", "sunray"), Contestant("highs", "highs"))
        >>> record = Suite("s", "One run", (run,)).record()
        >>> record["instance"]["sunray"], record["run"][0]["instance"]
        ({'source': 'example', 'place': 'sunray'}, 'sunray')
        """
        return {
            "name": self.name,
            "title": self.title,
            **({} if self.drift_minutes is None else {"drift_minutes": self.drift_minutes}),
            "instance": {run.subject.name: _said(run.subject) for run in self.runs},
            "backend": {run.contestant.name: _said(run.contestant) for run in self.runs},
            "run": [
                {
                    "instance": run.subject.name,
                    "backend": run.contestant.name,
                    "seed": run.seed,
                    "repeat": run.repeat,
                    **_said(run.limits),
                }
                for run in self.runs
            ],
        }


def _said(part: Subject | Contestant | Limits) -> dict[str, Any]:
    """Fields that say something, the name left out: it is the table's; so is where files lie."""
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(part).items()}
    return {
        name: value
        for name, value in plain.items()
        if name not in ("name", "folder")
        and value is not None
        and value != {}
        and value != []
        and value != ""
    }
