"""Options that say how a table of records is to be read; a recipe's table ``[read]`` may say the same."""

# annotations are read at run time here, so they are not postponed
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..instances.errors import InputError

if TYPE_CHECKING:
    from ..forecasting.recipes.files import RecipeFile

RecordsFile = Annotated[Path, typer.Argument(help="A CSV or Parquet table of records.")]
RecipeOption = Annotated[
    Path | None, typer.Option("--recipe", "-r", help="TOML file: how to read the table, and what to clean.")
]
Wide = Annotated[bool, typer.Option("--wide", help="Each series is a column; else a row a series and time.")]
SeriesKey = Annotated[str | None, typer.Option("--key", help="Column of the series' names.")]
Time = Annotated[str | None, typer.Option("--time", help="Column of the times.")]
Value = Annotated[str | None, typer.Option("--value", help="Column of what is recorded.")]
Covariate = Annotated[
    list[str] | None, typer.Option("--covariate", help="Column of what else was recorded; repeatable.")
]
Where = Annotated[
    list[str] | None, typer.Option("--where", help="Keep the rows with COLUMN=VALUE; repeatable.")
]
Thousands = Annotated[
    str | None, typer.Option("--thousands", help="What stands between thousands, e.g. ','; default: nothing.")
]
Decimal = Annotated[str | None, typer.Option("--decimal", help="'.' or ','; default: '.'.")]
Times = Annotated[
    str | None, typer.Option("--times", help="How times are written, e.g. '%d.%m.%Y'; default: ISO 8601.")
]
Zone = Annotated[
    str | None, typer.Option("--zone", help="Time zone to convert to, where times have offsets.")
]
Encoding = Annotated[str | None, typer.Option("--encoding", help="How text is written; default: utf-8.")]


def recipe_of(path: Path | None, *, signed: bool = False) -> "RecipeFile":
    """Read a recipe, or take the default one.

    Examples
    --------
    >>> [step.name for step in recipe_of(None, signed=True).recipe.steps]
    ['duplicates', 'empty-series', 'regularise']
    """
    from ..forecasting.recipes.files import RecipeFile, read_recipe
    from ..forecasting.recipes.recipe import default_recipe

    return read_recipe(path) if path is not None else RecipeFile(default_recipe(signed=signed), {}, ())


def reading(
    recipe: "RecipeFile",
    *,
    wide: bool = False,
    covariates: list[str] | None = None,
    where: list[str] | None = None,
    **told: str | None,
) -> dict[str, Any]:
    """Say how to read a table: as the recipe says, and where options say something, as they do.

    Examples
    --------
    >>> told = reading(recipe_of(None), key="state", time="day", value="beds", where=["age=adult"])
    >>> told["where"], told["key"]
    ({'age': 'adult'}, 'state')
    """
    options: dict[str, Any] = {name: value for name, value in told.items() if value is not None}
    if wide:
        options["form"] = "wide"
    if covariates:
        options["covariates"] = covariates
    if where:
        options["where"] = dict(map(_pair, where))
    return {**recipe.reading, **options}


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise InputError(f"--where {text!r} is not COLUMN=VALUE")
    return name, value
