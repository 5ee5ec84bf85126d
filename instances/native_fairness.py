"""What a manifest says of fairness: criterion, policies, and the agents' own columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from .agents import SIDES
from .errors import InputError
from .fairness import Fairness, Rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from .manifest import Manifest
    from .manifest_sections import FairnessSection, KeyedSection, PolicySection
    from .native_lanes import Instance
    from .problem import Problem
    from .tables import Table

ELSEWHERE = {"linear": {"agents": "columns"}}
"""Tables that hold a side's attributes where the manifest has no table named like the side."""


def fairness_of(section: FairnessSection | None, policies: Sequence[PolicySection]) -> Fairness | None:
    """Return the criterion and policies of a manifest, or None where it names neither nor a utility.

    Examples
    --------
    >>> from allocare.instances.manifest_sections import PolicySection
    >>> found = fairness_of(None, [PolicySection(name="floor", value=0.2)])
    >>> [str(rule) for rule in found.policies]
    ['floor:value=0.2']
    """
    if section is None and not policies:
        return None
    said = {} if section is None else section.model_dump(exclude={"criterion"})
    criterion = None if section is None or section.criterion is None else Rule.of(section.criterion)
    rules = tuple(Rule(policy.name, dict(policy.model_extra or {})) for policy in policies)
    return Fairness(criterion=criterion, policies=rules, **said)


def fairness_tables(problem: Problem) -> dict[str, Any]:
    """Return the manifest's tables for a problem's criterion and policies; the inverse of `fairness_of`.

    Examples
    --------
    >>> import allocare
    >>> problem = allocare.with_fairness(allocare.example("sunray"), "maximin", ["floor:value=0.2"])
    >>> fairness_tables(problem)
    {'fairness': {'criterion': 'maximin'}, 'policies': [{'name': 'floor', 'value': 0.2}]}
    """
    asked = problem.fairness
    if asked is None:
        return {}
    said = {"utility": asked.utility, "agents": asked.agents, "size": asked.size}
    table: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
    if asked.normalised:
        table["normalised"] = True
    if asked.criterion is not None:
        written = _table(asked.criterion)
        table["criterion"] = written if asked.criterion.parameters else asked.criterion.name
    tables: dict[str, Any] = {"fairness": table}
    if asked.policies:
        tables["policies"] = [_table(rule) for rule in asked.policies]
    return tables


def attributes_of(instance: Instance, manifest: Manifest) -> dict[str, pd.DataFrame]:
    r"""Read each side's columns that the manifest gives no meaning, as its agents' attributes.

    Text of a CSV file stays text, so that codes keep their leading zeros; an empty cell is missing. A column
    without a name, or one of two of the same name, is left out.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from allocare.instances.manifest import parse_manifest
    >>> from allocare.instances.native_lanes import Instance
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "beds.csv").write_text("bed,x,state\n7,1,06\n")
    >>> beds = {"file": "beds.csv", "key": "bed"}
    >>> manifest = parse_manifest({
    ...     "schema_version": 1, "kind": "assignment", "agents": {**beds, "capacity": "x"}, "tasks": beds,
    ...     "pairs": {"form": "table", "file": "beds.csv", "agent": "bed", "task": "bed", "cost": "x"},
    ... }, "beds.toml")
    >>> attributes_of(Instance(folder, "beds.toml"), manifest)["agents"].to_dict("list")
    {'state': ['06']}
    """
    found = {}
    for side in SIDES.get(manifest.kind, {}):
        section = getattr(manifest, side, None) or getattr(manifest, ELSEWHERE[manifest.kind][side])
        frame = further_columns(instance.table(section), section.key, _used(section))
        if len(frame.columns):
            found[side] = frame
    return found


def further_columns(table: Table, key: str, used: set[str]) -> pd.DataFrame:
    """Columns of a table beside its key and those that are used, the keys as index.

    Examples
    --------
    >>> from allocare.instances.tables import Table
    >>> table = Table("a.csv", ("who", "svi"), (pa.array(["Ada", "Bo"]), pa.array(["0.3", ""])))
    >>> further_columns(table, "who", set())["svi"].isna().tolist()
    [False, True]
    """
    named = {
        name: _values(cells)
        for name, cells in zip(table.header, table.columns, strict=True)
        if name and name not in used and name != key and table.header.count(name) == 1
    }
    return pd.DataFrame(named, index=table.keys(key, "key"))


def attribute_columns(attributes: pd.DataFrame, keys: pd.Index[Any], side: str) -> dict[str, Any]:
    """Return a side's attributes as columns of its table, in the order of its keys.

    Raises
    ------
    InputError
        For a name that is empty or, as text, that of another.

    Examples
    --------
    >>> frame = pd.DataFrame({"region": ["a", None]}, index=["x", "y"])
    >>> attribute_columns(frame, pd.Index(["y", "x"]), "targets")["region"].tolist()
    [None, 'a']
    """
    names = pd.Index([str(name) for name in attributes.columns])
    wrong = names.duplicated() | np.array([not name for name in names], dtype=bool)
    if wrong.any():
        name = attributes.columns[int(np.argmax(wrong))]
        raise InputError(f"attribute {name!r} of the {side} cannot be written; names differ, none is empty")
    ordered = attributes.reindex(keys)
    return {name: _plain_text(ordered.iloc[:, at]) for at, name in enumerate(names)}


def _used(section: KeyedSection) -> set[str]:
    said = section.model_dump(exclude={"file", "separator"}).values()
    return {value for value in said if isinstance(value, str)}


def _values(cells: pa.Array) -> npt.NDArray[Any]:
    if pa.types.is_string(cells.type):
        cells = pc.if_else(pc.equal(cells, ""), pa.scalar(None, pa.string()), cells)
    values: npt.NDArray[Any] = cells.to_pandas().to_numpy()
    return values


def _plain_text(values: pd.Series[Any]) -> Any:
    """Anything but numbers and times as text, so that every table format can hold it."""
    if values.dtype.kind in "biufM":
        return values.to_numpy()
    return np.array([None if pd.isna(value) else str(value) for value in values], dtype=object)


def _table(rule: Rule) -> dict[str, Any]:
    return {"name": rule.name, **{name: _toml(value) for name, value in rule.parameters.items()}}


def _toml(value: Any) -> Any:
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, dict):
        return {str(name): _toml(part) for name, part in value.items() if part is not None}
    if isinstance(value, list | tuple):
        return [_toml(part) for part in value]
    return value
