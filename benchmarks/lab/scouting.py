"""What backends import, found out by one process, so that no run has to wait for it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ...instances.errors import AllocareError
from ...instances.examples import example
from ...instances.generators import generate
from ...instances.network_flow import NetworkFlowProblem
from ...solvers.solve import solve
from .own import own_backends

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...instances.problem import Problem
    from .trial import Tell

LIMIT_SECONDS = 0.2
"""For backends that search for as long as they are let."""


@dataclass(frozen=True)
class Scout:
    """Solve something tiny of every family on each backend, and tell what was imported for it."""

    backends: tuple[str, ...]


def scout(request: Scout, tell: Tell) -> dict[str, Any]:
    """Names of the modules that were imported, parents first.

    A module whose package is not there itself was loaded in a way of its own, and is left out.

    Examples
    --------
    >>> sorted(scout(Scout(()), lambda *_: None))
    ['modules']
    """
    # a function of the user's may take for ever on anything
    names = [name for name in request.backends if name not in own_backends()]
    for problem in tiny_problems():
        for name in names:
            try:
                solve(problem, name, LIMIT_SECONDS)
            except AllocareError:
                continue
    loaded = [name for name, module in sys.modules.items() if getattr(module, "__spec__", None) is not None]
    return {"modules": [name for name in loaded if name.rpartition(".")[0] in {"", *sys.modules}]}


def tiny_problems() -> Iterator[Problem]:
    """A tiny problem of every family.

    Examples
    --------
    >>> sorted({problem.kind for problem in tiny_problems()})  # doctest: +NORMALIZE_WHITESPACE
    ['assignment', 'fair-allocation', 'linear', 'network-flow', 'network-plan', 'programmes',
     'transportation', 'uncertain-transportation']
    """
    for name in ("degenerate", "chores-3x3", "gap-c515-1-min", "article-linear", "ventilator-stocking"):
        yield example(name)
    yield generate("ventilators", n_lenders=2, n_borrowers=3, whole=False)
    yield generate("ventilators", n_lenders=2, n_borrowers=3, whole=True)
    yield generate("programmes", n_groups=3)
    yield generate("network-plan", n_sites=2, n_days=2)
    yield NetworkFlowProblem(
        nodes=pd.Index(["a", "b"]),
        balance=np.array([3.0, -3.0]),
        tail=np.array([0], np.int32),
        head=np.array([1], np.int32),
        cost=np.array([2.0]),
        lower=np.array([0.0]),
        capacity=np.array([5.0]),
    )
