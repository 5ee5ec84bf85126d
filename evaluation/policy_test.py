"""Policies as a test suite for plans: any plan, whoever made it, one line a policy."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pandas as pd

from ..instances.errors import InputError
from ..instances.fairness import Fairness, Rule, with_fairness
from ..models.checks.fairness import measured
from ..models.policies import policy_of

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping
    from typing import Any

    from ..instances.problem import Problem

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def judge_plan(
    problem: Problem,
    plan: pd.DataFrame,
    policies: Iterable[str | Rule | Mapping[str, Any]] | None = None,
) -> pd.DataFrame:
    """Judge a plan by policies, each by its definition; the plan may be anybody's.

    Parameters
    ----------
    problem
        What was to be decided, with the attributes that the policies name.
    plan
        A frame in the user's keys, as for `allocare.check`.
    policies
        Names with parameters, as `Rule.of` reads them; None means those in force on the problem.

    Returns
    -------
    pandas.DataFrame
        A row a policy: ``policy``, ``holds``, ``excess`` (by how much it is broken at the worst place; 0 or
        below where it holds, then how much is to spare), ``where``, ``message`` and ``broken``, the number of
        places that break it.

    Raises
    ------
    InputError
        For no policies, one that the problem cannot have, or a plan that cannot be read.

    Examples
    --------
    >>> import allocare
    >>> problem = allocare.example("sunray")
    >>> judge_plan(problem, allocare.solve(problem).allocation, ["floor:value=1", "cap:value=0.5"])
    ...     # doctest: +NORMALIZE_WHITESPACE
                policy  holds  excess   where                              message  broken
    0    floor:value=1   True     0.0  mill 1  'mill 1' has 1, the floor is 1       0
    1    cap:value=0.5  False     0.5  mill 1  'mill 1' has 1, the cap is 0.5       4
    """
    if policies is not None:
        problem = with_fairness(problem, None, policies)
    rules = (problem.fairness or Fairness()).policies
    if not rules:
        raise InputError("there are no policies to judge the plan by; name at least one")
    judged = [policy_of(rule) for rule in rules]
    found = measured(problem, problem.decisions(plan))
    verdicts = [policy.judge(found) for policy in judged]
    return pd.DataFrame(
        {
            "policy": [str(rule) for rule in rules],
            "holds": [verdict.holds for verdict in verdicts],
            "excess": [verdict.excess for verdict in verdicts],
            "where": [verdict.where for verdict in verdicts],
            "message": [verdict.message for verdict in verdicts],
            "broken": [verdict.broken for verdict in verdicts],
        }
    )


def junit(verdicts: pd.DataFrame, name: str = "policies") -> str:
    """Return verdicts as JUnit XML, which continuous integration shows: a test case a policy.

    Parameters
    ----------
    verdicts
        As `judge_plan` returns them.
    name
        Name of the test suite, e.g. the plan's.

    Examples
    --------
    >>> import allocare
    >>> problem = allocare.example("sunray")
    >>> verdicts = judge_plan(problem, allocare.solve(problem).allocation, ["floor:value=1"])
    >>> print(junit(verdicts, "plan.csv").splitlines()[1])
    <testsuites tests="1" failures="0" errors="0">
    """
    broken = verdicts[~verdicts["holds"]]
    counts = {"tests": str(len(verdicts)), "failures": str(len(broken)), "errors": "0"}
    root = ElementTree.Element("testsuites", counts)
    suite = ElementTree.SubElement(root, "testsuite", {"name": _xml(name), **counts, "skipped": "0"})
    for line in verdicts.to_dict("records"):
        name = str(line["policy"])
        case = ElementTree.SubElement(
            suite, "testcase", {"name": _xml(name), "classname": _xml(name.partition(":")[0])}
        )
        if not line["holds"]:
            found = {"type": "policy", "message": _xml(line["message"])}
            failure = ElementTree.SubElement(case, "failure", found)
            places = f"broken at {line['where']}, by {line['excess']:.6g}; in all {line['broken']}"
            failure.text = _xml(f"{line['message']}\n{places}")
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def write_junit(verdicts: pd.DataFrame, path: str | os.PathLike[str], name: str = "policies") -> None:
    """Write verdicts as a JUnit XML file.

    Raises
    ------
    InputError
        For a place that cannot be written.

    Examples
    --------
    >>> write_junit(pd.DataFrame({"holds": []}, dtype=bool), "no/such/folder.xml")
    ... # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    InputError: no/such/folder.xml: cannot be written (No such file or directory)
    """
    try:
        Path(path).write_text(junit(verdicts, name), encoding="utf-8", newline="\n")
    except OSError as error:
        raise InputError(f"cannot be written ({error.strerror or error})", str(path)) from error


def _xml(text: str) -> str:
    """Text without the characters that XML cannot hold."""
    return _NOT_XML.sub("\ufffd", text)
