from __future__ import annotations

import ast
import html
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import yaml
from tests.browser import text_of
from tests.recommendation.table.conftest import DOTS, EVIL, TARGET

from foretune.learners.parameters import PreprocessingParameters
from foretune.recommendation.table.figures import plot_neighbours
from foretune.recommendation.table.page import build_page, programs_for
from foretune.recommendation.table.trial_run import choose_best
from foretune.reporting.column_names import head_column
from foretune.reporting.section import format_cell

if TYPE_CHECKING:
    from foretune.hpo.parameters import HpoParameters
    from foretune.recommendation.core.parameters import RecommendationParameters
    from foretune.recommendation.table.result import RecommendationResult

SETTINGS = {"seed": 0, "recommendation": {"k": 4}}


class _Content(HTMLParser):
    """Headings, verdicts, tables and listings of a page, and every element that it has."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.headings: list[str] = []
        self.verdicts: list[str] = []
        self.listings: list[str] = []
        self.tables: dict[str, list[list[str]]] = {}
        self._title = ""
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._open.append(tag)
        given = dict(attrs)
        if given.get("class") == "table":
            self._title = str(given["aria-label"])
            self.tables[self._title] = []
        if tag == "tr":
            self.tables[self._title].append([])
        if tag in ("td", "th"):
            self.tables[self._title][-1].append("")
        if tag == "pre":
            self.listings.append("")
        if tag == "li" and given.get("class"):
            self.verdicts.append("")

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        inside = self._open[-1] if self._open else ""
        if inside == "h2":
            self.headings.append(data)
        elif inside == "pre":
            self.listings[-1] += data
        elif "span" in self._open and "li" in self._open:
            self.verdicts[-1] += data + " "
        elif "td" in self._open or "th" in self._open:
            self.tables[self._title][-1][-1] += data

    def frame(self, title: str) -> pd.DataFrame:
        names, *rows = self.tables[title]
        return pd.DataFrame(rows, columns=names)


def _read(page: str) -> _Content:
    content = _Content()
    content.feed(page)
    return content


@pytest.fixture(scope="module")
def page(
    result: RecommendationResult, parameters: RecommendationParameters, hpo_parameters: HpoParameters
) -> str:
    return build_page(result, parameters, hpo_parameters, SETTINGS, 0)


@pytest.fixture(scope="module")
def content(page: str) -> _Content:
    return _read(page)


@pytest.fixture(scope="module")
def tried(
    measured: RecommendationResult, parameters: RecommendationParameters, hpo_parameters: HpoParameters
) -> _Content:
    return _read(build_page(measured, parameters, hpo_parameters, SETTINGS, 0))


def test_every_section_is_there_and_measured_ones_only_after_trials(
    content: _Content, tried: _Content
) -> None:
    sections = [
        "What to do now",
        "What else was considered",
        "Expected gain",
        "Nearest known tasks",
        "What drove it",
        "What was changed or left out",
        "More code",
        "Settings",
    ]
    assert content.headings == sections
    assert tried.headings == [*sections[:2], "Measured", *sections[2:]]


def test_one_instruction_comes_first_with_its_program(
    page: str, content: _Content, result: RecommendationResult
) -> None:
    first = result.recommendations.iloc[0]
    text = text_of(page)
    told = f"Use {first['learner']} with "
    assert text.count(told) == 1
    assert text.index(told) < text.index("<pre") < text.index('aria-label="Contents"')
    assert "cross_val_score" in content.listings[0]
    # A reader is never told of two things at once
    assert "Try them" not in text


def test_headings_are_words_and_marks_are_too(page: str, tried: _Content) -> None:
    headings = re.findall(r"<(?:h[123]|figcaption|label)[^>]*>(.*?)<", page)
    headings += re.findall(r"<th[^>]*><button[^>]*>(.*?)</button>", page)
    assert len(headings) > 20
    # But for the name of the user's file
    headings = [one.replace("iris_i", "") for one in headings]
    assert not [one for one in headings if re.search(r"[a-z]_[a-z]", one)]
    assert not [one for one in tried.verdicts if one.split()[0] in ("holds", "partly", "fails")]


def test_a_page_has_at_most_three_megabytes(page: str) -> None:
    assert len(page.encode("utf-8")) < 3_000_000


@pytest.mark.parametrize(
    ("title", "source", "columns"),
    [
        ("Ranked configurations", "recommendations", ["rank", "learner", "predicted_score"]),
        ("Why each of them", "recommendations", ["rank", "reason"]),
        (
            "Gain over the library default",
            "recommendations",
            ["rank", "gain", "gain_low", "gain_high", "probability_worse"],
        ),
        ("Nearest tasks", "neighbours", ["task_id", "family", "distance", "times_typical", "best_learner"]),
        ("Clipped metafeatures", "clipped", ["metafeature", "value", "low", "high"]),
    ],
)
def test_tables_have_what_was_found(
    content: _Content, result: RecommendationResult, title: str, source: str, columns: list[str]
) -> None:
    found: pd.DataFrame = getattr(result, source)
    assert len(found) > 0
    expected = pd.DataFrame(
        {head_column(name): [format_cell(one) for one in found[name].tolist()] for name in columns}
    )
    shown = content.frame(title)[list(expected.columns)]
    pd.testing.assert_frame_equal(shown, expected, check_dtype=False)


def test_parameters_are_written_as_arguments(content: _Content, result: RecommendationResult) -> None:
    written = content.frame("Ranked configurations")["hyperparameters"]
    read = [eval(f"dict({one})") for one in written if one != "no parameters"]
    assert read == [one for one in result.recommendations["params"] if one]


def test_the_trials_are_shown_with_their_verdicts(tried: _Content, measured: RecommendationResult) -> None:
    rows = measured.measured
    assert rows is not None
    shown = tried.frame("Measured against predicted")
    assert shown["score"].tolist() == [format_cell(one) for one in rows["score"]]
    assert shown["in its interval"].tolist() == [format_cell(one) for one in rows["is_inside"].tolist()]
    inside = rows["is_inside"].dropna()
    assert any(f"{inside.sum()} of {len(inside)} measured scores lie inside" in one for one in tried.verdicts)
    best = choose_best(rows)
    assert best is not None
    told = f"measured balanced accuracy {best['score']:.4f} on 75 rows in 3 folds"
    assert sum(told in one for one in tried.verdicts) == 1


def test_what_is_pasted_is_the_best_that_is_known(
    measured: RecommendationResult,
    parameters: RecommendationParameters,
    hpo_parameters: HpoParameters,
    tried: _Content,
) -> None:
    programs = programs_for(measured, parameters, hpo_parameters, 0)
    assert list(programs) == ["program", "search", "user_task"]
    assert tried.listings[:3] == list(programs.values())
    compile(programs["program"], "program", "exec")
    compile(programs["search"], "search", "exec")
    task = yaml.safe_load(programs["user_task"])["task_generation"]["user_tasks"][measured.table.name]
    assert task["target"] == TARGET
    # Columns that tell nothing are left out by whoever reads the table
    assert set(task) == {"file", "target", "task_type"}


def test_preprocessing_is_that_of_the_memory_and_folds_are_five(
    result: RecommendationResult, parameters: RecommendationParameters, hpo_parameters: HpoParameters
) -> None:
    run = hpo_parameters.model_copy(
        update={"preprocessing": PreprocessingParameters(max_categories=99), "n_folds": 9}
    )
    unsaid = parameters.model_copy(update={"n_folds": None})
    silent = replace(result, preprocessing=None)
    for one, group, most, n_folds in (
        (result, unsaid, 20, 5),
        (result, parameters, 20, 3),
        (silent, unsaid, 99, 5),
    ):
        program = programs_for(one, group, run, 0)["program"]
        assert f"max_categories={most}" in program
        assert f"StratifiedKFold({n_folds}," in program
    listing = next(
        one for one in _read(build_page(result, unsaid, run, SETTINGS, 0)).listings if "source" in one
    )
    shown = yaml.safe_load(listing)
    assert shown["preprocessing"] == {"max_categories": 20}
    assert (shown["n_folds"], shown["score"]) == (3, "balanced_accuracy")


def test_names_of_the_user_are_text(page: str, content: _Content) -> None:
    assert EVIL not in page
    assert html.escape(EVIL, quote=False).replace("'", "&#39;") in page
    # The table's names are seen as they are: in the notes, the program and the text
    assert any(EVIL in one for one in content.verdicts)
    assert any(EVIL in one for one in content.listings)
    assert html.escape(TARGET) in page
    assert {"b", "i"}.isdisjoint(content.tags)
    # The glossary, figures and rows, plotly.js, and the page's own
    assert content.tags.count("script") == 4


def test_notes_are_sentences_with_names_as_they_are(content: _Content) -> None:
    (note,) = [one for one in content.verdicts if "columns without a single value" in one]
    assert DOTS in note
    assert re.search(r"[^.]\. $", note)


def test_nothing_is_loaded_and_equal_input_gives_an_equal_page(
    page: str,
    result: RecommendationResult,
    parameters: RecommendationParameters,
    hpo_parameters: HpoParameters,
) -> None:
    assert build_page(result, parameters, hpo_parameters, SETTINGS, 0) == page
    assert "default-src 'none'" in page
    assert not {"link", "img", "iframe", "object"} & set(_read(page).tags)


def test_what_there_is_none_of_is_said(
    result: RecommendationResult, parameters: RecommendationParameters, hpo_parameters: HpoParameters
) -> None:
    drivers = result.drivers._replace(metafeatures=result.drivers.metafeatures.head(0))
    learner = result.recommendations["learner"].iloc[0]
    foreign: dict[str, Any] = {
        config_id: replace(one, learner="of_a_log") if one.learner == learner else one
        for config_id, one in result.configurations.items()
    }
    bare = replace(
        result,
        default=None,
        drivers=drivers,
        clipped=result.clipped.head(0),
        notes=(),
        configurations=foreign,
    )
    page = build_page(bare, parameters, hpo_parameters, SETTINGS, 0)
    text = text_of(page)
    for told in (
        "This memory knows no library default",
        "this table is unlike all known ones",
        "Nothing was changed, clipped or left out.",
        "does not know how to build what the log has tried",
    ):
        assert told in text
    assert "MetaSearchCV" not in text
    assert "The library default is always among" not in text
    assert not {"Clipped metafeatures", "Metafeatures", "Gain over the library default"} & set(
        _read(page).tables
    )


def test_a_memory_without_metafeatures_names_no_neighbours(
    result: RecommendationResult, parameters: RecommendationParameters, hpo_parameters: HpoParameters
) -> None:
    bare = replace(
        result,
        drivers=result.drivers._replace(metafeatures=result.drivers.metafeatures.head(0)),
        neighbours=result.neighbours.head(0),
        distances=dict.fromkeys(result.distances, np.inf),
        memory={**result.memory, "n_metafeatures": 0},
    )
    text = text_of(build_page(bare, parameters, hpo_parameters, SETTINGS, 0))
    assert "no metafeature is known of both" in text
    assert "No metafeature: this memory knows none" in text
    assert "inf away" not in text
    assert plot_neighbours(bare).layout.shapes == ()
    assert len(plot_neighbours(result).layout.shapes) == 2


def test_the_search_that_is_pasted_asks_the_same_memory(
    result: RecommendationResult, parameters: RecommendationParameters, hpo_parameters: HpoParameters
) -> None:
    own = parameters.model_copy(update={"memory": "my 'memory'", "metafeatures": "of the table.csv"})
    search = programs_for(result, own, hpo_parameters, 0)["search"]
    calls = [node for node in ast.walk(ast.parse(search)) if isinstance(node, ast.Call)]
    (called,) = [node for node in calls if isinstance(node.func, ast.Name) and node.func.id == "MetaSearchCV"]
    given = {one.arg: ast.unparse(one.value) for one in called.keywords}
    assert ast.literal_eval(given["memory"]) == "my 'memory'"
    assert given["metafeatures"] == "read_metafeatures('of the table.csv')"
    assert "memory" not in programs_for(result, parameters, hpo_parameters, 0)["search"]
