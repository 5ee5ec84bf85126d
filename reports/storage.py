"""A report on disk: the page, every figure, every table and every plan, in one folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from ..instances.errors import InputError
from ..instances.plan_files import write_plan
from ..instances.whole_writing import replaced_whole
from .drawing import chinese_font, png, require_report_libraries, svg
from .figures import figures
from .page import page
from .statement import versions
from .wording import Wording

if TYPE_CHECKING:
    import os

    from ..evaluation.study import Study

PAGE, RECORD = "report.html", "study.json"
FORMATS = ("csv", "parquet")
SCHEMA_VERSION = 1


def save_report(
    study: Study,
    folder: str | os.PathLike[str],
    *,
    language: str = "en",
    format: str = "csv",
    overwrite: bool = False,
) -> tuple[Path, tuple[str, ...]]:
    """Write a study into a folder, whole or not at all.

    Parameters
    ----------
    study
        What was found.
    folder
        Where to; made if it is not there. ``report.html`` is the page; ``figures``, ``tables`` and ``plans``
        hold the rest, ``study.json`` what it was made from.
    language
        ``en`` or ``zh``, of the page and the figures.
    format
        ``csv`` or ``parquet`` for tables and plans.
    overwrite
        Whether a report that is already there may be replaced.

    Returns
    -------
    tuple
        The folder, and notes in one line each.

    Raises
    ------
    InputError
        Where the folder holds something already, or cannot be written.
    CapabilityError
        Where the libraries of the extra are not installed.

    Examples
    --------
    >>> import allocare, tempfile
    >>> from allocare.evaluation.study import study
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path, _ = save_report(study(allocare.example("sunray"), ["maximin"]), folder + "/report")
    ...     sorted(entry.name for entry in path.iterdir())
    ['figures', 'plans', 'report.html', 'study.json', 'tables']
    """
    target = Path(folder)
    refuse_destination(target, format=format, overwrite=overwrite)
    words = Wording.of(study, language)
    with replaced_whole(target) as staging:
        _write_files(words, staging, format)
    notes = (words.texts("note.no_font"),) if language == "zh" and chinese_font() is None else ()
    return target, notes


def refuse_destination(target: Path, *, format: str = "csv", overwrite: bool = False) -> None:
    """Refuse a destination before the work rather than after it.

    Raises
    ------
    InputError
        For a file, a report that may not be replaced, or a folder with something else in it.
    CapabilityError
        Where the libraries of the extra are not installed.

    Examples
    --------
    >>> refuse_destination(Path("no-such-folder"))
    """
    require_report_libraries()
    if format not in FORMATS:
        raise InputError(f"tables are saved as {' or '.join(FORMATS)}, not {format!r}")
    if not target.exists():
        return
    if not target.is_dir():
        raise InputError("this is a file; give a folder", str(target))
    if not any(target.iterdir()):
        return
    if not (target / RECORD).exists():
        raise InputError("something else is already there; choose another folder", str(target))
    if not overwrite:
        raise InputError("a report is already there; choose another folder or add --overwrite", str(target))


def _write_files(words: Wording, folder: Path, format: str) -> None:
    study = words.study
    for name in ("figures", "tables", "plans"):
        (folder / name).mkdir()
    drawings = figures(words)
    for drawing in (each for drawn in drawings.values() for each in drawn):
        (folder / "figures" / f"{drawing.name}.png").write_bytes(png(drawing.figure))
        text = svg(drawing.figure, drawing.name)
        (folder / "figures" / f"{drawing.name}.svg").write_text(text, encoding="utf-8")
    for name, frame in study.tables().items():
        write_plan(_plain(frame), folder / "tables" / f"{name}.{format}")
    files = {}
    for at, plan in enumerate(study.plans, start=1):
        files[plan.name] = f"plans/{at}_{_slug(plan.name)}.{format}"
        write_plan(plan.problem.plan(plan.plan.decisions), folder / files[plan.name])
    (folder / PAGE).write_text(page(study, words.texts.language, drawings), encoding="utf-8")
    record = {
        "schema_version": SCHEMA_VERSION,
        "title": study.problem.title,
        "language": words.texts.language,
        "plans": files,
        "policies": [str(rule) for rule in study.policies],
        "rank": study.rank,
        "bootstrap": study.bootstrap,
        "seed": study.seed,
        "seconds": study.seconds,
        "versions": versions(),
    }
    (folder / RECORD).write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Give columns that mix numbers, truths and nothing one type each, as files need it."""
    plain = frame.copy()
    for name in filter(lambda name: pd.api.types.is_object_dtype(frame[name]), frame.columns):
        values = frame[name]
        kinds = {type(value) for value in values.dropna()}
        if kinds <= {bool}:
            plain[name] = values.astype("boolean")
        elif kinds <= {int, float}:
            plain[name] = pd.to_numeric(values)
        else:
            plain[name] = values.where(values.isna(), values.astype(str))
    return plain


def _slug(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-." else "_" for letter in name)[:60]
