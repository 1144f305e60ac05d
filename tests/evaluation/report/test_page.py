from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser

import pandas as pd
import pytest
from plotly.graph_objects import Figure, Scatter
from tests.evaluation.report.conftest import EVIL

from foretune.evaluation.parameters import EvaluationParameters
from foretune.evaluation.report.page import build_report
from foretune.evaluation.report.tables import EvaluationTables
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
        "Summary",
        "Regret",
        "Comparisons",
        "Ranks",
        "Speed-up",
        "Tasks",
        "Surrogate and calibration",
        "What matters <most>",
        "Near-duplicate tasks",
        "Costs",
        "Settings and versions",
    ]
    anchors = re.findall(r'<li><a href="#([\w-]+)">', page)
    assert anchors == re.findall(r'<section id="([\w-]+)">', page)


def test_nothing_is_loaded_from_anywhere(page: str) -> None:
    assert _parse(page).loads == []
    assert "default-src 'none'" in page
    assert "@import" not in page
    assert page.count("plotly.js v") == 1


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


def test_given_groups_of_near_duplicates_are_shown(
    regret: pd.DataFrame, make_tables: Callable[..., EvaluationTables], parameters: EvaluationParameters
) -> None:
    groups = pd.DataFrame({"group": ["wines"], "tasks": ["red, white"]})
    assert "red, white" in build_report(make_tables(regret, near_duplicates=groups), parameters)


def test_no_task_to_claim_on_still_gives_a_page(
    regret: pd.DataFrame, make_tables: Callable[..., EvaluationTables], parameters: EvaluationParameters
) -> None:
    page = build_report(make_tables(regret.assign(provenance="synthetic")), parameters)
    assert "There is no task to claim anything on." in page
