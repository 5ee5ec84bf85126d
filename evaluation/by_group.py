"""What each group gets: level, rate of need met, distance from the best-off group, share against claim."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..instances.arrays import numbers
from ..instances.errors import InputError
from ..instances.hints import nearest
from .grouping import group_positions
from .population import agent_numbers, population
from .resampling import resampled_sums

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..instances.arrays import FloatArray, IndexArray

CONFIDENCE = 0.95


def by_group(
    values: npt.ArrayLike,
    sizes: npt.ArrayLike | None,
    groups: npt.ArrayLike,
    *,
    need: npt.ArrayLike | None = None,
    served: npt.ArrayLike | None = None,
    claim: npt.ArrayLike | Mapping[Any, float] | None = None,
    bootstrap: int = 0,
    seed: int = 0,
) -> pd.DataFrame:
    r"""Compare groups of agents.

    Parameters
    ----------
    values, sizes
        Utility a person of each agent, and people each stands for (None: one each).
    groups
        Group of each agent.
    need, served
        Quantity each agent needs and gets.
    claim
        What each agent, or as a mapping what each group, has a claim to, in any unit: only shares count. None
        means the need where it is given, else the number of people.
    bootstrap
        Resamples for intervals, 0 for none. Give them where the agents are a sample; a census has none.
    seed
        Seed of the resampling.

    Returns
    -------
    pandas.DataFrame
        One row a group:

        - ``agents``, ``size``: number of agents and of people; ``need`` and ``served`` where given
        - ``rate``, where served is given: :math:`r_g = \sum_{i \in g} served_i / \sum_{i \in g} need_i`, over
          people where no need is given
        - ``mean`` (over people) and ``min`` of the values
        - ``gap``, ``ratio``: :math:`\max_h r_h - r_g` and :math:`r_g / \max_h r_h`, of means where there
          are no rates; the ratio is 1 where all are 0 and missing where one is negative
        - ``share`` of what is served (of the total utility where nothing is given as served), ``claim`` as
          a share, and ``share_to_claim``, 1 where a group gets exactly its claim; missing where there is
          nothing to share, a group's total is negative, or the claim is 0
        - ``mean_low``, ``mean_high`` and the like for ``rate``, ``gap`` and ``ratio``: 95 % percentile
          intervals from resampling agents within each group with replacement; missing for a group of one
          agent

    Raises
    ------
    InputError
        For an agent without group, a group with nobody or without need, or a claim of an unknown group.

    Examples
    --------
    >>> table = by_group([0.5, 1.0, 1.0], [10, 10, 20], ["rural", "rural", "urban"],
    ...     need=[10, 10, 20], served=[5, 10, 20])
    >>> table[["size", "rate", "gap", "ratio", "share_to_claim"]]
           size  rate   gap  ratio  share_to_claim
    group
    rural  20.0  0.75  0.25   0.75        0.857143
    urban  20.0  1.00  0.00   1.00        1.142857
    """
    people = population(values, sizes)
    size = people.values.size
    keys, at = group_positions(groups, size)
    count = len(keys)
    required = None if need is None else agent_numbers(need, values, "need", lowest=0)
    given = None if served is None else agent_numbers(served, values, "served", lowest=0)

    def sums(quantity: FloatArray) -> FloatArray:
        return np.bincount(at, quantity, count).astype(np.float64)

    table: dict[str, Any] = {"agents": np.bincount(at, minlength=count), "size": sums(people.sizes)}
    if required is not None:
        table["need"] = sums(required)
        nothing = table["need"] == 0
        if nothing.any():
            raise InputError(f"group {keys[int(np.argmax(nothing))]!r} needs nothing; leave its agents out")
    if given is not None:
        table["served"] = sums(given)
    fractions = {"mean": (people.sizes * people.values, people.sizes)}
    if given is not None:
        fractions["rate"] = (given, people.sizes if required is None else required)
        table["rate"] = _level(fractions["rate"], sums)
    table["mean"] = _level(fractions["mean"], sums)
    table["min"] = pd.Series(people.values).groupby(at).min().to_numpy()
    table["gap"], table["ratio"] = _against_best(table["mean" if given is None else "rate"])
    table["share"] = _shares(sums(people.sizes * people.values if given is None else given))
    if claim is None:
        claim = people.sizes if required is None else required
    if isinstance(claim, Mapping):
        table["claim"] = _shares(_claims_by_name(claim, keys))
    else:
        table["claim"] = _shares(sums(agent_numbers(claim, values, "claim", lowest=0)))
    table["share_to_claim"] = np.divide(
        table["share"], table["claim"], out=np.full(count, np.nan), where=table["claim"] > 0
    )
    if bootstrap:
        table |= _intervals(fractions, at, bootstrap, seed)
    return pd.DataFrame(table, index=keys)


def _level(fraction: tuple[FloatArray, FloatArray], sums: Any) -> FloatArray:
    quantity, over = fraction
    return np.asarray(sums(quantity) / sums(over), dtype=np.float64)


def _against_best(level: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Gap and ratio to the best group, groups along the last axis."""
    best = np.fmax.reduce(level, axis=-1, keepdims=True)
    ratio = np.divide(level, best, out=np.ones_like(level), where=best > 0)
    return best - level, np.where(np.fmin.reduce(level, axis=-1, keepdims=True) < 0, np.nan, ratio)


def _shares(amount: FloatArray) -> FloatArray:
    total = amount.sum()
    return amount / total if total > 0 and amount.min() >= 0 else np.full(amount.size, np.nan)


def _claims_by_name(claim: Mapping[Any, float], keys: pd.Index[Any]) -> FloatArray:
    unknown = [key for key in claim if key not in keys]
    if unknown:
        hint = nearest(str(unknown[0]), map(str, keys))
        raise InputError(f"the claims name group {unknown[0]!r}, which no agent is in; {hint}")
    absent = [key for key in keys if key not in claim]
    if absent:
        raise InputError(f"the claims leave out group {absent[0]!r}; give every group one, 0 if it has none")
    return numbers([claim[key] for key in keys], keys, "claim", lowest=0)


def _intervals(
    fractions: dict[str, tuple[FloatArray, FloatArray]], at: IndexArray, replicates: int, seed: int
) -> dict[str, FloatArray]:
    quantities = np.stack([part for fraction in fractions.values() for part in fraction])
    drawn = resampled_sums(quantities, at, replicates, seed)
    with np.errstate(invalid="ignore", divide="ignore"):
        levels = {name: drawn[2 * k] / drawn[2 * k + 1] for k, name in enumerate(fractions)}
    levels["gap"], levels["ratio"] = _against_best(levels["rate" if "rate" in levels else "mean"])
    alone = np.bincount(at) < 2
    tail = (1 - CONFIDENCE) / 2
    columns = {}
    for name, level in levels.items():
        low, high = np.nanquantile(level, [tail, 1 - tail], axis=0)
        columns[f"{name}_low"] = np.where(alone, np.nan, low)
        columns[f"{name}_high"] = np.where(alone, np.nan, high)
    return columns
