"""The parts of a report in their order; the page and the Markdown file are made from the same ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .comparisons import optima_table, rules_table, savings_table, set_table, set_times_table
from .tables import (
    anytime_lines,
    drift_lines,
    family_table,
    instance_lines,
    overview_table,
    scaling_lines,
    tests_table,
    troubles_table,
)
from .words import limitations, summary

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..drawing import Drawing
    from .findings import Findings
    from .tables import Table


@dataclass(frozen=True, eq=False)
class Section:
    """One part.

    Parameters
    ----------
    key, heading
        Its anchor and title.
    sentences
        What it says.
    tables, more
        Shown at once, and on demand.
    drawings
        Its figures.
    """

    key: str
    heading: str
    sentences: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    more: tuple[Table, ...] = ()
    drawings: tuple[Drawing, ...] = ()


def sections(findings: Findings, drawings: dict[str, list[Drawing]], finished: bool = True) -> list[Section]:
    """Arrange what was found: the summary, what went wrong, the families, growth, drift, limitations.

    Examples
    --------
    >>> import pandas as pd
    >>> from .findings import Findings
    >>> rows = pd.DataFrame({"suite": "s", "instance": "a", "backend": ["highs", "priority"], "seed": 0,
    ...     "repeat": 0, "family": "linear", "status": "feasible", "checked": True, "objective": [3.0, 4.0]})
    >>> [section.heading for section in sections(Findings.of(rows), {})]
    ['Summary', 'Against the rules', 'linear', 'Limitations']
    """
    opening = _there((overview_table(findings), optima_table(findings)))
    found = [Section("summary", "Summary", tuple(summary(findings)), opening)]
    troubles = troubles_table(findings)
    if troubles is not None:
        found.append(Section("troubles", "What went wrong", tables=(troubles,)))
    rules = rules_table(findings)
    if rules is not None:
        drawn, each = tuple(drawings.get("savings", ())), _there((savings_table(findings),))
        found.append(Section("savings", "Against the rules", tables=(rules,), more=each, drawings=drawn))
    for family in findings.families:
        more = (
            set_times_table(findings, family),
            anytime_lines(findings, family),
            tests_table(findings, family, "gap"),
            tests_table(findings, family, "spent"),
            instance_lines(findings, family),
        )
        shown = _there((family_table(findings, family), set_table(findings, family)))
        drawn = tuple(drawings.get(family, ()))
        found.append(Section(shown[0].name, family, tables=shown, more=_there(more), drawings=drawn))
    growth = scaling_lines(findings)
    if growth is not None:
        found.append(Section("scaling", "Growth", tables=(growth,)))
    drift = drift_lines(findings)
    if drift is not None:
        found.append(Section("drift", "Drift", tables=(drift,), drawings=tuple(drawings.get("drift", ()))))
    found.append(Section("limitations", "Limitations", tuple(limitations(findings, finished))))
    return found


def environment(findings: Findings) -> str:
    """Name machines and versions behind the rows.

    Examples
    --------
    >>> import pandas as pd
    >>> from .findings import Findings
    >>> rows = pd.DataFrame({"suite": "s", "instance": "a", "backend": "x", "seed": 0, "repeat": 0,
    ...     "family": "linear", "status": "optimal", "versions": [{"numpy": "2.0"}],
    ...     "machine": [{"cores": 2}]})
    >>> environment(Findings.of(rows))
    'Machine: cores 2. Versions: numpy 2.0.'
    """
    versions = ", ".join(f"{name} {' and '.join(each)}" for name, each in findings.versions.items())
    parts = [f"Machine: {'; '.join(findings.machines)}." if findings.machines else ""]
    parts.append(f"Versions: {versions}." if versions else "")
    return " ".join(part for part in parts if part)


def _there(tables: Iterable[Table | None]) -> tuple[Table, ...]:
    return tuple(table for table in tables if table is not None)
