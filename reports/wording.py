"""How plans, rules and figures are named and written in a language."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..evaluation.frontier import VARIED
from ..instances.fairness import Rule
from .texts import texts_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..evaluation.judged import Judged
    from ..evaluation.study import Range, Study
    from .texts import Texts

ABSENT = "–"
DUST = 1e-7
"""Difference of two utilities, as a share of the largest, that is solvers' rounding and written as none."""


@dataclass(frozen=True, eq=False)
class Wording:
    """A study's words in one language.

    Parameters
    ----------
    study
        What is written about.
    texts
        The language's words.

    Examples
    --------
    >>> import allocare
    >>> from allocare.evaluation.study import study
    >>> words = Wording.of(study(allocare.example("sunray"), ["maximin"]), "en")
    >>> words.level(0.5), words.total(50.0), words.plan("maximin")
    ('50 %', '50 truckloads', 'maximin')
    """

    study: Study
    texts: Texts

    @classmethod
    def of(cls, study: Study, language: str) -> Wording:
        """Words of a study in a language."""
        return cls(study, texts_of(language))

    @cached_property
    def names(self) -> dict[str, str]:
        """Name of each plan as people read it, by its name in the study."""
        return {plan.name: self._plan(plan) for plan in self.study.plans}

    @property
    def title(self) -> str:
        """What the study is about."""
        problem = self.study.problem
        return problem.title or self.texts(f"kind.{problem.kind}")

    def plan(self, name: str) -> str:
        """Name of a plan as people read it."""
        return self.names[name]

    def _plan(self, plan: Judged) -> str:
        fairness = plan.problem.fairness
        if plan.solution is None:
            return self.texts("plan.status_quo")
        if fairness is None or fairness.criterion is None:
            backend, _, rule = plan.name.partition(":")
            return self._bracketed(self.texts(f"baseline.{backend}"), rule)
        label = self.rule(fairness.criterion)
        with_policies = plan.name != str(fairness.criterion)
        return self.texts("plan.with_policies", plan=label) if with_policies else label

    def rule(self, rule: Rule) -> str:
        """Name of a criterion or policy with its parameters, short enough for an axis."""
        key = f"criterion.{rule.name}.name"
        name = self.texts(key if key in self.texts else f"policy.{rule.name}.name")
        given = ", ".join(self._parameter(rule, parameter) for parameter in rule.parameters)
        return self._bracketed(name, given)

    def _bracketed(self, name: str, inside: str) -> str:
        return name + self.texts("list.brackets", inside=inside) if inside else name

    def range(self, asked: Range) -> str:
        """Name the rules of a range, a question mark for what is varied."""
        return self.texts("list.semicolon").join(self.rule(rule) for rule in _rules(asked))

    def varied(self, asked: Range) -> str:
        """Name what a range varies: the rule and its parameter."""
        rule, parameter = next(
            (rule, name)
            for rule in _rules(asked)
            for name, value in rule.parameters.items()
            if value == VARIED
        )
        key = f"parameter.{parameter}"
        name = self.texts(key) if key in self.texts else parameter
        return f"{self.rule(Rule(rule.name))}: {name}"

    def _parameter(self, rule: Rule, parameter: str) -> str:
        written_out = str(Rule("", {parameter: rule.parameters[parameter]}))
        value = written_out.partition("=")[2]
        key = f"parameter.{parameter}"
        return f"{self.texts(key) if key in self.texts else parameter} {value}"

    def described(self, title: str, parts: list[str]) -> str:
        """Put a title and what belongs to it into one line."""
        return self.texts("figure.alt", title=title, parts=self.texts("list.semicolon").join(parts))

    def group(self, label: Any) -> str:
        """Label of a group; quantile groups say which are the lowest and the highest."""
        named = str(label)
        for end in ("lowest", "highest"):
            named = named.replace(f" ({end})", f" {self.texts(f'quantile.{end}')}")
        return named

    def place(self, where: Any) -> str:
        """Say where a policy is broken: an agent, a group, two of them, or all together."""
        found = "" if _absent(where) else str(where)
        agents = self.study.plans[0].plan.agents
        if (agents.keys == found).any():
            return found
        if found in (f"the {agents.side}", "the plan"):
            return self.texts("unit.all")
        return self.group(found.replace(" and ", self.texts("list.and")))

    @cached_property
    def side(self) -> str:
        """What the agents are, in the plural."""
        return self.texts(f"side.{self.study.plans[0].plan.agents.side}")

    @cached_property
    def in_percent(self) -> bool:
        """Whether utilities are shares, written in percent."""
        agents = self.study.plans[0].plan.agents
        return agents.utility == "coverage" or agents.normalised

    @cached_property
    def level_name(self) -> str:
        """What a utility is, in a few words."""
        agents = self.study.plans[0].plan.agents
        return self.texts("utility.normalised" if agents.normalised else f"utility.{agents.utility}")

    @cached_property
    def level_axis(self) -> str:
        """Label of an axis of utilities."""
        return f"{self.level_name}{self.percent_sign or self._unit_sign}"

    @cached_property
    def level_unit(self) -> str:
        """Unit of what utilities are made of where they are no shares, or nothing."""
        if self.in_percent:
            return ""
        problem = self.study.problem
        if self.study.plans[0].plan.agents.utility == "burden":
            return problem.unit("cost")
        return problem.unit("benefit", problem.unit("objective" if problem.maximise else "quantity"))

    @property
    def _unit_sign(self) -> str:
        return self.texts("list.brackets", inside=self.level_unit) if self.level_unit else ""

    @cached_property
    def counts_quantity(self) -> bool:
        """Whether totals are quantities: shares of need met, weighted by need."""
        agents = self.study.plans[0].plan.agents
        return (
            agents.utility == "coverage"
            and not agents.normalised
            and agents.need is not None
            and bool(np.array_equal(agents.size, agents.need))
        )

    @cached_property
    def total_unit(self) -> str:
        """Unit of totals."""
        if self.counts_quantity:
            return str(self.study.problem.unit("quantity", self.texts("unit.quantity")))
        return self.level_unit or self.texts("unit.total")

    @cached_property
    def size_unit(self) -> str:
        """What the agents' sizes count."""
        if self.counts_quantity:
            return self.total_unit
        equal = bool(np.ptp(self.study.plans[0].plan.agents.size) == 0)
        return self.side if equal else self.texts("unit.people")

    @property
    def scale(self) -> float:
        """What utilities are multiplied by to be shown."""
        return 100.0 if self.in_percent else 1.0

    @cached_property
    def _top(self) -> float:
        """Largest utility, up or down."""
        return float(self.study.agents["utility"].abs().max())

    def level(self, value: Any) -> str:
        """Write a utility."""
        return self.percent(100 * value) if self.in_percent and not _absent(value) else self.number(value)

    def change(self, value: Any) -> str:
        """Write a change of a utility, with its sign."""
        if _absent(value):
            return ABSENT
        text = self.short(0.0 if abs(value) <= DUST * self._top else abs(value) * self.scale)
        unit = f" {self.texts('unit.points')}" if self.in_percent else ""
        return f"{_sign(value) if text != '0' else ''}{text}{unit}"

    def total(self, value: Any) -> str:
        """Write a total with its unit."""
        return f"{self.number(value)} {self.total_unit}"

    def signed_total(self, value: float) -> str:
        """Write a change of a total with its sign and unit."""
        return f"{_sign(value)}{self.total(abs(value))}"

    def gap(self, value: Any) -> str:
        """Write a solver's gap as it is, the smallest ones too."""
        return ABSENT if _absent(value) else f"{value:.1g}"

    def size(self, value: Any) -> str:
        """Write how many people there are, or what they need."""
        return f"{self.number(value)} {self.size_unit}"

    def percent(self, value: Any) -> str:
        """Write a percentage."""
        if _absent(value):
            return ABSENT
        return f"{self.short(value)} %"

    def number(self, value: Any) -> str:
        """Write a number to four significant digits, whole ones whole."""
        return written(value)

    def short(self, value: Any) -> str:
        """Write a number to three significant digits, for bars and percentages."""
        return written(value, 3)

    @property
    def percent_sign(self) -> str:
        """What is put after the name of a utility that is written in percent."""
        return " (%)" if self.in_percent else ""

    def absent_or(self, value: Any, write: Callable[[Any], str]) -> str:
        """Write a value, or a dash where there is none."""
        return ABSENT if _absent(value) else write(value)

    def proof(self, value: Any) -> str:
        """Write what an optimal plan's claim rests on."""
        return ABSENT if _absent(value) or not value else self.texts(f"proof.{value}")

    def yes_no(self, value: Any) -> str:
        """Write a truth, or that it is not known."""
        return self.texts("yes_no." + ("unknown" if _absent(value) else "yes" if value else "no"))

    def verdict(self, holds: bool) -> str:
        """Write whether a policy holds."""
        return self.texts("verdict.holds" if holds else "verdict.broken")

    def status(self, value: str) -> str:
        """Write what a solve holds."""
        return self.texts(f"status.{value}")

    def measure(self, name: str) -> str:
        """Name a measure, with its parameter where it has one."""
        base, _, parameter = name.partition(":")
        return self._bracketed(self.texts(f"measure.{base}"), parameter)

    def gini(self, value: Any) -> str:
        """Write a Gini coefficient."""
        return ABSENT if _absent(value) else f"{value:.3f}"


def written(value: Any, digits: int = 4) -> str:
    """Write a number to so many significant digits, whole ones whole; a dash for none.

    Examples
    --------
    >>> written(45.0), written(-0.25), written(float("nan")), written(12345.678), written(1 / 3, 3)
    ('45', '−0.25', '–', '12,346', '0.333')
    """
    if _absent(value):
        return ABSENT
    number = float(value)
    if np.isinf(number):
        return "∞" if number > 0 else "−∞"
    if abs(number) < 1e-9:
        return "0"
    if abs(number) >= 1e15 or abs(number) < 1e-4:
        text = f"{number:.3g}"
    elif abs(number) >= 1000 or abs(number - round(number)) <= 1e-9 * abs(number):
        text = f"{round(number):,}"
    else:
        text = f"{number:.{digits}g}"
    return text.replace("-", "−")


def _rules(asked: Range) -> list[Rule]:
    return [Rule.of(rule) for rule in (asked.criterion, *asked.policies)]


def _absent(value: Any) -> bool:
    return value is None or bool(pd.isna(value))


def _sign(value: float) -> str:
    return "+" if value > 0 else "−" if value < 0 else ""
