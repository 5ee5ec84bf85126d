"""A HiGHS instance: a form and options in it, a start or a basis, and the run, which Ctrl-C ends in order."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from ..instances.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..instances.arrays import FloatArray
    from ..models.matrix import MatrixForm
    from .backend import Options
    from .scaled_form import ScaledForm


def prepared(form: MatrixForm, options: Options) -> Any:
    """HiGHS with a form, to be minimised, and all options in it.

    Examples
    --------
    >>> from allocare.models.matrix import FormBuilder
    >>> from allocare.solvers.backend import Options
    >>> build = FormBuilder()
    >>> x = build.add_columns("x", 2, cost=[3.0, 2.0], upper=4.0)
    >>> _ = build.add_rows("need", [(x, np.array([[1.0, 1.0]]))], lower=5.0)
    >>> highs = prepared(build.finish(decisions="x"), Options())
    >>> highs.getNumCol(), highs.getNumRow()
    (2, 1)
    """
    import highspy

    # the number of threads is fixed with the first solve of a process until this
    highspy.Highs.resetGlobalScheduler(True)
    highs = highspy.Highs()
    highs.setOptionValue("log_to_console", False)
    highs.setOptionValue("output_flag", options.log)
    if options.log:
        # without a console or a file there would be nothing for the callback to hear
        highs.setOptionValue("log_file", os.devnull)
        highs.cbLogging.subscribe(lambda event: sys.stderr.write(event.message))
    settings: dict[str, Any] = {
        "mip_rel_gap": options.target_gap,
        "mip_abs_gap": 1e-10,
        "small_matrix_value": 1e-12,
        "random_seed": options.seed,
    }
    if not form.whole.any():
        settings["primal_feasibility_tolerance"] = settings["dual_feasibility_tolerance"] = 1e-9
    if options.time_limit is not None:
        settings["time_limit"] = float(options.time_limit)
    if options.threads is not None:
        settings["threads"] = options.threads
    for name, value in settings.items():
        highs.setOptionValue(name, value)
    for name, value in options.native.items():
        _set_native(highs, name, value)
    model = highspy.HighsLp()
    model.num_row_, model.num_col_ = form.matrix.shape
    model.col_cost_, model.offset_ = form.cost, form.offset
    model.col_lower_, model.col_upper_ = form.lower, form.upper
    model.row_lower_, model.row_upper_ = form.row_lower, form.row_upper
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.num_row_, model.a_matrix_.num_col_ = form.matrix.shape
    model.a_matrix_.start_ = form.matrix.indptr
    model.a_matrix_.index_ = form.matrix.indices
    model.a_matrix_.value_ = form.matrix.data
    if form.whole.any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        model.integrality_ = np.array(kinds, dtype=object)[form.whole.astype(np.int8)].tolist()
    highs.passModel(model)
    return highs


def offer(highs: Any, values: FloatArray) -> None:
    """Give HiGHS a plan to start from.

    Examples
    --------
    >>> from allocare.models.matrix import FormBuilder
    >>> from allocare.solvers.backend import Options
    >>> build = FormBuilder()
    >>> x = build.add_columns("x", 2, cost=[3.0, 2.0], upper=4.0, whole=True)
    >>> _ = build.add_rows("need", [(x, np.array([[1.0, 1.0]]))], lower=5.0)
    >>> highs = prepared(build.finish(decisions="x"), Options())
    >>> offer(highs, np.array([1.0, 4.0]))
    >>> run(highs)
    >>> highs.getInfo().objective_function_value
    11.0
    """
    import highspy

    start = highspy.HighsSolution()
    start.col_value = values.tolist()
    highs.setSolution(start)


def set_basis(highs: Any, columns: list[str], rows: list[str]) -> None:
    """Give HiGHS a guess at the basis: the name of the status of every column and row.

    Examples
    --------
    >>> from allocare.models.matrix import FormBuilder
    >>> from allocare.solvers.backend import Options
    >>> build = FormBuilder()
    >>> x = build.add_columns("x", 2, cost=[3.0, 2.0], upper=4.0)
    >>> _ = build.add_rows("need", [(x, np.array([[1.0, 1.0]]))], lower=5.0)
    >>> highs = prepared(build.finish(decisions="x"), Options())
    >>> set_basis(highs, ["kBasic", "kUpper"], ["kLower"])
    >>> run(highs)
    >>> highs.getInfo().simplex_iteration_count
    0
    """
    import highspy

    named = highspy.HighsBasisStatus.__members__
    basis = highspy.HighsBasis()
    basis.col_status = [named[status] for status in columns]
    basis.row_status = [named[status] for status in rows]
    # told to be a guess: it is made a basis, singular or not, too small or too large
    basis.valid = basis.alien = True
    highs.setBasis(basis)


def tell(highs: Any, scaled: ScaledForm, listener: Callable[[float, float, float | None], None]) -> None:
    """Tell of every better plan that HiGHS finds for a scaled form, in the original form's terms.

    Examples
    --------
    >>> from allocare.models.matrix import FormBuilder
    >>> from allocare.solvers.backend import Options
    >>> from allocare.solvers.scaled_form import ScaledForm
    >>> build = FormBuilder()
    >>> x = build.add_columns("x", 2, cost=[3.0, 2.0], upper=4.0, whole=True)
    >>> _ = build.add_rows("need", [(x, np.array([[2.0, 2.0]]))], lower=5.0)
    >>> scaled, heard = ScaledForm.of(build.finish(decisions="x")), []
    >>> highs = prepared(scaled.form, Options(native={"presolve": "off"}))
    >>> tell(highs, scaled, lambda seconds, objective, bound: heard.append(objective))
    >>> run(highs)
    >>> heard[-1]
    6.0
    """
    began = time.perf_counter()

    def improved(event: Any) -> None:
        bound = float(event.data_out.mip_dual_bound)
        listener(
            time.perf_counter() - began,
            scaled.objective(float(event.data_out.objective_function_value)),
            scaled.objective(bound) if np.isfinite(bound) else None,
        )

    highs.cbMipImprovingSolution.subscribe(improved)


def run(highs: Any) -> None:
    """Run in a thread of its own, so that Ctrl-C cancels the search and keeps what it holds.

    Examples
    --------
    >>> from allocare.models.matrix import FormBuilder
    >>> from allocare.solvers.backend import Options
    >>> build = FormBuilder()
    >>> x = build.add_columns("x", 2, cost=[3.0, 2.0], upper=4.0)
    >>> _ = build.add_rows("need", [(x, np.array([[1.0, 1.0]]))], lower=5.0)
    >>> highs = prepared(build.finish(decisions="x"), Options())
    >>> run(highs)
    >>> highs.getModelStatus().name
    'kOptimal'
    """
    highs.HandleUserInterrupt = True
    highs.startSolve()
    ended = False
    while not ended:
        try:
            ended = highs.wait(0.1)[0]
        except KeyboardInterrupt:
            highs.cancelSolve()


def _set_native(highs: Any, name: str, value: Any) -> None:
    import highspy

    status, kind = highs.getOptionType(name)
    if status != highspy.HighsStatus.kOk:
        raise InputError(
            f"HiGHS has no option {name!r}; see https://ergo-code.github.io/HiGHS/dev/options/definitions/"
        )
    conversions: dict[Any, Callable[[Any], Any]] = {
        highspy.HighsOptionType.kBool: _truth,
        highspy.HighsOptionType.kInt: int,
        highspy.HighsOptionType.kDouble: float,
        highspy.HighsOptionType.kString: str,
    }
    try:
        converted = conversions[kind](value)
    except (TypeError, ValueError) as error:
        raise InputError(f"HiGHS option {name!r} cannot be {value!r}: {error}") from error
    if highs.setOptionValue(name, converted) != highspy.HighsStatus.kOk:
        raise InputError(f"HiGHS option {name!r} cannot be {value!r}; the value is out of its range")


def _truth(value: Any) -> bool:
    words = {"true": True, "on": True, "1": True, "false": False, "off": False, "0": False}
    word = str(value).lower()
    if word not in words:
        raise ValueError("give true or false")
    return words[word]
