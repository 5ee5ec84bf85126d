"""Lanes of the native format: from a table, from matrices, or from places on the globe."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .errors import InputError
from .great_circle import great_circle_lanes
from .lanes import Lanes
from .manifest_sections import GreatCircleSection, KeyedSection, MatrixLanesSection, MatrixPairsSection
from .table_files import read_table

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from .arrays import FloatArray
    from .manifest import (
        AssignmentManifest,
        FairAllocationManifest,
        TransportationManifest,
        UncertainTransportationManifest,
    )
    from .manifest_sections import PlacedSection, TableLanesSection, TablePairsSection, TableSection
    from .tables import Table


class End(NamedTuple):
    """One side of the lanes: the sources or targets, agents or tasks."""

    what: str
    section_name: str
    section: PlacedSection
    table: Table
    keys: pd.Index[Any]


@dataclass(frozen=True)
class Instance:
    """Where a manifest lies: finds its tables and names it in errors."""

    folder: Path
    name: str
    _keyed: dict[tuple[str, str], Table] = field(default_factory=dict, repr=False)

    def table(self, section: TableSection, file: str | None = None) -> Table:
        """Read the section's table, or another file of the same make; a table with keys is read once."""
        place = file or section.file, section.separator
        if not isinstance(section, KeyedSection):
            return read_table(self.folder, *place)
        if place not in self._keyed:
            self._keyed[place] = read_table(self.folder, *place)
        return self._keyed[place]

    def end(self, what: str, section_name: str, section: PlacedSection) -> End:
        """Read one side of the lanes."""
        table = self.table(section)
        return End(what, section_name, section, table, table.keys(section.key, what))

    def error(self, found: str, table: str, field: str | None = None) -> InputError:
        """Build the error for a place in the manifest."""
        return InputError(found, self.name, f"table [{table}]", "" if field is None else f"field {field!r}")


def read_lanes(
    instance: Instance,
    manifest: TransportationManifest
    | AssignmentManifest
    | FairAllocationManifest
    | UncertainTransportationManifest,
    section_name: str,
    sources: End,
    targets: End,
    *,
    extra: str | None = None,
    whole: bool = False,
    lowest_cost: float = -np.inf,
) -> tuple[Lanes, FloatArray | None]:
    r"""Read lanes and, in lane order, the further quantity (`need` or `use`) that belongs to each.

    Parameters
    ----------
    instance, manifest
        Where the manifest lies and what it says.
    section_name
        The manifest's table that describes the lanes.
    sources, targets
        Both sides.
    extra
        Name of the further quantity, where the family has one.
    whole
        Whether capacities must be whole numbers.
    lowest_cost
        Least cost allowed.

    Raises
    ------
    InputError
        Naming the table's row and column, or the manifest's field.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from allocare.instances.manifest import parse_manifest
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "beds.csv").write_text("bed,x\n7,1\n")
    >>> beds = {"file": "beds.csv", "key": "bed"}
    >>> manifest = parse_manifest({
    ...     "schema_version": 1, "kind": "assignment", "agents": beds, "tasks": beds,
    ...     "pairs": {"form": "table", "file": "beds.csv", "agent": "bed", "task": "bed", "cost": "x"},
    ... }, "beds.toml")
    >>> instance = Instance(folder, "beds.toml")
    >>> agents = instance.end("agent", "agents", manifest.agents)
    >>> tasks = instance.end("task", "tasks", manifest.tasks)
    >>> read_lanes(instance, manifest, "pairs", agents, tasks)[0].cost.tolist()
    [1.0]
    """
    section = getattr(manifest, section_name)
    if isinstance(section, GreatCircleSection):
        _refuse_other_units(instance, manifest.units.model_dump(exclude_none=True), section)
        return _great_circle(instance, section, sources, targets, section_name), None
    if isinstance(section, MatrixLanesSection | MatrixPairsSection):
        return _from_matrices(instance, section, sources, targets, extra, whole, lowest_cost)
    return _from_table(instance, section, sources, targets, extra, whole, lowest_cost)


def _from_table(
    instance: Instance,
    section: TableLanesSection | TablePairsSection,
    sources: End,
    targets: End,
    extra: str | None,
    whole: bool,
    lowest_cost: float,
) -> tuple[Lanes, FloatArray | None]:
    table = instance.table(section)
    rows = table.members(getattr(section, sources.what), sources.keys, sources.what)
    columns = table.members(getattr(section, targets.what), targets.keys, targets.what)
    order = table.refuse_repeated(
        rows.astype(np.int64) * len(targets.keys) + columns,
        "lane" if sources.what == "source" else "pair",
    )
    cost = table.numbers(section.cost, lowest=lowest_cost)
    limit = getattr(section, "capacity", None)
    capacity = None if limit is None else table.numbers(limit, lowest=0, infinite=True, whole=whole)
    further = getattr(section, extra) if extra else None
    lanes = Lanes.from_table(
        len(sources.keys),
        len(targets.keys),
        rows[order],
        columns[order],
        cost[order],
        None if capacity is None else capacity[order],
    )
    return lanes, None if further is None else table.numbers(further, lowest=0)[order]


def _from_matrices(
    instance: Instance,
    section: MatrixLanesSection | MatrixPairsSection,
    sources: End,
    targets: End,
    extra: str | None,
    whole: bool,
    lowest_cost: float,
) -> tuple[Lanes, FloatArray | None]:
    def matrix(file: str, **rules: Any) -> FloatArray:
        table = instance.table(section, file)
        return table.matrix(sources.keys, targets.keys, (sources.what, targets.what), **rules)

    cost = matrix(section.file, lowest=lowest_cost)
    absent = np.isnan(cost)

    def companion(file: str | None, **rules: Any) -> FloatArray | None:
        if file is None:
            return None
        values = matrix(file, lowest=0, **rules)
        other = np.isnan(values) != absent
        if other.any():
            row, column = divmod(int(np.argmax(other)), len(targets.keys))
            has, lacks = (file, section.file) if absent[row, column] else (section.file, file)
            pair = f"{sources.what} {sources.keys[row]!r} and {targets.what} {targets.keys[column]!r}"
            raise InputError(
                f"the cell of {pair} is empty here but filled in {has}; fill both or neither", lacks
            )
        return values

    capacity = companion(getattr(section, "capacity_file", None), infinite=True, whole=whole)
    further = companion(getattr(section, f"{extra}_file") if extra else None)
    return Lanes.from_matrix(cost, capacity), None if further is None else further[~absent]


def _great_circle(
    instance: Instance, section: GreatCircleSection, sources: End, targets: End, section_name: str
) -> Lanes:
    places = []
    for end in (sources, targets):
        for measure, highest in (("latitude", 90), ("longitude", 180)):
            column = getattr(end.section, measure)
            if column is None:
                raise instance.error(
                    f"it is missing; great-circle [{section_name}] need its column", end.section_name, measure
                )
            places.append(end.table.numbers(column, lowest=-highest, highest=highest))
    return great_circle_lanes(
        *places,
        whole_km=section.round,
        maximum_km=section.maximum_km,
        cost_per_km=1.0 if section.cost_per_km is None else section.cost_per_km,
    )


def _refuse_other_units(instance: Instance, units: dict[str, str], section: GreatCircleSection) -> None:
    """Refuse a unit that contradicts the distances, which are in km."""
    for measure in ("distance", "cost", "weight"):
        priced = measure != "distance" and section.cost_per_km is not None
        if not priced and units.get(measure, "km") != "km":
            mend = "say 'km'" if measure == "distance" else "say 'km', or give cost_per_km"
            raise instance.error(
                f"it is {units[measure]!r}, but great-circle distances are in km; {mend}", "units", measure
            )
