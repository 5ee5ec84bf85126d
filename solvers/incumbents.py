"""Plans on the way to the last one: how a backend tells of them while it still searches."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .backend import Options


def later(options: Options, seconds: float) -> Options:
    """Options of a part of a solve that begins after so many seconds of it.

    Examples
    --------
    >>> from allocare.solvers.backend import Options
    >>> later(Options(on_incumbent=lambda *told: print(told)), 2.0).on_incumbent(0.5, 7.0, None)
    (2.5, 7.0, None)
    """
    tell = options.on_incumbent
    if tell is None or not seconds:
        return options
    return replace(options, on_incumbent=lambda at, objective, bound: tell(at + seconds, objective, bound))


def divided(options: Options, multiple: float) -> Options:
    """Options of a solve whose objective is a multiple of the one to tell of.

    Examples
    --------
    >>> from allocare.solvers.backend import Options
    >>> divided(Options(on_incumbent=lambda *told: print(told)), 4).on_incumbent(0.5, 8.0, 4.0)
    (0.5, 2.0, 1.0)
    """
    tell = options.on_incumbent
    if tell is None or multiple == 1:
        return options

    def told(at: float, objective: float, bound: float | None) -> None:
        tell(at, objective / multiple, None if bound is None else bound / multiple)

    return replace(options, on_incumbent=told)


def silent(options: Options) -> Options:
    """Options of a part of a solve whose plans are not plans of the whole, or are worth something else.

    Examples
    --------
    >>> from allocare.solvers.backend import Options
    >>> silent(Options(on_incumbent=print)).on_incumbent is None
    True
    """
    return options if options.on_incumbent is None else replace(options, on_incumbent=None)
