"""Where the public instances lie, and small files written by hand."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

DATA = Path(os.environ.get("ALLOCARE_DATA", "absent"))
needs_data = [
    pytest.mark.public_data,
    pytest.mark.skipif("ALLOCARE_DATA" not in os.environ, reason="ALLOCARE_DATA is not set"),
]


def public(*cases):
    return [pytest.param(*case, marks=needs_data, id=case[0]) for case in cases]


def head(path: Path) -> str:
    return path.read_text()[:4096]


def saved(folder: Path, text: str, name: str = "file.txt") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path
