"""Tables of who has what: groups, gains and losses, every agent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .tables import MOST_ROWS, Table, table

if TYPE_CHECKING:
    import pandas as pd

    from .tables import Column
    from .wording import Wording


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


def _with_intervals(words: Wording, rows: pd.DataFrame) -> pd.DataFrame:
    column = "rate" if "rate_low" in rows.columns else "mean"
    if f"{column}_low" not in rows.columns:
        return rows
    ends = [(words.scale * rows[f"{column}_{end}"]).map(words.short) for end in ("low", "high")]
    return rows.assign(interval=ends[0] + " – " + ends[1])
