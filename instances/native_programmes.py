"""Budgeted programmes of the native format: groups, programmes, and one budget or a table of several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from .programme_sections import MatrixCostsSection

if TYPE_CHECKING:
    from .arrays import FloatArray
    from .manifest import ProgrammeManifest
    from .native_lanes import Instance
    from .tables import Table

ONE_BUDGET = "total"
"""Key of the budget that is a number of the options."""


def read_programmes(instance: Instance, manifest: ProgrammeManifest) -> dict[str, Any]:
    r"""Read the data of a `ProgrammeProblem`.

    Raises
    ------
    InputError
        Naming the table's row and column, or the manifest's field.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from allocare.instances.manifest import parse_manifest
    >>> from allocare.instances.native_lanes import Instance
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "care.csv").write_text("what,size,benefit,cost\nhip,40,2,1\nvalve,10,5,3\n")
    >>> care = {"file": "care.csv", "key": "what"}
    >>> manifest = parse_manifest({
    ...     "schema_version": 1, "kind": "programmes", "options": {"budget": 60},
    ...     "groups": {**care, "size": "size"}, "programmes": {**care, "group": "what", "cost": "cost"},
    ... }, "care.toml")
    >>> data = read_programmes(Instance(folder, "care.toml"), manifest)
    >>> data["budget_limit"].tolist(), data["cost"].toarray().tolist()
    ([60.0], [[1.0, 3.0]])
    """
    options, section = manifest.options, manifest.programmes
    group_table, table = instance.table(manifest.groups), instance.table(section)
    groups = group_table.keys(manifest.groups.key, "group")
    programmes = table.keys(section.key, "programme")
    baseline = manifest.groups.baseline
    size = group_table.numbers(manifest.groups.size, lowest=0)
    if (size == 0).any():
        row = int(np.argmin(size))
        raise group_table.error("it is 0; a group needs somebody, so leave it out", row, manifest.groups.size)
    lower, upper = _bounds(table, section.lower, section.upper, whole=options.whole)
    data = {
        "groups": groups,
        "group_size": size,
        "baseline": 0.0 if baseline is None else group_table.numbers(baseline),
        "programmes": programmes,
        "group": table.members(section.group, groups, "group"),
        "benefit": table.numbers(section.benefit),
        "lower": lower,
        "upper": upper,
        "one_each": options.one_each,
        "whole": options.whole,
        "cost_per": options.cost_per,
    }
    budgets, limit, cost = _budgets(instance, manifest, programmes, table)
    return data | {"budgets": budgets, "budget_limit": limit, "cost": cost}


def _bounds(table: Table, lower: str | None, upper: str | None, *, whole: bool) -> tuple[Any, Any]:
    low, high = (
        np.full(len(table), default)
        if column is None
        else table.numbers(column, lowest=0, highest=1, whole=whole)
        for column, default in ((lower, 0.0), (upper, 1.0))
    )
    crossed = low > high
    if crossed.any():
        row = int(np.argmax(crossed))
        raise table.error(f"the share is at least {low[row]:.12g} but at most {high[row]:.12g}", row)
    return low, high


def _budgets(
    instance: Instance, manifest: ProgrammeManifest, programmes: pd.Index[Any], table: Table
) -> tuple[pd.Index[Any], FloatArray, sp.csr_array]:
    """Keys, limits, and costs by budget and programme."""
    column, limit, section = manifest.programmes.cost, manifest.options.budget, manifest.budgets
    if section is not None:
        if limit is not None:
            raise instance.error("there is also a table [budgets]; keep one of the two", "options", "budget")
        if column is not None:
            raise instance.error("costs of several budgets stand in table [costs]", "programmes", "cost")
        budget_table = instance.table(section)
        budgets = budget_table.keys(section.key, "budget")
        return (
            budgets,
            budget_table.numbers(section.limit, lowest=0),
            _cost_table(instance, manifest, programmes, budgets),
        )
    if manifest.costs is not None:
        raise instance.error("costs by budget need the table [budgets]", "costs")
    if limit is None and column is None:
        return pd.Index([]), np.zeros(0), sp.csr_array((0, len(programmes)))
    if limit is None:
        raise instance.error("costs need a budget; give it in table [options]", "programmes", "cost")
    if column is None:
        raise instance.error(
            "a budget needs costs; name their column in table [programmes]", "options", "budget"
        )
    cost = sp.csr_array(table.numbers(column, lowest=0)[np.newaxis])
    return pd.Index([ONE_BUDGET]), np.array([limit]), cost


def _cost_table(
    instance: Instance, manifest: ProgrammeManifest, programmes: pd.Index[Any], budgets: pd.Index[Any]
) -> sp.csr_array:
    shape, section = (len(budgets), len(programmes)), manifest.costs
    if section is None:
        return sp.csr_array(shape)
    table = instance.table(section)
    if isinstance(section, MatrixCostsSection):
        cells = table.matrix(programmes, budgets, ("programme", "budget"), lowest=0)
        return sp.csr_array(np.nan_to_num(cells.T))
    programme = table.members(section.programme, programmes, "programme")
    budget = table.members(section.budget, budgets, "budget")
    table.refuse_repeated(budget.astype(np.int64) * len(programmes) + programme, "cost")
    return sp.csr_array((table.numbers(section.cost, lowest=0), (budget, programme)), shape=shape)
