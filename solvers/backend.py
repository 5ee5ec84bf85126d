"""The contract of a backend: a name, what it can do, whether it is available, and one solve function."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from functools import cache, cached_property
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal

from ..models.formulations import matrix_form, pyomo_model

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from ..instances.arrays import FloatArray
    from ..instances.problem import Problem
    from ..models.matrix import MatrixForm
    from ..models.proofs import Certificate
    from .solution import Status, StopReason


@dataclass(frozen=True)
class Options:
    """Options common to all backends.

    Parameters
    ----------
    time_limit
        Seconds of solving, or None. A backend that cannot stop early runs to its end and says so.
    gap
        Relative gap at which a plan is good enough; None means proved optimal (1e-9).
    threads
        Threads to use, or None for the backend's own choice.
    seed
        Seed of every random choice.
    log
        Whether the backend's own log is printed, to standard error.
    native
        Options passed through to the backend by their native names.
    variant
        What follows the colon in a backend's name: a greedy rule, a Pyomo solver.
    on_incumbent
        Called with each better plan that the backend comes upon: seconds since its solve began, objective
        in the problem's sense, and the bound proved so far or None. It may be called from another thread.
        Backends that find one plan at their end do not call it.
    """

    time_limit: float | None = None
    gap: float | None = None
    threads: int | None = None
    seed: int = 0
    log: bool = False
    native: Mapping[str, Any] = field(default_factory=dict)
    variant: str = ""
    on_incumbent: Callable[[float, float, float | None], None] | None = None

    @property
    def target_gap(self) -> float:
        """The relative gap that ends a solve."""
        return 1e-9 if self.gap is None else self.gap

    def record(self) -> dict[str, Any]:
        """Plain values for JSON; whoever listens is none of them."""
        plain = asdict(replace(self, on_incumbent=None)) | {"native": dict(self.native)}
        del plain["on_incumbent"]
        return plain


@dataclass(frozen=True, eq=False)
class Task:
    """What a backend is handed: the problem, and its renderings when it asks for them."""

    problem: Problem
    model: Any = None
    """A Pyomo model that the user extended, or None."""

    @property
    def extended(self) -> bool:
        """Whether the user added something that only the Pyomo model holds."""
        return self.model is not None

    @cached_property
    def matrix_form(self) -> MatrixForm:
        """The matrix rendering; of the user's model where there is one."""
        if self.model is not None:
            from ..models.standard_form import matrix_form_of

            form: MatrixForm = matrix_form_of(self.model)
            return form
        return matrix_form(self.problem)

    @cached_property
    def pyomo_model(self) -> Any:
        """The Pyomo rendering; the user's where there is one."""
        return self.model if self.model is not None else pyomo_model(self.problem)


@dataclass(frozen=True, eq=False, kw_only=True)
class Outcome:
    """What a backend claims, before the check.

    Parameters
    ----------
    status, stop_reason
        As in `Solution`. INCOMPLETE is for heuristics alone.
    decisions
        The plan in the problem's order, shape (problem.size,), whole ones already rounded; or None.
    objective
        The backend's own figure, in the problem's units and sense (offset and prices included).
    bound
        Proved bound in the same terms; exact kernels repeat the objective. None for heuristics.
    build_seconds, solve_seconds
        Time to prepare and to solve.
    duals, stages, notes
        As in `Solution`.
    certificate
        What proves the plan optimal, for the pipeline to hold against the problem, or None.
    advisory
        Whether the solver's own bound stands where rounding keeps the certificate from proving the plan.
    """

    status: Status
    stop_reason: StopReason
    decisions: FloatArray | None = None
    objective: float | None = None
    bound: float | None = None
    build_seconds: float = 0.0
    solve_seconds: float = 0.0
    duals: Mapping[str, pd.Series[float]] = field(default_factory=dict)
    stages: tuple[float, ...] = ()
    notes: tuple[str, ...] = ()
    certificate: Certificate | None = None
    advisory: bool = False


@dataclass(frozen=True)
class Backend:
    """One entry of the registry.

    The module of the same name with an underscore holds ``refusal(task, options) -> str | None``
    (one line why this problem is beyond it, decided from the data alone and cheaply) and
    ``solve(task, options) -> Outcome``. Neither module imports its solver before `solve`.

    Parameters
    ----------
    name
        As users type it.
    solves
        What it is for, in a few words.
    families
        Kinds of problem it can take.
    package, module_needed
        Distribution it needs and a module of it, to see without importing whether it is there.
    exact
        Whether it can prove optimality; heuristics claim no bound.
    variants
        What may follow a colon in its name; the first is the default.
    searches
        Whether it goes on for as long as it is let; comparisons without a time limit leave it out.
    keeps
        What it keeps beside a family's own rules and objective: ``statements`` (criteria and policies, as
        rows and columns), ``criteria`` (it builds plans, which the criterion then judges), ``sums``
        (criteria that are sums over agents, alone), ``levels`` (criteria that prefer even service), or
        nothing.
    """

    name: str
    solves: str
    families: frozenset[str]
    package: str = ""
    module_needed: str = ""
    exact: bool = True
    variants: tuple[str, ...] = ()
    keeps: Literal["", "criteria", "levels", "sums", "statements"] = ""
    searches: bool = False

    def unavailable(self) -> str | None:
        """Say why the backend cannot be used here, or None; nothing is imported."""
        if not self.package or _is_installed(self.module_needed):
            return None
        return f"needs the package {self.package}: pip install {self.package}"

    @property
    def version(self) -> str:
        """Version of the package behind it."""
        return _version(self.package)

    def refusal(self, task: Task, options: Options) -> str | None:
        """Say why this problem is beyond the backend, or None."""
        if task.problem.kind not in self.families:
            return f"it does not take {task.problem.kind} problems"
        if task.problem.asks_fairness and self.keeps != "statements":
            assert task.problem.fairness is not None
            if task.problem.fairness.policies and self.keeps not in ("levels", "sums"):
                return "it keeps no policies"
            if not self.keeps:
                return "it knows no criterion but the problem's own objective"
        reason: str | None = self._module.refusal(task, options)
        return reason

    def solve(self, task: Task, options: Options) -> Outcome:
        """Solve; the caller has made sure of availability and capability."""
        outcome: Outcome = self._module.solve(task, options)
        return outcome

    @property
    def _module(self) -> Any:
        return import_module(f".{self.name.replace('-', '_')}_", __package__)


_installed: set[str] = set()


def _is_installed(module: str) -> bool:
    """Whether a module can be found; one that is there is looked for once: it is a tenth of a small solve."""
    if module not in _installed and find_spec(module) is not None:
        _installed.add(module)
    return module in _installed


@cache
def _version(package: str) -> str:
    try:
        return f"{package} {version(package)}" if package else f"allocare {version('allocare')}"
    except PackageNotFoundError:
        return ""
