"""The decisions of a network plan in one order, and the way between them and a tidy plan in the user's keys.

Five kinds, in this order: patients treated where they are, patients sent, patients turned away, resources
moved, and surge capacity in use. Within a kind they go by site (or lane), class (or resource) and day.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .errors import InputError
from .hints import nearest
from .plans import HEADER, measure, plain, require_columns, spread

if TYPE_CHECKING:
    import numpy.typing as npt

    from .arrays import FloatArray, IndexArray
    from .transfer_lanes import TransferLanes

KINDS = ("treat", "send", "turn away", "move", "surge")
"""What a decision does, as plans name it."""
TREAT, SEND, TURN_AWAY, MOVE, SURGE = range(len(KINDS))

COLUMNS = ("decision", "what", "from", "to", "day")
"""Columns of a plan that say what a decision is."""


@dataclass(frozen=True, eq=False)
class Moves:
    """Every decision as positions, one entry each.

    Parameters
    ----------
    kind
        A position in `KINDS`.
    what
        Class of patients (of the first three kinds) or resource.
    source, target
        Sites; equal where nothing leaves its site.
    day
        Day of the decision; what is sent arrives later by the lane's delay.
    arrival
        Day on which it takes effect at the target.
    lane
        The lane, or -1.
    """

    kind: IndexArray
    what: IndexArray
    source: IndexArray
    target: IndexArray
    day: IndexArray
    arrival: IndexArray
    lane: IndexArray

    def __len__(self) -> int:
        return len(self.kind)

    def of(self, *kinds: int) -> npt.NDArray[np.int64]:
        """Positions of the decisions of some kinds."""
        return np.flatnonzero(np.isin(self.kind, kinds))

    @classmethod
    def over(
        cls,
        n_sites: int,
        n_classes: int,
        n_days: int,
        lanes: TransferLanes,
        surge: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]],
    ) -> Moves:
        """Lay out the decisions; whatever would arrive after the last day is none.

        Parameters
        ----------
        n_sites, n_classes, n_days
            Numbers of sites, classes of patients and days.
        lanes
            The lanes.
        surge
            Sites and resources that have surge capacity.

        Examples
        --------
        >>> from allocare.instances.transfer_lanes import TransferLanes
        >>> lanes = TransferLanes(carries=[-1], source=[0], target=[1], delay=[1])
        >>> moves = Moves.over(2, 1, 3, lanes, (np.array([1]), np.array([0])))
        >>> np.bincount(moves.kind).tolist(), moves.arrival[moves.of(SEND)].tolist()
        ([6, 2, 6, 0, 3], [1, 2])
        """
        at_home = np.indices((n_sites, n_classes, n_days)).reshape(3, -1)
        sent, moved = np.flatnonzero(lanes.of_patients), np.flatnonzero(~lanes.of_patients)
        by_class = np.indices((len(sent), n_classes, n_days)).reshape(3, -1)
        by_day = np.indices((len(moved), n_days)).reshape(2, -1)
        opened = np.indices((len(surge[0]), n_days)).reshape(2, -1)
        lane = sent[by_class[0]], moved[by_day[0]]
        parts = (
            (TREAT, at_home[1], at_home[0], at_home[0], at_home[2], None),
            (SEND, by_class[1], lanes.source[lane[0]], lanes.target[lane[0]], by_class[2], lane[0]),
            (TURN_AWAY, at_home[1], at_home[0], at_home[0], at_home[2], None),
            (MOVE, lanes.carries[lane[1]], lanes.source[lane[1]], lanes.target[lane[1]], by_day[1], lane[1]),
            (SURGE, surge[1][opened[0]], surge[0][opened[0]], surge[0][opened[0]], opened[1], None),
        )
        columns = [
            np.stack(
                (
                    np.full(len(day), kind),
                    what,
                    source,
                    target,
                    day,
                    day + (0 if on is None else lanes.delay[on]),
                    np.full(len(day), -1) if on is None else on,
                )
            )
            for kind, what, source, target, day, on in parts
        ]
        table = np.concatenate(columns, axis=1).astype(np.int32)
        return cls(*table[:, table[5] < n_days])


@dataclass(frozen=True, eq=False)
class MoveKeys:
    """The user's keys of the moves.

    Parameters
    ----------
    moves
        The decisions.
    sites, classes, resources, days
        The keys.
    """

    moves: Moves
    sites: pd.Index[Any]
    classes: pd.Index[Any]
    resources: pd.Index[Any]
    days: pd.Index[Any]

    def index(self) -> pd.MultiIndex:
        """Index of (decision, what, from, to, day); empty where nobody comes from, or goes to, a site.

        Examples
        --------
        >>> import allocare
        >>> problem = allocare.generate("network-plan", n_sites=3, n_days=2, seed=1)
        >>> problem.keys.index()[0]
        ('treat', 'intensive', 'hospital 1', 'hospital 1', 'day 1')
        """
        moves, nowhere = self.moves, len(self.sites)
        what = moves.what + np.where(moves.kind >= MOVE, len(self.classes), 0)
        places = self.sites.astype(object).append(pd.Index([""], dtype=object))
        levels: list[Any] = [
            pd.Index(KINDS),
            self.classes.astype(object).append(self.resources.astype(object)),
            places,
            places,
            self.days,
        ]
        codes: list[Any] = [
            moves.kind,
            what,
            np.where(moves.kind == SURGE, nowhere, moves.source),
            np.where(moves.kind == TURN_AWAY, nowhere, moves.target),
            moves.day,
        ]
        return pd.MultiIndex(levels=levels, codes=codes, names=COLUMNS, verify_integrity=False)

    def frame(self, decisions: FloatArray, *, whole: bool) -> pd.DataFrame:
        """Translate decisions into a tidy plan by day, what is 0 left out."""
        used = np.flatnonzero(decisions != 0)
        used = used[np.lexsort((used, self.moves.day[used]))]
        frame = self.index()[used].to_frame(index=False)
        frame["quantity"] = plain(decisions[used], whole=whole)
        return frame

    def decisions(self, plan: pd.DataFrame) -> FloatArray:
        """Translate a plan into decisions, the inverse of `frame`.

        Raises
        ------
        InputError
            For a missing column, an unknown key or decision, a repeated row or something that is no number.
        """
        require_columns(plan, [*COLUMNS, "quantity"])
        plan = plan.reset_index(drop=True)
        kind = _among(plan["decision"], pd.Index(KINDS), "decision", "a decision")
        resource = kind >= MOVE
        what = np.empty(len(plan), dtype=np.int64)
        what[~resource] = _among(plan["what"][~resource], self.classes, "what", "a class of patients")
        what[resource] = _among(plan["what"][resource], self.resources, "what", "a resource")
        source, target = plan["from"].copy(), plan["to"].copy()
        source[kind == SURGE] = target[kind == SURGE]
        target[kind == TURN_AWAY] = source[kind == TURN_AWAY]
        ends = [_among(end, self.sites, name, "a site") for name, end in (("from", source), ("to", target))]
        day = _among(plan["day"], self.days, "day", "a day of the plan")
        moves = self.moves
        own = self._code(moves.kind, moves.what, moves.source, moves.target, moves.day)
        place = pd.Index(own).get_indexer(pd.Index(self._code(kind, what, *ends, day)))
        values = measure(plan, "quantity")
        return spread(np.asarray(place, dtype=np.int64), values, len(moves), "decision")

    def _code(self, *parts: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        most = max(len(self.classes), len(self.resources))
        sizes = (len(KINDS), most, len(self.sites), len(self.sites), len(self.days))
        code = np.zeros(len(parts[0]), dtype=np.int64)
        for part, size in zip(parts, sizes, strict=True):
            code = code * size + part
        return code


def _among(given: pd.Series[Any], keys: pd.Index[Any], column: str, what: str) -> npt.NDArray[np.int64]:
    """Position of each cell among keys, which match by their text too; a plan's rows are named in errors."""
    found = keys.get_indexer(pd.Index(given))
    if (found < 0).any():
        found = keys.astype(str).get_indexer(pd.Index(given.astype(str)))
    if (found < 0).any():
        cell = given.iloc[int(np.argmax(found < 0))]
        row = f"row {int(given.index.to_numpy()[np.argmax(found < 0)]) + HEADER}"
        hint = nearest(str(cell), map(str, keys))
        raise InputError(f"{cell!r} is not {what}; {hint}", "plan", row, f"column {column!r}")
    return np.asarray(found, dtype=np.int64)
