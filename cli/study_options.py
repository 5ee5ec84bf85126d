"""From what is typed to what a study takes: rules, ranges, groups."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..instances.errors import InputError
from ..instances.fairness import Rule
from ..instances.hints import nearest
from ..models.criteria import CRITERIA, criterion_of
from ..models.policies import POLICIES, policy_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..evaluation.study import Range

DEFAULT_RANGES = ("gini-cap:at_most=?@0..0.5", "alpha-fair:alpha=?@0..4")
"""Efficiency against Gini, and aversion to inequality from none to strong."""


def criteria_of(text: str) -> list[Rule]:
    """Read criteria, separated by semicolons or commas; a comma between numbers belongs to a list.

    Raises
    ------
    InputError
        For one that does not exist or whose parameters are out of range.

    Examples
    --------
    >>> [str(rule) for rule in criteria_of("maximin, utilitarian")]
    ['maximin', 'utilitarian']
    """
    parts = re.split(r";|,(?!\s*[-+.\d])", text)
    return _checked([Rule.of(part.strip()) for part in parts if part.strip()], criterion_of)


def policies_of(text: str) -> list[Rule]:
    """Read policies, separated by semicolons.

    Raises
    ------
    InputError
        For one that does not exist or whose parameters are out of range.

    Examples
    --------
    >>> [str(rule) for rule in policies_of("floor:value=0.2; cap:value=0.9")]
    ['floor:value=0.2', 'cap:value=0.9']
    """
    return _checked([Rule.of(part.strip()) for part in text.split(";") if part.strip()], policy_of)


def ranges_of(texts: Iterable[str], points: int) -> list[Range]:
    """Read ranges, ``RULES@LOW..HIGH`` with one ``?`` in the rules: a criterion, then policies.

    Without a criterion the total is as great as the policies allow.

    Raises
    ------
    InputError
        For one that is written otherwise, or whose rules do not exist.

    Examples
    --------
    >>> found = ranges_of(["utilitarian;floor:value=?@0..0.5"], 5)[0]
    >>> found.criterion, found.policies, found.high
    ('utilitarian', ('floor:value=?',), 0.5)
    """
    return [_range(text, points) for text in texts]


def default_ranges(points: int) -> list[Range]:
    """Ranges that are looked at unless others are asked for, where the problem allows them.

    Examples
    --------
    >>> default_ranges(20)[0].policies
    ('gini-cap:at_most=?',)
    """
    return [replace(each, optional=True) for each in ranges_of(DEFAULT_RANGES, points)]


def _range(text: str, points: int) -> Range:
    from ..evaluation.study import Range

    written = re.fullmatch(r"(.*)@\s*([^@]+?)\s*\.\.\s*([^@]+?)\s*", text)
    if written is None:
        raise InputError(f"--range {text!r} is not RULES@LOW..HIGH, such as alpha-fair:alpha=?@0..4")
    try:
        low, high = float(written[2]), float(written[3])
    except ValueError:
        raise InputError(f"--range {text!r}: {written[2]!r} and {written[3]!r} must be numbers") from None
    if not low < high:
        raise InputError(f"--range {text!r} goes from a lower to a higher number")
    rules = [Rule.of(part.strip()) for part in written[1].split(";") if part.strip()]
    varied = [name for rule in rules for name, value in rule.parameters.items() if value == "?"]
    if len(varied) != 1:
        raise InputError(f"--range {text!r} has {len(varied)} question marks; write ? for one parameter")
    if rules[0].name not in CRITERIA:
        if rules[0].name not in POLICIES:
            known = nearest(rules[0].name, [*CRITERIA, *POLICIES])
            raise InputError(f"--range {text!r}: there is no criterion or policy {rules[0].name!r}; {known}")
        rules.insert(0, Rule("utilitarian"))
    posed = [Rule(rule.name, _at(rule, high)) for rule in rules]
    _checked(posed[:1], criterion_of)
    _checked(posed[1:], policy_of)
    return Range.of(str(rules[0]), low, high, *map(str, rules[1:]), points=points)


def _at(rule: Rule, value: float) -> dict[str, Any]:
    return {name: value if given == "?" else given for name, given in rule.parameters.items()}


def _checked(rules: list[Rule], build: Any) -> list[Rule]:
    """Refuse a rule that does not exist before anything is solved."""
    for rule in rules:
        build(rule)
    return rules
