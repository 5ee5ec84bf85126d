"""Network plans as tables: what is 0 is left out of the long ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .plans import plain
from .transfer_lanes import PATIENTS, PATIENTS_NAME

if TYPE_CHECKING:
    from .arrays import FloatArray
    from .native_writing import Draft
    from .network_plan import NetworkPlanProblem

_LANE_COLUMNS = ("cost", "delay", "capacity", "minimum", "set_up_cost", "change_cost")


def network_plan_tables(problem: NetworkPlanProblem, draft: Draft) -> dict[str, Any]:
    """Keep the tables of a network plan in a draft; return the manifest.

    Examples
    --------
    >>> import allocare, pathlib, tempfile
    >>> problem = allocare.generate("network-plan", n_sites=3, n_days=4, seed=1)
    >>> folder = pathlib.Path(tempfile.mkdtemp()) / "wave"
    >>> again = allocare.load(allocare.write(problem, folder))
    >>> bool((again.arriving == problem.arriving).all())
    True
    """
    keys = {
        "site": draft.texts(problem.sites, "site"),
        "class": draft.texts(problem.classes, "class"),
        "resource": draft.texts(problem.resources, "resource"),
        "day": draft.texts(problem.days, "day"),
    }

    def long(name: str, sides: tuple[str, ...], columns: dict[str, Any], *, full: bool = False) -> Any:
        """Section of a long table, or None where every number is 0."""
        values = next(iter(columns.values()))
        places = np.nonzero(np.ones_like(values, dtype=bool) if full else values != 0)
        if not len(places[0]):
            return None
        listed: dict[str, Any] = {
            side: keys[side].take(place) for side, place in zip(sides, places, strict=True)
        }
        listed |= {column: plain(each[places], whole=True) for column, each in columns.items()}
        fields = {("patient_class" if column == "class" else column): column for column in listed}
        return draft.table(name, listed, **fields)

    by_resource, by_class = ("site", "resource"), ("site", "class")
    sections = {
        "options": {"whole": problem.whole},
        **_keyed(problem, draft),
        "use": long(
            "use",
            ("class", "resource"),
            {"per_day": problem.use, "at_admission": problem.admission_use},
            full=True,
        ),
        "stays": _stays("stays", problem.stay, keys, draft),
        "remaining": None
        if problem.remaining is None
        else _stays("remaining", problem.remaining, keys, draft),
        "stock": long(
            "stock",
            by_resource,
            {
                "quantity": problem.stock,
                "surge_capacity": problem.surge_capacity,
                "surge_cost": problem.surge_cost,
                "surge_set_up_cost": problem.surge_set_up_cost,
            },
            full=True,
        ),
        "deliveries": long("deliveries", (*by_resource, "day"), {"quantity": problem.deliveries}),
        "present": long("present", by_class, {"patients": problem.present}),
        "patients": long("patients", (*by_class, "day"), {"patients": problem.arriving}),
        "lanes": _lanes(problem, keys, draft) if len(problem.lanes) else None,
    }
    return {name: section for name, section in sections.items() if section is not None}


def _keyed(problem: NetworkPlanProblem, draft: Draft) -> dict[str, Any]:
    classes = {
        "unmet_cost": problem.unmet_cost,
        "waiting_cost": problem.waiting_cost,
        "minimum_service": problem.minimum_service,
    }
    resources = {
        "reusable": np.where(problem.reusable, "true", "false"),
        "cushion": problem.cushion,
        "stock_change_cost": problem.stock_change_cost,
    }
    service = {"minimum_service": problem.site_minimum_service}
    return {
        "sites": draft.keyed("sites", "site", problem.sites, service),
        "days": draft.keyed("days", "day", problem.days, {}),
        "classes": draft.keyed("classes", "class", problem.classes, classes),
        "resources": draft.keyed("resources", "resource", problem.resources, resources),
    }


def _stays(name: str, probability: FloatArray, keys: dict[str, Any], draft: Draft) -> dict[str, Any]:
    cls, day = np.nonzero(probability)
    columns = {"class": keys["class"].take(cls), "days": day + 1, "probability": probability[cls, day]}
    return draft.table(name, columns, patient_class="class", days="days", probability="probability")


def _lanes(problem: NetworkPlanProblem, keys: dict[str, Any], draft: Draft) -> dict[str, Any]:
    lanes = problem.lanes
    named = [*keys["resource"].tolist(), PATIENTS_NAME]
    assert PATIENTS == -1
    columns = {
        "carries": np.array(named, dtype=object)[lanes.carries],
        "source": keys["site"].take(lanes.source),
        "target": keys["site"].take(lanes.target),
        **{name: plain(getattr(lanes, name), whole=True) for name in _LANE_COLUMNS},
    }
    return draft.table("lanes", columns, **{column: column for column in columns})
