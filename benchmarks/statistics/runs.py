"""From raw rows to runs that can be compared: one reference an instance, one gap, one time, one verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...instances.errors import InputError
from ...solvers.solve import PROVED_GAP
from .sets import sets_of

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray

KEY = ("suite", "instance", "backend", "seed", "repeat")
SCHEMA_VERSION = 1
DRIFT = "drift"
NOT_CAPABLE = "not capable"
UNKNOWN = "unknown"
"""Family of an instance that no run could open."""
COMPLETE = ("optimal", "feasible")
WITHOUT_PLAN = ("infeasible", "unbounded", "infeasible-or-unbounded")
_NEEDED = (*KEY, "family", "status")
_NUMBERS = (
    "size",
    "objective",
    "bound",
    "reference",
    "load_seconds",
    "build_seconds",
    "solve_seconds",
    "check_seconds",
    "wall_seconds",
    "cpu_seconds",
    "peak_mib",
    "primal_integral",
    "left_out",
)
_TEXTS = ("claim", "reference_kind", "note", "reason", "stop_reason", "optimal_by", "proved_by", "started_at")


@dataclass(frozen=True, eq=False)
class Runs:
    r"""The runs of a results folder, ready for comparison.

    Parameters
    ----------
    frame
        One line a run, every row but the drift probe's. Beside the row's own columns:

        * ``set``: the instances of one make within the family; see `sets`;
        * ``able``: the backend could take the instance;
        * ``complete``: it holds a plan that keeps every rule, and the independent check confirmed it;
        * ``reference``, ``reference_kind``: what plans are held against; see `prepared`;
        * ``gap``: how much worse than the reference, :math:`\pm (z - z^*) / |z^*|`, or
          :math:`\pm (z - z^*)` where :math:`z^* = 0`, for complete plans; infinite where the objective is;
        * ``solved``: complete and within the tolerance of the reference, or rightly proved to have no plan,
          and nothing wrong was claimed;
        * ``seconds``: build and solve, from the problem in memory to the plan;
        * ``limit``: seconds that the run was given, or missing;
        * ``spent``: `seconds` of a run that is solved; otherwise the greater of its limit and its wall clock.
    tolerance
        Largest gap that counts as solved.
    """

    frame: pd.DataFrame
    tolerance: float

    @property
    def able(self) -> pd.DataFrame:
        """The runs whose backend could take the instance."""
        return self.frame[self.frame["able"]]

    def by_instance(self, column: str) -> pd.DataFrame:
        """Lay a column out by instance and backend: medians of the runs, missing where not able.

        Examples
        --------
        >>> rows = pd.DataFrame({"suite": "s", "instance": "a", "backend": "highs", "seed": 0,
        ...     "repeat": [0, 1, 2], "family": "linear", "status": "optimal", "checked": True,
        ...     "objective": 4.0, "build_seconds": 0.0, "solve_seconds": [1.0, 2.0, 9.0]})
        >>> prepared(rows).by_instance("spent").to_dict()
        {'highs': {'a': 2.0}}
        """
        able = self.able
        if able.empty:
            return pd.DataFrame()
        found: pd.DataFrame = able.groupby(["instance", "backend"], observed=True)[column].median().unstack()
        return found


def prepared(rows: pd.DataFrame, tolerance: float = PROVED_GAP) -> Runs:
    """Prepare the rows of a results folder.

    An instance's reference is its known or planted optimum; where there is none, the best objective of any
    complete plan in these rows, which is called ``proved`` where a run proved it and ``best found``
    otherwise. So gaps to it may shrink when better plans are found, and are the same for all backends.

    Parameters
    ----------
    rows
        One line a run, as `allocare.benchmarks.results.load` returns it.
    tolerance
        Largest gap to the reference that counts as solved, as a share.

    Raises
    ------
    InputError
        Where there are no rows, a column that cannot be done without is missing, a row is there twice, or
        the rows were written under another schema.

    Examples
    --------
    >>> rows = pd.DataFrame({"suite": "s", "instance": "a", "backend": ["highs", "greedy:vogel"], "seed": 0,
    ...     "repeat": 0, "family": "transportation", "status": ["optimal", "feasible"], "checked": True,
    ...     "objective": [435.0, 522.0]})
    >>> prepared(rows).frame[["backend", "reference_kind", "gap", "solved"]].to_dict("list")
    {'backend': ['highs', 'greedy:vogel'], 'reference_kind': ['proved', 'proved'], 'gap': [0.0, 0.2], 'solved': [True, False]}
    """  # noqa: E501
    _refuse_unusable(rows)
    frame = rows[rows["backend"] != DRIFT].reset_index(drop=True)
    if frame.empty:
        raise InputError("the results hold drift probes and no run", "results")
    frame = frame.reindex(
        columns=list(dict.fromkeys((*frame.columns, *_NUMBERS, *_TEXTS, "checked", "maximise")))
    )
    for name in _NUMBERS:
        frame[name] = pd.to_numeric(frame[name], errors="coerce").astype(np.float64)
    for name in _TEXTS:
        frame[name] = frame[name].astype(object).where(frame[name].notna(), None)
    frame["checked"] = frame["checked"].eq(True).fillna(False).astype(bool)
    frame["set"] = sets_of(frame["instance"])
    if frame["suite"].nunique() > 1:
        frame["instance"] = frame["suite"] + ": " + frame["instance"]
    maximise = frame["maximise"].eq(True).fillna(False).astype(bool)
    frame["maximise"] = maximise.groupby(frame["instance"]).transform("any")
    # an instance that could not be opened in one run has the family that others found, or none
    frame["family"] = frame["family"].astype(object).where(frame["family"].notna(), None)
    families = frame.groupby("instance")["family"].transform("first")
    frame["family"] = families.where(families.notna(), UNKNOWN)
    frame["able"] = frame["status"] != NOT_CAPABLE
    frame["complete"] = frame["status"].isin(COMPLETE) & frame["checked"] & frame["objective"].notna()
    _add_references(frame)
    sign = np.where(frame["maximise"], -1.0, 1.0)
    scale = frame["reference"].abs().where(frame["reference"] != 0, 1.0)
    finite = np.isfinite(frame["objective"])
    apart = sign * (frame["objective"].where(finite) - frame["reference"]) / scale
    frame["gap"] = apart.where(finite, np.inf).where(frame["complete"] & frame["reference"].notna())
    nothing = frame["status"].isin(WITHOUT_PLAN) & frame["reference"].isna()
    frame["solved"] = (frame["complete"] & (frame["gap"] <= tolerance)) | nothing
    frame["solved"] &= frame["claim"] != "wrong"
    frame["limit"] = _limits(frame)
    frame["seconds"] = frame["solve_seconds"] + frame["build_seconds"].fillna(0.0)
    longest = frame[["limit", "wall_seconds", "seconds"]].max(axis=1)
    frame["spent"] = frame["seconds"].fillna(frame["wall_seconds"]).where(frame["solved"], longest)
    return Runs(frame, tolerance)


def _refuse_unusable(rows: pd.DataFrame) -> None:
    if rows.empty:
        raise InputError(
            "there are no rows; run a suite first: allocare bench run SUITE --out RESULTS", "results"
        )
    missing = [name for name in _NEEDED if name not in rows.columns]
    if missing:
        raise InputError(f"the rows have no column {missing[0]!r}; these are not rows of the lab", "results")
    if "schema_version" in rows.columns:
        other = rows.loc[rows["schema_version"].ne(SCHEMA_VERSION), "schema_version"]
        if len(other):
            raise InputError(
                f"schema version {other.iloc[0]} is not {SCHEMA_VERSION}; read the results with "
                "the release that wrote them",
                "results",
            )
    runs = rows[rows["backend"] != DRIFT]
    twice = runs.duplicated(list(KEY))
    if twice.any():
        one = runs.loc[twice, list(KEY)].iloc[0]
        key = ", ".join(f"{name} {value}" for name, value in one.items())
        raise InputError(f"the run {key} is there twice; keep one row a run", "results")


def _add_references(frame: pd.DataFrame) -> None:
    given = frame["reference"].where(frame["reference_kind"].isin(["known", "planted"]))
    sign = np.where(frame["maximise"], -1.0, 1.0)
    right = frame["complete"] & (frame["claim"] != "wrong")
    seen = (sign * frame["objective"]).where(right & np.isfinite(frame["objective"]))
    earlier = (sign * frame["reference"]).where(frame["reference_kind"] == "best found")
    best = pd.concat([seen, earlier], axis=1).min(axis=1).groupby(frame["instance"]).transform("min")
    scale = np.maximum(best.abs(), 1.0)
    proof = (frame["status"] == "optimal") & right & (seen - best <= PROVED_GAP * scale)
    proved = proof.groupby(frame["instance"]).transform("any")
    known = given.groupby(frame["instance"]).transform("first")
    kinds = frame["reference_kind"].where(given.notna()).groupby(frame["instance"]).transform("first")
    found = proved.map({True: "proved", False: "best found"}).astype(object).where(best.notna(), None)
    frame["reference"] = known.fillna(sign * best)
    frame["reference_kind"] = kinds.astype(object).where(kinds.notna(), found)


def _limits(frame: pd.DataFrame) -> FloatArray:
    if "options" not in frame.columns:
        return np.full(len(frame), np.nan)
    given = [options.get("time_limit") if isinstance(options, dict) else None for options in frame["options"]]
    return np.array(given, dtype=np.float64)
