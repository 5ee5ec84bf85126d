"""The canvas: one look for all figures, legible when small and told apart without colour vision."""

from __future__ import annotations

import io
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..instances.errors import CapabilityError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..instances.arrays import FloatArray

INK, PALE, GRID = "#222222", "#6b6b6b", "#dddddd"
# Okabe and Ito's palette, darkest first, without the yellow that white paper swallows
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
MARKS = ("o", "s", "^", "D", "v", "P")
GAIN, LOSS = COLOURS[0], COLOURS[1]
WIDTH = 5.2
"""Inches; narrow, so that text stays legible when a page is as wide as a phone."""
CHINESE_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "PingFang SC",
    "Microsoft YaHei",
    "SimHei",
    "Noto Sans CJK JP",
)


@dataclass(frozen=True, eq=False)
class Drawing:
    """A figure with what stands for it where it cannot be seen.

    Parameters
    ----------
    name
        Of its files.
    figure
        The matplotlib figure.
    title, alt
        One line for people, and what the figure shows in words.
    """

    name: str
    figure: Figure
    title: str
    alt: str


def require_report_libraries() -> None:
    """Refuse in one line where the libraries of the extra are not installed.

    Raises
    ------
    CapabilityError
        Naming the one that is missing.

    Examples
    --------
    >>> require_report_libraries()
    """
    from importlib.util import find_spec

    for library in ("matplotlib", "jinja2", "latex2mathml"):
        if find_spec(library) is None:
            raise CapabilityError(f"reports need {library}; install it with: pip install 'allocare[report]'")


def chinese_font() -> str | None:
    """Name an installed font that has Chinese characters, or None.

    Examples
    --------
    >>> chinese_font() in (None, *CHINESE_FONTS)
    True
    """
    from matplotlib.font_manager import fontManager

    installed = {font.name for font in fontManager.ttflist}
    return next((name for name in CHINESE_FONTS if name in installed), None)


@contextmanager
def themed() -> Iterator[None]:
    """Draw and save in the house's look.

    Examples
    --------
    >>> import matplotlib
    >>> with themed():
    ...     matplotlib.rcParams["svg.fonttype"]
    'none'
    """
    from matplotlib import rc_context

    chinese = chinese_font()
    settings: Any = {
        "font.family": ["DejaVu Sans", *([chinese] if chinese else [])],
        "font.size": 9,
        "axes.titlesize": 9,
        "axes.titlelocation": "left",
        "axes.labelsize": 9,
        "axes.labelcolor": INK,
        "axes.edgecolor": PALE,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.unicode_minus": True,
        "grid.color": GRID,
        "grid.linewidth": 0.6,
        "xtick.labelsize": 8.5,
        "ytick.labelsize": 8.5,
        "xtick.color": PALE,
        "ytick.color": PALE,
        "xtick.labelcolor": INK,
        "ytick.labelcolor": INK,
        "text.color": INK,
        "lines.linewidth": 1.8,
        "lines.markersize": 4.5,
        "figure.titlesize": 10.5,
        "figure.titleweight": "bold",
        "figure.constrained_layout.h_pad": 0.06,
        "svg.fonttype": "none",
        "savefig.facecolor": "white",
    }
    with rc_context(settings):
        yield


def canvas(height: float, rows: int = 1, columns: int = 1, **settings: Any) -> tuple[Figure, Any]:
    """Begin a figure; its axes come as an array of (rows, columns).

    Examples
    --------
    >>> figure, axes = canvas(2.0, 1, 2)
    >>> axes.shape
    (1, 2)
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False, **settings)


def panels(count: int, height: float, columns: int = 2, **settings: Any) -> tuple[Figure, list[Axes]]:
    """Begin a figure of as many small panels of the same height.

    Examples
    --------
    >>> figure, axes = panels(3, 1.5)
    >>> len(axes), len(figure.axes)
    (3, 3)
    """
    columns = min(columns, count)
    rows = -(-count // columns)
    figure, axes = canvas(height * rows + 0.6, rows, columns, **settings)
    every: list[Axes] = axes.ravel().tolist()
    for spare in every[count:]:
        # the last full row's axis labels would be hidden with a shared axis
        above = every[every.index(spare) - columns]
        above.xaxis.set_tick_params(labelbottom=True)
        spare.remove()
    return figure, every[:count]


def settle(figure: Figure) -> None:
    """Lay a figure out once for all, so that every rendering of it is the same.

    Examples
    --------
    >>> figure, _ = canvas(2.0)
    >>> settle(figure)
    >>> svg(figure, "empty") == svg(figure, "empty")
    True
    """
    # the first pass sizes labels by the axes' places before it, the second by those it found
    figure.draw_without_rendering()
    figure.draw_without_rendering()
    figure.set_layout_engine("none")


def titled(figure: Figure, title: str) -> None:
    """Head a figure with its title, broken into lines where it is long.

    Examples
    --------
    >>> figure, _ = canvas(2.0)
    >>> titled(figure, "Who has what")
    >>> figure.get_suptitle()
    'Who has what'
    """
    figure.suptitle(title, x=0.01, ha="left", wrap=False)


def spread(wanted: FloatArray, apart: float) -> FloatArray:
    """Move positions as little as need be so that neighbours are so far apart, order kept.

    The least sum of squared moves: isotonic regression of the positions less their places in line.

    Examples
    --------
    >>> spread(np.array([0.0, 0.1, 5.0]), 1.0).tolist()
    [-0.45, 0.55, 5.0]
    """
    from scipy.optimize import isotonic_regression

    order = np.argsort(wanted, kind="stable")
    places = apart * np.arange(len(wanted))
    moved = np.empty(len(wanted))
    if len(wanted):
        moved[order] = isotonic_regression(wanted[order] - places).x + places
    return moved


def png(figure: Figure) -> bytes:
    """Render a figure for slides and documents.

    Examples
    --------
    >>> figure, _ = canvas(1.0)
    >>> png(figure)[1:4]
    b'PNG'
    """
    out = io.BytesIO()
    with themed():
        figure.savefig(out, format="png", dpi=200)
    return out.getvalue()


def svg(figure: Figure, name: str) -> str:
    """Render a figure as SVG with its text as text, the same again for the same figure.

    Examples
    --------
    >>> figure, _ = canvas(1.0)
    >>> svg(figure, "empty").startswith("<svg")
    True
    """
    from matplotlib import rc_context

    out = io.StringIO()
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    with themed(), rc_context({"svg.hashsalt": name}):
        figure.savefig(out, format="svg", metadata=nothing)
    text = out.getvalue()
    return text[text.index("<svg") :].strip()


def inline(drawing: Drawing, text: str = "") -> str:
    """Prepare a drawing's SVG to stand in a page beside others: own ids, the page's font, words for all.

    Its SVG is rendered, or taken from `text` where it was before.

    Examples
    --------
    >>> figure, _ = canvas(1.0)
    >>> inline(Drawing("empty", figure, "Empty", "Nothing"))[:57]
    '<svg role="img" aria-label="Nothing" viewBox="0 0 374.4 7'
    """
    from markupsafe import escape

    text = text or svg(drawing.figure, drawing.name)
    text = re.sub(r'\bid="', f'id="{drawing.name}-', text)
    text = text.replace("url(#", f"url(#{drawing.name}-").replace('href="#', f'href="#{drawing.name}-')
    text = text.replace("xlink:href", "href")
    text = re.sub(r"font: ([^;\"]*?)(\d+(?:\.\d+)?px) [^;\"]*", r"font: \1\2 var(--sans)", text)
    text = re.sub(r"font-family: [^;\"]*", "font-family: var(--sans)", text)
    box = re.search(r'viewBox="[^"]*"', text)
    assert box is not None
    head = f'<svg role="img" aria-label="{escape(drawing.alt)}" {box.group()}>'
    return re.sub(r"^<svg[^>]*>", lambda _: head, text)
