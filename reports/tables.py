"""A study's frames as tables for people: named, rounded, with units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ..instances.fairness import Rule
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
    """Breakpoints and points of every range.

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


def group_tables(words: Wording) -> list[Table]:
    """One an attribute.

    Examples
    --------
    >>> import allocare
    >>> from allocare.evaluation.study import study
    >>> from allocare.reports.wording import Wording
    >>> words = Wording.of(study(allocare.example("sunray"), ["maximin"]), "en")
    >>> group_tables(words)
    []
    """
    groups = words.study.groups
    columns: list[Column] = [
        ("plan", "plan", words.plan, False),
        ("group", "group", words.group, False),
        ("agents", "agents", words.number, True),
        ("size", "size", words.number, True),
        ("need", "need", words.number, True),
        ("served", "served", words.number, True),
        ("rate", "rate", lambda value: words.percent(100 * value), True),
        ("mean", "mean", words.level, True),
        ("min", "worst", words.level, True),
        ("gap", "gap", lambda value: words.change(value).lstrip("+"), True),
        ("ratio", "ratio", words.number, True),
        ("share_to_claim", "share_to_claim", words.number, True),
        ("interval", "interval", str, True),
    ]
    tables = []
    for attribute, rows in groups.groupby("attribute", sort=False):
        caption = words.texts("caption.groups", attribute=attribute)
        tables.append(table(words, caption, _with_intervals(words, rows), columns, shown=False))
    return tables


def winner_tables(words: Wording) -> list[Table]:
    """Gains and losses by group, one a reference and attribute.

    Examples
    --------
    >>> import allocare
    >>> from allocare.evaluation.study import study
    >>> from allocare.reports.wording import Wording
    >>> words = Wording.of(study(allocare.example("sunray"), ["maximin"]), "en")
    >>> winner_tables(words)
    []
    """
    columns: list[Column] = [
        ("plan", "plan", words.plan, False),
        ("group", "group", words.group, False),
        ("size", "size", words.number, True),
        ("reference", "before", words.level, True),
        ("utility", "after", words.level, True),
        ("change", "change", words.change, True),
        ("total_change", "total_change", words.signed_total, True),
        ("gain", "gain", words.number, True),
        ("lose", "lose", words.number, True),
    ]
    tables = []
    for (against, attribute), rows in words.study.winners.groupby(["against", "attribute"], sort=False):
        caption = words.texts("caption.winners", reference=words.plan(str(against)), attribute=attribute)
        tables.append(table(words, caption, rows, columns, shown=False))
    return tables


def agent_table(words: Wording) -> Table:
    """Everybody's utility by every plan.

    Examples
    --------
    >>> import allocare
    >>> from allocare.evaluation.study import study
    >>> from allocare.reports.wording import Wording
    >>> words = Wording.of(study(allocare.example("sunray"), ["maximin"]), "en")
    >>> agent_table(words).rows[0]
    ('mill 1', '5', '100 %', '100 %', '100 %')
    """
    agents = words.study.agents
    wide = agents.pivot(index="agent", columns="plan", values="utility")
    order = agents.loc[agents["plan"] == words.study.plans[0].name, ["agent", "size"]]
    wide = order.merge(wide.reset_index(), on="agent", sort=False)
    heads = [(words.texts("table.agent"), False), (words.texts("table.size"), True)]
    heads += [(words.plan(plan.name), True) for plan in words.study.plans]
    rows = tuple(
        (
            str(row["agent"]),
            words.number(row["size"]),
            *(words.level(row[plan.name]) for plan in words.study.plans),
        )
        for row in wide.head(MOST_ROWS).to_dict("records")
    )
    caption = words.texts("caption.agents", side=words.side)
    return Table(caption, tuple(heads), rows, len(wide), open=False)


def policy_tables(words: Wording) -> list[Table]:
    """Verdicts, binding policies, prices of each alone, and what would mend a conflict.

    Examples
    --------
    >>> import allocare
    >>> from allocare.evaluation.study import study
    >>> from allocare.reports.wording import Wording
    >>> words = Wording.of(study(allocare.example("sunray"), ["maximin"]), "en")
    >>> policy_tables(words)
    []
    """
    study, text = words.study, words.texts
    if not study.policies:
        return []

    def rule(value: str) -> str:
        return words.rule(Rule.of(value))

    verdicts = study.verdicts.assign(
        spare=study.verdicts["excess"].where(study.verdicts["holds"].astype(bool)).mul(-1),
        off=study.verdicts["excess"].where(~study.verdicts["holds"].astype(bool)),
    )
    found = [
        table(
            words,
            text("caption.verdicts"),
            verdicts,
            [
                ("plan", "plan", words.plan, False),
                ("policy", "policy", rule, False),
                ("holds", "holds", words.verdict, False),
                ("off", "excess", words.number, True),
                ("spare", "spare", words.number, True),
                ("where", "where", words.place, False),
            ],
        )
    ]
    frames: list[tuple[str, pd.DataFrame | None, list[Column]]] = [
        (
            "binding",
            study.binding,
            [
                ("plan", "plan", words.plan, False),
                ("policy", "policy", rule, False),
                ("binds", "binds", words.yes_no, False),
                ("to_spare", "spare", words.number, True),
                ("shadow_price", "shadow_price", words.number, True),
                ("cost", "cost", words.number, True),
            ],
        ),
        (
            "policy_prices",
            study.policy_prices,
            [
                ("policy", "policy", rule, False),
                ("status", "status", words.status, False),
                ("price_percent", "price", words.percent, True),
            ],
        ),
        (
            "relaxation",
            study.relaxation,
            [
                ("policy", "policy", rule, False),
                ("relaxed_by", "relaxed_by", words.number, True),
                ("where", "where", words.place, False),
            ],
        ),
    ]
    for name, frame, columns in frames:
        if frame is not None and len(frame):
            found.append(table(words, text(f"caption.{name}"), frame, columns))
    return found


def tie_tables(words: Wording) -> list[Table]:
    """Whether plans are the only ones, and how far groups' totals may move.

    Examples
    --------
    >>> import allocare
    >>> from allocare.evaluation.study import study
    >>> from allocare.reports.wording import Wording
    >>> words = Wording.of(study(allocare.example("sunray"), ["maximin"]), "en")
    >>> tie_tables(words)[0].rows[1]
    ('maximin', 'yes')
    """
    text, study = words.texts, words.study
    solved = study.ties[study.ties["unique"].notna()]
    found = []
    if len(solved):
        told: list[Column] = [
            ("plan", "plan", words.plan, False),
            ("unique", "unique", words.yes_no, False),
        ]
        found.append(table(words, text("caption.ties"), solved, told))
    if len(study.tie_groups):
        columns: list[Column] = [
            ("plan", "plan", words.plan, False),
            ("group", "group", words.group, False),
            ("now", "now", words.number, True),
            ("least", "least", words.number, True),
            ("most", "most", words.number, True),
        ]
        found.append(table(words, text("caption.tie_groups"), study.tie_groups, columns))
    return found


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


def _with_intervals(words: Wording, rows: pd.DataFrame) -> pd.DataFrame:
    column = "rate" if "rate_low" in rows.columns else "mean"
    if f"{column}_low" not in rows.columns:
        return rows
    ends = [(words.scale * rows[f"{column}_{end}"]).map(words.short) for end in ("low", "high")]
    return rows.assign(interval=ends[0] + " – " + ends[1])
