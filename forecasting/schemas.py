"""What a clean panel must be like, stated as a schema and judged by pandera."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..instances.errors import InputError
from ..instances.hints import nearest
from .extras import need

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandera.pandas as pandera

    from .panel import Panel


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """What is expected of one column of a panel.

    Parameters
    ----------
    column
        The panel's name or a covariate; empty for all.
    lowest, highest
        Range of the values, ends included; None for no limit.
    whole
        Whether values are whole numbers.
    missing
        Largest share of a series that may be missing.
    varies
        Whether a series of one value is refused.

    Examples
    --------
    >>> Expectation(column="beds", lowest=0, whole=True).missing
    1.0
    """

    column: str = ""
    lowest: float | None = None
    highest: float | None = None
    whole: bool = False
    missing: float = 1.0
    varies: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.missing <= 1:
            raise InputError(f"the share that may be missing is {self.missing:g}; it is in [0, 1]")
        if self.lowest is not None and self.highest is not None and self.lowest > self.highest:
            raise InputError(f"lowest is {self.lowest:g} and highest {self.highest:g}; swap them")


def schema(expected: Expectation, series: Sequence[str]) -> pandera.DataFrameSchema:
    """State an expectation as a pandera schema of a frame with one row a time and one column a series.

    Examples
    --------
    >>> days = pd.date_range("2024-01-01", periods=2)
    >>> judged = schema(Expectation(lowest=0), ["Hessen"])
    >>> judged.validate(pd.DataFrame({"Hessen": [1.0, np.nan]}, index=days)).shape
    (2, 1)
    """
    need("pandera", "pandera", "judging a panel by expectations")
    import pandera.pandas as pandera

    checks: list[Any] = []
    if expected.lowest is not None:
        checks.append(pandera.Check.ge(expected.lowest, error=f"it must be {expected.lowest:g} or more"))
    if expected.highest is not None:
        checks.append(pandera.Check.le(expected.highest, error=f"it must be {expected.highest:g} or less"))
    if expected.whole:
        checks.append(pandera.Check(lambda cells: cells == np.rint(cells), error="it must be a whole number"))
    of_series: list[Any] = []
    if expected.missing < 1:
        most = expected.missing
        of_series.append(
            pandera.Check(
                lambda cells: bool(cells.isna().mean() <= most),
                ignore_na=False,
                error=f"at most {most:.1%} of a series may be missing",
            )
        )
    if expected.varies:
        of_series.append(
            pandera.Check(
                lambda cells: bool(cells.nunique() != 1), error="a series of one value only cannot be used"
            )
        )
    column = pandera.Column(float, [*checks, *of_series], nullable=True)
    return pandera.DataFrameSchema(
        dict.fromkeys(series, column), index=pandera.Index("datetime64", coerce=False)
    )


def validate(
    panel: Panel, expectations: Sequence[Expectation], *, source: str = "", rows: pd.DataFrame | None = None
) -> None:
    """Judge a panel by expectations.

    Parameters
    ----------
    panel
        The panel.
    expectations
        What is expected.
    source, rows
        Name of its file and the file row of each cell (0: none), for errors.

    Raises
    ------
    InputError
        For the first failure, naming series and row or date, and how many more there are.

    Examples
    --------
    >>> from allocare.forecasting.records import simulated_panel
    >>> validate(simulated_panel(3, 20, seed=1), [Expectation(column="free", highest=120)])
    Traceback (most recent call last):
    ...
    allocare.instances.errors.InputError: series 'R2', 2020-01-01, column 'free': it is 125; it must be 120 \
or less (the first of 4 that fail)
    """
    need("pandera", "pandera", "judging a panel by expectations")
    import pandera.errors

    frames = {panel.name: panel.values, **panel.covariates}
    for expected in expectations:
        if expected.column and expected.column not in frames:
            raise InputError(
                f"there is no column {expected.column!r}; {nearest(expected.column, frames)}", source
            )
        for name in [expected.column] if expected.column else frames:
            frame = frames[name].set_axis([str(key) for key in panel.series], axis=1)
            try:
                schema(expected, list(frame.columns)).validate(frame, lazy=True)
            except pandera.errors.SchemaErrors as failed:
                raise _first_failure(failed.failure_cases, frame, name, source, rows) from failed


def _first_failure(
    cases: pd.DataFrame, frame: pd.DataFrame, column: str, source: str, rows: pd.DataFrame | None
) -> InputError:
    first = cases.iloc[0]
    series, said = str(first["column"]), str(first["check"])
    place = [source, f"series {series!r}"]
    if not pd.isna(first["index"]):
        time = frame.index.get_loc(first["index"])
        row = 0 if rows is None else int(rows.to_numpy()[time, frame.columns.get_loc(series)])
        place.append(f"row {row}" if row else str(first["index"])[:10])
        said = f"it is {float(first['failure_case']):g}; {said}"
    if len(cases) > 1:
        said += f" (the first of {len(cases)} that fail)"
    return InputError(said, *place, f"column {column!r}")
