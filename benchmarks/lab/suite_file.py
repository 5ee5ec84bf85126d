"""What a suite's TOML file may say, held against it field by field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ...instances.errors import InputError
from ...instances.hints import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic_core import ErrorDetails

Positive: TypeAlias = Annotated[float, Field(gt=0)]
Seed: TypeAlias = Annotated[int, Field(ge=0, lt=2**31)]
Name: TypeAlias = Annotated[str, Field(min_length=1)]


class Part(BaseModel):
    """A table of a suite: no unknown fields, no silent conversions."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class LimitsPart(Part):
    """What each run may take; a group's stand before the suite's."""

    time_limit: Positive | None = None
    wall_limit: Positive | None = None
    memory_mib: Positive | None = None
    gap: Annotated[float, Field(ge=0, lt=1)] | None = None
    threads: Annotated[int, Field(ge=1)] | None = None
    seeds: Annotated[list[Seed], Field(min_length=1)] | None = None
    repeats: Annotated[int, Field(ge=1)] | None = None


class InstancePart(Part):
    """Instances: exactly one of `example`, `examples`, `file`, `files`, `generator`."""

    example: Name | None = None
    """A bundled example by name."""
    examples: Name | None = None
    """All bundled examples of a family, or ``*`` for all."""
    file: Name | None = None
    """A file or folder; relative to the suite's own folder, or to the data folder after ``{data}/``."""
    files: Name | None = None
    """Files and folders by pattern, such as ``{data}/gap/gap*``."""
    generator: Name | None = None
    """A generator by kind."""
    format: Name | None = None
    """Format of the files, where neither ending nor content tells it."""
    sense: Name | None = None
    """``min`` or ``max``, for formats that do not say."""
    options: dict[str, Any] = Field(default_factory=dict)
    """Options of the generator."""
    grid: dict[str, list[Any]] = Field(default_factory=dict)
    """Options of the generator with several values each: every combination is an instance."""
    seeds: Annotated[list[Seed], Field(min_length=1)] | None = None
    """Seeds of the generator: an instance each."""
    criteria: list[str] = Field(default_factory=list)
    """Criteria: an instance each; the empty one keeps the problem's own objective."""
    policies: list[str] = Field(default_factory=list)
    """Policies in force."""
    reference: float | None = None
    """Objective of an optimal plan."""
    references: Name | None = None
    """CSV table of optima by file name: its first column names the file, with or without ending."""
    optimum: Name = "optimum"
    """Column of that table."""
    name: Name | None = Field(None, alias="as")
    """Name in results, of a single instance."""


class BackendPart(Part):
    """A backend with options of its own."""

    backend: Name
    name: Name | None = Field(None, alias="as")
    """Name in results; the backend's own where it is left out."""
    native: dict[str, Any] = Field(default_factory=dict)
    """Options passed through to the backend by their native names."""


class GroupPart(LimitsPart):
    """Every instance on every backend."""

    instances: Annotated[list[InstancePart], Field(min_length=1)]
    backends: Annotated[list[str | BackendPart], Field(min_length=1)]
    """Names, or tables; ``*`` for all that are there, ``greedy:*`` for all rules that fit."""


class SuitePart(LimitsPart):
    """A whole suite."""

    schema_version: int = 1
    name: Name
    title: str = ""
    drift_minutes: Positive | None = None
    group: Annotated[list[GroupPart], Field(min_length=1)]


def parse_suite(content: Mapping[str, Any], where: str) -> SuitePart:
    """Validate a suite's content.

    Raises
    ------
    InputError
        Naming the first mistake's place.

    Examples
    --------
    >>> parse_suite({"name": "mine", "grup": []}, "a.toml")
    Traceback (most recent call last):
    ...
    allocare.instances.errors.InputError: a.toml, field 'grup': there is no such field; did you mean 'group'?
    """
    version = content.get("schema_version", 1)
    if version != 1 or isinstance(version, bool | float):
        raise InputError(f"this Allocare reads version 1, not {version!r}", where, "field 'schema_version'")
    try:
        return SuitePart.model_validate(dict(content))
    except ValidationError as error:
        mistakes = error.errors(include_url=False, include_context=True)
        # a mistyped field is also a missing one: the typing is what mends both
        mistakes.sort(key=lambda mistake: mistake["type"] != "extra_forbidden")
        raise _one_line(mistakes[0], where) from error


_FIELDS: dict[str, type[BaseModel]] = {
    "group": GroupPart,
    "instances": InstancePart,
    "backends": BackendPart,
}


def _one_line(mistake: ErrorDetails, where: str) -> InputError:
    path = [part for part in mistake["loc"] if part not in ("str", "BackendPart")]
    model: type[BaseModel] = SuitePart
    places = []
    for at, part in enumerate(path[:-1]):
        if isinstance(part, str):
            model = _FIELDS.get(part, model)
            number = path[at + 1]
            places.append(f"{part} {number + 1}" if isinstance(number, int) else part)
    last = path[-1] if path else ""
    field = f"field {last!r}" if isinstance(last, str) else ""
    return InputError(_found(mistake, str(last), model), where, *places, field)


def _found(mistake: ErrorDetails, last: str, model: type[BaseModel]) -> str:
    match mistake["type"]:
        case "extra_forbidden":
            fields = [field.alias or name for name, field in model.model_fields.items()]
            return f"there is no such field; {nearest(last, fields)}"
        case "missing":
            return "it is missing"
    return f"{mistake['msg'][:1].lower()}{mistake['msg'][1:]}, not {mistake['input']!r}"
