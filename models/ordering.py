"""Ordered outcomes, and how to do without their columns where levels can rise instead."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

if TYPE_CHECKING:
    from ..instances.arrays import FloatArray
    from .matrix import Block, MatrixForm


@dataclass(frozen=True, eq=False)
class Ordering:
    r"""Ordered outcomes: columns and rows whose stages bring sorted values to their lexicographic best.

    .. math:: \theta_k = \max\; k\, r_k - \sum_i d_{ik} \quad\text{s.t.}\quad r_k - d_{ik} \le u_i,\;
              d_{ik} \ge 0

    where :math:`\theta_k` is the sum of the k smallest values. On a convex set the same is reached by rising
    levels without any of these columns, which is why they can be laid aside and put back.

    Parameters
    ----------
    utility
        The columns u.
    rank, below
        The columns r, shape (n,), and d, shape (n * n,) by rank.
    below_rank
        The rows that join them.
    stages
        How many stages they have, the form's last.
    """

    utility: Block
    rank: Block
    below: Block
    below_rank: Block
    stages: int

    def without(self, form: MatrixForm) -> MatrixForm:
        """The form with these columns and rows laid aside, and the stages that are left.

        They are the last of the form's, so that all others keep their places.
        """
        width, height = self.rank.start, self.below_rank.start
        return replace(
            form,
            cost=np.zeros(width),
            matrix=sp.csr_array(form.matrix[:height, :width]),
            row_lower=form.row_lower[:height],
            row_upper=form.row_upper[:height],
            lower=form.lower[:width],
            upper=form.upper[:width],
            whole=form.whole[:width],
            columns=tuple(block for block in form.columns if block.stop <= width),
            rows=tuple(block for block in form.rows if block.stop <= height),
            stages=tuple(cost[:width] for cost in form.stages[: -self.stages]),
            leading=None,
            tie_break=tuple(cost[:width] for cost in form.tie_break),
            ordering=None,
        )

    def with_values(self, values: FloatArray) -> FloatArray:
        """Values of all columns, from those of the form without these.

        Examples
        --------
        >>> from allocare.models.matrix import Block
        >>> ordering = Ordering(
        ...     Block("utility", 0, 2), Block("r", 2, 4), Block("d", 4, 8), Block("rows", 0, 4), 2)
        >>> ordering.with_values(np.array([5.0, 3.0])).tolist()
        [5.0, 3.0, 3.0, 5.0, 0.0, 0.0, 0.0, 2.0]
        """
        utility = values[self.utility.slice]
        rank = np.sort(utility)
        below = np.maximum(rank[:, None] - utility, 0.0)
        return np.concatenate([values, rank, below.ravel()])
