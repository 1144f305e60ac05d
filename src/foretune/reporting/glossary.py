"""Terms of the glossary in the texts of a page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from markupsafe import Markup, escape

# Everyday words that mean something else in most sentences of a page
PASSED_OVER = frozenset(
    {
        *("budget", "candidate", "caps", "claim", "control", "costs", "design", "lease", "limits", "log"),
        *("policy", "prior", "proposal", "strategy", "target"),
    }
)
# Words of a page for which the glossary has another
SYNONYMS = {"default": "library default", "families": "family"}


@cache
def read_glossary() -> Mapping[str, str]:
    """Read the explanations of the glossary by term in lower case, as plain texts.

    The file is a copy of ``docs/glossary.md``, which ``docs/write_glossary.py`` makes.
    """
    text = files("foretune.reporting").joinpath("templates/glossary.md").read_text(encoding="utf-8")
    found = re.findall(r"^\*\*(.+?)\*\*[:,]? (.+?)(?=\n\n|\Z)", text, re.MULTILINE | re.DOTALL)
    return {term.lower(): _plain(explanation) for term, explanation in found}


def _plain(explanation: str) -> str:
    text = " ".join(explanation.split()).replace("`", "")
    return text[:1].upper() + text[1:]


class Terms:
    """Marks the first occurrence of each term of the glossary, and keeps the terms that it has marked.

    A page asks for the explanations of these only.
    """

    def __init__(self) -> None:
        self.used: dict[str, str] = {}
        self._seen: set[str] = set()

    def begin_section(self) -> None:
        """Mark each term again, since readers seldom read all of a page."""
        self._seen = set()

    def mark(self, text: str) -> Markup:
        """Return a text with its terms marked; everything else is escaped."""
        parts, end = [], 0
        for found in _pattern().finditer(text):
            term = _term_of(found[0])
            if term in self._seen:
                continue
            self._seen.add(term)
            self.used[term] = read_glossary()[term]
            parts += [
                escape(text[end : found.start()]),
                Markup('<span class="term" tabindex="0" data-term="{}">{}</span>').format(term, found[0]),
            ]
            end = found.end()
        return Markup("").join([*parts, escape(text[end:])])

    def find(self, name: str) -> str:
        """Return the term that a heading names, such as ``"mean regret"``; empty if it names none."""
        found = _pattern().search(name)
        if found is None:
            return ""
        term = _term_of(found[0])
        self.used[term] = read_glossary()[term]
        return term


@cache
def _pattern() -> re.Pattern[str]:
    terms = [*(term for term in read_glossary() if term not in PASSED_OVER), *SYNONYMS]
    longest_first = sorted(terms, key=lambda term: (-len(term), term))
    return re.compile(rf"\b({'|'.join(map(re.escape, longest_first))})s?\b", re.IGNORECASE)


def _term_of(written: str) -> str:
    name = written.lower()
    name = name if name in read_glossary() or name in SYNONYMS else name.removesuffix("s")
    return SYNONYMS.get(name, name)
