"""The rules and the objective of a transportation plan."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from .findings import Findings, common_size, floor_tolerance, largest, named
from .lane_sums import (
    carried_on,
    examine_lanes,
    examine_whole,
    lane_cost,
    lane_name,
    lane_sums,
    linear_scale,
)
from .report import Valuation

if TYPE_CHECKING:
    from ...instances.arrays import FloatArray
    from ...instances.transportation import TransportationProblem
    from .lane_sums import Carried, LaneSums


def findings(problem: TransportationProblem) -> Findings:
    """Nothing found yet; tolerances fit the quantities that can move.

    Examples
    --------
    >>> import allocare
    >>> found = findings(allocare.example("kleeblatt-2021-12-08"))
    >>> found.floor, found.whole, found.unit
    (1e-06, True, 'patients')
    """
    limits = (largest(problem.supply), largest(problem.demand), problem.total or 0.0)
    size = common_size(*limits) if any(limits) else common_size(largest(problem.lanes.capacity))
    return Findings(floor_tolerance(size), problem.whole, problem.unit("quantity"))


def decision_name(problem: TransportationProblem, at: int) -> str:
    """Write a lane in the user's keys.

    Examples
    --------
    >>> import allocare
    >>> decision_name(allocare.example("kleeblatt-2021-12-08"), 0)
    "'Schleswig-Holstein' to 'Hamburg'"
    """
    return lane_name(problem.lanes, problem.sources, problem.targets, at)


def examine(problem: TransportationProblem, quantity: FloatArray, found: Findings) -> Valuation:
    """Find what a plan breaks, and what it is worth.

    Examples
    --------
    >>> from allocare.instances.lanes import Lanes
    >>> from allocare.instances.transportation import TransportationProblem
    >>> problem = TransportationProblem(
    ...     sources=["Jena", "Gera"], targets=["Erfurt"], lanes=Lanes.from_matrix([[40], [70]]),
    ...     supply=[5, 9], demand=[8], whole=True)
    >>> found = findings(problem)
    >>> examine(problem, np.array([6.0, 2.0]), found).objective
    380.0
    >>> found.worst()[0].message
    "supply of 'Jena': sends 6, has 5 (1 too many)"
    """
    name = partial(decision_name, problem)
    carried = carried_on(problem.lanes, quantity)
    if problem.whole:
        carried = examine_whole(found, carried, name)
    sums = lane_sums(problem.lanes, carried)
    examine_lanes(found, problem.lanes, carried, name)
    _supply(problem, sums, found)
    _demand(problem, sums, found)
    _minimum_service(problem, sums, found)
    _total(problem, sums, found)
    return _value(problem, carried, sums, found.floor)


def _supply(problem: TransportationProblem, sums: LaneSums, found: Findings) -> None:
    if problem.supply is None:
        return
    exact = problem.supply_rule == "exactly"
    has = "must send" if exact else "has"
    found.hold(
        "supply",
        sums.sent,
        lambda at, sends, limit, off: (named(problem.sources, at), f"sends {sends}, {has} {limit} ({off})"),
        at_most=problem.supply,
        at_least=problem.supply if exact else None,
        gross=sums.sent_gross,
        left_out=True,
    )


def _demand(problem: TransportationProblem, sums: LaneSums, found: Findings) -> None:
    if problem.demand is None:
        return

    def describe(at: int, receives: str, needs: str, off: str) -> tuple[str, str]:
        return named(problem.targets, at), f"receives {receives}, needs {needs} ({off})"

    gross = sums.received_gross
    if problem.demand_rule == "exactly":
        found.hold("demand", sums.received, describe, at_most=problem.demand, gross=gross)
    if problem.unmet_cost is None:
        found.hold(
            "unmet demand", sums.received, describe, at_least=problem.demand, gross=gross, left_out=True
        )


def _minimum_service(problem: TransportationProblem, sums: LaneSums, found: Findings) -> None:
    if problem.minimum_service is None or problem.demand is None:
        return
    required = problem.minimum_service * problem.demand
    if problem.whole:
        # 0.07 * 100 is a little above 7 in binary numbers; it asks for 7, not 8
        required = np.ceil(required * (1 - 1e-12))
    found.hold(
        "minimum service",
        sums.received,
        lambda at, receives, least, off: (
            named(problem.targets, at),
            f"receives {receives}, must receive at least {least} ({off})",
        ),
        at_least=required,
        gross=sums.received_gross,
        left_out=True,
    )


def _total(problem: TransportationProblem, sums: LaneSums, found: Findings) -> None:
    if problem.total is None:
        return
    found.hold(
        "total",
        np.array([sums.sent.sum()]),
        lambda _, carries, total, off: ("", f"all lanes carry {carries}, must carry {total} ({off})"),
        at_most=problem.total,
        at_least=problem.total,
        gross=np.array([sums.sent_gross.sum()]),
        left_out=True,
    )


def _value(problem: TransportationProblem, carried: Carried, sums: LaneSums, floor: float) -> Valuation:
    objective, scale = lane_cost(problem.lanes.cost, carried, floor)
    unmet = None
    if problem.demand is not None:
        short = np.maximum(problem.demand - sums.received, 0.0)
        unmet = float(short.sum())
        if problem.unmet_cost is not None:
            price = float(problem.unmet_cost @ short)
            objective += -price if problem.maximise else price
            scale += linear_scale(problem.unmet_cost, short, floor)
    return Valuation(objective, scale, served=float(sums.received.sum()), unmet=unmet)
