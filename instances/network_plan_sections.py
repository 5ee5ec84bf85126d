"""The tables of a manifest of a network plan: what each may say, and what it means."""

from __future__ import annotations

from .manifest_sections import KeyedSection, Name, Section, TableSection


class NetworkPlanOptions(Section):
    """Rules of a network plan."""

    whole: bool = False
    """Whether patients and resources are counted in whole units."""


class SitesSection(KeyedSection):
    """The sites; further columns are attributes for criteria and policies."""

    minimum_service: Name | None = None
    """Column of the least share of the site's own patients that is treated; 0 where absent."""


class DaysSection(KeyedSection):
    """The days, in their order."""


class ClassesSection(KeyedSection):
    """The classes of patients."""

    unmet_cost: Name = "unmet_cost"
    """Column of the cost of a patient turned away."""
    waiting_cost: Name | None = None
    """Column of the cost of waiting for the next day, inf where a class may not; nobody may where absent."""
    minimum_service: Name | None = None
    """Column of the least share of the class's patients that is treated; 0 where absent."""


class ResourcesSection(KeyedSection):
    """The resources."""

    reusable: Name | None = None
    """Column that says whether it is free again after use (true) or used up (false); true where absent."""
    cushion: Name | None = None
    """Column of the share that is kept free; 0 where absent."""
    stock_change_cost: Name | None = None
    """Column of the cost of a unit of change of a site's stock from day to day; 0 where absent."""


class UseSection(TableSection):
    """What patients take: a row for each class and resource; what is not listed is not taken."""

    patient_class: Name = "class"
    """Column of the class."""
    resource: Name = "resource"
    """Column of the resource."""
    per_day: Name = "per_day"
    """Column of what a patient takes each day in care."""
    at_admission: Name | None = None
    """Column of what a patient takes besides on the day of admission; 0 where absent."""


class StaysSection(TableSection):
    """Lengths of stay: a row for each class and number of days; a class's probabilities add up to 1."""

    patient_class: Name = "class"
    """Column of the class."""
    days: Name = "days"
    """Column of the number of days, 1 or more, the day of admission counted."""
    probability: Name = "probability"
    """Column of the probability."""


class StockSection(TableSection):
    """What sites have at the start: a row for each site and resource; what is not listed is not there."""

    site: Name = "site"
    """Column of the site."""
    resource: Name = "resource"
    """Column of the resource."""
    quantity: Name = "quantity"
    """Column of the number of units."""
    surge_capacity: Name | None = None
    """Column of the most that may be added on a day, inf for no limit; 0 where absent."""
    surge_cost: Name | None = None
    """Column of the cost of a unit added for a day (of a consumable, of a unit); 0 where absent."""
    surge_set_up_cost: Name | None = None
    """Column of the cost of opening surge capacity, paid once; 0 where absent."""


class DeliveriesSection(TableSection):
    """What is added to a stock (or, negative, taken away): a row for each site, resource and day."""

    site: Name = "site"
    """Column of the site."""
    resource: Name = "resource"
    """Column of the resource."""
    day: Name = "day"
    """Column of the day."""
    quantity: Name = "quantity"
    """Column of the number of units."""


class PresentSection(TableSection):
    """Patients in care at the start: a row for each site and class."""

    site: Name = "site"
    """Column of the site."""
    patient_class: Name = "class"
    """Column of the class."""
    patients: Name = "patients"
    """Column of the number of patients."""


class ArrivingSection(PresentSection):
    """New patients: a row for each site, class and day; where none is listed there are none."""

    day: Name = "day"
    """Column of the day."""


class TransferLanesSection(TableSection):
    """What may travel: a row for each lane."""

    carries: Name = "carries"
    """Column of what it carries: patients, or a resource."""
    source: Name = "source"
    """Column of the site it leads from."""
    target: Name = "target"
    """Column of the site it leads to."""
    cost: Name = "cost"
    """Column of the cost of a unit sent."""
    delay: Name | None = None
    """Column of the days from sending to arrival; 0 where absent."""
    capacity: Name | None = None
    """Column of the most that may be sent on a day, inf for no limit; no limit where absent."""
    minimum: Name | None = None
    """Column of the least that is sent where anything is; 0 where absent."""
    set_up_cost: Name | None = None
    """Column of the cost of each day on which anything is sent; 0 where absent."""
    change_cost: Name | None = None
    """Column of the cost of a unit of change from the day before; 0 where absent."""
