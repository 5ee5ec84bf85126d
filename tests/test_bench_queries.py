"""The queries that the documentation shows run on a results folder."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path

import pytest
from lab_rows import many_rows

GUIDE = (Path(__file__).parent.parent / "docs" / "benchmark-results.md").read_text(encoding="utf-8")
NESTED = ("options", "versions", "machine", "incumbents")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    rows = many_rows(120)
    for name in NESTED:
        rows[name] = rows[name].map(json.dumps)
    for folder in ("RESULTS", "BEFORE", "AFTER"):
        (tmp_path / folder).mkdir()
        rows.to_parquet(tmp_path / folder / "rows.parquet", index=False)
        (tmp_path / folder / "DONE").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_pandas_queries_run(results: Path) -> None:
    code = blocks("python")
    assert len(code) == 2
    names: dict[str, object] = {}
    for block in code:
        exec(block, names)
    assert results.is_dir()
    assert len(names["rows"]) == 132  # type: ignore[arg-type]


@pytest.mark.skipif(importlib.util.find_spec("duckdb") is None, reason="DuckDB is not installed")
def test_the_duckdb_queries_run_and_agree(results: Path) -> None:
    import duckdb

    assert results.is_dir()
    queries = [query for query in blocks("sql")[0].split(";") if query.strip()]
    claims, times, pairs = (duckdb.sql(query).fetchall() for query in queries)
    assert all(row[3] == 1.0 for row in claims)
    assert {row[1] for row in times} == {"auto", "highs", "cp-sat", "min-cost-flow", "pyomo:scip"}
    assert all(row[3] == pytest.approx(1.0) for row in pairs)
