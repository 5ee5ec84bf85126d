"""The tables of a manifest of transportation under uncertain demand: what each may say, and what it means."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from .manifest_sections import KeyedSection, Name, PlacedSection, Section, TableSection

Level: TypeAlias = Annotated[float, Field(gt=0, lt=1)]


class UncertainOptions(Section):
    """Rules of a plan before demand is known, and the measure of its cost."""

    whole: bool = False
    """Whether quantities are whole numbers."""
    measure: Literal["expected-cost", "cvar", "worst-case"] | None = None
    """What is minimised; worst-case for an interval of demand, else expected-cost, where absent."""
    tail_level: float = Field(default=0.9, ge=0, lt=1)
    """Where the worst cases of cvar begin: 0.9 for the worst tenth."""
    tail_weight: float = Field(default=1.0, ge=0, le=1)
    """Weight of the worst cases of cvar beside expected cost."""
    unmet_cost: float | None = Field(default=None, ge=0)
    """Cost of each unit of demand left unmet, one for all targets."""
    leftover_cost: float | None = None
    """Cost of each unit left over, one for all targets."""


class UncertainSourcesSection(PlacedSection):
    """The sources."""

    supply: Name | None = None
    """Column of the most that may be sent; unlimited where absent."""
    purchase_cost: Name | None = None
    """Column of the cost of each unit sent, besides the lane's; 0 where absent."""


class UncertainTargetsSection(PlacedSection):
    """The targets."""

    unmet_cost: Name | None = None
    """Column of the cost of each unit of demand left unmet."""
    leftover_cost: Name | None = None
    """Column of the cost of each unit left over, below 0 where it can be sold; 0 where absent."""


class PointDemandSection(Section):
    """Demand as if it were known."""

    form: Literal["point"]
    demand: Name = "demand"
    """Column of the targets' table."""


class ScenarioMatrixSection(TableSection):
    """Scenarios from a matrix: first column the scenarios, header the targets."""

    form: Literal["scenario-matrix"]
    quantile: Level | None = None
    """Level at which each target's demand is taken; all scenarios count where absent."""


class ScenarioTableSection(TableSection):
    """Scenarios from a table with a row for each scenario and target."""

    form: Literal["scenario-table"]
    scenario: Name = "scenario"
    """Column of the scenario."""
    target: Name = "target"
    """Column of the target."""
    quantity: Name = "quantity"
    """Column of the demand."""
    quantile: Level | None = None
    """Level at which each target's demand is taken; all scenarios count where absent."""


class NormalDemandSection(Section):
    """A quantile of normally distributed demand."""

    form: Literal["normal"]
    quantile: Level
    """Level at which each target's demand is taken."""
    mean: Name = "mean"
    """Column of the targets' table."""
    deviation: Name = "deviation"
    """Column of the standard deviation in the targets' table."""


class PoissonDemandSection(Section):
    """A quantile of demand by a Poisson distribution."""

    form: Literal["poisson"]
    quantile: Level
    """Level at which each target's demand is taken."""
    mean: Name = "mean"
    """Column of the targets' table."""


class IntervalDemandSection(Section):
    """Demand within an interval, few targets far from the nominal value at once."""

    form: Literal["interval"]
    nominal: Name = "nominal"
    """Column of the targets' table."""
    downward: Name = "downward"
    """Column of the most by which demand may be lower, in the targets' table."""
    upward: Name = "upward"
    """Column of the most by which demand may be higher, in the targets' table."""
    budget: float | None = Field(default=None, ge=0)
    """Budget of uncertainty: targets that may be far off at once; all of them where absent."""


class ProbabilitiesSection(KeyedSection):
    """How likely each scenario is; all equally where absent."""

    probability: Name = "probability"
    """Column of the probabilities, adding up to one."""


AnyDemandSection: TypeAlias = Annotated[
    PointDemandSection
    | ScenarioMatrixSection
    | ScenarioTableSection
    | NormalDemandSection
    | PoissonDemandSection
    | IntervalDemandSection,
    Field(discriminator="form"),
]
"""What is known of demand."""
