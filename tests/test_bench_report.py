"""The report of a result set: complete, true to the rows, honest about its limits; and its commands."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from lab_rows import frame, many_rows, probe, row

from allocare.benchmarks.hunting.hunt import MEASURED, hunt
from allocare.benchmarks.results import load
from allocare.cli.main import main
from allocare.instances.errors import InputError
from allocare.reports.bench.comparisons import optima_table, rules_table, set_table
from allocare.reports.bench.figures import figures
from allocare.reports.bench.findings import Findings, kind_of
from allocare.reports.bench.hunt_figure import hunt_figure
from allocare.reports.bench.sections import sections
from allocare.reports.bench.storage import save_report
from allocare.reports.bench.tables import family_table
from allocare.reports.bench.words import limitations, summary

if TYPE_CHECKING:
    from pathlib import Path

KNOWN = {"reference": 100.0, "reference_kind": "known"}


@pytest.fixture(scope="module")
def findings() -> Findings:
    return Findings.of(many_rows(400))


@pytest.fixture(scope="module")
def folder(findings: Findings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_report(findings, tmp_path_factory.mktemp("report") / "out", title="Made-up <rows>")


def write_rows(folder: Path, rows: pd.DataFrame) -> Path:
    folder.mkdir()
    lines = rows.astype(object).where(rows.notna(), None).to_dict("records")
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "rows.jsonl").write_text(text, encoding="utf-8")
    return folder


def run(capsys: pytest.CaptureFixture[str], *arguments: Any) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main([str(each) for each in arguments])
    out, err = capsys.readouterr()
    return int(left.value.code or 0), out, err


class Page(HTMLParser):
    """Ids and links of a page, its text, and whether its tags are balanced."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag that has to be closed."""
        if tag not in ("meta", "br"):
            self.open.append(tag)
        self.handle_startendtag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """Close the last tag."""
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag's id and link."""
        found = dict(attrs)
        self.ids += [found["id"]] if found.get("id") else []
        self.links += [found["href"]] if found.get("href") else []

    def handle_data(self, data: str) -> None:
        """Note text."""
        self.text += data


def test_the_page_is_one_file_that_loads_nothing_and_every_link_leads_somewhere(folder: Path) -> None:
    text = (folder / "report.html").read_text(encoding="utf-8")
    without_names = re.sub(r'xmlns(:\w+)?="[^"]*"', "", text)
    assert not re.search(r"https?://|<script|<img|@import|url\((?!#)", without_names)
    assert "Made-up &lt;rows&gt;" in text
    page = Page(text)
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    assert {link.removeprefix("#") for link in page.links if link.startswith("#")} <= set(page.ids)


def test_the_page_has_every_family_the_limitations_and_words_for_every_figure(folder: Path) -> None:
    text = (folder / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    for heading in (
        "Summary",
        "Against the rules",
        "transportation",
        "programmes",
        "Growth",
        "Drift",
        "Limitations",
    ):
        assert heading in page.text
    assert text.count('<svg role="img" aria-label="') == text.count("<figure ") == 4 * 4 + 2


def test_a_report_holds_every_kind_of_file(folder: Path, findings: Findings) -> None:
    tables = {file.name for file in (folder / "tables").iterdir()}
    assert {f"{name}.csv" for name in findings.frames()} <= tables
    assert {"overview.tex", "savings.tex", "scaling.tex", "family_fair_allocation.tex"} <= tables
    images = sorted((folder / "figures").iterdir())
    assert {file.suffix for file in images} == {".png", ".svg"}
    for file in images:
        if file.suffix == ".svg":
            assert ET.parse(file).getroot().tag.endswith("svg")
        else:
            assert file.read_bytes()[:4] == b"\x89PNG"
    assert len(pd.read_csv(folder / "tables" / "instances.csv")) == 400


def test_latex_tables_have_as_many_cells_as_columns_and_nothing_unescaped(folder: Path) -> None:
    for file in (folder / "tables").glob("*.tex"):
        text = file.read_text(encoding="utf-8")
        columns = len(re.search(r"\\begin\{tabular\}\{([lr]+)\}", text).group(1))  # type: ignore[union-attr]
        rows = [line for line in text.splitlines() if line.endswith(r"\\")]
        assert all(len(re.findall(r"(?<!\\)&", line)) == columns - 1 for line in rows)
        assert not re.search(r"(?<!\\)[%#_]", re.sub(r"\\label\{[^}]*\}", "", text))
        assert text.isascii() or not re.search("[≤≥×∞–]", text)


def test_the_markdown_says_what_the_page_says(folder: Path) -> None:
    text = (folder / "report.md").read_text(encoding="utf-8")
    page = Page((folder / "report.html").read_text(encoding="utf-8")).text
    for line in [line.removeprefix("- ") for line in text.splitlines() if line.startswith("- ")]:
        assert line in page
    for line in text.splitlines():
        if line.startswith("!["):
            assert (folder / re.search(r"\(([^)]*)\)$", line).group(1)).is_file()  # type: ignore[union-attr]


def test_figures_draw_what_the_tables_say() -> None:
    rows = [row(name, "x", solve_seconds=1.0) for name in "abc"]
    rows += [row(name, "y", solve_seconds=2.0) for name in "ab"] + [row("c", "y", None)]
    drawn = {each.name: each for each in figures(Findings.of(frame(*rows)))["transportation"]}
    lines = {str(line.get_label()): line for line in drawn["transportation_profile"].figure.axes[0].lines}
    assert list(lines["x"].get_xdata())[:1] == [1.0]
    assert set(lines["x"].get_ydata()) == {1.0}
    assert list(lines["y"].get_ydata()) == pytest.approx([0.0, 2 / 3, 2 / 3])
    assert "Solved in the end: x 100%, y 67%" in drawn["transportation_profile"].alt


def test_a_backend_looks_the_same_in_all_figures_of_a_family(findings: Findings) -> None:
    looks: dict[str, set[tuple[Any, Any]]] = {}
    for drawing in figures(findings)["assignment"]:
        for line in drawing.figure.axes[0].lines:
            name = str(line.get_label()).partition(":")[0]
            if not name.startswith("_") and line.get_linestyle() != "None":
                looks.setdefault(str(line.get_label()), set()).add(
                    (line.get_color(), str(line.get_linestyle()))
                )
    assert all(len(each) == 1 for each in looks.values())


def test_the_family_table_shows_what_a_rule_leaves_out() -> None:
    rows = frame(
        row("a", "highs", **KNOWN),
        row("a", "greedy:nearest", 50.0, status="incomplete", left_out=7.0, **KNOWN),
    )
    table = family_table(Findings.of(rows), "transportation").frame.set_index("backend")
    assert table.loc["greedy:nearest", "other endings"] == "1 incomplete (7 left out on average)"
    assert table.loc["greedy:nearest", "mean gap"] == "none"
    assert table.loc["highs", "solved"].startswith("100 %")


def test_backends_are_exact_heuristic_peers_or_ones_own() -> None:
    names = ("auto", "pyomo:highs", "priority", "peer:linopy", "mine")
    assert [kind_of(name) for name in names] == ["exact", "exact", "heuristic", "peer", "own"]


def test_a_backend_under_a_name_of_the_suites_own_is_known_by_its_options() -> None:
    rows = frame(row("a", "highs at 1 %", options={"backend": "highs", "time_limit": 60.0}))
    assert Findings.of(rows).kinds == {"highs at 1 %": "exact"}


def test_a_wrong_claim_a_crash_and_a_beaten_optimum_are_on_the_first_page() -> None:
    rows = frame(
        row("a", "highs", 120.0, claim="wrong", **KNOWN),
        row("b", "highs", None, status="crashed", **KNOWN),
        row("c", "highs", 90.0, **KNOWN),
    )
    found = Findings.of(rows)
    assert found.troubles["what"].tolist() == ["wrong claim", "better than the known optimum", "broke"]
    said = " ".join(summary(found))
    assert "1 run claimed something that the check or the optimum refutes" in said
    assert "1 run broke" in said
    assert "What went wrong" in [part.heading for part in sections(found, {})]


def test_searches_are_said_to_beat_the_rules_or_not() -> None:
    rows = []
    for name in ("beds:seed=1", "beds:seed=2", "gap:seed=1"):
        rows += [row(name, "highs", **KNOWN), row(name, "greedy:nearest", 110.0, status="feasible", **KNOWN)]
        rows += [row(name, "greedy:vogel", 104.0, status="feasible", **KNOWN)]
        rows += [row(name, "genetic", 105.0 - 3 * (name == "gap:seed=1"), status="feasible", **KNOWN)]
        rows += [row(name, "mine", 105.0, status="feasible", **KNOWN)]
    found = Findings.of(frame(*rows))
    said = " ".join(summary(found))
    assert "4.00 % on beds (greedy:vogel, finishes 2 of 2), 4.00 % on gap (greedy:vogel" in said
    assert "genetic against the best rule of each instance, on 2 sets: better on 1, as good on 0" in said
    assert "Rules are ahead of it on beds of transportation (greedy:vogel (2))." in said
    assert "mine" not in said
    table = rules_table(found)
    assert table is not None
    assert table.frame[["set", "better, same, worse", "rules ahead"]].values.tolist() == [
        ["beds", "0, 0, 2", "greedy:vogel (2)"],
        ["gap", "1, 0, 0", "none"],
    ]


def test_a_search_that_ran_on_some_instances_is_told_of_those() -> None:
    rows = [row(name, "greedy:nearest", 110.0, status="feasible", **KNOWN) for name in "abc"]
    rows += [row("a", "genetic", 105.0, status="feasible", **KNOWN)]
    rows += [row("b", "genetic", 10.0, status="incomplete", left_out=1.0, **KNOWN)]
    table = rules_table(Findings.of(frame(*rows)))
    assert table is not None
    assert table.frame.iloc[0][["search worse by", "better, same, worse"]].tolist() == [
        "5.00 % on 1 of 2",
        "1, 0, 1",
    ]


@pytest.mark.parametrize(
    ("seconds", "says"),
    [([1.0] * 4, "The machine was steady"), ([1.0, 1.0, 1.0, 9.0], "not steady"), ([1.0], "Too few probes")],
)
def test_the_summary_says_whether_the_machine_was_steady(seconds: list[float], says: str) -> None:
    rows = [row("a", "x"), *(probe(10 * k, each) for k, each in enumerate(seconds))]
    assert says in " ".join(summary(Findings.of(frame(*rows))))


def test_backends_that_take_every_instance_are_not_put_behind_specialists() -> None:
    rows = [row(name, "highs", solve_seconds=2.0, **KNOWN) for name in "abc"]
    rows += [row("a", "linear-assignment", solve_seconds=0.1, **KNOWN)]
    rows += [row(name, "linear-assignment", None, status="not capable") for name in "bc"]
    found = Findings.of(frame(*rows))
    assert found.backends("transportation")[0] == "highs"
    said = " ".join(summary(found))
    assert "highs alone takes all 3 instances and solves 100.0 %" in said
    assert "these solve all they take: linear-assignment (1)" in said


def test_the_known_optimum_is_counted_by_backend() -> None:
    rows = [row(name, "highs", **KNOWN) for name in "abc"] + [row("d", "highs", None, **KNOWN)]
    rows += [row("a", "min-cost-flow", 101.0, claim="wrong", **KNOWN), row("e", "min-cost-flow")]
    rows += [row("a", "peer:pot", status="feasible", **KNOWN), row("a", "priority", **KNOWN)]
    table = optima_table(Findings.of(frame(*rows)))
    assert table is not None
    assert table.frame.drop(columns=["kind", "families"]).values.tolist() == [
        ["highs", "3 of 4", "3 of 3", "0", "1"],
        ["min-cost-flow", "1 of 1", "0 of 1", "0", "0"],
        ["peer:pot", "0 of 1", "", "1", "0"],
    ]


def test_an_infinite_objective_and_an_instance_that_does_not_open_are_reported(tmp_path: Path) -> None:
    rows = frame(
        row("a", "highs", 3.0, maximise=True),
        row("a", "priority", float("-inf"), status="feasible", bound=None, maximise=True),
        row("b", "highs", None, status="failed", family=None, size=None),
    )
    folder = save_report(Findings.of(rows), tmp_path / "report")
    text = (folder / "report.md").read_text(encoding="utf-8")
    assert "## unknown" in text
    assert "| priority | heuristic | 1 | 0 % (0 to 79) | 100 % of 1 | ∞ % | ∞ % |" in text


def test_sets_of_instances_are_told_apart() -> None:
    rows = []
    for name, rule in (("beds:seed=1", 150.0), ("gap:seed=1", 101.0)):
        rows += [row(name, "highs", **KNOWN), row(name, "priority", rule, status="feasible", **KNOWN)]
    found = Findings.of(frame(*rows))
    table = set_table(found, "transportation")
    assert table is not None
    assert table.frame.values.tolist() == [["highs", "0 %", "0 %"], ["priority", "50.00 %", "1.00 %"]]
    assert found.savings[["set", "excess"]].values.tolist() == [["beds", 0.5], ["gap", 0.01]]
    assert set_table(Findings.of(frame(*rows[:2])), "transportation") is None


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([row("a", "x", status="feasible")], "On 1 of 1 instances the reference is the best plan that any"),
        ([row("a", "x", None)], "On 1 of 1 instances no run holds a complete plan"),
        ([row("a", "x")], "Every run was made once"),
        ([row("a", "x")], "Fewer than 6 instances in transportation"),
        ([row("a", "x")], "No drift probe ran"),
        ([row("a", "x", machine={"cpu": "other"}), row("b", "x")], "Rows come from 2 machines"),
        ([row("a", "x", versions={"allocare": "1"}), row("b", "x")], "several versions are mixed: allocare"),
        ([row("a", "x"), *(probe(k, 1.0 + (k == 2)) for k in range(5))], "mistrust small differences"),
        ([row("a", "x"), row("a", "y", None)], "Performance profiles leave out"),
        (
            [row("a", "x", incumbents=[[0.5, 100.0, None]]), row("a", "y", solve_seconds=3.0)],
            "y reported no incumbents on the way",
        ),
    ],
)  # fmt: skip
def test_limitations_are_said_where_they_hold(rows: list[dict[str, Any]], says: str) -> None:
    assert any(says in line for line in limitations(Findings.of(frame(*rows))))


def test_limitations_are_not_said_where_they_do_not_hold() -> None:
    rows = [row(f"i{k}", "x", repeat=r, **KNOWN) for k in range(8) for r in range(2)]
    said = " ".join(limitations(Findings.of(frame(*rows, *(probe(k, 1.0) for k in range(4))))))
    for absent in (
        "best plan that any run",
        "made once",
        "Fewer than 6",
        "No drift probe",
        "several versions",
        "leave out",
    ):
        assert absent not in said


def test_the_command_reports_and_says_that_a_suite_is_unfinished(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = write_rows(tmp_path / "results", many_rows(60).query("family == 'programmes'"))
    code, out, err = run(capsys, "bench", "report", results, "--out", tmp_path / "report")
    assert code == 0, err
    assert "10 runs of 10 backends on 1 instance of 1 family" in out
    text = (tmp_path / "report" / "report.md").read_text(encoding="utf-8")
    assert text.startswith("# made-up\n")
    assert "The suite is not finished" in text
    again = run(capsys, "bench", "report", results, "--out", tmp_path / "report")
    assert (again[0], again[2].count("\n")) == (2, 1)
    assert "--overwrite" in again[2]
    (results / "DONE").write_text("", encoding="utf-8")
    code, _, _ = run(capsys, "bench", "report", results, "--out", tmp_path / "report", "--overwrite")
    assert code == 0
    assert "not finished" not in (tmp_path / "report" / "report.md").read_text(encoding="utf-8")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["report", "results"]


def test_the_command_compares_and_leaves_with_3_where_something_regressed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = write_rows(tmp_path / "before", many_rows(400, seed=0))
    same = write_rows(tmp_path / "same", many_rows(400, seed=0))
    rows = many_rows(400, seed=0)
    slower = rows["solve_seconds"].where(rows["backend"] != "highs", 3 * rows["solve_seconds"])
    worse = write_rows(tmp_path / "worse", rows.assign(solve_seconds=slower))
    code, out, _ = run(capsys, "bench", "compare", before, same)
    assert code == 0
    assert "no regression" in out
    code, out, _ = run(capsys, "bench", "compare", before, worse)
    assert code == 3
    assert "1 regression\n" in out
    assert "highs, all families: 3.00 times as slow" in out
    code, out, _ = run(capsys, "bench", "compare", before, worse, "--json")
    assert code == 3
    assert len(json.loads(out)["regressions"]) == 1


def test_the_command_hunts_and_saves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("bench", "hunt", "vogel", "n_sources=3..6", "n_targets=5", "--generator", "transportation")
    code, out, err = run(capsys, *arguments, "--budget", 6, "--out", tmp_path / "hunt", "--json")
    assert code == 0, err
    found = json.loads(out)
    assert found["rule"] == "greedy:vogel"
    assert 3 <= found["worst"]["n_sources"] <= 6
    assert (tmp_path / "hunt" / "gap_by_shape.png").read_bytes()[:4] == b"\x89PNG"
    assert ET.parse(tmp_path / "hunt" / "gap_by_shape.svg").getroot().tag.endswith("svg")
    page = (tmp_path / "hunt" / "hunt.md").read_text(encoding="utf-8")
    assert "![Gap against size and shape](gap_by_shape.png)" in page
    assert found["worst"]["n_targets"] == 5
    code, _, err = run(capsys, *arguments, "--out", tmp_path / "hunt")
    assert (code, err.count("\n")) == (2, 1)


def test_a_hunt_is_drawn_with_every_measured_trial_and_its_worst() -> None:
    found = hunt("nearest", "hospitals", 24, seed=1, fixed={"n_hospitals": 6, "unmet_cost": 5000.0})
    drawing = hunt_figure(found)
    assert drawing is not None
    panel = drawing.figure.axes[0]
    dots = {line.get_label(): line.get_xdata() for line in panel.lines}
    measured = found.trials[found.trials["outcome"].isin(MEASURED)]
    assert len(dots["explored evenly"]) + len(dots["searched around the worst"]) == len(measured)
    assert list(dots["worst case"]) == [found.worst["size"]]
    assert f"Worst: {found.worst['gap']:.2%}." in drawing.alt


def test_a_hunt_that_measured_nothing_is_not_drawn() -> None:
    found = hunt("nearest", "hospitals", 4, seed=1)
    nothing = replace(found, trials=found.trials.assign(outcome="incomplete", gap=float("nan")))
    assert hunt_figure(nothing) is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("report", "absent", "--out", "x"), "there are no results"),
        (("report", "absent", "--out", "x", "--shift", "0"), "--shift is 0; give seconds above 0"),
        (("compare", "absent", "absent"), "there are no results"),
        (
            ("hunt", "vogel", "n_sources=9..3", "--generator", "transportation", "--out", "x"),
            "NAME=LOW..HIGH",
        ),
        (("hunt", "vogel", "--generator", "transport", "--out", "x"), "did you mean 'transportation'"),
    ],
)
def test_bad_input_is_one_line_and_leaves_with_2(
    arguments: tuple[str, ...], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    code, _, err = run(capsys, "bench", *arguments)
    assert (code, err.count("\n")) == (2, 1)
    assert message in err
    assert list(tmp_path.iterdir()) == []


def test_a_report_that_fails_leaves_nothing_behind(
    findings: Findings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("allocare.reports.bench.storage.png", full)
    with pytest.raises(InputError, match="No space left on device"):
        save_report(findings, tmp_path / "report")
    assert list(tmp_path.iterdir()) == []


def test_a_torn_last_line_is_not_a_row(tmp_path: Path) -> None:
    results = write_rows(tmp_path / "results", many_rows(20))
    count = len(load(results))
    with (results / "rows.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"suite": "made-u')
    assert len(load(results)) == count


@pytest.mark.slow
def test_ten_thousand_rows_are_reported_within_twenty_seconds_on_the_processor(tmp_path: Path) -> None:
    import time

    rows = many_rows(10_000)
    started = time.process_time()
    save_report(Findings.of(rows), tmp_path / "report")
    assert time.process_time() - started < 20
