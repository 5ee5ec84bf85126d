"""Bundled examples: real, textbook and generated problems in the native format, with their known answers."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from ..errors import InputError
from ..hints import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..problem import Problem

_FOLDER = Path(__file__).parent
_ANSWERS = tomllib.loads((_FOLDER / "answers.toml").read_text(encoding="utf-8"))

EXAMPLES = tuple(_ANSWERS)
"""Names of the bundled examples."""


@dataclass(frozen=True)
class Answer:
    """What is known about an example's optimum.

    Parameters
    ----------
    optimum
        Objective of an optimal plan.
    tolerance
        Most by which a solver's objective may differ from it, absolute.
    source
        Where the optimum is published, or how it was certified.
    by_class
        Each priority class's own part of the optimum, first class first; empty without classes.
    baselines
        What simple rules reach, by the rule's name.
    duals
        Shadow prices by side (``supply``, ``demand``) and key, where they are known to be unique.
    """

    optimum: float
    tolerance: float
    source: str
    by_class: list[float] = field(default_factory=list)
    baselines: Mapping[str, float] = field(default_factory=dict)
    duals: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def examples() -> pd.DataFrame:
    """List the bundled examples.

    Returns
    -------
    DataFrame
        A row each: name, kind, title, size (number of decisions), sense and optimum.

    Examples
    --------
    >>> examples().set_index("name").loc["kleeblatt-2021-12-08", "optimum"].item()
    40005.0
    """
    return pd.DataFrame([_row(name) for name in EXAMPLES])


def example(name: str) -> Problem:
    """Read a bundled example.

    Raises
    ------
    InputError
        For an unknown name, with the nearest one.

    Examples
    --------
    >>> example("kleeblatt-2021-12-08").size
    63
    """
    from ..native import read_native

    return read_native(example_path(name))


def example_path(name: str) -> Path:
    """Return where a bundled example's manifest lies.

    Raises
    ------
    InputError
        For an unknown name, with the nearest one.

    Examples
    --------
    >>> example_path("trnsport").name
    'instance.toml'
    """
    _require(name)
    return _FOLDER / name / "instance.toml"


def answer(name: str) -> Answer:
    """Return what is known about a bundled example's optimum.

    Raises
    ------
    InputError
        For an unknown name, with the nearest one.

    Examples
    --------
    >>> answer("kleeblatt-2021-12-08").baselines["nearest"]
    44024
    """
    _require(name)
    return Answer(**_ANSWERS[name])


def _row(name: str) -> dict[str, object]:
    problem = example(name)
    return {
        "name": name,
        "kind": problem.kind,
        "title": problem.title,
        "size": problem.size,
        "sense": "max" if problem.maximise else "min",
        "optimum": float(answer(name).optimum),
    }


def _require(name: str) -> None:
    if name not in EXAMPLES:
        raise InputError(f"there is no example {name!r}; {nearest(name, EXAMPLES)}")
