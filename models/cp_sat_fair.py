r"""Fair allocation by minimum variance in whole numbers alone, for solvers that know no others.

With :math:`r_j` received by target j, :math:`T = \sum_j r_j` and :math:`L` the least common multiple of the
demands, the demand-weighted population variance of the service levels times :math:`D^2 L` is whole:

.. math:: D^2 L \sum_j \frac{d_j}{D} \Bigl(\frac{r_j}{d_j} - \frac{T}{D}\Bigr)^2
          = \sum_j \frac{D L}{d_j}\, r_j^2 - L\, T^2

Where the efficiency floor fixes :math:`T`, the last term is a constant. Where it does not, the term is
concave, and only a solver of general squares takes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from ..instances.errors import CapabilityError
from .fair_allocation import efficiency_floor, lane_limits
from .lane_keys import lane_keys
from .matrix import FormBuilder
from .most_served import most_served

if TYPE_CHECKING:
    from ..instances.fair_allocation import FairAllocationProblem
    from .matrix import MatrixForm

LARGEST_WEIGHT = 2**53


def whole_variance_form(problem: FairAllocationProblem) -> tuple[MatrixForm, int]:
    r"""Return a form with whole columns and coefficients alone, and its objective's multiple of the variance.

    Raises
    ------
    CapabilityError
        Where the demands' least common multiple makes the weights too large to be exact.

    Examples
    --------
    >>> from allocare.instances.fair_allocation import FairAllocationProblem
    >>> from allocare.instances.lanes import Lanes
    >>> form, multiple = whole_variance_form(FairAllocationProblem(
    ...     sources=["depot"], targets=["north", "south"], lanes=Lanes.from_matrix([[1, 1]]),
    ...     supply=[6], demand=[4, 6], whole=True))
    >>> form.quadratic.tolist(), form.offset, multiple
    ([0.0, 0.0, 30.0, 20.0], -432.0, 1200)
    """
    lanes, needy = problem.lanes, problem.demand > 0
    demands = [int(d) for d in problem.demand[needy]]
    common, total_demand = _least_common_multiple(demands), sum(demands)
    weights = [total_demand * common // d for d in demands]
    if max([common * total_demand**2, *weights], default=0) >= LARGEST_WEIGHT:
        raise CapabilityError(
            f"the demands' least common multiple is {common:.3g}, which makes the variance's weights too "
            "large to be exact in whole numbers"
        )
    most = most_served(problem)
    fixed = efficiency_floor(problem) == most
    build = FormBuilder()
    keys = lane_keys(lanes, problem.sources, problem.targets)
    flow = build.add_columns("flow", len(lanes), upper=lane_limits(problem), whole=True, keys=keys)
    names = problem.targets[needy]
    received = build.add_columns(
        "received", len(names), quadratic=weights, upper=problem.demand[needy], whole=True, keys=names
    )
    by_source, by_target = lanes.incidence()
    everything = sp.csr_array(np.ones((1, len(lanes))))
    build.add_rows("supply_limit", [(flow, by_source)], upper=problem.supply, keys=problem.sources)
    receipt = [(flow, by_target[needy]), (received, -sp.eye_array(len(names)))]
    build.add_rows("receipt", receipt, lower=0, upper=0, keys=names)
    floor = efficiency_floor(problem)
    build.add_rows("efficiency", [(flow, everything)], lower=-np.inf if floor is None else floor, upper=most)
    if problem.cost_budget is not None:
        build.add_rows("cost_budget", [(flow, sp.csr_array([lanes.cost]))], upper=problem.cost_budget)
    if not fixed:
        total = build.add_columns("total", 1, quadratic=-common, upper=most, whole=True)
        build.add_rows("sum", [(flow, everything), (total, sp.csr_array([[-1.0]]))], lower=0, upper=0)
    offset = -float(common * int(most) ** 2) if fixed else 0.0
    return build.finish(decisions="flow", offset=offset), max(1, total_demand**2 * common)


def _least_common_multiple(numbers: list[int]) -> int:
    from math import lcm

    return lcm(*numbers)
