"""What a problem asks of fairness: one criterion and any policies, by name, over its agents' utilities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

from .errors import InputError
from .hints import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .problem import Problem

    AnyProblem = TypeVar("AnyProblem", bound=Problem)

UtilityName: TypeAlias = Literal["coverage", "benefit", "burden"]
UTILITIES: tuple[UtilityName, ...] = ("coverage", "benefit", "burden")


@dataclass(frozen=True)
class Rule:
    """A criterion or a policy by its name, with its parameters as they were written.

    Examples
    --------
    >>> Rule.of("alpha-fair:alpha=2")
    Rule(name='alpha-fair', parameters={'alpha': 2.0})
    >>> str(Rule("rate-gap", {"group": "svi/4", "at_most": 0.1}))
    'rate-gap:group=svi/4:at_most=0.1'
    """

    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, written: str | Rule | Mapping[str, Any]) -> Rule:
        """Read ``name:parameter=value:...``, or a table with a ``name`` and parameters beside it.

        Raises
        ------
        InputError
            For a part that is not ``parameter=value``, or a table without a name.

        Examples
        --------
        >>> Rule.of({"name": "floor", "value": 0.2}).parameters
        {'value': 0.2}
        """
        if isinstance(written, Rule):
            return written
        if isinstance(written, Mapping):
            table = dict(written)
            name = table.pop("name", None)
            if not isinstance(name, str):
                raise InputError('a criterion or policy has no name; give name = "..."')
            return cls(name, table)
        name, *parts = written.split(":")
        parameters = {}
        for part in parts:
            key, equals, value = part.partition("=")
            if not (key.strip() and equals):
                raise InputError(
                    f"{written!r} has the part {part!r}; write name:parameter=value:parameter=value"
                )
            parameters[key.strip()] = _value(value.strip())
        return cls(name.strip(), parameters)

    def __str__(self) -> str:
        parts = (f"{key}={_written(value)}" for key, value in self.parameters.items())
        return ":".join([self.name, *parts])


@dataclass(frozen=True, eq=False, kw_only=True)
class Fairness:
    """How a problem's plans are judged besides its own objective.

    Parameters
    ----------
    criterion
        What is made as good as it can be in place of the problem's own objective, or None to keep that.
    policies
        What must hold besides the problem's own rules.
    utility
        What an agent gets out of a plan: ``coverage`` (share of its need that is met), ``benefit`` (weight
        or quantity received, a head), or ``burden`` (cost borne, a head, as a negative number). None means
        coverage where the family knows need, else benefit.
    normalised
        Whether utilities are measured from what the agent has without any allocation (0) to the most it
        could have (1).
    agents
        Which side the agents are (``targets``, ``tasks``, ``agents`` ...), or None for the family's own.
    size
        Number of people behind each agent: the name of an attribute, ``need``, or ``equal``. None means
        need for coverage, the size of the groups of programmes, and equal otherwise.
    """

    criterion: Rule | None = None
    policies: tuple[Rule, ...] = ()
    utility: UtilityName | None = None
    normalised: bool = False
    agents: str | None = None
    size: str | None = None

    def __post_init__(self) -> None:
        if self.utility is not None and self.utility not in UTILITIES:
            raise InputError(f"there is no utility {self.utility!r}; {nearest(str(self.utility), UTILITIES)}")


def with_fairness(
    problem: AnyProblem,
    criterion: str | Rule | Mapping[str, Any] | None = None,
    policies: Iterable[str | Rule | Mapping[str, Any]] = (),
    *,
    utility: UtilityName | None = None,
    normalised: bool = False,
    agents: str | None = None,
    size: str | None = None,
) -> AnyProblem:
    """Return the problem with a criterion and policies in force.

    Parameters
    ----------
    problem
        Any problem with agents.
    criterion, policies
        Names with parameters, as `Rule.of` reads them.
    utility, normalised, agents, size
        As in `Fairness`; None keeps what the problem says, or the family's own.

    Raises
    ------
    InputError
        For one that cannot be read.

    Examples
    --------
    >>> import allocare
    >>> problem = with_fairness(allocare.example("sunray"), "maximin", ["floor:value=0.5"])
    >>> str(problem.fairness.criterion), [str(policy) for policy in problem.fairness.policies]
    ('maximin', ['floor:value=0.5'])
    """
    before = problem.fairness or Fairness()
    fairness = Fairness(
        criterion=None if criterion is None else Rule.of(criterion),
        policies=tuple(Rule.of(policy) for policy in policies),
        utility=utility or before.utility,
        normalised=normalised or before.normalised,
        agents=agents or before.agents,
        size=size or before.size,
    )
    return replace(problem, fairness=fairness)


def _value(text: str) -> Any:
    words = {"true": True, "false": False}
    if text.lower() in words:
        return words[text.lower()]
    if "," in text:
        return [_value(part.strip()) for part in text.split(",")]
    try:
        return float(text)
    except ValueError:
        return text


def _written(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ",".join(map(_written, value))
    if isinstance(value, Mapping):
        return "{" + " ".join(f"{name}={_written(part)}" for name, part in value.items()) + "}"
    return f"{value:g}" if isinstance(value, float) else str(value)
