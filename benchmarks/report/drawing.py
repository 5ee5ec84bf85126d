"""The canvas: one look for all figures, legible when small and told apart without colour vision."""

from __future__ import annotations

import io
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...instances.errors import CapabilityError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, PALE, GRID = "#222222", "#6b6b6b", "#dddddd"
# Okabe and Ito's palette, darkest first, without the yellow that white paper swallows
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
DASHES: tuple[Any, ...] = ("-", (0, (4, 1.5)), (0, (1.2, 1.2)), (0, (6, 1.5, 1.2, 1.5)))
MARKS = ("o", "s", "^", "D")
WIDTH = 5.2
"""Inches; narrow, so that text stays legible when a page is as wide as a phone."""


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

    for library in ("matplotlib", "jinja2"):
        if find_spec(library) is None:
            raise CapabilityError(f"reports need {library}; install it with: pip install 'allocare[report]'")


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

    settings: dict[Any, Any] = {
        "font.size": 9,
        "axes.labelsize": 9,
        "axes.labelcolor": INK,
        "axes.edgecolor": PALE,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
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
        "legend.frameon": False,
        "legend.fontsize": 8,
        "figure.titlesize": 10.5,
        "figure.titleweight": "bold",
        "figure.constrained_layout.h_pad": 0.06,
        "svg.fonttype": "none",
        "savefig.facecolor": "white",
    }
    with rc_context(settings):
        yield


def canvas(height: float, title: str) -> tuple[Figure, Axes]:
    """Begin a figure of one picture under its title.

    Examples
    --------
    >>> figure, axes = canvas(2.0, "Who is fastest")
    >>> figure.get_suptitle()
    'Who is fastest'
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    axes = figure.subplots()
    figure.suptitle(title, x=0.01, ha="left")
    return figure, axes


def styles(names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Give every name a colour and a dash of its own, up to 24 of them, the same for the same list.

    Examples
    --------
    >>> styles(["a", "b"])["b"]["color"]
    '#D55E00'
    """
    return {
        name: {
            "color": COLOURS[k % len(COLOURS)],
            "linestyle": DASHES[k // len(COLOURS) % len(DASHES)],
        }
        for k, name in enumerate(names)
    }


def legend_below(figure: Figure, axes: Axes, longest: int) -> None:
    """Name the lines below the axes, in columns as the longest name allows; the figure grows to hold them.

    Examples
    --------
    >>> figure, axes = canvas(2.0, "")
    >>> _ = axes.plot([0, 1], [0, 1], label="highs")
    >>> legend_below(figure, axes, 5)
    >>> len(figure.legends)
    1
    """
    handles, labels = axes.get_legend_handles_labels()
    columns = max(1, min(4, 72 // (longest + 9)))
    rows = -(-len(labels) // columns)
    figure.set_figheight(figure.get_figheight() + 0.17 * rows + 0.1)
    figure.legend(handles, labels, loc="outside lower left", ncols=columns, handlelength=2.6)


def png(figure: Figure) -> bytes:
    """Render a figure for slides and documents.

    Examples
    --------
    >>> figure, _ = canvas(1.0, "")
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
    >>> figure, _ = canvas(1.0, "")
    >>> svg(figure, "empty").startswith("<svg")
    True
    """
    from matplotlib import rc_context

    out = io.StringIO()
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    with themed(), rc_context({"svg.hashsalt": name}):
        figure.savefig(out, format="svg", metadata=nothing)
    # laid out once: drawing it again in another format need not do it anew
    figure.set_layout_engine("none")
    text = out.getvalue()
    return text[text.index("<svg") :].strip()


def inline(drawing: Drawing, text: str) -> str:
    """Prepare a drawing's SVG to stand in a page beside others: own ids, the page's font, words for all.

    Examples
    --------
    >>> figure, _ = canvas(1.0, "")
    >>> inline(Drawing("empty", figure, "Empty", "Nothing"), svg(figure, "empty"))[:51]
    '<svg role="img" aria-label="Nothing" viewBox="0 0 3'
    """
    from markupsafe import escape

    text = re.sub(r'\bid="', f'id="{drawing.name}-', text)
    text = text.replace("url(#", f"url(#{drawing.name}-").replace('href="#', f'href="#{drawing.name}-')
    text = text.replace("xlink:href", "href")
    text = re.sub(r"font: ([^;\"]*?)(\d+(?:\.\d+)?px) [^;\"]*", r"font: \1\2 var(--sans)", text)
    text = re.sub(r"font-family: [^;\"]*", "font-family: var(--sans)", text)
    box = re.search(r'viewBox="[^"]*"', text)
    assert box is not None
    head = f'<svg role="img" aria-label="{escape(drawing.alt)}" {box.group()}>'
    return re.sub(r"^<svg[^>]*>", lambda _: head, text)
