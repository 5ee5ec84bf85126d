r"""How unevenly resources and need lie over regions and groups of regions, and how that changes over time.

Of region :math:`i` at time :math:`t` with demand :math:`d_{it}`, capacity :math:`c_{it}` and population
:math:`n_i`, the shortage is :math:`(d_{it} - c_{it})^+`, the spare :math:`(c_{it} - d_{it})^+`, and what
could be moved at most is the smaller of the two totals. The distribution is that of demand per head,
:math:`u_{it} = d_{it}/n_i`, weighted by people: Gini and Hoover index, and Theil's T split into what is
within the groups and what is between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..instances.errors import InputError
from ..instances.hints import nearest
from .dispersion import gini, hoover
from .entropy import theil_decomposition

if TYPE_CHECKING:
    from ..forecasting.panel import Panel
    from ..instances.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class Imbalance:
    """Imbalance of regions and groups; made by `imbalance`.

    Parameters
    ----------
    over_time
        One row a period: ``demand``; with a capacity also ``capacity``, ``shortage``, ``spare``, ``movable``
        (the smaller of the two) and ``regions_short`` (their share); ``gini``, ``hoover``, ``theil``,
        ``theil_within`` and ``theil_between`` of what each head has.
    regions
        One row a region, means over time: ``per_head`` (per 100,000), and with a capacity ``utilisation``,
        ``shortage`` and ``short_share``, the share of times with a shortage.
    groups
        One row a group, means over time: ``regions``, ``population``, ``per_head``, ``ratio`` of it to the
        mean of all, ``theil_within`` and ``theil_between``, and with a capacity ``shortage``.

    Examples
    --------
    >>> from allocare.forecasting.records import simulated_panel
    >>> panel = simulated_panel(8, 90, seed=1)
    >>> imbalance(panel, group="region").groups["regions"].to_dict()
    {'east': 2, 'north': 2, 'south': 2, 'west': 2}
    """

    over_time: pd.DataFrame
    regions: pd.DataFrame
    groups: pd.DataFrame


def imbalance(
    panel: Panel,
    *,
    capacity: str | pd.DataFrame | None = None,
    free: str | None = None,
    population: str | None = "population",
    group: str | None = None,
    period: str = "MS",
    per: float = 100_000.0,
) -> Imbalance:
    """Measure how unevenly a panel's values lie over its series and their groups.

    Parameters
    ----------
    panel
        Demand by region; attributes hold population and group.
    capacity
        Covariate of what each region can take, or a frame of the same shape; None measures no shortage.
    free
        Covariate of what is free, where capacity is demand plus that.
    population
        Attribute of the people in each region; None counts one head a region.
    group
        Attribute of the regions' group; None puts each region into one of its own.
    period
        Period that distributions are averaged over, as pandas names it: ``MS`` for months, ``D`` for days.
    per
        Number of people that levels are for.

    Raises
    ------
    InputError
        For an unknown covariate or attribute, a population that is no number above 0, or a negative value.

    Examples
    --------
    >>> from allocare.forecasting.records import simulated_panel
    >>> found = imbalance(simulated_panel(8, 90, seed=1), free="free", group="region")
    >>> found.over_time[["shortage", "gini", "theil_within", "theil_between"]].round(4)
                shortage    gini  theil_within  theil_between
    period
    2020-01-01       0.0  0.0643        0.0048         0.0037
    2020-02-01       0.0  0.0693        0.0066         0.0026
    2020-03-01       0.0  0.0560        0.0043         0.0010
    """
    demand = panel.values
    _refuse_negative(panel)
    people = _people(panel, population)
    groups = _groups(panel, group)
    limit = _capacity(panel, capacity, free)
    periodic = demand.resample(period).mean()
    over_time = pd.DataFrame({"demand": demand.sum(axis=1, min_count=1).resample(period).mean()})
    regions = pd.DataFrame({"per_head": demand.mean() / people * per})
    if limit is not None:
        short, spare = (demand - limit).clip(lower=0), (limit - demand).clip(lower=0)
        total_short, total_spare = short.sum(axis=1, min_count=1), spare.sum(axis=1, min_count=1)
        known = short.notna().sum(axis=1).replace(0, np.nan)
        daily = pd.DataFrame(
            {
                "capacity": limit.sum(axis=1, min_count=1),
                "shortage": total_short,
                "spare": total_spare,
                "movable": np.minimum(total_short, total_spare),
                "regions_short": (short > 0).sum(axis=1) / known,
            }
        )
        over_time = over_time.join(daily.resample(period).mean())
        regions["utilisation"] = demand.sum(min_count=1) / limit.where(demand.notna()).sum(min_count=1)
        regions["shortage"] = short.mean()
        regions["short_share"] = (short > 0).sum() / short.notna().sum().replace(0, np.nan)
    measured, split = _distributions(periodic.to_numpy(dtype=np.float64), people.to_numpy(), groups)
    over_time = over_time.join(measured.set_axis(periodic.index))
    return Imbalance(
        over_time.rename_axis("period"),
        regions.rename_axis("region"),
        _by_group(regions, people, groups, split).rename_axis("group"),
    )


def _distributions(
    demand: FloatArray, people: FloatArray, groups: pd.Series[Any]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Measure each period over the regions that reported in it; and each group's mean part of Theil's T."""
    rows: list[dict[str, float]] = []
    parts: list[pd.DataFrame] = []
    for values in demand:
        known = ~np.isnan(values)
        if not known.any():
            rows.append({})
            continue
        a_head, sizes = values[known] / people[known], people[known]
        split = theil_decomposition(a_head, sizes, groups.to_numpy()[known])
        rows.append(
            {
                "gini": gini(a_head, sizes),
                "hoover": hoover(a_head, sizes),
                "theil": split.total,
                "theil_within": split.within,
                "theil_between": split.between,
            }
        )
        parts.append(split.groups[["within", "between"]])
    columns = ["gini", "hoover", "theil", "theil_within", "theil_between"]
    mean = pd.concat(parts).groupby(level=0).sum() / len(parts) if parts else pd.DataFrame()
    return pd.DataFrame(rows, columns=columns, dtype=float), mean


def _by_group(
    regions: pd.DataFrame, people: pd.Series[Any], groups: pd.Series[Any], split: pd.DataFrame
) -> pd.DataFrame:
    known = regions["per_head"].notna()
    counted = people[known].groupby(groups[known]).sum()
    level = (regions["per_head"] * people)[known].groupby(groups[known]).sum() / counted
    overall = float((regions["per_head"] * people)[known].sum() / people[known].sum())
    table = pd.DataFrame(
        {
            "regions": groups.groupby(groups).size(),
            "population": people.groupby(groups).sum(),
            "per_head": level,
            "ratio": level / overall if overall > 0 else np.nan,
            "theil_within": split["within"] if len(split) else np.nan,
            "theil_between": split["between"] if len(split) else np.nan,
        }
    )
    if "shortage" in regions:
        table["shortage"] = regions["shortage"].groupby(groups).sum()
    return table


def _refuse_negative(panel: Panel) -> None:
    negative = (panel.values < 0).to_numpy()
    if negative.any():
        series, time = (int(at) for at in np.argwhere(negative.T)[0])
        value = float(panel.values.to_numpy()[time, series])
        raise InputError(
            f"it is {value:g}; imbalance is measured of values of 0 or more",
            f"series {panel.series[series]!r}",
            f"{panel.times[time]:%Y-%m-%d}",
        )


def _attribute(panel: Panel, name: str) -> pd.Series[Any]:
    known = [] if panel.attributes is None else list(map(str, panel.attributes.columns))
    if panel.attributes is None or name not in panel.attributes:
        raise InputError(f"the series have no attribute {name!r}; {nearest(name, known)}")
    return panel.attributes[name]


def _people(panel: Panel, population: str | None) -> pd.Series[Any]:
    if population is None:
        return pd.Series(1.0, index=panel.series)
    people = pd.to_numeric(_attribute(panel, population), errors="coerce").astype(float)
    wrong = ~(people > 0).to_numpy()
    if wrong.any():
        key = panel.series[int(np.argmax(wrong))]
        raise InputError(f"the {population} of series {key!r} is no number above 0")
    return people


def _groups(panel: Panel, group: str | None) -> pd.Series[Any]:
    if group is None:
        return pd.Series(panel.series.astype("str"), index=panel.series)
    groups = _attribute(panel, group)
    if groups.isna().any():
        key = panel.series[int(np.argmax(groups.isna()))]
        raise InputError(f"series {key!r} has no {group}; give every series a group")
    return groups


def _capacity(panel: Panel, capacity: str | pd.DataFrame | None, free: str | None) -> pd.DataFrame | None:
    if capacity is not None and free is not None:
        raise InputError(
            "both the capacity and what is free are named; capacity is demand plus free: name one"
        )
    if isinstance(capacity, pd.DataFrame):
        if not (capacity.index.equals(panel.times) and capacity.columns.equals(panel.series)):
            raise InputError("the capacity has other times or series than the demand; give both the same")
        return capacity
    name = capacity or free
    if name is None:
        return None
    if name not in panel.covariates:
        raise InputError(f"there is no covariate {name!r}; {nearest(name, panel.covariates)}")
    return panel.covariates[name] if free is None else panel.values + panel.covariates[name]
