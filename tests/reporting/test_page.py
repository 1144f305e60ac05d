"""Pages as text; what a browser makes of them is tested with the report of the evaluation."""

from __future__ import annotations

import html
import json
import re

import pandas as pd
import pytest
from plotly.graph_objects import Figure, Scatter

from foretune.reporting.page import choose_first, render_page
from foretune.reporting.section import MOST_ROWS, Listing, ReportSection, ReportTable, Verdict

EVIL = "</script><b>&"
FRAME = pd.DataFrame(
    {"method": ["ours", "theirs"], "n_trials": [20, 5], "regret": [0.25, None], "note": ["x" * 29, "y"]}
)


def render(*tables: ReportTable, ours: str = "", **rest: tuple[object, ...]) -> str:
    """Render a page of one section, without styles and scripts."""
    section = ReportSection("Section", "First.\n\nSecond & last.", tables=tables, **rest)
    page = render_page("Title <1>", [section], ours)
    return page[page.index("<body>") : page.index("</main>")]


def cells(row: str) -> list[str]:
    return re.findall(r"<td[^>]*>(.*?)</td>", row)


def test_long_tables_are_cut_and_say_so() -> None:
    frame = pd.DataFrame({"n_trials": [1] * (MOST_ROWS + 7), "value": "x"})
    page = render_page("t", [ReportSection("s", "", tables=(ReportTable("long", frame),))])
    assert f"Only the first {MOST_ROWS} rows are here; 7 more" in page
    assert page.count("<tr data-chosen") == MOST_ROWS


def test_sections_of_one_title_have_anchors_of_their_own() -> None:
    page = render_page("t", [ReportSection("Same", ""), ReportSection("Same", ""), ReportSection("!", "")])
    assert re.findall(r'<section id="([\w-]+)">', page) == ["same", "same-2", "section"]


def test_a_section_has_its_paragraphs_verdicts_and_listings() -> None:
    body = render(verdicts=(Verdict("partly", "Half of it."),), listings=(Listing("Code", "a < b"),))
    assert "<h1>Title &lt;1&gt;</h1>" in body
    assert re.findall(r"<p>(.*)</p>", body) == ["First.", "Second &amp; last."]
    assert '<li class="partly"><span class="mark">partly</span> <span>Half of it.</span></li>' in body
    assert '<pre tabindex="0">a &lt; b</pre>' in body


def test_a_table_shows_its_rows_as_a_reader_wants_them() -> None:
    body = render(ReportTable("Regrets", FRAME, "What it is.", search=True), ours="ours")
    first, second = re.findall(r"<tr .*</tr>", body)
    assert cells(first) == ["ours", "20", "0.2500", "x" * 29]
    assert cells(second) == ["theirs", "5", "\N{EN DASH}", "y"]
    assert "class=ours" in first
    assert "class=ours" not in second
    assert re.findall(r'<th scope="col" class="(\w+)">', body) == ["short", "number", "number", "long"]
    assert 'data-sort="20.0"' in first
    assert '<p class="explanation">What it is.</p>' in body
    assert '<input type="search"' in body
    assert "more are in the table" not in body


def test_a_column_that_chooses_lists_its_values_and_begins_with_five_trials() -> None:
    body = render(ReportTable("t", FRAME, choose=("n_trials", "method", "absent")))
    assert re.findall(r"<option(.*?)>(.*?)</option>", body) == [
        (' value=""', "all"),
        (" selected", "5"),
        ("", "20"),
        (' value=""', "all"),
        ("", "ours"),
        ("", "theirs"),
    ]
    assert [json.loads(html.unescape(one)) for one in re.findall(r'data-chosen="(.*?)"', body)] == [
        ["20", "ours"],
        ["5", "theirs"],
    ]


def test_frames_by_option_share_their_cells() -> None:
    frames = {"1": pd.DataFrame({"a": ["same"], "b": [0.5]}), "5": pd.DataFrame({"a": ["same"], "b": [0.1]})}
    body = render(ReportTable("t", frames, choose=("n_trials",)))
    assert re.findall(r"<option(.*?)>(.*?)</option>", body) == [
        (' value="0"', "1"),
        (' value="1" selected', "5"),
    ]
    (row,) = re.findall(r"<tr .*</tr>", body)
    assert cells(row) == ["same", "0.5000"]
    (texts,) = re.findall(r'data-texts="(.*?)"', row)
    assert json.loads(html.unescape(texts)) == ["0.5000", "0.1000"]
    (sorts,) = re.findall(r'data-sorts="(.*?)"', row)
    assert json.loads(html.unescape(sorts)) == ["0.5", "0.1"]


def test_a_figure_is_data_with_its_title_beside_it() -> None:
    figure = Figure(Scatter(x=[1], y=[2], name=EVIL), {"title": {"text": "Regret"}})
    body = render(figures=(figure,))
    assert "<figcaption>Regret</figcaption>" in body
    assert EVIL not in body
    (written,) = re.findall(r'<script type="application/json">(.*?)</script>', body)
    read = json.loads(written)
    assert read["data"][0]["name"] == EVIL
    assert "title" not in read["layout"]


@pytest.mark.parametrize(
    ("numbers", "first"), [([20, 5, 1], 5), ([1, 3, 10], 3), ([10, 3], 3), ([40], 40), ([], None)]
)
def test_five_trials_are_shown_first_or_the_middle(numbers: list[int], first: int | None) -> None:
    assert choose_first(numbers) == first
