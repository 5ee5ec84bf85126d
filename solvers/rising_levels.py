r"""Leximin on a convex set: raise everybody's level together, settle who is blocked, raise the others on.

.. math:: \max z \;\text{ s.t. }\; u_i \ge z \;(i \text{ free}),\; u_i \ge z_i \;(i \text{ settled})

An agent whose row has a price cannot get more than z in any optimum (complementary slackness), so it is
settled there. The prices of the free agents' rows add up to 1, hence every round settles somebody; the
number of rounds is that of the distinct levels, but where prices are degenerate.

References
----------
Ogryczak, W., Pióro, M., & Tomaszewski, A. (2005). Telecommunications network design and max-min
optimization problem. *Journal of Telecommunications and Information Technology*, 3, 43-56.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from ..models.matrix import Block

if TYPE_CHECKING:
    from ..instances.arrays import BoolArray, FloatArray
    from ..models.matrix import MatrixForm
    from .form_result import FormResult

PRICED = 1e-6
"""Share of the row prices' sum from which a price is no rounding."""


class RisingLevels:
    """The linear program of the next level, kept in one form whose bounds alone change.

    Parameters
    ----------
    form
        Whose rows hold; it is maximised.
    utility
        The columns whose levels rise.

    Attributes
    ----------
    form
        The next program: the form's columns and the level.
    free
        Agents that are not settled.
    level
        What settled agents have, minus infinity for free ones.

    Examples
    --------
    >>> from allocare.models.matrix import FormBuilder
    >>> from allocare.solvers.backend import Options
    >>> from allocare.solvers.highs_ import solve_form
    >>> build = FormBuilder()
    >>> utility = build.add_columns("utility", 2, upper=[1.0, 9.0])
    >>> _ = build.add_rows("shared", [(utility, np.ones((1, 2)))], upper=5.0)
    >>> rising = RisingLevels(build.finish(decisions="utility", maximise=True), utility)
    >>> while rising.free.any():
    ...     rising.settle(solve_form(rising.form, Options()))
    >>> rising.level.tolist()
    [1.0, 4.0]
    """

    def __init__(self, form: MatrixForm, utility: Block) -> None:
        height, width = form.matrix.shape
        count = utility.stop - utility.start
        self.utility, self.rows = utility, Block("not_below", height, height + count)
        self.free: BoolArray = np.ones(count, dtype=bool)
        self.level: FloatArray = np.full(count, -np.inf)
        each = np.arange(count)
        raised = sp.csr_array(
            (
                np.concatenate([np.ones(count), -np.ones(count)]),
                (np.tile(each, 2), np.concatenate([utility.start + each, np.full(count, width)])),
            ),
            shape=(count, width + 1),
        )
        beside = sp.csr_array((height, 1))
        self.form = replace(
            form,
            cost=np.append(np.zeros(width), 1.0),
            matrix=sp.csr_array(sp.vstack([sp.hstack([form.matrix, beside]), raised], format="csr")),
            row_lower=np.concatenate([form.row_lower, np.zeros(count)]),
            row_upper=np.concatenate([form.row_upper, np.full(count, np.inf)]),
            lower=np.append(form.lower, -np.inf),
            upper=np.append(form.upper, np.inf),
            whole=np.append(form.whole, False),
            columns=(*form.columns, Block("level", width, width + 1)),
            rows=(*form.rows, self.rows),
            maximise=True,
        )

    def settle(self, found: FormResult, slack: float = 0.0) -> None:
        """Settle the agents that the last program's prices say are blocked, but for a relative slack."""
        assert found.values is not None and found.row_duals is not None
        price = np.where(self.free, -found.row_duals[self.rows.slice], 0.0)
        blocked = price >= min(PRICED * price.sum(), price.max())
        self.level[blocked & self.free] = found.values[-1]
        self.free &= ~blocked
        lower, row_lower = self.form.lower.copy(), self.form.row_lower.copy()
        at, level = self.utility.slice, np.where(self.free, 0.0, self.level)
        least = level - slack * np.maximum(abs(level), 1.0)
        lower[at] = np.where(self.free, lower[at], np.maximum(lower[at], least))
        row_lower[self.rows.slice] = np.where(self.free, 0.0, -np.inf)
        self.form = replace(self.form, lower=lower, row_lower=row_lower)

    def settled(self, form: MatrixForm) -> MatrixForm:
        """The form that was given, with every agent kept at its level."""
        return replace(form, lower=self.form.lower[:-1])
