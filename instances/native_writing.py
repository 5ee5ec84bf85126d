"""Writing the native format: a problem becomes a manifest beside its tables, whole or not at all."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from .errors import InputError
from .manifest import parse_manifest
from .native_fairness import ELSEWHERE, attribute_columns, fairness_tables
from .native_programmes import ONE_BUDGET
from .native_uncertain_writing import write_uncertain
from .network_plan_writing import network_plan_tables
from .whole_writing import written_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .arrays import FloatArray
    from .assignment import AssignmentProblem
    from .fair_allocation import FairAllocationProblem
    from .lanes import Lanes
    from .linear import LinearProblem
    from .network_flow import NetworkFlowProblem
    from .problem import Problem
    from .programmes import ProgrammeProblem
    from .transportation import TransportationProblem

TableFormat: TypeAlias = Literal["csv", "parquet"]
_WIDEST_MATRIX = 4_000


def write_native(problem: Problem, path: Path, *, tables: TableFormat = "csv") -> Path:
    """Write a problem so that reading it gives the same problem, its keys as text.

    Parameters
    ----------
    problem
        What to write.
    path
        The manifest (``*.toml``), its tables then carry its name; or a folder for all of it.
    tables
        Format of the tables.

    Returns
    -------
    Path
        The manifest.

    Raises
    ------
    InputError
        For a problem that has no tables (nothing to decide), or a place that cannot be written.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from allocare.instances.assignment import AssignmentProblem
    >>> from allocare.instances.lanes import Lanes
    >>> problem = AssignmentProblem(agents=["bed"], tasks=["Ada"], pairs=Lanes.from_matrix([[1]]))
    >>> folder = write_native(problem, pathlib.Path(tempfile.mkdtemp()) / "beds").parent
    >>> sorted(file.name for file in folder.iterdir())
    ['agents.csv', 'costs.csv', 'problem.toml', 'tasks.csv']
    """
    import tomli_w

    path = Path(path)
    single = path.suffix.lower() == ".toml"
    folder, name = (path.parent, path.name) if single else (path, "problem.toml")
    draft = Draft(f"{path.stem}-" if single else "", tables, _attributes(problem))
    manifest = _WRITERS[problem.kind](problem, draft)
    content = _described(problem) | manifest | fairness_tables(problem)
    parse_manifest(content, name)
    with written_whole(folder) as staging:
        for file, frame in draft.frames.items():
            _write_frame(frame, staging / file, draft)
        (staging / name).write_text(tomli_w.dumps(content), encoding="utf-8", newline="\n")
    return folder / name


class Draft:
    """The tables of a problem under way, by file name.

    Examples
    --------
    >>> draft = Draft("", "csv", {})
    >>> draft.table("beds", {"ward": ["a"], "beds": [3]}, key="ward")
    {'file': 'beds.csv', 'key': 'ward'}
    """

    def __init__(self, prefix: str, tables: TableFormat, attributes: Mapping[str, pd.DataFrame]) -> None:
        self.prefix = prefix
        self.ending = tables
        self.attributes = attributes
        self.frames: dict[str, pd.DataFrame] = {}
        self.quote_all = False

    def texts(self, keys: pd.Index[Any], what: str) -> pd.Index[Any]:
        """Keys as text, refusing those that would not come back."""
        texts = pd.Index([str(key) for key in keys], dtype=object)
        wrong = texts.duplicated() | np.array([not text or "\0" in text for text in texts], dtype=bool)
        if wrong.any():
            key = keys[int(np.argmax(wrong))]
            raise InputError(f"{what} {key!r} cannot be written; as text, keys differ and none is empty")
        # csv leaves these bare, and readers take them for the end of a row
        self.quote_all |= any("\r" in text for text in texts)
        return texts

    def table(self, name: str, columns: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
        """Keep a table of the columns that are there; return the manifest's section for it."""
        frame = pd.DataFrame({column: values for column, values in columns.items() if values is not None})
        if frame.empty:
            raise InputError(f"a problem without {name} has nothing to decide and cannot be written")
        present = {field: column for field, column in fields.items() if column in frame.columns}
        return {"file": self._keep(name, frame), **present}

    def _keep(self, name: str, frame: pd.DataFrame) -> str:
        file = f"{self.prefix}{name}.{self.ending}"
        self.frames[file] = frame
        return file

    def keyed(self, name: str, what: str, keys: pd.Index[Any], columns: Mapping[str, Any]) -> dict[str, Any]:
        """Keep a table with a row for each key, and the side's attributes beside."""
        further = self.attributes.get(name)
        own = {} if further is None else attribute_columns(further, keys, name)
        self.quote_all |= any(
            isinstance(cell, str) and "\r" in cell
            for values in own.values()
            if values.dtype == object
            for cell in values
        )
        fields = {field: _other_than(own, field) for field in (what, *columns)}
        numbered = {fields[field]: _plain(values) for field, values in columns.items() if values is not None}
        return self.table(
            name,
            {fields[what]: self.texts(keys, what), **numbered, **own},
            key=fields[what],
            **{field: fields[field] for field in columns},
        )

    def lanes(
        self, lanes: Lanes, names: tuple[str, str], keys: tuple[pd.Index[Any], pd.Index[Any]], **further: Any
    ) -> dict[str, Any]:
        """Keep lanes as matrices where they are complete, as a table otherwise."""
        texts = tuple(self.texts(index, what) for index, what in zip(keys, names, strict=True))
        if lanes.complete and lanes.n_targets <= _WIDEST_MATRIX:
            files = {"file": self._matrix("costs", lanes.cost, names[0], *texts)}
            for what, values in further.items():
                if values is not None:
                    files[f"{what}_file"] = self._matrix(_PLURALS[what], values, names[0], *texts)
            return {"form": "matrix", **files}
        columns = {
            names[0]: texts[0].take(lanes.source),
            names[1]: texts[1].take(lanes.target),
            "cost": _plain(lanes.cost),
            **{what: _plain(values) for what, values in further.items() if values is not None},
        }
        name = "lanes" if names[0] == "source" else "pairs"
        return {"form": "table", **self.table(name, columns, **{column: column for column in columns})}

    def _matrix(
        self, name: str, values: FloatArray, corner: str, rows: pd.Index[Any], columns: pd.Index[Any]
    ) -> str:
        while corner in columns:
            corner += "_"
        cells = _plain(values).reshape(len(rows), len(columns))
        frame = pd.DataFrame(cells, columns=columns)
        frame.insert(0, corner, rows)
        if frame.empty:
            raise InputError(f"a problem without {corner}s has nothing to decide and cannot be written")
        return self._keep(name, frame)


def _other_than(taken: Mapping[str, Any], name: str) -> str:
    while name in taken:
        name += "_"
    return name


def _attributes(problem: Problem) -> dict[str, pd.DataFrame]:
    """Attributes by the table that holds them."""
    elsewhere = ELSEWHERE.get(problem.kind, {}) if getattr(problem, "utility", None) is None else {}
    return {elsewhere.get(side, side): frame for side, frame in problem.attributes.items()}


_PLURALS = {"capacity": "capacities", "need": "needs", "use": "uses"}


def _described(problem: Problem) -> dict[str, Any]:
    described: dict[str, Any] = {"schema_version": 1, "kind": problem.kind}
    if problem.title:
        described["title"] = problem.title
    credit = {"source": problem.provenance.source, "license": problem.provenance.license}
    if any(credit.values()):
        described["provenance"] = credit
    if problem.units:
        described["units"] = dict(problem.units)
    return described


def _transportation(problem: TransportationProblem, draft: Draft) -> dict[str, Any]:
    ends = (problem.sources, problem.targets)
    options = {
        "whole": problem.whole,
        "supply_rule": problem.supply_rule,
        "demand_rule": problem.demand_rule,
        "total": problem.total,
    }
    demands = {
        "demand": problem.demand,
        "unmet_cost": problem.unmet_cost,
        "minimum_service": problem.minimum_service,
    }
    return {
        "objective": {"sense": problem.sense},
        "options": _given(options),
        "sources": draft.keyed("sources", "source", problem.sources, {"supply": problem.supply}),
        "targets": draft.keyed("targets", "target", problem.targets, demands),
        "lanes": draft.lanes(problem.lanes, ("source", "target"), ends, capacity=problem.lanes.capacity),
    }


def _assignment(problem: AssignmentProblem, draft: Draft) -> dict[str, Any]:
    prices = {"left_out_cost": problem.left_out_cost, "priority": problem.priority}
    return {
        "objective": {"sense": problem.sense},
        "options": {"task_rule": problem.task_rule},
        "agents": draft.keyed("agents", "agent", problem.agents, {"capacity": problem.capacity}),
        "tasks": draft.keyed("tasks", "task", problem.tasks, prices),
        "pairs": draft.lanes(
            problem.pairs, ("agent", "task"), (problem.agents, problem.tasks), use=problem.use
        ),
    }


def _fair_allocation(problem: FairAllocationProblem, draft: Draft) -> dict[str, Any]:
    options = {
        "whole": problem.whole,
        "efficiency_loss": problem.efficiency_loss,
        "cost_budget": problem.cost_budget,
    }
    return {
        "objective": {"criterion": problem.criterion},
        "options": _given(options),
        "sources": draft.keyed("sources", "source", problem.sources, {"supply": problem.supply}),
        "targets": draft.keyed("targets", "target", problem.targets, {"demand": problem.demand}),
        "lanes": draft.lanes(
            problem.lanes,
            ("source", "target"),
            (problem.sources, problem.targets),
            capacity=problem.lanes.capacity,
            need=problem.need,
        ),
    }


def _network_flow(problem: NetworkFlowProblem, draft: Draft) -> dict[str, Any]:
    nodes = draft.texts(problem.nodes, "node")
    arcs = {
        "source": nodes.take(problem.tail),
        "target": nodes.take(problem.head),
        "cost": _plain(problem.cost),
        "lower": _plain(problem.lower),
        "capacity": _plain(problem.capacity),
    }
    return {
        "options": {"whole": problem.whole},
        "nodes": draft.keyed("nodes", "node", problem.nodes, {"balance": problem.balance}),
        "arcs": draft.table("arcs", arcs, **{column: column for column in arcs}),
    }


def _linear(problem: LinearProblem, draft: Draft) -> dict[str, Any]:
    columns = {
        "objective": problem.objective,
        "lower": problem.lower,
        "upper": problem.upper,
        "whole": np.where(problem.whole, "true", "false"),
    }
    manifest = {
        "objective": {"sense": problem.sense, "offset": problem.offset},
        "columns": draft.keyed("columns", "column", problem.columns, columns),
    }
    if len(problem.rows):
        bounds = {"lower": problem.row_lower, "upper": problem.row_upper}
        manifest["rows"] = draft.keyed("rows", "row", problem.rows, bounds)
    if problem.matrix.nnz:
        entries = problem.matrix.tocoo()
        listed = {
            "row": draft.texts(problem.rows, "row").take(entries.coords[0]),
            "column": draft.texts(problem.columns, "column").take(entries.coords[1]),
            "value": _plain(entries.data),
        }
        manifest["entries"] = draft.table("entries", listed, **{column: column for column in listed})
    if problem.utility is not None:
        assert problem.agents is not None
        manifest["agents"] = draft.keyed("agents", "agent", problem.agents, {})
        gains = problem.utility.tocoo()
        listed = {
            "agent": draft.texts(problem.agents, "agent").take(gains.coords[0]),
            "column": draft.texts(problem.columns, "column").take(gains.coords[1]),
            "value": _plain(gains.data),
        }
        manifest["utility"] = draft.table("utility", listed, **{column: column for column in listed})
    return manifest


def _programmes(problem: ProgrammeProblem, draft: Draft) -> dict[str, Any]:
    one_budget = problem.budgets.tolist() == [ONE_BUDGET]
    columns = {
        "group": draft.texts(problem.groups, "group").take(problem.group),
        "benefit": _plain(problem.benefit),
        **({"cost": _plain(problem.cost.toarray()[0])} if one_budget else {}),
        "lower": _plain(problem.lower),
        "upper": _plain(problem.upper),
    }
    options: dict[str, Any] = {
        "whole": problem.whole,
        "one_each": problem.one_each,
        "cost_per": problem.cost_per,
    }
    if one_budget:
        options["budget"] = float(problem.budget_limit[0])
    sizes = {"size": problem.group_size, "baseline": problem.baseline}
    texts = draft.texts(problem.programmes, "programme")
    manifest = {
        "options": options,
        "groups": draft.keyed("groups", "group", problem.groups, sizes),
        "programmes": draft.table(
            "programmes", {"programme": texts, **columns}, key="programme", **{name: name for name in columns}
        ),
    }
    if len(problem.budgets) and not one_budget:
        manifest["budgets"] = draft.keyed(
            "budgets", "budget", problem.budgets, {"limit": problem.budget_limit}
        )
    if problem.cost.nnz and not one_budget:
        costs = problem.cost.tocoo()
        listed = {
            "programme": texts.take(costs.coords[1]),
            "budget": draft.texts(problem.budgets, "budget").take(costs.coords[0]),
            "cost": _plain(costs.data),
        }
        manifest["costs"] = {
            "form": "table",
            **draft.table("costs", listed, **{name: name for name in listed}),
        }
    return manifest


_WRITERS: dict[str, Callable[[Any, Draft], dict[str, Any]]] = {
    "transportation": _transportation,
    "assignment": _assignment,
    "fair-allocation": _fair_allocation,
    "network-flow": _network_flow,
    "linear": _linear,
    "programmes": _programmes,
    "uncertain-transportation": write_uncertain,
    "network-plan": network_plan_tables,
}


def _given(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _plain(values: Any) -> Any:
    """Whole numbers as such, so that tables read as people would write them."""
    array = np.asarray(values)
    if array.dtype.kind == "f" and np.all(np.abs(array) < 2**53) and np.all(array == np.rint(array)):
        return array.astype(np.int64)
    return array


def _write_frame(frame: pd.DataFrame, path: Path, draft: Draft) -> None:
    if draft.ending == "parquet":
        frame.to_parquet(path, index=False)
        return
    quoting: Literal[0, 2] = csv.QUOTE_NONNUMERIC if draft.quote_all else csv.QUOTE_MINIMAL
    frame.to_csv(path, index=False, encoding="utf-8", lineterminator="\n", quoting=quoting)
