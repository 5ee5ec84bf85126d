"""The budgeted programmes problem's data: groups of people, programmes that serve them, and budgets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

import numpy as np
import pandas as pd
import scipy.sparse as sp

from .arrays import decimal_product, labels, nonzero, numbers
from .errors import InputError
from .plans import HEADER, measure, plain, positions, require_columns, spread
from .problem import Problem

if TYPE_CHECKING:
    from .arrays import FloatArray, IndexArray

CostPer: TypeAlias = Literal["person", "programme"]


@dataclass(frozen=True, eq=False, kw_only=True)
class ProgrammeProblem(Problem):
    r"""Choose programmes, or shares of them, under budgets, for the greatest total benefit.

    A programme serves one group of people. With the share :math:`x_p` of each programme p, a member of
    group i has the utility

    .. math:: u_i = \alpha_i + \sum_{p \in P_i} q_p x_p

    and the total :math:`\sum_i n_i u_i` over all people is maximised.

    Parameters
    ----------
    groups
        The groups' keys.
    group_size
        Number of people in each group (:math:`n_i`), above 0; one number stands for all.
    baseline
        Utility of each member of a group without any programme (:math:`\alpha_i`).
    programmes
        The programmes' keys.
    group
        Position of the group that each programme serves.
    benefit
        What each programme adds to the utility of every member of its group (:math:`q_p`).
    budgets
        The budgets' keys.
    budget_limit
        Most that may be spent of each budget.
    cost
        What each programme takes of each budget, 0 or more, shape (budgets, programmes); sparse or dense.
    cost_per
        Whether a cost is that of one ``person`` of the group or of the whole ``programme``.
    lower, upper
        Least and greatest share of each programme, within [0, 1]: 1 and 1 for a programme that is
        required, 0 and 0 for one that is forbidden.
    one_each
        Whether a group gets one programme at most; shares of a group's programmes then add up to 1 at most.
    whole
        Whether a programme is carried out as a whole or not at all; otherwise any share of it may be.

    Raises
    ------
    InputError
        For data that are missing, not finite, out of range, or contradict each other.

    Examples
    --------
    >>> problem = ProgrammeProblem(
    ...     groups=["hip", "heart"], group_size=[40, 10], baseline=[4, 1], programmes=["hip", "valve"],
    ...     group=[0, 1], benefit=[2, 5], budgets=["money"], budget_limit=[60], cost=[[1, 3]])
    >>> problem.spending.toarray().tolist(), problem.utility(np.array([0.0, 1.0])).tolist()
    ([[40.0, 30.0]], [4.0, 6.0])
    """

    kind: ClassVar[str] = "programmes"

    groups: pd.Index[Any]
    group_size: FloatArray
    baseline: FloatArray = 0.0  # type: ignore[assignment]  # one number stands for all
    programmes: pd.Index[Any]
    group: IndexArray
    benefit: FloatArray
    budgets: pd.Index[Any]
    budget_limit: FloatArray
    cost: sp.csr_array
    cost_per: CostPer = "person"
    lower: FloatArray = 0.0  # type: ignore[assignment]
    upper: FloatArray = 1.0  # type: ignore[assignment]
    one_each: bool = False
    whole: bool = True

    def __post_init__(self) -> None:
        def store(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        for name, what in (("groups", "group"), ("programmes", "programme"), ("budgets", "budget")):
            store(name, labels(getattr(self, name), what))
        store("group_size", numbers(self.group_size, self.groups, "size", lowest=0))
        if (self.group_size == 0).any():
            nobody = self.groups[int(np.argmin(self.group_size))]
            raise InputError(f"size of {nobody!r} is 0; a group needs somebody, so leave it out")
        store("baseline", numbers(self.baseline, self.groups, "baseline"))
        store("group", _places(self.group, self.programmes, len(self.groups)))
        store("benefit", numbers(self.benefit, self.programmes, "benefit"))
        store("budget_limit", numbers(self.budget_limit, self.budgets, "limit", lowest=0))
        if self.cost_per not in ("person", "programme"):
            raise InputError(f"cost_per is {self.cost_per!r}; give 'person' or 'programme'")
        store("cost", _costs(self.cost, self.budgets, self.programmes))
        for name, what in (("lower", "least share"), ("upper", "greatest share")):
            share = numbers(getattr(self, name), self.programmes, what, lowest=0, highest=1, whole=self.whole)
            store(name, share)
        crossed = self.lower > self.upper
        if crossed.any():
            at = int(np.argmax(crossed))
            raise InputError(
                f"programme {self.programmes[at]!r} has at least the share {self.lower[at]:g} "
                f"but at most {self.upper[at]:g}"
            )

    @property
    def size(self) -> int:
        """Number of programmes."""
        return len(self.programmes)

    @property
    def maximise(self) -> bool:
        """Always True: benefit is maximised."""
        return True

    @property
    def people(self) -> FloatArray:
        """Number of people whom each programme serves: the size of its group."""
        return self.group_size[self.group]

    @property
    def spending(self) -> sp.csr_array:
        """What the whole of each programme takes of each budget, shape (budgets, programmes)."""
        if self.cost_per == "programme":
            return self.cost
        total = self.cost.copy()
        total.data = decimal_product(total.data, self.people[total.indices])
        return total

    @property
    def worth(self) -> FloatArray:
        """What the whole of each programme adds to the total benefit."""
        return decimal_product(self.people, self.benefit)

    @property
    def gain(self) -> sp.csr_array:
        """What the whole of each programme adds to each group's utility, shape (groups, programmes)."""
        place = (self.group, np.arange(self.size, dtype=np.int32))
        return sp.csr_array((self.benefit, place), shape=(len(self.groups), self.size))

    def utility(self, decisions: FloatArray) -> FloatArray:
        """Utility of a member of each group under these shares of the programmes."""
        utility: FloatArray = self.baseline + self.gain @ np.asarray(decisions, dtype=np.float64)
        return utility

    def plan(self, decisions: FloatArray) -> pd.DataFrame:
        """Translate shares into a frame ``programme, group, share`` of the programmes carried out."""
        chosen = nonzero(decisions)
        return pd.DataFrame(
            {
                "programme": self.programmes.take(chosen),
                "group": self.groups.take(self.group[chosen]),
                "share": plain(decisions[chosen], whole=self.whole),
            }
        )

    def decisions(self, plan: pd.DataFrame) -> FloatArray:
        """Translate a frame ``programme`` (and ``share``, 1 where absent) into shares.

        Where the plan names groups, they must be those of its programmes.
        """
        require_columns(plan, ["programme"])
        place = positions(plan, "programme", self.programmes)
        if "group" in plan.columns:
            other = positions(plan, "group", self.groups) != self.group[place]
            if other.any():
                row = int(np.argmax(other))
                programme, served = self.programmes[place[row]], self.groups[self.group[place[row]]]
                raise InputError(
                    f"programme {programme!r} serves group {served!r}, not {plan['group'].iloc[row]!r}",
                    "plan",
                    f"row {row + HEADER}",
                    "column 'group'",
                )
        share = measure(plan, "share") if "share" in plan.columns else np.ones(len(plan))
        return spread(place, share, self.size, "programme")

    def summary(self) -> dict[str, object]:
        """Sizes and rules."""
        return {
            "groups": len(self.groups),
            "people": float(self.group_size.sum()),
            "programmes": self.size,
            "required": int(np.count_nonzero(self.lower > 0)) or None,
            "forbidden": int(np.count_nonzero(self.upper == 0)) or None,
            "budgets": len(self.budgets),
            "budget": float(self.budget_limit[0]) if len(self.budgets) == 1 else None,
            "one each": self.one_each,
            "whole": self.whole,
        }


def _places(group: Any, programmes: pd.Index[Any], n_groups: int) -> IndexArray:
    places = numbers(group, programmes, "group position", whole=True).astype(np.int32)
    wrong = (places < 0) | (places >= n_groups)
    if wrong.any():
        at = int(np.argmax(wrong))
        raise InputError(
            f"programme {programmes[at]!r} serves group number {places[at]}; "
            f"there are {n_groups} groups, counted from 0"
        )
    places.flags.writeable = False
    return places


def _costs(cost: Any, budgets: pd.Index[Any], programmes: pd.Index[Any]) -> sp.csr_array:
    """Costs in compressed rows, no entry twice and none 0."""
    try:
        table = sp.csr_array(cost if sp.issparse(cost) else np.atleast_2d(cost), dtype=np.float64, copy=True)
    except (TypeError, ValueError) as error:
        raise InputError(f"cost holds something that is not a number ({error})") from error
    if not len(budgets) and not table.nnz:
        return sp.csr_array((0, len(programmes)))
    if table.shape != (len(budgets), len(programmes)):
        raise InputError(
            f"the costs are {table.shape[0]} x {table.shape[1]}, "
            f"but {len(budgets)} budgets and {len(programmes)} programmes are named"
        )
    table.sum_duplicates()
    wrong = ~(np.isfinite(table.data) & (table.data >= 0))
    if wrong.any():
        at = int(np.argmax(wrong))
        budget = budgets[int(np.searchsorted(table.indptr, at, side="right")) - 1]
        raise InputError(
            f"cost of {programmes[table.indices[at]]!r} in budget {budget!r} is {table.data[at]:g}; "
            "it must be a finite number of 0 or more"
        )
    table.eliminate_zeros()
    return table
