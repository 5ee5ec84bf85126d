"""Items divided into bundles whose least is worth as much as it can be: maximin shares, by proof."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..instances.errors import AllocareError

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray


def share_values(valuations: FloatArray, count: int, time_limit: float = 60.0) -> FloatArray:
    r"""Maximin share of each agent among that many bundles, exactly.

    With :math:`x_{gk}` = 1 where item :math:`g` is in bundle :math:`k`

    .. math:: \max z \quad \text{s.t.}\quad \sum_g v_g x_{gk} \ge z\ \forall k,\qquad
              \sum_k x_{gk} = 1\ \forall g,\qquad x \in \{0, 1\}

    An item worth at least an even share is a bundle by itself, which leaves one agent less to share the rest.
    Equal bundles are told apart by their first item: the :math:`g`-th most valued item is in one of the first
    :math:`g` bundles.

    Parameters
    ----------
    valuations
        Value of each agent (row) for each item (column), 0 or more.
    count
        Number of bundles, 1 or more.
    time_limit
        Seconds for each agent.

    Raises
    ------
    AllocareError
        Where a share was not proven within the time limit.

    Examples
    --------
    >>> share_values(np.array([[1.0, 3, 5, 6, 9]]), 3).tolist()
    [7.0]
    """
    descending = -np.sort(-valuations, axis=1)
    different, like = np.unique(descending, axis=0, return_inverse=True)
    shares = np.array([_share(row, count, time_limit) for row in different])
    return np.asarray(shares[like.ravel()])


def _share(values: FloatArray, count: int, time_limit: float) -> float:
    """Maximin share for values in descending order."""
    values = values[values > 0]
    while count > 1 and values.size >= count and values[0] * count >= values.sum():
        values, count = values[1:], count - 1
    if values.size < count:
        return 0.0
    if count == 1:
        return float(values.sum())
    return _solved(values, count, time_limit)


def _solved(values: FloatArray, count: int, time_limit: float) -> float:
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import block_array, eye_array, kron

    whole = bool((values == np.rint(values)).all())
    scale = 1.0 if whole else float(values.sum()) / count
    items = values.size
    # columns: the items of bundle 1, of bundle 2, ..., then z
    bundle = kron(eye_array(count), (values / scale)[None, :])
    once = kron(np.ones((1, count)), eye_array(items))
    matrix = block_array([[bundle, -np.ones((count, 1))], [once, None]], format="csc")
    lower = np.concatenate([np.zeros(count), np.ones(items)])
    upper = np.concatenate([np.full(count, np.inf), np.ones(items)])
    even = float(values.sum()) / count / scale
    most = np.concatenate([np.ones(count * items), [np.floor(even) if whole else even]])
    most[:-1].reshape(count, items)[np.arange(count)[:, None] > np.arange(items)[None, :]] = 0
    result = milp(
        np.append(np.zeros(count * items), -1.0),
        constraints=LinearConstraint(matrix, lower, upper),
        bounds=Bounds(0, most),
        integrality=np.append(np.ones(count * items), 1.0 if whole else 0.0),
        options={"time_limit": time_limit, "mip_rel_gap": 0.0},
    )
    bound = np.inf if result.mip_dual_bound is None else -result.mip_dual_bound * scale
    found = 0.0
    if result.x is not None:
        holds = np.rint(result.x[:-1]).reshape(count, items)
        found = float((holds @ values).min()) if (holds.sum(axis=0) == 1).all() else 0.0
    proven = np.floor(bound + 1e-6) <= found if whole else bound <= found + 1e-6 * scale
    if not proven:
        raise AllocareError(
            f"a maximin share among {count} bundles was not proven within {time_limit:g} s: it is between "
            f"{found:g} and {min(bound, even * scale):g}; allow more time"
        )
    return found
