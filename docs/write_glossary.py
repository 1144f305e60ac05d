"""Copies ``docs/glossary.md`` into the package; run ``.venv/bin/python docs/write_glossary.py``."""

from __future__ import annotations

from pathlib import Path

PAGE = Path(__file__).parent / "glossary.md"
COPY = PAGE.parents[1] / "src/foretune/reporting/templates/glossary.md"

if __name__ == "__main__":
    COPY.write_text(PAGE.read_text(encoding="utf-8"), encoding="utf-8")
