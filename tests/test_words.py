"""One thing has one name: the words that docs/glossary.md replaces are gone."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
SOURCE = PROJECT / "src/foretune"
GLOSSARY = (PROJECT / "docs/glossary.md").read_text(encoding="utf-8")
# In names of modules, classes, functions, parameters, attributes and constants, below a folder
RETIRED_IN_NAMES = {
    "": {
        *("remembered", "setting of", "landscape", "completion", "knowledge"),
        *("external", "imported", "log import", "findings", "aim", "aims"),
        *("buildable", "strange", "strangeness", "tiny", "settled", "path axis"),
    },
    "ledger": {"claim", "claims"},
    "metafeatures": {"budget", "budgets"},
}
RETIRED_IN_TEXT = (
    *(r"\bremembered\b", r"memory\.memory", r"\blandscape", r"\bKnowledge\b", r"\bsetting_of\b"),
    *(r"env=external", r"log_import", r"imported (trials|logs)", r"--imported", r"ledger import-"),
    *(
        r"\bfindings\b",
        r"\bbuildable\b",
        r"\bstrangeness\b",
        r"path[_ ]axis",
        r"PathAxis",
        r"train_surrogates",
    ),
)
MODULES = sorted(SOURCE.rglob("*.py"))
TEXTS = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "docs/*.py", "conf/**/*.yml", "notebooks/*.ipynb")
    for path in PROJECT.glob(pattern)
    # It says what a new name replaces
    if path.name != "CHANGELOG.md"
)


def _words(name: str) -> str:
    """Split a name into words: ``PathAxis`` and ``path_axis`` are ``path axis``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_+", " ", name).strip().lower()


def _defined(module: Path) -> Iterator[str]:
    """Names that a module defines where others see them: not its local variables."""
    yield module.parent.name if module.stem == "__init__" else module.stem
    tree = ast.parse(module.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        if isinstance(node, ast.ClassDef | ast.Module):
            for statement in node.body:
                targets = getattr(statement, "targets", [getattr(statement, "target", None)])
                yield from (target.id for target in targets if isinstance(target, ast.Name))


def test_no_name_has_a_retired_word() -> None:
    for folder, retired in RETIRED_IN_NAMES.items():
        pattern = re.compile(rf"\b({'|'.join(sorted(retired))})\b")
        for module in MODULES:
            if module.is_relative_to(SOURCE / folder):
                names = {name for name in _defined(module) if pattern.search(_words(name))}
                assert not names, module.relative_to(SOURCE)


def test_no_memory_has_a_memory() -> None:
    for module in MODULES:
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr == "memory":
                assert not re.search(r"(\b|_)memory$", ast.unparse(node.value)), module.relative_to(SOURCE)


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_no_text_has_a_retired_word(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert [found[0] for found in re.finditer("|".join(RETIRED_IN_TEXT), text)] == []


def test_the_glossary_explains_each_term_once_and_in_order() -> None:
    terms = re.findall(r"^\*\*(.+?)\*\*", GLOSSARY, re.MULTILINE)
    assert len(terms) > 30
    assert len(set(terms)) == len(terms)
    sections = re.split(r"^## ", GLOSSARY, flags=re.MULTILINE)[1:]
    for section in sections:
        listed = re.findall(r"^\*\*(.+?)\*\*", section, re.MULTILINE)
        assert listed
        assert listed == sorted(listed, key=str.lower), section.splitlines()[0]
    paragraphs = [one for one in re.split(r"\n\n+", GLOSSARY) if one.startswith("**")]
    assert all(len(one.split()) > 6 for one in paragraphs)
