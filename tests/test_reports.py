"""A report shows what the study found: figures read back from their axes, a page complete in one file."""

import dataclasses
import html
import re
import tomllib
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocare import InputError, Lanes, TransportationProblem
from allocare.evaluation.explanation import gains
from allocare.evaluation.inequality import MEASURES, RANK_MEASURES
from allocare.evaluation.study import Range, study
from allocare.models.criteria import CRITERIA
from allocare.models.policies import POLICIES
from allocare.reports.definitions import formulas, mathml
from allocare.reports.drawing import png, spread, svg
from allocare.reports.figures import figures
from allocare.reports.page import SECTIONS, page
from allocare.reports.pareto import undominated
from allocare.reports.pareto_figure import solved_points
from allocare.reports.price_figure import breakpoint_text
from allocare.reports.storage import save_report
from allocare.reports.texts import LANGUAGES, texts_of
from allocare.reports.wording import Wording

KEYS = ["北区", "南区", "西区"]
SCARCE = TransportationProblem(
    title="重症床位",
    sources=["甲院", "乙院"],
    targets=KEYS,
    lanes=Lanes.from_matrix([[1, 2, np.nan], [np.nan, 3, 1]]),
    supply=[6, 5],
    demand=[8, 6, 4],
    unmet_cost=100,
    units={"quantity": "床"},
    attributes={"targets": pd.DataFrame({"地区": ["山", "海", "海"], "指数": [0.9, 0.2, 0.5]}, index=KEYS)},
)


@pytest.fixture(scope="module")
def found():
    today = pd.DataFrame({"source": ["甲院"], "target": ["北区"], "quantity": [4]})
    return study(
        SCARCE,
        ["maximin", "utilitarian"],
        ["floor:value=0.3", "cap:value=0.9"],
        groups=["地区", "指数/3"],
        rank="指数",
        status_quo=today,
        ranges=[Range.of("utilitarian", 0, 0.7, "floor:value=?", points=4)],
        bootstrap=20,
    )


@pytest.fixture(scope="module")
def small():
    return study(SCARCE, ["maximin"], groups=["地区"])


@pytest.fixture(scope="module", params=LANGUAGES)
def words(request, found):
    return Wording.of(found, request.param)


@pytest.fixture(scope="module")
def drawn(words):
    return {each.name: each for section in figures(words).values() for each in section}


@pytest.fixture(scope="module")
def written(words):
    return page(words.study, words.texts.language)


def test_bars_of_the_criteria_are_the_summary(words, drawn):
    axes = drawn["criteria"].figure.axes
    summary = words.study.summary
    for ax, column, scale in zip(
        axes, ("total", "price_percent", "worst", "gini"), (1, 1, 100, 1), strict=True
    ):
        assert [bar.get_width() for bar in ax.patches] == pytest.approx(scale * summary[column])
    labels = [label.get_text() for label in axes[0].get_yticklabels()]
    assert labels == [words.plan(name) for name in summary["plan"]]


def test_breakpoints_stand_where_the_frame_says(words, drawn):
    _, frontier = words.study.frontiers[0]
    assert len(frontier.breakpoints) > 0
    middles = (0.5 * (frontier.breakpoints["after"] + frontier.breakpoints["before"])).tolist()
    for ax in drawn["price_1"].figure.axes:
        dashed = [line.get_xdata()[0] for line in ax.lines if line.get_linestyle() != "-"]
        assert dashed == pytest.approx(middles)
    labels = [text.get_text() for text in drawn["price_1"].figure.axes[0].texts]
    assert labels == [breakpoint_text(left, right) for _, left, right in frontier.breakpoints.itertuples()]


def test_price_points_are_joined_within_a_decision_only(words, drawn):
    points = words.study.frontiers[0][1].points
    held = points[points["decision"].notna()]
    assert len(held) < len(points), "part of the range has no plan"
    lines = [line for line in drawn["price_1"].figure.axes[1].lines if line.get_linestyle() == "-"]
    assert len(lines) == held["decision"].nunique()
    shown = np.concatenate([line.get_ydata() for line in lines])
    assert shown == pytest.approx(100 * held["worst"].to_numpy())


def test_every_solved_plan_is_in_the_pareto_figure(words, drawn):
    worst, evenness = drawn["pareto"].figure.axes
    points = solved_points(words)
    for ax, column, scale in ((worst, "worst", 100), (evenness, "gini", 1)):
        offsets = np.concatenate([each.get_offsets() for each in ax.collections if len(each.get_offsets())])
        shown = sorted(map(tuple, np.round(offsets, 9).tolist()))
        wanted = zip(points["total"], scale * points[column], strict=True)
        assert shown == sorted(map(tuple, np.round(list(wanted), 9).tolist()))
    low, high = evenness.get_ylim()
    assert low > high, "less uneven is up"


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=12),
)
@settings(deadline=None, max_examples=60)
def test_undominated_points_are_those_that_no_other_beats(points):
    first, second = np.array(points, dtype=float).T
    wanted = [not any((c >= a and d >= b) and (c > a or d > b) for c, d in points) for a, b in points]
    assert undominated(first, second).tolist() == wanted


@given(st.lists(st.floats(0, 10), max_size=8), st.floats(0.1, 2))
@settings(deadline=None, max_examples=40)
def test_spread_labels_keep_their_distance_and_order(wanted, apart):
    moved = spread(np.array(wanted), apart)
    order = np.argsort(wanted, kind="stable")
    assert all(b - a >= apart - 1e-9 for a, b in pairwise(moved[order]))
    if len(wanted) == 1:
        assert moved.tolist() == pytest.approx(wanted)


def test_lorenz_curves_are_the_studys_with_the_verdict_above(words, drawn):
    curves, reference = words.study.lorenz, "status quo"
    plans = [plan for plan in words.study.plans if plan.name != reference]
    verdicts = {
        "en": "dominates status quo",
        "zh": "优于现状",
    }
    for ax, plan in zip(drawn["generalised_lorenz"].figure.axes, plans, strict=True):
        other, this = ax.lines
        mine = curves[curves["plan"] == plan.name]
        assert this.get_ydata() == pytest.approx(100 * mine["generalised"].to_numpy())
        assert other.get_ydata()[-1] == pytest.approx(100 * 4 / 18)
        title = ax.get_title(loc="left")
        assert title == f"{words.plan(plan.name)}\n{verdicts[words.texts.language]}"


def test_bars_of_the_groups_have_rates_and_intervals(words, drawn):
    table = words.study.groups
    for ax, plan in zip(drawn["groups_地区"].figure.axes, words.study.plans, strict=True):
        rows = table[(table["plan"] == plan.name) & (table["attribute"] == "地区")]
        assert [bar.get_width() for bar in ax.patches] == pytest.approx(100 * rows["rate"].to_numpy())
        assert words.change(rows["gap"].max()).lstrip("+") in ax.get_title(loc="left")
        assert len(ax.collections) == 1, "error bars"


def test_changes_diverge_by_sign(words, drawn):
    reference = words.study.plans[-1]
    plans = words.study.plans[:-1]
    for ax, plan in zip(drawn["winners_agents"].figure.axes, plans, strict=True):
        change = gains(plan, reference)
        moved = change[change["verdict"] != "same"].sort_values("change", ascending=False, kind="stable")
        assert [bar.get_width() for bar in ax.patches] == pytest.approx(100 * moved["change"].to_numpy())
        assert [label.get_text() for label in ax.get_yticklabels()] == moved.index.tolist()


def test_svg_has_text_as_text_and_is_the_same_again(drawn):
    drawing = drawn["criteria"]
    once = svg(drawing.figure, drawing.name)
    assert "<text" in once and "http://www.w3.org" in once.split(">")[0]
    assert once == svg(drawing.figure, drawing.name)
    assert png(drawing.figure)[:8] == b"\x89PNG\r\n\x1a\n"


class _Outline(HTMLParser):
    """What a browser would load, the anchors, and the prose without code, formulas and foreign parts."""

    VOID = frozenset({"meta", "br", "path", "use", "rect", "link", "img", "mspace"})

    def __init__(self) -> None:
        super().__init__()
        self.loaded, self.ids, self.links, self.prose, self.open = [], [], [], [], []
        self.unlabelled_tables = 0

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.loaded += [value for name, value in attrs if name in ("src", "srcset", "data", "poster")]
        if tag in ("a", "use", "link", "image") and given.get("href"):
            self.links.append(given["href"])
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "th" and "scope" not in given:
            self.unlabelled_tables += 1
        if tag not in self.VOID:
            self.open.append((tag, given.get("translate") == "no" or tag in ("style", "math", "code")))

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if not any(foreign for _, foreign in self.open):
            self.prose.append(data)


@pytest.fixture(scope="module")
def outline(written):
    parser = _Outline()
    parser.feed(written)
    return parser


def test_the_page_is_one_file_that_loads_nothing(written, outline):
    assert outline.loaded == [] and "<script" not in written and "@import" not in written
    assert all(link.startswith("#") for link in outline.links)
    assert "http:" not in written and "https:" not in written and "url(http" not in written


def test_the_page_has_every_section_and_every_link_leads_somewhere(outline):
    assert [name for name in outline.ids if name in SECTIONS] == list(SECTIONS)
    assert {link[1:] for link in outline.links} <= set(outline.ids)
    assert len(outline.ids) == len(set(outline.ids))


def test_tables_say_what_their_headings_are_for_and_pictures_what_they_show(written, outline, drawn):
    assert outline.unlabelled_tables == 0
    labels = re.findall(r'<svg role="img" aria-label="([^"]*)"', written)
    assert [html.unescape(label) for label in labels] == [each.alt for each in drawn.values()]
    assert all(labels)


@pytest.mark.parametrize("words", ["zh"], indirect=True)
def test_the_chinese_page_has_no_english_prose(outline):
    prose = "\n".join(outline.prose)
    allowed = {"svi", "greedy", "cheapest-lane", "highs", "min-cost-flow", "clarabel"}
    runs = re.findall(r"[A-Za-z][A-Za-z'-]+(?: [A-Za-z'-]+)+", prose)
    english = [run for run in runs if not set(run.lower().split()) <= allowed]
    assert english == []


def test_summary_says_prices_and_who_pays(words, written):
    text = html.unescape(written)
    assert words.plan("maximin") in text
    assert words.percent(100 * 7 / 11) in text, "what the status quo falls short by"


@pytest.mark.parametrize("language", LANGUAGES)
def test_languages_have_the_same_keys_and_places_for_values(language):
    one, other = texts_of("en").entries, texts_of(language).entries
    assert set(one) == set(other)
    for key, text in one.items():
        places = set(re.findall(r"{(\w+)}", text))
        assert set(re.findall(r"{(\w+)}", other[key])) <= places | {"count"}, key


def test_everything_that_can_be_asked_for_is_defined_in_every_language():
    known = formulas()
    for kind, names in (
        ("criterion", CRITERIA),
        ("policy", POLICIES),
        ("measure", {**MEASURES, **RANK_MEASURES}),
    ):
        section = {"criterion": "criteria", "policy": "policies", "measure": "measures"}[kind]
        for name in names:
            assert mathml(known[section][name]).startswith("<math"), name
            for language in LANGUAGES:
                entries = texts_of(language).entries
                assert f"{kind}.{name}" in entries or f"{kind}.{name}.title" in entries, name


def test_conflicting_policies_are_named_with_what_would_mend_them():
    clash = study(SCARCE, ["maximin"], ["floor:value=0.8", "cap:value=0.9"])
    text = html.unescape(page(clash))
    assert "No plan keeps floor (at 0.8)" in text and "relax floor (at 0.8) by 0.1889" in text
    assert "限" in page(clash, "zh")


def test_an_unknown_language_is_refused_in_one_line(found):
    with pytest.raises(InputError, match="there is no report in 'zhh'; did you mean 'zh'"):
        page(found, "zhh")


@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_a_report_holds_every_table_figure_and_plan(small, tmp_path, format):
    folder, notes = save_report(small, tmp_path / "report", language="zh", format=format)
    assert notes == () or "字体" in notes[0]
    assert {path.stem for path in (folder / "tables").iterdir()} == set(small.tables())
    pictures = {path.suffix: path for path in (folder / "figures").iterdir()}
    assert set(pictures) == {".png", ".svg"}
    assert len(list((folder / "plans").iterdir())) == len(small.plans)
    read = pd.read_csv if format == "csv" else pd.read_parquet
    again = read(folder / "tables" / f"summary.{format}")
    assert again["total"].tolist() == pytest.approx(small.summary["total"])
    with pytest.raises(InputError, match="already there"):
        save_report(small, folder)


def test_a_report_is_replaced_whole_or_kept(small, tmp_path, monkeypatch):
    folder, _ = save_report(small, tmp_path / "report")
    before = (folder / "report.html").read_text(encoding="utf-8")
    less = dataclasses.replace(small, groups=small.groups.iloc[:0])

    def full(*_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("allocare.reports.storage.page", full)
    with pytest.raises(InputError, match="No space left"):
        save_report(less, folder, overwrite=True)
    assert (folder / "report.html").read_text(encoding="utf-8") == before
    assert [path.name for path in tmp_path.iterdir()] == ["report"]
    monkeypatch.undo()
    save_report(less, folder, overwrite=True)
    assert (folder / "report.html").read_text(encoding="utf-8") != before
    assert not (folder / "figures" / "groups_地区.png").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_something_else_is_never_written_over(found, tmp_path):
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="something else is already there"):
        save_report(found, tmp_path, overwrite=True)


def test_a_missing_library_is_named_with_how_to_get_it(found, monkeypatch, tmp_path):
    from allocare import CapabilityError

    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(CapabilityError, match=r"pip install 'allocare\[report\]'"):
        save_report(found, tmp_path / "report")


def test_the_extra_names_what_reports_import():
    settings = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8"))
    extra = " ".join(settings["project"]["optional-dependencies"]["report"])
    assert all(name in extra for name in ("matplotlib", "jinja2", "latex2mathml"))
