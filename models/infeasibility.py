"""Why no plan keeps every rule: one line in the user's keys and units for the causes that are certain.

Only a cause that by itself proves infeasibility is named. Where none of the simple ones applies there is no
line, and the solver's proof stands alone. A fair allocation always has a plan: its floor asks for no more
than can be served.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .causes import assignment, linear, network_flow, network_plan, programmes, transportation

if TYPE_CHECKING:
    from ..instances.problem import Problem

_FAMILIES: dict[str, Any] = {
    "transportation": transportation,
    "assignment": assignment,
    "network-flow": network_flow,
    "linear": linear,
    "programmes": programmes,
    "network-plan": network_plan,
}


def explain_infeasibility(problem: Problem) -> str | None:
    """Name a cause that proves that no plan keeps every rule, or None where no simple one is found.

    Parameters
    ----------
    problem
        What was to be decided.

    Returns
    -------
    str or None
        One line, of several causes the plainest. None does not mean that there is a plan.

    Examples
    --------
    >>> from allocare.instances.lanes import Lanes
    >>> from allocare.instances.transportation import TransportationProblem
    >>> problem = TransportationProblem(
    ...     sources=["Hessen"], targets=["Bayern"], lanes=Lanes.from_matrix([[400]]),
    ...     supply=[12], demand=[15], units={"quantity": "places"})
    >>> print(explain_infeasibility(problem))
    supply is 12 places in all, demand is 15 (3 places short); add supply, or price unmet demand
    """
    family = _FAMILIES.get(problem.kind)
    return None if family is None else next(family.causes(problem), None)
