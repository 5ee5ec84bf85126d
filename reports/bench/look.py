"""How the backends of a report are told apart, on the canvas that all reports share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..drawing import COLOURS, canvas, titled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DASHES: tuple[Any, ...] = ("-", (0, (4, 1.5)), (0, (1.2, 1.2)), (0, (6, 1.5, 1.2, 1.5)))


def picture(height: float, title: str) -> tuple[Figure, Axes]:
    """Begin a figure of one picture under its title.

    Examples
    --------
    >>> figure, axes = picture(2.0, "Who is fastest")
    >>> figure.get_suptitle()
    'Who is fastest'
    """
    figure, axes = canvas(height)
    titled(figure, title)
    return figure, axes[0, 0]


def styles(names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Give every name a colour and a dash of its own, up to 24 of them, the same for the same list.

    Examples
    --------
    >>> styles(["a", "b"])["b"]["color"]
    '#D55E00'
    """
    return {
        name: {"color": COLOURS[k % len(COLOURS)], "linestyle": DASHES[k // len(COLOURS) % len(DASHES)]}
        for k, name in enumerate(names)
    }


def legend_below(figure: Figure, axes: Axes, longest: int) -> None:
    """Name the lines below the axes, in columns as the longest name allows; the figure grows to hold them.

    Examples
    --------
    >>> figure, axes = picture(2.0, "")
    >>> _ = axes.plot([0, 1], [0, 1], label="highs")
    >>> legend_below(figure, axes, 5)
    >>> len(figure.legends)
    1
    """
    handles, labels = axes.get_legend_handles_labels()
    columns = max(1, min(4, 72 // (longest + 9)))
    rows = -(-len(labels) // columns)
    figure.set_figheight(figure.get_figheight() + 0.17 * rows + 0.1)
    figure.legend(
        handles, labels, loc="outside lower left", ncols=columns, handlelength=2.6, fontsize=8, frameon=False
    )
