"""Certain causes why a transportation problem has no plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..checks.lane_sums import sums_at
from .wording import amount, falls_short, figure, named, worst

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...instances.arrays import FloatArray
    from ...instances.transportation import TransportationProblem


def causes(problem: TransportationProblem) -> Iterator[str]:
    """Yield each certain cause, the plainest first.

    Examples
    --------
    >>> from allocare.instances.lanes import Lanes
    >>> from allocare.instances.transportation import TransportationProblem
    >>> problem = TransportationProblem(
    ...     sources=["Jena", "Gera"], targets=["Erfurt"], lanes=Lanes.from_matrix([[40], [70]]),
    ...     supply=[5, 2], demand=[9], units={"quantity": "beds"})
    >>> next(causes(problem))
    'supply is 7 beds in all, demand is 9 (2 beds short); add supply, or price unmet demand'
    """
    must_send, may_send = _sending(problem)
    must_get, may_get = _receiving(problem)
    lanes = problem.lanes
    limit = np.minimum(may_send[lanes.source], may_get[lanes.target])
    if lanes.capacity is not None:
        limit = np.minimum(limit, lanes.capacity)
    yield from _sums(problem, must_send, may_send, must_get, may_get, limit)
    yield from _ends(problem, must_send, must_get, limit)
    yield from _only_sources(problem, may_send, must_get)


def _sending(problem: TransportationProblem) -> tuple[FloatArray, FloatArray]:
    """Least and most that each source may send."""
    size = len(problem.sources)
    if problem.supply is None:
        return np.zeros(size), np.full(size, np.inf)
    return (problem.supply if problem.supply_rule == "exactly" else np.zeros(size)), problem.supply


def _receiving(problem: TransportationProblem) -> tuple[FloatArray, FloatArray]:
    """Least and most that each target may receive."""
    size = len(problem.targets)
    if problem.demand is None:
        return np.zeros(size), np.full(size, np.inf)
    most = problem.demand if problem.demand_rule == "exactly" else np.full(size, np.inf)
    if problem.unmet_cost is None:
        return problem.demand, most
    if problem.minimum_service is None:
        return np.zeros(size), most
    least = problem.minimum_service * problem.demand
    return (np.ceil(least * (1 - 1e-12)) if problem.whole else least), most


def _sums(
    problem: TransportationProblem,
    must_send: FloatArray,
    may_send: FloatArray,
    must_get: FloatArray,
    may_get: FloatArray,
    limit: FloatArray,
) -> Iterator[str]:
    supply, demand, total = may_send.sum(), must_get.sum(), problem.total
    if falls_short(supply, demand):
        free = problem.unmet_cost is None
        asked = "demand is" if free else "minimum service asks for"
        mend = "add supply, or price unmet demand" if free else "add supply, or ask for less"
        short = amount(problem, demand - supply)
        yield f"supply is {amount(problem, supply)} in all, {asked} {figure(demand)} ({short} short); {mend}"
    if falls_short(may_get.sum(), must_send.sum()):
        yield (
            f"sources must send exactly {amount(problem, must_send.sum())} in all, "
            f"targets may receive {figure(may_get.sum())}; let sources send at most their supply"
        )
    if total is None:
        return
    for most, what in (
        (supply, "supply is"),
        (may_get.sum(), "targets may receive"),
        (limit.sum(), "the lanes can carry"),
    ):
        if falls_short(most, total):
            yield f"the total must be {amount(problem, total)}, {what} {figure(most)} in all"
    for least, what in ((demand, "targets must receive"), (must_send.sum(), "sources must send")):
        if falls_short(total, least):
            yield f"the total must be {amount(problem, total)}, {what} {figure(least)} in all"


def _ends(
    problem: TransportationProblem, must_send: FloatArray, must_get: FloatArray, limit: FloatArray
) -> Iterator[str]:
    lanes = problem.lanes
    for keys, what, place, must, verb, direction in (
        (problem.targets, "target", lanes.target, must_get, "receive", "leads to it"),
        (problem.sources, "source", lanes.source, must_send, "send", "leaves it"),
    ):
        reach = sums_at(place, limit, len(keys))
        at = worst(falls_short(reach, must), must - reach)
        if at is None:
            continue
        start = f"{what} {named(keys, at)} must {verb} {amount(problem, must[at])}"
        if not (place == at).any():
            yield f"{start}, but no lane {direction}"
        else:
            yield f"{start}, its lanes allow {figure(reach[at])} at most"


def _only_sources(
    problem: TransportationProblem, may_send: FloatArray, must_get: FloatArray
) -> Iterator[str]:
    """Targets that one source alone can reach, together asking too much of it."""
    lanes = problem.lanes
    lone = np.bincount(lanes.target, minlength=lanes.n_targets)[lanes.target] == 1
    asked = sums_at(lanes.source[lone], must_get[lanes.target[lone]], lanes.n_sources)
    at = worst(falls_short(may_send, asked), asked - may_send)
    if at is None:
        return
    yield (
        f"source {named(problem.sources, at)} is the only one that reaches targets which must receive "
        f"{amount(problem, asked[at])} in all, it has {figure(may_send[at])}"
    )
