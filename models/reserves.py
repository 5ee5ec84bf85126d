r"""Reserve systems: units of a scarce resource split into categories, some set aside for beneficiaries.

Patients need one unit each. A category has a number of units and its beneficiaries; it is *hard* where its
units go to them alone, *soft* where they come first and others take what is left, and *open* where it has no
beneficiaries and everybody is alike. Patients stand in one order of priority.

``order``
    Categories are processed as listed: each gives its units to its beneficiaries by priority, then (where it
    is soft or open) to others by priority. The order matters: of an open and a reserved unit, the open one
    first leaves the reserved one to a further beneficiary, the open one last to somebody else.
``smart``
    First, as many units as possible go to beneficiaries of their own category. Among all such matchings,
    patients are accepted by priority: each in turn if all accepted so far and this one can be matched
    together. Acceptable sets are the independent sets of a matroid, so that as many as possible are served,
    and nobody could be replaced by somebody of higher priority.

References
----------
Pathak, Sönmez, Ünver and Yenmez, Fair allocation of vaccines, ventilators and antiviral treatments,
Management Science 2023 (arXiv 2008.00374). Dur, Kominers, Pathak and Sönmez, Reserve design, Journal of
Political Economy 2018.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np

from ..instances.arrays import numbers
from ..instances.errors import InputError
from ..instances.hints import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from ..instances.arrays import BoolArray, FloatArray, IndexArray

    Positions: TypeAlias = npt.NDArray[np.signedinteger[Any]]

Process: TypeAlias = Literal["order", "smart"]
PROCESSES: tuple[Process, ...] = get_args(Process)


@dataclass(frozen=True, eq=False)
class Category:
    """One category of a reserve.

    Parameters
    ----------
    name
        What people call it.
    units
        How many units it has.
    beneficiaries
        Whether each patient is one, or None for an open category.
    hard
        Whether units go to beneficiaries alone.

    Examples
    --------
    >>> Category("nurses", 2, [True, False]).beneficiaries.tolist()
    [True, False]
    """

    name: str
    units: int
    beneficiaries: BoolArray | None = None
    hard: bool = False

    def __post_init__(self) -> None:
        units = numbers(self.units, 1, f"units of category {self.name!r}", lowest=0, whole=True)
        object.__setattr__(self, "units", int(units[0]))
        if self.beneficiaries is not None:
            object.__setattr__(self, "beneficiaries", np.asarray(self.beneficiaries, dtype=bool))
        elif self.hard:
            raise InputError(f"category {self.name!r} is hard, but nobody is its beneficiary; name them")


def reserve_choice(
    priority: npt.ArrayLike,
    categories: Sequence[Category],
    *,
    process: Process = "smart",
    eligible: npt.ArrayLike | None = None,
) -> IndexArray:
    """Choose who gets a unit, and of which category.

    Parameters
    ----------
    priority
        Rank of each patient, smallest first; of equal ones the earlier patient is first.
    categories
        The categories, for ``order`` in the order in which they are processed.
    process
        ``smart`` or ``order``.
    eligible
        Whether each patient can get a unit at all; None means everybody.

    Returns
    -------
    numpy.ndarray
        Position of each patient's category, -1 for those without a unit.

    Raises
    ------
    InputError
        For priorities that are not numbers, or a category with a mark too few or too many.

    Examples
    --------
    Two reserved and one other patient, a reserved unit and an open one: the open one first gives both to the
    reserved patients, the reserved one first leaves the open unit to the other.

    >>> reserved, one_open = Category("reserved", 1, [True, False, True]), Category("open", 1)
    >>> reserve_choice([1, 2, 3], [one_open, reserved], process="order").tolist()
    [0, -1, 1]
    >>> reserve_choice([1, 2, 3], [reserved, one_open], process="order").tolist()
    [0, 1, -1]
    >>> reserve_choice([1, 2, 3], [one_open, reserved]).tolist()
    [1, 0, -1]
    """
    if process not in PROCESSES:
        raise InputError(f"there is no process {process!r}; {nearest(str(process), PROCESSES)}")
    rank = np.asarray(priority, dtype=np.float64)
    rank = numbers(rank, len(rank), "priority")
    able = np.ones(len(rank), dtype=bool) if eligible is None else np.asarray(eligible, dtype=bool)
    if not categories:
        raise InputError("a reserve needs at least one category")
    for category in categories:
        if category.beneficiaries is not None and category.beneficiaries.shape != rank.shape:
            raise InputError(
                f"category {category.name!r} marks {category.beneficiaries.size} beneficiaries "
                f"for {len(rank)} patients; give one mark each"
            )
    line = np.flatnonzero(able)[np.argsort(rank[able], kind="stable")]
    chosen = (_in_order if process == "order" else _smart)(line, categories)
    found = np.full(len(rank), -1, dtype=np.int32)
    found[line] = chosen
    return found


def _in_order(line: Positions, categories: Sequence[Category]) -> IndexArray:
    """Category of each patient of the line, processing categories as listed."""
    chosen = np.full(len(line), -1, dtype=np.int32)
    for at, category in enumerate(categories):
        left = category.units
        for those in _rounds(category, line):
            taken = np.flatnonzero(those & (chosen < 0))[:left]
            chosen[taken] = at
            left -= len(taken)
    return chosen


def _rounds(category: Category, line: Positions) -> list[BoolArray]:
    everybody = np.ones(len(line), dtype=bool)
    if category.beneficiaries is None:
        return [everybody]
    own = category.beneficiaries[line]
    return [own] if category.hard else [own, everybody]


def _smart(line: Positions, categories: Sequence[Category]) -> IndexArray:
    """Category of each patient of the line under the smart reserve.

    Patients with the same marks are alike but for their priority. So it is enough to count how many of each
    kind are accepted, and once one of a kind must be passed over, so must all later ones of that kind.
    """
    if not len(line):
        return np.zeros(0, dtype=np.int32)
    marks = np.array(
        [
            np.zeros(len(line), bool) if each.beneficiaries is None else each.beneficiaries[line]
            for each in categories
        ]
    )
    kinds, kind = np.unique(marks.T, axis=0, return_inverse=True)
    kind = kind.ravel()
    system = _Matchings(kinds, categories, np.bincount(kind, minlength=len(kinds)))
    accepted = np.zeros(len(line), dtype=bool)
    waiting = np.arange(len(line))
    while len(waiting):
        sure, beyond = 0, len(waiting) + 1
        while beyond - sure > 1:  # longest stretch of the line that can be accepted as a whole
            middle = (sure + beyond) // 2
            with_these = np.concatenate([np.flatnonzero(accepted), waiting[:middle]])
            if system.cover(np.bincount(kind[with_these], minlength=len(kinds))) is None:
                beyond = middle
            else:
                sure = middle
        accepted[waiting[:sure]] = True
        if sure == len(waiting):
            break
        waiting = waiting[sure:]
        waiting = waiting[kind[waiting] != kind[waiting[0]]]
    counts = np.bincount(kind[accepted], minlength=len(kinds))
    shares = system.cover(counts)
    assert shares is not None
    chosen = np.full(len(line), -1, dtype=np.int32)
    for at in range(len(kinds)):
        of_kind = np.flatnonzero(accepted & (kind == at))
        chosen[of_kind] = np.repeat(np.arange(len(categories)), shares[at])
    return chosen


class _Matchings:
    """Matchings of kinds of patients with categories that serve as many beneficiaries as possible."""

    def __init__(self, kinds: BoolArray, categories: Sequence[Category], available: Positions) -> None:
        hard = np.array([category.hard for category in categories])
        self._own = kinds
        self._units = np.array([category.units for category in categories], dtype=np.float64)
        self._available = available.astype(np.float64)
        self._allowed = kinds | ~hard
        most = self._solve(np.zeros(len(kinds)))
        assert most is not None
        self._most = int((most * kinds).sum())

    def cover(self, counts: Positions) -> IndexArray | None:
        """Shares (kind, category) with at least these counts and the most beneficiaries, or None."""
        shares = self._solve(counts.astype(np.float64))
        if shares is None or int((shares * self._own).sum()) < self._most:
            return None
        return shares

    def _solve(self, least: FloatArray) -> IndexArray | None:
        """Most beneficiaries served; the rows are a transportation problem's, so that corners are whole."""
        import scipy.sparse as sp
        from scipy.optimize import linprog

        kinds, categories = self._own.shape
        by_kind = sp.kron(sp.eye_array(kinds), np.ones((1, categories)))
        by_category = sp.kron(np.ones((1, kinds)), sp.eye_array(categories))
        found = linprog(
            -self._own.ravel().astype(np.float64),
            A_ub=sp.vstack([by_kind, -by_kind, by_category]),
            b_ub=np.concatenate([self._available, -least, self._units]),
            bounds=np.stack(
                [np.zeros(kinds * categories), np.where(self._allowed, np.inf, 0).ravel()], axis=1
            ),
            method="highs-ds",
        )
        if found.x is None:
            return None
        shares: IndexArray = np.rint(found.x).astype(np.int32).reshape(kinds, categories)
        return shares
