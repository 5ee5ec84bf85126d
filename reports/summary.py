"""A study in plain sentences: what was asked, who gets what, what each rule costs and who pays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..evaluation.explanation import gains
from ..evaluation.ties import NOT_BEST, UNDECIDED
from ..instances.fairness import Rule
from ..solvers.solution import Status
from .plans import is_baseline, is_chosen, main_reference

if TYPE_CHECKING:
    import pandas as pd

    from ..evaluation.judged import Judged
    from .wording import Wording

MOVED = 1e-6
"""Difference of two levels, as a share of the larger, that is worth a word."""


def summary(words: Wording) -> list[str]:
    """Sentences, one a paragraph or list item.

    Examples
    --------
    >>> import allocare
    >>> from allocare.evaluation.study import study
    >>> from allocare.reports.wording import Wording
    >>> words = Wording.of(study(allocare.example("sunray"), ["maximin"]), "en")
    >>> summary(words)[-1]
    'All plans by criteria are proved optimal, with gaps of at most 0.'
    """
    study = words.study
    sentences = [_asked(words), *_conflict(words), _reference(words)]
    sentences += [_chosen(words, plan) for plan in study.plans if is_chosen(study, plan)]
    sentences += [_other(words, plan) for plan in study.plans if not is_chosen(study, plan)][1:]
    sentences += [_policy_alone(words, row) for row in study.policy_prices.to_dict("records")]
    sentences += _bindings(words) + _broken(words)
    sentences += _uniqueness(words) + _proofs(words)
    # names of plans and rules stand first in some, as they are written elsewhere
    return sentences[:1] + [_begun(sentence) for sentence in sentences[1:]]


def _begun(sentence: str) -> str:
    """Begin with a capital; a Greek letter is a symbol and stays as it is."""
    return sentence[:1].upper() + sentence[1:] if sentence[:1].isascii() else sentence


def _asked(words: Wording) -> str:
    text, study = words.texts, words.study
    agents = study.plans[0].plan.agents
    chosen = sum(is_chosen(study, plan) for plan in study.plans)
    key = "summary.criteria_one" if chosen == 1 else "summary.criteria_many"
    if study.policies:
        listed = text.listed([words.rule(rule) for rule in study.policies])
        policies = text("summary.policies_kept", policies=listed)
    else:
        policies = text("summary.policies_none")
    return text(
        "summary.asked",
        title=words.title,
        count=len(agents),
        side=words.side,
        size=words.size(agents.size.sum()),
        utility=words.level_name,
        criteria=text(key, count=chosen),
        policies=policies,
    )


def _conflict(words: Wording) -> list[str]:
    text, found = words.texts, words.study.conflict
    if found is None:
        return []
    names = text.listed([words.rule(rule) for rule in found.policies])
    key = ("rules", "one", "many")[min(len(found.policies), 2)]
    sentences = [text(f"summary.conflict_{key}", policies=names)]
    relaxation = words.study.relaxation
    if relaxation is not None:
        relaxed = [
            text("summary.mend_one", policy=words.rule(Rule.of(policy)), amount=words.number(amount))
            for policy, amount in zip(relaxation["policy"], relaxation["relaxed_by"], strict=True)
            if amount > 0
        ]
        sentences.append(text("summary.mend", relaxed=text.listed(relaxed)))
    return sentences


def _reference(words: Wording) -> str:
    first = words.study.plans[0]
    return words.texts(
        "summary.reference",
        total=words.total(first.total),
        who=_worst_off(words, first),
        worst=words.level(first.worst),
        gini=words.gini(_row(words, first)["gini"]),
    )


def _chosen(words: Wording, plan: Judged) -> str:
    text, row, first = words.texts, _row(words, plan), words.study.plans[0]
    fairness = plan.problem.fairness
    assert fairness is not None and fairness.criterion is not None
    lost = words.total(first.total - plan.total)
    percent = row["price_percent"]
    if percent is None or percent != percent:
        paid = text("summary.no_price")
    elif percent == 0:
        paid = text("summary.free")
    else:
        paid = text("summary.paid", price=words.percent(percent), lost=lost)
    title = text(f"criterion.{fairness.criterion.name}.title")
    named = text("summary.plan", plan=words.plan(plan.name), title=title, total=words.total(plan.total))
    before = _row(words, first)["gini"]
    parts = [f"{named}{text('list.clause')}{paid}", _worst_moves(words, plan, first)]
    if before == before and row["gini"] == row["gini"]:
        ends = {"before": words.gini(before), "gini": words.gini(row["gini"])}
        parts.append(
            text("summary.gini_move" if len(set(ends.values())) > 1 else "summary.gini_same", **ends)
        )
    sentence = text("list.semicolon").join(parts) + text("list.stop")
    return sentence + text("list.space") + _who(words, plan, main_reference(words.study))


def _worst_moves(words: Wording, plan: Judged, first: Judged) -> str:
    before, now = first.worst, plan.worst
    same = abs(now - before) <= MOVED * max(abs(now), abs(before))
    key = "worst_same" if same else "worst_up" if now > before else "worst_down"
    return words.texts(
        f"summary.{key}", before=words.level(before), worst=words.level(now), who=_worst_off(words, plan)
    )


def _who(words: Wording, plan: Judged, reference: Judged) -> str:
    """Say who gains, who loses, and who pays the most."""
    text = words.texts
    each = gains(plan, reference)
    name = words.plan(reference.name)
    moved = each[each["verdict"] != "same"]
    if moved.empty:
        return text.sentence(text("summary.nobody", reference=name))
    sides = {
        key: _counted(words, each.loc[each["verdict"] == verdict, "size"])
        for key, verdict in (("gain", "gains"), ("lose", "loses"))
    }
    parts = [text("summary.moves", reference=name, **sides)]
    most = _most_paid(words, plan, reference, each)
    if most is not None:
        parts.append(text("summary.who_pays", who=most[0], change=words.signed_total(most[1])))
    return text.sentence(text("list.semicolon").join(parts))


def _counted(words: Wording, sizes: pd.Series[float]) -> str:
    key = ("none", "one", "side")[min(len(sizes), 2)]
    return words.texts(
        f"summary.moved_{key}", count=len(sizes), side=words.side, size=words.size(sizes.sum())
    )


def _most_paid(
    words: Wording, plan: Judged, reference: Judged, each: pd.DataFrame
) -> tuple[str, float] | None:
    """Return the group, or without groups the agent, that loses the most in all."""
    table = words.study.winners
    if len(table):
        first = table["attribute"].iloc[0]
        rows = table[
            (table["plan"] == plan.name)
            & (table["against"] == reference.name)
            & (table["attribute"] == first)
        ]
        if len(rows) and rows["total_change"].min() < 0:
            row = rows.loc[rows["total_change"].idxmin()]
            return f"{first}: {words.group(row['group'])}", float(row["total_change"])
    if each["total_change"].min() < 0:
        return str(each["total_change"].idxmin()), float(each["total_change"].min())
    return None


def _other(words: Wording, plan: Judged) -> str:
    """Say how a rule of thumb or the status quo does."""
    row = _row(words, plan)
    values = {
        "plan": words.plan(plan.name),
        "total": words.total(plan.total),
        "price": words.percent(row["price_percent"]),
        "worst": words.level(plan.worst),
        "gini": words.gini(row["gini"]),
    }
    incomplete = plan.solution is not None and plan.solution.status is Status.INCOMPLETE
    key = "baseline_incomplete" if incomplete else "baseline" if is_baseline(plan) else "status_quo"
    return words.texts(f"summary.{key}", **values)


def _policy_alone(words: Wording, row: dict[Any, Any]) -> str:
    text, percent = words.texts, row["price_percent"]
    policy = words.rule(Rule.of(row["policy"]))
    if percent is None or percent != percent:
        return text("summary.policy_alone_none", policy=policy, status=text(f"status.{row['status']}"))
    if percent == 0:
        return text("summary.policy_alone_free", policy=policy)
    lost = words.total(percent / 100 * words.study.plans[0].total)
    return text("summary.policy_alone", policy=policy, price=words.percent(percent), lost=lost)


def _bindings(words: Wording) -> list[str]:
    binding = words.study.binding
    if binding.empty:
        return []
    bound = binding.loc[binding["binds"].astype(bool), "policy"].unique()
    if not len(bound):
        return [words.texts("summary.binds_none")]
    names = words.texts.listed([words.rule(Rule.of(policy)) for policy in bound])
    return [words.texts("summary.binds", policies=names)]


def _broken(words: Wording) -> list[str]:
    verdicts = words.study.verdicts
    sentences = []
    for plan, rows in verdicts.groupby("plan", sort=False):
        count = int((~rows["holds"].astype(bool)).sum())
        if count:
            values = {"plan": words.plan(str(plan)), "count": count, "all": len(rows)}
            sentences.append(words.texts("summary.broken", **values))
    return sentences


def _uniqueness(words: Wording) -> list[str]:
    ties = words.study.ties
    sentences = []
    for key, wanted in (("unique", True), ("not_unique", False)):
        plans = [words.plan(row["plan"]) for row in ties.to_dict("records") if row["unique"] is wanted]
        if plans:
            sentences.append(words.texts(f"summary.{key}", plans=words.texts.listed(plans)))
    open_rows = ties[ties["message"].isin([UNDECIDED, NOT_BEST])]
    if len(open_rows):
        plans = [words.plan(name) for name in open_rows["plan"]]
        sentences.append(words.texts("summary.undecided", plans=words.texts.listed(plans)))
    return sentences


def _proofs(words: Wording) -> list[str]:
    solved = [plan for plan in words.study.plans if plan.solution is not None and not is_baseline(plan)]
    open_plans = [plan for plan in solved if plan.solution and plan.solution.status is not Status.OPTIMAL]
    missing = words.study.missing
    if len(missing):
        # they are no plans, so that they are named as they were asked for
        return [
            words.texts("summary.missing", plans=words.texts.listed(missing["plan"].tolist())),
            *_open(words, open_plans),
        ]
    if open_plans:
        return _open(words, open_plans)
    largest = max((plan.solution.gap or 0.0) for plan in solved if plan.solution)
    return [words.texts("summary.proved", gap=words.gap(largest))]


def _open(words: Wording, open_plans: list[Judged]) -> list[str]:
    """Plans that are not proved best."""
    if not open_plans:
        return []
    plans = words.texts.listed([words.plan(plan.name) for plan in open_plans])
    return [words.texts("summary.not_proved", plans=plans)]


def _row(words: Wording, plan: Judged) -> dict[Any, Any]:
    table = words.study.summary
    found: dict[Any, Any] = table[table["plan"] == plan.name].iloc[0].to_dict()
    return found


def _worst_off(words: Wording, plan: Judged) -> str:
    """Name who is worst off, or count them where there are several."""
    utility = plan.utility
    same = utility <= plan.worst + MOVED * max(float(utility.abs().max()), 1e-12)
    if same.sum() > 1:
        return words.texts("summary.several", count=int(same.sum()), side=words.side)
    return str(utility.idxmin())
