"""Recipes: steps in order, fitted on the training part, with a list of every cell that they change."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import pandas as pd

from ...instances.errors import InputError
from ...instances.hints import nearest
from ..changes import changed_cells, differing, no_changes
from ..panel import Panel
from ..raw_records import Records
from ..series_attributes import constant_attributes
from .counts import Counts
from .record_steps import Duplicates, EmptySeries, Regularise
from .step import FittedStep, Place, Step

if TYPE_CHECKING:
    from collections.abc import Mapping

RecordStep: TypeAlias = Duplicates | EmptySeries | Regularise


@dataclass(frozen=True, eq=False)
class Cleaned:
    """A clean panel, and what was changed to make it so.

    Parameters
    ----------
    panel
        The panel.
    changes
        ``series``, ``time``, ``column``, ``before``, ``after``, ``step``, ``why``, ``row``: one row for every
        cell that a step changed, in the order of the steps, and none for a cell that it did not. ``before``
        of a cell as it was read is its text, if that is not the plain notation of a number; ``row`` is the
        file's, missing where the file has no such record.
    source
        Name of the file or panel.
    rows
        File row of each cell, 0 where the file has none; None where there is no file.

    Examples
    --------
    >>> from allocare.forecasting.records import simulated_panel
    >>> from allocare.forecasting.recipes.filling import ForwardFill
    >>> panel = simulated_panel(2, 30, seed=1, missing=0.1)
    >>> cleaned = Recipe((ForwardFill(),)).clean(panel)
    >>> cleaned.summary()
               step         column  cells
    0  forward-fill  beds occupied      3
    1  forward-fill           free      3
    """

    panel: Panel
    changes: pd.DataFrame
    source: str = ""
    rows: pd.DataFrame | None = None

    def summary(self) -> pd.DataFrame:
        """Count the cells that each step changed, by column, in the order of the steps."""
        counted = self.changes.groupby(["step", "column"], sort=False).size()
        return counted.rename("cells").reset_index()


@dataclass(frozen=True)
class Recipe:
    """Steps that make records clean, in order.

    Parameters
    ----------
    steps
        First those of records (`Duplicates`, `EmptySeries`, `Regularise`, each at most once; where one is
        not given, duplicates and empty series are refused and the frequency is found out), then those of
        panels, in the order in which they are to be done.

    Examples
    --------
    >>> from allocare.forecasting.recipes.filling import ForwardFill, Interpolate
    >>> Recipe((Interpolate(longest=3), ForwardFill())).uses_future
    True
    """

    steps: tuple[RecordStep | Step, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", tuple(self.steps))
        of_records = [isinstance(step, RecordStep) for step in self.steps]
        for at, step in enumerate(self.steps):
            if of_records[at] and not all(of_records[:at]):
                found = "it is about records, and comes after steps of panels; put it before them"
                raise InputError(found, f"step {at + 1} ({step.name!r})")
            if of_records[at] and any(isinstance(other, type(step)) for other in self.steps[:at]):
                raise InputError("it is there twice; keep one", f"step {at + 1} ({step.name!r})")

    @property
    def panel_steps(self) -> tuple[Step, ...]:
        """The steps of panels, in order."""
        return tuple(step for step in self.steps if not isinstance(step, RecordStep))

    @property
    def uses_future(self) -> bool:
        """Whether a cell may be changed by what is recorded after it, beyond the part fitted on."""
        return any(step.uses_future for step in self.panel_steps)

    def regular(self, records: Records) -> Cleaned:
        """Turn records into a panel by the steps of records alone.

        Raises
        ------
        InputError
            Naming file, series, row and column of the first record that cannot be read or is refused.
        """
        table, changes = records.numbers()
        if not len(table):
            raise InputError("there are no records", records.source)
        if records.attributes:
            table = table.assign(**{name: records.table[name].to_numpy() for name in records.attributes})
        listed = [changes]
        for step in (self._record_step(Duplicates), self._record_step(EmptySeries)):
            table, changed = step.apply(table, records)
            listed.append(changed)
        columns, rows = self._record_step(Regularise).matrices(table, records)
        panel = Panel(
            values=columns[records.value],
            covariates={name: columns[name] for name in records.covariates},
            attributes=constant_attributes(table, records, rows.columns) if records.attributes else None,
            name=records.value,
        )
        return Cleaned(panel, _joined(listed), records.source, rows)

    def clean(self, data: Records | Panel) -> Cleaned:
        """Fit on all there is, and clean it.

        Raises
        ------
        InputError
            Naming file, series, row and column of the first record that cannot be read or is refused.
        """
        start = self.regular(data) if isinstance(data, Records) else Cleaned(data, no_changes(), data.name)
        return self._run(start, None)[0]

    def clean_until(self, data: Panel, origin: pd.Timestamp | str) -> Cleaned:
        """Fit on what was known at an origin and clean that, as a forecast from there must.

        Whatever the steps, nothing recorded after the origin has any part in it.
        """
        return self.clean(data.until(origin))

    def fit(self, training: Panel) -> FittedRecipe:
        """Learn what the steps learn from a training part, each from what the steps before it made of it."""
        start = Cleaned(training, no_changes(), training.name)
        return FittedRecipe(self, self._run(start, None)[1], training.times[-1], training.series)

    def _record_step(self, kind: type[Any]) -> Any:
        return next((step for step in self.steps if isinstance(step, kind)), kind())

    def _run(
        self, start: Cleaned, fitted: tuple[Mapping[str, FittedStep], ...] | None
    ) -> tuple[Cleaned, tuple[Mapping[str, FittedStep], ...]]:
        """Apply the steps one after the other, fitting each first unless that is done."""
        panel, listed = start.panel, [start.changes]
        if panel.name in panel.covariates:
            raise InputError(f"the values and a covariate are both called {panel.name!r}; rename one")
        learnt: list[Mapping[str, FittedStep]] = []
        for at, step in enumerate(self.panel_steps):
            frames = {panel.name: panel.values, **panel.covariates}
            wanted = _columns(step, list(frames))
            own = {name: step.fit(frames[name], panel) for name in wanted} if fitted is None else fitted[at]
            for name in wanted:
                place = Place(start.source, name, start.rows)
                after = own[name].apply(frames[name], place)
                if differing(frames[name], after).any():
                    listed.append(
                        changed_cells(
                            frames[name],
                            after,
                            column=name,
                            step=step.name,
                            why=own[name].why,
                            rows=start.rows,
                        )
                    )
                    frames[name] = after
            values = frames.pop(panel.name)
            panel = replace(panel, values=values, covariates=frames)
            learnt.append(own)
        return Cleaned(panel, _joined(listed), start.source, start.rows), tuple(learnt)

    def apply(self, start: Cleaned, fitted: tuple[Mapping[str, FittedStep], ...]) -> Cleaned:
        """Apply steps that are fitted; `FittedRecipe.apply` is the way to it."""
        return self._run(start, fitted)[0]


@dataclass(frozen=True, eq=False)
class FittedRecipe:
    """A recipe with all that its steps learnt; made by `Recipe.fit`.

    Parameters
    ----------
    recipe
        The recipe.
    learnt
        For each step of panels, what it learnt by column.
    until
        Last time of the training part.
    series
        The series of the training part.

    Examples
    --------
    >>> from allocare.forecasting.records import simulated_panel
    >>> from allocare.forecasting.recipes.filling import Interpolate
    >>> panel = simulated_panel(2, 30, seed=1)
    >>> Recipe((Interpolate(),)).fit(panel.until("2020-01-20")).apply(panel)
    Traceback (most recent call last):
    ...
    allocare.instances.errors.InputError: step 'interpolate': it uses later records, and the data go on to \
2020-01-30, after the training part (2020-01-20); clean each origin by itself, or leave it out
    """

    recipe: Recipe
    learnt: tuple[Mapping[str, FittedStep], ...]
    until: pd.Timestamp
    series: pd.Index[Any]

    def apply(self, panel: Panel) -> Cleaned:
        """Clean a panel by what was learnt.

        Raises
        ------
        InputError
            Where the panel has other series, or goes on after the training part and a step uses the future:
            then what comes later would change what was known before.
        """
        if not panel.series.equals(self.series):
            raise InputError(f"{panel.name} has other series, or in another order, than what was fitted on")
        if panel.times[-1] > self.until:
            for step in self.recipe.panel_steps:
                if step.uses_future:
                    found = f"it uses later records, and the data go on to {panel.times[-1]:%Y-%m-%d}, after"
                    mend = "clean each origin by itself, or leave it out"
                    raise InputError(
                        f"{found} the training part ({self.until:%Y-%m-%d}); {mend}", f"step {step.name!r}"
                    )
        return self.recipe.apply(Cleaned(panel, no_changes(), panel.name), self.learnt)


def default_recipe(*, signed: bool = False) -> Recipe:
    """Return the recipe of clean records: nothing is repaired, and what would need it is refused.

    Rows are sorted and gaps become missing. Duplicates, series without any value and, unless `signed`,
    negative values are errors that name file, series and row.

    Examples
    --------
    >>> [step.name for step in default_recipe().steps]
    ['duplicates', 'empty-series', 'regularise', 'counts']
    """
    steps: tuple[RecordStep | Step, ...] = (Duplicates(), EmptySeries(), Regularise())
    return Recipe(steps if signed else (*steps, Counts()))


def _columns(step: Step, known: list[str]) -> list[str]:
    for name in step.columns:
        if name not in known:
            raise InputError(f"there is no column {name!r}; {nearest(name, known)}", f"step {step.name!r}")
    return [name for name in known if not step.columns or name in step.columns]


def _joined(listed: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [frame for frame in listed if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else no_changes()
