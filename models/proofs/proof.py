"""What a proof finds."""

from __future__ import annotations

from dataclasses import dataclass

TOLERANCE = 1e-9
"""Difference between plan and bound, as a share of the objective's scale, that rounding may leave."""


@dataclass(frozen=True)
class Proof:
    """How good a plan is by its certificate.

    Parameters
    ----------
    bound
        No plan's objective is better; infinite on the far side where the certificate bounds nothing.
    proved
        Whether the plan keeps every rule and no plan is better.
    weakness
        One line in the user's keys why the plan is not proved optimal; empty where it is.
    """

    bound: float
    proved: bool
    weakness: str = ""
