"""One page with everything that a study found, complete in one file: no network, no scripts."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING

from .definitions import definitions
from .drawing import inline, require_report_libraries
from .figures import figures
from .people_tables import agent_table, group_tables, winner_tables
from .plans import main_reference
from .policy_tables import policy_tables, tie_tables
from .statement import solve_table, solver_notes, statement, versions
from .summary import summary
from .tables import criteria_table, lorenz_tables, measure_table, price_tables
from .wording import Wording

if TYPE_CHECKING:
    from ..evaluation.study import Study
    from .drawing import Drawing
    from .tables import Table

SECTIONS = (
    "summary",
    "criteria",
    "price",
    "pareto",
    "lorenz",
    "groups",
    "winners",
    "policies",
    "ties",
    "definitions",
    "statement",
)
"""In the page's order."""


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Parameters
    ----------
    key
        Its anchor.
    heading, intro
        What it is about.
    pictures
        SVG with its title.
    tables
        Shown at once or on demand.
    sentences
        Shown as a list.
    """

    key: str
    heading: str
    intro: str = ""
    pictures: tuple[tuple[str, str], ...] = ()
    tables: tuple[Table, ...] = ()
    sentences: tuple[str, ...] = field(default=())


def page(study: Study, language: str = "en", drawings: dict[str, list[Drawing]] | None = None) -> str:
    """Write the page.

    Parameters
    ----------
    study
        What was found.
    language
        ``en`` or ``zh``.
    drawings
        The study's figures in that language where they are drawn already.

    Raises
    ------
    CapabilityError
        Where the libraries of the extra are not installed.
    InputError
        For another language.

    Examples
    --------
    >>> import allocare
    >>> from allocare.evaluation.study import study
    >>> page(study(allocare.example("sunray"), ["maximin"]))[:15]
    '<!doctype html>'
    """
    require_report_libraries()
    from jinja2 import Environment, StrictUndefined

    words = Wording.of(study, language)
    drawn = figures(words) if drawings is None else drawings
    folder = files(__package__).joinpath("templates")
    environment = Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    template = environment.from_string(folder.joinpath("page.html.jinja").read_text(encoding="utf-8"))
    return template.render(
        text=words.texts,
        words=words,
        sections=sections(words, drawn),
        definitions=definitions(words),
        notes=solver_notes(words),
        style=folder.joinpath("page.css").read_text(encoding="utf-8"),
        version=versions().get("allocare", ""),
    )


def sections(words: Wording, drawings: dict[str, list[Drawing]]) -> list[Section]:
    """Fill the page's sections.

    Examples
    --------
    >>> import allocare
    >>> from allocare.evaluation.study import study
    >>> from allocare.reports.wording import Wording
    >>> words = Wording.of(study(allocare.example("sunray"), ["maximin"]), "en")
    >>> [section.key for section in sections(words, {})] == list(SECTIONS)
    True
    """
    text = words.texts
    reference = words.plan(main_reference(words.study).name)
    tables: dict[str, list[Table]] = {
        "criteria": [criteria_table(words), measure_table(words)],
        "price": price_tables(words),
        "lorenz": lorenz_tables(words),
        "groups": group_tables(words),
        "winners": [*winner_tables(words), agent_table(words)],
        "policies": policy_tables(words),
        "ties": tie_tables(words),
        "statement": [solve_table(words)],
    }
    sentences = {"summary": summary(words), "statement": statement(words)} | _empty(words, drawings, tables)
    return [
        Section(
            key,
            text(f"section.{key}"),
            text(f"intro.{key}", reference=reference) if f"intro.{key}" in text else "",
            tuple((each.title, inline(each)) for each in drawings.get(key, ())),
            tuple(tables.get(key, ())),
            tuple(sentences.get(key, ())),
        )
        for key in SECTIONS
    ]


def _empty(
    words: Wording, drawings: dict[str, list[Drawing]], tables: dict[str, list[Table]]
) -> dict[str, list[str]]:
    """Say so where there is nothing to show."""
    text, reference = words.texts, words.plan(main_reference(words.study).name)
    nothing = {
        "price": (not words.study.frontiers, text("page.no_range")),
        "groups": (not tables["groups"], text("page.no_groups")),
        "winners": (not drawings.get("winners"), text("page.no_change", reference=reference)),
        "policies": (not tables["policies"], text("page.no_policies")),
    }
    return {key: [sentence] for key, (empty, sentence) in nothing.items() if empty}
