"""Tables as people read them: one format for a kind of figure, and Markdown and LaTeX from one frame."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    import pandas as pd


ROUNDING = 1e-10
"""Share below which a difference is rounding."""


def number(value: Any, digits: int = 4) -> str:
    """Write a number with as many significant digits, thousands apart; nothing where there is none.

    Examples
    --------
    >>> number(1234567), number(0.000123456), number(12.0), number(float("nan")), number("text")
    ('1,234,567', '0.0001235', '12', '', 'text')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool | str) or not hasattr(value, "__float__"):
        return str(value)
    figure = float(value)
    if not math.isfinite(figure):
        return "∞" if figure > 0 else "-∞"
    if figure.is_integer() and abs(figure) < 1e15:
        return f"{int(figure):,}"
    return f"{figure:,.{digits}g}" if abs(figure) < 10**digits else f"{figure:,.0f}"


def percent(value: Any, digits: int = 1) -> str:
    """Write a share in percent; very small ones are not called zero.

    Examples
    --------
    >>> percent(0.12345), percent(1e-14), percent(0.00001), percent(None)
    ('12.3 %', '0 %', '0.001 %', '')
    """
    if value is None or math.isnan(value):
        return ""
    if abs(value) < ROUNDING or not math.isfinite(value):
        return "∞ %" if abs(value) > 1 else "0 %"
    shown = f"{100 * value:,.{digits}f}"
    return f"{shown} %" if float(shown.replace(",", "")) else f"{100 * value:.1g} %"


def seconds(value: Any) -> str:
    """Write a time in seconds with three significant digits.

    Examples
    --------
    >>> seconds(0.0012345), seconds(12.3456), seconds(1234.5)
    ('0.00123', '12.3', '1,234')
    """
    return number(value, 3) if value is None or value < 1000 else f"{value:,.0f}"


def interval(value: Any, low: Any, high: Any, write: Callable[[Any], str] = number) -> str:
    """Write a figure with its interval, or alone where there is none.

    Examples
    --------
    >>> interval(0.5, 0.4, 0.6, percent), interval(0.5, None, None), interval(None, None, None)
    ('50.0 % (40.0 to 60.0)', '0.5', '')
    """
    alone, ends = write(value), (write(low), write(high))
    if not all((alone, *ends)):
        return alone
    low, high = (end.removesuffix(" %") for end in ends)
    return f"{alone} ({low} to {high})"


def markdown(frame: pd.DataFrame, texts: Collection[str] | None = None) -> str:
    r"""Lay a frame out as a Markdown table, numbers to the right: all columns but the `texts`.

    Where these are not named, they are the columns that do not hold numbers.

    Examples
    --------
    >>> import pandas as pd
    >>> print(markdown(pd.DataFrame({"backend": ["a|b"], "gap": [0.25]})))
    | backend | gap |
    | --- | ---: |
    | a\|b | 0.25 |
    """
    rules = ["---:" if _is_number(frame, name, texts) else "---" for name in frame.columns]
    lines = [list(map(str, frame.columns)), rules]
    lines += [[number(value).replace("|", "\\|") for value in row] for row in frame.itertuples(index=False)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def latex(frame: pd.DataFrame, caption: str, label: str, texts: Collection[str] | None = None) -> str:
    r"""Lay a frame out as a LaTeX table in the manner of booktabs, everything in it escaped.

    Examples
    --------
    >>> import pandas as pd
    >>> print(latex(pd.DataFrame({"a_b": ["5 %"]}), "Shares", "tab:shares"))
    \begin{table}
    \centering
    \caption{Shares}
    \label{tab:shares}
    \begin{tabular}{l}
    \toprule
    a\_b \\
    \midrule
    5 \% \\
    \bottomrule
    \end{tabular}
    \end{table}
    """
    columns = "".join("r" if _is_number(frame, name, texts) else "l" for name in frame.columns)
    rows = [_tex_row(map(number, row)) for row in frame.itertuples(index=False)]
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{tex(caption)}}}",
            rf"\label{{{label}}}",
            rf"\begin{{tabular}}{{{columns}}}",
            r"\toprule",
            _tex_row(map(str, frame.columns)),
            r"\midrule",
            *rows,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
        ]
    )


_TEX = {
    "\\": r"\textbackslash{}",
    **{letter: f"\\{letter}" for letter in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "≤": r"$\le$",
    "≥": r"$\ge$",
    "×": r"$\times$",
    "∞": r"$\infty$",
    "–": "--",
}


def tex(text: str) -> str:
    r"""Escape text for LaTeX.

    Examples
    --------
    >>> print(tex("gap ≤ 1 % of x_1"))
    gap $\le$ 1 \% of x\_1
    """
    return "".join(_TEX.get(letter, letter) for letter in text)


def _tex_row(cells: Any) -> str:
    return " & ".join(map(tex, cells)) + r" \\"


def _is_number(frame: pd.DataFrame, name: Any, texts: Collection[str] | None) -> bool:
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    if texts is not None:
        return name not in texts
    column = frame[name]
    return is_numeric_dtype(column) and not is_bool_dtype(column)
