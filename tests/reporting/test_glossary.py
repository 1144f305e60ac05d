from __future__ import annotations

import re
from pathlib import Path

import pytest

from foretune.reporting.glossary import PASSED_OVER, SYNONYMS, Terms, read_glossary

DOCS = Path(__file__).parents[2] / "docs"


def test_the_package_has_the_glossary_of_the_documentation() -> None:
    source = (DOCS / "glossary.md").read_text(encoding="utf-8")
    copy = DOCS.parent / "src/foretune/reporting/templates/glossary.md"
    assert copy.read_text(encoding="utf-8") == source, "run .venv/bin/python docs/write_glossary.py"
    assert len(read_glossary()) == len(re.findall(r"^\*\*", source, re.MULTILINE))


def test_explanations_are_sentences_without_markup() -> None:
    for explanation in read_glossary().values():
        assert explanation[0].isupper()
        assert explanation.endswith(".")
        assert not re.search(r"[`*\n]", explanation)
    assert read_glossary()["task"].startswith("A table with a column to predict")


def test_names_in_the_lists_are_terms() -> None:
    assert read_glossary().keys() >= PASSED_OVER
    assert read_glossary().keys() >= set(SYNONYMS.values())


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("Regret in time, and regret.", {"Regret in time": "regret in time", "regret": "regret"}),
        ("Two families, one family.", {"families": "family"}),
        ("The default of svm", {"default": "library default"}),
        ("The log of a target", {}),
        ("regretful", {}),
    ],
)
def test_the_first_of_each_term_is_marked(text: str, marked: dict[str, str]) -> None:
    terms = Terms()
    written = terms.mark(text)
    assert {shown: term for term, shown in re.findall(r'data-term="(.*?)">(.*?)<', written)} == marked
    assert re.sub(r"<.*?>", "", written) == text
    assert set(terms.used) == set(marked.values())


def test_a_term_is_marked_again_in_the_next_section_and_texts_are_escaped() -> None:
    terms = Terms()
    assert "data-term" in terms.mark("A <b>surrogate</b>")
    assert terms.mark("A <b>surrogate</b>") == "A &lt;b&gt;surrogate&lt;/b&gt;"
    terms.begin_section()
    assert "data-term" in terms.mark("A surrogate")


def test_a_heading_names_a_term() -> None:
    terms = Terms()
    assert terms.find("mean regret") == "regret"
    assert terms.find("wins") == ""
    assert terms.used == {"regret": read_glossary()["regret"]}
