"""Recipe files: how to read a table, what to clean, and what to expect of the result, in TOML."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from ...instances.errors import InputError
from ...instances.manifest import validated
from ...instances.manifest_sections import Name, Section
from ...instances.toml_files import read_toml
from ..notation import MISSING_WORDS, Notation
from ..readers import read_long, read_wide
from ..schemas import Expectation
from .recipe import Recipe
from .registry import step

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from ..raw_records import Records


class ReadSection(Section):
    """How a table is to be read; what is left out is told otherwise, or is as usual."""

    form: Literal["long", "wide"] = "long"
    """One row a series and time, or one column a series."""
    key: Name | None = None
    """Column of the series' names, of a long table."""
    time: Name | None = None
    """Column of the times."""
    value: Name | None = None
    """Column of what is recorded; what the cells are, of a wide table."""
    covariates: list[Name] = Field(default_factory=list)
    """Columns of what else was recorded."""
    attributes: list[Name] = Field(default_factory=list)
    """Columns of what does not change over time."""
    series: list[Name] | None = None
    """Columns that are series, of a wide table; all but the times where absent."""
    where: dict[Name, str] = Field(default_factory=dict)
    """Rows to keep, by column and value."""
    separator: Literal[",", ";", "\t"] | None = None
    """What separates columns; found out where absent."""
    encoding: Name = "utf-8"
    """How text is written."""
    decimal: str = "."
    """Decimal separator."""
    thousands: str = ""
    """What stands between thousands."""
    missing: list[str] = Field(default_factory=lambda: list(MISSING_WORDS))
    """Words for what was not recorded."""
    times: str = ""
    """How times are written, as for strptime; ISO 8601 where empty."""
    zone: str = ""
    """Time zone that times with offsets are converted to."""
    floor: str = ""
    """D or h: the period that a time counts for."""


class ExpectSection(Section):
    """What is expected of the clean panel."""

    column: str = ""
    """The values or a covariate; all where empty."""
    lowest: int | float | None = None
    """Least value allowed."""
    highest: int | float | None = None
    """Greatest value allowed."""
    whole: bool = False
    """Whether values are whole numbers."""
    missing: int | float = 1
    """Largest share of a series that may be missing."""
    varies: bool = False
    """Whether a series of one value is refused."""


class RecipeSection(Section):
    """A recipe file."""

    read: ReadSection = ReadSection()
    """How the table is to be read."""
    steps: list[dict[str, Any]] = Field(default_factory=list)
    """What is to be done, in order: each with the name of a step and its settings."""
    expect: list[ExpectSection] = Field(default_factory=list)
    """What is expected of the result."""


@dataclass(frozen=True)
class RecipeFile:
    """What a recipe file says; made by `read_recipe`.

    Parameters
    ----------
    recipe
        What is to be done.
    reading
        How the table is to be read: as the arguments of `read_records`.
    expectations
        What is expected of the result.

    Examples
    --------
    >>> RecipeFile(Recipe(), {}, ()).expectations
    ()
    """

    recipe: Recipe
    reading: Mapping[str, Any]
    expectations: tuple[Expectation, ...]


def read_recipe(path: str | os.PathLike[str]) -> RecipeFile:
    r"""Read a recipe file.

    Parameters
    ----------
    path
        A TOML file with the tables ``[read]``, ``[[steps]]`` and ``[[expect]]``, each of which may be absent.

    Raises
    ------
    InputError
        Naming the file, and the field or the step, of the first mistake.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "recipe.toml"
    >>> _ = file.write_text("[[steps]]\nstep = 'forward-fill'\nlimit = 3\n")
    >>> read_recipe(file).recipe.steps
    (ForwardFill(limit=3, columns=()),)
    """
    file = Path(path)
    told = validated(RecipeSection, read_toml(file, "a recipe"), file.name)
    steps = []
    for number, settings in enumerate(told.steps, start=1):
        where = f"step {number}"
        if not isinstance(settings.get("step"), str):
            found = "it is no name" if "step" in settings else "it is missing"
            raise InputError(f"{found}; say which step it is", file.name, where, "field 'step'")
        try:
            steps.append(step(settings["step"], {key: settings[key] for key in settings if key != "step"}))
        except InputError as error:
            raise InputError(str(error), file.name, where) from error
    try:
        recipe = Recipe(tuple(steps))
        expectations = tuple(Expectation(**one.model_dump()) for one in told.expect)
    except InputError as error:
        raise InputError(str(error), file.name) from error
    return RecipeFile(recipe, told.read.model_dump(exclude_unset=True), expectations)


def read_records(path: str | os.PathLike[str], **reading: Any) -> Records:
    r"""Read a table as a recipe's table ``[read]`` says.

    Parameters
    ----------
    path
        A CSV or Parquet file.
    reading
        The fields of ``[read]``, by name.

    Raises
    ------
    InputError
        For a field that is missing, and as `read_long` and `read_wide` do.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "beds.csv"
    >>> _ = file.write_text("day,HE\n2024-01-01,5\n")
    >>> read_records(file, form="wide", time="day").columns
    ('values',)
    >>> read_records(file, time="day")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    allocare.instances.errors.InputError: beds.csv: which column holds the series' names is not told; ...
    """
    told = validated(ReadSection, reading, "the recipe")
    file = Path(path)
    notation = Notation(
        decimal=told.decimal,
        thousands=told.thousands,
        missing=tuple(told.missing),
        times=told.times,
        zone=told.zone,
        floor=told.floor,
    )
    needed = {"time": "the times", "key": "the series' names", "value": "the values"}
    for field, what in needed.items():
        if getattr(told, field) is None and (told.form == "long" or field == "time"):
            raise InputError(
                f"which column holds {what} is not told; name it by {field!r}, in [read] or as an option",
                file.name,
            )
    if told.form == "wide":
        return read_wide(
            file,
            str(told.time),
            series=told.series,
            value=told.value or "values",
            separator=told.separator,
            encoding=told.encoding,
            notation=notation,
        )
    return read_long(
        file,
        str(told.key),
        str(told.time),
        str(told.value),
        covariates=told.covariates,
        attributes=told.attributes,
        where=told.where,
        separator=told.separator,
        encoding=told.encoding,
        notation=notation,
    )
