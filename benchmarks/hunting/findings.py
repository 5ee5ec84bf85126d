"""What a hunt says about when a rule does badly, and its folder on disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ...instances.errors import InputError
from ...instances.formats import write
from ...instances.whole_writing import replaced_whole
from .hunt import MEASURED

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping

    from ...instances.problem import Problem
    from .hunt import Hunt

SHAPE = ("size", "aspect", "density", "tightness", "cost_variation")
BANDS = 4
LEAST = 8
"""Measured trials below which nothing is said about associations."""


def by_band(hunt: Hunt) -> pd.DataFrame:
    """Gap against size and shape: explored instances in quarters of each figure, the same number in each.

    Refined trials are left out: they crowd around the worst cases, and would make every band look bad.

    Returns
    -------
    pandas.DataFrame
        Columns ``figure, low, high, instances, incomplete, median_gap, worst_gap``.

    Examples
    --------
    >>> from .hunt import hunt
    >>> found = by_band(hunt("vogel", "transportation", 32, seed=1, fixed={"n_sources": 4}))
    >>> int(found.loc[found["figure"] == "size", "instances"].sum())
    16
    """
    explored = hunt.trials[hunt.trials["phase"] == "explore"]
    measured = explored["outcome"].isin(MEASURED)
    lines: list[dict[str, Any]] = []
    for figure in _figures(hunt):
        values = pd.to_numeric(explored[figure])
        if values.nunique() < 2:
            continue
        band = pd.qcut(values, BANDS, labels=False, duplicates="drop")
        for _, part in explored.assign(gap=explored["gap"].where(measured)).groupby(band):
            own = values[part.index]
            lines.append(
                {
                    "figure": figure,
                    "low": own.min(),
                    "high": own.max(),
                    "instances": len(part),
                    "incomplete": int((part["outcome"] == "incomplete").sum()),
                    "median_gap": pd.to_numeric(part["gap"]).median(),
                    "worst_gap": pd.to_numeric(part["gap"]).max(),
                }
            )
    return pd.DataFrame(lines)


def associations(hunt: Hunt) -> pd.DataFrame:
    """Spearman's rank correlation of the gap with each figure over the explored instances, strongest first.

    The p-values are corrected by Holm over the figures. An association in made-up instances says what the
    generator and the rule do together, not what causes what elsewhere.

    Examples
    --------
    >>> from .hunt import hunt
    >>> found = associations(hunt("nearest", "hospitals", 40, seed=1, fixed={"n_hospitals": 6}))
    >>> found.columns.tolist()
    ['figure', 'instances', 'correlation', 'p_value', 'p_holm']
    """
    from scipy.stats import spearmanr

    from ..statistics.pairs import holm

    explored = hunt.trials[(hunt.trials["phase"] == "explore") & hunt.trials["outcome"].isin(MEASURED)]
    lines = []
    for figure in _figures(hunt):
        both = pd.DataFrame(
            {"x": pd.to_numeric(explored[figure]), "gap": pd.to_numeric(explored["gap"])}
        ).dropna()
        if len(both) < LEAST or both["x"].nunique() < 2 or both["gap"].nunique() < 2:
            continue
        found = spearmanr(both["x"], both["gap"])
        lines.append(
            {
                "figure": figure,
                "instances": len(both),
                "correlation": float(found.statistic),
                "p_value": float(found.pvalue),
            }
        )
    table = pd.DataFrame(lines, columns=["figure", "instances", "correlation", "p_value"])
    table["p_holm"] = holm(table["p_value"])
    strongest = table["correlation"].abs().sort_values(ascending=False, kind="stable").index
    return table.loc[strongest].reset_index(drop=True)


def save_hunt(
    hunt: Hunt, folder: str | os.PathLike[str], pictures: Mapping[str, bytes] | None = None
) -> Path:
    """Write a hunt into a new folder, whole or not at all.

    ``hunt.json`` says what was searched and what was worst, ``hunt.md`` the same for people, ``trials.csv``,
    ``bands.csv`` and ``associations.csv`` hold the tables, and ``worst`` the worst case as a native instance.

    Parameters
    ----------
    hunt
        What was found.
    folder
        Where to; it must be new or empty.
    pictures
        Pictures by file name, written beside the rest; ``hunt.md`` shows those that are PNG.

    Raises
    ------
    InputError
        Where something is there already, or it cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from .hunt import hunt
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = save_hunt(hunt("vogel", "transportation", 4, fixed={"n_sources": 3}), folder + "/out")
    ...     sorted(entry.name for entry in path.iterdir())
    ['associations.csv', 'bands.csv', 'hunt.json', 'hunt.md', 'trials.csv', 'worst']
    """
    target = Path(folder)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InputError("something is already there; choose another name for --out", str(target))
    with replaced_whole(target) as part:
        _write(hunt, part, pictures or {})
    return target


def record(hunt: Hunt) -> dict[str, Any]:
    """Plain values for JSON: what was searched, how the trials ended, and the worst of them.

    Examples
    --------
    >>> from .hunt import hunt
    >>> found = record(hunt("vogel", "transportation", 4, fixed={"n_sources": 3}))
    >>> found["outcomes"], found["worst"]["n_sources"]
    ({'measured': 4}, 3)
    """
    worst = hunt.worst
    return {
        "rule": hunt.rule,
        "generator": hunt.generator,
        "seed": hunt.seed,
        "budget": hunt.budget,
        "searched": list(hunt.searched),
        "outcomes": {str(name): int(count) for name, count in hunt.trials["outcome"].value_counts().items()},
        "worst": None if worst is None else {name: _json(value) for name, value in worst.items()},
    }


def in_words(hunt: Hunt) -> list[str]:
    """Say what was found, in sentences.

    Examples
    --------
    >>> from .hunt import hunt
    >>> print(in_words(hunt("vogel", "transportation", 4, fixed={"n_sources": 3}))[0])
    greedy:vogel on 4 instances of transportation: 4 measured.
    """
    found = record(hunt)
    outcomes = ", ".join(f"{count} {name}" for name, count in found["outcomes"].items())
    lines = [f"{hunt.rule} on {hunt.budget} instances of {hunt.generator}: {outcomes}."]
    worst = found["worst"]
    if worst is None:
        return [*lines, "No gap could be measured, so there is no worst case."]
    options = ", ".join(f"{name}={worst[name]}" for name in hunt.searched)
    certain = "" if worst["outcome"] == "measured" else "at least "
    lines.append(
        f"Worst case: {certain}{worst['gap']:.2%} worse than the best plan "
        f"({worst['rule_objective']:.12g} against {worst['best_objective']:.12g}), "
        f"trial {worst['trial']}, with {options}, seed {worst['generator_seed']}."
    )
    explored = hunt.trials[(hunt.trials["phase"] == "explore") & hunt.trials["outcome"].isin(MEASURED)]
    if len(explored):
        gap = pd.to_numeric(explored["gap"])
        lines.append(f"Over the space explored evenly: median {gap.median():.2%}, worst {gap.max():.2%}.")
    clear = associations(hunt)
    for line in clear[clear["p_holm"] < 0.05].to_dict("records"):
        way = "grows" if line["correlation"] > 0 else "falls"
        lines.append(f"The gap {way} with {line['figure']} (rank correlation {line['correlation']:+.2f}).")
    return lines


def _write(hunt: Hunt, folder: Path, pictures: Mapping[str, bytes]) -> None:
    hunt.trials.to_csv(folder / "trials.csv", index=False, lineterminator="\n")
    bands = by_band(hunt)
    bands.to_csv(folder / "bands.csv", index=False, lineterminator="\n")
    associations(hunt).to_csv(folder / "associations.csv", index=False, lineterminator="\n")
    text = json.dumps(record(hunt), indent=2, ensure_ascii=False, allow_nan=False)
    (folder / "hunt.json").write_text(text + "\n", encoding="utf-8")
    (folder / "hunt.md").write_text(_page(hunt, bands, pictures), encoding="utf-8")
    for name, picture in pictures.items():
        (folder / name).write_bytes(picture)
    if hunt.worst is not None:
        problem: Problem = hunt.instance(int(hunt.worst["trial"]))
        write(problem, folder / "worst", "native")


def _page(hunt: Hunt, bands: pd.DataFrame, pictures: Iterable[str]) -> str:
    from ..presentation import markdown

    columns = ["trial", "phase", *hunt.searched, "generator_seed", "outcome", "gap"]
    ten = hunt.trials[hunt.trials["outcome"].isin(MEASURED)].sort_values(
        "gap", ascending=False, kind="stable"
    )
    parts = [f"# Where {hunt.rule} does worst on {hunt.generator}", " ".join(in_words(hunt))]
    ten = ten[columns].head(10).astype({"generator_seed": str})
    parts += ["## The ten worst", markdown(_as_read(ten))]
    if len(bands):
        shown = [f"![Gap against size and shape]({name})" for name in pictures if name.endswith(".png")]
        parts += ["## Gap against size and shape (explored instances)", *shown, markdown(_as_read(bands))]
    parts.append(
        "A generator made these instances, and they were searched for on purpose: they show how badly the "
        "rule can do, and nothing of how often it does."
    )
    return "\n\n".join(parts) + "\n"


def _as_read(table: pd.DataFrame) -> pd.DataFrame:
    """Gaps in percent, names without underscores."""
    from ..presentation import percent

    shown = table.copy()
    for name in [name for name in table.columns if str(name).endswith("gap")]:
        shown[name] = table[name].map(lambda gap: percent(gap, 2))
    return shown.rename(columns=lambda name: str(name).replace("_", " "))


def _figures(hunt: Hunt) -> list[str]:
    """Figures of shape, and the searched options that are numbers."""
    there = [name for name in SHAPE if name in hunt.trials.columns]
    options = hunt.trials[list(hunt.searched)].select_dtypes("number")
    return there + [str(name) for name in options.columns]


def _json(value: Any) -> Any:
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not np.isfinite(value) else value
