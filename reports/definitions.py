"""What every criterion, policy and measure means, with its formula."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from ..evaluation.inequality import MEASURES, RANK_MEASURES

if TYPE_CHECKING:
    from .wording import Wording


@dataclass(frozen=True)
class Definition:
    """One line of a list of definitions.

    Parameters
    ----------
    name
        As it is written in commands and files.
    title
        What it is called.
    meaning
        In a few words.
    formula
        As MathML.
    """

    name: str
    title: str
    meaning: str
    formula: str


def formulas() -> dict[str, dict[str, str]]:
    r"""Formulas in LaTeX, by kind and name.

    Examples
    --------
    >>> formulas()["criteria"]["utilitarian"]
    '\\max \\sum_i n_i u_i'
    """
    import tomllib

    content = files(__package__).joinpath("formulas.toml").read_text(encoding="utf-8")
    found: dict[str, dict[str, str]] = tomllib.loads(content)
    return found


@cache
def mathml(latex: str) -> str:
    """Turn a formula into MathML that browsers set and readers read out.

    Examples
    --------
    >>> mathml("x")
    '<math display="inline"><mrow><mi>x</mi></mrow></math>'
    """
    from latex2mathml.converter import convert

    # within a page the namespace is known
    return str(convert(latex)).replace(' xmlns="http://www.w3.org/1998/Math/MathML"', "")


def definitions(words: Wording) -> dict[str, list[Definition]]:
    """Definitions of the criteria and policies in a study and of all measures that it shows.

    Examples
    --------
    >>> import allocare
    >>> from allocare.evaluation.study import study
    >>> from allocare.reports.wording import Wording
    >>> words = Wording.of(study(allocare.example("sunray"), ["maximin"]), "en")
    >>> [each.name for each in definitions(words)["criteria"]]
    ['utilitarian', 'maximin']
    """
    study, text, known = words.study, words.texts, formulas()
    posed = [plan.problem.fairness for plan in study.plans if plan.problem.fairness is not None]
    varied = [asked for asked, _ in study.frontiers]
    criteria = [fairness.criterion.name for fairness in posed if fairness.criterion is not None]
    criteria += [asked.criterion.partition(":")[0] for asked in varied]
    policies = [rule.name for rule in study.policies]
    policies += [policy.partition(":")[0] for asked in varied for policy in asked.policies]
    found = {
        "criteria": [
            Definition(
                name,
                text(f"criterion.{name}.name"),
                text(f"criterion.{name}.title"),
                mathml(known["criteria"][name]),
            )
            for name in dict.fromkeys(criteria)
        ],
        "policies": [
            Definition(
                name,
                text(f"policy.{name}.name"),
                text(f"policy.{name}.title"),
                mathml(known["policies"][name]),
            )
            for name in dict.fromkeys(policies)
        ],
    }
    shown = dict.fromkeys(name.partition(":")[0] for name in study.measures["name"])
    every = MEASURES | RANK_MEASURES
    found["measures"] = [
        Definition(
            name,
            text(f"measure.{name}"),
            f"{text(f'measure_unit.{every[name].unit}')}{text('list.comma')}{text(f'better.{every[name].better}')}",
            mathml(known["measures"][name]),
        )
        for name in shown
    ]
    return found
