"""The tables of a manifest of budgeted programmes: what each may say, and what it means."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .manifest_sections import KeyedSection, Name, Section, TableSection


class ProgrammeOptions(Section):
    """Rules of a choice of programmes."""

    whole: bool = True
    """Whether a programme is carried out as a whole or not at all."""
    one_each: bool = False
    """Whether a group gets one programme at most."""
    cost_per: Literal["person", "programme"] = "person"
    """Whether a cost is that of one person of the group or of the whole programme."""
    budget: float | None = Field(default=None, ge=0)
    """Most that all programmes together may cost, where there is one budget."""


class GroupsSection(KeyedSection):
    """The groups of people."""

    size: Name
    """Column of the number of people."""
    baseline: Name | None = None
    """Column of the utility of a member without any programme; 0 where absent."""


class ProgrammesSection(KeyedSection):
    """The programmes."""

    group: Name = "group"
    """Column of the group that the programme serves."""
    benefit: Name = "benefit"
    """Column of what the programme adds to the utility of every member of its group."""
    cost: Name | None = None
    """Column of the cost, where there is one budget."""
    lower: Name | None = None
    """Column of the least share, 1 where a programme is required; 0 where absent."""
    upper: Name | None = None
    """Column of the greatest share, 0 where a programme is forbidden; 1 where absent."""


class BudgetsSection(KeyedSection):
    """The budgets, where there are several."""

    limit: Name
    """Column of the most that may be spent."""


class TableCostsSection(TableSection):
    """Costs from a table with a row for each programme and budget; what is not listed costs nothing."""

    form: Literal["table"]
    programme: Name = "programme"
    """Column of the programme."""
    budget: Name = "budget"
    """Column of the budget."""
    cost: Name = "cost"
    """Column of the cost."""


class MatrixCostsSection(TableSection):
    """Costs from a matrix: first column the programmes, header the budgets, an empty cell no cost."""

    form: Literal["matrix"]
