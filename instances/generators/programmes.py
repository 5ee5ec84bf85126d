"""Treatment programmes for patient groups under budgets, each group with one or several options of care."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..problem import Provenance
from ..programmes import ProgrammeProblem
from .options import number, random_generator, truth, whole_number
from .scenario import Scenario

_BUDGETS = ("money", "staff hours", "theatre hours", "beds")


def programmes(
    *,
    seed: int = 0,
    n_groups: int = 40,
    options_per_group: int = 1,
    n_budgets: int = 1,
    budget_share: float = 0.6,
    whole: bool = True,
) -> Scenario[ProgrammeProblem]:
    r"""Generate groups of patients, their options of care, and budgets that do not suffice for all.

    Group sizes are lognormal (median 40), utility without treatment is between 0.5 and 12, and what is
    possible at best reaches 4 to 14 years more the worse off a group is, as with severe illness. The k-th of
    m options costs :math:`k` times the first one's cost per person and brings the share
    :math:`\sqrt{k / m}` of the best benefit, so that more intensive care helps less for its cost; a group
    gets one option at most. Costs per person are lognormal and rise with the benefit; what a programme takes
    of each further budget is drawn in the same way.

    Parameters
    ----------
    seed
        Seed of the random numbers; the same seed gives the same problem.
    n_groups, options_per_group
        Numbers of groups, and of programmes for each.
    n_budgets
        Number of budgets, 4 at most: money, staff hours, theatre hours, beds.
    budget_share
        Each budget as a share of what the most intensive option for every group would take.
    whole
        Whether a programme is carried out as a whole or not at all.

    Returns
    -------
    Scenario
        With tables ``groups`` (size, severity, baseline) and ``programmes`` (group, benefit, a column of
        costs per person for each budget).

    Raises
    ------
    InputError
        For an option out of range.

    Examples
    --------
    >>> scenario = programmes(n_groups=3, options_per_group=2, seed=1)
    >>> scenario.problem.size, scenario.problem.one_each
    (6, True)
    """
    rng = random_generator(seed)
    n_groups = whole_number("n_groups", n_groups, lowest=1)
    options_per_group = whole_number("options_per_group", options_per_group, lowest=1)
    n_budgets = whole_number("n_budgets", n_budgets, lowest=1, highest=len(_BUDGETS))
    budget_share = number("budget_share", budget_share, lowest=0, highest=1)
    whole = truth("whole", whole)

    size = np.ceil(rng.lognormal(np.log(40), 0.9, n_groups))
    severity = rng.random(n_groups)
    baseline = np.round(0.5 + 11.5 * (1 - severity), 2)
    best = np.round(rng.uniform(0.1, 1.0, n_groups) * (4 + 10 * severity), 2)
    first = np.round(best[:, np.newaxis] * rng.lognormal(np.log(600), 0.8, (n_groups, n_budgets)), -1) + 10

    group = np.repeat(np.arange(n_groups), options_per_group)
    intensity = np.tile(np.arange(1, options_per_group + 1), n_groups)
    benefit = np.round(best[group] * np.sqrt(intensity / options_per_group), 2)
    cost = (first[group] / options_per_group * intensity[:, np.newaxis]).round()
    everything = size @ cost[intensity == options_per_group]

    names = np.array([f"group {i}" for i in range(1, n_groups + 1)])
    suffix = [f", option {k}" for k in intensity] if options_per_group > 1 else [""] * len(group)
    keys = [f"care of {name}{option}" for name, option in zip(names[group], suffix, strict=True)]
    budgets = list(_BUDGETS[:n_budgets])
    groups = pd.DataFrame(
        {"group": names, "size": size.astype(np.int64), "severity": severity, "baseline": baseline}
    )
    options = pd.DataFrame({"programme": keys, "group": names[group], "benefit": benefit})
    options[budgets] = cost
    problem = ProgrammeProblem(
        title=f"{len(keys)} programmes for {n_groups} groups under {n_budgets} budgets, seed {seed}",
        provenance=Provenance("generated", "CC0-1.0"),
        units={"benefit": "QALY", "objective": "QALY"},
        groups=pd.Index(names),
        group_size=size,
        baseline=baseline,
        programmes=pd.Index(keys),
        group=group.astype(np.int32),
        benefit=benefit,
        budgets=pd.Index(budgets),
        budget_limit=np.floor(budget_share * everything),
        cost=cost.T,
        one_each=options_per_group > 1,
        whole=whole,
    )
    return Scenario(problem, {"groups": groups, "programmes": options})
