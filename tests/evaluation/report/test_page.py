from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields, replace
from html.parser import HTMLParser

import pandas as pd
import pytest
from plotly.graph_objects import Figure, Scatter
from tests.browser import text_of
from tests.evaluation.report.conftest import EVIL

from foretune.evaluation.advice.advise import AdviceTables, advise
from foretune.evaluation.advice.best_methods import find_best_methods
from foretune.evaluation.advice.known_tasks import count_known_tasks
from foretune.evaluation.advice.learning_curve import measure_learning_curve
from foretune.evaluation.advice.starting_list import list_starters
from foretune.evaluation.evaluate import evaluate_methods
from foretune.evaluation.parameters import EvaluationParameters
from foretune.evaluation.report.page import build_report
from foretune.evaluation.report.tables import EvaluationTables
from foretune.meta_model.parameters import MetaTrainingParameters
from foretune.reporting.section import ReportSection, ReportTable

SETTINGS = {"seed": 0, "evaluation": {"n_seeds": 2}}


class _Text(HTMLParser):
    """Headings, and whatever could make a request."""

    def __init__(self) -> None:
        super().__init__()
        self.headings: list[str] = []
        self.loads: list[str] = []
        self._in_heading = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_heading = tag == "h2"
        values = dict(attrs)
        self.loads += [f"{tag} {name}" for name in ("src", "srcset", "data") if name in values]
        if tag == "link" or (tag == "a" and not str(values.get("href")).startswith("#")):
            self.loads.append(f"{tag} {values}")

    def handle_data(self, data: str) -> None:
        if self._in_heading and data.strip():
            self.headings.append(data.strip())


def _parse(page: str) -> _Text:
    parsed = _Text()
    parsed.feed(page)
    return parsed


def _extra_section() -> ReportSection:
    return ReportSection(
        "What matters <most>",
        "First paragraph.\n\nSecond & last.",
        figures=(Figure(Scatter(x=[1], y=[2], name="</script><b>")),),
        tables=(ReportTable("Importance", pd.DataFrame({"parameter": ["<i>"], "share": [0.25]})),),
    )


@pytest.fixture(scope="module")
def page(tables: EvaluationTables, parameters: EvaluationParameters) -> str:
    return build_report(tables, parameters, SETTINGS, [_extra_section()])


def test_every_section_is_there_in_order(page: str) -> None:
    assert _parse(page).headings == [
        "What follows from these 8 classification tasks",
        "What follows from these 7 regression tasks",
        "Regret",
        "More tasks",
        "Comparisons",
        "Ranks",
        "Speed-up",
        "Tasks",
        "Surrogate and calibration",
        "What matters <most>",
        "Near-duplicate tasks",
        "Costs",
        "Settings and versions",
        "Promises of Foretune's authors",
    ]
    anchors = re.findall(r'<li><a href="#([\w-]+)">', page)
    assert anchors == re.findall(r'<section id="([\w-]+)">', page)


def test_nothing_is_loaded_from_anywhere(page: str) -> None:
    assert _parse(page).loads == []
    assert "default-src 'none'" in page
    assert "@import" not in page
    assert page.count('id="plotly"') == 1


def test_values_are_escaped(page: str) -> None:
    assert EVIL not in page
    assert "&lt;script&gt;document.title" in page
    assert "<i>" not in page.split("<script>", maxsplit=1)[0]
    assert "What matters &lt;most&gt;" in page
    # Neither can a figure end the script element that holds it
    assert "</script><b>" not in page


def test_equal_input_gives_an_equal_page(
    page: str, tables: EvaluationTables, parameters: EvaluationParameters
) -> None:
    assert build_report(tables, parameters, SETTINGS, [_extra_section()]) == page


def test_what_is_not_there_is_left_out(
    regret: pd.DataFrame, make_tables: Callable[..., EvaluationTables], parameters: EvaluationParameters
) -> None:
    alone = regret.assign(family=regret["task_id"])
    page = build_report(make_tables(alone), parameters)
    headings = _parse(page).headings
    assert "Costs" not in headings
    assert "Near-duplicate tasks" not in headings
    assert "Coverage by task" not in page
    assert headings[0] == "Regret"


def test_one_family_still_gives_a_page_that_says_what_is_missing(
    make_table: Callable[..., pd.DataFrame],
    meta_training: MetaTrainingParameters,
    make_tables: Callable[..., EvaluationTables],
) -> None:
    scores = {"a": [0.1, 0.9, 0.5], "b": [0.2, 0.8, 0.6], "c": [0.9, 0.2, 0.3], "d": [0.1, 0.7, 0.6]}
    table = make_table(scores, families=dict.fromkeys(scores, "one"))
    parameters = EvaluationParameters(n_trials=(1, 2))
    evaluated = evaluate_methods(table, parameters, meta_training, 0, 1)
    tables = replace(
        make_tables(evaluated.regret),
        surrogate_quality=evaluated.surrogate_quality,
        calibration=evaluated.calibration,
        evaluation_costs=evaluated.costs,
        known_tasks=count_known_tasks(table, parameters.claims_on),
        starting_list=list_starters(table, {}, meta_training),
        learning_curve=measure_learning_curve(table, parameters, meta_training, 0),
    )
    tables = replace(tables, best_methods=find_best_methods(tables.regret, tables.leaderboard, parameters, 0))
    sources = {field.name: getattr(tables, field.name) for field in fields(AdviceTables)}
    advice = advise(AdviceTables(**sources), parameters, 0)
    page = build_report(replace(tables, advice=advice), parameters)
    assert _parse(page).headings[:2] == ["What follows from these 4 classification tasks", "Regret"]
    text = text_of(page)
    assert "Your 4 tasks are 1 family: no method can be judged" in text
    assert "With these 4 tasks known, start with this list of configurations: 1. svm, 2. forest" in text
    assert "Nothing was evaluated" in text


def test_given_groups_of_near_duplicates_are_shown(
    regret: pd.DataFrame, make_tables: Callable[..., EvaluationTables], parameters: EvaluationParameters
) -> None:
    groups = pd.DataFrame({"group": ["wines"], "tasks": ["red, white"]})
    assert "red, white" in build_report(make_tables(regret, near_duplicates=groups), parameters)


def test_what_is_to_be_done_comes_before_every_figure(page: str, tables: EvaluationTables) -> None:
    assert tables.advice is not None
    assert len(tables.advice) >= 10
    text, place = text_of(page), 0
    for sentence in tables.advice["sentence"]:
        place = text.index(sentence, place + 1)
    assert place < text.index('<figure class="plot">')
    assert text.index("checks do") > text.index("Settings and versions</h2>")


def test_no_heading_is_a_name_of_the_code_and_only_the_first_sections_are_open(page: str) -> None:
    headings = re.findall(r"<(?:h[123]|figcaption|label)[^>]*>(.*?)<", page)
    headings += re.findall(r"<th[^>]*><button[^>]*>(.*?)</button>", page)
    assert len(headings) > 50
    assert not [one for one in headings if re.search(r"[a-z]_[a-z]", one)]
    # The last but one is a section of the test's own
    assert re.findall(r"\n<h2>(.*?)</h2>", page)[-2] == "Regret"
    assert len(page.encode("utf-8")) < 3_000_000


def test_no_task_to_claim_on_still_gives_a_page(
    regret: pd.DataFrame, make_tables: Callable[..., EvaluationTables], parameters: EvaluationParameters
) -> None:
    page = build_report(make_tables(regret.assign(provenance="synthetic")), parameters)
    assert "There is no task to claim anything on." in page
