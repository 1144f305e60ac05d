"""Parameters of the project as its files have them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

CONF = Path(__file__).parents[2] / "conf"


@pytest.fixture
def raw() -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for path in sorted((CONF / "base").glob("parameters*.yml")):
        merged |= yaml.safe_load(path.read_text())
    return merged
