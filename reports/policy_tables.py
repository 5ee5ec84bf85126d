"""Tables of what the rules do: verdicts, what binds and costs, what would mend a conflict, ties."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..instances.fairness import Rule
from .tables import Table, table

if TYPE_CHECKING:
    import pandas as pd

    from .tables import Column
    from .wording import Wording


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
