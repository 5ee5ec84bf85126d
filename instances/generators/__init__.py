"""Generators of problems of any size, seeded: the same seed and options give the same problem."""

from __future__ import annotations

from inspect import signature
from typing import TYPE_CHECKING, Any, TypeAlias

from ..errors import InputError
from ..hints import nearest
from ..problem import Problem
from .assignment import planted_assignment
from .beds import beds
from .gap import gap
from .hospitals import hospitals
from .network_plan import network_plan
from .planted import Planted
from .programmes import programmes
from .scenario import Scenario
from .stocking import stocking
from .transportation import planted_transportation
from .ventilators import ventilators

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Generated: TypeAlias = Problem | Planted[Any] | Scenario[Any]

GENERATORS: dict[str, Callable[..., Generated]] = {
    "transportation": planted_transportation,
    "assignment": planted_assignment,
    "gap": gap,
    "hospitals": hospitals,
    "ventilators": ventilators,
    "beds": beds,
    "programmes": programmes,
    "stocking": stocking,
    "network-plan": network_plan,
}
"""By kind: each returns a problem, or a record of it with its planted optimum or its tables."""

__all__ = [
    "GENERATORS",
    "Planted",
    "Scenario",
    "beds",
    "gap",
    "generate",
    "generator_options",
    "hospitals",
    "network_plan",
    "planted_assignment",
    "planted_transportation",
    "programmes",
    "stocking",
    "ventilators",
]


def generate(kind: str, *, seed: int = 0, **options: Any) -> Problem:
    """Generate a problem.

    Parameters
    ----------
    kind
        One of `GENERATORS`.
    seed
        Seed of the random numbers; the same seed and options give the same problem.
    options
        The generator's own options; `generator_options` lists them.

    Raises
    ------
    InputError
        For an unknown kind or option (naming the nearest one), or a value out of range.

    Examples
    --------
    >>> generate("transportation", n_sources=3, n_targets=4, seed=1).size
    12
    """
    known = generator_options(kind)
    for name in options:
        if name not in known:
            raise InputError(f"{kind} has no option {name!r}; {nearest(name, known)}", "generator option")
    made = GENERATORS[kind](seed=seed, **options)
    return made if isinstance(made, Problem) else made.problem


def generator_options(kind: str) -> Mapping[str, Any]:
    """Options of a generator with their defaults, the seed left out.

    Examples
    --------
    >>> generator_options("gap")
    {'type': 'c', 'n_agents': 5, 'n_tasks': 100}
    """
    if kind not in GENERATORS:
        raise InputError(f"there is no generator {kind!r}; {nearest(kind, GENERATORS)}")
    parameters = signature(GENERATORS[kind]).parameters
    return {name: each.default for name, each in parameters.items() if name != "seed"}
