"""A study's frames as tables for people: named, rounded, with units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from .lorenz_figures import compared_plans, verdict_of
from .plans import is_baseline, main_reference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pandas as pd

    from .wording import Wording

    Column: TypeAlias = tuple[str, str, Callable[[Any], str], bool]

MOST_ROWS = 100
"""Rows that a page shows; the folder's tables have all."""


FEW_ROWS = 8
"""Breakpoints up to which they are listed at once."""


@dataclass(frozen=True)
class Table:
    """A table of texts.

    Parameters
    ----------
    caption
        What it holds.
    columns
        Heading of each column, and whether it holds numbers.
    rows
        Cells by row; the first heads its row.
    count
        Rows there are, of which `rows` may be the first.
    open
        Whether it is shown at once, rather than on demand.
    """

    caption: str
    columns: tuple[tuple[str, bool], ...]
    rows: tuple[tuple[str, ...], ...]
    count: int
    open: bool = True


def table(
    words: Wording,
    caption: str,
    rows: pd.DataFrame,
    columns: Iterable[Column],
    *,
    shown: bool = True,
) -> Table:
    """Lay out a frame: for each column its name there, heading, how it is written, whether it is a number.

    Examples
    --------
    >>> import allocare
    >>> from allocare.evaluation.study import study
    >>> from allocare.reports.wording import Wording
    >>> words = Wording.of(study(allocare.example("sunray"), ["maximin"]), "en")
    >>> table(words, "Plans", words.study.summary, [("plan", "plan", words.plan, False)]).rows[1]
    ('maximin',)
    """
    chosen = [each for each in columns if each[0] in rows.columns]
    written = ([write(value) for value in rows[name].head(MOST_ROWS)] for name, _, write, _ in chosen)
    cells = zip(*written, strict=True)
    heads = tuple((words.texts(f"table.{heading}"), numeric) for _, heading, _, numeric in chosen)
    return Table(caption, heads, tuple(cells), len(rows), shown)


def criteria_table(words: Wording) -> Table:
    """Plans side by side.

    Examples
    --------
    >>> import allocare
    >>> from allocare.evaluation.study import study
    >>> from allocare.reports.wording import Wording
    >>> words = Wording.of(study(allocare.example("sunray"), ["maximin"]), "en")
    >>> criteria_table(words).rows[0][:2]
    ('utilitarian', '50 truckloads')
    """
    study = words.study
    by_criterion = np.array([plan.solution is not None and not is_baseline(plan) for plan in study.plans])
    return table(
        words,
        words.texts("caption.criteria"),
        # the value of another plan is that of its own objective, and says nothing here
        study.summary.assign(value=study.summary["value"].where(by_criterion)),
        [
            ("plan", "plan", words.plan, False),
            ("total", "total", words.total, True),
            ("price_percent", "price", words.percent, True),
            ("bound_percent", "bound", words.percent, True),
            ("mean", "mean", words.level, True),
            ("worst", "worst", words.level, True),
            ("gini", "gini", words.gini, True),
            ("value", "value", words.number, True),
            ("unique", "unique", words.yes_no, False),
        ],
    )


def price_tables(words: Wording) -> list[Table]:
    """Breakpoints, where there are any, and points of every range.

    Examples
    --------
    >>> import allocare
    >>> from allocare.evaluation.study import study
    >>> from allocare.reports.wording import Wording
    >>> words = Wording.of(study(allocare.example("sunray"), ["maximin"]), "en")
    >>> price_tables(words)
    []
    """
    tables = []
    for asked, found in words.study.frontiers:
        rule = words.range(asked)
        breaks = found.breakpoints
        ends: list[Column] = [
            ("after", "after", words.number, True),
            ("before", "before", words.number, True),
        ]
        caption = words.texts("caption.price", rule=rule)
        if len(breaks):
            tables.append(table(words, caption, breaks, ends, shown=len(breaks) <= FEW_ROWS))
        points: list[Column] = [
            ("parameter", "parameter", words.number, True),
            ("status", "status", words.status, False),
            ("total", "total", words.number, True),
            ("price_percent", "price", words.percent, True),
            ("worst", "worst", words.level, True),
            ("gini", "gini", words.gini, True),
            ("decision", "decision", words.number, True),
            ("dominated", "dominated", words.yes_no, False),
        ]
        caption = words.texts("caption.points", rule=rule)
        tables.append(table(words, caption, found.points, points, shown=False))
    return tables


def lorenz_tables(words: Wording) -> list[Table]:
    """Verdict of each generalised Lorenz curve beside the reference's.

    Examples
    --------
    >>> import allocare
    >>> from allocare.evaluation.study import study
    >>> from allocare.reports.wording import Wording
    >>> words = Wording.of(study(allocare.example("sunray"), ["maximin"]), "en")
    >>> lorenz_tables(words)[0].rows[0]
    ('maximin', 'same curve as utilitarian')
    """
    import pandas as pd

    compared = compared_plans(words)
    if not compared:
        return []
    reference = main_reference(words.study)
    rows = pd.DataFrame(
        {
            "plan": [plan.name for plan in compared],
            "verdict": [verdict_of(words, plan, reference, generalised=True) for plan in compared],
        }
    )
    caption = words.texts("caption.lorenz", reference=words.plan(reference.name))
    columns: list[Column] = [("plan", "plan", words.plan, False), ("verdict", "verdict", str, False)]
    return [table(words, caption, rows, columns)]


def measure_table(words: Wording) -> Table:
    """Every measure, plans side by side.

    Examples
    --------
    >>> import allocare
    >>> from allocare.evaluation.study import study
    >>> from allocare.reports.wording import Wording
    >>> words = Wording.of(study(allocare.example("sunray"), ["maximin"]), "en")
    >>> measure_table(words).rows[0]
    ('total', 'higher', '50', '50', '50')
    """
    measures = words.study.measures
    heads = [(words.texts("table.measure"), False), (words.texts("table.better"), False)]
    heads += [(words.plan(plan.name), True) for plan in words.study.plans]
    wide = measures.pivot(index="name", columns="plan", values="value")
    rows = tuple(
        (
            words.measure(row["name"]),
            words.texts(f"better.{row['better']}"),
            *(words.number(wide[plan.name].get(row["name"])) for plan in words.study.plans),
        )
        for row in measures.drop_duplicates("name").to_dict("records")
    )
    return Table(words.texts("caption.measures"), tuple(heads), rows, len(rows), open=False)
