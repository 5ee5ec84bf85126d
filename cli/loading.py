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
