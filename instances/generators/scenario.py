"""The record of a problem generated from a described world: hospitals on a map, wards and patients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from ..problem import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

ScenarioProblem = TypeVar("ScenarioProblem", bound=Problem)


@dataclass(frozen=True, eq=False)
class Scenario(Generic[ScenarioProblem]):
    """A problem with the tables it was made from.

    Parameters
    ----------
    problem
        The problem.
    tables
        By name, one row a key: also what the problem itself does not hold, such as places and groups.
    """

    problem: ScenarioProblem
    tables: Mapping[str, pd.DataFrame]
