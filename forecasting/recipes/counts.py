"""Quantities that cannot be negative."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from .settings import choice, names

if TYPE_CHECKING:
    from ..panel import Panel
    from .step import Place

RULES = ("refuse", "clip", "missing")


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Refuse negative values, raise them to 0, or take them as missing.

    Parameters
    ----------
    rule
        ``refuse``, ``clip`` or ``missing``.
    columns
        Columns it is for; empty for all.

    Examples
    --------
    >>> Counts(rule="clip").apply(pd.DataFrame({"Hessen": [3.0, -1.0]}), None)["Hessen"].tolist()
    [3.0, 0.0]
    """

    name: ClassVar[str] = "counts"
    uses_future: ClassVar[bool] = False
    why: ClassVar[str] = "a count below 0"
    rule: str = "refuse"
    columns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        choice(self.name, "rule", self.rule, RULES)
        names(self.name, "columns", self.columns)

    def fit(self, frame: pd.DataFrame, panel: Panel) -> Counts:
        """Return itself: there is nothing to learn."""
        return self

    def apply(self, frame: pd.DataFrame, place: Place | None) -> pd.DataFrame:
        """Mend what is negative, or refuse the first of it."""
        values = frame.to_numpy(dtype=np.float64)
        negative = values < 0
        if not negative.any():
            return frame
        if self.rule == "refuse" and place is not None:
            first = values.T[negative.T][0]
            mend = "a count is 0 or more; mend the record, or clip it by the step 'counts'"
            raise place.error(f"it is {first:g}; {mend}", frame, negative)
        mended = np.where(negative, 0.0 if self.rule == "clip" else np.nan, values)
        return pd.DataFrame(mended, frame.index, frame.columns)
