"""Transportation problems of any size whose optimum is known without solving them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..errors import InputError
from ..lanes import Lanes
from ..problem import Provenance
from ..transportation import TransportationProblem
from .forest import draw_forest
from .options import number, random_generator, truth, whole_number
from .planted import Planted
from .sparsity import draw_lanes, union

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..arrays import FloatArray, IndexArray
    from .forest import Forest

    Whole = npt.NDArray[np.int64]


def planted_transportation(
    *,
    seed: int = 0,
    n_sources: int = 20,
    n_targets: int = 50,
    lanes_per_target: int | None = None,
    surplus_share: float = 0.0,
    unmet_share: float = 0.0,
    unmet_cost: int | None = None,
    saturated_share: float = 0.0,
    highest_quantity: int = 100,
    highest_cost: int = 1000,
    whole: bool = True,
) -> Planted[TransportationProblem]:
    r"""Generate a transportation problem together with its unique optimum, in whole numbers.

    A random forest :math:`F` of lanes carries positive quantities, potentials :math:`u < 0 < v` are drawn,
    and costs follow from them with random :math:`s \ge 1`:

    .. math::

        c_{ij} = u_i + v_j \text{ on } F, \qquad
        c_{ij} \le u_i + v_j - s_{ij} \text{ on saturated lanes}, \qquad
        c_{ij} \ge u_i + v_j + s_{ij} \text{ elsewhere.}

    Each tree of the forest holds exactly one root, a source with supply left over (:math:`u_i = 0`) or a
    target with unmet demand (:math:`v_j = p`); or there is one tree with neither. So the plan is a
    non-degenerate basis, complementary slackness is strict, and no other plan is optimal.

    Parameters
    ----------
    seed
        Seed of the random numbers; the same seed gives the same problem.
    n_sources, n_targets
        The size of the grid.
    lanes_per_target
        Sources drawn for each target beside those of the plan; None makes every pair a lane.
    surplus_share
        Share of the sources that have supply left over in the optimum (at least one where above 0).
    unmet_share
        Share of the targets whose demand is partly unmet in the optimum (at least one where above 0).
    unmet_cost
        Price p of a unit of unmet demand, a whole number above `highest_cost`. None forbids unmet
        demand, or stands for twice `highest_cost` where `unmet_share` is above 0.
    saturated_share
        Share of the lanes outside the forest that the optimum uses up to their capacity. Where it is
        above 0, every lane has a capacity.
    highest_quantity
        Most that one lane of the plan carries.
    highest_cost
        No lane costs more, except those from surplus to shortage, which cost more than unmet demand.
    whole
        Whether the problem asks for whole quantities; the optimum is the same either way.

    Raises
    ------
    InputError
        For an option out of range.

    Examples
    --------
    >>> planted = planted_transportation(n_sources=3, n_targets=4, surplus_share=0.5, seed=1)
    >>> bool(planted.problem.lanes.cost @ planted.decisions == planted.optimum)
    True
    """
    rng = random_generator(seed)
    n_sources = whole_number("n_sources", n_sources, lowest=1)
    n_targets = whole_number("n_targets", n_targets, lowest=1)
    if lanes_per_target is not None:
        lanes_per_target = whole_number("lanes_per_target", lanes_per_target, lowest=1, highest=n_sources)
    n_surplus = _count("surplus_share", surplus_share, n_sources)
    n_short = _count("unmet_share", unmet_share, n_targets)
    saturated_share = number("saturated_share", saturated_share, lowest=0, highest=1)
    most = whole_number("highest_quantity", highest_quantity, lowest=1, highest=10**6)
    highest_cost = whole_number("highest_cost", highest_cost, lowest=4, highest=10**6)
    price = 2 * highest_cost if n_short else None
    if unmet_cost is not None:
        price = whole_number("unmet_cost", unmet_cost, lowest=highest_cost + 1, highest=10**9)

    forest = draw_forest(rng, n_sources, n_targets, n_surplus, n_short)
    surplus = np.zeros(n_sources)
    surplus[forest.source_roots[:n_surplus]] = rng.integers(1, most + 1, size=n_surplus)
    unmet = np.zeros(n_targets)
    unmet[forest.target_roots] = rng.integers(1, most + 1, size=n_short)
    row, column, basic = _lanes(rng, forest, lanes_per_target)

    near_row, near_column = _potentials(rng, surplus, unmet, highest_cost)
    short_row, short_column = forest.root_of_source >= n_sources, forest.root_of_target >= n_sources
    lift = 0 if price is None else price - _highest_potential(highest_cost)
    row_potential, column_potential = near_row - lift * short_row, near_column + lift * short_column

    slack = rng.integers(1, highest_cost // 4 + 1, size=len(row))
    slack[basic] = 0
    # from shortage to surplus, a lane would need a cost below 0 to be worth filling
    saturated = (slack > 0) & ~(short_row[row] & ~short_column[column])
    saturated &= rng.random(len(row)) < saturated_share
    cost, potential = near_row[row] + near_column[column], row_potential[row] + column_potential[column]
    cost = np.where(saturated, np.minimum(cost, potential) - slack, np.maximum(cost, potential) + slack)

    flow = np.zeros(len(row))
    flow[basic] = rng.integers(1, most + 1, size=len(basic))
    flow[saturated] = rng.integers(1, most + 1, size=np.count_nonzero(saturated))
    capacity = None
    if saturated_share > 0:
        capacity = flow + np.where(saturated, 0, rng.integers(1, most + 1, size=len(row)))
    problem = TransportationProblem(
        title=f"Planted transportation problem {n_sources} x {n_targets}, seed {seed}",
        provenance=Provenance("generated, with a planted optimum", "CC0-1.0"),
        sources=pd.Index([f"source {i}" for i in range(1, n_sources + 1)]),
        targets=pd.Index([f"target {j}" for j in range(1, n_targets + 1)]),
        lanes=Lanes(
            n_sources,
            n_targets,
            cost.astype(np.float64),
            None if lanes_per_target is None else row,
            None if lanes_per_target is None else column,
            capacity,
        ),
        supply=np.bincount(row, flow, n_sources) + surplus,
        demand=np.bincount(column, flow, n_targets) + unmet,
        unmet_cost=None if price is None else np.full(n_targets, float(price)),
        whole=truth("whole", whole),
    )
    return Planted(
        problem=problem,
        optimum=_exact(problem.lanes.cost @ flow + (price or 0) * unmet.sum()),
        decisions=flow,
        row_potential=row_potential.astype(np.float64),
        column_potential=column_potential.astype(np.float64),
    )


def _count(name: str, share: object, size: int) -> int:
    value = number(name, share, lowest=0, highest=1)
    return max(1, round(value * size)) if value > 0 else 0


def _lanes(
    rng: np.random.Generator, forest: Forest, lanes_per_target: int | None
) -> tuple[IndexArray, IndexArray, Whole]:
    """Ends of every lane in row-major order, and where the forest's lanes stand among them."""
    n_sources, n_targets = len(forest.root_of_source), len(forest.root_of_target)
    basic = forest.source * n_targets + forest.target
    if lanes_per_target is None:
        row, column = np.divmod(np.arange(n_sources * n_targets), n_targets)
    else:
        lanes = union(basic, draw_lanes(rng, n_sources, n_targets, lanes_per_target))
        row, column = np.divmod(lanes, n_targets)
        basic = np.searchsorted(lanes, basic)
    return row.astype(np.int32), column.astype(np.int32), basic


def _highest_potential(highest_cost: int) -> int:
    return highest_cost - highest_cost // 4


def _potentials(
    rng: np.random.Generator, surplus: FloatArray, unmet: FloatArray, highest_cost: int
) -> tuple[Whole, Whole]:
    """Potentials before shortage lifts them: costs within range whatever the slack, and 0 only at surplus."""
    part, top = highest_cost // 4, _highest_potential(highest_cost)
    row = -rng.integers(1, part + 1, size=len(surplus))
    row[surplus > 0] = 0
    column = rng.integers(2 * part, top, size=len(unmet))
    column[unmet > 0] = top
    return row, column


def _exact(optimum: float) -> float:
    if optimum >= 2**53:
        raise InputError(
            f"the optimum {optimum:g} is not exact in floating point; lower highest_quantity or highest_cost",
            "generator option",
        )
    return float(optimum)
