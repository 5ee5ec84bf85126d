r"""A reserve system: who is served is settled by categories and priority, where by the objective."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ...instances.errors import InputError
from ...instances.hints import nearest
from ..named_rules import keep_text, written
from ..reserves import PROCESSES, Category, reserve_choice
from .policy import Policy, worst_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...instances.agents import Agents
    from ...instances.arrays import BoolArray, IndexArray
    from ...instances.assignment import AssignmentProblem
    from ...instances.problem import Problem
    from ..reserves import Process
    from ..statement import Statement
    from .policy import Measured, Verdict

FIELDS = ("name", "units", "beneficiaries", "label", "hard")
MARKS = {
    "true": True,
    "yes": True,
    "1": True,
    "1.0": True,
    "false": False,
    "no": False,
    "0": False,
    "0.0": False,
}


@dataclass(frozen=True)
class Reserve(Policy):
    r"""Units go to those whom a reserve system chooses: :math:`\sum_j x_{ji} = 1` for them, 0 for all others.

    About the tasks of an assignment problem, patients who need one unit each. Who can be given none at all (a
    task without pairs) is passed over. `models.reserves` says how the choice is made.

    Parameters
    ----------
    categories
        Tables with ``name``, ``units``, ``beneficiaries`` (an attribute that marks them with true or 1; with
        ``label`` those whose attribute is this; absent: an open category) and ``hard``.
    priority
        Attribute that ranks the patients; of equal ones the earlier in the problem is first.
    process
        ``smart``, or ``order`` for the categories one after the other as listed.
    first
        Whether the ``smallest`` or the ``largest`` rank is first.

    Examples
    --------
    >>> reserve = Reserve([{"name": "staff", "units": 1, "beneficiaries": "staff"}], "score")
    >>> reserve.process, reserve.first
    ('smart', 'smallest')
    """

    name = "reserve"
    title = "units by reserve categories and priority"
    only_limits = False

    categories: Any
    priority: str
    process: str = "smart"
    first: str = "smallest"

    def __post_init__(self) -> None:
        keep_text(self, "priority")
        for name, words in (("process", PROCESSES), ("first", ("smallest", "largest"))):
            value = getattr(self, name)
            if value not in words:
                raise InputError(f"{name} is {value!r}; give {' or '.join(words)}")
        if not (isinstance(self.categories, list | tuple) and self.categories):
            raise InputError("categories are given as tables, one each: name, units, beneficiaries, hard")
        for category in self.categories:
            _refuse_other_fields(category)
        names = [str(category["name"]) for category in self.categories]
        if len(set(names)) < len(names):
            raise InputError("two categories have the same name; give each its own")
        object.__setattr__(self, "categories", tuple(dict(category) for category in self.categories))

    def state(self, statement: Statement, name: str) -> None:
        """One row a patient."""
        chosen = (self.choice(statement.problem, statement.agents) >= 0).astype(float)
        served = statement.utilities.served
        assert served is not None
        statement.rows(
            name, [(statement.decisions, served)], lower=chosen, upper=chosen, keys=statement.agents.keys
        )

    def judge(self, plan: Measured) -> Verdict:
        """Compare who is served with who was chosen."""
        chosen = self.choice(plan.problem, plan.agents)
        assert plan.served is not None
        keys = plan.agents.keys
        # in the line's order, so that the first mistake is the one that is named
        rank = self._rank(plan.agents)
        line = np.argsort(rank, kind="stable")
        excess = abs(plan.served - (chosen >= 0))[line]

        def message(at: int) -> str:
            patient = line[at]
            if chosen[patient] < 0:
                return f"{keys[patient]!r} gets a unit that the reserve does not give"
            category = self.categories[chosen[patient]]["name"]
            return f"{keys[patient]!r} has a claim to a unit of category {category!r} and gets none"

        return worst_of(excess, lambda at: str(keys[line[at]]), message)

    def choice(self, problem: Problem, agents: Agents) -> IndexArray:
        """Category of each patient, -1 for those who are passed over.

        Examples
        --------
        >>> import allocare, pandas as pd
        >>> from allocare.instances.agents import agents_of
        >>> patients = pd.DataFrame({"score": [3, 1, 2], "staff": [1, 0, 0]}, index=["Ada", "Bo", "Cy"])
        >>> problem = allocare.with_fairness(allocare.AssignmentProblem(
        ...     agents=["bed 1", "bed 2"], tasks=patients.index, task_rule="at-most-once",
        ...     pairs=allocare.Lanes.from_matrix([[1, 1, 1], [1, 1, 1]]), attributes={"tasks": patients},
        ... ), agents="tasks")
        >>> staff = {"name": "staff", "units": 1, "beneficiaries": "staff"}
        >>> reserve = Reserve([staff, {"name": "open", "units": 1}], "score")
        >>> reserve.choice(problem, agents_of(problem)).tolist()
        [0, 1, -1]
        """
        if problem.kind != "assignment" or agents.side != "tasks":
            raise InputError(
                "a reserve is about patients who need one unit each: the tasks of an assignment problem; "
                f"this is a {problem.kind} problem over its {agents.side}"
            )
        problem = cast("AssignmentProblem", problem)
        if problem.task_rule != "at-most-once":
            raise InputError("a reserve chooses who is served; say task_rule = 'at-most-once'")
        able = np.bincount(problem.pairs.target, minlength=len(agents)) > 0
        categories = [_category(table, agents) for table in self.categories]
        process: Process = "order" if self.process == "order" else "smart"
        return reserve_choice(self._rank(agents), categories, process=process, eligible=able)

    def _rank(self, agents: Agents) -> Any:
        rank = agents.measure(self.priority)
        return -rank if self.first == "largest" else rank


def _refuse_other_fields(category: Any) -> None:
    if not isinstance(category, dict) or "name" not in category or "units" not in category:
        raise InputError("each category is a table with a name and units")
    for field in category:
        if field not in FIELDS:
            raise InputError(
                f"category {category['name']!r} has no field {field!r}; {nearest(str(field), FIELDS)}"
            )
    if not isinstance(category.get("hard", False), bool):
        raise InputError(f"hard of category {category['name']!r} is {category['hard']!r}; give true or false")


def _category(table: Mapping[str, Any], agents: Agents) -> Category:
    name = written(table["name"], "name")
    attribute = table.get("beneficiaries")
    if attribute is None:
        if "label" in table:
            raise InputError(f"category {name!r} has a label, but no attribute it is of; name beneficiaries")
        return Category(name, table["units"], hard=table.get("hard", False))
    if "label" in table:
        those = agents.members(written(attribute, "beneficiaries"), written(table["label"], "label"))
    else:
        those = _marked(agents, written(attribute, "beneficiaries"))
    return Category(name, table["units"], those, table.get("hard", False))


def _marked(agents: Agents, attribute: str) -> BoolArray:
    """Whom an attribute marks with true, yes or 1."""
    words = [str(value).strip().lower() for value in agents.column(attribute)]
    for key, word in zip(agents.keys, words, strict=True):
        if word not in MARKS:
            raise InputError(
                f"attribute {attribute!r} of {key!r} is {word!r}; mark beneficiaries by true and false, "
                "or give the label that they have"
            )
    return np.array([MARKS[word] for word in words], dtype=bool)
