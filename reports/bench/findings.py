"""Everything that a report says, computed once from the rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from ...benchmarks.statistics.anytime import anytime_table, gap_curves
from ...benchmarks.statistics.before_after import BROKEN
from ...benchmarks.statistics.drift import drift_table, machine_name, probes
from ...benchmarks.statistics.gaps import gap_table, instance_table, is_baseline, savings
from ...benchmarks.statistics.known_optima import KNOWN, known_optima
from ...benchmarks.statistics.pairs import paired_tests
from ...benchmarks.statistics.profiles import gap_profile, time_profile
from ...benchmarks.statistics.rates import rates
from ...benchmarks.statistics.runs import prepared
from ...benchmarks.statistics.scaling import growth_points, scaling_laws, scaling_table
from ...benchmarks.statistics.searches import against_rules
from ...benchmarks.statistics.times import SHIFT, time_table
from ...solvers.registry import BACKENDS

if TYPE_CHECKING:
    from ...benchmarks.statistics.runs import Runs
    from ...benchmarks.statistics.scaling import PowerLaw

LONG = 1.0
"""Seconds from which on one would like to know what a run held before its end."""
AT_ODDS = 1e-6
"""Share by which a plan must beat a known optimum for the two to be called at odds."""


@dataclass(frozen=True, eq=False)
class Findings:
    """The statistics of a result set; each is a frame, computed when first asked for.

    Parameters
    ----------
    rows
        As `allocare.benchmarks.results.load` returns them.
    runs
        The same, prepared.
    shift
        Of the shifted geometric means, in seconds.
    seed
        Of the bootstrap.

    Examples
    --------
    >>> rows = pd.DataFrame({"suite": "s", "instance": "a", "backend": ["x", "y"], "seed": 0, "repeat": 0,
    ...     "family": "linear", "status": "optimal", "checked": True, "objective": 1.0})
    >>> found = Findings.of(rows)
    >>> found.families, found.backends("linear")
    (('linear',), ['x', 'y'])
    """

    rows: pd.DataFrame
    runs: Runs
    shift: float = SHIFT
    seed: int = 0

    @classmethod
    def of(cls, rows: pd.DataFrame, shift: float = SHIFT, seed: int = 0) -> Findings:
        """Prepare rows; refuses those that cannot be used."""
        return cls(rows, prepared(rows), shift, seed)

    @cached_property
    def families(self) -> tuple[str, ...]:
        """Families with a run, in order of appearance."""
        return tuple(dict.fromkeys(self.runs.able["family"]))

    def count(self, family: str) -> int:
        """Instances of a family that some backend can take."""
        able = self.runs.able
        return int(able.loc[able["family"] == family, "instance"].nunique())

    def sets(self, family: str) -> list[str]:
        """Sets of a family, in order of appearance."""
        able = self.runs.able
        return [str(made) for made in able.loc[able["family"] == family, "set"].unique()]

    def set_counts(self, family: str) -> dict[str, int]:
        """Instances of each set of a family."""
        able = self.runs.able[self.runs.able["family"] == family]
        counts = able.groupby("set")["instance"].nunique()
        return {str(made): int(count) for made, count in counts.items()}

    def backends(self, family: str) -> list[str]:
        """Backends that ran in a family: those that solve most first, then the closer, then the faster."""
        gaps = self.gaps[["family", "backend", "mean_gap"]]
        part = self.times[self.times["family"] == family].merge(gaps, on=["family", "backend"])
        part = part.assign(count=part["success"] * part["instances"])
        ordered = part.sort_values(
            ["count", "mean_gap", "mean_seconds"], ascending=[False, True, True], kind="stable"
        )
        return [str(name) for name in ordered["backend"]]

    @cached_property
    def rates(self) -> pd.DataFrame:
        """Success and correctness by family and backend."""
        return rates(self.runs)

    @cached_property
    def times(self) -> pd.DataFrame:
        """Shifted geometric means by family and backend."""
        return time_table(self.runs, self.shift)

    @cached_property
    def set_times(self) -> pd.DataFrame:
        """Shifted geometric means by family, set and backend."""
        return time_table(self.runs, self.shift, ("family", "set"))

    @cached_property
    def gaps(self) -> pd.DataFrame:
        """Gaps to the reference by family and backend."""
        return gap_table(self.runs)

    @cached_property
    def set_gaps(self) -> pd.DataFrame:
        """Gaps to the reference by family, set and backend."""
        return gap_table(self.runs, ("family", "set", "backend"))

    @cached_property
    def searches(self) -> list[str]:
        """Backends that search: heuristics that are no rules."""
        return [name for name, kind in self.kinds.items() if kind == "heuristic" and not is_baseline(name)]

    @cached_property
    def against_rules(self) -> pd.DataFrame:
        """Rules and searches, set by set."""
        return against_rules(self.runs, self.searches)

    @cached_property
    def known_optima(self) -> pd.DataFrame:
        """How often the known optimum is found, and rightly claimed, by family and backend."""
        return known_optima(self.runs)

    @cached_property
    def savings(self) -> pd.DataFrame:
        """What is saved against the greedy and priority rules, by family and set."""
        return savings(self.runs, seed=self.seed)

    @cached_property
    def anytime(self) -> pd.DataFrame:
        """Primal integrals by family and backend."""
        return anytime_table(self.runs, self.shift)

    @cached_property
    def gap_tests(self) -> pd.DataFrame:
        """Paired tests of gaps."""
        return paired_tests(self.runs, "gap", seed=self.seed)

    @cached_property
    def time_tests(self) -> pd.DataFrame:
        """Paired tests of times."""
        return paired_tests(self.runs, "spent", seed=self.seed)

    @cached_property
    def growth(self) -> pd.DataFrame:
        """Times by size that are fitted."""
        return growth_points(self.runs)

    @cached_property
    def laws(self) -> dict[tuple[str, str, str], PowerLaw]:
        """Power laws by family, set and backend."""
        return scaling_laws(self.growth)

    @cached_property
    def scaling(self) -> pd.DataFrame:
        """The laws as a table."""
        return scaling_table(self.laws)

    @cached_property
    def drift(self) -> pd.DataFrame:
        """The drift probe by machine."""
        return drift_table(self.rows)

    @cached_property
    def probes(self) -> pd.DataFrame:
        """The drift probe's times."""
        return probes(self.rows) if len(self.drift) else pd.DataFrame()

    @cached_property
    def instances(self) -> pd.DataFrame:
        """One line an instance and backend."""
        return instance_table(self.runs)

    @cached_property
    def troubles(self) -> pd.DataFrame:
        """Runs that claim something wrong, broke, were ended, or beat a known optimum, with their notes."""
        frame = self.runs.frame
        known = frame["reference_kind"].isin(KNOWN)
        kinds = {
            "wrong claim": frame["claim"] == "wrong",
            "better than the known optimum": known & (frame["gap"] < -AT_ODDS),
            "broke": frame["status"].isin(BROKEN),
            "ended by the runner": frame["status"] == "killed",
        }
        parts = [frame[which].assign(what=what) for what, which in kinds.items()]
        columns = [
            "what",
            "family",
            "instance",
            "backend",
            "status",
            "objective",
            "reference",
            "note",
            "reason",
        ]
        return pd.concat(parts, ignore_index=True)[columns]

    def profile(self, family: str) -> tuple[pd.DataFrame, list[str]]:
        """Performance profile, and the backends left out of it."""
        return time_profile(self.runs, family)

    def gap_steps(self, family: str) -> tuple[pd.DataFrame, list[str]]:
        """Distribution of gaps, and the backends left out of it."""
        return gap_profile(self.runs, family)

    def curves(self, family: str) -> pd.DataFrame:
        """Mean primal gap over time."""
        return gap_curves(self.runs, family)

    @cached_property
    def kinds(self) -> dict[str, str]:
        """What each backend is; a suite may run one under a name of its own, which its options tell."""
        first = self.runs.frame.drop_duplicates("backend")
        options = first["options"] if "options" in first.columns else [None] * len(first)
        named = [each.get("backend") if isinstance(each, dict) else None for each in options]
        pairs = zip(first["backend"].astype(str), named, strict=True)
        return {name: kind_of(name if known is None else str(known)) for name, known in pairs}

    @cached_property
    def has_incumbents(self) -> bool:
        """Whether any run reported incumbents on its way."""
        return bool(self._incumbents.gt(0).any())

    @cached_property
    def silent(self) -> list[str]:
        """Backends that hold plans after a second or more of solving, and report none on their way."""
        able = self.runs.able
        reported = self._incumbents[able.index].groupby(able["backend"]).sum()
        long = able.loc[able["complete"] & (able["seconds"] >= LONG), "backend"]
        return [str(name) for name in long.unique() if reported[name] == 0]

    @cached_property
    def _incumbents(self) -> pd.Series[int]:
        frame = self.runs.frame
        if "incumbents" not in frame.columns:
            return pd.Series(0, frame.index)
        return frame["incumbents"].map(_length)

    @cached_property
    def machines(self) -> list[str]:
        """Machines that rows ran on."""
        return sorted(set(self.rows["machine"].map(machine_name))) if "machine" in self.rows.columns else []

    @cached_property
    def versions(self) -> dict[str, list[str]]:
        """Versions by package; more than one where rows of several were mixed."""
        found: dict[str, set[str]] = {}
        if "versions" in self.rows.columns:
            for versions in self.rows["versions"]:
                for name, version in (versions if isinstance(versions, dict) else {}).items():
                    if version is not None:
                        found.setdefault(str(name), set()).add(str(version))
        return {name: sorted(found[name]) for name in sorted(found)}

    def frames(self) -> dict[str, pd.DataFrame]:
        """Every table by name, as the CSV files hold them."""
        return {
            "rates": self.rates,
            "times": self.times,
            "gaps": self.gaps,
            "set_gaps": self.set_gaps,
            "set_times": self.set_times,
            "known_optima": self.known_optima,
            "searches": _behind_in_words(self.against_rules),
            "savings": self.savings,
            "anytime": self.anytime,
            "gap_tests": self.gap_tests,
            "time_tests": self.time_tests,
            "scaling": self.scaling,
            "drift": self.drift,
            "troubles": self.troubles,
            "instances": self.instances,
        }


def behind_in_words(behind: Any) -> str:
    """Name the rules that are ahead of a search, with the number of instances on which each is.

    Examples
    --------
    >>> behind_in_words({"greedy:vogel": 2, "priority": 1}), behind_in_words({}), behind_in_words(None)
    ('greedy:vogel (2), priority (1)', 'none', '')
    """
    if not isinstance(behind, dict):
        return ""
    return ", ".join(f"{name} ({count})" for name, count in behind.items()) or "none"


def _behind_in_words(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(behind=table["behind"].map(behind_in_words))


def kind_of(backend: str) -> str:
    """Say what a backend is: exact, heuristic, a peer, or the user's own.

    Examples
    --------
    >>> kind_of("highs"), kind_of("greedy:vogel"), kind_of("peer:linopy"), kind_of("mine")
    ('exact', 'heuristic', 'peer', 'own')
    """
    base = backend.partition(":")[0]
    if base == "auto":
        return "exact"
    if base in BACKENDS:
        return "exact" if BACKENDS[base].exact else "heuristic"
    return "peer" if base in ("peer", "peers") else "own"


def _length(value: Any) -> int:
    return len(value) if hasattr(value, "__len__") else 0
