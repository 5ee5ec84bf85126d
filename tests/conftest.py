"""What all tests share: the public data's folder and the table of backends."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def public_data() -> Path:
    """Folder of the public instances; tests that ask for it are marked `public_data`."""
    folder = os.environ.get("ALLOCARE_DATA")
    if not folder:
        pytest.skip("ALLOCARE_DATA does not name a folder with the public instances")
    return Path(folder)
