"""From what a suite's file says to the runs it stands for."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...instances.errors import InputError
from ...instances.hints import nearest
from ...solvers.registry import BACKENDS
from ...solvers.registry import backend as registered
from .subjects import Subject
from .suites import Contestant, Limits, Run, Suite

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .suite_file import BackendPart, GroupPart, InstancePart, LimitsPart, SuitePart

SOURCES = ("example", "examples", "file", "files", "generator")
LIMITS = ("time_limit", "wall_limit", "memory_mib", "gap", "threads")
DATA, DATA_VARIABLE = "{data}", "ALLOCARE_DATA"


def expand(part: SuitePart, folder: Path, data: str | os.PathLike[str] | None = None) -> Suite:
    """Spell out every run of a suite; repeats outermost, so that what else the machine does hits all alike.

    Parameters
    ----------
    part
        What the file says.
    folder
        Where its relative paths start.
    data
        The data folder; None takes the environment variable ``ALLOCARE_DATA``.

    Raises
    ------
    InputError
        For an unknown example, family, generator, option or backend, a missing file, a double run.

    Examples
    --------
    >>> from allocare.benchmarks.lab.suite_file import parse_suite
    >>> content = {"name": "tiny", "group": [{
    ...     "instances": [{"generator": "gap", "grid": {"type": ["c", "d"]}, "seeds": [1, 2]}],
    ...     "backends": ["highs", "greedy:*"]}]}
    >>> suite = expand(parse_suite(content, "tiny"), Path())
    >>> suite.runs[0].subject.name, suite.runs[1].contestant.name
    ('gap:type=c:seed=1', 'greedy:nearest')
    """
    places = Places(folder, data)
    runs = []
    for number, group in enumerate(part.group, 1):
        where = f"suite {part.name!r}, group {number}"
        try:
            runs.append(_group_runs(part, group, places))
        except InputError as error:
            raise InputError(str(error), where) from error
    repeats = max((run.repeat for group_runs in runs for run in group_runs), default=0) + 1
    ordered = [run for at in range(repeats) for group_runs in runs for run in group_runs if run.repeat == at]
    return Suite(part.name, part.title or part.name, tuple(ordered), part.drift_minutes)


class Places:
    """Where a suite's files lie: its own folder, and the data folder."""

    def __init__(self, folder: Path, data: str | os.PathLike[str] | None) -> None:
        self.folder = folder
        self.data = data if data is not None else os.environ.get(DATA_VARIABLE)

    def split(self, path: str) -> tuple[Path, str]:
        """Return the folder in which a path starts, and the path in it.

        Examples
        --------
        >>> Places(Path("suites"), ".").split("{data}/gap/a05100")
        (PosixPath('.'), 'gap/a05100')
        """
        if not path.startswith(DATA + "/"):
            return self.folder, path
        if self.data is None:
            raise InputError(
                f"{path!r} lies in the data folder; name that with --data or the variable {DATA_VARIABLE}"
            )
        if not Path(self.data).is_dir():
            raise InputError("there is no such data folder", str(self.data))
        return Path(self.data), path.removeprefix(DATA + "/")


def _group_runs(part: SuitePart, group: GroupPart, places: Places) -> list[Run]:
    subjects = [subject for instance in group.instances for subject in _subjects(instance, places)]
    limits = _limits(part, group)
    seeds = group.seeds or part.seeds or [0]
    repeats = group.repeats or part.repeats or 1
    return [
        Run(part.name, subject, contestant, seed, repeat, limits)
        for repeat in range(repeats)
        for subject in subjects
        for backend in group.backends
        for contestant in _contestants(backend, subject)
        for seed in seeds
    ]


def _limits(*parts: LimitsPart) -> Limits:
    given: dict[str, Any] = {}
    for part in parts:
        given |= {name: value for name in LIMITS if (value := getattr(part, name)) is not None}
    limits = Limits(**given)
    if limits.wall_limit is None and limits.time_limit is not None:
        # room for reading, formulating and checking beside a solver that keeps its limit
        limits = replace(limits, wall_limit=2 * limits.time_limit + 30)
    return limits


def _contestants(part: str | BackendPart, subject: Subject) -> Iterator[Contestant]:
    if not isinstance(part, str):
        registered_or_auto(part.backend)
        yield Contestant(part.name or part.backend, part.backend, part.native)
        return
    if not part.endswith("*"):
        registered_or_auto(part)
        yield Contestant(part, part)
        return
    if part not in ("*", "greedy:*"):
        raise InputError(f"{part!r} is no pattern of backends; give '*' or 'greedy:*'")
    from ...solvers.rules import rules_for

    family = family_of(subject)
    if part == "*":
        for name, entry in BACKENDS.items():
            if name != "greedy" and family in entry.families and entry.unavailable() is None:
                yield Contestant(name, name)
    for rule in rules_for(family):
        yield Contestant(f"greedy:{rule}", f"greedy:{rule}")


def registered_or_auto(name: str) -> None:
    """Refuse a backend that is not registered.

    Raises
    ------
    CapabilityError
        With the nearest name that is.

    Examples
    --------
    >>> registered_or_auto("greedy:vogel")
    """
    if name != "auto":
        registered(name)


def family_of(subject: Subject) -> str:
    """Kind of a subject's problem.

    Examples
    --------
    >>> family_of(Subject("wards", "generator", "beds", {"n_patients": 10**6}))
    'assignment'
    """
    return _generated_family(subject.place) if subject.source == "generator" else subject.open().problem.kind


@cache
def _generated_family(generator: str) -> str:
    from ...instances.generators import generate

    # the family does not depend on the size, and the default one is small
    return generate(generator).kind


def _subjects(part: InstancePart, places: Places) -> Iterator[Subject]:
    source = _one_source(part)
    _refuse_misplaced(part, source)
    found = list(_FINDERS[source](part, places))
    if part.name is not None:
        if len(found) > 1 or len(part.criteria) > 1:
            raise InputError(
                f"'as' names one instance, and here are {len(found) * len(part.criteria or '1')}"
            )
        found = [replace(found[0], name=part.name)]
    _refuse_unknown_rules(part)
    for subject in found:
        for criterion in part.criteria or [""]:
            # a name that the suite gives says enough of its policies
            named = [] if part.name else part.policies
            name = "+".join([subject.name, *([criterion] if criterion else []), *named])
            yield replace(subject, name=name, criterion=criterion, policies=tuple(part.policies))


def _refuse_unknown_rules(part: InstancePart) -> None:
    """Refuse criteria and policies that no problem could ask for, before anything runs."""
    if not (part.criteria or part.policies):
        return
    from ...instances.fairness import Rule
    from ...models.criteria import criterion_of
    from ...models.policies import policy_of

    for criterion in filter(None, part.criteria):
        criterion_of(Rule.of(criterion))
    for policy in part.policies:
        policy_of(Rule.of(policy))


def _one_source(part: InstancePart) -> str:
    given = [name for name in SOURCES if getattr(part, name) is not None]
    if len(given) != 1:
        found = " and ".join(given) or "none"
        raise InputError(f"an instance says {found}; give exactly one of {', '.join(SOURCES)}")
    return given[0]


def _refuse_misplaced(part: InstancePart, source: str) -> None:
    """Refuse a field that another source would need: it would do nothing."""
    belongs = {
        "format": ("file", "files"),
        "sense": ("file", "files"),
        "references": ("file", "files"),
        "reference": ("file", "example", "generator"),
        "options": ("generator",),
        "grid": ("generator",),
        "seeds": ("generator",),
    }
    for name, sources in belongs.items():
        if name in part.model_fields_set and source not in sources:
            raise InputError(f"{name!r} belongs to {' or '.join(sources)}, not to {source}")


def _bundled(part: InstancePart, places: Places) -> Iterator[Subject]:
    from ...instances.examples import example

    assert part.example is not None
    example(part.example)
    yield Subject(part.example, "example", part.example, reference=part.reference)


def _bundled_family(part: InstancePart, places: Places) -> Iterator[Subject]:
    from ...instances.examples import examples

    table = examples()
    kinds = list(dict.fromkeys(table["kind"]))
    if part.examples not in ("*", *kinds):
        raise InputError(f"there is no family {part.examples!r}; {nearest(str(part.examples), kinds)}")
    chosen = table if part.examples == "*" else table[table["kind"] == part.examples]
    for name in chosen["name"]:
        yield Subject(name, "example", name)


def _one_file(part: InstancePart, places: Places) -> Iterator[Subject]:
    assert part.file is not None
    folder, path = places.split(part.file)
    place = folder / path
    # the third problem of a file is FILE#3
    if not (place.exists() or place.with_name(place.name.rpartition("#")[0] or place.name).exists()):
        raise InputError("there is no such file", str(place))
    yield _file_subject(part, folder, path, _references(part, places))


def _files_by_pattern(part: InstancePart, places: Places) -> Iterator[Subject]:
    assert part.files is not None
    folder, pattern = places.split(part.files)
    found = sorted(path.relative_to(folder).as_posix() for path in folder.glob(pattern))
    if not found:
        raise InputError(f"no file matches {pattern!r}", str(folder))
    references = _references(part, places)
    for path in found:
        yield _file_subject(part, folder, path, references)


def _file_subject(part: InstancePart, folder: Path, path: str, references: dict[str, float]) -> Subject:
    settings = {name: value for name in ("format", "sense") if (value := getattr(part, name)) is not None}
    reference = references.get(Path(path).name, references.get(Path(path).stem, part.reference))
    return Subject(path, "file", path, settings, reference=reference, folder=str(folder.resolve()))


def _references(part: InstancePart, places: Places) -> dict[str, float]:
    """Optima by file name."""
    if part.references is None:
        return {}
    import pandas as pd

    folder, path = places.split(part.references)
    try:
        table = pd.read_csv(folder / path, dtype={0: str})
    except (OSError, ValueError) as error:
        raise InputError(f"the references cannot be read: {error}", str(folder / path)) from error
    if part.optimum not in table:
        raise InputError(
            f"there is no column {part.optimum!r}; {nearest(part.optimum, table.columns)}", str(folder / path)
        )
    known = table.set_index(table.columns[0])[part.optimum].dropna()
    return {str(name): float(value) for name, value in known.items()}


def _generated(part: InstancePart, places: Places) -> Iterator[Subject]:
    from ...instances.generators import generator_options

    assert part.generator is not None
    known = generator_options(part.generator)
    for name in (*part.options, *part.grid):
        if name not in known:
            raise InputError(f"{part.generator} has no option {name!r}; {nearest(name, known)}")
    for seed, *values in product(part.seeds or [0], *part.grid.values()):
        settings = part.options | dict(zip(part.grid, values, strict=True)) | {"seed": seed}
        name = ":".join([part.generator, *(f"{key}={value}" for key, value in settings.items())])
        yield Subject(name, "generator", part.generator, settings, reference=part.reference)


_FINDERS = {
    "example": _bundled,
    "examples": _bundled_family,
    "file": _one_file,
    "files": _files_by_pattern,
    "generator": _generated,
}
