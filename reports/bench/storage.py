"""A report on disk: the page, Markdown, every table as CSV and LaTeX, every figure as PNG and SVG."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from ...benchmarks.presentation import latex, markdown
from ...instances.errors import InputError
from ...instances.whole_writing import replaced_whole
from ..drawing import inline, png, require_report_libraries, svg
from .figures import figures
from .sections import environment, sections

if TYPE_CHECKING:
    import os

    from ..drawing import Drawing
    from .findings import Findings
    from .sections import Section

PAGE, TEXT = "report.html", "report.md"


def save_report(
    findings: Findings,
    folder: str | os.PathLike[str],
    *,
    title: str = "",
    finished: bool = True,
    overwrite: bool = False,
) -> Path:
    """Write a report into a folder, whole or not at all.

    Parameters
    ----------
    findings
        What was found.
    folder
        Where to; made if it is not there. ``report.html`` is the page, complete in one file; ``report.md``
        says the same in Markdown; ``tables`` holds CSV files of every statistic and LaTeX files of the
        tables, ``figures`` PNG and SVG.
    title
        Of the report; the suites' names where empty.
    finished
        Whether the suite ran to its end; a report on what is there so far says so.
    overwrite
        Whether a report that is already there may be replaced.

    Raises
    ------
    InputError
        Where the folder holds something already, or cannot be written.
    CapabilityError
        Where the libraries of the extra are not installed.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> from .findings import Findings
    >>> rows = pd.DataFrame({"suite": "s", "instance": "a", "backend": ["highs", "priority"], "seed": 0,
    ...     "repeat": 0, "family": "linear", "status": "feasible", "checked": True, "objective": [3.0, 4.0]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = save_report(Findings.of(rows), folder + "/report")
    ...     sorted(entry.name for entry in path.iterdir())
    ['figures', 'report.html', 'report.md', 'tables']
    """
    require_report_libraries()
    target = Path(folder)
    refuse_destination(target, overwrite=overwrite)
    suites = ", ".join(dict.fromkeys(findings.rows["suite"].astype(str)))
    title, subtitle = title or suites, suites if title else ""
    drawings = figures(findings)
    parts = sections(findings, drawings, finished)
    pictures = {each.name: _rendered(each) for drawn in drawings.values() for each in drawn}
    with replaced_whole(target) as draft:
        _write(draft, findings, parts, drawings, pictures, (title, subtitle))
    return target


def refuse_destination(target: Path, *, overwrite: bool) -> None:
    """Refuse a destination before the work rather than after it.

    Examples
    --------
    >>> refuse_destination(Path("no-such-folder"), overwrite=False)
    """
    if target.exists() and not target.is_dir():
        raise InputError("this is a file; --out takes a folder", str(target))
    if not target.exists() or not any(target.iterdir()):
        return
    if not (target / PAGE).is_file():
        raise InputError("something else is already there; choose another folder", str(target))
    if not overwrite:
        raise InputError("a report is already there; choose another folder or add --overwrite", str(target))


def page(parts: list[Section], pictures: dict[str, str], title: str, subtitle: str, about: str) -> str:
    """Write the page: one file, nothing to load, no scripts.

    Examples
    --------
    >>> from .sections import Section
    >>> "<h2" in page([Section("a", "A")], {}, "Title", "", "")
    True
    """
    from jinja2 import Environment, StrictUndefined

    here = files(__package__)
    template = (here / "page.html.jinja").read_text(encoding="utf-8")
    settings = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    shown = [
        {
            "key": part.key,
            "heading": part.heading,
            "sentences": part.sentences,
            "tables": part.tables,
            "more": part.more,
            "pictures": [inline(each, pictures[each.name]) for each in part.drawings],
        }
        for part in parts
    ]
    style = (here / "page.css").read_text(encoding="utf-8")
    return settings.from_string(template).render(
        sections=shown, style=style, title=title, subtitle=subtitle, environment=about
    )


def text(parts: list[Section], title: str, subtitle: str, about: str) -> str:
    r"""Write the same in Markdown, with figures linked; tables on demand are left to their CSV files.

    Examples
    --------
    >>> from .sections import Section
    >>> text([Section("a", "Summary", ("All is well.",))], "Title", "", "")
    '# Title\n\n## Summary\n\n- All is well.\n'
    """
    blocks = [f"# {title}", *([f"Benchmark report: {subtitle}"] if subtitle else [])]
    for part in parts:
        blocks.append(f"## {part.heading}")
        if part.sentences:
            blocks.append("\n".join(f"- {sentence}" for sentence in part.sentences))
        for table in part.tables:
            blocks.append(markdown(table.frame, table.texts))
            if table.note:
                blocks.append(table.note)
        blocks += [f"![{each.alt}](figures/{each.name}.svg)" for each in part.drawings]
    return "\n\n".join([*blocks, about] if about else blocks) + "\n"


def _rendered(drawing: Drawing) -> str:
    rendered = svg(drawing.figure, drawing.name)
    # laid out by now: the other format need not do it anew, which takes as long as drawing
    drawing.figure.set_layout_engine("none")
    return rendered


def _write(
    folder: Path,
    findings: Findings,
    parts: list[Section],
    drawings: dict[str, list[Drawing]],
    pictures: dict[str, str],
    titles: tuple[str, str],
) -> None:
    about = environment(findings)
    (folder / PAGE).write_text(page(parts, pictures, *titles, about), encoding="utf-8")
    (folder / TEXT).write_text(text(parts, *titles, about), encoding="utf-8")
    tables, images = folder / "tables", folder / "figures"
    tables.mkdir()
    images.mkdir()
    for name, frame in findings.frames().items():
        frame.to_csv(tables / f"{name}.csv", index=False, encoding="utf-8", lineterminator="\n")
    for table in (table for part in parts for table in (*part.tables, *part.more)):
        written = latex(
            table.frame, f"{table.caption}. {table.note}".strip(), f"tab:{table.name}", table.texts
        )
        (tables / f"{table.name}.tex").write_text(written + "\n", encoding="utf-8")
    for drawing in (drawing for drawn in drawings.values() for drawing in drawn):
        (images / f"{drawing.name}.svg").write_text(pictures[drawing.name] + "\n", encoding="utf-8")
        (images / f"{drawing.name}.png").write_bytes(png(drawing.figure))
