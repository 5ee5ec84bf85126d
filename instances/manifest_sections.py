"""The tables of a native manifest: what each may say, and what it means."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

Name: TypeAlias = Annotated[str, StringConstraints(min_length=1)]


class Section(BaseModel):
    """A table of a manifest: no unknown fields, no silent conversions."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


class ProvenanceSection(Section):
    """Where the data come from and what may be done with them."""

    source: str = ""
    """Who published the data, and where."""
    license: str = ""
    """Licence of the data."""


class UnitsSection(Section):
    """Unit of each measure, in free text; only these measures have units."""

    quantity: str | None = None
    """Unit of supply, demand and what is sent, e.g. patients."""
    cost: str | None = None
    """Unit of a lane's cost, e.g. km."""
    weight: str | None = None
    """Unit of a lane's weight, where weight is maximised."""
    use: str | None = None
    """Unit of an agent's capacity and of what a task takes of it, e.g. hours."""
    benefit: str | None = None
    """Unit of a person's utility and of what a programme adds to it, e.g. QALY."""
    time: str | None = None
    """Unit of times."""
    distance: str | None = None
    """Unit of distances; great-circle lanes know km alone."""
    objective: str | None = None
    """Unit of the objective, e.g. patient-km."""


def _rule(given: Any) -> Any:
    if isinstance(given, str) and given:
        return given
    if isinstance(given, dict) and isinstance(given.get("name"), str):
        return given
    raise PydanticCustomError("rule", "it must be a name, or a table with a name and parameters")


class FairnessSection(Section):
    """What plans are judged by besides the problem's own objective, over its agents' utilities."""

    criterion: Annotated[
        Any,
        BeforeValidator(_rule),
        WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "object", "required": ["name"]}]}),
    ] = None
    """What is made as good as it can be: "maximin", "alpha-fair:alpha=2", or a table with a name."""
    utility: Literal["coverage", "benefit", "burden"] | None = None
    """What an agent gets out of a plan; coverage where the family knows need, else benefit, where absent."""
    normalised: bool = False
    """Whether utilities run from what an agent has without allocation, 0, to the most it could have, 1."""
    agents: Name | None = None
    """Side that the agents are on: targets, tasks, agents, groups; the family's own where absent."""
    size: Name | None = None
    """Column of the number of people behind each agent, or need, or equal."""


class PolicySection(Section):
    """A policy: its name, and its parameters beside it."""

    model_config = ConfigDict(extra="allow")

    name: Name
    """The policy's name, e.g. rate-gap."""


class SenseSection(Section):
    """What is optimised."""

    sense: Literal["min", "max"] = "min"
    """Minimise cost or maximise weight."""


class MinimumSection(Section):
    """What is optimised: cost is minimised."""

    sense: Literal["min"] = "min"
    """Always min."""


class MaximumSection(Section):
    """What is optimised: the total benefit is maximised."""

    sense: Literal["max"] = "max"
    """Always max."""


class LinearObjectiveSection(SenseSection):
    """What is optimised."""

    offset: float = 0.0
    """Constant added to the objective."""


class CriterionSection(Section):
    """What is optimised."""

    criterion: Literal["min-variance", "need-deviation"] = "min-variance"
    """Even service levels, or every lane close to its need."""


class TableSection(Section):
    """A table beside the manifest."""

    file: Name
    """CSV or Parquet file in the manifest's folder."""
    separator: Literal[",", ";", "\t"] = ","
    """What separates a CSV file's columns."""


class KeyedSection(TableSection):
    """A table with a row for each key."""

    key: Name
    """Column that names the rows."""


class PlacedSection(KeyedSection):
    """A table of places."""

    latitude: Name | None = None
    """Column of latitudes in degrees, for great-circle lanes."""
    longitude: Name | None = None
    """Column of longitudes in degrees, for great-circle lanes."""


class SourcesSection(PlacedSection):
    """The sources."""

    supply: Name | None = None
    """Column of the supply; absent with supply_rule "none"."""


class TargetsSection(PlacedSection):
    """The targets."""

    demand: Name | None = None
    """Column of the demand; absent with demand_rule "none"."""
    unmet_cost: Name | None = None
    """Column of the price of each unit of demand left unmet."""
    minimum_service: Name | None = None
    """Column of the share of demand that must be met, 0 to 1."""


class FairSourcesSection(PlacedSection):
    """The sources."""

    supply: Name
    """Column of the supply."""


class FairTargetsSection(PlacedSection):
    """The recipients."""

    demand: Name
    """Column of the demand."""


class AgentsSection(PlacedSection):
    """The agents."""

    capacity: Name | None = None
    """Column of the capacity; 1 each, or the one number of the options, where absent."""


class TasksSection(PlacedSection):
    """The tasks."""

    left_out_cost: Name | None = None
    """Column of the price of leaving a task out."""
    priority: Name | None = None
    """Column of the priority class, 1 first."""


class TableLanesSection(TableSection):
    """Lanes from a table with a row for each lane."""

    form: Literal["table"]
    source: Name = "source"
    """Column of the lane's source."""
    target: Name = "target"
    """Column of the lane's target."""
    cost: Name = "cost"
    """Column of the cost (or weight) per unit."""
    capacity: Name | None = None
    """Column of the most a lane may carry; inf where unlimited."""


class MatrixLanesSection(TableSection):
    """Lanes from a matrix of costs: first column the sources, header the targets, an empty cell no lane."""

    form: Literal["matrix"]
    capacity_file: Name | None = None
    """Matrix of the most each lane may carry, of the same shape."""


class GreatCircleSection(Section):
    """Lanes from every source to every target at their great-circle distance in km."""

    form: Literal["great-circle"]
    round: bool = False
    """Whether distances are rounded to whole km."""
    maximum_km: float | None = Field(default=None, gt=0)
    """Longest lane allowed, measured before rounding."""
    cost_per_km: float | None = None
    """Price of a km; 1 where absent."""


class FairTableLanesSection(TableLanesSection):
    """Lanes from a table with a row for each lane."""

    need: Name | None = None
    """Column of the wanted quantity."""


class FairMatrixLanesSection(MatrixLanesSection):
    """Lanes from a matrix of costs: first column the sources, header the targets, an empty cell no lane."""

    need_file: Name | None = None
    """Matrix of the wanted quantities, of the same shape."""


class TablePairsSection(TableSection):
    """Eligible pairs from a table with a row for each pair."""

    form: Literal["table"]
    agent: Name = "agent"
    """Column of the pair's agent."""
    task: Name = "task"
    """Column of the pair's task."""
    cost: Name = "cost"
    """Column of the cost (or weight)."""
    use: Name | None = None
    """Column of the part of the agent's capacity that the pair takes."""


class MatrixPairsSection(TableSection):
    """Eligible pairs from a matrix of costs: first column agents, header tasks, an empty cell no pair."""

    form: Literal["matrix"]
    use_file: Name | None = None
    """Matrix of the part of the agent's capacity that each pair takes, of the same shape."""


class TransportationOptions(Section):
    """Rules of a transportation problem."""

    whole: bool = False
    """Whether quantities are whole numbers."""
    supply_rule: Literal["at-most", "exactly", "none"] = "at-most"
    """How the supply binds."""
    demand_rule: Literal["exactly", "at-least", "none"] = "exactly"
    """How the demand binds."""
    total: float | None = Field(default=None, ge=0)
    """Sum of all quantities, where it is given."""
    unmet_cost: float | None = None
    """Price of each unit of demand left unmet, one for all targets."""
    minimum_service: float | None = Field(default=None, ge=0, le=1)
    """Share of demand that must be met, one for all targets."""


class AssignmentOptions(Section):
    """Rules of an assignment problem."""

    task_rule: Literal["exactly-once", "at-most-once"] = "exactly-once"
    """Whether a task may be left out."""
    capacity: float | None = Field(default=None, ge=0)
    """Capacity of every agent."""
    left_out_cost: float | None = None
    """Price of leaving any task out."""


class FairOptions(Section):
    """Rules of a fair allocation."""

    whole: bool = False
    """Whether quantities are whole numbers."""
    efficiency_loss: float | None = Field(default=None, ge=0, le=1)
    """Share of the most that can be served which may be given up for evenness."""
    cost_budget: float | None = Field(default=None, ge=0)
    """Most that all lanes together may cost."""


class NetworkOptions(Section):
    """Rules of a network flow."""

    whole: bool = True
    """Whether flows are whole numbers."""


class NodesSection(KeyedSection):
    """The nodes."""

    balance: Name
    """Column of what enters (positive) or leaves (negative) the network at the node."""


class ArcsSection(TableSection):
    """The arcs, a row each; parallel arcs are allowed."""

    source: Name = "source"
    """Column of the node that the arc leaves."""
    target: Name = "target"
    """Column of the node that the arc enters."""
    cost: Name = "cost"
    """Column of the cost per unit."""
    lower: Name | None = None
    """Column of the least flow; 0 where absent."""
    capacity: Name | None = None
    """Column of the most flow, inf where unlimited; unlimited where absent."""


class LinearAgentsSection(KeyedSection):
    """The agents whose utilities criteria and policies are about, where they are not the columns."""


class UtilitySection(TableSection):
    """How the agents' utilities are linear in the columns, a row each; what is not listed is 0."""

    agent: Name = "agent"
    """Column of the agent's key."""
    column: Name = "column"
    """Column of the column's key."""
    value: Name = "value"
    """Column of the coefficient."""


class ColumnsSection(KeyedSection):
    """The columns (variables)."""

    objective: Name | None = None
    """Column of the objective coefficients; 0 where absent."""
    lower: Name | None = None
    """Column of the lower bounds, -inf where open; 0 where absent."""
    upper: Name | None = None
    """Column of the upper bounds, inf where open; inf where absent."""
    whole: Name | None = None
    """Column of true and false: whether the variable is a whole number; false where absent."""


class RowsSection(KeyedSection):
    """The rows (constraints): relation and right_hand_side, or lower and upper."""

    relation: Name | None = None
    """Column of the relations <=, = or >=."""
    right_hand_side: Name | None = None
    """Column of the right-hand sides."""
    lower: Name | None = None
    """Column of the lower bounds, -inf where open."""
    upper: Name | None = None
    """Column of the upper bounds, inf where open."""


class EntriesSection(TableSection):
    """The coefficients, a row each; what is not listed is 0."""

    row: Name = "row"
    """Column of the row's key."""
    column: Name = "column"
    """Column of the column's key."""
    value: Name = "value"
    """Column of the coefficient."""
