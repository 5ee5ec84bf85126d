"""The backends, on one screen. Command-line choices, test parameters and tables derive from it."""

from __future__ import annotations

from difflib import get_close_matches

from ..instances.errors import CapabilityError
from .backend import Backend

ALL = frozenset(
    {
        "transportation",
        "assignment",
        "fair-allocation",
        "network-flow",
        "linear",
        "programmes",
        "uncertain-transportation",
        "network-plan",
    }
)
FLOWS = ALL - {"linear", "programmes", "uncertain-transportation", "network-plan"}
TRANSPORTATION = frozenset({"transportation"})
FAIR = frozenset({"fair-allocation"})
SERVICE = FLOWS - {"network-flow"}
RULED = SERVICE | {"programmes", "network-plan"}
GREEDY_RULES = (
    "default",
    "nearest",
    "cheapest-lane",
    "least-cost",
    "north-west",
    "vogel",
    "largest-need",
    "best-weight",
    "marginal-gain",
    "benefit-per-cost",
    "worst-off-first",
    "first-come",
    "proportional-share",
    "regret",
    "nearest-room",
    "randomised",
)

BACKENDS = {
    backend.name: backend
    for backend in (
        Backend(
            "highs", "LP, MILP; convex objectives by cuts", ALL, "highspy", "highspy", keeps="statements"
        ),
        Backend(
            "clarabel", "convex QP, LP, cones, divisible", ALL, "clarabel", "clarabel", keeps="statements"
        ),
        Backend(
            "cp-sat",
            "whole-number problems with whole-number data",
            ALL,
            "ortools",
            "ortools",
            keeps="statements",
        ),
        Backend(
            "min-cost-flow",
            "flows on any network, whole-number data",
            FLOWS,
            "ortools",
            "ortools",
            keeps="sums",
        ),
        Backend("network-simplex", "transportation without lane capacities", TRANSPORTATION, "POT", "ot"),
        Backend(
            "max-flow-levels",
            "even service levels of one divisible resource; minimum variance in whole units too",
            FAIR | TRANSPORTATION,
            "ortools",
            "ortools",
            keeps="levels",
        ),
        # SciPy stands in where lapx is missing
        Backend("linear-assignment", "one-to-one assignment", frozenset({"assignment"}), "lapx", "scipy"),
        Backend("networkx", "reference for flows, small sizes", FLOWS, "networkx", "networkx"),
        Backend(
            "pyomo",
            "any solver that Pyomo finds, as pyomo:NAME",
            ALL,
            "pyomo",
            "pyomo",
            variants=("highs",),
            keeps="statements",
        ),
        Backend(
            "greedy",
            "baseline rules, as greedy:RULE",
            RULED,
            exact=False,
            variants=GREEDY_RULES,
            keeps="criteria",
        ),
        Backend(
            "local-search",
            "baseline: tabu search for assignment",
            frozenset({"assignment"}),
            exact=False,
            searches=True,
        ),
        Backend(
            "genetic",
            "baseline: genetic search for assignment and transportation",
            frozenset({"assignment", "transportation"}),
            "pymoo",
            "pymoo",
            exact=False,
            searches=True,
        ),
        Backend(
            "priority", "baseline: sorted needs meet sorted resources", SERVICE, exact=False, keeps="criteria"
        ),
    )
}

ADDED: dict[str, Backend] = {}
"""Backends that a program adds while it runs; they are taken where they are named, and nowhere else."""


def backend(name: str) -> Backend:
    """Return the backend of that name, ``base`` or ``base:variant``.

    Raises
    ------
    CapabilityError
        For a name that is not registered, with the nearest one that is.

    Examples
    --------
    >>> backend("greedy:vogel").name
    'greedy'
    """
    base = name.partition(":")[0]
    if base in BACKENDS:
        return BACKENDS[base]
    if base in ADDED:
        return ADDED[base]
    near = get_close_matches(base, [*BACKENDS, *ADDED], 1)
    hint = f"did you mean {near[0]!r}?" if near else "see 'allocare backends'"
    raise CapabilityError(
        f"there is no backend {name!r}; {hint} (known: auto, {', '.join([*BACKENDS, *ADDED])})"
    )
