"""Files of policies: what must hold of plans, written once and applied to any instance."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from pydantic import Field

from .attributes import with_attributes
from .errors import InputError
from .fairness import Rule, with_fairness
from .manifest import validated
from .manifest_sections import Name, PolicySection, Section
from .toml_files import read_toml

if TYPE_CHECKING:
    import os

    from .problem import Problem

    AnyProblem = TypeVar("AnyProblem", bound=Problem)


class MeasureSection(Section):
    """What utility the policies are about, and where the agents' attributes are."""

    utility: Literal["coverage", "benefit", "burden"] | None = None
    """What an agent gets out of a plan; the instance's own, or the family's, where absent."""
    normalised: bool = False
    """Whether utilities run from what an agent has without allocation, 0, to the most it could have, 1."""
    agents: Name | None = None
    """Side that the agents are on: targets, tasks, agents, groups."""
    size: Name | None = None
    """Column of the number of people behind each agent, or need, or equal."""
    attributes: Name | None = None
    """CSV or Parquet table of the agents' attributes, its path from the policies' folder."""
    key: Name | None = None
    """Column of that table that holds the agents' keys; the first where absent."""


class PolicyFile(Section):
    """A file of policies."""

    fairness: MeasureSection = MeasureSection()
    """What utility the policies are about."""
    policies: list[PolicySection] = Field(min_length=1)
    """What must hold."""


def with_policy_file(problem: AnyProblem, path: str | os.PathLike[str]) -> AnyProblem:
    r"""Return the problem with a file's policies in force, in place of its own criterion and policies.

    Parameters
    ----------
    problem
        Any problem with agents.
    path
        A TOML file of tables ``[[policies]]``, each with a name and parameters, and where wanted
        ``[fairness]``.

    Raises
    ------
    InputError
        Naming the file and field of the first mistake; as `with_attributes` for the table of attributes.

    Examples
    --------
    >>> import allocare, pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "policies.toml"
    >>> _ = file.write_text("[[policies]]\nname = 'floor'\nvalue = 0.5\n")
    >>> problem = with_policy_file(allocare.example("sunray"), file)
    >>> [str(rule) for rule in problem.fairness.policies]
    ['floor:value=0.5']
    """
    file = Path(path)
    told = validated(PolicyFile, read_toml(file, "a file of policies"), file.name)
    measure = told.fairness
    rules = [Rule(policy.name, dict(policy.model_extra or {})) for policy in told.policies]
    problem = with_fairness(
        problem,
        None,
        rules,
        utility=measure.utility,
        normalised=measure.normalised,
        agents=measure.agents,
        size=measure.size,
    )
    if measure.attributes is None:
        if measure.key is not None:
            raise InputError(
                "it is the key of a table; name the table in attributes", file.name, "field 'key'"
            )
        return problem
    return with_attributes(problem, file.parent / measure.attributes, measure.key)
