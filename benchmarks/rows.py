"""The rows of the kernel benchmark: subject, contestants and targets."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from . import modelling_peers, ours, peers
from .subjects import SUBJECTS, Subject, fairness_growth, transportation_growth

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .peers import Run
    from .subjects import Case

    Contestant = Callable[[Case], Run]


@dataclass(frozen=True)
class Target:
    """A figure of ours is to be at most so many times a peer's, or at most so much where no peer is named."""

    at_most: float
    of: str = ""
    measure: str = "seconds"
    ours: str = "allocare"


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Parameters
    ----------
    title
        What is solved.
    subjects
        By contestant, or one for all under the empty name.
    contestants
        By name; each prepares and returns what is timed.
    targets
        What is to be met.
    tolerance
        By contestant, how far its objective may be from the optimum, as a share of 1 plus its magnitude;
        1e-9 where not listed. Ours is never to be worse than a peer by more than 1e-9.
    decides
        Whether the contestants solve the same problem, so that objectives are compared.
    """

    title: str
    subjects: Mapping[str, Subject]
    contestants: Mapping[str, Contestant]
    targets: tuple[Target, ...]
    tolerance: Mapping[str, float] = field(default_factory=dict)
    decides: bool = True

    def subject(self, contestant: str) -> Subject:
        """The instance that a contestant solves."""
        return self.subjects.get(contestant) or self.subjects[""]


def _row(title: str, subject: str, contestants: Mapping[str, Contestant], *targets: Target) -> Row:
    return Row(
        title, {"": SUBJECTS[subject]}, {"allocare": ours.solve} | dict(contestants), targets, TOLERANCE
    )


def _lanes(count: int) -> str:
    return f"{count:,} lanes"


def _growth(title: str, make: Callable[[int], Case], most: int, *targets: Target) -> Row:
    sizes = [10**k for k in range(4, most + 1)]
    return Row(
        title,
        {_lanes(n): Subject(partial(make, n), partial(make, n // 1000 + 100)) for n in sizes},
        {_lanes(n): ours.solve for n in sizes},
        (Target(3.0, measure="per lane"), *targets),
        decides=False,
    )


TOLERANCE = {"clarabel": 1e-6}
"""What interior points leave open."""

_NOTHING = Subject(ours.no_case, ours.no_case)

ROWS: dict[str, Row] = {
    "dense": _row(
        "transportation 1000 x 1000 dense",
        "dense",
        {
            "ot.emd": peers.emd,
            "ortools": peers.ortools_flow,
            "highs": modelling_peers.highs,
            "linopy": modelling_peers.linopy,
            "pyomo": modelling_peers.pyomo,
        },
        Target(2.0, "ot.emd"),
        Target(0.5, "ortools"),
        Target(1 / 10, "linopy"),
        Target(1 / 60, "pyomo"),
    ),
    "dense-large": _row(
        "transportation 3000 x 3000 dense",
        "dense-large",
        {"ot.emd": peers.emd},
        Target(2.0, "ot.emd"),
        Target(1.5, "ot.emd", "peak_mib"),
    ),
    "reach": _row(
        "sparse transportation 3000 x 2700 within reach",
        "reach",
        {"ot.emd sparse": peers.sparse_emd, "ortools": peers.ortools_flow, "highs": modelling_peers.highs},
        Target(1.3, "ot.emd sparse"),
        Target(0.6, "ortools"),
    ),
    "capacitated": _row(
        "capacitated lanes 500 x 500",
        "capacitated",
        {"ortools": peers.ortools_flow},
        Target(1.5, "ortools"),
    ),
    "assignment": _row(
        "assignment 4000 x 4000",
        "assignment",
        {"lapx": peers.lapx, "scipy": peers.scipy_assignment},
        Target(1.5, "lapx"),
        Target(1 / 3, "scipy"),
    ),
    "levels-random": _row(
        "min variance 500 x 20,000, 20 random each",
        "levels-random",
        {"clarabel": peers.clarabel},
        Target(1 / 100, "clarabel"),
    ),
    "levels-ring": _row(
        "min variance 2,000 x 100,000, 7 neighbours each",
        "levels-ring",
        {"clarabel": peers.clarabel},
        Target(1 / 20, "clarabel"),
    ),
    "whole-units": _row(
        "whole min variance 500 x 2,000, demands 1-100",
        "whole-units",
        {"plain flow": peers.plain_flow},
        Target(4.0, "plain flow"),
    ),
    "whole-units-large": _row(
        "whole min variance 500 x 2,000, demands to 100,000",
        "whole-units-large",
        {"plain flow": peers.plain_flow},
        Target(4.0, "plain flow"),
    ),
    "growth": _growth(
        "growth of dense transportation",
        transportation_growth,
        7,
        Target(8192.0, measure="peak_mib", ours=_lanes(10**7)),
    ),
    "growth-levels": _growth("growth of min variance", fairness_growth, 6),
    "side-constraints": _row(
        "LP with side constraints, 1 million columns",
        "side-constraints",
        {"linopy": modelling_peers.linopy_staff},
        Target(1.0, "linopy", "build"),
        Target(1.1, "linopy"),
    ),
    "resolve": Row(
        "1 % of demands changed, 1 million sparse lanes",
        {"": SUBJECTS["reach"]},
        {"allocare": ours.resolve, "allocare cold": ours.solve_changed},
        (Target(0.25, "allocare cold"),),
    ),
    "sweep": Row(
        "20 values of a service floor, icu_fl",
        {"": Subject(ours.icu, ours.icu)},
        {"allocare": ours.sweep, "one solve": ours.solve_with_floor},
        (Target(4.0, "one solve"),),
        decides=False,
    ),
    "command-line": Row(
        "command line, wall clock",
        {"": _NOTHING},
        {"help": ours.command("--help"), "solve kleeblatt": ours.command("solve", "kleeblatt-2021-12-08")},
        (Target(0.25, ours="help"), Target(1.2, ours="solve kleeblatt")),
        decides=False,
    ),
    "greedy": Row(
        "greedy rules, 1 million lanes",
        {"": SUBJECTS["reach"]},
        {rule: ours.greedy(rule) for rule in ("nearest", "cheapest-lane", "largest-need")},
        tuple(Target(0.3, ours=rule) for rule in ("nearest", "cheapest-lane", "largest-need")),
        decides=False,
    ),
}
"""By name, in the order of the table."""
