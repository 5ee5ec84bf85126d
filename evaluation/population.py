r"""A population of agents, each standing for a number of people, and what can be asked of it.

Agent :math:`i` has utility :math:`u_i` a person and size :math:`n_i > 0`; everything is weighted by people:

.. math:: N = \sum_i n_i,\quad \pi_i = n_i / N,\quad \mu = \sum_i \pi_i u_i
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..instances.arrays import numbers
from ..instances.errors import InputError

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..instances.arrays import FloatArray


class LimitWarning(UserWarning):
    """A measure has no value of its own where someone has nothing, and is returned as its limit."""


@dataclass(frozen=True, eq=False)
class Population:
    """Values of agents with the number of people each stands for; made by `population`.

    Examples
    --------
    >>> population([1.0, 3.0], [3, 1]).shares.tolist()
    [0.75, 0.25]
    """

    values: FloatArray
    sizes: FloatArray

    @cached_property
    def shares(self) -> FloatArray:
        r"""Share of all people, :math:`\pi_i`."""
        return self.sizes / float(self.sizes.sum())

    @cached_property
    def mean(self) -> float:
        r""":math:`\mu`, never outside the values by rounding."""
        mean = float(self.shares @ self.values)
        return min(max(mean, float(self.values.min())), float(self.values.max()))

    @cached_property
    def ascending(self) -> Population:
        """The same people from the worst off to the best off."""
        order = np.argsort(self.values, kind="stable")
        return Population(self.values[order], self.sizes[order])

    @cached_property
    def up_to(self) -> FloatArray:
        r"""People in agents 1 to :math:`k`, for each :math:`k`; the last is :math:`N`."""
        return np.cumsum(self.sizes)


def population(
    values: npt.ArrayLike, sizes: npt.ArrayLike | None = None, *, relative: str = ""
) -> Population:
    """Validate values and sizes.

    Parameters
    ----------
    values
        Utility a person of each agent; a pandas Series names its agents in errors.
    sizes
        People each agent stands for, above 0; None means one each.
    relative
        Name of the relative measure asked for, which takes no negative values; empty for an absolute one.

    Raises
    ------
    InputError
        Where there are no values, one is not a finite number, a size is not above 0, sizes belong to other
        agents than values, or a relative measure meets a negative value.

    Examples
    --------
    >>> people = population([40.0, 10.0], [1, 3])
    >>> people.mean, people.ascending.values.tolist()
    (17.5, [10.0, 40.0])
    """
    keys = _keys(values)
    checked = numbers(values, keys, "value")
    if checked.size == 0:
        raise InputError("there are no values to measure; give at least one")
    if sizes is None:
        weight = np.ones(checked.size)
    else:
        weight = agent_numbers(sizes, values, "size")
        _refuse(weight <= 0, weight, keys, "size", "it must be above 0; leave out agents with nobody")
    if relative:
        mend = f"{relative} needs values of 0 or more; absolute measures (range, mad, gmd, variance,"
        _refuse(checked < 0, checked, keys, "value", f"{mend} kolm-pollak) take any")
    return Population(checked, weight)


def agent_numbers(
    quantity: npt.ArrayLike, values: npt.ArrayLike, what: str, *, lowest: float = -np.inf
) -> FloatArray:
    """Validate another quantity of the agents that `values` are of, such as need or rank.

    Raises
    ------
    InputError
        Where one is not a finite number of at least `lowest`, or both are Series with different keys.

    Examples
    --------
    >>> agent_numbers(3, [0.5, 1.0], "need").tolist()
    [3.0, 3.0]
    """
    keys = _keys(values)
    if isinstance(values, pd.Series) and isinstance(quantity, pd.Series) and not quantity.index.equals(keys):
        raise InputError(f"{what} has other keys than the values, or another order; reindex it")
    return numbers(quantity, keys, what, lowest=lowest)


def _keys(values: npt.ArrayLike) -> pd.Index[Any] | int:
    if isinstance(values, pd.Series):
        return values.index
    return int(np.size(np.asarray(values)))


def _refuse(
    wrong: npt.NDArray[np.bool_], array: FloatArray, keys: pd.Index[Any] | int, what: str, mend: str
) -> None:
    if wrong.any():
        at = int(np.argmax(wrong))
        key = f"entry {at + 1}" if isinstance(keys, int) else repr(keys[at])
        raise InputError(f"{what} of {key} is {array[at]:g}; {mend}")
