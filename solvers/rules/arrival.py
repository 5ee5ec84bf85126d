"""Who came first: a column ``arrival`` beside the keys, or else the order of the table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from ...instances.arrays import FloatArray
    from ...instances.problem import Problem


def turn(problem: Problem, side: str, keys: pd.Index[Any]) -> FloatArray:
    """Place of each key in the order of arrival, the first 0; equal arrivals are in table order.

    Parameters
    ----------
    problem
        Whose attributes may have a column ``arrival``: numbers, dates or words that sort. A key without
        one comes last.
    side
        Whose attributes: ``tasks``, ``targets``, ``programmes``.
    keys
        The keys of that side.

    Examples
    --------
    >>> import pandas as pd
    >>> from allocare.instances.assignment import AssignmentProblem
    >>> from allocare.instances.lanes import Lanes
    >>> came = pd.DataFrame({"arrival": ["09:30", "08:10"]}, index=["Ada", "Bo"])
    >>> problem = AssignmentProblem(agents=["bed"], tasks=["Ada", "Bo"],
    ...     pairs=Lanes.from_matrix([[1, 2]]), attributes={"tasks": came})
    >>> turn(problem, "tasks", problem.tasks).tolist()
    [1.0, 0.0]
    """
    table = problem.attributes.get(side)
    if table is None or "arrival" not in table.columns:
        return np.arange(len(keys), dtype=np.float64)
    place = table["arrival"].reindex(keys).rank(method="first", na_option="bottom")
    order: FloatArray = np.asarray(place, dtype=np.float64) - 1
    return order
