"""Finding what the user named: a file, a folder, or a bundled example."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..instances.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..instances.problem import Problem, Sense


def load_timed(file: str, format: str | None, sense: str | None) -> tuple[Problem, float]:
    """Load a file, or a bundled example where no such file exists; with the seconds it took."""
    if sense not in (None, "min", "max"):
        raise InputError(f"--sense is {sense!r}; give min or max")
    from ..instances.examples import EXAMPLES, example
    from ..instances.formats import load

    started = time.perf_counter()
    if file in EXAMPLES and not Path(file).exists():
        if format is not None or sense is not None:
            raise InputError("a bundled example knows its format and sense; leave --as and --sense out", file)
        problem = example(file)
    else:
        wanted: Sense | None = sense  # type: ignore[assignment]  # one of the two, seen above
        problem = load(file, format, wanted)
    return problem, time.perf_counter() - started


def key_values(texts: Iterable[str], what: str) -> dict[str, Any]:
    """Read ``NAME=VALUE`` texts; values that look like numbers, true or false become such.

    Examples
    --------
    >>> key_values(["n_sources=10", "sparse=true", "type=c"], "option")
    {'n_sources': 10, 'sparse': True, 'type': 'c'}
    """
    pairs: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise InputError(f"{what} {text!r} is not NAME=VALUE")
        pairs[name] = _value(value)
    return pairs


def _value(text: str) -> Any:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def with_table(problem: Problem, attributes: Path | None, key: str | None) -> Problem:
    """Join a table of attributes, where one is given.

    Examples
    --------
    >>> import allocare
    >>> with_table(allocare.example("sunray"), None, None).attributes
    {}
    """
    if attributes is None:
        if key is not None:
            raise InputError(f"--key {key!r} is a column of --attributes; give the table too")
        return problem
    from ..instances.attributes import with_attributes

    return with_attributes(problem, attributes, key)


def judged_by(problem: Problem, criterion: str | None, policies: Path | None) -> Problem:
    """Put a criterion and a file's policies in force, each in place of the problem's own where it is given.

    Examples
    --------
    >>> import allocare
    >>> judged_by(allocare.example("sunray"), "maximin", None).fairness.criterion.name
    'maximin'
    """
    own = problem.fairness
    if policies is not None:
        from ..instances.policy_files import with_policy_file

        problem = with_policy_file(problem, policies)
    if criterion is None and (policies is None or own is None):
        return problem
    from ..instances.fairness import with_fairness

    in_force = () if problem.fairness is None else problem.fairness.policies
    wanted = criterion or (None if own is None else own.criterion)
    return with_fairness(problem, wanted, in_force)
