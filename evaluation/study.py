"""A fairness study: criteria and policies side by side on one problem, what they cost and who pays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..instances.agents import agents_of
from ..instances.errors import AllocareError, CapabilityError, InputError, UndecidedError
from ..instances.fairness import Fairness, Rule, with_fairness
from ..models.references import best_total
from ..solvers.conflicts import cheapest_relaxation, conflict
from ..solvers.solution import Status, StopReason
from ..solvers.solve import solve
from .frontier import frontier
from .judged import judge, judge_plan, notes_in_words
from .price_of_fairness import price
from .study_tables import REFERENCE, plan_tables, stacked
from .ties import NOT_BEST, ties

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ..instances.problem import Problem
    from ..solvers.conflicts import Conflict
    from .frontier import Frontier
    from .judged import Judged

MORE_SOLVES = 40
"""Solves beyond the evenly spaced ones that a range may take to find where its decision changes."""


@dataclass(frozen=True)
class Limits:
    """Seconds that each solve of a study may take, where no other limit is asked for.

    Parameters
    ----------
    plan
        For a criterion's or a policy's plan.
    beside
        For what explains a plan: each solve without a policy, and the whole search for ties.
    point
        For each value of a range; as often as it has points to begin with, for the search of its breakpoints.

    Examples
    --------
    >>> Limits.of(None).plan, Limits.of(7.0).beside
    (15.0, 7.0)
    """

    plan: float = 15.0
    beside: float = 5.0
    point: float = 3.0

    @classmethod
    def of(cls, asked: float | None) -> Limits:
        """The limits; one that is asked for holds for every solve."""
        return cls() if asked is None else cls(asked, asked, asked)


@dataclass(frozen=True)
class Range:
    """A parameter to vary: rules with one ``?``, and from where to where.

    Examples
    --------
    >>> Range.of("alpha-fair:alpha=?", 0, 4).criterion
    'alpha-fair:alpha=?'
    """

    criterion: str
    policies: tuple[str, ...]
    low: float
    high: float
    points: int = 20
    optional: bool = False
    """Whether it is left out where the problem does not allow its rules."""

    @classmethod
    def of(cls, criterion: str, low: float, high: float, *policies: str, points: int = 20) -> Range:
        """Put a range together."""
        return cls(criterion, policies, low, high, points)


@dataclass(frozen=True, eq=False, kw_only=True)
class Study:
    """Everything that a fairness report shows, as tidy frames.

    Parameters
    ----------
    problem
        What is to be decided, its own objective and rules.
    policies
        In force on every plan but the references.
    plans
        The judged plans: the reference first, then criteria, baselines and the status quo.
    summary
        One row a plan: ``plan``, ``status``, ``total``, ``price_percent``, ``bound_percent``, ``mean``,
        ``worst``, ``gini``, ``value``, ``gap``, ``seconds``, ``backend``, ``proved_by``,
        ``unique``, ``note``.
    missing
        One row a criterion without a plan in time: ``plan``, ``message``.
    policy_prices
        One row a policy alone, on the greatest total: ``policy``, ``status``, ``price_percent``, ``note``.
    agents
        One row a plan and agent: size, need, served, utility, attributes, change against each reference.
    groups
        One row a plan, attribute and group.
    winners
        One row a plan, reference, attribute and group: how many gain and lose, and by how much.
    measures
        One row a plan and measure, with unit and definition.
    verdicts
        One row a plan and policy.
    binding
        One row a plan and policy in force: whether it binds, what it costs.
    ties
        One row a plan: whether it is unique, and in one line between whom ties move.
    tie_groups
        One row a plan and group: its total now, least and most among plans that are as good.
    lorenz
        Points of the Lorenz and generalised Lorenz curves of each plan.
    dominance
        One row a plan: verdict of its generalised Lorenz curve against the reference's.
    frontiers
        Each range with what was found over it.
    conflict, relaxation
        Why the policies have no plan together and what would mend it, or None.
    rank, bootstrap, seed
        As they were asked for.
    limits
        Seconds that each solve could take.
    seconds
        Time that all of it took.
    """

    problem: Problem
    policies: tuple[Rule, ...]
    plans: tuple[Judged, ...]
    summary: pd.DataFrame
    missing: pd.DataFrame
    policy_prices: pd.DataFrame
    agents: pd.DataFrame
    groups: pd.DataFrame
    winners: pd.DataFrame
    measures: pd.DataFrame
    verdicts: pd.DataFrame
    binding: pd.DataFrame
    ties: pd.DataFrame
    tie_groups: pd.DataFrame
    lorenz: pd.DataFrame
    dominance: pd.DataFrame
    frontiers: tuple[tuple[Range, Frontier], ...] = ()
    conflict: Conflict | None = None
    relaxation: pd.DataFrame | None = None
    rank: str | None = None
    bootstrap: int = 0
    seed: int = 0
    limits: Limits = Limits()
    seconds: float = 0.0

    def tables(self) -> dict[str, pd.DataFrame]:
        """All frames by name, frontiers numbered, for writing."""
        named = {
            name: getattr(self, name)
            for name in (
                "summary",
                "missing",
                "policy_prices",
                "agents",
                "groups",
                "winners",
                "measures",
                "verdicts",
                "binding",
                "ties",
                "tie_groups",
                "lorenz",
                "dominance",
            )
        }
        for at, (_, found) in enumerate(self.frontiers, start=1):
            named[f"frontier_{at}"] = found.points
            named[f"frontier_{at}_breakpoints"] = found.breakpoints
        if self.relaxation is not None:
            named["relaxation"] = self.relaxation
        return named


def study(
    problem: Problem,
    criteria: Sequence[str | Rule],
    policies: Sequence[str | Rule] = (),
    *,
    groups: Sequence[str] = (),
    rank: str | None = None,
    status_quo: pd.DataFrame | None = None,
    baselines: Sequence[str] = ("greedy",),
    ranges: Iterable[Range] = (),
    bootstrap: int = 0,
    seed: int = 0,
    on_step: Callable[[str], None] | None = None,
    **options: Any,
) -> Study:
    """Solve a problem under each criterion with the policies in force, and lay everything side by side.

    Parameters
    ----------
    problem
        What is to be decided; what its `fairness` says of utility, agents and size is kept.
    criteria, policies
        Names with parameters, as `allocare.with_fairness` takes them.
    groups
        Attributes whose groups are compared, such as ``region`` or ``svi/4``.
    rank
        Attribute that ranks agents from the most to the least deprived, for slope and concentration indices.
    status_quo
        The plan in force today, in the user's keys, to compare with.
    baselines
        Heuristic backends to compare with; those that cannot take the problem are left out.
    ranges
        Parameters to vary.
    bootstrap
        Resamples for intervals of the groups' rates where the agents are a sample; 0 for none.
    seed
        Of all random choices.
    on_step
        Called with each step in words, to show progress.
    options
        Passed on to `allocare.solve`; without a time limit those of `Limits` hold.

    Raises
    ------
    InputError
        For rules that the problem cannot have.
    UndecidedError
        Where no criterion's plan was found in time; where some were, the others are told in `missing`.

    Examples
    --------
    >>> import allocare
    >>> found = study(allocare.example("sunray"), ["maximin"], ["floor:value=0.5"])
    >>> found.summary["plan"].tolist()
    ['utilitarian', 'maximin', 'greedy:cheapest-lane']
    """
    began = perf_counter()
    step = on_step or (lambda _: None)
    asked = tuple(Rule.of(policy) for policy in policies)
    bare = replace(problem, fairness=replace(problem.fairness or Fairness(), criterion=None, policies=()))
    today = None if status_quo is None else judge_plan(bare, status_quo)
    _refuse_unknown(bare, groups, rank)
    limits = Limits.of(options.pop("time_limit", None))
    beside, at_point = options | {"time_limit": limits.beside}, options | {"time_limit": limits.point}
    options = options | {"time_limit": limits.plan}
    step("utilitarian")
    plans = [_solved(bare, REFERENCE, (), REFERENCE, options)]
    step("policies together")
    clash = _clash(bare, asked, options)
    relaxation = None
    if clash is not None:
        step("policies that conflict")
        relaxation = cheapest_relaxation(with_fairness(bare, None, asked)) if clash.policies else None
    kept = () if clash is not None else asked
    missing: list[tuple[str, str]] = []
    for criterion in criteria:
        step(str(criterion))
        if str(criterion) != REFERENCE or kept:
            name = str(Rule.of(criterion))
            name = f"{name} with policies" if name == REFERENCE else name
            try:
                plans.append(_solved(bare, criterion, kept, name, options))
            except UndecidedError as error:
                missing.append((name, str(error)))
    if missing and len(plans) == 1:
        raise UndecidedError(missing[0][1])
    for baseline in baselines:
        found = _baseline(bare, baseline, options)
        if found is not None:
            plans.append(found)
    if today is not None:
        plans.append(today)
    step("policies alone")
    prices = _policy_prices(bare, asked, options)
    step("ties and binding policies")
    loose, moving = _ties([plan for plan in plans if plan.solution is not None], groups, seed, beside)
    found_ranges = []
    for each in ranges:
        step(f"{each.criterion} from {each.low:g} to {each.high:g}")
        posed = with_fairness(bare, each.criterion, each.policies)
        try:
            solves = each.points + MORE_SOLVES
            swept = frontier(
                posed,
                each.low,
                each.high,
                points=each.points,
                most_solves=solves,
                most_seconds=each.points * limits.point,
                **at_point,
            )
            found_ranges.append((each, swept))
        except InputError:
            if not each.optional:
                raise
    step("tables")
    return Study(
        problem=bare,
        policies=asked,
        plans=tuple(plans),
        missing=pd.DataFrame(missing, columns=["plan", "message"]),
        policy_prices=prices,
        ties=loose,
        tie_groups=moving,
        frontiers=tuple(found_ranges),
        conflict=clash,
        relaxation=relaxation,
        rank=rank,
        bootstrap=bootstrap,
        seed=seed,
        limits=limits,
        seconds=perf_counter() - began,
        **plan_tables(
            bare, plans, asked, loose, groups=groups, rank=rank, bootstrap=bootstrap, seed=seed, **beside
        ),
    )


def _refuse_unknown(bare: Problem, groups: Sequence[str], rank: str | None) -> None:
    """Refuse an attribute that is not there before anything is solved."""
    agents = agents_of(bare)
    for name in groups:
        agents.groups(name)
    if rank is not None:
        agents.measure(rank)


def _solved(
    bare: Problem, criterion: str | Rule, policies: tuple[Rule, ...], name: str, options: dict[str, Any]
) -> Judged:
    posed = with_fairness(bare, criterion, policies)
    solution = solve(posed, **options)
    if solution.allocation is None and solution.stop_reason is StopReason.TIME_LIMIT:
        raise UndecidedError(
            f"no plan was found for {name!r} within {options['time_limit']:g} s; give more time"
        )
    return judge(posed, solution, name)


def _clash(bare: Problem, policies: tuple[Rule, ...], options: dict[str, Any]) -> Conflict | None:
    """Why the policies have no plan together; None where they have one, or that was not decided in time."""
    if not policies:
        return None
    try:
        return conflict(with_fairness(bare, None, policies), time_limit=options["time_limit"])
    except UndecidedError:
        return None


def _baseline(bare: Problem, backend: str, options: dict[str, Any]) -> Judged | None:
    """Plan of a heuristic, or None where it cannot take the problem or leaves something required out."""
    try:
        solution = solve(bare, backend, **options)
    except CapabilityError:
        return None
    if solution.allocation is None:
        return None
    rule = next((note.removeprefix("rule: ").split(" ")[0] for note in solution.notes), "")
    return judge(bare, solution, f"{solution.backend.partition(':')[0]}:{rule}" if rule else solution.backend)


def _policy_prices(bare: Problem, policies: tuple[Rule, ...], options: dict[str, Any]) -> pd.DataFrame:
    system = best_total(bare)
    rows = []
    for policy in policies:
        posed = with_fairness(bare, REFERENCE, [policy])
        solution = solve(posed, **options)
        paid = None
        if solution.allocation is not None:
            paid = price(system, judge(posed, solution).total)
        percent = None if paid is None else 100 * paid
        rows.append((str(policy), solution.status.value, percent, notes_in_words(solution)))
    return pd.DataFrame(rows, columns=["policy", "status", "price_percent", "note"])


def _ties(
    plans: list[Judged], groups: Sequence[str], seed: int, options: dict[str, Any]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Whether each plan is the only one by its rules, and the groups between which ties move totals."""
    rows: list[tuple[str, bool | None, str]] = []
    frames = []
    for plan in plans:
        fairness = plan.problem.fairness
        if fairness is None or fairness.criterion is None:
            rows.append((plan.name, None, ""))
            continue
        if plan.solution is not None and plan.solution.status is not Status.OPTIMAL:
            rows.append((plan.name, None, NOT_BEST))
            continue
        try:
            group = groups[0] if groups else ""
            found = ties(plan.problem, group, solution=plan.solution, seed=seed, **options)
        except AllocareError as error:
            rows.append((plan.name, None, str(error)))
            continue
        rows.append((plan.name, found.unique, found.message))
        if len(found.groups):
            frames.append(found.groups.assign(plan=plan.name)[["plan", "group", "now", "least", "most"]])
    loose = pd.DataFrame(rows, columns=["plan", "unique", "message"])
    return loose, stacked(frames, "plan", "group", "now", "least", "most")
