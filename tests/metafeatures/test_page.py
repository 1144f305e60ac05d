"""The page in ``docs`` is the one that the catalogue gives."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

from foretune.metafeatures import MetafeatureExtractor

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_is_up_to_date() -> None:
    page = runpy.run_path(str(DOCS / "write_metafeatures.py"))["write_page"]()
    assert (DOCS / "metafeatures.md").read_text(encoding="utf-8") == page


def test_every_value_is_on_the_page() -> None:
    page = (DOCS / "metafeatures.md").read_text(encoding="utf-8")
    group, found = "", []
    for line in page.splitlines():
        if heading := re.match(r"## Group `(\w+)`", line):
            group = heading[1]
        elif group and (row := re.match(r"\| `([\w.]+)` \| .+ \| .+ \| .+ \| .+ \|", line)):
            found.append(f"{group}.{row[1]}")
    columns = MetafeatureExtractor().columns()
    assert found[: len(columns)] == columns
