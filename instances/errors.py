"""The exceptions that Allocare raises, and the exit code that each one becomes on the command line."""

from __future__ import annotations

from typing import ClassVar


class AllocareError(Exception):
    """Base of all errors raised on purpose; the message is one line a user can act on."""

    exit_code: ClassVar[int] = 1


class InputError(AllocareError):
    """What the user gave is wrong: a file, a table, a value, an option.

    Parameters
    ----------
    found
        What was found and what mends it.
    where
        The place, from the outside in: file, table, row, column. Empty parts are left out.

    Examples
    --------
    >>> print(InputError("supply is -3; it must be 0 or more", "hospitals.csv", "row 4", "column 'beds'"))
    hospitals.csv, row 4, column 'beds': supply is -3; it must be 0 or more
    """

    exit_code = 2

    def __init__(self, found: str, *where: str) -> None:
        place = ", ".join(part for part in where if part)
        super().__init__(f"{place}: {found}" if place else found)


class CapabilityError(InputError):
    """A backend was asked for what it cannot do, or is not available; the message names those that can."""


class UndecidedError(InputError):
    """A limit ended a solve before the answer was known; the message says what to do about it."""


class RefutedError(AllocareError):
    """A backend's claim was refuted by the independent check: a defect, never a user's mistake."""
