"""Network plans of the native format: keyed tables of sites, days, classes and resources, and long tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .transfer_lanes import PATIENTS, PATIENTS_NAME, TransferLanes

if TYPE_CHECKING:
    from .arrays import FloatArray, IndexArray
    from .manifest import NetworkPlanManifest
    from .manifest_sections import TableSection
    from .native_lanes import Instance
    from .network_plan_sections import StaysSection
    from .tables import Table

_LONGEST_STAY = 3660
"""Most days of a stay, so that a mistyped one does not fill the memory."""


def read_network_plan(instance: Instance, manifest: NetworkPlanManifest) -> dict[str, Any]:
    """Read the data of a `NetworkPlanProblem`.

    Raises
    ------
    InputError
        Naming the table's row and column, or the manifest's field.

    Examples
    --------
    >>> import allocare
    >>> allocare.example("two-hospitals").still_in_care.tolist()
    [[1.0, 0.5, 0.0, 0.0]]
    """
    return _Reader(instance, manifest).data()


class _Reader:
    def __init__(self, instance: Instance, manifest: NetworkPlanManifest) -> None:
        self.instance, self.manifest = instance, manifest
        self.tables = {
            name: instance.table(getattr(manifest, name))
            for name in ("sites", "days", "classes", "resources")
        }
        self.keys = {
            name: table.keys(getattr(manifest, name).key, what)
            for (name, table), what in zip(
                self.tables.items(), ("site", "day", "class", "resource"), strict=True
            )
        }

    def data(self) -> dict[str, Any]:
        manifest, classes = self.manifest, self.tables["classes"]
        resources, whole = self.tables["resources"], manifest.options.whole
        return {
            **self.keys,
            "whole": whole,
            "reusable": self._flags(resources, manifest.resources.reusable),
            "cushion": _column(resources, manifest.resources.cushion, 0.0, lowest=0, highest=1 - 1e-6),
            "stock_change_cost": _column(resources, manifest.resources.stock_change_cost, 0.0, lowest=0),
            "unmet_cost": classes.numbers(manifest.classes.unmet_cost, lowest=0),
            "waiting_cost": _column(classes, manifest.classes.waiting_cost, np.inf, lowest=0, infinite=True),
            "minimum_service": _column(classes, manifest.classes.minimum_service, 0.0, lowest=0, highest=1),
            "site_minimum_service": _column(
                self.tables["sites"], manifest.sites.minimum_service, 0.0, lowest=0, highest=1
            ),
            **self._use(),
            "stay": self._stays(manifest.stays),
            "remaining": None if manifest.remaining is None else self._stays(manifest.remaining),
            **self._stock(),
            "deliveries": self._long(manifest.deliveries, "delivery", lowest=-np.inf),
            "present": self._long(manifest.present, "number of patients"),
            "arriving": self._long(manifest.patients, "number of patients", whole=whole),
            "lanes": self._lanes(),
        }

    def _flags(self, table: Table, column: str | None) -> Any:
        return True if column is None else table.flags(column)

    def _places(self, table: Table, section: TableSection, fields: tuple[str, ...]) -> list[IndexArray]:
        """Positions of the keys of a long table's rows."""
        sides = {"site": "sites", "day": "days", "patient_class": "classes", "resource": "resources"}
        words = {"patient_class": "class"}
        return [
            table.members(getattr(section, field), self.keys[sides[field]], words.get(field, field))
            for field in fields
        ]

    def _spread(
        self, table: Table, places: list[IndexArray], shape: tuple[int, ...], values: FloatArray, what: str
    ) -> FloatArray:
        code = np.ravel_multi_index([place.astype(np.int64) for place in places], shape)
        table.refuse_repeated(code, what)
        dense = np.zeros(int(np.prod(shape)))
        dense[code] = values
        return dense.reshape(shape)

    def _shape(self, *sides: str) -> tuple[int, ...]:
        return tuple(len(self.keys[side]) for side in sides)

    def _long(self, section: Any, what: str, **rules: Any) -> Any:
        if section is None:
            return 0.0
        table = self.instance.table(section)
        sides = {"site": "sites", "patient_class": "classes", "resource": "resources", "day": "days"}
        fields = tuple(field for field in sides if hasattr(section, field))
        value = "quantity" if hasattr(section, "quantity") else "patients"
        places = self._places(table, section, fields)
        values = table.numbers(getattr(section, value), **({"lowest": 0} | rules))
        return self._spread(table, places, self._shape(*(sides[field] for field in fields)), values, what)

    def _use(self) -> dict[str, Any]:
        section = self.manifest.use
        table = self.instance.table(section)
        places = self._places(table, section, ("patient_class", "resource"))
        shape = self._shape("classes", "resources")
        per_day = self._spread(table, places, shape, table.numbers(section.per_day, lowest=0), "use")
        once = _column(table, section.at_admission, 0.0, lowest=0)
        return {"use": per_day, "admission_use": self._spread(table, places, shape, once, "use")}

    def _stays(self, section: StaysSection) -> FloatArray:
        table = self.instance.table(section)
        (place,) = self._places(table, section, ("patient_class",))
        days = table.numbers(section.days, lowest=1, highest=_LONGEST_STAY, whole=True).astype(np.int64)
        probability = table.numbers(section.probability, lowest=0, highest=1)
        shape = (len(self.keys["classes"]), int(days.max(initial=1)))
        found = self._spread(table, [place, days - 1], shape, probability, "stay")  # type: ignore[list-item]
        total = found.sum(axis=1)
        off = np.abs(total - 1) > 1e-6
        if off.any():
            at = int(np.argmax(off))
            name = self.keys["classes"][at]
            if not (place == at).any():
                raise table.error(f"the class {name!r} has no row; give the probabilities of its stays")
            raise table.error(
                f"the probabilities of class {name!r} add up to {total[at]:.6g}; they must add up to 1",
                int(np.flatnonzero(place == at)[-1]),
                section.probability,
            )
        return found

    def _stock(self) -> dict[str, Any]:
        section = self.manifest.stock
        table = self.instance.table(section)
        places = self._places(table, section, ("site", "resource"))
        shape = self._shape("sites", "resources")
        columns = {
            "stock": table.numbers(section.quantity, lowest=0),
            "surge_capacity": _column(table, section.surge_capacity, 0.0, lowest=0, infinite=True),
            "surge_cost": _column(table, section.surge_cost, 0.0, lowest=0),
            "surge_set_up_cost": _column(table, section.surge_set_up_cost, 0.0, lowest=0),
        }
        return {name: self._spread(table, places, shape, values, "stock") for name, values in columns.items()}

    def _lanes(self) -> TransferLanes:
        section = self.manifest.lanes
        if section is None:
            return TransferLanes(carries=[], source=[], target=[])  # type: ignore[arg-type]
        table = self.instance.table(section)
        sites, resources = self.keys["sites"], self.keys["resources"]
        carried = resources.append(pd.Index([PATIENTS_NAME], dtype=resources.dtype))
        carries = table.members(section.carries, carried, "resource, nor patients")
        source, target = (table.members(end, sites, "site") for end in (section.source, section.target))
        carries = np.where(carries == len(resources), PATIENTS, carries)
        place = ((carries.astype(np.int64) + 1) * len(sites) + source) * len(sites) + target
        table.refuse_repeated(place, "lane")
        to_itself = source == target
        if to_itself.any():
            raise table.error(
                "it leads from a site to itself; leave it out", int(np.argmax(to_itself)), section.target
            )
        capacity = _column(table, section.capacity, np.inf, lowest=0, infinite=True)
        minimum = _column(table, section.minimum, 0.0, lowest=0)
        crossed = np.asarray(minimum > capacity)
        if crossed.any():
            row = int(np.argmax(crossed))
            raise table.error(
                f"it carries at least {minimum[row]:.12g} but at most {capacity[row]:.12g}; mend one", row
            )
        return TransferLanes(
            carries=carries,
            source=source,
            target=target,
            cost=table.numbers(section.cost, lowest=0),
            delay=_column(table, section.delay, 0.0, lowest=0, whole=True),  # type: ignore[arg-type]
            capacity=capacity,
            minimum=minimum,
            set_up_cost=_column(table, section.set_up_cost, 0.0, lowest=0),
            change_cost=_column(table, section.change_cost, 0.0, lowest=0),
        )


def _column(table: Table, column: str | None, default: float, **rules: Any) -> FloatArray:
    return np.full(len(table), default) if column is None else table.numbers(column, **rules)
